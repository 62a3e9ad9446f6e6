"""Predictions files: what is read of a good one (attacks/test_bad_inputs.py has the bad ones)."""

import csv
import json

import pandas as pd
import pytest
from conftest import KOREAN, MARKUP, write_csv

from labutils.common.errors import LabError
from labutils.evaluation import predictions
from labutils.evaluation.predictions import read_predictions

ROWS = [
    {"id": "test_0_1", "dialogue": "#Person1#: Hi.", "human": "One greets.", "a": "Hi", "b": "x"},
    {"id": "test_0_2", "dialogue": "#Person1#: Hi.", "human": "A greeting.", "a": "Hi", "b": "y"},
    {"id": "test_1_1", "dialogue": KOREAN, "human": MARKUP, "a": "", "b": "=SUM(A1)"},
]


def write(path, rows):
    if path.suffix == ".csv":
        write_csv(path, rows)
    elif path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)) + "\n", "utf-8")
    else:
        pd.DataFrame(rows).to_parquet(path)
    return path


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_rows_of_a_dialogue_become_one_item_with_its_references(tmp_path, ending):
    found = read_predictions(write(tmp_path / f"p.{ending}", ROWS), references="human")
    assert found.ids == ["test_0", "test_1"] and found.rows == 3
    assert found.references == [["One greets.", "A greeting."], [MARKUP]]
    assert found.systems == {"a": ["Hi", ""], "b": ["x", "=SUM(A1)"]}
    assert found.dialogues == ["#Person1#: Hi.", KOREAN]
    differing, empty = found.remarks
    assert (
        differing.startswith("b answers 1 dialogue differently in several rows")
        and "test_0" in differing
    )
    assert empty.startswith("a gives no answer for 1")


def test_what_a_reader_of_the_scores_should_know_is_remarked(tmp_path):
    rows = [
        {"id": i, "dialogue": "#Person1#: Hi.", "human": ["...!", "안녕"], "a": "Hi", "n": 3.5}
        for i in range(2)
    ]
    found = read_predictions(write(tmp_path / "p.jsonl", rows), references="human")
    assert found.ids == ["0", "1"]
    numbers, unread, scripts, several = found.remarks
    assert "'n'" in numbers and "a digit: 2 references;" in unread
    assert "references Hangul 4; a Latin 4" in scripts and "as several: 1 dialogue." in several


def test_references_may_be_lists_and_ids_may_be_missing(tmp_path):
    rows = [{"r": ["one", "two"], "s": "x", "n": 3}, {"r": ["three"], "s": "x", "n": 4.5}]
    found = read_predictions(write(tmp_path / "p.jsonl", rows), references="r")
    assert found.references == [["one", "two"], ["three"]] and found.ids == ["1", "2"]
    assert found.systems == {"s": ["x", "x"]} and found.dialogues is None
    assert found.remarks == ["Columns of numbers, not scored: 'n'."]
    rows = [{"r": "one", "s": "x", "n": n, "customer": "ann"} for n in ("3", "", "4")]
    found = read_predictions(write(tmp_path / "q.jsonl", rows), references="r")
    assert list(found.systems) == ["s"] and "'n'" in found.remarks[0]


def test_the_systems_can_be_chosen(tmp_path):
    path = write(tmp_path / "p.csv", ROWS)
    assert list(read_predictions(path, references="human", systems=["b"]).systems) == ["b"]


def test_a_file_that_is_too_long_is_refused_without_reading_it_all(tmp_path, monkeypatch):
    monkeypatch.setattr(predictions, "MOST_ROWS", 50)
    read = []

    class Watched(csv.DictReader):
        def __next__(self):
            read.append(1)
            return super().__next__()

    monkeypatch.setattr(csv, "DictReader", Watched)
    rows = [{"human": "good", "a": "fine"}] * 1000
    with pytest.raises(LabError, match="more than 50 rows.*sample"):
        read_predictions(write(tmp_path / "p.csv", rows), references="human")
    assert len(read) == 51
    assert len(read_predictions(write(tmp_path / "p.csv", rows[:50]), references="human").ids) == 50
