"""The embedded dialogues, and what is said to be true in them, are what their card promises."""

import random
import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from types import SimpleNamespace

import pytest
from conftest import ROOT, SUPPORT_CHATS, chat_rows
from tokenizers import Tokenizer

from labutils.data import read_rows
from labutils.evaluation.facts import fact_scores
from labutils.evaluation.truths import read_facts
from tools.makers.support_chats import __main__ as program
from tools.makers.support_chats import measure, splits
from tools.makers.support_chats.calls import CATALOGUE
from tools.makers.support_chats.summaries import WORDINGS, wordings


@pytest.fixture(scope="module")
def made():
    """{split: [(id, chat)]}, made anew."""
    return {split: splits.made(split) for split in splits.SIZES}


@pytest.fixture(scope="module")
def truths():
    return read_facts(SUPPORT_CHATS / "facts.jsonl")


@pytest.fixture(scope="module")
def texts():
    """{dialogue id: (dialogue, topic, its summaries)} of the committed files."""
    found = {}
    for split in splits.SIZES:
        for row in chat_rows(split):
            name = row["id"].rpartition("_")[0] if split == "test" else row["id"]
            found.setdefault(name, (row["dialogue"], row["topic"], []))[2].append(row["summary"])
    return found


@pytest.fixture
def run(monkeypatch, tmp_path):
    """The program with few chats a split, in this process; returns its exit code."""
    for split, size in {"train": 30, "validation": 5, "test": 5}.items():
        monkeypatch.setitem(splits.SIZES, split, size)

    def main(*options):
        monkeypatch.setattr(sys, "argv", ["", "--out", str(tmp_path), *options])
        return program.main()

    return main


# --- The files ---------------------------------------------------------------------------------


def test_the_program_makes_the_files_byte_for_byte():
    command = [sys.executable, "-m", "tools.makers.support_chats", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["train.csv", "test.csv", "facts.jsonl"])
def test_a_changed_or_missing_file_is_noticed(run, tmp_path, capsys, name):
    assert run() == 0 and run("--check") == 0
    path = tmp_path / name
    path.write_bytes(path.read_bytes() + b"x")
    assert run("--check") == 1 and f"{name} differs" in capsys.readouterr().err
    path.unlink()
    assert run("--check") == 1


def test_another_seed_makes_other_chats_in_the_same_form(run, tmp_path):
    assert run("--seed", "7") == 0 and run("--check", "--seed", "7") == 0
    assert run("--check") == 1
    rows = {split: read_rows(tmp_path / f"{split}.csv") for split in splits.SIZES}
    assert {split: len(found) for split, found in rows.items()} == {
        "train": 30, "validation": 5, "test": 15}  # fmt: skip
    assert all(tuple(row) == splits.COLUMNS for found in rows.values() for row in found)
    assert len(read_facts(tmp_path / "facts.jsonl")) == 40
    for split, found in rows.items():
        own = {row["dialogue"] for row in found}
        assert not own & {row["dialogue"] for row in chat_rows(split)}


def test_sizes_and_ids_are_those_of_the_card():
    expected = {
        "train": [f"train_{i}" for i in range(3000)],
        "validation": [f"dev_{i}" for i in range(200)],
        "test": [f"test_{i}_{k}" for i in range(200) for k in (1, 2, 3)],
    }
    for split, ids in expected.items():
        rows = chat_rows(split)
        assert [row["id"] for row in rows] == ids
        assert all(row["topic"] for row in rows)


def test_no_dialogue_of_one_split_is_in_another(texts):
    found = {
        split: {row["dialogue"] for row in chat_rows(split)}
        for split in ("train", "validation", "test")
    }
    assert [len(dialogues) for dialogues in found.values()] == [3000, 200, 200]
    assert len(set.union(*found.values())) == len(texts) == 3400


# --- The chats ---------------------------------------------------------------------------------


def test_names_of_the_test_split_are_never_seen_in_training(made):
    """Neither a person's name or surname nor what a company, product or place begins with."""
    rows = chat_rows("train") + chat_rows("validation")
    seen = set(re.findall(r"\w+", " ".join(row["dialogue"] + " " + row["summary"] for row in rows)))
    assert [chat.dialogue for _, chat in made["test"]] == [
        row["dialogue"] for row in chat_rows("test")[::3]
    ]
    names = {word for _, chat in made["test"] for _, word in measure.name_words(chat)}
    assert len(names) > 500 and names & seen == set()
    assert {word for _, chat in made["train"] for _, word in measure.name_words(chat)} <= seen


def test_names_of_the_test_split_are_as_hard_to_copy_as_those_of_training(made):
    vocabulary = Tokenizer.from_file(str(measure.MODEL / "tokenizer.json"))
    tokenizer = SimpleNamespace(
        tokenize=lambda word: vocabulary.encode(word, add_special_tokens=False).tokens
    )
    apart = [
        measure.pieces([chat for _, chat in made[split]], tokenizer) for split in ("train", "test")
    ]
    assert abs(apart[0] - apart[1]) <= measure.PIECES_APART and min(apart) > 1


def test_the_cards_promises_hold_and_a_broken_one_is_found(made):
    assert list(measure.broken_promises(made)) == []
    bad = replace(
        made["test"][0][1],
        dialogue="#Person1#: A error  occurred.",
        summaries=("There is a error.",) * 3,
    )
    name = next(iter(bad.entities))
    found = " ".join(
        measure.broken_promises(
            {"train": [("train_0", bad)] * 6, "validation": [], "test": [("test_0", bad)]}
        )
    )
    for piece in (
        "test_0: a required fact is not told",
        "test_0: slip: 'A e'",
        "test_0: slip: 'a e'",
        "test_0: 1 turns",
        "test_0: 4 words in a summary",
        f"names of the test split in training: {sorted({w for _, w in measure.name_words(bad)})}",
        f"names used more than 5 times: ['{name}'",
        "train, test: a dialogue in common",
    ):
        assert piece in found


def test_a_request_can_end_in_several_ways_and_a_refusal_can_have_a_way_out():
    """Else a model could guess the end from the beginning."""
    for _, scenario in CATALOGUE:
        kinds = [resolution.kind for resolution in scenario.resolutions]
        assert len(kinds) >= 4 and len(set(kinds)) >= 3, scenario.topic
        assert {"refused", "alternative"} & set(kinds), scenario.topic


def test_the_references_of_a_test_chat_share_no_wording(made):
    """Neither the frame of a sentence nor, in a scenario, the phrase of the request."""
    assert all(len(chat.summaries) == len(set(chat.summaries)) == 3 for _, chat in made["test"])
    assert all(len(set(ways)) == len(ways) >= 3 for ways in WORDINGS.values())
    for _, scenario in CATALOGUE:
        assert len(set(scenario.requests)) == len(scenario.requests) >= 3, scenario.topic
        assert all(sum(way.startswith("{C}") for way in wordings(each)) >= 3
                   for each in scenario.resolutions)  # fmt: skip


# --- What is true in them ----------------------------------------------------------------------


def test_every_dialogue_has_its_truth(truths, texts):
    assert list(truths) == list(texts)
    for name, truth in truths.items():
        assert truth["topic"] == texts[name][1]
        assert sum(fact["required"] for fact in truth["facts"]) >= 2, name
        assert len(truth["outcomes"]) in (1, 2), name
        assert all(len(outcome["others"]) >= 3 for outcome in truth["outcomes"]), name


def stands_in(fact, text):
    """Whether a value is told as it is written; of a count, its number."""
    value = fact["value"].split()[0] if fact["kind"] == "count" else fact["value"]
    return re.search(rf"(?<![\w$]){re.escape(value)}(?!\w)", text, re.IGNORECASE) is not None


def test_required_facts_are_told_by_the_dialogue_and_every_summary(truths, texts):
    for name, (dialogue, _, summaries) in texts.items():
        for fact in truths[name]["facts"]:
            if fact["required"]:
                told = [stands_in(fact, text) for text in (dialogue, *summaries)]
                assert all(told), (name, fact)


def test_values_that_were_given_up_stand_in_the_dialogue_only(truths, texts):
    given_up = 0
    for name, (dialogue, _, summaries) in texts.items():
        for fact in truths[name]["facts"]:
            for value in fact["instead"]:
                given_up += 1
                old = fact | {"value": value}
                assert stands_in(old, dialogue), (name, fact)
                assert not any(stands_in(old, summary) for summary in summaries), (name, fact)
                assert dialogue.index(value) < dialogue.rindex(fact["value"]), (name, fact)
    assert given_up > 400


def test_references_tell_everything_and_those_of_another_chat_next_to_nothing(truths, texts):
    tests = {name: text for name, text in texts.items() if name.startswith("test_")}
    own = [
        (summary, truths[name], dialogue)
        for name, (dialogue, _, summaries) in tests.items()
        for summary in summaries
    ]
    scores = fact_scores(*map(list, zip(*own)))
    assert scores["facts"].mean() >= 0.99
    assert scores["outcome"].mean() >= 0.99

    by_topic, rng = defaultdict(list), random.Random(0)
    for name, (_, topic, _) in tests.items():
        by_topic[topic].append(name)
    swapped = [
        (texts[rng.choice([other for other in names if other != name])][2][0], truths[name],
         texts[name][0])
        for names in by_topic.values() if len(names) > 1 for name in names
    ]  # fmt: skip
    assert len(swapped) > 150
    assert fact_scores(*map(list, zip(*swapped)))["facts"].mean() <= 0.2
