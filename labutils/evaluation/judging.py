"""Blind human judgements of two systems: drawn sides, every click kept, win rates, agreement."""

import hashlib
import io
import json
import re
from collections.abc import Sequence
from datetime import datetime
from itertools import combinations
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd

from labutils.common.errors import LabError
from labutils.common.files import append, first_line, saving
from labutils.common.table_files import row_numbers, rows_text
from labutils.common.text import disarmed, inert
from labutils.evaluation.intervals import NORMAL, Interval, check_same_length

CHOICES = ("A", "B", "tie")
QUESTIONS = ("faithfulness", "coverage")
GRADES = (1, 2, 3, 4, 5)
JUDGEMENT_COLUMNS = ("time", "rater", "item", "texts", "A", "B", "choice",
           *(f"{question}_{side}" for question in QUESTIONS for side in "AB"))  # fmt: skip


class Judging:
    """One rater's way through the items: what to show next, and keeping what is answered.

    The rater sees texts A and B, never which system wrote which; sides are drawn by seed for each
    item and rater. Opened again on the same file, it goes on with the first unanswered item; an
    item whose texts have changed since (another training) is asked again.

    Args:
        path: of the CSV that takes one line per judgement.
        ids: of the items, all different.
        systems: {name: one text per item}, two of them.
        rater: a name of letters, digits, - and _.
        seed: of the order of items and of sides.

    Raises:
        LabError: not two systems, unequal lengths, a rater's name of other signs, or a file that
            holds something else.
    """

    def __init__(
        self,
        path: str | Path,
        ids: Sequence[str],
        systems: dict[str, list[str]],
        rater: str,
        *,
        seed: int = 42,
    ) -> None:
        if len(systems) != 2:
            raise LabError(f"Two systems are judged at a time, not {len(systems)}.")
        if not re.fullmatch(r"[\w-]{1,40}", rater):
            raise LabError(f"The rater is {rater!r}; use up to 40 letters, digits, - and _.")
        check_same_length(ids=ids, **systems)
        self.path, self.ids, self.systems = Path(path), [str(name) for name in ids], systems
        if len(set(self.ids)) < len(self.ids):
            raise LabError("Two items have the same id; each needs its own.")
        self.rater, self.seed = rater, seed
        self.order = Random(f"{seed} {rater}").sample(range(len(ids)), len(ids))
        known = (
            read_judgements(self.path)
            if self.path.is_file()
            else pd.DataFrame(columns=JUDGEMENT_COLUMNS)
        )
        mine = known[known["rater"] == rater]
        judged = set(zip(mine["item"], mine["texts"]))
        self.done = {
            name for place, name in enumerate(self.ids) if (name, self._digest(place)) in judged
        }

    def _digest(self, position):
        """Tells the two systems and their texts of an item from any others."""
        pairs = sorted((name, texts[position]) for name, texts in self.systems.items())
        return hashlib.sha256(json.dumps(pairs).encode()).hexdigest()[:8]

    @property
    def position(self) -> int | None:
        """Of the item to judge now, or None when all are judged."""
        return next((i for i in self.order if self.ids[i] not in self.done), None)

    def sides(self, position: int) -> dict[str, str]:
        """{"A": a system's name, "B": the other's} for an item."""
        names = sorted(self.systems)
        Random(f"{self.seed} {self.rater} {self.ids[position]}").shuffle(names)
        return dict(zip("AB", names))

    def texts(self, position: int) -> dict[str, str]:
        """{"A": text, "B": text} of an item, as the rater sees them."""
        return {side: self.systems[name][position] for side, name in self.sides(position).items()}

    def save(
        self, choice: str, grades: dict[str, int] | None = None, *, position: int | None = None
    ) -> None:
        """Append the judgement of an item to the file, at once.

        Args:
            choice: "A", "B" or "tie".
            grades: {"faithfulness_A": 1-5, ...}; what is missing stays empty.
            position: of the item; default the current one.

        Raises:
            LabError: all is judged, an unknown choice or grade, or the file cannot be written.
        """
        position, grades = self.position if position is None else position, grades or {}
        if position is None:
            raise LabError("Every item is judged already.")
        if choice not in CHOICES:
            raise LabError(f"The choice is {choice!r}; it must be one of: {', '.join(CHOICES)}.")
        for name, grade in grades.items():
            if name not in JUDGEMENT_COLUMNS[7:] or grade not in GRADES:
                raise LabError(f"The grade {name} is {grade!r}; it must be a number from 1 to 5.")
        row = {
            "time": datetime.now().isoformat(" ", "seconds"),
            "rater": self.rater,
            "item": inert(self.ids[position]),
            "texts": self._digest(position),
            **{side: inert(name) for side, name in self.sides(position).items()},
            "choice": choice,
            **grades,
        }
        with saving(self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            found = self.path.read_bytes() if self.path.exists() else b""
            whole = _whole_lines(found)
            text = rows_text([row], JUDGEMENT_COLUMNS, ".csv", header=not whole)
            # Cut only what a crash cut short: another rater may be writing right now.
            append(self.path, text.encode(), None if whole == found else len(whole))
        self.done.add(self.ids[position])

    def result(self) -> list[pd.DataFrame]:
        """Tables of `win_rates` and `agreement` of all raters of these texts in the file."""
        table = read_judgements(self.path)
        judged = {(name, self._digest(place)) for place, name in enumerate(self.ids)}
        mine = table[[pair in judged for pair in zip(table["item"], table["texts"])]]
        rates = pd.DataFrame(win_rates(mine)).map(_shown)
        rates.attrs["caption"] = (
            f"{len(mine)} judgements of {mine['item'].nunique()} items; win rate 0-1, ties half, "
            "with Wilson's 95% interval; grades 1-5, means."
        )
        pairs = {
            " and ".join(pair): {"Cohen's kappa": f"{found['kappa']:z.2f}", "items": found["items"]}
            for pair, found in agreement(mine).items()
        }
        return [rates, *([pd.DataFrame(pairs).T] if pairs else [])]


def _shown(value):
    return "-" if value is None else f"{value:.1f}" if isinstance(value, float) else str(value)


def read_judgements(path: str | Path) -> pd.DataFrame:
    """The judgements in a file, one per row; a last line cut short by a crash is left out.

    Raises:
        LabError: not such a file.
    """
    try:
        content, head = Path(path).read_bytes(), f"{','.join(JUDGEMENT_COLUMNS)}\r\n"
        # A disk that was full at the first line left a part of it, or nothing.
        whole = head if head.encode().startswith(content) else _whole_lines(content).decode("utf-8")
        table = pd.read_csv(io.StringIO(whole), dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise LabError(
            f"{path} cannot be read as judgements ({first_line(error)}). Give another file, or "
            "set this one aside."
        ) from error
    if tuple(table.columns) != JUDGEMENT_COLUMNS:
        raise LabError(
            f"{path} holds no judgements: its columns are {', '.join(table.columns)}. Give another "
            "file."
        )
    grades = table[list(JUDGEMENT_COLUMNS[7:])].isin(["", *map(str, GRADES)]).all(axis=1)
    good = table["choice"].isin(CHOICES) & grades & (table["A"] != table["B"])
    if not good.all():
        raise LabError(
            f"{path}: no judgement as the lab writes them in "
            f"{row_numbers([i for i, whole in enumerate(good, 1) if not whole])}. Delete the rows."
        )
    for column in ("item", "A", "B"):
        table[column] = table[column].map(disarmed)
    return table


def _whole_lines(content):
    """The bytes up to the end of the last whole line."""
    return content[: content.rfind(b"\n") + 1]


def winners(judgements: pd.DataFrame) -> list[str]:
    """The name of the preferred system in each row, or "tie"."""
    return [
        "tie" if row["choice"] == "tie" else row[row["choice"]] for _, row in judgements.iterrows()
    ]


def win_rates(judgements: pd.DataFrame) -> dict[str, dict]:
    """How often each system is preferred, a tie counting half for both.

    Returns:
        {system: {"win_rate": 95% Interval 0-1 by item (`wilson`), "wins", "ties", "judgements":
        counts, "faithfulness", "coverage": mean 1-5, or None without grades}}.

    Raises:
        LabError: no judgements, or of more than two systems.
    """
    won = np.array(winners(judgements))
    found = {}
    for name in _two_systems(judgements):
        points = pd.Series(np.where(won == name, 1.0, np.where(won == "tie", 0.5, 0.0)))
        by_item = points.groupby(judgements["item"].to_numpy()).mean()
        found[name] = {
            "win_rate": wilson(float(by_item.mean()), len(by_item)),
            "wins": int((won == name).sum()),
            "ties": int((won == "tie").sum()),
            "judgements": len(won),
            **{question: _mean_grade(judgements, question, name) for question in QUESTIONS},
        }
    return found


def _two_systems(judgements):
    names = sorted({*judgements["A"], *judgements["B"]})
    if len(names) != 2:
        raise LabError(f"There are judgements of {len(names)} systems; two are compared.")
    return names


def wilson(share: float, items: int) -> Interval:
    """The 95% Interval of a share of items (Wilson 1927), which has a width at 0 and 1, too."""
    z2 = NORMAL**2 / items
    middle = (share + z2 / 2) / (1 + z2)
    half = (z2 * (share * (1 - share) + z2 / 4)) ** 0.5 / (1 + z2)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def _mean_grade(judgements, question, name):
    grades = [
        int(row[f"{question}_{side}"])
        for _, row in judgements.iterrows()
        for side in "AB"
        if row[side] == name and row[f"{question}_{side}"]
    ]
    return float(np.mean(grades)) if grades else None


def agreement(judgements: pd.DataFrame) -> dict[tuple[str, str], dict]:
    """Cohen's kappa of every two raters over the items that both judged.

    Returns:
        {(rater, rater): {"kappa", "items"}}; pairs without a common item are left out.

    Raises:
        LabError: no judgements, or of more than two systems.
    """
    _two_systems(judgements)
    labelled = judgements.assign(winner=winners(judgements))
    answers = {
        rater: rows.drop_duplicates("item", keep="last").set_index("item")["winner"]
        for rater, rows in labelled.groupby("rater")
    }
    found = {}
    for one, other in combinations(sorted(answers), 2):
        common = answers[one].index.intersection(answers[other].index)
        if len(common):
            kappa = cohen_kappa(answers[one][common].tolist(), answers[other][common].tolist())
            found[one, other] = {"kappa": kappa, "items": len(common)}
    return found


def cohen_kappa(one: Sequence[str], other: Sequence[str]) -> float:
    """Agreement of two raters beyond chance (Cohen 1960): 1 always, 0 as chance would have it.

    If both give one and the same label to everything, chance explains all of it: kappa is 0.
    """
    check_same_length(one=one, other=other)
    first, second = np.array(one), np.array(other)
    observed = float((first == second).mean())
    labels = sorted({*one, *other})
    chance = sum(float((first == label).mean() * (second == label).mean()) for label in labels)
    return 0.0 if chance == 1 else (observed - chance) / (1 - chance)
