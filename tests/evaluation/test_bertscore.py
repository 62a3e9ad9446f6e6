"""BERTScore, whose package and weights this suite does not have: stand-ins say what it asks for."""

import sys
from types import SimpleNamespace

import huggingface_hub
import pytest

from labutils.evaluation import bertscore


@pytest.fixture
def asked(monkeypatch):
    """What the package bert_score is asked; it scores the first text 0.5 and the others 1."""
    asked = {}

    def score(texts, references, **options):
        asked.update(options, texts=texts, references=references)
        found = [0.5, *[1.0] * (len(texts) - 1)]
        return None, None, SimpleNamespace(tolist=lambda: found)

    monkeypatch.setattr(bertscore, "installed_version", lambda name: "1.0")
    monkeypatch.setitem(sys.modules, "bert_score", SimpleNamespace(score=score))
    return asked


def test_it_says_what_is_missing_and_loads_nothing(monkeypatch):
    monkeypatch.setattr(bertscore, "installed_version", lambda name: None)
    missing = "the package bert_score is not installed"
    assert bertscore.bert_scores(["a"], [["a"]], download=False) == (None, missing)
    monkeypatch.setattr(bertscore, "installed_version", lambda name: "1.0")
    found, reason = bertscore.bert_scores(["a"], [["a"]], download=False)
    assert found is None and "no weights of roberta-large" in reason


def test_it_reads_the_weights_that_are_at_hand(monkeypatch, asked):
    monkeypatch.setattr(
        huggingface_hub, "snapshot_download",
        lambda name, local_files_only: asked.update(local=local_files_only) or "folder",
    )  # fmt: skip
    assert bertscore.bert_scores(["a"], [("b", "c")], download=False) == ([0.5], None)
    assert asked["local"] is True and asked["model_type"] == "folder"
    assert asked["references"] == [["b", "c"]]


def test_it_is_skipped_with_its_reason_where_it_cannot_be_had(monkeypatch, asked):
    def offline(*_, model_type, **__):
        raise ConnectionError(f"no network for {model_type}")

    monkeypatch.setitem(sys.modules, "bert_score", SimpleNamespace(score=offline))
    report = {"systems": {"one": {}}}
    (remark,) = bertscore.add_bert_scores(report, {"one": ["a"]}, [["a"]])
    assert "skipped" in remark and "no network for roberta-large" in remark
    assert report == {"systems": {"one": {}}}


def test_its_mean_is_put_into_the_report_of_a_score(asked):
    report = {"systems": {"one": {}}}
    assert bertscore.add_bert_scores(report, {"one": ["a", "b"]}, [["a"], ["b"]]) == []
    assert report["systems"]["one"]["bertscore"] == 0.75
    assert (asked["model_type"], asked["num_layers"]) == ("roberta-large", 17)
