"""Widgets: a dialogue browser and a prompt playground, each a thin shell around a plain function.

They use only what ipywidgets 7.7 (Colab) and 8 (JupyterLab) share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from labutils.common.errors import LabError
from labutils.common.text import NO_MATH
from labutils.evaluation.judging import CHOICES, GRADES, QUESTIONS, Judging
from labutils.generation import generate
from labutils.prompts import TEMPLATES, check_template, fit_prompt
from labutils.views.marking import LEGEND, marked_html, turns_html
from labutils.views.tables import table_html

if TYPE_CHECKING:
    from datasets import Dataset
    from ipywidgets import Button, VBox
    from transformers import PreTrainedTokenizerBase

    from labutils.models import Model
    from labutils.runs import Run
    from labutils.tracks import Track

BOX = (
    "border: 1px solid #8888; border-radius: 6px; padding: .6em 1em; margin: .4em 0; "
    "line-height: 1.5"
)


def dialogue_html(
    dialogue: str,
    references: Sequence[str] = (),
    summaries: dict[str, str] | None = None,
    *,
    marked: bool = False,
) -> str:
    """A dialogue, its human references and each system's summary as HTML.

    Every text is escaped: a dialogue that holds HTML is shown, never run.

    Args:
        dialogue: the text, one turn a line.
        references: human summaries.
        summaries: {system: summary}.
        marked: mark in the summaries what the references share and what the dialogue lacks
            (`marking.marked_html`), and say so below.
    """
    several = len(references) > 1
    rows = [
        (f"reference {number}" if several else "reference", escape(text))
        for number, text in enumerate(references, 1)
    ]
    rows += [
        (name, marked_html(text, references, dialogue) if marked else escape(text))
        for name, text in (summaries or {}).items()
    ]
    return (
        f"<div class='{NO_MATH}' style='max-width: 60em; line-height: 1.5'>"
        f"<div style='{BOX}'>{turns_html(dialogue)}</div>{_named_html(rows)}"
        f"{f'<p>{LEGEND}</p>' * marked}</div>"
    )


def _named_html(rows: Iterable[tuple[str, str]]) -> str:
    """(name, HTML) as a table with a name before each; "(empty)" where there is no HTML."""
    cells = "".join(
        f"<tr><th style='text-align: left; vertical-align: top; white-space: nowrap; width: 1%; "
        f"padding-right: 1em'>{escape(name)}</th>"
        f"<td style='text-align: left'>{text or '<i>(empty)</i>'}</td></tr>"
        for name, text in rows
    )
    # A notebook's own style gives each column of a whole width as much room as the others.
    return f"<table style='width: 100%; table-layout: auto'>{cells}</table>"


def item_html(test: Dataset, runs: Sequence[Run], position: int) -> str:
    """`dialogue_html` of one test dialogue with the summaries that finished runs gave it."""
    item = test[int(position)]
    summaries = {run.name: run.predictions[int(position)] for run in runs}
    return dialogue_html(item["dialogue"], item["references"], summaries)


def show_item(test: Dataset, runs: Sequence[Run], position: int) -> None:
    """Display the test dialogue at a position, or the last one, for readers without a kernel."""
    from IPython.display import HTML, display

    display(HTML(item_html(test, runs, min(position, len(test) - 1))))


def dialogue_browser(test: Dataset, runs: Sequence[Run]) -> VBox:
    """A slider over the test dialogues: dialogue, references and each system's summary."""
    import ipywidgets as widgets

    slider = widgets.IntSlider(
        max=len(test) - 1,
        description="dialogue",
        continuous_update=False,
        layout={"width": "36em"},
    )
    page = widgets.HTML(item_html(test, runs, 0))

    def turn(change: dict) -> None:
        page.value = item_html(test, runs, change["new"])

    slider.observe(turn, names="value")
    return widgets.VBox([slider, page])


def try_prompt(
    model: Model,
    tokenizer: PreTrainedTokenizerBase,
    dialogue: str,
    template: str,
    *,
    max_prompt_tokens: int = 512,
    **options: Any,
) -> dict[str, Any]:
    """What the model answers to a template filled with a dialogue.

    Args:
        template: it must contain {dialogue}.
        max_prompt_tokens: where the dialogue is cut.
        options: passed to `generation.generate`.

    Returns:
        {"prompt", "tokens", "answer"}; or {"error"} with the message, if the input is bad.
    """
    try:
        if not dialogue.strip():
            raise LabError("The dialogue is empty; paste one or pick one.")
        prompt = fit_prompt(
            dialogue, tokenizer, template=check_template(template), max_tokens=max_prompt_tokens
        )
        answer = generate(model, tokenizer, [prompt], **options)[0]
    except LabError as error:
        return {"error": str(error)}
    return {"prompt": prompt, "tokens": len(tokenizer(prompt)["input_ids"]), "answer": answer}


def prompt_playground(
    track: Track, model: Model, tokenizer: PreTrainedTokenizerBase, dialogues: Sequence[str]
) -> VBox:
    """Pick a template, change it, change the dialogue, and see what the model answers."""
    import ipywidgets as widgets

    wide = {"width": "98%", "max_width": "54em"}
    picker = widgets.Dropdown(
        options=[(f"dialogue {number}", text) for number, text in enumerate(dialogues)],
        description="dialogue",
    )
    named = widgets.Dropdown(options=list(TEMPLATES.items()), description="template")
    template = widgets.Textarea(rows=5, description="wording", layout=wide)
    dialogue = widgets.Textarea(rows=8, description="text", layout=wide)
    button = widgets.Button(description="Summarize", button_style="primary")
    answer = widgets.HTML()

    def summarize(_: Button) -> None:
        answer.value = "<i>writing ...</i>"
        found = try_prompt(
            model,
            tokenizer,
            dialogue.value,
            template.value,
            max_prompt_tokens=track.max_prompt_tokens,
            max_new_tokens=track.max_summary_tokens,
        )
        answer.value = playground_html(found)

    for chosen, text in ((picker, dialogue), (named, template)):
        widgets.dlink((chosen, "value"), (text, "value"))
    button.on_click(summarize)
    return widgets.VBox([picker, dialogue, named, template, button, answer])


def share_slider(
    systems: Sequence[str], answers: Callable[[str, float], Mapping[str, str]]
) -> VBox:
    """A slider over the share of a training's change that counts, and what the model answers there.

    Args:
        systems: names to choose from.
        answers: (system, share from 0 to 1) -> {name: answer}; see `engine.interpolated`. It is
            asked once for each place where the slider stops, when it first stops there.
    """
    import ipywidgets as widgets

    @cache
    def page_at(system: str, share: float) -> str:
        table = _named_html((name, escape(text)) for name, text in answers(system, share).items())
        return f"<div class='{NO_MATH}' style='max-width: 60em; line-height: 1.5'>{table}</div>"

    slider = widgets.SelectionSlider(
        options=[(f"{percent}%", percent / 100) for percent in range(0, 101, 10)],
        value=1.0,
        description="share",
        continuous_update=False,
        layout={"width": "36em"},
    )
    picker = widgets.Dropdown(options=list(systems), description="system")
    page = widgets.HTML(page_at(picker.value, slider.value))

    def turn(change: dict) -> None:
        page.value = "<i>writing ...</i>"
        page.value = page_at(picker.value, slider.value)

    for control in (picker, slider):
        control.observe(turn, names="value")
    return widgets.VBox([picker, slider, page])


def judging_html(judging: Judging, dialogues: Sequence[str]) -> str:
    """The item that a rater judges now, or the result if all are judged; every text escaped."""
    position = judging.position
    if position is None:
        done = f"<div style='{BOX}'>All {len(judging.ids)} items are judged. Thank you.</div>"
        return done + "".join(map(table_html, judging.result()))
    count = f"<small>{len(judging.done) + 1} of {len(judging.ids)}</small>"
    return count + dialogue_html(dialogues[position], summaries=judging.texts(position))


def judging_widget(judging: Judging, dialogues: Sequence[str]) -> VBox:
    """Judge two systems blindly: A, B or tie, and grades if one likes; each click is saved."""
    import ipywidgets as widgets

    page = widgets.HTML(judging_html(judging, dialogues))
    grades = {
        f"{question}_{side}": widgets.Dropdown(
            options=[("-", None), *((str(grade), grade) for grade in GRADES)],
            description=f"{question} {side}",
            style={"description_width": "8em"},
            layout={"width": "14em"},
        )
        for question in QUESTIONS
        for side in "AB"
    }
    buttons = [widgets.Button(description=choice) for choice in CHOICES]

    def judge(button: Button) -> None:
        try:
            judging.save(
                button.description,
                {name: box.value for name, box in grades.items() if box.value is not None},
            )
        except LabError as error:
            page.value = f"<div style='{BOX}'><b>Not saved:</b> {escape(str(error))}</div>"
            return
        for box in grades.values():
            box.value = None
        page.value = judging_html(judging, dialogues)
        for each in buttons:
            each.disabled = judging.position is None

    for button in buttons:
        button.disabled = judging.position is None
        button.on_click(judge)
    return widgets.VBox([page, widgets.HBox(list(grades.values())), widgets.HBox(buttons)])


def playground_html(found: dict[str, Any]) -> str:
    """The result of `try_prompt` as HTML, every text escaped."""
    if "error" in found:
        return f"<div style='{BOX}'><b>Not sent:</b> {escape(found['error'])}</div>"
    answer = escape(found["answer"]) or "<i>(an empty answer)</i>"
    return f"<div style='{BOX}'>{answer}</div><small>prompt: {found['tokens']} tokens</small>"
