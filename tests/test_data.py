"""Own data: what is good comes through unchanged, what is bad is named by file and row."""

import json

import pytest
from conftest import KOREAN, MARKUP, chat_rows, write_csv

from labutils import data
from labutils.common.errors import LabError
from labutils.tracks import choose_track

TEXTS = [KOREAN, MARKUP, 'Quotes "and", commas\nand lines', "#Person1#: Hi. " * 7000]
HEADER = b"id,dialogue,summary\n"
ROW = b'{"id": "1", "dialogue": "a", "summary": "b"}\n'


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


@pytest.mark.parametrize(
    "name, content, pieces",
    [
        ("a.csv", b"id,dialogue\n1,a\n", ["a.csv", "column summary", "has id, dialogue"]),
        ("a.jsonl", b'{"id": "1", "text": "a"}', ["dialogue, summary", "has id, text"]),
        ("a.csv", b"", ["a.csv has no rows"]),
        ("a.csv", HEADER, ["a.csv has no rows"]),
        ("a.jsonl", b"\n", ["a.jsonl has no rows"]),
        ("a.csv", HEADER + b"1,a,b\n2,caf\xe9,c\n", ["a.csv", "not UTF-8", "line 3"]),
        ("a.csv", HEADER + b"1,a,b\n2, ,b\n3,,b\n", ["dialogue", "rows 2, 3", "delete"]),
        ("a.csv", HEADER + b"1,a,b\n2,a\n", ["summary", "row 2"]),
        ("a.csv", HEADER + b"1,,b\n" * 8, ["rows 1, 2, 3, 4, 5 and 3 more"]),
        ("a.jsonl", ROW + b'{"id": "2", "dialogue": "a"}', ["summary", "row 2"]),
        ("a.jsonl", ROW + b'{"id": "2", "dialogue": 7, "summary": "b"}', ["dialogue", "row 2"]),
        ("a.jsonl", ROW + b'{"id": "2", \n', ["a.jsonl", "line 2", "not JSON"]),
        ("a.jsonl", ROW + b"[1]\n", ["not an object", "row 2"]),
        ("a.xlsx", b"PK", ["a.xlsx", ".csv or .jsonl"]),
        ("a.csv", None, ["a.csv", "No such file"]),
    ],
)
def test_a_bad_file_is_refused_with_its_place_and_a_remedy(tmp_path, name, content, pieces):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(LabError) as caught:
        data.read_rows(tmp_path / name)
    for piece in pieces:
        assert piece in str(caught.value)


def test_topics_that_are_missing_or_numbers_do_not_stop_the_loading(chats, tmp_path):
    row = {"id": "1", "dialogue": "a", "summary": "b"}
    rows = [{**row, "topic": "flights"}, {**row, "topic": 7}, {**row, "topic": None}, row]
    for split in data.SPLITS:
        (tmp_path / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    dialogues = data.load_dialogues(choose_track("tiny", dataset=str(tmp_path), model=str(chats)))
    assert list(dialogues["train"]["topic"]) == ["flights", "7", "", ""]


def test_a_folder_without_a_test_split_says_which_file_is_missing(chats, tmp_path):
    (tmp_path / "train.csv").write_bytes((chats / "train.csv").read_bytes())
    with pytest.raises(LabError, match="validation.csv nor validation.jsonl"):
        data.load_splits(tmp_path)


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


def test_references_of_one_id_with_different_dialogues_are_refused():
    rows = [{"id": f"test_7_{i}", "dialogue": str(i), "summary": "s", "topic": ""} for i in (1, 2)]
    with pytest.raises(LabError, match="'test_7' hold different dialogues"):
        data.group_references(rows)


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


@pytest.fixture
def cache(tmp_path):
    """Asks for the cached dataset, and counts how often it had to be made."""
    from datasets import Dataset

    made = []

    def ask(during=lambda: None):
        def make():
            made.append(1)
            during()
            return Dataset.from_dict({"input_ids": [[1, 2], [3]]})

        return data.cached_dataset(tmp_path / "tokens" / "abc", make)["input_ids"][:], len(made)

    ask.folder = tmp_path / "tokens" / "abc"
    return ask


def test_a_cached_dataset_is_made_once(cache):
    assert cache() == ([[1, 2], [3]], 1) == cache()
    assert [path.name for path in cache.folder.parent.iterdir()] == ["abc"]


def test_a_damaged_cache_is_made_again(cache):
    cache()
    next(cache.folder.glob("*.arrow")).write_bytes(b"cut short")
    assert cache() == ([[1, 2], [3]], 2) == cache()


def test_two_processes_that_cache_at_once_both_go_on(cache):
    assert cache(during=cache)[0] == [[1, 2], [3]]
    assert [path.name for path in cache.folder.parent.iterdir()] == ["abc"]


def test_a_cache_that_cannot_be_written_is_done_without(cache, monkeypatch):
    from datasets import Dataset

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Dataset, "save_to_disk", full_disk)
    assert cache() == ([[1, 2], [3]], 1) and cache() == ([[1, 2], [3]], 2)
