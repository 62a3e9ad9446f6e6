"""The generated conversations: their names, answers, numbers and summaries agree with the talk."""

import random
import re

import pytest

from labutils.evaluation.failures import failures
from tools.makers import conversations
from tools.makers.conversations import SETTINGS, anything, conversation, engine, plot, words
from tools.makers.conversations.engine import FEWEST_TURNS, MOST_TURNS
from tools.makers.conversations.plot import LONGEST, Untellable, talk, talk_of_two
from tools.makers.names import in_pool

NUMBER = re.compile(r"(?:\b[A-Z])?\$?\d+(?::\d\d [ap]m)?")
COINED = re.compile(r"(?<![.?!:] )(?<!^)(?<!#)\b[A-Z][a-z]{2,}\b")
COMMON = {"They", "Because", "Since", "Lessons", "Instead"}
LINKS = {"Then", "Also", "After", "Moreover", "Next"}
KINDS = {"person", "place", "product", "company"}


def sample(pool="train", size=600, seed=3):
    rng = random.Random(seed)
    return [conversation(rng, pool) for _ in range(size)]


CONVERSATIONS = sample() + sample("test")


def stands_in(value, text):
    return re.search(rf"(?<![\w$:]){re.escape(value)}(?![\w:])", text) is not None


def test_the_same_generator_gives_the_same_conversation():
    assert sample(size=20) == sample(size=20)
    assert sample(size=20) != sample(size=20, seed=4)


def test_dialogues_alternate():
    for talked in CONVERSATIONS:
        speakers = [line.split(": ", 1)[0] for line in talked.dialogue.split("\n")]
        assert FEWEST_TURNS <= len(speakers) <= MOST_TURNS
        assert speakers == [
            "#Person1#" if i % 2 == 0 else "#Person2#" for i in range(len(speakers))
        ]


def test_answers_stand_in_the_dialogue():
    for talked in CONVERSATIONS:
        assert 2 <= len(talked.questions) <= 5
        for question, answer in talked.questions:
            assert question.endswith("?")
            assert stands_in(answer, talked.dialogue), (question, answer, talked.dialogue)


def test_entities_stand_in_the_dialogue_in_order():
    for talked in CONVERSATIONS:
        positions = [talked.dialogue.find(name) for name in talked.entities]
        assert -1 not in positions and positions == sorted(positions)
        assert set(talked.entities.values()) <= KINDS


def test_names_and_numbers_of_the_summary_stand_in_the_dialogue():
    for talked in CONVERSATIONS:
        for name in set(COINED.findall(talked.summary)) - COMMON:
            assert stands_in(name, talked.dialogue), (name, talked.summary, talked.dialogue)
        for number in NUMBER.findall(re.sub(r"#Person\d#", "", talked.summary)):
            assert stands_in(number, talked.dialogue), (number, talked.summary, talked.dialogue)


def test_nothing_is_left_unfilled():
    for talked in CONVERSATIONS:
        texts = [
            talked.dialogue,
            talked.summary,
            *(part for pair in talked.questions for part in pair),
        ]
        for text in texts:
            assert not re.search(r"[\[\]{}|@*]|>>|  |\.\.| \.| ,|\ba [aeio]", text), text
            assert not anything.MARK.search(text), text


def test_summaries_are_one_to_three_sentences():
    for talked in CONVERSATIONS:
        text = re.sub(r"\b(Mr|Ms|Dr)\.", r"\1", talked.summary)
        assert 1 <= len(re.findall(r"[.!?](?= |$)", text)) <= 3, text


def test_pools_share_no_names():
    def coined(pool):
        return {name for talked in sample(pool) for name in talked.entities}

    train, test = coined("train"), coined("test")
    assert train and test and not train & test
    single = re.compile(r"[A-Z][a-z]+")
    for names, pool in ((train, "train"), (test, "test")):
        assert all(in_pool(name, pool) for name in names if single.fullmatch(name))


def test_no_customer_support():
    for talked in CONVERSATIONS:
        text = f"{talked.dialogue} {talked.summary} {talked.topic}"
        assert not re.search(r"customer|agent|hotline|complain|support", text, re.IGNORECASE)


def test_no_summary_says_four_words_in_a_row_twice():
    rng = random.Random(5)
    talks = [conversations.longer_conversation(rng, "train") for _ in range(600)]
    for talked in CONVERSATIONS + talks:
        assert not failures(talked.summary)["repeats"], talked.summary


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_the_summary_tells_only_the_last_value(setting):
    rng = random.Random(setting.name)
    changes = 0
    for _ in range(200):
        talked, change = talk(rng, "train", setting, rng.choice(setting.situations))
        if change:
            changes += 1
            old, new = change
            assert stands_in(new, talked.dialogue)
            assert not stands_in(old, talked.summary), (change, talked.summary)
            assert old not in {answer for _, answer in talked.questions}
    assert changes >= 20


@pytest.mark.parametrize("maker", [conversation, conversations.longer_conversation])
def test_what_cannot_be_told_is_given_up_and_something_else_told(maker, monkeypatch):
    """Made-up situations that never fitted once held a training up for good."""
    odd = anything.situation(random.Random(1))
    with monkeypatch.context() as patch:
        patch.setattr(engine, "FEWEST_TURNS", 1000)
        with pytest.raises(Untellable):
            talk(random.Random(1), "train", SETTINGS[0], odd)
    others = [anything.situation(random.Random(seed)) for seed in range(8)]
    drawn = iter([odd, *others])
    real = plot.played

    def played(rng, pool, setting, situation, before=None):
        if situation is odd:
            raise Untellable
        return real(rng, pool, setting, situation, before)

    monkeypatch.setattr(plot, "played", played)
    monkeypatch.setattr(conversations, "drawn_situation", lambda rng, setting: next(drawn))
    assert maker(random.Random(3), "train").questions


def test_a_talk_about_two_things_tells_of_both_and_is_one_talk():
    rng = random.Random(9)
    for setting in SETTINGS:
        situations = tuple(rng.sample(setting.situations, 2))
        talked = talk_of_two(rng, "train", setting, situations)
        lines = talked.dialogue.split("\n")
        assert len(lines) <= LONGEST
        assert all(line.startswith(f"#Person{1 + i % 2}#: ") for i, line in enumerate(lines))
        assert not re.search(r"\bGoodbye|\bBye\b|See you", "\n".join(lines[: len(lines) // 2]))
        questions = [question for question, _ in talked.questions]
        assert questions and len(set(questions)) == len(questions)
        for _, answer in talked.questions:
            assert stands_in(answer, talked.dialogue)
        for name in set(COINED.findall(talked.summary)) - COMMON - LINKS:
            assert stands_in(name, talked.dialogue), (name, talked.summary, talked.dialogue)
        text = re.sub(r"\b(Mr|Ms|Dr)\.", r"\1", talked.summary)
        assert 2 <= len(re.findall(r"[.!?](?= |$)", text)) <= 6


def test_every_slot_is_known():
    shared = [line for lists in words.SHARED_LISTS.values() for key in lists for line in lists[key]]
    for setting in SETTINGS:
        for situation in setting.situations:
            parts = [part for lines in situation.lists.values() for part in lines] + shared
            for detail in situation.details + situation.plans:
                parts += [detail.question, detail.answer, detail.clause]
            used = {slot for part in parts for slot in re.findall(r"{(\w+)}", part)}
            for slot in used:
                base = slot.rstrip("0123456789")
                known = {*situation.slots, *words.SHARED_SLOTS, *words.KINDS}
                assert slot in known or base in known, (situation.topic, slot)
            wanted = {*situation.quiz, *situation.correct, *situation.move}
            assert wanted <= used, (situation.topic, wanted - used)


def test_there_are_enough_situations():
    assert len(SETTINGS) == 15
    assert all(len(setting.situations) >= 5 for setting in SETTINGS)
    assert sum(len(setting.situations) for setting in SETTINGS) >= 75


def test_what_is_made_up_hardly_comes_twice():
    """Told again and again, it would be learned by heart instead of read."""
    rng = random.Random(2)
    made = [anything.situation(rng) for _ in range(500)]
    for key in ("do", "offer", "no"):
        told = [line for situation in made for line in situation.lists[key]]
        assert len(set(told)) > 0.85 * len(told), key
    assert {situation.kind for situation in made} == {
        kind for kinds in anything.KINDS.values() for kind in kinds
    }
