"""The drawn pictures show what is so: counts, shapes and links that are checked in another way."""

import io
import itertools
from collections import Counter

import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_hex
from rouge_score.rouge_scorer import RougeScorer

from labutils.common.errors import LabError
from labutils.evaluation.rouge import rouge_words
from labutils.multitask.mixing import mixing_rates
from labutils.views.alt_text import describe
from labutils.views.diagrams import (
    draw_encoder_decoder,
    draw_low_rank_update,
    draw_mixture,
    draw_shared_words,
    word_links,
)
from labutils.views.plots import COLOURS, GREEN, PINK

LONG = (
    "Marta Ortega calls because her new kettle has stopped heating after two weeks. The agent "
    "offers a repair or a replacement; she takes the replacement, which will be sent to Lyon on "
    "Friday, and she will be called by the courier before."
)
REFERENCE = (
    "The customer, Marta Ortega, reports that her kettle no longer heats. She is offered a repair, "
    "a refund or a new one by the agent and chooses a replacement, to be sent on Friday to her "
    "address in Lyon; the courier calls her before he comes."
)
PAIRS = [
    (LONG, REFERENCE),
    ("the cat the cat the dog", "a cat and the cat"),
    ("one two three", "three two one"),
    ("Refunds of $5!", "a $5 refund"),
    ("nothing here", "all different"),
]
MIXED = {"summaries": 3000, "reports": 900, "ratings": 5200}


def figures():
    rates = mixing_rates(MIXED, 1200)
    yield draw_encoder_decoder()
    yield draw_low_rank_update((4096, 128), 5, 30)
    yield draw_low_rank_update((128, 256), 128, 32)
    yield draw_mixture(MIXED, rates, ["ratings", "reports"] * 40, 1200)
    yield draw_mixture(MIXED, {"summaries": 0.9, "reports": 0.1}, [])
    yield draw_shared_words(LONG, REFERENCE)
    yield draw_shared_words("a", "a $b_1$ $c")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def fills(figure, colour):
    """The rectangles of one colour, as (width, height) in inches."""
    patches = figure.axes[0].patches
    return [
        (p.get_width(), p.get_height())
        for p in patches
        if to_hex(p.get_facecolor()) == colour.lower()
    ]


def test_no_text_overlaps_another_or_leaves_the_figure():
    for figure in figures():
        figure.savefig(io.BytesIO(), dpi=100)
        draw = figure.canvas.get_renderer()
        texts = [text for text in figure.axes[0].texts if text.get_text()]
        boxes = [text.get_window_extent(draw).shrunk(0.98, 0.6) for text in texts]
        for (a, box), (b, other) in itertools.combinations(zip(texts, boxes), 2):
            assert not box.overlaps(other), (a.get_text(), b.get_text())
        whole = figure.bbox
        for text, box in zip(texts, boxes):
            assert whole.x0 <= box.x0 and box.x1 <= whole.x1, text.get_text()
            assert whole.y0 <= box.y0 and box.y1 <= whole.y1, text.get_text()


def test_each_is_told_in_words_and_stands_on_white():
    for figure in figures():
        assert describe(figure) == f"Figure. {figure.get_label()}"
        assert len(describe(figure)) > 80 and to_hex(figure.get_facecolor()) == "#ffffff"


def test_each_method_colours_what_it_trains():
    figure = draw_encoder_decoder()
    # Two embeddings, five layers, the head, and the legend's square.
    assert len(fills(figure, COLOURS["full"])) == 9
    assert len(fills(figure, COLOURS["lora"])) == 2 * 5 + 1
    assert len(fills(figure, "#009E73")) == 3 + 1
    assert len(fills(figure, "#E6E6E6")) == 2 * 9


@pytest.mark.parametrize(
    ("figure", "least"),
    [(draw_encoder_decoder, 9), (lambda: draw_low_rank_update((128, 128), 7, 56), 10),
     (lambda: draw_mixture(MIXED, mixing_rates(MIXED), ["ratings"]), 10)],
)  # fmt: skip
def test_a_drawing_can_be_read_in_a_window_of_800_pixels(figure, least):
    """There it is shown at some 700 pixels; T5's words were too small below 9 points."""
    texts = figure().axes[0].texts
    assert min(text.get_size() for text in texts if text.get_text()) >= least


@pytest.mark.parametrize("shape", [(128, 128), (64, 256), (300, 100)])
def test_the_update_counts_what_peft_trains(shape):
    from peft import LoraConfig, get_peft_model
    from torch import nn

    out, wide = shape
    model = nn.Sequential(nn.Linear(wide, out, bias=False))
    trained, _ = get_peft_model(
        model, LoraConfig(r=5, lora_alpha=30, target_modules=["0"])
    ).get_nb_trainable_parameters()
    figure = draw_low_rank_update(shape, 5, 30)
    text = describe(figure)
    assert f"{trained:,} weights are trained beside {out * wide:,} frozen ones" in text
    assert f"({trained / (out * wide):.1%})" in text
    assert any(text.get_text() == "+  6  \u00d7" for text in figure.axes[0].texts)


def test_the_update_is_to_scale_or_says_where_it_is_not():
    figure = draw_low_rank_update((200, 100), 20, 20)
    [w], (b, a) = fills(figure, "#E6E6E6"), fills(figure, COLOURS["lora"])
    assert w[1] / w[0] == pytest.approx(2) and b == pytest.approx((w[0] / 5, w[1]))
    assert a == pytest.approx((w[0], w[1] / 10))
    said = [text.get_text() for text in figure.axes[0].texts][-1]
    assert said.endswith("to scale.")
    thin = [text.get_text() for text in draw_low_rank_update((4096, 128), 5, 30).axes[0].texts][-1]
    assert thin.endswith("but B and A would be thinner.")
    with pytest.raises(LabError, match="rank"):
        draw_low_rank_update((8, 8), 0, 1)


def test_a_mixture_shows_its_cap_its_rates_and_its_draws():
    rates = mixing_rates(MIXED, 1200)
    draws = ["ratings", "reports", "ratings", "summaries"]
    figure = draw_mixture(MIXED, rates, draws, 1200)
    said = [text.get_text() for text in figure.axes[0].texts]
    assert "training rows, at most 1,200 count" in said
    assert f"{rates['ratings']:.1%}, 2 of 4 drawn" in said
    full, rate, *squares = fills(figure, PINK)  # ratings: the third, as in the curves of tasks
    assert len(squares) == 2
    reports, reports_rate, *_ = fills(figure, GREEN)
    assert full[0] / reports[0] == pytest.approx(1200 / 900)
    assert rate[0] / reports_rate[0] == pytest.approx(rates["ratings"] / rates["reports"])


@pytest.mark.parametrize(
    "rates, cap",
    [(mixing_rates(MIXED, None), None), ({"summaries": 0.9, "reports": 0.1}, None),
     (mixing_rates(MIXED, 9000), 9000)],
)  # fmt: skip
def test_rates_without_a_cap_claim_none(rates, cap):
    figure = draw_mixture(MIXED, rates, ["summaries"], cap)
    assert "training rows" in [text.get_text() for text in figure.axes[0].texts]
    assert " cap of " not in describe(figure)


def test_a_mixture_names_a_dataset_without_a_size():
    with pytest.raises(LabError, match="poems"):
        draw_mixture(MIXED, mixing_rates(MIXED), ["poems"])


@pytest.mark.parametrize(("prediction", "reference"), PAIRS)
def test_the_lines_are_what_rouge_counts(prediction, reference):
    order, others = word_links(prediction, reference)
    left, right = rouge_words(prediction), rouge_words(reference)
    shared = sum((Counter(left) & Counter(right)).values())
    assert len(order) + len(others) == shared
    assert all(left[i] == right[j] for i, j in order + others)
    for side in (0, 1):  # a word is joined once at most
        assert len({pair[side] for pair in order + others}) == shared
    assert order == sorted(order) and [j for _, j in order] == sorted(j for _, j in order)
    scored = RougeScorer(["rouge1", "rougeL"], use_stemmer=True).score(reference, prediction)
    assert len(order) == round(scored["rougeL"].precision * len(left))
    figure = draw_shared_words(prediction, reference)
    lines = figure.axes[0].lines
    assert len(lines) == shared
    assert sum(line.get_linewidth() > 2 for line in lines) == len(order)
    for found in scored.values():
        assert f"F1 {found.fmeasure:.2f}" in describe(figure)


def test_a_text_without_words_is_refused():
    with pytest.raises(LabError, match="reference has no word"):
        draw_shared_words("a word", "...")
