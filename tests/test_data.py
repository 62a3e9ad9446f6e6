"""Own data: what is good comes through unchanged (attacks/test_bad_inputs.py has what is bad)."""

import json

import pytest
from conftest import KOREAN, MARKUP, chat_rows, write_csv

from labutils import data
from labutils.tracks import choose_track

TEXTS = [KOREAN, MARKUP, 'Quotes "and", commas\nand lines', "#Person1#: Hi. " * 7000]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_emoji_korean_html_and_100000_characters_come_through_unchanged(tmp_path, ending):
    rows = [{"id": f"r_{i}", "dialogue": text, "summary": text} for i, text in enumerate(TEXTS)]
    path = tmp_path / f"train.{ending}"
    if ending == "csv":
        write_csv(path, rows)
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())  # as Excel saves UTF-8
    else:
        path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    read = data.read_rows(path)
    assert [row["dialogue"] for row in read] == [row["summary"] for row in read] == TEXTS
    assert {row["topic"] for row in read} == {""}


def test_rows_in_parquet_are_read_like_those_in_csv(tmp_path):
    import pandas as pd

    rows = [{"id": "a", "dialogue": "Ann: Hello.", "summary": "Ann greets."}]
    pd.DataFrame(rows).to_parquet(tmp_path / "train.parquet")
    assert data.read_rows(tmp_path / "train.parquet") == [{**rows[0], "topic": ""}]


def test_topics_that_are_missing_or_numbers_do_not_stop_the_loading(chats, tmp_path):
    row = {"id": "1", "dialogue": "a", "summary": "b"}
    rows = [{**row, "topic": "flights"}, {**row, "topic": 7}, {**row, "topic": None}, row]
    for split in data.SPLITS:
        (tmp_path / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    dialogues = data.load_dialogues(choose_track("tiny", dataset=str(tmp_path), model=str(chats)))
    assert list(dialogues["train"]["topic"]) == ["flights", "7", "", ""]


def test_each_test_dialogue_is_one_row_with_all_its_references():
    rows = [
        {"id": name, "dialogue": name[:6], "summary": f"of {name}", "topic": "t"}
        for name in ("test_1_1", "test_1_2", "test_1_3", "test_2_1", "test_2_2", "x_7", "plain")
    ]
    grouped = {item["id"]: item["references"] for item in data.group_references(rows)}
    assert grouped == {
        "test_1": ["of test_1_1", "of test_1_2", "of test_1_3"],
        "test_2": ["of test_2_1", "of test_2_2"],
        "x_7": ["of x_7"],
        "plain": ["of plain"],
    }


def test_the_embedded_test_split_is_200_dialogues_with_3_references():
    grouped = data.group_references(chat_rows("test"))
    assert len(grouped) == len({item["dialogue"] for item in grouped}) == 200
    assert {len(item["references"]) for item in grouped} == {3}


def test_a_smaller_run_takes_whole_dialogues_and_the_same_rows_for_a_seed(base, chats):
    def load(**sizes):
        return data.load_dialogues(choose_track("tiny", model=str(base), dataset=chats, **sizes))

    small, again, other = (load(train_rows=5, test_dialogues=2, seed=seed) for seed in (1, 1, 2))
    everything = load()
    assert small["train"]["id"][:] == again["train"]["id"][:] != other["train"]["id"][:]
    assert [row for row in everything["train"]["id"] if row in set(small["train"]["id"])] == list(
        small["train"]["id"]
    )
    assert list(small["test"]["id"]) == list(everything["test"]["id"])[:2]
    assert [len(references) for references in small["test"]["references"]] == [3, 3]


def test_a_turn_of_two_lines_stays_one_turn():
    assert data.turns("Hello\n#Person1#: Hi\nagain\nAnna: Yes: no") == [
        ("", "Hello"),
        ("#Person1#", "Hi\nagain"),
        ("Anna", "Yes: no"),
    ]


def test_a_line_of_a_time_or_an_address_has_no_speaker():
    assert data.turns("#Person1#: See this:\nhttps://x.org/a\n10:15 is fine\n10: Hello") == [
        ("#Person1#", "See this:\nhttps://x.org/a\n10:15 is fine"),
        ("10", "Hello"),
    ]


def test_a_speaker_may_have_a_name_of_several_words():
    """Or lead-3 and the longest turn of such a chat would be the whole chat."""
    dialogue = "Anna Lee: Hi\nBob Ray McDonald: Yes: no\nmy new number: 5\nAnna Lee: Bye"
    assert data.turns(dialogue) == [
        ("Anna Lee", "Hi"),
        ("Bob Ray McDonald", "Yes: no\nmy new number: 5"),
        ("Anna Lee", "Bye"),
    ]
