"""Own chats are read from any form into the lab's: nothing lost, nobody mixed up."""

import json

import pandas as pd
import pytest
from conftest import write_csv
from sample_chats import company_folder, company_rows, company_table, company_turns, originals

from labutils.common.text import excerpt
from labutils.own_chats import reading
from labutils.own_chats.reading import Columns, labelled_turns, read_chats, rename_speakers

TEXT, TURN = Columns(dialogue="text", summary="note"), Columns(turn="said")


def texts(found):
    return [(chat.dialogue, chat.summary) for chat in found.chats]


def test_a_row_per_chat_becomes_the_labs_form(tmp_path):
    found = read_chats(company_table(tmp_path), TEXT)
    assert texts(found) == originals()
    assert found.remarks == [
        "Column 'ticket' is taken as --id.", "Column 'customer' is taken as --customer."
    ]  # fmt: skip
    first = found.chats[3]
    assert (first.id, first.customer, first.speakers) == ("T-03", "C-1", 2)
    assert first.turns == len(originals()[3][0].split("\n"))


def test_a_row_per_turn_gives_the_same(tmp_path):
    found = read_chats(company_turns(tmp_path), TURN)
    assert texts(found) == originals() and len(found.chats) == 24 < found.rows
    assert found.remarks[0] == "Column 'who' is taken as --speaker."


def test_turns_of_two_chats_may_alternate(tmp_path):
    rows = [{"id": i % 2, "speaker": "AB"[i // 2 % 2], "turn": f"Turn {i}"} for i in range(6)]
    write_csv(tmp_path / "t.csv", rows)
    found = read_chats(tmp_path / "t.csv", Columns(speaker="speaker", turn="turn"))
    assert [chat.dialogue for chat in found.chats] == [
        "#Person1#: Turn 0\n#Person2#: Turn 2\n#Person1#: Turn 4",
        "#Person1#: Turn 1\n#Person2#: Turn 3\n#Person1#: Turn 5",
    ]


def test_a_folder_of_transcripts_gives_the_same(tmp_path):
    found = read_chats(company_folder(tmp_path))
    assert texts(found) == [
        (dialogue, "" if number % 4 == 1 else summary)
        for number, (dialogue, summary) in enumerate(originals())
    ]
    assert [chat.id for chat in found.chats][:2] == ["T-00", "T-01"]


@pytest.mark.parametrize("ending", [".jsonl", ".parquet"])
def test_other_tables_give_the_same(tmp_path, ending):
    rows, path = company_rows(), tmp_path / f"chats{ending}"
    rows[2]["note"] = None
    if ending == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    else:
        pd.DataFrame(rows).to_parquet(path)
    expected = [("" if i == 2 else note) for i, (_, note) in enumerate(originals())]
    assert [chat.summary for chat in read_chats(path, TEXT).chats] == expected


def test_endings_are_taken_in_capitals_too(tmp_path):
    table, folder = company_table(tmp_path), company_folder(tmp_path)
    expected = [texts(read_chats(source)) for source in (table, folder)]
    for path in (table, *folder.iterdir()):
        name = path.name.removesuffix(path.suffix) + path.suffix.upper()
        path.rename(path.with_name(name.replace(".summary", ".SUMMARY")))
    found = [texts(read_chats(source)) for source in (table.with_suffix(".CSV"), folder)]
    assert found == expected and all(summary for _, summary in found[0])


def test_semicolons_in_a_name_or_a_text_are_no_columns(tmp_path):
    (tmp_path / "one.csv").write_text('"dialogue;"\n"A: Hi; you."\n', "utf-8")
    assert read_chats(tmp_path / "one.csv", Columns("dialogue;")).chats[0].turns == 1


def test_speakers_can_be_kept(tmp_path):
    rows = company_rows()
    for path, columns in ((company_table(tmp_path), TEXT), (company_turns(tmp_path), TURN)):
        found = read_chats(path, columns, keep_speakers=True)
        assert texts(found) == [(row["text"], row["note"]) for row in rows]
    assert found.chats[0].speakers == 2


def test_numbers_as_ids_stay_what_they_are(tmp_path):
    pd.DataFrame({"id": [7.0, 8.0], "dialogue": ["A: Hi", "A: Ho"]}).to_parquet(
        tmp_path / "p.parquet"
    )
    assert [chat.id for chat in read_chats(tmp_path / "p.parquet").chats] == ["7", "8"]


@pytest.mark.parametrize(
    "dialogue, expected",
    [
        ("Anna Lee: Hi\nbob: Yes", [("Anna Lee", "Hi"), ("bob", "Yes")]),
        ("the agent: 1\nB: 2\nthe agent: 3", [("the agent", "1"), ("B", "2"), ("the agent", "3")]),
        ("A: Hi\nthere\nB: Yes", [("A", "Hi there"), ("B", "Yes")]),
        ("[10:15] Anna: Hi\n[10:16] Bob: Yes", [("Anna", "Hi"), ("Bob", "Yes")]),
        ("12/03/24, 10:15 PM - Anna Lee: Hi", [("Anna Lee", "Hi")]),
        ("2026-11-26 10:15:03 Anna: Hi", [("Anna", "Hi")]),
        ("A: See\nhttps://a.example\nB: 10:30?", [("A", "See https://a.example"), ("B", "10:30?")]),
        ("A: 1\nB: 2\nA: 3\nPS: 4\nB: 5", [("A", "1"), ("B", "2"), ("A", "3 PS: 4"), ("B", "5")]),
        ("A: Yes, it is\nmy order: 5\nB: Ok", [("A", "Yes, it is my order: 5"), ("B", "Ok")]),
        ("Chat started\nA: Hi", [("", "Chat started"), ("A", "Hi")]),
        ("민수: 안녕\n小明：你好", [("민수", "안녕"), ("小明", "你好")]),
        ("#Person1#: Hi\n#Person2#: Ho", [("#Person1#", "Hi"), ("#Person2#", "Ho")]),
        ("प्रिया: hi\nग्राहक: yes", [("प्रिया", "hi"), ("ग्राहक", "yes")]),
        ("นภา: hi\nลูกค้า: yes", [("นภา", "hi"), ("ลูกค้า", "yes")]),
        ("Anna Lee (agent): Hi", [("Anna Lee (agent)", "Hi")]),
        ("Lee, Anna: 1\nB: 2\nLee, Anna: 3", [("Lee, Anna", "1"), ("B", "2"), ("Lee, Anna", "3")]),
        ("A: Hi\nWell, then: no\nB: Ho", [("A", "Hi Well, then: no"), ("B", "Ho")]),
        ("Agent [Rome]: 1\na@b.it: 2", [("Agent [Rome]", "1"), ("a@b.it", "2")]),
        ("+39 06 1234: Hi\nBob: Ho", [("+39 06 1234", "Hi"), ("Bob", "Ho")]),
        ("10023: Hi\n10043: Ho\n10023: a\n10043: b",
         [("10023", "Hi"), ("10043", "Ho"), ("10023", "a"), ("10043", "b")]),
        ("1. Anna: Hi\n2. Bob: Ho\n3. Anna: so", [("Anna", "Hi"), ("Bob", "Ho"), ("Anna", "so")]),
        ("[2024-01-02T10:15:30Z] Tom: Hi\n(10:16) Bob: Ho", [("Tom", "Hi"), ("Bob", "Ho")]),
        ("2024-01-02T10:15:30+01:00 Tom: Hi", [("Tom", "Hi")]),
        ("10:15 +39 06 1234: Hi\n10:16 - ~ Carl: Ho", [("+39 06 1234", "Hi"), ("Carl", "Ho")]),
        ("A/B: 1\nBot 🤖: 2\nA/B: 3", [("A/B", "1"), ("Bot 🤖", "2"), ("A/B", "3")]),
        ("A: 1\nDoña Ana de la Cruz y Paz: 2\nA: 3\nDoña Ana de la Cruz y Paz: 4",
         [("A", "1"), ("Doña Ana de la Cruz y Paz", "2"), ("A", "3"),
          ("Doña Ana de la Cruz y Paz", "4")]),
        ("A: Hi\nThat is what I want: a cup\nB: Ho",
         [("A", "Hi That is what I want: a cup"), ("B", "Ho")]),
        ("no speaker at all", [("", "no speaker at all")]),
        ("", []),
    ],
)  # fmt: skip
def test_turns_are_told_by_their_speakers(dialogue, expected):
    assert labelled_turns(dialogue) == expected


@pytest.mark.parametrize(
    "names, summary, expected",
    [
        (["Anna Lee", "Bob"], "Anna Lee asks Bob's boss.", "#Person1# asks #Person2#'s boss."),
        (["Anna Lee", "Bob Fox"], "Lee asks Bob.", "#Person1# asks #Person2#."),
        (["Anna Lee", "Tom Lee"], "Lee asks Tom.", "Lee asks #Person2#."),
        (["Anna", "Anna Lee"], "Anna Lee asks Anna.", "#Person2# asks #Person1#."),
        (["Bob", "Bobby"], "Bobby asks Bob, not Bobo.", "#Person2# asks #Person1#, not Bobo."),
        (["Agent", "Customer"], "The customer thanks the Agent.", "#Person2# thanks #Person1#."),
        (["Agent", "Customer"], "The customer service calls.", "The customer service calls."),
        (["A", "B"], "A customer asks B.", "A customer asks B."),
        (["Lee, Anna", "Bob"], "Bob helps Anna Lee.", "#Person2# helps #Person1#."),
        (["#Person2#", "#Person1#"], "#Person2# asks #Person1#.", "#Person1# asks #Person2#."),
        (["민수", "지영"], "민수는 지영에게 묻는다.", "#Person1#는 #Person2#에게 묻는다."),
        (["a.*", "(x)+"], "a.* asks abc.", "#Person1# asks abc."),
        (["1", "2"], "2 of 10, and 1 is missing.", "2 of 10, and 1 is missing."),
        (["assistant", "user"], "The user made a user error.", "#Person2# made a user error."),
        (["客服", "王小明"], "客服告诉王小明马上查。", "#Person1#告诉#Person2#马上查。"),
    ],
)  # fmt: skip
def test_summaries_name_the_speakers_as_the_chat_does(names, summary, expected):
    assert rename_speakers(summary, {n: f"#Person{i}#" for i, n in enumerate(names, 1)}) == expected


def test_who_says_none_has_said_something(tmp_path):
    rows = "id,who,said\n1,Agent,Any allergies?\n1,Customer,None\n1,Agent,Fine\n"
    (tmp_path / "a.csv").write_text(rows)
    columns = Columns(id="id", speaker="who", turn="said")
    (chat,) = read_chats(tmp_path / "a.csv", columns).chats
    assert chat.dialogue == "#Person1#: Any allergies?\n#Person2#: None\n#Person1#: Fine"


def test_instructions_of_a_language_model_are_no_talk(tmp_path):
    said = [("system", "Be kind."), ("user", "I cannot log in."), ("assistant", "I see.")]
    messages = [{"role": role, "content": text} for role, text in said]
    summary = "The user could not log in to the system."
    turns = [{"id": 1, "role": role, "text": text, "summary": summary} for role, text in said]
    for name, rows in (("a", [{"messages": messages, "summary": summary}]), ("b", turns)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    by_turn = Columns(speaker="role", turn="text")
    for name, columns in (("a.jsonl", Columns()), ("b.jsonl", by_turn)):
        (chat,) = read_chats(tmp_path / name, columns).chats
        assert chat.dialogue == "#Person1#: I cannot log in.\n#Person2#: I see."
        assert chat.summary == "#Person1# could not log in to the system."


def test_what_programs_write_into_empty_cells_is_no_text(tmp_path):
    (tmp_path / "a.csv").write_text('dialogue,summary\n"A: Hi\nB: Yes",NaN\nNaN,x\n')
    first, second = read_chats(tmp_path / "a.csv").chats
    assert first.summary == "" and second.dialogue == ""


def test_reading_takes_bounded_time_on_hostile_lines():
    for line in ("a" * 50_000, "1:" * 50_000, "a b " * 50_000, " " * 100_000 + "a", "[1" * 50_000):
        assert labelled_turns(line + "\nA: x")  # quadratic time would take minutes


def test_texts_are_made_storable():
    assert reading.clean_text("e\u0301 \ud800\0\r\nb\r") == "\u00e9 ?\nb"
    assert excerpt("a\x1b[31m\u202eb" + "c" * 99).startswith("a [31m b")
    assert len(excerpt("c" * 99)) == 80
