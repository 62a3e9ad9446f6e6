"""The embedded dialogues are what their card promises."""

import re
import subprocess
import sys
from itertools import islice

import pytest
from conftest import SUPPORT_CHATS, chat_rows


@pytest.fixture(scope="module")
def maker():
    """The generator and its checks, whose folder is no package."""
    sys.path.insert(0, str(SUPPORT_CHATS))
    import generate
    import measure

    sys.path.remove(str(SUPPORT_CHATS))
    return generate, measure


def test_the_program_makes_the_files_byte_for_byte():
    command = [sys.executable, str(SUPPORT_CHATS / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_changed_file_is_noticed(tmp_path):
    command = [sys.executable, str(SUPPORT_CHATS / "generate.py"), "--check", "--out", tmp_path]
    (tmp_path / "train.csv").write_bytes((SUPPORT_CHATS / "train.csv").read_bytes() + b"x")
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "train.csv differs" in done.stderr


def test_sizes_and_ids_are_those_of_the_card():
    expected = {
        "train": [f"train_{i}" for i in range(2000)],
        "validation": [f"dev_{i}" for i in range(200)],
        "test": [f"test_{i}_{k}" for i in range(200) for k in (1, 2, 3)],
    }
    for split, ids in expected.items():
        rows = chat_rows(split)
        assert [row["id"] for row in rows] == ids
        assert all(row["topic"] for row in rows)
    groups = [chat_rows("test")[start : start + 3] for start in range(0, 600, 3)]
    assert all(len({row["summary"] for row in group}) == 3 for group in groups)


def test_no_dialogue_of_one_split_is_in_another():
    found = {
        split: {row["dialogue"] for row in chat_rows(split)}
        for split in ("train", "validation", "test")
    }
    assert [len(texts) for texts in found.values()] == [2000, 200, 200]
    assert len(set.union(*found.values())) == 2400


def test_names_of_the_test_split_are_never_seen_in_training(maker):
    """Neither a person's name or surname nor what a company, product or place begins with."""
    generate, _ = maker
    rows = chat_rows("train") + chat_rows("validation")
    seen = set(re.findall(r"\w+", " ".join(row["dialogue"] + " " + row["summary"] for row in rows)))
    chats = list(islice(generate.distinct_conversations("test", generate.SEED), 200))
    assert [chat.dialogue for chat in chats] == [row["dialogue"] for row in chat_rows("test")[::3]]
    names = {
        word
        for chat in chats
        for name, kind in chat.entities.items()
        for word in (name.split() if kind == "person" else name.split()[:1])
    }
    assert len(names) > 200 and names & seen == set()
    train = next(generate.distinct_conversations("train", generate.SEED))
    assert {word for name in train.entities for word in name.split()} <= seen


def test_the_cards_promises_hold_and_a_broken_one_is_found(maker):
    _, measure = maker
    rows = [row for split in measure.SPLITS for row in chat_rows(split)]
    assert [row["id"] for row in rows if measure.unsupported(row)] == []
    assert not any(measure.SLIPS.search(f"{row['dialogue']}\n{row['summary']}") for row in rows)
    assert {row["dialogue"].count("\n") + 1 for row in rows} <= set(measure.TURNS)
    assert {len(row["summary"].split()) for row in rows} <= set(measure.SUMMARY_WORDS)
    stranger = measure.NAMES["test"].surnames[0]
    bad = {**rows[0], "summary": f"{stranger} gets $7777 and then goes  home."}
    found = " ".join(measure.broken_promises({"train": [bad], "validation": [], "test": [bad]}))
    for piece in (
        f"{bad['id']}: not in the dialogue: ['$7777', '{stranger}']",
        f"{bad['id']}: slip: '  '",
        f"{bad['id']}: length of the summary",
        f"{stranger}: a name of the test pool in training",
        "train: a dialogue occurs twice",
        "train, test: a dialogue in common",
    ):
        assert piece in found
