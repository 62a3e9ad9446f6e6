"""Near-duplicates: the same as comparing every pair, and fast where many are alike."""

import random

import pytest
from conftest import chat_rows

from labutils.own_chats import duplicates
from labutils.own_chats.duplicates import ALIKE, Groups, near_duplicates, shingles, similarity


def groups_of(texts):
    found = near_duplicates(texts)
    return [found[place] for place in range(len(texts))]


def brute(texts):
    groups, sets = Groups(len(texts)), [shingles(text) for text in texts]
    for i in range(len(texts)):
        for j in range(i):
            if similarity(set(sets[i].tolist()), sets[j]) >= ALIKE:
                groups.join(i, j)
    return [groups[place] for place in range(len(texts))]


def disturbed(texts, seed):
    """Each text three times, with a few words changed in two of them, in random order."""
    draw, found = random.Random(seed), []
    for text in texts:
        for changes in (0, 1, 6):
            words = text.split()
            for _ in range(changes):
                words[draw.randrange(len(words))] = f"w{draw.randrange(999)}"
            found.append(" ".join(words))
    draw.shuffle(found)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_it_finds_what_comparing_every_pair_finds(seed):
    texts = disturbed(
        [row["dialogue"] for row in chat_rows("train")[seed * 40 : seed * 40 + 40]], seed
    )
    expected = brute(texts)
    assert groups_of(texts) == expected and 40 <= len(set(expected)) < 110


def test_a_name_more_is_nearly_the_same_and_another_chat_is_not():
    one, other = (row["dialogue"] for row in chat_rows("train")[:2])
    assert groups_of([one, other, one.replace("Premani", "Xylo")]) == [0, 1, 0]


def test_scripts_without_spaces_count():
    text = "我想取消我的订单因为它还没有到而且我已经等了两个星期了请帮我退款谢谢你"
    assert groups_of([text, text[:-1] + "您", text[::-1]]) == [0, 0, 2]


def test_short_and_empty_texts_are_alike_only_if_the_same():
    assert groups_of(["", "a", "b", "A", ""]) == [0, 1, 2, 1, 0]


def test_many_alike_need_few_comparisons(monkeypatch):
    compared = []
    whole = duplicates.similarity
    monkeypatch.setattr(duplicates, "similarity", lambda *pair: compared.append(1) or whole(*pair))
    text = chat_rows("train")[0]["dialogue"]
    texts = [f"{text} Number {i}, please." for i in range(400)]
    assert set(groups_of(texts)) == {0} and len(compared) < 400 * 2
