"""The fact scorer knows a fact and an outcome in other words, and no others."""

import json
import random
from itertools import product
from pathlib import Path
from time import process_time

import numpy as np
import pytest

from labutils.common.errors import LabError
from labutils.evaluation.facts import (
    FACT_METRICS,
    fact_scores,
    invented,
    outcome_told,
    score_facts,
    told,
)
from labutils.evaluation.truths import read_facts
from labutils.evaluation.wordings import spelled

CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("paraphrases.jsonl").read_text("utf-8").splitlines()
]
"""Summaries in other words than the references: the rules were made on the first 60.

Before any rule was made on the other 40, they scored 1.0 in facts and 0.95 in outcome.
"""

CHATS = list({case["truth"]["id"]: case for case in CASES}.values())

TRUTH = {
    "id": "test_0",
    "topic": "lost bank card",
    "facts": [
        {"slot": "day", "kind": "day", "value": "Friday", "required": True, "instead": ["Monday"]}
    ],
    "outcomes": [
        {
            "kind": "granted",
            "key": "block it and mail a new one",
            "others": [{"kind": "refused", "key": "spent with it today"}],
        }
    ],
}


def fact(kind, value, *instead):
    return {"slot": kind, "kind": kind, "value": value, "required": True, "instead": list(instead)}


def outcome(kind, key, *others):
    return {"kind": kind, "key": key, "others": [{"kind": k, "key": other} for k, other in others]}


def scores(cases, summaries):
    return fact_scores(
        summaries, [case["truth"] for case in cases], [case["dialogue"] for case in cases]
    )


def test_references_score_full():
    means = scores(CHATS, [chat["reference"] for chat in CHATS]).mean()
    assert min(means["facts"], means["outcome"], means["facts_f1"], means["all_right"]) >= 0.99


@pytest.mark.parametrize("part", [CASES[:60], CASES[60:]], ids=["first 60", "other 40"])
def test_paraphrases_score_nearly_full(part):
    means = scores(part, [case["paraphrase"] for case in part]).mean()
    assert min(means["facts"], means["outcome"]) >= 0.95
    assert max(means["new_name"], means["new_number"]) <= 0.02


def test_every_wrong_fact_costs():
    facts = [(chat, fact) for chat in CHATS for fact in chat["truth"]["facts"] if fact["required"]]
    tried = 0
    for (chat, right), (_, wrong) in product(facts, facts):
        text = chat["reference"].replace(right["value"], wrong["value"])
        if right["kind"] != wrong["kind"] or text == chat["reference"]:
            continue
        before, after = scores([chat, chat], [chat["reference"], text]).to_dict("records")
        assert after["facts"] < before["facts"] and after["facts_f1"] < before["facts_f1"], text
        assert after["all_right"] == 0
        tried += 1
    assert tried > 1000


def test_shuffled_words_tell_less_and_hardly_ever_everything():
    shuffle = random.Random(42)
    chats = CHATS * 5
    texts = [
        " ".join(shuffle.sample(words, len(words)))
        for words in (chat["reference"].split() for chat in chats)
    ]
    means = scores(chats, texts).mean()
    assert means["facts"] < 0.85 and means["outcome"] < 0.9 and means["all_right"] < 0.4


def test_the_summary_of_another_chat_tells_hardly_anything():
    pairs = [(one, other["reference"]) for one in CHATS for other in CHATS if one is not other]
    assert scores(*zip(*pairs)).mean()["facts"] <= 0.05


def test_another_chat_of_the_same_topic_tells_few_facts():
    values = (("Gold", "Travel"), ("the bus", "a taxi"), ("$45", "$20"), ("Brena Olmstad", "Jo Ax"))
    text = CHATS[0]["reference"]
    for value, other in values:
        text = text.replace(value, other)
    found = scores(CHATS[:1], [text]).iloc[0]
    assert found["facts"] <= 0.2 and found["outcome"] == 1


@pytest.mark.parametrize(
    "kind, value, text",
    [
        *(
            ("amount", "$45", text)
            for text in ("forty-five dollars", "45 bucks", "USD 45", "$45.00")
        ),
        *(("amount", "$1,250", text) for text in ("$1250", "twelve hundred and fifty dollars")),
        ("amount", "$62.50", "sixty-two dollars and fifty cents"),
        *(("date", "May 14", text) for text in ("14 May", "the 14th of May", "5/14", "14/5")),
        *(("date", "May 2", text) for text in ("May the second", "the second of May")),
        *(
            ("time", "2:15 pm", text)
            for text in ("a quarter past two", "2.15pm", "14:15", "at 2:15")
        ),
        *(("time", "9:30 am", text) for text in ("half past nine", "nine thirty am", "9:30 a.m.")),
        *(("time", "12:00 pm", text) for text in ("noon", "midday", "12 o'clock")),
        ("time", "4:45 pm", "quarter to five in the afternoon"),
        *(("time", "10:45 am", text) for text in ("15 minutes to eleven", "fifteen to eleven.")),
        *(("time", "6:00 pm", text) for text in ("at 6 tonight", "at 6 this evening")),
        *(
            ("time", "1:00 pm", text)
            for text in ("at one o'clock", "1 o'clock in the afternoon", "at one pm")
        ),
        *(("amount", "five percent", text) for text in ("5%", "5 per cent", "five per cent")),
        *(("amount", "$31", text) for text in ("31 U.S. dollars", "31 US dollars")),
        *(("time", "1:30 pm", text) for text in ("half past one", "1:30 in the afternoon")),
        *(("time", "12:45 pm", text) for text in ("quarter to one", "a quarter to one")),
        ("day", "Friday", "on Fri. at two"),
        *(("number", "K4821", text) for text in ("K 4821", "K-4821", "k four eight two one")),
        *(("count", "six months", text) for text in ("6 months", "six-month plan", "half a year")),
        ("count", "two weeks", "14 days"),
        ("count", "three nights", "three more nights"),
        *(
            ("person", "Brena Olmstad", text)
            for text in ("Ms. Olmstad's", "Brena", "brena olmstad")
        ),
        ("company", "The Onyxpeak Net", "Onyxpeak"),
        ("product", "Quildell smartphone", "a phone by Quildell"),
        ("place", "Port Harlow", "in Harlow"),
        ("detail", "cracked hinge", "whose hinge is cracked"),
    ],
)
def test_a_value_is_told_in_any_spelling(kind, value, text):
    assert told(fact(kind, value), text)


def test_the_evening_after_o_clock_is_not_the_morning():
    assert not told(fact("time", "8:00 am"), "The visit is at 8 o'clock in the evening.")
    assert told(fact("time", "8:00 pm"), "The visit is at 8 o'clock in the evening.")


@pytest.mark.parametrize(
    "kind, value, text",
    [
        ("amount", "$45", "$450 and 45 days"),
        ("date", "May 14", "June 14 and May 4"),
        ("time", "2:15 pm", "2:15 am"),
        ("time", "2:15 pm", "a quarter to two"),
        ("number", "K4821", "K4812"),
        ("count", "six months", "six weeks"),
        ("person", "Brena Olmstad", "#Person1#"),
        ("detail", "cracked hinge", "a cracked screen"),
        ("detail", "cracked hinge", ""),
    ],
)
def test_another_value_is_not_told(kind, value, text):
    assert not told(fact(kind, value), text)


@pytest.mark.parametrize(
    "text, right",
    [
        ("It is on Friday.", True),
        ("It is on Friday instead of Monday.", True),
        ("It is on Friday and not on Monday.", True),
        ("It is moved from Monday to Friday.", True),
        ("Monday's visit was moved to Friday.", True),
        ("It is on Monday.", False),
        ("It is on Friday. The visit is on Monday.", False),
        ("It is moved from Friday to Monday.", False),
        ("It is on Monday instead of Friday.", False),
    ],
)
def test_only_the_last_value_holds(text, right):
    assert told(fact("day", "Friday", "Monday"), text) is right


@pytest.mark.parametrize(
    "text, kind",
    [
        ("The shop refunds the shoes.", "granted"),
        ("#Person1# asks for a refund of the shoes and gets it.", "granted"),
        ("The shop gives the money back for the shoes.", "granted"),
        ("The shop cannot refund the shoes.", "refused"),
        ("The shop won't refund the shoes.", "refused"),
        ("A refund of the shoes is denied.", "refused"),
        ("#Person1# wants a refund for the shoes, but that is impossible.", "refused"),
        ("#Person1# wants a refund for the shoes.", None),
        ("The shop sells shoes.", None),
    ],
)
def test_granted_and_refused_are_told_apart(text, kind):
    pair = ("granted", "refund the shoes"), ("refused", "refund the shoes")
    found = [
        mine for mine, other in (pair, pair[::-1]) if outcome_told(outcome(*mine, other), text)
    ]
    assert found == ([] if kind is None else [(kind, "refund the shoes")])


def test_an_outcome_that_fits_another_one_better_is_wrong():
    item = outcome("granted", "mail a new card", ("granted", "mail a new card by taxi"))
    assert outcome_told(item, "A new card is mailed.")
    assert not outcome_told(item, "A new card is sent by taxi.")


def test_a_lack_must_be_told_as_one():
    item = outcome("refused", "no parts for it", ("granted", "repair it"))
    assert outcome_told(item, "There are no parts.")
    assert not outcome_told(item, "There are parts.")


def test_offers_that_are_turned_down():
    item = outcome("declined", "take the voucher", ("granted", "take the voucher"))
    assert outcome_told(item, "#Person1# is offered to take the voucher but declines.")
    assert not outcome_told(item, "#Person1# takes the voucher.")


def test_scores_count_what_is_wrong():
    dialogue = "#Person1#: On Monday, no, Friday. My card is gone.\n#Person2#: I'll mail a new one."
    right = score_facts("It is blocked, and a new one is mailed on Friday.", TRUTH, dialogue)
    assert right == dict(zip(FACT_METRICS, (1, 1, 1, 0, 0, 1)))
    wrong = score_facts("It is not blocked on Monday by Zorba for $7.", TRUTH, dialogue)
    assert wrong == dict(zip(FACT_METRICS, (0, 0, 0, 1, 1, 0)))
    part = score_facts("It is blocked, and a new one is mailed.", TRUTH, dialogue)
    assert (part["facts"], part["outcome"], part["all_right"]) == (0, 1, 0)
    assert part["facts_f1"] == pytest.approx(2 / 3)
    assert score_facts("", TRUTH, dialogue)["facts_f1"] == 0
    more = score_facts(
        "It is blocked, and a new one is mailed on Friday by Zorba.", TRUTH, dialogue
    )
    assert more == dict(zip(FACT_METRICS, (1, 1, 2 * 2 / (2 + 1 + 2), 1, 0, 0)))


@pytest.mark.parametrize(
    "summary, dialogue",
    [
        ("#Person1# may get it.", "I might get it."),
        ("#Person2# calls in the morning.", "I'll call in the morning."),
        ("#Person2# calls #Person1# in the morning.", "I'll call in the morning."),
        ("Room 23 may be used.", "Room 23 can be used."),
        ("It takes 5 to 7 business days.", "It takes 5-7 business days."),
        ("It takes five to ten days.", "It takes 5 to 10 days."),
        ("It sold 10 to 2 shops.", "We sold 10 of them to 2 shops."),
        ("The limit is raised by 30.", "I can put it up by 30."),
        ("He comes at 8 pm.", "Come at 8 tonight."),
        ("It was paid two times.", "I paid twice."),
        ("Write to @anna12 about 1/2.", "I'm @anna12, it's about 1/2."),
        ("It is due on August 21.", "It's due in August. On the 21st, I think."),
        ("He said: “Hello.” Then he left.", "Hello. He left."),
    ],
)
def test_what_is_said_in_other_words_is_no_invention(summary, dialogue):
    found = invented(summary, f"#Person1#: {dialogue}\n#Person2#: I see.")
    assert found == {"names": set(), "numbers": set()}


@pytest.mark.parametrize(
    "summary, dialogue, number",
    [
        ("#Person1# paid $2.", "I want to return a box.", "$2"),
        ("#Person1# bought it on January 2.", "I want to return a box.", "@1/2"),
        ("It comes on May 5.", "It comes on May 4.", "@5/5"),
        ("It costs $5 until May 4.", "It comes on May 4, at 5 pm.", "$5"),
    ],
)
def test_numbers_of_tags_dates_and_times_are_no_other_numbers(summary, dialogue, number):
    found = invented(summary, f"#Person1#: {dialogue}\n#Person2#: I see.")
    assert found["numbers"] == {number}


def test_inventions_are_what_no_spelling_of_the_dialogue_has():
    dialogue = "#Person1#: 5 nights from May 12 at 2:30 pm, code K 4821, $45. Fine?"
    for text in ("five nights", "the twelfth of May", "half past two", "K-4821", "45 dollars"):
        assert invented(f"It is {text}.", dialogue) == {"names": set(), "numbers": set()}
    found = invented("It is Zorba's for six nights, at half past three and $46.", dialogue)
    assert found == {"names": {"zorba"}, "numbers": {"6", "@3:30", "$46"}}


def test_number_words_become_digits():
    assert spelled("one thousand two hundred and five, two fifteen, two and three") == (
        "1205, 2 15, 2 and 3"
    )


def test_a_table_has_a_row_for_each_prediction():
    table = fact_scores(["", "Friday"], [TRUTH] * 2, [""] * 2)
    assert tuple(table.columns) == FACT_METRICS and len(table) == 2
    with pytest.raises(LabError, match="2 predictions"):
        fact_scores(["", ""], [TRUTH], [""])


def test_truths_are_read(tmp_path):
    path = tmp_path / "facts.jsonl"
    path.write_text(json.dumps(TRUTH) + "\n\n")
    assert read_facts(path) == {"test_0": TRUTH}


def test_truths_are_read_whatever_their_file_was_saved_with(tmp_path):
    """A byte-order mark, Windows' line ends, and signs that Unicode calls line ends in a text."""
    truth = TRUTH | {"facts": [fact("detail", "the old\u2028or the new\x85card")]}
    path = tmp_path / "facts.jsonl"
    path.write_bytes(f"\ufeff{json.dumps(truth, ensure_ascii=False)}\r\n".encode())
    assert read_facts(path) == {"test_0": truth}


def changed(**keys):
    return json.dumps(TRUTH | keys)


@pytest.mark.parametrize(
    "line, message",
    [
        ("{", "is not JSON .*Put one JSON object"),
        pytest.param("[" * 100_000, "is not JSON .*Put one JSON object", id="deep"),
        pytest.param(f"1{'0' * 5000}", "is not JSON .*Put one JSON object", id="long"),
        ("[]", "is no object. Write it"),
        ('{"id": "test_1"}', "'topic', 'facts', 'outcomes' is missing. Add"),
        (changed(id="test_1", facts=[{"slot": "day"}]), "'kind', .*is missing"),
        (changed(id="test_1", facts=[fact("colour", "red")]), "'colour'. Use one of 'amount'"),
        (
            changed(id="test_1", outcomes=[outcome("won", "refund")]),
            "'won'. Use one of 'alternative'",
        ),
        (changed(id="test_1", outcomes=[outcome("granted", "")]), "says nothing"),
        (changed(id="test_1", facts=[fact("day", " ")]), "says nothing"),
        (changed(id="test_1", facts={}), "'facts' is no list"),
        (changed(), "'test_0' .*second time. Keep one"),
    ],
)
def test_faulty_truths_are_named_with_their_line(tmp_path, line, message):
    path = tmp_path / "facts.jsonl"
    path.write_text(json.dumps(TRUTH) + "\n" + line)
    with pytest.raises(LabError, match=f"facts.jsonl, line 2.*{message}"):
        read_facts(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(LabError, match="none.jsonl cannot be read .*Give the facts.jsonl that"):
        read_facts(tmp_path / "none.jsonl")


def test_scoring_is_fast():
    texts = [f"{case['paraphrase']} {number}" for number in range(5) for case in CASES]
    start = process_time()
    scores(CASES * 5, texts)
    assert len(texts) / (process_time() - start) > 250
    assert np.isfinite(scores(CASES, texts[:100]).to_numpy()).all()
