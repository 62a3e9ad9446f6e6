"""ROUGE beside the facts: the table, the figure, and the pair that is shown."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import MARKUP

from labutils.evaluation.agreement import ordered_pairs
from labutils.evaluation.fact_report import COMPARED_FACTS
from labutils.views import agreement, tables
from labutils.views.alt_text import describe

CHATS = ["#Person1#: I am Ann, in room 12.", "#Person1#: I am Bea, in room 7."]


def run(name, texts, rouge, truth=None):
    items = pd.DataFrame({"prediction": texts, "rouge1": rouge})
    if truth:
        items = items.assign(**{metric: truth for metric in COMPARED_FACTS})
    return SimpleNamespace(
        name=name, predictions=texts, items=items, scores=items[["rouge1"]], has_facts=bool(truth)
    )


@pytest.fixture
def lookup():
    return run("lookup", ["It is about Cem, in room 3.", "It is about Cem, in room 3."],
               [0.8, 0.7], [0.1, 0.2])  # fmt: skip


@pytest.fixture
def model():
    return run("model", ["There is Ann.", "There is Bea."], [0.3, 0.75], [0.9, 0.9])


def test_the_table_has_the_facts_or_says_only_what_is_invented(lookup, model):
    table = agreement.rouge_beside_facts([model, lookup], CHATS)
    assert table.index.tolist() == ["lookup", "model"]
    assert table.loc["model", "facts told"] == pytest.approx(0.9)
    model.has_facts = False
    table = agreement.rouge_beside_facts([model, lookup], CHATS)
    assert list(table) == ["ROUGE-1", "with a new name", "with a new number"]
    assert table.loc["lookup"].tolist() == [0.75, 1, 1] and table.loc["model"].tolist()[1:] == [
        0,
        0,
    ]


def test_the_truth_is_facts_or_the_share_that_the_dialogue_supports(lookup, model):
    _, truth, measure = agreement.rouge_and_truth([lookup, model], CHATS)
    assert measure == "facts F1" and truth["lookup"].tolist() == [0.1, 0.2]
    lookup.has_facts = False
    rouge, truth, measure = agreement.rouge_and_truth([lookup, model], CHATS)
    assert measure == agreement.SUPPORTED and rouge["model"].tolist() == [0.3, 0.75]
    assert truth.to_dict("list") == {"lookup": [0, 0], "model": [1, 1]}


def test_summaries_of_nearly_one_rouge_are_said_to_be_unlike_in_truth():
    rouge = pd.DataFrame({"a": [0.5, 0.52, 0.9], "b": [0.48, 0.5, 0.1]})
    truth = pd.DataFrame({"a": [0.0, 1.0, 0.7], "b": [0.5, 0.5, 0.7]})
    told = agreement.truth_of_like_rouge(rouge, truth, "facts F1")
    assert "4 summaries have" in told and "of the median, 0.50. The facts F1 of nine in ten" in told
    low, high = map(float, re.findall(r"between (\S+) and (\S+)\.$", told)[0])
    assert (low, high) == pytest.approx((0.075, 0.925), abs=0.006)


def test_the_figure_has_a_point_for_each_system_and_each_summary(lookup, model):
    rouge, truth, measure = agreement.rouge_and_truth([lookup, model], CHATS)
    figure = agreement.plot_rouge_and_facts(
        rouge.assign(references=[0.7, 0.8]), truth.assign(references=[1.0, 1.0]), measure
    )
    left, right = figure.axes
    assert len(right.collections) == 2 and len(left.containers) == 3
    told = describe(figure)
    assert "Panel 1. systems" in told and "lookup: 0.15 at 0.75" in told
    assert "lookup: 2 points, x from " in told and "references: 1 at 0.75" in told
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [*rouge, "references"]


def test_each_system_has_a_mark_that_can_be_seen_and_stands_where_it_was_measured():
    """Eight marks smaller than the ends of their intervals, and hue alone told them apart."""
    means = {"full": (0.806, 0.985), "lora": (0.8, 0.98), "references": (0.76, 0.999),
             "random summary": (0.33, 0.05), "nearest chat": (0.53, 0.2)}  # fmt: skip
    rouge, truth = (
        pd.DataFrame({name: [both[i] - 0.001, both[i] + 0.001] for name, both in means.items()})
        for i in (0, 1)
    )
    figure = agreement.plot_rouge_and_facts(rouge, truth, "facts F1")
    left = figure.axes[0]
    marks = {bars.get_label(): bars.lines for bars in left.containers}
    assert all(mark.get_markersize() >= 8 and not caps for mark, caps, _ in marks.values())
    for name, (mark, _, _) in marks.items():
        assert mark.get_xydata()[0] == pytest.approx(means[name], abs=0.001)
        assert mark.get_transform() == left.transData, "a mark stands where nothing was measured"
        assert mark.get_markerfacecolor() == "none"
    looks = {(mark.get_marker(), mark.get_color()) for mark, _, _ in marks.values()}
    assert len(looks) == len(means)


def test_the_pair_shown_is_the_one_most_clearly_in_the_wrong_order(
    lookup, model, capsys, monkeypatch
):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda page: shown.append(page.data))
    runs = [lookup, model]
    test = [{"dialogue": chat, "references": [f"{MARKUP} says so."]} for chat in CHATS]

    class Test(list):
        def __getitem__(self, key):
            return CHATS if key == "dialogue" else super().__getitem__(key)

    pairs = ordered_pairs(*agreement.rouge_and_truth(runs, CHATS)[:2])
    agreement.show_worst_pair(pairs, runs, Test(test), ["lookup", "model"])
    assert "in room 12" in shown[0] and "lookup: ROUGE-1 0.80, facts F1 0.10" in shown[0]
    assert "<script>" not in shown[0] and "title='not in the chat'" in shown[0]
    agreement.show_worst_pair(pairs[pairs["score_gap"] > 0], runs, Test(test), ["lookup", "model"])
    assert "I am Bea" in shown[1]
    agreement.show_worst_pair(pairs, runs, Test(test), ["lookup"])
    assert "no such pair" in capsys.readouterr().out and len(shown) == 2


def test_p_values_are_corrected_for_pairs_and_for_everything(lab):
    found = [  # more than six dialogues, which settle nothing
        replace(run, items=pd.concat([run.items] * 4, ignore_index=True))
        for run in lab.runs.values()
    ]
    table = tables.p_table(found)
    assert list(table) == ["p", "corrected for 3 pairs", "corrected for all 12"]
    assert len(table) == 3 and table.attrs["lost"] >= 0
    draw = np.random.default_rng(0)
    for number, each in enumerate(found):
        for metric in ("rouge1", "rouge2", "rougeL", "rougeLsum"):
            each.items[metric] = draw.normal(0.2 + 0.2 * number, 0.001, len(each.items))
    table = tables.p_table(found)
    assert set(table["p"]) == {"< 0.001"} and set(table["corrected for all 12"]) == {"< 0.012"}
    assert table.attrs["lost"] == 0
