"""The exercises of notebook 1: references, a prompt whose end survives, and words that matter."""

from collections.abc import Callable
from typing import Any

from labutils.common.errors import LabError
from labutils.data import read_rows
from labutils.exercises.checking import Exercise, Wrong, check_type
from labutils.generation import generate
from labutils.models import load_model, load_tokenizer
from labutils.prompts import check_template, fit_prompts
from labutils.tracks import DATA

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
    telling = [text for text in answers if "#Person" in text or len(text.split()) > TOPIC_WORDS]
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
            f"in their chat, such as {copied[0]!r}. Ask what the chat is about."
        )
    if len(set(answers)) < len(answers) / 2:
        raise Wrong(f"The answers hardly depend on the chat: {sorted(set(answers))}.")


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
)
