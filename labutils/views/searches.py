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
        the validation "loss", the lowest and highest of both, and "seeds", such as "42, 43".
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
                "lowest loss": ("loss", "min"),
                "highest loss": ("loss", "max"),
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


def places_told(records: Sequence[dict], full: Sequence[dict]) -> str:
    """What `places_table` says about places, about alpha and the rate, about time and seeds.

    Args:
        records: of tools/lora_search.py, or `with_searched_rates`.
        full: records of full fine-tuning on the same chats.

    Returns:
        A Markdown list.
    """
    rows = places_by_settings(records)
    best = max(record["scores"]["facts"] for record in full)
    spread = (rows["highest"] - rows["lowest"]).max()
    spread_of_loss = (rows["highest loss"] - rows["lowest loss"]).max()
    lines = [
        _told_of_places(_trials(records), best, spread, spread_of_loss),
        _told_of_rates(_largest_group(rows, ["alpha", "rate"])),
        _told_of_time(_largest_group(rows, ["passes", "a step's rows"])),
    ]
    if spread:
        lines.append(
            f"- *Luck.* From seed to seed facts told differ by up to {spread:.3f}, "
            f"the loss by up to {spread_of_loss:.3f}."
        )
    return "\n".join(filter(None, lines))


def _told_of_places(trials: pd.DataFrame, full: float, spread: float, spread_of_loss: float) -> str:
    """Of the trials that differ in the place alone, and in the rank that goes with it."""
    longest = trials[trials["passes"] == trials["passes"].max()]
    alike = longest.groupby([longest["alpha"] / longest["rank"], "rate", "seed"])
    (factor, rate, seed), found = max(alike, key=lambda group: group[1]["place"].nunique())
    found = found.sort_values("facts told", ascending=False)
    told = ", ".join(
        f"{place} {facts:.3f} ({loss:.3f})"
        for place, facts, loss in zip(found["place"], found["facts told"], found["loss"])
    )
    close = found["place"][found["facts told"] >= found["facts told"].max() - spread]
    first = found["place"][found["loss"] <= found["loss"].min() + spread_of_loss]
    came = "one trial came" if trials["facts told"].max() >= full else "no trial came"
    lines = [
        f"- *Place.* Facts told (and the loss) after {longest['passes'].max():g} passes, all at "
        f"alpha / r = {factor:g}, rate {rate:g} and seed {seed}: {told}."
    ]
    if len(found) > len(close) > 1:
        lines.append(f"No further apart than seeds are: {', '.join(close)}.")
    if len(first) > 1:
        lines.append(f"By the loss no further apart than seeds are: {', '.join(first)}.")
    elif len(found) > 1:
        lines.append(f"By the loss {first.iloc[0]} comes first.")
    lines.append(f"Full fine-tuning told {full:.3f} at the rate that told most; {came} as far.")
    return " ".join(lines)


def _told_of_rates(rows: pd.DataFrame) -> str:
    if len(rows) < 2:
        return ""
    products = rows["alpha"] * rows["rate"]
    worst = rows.loc[rows["facts told"].idxmin()]
    return (
        f"- *Alpha and the rate.* At one place and rank ({_named(rows)}) {len(rows)} pairs of the "
        f"two were tried. Alpha times the rate goes from {products.min():.2f} to "
        f"{products.max():.2f}, facts told from {_span(rows['facts told'])} (the least at alpha "
        f"{worst['alpha']:g} and rate {worst['rate']:g}), the loss from {_span(rows['loss'])}."
    )


def _told_of_time(rows: pd.DataFrame) -> str:
    if len(rows) < 2:
        return ""
    highest_first = rows.sort_values("loss", ascending=False)
    columns = (highest_first[name] for name in ("loss", "passes", "a step's rows"))
    told = "; ".join(
        f"{loss:.3f} after {passes:g} passes, {kind}" for loss, passes, kind in zip(*columns)
    )
    alpha, rate = rows[["alpha", "rate"]].iloc[0]
    return (
        f"- *Time.* The loss with one adapter ({_named(rows)}, alpha {alpha:g}) at one rate "
        f"({rate:g}), by passes and the rows of a step: {told}."
    )


def _largest_group(rows: pd.DataFrame, free: list[str]) -> pd.DataFrame:
    """The most rows that differ in nothing but in the `free` settings."""
    groups = rows.groupby([name for name in SETTINGS if name not in free])
    return max((group for _, group in groups), key=len)


def _named(rows: pd.DataFrame) -> str:
    return f"{rows['place'].iloc[0]}, rank {rows['rank'].iloc[0]}"


def _span(values: pd.Series) -> str:
    return f"{values.min():.3f} to {values.max():.3f}"
