"""What each method gains and forgets: what the page tells follows from the record."""

import pytest

from tools import methods_forgetting
from tools.methods_forgetting import equal_gain, kept_at, path_of


def cell(mean, change):
    bounds = {"low": mean, "high": mean, "change_low": change - 0.1, "change_high": change + 0.1}
    return {"metric": "ROUGE-L", "mean": mean, "change": change, "n": 9, "p_holm": 1.0, **bounds}


def system(name, gain, kept):
    scores = {"dialogues": cell(0.4 + gain, gain), "a": cell(kept, kept - 1), "b": cell(1.0, 0.0)}
    return {"name": name, "steps": 200, "scores": scores}


RECORD = {
    "rows": 60,
    "seed": 43,
    "device_name": "CPU",
    "matrix": {
        "tasks": ["dialogues", "a", "b"],
        "systems": [system("zero-shot", 0, 1.0), system("ia3", 0.1, 0.9), system("full", 0.3, 0.5)],
    },
    "paths": {
        "zero-shot": [{"dialogues": 0.4, "a": 0.8, "b": 0.5}],
        "ia3": [{"dialogues": 0.45, "a": 0.8, "b": 0.5}],
        "full": [{"dialogues": 0.5, "a": 0.4, "b": 0.5}, {"dialogues": 0.7, "a": 0.2, "b": 0.25}],
    },
    "weights": {"ia3": 3_840, "full": 2_230_656},
}


def test_a_path_begins_at_the_untouched_model():
    gains, kept = path_of(RECORD, "full")
    assert gains == pytest.approx([0, 0.1, 0.3]) and kept == pytest.approx([1, 0.75, 0.375])


def test_what_is_kept_at_an_equal_gain_lies_between_two_points_of_the_path():
    assert kept_at(RECORD, "full", 0.2) == pytest.approx((0.75 + 0.375) / 2)
    assert kept_at(RECORD, "full", 0.05) == pytest.approx(0.875)
    assert kept_at(RECORD, "ia3", 0.06) is None


def test_the_table_tells_the_largest_gain_first_and_who_never_gained_so_much():
    assert equal_gain(RECORD) == pytest.approx(0.17)
    _, _, full, ia3, _, told = methods_forgetting.rows(RECORD).splitlines()
    assert "200 optimizer steps each, on dialogues alone, one seed (43)." in told
    assert full.startswith(
        "| full | 2,230,656 | +0.300 [+0.200,\N{NO-BREAK SPACE}+0.400] | 75% | 50% of a | 62% |"
    )
    assert ia3.endswith("| 95% | 90% of a | not reached |")


def test_both_panels_name_every_method():
    ends, paths = methods_forgetting.plot(RECORD).axes
    for axis in (ends, paths):
        assert {"full", "ia3"} <= set(axis.get_legend_handles_labels()[1])
