"""Colours: the same thing has the same one in every figure, page and widget; and a live curve."""

import re
from pathlib import Path
from types import SimpleNamespace

import IPython.display

import labutils
from labutils.demo import plots as demo_plots
from labutils.evaluation import baselines
from labutils.views import alt_text, curves, plots, scores

LIBRARY = Path(labutils.__file__).parent


def test_a_colour_is_named_once_and_used_by_its_name():
    code = re.compile(r"(?<!\w)#[0-9a-fA-F]{6}")  # not huggingface/peft#123456
    found = {
        path.relative_to(LIBRARY).as_posix(): codes
        for path in LIBRARY.rglob("*.py")
        if (codes := code.findall(path.read_text("utf-8")))
    }
    assert list(found) == ["views/plots.py"]
    assert len(found["views/plots.py"]) == len(set(found["views/plots.py"]))


def test_systems_keep_their_colours_wherever_they_are_drawn():
    """README's figure had the nearest chat in the colour of notebook 5's longest turn."""
    trivial, trained = [*baselines.BASELINES], ["zero-shot", "full", "lora"]
    few, all_of_them = (
        plots.colours_of(names)
        for names in (["nearest chat", *trained], [*trivial, *trained, "mine", "yours"])
    )
    assert few.items() <= all_of_them.items()
    assert all_of_them["full"] == plots.BLUE and all_of_them["lora"] == plots.ORANGE
    assert len(set(all_of_them.values())) == len(all_of_them) == 9


def test_lines_that_are_all_lora_have_no_other_systems_colour():
    run = SimpleNamespace(
        intervals={"rouge1": {"mean": 0.5, "low": 0.4, "high": 0.6}},
        record={"settings": {"adapter": {"rank": 4}}, "trainable_parameters": 9, "steps": 1,
                "test_dialogues": 2},
    )  # fmt: skip
    (axis,) = plots.plot_ranks({"alpha": [run], "alpha / r": [run]}).axes
    same = {"rank": 1, "trainable_parameters": 9, **run.intervals}
    runs = [{"targets": targets, **same} for targets in ("q, v", "all")]
    (other,) = demo_plots.plot_sweep({"runs": runs}).axes  # one panel, to compare the two
    assert other.get_legend_handles_labels()[1] == ["on q, v", "on all"]
    strange = {colour for name, colour in plots.COLOURS.items() if name != "lora"}
    for found in (axis, other):
        colours = [bars[0].get_color() for bars in found.containers]
        assert len(set(colours)) == 2 and not strange & set(colours)


def test_a_difference_from_the_untouched_model_has_its_systems_colour():
    differences = [
        {"metric": "rouge1", "a": a, "b": b, "mean": 0.1, "spread": 0.2}
        for a, b in (("full", "zero-shot"), ("lora", "zero-shot"), ("lora", "full"))
    ]
    interval = dict.fromkeys(("rouge1", "rouge2", "rougeL"), {"mean": 0.5, "low": 0.4, "high": 0.6})
    systems = dict.fromkeys(("zero-shot", "full", "lora"), interval)
    report = {"systems": systems, "references": {}, "differences": differences, "n_dialogues": 9}
    left, right = scores.plot_scores(report).axes
    lines = dict(zip(*reversed(right.get_legend_handles_labels())))
    colours = {label: line.get_color() for label, line in lines.items()}
    assert colours["full minus zero-shot"] == plots.COLOURS["full"]
    assert colours["lora minus zero-shot"] == plots.COLOURS["lora"]
    assert colours["lora minus full"] not in plots.COLOURS.values()


def test_losses_look_alike_in_every_figure_and_like_no_system():
    history = [
        {"step": step, "loss": 2.0, "validation_loss": 1.5, "rougeL": 0.1} for step in (1, 2)
    ]
    axes = [curves.plot_history(history).axes[0],
            curves.plot_losses({"a": history}, {"a": 1}, "rougeL").axes[0]]  # fmt: skip
    looks = [{line.get_label(): line.get_color() for line in axis.lines[:2]} for axis in axes]
    assert looks[0] == looks[1] and len(set(looks[0].values())) == 2
    assert not set(looks[0].values()) & set(plots.COLOURS.values())


def test_the_ends_of_trainings_have_no_rates_colour():
    history = [{"step": 1, "loss": 2.0, "validation_loss": 1.5}]
    rates = dict.fromkeys((0.1, 0.2, 0.3, 0.4, 0.5), history)
    left, right = curves.plot_learning_rates(rates).axes
    of_rates, of_ends = ({line.get_color() for line in axis.lines} for axis in (left, right))
    assert len(of_rates) == 5 and not of_rates & of_ends


def test_a_sample_spreads_dashed_line_is_named_in_the_figure():
    (axis,) = plots.plot_sample_spread({4: (0.4, 0.7), 20: (0.5, 0.6)}, 0.5724).axes
    assert "mean of all dialogues: 0.572" in [text.get_text() for text in axis.texts]
    told = alt_text.describe(axis.figure)
    assert axis.get_title() and "mean of all dialogues: a line at 0.572." in told


def test_a_live_curve_draws_every_validation_also_of_the_loss_alone(monkeypatch):
    drawn = []
    handle = SimpleNamespace(update=drawn.append)
    monkeypatch.setattr(
        IPython.display, "display", lambda figure, **_: drawn.append(figure) or handle
    )
    watch, history = curves.LiveCurve(), [{"step": 1, "loss": 2.0}]
    watch(history)
    history.append({"step": 2, "loss": 1.5})
    watch(history)  # a moment later
    assert len(drawn) == 1
    history.append({"step": 3, "validation_loss": 1.4})
    watch(history)
    assert len(drawn) == 2 and drawn[-1].axes[0].lines[1].get_ydata() == [1.4]
