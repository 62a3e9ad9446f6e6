"""Measure the data of this folder and check what its card promises.

    python data/support_chats/measure.py

Exits with 1 if a promise is broken. Agreement between references needs `rouge-score`.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from itertools import chain, combinations
from statistics import mean

from generate import (
    CATALOGUE,
    FEW,
    MONTHS,
    NAMES,
    REFERENCES_PER_TEST_DIALOGUE,
    SPLITS,
    WEEKDAYS,
    rows,
)

WORD = re.compile(r"[\w$][\w$:,-]*\w|\w")
SLIPS = re.compile(
    r"[{}\[\]|]|  |[.,?!;][.,?!;]|\b[Aa] (?!used)[AEIOUaeiou]|\b[Aa]n (?!hour|X|\$8)[^AEIOUaeiou]"
)
TURNS, SUMMARY_WORDS = range(4, 15), range(14, 31)


def words(text: str) -> set[str]:
    """The words and numbers of a text."""
    return set(WORD.findall(text))


def pool_words(pool: str) -> set[str]:
    """Every name of a pool."""
    return set(chain.from_iterable(vars(NAMES[pool]).values()))


NAMED = pool_words("train") | pool_words("test") | {*FEW, *MONTHS, *WEEKDAYS}
FACTS = {
    scenario.topic: {
        re.sub(r"^an? ", "", value.replace("# ", ""))
        for values in scenario.facts.values()
        for value in values.split("|")
    }
    for _, scenario in CATALOGUE
}


def unsupported(row: dict) -> list[str]:
    """The names, numbers and facts in a summary that its dialogue does not have."""
    missing = words(row["summary"]) - words(row["dialogue"])
    missing = {word for word in missing if word in NAMED or re.search(r"\d", word)}
    for fact in FACTS[row["topic"]]:
        in_summary, in_dialogue = (
            re.search(rf"\b{re.escape(fact)}\b", row[column], re.IGNORECASE)
            for column in ("summary", "dialogue")
        )
        if in_summary and not in_dialogue:
            missing.add(fact)
    return sorted(missing)


def broken_promises(tables: dict[str, list[dict]]) -> Iterator[str]:
    """Whatever is wrong with the data."""
    for row in chain.from_iterable(tables.values()):
        if missing := unsupported(row):
            yield f"{row['id']}: not in the dialogue: {missing}"
        if slip := SLIPS.search(f"{row['dialogue']}\n{row['summary']}"):
            yield f"{row['id']}: slip: {slip[0]!r}"
        if row["dialogue"].count("\n") + 1 not in TURNS:
            yield f"{row['id']}: number of turns"
        if len(row["summary"].split()) not in SUMMARY_WORDS:
            yield f"{row['id']}: length of the summary"
    known = tables["train"] + tables["validation"]
    text = "\n".join(f"{row['dialogue']}\n{row['summary']}" for row in known)
    seen = set(re.findall(r"\w+", text.lower()))
    for name in sorted(pool_words("test")):
        if name.lower() in seen:
            yield f"{name}: a name of the test pool in training"
    dialogues = {split: [row["dialogue"] for row in table] for split, table in tables.items()}
    for split, texts in dialogues.items():
        if len(set(texts)) != SPLITS[split]:
            yield f"{split}: a dialogue occurs twice"
    for one, other in combinations(dialogues, 2):
        if set(dialogues[one]) & set(dialogues[other]):
            yield f"{one}, {other}: a dialogue in common"


def agreement(table: list[dict]) -> dict[str, float]:
    """Mean ROUGE F1 over all pairs of references to the same dialogue."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    step = REFERENCES_PER_TEST_DIALOGUE
    scores = [
        scorer.score(one["summary"], other["summary"])
        for start in range(0, len(table), step)
        for one, other in combinations(table[start : start + step], 2)
    ]
    return {kind: round(mean(score[kind].fmeasure for score in scores), 3) for kind in scores[0]}


def describe(name: str, numbers: list[int]) -> None:
    """Print mean, smallest and largest value."""
    print(f"  {name:<20} mean {mean(numbers):5.1f}   min {min(numbers)}   max {max(numbers)}")


def main() -> int:
    """Print the measurements, then the broken promises."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    tables = {split: rows(split) for split in SPLITS}
    for split, table in tables.items():
        print(f"{split}: {len(table)} rows, {SPLITS[split]} dialogues")
        describe("turns", [row["dialogue"].count("\n") + 1 for row in table])
        describe("words in a dialogue", [len(row["dialogue"].split()) for row in table])
        describe("words in a summary", [len(row["summary"].split()) for row in table])
    try:
        print("agreement of the test references:", agreement(tables["test"]))
    except ImportError:
        print("agreement of the test references: not measured, rouge-score is not installed")
    problems = list(broken_promises(tables))
    print(*problems, f"{len(problems)} broken promises", sep="\n")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
