"""The instructor demo's pages: plain functions that return HTML, in which every text is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from labutils.common.errors import LabError
from labutils.common.text import counted, signed
from labutils.demo.live import SYSTEM_NAMES, Demo, entity_row
from labutils.demo.plots import plot_steps
from labutils.evaluation.failures import names, numbers
from labutils.evaluation.intervals import NORMAL
from labutils.evaluation.rouge import rouge_scores
from labutils.multitask.metrics import entities_in
from labutils.views.alt_text import figure_html
from labutils.views.marking import LEGEND, flags_text, marked_html, turns_html
from labutils.views.plots import BROWN, PURPLE
from labutils.views.tables import captioned
from labutils.views.widgets import BOX

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GRID = "display: grid; grid-template-columns: repeat(auto-fit, minmax(12em, 1fr)); gap: .6em"
CARD_STYLE = "border: 1px solid #8888; border-radius: 6px; padding: .5em .8em; line-height: 1.5"
SMALL = "opacity: .85"  # not in small letters: it is shown to a room
TRAINED_NAMES = SYSTEM_NAMES[1:]
EXPLAINED = f"<small style='line-height: 1.5'>{LEGEND}</small>"


def card_html(
    name: str, text: str, references: Sequence[str], dialogue: str, remarks: Sequence[str]
) -> str:
    """One system's summary, marked, with its ROUGE-1 and remarks under it; all texts escaped."""
    notes = [*remarks]
    if references:
        score = rouge_scores([text], [list(references)])["rouge1"].iloc[0]
        notes.append(f"this summary: ROUGE-1 {score:.2f}")
    if flags := flags_text(text, dialogue):
        notes.append(flags)
    small = "".join(f"<div style='{SMALL}'>{escape(note)}</div>" for note in notes)
    return (
        f"<div style='{CARD_STYLE}'><b>{escape(name)}</b>"
        f"<div style='margin: .3em 0'>{marked_html(text, references, dialogue)}</div>{small}</div>"
    )


def chat_html(dialogue: str) -> str:
    """A chat in a box, escaped."""
    return f"<div style='{BOX}'>{turns_html(dialogue)}</div>"


def references_html(references: Sequence[str]) -> str:
    """Human summaries as a list, escaped; nothing if there are none."""
    listed = "".join(f"<li>{escape(text)}</li>" for text in references)
    if not listed:
        return ""
    listed = f"References:<ol style='margin: 0'>{listed}</ol>"
    return f"<div style='line-height: 1.5; margin: .6em 0'>{listed}</div>"


def answers_html(demo: Demo, dialogue: str, references: Sequence[str] = ()) -> str:
    """All systems' answers to a chat side by side, or a box that says what is wrong with it."""
    try:
        answers = {name: demo.answer(name, dialogue) for name in SYSTEM_NAMES}
    except LabError as error:
        return f"<div style='{BOX}'><b>Not sent:</b> {escape(str(error))}</div>"
    cards = []
    for name, answer in answers.items():
        # An answer to another chat is not to be marked by this one.
        shown = (references, dialogue) if answer.for_this_chat else ((), answer.text)
        cards.append(card_html(name, answer.text, *shown, [answer.label]))
    return f"<div style='{GRID}'>{''.join(cards)}</div>{EXPLAINED}{references_html(references)}"


def answers_page(demo: Demo) -> str:
    """The first stored chat, its references and the answers, for readers without a kernel."""
    if not demo.dialogues:
        return missing_html(demo)
    item = demo.dialogues[0]
    return chat_html(item["dialogue"]) + answers_html(demo, item["dialogue"], item["references"])


def missing_html(demo: Demo) -> str:
    """A box that says why there are no records."""
    return f"<div style='{BOX}'><b>No records:</b> {escape(demo.problem)}</div>"


def shares(demo: Demo) -> list[str]:
    """What each place of the slider over training steps means, as text."""
    points = demo.points(TRAINED_NAMES[0])
    return [f"{point['step'] / points[-1]['step']:.1%}" for point in points]


def steps_page(demo: Demo, dialogue: int = 0, position: int = -1) -> str:
    """Both trainings at one point: loss, ROUGE, and what each said to the same chat.

    `dialogue` and `position` are places among the stored dialogues and points; -1 is the end.
    """
    if not demo.record:
        return missing_html(demo)
    item = demo.dialogues[dialogue]
    return (
        f"{_said_at(demo, dialogue, position)}{_steps_figure(demo, position)}"
        f"<div>{EXPLAINED}</div>{references_html(item['references'])}"
        f"{chat_html(item['dialogue'])}"
    )


def progress_page(demo: Demo, dialogue: int = 0) -> str:
    """What both trainings said to one chat early, half-way and at the end, one below the other."""
    if not demo.record:
        return missing_html(demo)
    last = len(shares(demo)) - 1
    stops = dict.fromkeys((min(1, last), (last + 1) // 2, last))
    return "".join(_said_at(demo, dialogue, stop) for stop in stops) + EXPLAINED


def _said_at(demo: Demo, dialogue: int, position: int) -> str:
    """The summaries of one chat at one point of both trainings, side by side."""
    item, cards = demo.dialogues[dialogue], []
    for name in TRAINED_NAMES:
        points = demo.points(name)
        point = points[position]
        remarks = [
            f"step {point['step']:,} of {points[-1]['step']:,}",
            f"validation loss {point['validation_loss']:.2f}, training loss {_loss(point)}",
            f"validation ROUGE-1 {point['rouge1']:.3f}, ROUGE-L {point['rougeL']:.3f}",
        ]
        title = f"{name}, stored" if point["step"] else f"{name}, stored: before the first step"
        text = point["summaries"][dialogue]
        cards.append(card_html(title, text, item["references"], item["dialogue"], remarks))
    return f"<div style='{GRID}; margin-bottom: .6em'>{''.join(cards)}</div>"


def _loss(point: dict) -> str:
    return "not known yet" if point["loss"] is None else f"{point['loss']:.2f}"


@lru_cache(64)
def _steps_figure(demo: Demo, position: int) -> str:
    import matplotlib.pyplot as plt

    figure = steps_figure(demo.record or {}, position)  # without one nobody asks for it
    plt.close(figure)
    return figure_html(figure)


def steps_figure(record: dict, position: int | None = None) -> Figure:
    """Loss and ROUGE along both trainings, as stored: see `plot_steps`."""
    points = {name: record["systems"][name]["points"] for name in TRAINED_NAMES}
    return plot_steps(points, _validated(record), position)


def _validated(record: dict) -> int:
    """How many validation dialogues a point's ROUGE is of."""
    return record["identity"]["validation_dialogues"]


def ends_told(record: dict) -> str:
    """What the ends of the ROUGE curves are worth, beside the same trainings' test scores."""
    systems = [record["systems"][name] for name in TRAINED_NAMES]
    ends = [system["points"][-1]["rouge1"] for system in systems]
    tested = [s.get("rouge_of_unrounded", s["rouge"])["rouge1"]["mean"] for s in systems]
    dialogues = counted(_validated(record), "validation dialogue")
    said = [" and ".join(f"{value:.3f}" for value in values) for values in (ends, tested)]
    text = (
        f"ROUGE-1 here is of {dialogues} and one seed, and has no interval: the curves of "
        f"{' and '.join(TRAINED_NAMES)} end at {said[0]}. On the {record['test_dialogues']} test "
        f"dialogues the same two score {said[1]} (notebook 5's are other trainings of the same "
        "settings)"
    )
    if (ends[0] - ends[1]) * (tested[0] - tested[1]) < 0:
        text += f", the other way round: {dialogues} and one seed do not tell the two ends apart."
    else:
        text += "; whether such a difference is luck is what notebook 5 tests."
    return escape(text)


def sweep_table(record: dict) -> pd.DataFrame:
    """LoRA's rank and targets: quality, parameters, megabytes, one training per row."""
    sweep = record["sweep"]
    rows = [
        {
            "adapters on": run["targets"],
            "rank": run["rank"],
            "ROUGE-1": "{mean:.3f} [{low:.3f}, {high:.3f}]".format(**run["rouge1"]),
            "parameters": f"{run['trainable_parameters']:,}",
            "share": f"{run['trainable_parameters'] / run['total_parameters']:.1%}",
            "to keep": f"{run['saved_mib']:.2f} MiB",
        }
        for run in sweep["runs"]
    ]
    table = pd.DataFrame(rows).set_index(["adapters on", "rank"])
    caption = (
        f"Trained for {sweep['epochs']} epochs each, alpha {sweep['alpha_over_rank']} times the "
        f"rank; {record['test_dialogues']} test dialogues, 95% bootstrap intervals. This is a "
        "picture, and nothing was chosen by it."
    )
    return captioned(table, caption)


def sweep_told(sweep: dict) -> str:
    """What a higher rank and more layers change in ROUGE-1, from the three digits of the table."""
    scores = {(run["targets"], run["rank"]): round(run["rouge1"]["mean"], 3)
              for run in sweep["runs"]}  # fmt: skip
    targets = list(dict.fromkeys(name for name, _ in scores))
    low, high = (choice(rank for _, rank in scores) for choice in (min, max))
    rises = [f"{signed(scores[name, high] - scores[name, low])} on {name}" for name in targets]
    text = f"From rank {low} to {high} ROUGE-1 changes by {' and '.join(rises)}."
    few, many = targets[0], targets[-1]
    if few != many:
        text += (
            f" At rank {low}, {many} instead of {few} change it by "
            f"{signed(scores[many, low] - scores[few, low])}; both together by "
            f"{signed(scores[many, high] - scores[few, low])}."
        )
    return escape(
        f"{text} (The intervals are each score's alone; a difference needs the paired test of "
        "notebook 5. Alpha grows with the rank here, so a higher rank also takes longer steps: "
        "notebook 3.)"
    )


def learning_told(demo: Demo) -> str:
    """When each training had half of its gain in ROUGE-1, and which names it told then."""
    told = []
    for name in TRAINED_NAMES:
        points = demo.points(name)
        half = (points[0]["rouge1"] + points[-1]["rouge1"]) / 2
        place = next(i for i, point in enumerate(points) if point["rouge1"] >= half)
        then, last = (_agreed_values_told(demo, points[i]) for i in (place, -1))
        told.append(
            f"after {shares(demo)[place]} of {name}, where {then:.0%} of the names and numbers are "
            f"told (at the end {last:.0%})"
        )
    return escape(
        f"Of the points shown, the first with half of the gain in ROUGE-1 is {'; '.join(told)}. "
        f"(Names and numbers: those on which all references agree, in {len(demo.dialogues)} chats.)"
    )


def _agreed_values_told(demo: Demo, point: dict) -> float:
    """The share (0-1) of the names and numbers of all references that a point's summaries tell."""
    told = wanted = 0
    for item, summary in zip(demo.dialogues, point["summaries"]):
        agreed = set.intersection(*(names(text) | numbers(text) for text in item["references"]))
        told += len(agreed & (names(summary) | numbers(summary)))
        wanted += len(agreed)
    return told / max(1, wanted)


def forgetting_page(record: dict, position: int = -1) -> str:
    """Every training's score on every task at one step (-1: the last), and its change by then."""
    curves = record["forgetting"]["curves"]
    tasks, cell = list(next(iter(curves.values()))), "padding: .4em .8em; text-align: right"
    heads = "".join(f"<th scope='col' style='{cell}'>{escape(task)}</th>" for task in tasks)
    rows = ""
    for name, scores in curves.items():
        cells = "".join(
            _forgetting_cell(scores[task][position][1], scores[task][0][1], cell) for task in tasks
        )
        style = "text-align: left; white-space: nowrap"
        rows += f"<tr><th scope='row' style='{style}'>{escape(name)}</th>{cells}</tr>"
    step = scores[tasks[0]][position][0]
    return (
        f"<div style='overflow-x: auto'><table><caption style='text-align: left'>After step {step}:"
        f" scores (0-1) on {record['forgetting']['curve_rows']} validation rows of each task, and "
        f"the change since step 0</caption><tr><td></td>{heads}</tr>{rows}</table></div>"
    )


def _forgetting_cell(score: float, first: float, style: str) -> str:
    change = score - first
    strength = min(1, abs(change)) * 0.6
    colour = (PURPLE if change > 0 else BROWN) + f"{round(255 * strength):02x}"
    sign = "▲" if change > 0.005 else "▼" if change < -0.005 else "="
    return (
        f"<td style='{style}; background: {colour}; line-height: 1.4'>{score:.2f}"
        f"<div style='white-space: nowrap'>{sign} {signed(change, 2)}</div></td>"
    )


def forgetting_told(forgetting: dict) -> str:
    """A list: for each training, which task had fared worst at first and at the end.

    The tasks are those after the first one, which is the one to be learned.
    """
    lines = ""
    for name, scores in forgetting["curves"].items():
        learned, *others = scores
        step = scores[learned][1][0]
        early, late = (
            {task: scores[task][place][1] - scores[task][0][1] for task in scores}
            for place in (1, -1)
        )
        first, last = (min(others, key=lambda task: change[task]) for change in (early, late))
        told = (
            f"{name}: {learned} changed by {late[learned]:+.2f}. Of the other tasks {first} had "
            f"fared worst after step {step} ({early[first]:+.2f}), {last} at the end "
            f"({late[last]:+.2f})."
        )
        lines += f"<li>{escape(told)}</li>"
    rows = forgetting["curve_rows"]
    luck = {share: NORMAL * (share * (1 - share) / rows) ** 0.5 for share in (0.9, 0.5)}
    return (
        f"<p>Each point is of {rows} validation rows a task: luck alone moves an accuracy of 0.9 "
        f"by up to {luck[0.9]:.2f}, one of 0.5 by up to {luck[0.5]:.2f} (95%). Tasks closer than "
        f"that are in no order here.</p><ul>{lines}</ul>"
    )


def turned_down_told(demo: Demo, answers: Mapping[float, Mapping[str, str]]) -> str:
    """How near the summary is to the references at each share, and where the list is right.

    Args:
        answers: {share: what `Demo.turned_down` gives}.

    Returns:
        Two sentences, escaped; "" where the system cannot answer.
    """
    if not all("entities" in said for said in answers.values()):
        return ""
    references, right = demo.dialogues[0]["references"], entities_in(entity_row()["answer"])
    scores = rouge_scores([said["chat"] for said in answers.values()], [references] * len(answers))
    near = [f"{score:.2f} at {share:.0%}" for share, score in zip(answers, scores["rouge1"])]
    holds = [
        f"{share:.0%}" for share, said in answers.items() if entities_in(said["entities"]) == right
    ]
    return escape(
        f"ROUGE-1 of the summary: {', '.join(near)}. The list of names is right at "
        f"{', '.join(holds) or 'none of these shares'}."
    )


def sources_html(demo: Demo) -> str:
    """Which system answers live, and with which weights, or why not."""
    lines = ""
    for name in SYSTEM_NAMES:
        live, text = demo.source(name)
        lines += f"<li><b>{escape(name)}</b>: {'live' if live else 'stored'}, {escape(text)}</li>"
    return f"<ul style='line-height: 1.5'>{lines}</ul>"
