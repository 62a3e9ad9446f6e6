"""Tasks: rows become prompts and answers, wrong and malformed answers are scored as wrong."""

import json
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from conftest import ROOT, chat_rows

from labutils.common.errors import LabError
from labutils.multitask import metrics, tasks
from labutils.prompts import DEFAULT_TEMPLATE
from labutils.tracks import choose_track
from tools.makers import conversations
from tools.makers.support_chats.calls import CATALOGUE
from tools.makers.tasks import instructions
from tools.makers.tasks import rows as makers
from tools.makers.tasks.__main__ import lab_files

BY_NAME = {task.name: task for task in tasks.TASKS}
TASK_FILES = ROOT / "data" / "tasks"


@pytest.fixture
def small():
    """The tiny track with ten rows of everything."""
    return choose_track("tiny", train_rows=10, test_dialogues=10)


# --- The five tasks ----------------------------------------------------------------------------


@pytest.mark.parametrize("task", tasks.TASKS, ids=lambda task: task.name)
def test_a_task_has_instructions_enough_and_a_source_on_both_tracks(task):
    assert len(set(task.templates)) >= 5
    assert bool(task.inverted) == (task.metric is metrics.ROUGE_L)
    assert set(task.sources) == {"tiny", "flan"}
    assert all(source.licence for source in task.sources.values())


def test_dialogues_are_tested_in_the_prompt_of_the_other_notebooks():
    assert BY_NAME["dialogues"].templates[0].format(text="HI") == DEFAULT_TEMPLATE.format(
        dialogue="HI"
    )


@pytest.mark.parametrize("name", ["ratings", "code", "entities", "reports"])
def test_the_tiny_model_was_taught_the_instruction_that_it_is_tested_in(name):
    taught = [text for group in instructions.TASK_TEMPLATES.values() for text in group]
    template = BY_NAME[name].templates[0]
    assert template in taught or template.replace("{text}", "{java}") in taught


@pytest.mark.parametrize(
    "track_name, new", [("tiny", {"dialogues"}), ("flan", {"dialogues", "code"})]
)
def test_a_task_tells_whether_the_base_was_taught_it(track_name, new):
    """Only what it was never taught is zero-shot, and notebook 4 says so."""
    taught = {task.name: task.sources[track_name].taught for task in tasks.TASKS}
    assert all(text.startswith(("yes", "no")) and text != "not known" for text in taught.values())
    assert {name for name, text in taught.items() if text.startswith("no")} == new


@pytest.mark.parametrize("task", tasks.TASKS, ids=lambda task: task.name)
def test_rows_of_the_tiny_track_become_texts(task, small):
    rows = tasks.load_task(task, small)
    read = tasks.source_of(task, small).read
    assert len(rows["train"]) == len(rows["test"]) == 10
    for split in ("train", "validation"):
        text, answer = read(rows[split][0])
        assert text and answer and isinstance(answer, str)
    text, answer = read(rows["test"][0])
    assert task.metric.counts([answer if isinstance(answer, str) else answer[0]], [answer]).any()


def test_a_perfect_answer_scores_one_on_every_task(small):
    for task in tasks.TASKS[1:]:
        rows = tasks.load_task(task, small)["test"]
        answers = [tasks.source_of(task, small).read(row)[1] for row in rows]
        assert task.metric.interval(task.metric.counts(answers, answers)).mean == 1


def test_task_files_are_what_the_program_makes_and_no_text_is_in_two_splits():
    for path, content in lab_files():
        assert path.read_text("utf-8") == content, path
    for folder in sorted(path for path in TASK_FILES.iterdir() if (path / "test.jsonl").exists()):
        texts = [
            json.loads(line)["text"]
            for path in folder.glob("*.jsonl")
            for line in path.read_text("utf-8").splitlines()
        ]
        assert len(texts) == len(set(texts))
        assert len((folder / "test.jsonl").read_text("utf-8").splitlines()) >= 300


def test_the_base_never_learns_a_summary_of_a_support_chat(monkeypatch):
    """Whatever a task asks about a chat, no row holds one of its summaries."""
    chats, make = [], makers.chat
    monkeypatch.setattr(makers, "chat", lambda *of: chats.append(make(*of)) or chats[-1])
    committed = {row["summary"] for split in ("train", "test") for row in chat_rows(split)}
    for task in makers.ROWS:
        rng, asked = Random(7), 0
        for _ in range(150):
            chats.clear()
            row = makers.row(task, rng, "train")
            asked += len(chats)
            texts = [str(value) for value in row.values()]
            assert not committed & set(texts)
            for summary in (summary for talk in chats for summary in talk.summaries):
                assert not any(summary in text for text in texts), task
        assert bool(asked) == (task in ("entities", "topic", "question")), task


def test_what_the_base_learns_to_summarize_is_no_support_chat(monkeypatch):
    """Conversations and reports come from generators of their own, on topics of their own."""
    situations = [each for setting in conversations.SETTINGS for each in setting.situations]
    topics = {situation.topic for situation in situations}
    assert topics and not topics & {scenario.topic for _, scenario in CATALOGUE}
    dialogues = {row["dialogue"] for row in chat_rows("train")}

    def fail(*_):
        raise AssertionError("a support chat was made")

    monkeypatch.setattr(makers, "chat", fail)
    for task in ("conversation", "summary"):
        rng = Random(7)
        rows = [makers.row(task, rng, "train") for _ in range(150)]
        assert all(row["text"] and row["summary"] for row in rows)
        assert not dialogues & {row["text"] for row in rows}


def test_rows_of_the_hubs_datasets_are_read():
    assert tasks.read_review({"label": 4, "text": "Great."}) == ("Great.", "5")
    assert tasks.read_code({"id": 0, "java": "int a;\n", "cs": "int b;\n"}) == ("int a;", "int b;")
    tokens = ["Ada", "Brin", "of", "Velt", "in", "Ham", "Burg", "."]
    row = {"tokens": tokens, "ner_tags": [1, 2, 0, 3, 0, 5, 6, 0], "lang": "en"}
    text, answer = tasks.read_entities(row)
    assert text == "Ada Brin of Velt in Ham Burg ."
    assert answer == "person: Ada Brin; organization: Velt; place: Ham Burg"
    assert tasks.read_entities({"tokens": ["Rain", "."], "ner_tags": [0, 0]})[1] == "none"
    assert tasks.read_entities({"tokens": ["X"], "ner_tags": [7]})[1] == "other: X"


def test_inverted_instructions_swap_text_and_answer():
    task = BY_NAME["reports"]
    drawn = [task.training_pair("TEXT", "ANSWER", Random(i), 0.5) for i in range(60)]
    inverted = [pair for pair in drawn if pair[0] in task.inverted]
    forward = [pair for pair in drawn if pair[0] in task.templates]
    assert len(inverted) + len(forward) == 60 and 15 < len(inverted) < 45
    assert {pair[1:] for pair in inverted} == {("ANSWER", "TEXT")}
    assert {pair[1:] for pair in forward} == {("TEXT", "ANSWER")}
    assert {pair[0] for pair in forward} == set(task.templates)
    assert BY_NAME["code"].training_pair("T", "A", Random(0), 1.0)[1:] == ("T", "A")


def test_a_tasks_prompt_keeps_its_end(tokenizer):
    prompt = BY_NAME["ratings"].prompt("Good. " * 500, tokenizer, max_tokens=60)
    assert prompt.endswith("Stars:") and len(tokenizer(prompt)["input_ids"]) <= 60


def test_a_faulty_task_is_refused(small):
    ratings = BY_NAME["ratings"]
    with pytest.raises(LabError, match=r"\{text\}"):
        replace(ratings, templates=("How many stars?",))
    with pytest.raises(LabError, match="no template"):
        replace(ratings, templates=())
    with pytest.raises(LabError, match="no source for 'tiny'"):
        tasks.load_task(replace(ratings, sources={}), small)


def test_a_folder_of_ones_own_without_answers_is_refused(small, tmp_path):
    for split in tasks.SPLITS:
        (tmp_path / f"{split}.jsonl").write_text('{"text": "a"}\n', "utf-8")
    source = tasks.Source(str(tmp_path), "mine", tasks.read_text_and_answer)
    own = replace(BY_NAME["ratings"], sources={"tiny": source})
    with pytest.raises(LabError, match="lacks the column answer"):
        tasks.load_task(own, small)


# --- Metrics -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "stars"),
    [("4", 4), ("4 stars", 4), ("I give it 5.", 5), ("", None), ("four", None), ("4.5", None),
     ("10", None), ("0", None), ("6", None), ("-", None), ("5/5", 5)],
)  # fmt: skip
def test_stars_are_found_or_not(text, stars):
    assert metrics.stars_in(text) == stars


def test_an_unreadable_rating_is_as_wrong_as_can_be():
    assert [metrics.star_error("no idea", str(right)) for right in (1, 3, 5)] == [4, 2, 4]
    assert metrics.star_error("4", "5") == 1
    assert metrics.mean_star_error(["5", "?"], ["5", "1"]) == 2
    assert metrics.ACCURACY.counts(["5", "?", "2"], ["5", "1", "3"]).tolist() == [
        [1, 1], [0, 1], [0, 1]]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("person: Ada Brin; place: Harlow", {("person", "ada brin"), ("place", "harlow")}),
        (" Person :  Ada  Brin ;; ", {("person", "ada brin")}),
        ("Ada Brin", {("", "ada brin")}),
        ("none", set()),
        ("", set()),
        ("person:", set()),
        ("company: A: B", {("company", "a: b")}),
    ],
)
def test_entities_are_found_or_not(text, found):
    assert metrics.entities_in(text) == found


def test_micro_f1_counts_types_and_names():
    answers = ["person: A; place: B", "none", "person: C"]
    predictions = ["person: A; person: B", "person: D", "C"]
    counts = metrics.entity_counts(predictions, answers)
    assert counts.tolist() == [[2, 4], [0, 1], [0, 2]]
    assert metrics.ENTITY_F1.interval(counts).mean == pytest.approx(2 / 7)


def test_code_is_compared_without_white_space_and_bleu_is_sacrebleus():
    import sacrebleu

    assert metrics.same_code("int a = 1 ;", "int a=1;") and not metrics.same_code("", "int a;")
    predictions, answers = ["a b c d e", "x"], ["a b c d f", "x y z"]
    assert metrics.bleu(predictions, answers) == sacrebleu.corpus_bleu(predictions, [answers]).score
    assert 99 < metrics.bleu(answers * 3, answers * 3) <= 100.0001


def test_a_summary_with_several_references_gets_their_mean():
    one, other = (metrics.summary_counts(["a b c"], [text])[0, 0] for text in ("a b c", "x y z"))
    assert (one, other) == (1, 0)
    assert metrics.summary_counts(["a b c"], [["a b c", "x y z"]])[0, 0] == 0.5


def test_intervals_of_ratios_hold_the_score_and_pairing_makes_changes_narrow():
    rng = np.random.default_rng(0)
    size = rng.integers(1, 6, 300).astype(float)
    before = np.stack([size * (rng.random(300) < 0.5), size], axis=1)
    after = before.copy()
    after[:30, 0] = 0
    score = metrics.ENTITY_F1.interval(before)
    change = metrics.ENTITY_F1.change(after, before)
    assert score.low < score.mean < score.high
    assert change.mean == pytest.approx(metrics.ratio(after.sum(0)) - metrics.ratio(before.sum(0)))
    assert change.high < 0 and change.high - change.low < score.high - score.low
    same = metrics.ENTITY_F1.change(before, before)
    assert (same.mean, same.low, same.high, same.p) == (0, 0, 0, 1)
    with pytest.raises(LabError, match="300 counts, 10 baseline"):
        metrics.ENTITY_F1.change(after, before[:10])
