"""The fault museum's table: differences of the right sign, corrected, and known facts only."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from labutils.evaluation.intervals import paired_difference
from labutils.views.exhibits import Exhibits

DRAW = np.random.default_rng(3)
SOUND = pd.DataFrame({"rouge1": DRAW.uniform(0.3, 0.7, 80), "facts_f1": DRAW.uniform(0, 1, 80)})


@pytest.fixture
def exhibits():
    track = SimpleNamespace(seed=42)
    asked = {"references": [["Anna calls the bank."]]}
    tasks = SimpleNamespace(track=track, dialogues={"train": range(400)}, asked=lambda: asked)
    return Exhibits(tasks, None)


def test_a_line_is_faulty_minus_sound(exhibits):
    worse = SOUND.assign(rouge1=SOUND["rouge1"] - DRAW.uniform(0, 0.1, 80))
    found = exhibits.hang("a fault", worse, SOUND, "a look")
    assert found == paired_difference(worse["rouge1"], SOUND["rouge1"]) and found.high < 0
    line = exhibits.table().loc["a fault"]
    assert line["ROUGE-1"] == str(found) and line["facts F1"].startswith("0.000")
    assert (line["dialogues"], line["given away by"]) == ("80", "a look")
    assert "400 rows" in exhibits.table().attrs["caption"]


def test_where_no_facts_are_known_there_is_no_column(exhibits):
    bare = SOUND[["rouge1"]]
    exhibits.hang("a fault", bare, bare, "a look")
    assert "facts F1" not in exhibits.table()


def test_what_is_beyond_luck_is_corrected_for_all_exhibits(exhibits):
    noise = DRAW.normal(0, 0.1, 80)
    slight = SOUND.assign(rouge1=SOUND["rouge1"] + noise - noise.mean() + 0.024)
    assert exhibits.hang("slight", slight, SOUND, "").p < 0.05
    assert exhibits.beyond_luck() == ["slight"]
    for number in range(9):
        exhibits.hang(f"nothing {number}", SOUND, SOUND, "")
    exhibits.hang("large", SOUND.assign(rouge1=SOUND["rouge1"] - 0.2), SOUND, "")
    assert exhibits.beyond_luck() == ["large"]
