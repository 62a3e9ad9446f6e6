"""Pictures of ideas, drawn from code: a model, an adapter, a mixture, what ROUGE counts.

They stand on white with dark ink, so they read the same in light and dark themes. Each carries its
text alternative as the figure's label, which `alt_text.describe` tells.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from labutils.common.errors import LabError
from labutils.evaluation.rouge import SCORER, rouge_words, scorer_of
from labutils.settings import check_number
from labutils.views.plots import (
    BLUE,
    COLOURS,
    FROZEN,
    GREEN,
    GREY,
    INK,
    MORE_COLOURS,
    NOTE,
    ORANGE,
    PALE,
    QUIET,
    WHITE,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PROMPT = GREEN
DATASETS = (BLUE, *MORE_COLOURS, ORANGE, GREY)  # the first ones as in the curves of tasks
DRAWS_A_LINE = 40
THINNEST = 0.035
"""Inches: a thinner rectangle could not be seen."""


def _canvas(height: float, alt: str) -> tuple[Figure, Axes]:
    """An empty white figure with its text alternative, 8 inches wide; its axis is in inches."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(8, height), facecolor="white")
    figure.set_label(alt)
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set(xlim=(0, 8), ylim=(0, height))
    axis.axis("off")
    return figure, axis


def _box(
    axis: Axes, x: float, y: float, width: float, height: float, text: str = "",
    fill: str = FROZEN, *, size: float = 8.5, **look: Any,
) -> None:  # fmt: skip
    """A rectangle by its lower left corner, with a text in its middle."""
    from matplotlib.patches import Rectangle

    look = {"edgecolor": QUIET, "linewidth": 0.8, **look}
    axis.add_patch(Rectangle((x, y), width, height, facecolor=fill, **look))
    if text:
        _write(axis, x + width / 2, y + height / 2, text, size=size, color=_ink_on(fill))


def _arrow(axis: Axes, start: tuple[float, float], end: tuple[float, float], **look: Any) -> None:
    look = {"arrowstyle": "-|>", "color": NOTE, "lw": 1.1, "shrinkA": 0, "shrinkB": 0, **look}
    axis.annotate("", end, start, arrowprops=look)


def _write(axis: Axes, x: float, y: float, text: str, *, size: float = 8.5, **look: Any) -> None:
    """A text centered on a place, as it is: a $ starts no mathematics."""
    look = {"ha": "center", "va": "center_baseline", "color": INK, "linespacing": 1.15, **look}
    axis.text(x, y, text, size=size, parse_math=False, **look)


def _ink_on(fill: str) -> str:
    """White or dark, whichever reads better on a colour "#RRGGBB"."""
    red, green, blue = (int(fill[place : place + 2], 16) for place in (1, 3, 5))
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "white"


def draw_encoder_decoder() -> Figure:
    """T5's encoder and decoder three times: what each method trains, and what stays frozen.

    One encoder block and one decoder block stand for all of them.
    """
    figure, axis = _canvas(
        5.5,
        "Three drawings of T5. In each, the prompt's tokens go through an embedding and the "
        "encoder's blocks (self-attention, feed-forward); the decoder's blocks (self-attention, "
        "cross-attention to the encoder's output, feed-forward) and the language-model head "
        "write the summary token by token, each token being fed back. Full fine-tuning trains "
        "every part. LoRA freezes every part and trains small matrices beside layers of the "
        "blocks, which are a choice. Prompt tuning freezes every part and trains a few vectors "
        "put before the prompt's embedded tokens.",
    )
    kinds = (
        ("full fine-tuning", COLOURS["full"], "trained: every weight"),
        ("LoRA", COLOURS["lora"], "trained: small matrices\nbeside chosen layers"),
        ("prompt tuning", PROMPT, "trained: a few vectors\nbefore the prompt"),
    )
    for place, (name, colour, trained) in enumerate(kinds):
        left = 0.12 + place * 2.66
        _write(axis, left + 1.22, 5.28, name, size=12.5, weight="bold")
        _draw_model(axis, left, name, colour)
        _box(axis, left + 0.3, 0.36, 0.18, 0.18, fill=colour)
        _write(axis, left + 0.57, 0.45, trained, size=10, ha="left")
        if place:
            _box(axis, left + 0.3, 0.05, 0.18, 0.18)
            _write(axis, left + 0.57, 0.14, "frozen: all else", size=10, ha="left")
    return figure


def _draw_model(axis: Axes, left: float, name: str, colour: str) -> None:
    """One T5, 2.5 inches wide from `left`; `colour` marks what the method `name` trains."""
    wide, encoder, decoder = 1.02, left + 0.08, left + 1.32
    fill = colour if name == "full fine-tuning" else FROZEN
    embedded, blocks, head = 1.4, 1.97, 4.04  # lower edges of an embedding, the blocks, the head

    def layer(x: float, y: float, text: str, height: float = 0.42) -> None:
        adapted = name == "LoRA" and "-" in text
        lines = text.replace("-", "-\n")
        _box(axis, x, y, wide - 0.15 * adapted, height, lines, fill, size=10)
        for step in range(2 * adapted):
            place = x + wide - 0.125 + step * 0.07
            _box(axis, place, y, 0.055, height, fill=colour, linewidth=0.4)

    columns = {
        encoder: ("encoder blocks", ("self-attention", "feed-forward")),
        decoder: ("decoder blocks", ("self-attention", "cross-attention", "feed-forward")),
    }
    for x, (title, layers) in columns.items():
        middle, high = x + wide / 2, 0.34 + 0.5 * len(layers)
        _arrow(axis, (middle, 1.2), (middle, embedded))
        _arrow(axis, (middle, embedded + 0.3), (middle, blocks))
        _box(axis, x - 0.08, blocks, wide + 0.16, high, fill=WHITE, linestyle="--")
        _write(axis, middle, blocks + high - 0.15, title, size=9.5, color=NOTE)
        for place, text in enumerate(layers):
            layer(x, blocks + 0.08 + 0.5 * place, text)
    if name == "prompt tuning":
        for step in range(3):
            at = encoder + step * 0.077
            _box(axis, at, embedded, 0.06, 0.3, fill=colour, linewidth=0.4)
        _box(axis, encoder + 0.235, embedded, wide - 0.235, 0.3, "embedding", fill, size=9)
    else:
        layer(encoder, embedded, "embedding", 0.3)
    layer(decoder, embedded, "embedding", 0.3)
    across, top, crossed = (encoder + decoder + wide) / 2, blocks + 1.34, blocks + 0.79
    axis.plot([encoder + wide / 2] * 2 + [across] * 2, [top, top + 0.2, top + 0.2, crossed],
              color=NOTE, lw=1.1, solid_joinstyle="miter")  # fmt: skip
    _arrow(axis, (across, crossed), (decoder, crossed))
    middle = decoder + wide / 2
    _arrow(axis, (middle, blocks + 1.84), (middle, head))
    layer(decoder, head, "lm_head", 0.3)
    _arrow(axis, (middle, head + 0.3), (middle, head + 0.5))
    _write(axis, middle, head + 0.63, "for", size=10, style="italic")
    _write(axis, middle, head + 0.88, "next token", size=10, color=NOTE)
    back, again = decoder + wide + 0.15, 1.07
    axis.plot([middle + 0.2, back, back], [head + 0.63, head + 0.63, again], "--", color=NOTE,
              lw=0.9)  # fmt: skip
    _arrow(axis, (back, again), (middle + 0.42, again), lw=0.9)
    for x, given, note in (
        (encoder, "Summarize: ...", "the prompt"),
        (decoder, "Ann asks", "summary so far"),
    ):
        _write(axis, x + wide / 2, again, given, size=10, style="italic")
        _write(axis, x + wide / 2, 0.84, note, size=10, color=NOTE)


def draw_low_rank_update(shape: tuple[int, int], rank: int, alpha: float) -> Figure:
    """LoRA's W + (alpha / r) B A as rectangles, their sides to scale, with their weights counted.

    A side too thin to be seen is drawn a little thicker, and the figure says so.

    Args:
        shape: of W as PyTorch stores it, (out, in).
        rank: r, so B is (out, r) and A is (r, in).
        alpha: the product is added times alpha / r.

    Raises:
        LabError: a side or a rank below one.
    """
    for what, value in (("rows of W", shape[0]), ("columns of W", shape[1]), ("rank", rank)):
        check_number(f"The {what}", value, minimum=1, whole=True)
    out, wide = shape
    parts = {"W": (out, wide), "B": (out, rank), "A": (rank, wide)}
    counts = {name: rows * columns for name, (rows, columns) in parts.items()}
    trained = counts["B"] + counts["A"]
    title = (
        f"W + ({alpha:g} / {rank}) B A: {trained:,} weights are trained "
        f"beside {counts['W']:,} frozen ones ({trained / counts['W']:.1%})"
    )
    told = "; ".join(
        f"{name} has {rows:,} rows and {columns:,} columns, {counts[name]:,} weights"
        for name, (rows, columns) in parts.items()
    )
    figure, axis = _canvas(
        3.9, f"{title}. {told}. W is frozen, B and A are trained, B starts as zeros."
    )
    scale = 2.1 / max(out, wide, rank)
    sides = {name: [max(side * scale, THINNEST) for side in parts[name]] for name in parts}
    _write(axis, 4, 3.62, title, size=11, weight="bold")
    looks = {
        "W": (FROZEN, "frozen", f"+  {alpha / rank:g}  \u00d7"),
        "B": (COLOURS["lora"], "trained, starts at 0", "\u00d7"),
        "A": (COLOURS["lora"], "trained, starts random", ""),
    }
    slots = {name: max(width, 1.9) for name, (_, width) in sides.items()}
    left = (8 - sum(slots.values()) - 1.6) / 2
    for name, (fill, note, sign) in looks.items():
        (rows, columns), (height, width), x = parts[name], sides[name], left + slots[name] / 2
        _box(axis, x - width / 2, 2.1 - height / 2, width, height, fill=fill)
        _write(axis, x, 0.85, name, size=13, weight="bold")
        _write(axis, x, 0.62, f"{rows:,} x {columns:,} = {counts[name]:,}", size=11)
        _write(axis, x, 0.41, note, size=10.5, color=NOTE)
        gap = {"W": 1.2, "B": 0.4, "A": 0.0}[name]
        _write(axis, left + slots[name] + gap / 2, 2.1, sign, size=14)
        left += slots[name] + gap
    thin = [name for name, (rows, columns) in parts.items()
            if min(rows, columns) * scale < THINNEST]  # fmt: skip
    note = "Sides are to scale"
    note += f", but {' and '.join(thin)} would be thinner." if thin else "."
    _write(axis, 4, 0.14, f"rows x columns = weights. {note}", size=10.5, color=NOTE)
    return figure


def draw_mixture(
    sizes: dict[str, int], rates: dict[str, float], draws: list[str], cap: int | None = None
) -> Figure:
    """How a mixture is drawn: rows of each dataset, up to a cap; the rates; the first draws.

    Args:
        sizes: {dataset: number of training rows}.
        rates: {dataset: rate} as from `mixing.mixing_rates`; a dataset without one is not drawn.
        draws: the dataset of each draw, in order, as many as the strip shall show.
        cap: of the rates, in rows, if they have one; the rows above it are drawn pale.

    Raises:
        LabError: a rate or a draw of a dataset without a size, or no rates.
    """
    if not rates or (unknown := sorted({*rates, *draws} - set(sizes))):
        raise LabError(
            f"There is no size for {', '.join(unknown)}."
            if rates
            else "There are no rates to draw."
        )
    cap = cap if cap and cap < max(sizes.values()) else None
    colours = {name: DATASETS[place % len(DATASETS)] for place, name in enumerate(sizes)}
    lines = -(-len(draws) // DRAWS_A_LINE)
    low = 0.6 + 0.24 * lines
    high = low + 0.34 * len(sizes)
    seen = Counter(draws)
    told = "; ".join(
        f"{name} {size:,} rows, rate {rates.get(name, 0):.0%}, "
        f"{seen[name]} of the first {len(draws)} draws"
        for name, size in sizes.items()
    )
    limit = f" Rows count up to a cap of {cap:,}." if cap else ""
    figure, axis = _canvas(high + 0.42, f"How a mixture is drawn.{limit} {told}.")
    _draw_rates(axis, high, sizes, rates, draws, cap, colours)
    _arrow(axis, (4.05, (low + high) / 2), (4.45, (low + high) / 2), lw=2)
    head = f"the first {len(draws)} draws, line by line"
    _write(axis, 0.25, low - 0.27, head, size=10.5, weight="bold", ha="left")
    for place, name in enumerate(draws):
        row, column = divmod(place, DRAWS_A_LINE)
        _box(axis, 0.25 + column * 0.187, low - 0.67 - 0.24 * row, 0.17, 0.2, fill=colours[name],
             linewidth=0)  # fmt: skip
    return figure


def _draw_rates(
    axis: Axes, top: float, sizes: dict[str, int], rates: dict[str, float],
    draws: Sequence[str], cap: int | None, colours: dict[str, str],
) -> None:  # fmt: skip
    """Each dataset's rows, those that count filled, and its rate beside them, from `top` down."""
    label = min(0.3 + 0.09 * max(len(name) for name in sizes), 2.3)
    start, unit = label + 0.1, (3.3 - label) / max(sizes.values())
    right, share = 4.65, 1.4 / max(rates.values())
    seen = Counter(draws)
    rows = "training rows" + (f", at most {cap:,} count" if cap else "")
    for x, text in ((start, rows), (right, "rate")):
        _write(axis, x, top + 0.22, text, size=10.5, weight="bold", ha="left")
    for place, (name, size) in enumerate(sizes.items()):
        y, fill, rate = top - 0.34 * (place + 1) + 0.06, colours[name], rates.get(name, 0)
        _write(axis, label, y + 0.12, name, size=10.5, ha="right")
        counted = min(size, cap or size) if name in rates else 0
        if counted < size:
            _box(axis, start, y, size * unit, 0.24, fill=WHITE, edgecolor=fill, linestyle="--")
        _box(axis, start, y, counted * unit, 0.24, fill=fill, linewidth=0)
        _write(axis, start + 0.06 + size * unit, y + 0.12, f"{size:,}", size=10.5, ha="left")
        _box(axis, right, y, rate * share, 0.24, fill=fill, linewidth=0)
        drawn = f"{rate:.1%}, {seen[name]} of {len(draws)} drawn"
        _write(axis, right + 0.06 + rate * share, y + 0.12, drawn, size=10.5, ha="left")


def draw_shared_words(prediction: str, reference: str) -> Figure:
    """What ROUGE counts on one pair: the shared words joined, those in the same order bold.

    Each text is a column of words as ROUGE compares them: lower case, without punctuation, and
    joined if their stems are equal. All lines together are ROUGE-1's shared words; the bold ones
    are a longest common subsequence, ROUGE-L's. The title has precision, recall and F1 of both.

    Raises:
        LabError: a text without a word.
    """
    scorer = scorer_of([[reference]])
    words = [_words(text, scorer) for text in (prediction, reference)]
    for what, found in zip(("prediction", "reference"), words):
        if not found:
            raise LabError(f"The {what} has no word to compare: give it letters or digits.")
    order, others = word_links(prediction, reference)
    pairs = order + others
    scores = {
        "ROUGE-1 (all lines)": _rouge_text(len(pairs), words, "shared words"),
        "ROUGE-L (bold lines)": _rouge_text(len(order), words, "in the same order"),
    }
    title = [f"{name}: {text}" for name, text in scores.items()]
    shared = ", ".join(words[0][left] for left, _ in sorted(order))
    alone = [
        ", ".join(word for i, word in enumerate(found) if i not in {pair[side] for pair in pairs})
        for side, found in enumerate(words)
    ]
    figure, axis = _canvas(
        1.1 + 0.17 * max(map(len, words)),
        f"The words of a prediction beside those of its reference. {'. '.join(title)}. "
        f"In the same order: {shared or 'none'}. Only in the prediction: {alone[0] or 'none'}. "
        f"Only in the reference: {alone[1] or 'none'}.",
    )
    top = figure.get_figheight()
    for place, text in enumerate(title):
        _write(axis, 4, top - 0.2 - 0.22 * place, text, size=10, weight="bold")
    _draw_linked_columns(axis, top - 1.02, words, order, others)
    return figure


def _draw_linked_columns(
    axis: Axes,
    top: float,
    words: Sequence[Sequence[str]],
    order: Sequence[tuple[int, int]],
    others: Sequence[tuple[int, int]],
) -> None:
    """Two columns of words from `top` down, and a line for each link of `word_links`."""
    edges, heads = (2.75, 5.25), ("prediction", "reference")
    heights = [[top - 0.17 * place for place in range(len(found))] for found in words]
    for side, found in enumerate(words):
        align, head = ("right", "left")[side], f"{heads[side]}, {len(found)} words"
        _write(axis, edges[side], top + 0.24, head, size=8.5, ha=align, color=NOTE)
        bold, joined = ({pair[side] for pair in links} for links in (order, (*order, *others)))
        for place, word in enumerate(found):
            look: dict[str, Any] = {"color": INK if place in joined else PALE}
            look |= {"weight": "bold"} if place in bold else {}
            _write(axis, edges[side], heights[side][place], word, size=9, ha=align, **look)
    for links, look in (
        (others, {"color": COLOURS["lora"], "lw": 1.2, "ls": "--"}),
        (order, {"color": COLOURS["full"], "lw": 2.2}),
    ):
        for left, right in links:
            axis.plot([edges[0] + 0.07, edges[1] - 0.07], [heights[0][left], heights[1][right]],
                      solid_capstyle="round", **look)  # fmt: skip


def word_links(
    prediction: str, reference: str
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The places of the words that ROUGE finds in both texts.

    Returns:
        (those of a longest common subsequence, the other shared words), each a list of (place in
        the prediction, place in the reference). Together they are as many as ROUGE-1 shares: a
        word counts as often as the text that has it less often.
    """
    scorer = scorer_of([[reference]])
    left, right = ([rouge_words(word, scorer)[0] for word in _words(text, scorer)]
                   for text in (prediction, reference))  # fmt: skip
    order = _common_subsequence(left, right)
    free: defaultdict[str, list[int]] = defaultdict(list)
    taken = {place for _, place in order}
    for place, word in enumerate(right):
        if place not in taken:
            free[word].append(place)
    used = {place for place, _ in order}
    others = [
        (place, free[word].pop(0))
        for place, word in enumerate(left)
        if place not in used and free[word]
    ]
    return order, others


def _common_subsequence(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """The places of one longest common subsequence, in order."""
    longest = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in reversed(range(len(left))):
        for j in reversed(range(len(right))):
            longest[i][j] = (
                longest[i + 1][j + 1] + 1
                if left[i] == right[j]
                else max(longest[i + 1][j], longest[i][j + 1])
            )
    found, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if left[i] == right[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif longest[i + 1][j] >= longest[i][j + 1]:
            i += 1
        else:
            j += 1
    return found


def _words(text: str, scorer: str) -> list[str]:
    """A text's words as ROUGE splits them, before stemming."""
    return re.findall("[a-z0-9]+", text.lower()) if scorer == SCORER else rouge_words(text, scorer)


def _rouge_text(shared: int, words: Sequence[Sequence[str]], what: str) -> str:
    precision, recall = (shared / len(found) for found in words)
    f1 = 2 * precision * recall / (precision + recall) if shared else 0.0
    return (
        f"{shared} {what}, precision {shared}/{len(words[0])} = {precision:.2f}, "
        f"recall {shared}/{len(words[1])} = {recall:.2f}, F1 {f1:.2f}"
    )
