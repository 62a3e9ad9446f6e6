"""What is told of stored searches follows from their records, whichever way those came out."""

import pytest

from labutils.views.searches import (
    places_table,
    places_told,
    searched_methods_table,
    with_searched_rates,
)


def adapter(place, facts, loss, **changed):
    settings = {"rank": 7, "alpha": 56, "learning_rate": 0.004, "epochs": 3, "seed": 42}
    return {
        "place": place,
        "group_by_length": True,
        "validation_loss": loss,
        "scores": {"facts": facts},
        **settings,
        **changed,
    }


RECORDS = [
    adapter("everywhere", 0.90, 0.10),
    adapter("everywhere", 0.94, 0.12, seed=43),
    adapter("everywhere", 0.93, 0.13, alpha=28, learning_rate=0.005),
    adapter("everywhere", 0.80, 0.20, epochs=2),
    adapter("attention", 0.70, 0.30, rank=12, alpha=96),
]
FULL = [{"scores": {"facts": 0.95}}, {"scores": {"facts": 0.91}}]


def test_seeds_of_one_adapter_share_a_row_and_one_seed_has_no_range():
    table = places_table(RECORDS)
    assert list(table["facts told"]) == ["0.930", "0.920 (0.900 to 0.940)", "0.800", "0.700"]
    assert list(table.iloc[1][["loss", "seeds"]]) == ["0.110", "42, 43"]


def test_each_comparison_of_the_places_is_between_what_differs_in_one_thing():
    place, rates, time, luck = places_told(RECORDS, FULL).splitlines()
    assert "alpha / r = 8, rate 0.004 and seed 42: everywhere 0.900 (0.100), attention 0" in place
    assert "By the loss everywhere comes first." in place and "No further" not in place
    assert "Full fine-tuning told 0.950 at the rate that told most; no trial came as far." in place
    assert "2 pairs" in rates and "from 0.14 to 0.22, facts told from 0.920 to 0.930" in rates
    assert "(the least at alpha 56 and rate 0.004)" in rates
    assert time.endswith("0.200 after 2 passes, alike; 0.110 after 3 passes, alike.")
    assert luck.endswith("facts told differ by up to 0.040, the loss by up to 0.020.")


def test_what_was_not_tried_is_not_told_and_an_adapter_may_win():
    (place,) = places_told(RECORDS[:1], [{"scores": {"facts": 0.9}}]).splitlines()
    assert place.endswith("one trial came as far.")


@pytest.mark.parametrize(
    "loss, told",
    [
        (0.07, "By the loss feed-forward comes first."),
        (0.09, "By the loss no further apart than seeds are: everywhere, feed-forward."),
    ],
)
def test_places_closer_together_than_seeds_are_not_told_apart(loss, told):
    near = adapter("feed-forward", 0.88, loss, rank=7)
    place, *_ = places_told([*RECORDS, near], FULL).splitlines()
    assert "No further apart than seeds are: everywhere, feed-forward." in place
    assert told in place


def test_rates_that_the_other_search_tried_with_an_adapter_are_told_beside_its_own_once():
    known = [record | {"trainable_parameters": 9} for record in RECORDS]

    def searched(rate, weights=9, alpha=56, seed=42):
        return {
            "settings": {
                "training": {"epochs": 3, "group_by_length": True},
                "adapter": {"rank": 7, "alpha": alpha},
            },
            "learning_rate": rate, "seed": seed, "scores": {"facts": 0.85},
            "validation_loss": 0.2, "trainable_parameters": weights,
        }  # fmt: skip

    more = [searched(0.006), searched(0.004), searched(0.006, weights=10)]
    both = with_searched_rates(known, more)
    assert len(both) == len(known) + 1 and both[-1]["place"] == "everywhere"
    rates = places_told(both, FULL).splitlines()[1]
    assert "3 pairs" in rates and "from 0.850 to 0.930 (the least at alpha 56" in rates


@pytest.mark.parametrize("rate, mark", [(0.01, " <"), (0.02, ""), (0.03, " >")])
def test_methods_are_told_as_changes_and_a_best_rate_at_the_edge_is_marked(rate, mark):
    scores = {"facts_f1": 0.7, "rouge1": 0.5}
    found = {"method": "ia3", "trainable_parameters": 3840, "tried": 3, "scores": scores}
    stored = {
        "untouched": {"facts_f1": 0.72, "rouge1": 0.50004},
        "methods": [found | {"learning_rate": rate}],
    }
    searched = [{"method": "ia3", "learning_rate": tried} for tried in (0.01, 0.02, 0.03)]
    timed = {"ia3": {"seconds_a_step": 0.08}, "full": {"seconds_a_step": 0.1}}
    table = searched_methods_table(stored, searched, timed)
    row = table.loc["ia3"]
    assert ("< or >" in table.attrs["caption"]) == bool(mark), "explained where it occurs"
    assert row["rate (settings tried)"] == f"{rate:g} (3){mark}"
    assert row["facts F1"] == "0.700 (-0.020)" and row["ROUGE-1"] == "0.500 (0.000)"
    assert row["ms per step"] == "80 (0.80)"
