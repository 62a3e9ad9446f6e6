"""ROUGE and facts as metrics of the evaluate library: the lab's numbers, without a network."""

import socket

import evaluate
import pytest

from labutils.evaluation.evaluate_metrics import DIALOGUE_ROUGE, FACT_SCORE
from labutils.evaluation.fact_report import facts_of_summaries
from labutils.evaluation.rouge import rouge_scores

PREDICTIONS = ["Anna books a flight on Friday. It costs $45.", "", "Anna calls the bank on Monday!"]
REFERENCES = [
    ["Anna was pleased. #Person1# books her flight.", "A flight is booked for Anna.", "No."],
    ["Somebody is silent."],
    ["The bank is closed. Anna calls it again later.", "안녕 Anna calls."],
]
IDS = ["test_0", "test_1", "test_2"]
DIALOGUES = ["#Person1#: Anna, on Friday, for $45?", "#Person1#: ...", "#Person2#: Call on Friday."]
FACTS = {
    name: {
        "id": name,
        "topic": "",
        "facts": [
            {"slot": "day", "kind": "day", "value": "Friday", "required": True, "instead": []}
        ],
        "outcomes": [{"kind": "granted", "key": "books a flight", "others": []}],
    }
    for name in IDS
}
TEXTS = {
    DIALOGUE_ROUGE: {"predictions": PREDICTIONS, "references": REFERENCES},
    FACT_SCORE: {"predictions": PREDICTIONS, "ids": IDS, "dialogues": DIALOGUES},
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_):
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("protocol", ["mean", "best"])
def test_rouge_is_the_labs(protocol):
    metric = evaluate.load(DIALOGUE_ROUGE)
    expected = rouge_scores(PREDICTIONS, REFERENCES, protocol=protocol)
    assert metric.name == "dialogue_rouge"
    for table in ({"use_aggregator": False}, {}):
        found = metric.compute(**TEXTS[DIALOGUE_ROUGE], protocol=protocol, **table)
        assert found == (expected.to_dict("list") if table else expected.mean().to_dict())
    assert 0 < found["rouge2"] < found["rouge1"] < 1


def test_facts_are_the_labs():
    metric = evaluate.load(FACT_SCORE)
    expected = facts_of_summaries(PREDICTIONS, IDS, DIALOGUES, FACTS)
    for table in ({"use_aggregator": False}, {}):
        found = metric.compute(**TEXTS[FACT_SCORE], facts=FACTS, **table)
        assert found == (expected.to_dict("list") if table else expected.mean().to_dict())
    assert (found["facts"], found["outcome"]) == pytest.approx((1 / 3, 1 / 3))


@pytest.mark.parametrize("path, known", [(DIALOGUE_ROUGE, {}), (FACT_SCORE, {"facts": FACTS})])
def test_what_is_added_row_by_row_scores_the_same(path, known):
    whole = evaluate.load(path).compute(**TEXTS[path], **known)
    metric = evaluate.load(path)
    for place in range(3):
        metric.add_batch(
            **{name: column[place : place + 1] for name, column in TEXTS[path].items()}
        )
    assert metric.compute(**known) == whole


@pytest.mark.parametrize(
    "path, changed, message",
    [
        (DIALOGUE_ROUGE, {"predictions": ["a"]}, r"predictions \(1\) and references \(3\)"),
        (DIALOGUE_ROUGE, {"references": ["a", "b", "c"]}, "a string but expected a list"),
        (DIALOGUE_ROUGE, {"references": [["a"], [], ["c"]]}, "item 1"),
        (FACT_SCORE, {"ids": ["test_0", "test_1", "test_9"]}, "know no dialogue 'test_9'"),
    ],
)
def test_what_cannot_be_scored_is_refused(path, changed, message):
    known = {"facts": FACTS} if path == FACT_SCORE else {}
    with pytest.raises(ValueError, match=message):
        evaluate.load(path).compute(**(TEXTS[path] | changed), **known)
