"""What is told of stored searches follows from their records, whichever way those came out."""

import pytest

from labutils.views.searches import places_table, places_told, searched_methods_table


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
    adapter("attention", 0.70, 0.30, rank=12),
]
FULL = [{"scores": {"facts": 0.95}}, {"scores": {"facts": 0.91}}]


def test_seeds_of_one_adapter_share_a_row_and_one_seed_has_no_range():
    table = places_table(RECORDS)
    assert list(table["facts told"]) == ["0.930", "0.920", "0.800", "0.700"]
    mean = table.iloc[1]
    assert (mean["lowest"], mean["highest"], mean["loss"], mean["seeds"]) == (
        "0.900",
        "0.940",
        "0.110",
        2,
    )
    assert set(table["lowest"]) == {"0.900", "-"}


def test_each_comparison_of_the_places_is_between_what_differs_in_one_thing():
    place, rates, time, luck = places_told(RECORDS, FULL).splitlines()
    assert "after 3 passes: everywhere 0.930, attention 0.700." in place
    assert "Full fine-tuning told 0.950 at the best of its rates; no row came as far." in place
    assert "2 pairs" in rates and "from 0.14 to 0.22, facts told from 0.920 to 0.930" in rates
    assert time.endswith("0.200 after 2 passes, alike; 0.110 after 3 passes, alike.")
    assert luck.endswith("differ by up to 0.040.")


def test_what_was_not_tried_is_not_told_and_an_adapter_may_win():
    (place,) = places_told(RECORDS[:1], [{"scores": {"facts": 0.9}}]).splitlines()
    assert place.endswith("one row came as far.")


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
    row = searched_methods_table(stored, searched, timed).loc["ia3"]
    assert row["rate (rates tried)"] == f"{rate:g} (3){mark}"
    assert row["facts F1"] == "0.700 (-0.020)" and row["ROUGE-1"] == "0.500 (0.000)"
    assert row["ms per step"] == "80 (0.80)"
