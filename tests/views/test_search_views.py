"""What is told of stored searches follows from their records, whichever way those came out."""

import pytest
from conftest import ROOT

from labutils.common.files import read_json
from labutils.views.searches import (
    places_by_settings,
    places_table,
    searched_methods_table,
    with_searched_rates,
)

RESULTS = ROOT / "data" / "results"


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


def test_seeds_of_one_adapter_share_a_row_and_one_seed_has_no_range():
    table = places_table(RECORDS)
    assert list(table["facts told"]) == ["0.930", "0.920 (0.900 to 0.940)", "0.800", "0.700"]
    assert list(table.iloc[1][["loss", "seeds"]]) == ["0.110", "42, 43"]


def test_what_notebook_3_reads_from_the_stored_searches_is_so():
    stored = [read_json(path) for path in (RESULTS / "lora").glob("*.json")]
    folder = RESULTS / "methods" / "search"
    rows = places_by_settings(with_searched_rates(stored, stored_trials(folder, "lora-7")))
    rows = rows.set_index(["place", "rank", "alpha", "rate", "passes", "a step's rows"])
    luck = (rows["highest"] - rows["lowest"]).max()
    facts, loss = rows["facts told"], rows["loss"]

    assert facts.idxmin()[0] == loss.idxmax()[0] == "attention"
    assert facts.nsmallest(2).diff().iloc[-1] > luck
    trained = rows[rows.index.get_level_values("rate") == 0.004].xs(3, level="passes")["facts told"]
    near = ["every-layer", "feed-forward", "values-outputs-and-feed-forward"]
    assert trained[near].max() - trained[near].min() <= luck
    assert max(trial["scores"]["facts"] for trial in stored_trials(folder, "full")) > facts.max()

    pairs = facts.xs(("every-layer", 7, 3, "alike"), level=[0, 1, 4, 5])
    assert len(pairs) == 5 and pairs.idxmin() == (56, 0.005)
    assert max(pairs.index, key=lambda pair: pair[0] * pair[1]) == (56, 0.005)
    assert pairs.nsmallest(2).diff().iloc[-1] > luck > pairs.nlargest(4).diff().abs().max()

    timed = loss.xs(("every-layer", 7, 56, 0.004), level=[0, 1, 2, 3])
    assert timed[2, "random"] < timed[2, "alike"]
    across = loss.xs(("every-layer", 7, 3, "alike"), level=[0, 1, 4, 5])
    assert timed[2, "alike"] - timed[3, "alike"] > across.max() - across.min()


def stored_trials(folder, name):
    return [read_json(path) for path in folder.glob(f"{name}-*.json")]


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
