"""Bad files of own chats: each ends with one message that says what, where and what to do."""

import json
import re
from pathlib import Path

import pandas as pd
import pyarrow.parquet
import pytest
from conftest import write_csv

from labutils.__main__ import main
from labutils.common.errors import LabError
from labutils.own_chats import reading
from labutils.own_chats.reading import read_chats

GOOD = [
    {"id": f"c{i}", "dialogue": f"A: Hi {i}.\nB: Bye.", "summary": f"A is {i}."} for i in range(5)
]
TURNS = [{"id": "t1", "speaker": "A", "turn": "Hi."}, {"id": "t1", "speaker": "B", "turn": "Bye."}]
BY_TURN = ["--speaker", "speaker", "--turn", "turn"]


def table(rows, name="in.csv"):
    def write(folder):
        write_csv(folder / name, rows)
        return folder / name

    return write


def file(name, content):
    def write(folder):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


def lines(*rows):
    return file("in.jsonl", "".join(json.dumps(row) + "\n" for row in rows))


def files(**contents):
    def write(folder):
        folder = folder / "chats"
        folder.mkdir()
        for name, content in contents.items():
            (folder / name.replace("__", ".")).write_bytes(
                content if isinstance(content, bytes) else content.encode("utf-8")
            )
        return folder

    return write


def parquet(rows):
    def write(folder):
        pd.DataFrame(rows).to_parquet(folder / "in.parquet")
        return folder / "in.parquet"

    return write


def nothing(folder):
    return folder / "nowhere.csv"


def with_cell(column, value, row=1):
    return [{**each, column: value} if i == row else each for i, each in enumerate(GOOD)]


BAD = {
    "no file": (nothing, [], "nowhere.csv cannot be read.*No such file"),
    "unknown ending": (file("in.docx", "x"), [], "cannot read .docx; use .csv or .jsonl"),
    "empty file": (file("in.csv", ""), [], "in.csv has no rows"),
    "header alone": (file("in.csv", "id,dialogue,summary\n"), [], "in.csv has no rows"),
    "not UTF-8": (file("in.csv", b"dialogue\n\xff\xfe"), [], "not UTF-8 .line 2, byte 9"),
    "UTF-16": (file("in.csv", "dialogue\nHi".encode("utf-16")), [], "not UTF-8 .line 1"),
    "binary as Parquet": (file("in.parquet", b"PK\3\4 zip"), [], "not a Parquet file"),
    "not JSON": (file("in.jsonl", '{"dialogue": "A: Hi"}\n{"dia'), [], "line 2: not JSON"),
    "JSON lines of lists": (lines(["A: Hi"]), [], "no object such as .* in row 1"),
    "a number for a chat": (lines({"dialogue": {"a": 1}}), [], "row 1: dialogue is no text .dict"),
    "a flag as a summary": (
        lines({"dialogue": "A: Hi", "summary": True}),
        [],
        "row 1: summary is no",
    ),
    "semicolons": (file("in.csv", "id;dialogue\n1;Hi\n"), [], "';' between .*save it with commas"),
    "semicolons between quoted texts": (
        file("in.csv", '"id";"dialogue";"note, or none"\n"1";"A: Hi, B.";"x"\n'),
        [],
        "';' between its columns.*save it with commas.*sep=';'",
    ),
    "semicolons, and commas in the texts": (
        file("in.csv", 'id;dialogue\n1;"A: Hi, B, C."\n'),
        [],
        "';' between its columns.*save it with commas",
    ),
    "semicolons, and a comma in a name": (
        file("in.csv", 'id;dialogue, all;summary\n1;"A: Hi";x\n'),
        [],
        "';' between its columns.*save it with commas",
    ),
    "a line for Excel": (
        file("in.csv", 'sep=,\nid,dialogue\n1,"A: Hi"\n'),
        [],
        "begins with a line for Excel alone, sep=,; delete it",
    ),
    "tabs": (file("in.csv", "id\tdialogue\n1\tHi\n"), [], "between its columns"),
    "more cells than columns": (file("in.csv", "id,dialogue\n1,Hi,there\n"), [], "in row 1"),
    "a column twice": (file("in.csv", "dialogue,dialogue\nHi,Ho\n"), [], "several columns named"),
    "no column that fits": (table([{"a": "Hi"}]), [], "has a: name the dialogue by --dialogue, or"),
    "several that fit": (
        table([{"chat": "Hi", "transcript": "Ho"}]),
        [],
        "'chat' or 'transcript'. Name the dialogue",
    ),
    "several summaries": (
        table([{"dialogue": "Hi", "note": "a", "abstract": "b"}]),
        [],
        "Name the summary by --summ",
    ),
    "a column not there": (
        table(GOOD),
        ["--summary", "note"],
        "no column 'note'; it has id, dialogue",
    ),
    "one column for two": (
        table(GOOD),
        ["--summary", "dialogue"],
        "name the dialogue by --dialogue",
    ),
    "named for two": (table(GOOD), ["--summary", "id", "--id", "id"], "needs a column of its own"),
    "chats and turns": (
        table(TURNS),
        ["--dialogue", "turn", "--turn", "turn"],
        "a row per chat, --sp",
    ),
    "turns without ids": (table([{"speaker": "A", "turn": "Hi"}]), BY_TURN, "name the id by --id"),
    "turns without speakers": (
        table([{"id": "1", "turn": "Hi"}]),
        ["--turn", "turn"],
        "the speaker",
    ),
    "an empty speaker": (
        table([*TURNS, {"id": "t1", "speaker": "", "turn": "x"}]),
        BY_TURN,
        "empty in row 3; fill it",
    ),
    "an empty id of a turn": (
        table([*TURNS, {"id": "", "speaker": "A", "turn": "x"}]),
        BY_TURN,
        "row 3: id is empty",
    ),
    "an empty id": (table(with_cell("id", " ")), [], "in.csv, row 2: id is empty; fill it in"),
    "an id twice": (
        table(with_cell("id", "c0")),
        [],
        "'c0' stands in row 1 and row 2. If each row",
    ),
    "two summaries of a chat": (
        table([{**row, "summary": row["turn"]} for row in TURNS]),
        BY_TURN,
        "row 2: another summary than before in 't1'",
    ),
    "two customers of a chat": (
        table([{**row, "customer": row["turn"]} for row in TURNS]),
        BY_TURN,
        "another customer than",
    ),
    "too many rows": (table(GOOD * 3), [], "in.csv holds more than 12 rows"),
    "too many files": (
        files(**{f"c{i}__txt": "A: Hi" for i in range(13)}),
        [],
        "more than 12 files",
    ),
    "too large a file": (file("in.csv", b"dialogue\n" + b"A" * 2**20), [], "has more than 1 MiB"),
    "an empty folder": (files(), [], "chats is empty; give a folder with transcripts"),
    "a folder of tables": (files(train__csv="id"), [], "but train.csv; give a table itself"),
    "files of one name": (
        files(a__txt="A: Hi", a__json="[]"),
        [],
        "'a' stands in a.json and a.txt",
    ),
    "two files with the same ids": (
        files(a__json='{"id": 7, "text": "A: Hi"}', b__json='{"id": 7, "text": "A: Ho"}'),
        [],
        "the id '7' stands in a.json and b.json",
    ),
    "a summary alone": (files(a__summary__txt="Hi", b__txt="Ho"), [], "a.summary.txt has no a.txt"),
    "a transcript not UTF-8": (files(a__txt=b"\xff\xfe"), [], "a.txt cannot be read as UTF-8"),
    "a transcript not JSON": (files(a__json="{"), [], "a.json is not JSON"),
    "nested without end": (files(a__json="[" * 100_000), [], "a.json is not JSON"),
    "a transcript of a number": (
        files(a__json="7"),
        [],
        "a.json holds neither a list of turns nor",
    ),
    "a turn without a speaker": (files(a__json='[{"text": "Hi"}]'), [], "turn 1 must be like"),
    "a turn of nobody": (
        files(a__json='[{"role": null, "content": "Hi"}]'),
        [],
        "turn 1 has an empty role; fill it in",
    ),
    "a turn of a list": (
        files(a__json='[{"speaker": "A", "text": []}]'),
        [],
        "turn 1: text is no text",
    ),
    "no such model": (table(GOOD), ["--model", "/no/where"], "'/no/where' could not be loaded"),
    "a seed below zero": (table(GOOD), ["--seed", "-1"], "--seed is -1; it must be"),
    "--mask alone": (table(GOOD), ["--mask"], "say where with --out"),
    "two rows to split": (
        table(GOOD[:2]),
        ["--out", "new"],
        "2 chats .*three at least.*Nothing was",
    ),
    "one customer to split": (
        table([{**row, "customer": "x"} for row in GOOD]),
        ["--out", "new"],
        "5 chats with a summary, but only 1 group of them",
    ),
    "the same chat ever again": (
        table([{**row, "dialogue": "A: Hi"} for row in GOOD]),
        ["--out", "new"],
        "1 chat with a summary: training",
    ),
    "all chats empty": (
        table([{**row, "dialogue": ""} for row in GOOD]),
        ["--out", "new"],
        "0 chats",
    ),
    "out in no folder": (table(GOOD), ["--out", "no/where/x"], "is no folder; make it first"),
    "out is a file": (table(GOOD), ["--out", "kept"], "kept is a file; choose another name"),
    "out is no kind of table": (table(GOOD), ["--out", "new.xlsx"], "end in .csv or .jsonl, or be"),
    "what inspect wrote": (
        files(prepared__json="{}", train__csv="id,dialogue,summary\n"),
        [],
        "chats is what inspect wrote.* tune on it",
    ),
    "what tune wrote": (
        files(run__json="{}", results__json="{}"),
        [],
        "holds a model that tune wrote.*corrections.jsonl",
    ),
    "out is there": (table(GOOD), ["--out", "kept.csv"], "kept.csv is there already"),
    "out holds other things": (table(GOOD), ["--out", ".", "--force"], "holds other things"),
    "out is a folder": (table(GOOD), ["--out", "folder.csv"], "folder.csv is a folder"),
    "html of another ending": (table(GOOD), ["--html", "r.pdf"], "must end in .html"),
    "html is there": (table(GOOD), ["--html", "kept.html"], "kept.html is there already"),
}


@pytest.fixture
def place(base, tmp_path, monkeypatch):
    """A folder to work in, with things that must stay, and small limits."""
    monkeypatch.setattr(reading, "MOST_ROWS", 12)
    monkeypatch.setattr(reading, "MOST_MIB", 1)
    monkeypatch.chdir(tmp_path)
    for name in ("kept", "kept.csv", "kept.html"):
        Path(name).write_text("mine")
    Path("folder.csv").mkdir()
    return tmp_path


def contents(folder):
    return {p: p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_input_is_named_and_nothing_is_written(place, base, capsys, case):
    write, options, message = BAD[case]
    source = write(place)
    before = contents(place)
    model = [] if "--model" in options else ["--model", str(base)]
    with pytest.raises(SystemExit, match="^2$"):
        main(["inspect", str(source), *model, *options])
    shown = capsys.readouterr()
    assert re.search(f"(?s)^error: .*{message}", shown.err) and shown.err.count("\n") == 1
    assert contents(place) == before and shown.out == "" and "Traceback" not in shown.err


ODD = {
    "three rows": GOOD[:3],
    "one row": GOOD[:1],
    "all summaries the same": [{**row, "summary": "Same."} for row in GOOD],
    "summaries longer than chats": [{**row, "summary": "Long. " * 99} for row in GOOD],
    "one speaker": [{**row, "dialogue": f"A: {row['summary']}"} for row in GOOD],
    "empty chats": [{**row, "dialogue": " "} for row in GOOD],
    "no summaries": [{**row, "summary": ""} for row in GOOD],
    "1,000 turns": [{**row, "dialogue": "\n".join(["A: x", "B: y"] * 500)} for row in GOOD],
    "a chat of 100,000 words": with_cell("dialogue", "A: " + "word " * 100_000),
    "signs of all kinds": with_cell(
        "dialogue", "A: \x00\x07\x1b[31m\u202e\U0001f9d1\u200d\U0001f680"
    ),
    "markup as ids": with_cell("id", "<script>alert(1)</script>"),
    "only line ends": with_cell("dialogue", "\r\n\r\r\n"),
    "only colons": with_cell("dialogue", ":::\n: :\n::"),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_chats_are_reported_and_not_refused(base, tmp_path, capsys, case):
    write_csv(tmp_path / "in.csv", ODD[case])
    options = ["--model", str(base), "--html", str(tmp_path / "r.html")]
    main(["inspect", str(tmp_path / "in.csv"), *options])
    shown = capsys.readouterr().out
    assert "What was read." in shown and "\x1b" not in shown and "nan" not in shown.lower()
    assert "<script" not in (tmp_path / "r.html").read_text("utf-8")


def test_halves_of_characters_are_replaced(base, tmp_path, capsys):
    text = "".join(
        json.dumps({**row, "id": f"\ud800{i}", "dialogue": "A: \ud83d!\nB: x" + str(i)}) + "\n"
        for i, row in enumerate(GOOD)
    )
    (tmp_path / "in.jsonl").write_text(text, "utf-8")
    main(
        ["inspect", str(tmp_path / "in.jsonl"), "--model", str(base), "--out", str(tmp_path / "o")]
    )
    assert "#Person1#: ?!" in (tmp_path / "o" / "train.csv").read_text("utf-8")


def test_a_parquet_file_may_hold_numbers_and_gaps(base, tmp_path, capsys):
    rows = [
        {**row, "id": i, "summary": None if i == 2 else row["summary"]}
        for i, row in enumerate(GOOD)
    ]
    path = parquet(rows)(tmp_path)
    main(["inspect", str(path), "--model", str(base), "--json"])
    assert json.loads(capsys.readouterr().out)["plan"]["without_summary"] == 1


def test_no_turn_is_lost_where_messages_differ_in_their_fields(tmp_path):
    """Parquet gives each the fields of all, filled up with nothing."""
    said = [
        ("user", None, "My phone is broken"),
        ("agent", "We mend it", None),
        ("user", None, "Thanks"),
    ]
    messages = [{"role": role, "text": text, "content": other} for role, text, other in said]
    path = tmp_path / "chats.jsonl"
    path.write_text(json.dumps({"id": 1, "messages": messages, "summary": "It is mended."}))
    (chat,) = read_chats(path).chats
    assert [line.split(": ")[1] for line in chat.dialogue.splitlines()] == [
        "My phone is broken", "We mend it", "Thanks"
    ]  # fmt: skip


def test_a_zone_of_time_that_nobody_knows_is_one_message(tmp_path):
    when = pyarrow.array([1], pyarrow.timestamp("us", "W. Europe Standard Time"))
    table = {"id": ["1"], "dialogue": ["A: Hi\nB: Yes"], "summary": ["Hi."], "when": when}
    pyarrow.parquet.write_table(pyarrow.table(table), path := tmp_path / "chats.parquet")
    with pytest.raises(LabError, match="chats.parquet is not a Parquet file that can be read"):
        read_chats(path)
