"""Write the measured part of the base's card, and its curve, from training.json.

python -m tools.makers.tiny_flan_t5.card
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from labutils.common.files import read_json, write_text
from labutils.views.tables import markdown
from tools.publishing import with_block

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FOLDER = Path(__file__).resolve().parents[3] / "data" / "tiny-flan-t5"
TASK_MEASURES = {
    "question": ("a fact of a talk, asked for", "exact match"),
    "copy": ("coined names and numbers, copied", "exact match"),
    "entities": ("entity recognition as text", "micro-F1"),
    "rating": ("review rating, 1-5 stars", "accuracy"),
    "code": ("Java <-> C#", "exact match"),
    "topic": ("topic", "accuracy"),
    "summary": ("report summary", "ROUGE-1"),
    "conversation": ("summary of another kind of conversation", "ROUGE-1"),
}
CURVED = ("question", "copy", "entities", "rating", "code", "conversation")


def first(measures: dict) -> float:
    """The first measure of a task."""
    return next(iter(measures.values()))


def card(record: dict) -> str:
    """The table of scores, with how the training went under it."""
    rows = [
        [name, measure, f"{first(record['held_out'][task]):.3f}"]
        for task, (name, measure) in TASK_MEASURES.items()
    ]
    zero_shot = record["zero_shot_support_chats"]
    told = f"{zero_shot['rouge1']:.3f} / {zero_shot['rougeL']:.3f}"
    rows.append(["**support-chat summary, never trained**", "ROUGE-1 / ROUGE-L", told])
    lines = [markdown(["task", "measure", "score"], rows)]
    lines += ["", *map(told_of, parts(record)), ""]
    lines.append(f"Last loss {record['loss']:.2f}.")
    return "\n".join(lines)


def parts(record: dict) -> list[dict]:
    """The recorded trainings, one after the other."""
    return [*record.get("before", []), record]


def told_of(part: dict) -> str:
    """How long a training took, and on what."""
    settings = part["settings"]
    return (
        f"- {settings['steps']:,} steps, {part['tokens'] / 1e6:.1f} million tokens in "
        f"{part['seconds'] / 60:.0f} minutes on {part['machine']}, {precision(settings)}, peak "
        "learning rate "
        f"{settings['learning_rate']}, seed {settings['seed']}"
    )


def precision(settings: dict) -> str:
    """Of the weights and of the matrix products."""
    if settings["bf16"]:
        return "bf16"
    return "fp32 with TF32 products" if settings.get("device") == "cuda" else "fp32"


def plot(record: dict) -> Figure:
    """The scores on some unseen rows of each task, by the tokens trained on."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 3.4), layout="constrained")
    done, tokens, points = 0, [], []
    for part in parts(record):
        tokens += [(done + point["tokens"]) / 1e6 for point in part["curve"]]
        points += part["curve"]
        done += part["tokens"]
    for task, marker in zip(CURVED, "os^Dv*", strict=True):
        scores = [point[task] for point in points]
        axis.plot(
            tokens,
            scores,
            marker=marker,
            label=f"{TASK_MEASURES[task][0]} ({TASK_MEASURES[task][1]})",
        )
    axis.set(xlabel="million tokens", ylabel="score (0-1)", ylim=(0, 1.02))
    axis.legend(fontsize=8, frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def main() -> None:
    """Write the card's block and curve.png."""
    record = read_json(FOLDER / "training.json")
    readme = FOLDER / "README.md"
    write_text(readme, with_block(readme.read_text("utf-8"), "scores", card(record)))
    plot(record).savefig(FOLDER / "curve.png", dpi=110)


if __name__ == "__main__":
    main()
