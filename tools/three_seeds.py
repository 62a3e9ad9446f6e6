"""Train full and LoRA of the tiny track with three seeds, test each once, and tell the ranges.

    python -m tools.three_seeds         # about half an hour on 2 CPU cores; finished runs are loaded

Writes data/results/seeds.json and prints the table.
"""

from dataclasses import replace

from labutils.data import load_dialogues
from labutils.fact_report import FACT_NAMES
from labutils.files import write_json
from labutils.publishing import RESULTS
from labutils.runs import Run
from labutils.systems import full, load_system, lora, validator
from labutils.tracks import choose_track

SEEDS = (42, 43, 44)
METRICS = {"rouge1": "ROUGE-1"} | FACT_NAMES


def scores(run: Run) -> dict[str, float]:
    """The mean of each metric on the test split."""
    return {metric: float(run.items[metric].mean()) for metric in METRICS}


def on_validation(track, run: Run, dialogues) -> float:
    """Mean ROUGE-1 of a run's model on all validation dialogues."""
    model, tokenizer = load_system(track, run)
    whole = replace(track, validation_dialogues=len(dialogues["validation"]))
    return validator(whole, dialogues["validation"], tokenizer)(model)["rouge1"]


def measured() -> dict:
    """{system: [{"seed", metric: mean ..., "validation_rouge1"}]}."""
    found = {"full": [], "lora": []}
    for seed in SEEDS:
        track = choose_track("tiny", seed=seed)
        dialogues = load_dialogues(track)
        for make in (full, lora):
            run = make(track, dialogues=dialogues)
            validation = on_validation(track, run, dialogues)
            found[run.name].append({"seed": seed, "validation_rouge1": validation, **scores(run)})
    return found


def table(found: dict) -> str:
    """Mean and range of each metric in Markdown."""
    names = METRICS | {"validation_rouge1": "ROUGE-1 on validation"}
    lines = [f"| system | {' | '.join(names.values())} |", f"|---|{'---|' * len(names)}"]
    for system, runs in found.items():
        cells = []
        for metric in names:
            values = [run[metric] for run in runs]
            mean = sum(values) / len(values)
            cells.append(f"{mean:.3f} ({min(values):.3f}-{max(values):.3f})")
        lines.append(f"| {system} | {' | '.join(cells)} |")
    seeds = ", ".join(str(run["seed"]) for run in found["full"])
    lines.append(
        f"\nMean and range of {len(found['full'])} trainings, seeds {seeds}; 200 test chats."
    )
    return "\n".join(lines)


def main() -> None:
    """Measure what is missing, write the record and print its table."""
    found = measured()
    write_json(RESULTS / "seeds.json", found)
    print(table(found))


if __name__ == "__main__":
    main()
