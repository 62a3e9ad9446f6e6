"""ROUGE equal to Google's, intervals by dialogue, and failures that can be counted."""

from statistics import mean

import pytest
from rouge_score.rouge_scorer import RougeScorer

from labutils.common.errors import LabError
from labutils.evaluation import rouge

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
    scorer = RougeScorer(rouge.METRICS, use_stemmer=True)
    found = rouge.rouge_scores(PREDICTIONS, REFERENCES)
    for i, texts in enumerate(REFERENCES):
        lines = PREDICTIONS[i].replace(". ", ".\n").replace("! ", "!\n")
        scored = [scorer.score(text.replace(". ", ".\n"), lines) for text in texts]
        for metric in rouge.METRICS:
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
        rouge.rouge_scores(predictions, references)


def test_best_takes_the_highest_reference_and_mean_the_average():
    mean_of, best_of = (
        rouge.rouge_scores(PREDICTIONS[:1], REFERENCES[:1], protocol=protocol)
        for protocol in ("mean", "best")
    )
    single = [rouge.rouge_scores(PREDICTIONS[:1], [[text]]) for text in REFERENCES[0]]
    for metric in rouge.METRICS:
        values = [table.loc[0, metric] for table in single]
        assert mean_of.loc[0, metric] == pytest.approx(mean(values), abs=1e-9)
        assert best_of.loc[0, metric] == pytest.approx(max(values), abs=1e-9)
    with pytest.raises(LabError, match="'worst'"):
        rouge.rouge_scores(["a"], [["a"]], protocol="worst")


def test_each_reference_is_scored_against_the_others():
    texts = ["a b c d", "a b x y", "a q r s"]
    found = rouge.reference_scores([texts, ["alone"]])
    assert len(found["mean"]) == 1
    assert found["mean"].loc[0, "rouge1"] == pytest.approx((0.5 + 0.25 + 0.25) / 3)
    # Each one's best other: 0.5 for the first two, 0.25 for the last.
    assert found["best"].loc[0, "rouge1"] == pytest.approx((0.5 + 0.5 + 0.25) / 3)
    assert rouge.reference_scores([["alone"], ["also alone"]]) is None


SYSTEMS = {
    "good": ["Anna was pleased with her flight.", "Somebody is silent.", "The bank is closed."],
    "bad": ["#Person1#: Hello!", "", "word word word word word word word word"],
}
DIALOGUES = ["#Person1#: Anna, your flight.", "#Person1#: ...", "#Person2#: The bank is closed."]


def test_a_report_holds_all_that_should_stand_beside_a_score():
    report = rouge.score(
        SYSTEMS,
        REFERENCES,
        dialogues=DIALOGUES,
        truncated={"good": [False] * 3, "bad": [False, False, True]},
    )
    assert report["n_dialogues"] == 3 and report["n_rows"] == 6
    assert report["references_per_dialogue"] == [1, 2, 3]
    expected = rouge.rouge_scores(SYSTEMS["good"], REFERENCES)
    good, bad = report["systems"]["good"], report["systems"]["bad"]
    for metric in rouge.METRICS:
        found = good[metric]
        assert found["mean"] == pytest.approx(expected[metric].mean(), abs=1e-9)
        assert (
            found["low"] <= found["mean"] <= found["high"]
            and found["best_of_references"] >= (found["mean"])
        )
    assert good["copied"] == pytest.approx(1 / 3)  # the bank is closed
    assert bad["continues_dialogue"] == bad["empty"] == bad["repeats"] == pytest.approx(1 / 3)
    assert bad["truncated"] == pytest.approx(1 / 3) and good["truncated"] == 0
    assert bad["words"] == pytest.approx(10 / 3)
    assert [(item["a"], item["b"]) for item in report["differences"]] == [("bad", "good")] * 4
    assert report["differences"][0]["mean"] == pytest.approx(
        bad["rouge1"]["mean"] - good["rouge1"]["mean"]
    )
    assert {"low", "high", "p", "p_holm", "spread"} <= set(report["differences"][0])
    own = report["references"]
    assert 0 < own["rouge1"]["mean"] < 1 and own["n_dialogues"] == 2
    assert own["words"] == pytest.approx(
        mean(len(text.split()) for texts in REFERENCES for text in texts)
    )
    copied = [text for texts, d in zip(REFERENCES, DIALOGUES) for text in texts if text in d]
    assert own["copied"] == pytest.approx(len(copied) / 6)
    assert rouge.score(SYSTEMS, REFERENCES) == rouge.score(SYSTEMS, REFERENCES)
    assert rouge.score(SYSTEMS, REFERENCES, rows=3)["n_rows"] == 3


def test_the_seed_decides_the_intervals_and_stands_in_the_report():
    texts = [[f"{'a ' * (i % 7)}b c"] for i in range(40)]
    one, other = (rouge.score({"x": ["a b d"] * 40}, texts, seed=seed) for seed in (1, 2))
    assert (one["seed"], other["seed"]) == (1, 2)
    scores = [report["systems"]["x"]["rouge1"] for report in (one, other)]
    assert scores[0]["mean"] == scores[1]["mean"] and scores[0]["low"] != scores[1]["low"]


def test_a_report_without_dialogues_or_second_references_leaves_out_what_needs_them():
    report = rouge.score({"one": ["a b"]}, [["a c"]])
    assert report["references"]["n_dialogues"] == 0 and "rouge1" not in report["references"]
    assert report["references"]["words"] == 2 and report["differences"] == []
    assert "copied" not in report["systems"]["one"] and report["references_per_dialogue"] == 1
    with pytest.raises(LabError, match="no system"):
        rouge.score({}, [["a"]])
    with pytest.raises(LabError, match="2 predictions, 1 references"):
        rouge.score({"one": ["a", "b"]}, [["a"]])
