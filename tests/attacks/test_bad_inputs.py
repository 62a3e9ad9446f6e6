"""Bad inputs: files, settings, variables, records, weights and words on the command line.

Each is refused with one LabError that says what is wrong, where, and what to do, and changes no
file; on the command line that is one message on stderr and status 2. What is odd and accepted all
the same is read rightly, or said.
"""

import gzip
import io
import json
import math
import os
import shutil
import signal
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from conftest import chat_rows, write_csv
from pyarrow import parquet

from labutils import (
    adapters,
    data,
    engine,
    model_folders,
    models,
    notebooks,
    planning,
    runs,
    summarize_file,
)
from labutils.__main__ import main
from labutils.common.errors import LabError
from labutils.common.files import read_json, write_json
from labutils.evaluation import judging
from labutils.evaluation.predictions import read_predictions
from labutils.evaluation.truths import read_facts
from labutils.exercises import notes
from labutils.lab import run_lab
from labutils.methods import ZERO_SHOT, Method
from labutils.multitask.forgetting import read_matrix
from labutils.settings import LoraSettings, MultitaskSettings, TrainingSettings
from labutils.tracks import choose_track, tiny_track
from labutils.views import plots
from labutils.views.forgetting import forgetting_table


def contents(folder):
    """{path: bytes} of everything in a folder."""
    return {p: p.read_bytes() if p.is_file() else None for p in sorted(Path(folder).rglob("*"))}


@pytest.fixture
def refused(tmp_path):
    """Asks that a call ends in one LabError that holds these pieces, and changes nothing."""

    def ask(call, *pieces):
        before = contents(tmp_path)
        with pytest.raises(LabError) as caught:
            call()
        message = str(caught.value)
        assert all(str(piece) in message for piece in pieces), message
        assert "\n" not in message and 20 < len(message) < 1000, message
        assert message[0] != " " and message[-1] in ".)`", message
        assert contents(tmp_path) == before

    return ask


@pytest.fixture
def told(tmp_path, capsys):
    """Asks that a command ends with status 2 and one message on stderr, and changes nothing."""

    def ask(words, *pieces):
        before = contents(tmp_path)
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        shown = capsys.readouterr()
        assert ended.value.code == 2 and shown.out == ""
        assert shown.err.startswith("error: ") and shown.err.count("error:") == 1, shown.err
        assert "Traceback" not in shown.err and len(shown.err.splitlines()) <= 2, shown.err
        assert all(str(piece) in shown.err for piece in pieces), shown.err
        assert contents(tmp_path) == before

    return ask


def cases(*rows):
    """Rows of (readable id, values ...) as parameters."""
    return [pytest.param(*values, id=name) for name, *values in rows]


# --- Files of dialogues --------------------------------------------------------------------------

HEADER = b"id,dialogue,summary\n"
ROW = b'{"id": "1", "dialogue": "a", "summary": "b"}\n'
UTF16 = "id,dialogue,summary\n1,a,b\n"


@pytest.mark.parametrize(
    "name, content, pieces",
    cases(
        ("empty CSV", "a.csv", b"", ["a.csv has no rows"]),
        ("header only", "a.csv", HEADER, ["a.csv has no rows"]),
        ("BOM alone", "a.csv", b"\xef\xbb\xbf", ["a.csv has no rows"]),
        ("blank JSONL", "a.jsonl", b"\n \n", ["a.jsonl has no rows"]),
        ("CSV without summaries", "a.csv", b"id,dialogue\n1,a\n", ["summary", "has id, dialogue"]),
        ("JSONL without two columns", "a.jsonl", b'{"id": "1", "text": "a"}',
         ["dialogue, summary", "has id, text"]),
        ("a column twice", "a.csv", b"id,dialogue,dialogue,summary\n1,a,b,c\n",
         ["several columns named 'dialogue'", "rename"]),
        ("a key twice", "a.jsonl", ROW + b'{"id": "1", "dialogue": "a", "id": "2"}',
         ["line 2", "several columns named 'id'"]),
        ("columns in capitals", "a.csv", b"ID,Dialogue,Summary\n1,a,b\n",
         ["lacks the column id, dialogue", "letter for letter"]),
        ("columns with spaces", "a.csv", b"id, dialogue, summary\n1,a,b\n", ["lacks the column"]),
        ("semicolons", "a.csv", b"id;dialogue;summary\n1;a;b\n", ["save it with commas"]),
        ("tabs", "a.csv", b"id\tdialogue\tsummary\n1\ta\tb\n", ["save it with commas"]),
        ("too few cells", "a.csv", HEADER + b"1,a,b\n2,a\n", ["summary", "row 2", "Fill in"]),
        ("a comma without quotes", "a.csv", HEADER + b"1,Hello, you,b\n",
         ["more cells than columns", "row 1", "quotation marks"]),
        ("an unclosed quote", "a.csv", HEADER + b'1,"a,b\n2,a,b\n', ["quotation mark left open"]),
        ("a quote inside a quote", "a.csv", HEADER + b'1,"say "hi" now",b\n', ["written twice"]),
        ("blank texts", "a.csv", HEADER + b"1,a,b\n2, ,b\n3,,b\n", ["dialogue", "rows 2, 3"]),
        ("many blank texts", "a.csv", HEADER + b"1,,b\n" * 8, ["rows 1, 2, 3, 4, 5 and 3 more"]),
        ("invisible text", "a.csv", HEADER + "1,\u200b\u00a0,b\n".encode(), ["dialogue", "row 1"]),
        ("blank ids", "a.csv", HEADER + b",a,b\n", ["id is empty", "row 1"]),
        ("latin-1", "a.csv", HEADER + b"1,a,b\n2,caf\xe9,c\n", ["not UTF-8 (line 3", "Save it"]),
        ("UTF-16", "a.csv", UTF16.encode("utf-16"), ["not UTF-8 (line 1"]),
        ("UTF-16 without BOM", "a.csv", UTF16.encode("utf-16-le"), ["not UTF-8", "zeros"]),
        ("UTF-16 JSONL", "a.jsonl", '{"id": "1"}'.encode("utf-16"), ["not UTF-8"]),
        ("gzip", "a.csv", gzip.compress(HEADER), ["a.csv is not UTF-8"]),
        ("a JSON array", "a.jsonl", b'[{"id": "1"}]\n', ["no object such as", "row 1"]),
        ("an array in a row", "a.jsonl", ROW + b"[1]\n", ["no object such as", "row 2"]),
        ("pretty JSON", "a.jsonl", b'{\n "id": "1"\n}', ["line 1", "not JSON", "on each line"]),
        ("half a line", "a.jsonl", ROW + b'{"id": "2", \n', ["a.jsonl, line 2", "not JSON"]),
        ("nested 100,000 deep", "a.jsonl", ROW + b"[" * 100_000, ["a.jsonl, line 2", "not JSON"]),
        ("a number of 5,000 digits", "a.jsonl", b'{"id": ' + b"1" * 5000 + b"}", ["line 1"]),
        ("a number as text", "a.jsonl", ROW + ROW.replace(b'"a"', b"7"), ["dialogue", "row 2"]),
        ("a number as id", "a.jsonl", ROW.replace(b'"1"', b"1"), ["id is empty or not a text"]),
        ("null", "a.jsonl", ROW + ROW.replace(b'"b"', b"null"), ["summary", "row 2"]),
        ("NaN", "a.jsonl", ROW.replace(b'"a"', b"NaN"), ["dialogue", "row 1"]),
        ("a list as text", "a.jsonl", ROW.replace(b'"a"', b'["a"]'), ["dialogue", "row 1"]),
        ("a missing key", "a.jsonl", ROW + b'{"id": "2", "dialogue": "a"}', ["summary", "row 2"]),
        ("half a character", "a.jsonl", ROW.replace(b'"a"', b'"\\ud83d"'), ["dialogue", "row 1"]),
        ("Excel", "a.xlsx", b"PK", ["a.xlsx", ".csv or .jsonl"]),
        ("no ending", "dialogues", HEADER, ["cannot read this", ".csv or .jsonl"]),
        ("no such file", "a.csv", None, ["a.csv cannot be read", "No such file", "Check"]),
        ("a folder", "a.csv", "folder", ["a.csv cannot be read", "directory"]),
        ("a folder of JSONL", "a.jsonl", "folder", ["a.jsonl cannot be read", "directory"]),
    ),
)  # fmt: skip
def test_a_file_of_dialogues(tmp_path, refused, name, content, pieces):
    path = tmp_path / name
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    refused(lambda: data.read_rows(path), *pieces)


def parquet_bytes(**columns):
    file = io.BytesIO()
    names = [name.rstrip("_") for name in columns]
    parquet.write_table(pyarrow.table(list(columns.values()), names=names), file)
    return file.getvalue()


GOOD_PARQUET = parquet_bytes(dialogue=["#Person1#: Hi."] * 50)


@pytest.mark.parametrize(
    "content, pieces",
    cases(
        ("not Parquet", b"no parquet", ["a.parquet is not a Parquet file", "save it as CSV"]),
        ("empty", b"", ["a.parquet"]),
        ("cut", GOOD_PARQUET[:-20], ["a.parquet"]),
        ("another middle", GOOD_PARQUET[:4] + b"\0" * 40 + GOOD_PARQUET[44:], ["a.parquet"]),
        ("no rows", parquet_bytes(dialogue=pyarrow.array([], "string")), ["has no rows"]),
        ("no such column", parquet_bytes(text=["a"]), ["lacks the column dialogue; it has text"]),
        ("a column twice", parquet_bytes(dialogue=["a"], dialogue_=["b"]), ["several columns"]),
        ("numbers", parquet_bytes(dialogue=[1.5, math.nan]), ["not a text in rows 1, 2"]),
        ("null", parquet_bytes(dialogue=["a", None]), ["not a text in row 2"]),
        ("bytes", parquet_bytes(dialogue=[b"a"]), ["not a text in row 1"]),
        ("lists", parquet_bytes(dialogue=[["a"]]), ["not a text in row 1"]),
        ("no UTF-8",
         parquet_bytes(dialogue=pyarrow.Array.from_buffers(
             pyarrow.string(), 1, [None, pyarrow.py_buffer(np.array([0, 1], np.int32)),
                                   pyarrow.py_buffer(b"\xff")])),
         ["a.parquet"]),
    ),
)  # fmt: skip
def test_a_parquet_file(tmp_path, refused, content, pieces):
    (tmp_path / "a.parquet").write_bytes(content)
    refused(lambda: summarize_file.read_dialogues(tmp_path / "a.parquet"), *pieces)


def no_validation(folder):
    (folder / "validation.csv").unlink()


def folder_as_split(folder):
    (folder / "test.csv").unlink()
    (folder / "test.csv").mkdir()


def two_dialogues_of_an_id(folder):
    rows = data.read_rows(folder / "test.csv")
    write_csv(folder / "test.csv", [*rows[:3], {**rows[3], "id": "test_0_9"}])


def emptied(folder):
    for path in folder.iterdir():
        path.unlink()


def bad_test(folder):
    (folder / "test.csv").write_bytes(HEADER + b"1,a,\n")


@pytest.mark.parametrize(
    "spoil, pieces",
    [
        (no_validation, ["validation.csv nor validation.jsonl", "put one"]),
        (folder_as_split, ["test.csv nor test.jsonl"]),
        (two_dialogues_of_an_id, ["'test_0' hold different dialogues", "other ids"]),
        (emptied, ["train.csv nor train.jsonl"]),
        (bad_test, ["test.csv: summary is empty", "row 1"]),
    ],
)
def test_a_folder_of_dialogues(chats, base, tmp_path, refused, spoil, pieces):
    shutil.copytree(chats, folder := tmp_path / "own")
    spoil(folder)
    track = choose_track("tiny", dataset=str(folder), model=str(base))
    refused(lambda: data.load_dialogues(track), *pieces)


# --- Predictions, facts, judgements, notes -------------------------------------------------------

SCORED = [
    {"id": "test_0_1", "dialogue": "#Person1#: Hi.", "human": "One greets.", "a": "Hi", "b": "x"},
    {"id": "test_0_2", "dialogue": "#Person1#: Hi.", "human": "A greeting.", "a": "Hi", "b": "y"},
    {"id": "test_1_1", "dialogue": "#Person2#: Bye.", "human": "Farewell.", "a": "", "b": "z"},
]


def changed(number, **cells):
    return [row | cells if i == number else row for i, row in enumerate(SCORED)]


def each(**cells):
    return [row | cells for row in SCORED]


@pytest.mark.parametrize(
    "rows, options, pieces",
    cases(
        ("no such references", SCORED, {"references": "gold"},
         ["no column 'gold'; it has id, dialogue, human, a, b"]),
        ("no such ids", SCORED, {"ids": "key"}, ["no column 'key'"]),
        ("no such dialogues", SCORED, {"dialogue": "text"}, ["no column 'text'"]),
        ("no such system", SCORED, {"systems": ["c"]}, ["no column 'c'"]),
        ("references as a system", SCORED, {"systems": ["a", "human"]}, ["'human'", "two things"]),
        ("dialogues as references", SCORED, {"references": "dialogue"}, ["two things"]),
        ("ids as references", SCORED, {"references": "id"}, ["'id'", "two things"]),
        ("a system twice", SCORED, {"systems": ["a", "a"]}, ["'a'", "name each column once"]),
        ("an id twice", changed(1, id="test_0_1"), {}, ["'test_0_1'", "row 1 and in row 2"]),
        ("a blank id", changed(2, id=" "), {}, ["id is empty in row 3", "every row an id"]),
        ("a null id", changed(2, id=None), {}, ["id is empty in row 3"]),
        ("a blank reference", changed(2, human=" "), {}, ["human is empty", "row 3", "delete"]),
        ("no references", changed(2, human=[]), {}, ["human is empty or not a text in row 3"]),
        ("a number as reference", changed(2, human=7), {}, ["human is empty or not a text"]),
        ("half a character", changed(2, human="\ud83d"), {}, ["human is empty or not a text"]),
        ("half an answer's character", changed(2, a="\ud83d"), {}, ["a is missing or not a text"]),
        ("a null answer", changed(1, a=None), {}, ["a is missing or not a text in row 2"]),
        ("a list as answer", changed(1, a=["Hi"]), {}, ["a is missing or not a text in row 2"]),
        ("NaN as answer", changed(1, a=math.nan), {}, ["a is missing or not a text in row 2"]),
        ("no answers at all", each(a=None), {}, ["a is missing or not a text in rows 1, 2, 3"]),
        ("two dialogues of an id", changed(1, dialogue="Bye"), {}, ["row 2 has another dialogue"]),
        ("a null dialogue", changed(1, dialogue=None), {}, ["dialogue is missing", "row 2"]),
        ("numbers only", each(a=1, b=2), {}, ["no column with predictions beside 'human'"]),
        ("no objects", [1, 2], {}, ["in rows 1, 2"]),
        ("no rows", [], {}, ["has no rows"]),
    ),
)  # fmt: skip
def test_predictions(tmp_path, refused, rows, options, pieces):
    path = tmp_path / "p.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", "utf-8")
    refused(lambda: read_predictions(path, **({"references": "human"} | options)), *pieces)


@pytest.mark.parametrize(
    "text, piece",
    cases(
        ("too few cells", "id,human,a\nx_0,good,fine\nx_1,good\n", "a is missing or not a text"),
        ("a column twice", "id,human,a,a\nx_0,good,fine,fine\n", "several columns named 'a'"),
        ("too many cells", "id,human,a\nx_1,good,fine,more\n", "more cells than columns"),
        ("unclosed", 'id,human,a\nx_1,good,"fine\nx_2,good,fine\n', "quotation mark"),
    ),
)
def test_predictions_in_a_csv(tmp_path, refused, text, piece):
    (tmp_path / "p.csv").write_text(text, "utf-8")
    refused(lambda: read_predictions(tmp_path / "p.csv", references="human"), "p.csv", piece)


FACT = {"slot": "s", "kind": "place", "value": "Rome", "required": True, "instead": []}
TRUTH = {"id": "test_0", "topic": "t", "facts": [FACT], "outcomes": []}


@pytest.mark.parametrize(
    "lines, pieces",
    cases(
        ("not JSON", ["{"], ["line 1 is not JSON", "on each line"]),
        ("no object", [[1]], ["line 1: [1] is no object"]),
        ("no facts", [{"id": "a"}], ["'topic', 'facts', 'outcomes' is missing"]),
        ("facts as text", [TRUTH | {"facts": "Rome"}], ["'facts' is no list"]),
        ("an id twice", [TRUTH, TRUTH], ["line 2", "'test_0' stands there a second time"]),
        ("an unknown kind", [TRUTH | {"facts": [FACT | {"kind": "colour"}]}], ["'colour'"]),
        ("an empty value", [TRUTH | {"facts": [FACT | {"value": " "}]}], ["'value' says nothing"]),
        ("a number as value", [TRUTH | {"facts": [FACT | {"value": 3}]}], ["'value' says nothing"]),
        ("nested deep", ["[" * 100_000], ["line 1 is not JSON"]),
    ),
)  # fmt: skip
def test_facts(tmp_path, refused, lines, pieces):
    path = tmp_path / "facts.jsonl"
    path.write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines), "utf-8")
    refused(lambda: read_facts(path), "facts.jsonl", *pieces)


def test_facts_of_another_dataset_with_the_same_ids(tmp_path, told):
    write_csv(tmp_path / "p.csv", SCORED)
    truths = [TRUTH, TRUTH | {"id": "test_1"}]
    (tmp_path / "facts.jsonl").write_text("\n".join(map(json.dumps, truths)), "utf-8")
    words = ["score", tmp_path / "p.csv", "--references", "human", "--facts"]
    told([*words, tmp_path / "facts.jsonl"], "2 of the 2 facts stand nowhere", "another dataset's")


JUDGED = dict(zip(judging.JUDGEMENT_COLUMNS, "now ann test_0 abc full lora A 5 4 3 2".split()))


@pytest.mark.parametrize(
    "change, pieces",
    cases(
        ("no judgements", None, ["holds no judgements", "text"]),
        ("an unknown choice", {"choice": "a"}, ["row 2", "Delete the rows"]),
        ("no choice", {"choice": ""}, ["row 2"]),
        ("a grade of 9", {"coverage_A": "9"}, ["row 2"]),
        ("a grade in words", {"coverage_A": "good"}, ["row 2"]),
        ("the same system twice", {"B": "full"}, ["row 2"]),
    ),
)
def test_judgements(tmp_path, refused, change, pieces):
    path = tmp_path / "judgements.csv"
    write_csv(path, [JUDGED, JUDGED | change] if change is not None else [{"text": "a"}])
    refused(lambda: judging.read_judgements(path), "judgements.csv", *pieces)


def test_judgements_that_are_not_there(tmp_path, refused):
    refused(lambda: judging.read_judgements(tmp_path / "no.csv"), "no.csv cannot be read", "Give")


NOTE = {"state": "passed", "attempts": 1, "when": "now"}


@pytest.mark.parametrize(
    "text, piece",
    cases(
        ("not JSON", "{", "cannot be read as JSON"),
        ("a list", "[]", "does not hold what"),
        ("an unknown state", json.dumps({"1.1": NOTE | {"state": "won"}}), "does not hold what"),
        ("attempts in words", json.dumps({"1.1": NOTE | {"attempts": "two"}}), "does not hold"),
        ("nested deep", "[" * 100_000, "cannot be read as JSON"),
    ),
)
def test_exercise_notes(refused, text, piece):
    notes.notes_file().parent.mkdir()
    notes.notes_file().write_text(text)
    refused(notes.read_notes, "exercises.json", piece)


# --- Settings and variables ----------------------------------------------------------------------

BAD_SETTINGS = {
    TrainingSettings: {
        "epochs": [0, -1, math.nan, math.inf, 1e9, "3", None, True, [3]],
        "batch_size": [0, -4, 2.5, "16", True, np.int64(4)],
        "accumulation": [0, 1.5],
        "learning_rate": [0, -1e-3, 2, math.nan, "1e-3", np.float32(0.1)],
        "warmup_share": [-0.1, 1.1, None],
        "weight_decay": [-1, math.nan],
        "dropout": [-0.1, 0.95, "none"],
        "checkpointing": ["no", 1, None],
        "precision": ["fp16", "float16", "", None, ["fp32"], np.array(["fp32", "bf16"])],
        "validations": [0, 2.5],
        "seed": [-1, 0.5, 2**32],
    },
    LoraSettings: {
        "rank": [0, -1, 2.5, "16", np.int32(4)],
        "alpha": [0, -2, math.inf],
        "dropout": [-0.1, 0.95, math.nan],
        "targets": [(), "q", ("q", 7), 5, None, {"q"}],
    },
    MultitaskSettings: {
        "steps": [0, 1.5],
        "full_learning_rate": [0, 2],
        "cap": [0],
        "inverted_share": [1.5],
        "rehearsal": [0.1, None, (1.5,), ("a",), "0.1"],
        "curve_points": [0],
    },
}


@pytest.mark.parametrize(
    "kind, name, value",
    [
        pytest.param(kind, name, value, id=f"{kind.__name__}.{name}={value!r}"[:60])
        for kind, fields in BAD_SETTINGS.items()
        for name, values in fields.items()
        for value in values
    ],
)
def test_a_setting(refused, kind, name, value):
    shown = "" if name == "rehearsal" else repr(value).splitlines()[0]
    refused(lambda: kind(**{name: value}), f"{kind.__name__}.{name}", shown, "must be")


@pytest.mark.parametrize(
    "name, value",
    [
        ("name", "../outside"),
        ("name", ""),
        ("device", "tpu"),
        ("device", None),
        ("full", TrainingSettings()),
        ("lora", None),
        ("multitask", {}),
        ("max_prompt_tokens", 15),
        ("max_prompt_tokens", 100.0),
        ("max_summary_tokens", -1),
        ("generation_tokens", 0),
        ("validation_dialogues", 0),
        ("train_rows", 1.5),
        ("test_dialogues", -1),
        ("seed", 2**32),
    ],
)
def test_a_track(refused, name, value):
    refused(lambda: replace(tiny_track(), **{name: value}), f"Track.{name}", "must be")


@pytest.mark.parametrize(
    "fields, piece",
    cases(
        ("no name", {"name": ""}, "Method.name is ''"),
        ("a path", {"name": "../full"}, "Method.name is '../full'"),
        ("a folder above", {"name": ".."}, "Method.name is '..'"),
        ("a backslash", {"name": "a\\b"}, "Method.name"),
        ("a line end", {"name": "a\nb"}, "Method.name"),
        ("a zero", {"name": "a\0b"}, "Method.name"),
        ("a long name", {"name": "a" * 300}, "Method.name"),
        ("a number as name", {"name": 7}, "Method.name is 7"),
        ("settings as a dict", {"name": "a", "training": {"epochs": 3}}, "Method.training"),
        ("an adapter alone", {"name": "a", "adapter": LoraSettings()}, "no training settings"),
        ("an adapter's name", {"name": "a", "training": TrainingSettings(), "adapter": "lora"},
         "Method.adapter is 'lora'"),
        ("a rule in words", {"name": "a", "rule": "lead-3"}, "Method.rule is 'lead-3'"),
        ("two ways", {"name": "a", "training": TrainingSettings(), "rule": print}, "cannot do two"),
        ("interpolating a name", {"name": "a", "interpolated": "lora"}, "Method.interpolated"),
        ("more than all of it", {"name": "a", "share": 1.5}, "Method.share is 1.5"),
    ),
)  # fmt: skip
def test_a_method(refused, fields, piece):
    refused(lambda: Method(**fields), piece)


@pytest.mark.parametrize(
    "settings, piece",
    cases(
        ("an unknown layer", LoraSettings(targets=("q", "query")), "no layer named query"),
        ("a layer that is not linear", LoraSettings(targets=("shared",)), "no layer named shared"),
        ("a dropout layer", LoraSettings(targets=("dropout",)), "no layer named dropout"),
        ("a rank above the layer's", LoraSettings(rank=33), "rank is 33"),
    ),
)
def test_a_lora_on_a_model(model, refused, settings, piece):
    refused(lambda: adapters.add_adapter(model, settings), "LoraSettings", piece)


@pytest.mark.parametrize("name", ["TRAIN_ROWS", "TEST_DIALOGUES", "SEED"])
@pytest.mark.parametrize(
    "text", ["-1", "1.5", "many", "--5", "²", "nan", "1e9", "0x10", " ", "1 2", "9" * 5000]
)
def test_a_size_in_a_variable(base, chats, monkeypatch, refused, name, text):
    monkeypatch.setenv(f"LAB_{name}", text)
    refused(
        lambda: choose_track("tiny", model=str(base), dataset=str(chats)),
        f"LAB_{name}", "whole number",
    )  # fmt: skip


@pytest.mark.parametrize("name, text", [("TRAIN_ROWS", "0"), ("TEST_DIALOGUES", "0"),
                                        ("SEED", "4294967296")])  # fmt: skip
def test_a_size_out_of_its_range(base, chats, monkeypatch, refused, name, text):
    monkeypatch.setenv(f"LAB_{name}", text)
    refused(lambda: choose_track("tiny", model=str(base), dataset=str(chats)), text, "must be")


@pytest.mark.parametrize(
    "name, text, pieces",
    cases(
        ("an unknown track", "TRACK", "huge", ["'huge'", "tiny, flan"]),
        ("a track in capitals", "TRACK", "TINY", ["'TINY'"]),
        ("a track with spaces", "TRACK", " tiny ", ["' tiny '"]),
        ("a method as track", "TRACK", "full", ["full is a method"]),
        ("no such model", "MODEL", "nowhere", ["model 'nowhere'", "Hub id"]),
        ("a path with ~", "MODEL", "~/a", ["model '~/a'"]),
        ("three parts", "DATASET", "a/b/c", ["dataset 'a/b/c'"]),
        ("no such folder", "DATASET", "./nowhere", ["dataset './nowhere'"]),
        ("a blank model", "MODEL", " ", ["model ' '"]),
    ),
)
def test_a_variable(base, chats, monkeypatch, refused, name, text, pieces):
    for key, value in {"TRACK": "tiny", "MODEL": base, "DATASET": chats, name: text}.items():
        monkeypatch.setenv(f"LAB_{key}", str(value))
    refused(choose_track, *pieces)


def test_artifacts_of_nobody(monkeypatch, refused):
    monkeypatch.setenv("LAB_ARTIFACTS", "~nobody-of-that-name/lab")
    refused(notes.notes_file, "LAB_ARTIFACTS", "~nobody-of-that-name/lab")


# --- Records -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def zero_shot(base, chats, tmp_path_factory):
    """The folder of a run of the untouched model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_ARTIFACTS", str(tmp_path_factory.mktemp("runs")))
        track = choose_track("tiny", model=str(base), dataset=str(chats))
        return engine.make_run(ZERO_SHOT, track).folder


def in_record(**changes):
    def spoil(folder):
        record = read_json(folder / "run.json") | changes
        kept = {key: value for key, value in record.items() if value is not None}
        write_json(folder / "run.json", kept)

    return spoil


def in_scores(**changes):
    """Changes scores of run.json; a mean of "same" stays what it is."""

    def spoil(folder):
        rouge = read_json(folder / "run.json")["rouge"]
        for metric, found in changes.items():
            if found and found["mean"] == "same":
                changes[metric] = found | {"mean": rouge[metric]["mean"]}
        kept = {metric: found for metric, found in (rouge | changes).items() if found}
        in_record(rouge=kept)(folder)

    return spoil


def in_lines(change, *, signed=True):
    """Changes the lines of predictions.jsonl; `signed=False`: of a record without a digest."""

    def spoil(folder):
        path = folder / "predictions.jsonl"
        lines = path.read_text("utf-8").splitlines()
        path.write_text("".join(f"{line}\n" for line in change(lines)), "utf-8")
        if not signed:
            in_record(predictions_sha256=None)(folder)

    return spoil


def rewritten(**cells):
    return lambda lines: [json.dumps(json.loads(lines[0]) | cells), *lines[1:]]


def text_of(name, text):
    return lambda folder: (folder / name).write_text(text)


def gone(name):
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    "spoil",
    cases(
        ("run.json cut", text_of("run.json", '{"name": "zero')),
        ("run.json empty", text_of("run.json", "")),
        ("run.json a list", text_of("run.json", "[1]")),
        ("run.json a number", text_of("run.json", "3")),
        ("run.json without items", in_record(items=None)),
        ("run.json without a seed", in_record(seed=None)),
        ("run.json of another time", in_record(steps=None, history=None)),
        ("another mean", in_record(rouge={"rouge1": {"mean": 0.9, "low": 0.8, "high": 1.0}})),
        ("scores as a text", in_record(rouge="good")),
        ("scores as a list", in_record(rouge=[0.5])),
        ("no scores in the record", in_record(rouge=None)),
        ("a score missing in the record", in_scores(rouge2=None)),
        ("a score without an interval", in_scores(rouge2={"mean": "same"})),
        ("an interval in words", in_scores(rouge2={"mean": "same", "low": "a", "high": "b"})),
        (
            "an interval the wrong way round",
            in_scores(rouge2={"mean": "same", "low": 1, "high": 0}),
        ),
        ("no model in the record", in_record(model=None)),
        ("no scorer", in_record(scorer=None)),
        ("no failures", in_record(failures=None)),
        ("memory in words", in_record(peak_memory_mib="much")),
        ("rows as a list", in_record(train_rows=[3])),
        ("another count", in_record(items=7)),
        ("no predictions", gone("predictions.jsonl")),
        ("predictions empty", text_of("predictions.jsonl", "")),
        ("a line missing", in_lines(lambda lines: lines[1:])),
        ("a line added", in_lines(lambda lines: [*lines, lines[0]])),
        ("a line doubled", in_lines(lambda lines: [lines[1], *lines[1:]])),
        ("another order", in_lines(lambda lines: lines[::-1])),
        ("another answer", in_lines(rewritten(prediction="A better one."))),
        ("another id", in_lines(rewritten(id="test_99"))),
        ("a score above 1", in_lines(rewritten(rouge1=7.5), signed=False)),
        ("a score NaN", in_lines(rewritten(rouge1=math.nan), signed=False)),
        ("a score in words", in_lines(rewritten(rouge1="good"), signed=False)),
        ("no scores", in_lines(lambda lines: ['{"id": "a"}'] * 6, signed=False)),
        ("half a line", in_lines(lambda lines: [*lines[:-1], lines[-1][:20]], signed=False)),
        ("lists", in_lines(lambda lines: ["[1]"] * 6, signed=False)),
    ),
)
def test_a_record(zero_shot, tmp_path, refused, spoil):
    shutil.copytree(zero_shot, folder := tmp_path / "zero-shot-x")
    assert runs.load_run(folder).name == "zero-shot"
    spoil(folder)
    refused(lambda: runs.load_run(folder), folder, "damaged", "Delete the folder")


def test_a_record_from_before_predictions_had_a_digest(zero_shot, tmp_path):
    shutil.copytree(zero_shot, folder := tmp_path / "zero-shot-x")
    in_record(predictions_sha256=None)(folder)
    assert len(runs.load_run(folder).items) == 6


@pytest.mark.parametrize(
    "text", cases(("gone", None), ("cut", '{"seco'), ("a list", "[]"), ("no keys", "{}"),
                  ("one key missing", '{"seconds": 1, "steps": 2, "history": []}')),
)  # fmt: skip
def test_what_a_training_left(track, tmp_path, base, refused, text):
    folder, _ = engine._place(track.full, track, engine.Summarization(track))
    shutil.copytree(base, folder / "model")
    if text is not None:
        (folder / "training.json").write_text(text)
    refused(lambda: engine.make_run(track.full, track), "training.json")


CELL = {"metric": "ROUGE-L", "mean": 0.4, "low": 0.3, "high": 0.5, "n": 40, "change": 0.0,
        "change_low": 0.0, "change_high": 0.0, "p": 1.0, "p_holm": 1.0, "more": {}}  # fmt: skip
SYSTEM = {"name": "zero-shot", "steps": 0, "scores": {"dialogues": CELL}}
MATRIX = {"tasks": ["dialogues"], "systems": [SYSTEM]}


def matrix_with(cell=None, **system):
    scores = {} if cell is None else {"scores": {"dialogues": CELL | cell}}
    return MATRIX | {"systems": [SYSTEM, SYSTEM | scores | system]}


@pytest.mark.parametrize(
    "content, piece",
    cases(
        ("cut", '{"tasks', "cannot be read as JSON"),
        ("a list", [MATRIX], "is no forgetting matrix"),
        ("a number", 3, "is no forgetting matrix"),
        ("null", None, "is no forgetting matrix"),
        ("empty", {}, "('systems')"),
        ("a report", {"systems": [{"name": "full", "rouge": {}}]}, "('scores')"),
        ("no systems", MATRIX | {"systems": []}, "it has no systems"),
        ("systems in words", MATRIX | {"systems": "full"}, "is no forgetting matrix"),
        ("systems as an object", MATRIX | {"systems": {"full": SYSTEM}}, "is no forgetting matrix"),
        ("no tasks", {"systems": [SYSTEM]}, "('tasks')"),
        ("no name", matrix_with(name=None), "a system's name is None"),
        ("markup as a name", matrix_with(name="<b>full</b>"), "a system's name is"),
        ("other tasks", matrix_with(scores={"code": CELL}), "the tasks of zero-shot are others"),
        ("scores as a list", matrix_with(scores=[CELL]), "the tasks of zero-shot are others"),
        ("a score above 1", matrix_with({"mean": 40.0}), "dialogues of zero-shot is out of range"),
        ("a score of NaN", matrix_with({"mean": math.nan}), "is out of range"),
        ("a score in words", matrix_with({"mean": "good"}), "is no forgetting matrix"),
        ("no score", matrix_with({"mean": None}), "is no forgetting matrix"),
        ("a change above 1", matrix_with({"change": 12}), "is out of range"),
        ("no change", MATRIX | {"systems": [SYSTEM | {"scores": {"dialogues": {"mean": 0.4}}}]},
         "('change')"),
        ("a metric of markup", matrix_with({"metric": "<b>"}), "a metric is"),
        ("rows in words", matrix_with({"n": "forty"}), "n or p_holm"),
        ("a p of 7", matrix_with({"p_holm": 7}), "n or p_holm"),
    ),
)  # fmt: skip
def test_a_forgetting_matrix(lab, capsys, monkeypatch, content, piece):
    """At the end of a `run`, whose tables and report are there by then."""
    path = lab.track.artifacts / "forgetting.json"
    text = content if isinstance(content, str) else json.dumps(content)
    monkeypatch.setattr(notebooks, "find_notebooks", lambda _: [Path("04.ipynb")])
    monkeypatch.setattr(notebooks, "execute", lambda *_: path.write_text(text))
    monkeypatch.setattr(plots, "plot_comparison", lambda _: None)
    monkeypatch.setattr(plots, "save_figure", lambda *_: None)
    with pytest.raises(LabError) as caught:
        run_lab(lab.track)
    assert f"{path} " in (message := str(caught.value)) and piece in message, message
    assert "Delete it, and run notebook 04 again" in message or "make it again" in message
    assert len(read_json(lab.track.artifacts / "report.json")["systems"]) == 3
    assert "full" in capsys.readouterr().out


def test_a_forgetting_matrix_of_an_older_version_is_shown(tmp_path):
    """Which had no p-values."""
    old = {key: value for key, value in CELL.items() if not key.startswith("p")}
    write_json(path := tmp_path / "forgetting.json", matrix_with(scores={"dialogues": old}))
    table = forgetting_table(read_matrix(path))
    assert list(table["dialogues, ROUGE-L"]) == ["0.40 (0.00)"]


def test_what_a_run_learned_is_not_replaced_by_the_untouched_model(lab, refused):
    for name in ("full", "lora"):
        shutil.rmtree((run := lab.runs[name]).model_folder)
        refused(lambda: engine.load_system(lab.track, run), run.model_folder, "is gone", run.folder)
    engine.load_system(lab.track, lab.runs["zero-shot"])


# --- Weights, tokenizers, adapters ---------------------------------------------------------------


def in_config(name="config.json", **changes):
    def spoil(folder):
        config = read_json(folder / name) | changes
        write_json(folder / name, {k: v for k, v in config.items() if v is not None})

    return spoil


def of_kind(name):
    return in_config(model_type=name, is_encoder_decoder=False)


def in_weights(change, name="model.safetensors"):
    def spoil(folder):
        from safetensors.torch import load_file, save_file

        tensors = load_file(folder / name)
        save_file(change(tensors) or tensors, folder / name, metadata={"format": "pt"})

    return spoil


def cut(name, size=1000):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size])


def fill(value):
    return lambda tensors: tensors | {(name := min(tensors)): tensors[name].clone().fill_(value)}


def without(name):
    return lambda tensors: {key: t for key, t in tensors.items() if key != name}


def as_pickle(folder):
    import torch
    from safetensors.torch import load_file

    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    gone("model.safetensors")(folder)


REMOTE = {"AutoConfig": "evil.Config", "AutoModelForSeq2SeqLM": "evil.Model"}
CHECKPOINTS = cases(
    ("weights cut", cut("model.safetensors"), "is damaged"),
    ("weights empty", cut("model.safetensors", 0), "is damaged"),
    ("weights a text", text_of("model.safetensors", "weights"), "is damaged"),
    ("weights gone", gone("model.safetensors"), "could not be loaded"),
    ("a pickle alone", as_pickle, "could not be loaded"),
    ("weights of another shape", in_weights(lambda t: {k: v[:3].clone() for k, v in t.items()}),
     "could not be loaded"),
    ("a tensor missing", in_weights(without("encoder.final_layer_norm.weight")), "lacks weights"),
    ("the head missing", in_weights(without("lm_head.weight")), "lacks weights (lm_head.weight)"),
    ("a tensor too many", in_weights(lambda t: t | {"more": t["lm_head.weight"].clone()}), "more"),
    ("tensors of other names", in_weights(lambda t: {f"x.{k}": v for k, v in t.items()}), "lacks"),
    ("a layer fewer in the config", in_config(num_layers=1), "config.json knows nothing of"),
    ("a layer more in the config", in_config(num_layers=3), "lacks weights"),
    ("weights not numbers", in_weights(fill(math.nan)), "not all numbers"),
    ("weights infinite", in_weights(fill(math.inf)), "not all numbers"),
    ("weights in 8 bits", in_weights(lambda t: {k: v.char() for k, v in t.items()}), "I8"),
    ("config gone", gone("config.json"), "could not be loaded"),
    ("config cut", cut("config.json", 30), "could not be loaded"),
    ("config a list", text_of("config.json", "[]"), "could not be loaded"),
    ("config of BERT", of_kind("bert"), "is a bert, not an encoder-decoder"),
    ("config of GPT", of_kind("gpt2"), "is a gpt2, not an encoder-decoder"),
    ("config of BART", in_config(model_type="bart"), "The model"),
    ("config without a type", in_config(model_type=None), "could not be loaded"),
    ("config of no known type", in_config(model_type="zzz"), "could not be loaded"),
    ("config with code of its own", in_config(model_type="zzz", auto_map=REMOTE),
     "could not be loaded"),
    ("a width in words", in_config(d_model="wide"), "could not be loaded"),
    ("a negative width", in_config(d_model=-1), "could not be loaded"),
    ("another vocabulary", in_config(vocab_size=700), "could not be loaded"),
)  # fmt: skip


@pytest.mark.parametrize("spoil, piece", CHECKPOINTS)
def test_a_checkpoint(base, tmp_path, refused, monkeypatch, spoil, piece):
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("it asked whether to run code"))
    shutil.copytree(base, folder := tmp_path / "own-t5")
    spoil(folder)
    refused(lambda: models.load_model(folder), "own-t5", piece)


@pytest.mark.parametrize(
    "spoil",
    cases(
        ("BERT", of_kind("bert")),
        ("cut", cut("config.json", 30)),
        ("gone", gone("config.json")),
        ("code", in_config(model_type="z", auto_map=REMOTE)),
    ),
)
def test_a_plan_of_a_checkpoint(base, tmp_path, refused, monkeypatch, spoil):
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("it asked whether to run code"))
    shutil.copytree(base, folder := tmp_path / "own-t5")
    spoil(folder)
    refused(lambda: planning.plan(str(folder), "lora", planning.CARDS["T4"]), "own-t5")


def no_tokenizer(folder):
    for path in folder.glob("token*"):
        path.unlink()


def more_tokens(folder):
    tokenizer = models.load_tokenizer(folder)
    tokenizer.add_tokens([f"more{i}" for i in range(30)])
    tokenizer.save_pretrained(folder)


TOKENIZERS = cases(
    ("gone", no_tokenizer, "holds no tokenizer"),
    ("without its words", gone("tokenizer.json"), "holds no tokenizer"),
    ("cut", cut("tokenizer.json"), "could not be loaded"),
    ("empty", text_of("tokenizer.json", "{}"), "could not be loaded"),
    ("another vocabulary", more_tokens, "does not fit the model: it has 630 tokens"),
    ("without a pad", in_config("tokenizer_config.json", pad_token=None), "does not fit"),
    ("without an end", in_config("tokenizer_config.json", eos_token=None), "does not fit"),
    ("another end", in_config("tokenizer_config.json", eos_token="<pad>"), "does not fit"),
)


@pytest.mark.parametrize("spoil, piece", TOKENIZERS)
def test_a_tokenizer(base, chats, tmp_path, refused, spoil, piece):
    shutil.copytree(base, folder := tmp_path / "own-t5")
    spoil(folder)
    track = choose_track("tiny", model=str(folder), dataset=str(chats))
    refused(lambda: engine.load_base(track), "own-t5", piece)


@pytest.fixture(scope="module")
def adapter(base, tmp_path_factory):
    """The folder of an adapter that changes answers."""
    import torch

    folder = tmp_path_factory.mktemp("adapters") / "lora"
    model = adapters.add_adapter(models.load_model(base), LoraSettings(rank=2, targets=("q", "v")))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_()
    models.save_model(model, models.load_tokenizer(base), folder)
    return folder


def of_adapter(**changes):
    return in_config("adapter_config.json", **changes)


def in_adapter(change):
    return in_weights(change, "adapter_model.safetensors")


ADAPTERS = cases(
    ("weights cut", cut("adapter_model.safetensors"), "is damaged"),
    ("weights gone", gone("adapter_model.safetensors"), "holds no adapter"),
    ("config gone", gone("adapter_config.json"), "holds no adapter"),
    ("config cut", cut("adapter_config.json", 30), "cannot be read as JSON"),
    ("config a list", text_of("adapter_config.json", "[]"), "does not fit this model"),
    ("another base", of_adapter(base_model_name_or_path="google/t5-v1_1-small"), "trained on"),
    ("another rank", of_adapter(r=7), "does not fit this model"),
    ("a rank in words", of_adapter(r="low"), "does not fit this model"),
    ("a rank of 0", of_adapter(r=0), "does not fit this model"),
    ("an unknown kind", of_adapter(peft_type="ZZZ"), "does not fit this model"),
    ("no kind", of_adapter(peft_type=None), "does not fit this model"),
    ("a prompt instead", of_adapter(peft_type="PROMPT_TUNING"), "does not fit this model"),
    ("unknown layers", of_adapter(target_modules=["query"]), "does not fit this model"),
    ("fewer layers", of_adapter(target_modules=["q"]), "do not belong together"),
    ("more layers", of_adapter(target_modules=["q", "v", "k"]), "do not belong together"),
    ("magnitudes missing", of_adapter(use_dora=True), "do not belong together"),
    ("a tensor missing", in_adapter(lambda t: without(min(t))(t)), "do not belong together"),
    ("tensors of other names", in_adapter(lambda t: {f"x.{k}": v for k, v in t.items()}),
     "do not belong together"),
    ("tensors of another shape", in_adapter(lambda t: {k: v[:1].clone() for k, v in t.items()}),
     "does not fit this model"),
    ("weights not numbers", in_adapter(fill(math.nan)), "not all numbers"),
    ("weights in 8 bits", in_adapter(lambda t: {k: v.char() for k, v in t.items()}), "I8"),
)  # fmt: skip


@pytest.mark.parametrize("spoil, piece", ADAPTERS)
@pytest.mark.filterwarnings("ignore:Unexpected keyword")
def test_an_adapter(base, model, adapter, tmp_path, refused, spoil, piece):
    shutil.copytree(adapter, folder := tmp_path / "lora")
    spoil(folder)
    refused(lambda: adapters.load_adapter(model, folder), "lora", piece)


def test_an_adapter_trained_on_other_weights_of_the_same_name(base, adapter, tmp_path, refused):
    shutil.copytree(base, tmp_path / base.name)
    shutil.copytree(adapter, folder := tmp_path / "run" / "model")
    in_config("adapter_config.json", base_model_name_or_path=str(tmp_path / base.name))(folder)
    write_json(folder.parent / "run.json", {"contents": {"model": "00000000"}})
    refused(lambda: model_folders.base_of(folder), "trained on other weights", base.name)


def test_an_adapter_whose_base_is_not_here(adapter, tmp_path, refused):
    shutil.copytree(adapter, folder := tmp_path / "lora")
    in_config("adapter_config.json", base_model_name_or_path="/gone/t5")(folder)
    refused(lambda: model_folders.base_of(folder), "'/gone/t5', which is not here", "Put")


# --- The command line ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, piece",
    cases(
        ("an unknown command", ["train"], "No such command 'train'"),
        ("an unknown option", ["run", "--sed", "3"], "No such option"),
        ("one test dialogue", ["run", "--track", "tiny", "--test-dialogues", "1"], "two or more"),
        ("few rows", ["run", "--track", "tiny", "--train-rows", "14"], "on 15 rows or more"),
        ("a stray word", ["run", "now"], "unexpected extra argument"),
        ("a missing value", ["run", "--seed"], "'--seed' requires"),
        ("no column's name", [*"summarize a --model b --out c.csv --column".split(), ""], "a name"),
        ("an option as value", ["run", "--notebooks", "--fresh"], "but '--fresh' follows it"),
        ("a flag with a value", ["run", "--fresh=1"], "'--fresh' does not take a value"),
        ("an option twice", ["run", "--seed", "1", "--seed", "2"], "'--seed' is given twice"),
        ("twice with =", ["run", "--seed=1", "--seed", "2"], "'--seed' is given twice"),
        ("a file twice", ["score", "p.csv", "q.csv", "--references", "a"], "extra argument"),
        ("no file", ["score"], "Missing argument 'FILE'"),
        ("no references", ["score", "p.csv"], "Missing option '--references'"),
        ("an option for references", ["score", "p.csv", "--references", "--json"], "'--json'"),
        ("an unknown method", ["plan", "--method", "half"], ": 'half' is not one of 'full', 'l"),
        ("an unknown device", ["summarize", "a", "--device", "tpu"], "'tpu' is not one of"),
        ("a GPU that is none", ["plan", "--gpu", "T5"], "The GPU is 'T5'"),
        ("a negative GPU", ["plan", "--gpu", "-3GiB"], "GPU's memory in GiB is -3.0"),
        ("a GPU of half precision", ["plan", "--gpu", "16GiB:fp16"], "The GPU is '16GiB:fp16'"),
        ("fewer passes than none", ["compare", "--epochs", "-0.5"], "--epochs is -0.5; it must"),
        ("a negative GPU with =", ["plan", "--gpu=-3GiB"], "GPU's memory in GiB is -3.0"),
        ("a GPU of nothing", ["plan", "--gpu", "0"], "it must be a number above 0"),
        ("a GPU of NaN", ["plan", "--gpu", "nanGiB"], "it must be a number above 0"),
        ("an infinite GPU", ["plan", "--gpu", "1e999"], "it must be a number above 0"),
        ("a model for a plan", ["plan", "--model", "./nowhere"], "no usable config of './nowhere'"),
        ("words as rows", ["run", "--train-rows", "many"], "valid integer"),
        ("half a seed", ["run", "--seed", "1.5"], "a valid integer."),
        ("words as passes", ["compare", "--epochs", "x"], "valid "),
        ("negative rows", ["run", "--train-rows", "-5"], "train_rows is -5"),
        ("no dialogues", ["run", "--test-dialogues", "0"], "test_dialogues is 0"),
        ("a negative seed", ["run", "--seed", "-1"], "seed is -1"),
        ("an unknown track", ["run", "--track", "huge"], "'huge'"),
        ("no such model", ["run", "--track", "tiny", "--model", "nowhere"], "The model 'nowhere'"),
        ("no such data", ["run", "--track", "tiny", "--dataset", "./no"], "The dataset './no'"),
        ("no owner", ["badges", "--repository", "lab"], "it must be OWNER/NAME"),
        ("a branch with a slash", ["badges", "--repository", "a/b", "--branch", "c/d"], "branch"),
    ),
)  # fmt: skip
def test_words(told, words, piece):
    told(words, piece)


def test_an_unknown_notebook(refused):
    refused(lambda: notebooks.find_notebooks(["01", "77"]), "no notebook 77; there are 01, 02, 03")


SCORE = cases(
    ("no such column", ["--references", "gold"], "no column 'gold'"),
    ("a system that is not there", ["--references", "human", "--systems", "c"], "no column 'c'"),
    ("references as a system", ["--references", "human", "--systems", "human"], "two things"),
    ("a negative seed", ["--references", "human", "--seed", "-1"], "--seed is -1"),
    ("a limit of 0", ["--references", "human", "--token-limit", "0"], "--token-limit is 0"),
    ("a PDF", ["--references", "human", "--plot", "out.pdf"], "must end in .png"),
    ("nowhere", ["--references", "human", "--plot", "no/where/out.png"], "is no folder"),
    ("no facts", ["--references", "human", "--facts", "no.jsonl"], "no.jsonl cannot be read"),
    ("no training", ["--references", "human", "--baselines", "no.csv"], "no.csv cannot be read"),
    ("no tokenizer", ["--references", "human", "--token-limit=9", "--tokenizer", "./no"], "./no"),
)  # fmt: skip


@pytest.mark.parametrize("options, piece", SCORE)
def test_words_to_score(tmp_path, told, options, piece):
    write_csv(tmp_path / "p.csv", SCORED)
    told(["score", tmp_path / "p.csv", *options], piece)


def test_a_plot_that_is_there(tmp_path, told):
    write_csv(tmp_path / "p.csv", SCORED)
    (tmp_path / "out.png").write_text("mine")
    told(["score", tmp_path / "p.csv", "--references", "human", "--plot", tmp_path / "out.png"],
         "is there already", "--force")  # fmt: skip


HI = [{"dialogue": "Hi."}]


@pytest.mark.parametrize(
    "rows, options, piece",
    cases(
        ("no dialogues", [{"chat": "Hi."}], [], "lacks the column dialogue; it has chat"),
        ("a blank one", [*HI, {"dialogue": " "}], [], "not a text in row 2"),
        ("the column is there", [{"dialogue": "Hi.", "prediction": ""}], [], "already; choose"),
        ("an ending", HI, ["--out", "out.parquet"], "must end in .csv or .jsonl"),
        ("nowhere", HI, ["--out", "no/where/out.csv"], "is no folder; make it first"),
        ("a folder as file", HI, ["--out", "."], "must end in"),
        ("three tokens", HI, ["--max-tokens", "3"], "--max-tokens is 3"),
        ("no batch", HI, ["--batch-tokens", "0"], "--batch-tokens is 0"),
        ("no model", HI, ["--model", "/no/where"], "/no/where is no folder"),
        ("an empty model", HI, ["--model", "/"], "holds neither a model"),
        ("no GPU", HI, ["--device", "cuda"], "there is no GPU of this kind here; use one of: cpu"),
    ),
)
def test_words_to_summarize(base, tmp_path, told, rows, options, piece):
    write_csv(tmp_path / "in.csv", rows)
    given = {"--model": base, "--out": tmp_path / "out.csv"} | dict([options] if options else [])
    told(["summarize", tmp_path / "in.csv", *sum(given.items(), ())], piece)


@pytest.mark.parametrize("content, piece", cases(("gone", None, "cannot be read"),
                                                 ("ragged", "dialogue\nHi.,more\n", "more cells"),
                                                 ("empty", "", "has no rows")))  # fmt: skip
def test_a_file_to_summarize(base, tmp_path, told, content, piece):
    if content is not None:
        (tmp_path / "in.csv").write_text(content)
    told(["summarize", tmp_path / "in.csv", "--model", base, "--out", tmp_path / "out.csv"], piece)


def test_a_file_is_not_written_over_itself(base, tmp_path, told):
    write_csv(tmp_path / "in.csv", HI)
    (tmp_path / "same.csv").symlink_to(tmp_path / "in.csv")
    for out in ("in.csv", "same.csv"):
        told(["summarize", tmp_path / "in.csv", "--model", base, "--out", tmp_path / out,
              "--force"], "is the file to read")  # fmt: skip


# --- Odd, and accepted: read rightly, or said ----------------------------------------------------


@pytest.mark.parametrize(
    "content",
    cases(
        ("BOM", b"\xef\xbb\xbf" + HEADER + b"1,a b,c\n"),
        ("CRLF", HEADER.replace(b"\n", b"\r\n") + b"1,a b,c\r\n"),
        ("CR", HEADER.replace(b"\n", b"\r") + b"1,a b,c\r"),
        ("mixed line ends", HEADER.replace(b"\n", b"\r\n") + b"1,a b,c\n"),
        ("blank lines", HEADER + b"\n\n1,a b,c\n\n"),
        ("a column more", b"id,extra,dialogue,summary\n1,x,a b,c\n"),
        ("no last line end", HEADER + b"1,a b,c"),
    ),
)
def test_an_odd_file_is_read_rightly(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    assert data.read_rows(tmp_path / "a.csv") == [
        {"id": "1", "dialogue": "a b", "summary": "c", "topic": ""}
    ]


def test_a_cell_of_10_mb_and_a_chat_of_1000_turns_are_read_whole(tmp_path):
    chat = "\n".join(f"#Person{i % 2 + 1}#: Turn {i}." for i in range(1000))
    rows = [{"id": str(i), "dialogue": text, "summary": "s"} for i, text in
            enumerate(["a" * 10**7, chat])]  # fmt: skip
    write_csv(tmp_path / "a.csv", rows)
    found = data.read_rows(tmp_path / "a.csv")
    assert [row["dialogue"] for row in found] == ["a" * 10**7, chat]
    assert len(data.turns(chat)) == 1000


@pytest.mark.parametrize("split", ["train", "validation"])
def test_dialogues_in_two_splits_are_warned_of(base, chats, tmp_path, split):
    shutil.copytree(chats, folder := tmp_path / "own")
    track = choose_track("tiny", dataset=str(folder), model=str(base))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data.load_dialogues(track)
    leaked = {**chat_rows("test")[0], "id": "train_x"}
    write_csv(folder / f"{split}.csv", [*data.read_rows(folder / f"{split}.csv"), leaked])
    with pytest.warns(UserWarning, match="1 of 6 test dialogues of own stand in train or valid"):
        data.load_dialogues(track)


def test_answers_that_are_references_are_remarked(tmp_path):
    write_csv(tmp_path / "p.csv", [row | {"a": row["human"]} for row in SCORED])
    remarks = " ".join(read_predictions(tmp_path / "p.csv", references="human").remarks)
    assert "a gives one of the references itself for 2 of 2" in remarks and "b gives" not in remarks


def test_a_column_without_a_name_is_no_system(tmp_path):
    (tmp_path / "p.csv").write_text("id,human,a,\nx_0,good,fine,\nx_1,good,fine,\n", "utf-8")
    assert list(read_predictions(tmp_path / "p.csv", references="human").systems) == ["a"]


def test_baselines_that_have_seen_the_dialogues_are_remarked(tmp_path, capsys):
    write_csv(tmp_path / "p.csv", SCORED)
    train = [{"dialogue": f"#Person1#: Number {i}.", "summary": "s"} for i in range(3)]
    for seen in (False, True):
        rows = [*train, {"dialogue": SCORED[0]["dialogue"], "summary": "s"}] if seen else train
        write_csv(tmp_path / "train.csv", rows)
        main(["score", str(tmp_path / "p.csv"), "--references", "human", "--baselines",
              str(tmp_path / "train.csv")])  # fmt: skip
        assert ("1 of the dialogues stand in train.csv too" in capsys.readouterr().out) is seen


def test_an_empty_variable_is_none(base, chats, monkeypatch):
    for name in ("TRACK", "MODEL", "DATASET", "TRAIN_ROWS", "TEST_DIALOGUES", "SEED"):
        monkeypatch.setenv(f"LAB_{name}", "")
    assert choose_track("tiny", model=str(base), dataset=str(chats)).seed == 42


@pytest.mark.parametrize("text, value", [(" 12 ", 12), ("３", 3), ("1_000", 1000)])
def test_a_size_written_otherwise_is_that_size(base, chats, monkeypatch, text, value):
    monkeypatch.setenv("LAB_TRAIN_ROWS", text)
    assert choose_track("tiny", model=str(base), dataset=str(chats)).train_rows == value


def test_an_adapter_answers_with_its_bases_tokenizer(base, chats, adapter, tmp_path):
    shutil.copytree(adapter, folder := tmp_path / "lora")
    more_tokens(folder)
    track = choose_track("tiny", model=str(base), dataset=str(chats))
    assert len(engine.load_trained(track, folder)[1]) == 600


@pytest.mark.parametrize("name", ["run", "progress", "demo", "doctor", "summarize", "score", "plan",
                                  "instructor", "badges", "inspect", "tune"])  # fmt: skip
@pytest.mark.parametrize(
    "number, status, told",
    [(signal.SIGINT, 130, "Interrupted."), (signal.SIGTERM, 143, "Ended by SIGTERM.")],
)
def test_a_signal_ends_any_command_with_one_line(
    name, number, status, told, tmp_path, monkeypatch, capsys
):
    from labutils import tracks
    from labutils.commands import predictions as files
    from labutils.exercises import instructor_edition
    from labutils.own_chats import preparing

    def pressed(*_, **__):
        os.kill(os.getpid(), number)
        time.sleep(1)  # until Python has noticed

    for place, called in [
        (tracks, "choose_track"), (notebooks, "find_notebooks"), (notebooks, "point_badges"),
        (planning, "card_of"), (instructor_edition, "build_edition"), (files, "check_new_file"),
        (preparing, "read_chats"),
    ]:  # fmt: skip
        monkeypatch.setattr(place, called, pressed)
    monkeypatch.setattr("labutils.exercises.progress_of", pressed)
    monkeypatch.setattr("labutils.doctor.print_diagnosis", pressed)
    words = {
        "summarize": ["a.csv", "--model", "m", "--out", "b.csv"],
        "score": ["a.csv", "--references", "r", "--plot", "a.png"],
        "badges": ["--repository", "a/b"],
        "inspect": ["a.csv"],
        "tune": [str(tmp_path), "--out", str(tmp_path / "tuned")],
    }
    with pytest.raises(SystemExit) as ended:
        main([name, *words.get(name, [])])
    shown = capsys.readouterr()
    assert ended.value.code == status and shown.out == ""
    assert shown.err.strip().startswith(told) and len(shown.err.split("\n")) == 3
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL  # for whoever called it
    assert ("same command again" in shown.err) is (name in ("run", "tune", "summarize"))
