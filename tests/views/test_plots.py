"""Colours: the same thing has the same one in every figure, page and widget; and a live curve."""

import re
from pathlib import Path
from types import SimpleNamespace

import IPython.display

import labutils
from labutils.views import curves, plots

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
    assert plots.colour_of("full", 5) == plots.BLUE and plots.colour_of("lora", 0) == plots.ORANGE
    others = [plots.colour_of("mine", position) for position in range(4)]
    assert len({*others, *plots.COLOURS.values()}) == 7


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
