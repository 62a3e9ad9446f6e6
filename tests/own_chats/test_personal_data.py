"""Likely personal data: found, not confused with other numbers, never shown whole."""

import random

import pytest
from conftest import chat_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from labutils.own_chats.personal_data import MASKS, masked, personal_data, shown

FOUND = {
    "e-mail": ["anna.lee+x@mail.example.com", "ä.ö@bücher.example", "A_1@a-b.example"],
    "IBAN": ["DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "GB29 NWBK 6016 1331 9268 19",
             "NO93 8601 1117 947", "FR14 2004 1010 0505 0001 3M02 606"],
    "card number": ["4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005"],
    "phone number": ["+49 30 1234567", "(555) 123-4567", "555-123-4567", "0171 2345678",
                     "+1 (555) 123 4567", "0044.20.7946.0958"],
    "account number": ["1234567890", "12 3456 7890 12"],
}  # fmt: skip
CASES = [(kind, value) for kind, values in FOUND.items() for value in values]


@pytest.mark.parametrize("kind, value", CASES)
def test_it_is_found_in_a_sentence_and_masked(kind, value):
    for frame in ("Mine is {}, thanks.", "{}", "Write {} NOW", "({})", "Pay to {}.\nBye"):
        text = frame.format(value)
        (found,) = personal_data(text)
        assert (found[0], text[found[1] : found[2]].strip("()")) == (kind, value.strip("()"))
        hidden = masked(text)
        assert MASKS[kind] in hidden and value not in hidden and personal_data(hidden) == []


@pytest.mark.parametrize(
    "text",
    [
        "on 2026-11-26 at 10:15:30", "from 01.02.2026 10:00", "26/11/2026", "$1,030,400.50",
        "order 123456", "version 1.2.3.4.5.6.7.8", "1234567", "€ 12.345.678,90", "@anna", "a@b",
        "10-12 people in 2019-2024", "room 12 3", "3.14159265358979", "DE12 3456", "AB1234567",
        "GB29NWBK60161331926818",
    ],
)  # fmt: skip
def test_other_numbers_are_left_alone(text):
    assert personal_data(text) == [] and masked(text) == text


def test_a_changed_digit_is_no_card_and_a_support_chat_has_none():
    assert masked("4111 1111 1111 1112") != "#CardNumber#"
    chats = [row["dialogue"] + row["summary"] for row in chat_rows("train")]
    assert [chat for chat in chats if personal_data(chat)] == []


@pytest.mark.parametrize("value", [value for _, value in CASES] + ["a@b.de", "1234567"])
def test_a_value_is_never_shown_whole(value):
    part = shown(value)
    hidden = len(value) - len(part.replace("...", ""))
    assert value not in part and hidden >= min(4, len(value) // 2)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="0123456789 +-().@abDE\n٣４", max_size=80))
def test_masking_twice_changes_nothing_more(text):
    assert masked(masked(text)) == masked(text)


def test_long_texts_take_bounded_time():
    mixed = "".join(random.Random(1).choices("0123456789 +-", k=100_000))
    dotted = ["a." * 50_000 + "@", "a@" + "b." * 50_000]
    for text in ("a" * 100_000, "1" * 100_000, "DE12" * 25_000, "1 " * 50_000, mixed, *dotted):
        masked(text)  # quadratic time would take minutes
