"""Measure the support chats and check what their card promises.

    python -m tools.makers.support_chats.measure --seed 7

Exits with 1 if a promise is broken. Needs the lab's own packages.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

from tools.makers.support_chats.chats import Chat
from tools.makers.support_chats.splits import SEED, SIZES, made

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

MODEL = Path(__file__).resolve().parents[3] / "data" / "tiny-flan-t5"
SLIPS = re.compile(
    r"[{}\[\]|]|  |[.,?!;][.,?!;]|\b[Aa] [AEIOaeio]"
    r"|\b[Aa]n (?!hour|X|\$8|\$11\b|\$18\b)[^AEIOUaeiou]"
)
TURNS, SUMMARY_WORDS = range(4, 25), range(10, 90)
REQUIRED_FACTS = 2.5  # at least, in the mean
MOST_USES = 5  # of a name in training
PIECES_APART = 0.3  # at most, between the names of training and test


def name_words(chat: Chat) -> list[tuple[str, str]]:
    """The coined words of a chat with the kind of their names."""
    return [
        (kind, word)
        for name, kind in chat.entities.items()
        for word in (name.split() if kind == "person" else name.split()[:1])
    ]


def pieces(chats: list[Chat], tokenizer: PreTrainedTokenizerBase) -> float:
    """Mean number of tokens of a coined word."""
    words = [word for chat in chats for _, word in name_words(chat)]
    return mean(len(tokenizer.tokenize(word)) for word in words)


def told_by_all(chat: Chat) -> bool:
    """Whether the dialogue and each summary tell every required fact."""
    needed = [fact["value"] for fact in chat.truth.facts if fact["required"]]
    in_dialogue = all(value.split()[0] in chat.dialogue for value in needed)
    return in_dialogue and all(value in text for text in chat.summaries for value in needed)


def broken_promises(splits: dict[str, list[tuple[str, Chat]]]) -> Iterator[str]:
    """Whatever is wrong with the chats."""
    for name, chat in (pair for split in splits.values() for pair in split):
        if not told_by_all(chat):
            yield f"{name}: a required fact is not told"
        for text in (chat.dialogue, *chat.summaries):
            if slip := SLIPS.search(text):
                yield f"{name}: slip: {slip[0]!r}"
        if chat.dialogue.count("\n") + 1 not in TURNS:
            yield f"{name}: {chat.dialogue.count(chr(10)) + 1} turns"
        for text in chat.summaries:
            if len(text.split()) not in SUMMARY_WORDS:
                yield f"{name}: {len(text.split())} words in a summary"
    train = [word for _, chat in splits["train"] for _, word in name_words(chat)]
    test = {word for _, chat in splits["test"] for _, word in name_words(chat)}
    known = {*train, *(word for _, chat in splits["validation"] for _, word in name_words(chat))}
    if common := sorted(known & test):
        yield f"names of the test split in training: {common}"
    names = Counter(name for _, chat in splits["train"] for name in chat.entities)
    if frequent := [name for name, uses in names.items() if uses > MOST_USES]:
        yield f"names used more than {MOST_USES} times: {frequent}"
    texts = {split: {chat.dialogue for _, chat in chats} for split, chats in splits.items()}
    for one, other in combinations(texts, 2):
        if texts[one] & texts[other]:
            yield f"{one}, {other}: a dialogue in common"


def reference_agreement(chats: list[Chat]) -> dict[str, float]:
    """Mean ROUGE F1 over all pairs of references to the same dialogue."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    pairs = [pair for chat in chats for pair in combinations(chat.summaries, 2)]
    scores = [scorer.score(*pair) for pair in pairs]
    return {kind: round(mean(score[kind].fmeasure for score in scores), 3) for kind in scores[0]}


def print_spread(name: str, numbers: list[float]) -> None:
    """Print mean, smallest and largest value."""
    print(f"  {name:<28} mean {mean(numbers):6.2f}   min {min(numbers)}   max {max(numbers)}")


def main() -> int:
    """Print the measurements, then the broken promises."""
    from transformers import AutoTokenizer

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=SEED, help="default: %(default)s")
    args = parser.parse_args()
    splits = {split: made(split, args.seed) for split in SIZES}
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    apart, required = [], []
    for split, named in splits.items():
        chats = [chat for _, chat in named]
        print(f"{split}: {len(chats)} dialogues")
        print_spread("turns", [chat.dialogue.count("\n") + 1 for chat in chats])
        print_spread(
            "tokens in a dialogue", [len(tokenizer.tokenize(chat.dialogue)) for chat in chats]
        )
        print_spread(
            "tokens in a summary", [len(tokenizer.tokenize(chat.summaries[0])) for chat in chats]
        )
        facts = [[fact for fact in chat.truth.facts if fact["required"]] for chat in chats]
        print_spread("required facts", [len(found) for found in facts])
        print_spread("requests", [len(chat.truth.outcomes) for chat in chats])
        print_spread("with a changed fact", [any(f["instead"] for f in found) for found in facts])
        apart.append(pieces(chats, tokenizer))
        required.append(mean(map(len, facts)))
        print(f"  tokens in a name's word      mean {apart[-1]:6.2f}")
    print(
        "agreement of the test references:",
        reference_agreement([chat for _, chat in splits["test"]]),
    )
    problems = list(broken_promises(splits))
    if max(apart) - min(apart) > PIECES_APART:
        problems.append(f"names of the splits have unlike numbers of tokens: {apart}")
    if min(required) < REQUIRED_FACTS:
        problems.append(f"too few required facts: {required}")
    print(*problems, f"{len(problems)} broken promises", sep="\n")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
