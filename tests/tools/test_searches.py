"""What maintainers run to choose and to repeat: searches on validation, and three seeds."""

import json
import sys
from statistics import fmean

import pytest

from labutils.common.files import read_json
from labutils.evaluation import SCORING
from labutils.tracks import tiny_track
from tools import lora_search
from tools.candidates import scored_before, scoring_of, search


@pytest.fixture
def searched(tmp_path, monkeypatch):
    """A search over two candidates, and the names that it measured."""
    done = []

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["search", *arguments])
        return search(
            "A search.",
            {"one": 1, "two": 2},
            tmp_path / "records",
            lambda name: done.append(name) or {"name": name},
            lambda: None,
        )

    run.done, run.folder = done, tmp_path / "records"
    return run


def test_a_candidate_with_a_record_is_not_measured_again(searched):
    assert searched("two") == 0 and searched() == 0
    assert searched.done == ["two", "one"]
    assert json.loads((searched.folder / "two.json").read_text("utf-8")) == {"name": "two"}


def test_scores_of_two_versions_are_told_apart():
    old, new = {"method": "full", "scoring": SCORING - 1}, {"method": "ia3", "scoring": SCORING}
    told = scored_before(scoring_of([old, new]))
    assert f"By version {SCORING - 1} of" in told
    assert "later ones, as for ia3, find" in told
    assert "later ones find" in scored_before(scoring_of([old]))
    assert scored_before(scoring_of([new])) == ""


def test_the_table_measures_nothing_and_an_unknown_candidate_is_refused(searched, capsys):
    searched("--table")
    with pytest.raises(SystemExit):
        searched("three")
    assert "no candidate is called three" in capsys.readouterr().err and searched.done == []


def test_the_tracks_lora_is_the_best_under_five_percent_that_was_tried_with_three_seeds():
    records = [read_json(path) for path in lora_search.FOLDER.glob("*.json")]
    assert {record["name"] for record in records} == lora_search.CANDIDATES.keys()
    facts = {}
    for record in records:
        assert record["trainable_parameters"] <= 0.05 * record["total_parameters"]
        if record["epochs"] == tiny_track().lora.recipe.epochs:
            adapter = (record["place"], record["rank"], record["alpha"], record["learning_rate"])
            facts.setdefault(adapter, []).append(record["scores"]["facts"])
    thrice = [adapter for adapter, found in facts.items() if len(found) == 3]
    place, *numbers = max(thrice, key=lambda adapter: fmean(facts[adapter]))
    lora = tiny_track().lora
    assert numbers == [lora.adapter.rank, lora.adapter.alpha, lora.recipe.learning_rate]
    assert lora_search.PLACES[place] == lora.adapter.targets
