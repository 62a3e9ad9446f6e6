"""Figures say in words what they show, wherever a notebook displays one."""

import re
import subprocess
import sys

import matplotlib.pyplot as plt
import nbformat
import pytest
from conftest import ROOT

from labutils.notebooks import cleaned
from labutils.views.alt_text import describe, figure_html
from labutils.views.curves import (
    plot_history,
    plot_learning_rates,
    plot_losses,
    plot_task_curves,
)
from labutils.views.forgetting import plot_forgetting
from labutils.views.plots import plot_comparison, plot_ranks


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_lines_are_told_from_where_to_where_they_go():
    history = [{"step": 10, "loss": 3.5}, {"step": 40, "loss": 0.25, "rougeL": 0.3}]
    text = describe(plot_history(history, title="LoRA"))
    for piece in ("Panel 1. LoRA.", "x axis: optimizer step.", "loss: from 3.5 at 10 to 0.25 at 40",
                  "Panel 2. validation summaries.", "y axis: score (0-1).",
                  "ROUGE-L: 0.3 at 40"):  # fmt: skip
        assert piece in text
    curves = {"code": [(0, 0.9), (280, 0.24)], "ratings": [(0, 0.93), (280, 0.32)]}
    assert "ratings: from 0.93 at 0 to 0.32 at 280." in describe(plot_task_curves(curves))


def test_bars_and_ranks_tell_their_values(lab):
    runs = list(lab.runs.values())
    names = ("rouge1", "rouge2", "rougeL")
    text = describe(plot_comparison(runs))
    for run in runs:
        means = [run.record["rouge"][name]["mean"] for name in names]
        assert run.name in text and ", ".join(f"{mean:.3g}" for mean in means) in text
    mean = runs[2].record["rouge"]["rouge1"]["mean"]
    rank = lab.track.lora.adapter.rank
    text = describe(plot_ranks({"alpha": [runs[2]]}))
    assert f"alpha: {mean:.3g} at rank {rank} " in text and "6 test dialogues" in text


def test_a_heat_map_tells_each_row():
    cell = {"metric": "m", "mean": 0.5, "low": 0.4, "high": 0.6, "n": 9, "change": -0.1,
            "change_low": -0.2, "change_high": -0.05, "p_holm": 0.02, "more": {}}  # fmt: skip
    systems = [{"name": name, "scores": {"a": cell, "b": cell}} for name in ("one", "two")]
    text = describe(plot_forgetting({"tasks": ["a", "b"], "systems": systems}))
    assert "two: 0.50 (-0.10 *), 0.50 (-0.10 *)." in text


def test_an_odd_figure_is_described_all_the_same():
    figure, axes = plt.subplots(1, 3)
    axes[0].scatter([1], [2], label="<b>dots</b>")
    axes[1].hist([1, 2, 2, 3] * 9, bins=20, label="many")
    assert "many: 20 bars" in describe(figure)
    page = figure_html(figure)
    assert "<b>" not in page and "&lt;b&gt;dots" in page and page.count("<img") == 1
    assert describe(plt.figure()) == "Figure."


def test_points_marks_and_named_ticks_are_told_and_guiding_lines_are_not():
    figure, axis = plt.subplots()
    axis.scatter([0, 1, 2], [0.1, 0.3, 0.2])
    axis.axvline(1)
    axis.axline((0, 0), (1, 1))
    assert describe(figure) == "Figure. values: 3 points, x from 0 to 2, y from 0.1 to 0.3."
    figure, axis = plt.subplots()
    axis.plot([1, 2], [0.5, 0.7])
    axis.plot([1, 2], [0.6, 0.8])
    axis.plot([2], [0.8], "o")
    axis.set_xticks([1, 2], ["rank 1", "rank 4"])
    figure.supxlabel("adapters")
    assert describe(figure) == (
        "Figure. values: from 0.5 at rank 1 to 0.7 at rank 4. "
        "values: from 0.6 at rank 1 to 0.8 at rank 4. marked: 0.8 at rank 4. "
        "x axis of all: adapters."
    )
    figure, axis = plt.subplots()
    axis.hist([1, 2, 2, 3])
    axis.plot([2, 2], [0, 1], label="mean")
    assert describe(figure) == "Figure. mean: a line at 2. values: 10 bars, the highest 2."


def test_rows_with_names_tell_their_values_by_those_names():
    figure, axis = plt.subplots()
    axis.plot([0.4, 0.3], [0.2, 1.2], "o", label="full")
    axis.plot([0.5, 0.5], [-0.4, 0.4], label="humans")
    axis.plot([0.34, 0.53], [1, 1], "o-")
    axis.set_yticks([0, 1], ["ROUGE-1", "ROUGE-L"])
    assert describe(figure) == (
        "Figure. full: ROUGE-1 0.4, ROUGE-L 0.3. humans: ROUGE-1 0.5. values: ROUGE-L 0.34 to 0.53."
    )


def test_ticks_that_are_numbers_are_no_names_of_rows():
    """Else a line over a logarithmic axis is told point by point: a list of a hundred numbers."""
    figure, axis = plt.subplots()
    axis.plot([10, 100, 1000], [0.2, 0.06, 0.02], label="full")
    axis.set(xscale="log", yscale="log")
    axis.set_yticks([0.01, 0.1, 1000], ["0.01", "0.1", "1,000"])
    assert describe(figure) == "Figure. full: from 0.2 at 10 to 0.02 at 1000."


def test_a_notebook_displays_each_figure_with_its_description(tmp_path):
    """In a real kernel, and the stored copy keeps one picture with its alt text."""
    from nbclient import NotebookClient

    cells = [
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from labutils.views.alt_text import describe_figures\ndescribe_figures()",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\n"
        "plt.plot([1, 2], [3, 4], label='up'); plt.show()",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(book, timeout=120, kernel_name="python3").execute()
    (output,) = book.cells[1].outputs
    alt = "Figure. up: from 3 at 1 to 4 at 2."
    assert output.metadata["image/png"]["alt"] == alt == output.data["text/plain"]
    assert re.match(
        r'<img src="data:image/png;base64,.*" alt="Figure. up', output.data["text/html"]
    )
    (stored,) = cleaned(book).cells[1].outputs
    assert "text/html" not in stored.data and stored.metadata["image/png"]["alt"] == alt


def test_outside_a_notebook_nothing_changes():
    code = (
        "import IPython, sys\nfrom labutils.views.alt_text import describe_figures\n"
        "describe_figures()\nprint('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr


def test_curves_of_two_trainings_and_of_five_rates_tell_where_to_stop_and_what_failed():
    history = [
        {"step": 10, "loss": 2.0, "validation_loss": 1.5, "facts_f1": 0.6},
        {"step": 20, "loss": 0.5, "validation_loss": 1.2, "facts_f1": 0.5},
        {"step": 30, "loss": 0.1, "validation_loss": 1.4, "facts_f1": 0.4},
    ]
    figure = plot_losses({"100 rows": history}, {"100 rows": 10}, "facts_f1")
    text = describe(figure)
    for piece in ("100 rows.", "x axis: passes over the training rows.",
                  "loss: from 2 at 1 to 0.1 at 3.", "lowest validation loss: 1.2 at 2.",
                  "kept checkpoint: a line at 1."):  # fmt: skip
        assert piece in text
    assert figure.axes[0].get_yscale() == "log" and "y axis: cross-entropy per token (log)." in text
    assert figure.axes[0].get_ylim()[0] < 0.1 < 2 < figure.axes[0].get_ylim()[1]
    rates = {0.1: [history[0] | {"validation_loss": 9.0}], 1e-3: history}
    text = describe(plot_learning_rates(rates, untouched=2.5))
    for piece in ("1.0e-03: from 2 at 10 to 0.867 at 30.", "0.001", "lowest", "per token (log).",
                  "untouched model: a line at 2.5."):  # fmt: skip
        assert piece in text


def test_a_number_is_told_as_people_say_it():
    figure, axis = plt.subplots()
    axis.plot([0.0, 2250.0], [0.001234, 0.0], label="rate")
    assert describe(figure) == "Figure. rate: from 0.00123 at 0 to 0 at 2,250."


def test_a_legend_hides_no_line_of_another_training():
    """Panels of few passes leave no room inside, nor do five rates."""
    history = [{"step": 10, "loss": 2.0, "validation_loss": 1.5, "facts_f1": 0.6}]
    losses = plot_losses({"a": history, "b": history}, {"a": 10, "b": 10}, "facts_f1")
    for figure in (losses, plot_learning_rates({rate: history for rate in (0.1, 0.2)})):
        assert figure.axes[0].get_legend() is None and len(figure.legends) == 1


def test_a_logarithmic_axis_has_plain_numbers_enough_to_read_a_loss():
    for top, shown in ((2.0, {1, 2}), (2.9, {0.8, 1, 2}), (60.0, {1, 2, 5, 10, 20, 50})):
        axis = plot_history([{"step": 1, "loss": 0.75}, {"step": 9, "loss": top}]).axes[0]
        axis.figure.draw_without_rendering()
        low, high = axis.get_ylim()
        ticks = {tick for tick in axis.get_yticks() if low <= tick <= high}
        assert shown <= ticks and len(ticks) <= 8
