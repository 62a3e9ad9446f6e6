"""Summaries that fail visibly are counted as what they are."""

import pytest

from labutils.common.errors import LabError
from labutils.evaluation.failures import (
    at_token_limit,
    count_failures,
    failures,
    longest_copy,
    unsupported,
)

DIALOGUE = "#Person1#: Good morning.\n#Person2#: I lost my card yesterday."


@pytest.mark.parametrize(
    "text, expected",
    [
        ("#Person1#: Of course.", {"continues_dialogue"}),
        ("#Person2#: I lost my card yesterday.", {"continues_dialogue", "copied"}),
        ("Anna: Yes", {"continues_dialogue"}),
        ("I lost my   card", {"copied"}),
        ("#Person2# says: I lost my card", {"copied"}),
        ("#Person2# says: I lost my purse", set()),
        ("#Person2# says the card", set()),
        ("I lost my car", set()),
        ("", {"empty"}),
        (" \n", {"empty"}),
        ("#Person2# lost a card.", set()),
        ("Person2 lost a card.", set()),
        ("Summary: a card is lost.", set()),
        ("A card is lost by #Person3#.", {"new_names"}),
        ("the card of Anna, Tom and Ben", {"new_names"}),
        ("Yesterday a card was lost.", set()),
        ("A card was lost 2 days ago.", {"new_numbers"}),
        ("the card is lost and the card is lost", {"repeats"}),
        ("#Person1# lost a card, #Person1# lost it.", set()),
    ],
)
def test_failures_are_counted_as_what_they_are(text, expected):
    found = failures(text, DIALOGUE)
    assert {kind for kind, failed in found.items() if failed} == expected


def test_a_name_or_number_that_the_dialogue_has_is_no_new_one():
    dialogue = "#Person1#: Is Anna here?\n#Person2#: She comes at 10:30, says TOM."
    found = failures("#Person1# hears that Anna and Tom come at 10:30.", dialogue)
    assert not any(found.values())
    assert failures("at 10:31", dialogue)["new_numbers"]
    assert not failures("It costs 1,000 dollars.", "agent: That is 1000.")["new_numbers"]
    assert failures("agent: Hello", "agent: That is 1000.")["continues_dialogue"]
    assert failures("he met (Zorro) and Émile", dialogue)["new_names"]


@pytest.mark.parametrize(
    "text, new",
    [
        ("He talks to Mr. Brown about the car.", {"brown"}),
        ("He talks to Dr Brown.", {"brown"}),
        ("Mrs. Brown calls.", {"brown"}),
        ("He talks to Dr. Green.", set()),
        ("He has two TVs at ATMs. Brown is their colour.", {"tvs", "atms"}),
    ],
)
def test_a_title_ends_no_sentence_and_is_no_name(text, new):
    """An invented "Mr. Brown" stood in the app without a flag."""
    dialogue = "#Person1#: Hello Mr. Green, the car is ready."
    assert unsupported(text, dialogue)["new_names"] == new


def test_counts_of_failures_add_up():
    found = count_failures(
        ["#Person1#: Of course.", "", "I lost my keys"], [DIALOGUE] * 3, [True, False, False]
    )
    assert found == {
        "n": 3,
        "continues_dialogue": 1,
        "empty": 1,
        "repeats": 0,
        "copied": 0,
        "new_names": 0,
        "new_numbers": 0,
        "truncated": 1,
        "words": pytest.approx(7 / 3),
        "longest_copy": pytest.approx((1 + 0 + 3) / 3),
    }
    assert "copied" not in count_failures(["a"]) and "truncated" not in count_failures(["a"])
    with pytest.raises(LabError, match="1 predictions, 2 dialogues"):
        count_failures(["a"], ["b", "c"])


def test_the_longest_copy_is_counted_in_words():
    assert longest_copy("She said: i lost MY card.", DIALOGUE) == 4
    assert longest_copy("", DIALOGUE) == 0 == longest_copy("nothing", "")


def test_an_answer_that_fills_the_limit_was_cut(tokenizer):
    text = "#Person1# loses a card"
    size = len(tokenizer(text)["input_ids"]) - 1  # without its end
    assert at_token_limit([text, "a"], tokenizer, size) == [True, False]
    assert at_token_limit([text], tokenizer, size + 1) == [False]
