"""Tables of searches on validation whose records are kept in data/results, and what they tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from labutils.common.text import signed
from labutils.views.tables import METRIC_NAMES, captioned

SETTINGS = ["place", "rank", "alpha", "rate", "passes", "a step's rows"]


def searched_methods_table(
    stored: dict, searched: Sequence[dict], timed: Mapping[str, dict]
) -> pd.DataFrame:
    """The best candidate of each method beside the untouched model and full fine-tuning.

    Args:
        stored: data/results/methods.json.
        searched: the records of all candidates.
        timed: {method: the record of its seconds a step}, with "full".

    Returns:
        A row a method: its weights, its rate, its scores (0-1) and its milliseconds a step.
    """
    untouched = stored["untouched"]
    rates: dict[str, list[float]] = {}
    for record in searched:
        rates.setdefault(record["method"], []).append(record["learning_rate"])

    def score(found: dict, metric: str) -> str:
        value = found["scores"][metric]
        return f"{value:.3f} ({signed(value - untouched[metric])})"

    rows = {}
    for found in stored["methods"]:
        method, rate = found["method"], found["learning_rate"]
        seconds, full = (timed[name]["seconds_a_step"] for name in (method, "full"))
        rows[method] = {
            "weights trained": f"{found['trainable_parameters']:,}",
            "rate (settings tried)": f"{rate:g} ({found['tried']}){_edge(rate, rates[method])}",
            METRIC_NAMES["facts_f1"]: score(found, "facts_f1"),
            METRIC_NAMES["rouge1"]: score(found, "rouge1"),
            "ms per step": f"{1000 * seconds:.0f} ({seconds / full:.2f})",
        }
    table = pd.DataFrame(rows).T
    said = (
        "On validation, where the settings were chosen; one seed. In brackets: how many settings "
        "(rates, and for some methods sizes) were tried, the change from the untouched model "
        f"(facts F1 {untouched['facts_f1']:.3f}, ROUGE-1 {untouched['rouge1']:.3f}), and the time "
        "as a multiple of full fine-tuning's. LoRA's places and alphas, which were tried beside "
        "these, are not counted."
    )
    if table["rate (settings tried)"].str.contains("[<>]").any():
        said += (
            " < or >: the best rate is the lowest or highest of those tried; a better one may lie "
            "beyond."
        )
    return captioned(table, said)


def _edge(rate: float, tried: Sequence[float]) -> str:
    """A mark if a rate is the lowest or the highest of several."""
    if len(set(tried)) < 2:
        return ""
    return {min(tried): " <", max(tried): " >"}.get(rate, "")


def with_searched_rates(records: Sequence[dict], searched: Sequence[dict]) -> list[dict]:
    """Records of tools/lora_search.py, and what tools/methods_search.py tried with their adapters.

    Args:
        records: of tools/lora_search.py.
        searched: of tools/methods_search.py, of LoRA. A trial that is among `records` is left out,
            and so is an adapter of another rank or number of weights than each of theirs.
    """
    places = {(each["rank"], each["trainable_parameters"]): each["place"] for each in records}
    tried = {_trial(each) for each in records}
    more = []
    for each in searched:
        flat = {**each["settings"]["training"], **each["settings"]["adapter"], **each}
        flat["place"] = places.get((flat["rank"], flat["trainable_parameters"]))
        if flat["place"] and _trial(flat) not in tried:
            more.append(flat)
    return [*records, *more]


def _trial(record: dict) -> tuple:
    names = ("place", "rank", "alpha", "learning_rate", "epochs", "group_by_length", "seed")
    return tuple(record[name] for name in names)


def _trials(records: Sequence[dict]) -> pd.DataFrame:
    """A row for each record: SETTINGS, its seed, the facts told (0-1) and the validation loss."""
    return pd.DataFrame(
        {
            **{name: [record[name] for record in records] for name in ("place", "rank", "alpha")},
            "rate": [record["learning_rate"] for record in records],
            "passes": [record["epochs"] for record in records],
            "a step's rows": [
                "alike" if record["group_by_length"] else "random" for record in records
            ],
            "seed": [record["seed"] for record in records],
            "facts told": [record["scores"]["facts"] for record in records],
            "loss": [record["validation_loss"] for record in records],
        }
    )


def places_by_settings(records: Sequence[dict]) -> pd.DataFrame:
    """LoRA's adapters, by where they sit and how they are trained: means over seeds.

    Args:
        records: of tools/lora_search.py, or `with_searched_rates`.

    Returns:
        A row for each of SETTINGS, the one with the most facts told first: "facts told" (0-1) and
        their "lowest" and "highest", the validation "loss", and "seeds", such as "42, 43".
    """
    rows = (
        _trials(records)
        .sort_values("seed")
        .groupby(SETTINGS)
        .agg(
            **{
                "facts told": ("facts told", "mean"),
                "lowest": ("facts told", "min"),
                "highest": ("facts told", "max"),
                "loss": ("loss", "mean"),
                "seeds": ("seed", lambda seeds: ", ".join(map(str, seeds))),
            }
        )
    )
    return rows.sort_values("facts told", ascending=False).reset_index()


def places_table(records: Sequence[dict]) -> pd.DataFrame:
    """`places_by_settings`, to be shown."""
    rows = places_by_settings(records)
    several = rows["lowest"] < rows["highest"]
    names = ("facts told", "lowest", "highest")
    means, lowest, highest = (rows[name].map("{:.3f}".format) for name in names)
    table = rows[["place", "rank", "alpha", "rate", "passes", "seeds"]].copy()
    table.insert(5, "rows", rows["a step's rows"])
    table["facts told"] = means.where(~several, means + " (" + lowest + " to " + highest + ")")
    table["loss"] = rows["loss"].map("{:.3f}".format)
    table["place"] = table["place"].str.replace("-", " ")  # so that it can be broken
    return captioned(
        table.set_index("place"),
        "Facts told (0-1) and the loss, all validation chats of the tiny track; each adapter "
        "trains at most 5% of the parameters. Rows: of a step, of like length or random. Of "
        "several seeds: the means, and the lowest and highest facts told. By tools/lora_search.py "
        "and tools/methods_search.py.",
    )
