"""Predictions files: what is read, and that every fault is named with its place."""

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
    assert differing.startswith("b answers 1 dialogues differently") and "test_0" in differing
    assert empty.startswith("a gives no answer for 1")


def test_what_a_reader_of_the_scores_should_know_is_remarked(tmp_path):
    rows = [
        {"id": i, "dialogue": "#Person1#: Hi.", "human": ["...!", "안녕"], "a": "Hi", "n": 3.5}
        for i in range(2)
    ]
    found = read_predictions(write(tmp_path / "p.jsonl", rows), references="human")
    assert found.ids == ["0", "1"]
    numbers, unread, scripts, several = found.remarks
    assert "'n'" in numbers and "2 references have neither" in unread
    assert "references Hangul 4; a Latin 4" in scripts and "1 dialogues stand" in several


def test_references_may_be_lists_and_ids_may_be_missing(tmp_path):
    rows = [{"r": ["one", "two"], "s": "x", "n": 3}, {"r": ["three"], "s": "x", "n": 4.5}]
    found = read_predictions(write(tmp_path / "p.jsonl", rows), references="r")
    assert found.references == [["one", "two"], ["three"]] and found.ids == ["1", "2"]
    assert found.systems == {"s": ["x", "x"]} and found.dialogues is None
    assert found.remarks == ["Columns of numbers, not scored: 'n'."]


def test_the_systems_can_be_chosen(tmp_path):
    path = write(tmp_path / "p.csv", ROWS)
    assert list(read_predictions(path, references="human", systems=["b"]).systems) == ["b"]


def changed(number, **cells):
    return [row | cells if i == number else row for i, row in enumerate(ROWS)]


@pytest.mark.parametrize(
    "rows, options, message",
    [
        (ROWS, {"references": "gold"}, "no column 'gold'; it has id, dialogue, human, a, b"),
        (ROWS, {"ids": "key"}, "no column 'key'"),
        (ROWS, {"dialogue": "text"}, "no column 'text'"),
        (ROWS, {"systems": ["c"]}, "no column 'c'"),
        (changed(1, id="test_0_1"), {}, "'test_0_1' appears in row 1 and in row 2"),
        (changed(2, id=" "), {}, "id is empty in row 3"),
        (changed(2, human=" "), {}, "human is empty or not a text in row 3"),
        (changed(2, human=[]), {}, "human is empty or not a text in row 3"),
        (changed(2, human=7), {}, "human is empty or not a text in row 3"),
        (changed(1, a=None), {}, "a is missing or not a text in row 2"),
        (changed(1, a=["Hi"]), {}, "a is missing or not a text in row 2"),
        ([row | {"a": None} for row in ROWS], {}, "a is missing or not a text in rows 1, 2, 3"),
        (changed(1, dialogue="Bye"), {}, "row 2 has another dialogue"),
        ([row | {"a": 1, "b": 2} for row in ROWS], {}, "no column with predictions"),
        ([1, 2], {}, "no columns, in rows 1, 2"),
        ([], {}, "has no rows"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path, rows, options, message):
    path = write(tmp_path / "p.jsonl", rows)
    with pytest.raises(LabError, match=message):
        read_predictions(path, **({"references": "human"} | options))


def test_a_row_with_too_few_or_too_many_cells_is_named(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("id,human,a\nx_0,good,fine\nx_1,good\n", "utf-8")
    with pytest.raises(LabError, match="a is missing or not a text in row 2"):
        read_predictions(path, references="human")
    path.write_text("id,human,a,a\nx_0,good,fine,fine\n", "utf-8")
    with pytest.raises(LabError, match="several columns named a"):
        read_predictions(path, references="human")
    path.write_text("id,human,a\nx_0,good,fine\nx_1,good,fine,more\n", "utf-8")
    with pytest.raises(LabError, match="more cells than columns.*row 2"):
        read_predictions(path, references="human")


def test_files_that_cannot_be_read_are_named(tmp_path):
    path = tmp_path / "p.csv"
    path.write_bytes(b"id,human,a\nx_0,gr\xfc\xdfe,x\n")
    with pytest.raises(LabError, match=r"p.csv is not UTF-8 \(line 2"):
        read_predictions(path, references="human")
    (tmp_path / "p.parquet").write_bytes(b"no parquet")
    with pytest.raises(LabError, match="p.parquet is not a Parquet file"):
        read_predictions(tmp_path / "p.parquet", references="human")
    (tmp_path / "p.jsonl").write_text('{"a": 1' + "0" * 5000 + "}\n" + "[" * 100_000)
    with pytest.raises(LabError, match="p.jsonl, line 1: not JSON"):
        read_predictions(tmp_path / "p.jsonl", references="human")
    for name, message in (("p.xlsx", "use .csv or .jsonl or .parquet"), ("no.csv", "cannot be")):
        with pytest.raises(LabError, match=message):
            read_predictions(tmp_path / name, references="human")


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
