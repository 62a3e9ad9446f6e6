"""The exercises of notebook 1: references, a prompt's end, words that matter, and decoding."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labutils.common.errors import LabError
from labutils.data import read_rows
from labutils.exercises.checking import Exercise, Wrong, check_type
from labutils.generation import evaluating, generate
from labutils.models import load_model, load_tokenizer
from labutils.prompts import build_prompt, check_template, fit_prompts
from labutils.tracks import DATA

if TYPE_CHECKING:
    import pandas as pd
    from transformers import PreTrainedTokenizerBase

    from labutils.models import Model

REFERENCE_ROWS = (
    [("test_1_1", "Ann calls."), ("test_1_2", "A call by Ann."), ("test_2_1", "Bo waits.")],
    [(f"test_{dialogue}_{number}", f"Text {dialogue}.{number}")
     for dialogue in (1, 11, 10) for number in (*range(2, 12), 1)],
)  # fmt: skip


def grouped_references(answer: Callable) -> None:
    """Rows with ids test_7_1, test_7_2, ... -> {"test_7": [their summaries]}."""
    for pairs in REFERENCE_ROWS:
        rows = [{"id": name, "summary": text} for name, text in pairs]
        found = answer(rows)
        check_type(found, dict, "a dict from dialogue to summaries")
        _check_keys(found, [row["id"] for row in rows])
        right: dict[str, list[str]] = {}
        for name, text in pairs:
            right.setdefault(name.rpartition("_")[0], []).append(text)
        for dialogue, texts in right.items():
            _check_group(dialogue, found.get(dialogue), texts)


def _check_keys(found: dict, names: list[str]) -> None:
    if set(found) & set(names):
        name = next(name for name in names if name in found)
        raise Wrong(
            f"{name!r} got a group of its own, but it is a row, one of several references to its "
            "dialogue: the last _number must go."
        )
    if stray := [key for key in found if str(key).endswith("_")]:
        raise Wrong(
            f"A group is called {stray[0]!r}: numbers can have two digits, as in "
            f"'{stray[0]}10'. Cut the id at its last underscore."
        )
    missing = {name.rpartition("_")[0] for name in names} - set(found)
    if missing:
        raise Wrong(
            f"There is no group {min(missing)!r}; the groups are {list(found)}. Only the last "
            "_number of an id goes."
        )


def _check_group(dialogue: str, found: Any, right: list[str]) -> None:
    if isinstance(found, str):
        raise Wrong(
            f"{dialogue} holds one text, {found!r}, and has {len(right)}: each row overwrote the "
            "one before it. Collect them in a list."
        )
    if sorted(found) != sorted(right):
        raise Wrong(f"{dialogue} holds {len(found)} texts: {found}; its rows have {right}.")
    if list(found) != right:
        raise Wrong(f"{dialogue} has its references in another order than the file: {found}.")


def fit_tokens(answer: Callable) -> None:
    """Token ids before, of and after a dialogue, and a limit -> at most so many, end included."""
    before, after = [11, 12], [91, 92, 93]
    for length, limit in ((20, 12), (7, 12), (3, 12), (30, 25), (4, 5)):
        dialogue = list(range(30, 30 + length))
        found = answer(before, dialogue, after, limit)
        check_type(found, list, "a list of token ids")
        where = f"a dialogue of {length} tokens and a limit of {limit}"
        if found[-3:] != after:
            raise Wrong(
                f"For {where} the model reads last {found[-3:]}, and not the instruction's end "
                f"{after}: it would not know what to do. Shorten the dialogue, then join."
            )
        if len(found) > limit:
            raise Wrong(f"For {where} the prompt has {len(found)} tokens: too long for the model.")
        if found[:2] != before:
            raise Wrong(f"For {where} the prompt begins {found[:2]} and not {before}.")
        _check_cut(found[2:-3], dialogue[: limit - 5], length, where)


def _check_cut(kept: list[int], right: list[int], length: int, where: str) -> None:
    if kept == right:
        return
    if length == len(right) > len(kept):
        raise Wrong(
            f"For {where} everything fits, and {len(kept)} tokens of the dialogue are left. "
            "(A slice such as [:-0] is empty.)"
        )
    if len(kept) < len(right):
        raise Wrong(f"For {where} it keeps {len(kept)} of the dialogue; {len(right)} would fit.")
    raise Wrong(f"For {where} it keeps {kept} of the dialogue; keep its beginning, {right}.")


def name_the_topic(answer: Callable) -> None:
    """-> a template with which the embedded tiny model says what a chat is about, and no more.

    It is asked of that model on every track: it is here, quick, and answers the same each time.
    """
    template = answer()
    check_type(template, str, "a template, which is a text")
    try:
        check_template(template)
    except LabError as error:
        raise Wrong(str(error)) from error
    rows = read_rows(DATA / "support_chats" / "validation.csv")[:6]
    chats = [row["dialogue"] for row in rows]
    tokenizer = load_tokenizer(str(DATA / "tiny-flan-t5"))
    model = load_model(str(DATA / "tiny-flan-t5"))
    answers = generate(model, tokenizer, fit_prompts(chats, tokenizer, template=template),
                       max_new_tokens=40)  # fmt: skip
    judge_answers(answers, chats)


TOPIC_WORDS = 6
"""A topic of a chat has no more words."""


def judge_answers(answers: list[str], chats: list[str]) -> None:
    """Raise Wrong if the answers tell who wants what, copy, are empty, or are all the same."""
    words = {text: len(text.split()) for text in answers}
    telling = [
        text
        for text in answers
        if words[text] > TOPIC_WORDS or "#Person" in text and words[text] > 1
    ]
    if len(telling) > 1:
        raise Wrong(
            f"{len(telling)} of {len(answers)} answers still tell who wants what, such as "
            f"{telling[0]!r}. Ask for something else than a summary."
        )
    if len([text for text in answers if not text.strip()]) > 1:
        raise Wrong("The model falls silent: most answers are empty. Ask it for something.")
    copied = [text for text, chat in zip(answers, chats) if text and text in chat]
    if len(copied) > 1:
        raise Wrong(
            f"No story any more, but {len(copied)} of {len(answers)} answers stand word for word "
            f"in their chat, such as {copied[0]!r}. The model took it for another of its tasks, "
            "such as finding a name or a number. Say it in other words, or put the request before "
            "the chat and a cue, such as 'Topic:', after it."
        )
    if len(set(answers)) < len(answers) / 2:
        raise Wrong(f"The answers hardly depend on the chat: {sorted(set(answers))}.")


DECODINGS: dict[str, dict[str, Any]] = {
    "greedy": {"do_sample": False},
    "4 beams": {"num_beams": 4},
    "no repeated 3-gram": {"no_repeat_ngram_size": 3},
    "top-p 0.9": {"do_sample": True, "top_k": 0, "top_p": 0.9},
    "temperature 1.5": {"do_sample": True, "top_k": 0, "temperature": 1.5},
}
"""{what exercise 1.4 calls it: options of transformers' `generate`}."""

WRITTEN_BY = {
    "A": "top-p 0.9",
    "B": "4 beams",
    "C": "temperature 1.5",
    "D": "no repeated 3-gram",
    "E": "greedy",
}
"""The answer to exercise 1.4."""

PUZZLE_CHAT, PUZZLE_SEEDS, PUZZLE_TOKENS = 2, (1, 2), 144
"""The row of validation.csv that exercise 1.4 tells about, the seeds, and the longest summary."""


def decoding_puzzle() -> pd.DataFrame:
    """What exercise 1.4 shows: a chat summarized with each of DECODINGS, without their names.

    The embedded tiny model writes it on every track, so that one answer is right on all of them.

    Returns:
        A row for each letter of WRITTEN_BY: the texts of both seeds, and the mean log-probability
        (nats) of a token of each.
    """
    import pandas as pd

    folder = str(DATA / "tiny-flan-t5")
    model, tokenizer = load_model(folder), load_tokenizer(folder)
    chat = read_rows(DATA / "support_chats" / "validation.csv")[PUZZLE_CHAT]
    prompt, rows = build_prompt(chat["dialogue"]), {}
    for letter, name in WRITTEN_BY.items():
        first, second = (
            generate(model, tokenizer, [prompt], max_new_tokens=PUZZLE_TOKENS, seed=seed,
                     **DECODINGS[name])[0]
            for seed in PUZZLE_SEEDS
        )  # fmt: skip
        different = dict.fromkeys((first, second))
        likely = [f"{_log_probability(model, tokenizer, prompt, text):.2f}" for text in different]
        rows[letter] = {
            "seed 1": first,
            "seed 2": "the same" if first == second else second,
            "log-probability per token": ", ".join(likely),
        }
    return pd.DataFrame(rows).T


def _log_probability(
    model: Model, tokenizer: PreTrainedTokenizerBase, prompt: str, text: str
) -> float:
    import torch

    batch = tokenizer(prompt, text_target=text, return_tensors="pt")
    with evaluating(model), torch.inference_mode():
        return -model(**batch).loss.item()


MISTAKEN = {
    ("top-p 0.9", "temperature 1.5"): (
        "A and C are both drawn, but A never leaves what the model finds likely: odd tokens were "
        "cut off before the draw."
    ),
    ("4 beams", "greedy"): (
        "the model finds B's text likelier than E's. The likeliest token at each step does not "
        "make the likeliest text, and beams look for that."
    ),
    ("4 beams", "no repeated 3-gram"): (
        "the model finds no text likelier than B's. D is the one that may not write #Person1# "
        "twice, which is three tokens."
    ),
    ("no repeated 3-gram", "greedy"): (
        "greedy decoding takes the likeliest token each time, and the model finds D's text quite "
        "unlikely. Look at how often D writes #Person1#, which is three tokens."
    ),
    ("no repeated 3-gram", "4 beams"): (
        "beams look for a likely text, and the model finds D's quite unlikely. Look at how often "
        "D writes #Person1#, which is three tokens."
    ),
}
"""{(what wrote it, what the student says): what to look at}; the first that fits is told."""


def name_the_decoding(answer: Callable) -> None:
    """-> {"A": a name of DECODINGS, ..., "E": another}, which decoding wrote which text."""
    found = answer()
    check_type(found, dict, "a dict from letter to decoding")
    if set(found) != set(WRITTEN_BY):
        raise Wrong(f"The letters are {', '.join(WRITTEN_BY)}; the answer has {sorted(found)}.")
    for letter, name in found.items():
        if name not in DECODINGS:
            raise Wrong(f"{letter} is {name!r}; it must be one of: {', '.join(DECODINGS)}.")
    if len(set(found.values())) < len(found):
        raise Wrong("Each decoding wrote one text; the answer has one of them twice.")
    for letter, name in found.items():
        drawn, said = (DECODINGS[which].get("do_sample") for which in (WRITTEN_BY[letter], name))
        if bool(drawn) != bool(said):
            seeds = "two texts, so it was drawn" if drawn else "one text, so it was not drawn"
            raise Wrong(f"{letter} is not {name}: its two seeds give {seeds}.")
    wrong = [
        (letter, found[letter], MISTAKEN.get((right, found[letter]), ""))
        for letter, right in WRITTEN_BY.items()
        if found[letter] != right
    ]
    if wrong:
        letter, name, advice = max(wrong, key=lambda item: bool(item[2]))
        raise Wrong(f"{letter} is not {name}: {advice or 'compare it with the others.'}")


CANDIDATES = (
    {
        "greedy": (0.36, 0.42, 0.0, 0.0, 60, 2.0),
        "beams": (0.38, 0.43, -0.04, 0.06, 70, 9.0),
        "penalty": (0.40, 0.39, -0.06, -0.01, 4, 3.0),
        "no four twice": (0.37, 0.41, -0.03, 0.01, 10, 2.5),
        "no two twice": (0.35, 0.40, -0.05, 0.0, 0, 2.5),
        "top-p": (0.36, 0.36, -0.10, 0.02, 6, 4.0),
    },
    {
        "greedy": (0.30, 0.50, 0.0, 0.0, 5, 1.0),
        "beams": (0.34, 0.55, 0.01, 0.09, 8, 4.0),
        "long beams": (0.33, 0.57, 0.02, 0.11, 8, 4.1),
    },
    {
        "greedy": (0.41, 0.60, 0.0, 0.0, 31, 2.0),
        "penalty": (0.44, 0.52, -0.12, -0.04, 1, 2.0),
        "beams": (0.43, 0.63, -0.01, 0.07, 12, 2.1),
    },
)
"""{setting: ROUGE-1, facts told, the ends of its paired difference in facts from greedy's,
summaries that go around in circles, seconds}."""

MEASURES = ("rouge1", "facts", "facts_low", "facts_high", "repeats", "seconds")
REQUIRED = ((0, 10, 5.0), (1, 8, 4.0), (2, 10, 2.0), (2, 12, 2.1), (0, 6, 5.0))
"""(the table, at most so many repeats, at most so many seconds)."""


AT_MOST = " At most includes the limit itself, and an interval that reaches zero shows no loss."


def choose_decoding(answer: Callable) -> None:
    """{setting: its scores}, most repeats, most seconds -> the best that meets all, or "none"."""
    for place, repeats, seconds in REQUIRED:
        table = {name: dict(zip(MEASURES, row)) for name, row in CANDIDATES[place].items()}
        found = answer(table, repeats, seconds)
        check_type(found, str, "a setting's name")
        asked = f"With at most {repeats} repeats and {seconds} s"
        fit = {
            name: row
            for name, row in table.items()
            if row["repeats"] <= repeats and row["seconds"] <= seconds and row["facts_high"] >= 0
        }
        best = max(fit, key=lambda name: fit[name]["facts"], default="none")
        if found == best:
            continue
        if found == "none":
            raise Wrong(f"{asked} it returns 'none', and {best} meets all three.{AT_MOST}")
        if found not in table:
            raise Wrong(f"{asked} it returns {found!r}; give a setting's name, or 'none'.")
        if found not in fit:
            fault = _fault(table[found], repeats, seconds)
            raise Wrong(f"{asked} it chooses {found}, {fault}")
        raise Wrong(
            f"{asked} it chooses {found}, which is allowed; {best} is too, and tells more facts "
            f"({fit[best]['facts']} against {fit[found]['facts']}).{AT_MOST}"
        )


def _fault(row: dict[str, Any], repeats: int, seconds: float) -> str:
    """Which requirement a setting does not meet."""
    if row["repeats"] > repeats:
        return (
            f"which goes around in circles {row['repeats']} times. A good mean does not make up "
            "for a requirement."
        )
    if row["seconds"] > seconds:
        return f"which takes {row['seconds']} s."
    return (
        f"whose facts lie below greedy's by {-row['facts_high']} to {-row['facts_low']}: the whole "
        f"interval is below zero, so the loss is real. Its ROUGE-1 of {row['rouge1']} does not "
        "see that."
    )


EXERCISES = (
    Exercise(
        "1.1",
        "Group the references",
        grouped_references,
        "Each dialogue now counts once, with all its references: no test set that looks three "
        "times its size.",
    ),
    Exercise(
        "1.2",
        "Keep the prompt's end",
        fit_tokens,
        "However long a dialogue is, the model is still told what to do with it.",
    ),
    Exercise(
        "1.3",
        "Find words that change the answer",
        name_the_topic,
        "A prompt helps where it meets something that the model was trained on. These answers are "
        "no summaries yet: for those, notebook 2 trains.",
    ),
    Exercise(
        "1.4",
        "Name the decoding",
        name_the_decoding,
        "When a model in the wild loops or raves, its decoding is the first thing to look at, "
        "before anybody trains it again.",
    ),
    Exercise(
        "1.5",
        "Choose a decoding",
        choose_decoding,
        "Requirements first, then the best of what meets them; and where nothing does, "
        "saying so is the right answer.",
    ),
)
