"""ROUGE equal to Google's, intervals by dialogue, and failures that can be counted."""

import socket
from statistics import mean

import evaluate
import numpy as np
import pytest
from rouge_score.rouge_scorer import RougeScorer

from labutils import rouge_metric, scoring
from labutils.errors import LabError

PREDICTIONS = [
    "#Person1# booked a flight. Anna was pleased with the cheaper price.",
    "",
    "Anna calls the bank! It is closed; she will call again.",
]
REFERENCES = [
    ["Anna was pleased. #Person1# books her flight.", "A flight is booked for Anna.", "No."],
    ["Somebody is silent."],
    ["The bank is closed. Anna calls it again later.", "안녕 Anna calls."],
]


def test_scores_are_google_rouge_averaged_over_the_references():
    scorer = RougeScorer(scoring.METRICS, use_stemmer=True)
    found = scoring.rouge_scores(PREDICTIONS, REFERENCES)
    for i, texts in enumerate(REFERENCES):
        lines = PREDICTIONS[i].replace(". ", ".\n").replace("! ", "!\n")
        scored = [scorer.score(text.replace(". ", ".\n"), lines) for text in texts]
        for metric in scoring.METRICS:
            expected = mean(score[metric].fmeasure for score in scored)
            assert found.loc[i, metric] == pytest.approx(expected, abs=1e-9), (i, metric)
    # The same sentences in another order: only rougeLsum, fed one sentence a line, may see that.
    assert found.loc[0, "rougeLsum"] > found.loc[0, "rougeL"] + 0.05


@pytest.mark.parametrize(
    "predictions, references, message",
    [
        (["a"], [["a"], ["b"]], "1 predictions, 2 references"),
        ([], [], "0 predictions"),
        (["a", "b"], [["a"], []], "item 1"),
        (["a"], ["a"], "item 0"),
    ],
)
def test_texts_that_cannot_be_paired_are_not_scored(predictions, references, message):
    with pytest.raises(LabError, match=message):
        scoring.rouge_scores(predictions, references)


def test_the_interval_repeats_by_seed_holds_the_mean_and_narrows_with_n():
    values = np.random.default_rng(1).uniform(0.1, 0.6, 400)
    few, many = (scoring.bootstrap_interval(values[:n], seed=3) for n in (25, 400))
    assert few == scoring.bootstrap_interval(values[:25], seed=3)
    assert few != scoring.bootstrap_interval(values[:25], seed=4)
    for interval in (few, many):
        assert interval.low < interval.mean < interval.high
    ratio = (few.high - few.low) / (many.high - many.low)
    assert ratio == pytest.approx(4, rel=0.25)
    # As wide as the normal approximation says: 1.96 standard errors to each side.
    half = 1.96 * values.std() / 20
    assert (many.high - many.low) / 2 == pytest.approx(half, rel=0.1)


def test_three_references_do_not_count_as_three_dialogues():
    """Intervals of 30 dialogues x 3 equal references are as wide as those of 30 x 1."""
    words = [f"word{i % 7} word{i % 5} word{i % 3} end" for i in range(30)]
    once = scoring.rouge_scores(words, [["word1 word2 word3 end"]] * 30)
    thrice = scoring.rouge_scores(words, [["word1 word2 word3 end"] * 3] * 30)
    assert scoring.rouge_intervals(thrice) == scoring.rouge_intervals(once)


def test_a_difference_has_the_opposite_sign_the_other_way_round():
    draw = np.random.default_rng(2)
    hard = draw.uniform(0, 0.5, 60)  # dialogues differ more than systems do
    one, other = hard + 0.02 + draw.normal(0, 0.01, 60), hard
    there, back = scoring.paired_difference(one, other), scoring.paired_difference(other, one)
    assert (there.mean, there.low, there.high) == pytest.approx((-back.mean, -back.high, -back.low))
    assert there.excludes_zero and back.excludes_zero
    assert not scoring.paired_difference(one, one).excludes_zero
    unpaired = [scoring.bootstrap_interval(values) for values in (one, other)]
    assert unpaired[0].low < unpaired[1].high
    with pytest.raises(LabError, match="60 scores, 59 baseline"):
        scoring.paired_difference(one, other[1:])


DIALOGUE = "#Person1#: Good morning.\n#Person2#: I lost my card yesterday."


@pytest.mark.parametrize(
    "text, expected",
    [
        ("#Person1#: Of course.", {"continues_dialogue"}),
        ("#Person2#: I lost my card yesterday.", {"continues_dialogue", "copied"}),
        ("Anna: Yes", {"continues_dialogue"}),
        ("I lost my   card", {"copied"}),
        ("", {"empty"}),
        (" \n", {"empty"}),
        ("#Person2# lost a card.", set()),
        ("Anna and Tom: a story", set()),
    ],
)
def test_failures_are_counted_as_what_they_are(text, expected):
    found = scoring.failures(text, DIALOGUE)
    assert {kind for kind, failed in found.items() if failed} == expected


def test_counts_of_failures_add_up():
    found = scoring.count_failures(["#Person1#: Of course.", "", "One two."], [DIALOGUE] * 3)
    assert found == {
        "n": 3,
        "continues_dialogue": 1,
        "empty": 1,
        "copied": 0,
        "words": pytest.approx(5 / 3),
    }


def test_the_metric_of_the_evaluate_library_loads_without_a_network_and_agrees(monkeypatch):
    def refuse(*_):
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    metric = evaluate.load(rouge_metric.__file__)
    found = metric.compute(predictions=PREDICTIONS, references=REFERENCES)
    assert found == pytest.approx(scoring.rouge_scores(PREDICTIONS, REFERENCES).mean().to_dict())
