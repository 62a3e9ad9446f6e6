"""Do measures agree? Pairs in the wrong order, and what a dialogue supports."""

import pandas as pd
import pytest

from labutils.common.errors import LabError
from labutils.evaluation import agreement

ROUGE = pd.DataFrame({"lookup": [0.8, 0.5], "model": [0.4, 0.6], "echo": [0.3, 0.5]})
FACTS = pd.DataFrame({"lookup": [0.0, 0.2], "model": [0.9, 0.7], "echo": [0.9, 0.2]})


def test_only_pairs_that_the_truth_tells_apart_are_ordered():
    pairs = agreement.ordered_pairs(ROUGE, FACTS)
    found = [tuple(row) for row in pairs.itertuples(index=False)]
    assert [row[:3] for row in found] == [
        (0, "model", "lookup"), (1, "model", "lookup"), (0, "echo", "lookup"), (1, "model", "echo"),
    ]  # fmt: skip
    assert pairs["truth_gap"].tolist() == pytest.approx([0.9, 0.5, 0.9, 0.5])
    assert pairs["score_gap"].tolist() == pytest.approx([-0.4, 0.1, -0.5, 0.1])
    assert (pairs["truth_gap"] > 0).all()


def test_wrong_orders_are_counted_for_every_two_systems_the_worst_first():
    table = agreement.wrong_orders(agreement.ordered_pairs(ROUGE, FACTS))
    assert table.index.tolist() == ["echo and lookup", "lookup and model", "echo and model"]
    assert table["pairs"].tolist() == [1, 2, 1]
    assert table["ordered wrongly"].tolist() == [1, 1, 0]
    assert table["share"].tolist() == [1, 0.5, 0]
    common = agreement.wrong_orders(agreement.ordered_pairs(ROUGE, FACTS), least=2)
    assert common.index.tolist() == ["lookup and model"]


def test_other_systems_or_dialogues_are_refused():
    for truth in (FACTS[["model", "lookup", "echo"]], FACTS[:1]):
        with pytest.raises(LabError, match="same systems and the same dialogues"):
            agreement.ordered_pairs(ROUGE, truth)


def test_the_supported_share_falls_with_each_name_and_number_that_is_new():
    chat = "#Person1#: I am Ann. My train leaves at 14.\n#Person2#: Noted."
    assert agreement.supported_share("The guest is Ann, her train leaves at 14.", chat) == 1
    assert agreement.supported_share("The guest is Bob, her train leaves at 14.", chat) == 0.5
    assert agreement.supported_share("The guest is Bob, her train leaves at 15.", chat) == 0
    assert agreement.supported_share("nothing in particular", chat) == 1
