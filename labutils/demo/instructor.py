"""The instructor demo's widgets and figures, thin shells around `pages`.

They use only what ipywidgets 7.7 (Colab) and 8 (JupyterLab) share. Nothing here raises on the
screen: what is missing is said in a box.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from labutils.common.text import NO_MATH
from labutils.demo.pages import (
    answers_html,
    answers_page,
    ends_told,
    forgetting_page,
    forgetting_told,
    learning_told,
    missing_html,
    progress_page,
    shares,
    sources_html,
    steps_figure,
    steps_page,
    sweep_table,
    sweep_told,
    turned_down_told,
)
from labutils.demo.plots import plot_forgetting_curves, plot_sweep
from labutils.views.tables import captioned, show
from labutils.views.widgets import share_slider

if TYPE_CHECKING:
    from ipywidgets import Button, DOMWidget, VBox
    from matplotlib.figure import Figure

    from labutils.demo.live import Demo

WIDE = {"width": "98%", "max_width": "62em"}
LABEL_STYLE = {"description_width": "7em"}
TURNED_DOWN = ("lora", "full")


def answers_widget(demo: Demo) -> VBox:
    """Type or paste a chat, or pick one, and let the three systems summarize it."""
    import ipywidgets as widgets

    picker = widgets.Dropdown(
        options=[("your own", -1), *_titles(demo)],
        description="chat",
        style=LABEL_STYLE,
        layout=WIDE,
    )
    chat = widgets.Textarea(
        rows=11, description="text", style=LABEL_STYLE, layout=WIDE,
        placeholder="#Person1#: Hello, my phone does not start.\n#Person2#: ...",
    )  # fmt: skip
    references = widgets.Textarea(
        rows=7, description="references", style=LABEL_STYLE, layout=WIDE,
        placeholder="Good summaries, one a line, if you have any: their words are marked.",
    )  # fmt: skip
    button = widgets.Button(description="Summarize", button_style="primary")
    page = widgets.HTML(layout=WIDE)

    def pick(change: dict) -> None:
        if change["new"] >= 0:
            item = demo.dialogues[change["new"]]
            chat.value, references.value = item["dialogue"], "\n".join(item["references"])
        else:
            chat.value = references.value = ""
        page.value = ""

    def summarize(_: Button) -> None:
        page.value = "<i>writing ...</i>"
        lines = [line for line in references.value.splitlines() if line.strip()]
        page.value = answers_html(demo, chat.value, lines)

    picker.observe(pick, names="value")
    button.on_click(summarize)
    if demo.dialogues:
        picker.value = 0
    return widgets.VBox([picker, chat, references, button, page])


def _titles(demo: Demo) -> list[tuple[str, int]]:
    return [(f"{item['id']}: {item['topic']}", i) for i, item in enumerate(demo.dialogues)]


def steps_widget(demo: Demo) -> DOMWidget:
    """A slider over the training: summary, loss and ROUGE change together."""
    import ipywidgets as widgets

    if not demo.record:
        return widgets.HTML(missing_html(demo))
    picker = widgets.Dropdown(
        options=_titles(demo), description="chat", style=LABEL_STYLE, layout=WIDE
    )
    slider = widgets.SelectionSlider(
        options=[(text, i) for i, text in enumerate(shares(demo))], description="trained",
        style=LABEL_STYLE, layout=WIDE, continuous_update=False,
    )  # fmt: skip
    page = widgets.HTML(steps_page(demo, 0, 0), layout=WIDE)

    def turn(_: dict) -> None:
        page.value = steps_page(demo, picker.value, slider.value)

    picker.observe(turn, names="value")
    slider.observe(turn, names="value")
    return widgets.VBox([picker, slider, page])


def forgetting_widget(demo: Demo) -> DOMWidget:
    """A slider over the steps of notebook 04's trainings: what each task's score becomes."""
    import ipywidgets as widgets

    record = demo.record
    if not record:
        return widgets.HTML(missing_html(demo))
    curves = next(iter(record["forgetting"]["curves"].values()))
    steps = [step for step, _ in next(iter(curves.values()))]
    slider = widgets.SelectionSlider(
        options=[(f"step {step}", i) for i, step in enumerate(steps)], description="after",
        style=LABEL_STYLE, layout=WIDE, continuous_update=False,
    )  # fmt: skip
    page = widgets.HTML(forgetting_page(record, 0), layout=WIDE)

    def turn(change: dict) -> None:
        page.value = forgetting_page(record, change["new"])

    slider.observe(turn, names="value")
    return widgets.VBox([slider, page])


def turned_down_widget(demo: Demo) -> VBox:
    """A slider over the share of what was learned that counts: a chat summarized, names found."""
    return share_slider(TURNED_DOWN, demo.turned_down)


def show_sources(demo: Demo) -> None:
    """Display which system answers live, and with which weights."""
    _show(sources_html(demo))


def show_answers(demo: Demo) -> None:
    """Display a stored chat with the systems' answers, for readers without a kernel."""
    _show(answers_page(demo))


def show_steps(demo: Demo) -> None:
    """Display one chat's summaries along both trainings, for readers without a kernel."""
    _show(progress_page(demo))


def show_curves(demo: Demo) -> None:
    """Display the loss and ROUGE of both trainings, what its ends are worth, and
    when form and names were learned."""
    _show_figure(demo, steps_figure)
    if demo.record:
        _show(f"<p>{ends_told(demo.record)}</p><p>{learning_told(demo)}</p>")


def show_sweep(demo: Demo) -> None:
    """Display LoRA's rank and targets as a table and a figure."""
    if demo.record:
        show(sweep_table(demo.record))
    _show_figure(demo, lambda record: plot_sweep(record["sweep"]))
    if demo.record:
        _show(f"<p>{sweep_told(demo.record['sweep'])}</p>")


def show_forgetting(demo: Demo) -> None:
    """Display every task's score over the steps of each training, and what fared worst."""
    _show_figure(demo, lambda record: plot_forgetting_curves(record["forgetting"]["curves"]))
    if demo.record:
        _show(forgetting_told(demo.record["forgetting"]))


def show_turned_down(demo: Demo) -> None:
    """Display the answers at some shares of what was learned, for readers without a kernel."""
    for name in TURNED_DOWN:
        answers = {share: demo.turned_down(name, share) for share in (0, 0.5, 0.8, 0.9, 1)}
        table = pd.DataFrame({f"{share:.0%}": said for share, said in answers.items()}).T
        show(captioned(table, f"{name}: the share that counts, and the answers."))
        if told := turned_down_told(demo, answers):
            _show(f"<p>{told}</p>")


def _show(html: str) -> None:
    from IPython.display import HTML, display

    display(HTML(f"<div class='{NO_MATH}'>{html}</div>"))


def _show_figure(demo: Demo, plot: Callable[[dict], Figure]) -> None:
    import matplotlib.pyplot as plt
    from IPython.display import display

    if not demo.record:
        return _show(missing_html(demo))
    figure = plot(demo.record)
    plt.close(figure)
    display(figure)
