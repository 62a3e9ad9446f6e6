"""The plan: no customer and no near-duplicate on two sides, nothing lost, few called few."""

import pytest
from conftest import ROOT
from sample_chats import company_rows

from labutils.common.files import read_json
from labutils.evaluation.intervals import NORMAL
from labutils.own_chats.reading import Chat
from labutils.own_chats.splitting import SPREAD, plan_split, what_it_proves


def chat(number, dialogue, customer="", summary="It is so."):
    return Chat(f"c-{number}", customer, dialogue, summary, 2, 2)


def many(count, customers=None):
    """Chats of ever different words."""
    return [
        chat(i, " ".join(f"w{i}x{j}" for j in range(30)), f"C-{i % customers}" if customers else "")
        for i in range(count)
    ]


def sides(plan, key):
    found = {}
    for split, chats in plan.splits.items():
        for each in chats:
            found.setdefault(key(each), set()).add(split)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_a_customer_is_on_one_side_and_all_chats_are_used(seed):
    chats = many(100, customers=40)
    plan = plan_split(chats, seed=seed)
    assert all(len(splits) == 1 for splits in sides(plan, lambda c: c.customer).values())
    assert sorted(c.id for s in plan.splits.values() for c in s) == sorted(c.id for c in chats)
    sizes = {split: len(items) for split, items in plan.splits.items()}
    assert 17 <= sizes["test"] <= 20 and 8 <= sizes["validation"] <= 10
    assert sum(plan.groups.values()) == 40


def test_near_duplicates_are_on_one_side_and_tie_customers_together():
    chats = many(60)
    twins = [chat(100 + i, c.dialogue + " more", f"T-{i}") for i, c in enumerate(chats[:20])]
    third = [chat(200, "quite another text of this one", "T-3")]
    plan = plan_split([*chats, *twins, *third])
    of_chat = {c.id: split for split, items in plan.splits.items() for c in items}
    assert all(of_chat[f"c-{i}"] == of_chat[f"c-{100 + i}"] for i in range(20))
    assert of_chat["c-200"] == of_chat["c-3"] == of_chat["c-103"]
    assert len(plan.nearly_same) == 40 and plan.leaks > 0


def test_a_seed_gives_one_split_and_another_seed_another():
    chats = many(100)
    assert plan_split(chats, seed=1) == plan_split(chats, seed=1)
    assert plan_split(chats, seed=1).splits["test"] != plan_split(chats, seed=2).splits["test"]


def test_empty_repeated_and_unlabelled_chats_are_told_apart():
    chats = [*many(10), chat(50, ""), chat(51, "Alone", summary=""), chat(52, many(1)[0].dialogue),
             chat(53, "ALONE  ", summary="One."), chat(54, "No summary", summary="")]  # fmt: skip
    plan = plan_split(chats)
    assert [c.id for c in plan.empty] == ["c-50"]
    assert [c.id for c in plan.repeated] == ["c-51", "c-52"]  # the one with a summary stays
    assert [c.id for c in plan.without_summary] == ["c-54"]
    assert sum(map(len, plan.splits.values())) == 11


def test_three_chats_make_three_splits_and_two_make_none():
    assert [len(chats) for chats in plan_split(many(3)).splits.values()] == [1, 1, 1]
    for chats in (many(2), many(30, customers=2), many(0), [chat(i, "the same") for i in range(9)]):
        plan = plan_split(chats)
        assert plan.splits == {} and "three at least" in plan.problem


@pytest.mark.parametrize("sizes", [(90, 5, 5), (30, 30, 40), (1, 1, 98), (50, 50, 1)])
def test_every_split_has_chats_though_customers_are_large(sizes):
    owners = [f"C-{i}" for i, size in enumerate(sizes) for _ in range(size)]
    chats = [chat(i, c.dialogue, o) for i, (c, o) in enumerate(zip(many(sum(sizes)), owners))]
    plan = plan_split(chats)
    assert all(plan.splits.values())
    assert len(plan.splits["train"]) == max(sizes)


def test_a_split_by_row_would_have_leaked_as_told():
    assert plan_split(many(60, customers=3)).leaks == 20
    assert plan_split(many(60)).leaks == 0


def test_few_test_chats_are_said_to_prove_little():
    assert "gives no interval" in what_it_proves(1)
    assert "+- 0.084 (95%). That is too little" in what_it_proves(10)
    assert "of 9 groups;" in what_it_proves(200, 9) and "too little" in what_it_proves(200, 9)
    assert "too little" not in what_it_proves(200, 200) and "groups" not in what_it_proves(200, 200)
    assert "too little" not in what_it_proves(200) and "+- 0.016" in what_it_proves(200)


def test_the_chats_of_support_chats_are_no_near_duplicates():
    chats = [chat(i, row["text"]) for i, row in enumerate(company_rows(300))]
    assert len(plan_split(chats).nearly_same) < 30


def test_the_spread_that_is_assumed_is_the_published_one():
    report = read_json(ROOT / "data" / "results" / "report.json")
    (base,) = [each for each in report["systems"] if each["name"] == "zero-shot"]
    interval = base["rouge"]["rouge1"]
    half_width = (interval["high"] - interval["low"]) / 2
    measured = half_width * report["test_dialogues"] ** 0.5 / NORMAL
    assert SPREAD == pytest.approx(measured, abs=0.005)
