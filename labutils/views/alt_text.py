"""Figures for readers who cannot see them: each one displayed in a notebook says what it shows."""

from __future__ import annotations

import base64
import io
import sys
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.container import Container
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

SERIES_VALUES = 6
"""Bars of a series that are told one by one."""


def describe(figure: Figure) -> str:
    """What a matplotlib figure shows, in words: axes, and from where to where each series goes.

    A figure with a label, as the pictures of `diagrams` have, is told by that label.
    """
    if own := figure.get_label():
        return f"Figure. {own}"
    axes = [axis for axis in figure.axes if axis.get_label() != "<colorbar>"]
    told = [text for axis in axes if (text := _axis_text(axis))]
    if len(told) > 1:
        told = [f"Panel {number}. {text}" for number, text in enumerate(told, 1)]
    if below := figure.get_supxlabel():
        told.append(f"x axis of all: {_line(below)}.")
    return " ".join(["Figure.", *told])


def _axis_text(axis: Axes) -> str:
    names = {"": axis.get_title(), "x axis: ": axis.get_xlabel(), "y axis: ": axis.get_ylabel()}
    parts = [f"{kind}{_line(name)}." for kind, name in names.items() if name]
    parts += [f"{_line(label)}: {_series_text(item)}." for item, label in _series(axis)]
    cells = [text.get_text() for text in axis.texts if text.get_text()]
    if axis.images and cells:
        rows = [_line(label.get_text()) for label in axis.get_yticklabels()]
        width = max(1, len(cells) // max(1, len(rows)))
        for place, row in enumerate(rows):
            parts.append(f"{row}: {', '.join(cells[place * width : (place + 1) * width])}.")
    return " ".join(parts)


def _series(axis: Axes) -> list[tuple[Artist | Container, str]]:
    """[(artist, label)] of lines, points and bars; those without a label are called "values",
    or "marked" if they are a single point."""
    found = list(zip(*axis.get_legend_handles_labels()))
    told = {part for item, _ in found for part in _parts(item)}
    for item in [*axis.containers, *axis.collections, *axis.lines]:
        parts = set(_parts(item))
        # Lines across a whole axis have another transform: they guide the eye and hold no values.
        guide = hasattr(item, "get_xdata") and item.get_transform() != axis.transData
        if not (parts & told or guide or type(item).__name__ == "LineCollection"):
            alone = hasattr(item, "get_xdata") and len(item.get_xdata()) == 1
            found.append((item, "marked" if alone else "values"))
        told |= parts
    return found


def _parts(item: Artist | Container) -> list[Artist]:
    """The artists in a container, or the one artist."""
    return [part for each in item for part in _parts(each)] if isinstance(item, tuple) else [item]


def _series_text(item: Artist | Container) -> str:
    if hasattr(item, "get_height"):  # a histogram puts its label on its first bar
        item = next((each for each in item.axes.containers if item in each.patches), item)
    if hasattr(item, "patches"):
        heights = [patch.get_height() for patch in item.patches]
        if len(heights) <= SERIES_VALUES:
            return ", ".join(f"{height:.3g}" for height in heights)
        return f"{len(heights)} bars, the highest {max(heights):.3g}"
    if type(item).__name__ == "PathCollection":
        x, y = (f"{_number(at.min())} to {_number(at.max())}" for at in item.get_offsets().T)
        return f"{len(item.get_offsets())} points, x from {x}, y from {y}"
    line = item[0] if isinstance(item, tuple) else item
    if not hasattr(line, "get_xdata") or not len(line.get_xdata()):
        return "shown"
    if line.get_transform() == line.axes.get_xaxis_transform():  # up the whole axis
        return f"a line at {_number(line.get_xdata()[0])}"
    rows = _tick_names(line.axes.yaxis)
    if not all(map(_is_number, rows.values())):  # else they are values, not names of rows
        return _row_text(line, rows)
    (x, y), (last_x, last_y) = ((line.get_xdata()[i], line.get_ydata()[i]) for i in (0, -1))
    columns = _tick_names(line.axes.xaxis)
    start, end = (columns.get(place, _number(place)) for place in (x, last_x))
    if line.get_transform() == line.axes.get_yaxis_transform():  # across the whole axis
        return f"a line at {_number(y)}"
    if len(line.get_xdata()) == 1:
        return f"{_number(y)} at {start}"
    if x == last_x:
        return f"a line at {start}"
    return f"from {_number(y)} at {start} to {_number(last_y)} at {end}"


def _row_text(line: Line2D, rows: dict[float, str]) -> str:
    """The values of a line beside the names of the rows that it is drawn at or next to."""
    found: dict[str, list[str]] = {}
    for x, y in zip(line.get_xdata(), line.get_ydata()):
        values = found.setdefault(rows[min(rows, key=lambda place: abs(place - y))], [])
        if _number(x) not in values:
            values.append(_number(x))
    return ", ".join(f"{name} {' to '.join(values)}" for name, values in found.items())


def _tick_names(axis: Axis) -> dict[float, str]:
    """{place: name} of an x or y axis whose ticks were given names, else {}."""
    if type(axis.get_major_locator()).__name__ != "FixedLocator":
        return {}
    return {
        place: _line(label.get_text())
        for place, label in zip(axis.get_ticklocs(), axis.get_ticklabels())
    }


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "", 1).isdecimal()


def _number(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"  # no 2.25e+03


def _line(text: str) -> str:
    return " ".join(text.split()).rstrip(".").replace(r"\$", "$")  # `plots.as_label`


def figure_html(figure: Figure) -> str:
    """A figure as an <img> that `describe` tells, as wide as fits."""
    from IPython.core.pylabtools import print_figure

    png = smaller_png(print_figure(figure, "png", base64=True))
    return image_html(png, describe(figure))


def image_html(png: str, alt: str) -> str:
    """An <img> of a base64 PNG (IPython 7 breaks it into lines) with a text alternative."""
    source = "data:image/png;base64," + "".join(png.split())
    return f'<img src="{source}" alt="{escape(alt)}" style="max-width: 100%">'


def smaller_png(encoded: str) -> str:
    """A base64 PNG in 256 colours: a third of the bytes, and no colour is visibly another."""
    from PIL import Image

    target = io.BytesIO()
    image = Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB")
    small = image.quantize(256, Image.Quantize.FASTOCTREE)
    # The octree keeps a plot's few hues, but mixes the paper's white with light greys.
    palette, paper = small.getpalette(), 3 * small.getpixel((0, 0))
    palette[paper : paper + 3] = image.getpixel((0, 0))
    small.putpalette(palette)
    small.save(target, "PNG", optimize=True)
    return base64.b64encode(target.getvalue()).decode()


def describe_figures() -> None:
    """From now on every figure that this notebook displays carries its description.

    JupyterLab gives PNG outputs no text alternative, so a figure is sent as an <img> that has one;
    the PNG goes with it, for GitHub and other readers (`notebooks.cleaned` keeps only that).
    """
    interactive = sys.modules.get("IPython")
    shell = interactive and interactive.get_ipython()
    if shell is not None:
        formatter = shell.display_formatter.mimebundle_formatter
        formatter.for_type_by_name("matplotlib.figure", "Figure", _bundle)


def _bundle(figure: Figure, include: object = None, exclude: object = None) -> tuple[dict, dict]:
    from IPython.core.pylabtools import print_figure

    alt, png = describe(figure), print_figure(figure, "png", base64=True)
    data = {"text/plain": alt, "text/html": image_html(png, alt), "image/png": png}
    return data, {"image/png": {"alt": alt}}
