"""An exercise's run whose ROUGE is high and whose facts are low: its texts, tools and checker."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from labutils.exercises.checking import Wrong

SUMMARY_FAULTS = {
    "invented": "the summary tells a name or number that the chat does not have",
    "mixed up": "something of the reference is missing, and the summary tells a name or number of "
    "the chat that the reference does not have",
    "left out": "something of the reference is missing, and the summary tells nothing that the "
    "reference lacks",
    "turned": "of reference and summary, one denies something and the other does not",
}
"""{fault: what it is}"""

DENIALS = frozenset("not cannot refuses declines impossible".split())


def values(text: str) -> set[str]:
    """The names, days and numbers of a text, as they are written."""
    return set(re.findall(r"[A-Z]\w+|\d[\d:]*\d|\d", text))


def denies(text: str) -> bool:
    """Whether a text denies something, in any of DENIALS' words."""
    return bool(DENIALS & set(re.findall(r"\w+", text.lower())))


@dataclass(frozen=True)
class Case:
    """A chat, a reference, a system's summary, its faults, and what a wrong answer overlooks."""

    chat: str
    reference: str
    summary: str
    faults: frozenset[str]
    why: str


def _case(chat: tuple[str, ...], reference: str, summary: str, faults: str, why: str) -> Case:
    turns = [f"#Person{1 + place % 2}#: {text}" for place, text in enumerate(chat)]
    return Case("\n".join(turns), reference, summary, frozenset(filter(None, faults.split(", "))),
                why)  # fmt: skip


SHOWN = (
    _case(
        ("Good morning, this is Orla Venn. My order K2291 came without the lamp.",
         "I am sorry. I can send the lamp to Brook Street on Tuesday.", "That is fine, thanks."),
        "Orla Venn complains that the lamp is missing from an order. #Person2# will send it to "
        "Brook Street on Tuesday.",
        "Orla Venn complains that the lamp is missing from order K2291. #Person2# will send it to "
        "Brook Street on Tuesday.",
        "",
        "the order's number stands in the chat and nothing of the reference is missing: a detail "
        "more is no fault",
    ),
    _case(
        ("Hello, Ben Toller here. I would like to cancel my gym contract.",
         "It ends on June 30, then. Is that all right?", "Yes, thank you."),
        "Ben Toller cancels a gym contract, and #Person2# says that it ends on June 30.",
        "Mara Quist cancels a gym contract, and #Person2# says that it ends on March 15.",
        "invented",
        "neither the name nor the date stands in the chat; what they push aside is not also left "
        "out",
    ),
    _case(
        ("I fly to Lahestad on May 4. Sorry, I meant Soteby.", "And what do you need?",
         "A seat by the window.", "Done."),
        "#Person1# flies to Soteby on May 4 and gets a seat by the window.",
        "#Person1# flies to Lahestad on May 4 and gets a seat by the window.",
        "mixed up",
        "Lahestad stands in the chat, but it was taken back, and the reference has Soteby",
    ),
    _case(
        ("Lena Abt speaking. Can I return the kettle that I bought on April 9?",
         "I am afraid not. The box was opened."),
        "Lena Abt wants to return a kettle bought on April 9. #Person2# refuses, since the box was "
        "opened.",
        "Lena Abt wants to return a kettle bought on April 9. #Person2# agrees, since the box was "
        "opened.",
        "turned",
        "every name and number is right, and the refusal has become a consent",
    ),
    _case(
        ("This is Tom Reyes. When does the plumber come?", "On Friday at 3:30.", "Good."),
        "Tom Reyes asks when the plumber comes. #Person2# promises that he comes on Friday at "
        "3:30.",
        "Tom Reyes asks when the plumber comes. #Person2# promises that he comes soon.",
        "left out",
        "day and time are missing, and nothing stands in their place",
    ),
    _case(
        ("My name is Ines Faro. Please unlock account 5512.",
         "I cannot do that by phone. Please come to the branch in Mellin."),
        "Ines Faro asks to unlock account 5512. #Person2# cannot do that by phone and asks her to "
        "come to the branch in Mellin.",
        "Ines Faro asks to unlock account 5512. #Person2# can do that by phone and asks her to "
        "come to the branch in Dorrow.",
        "invented, turned",
        "a summary can have two faults: the branch is of no chat, and what cannot be done is done",
    ),
    _case(
        ("Can you ship the sofa to Ardal before May?", "No, our trucks are full.", "A pity."),
        "#Person1# wants a sofa shipped to Ardal before May. #Person2# refuses, since the trucks "
        "are full.",
        "#Person1# wants a sofa shipped to Ardal before May. #Person2# declines, since the trucks "
        "are full.",
        "",
        "'refuses' and 'declines' are both denials: other words are no fault",
    ),
)  # fmt: skip
"""The run that the notebook shows."""

HIDDEN = (
    _case(
        ("Saul Wick again. Please move my lesson from Monday to Thursday.",
         "Thursday is full, I am sorry."),
        "Saul Wick wants to move a lesson to Thursday. #Person2# refuses.",
        "Saul Wick wants to move a lesson to Monday. #Person2# agrees.",
        "mixed up, turned",
        "Monday is the chat's, but not the day that was asked for, and the refusal is gone",
    ),
    _case(
        ("Here is Ida Holm. Is 40 dollars right for the bike?", "It is.", "Thanks."),
        "Ida Holm asks whether 40 dollars is right for a bike, and #Person2# confirms it.",
        "Ida Holm asks whether 45 dollars is right for a bike, and #Person2# confirms it.",
        "invented",
        "numbers can be invented as well as names",
    ),
    _case(
        ("It is Noor Sand. May I bring my dog to room 12?", "Of course."),
        "Noor Sand asks to bring a dog to room 12. #Person2# agrees.",
        "Noor Sand asks to bring a dog to room 12. #Person2# does not agree.",
        "turned",
        "here the reference grants and the summary denies: look in both directions",
    ),
    _case(
        ("Ravi Lund here. I moved, to Elm Road.", "Noted. From when?", "From July 2."),
        "Ravi Lund tells #Person2# that he moved to Elm Road on July 2.",
        "A customer tells #Person2# that he moved to Elm Road on July 2.",
        "left out",
        "the customer's name is missing; names are left out, too",
    ),
    _case(
        ("Please book Ola Brandt a table for 6 in Vik.", "For Friday?", "For Sunday."),
        "#Person1# books a table for 6 in Vik on Sunday for Ola Brandt.",
        "#Person1# books a table for 8 in Vik on Friday for Ola Brandt.",
        "invented, mixed up",
        "two values are wrong in two ways: 8 is of no chat, and Friday is the chat's",
    ),
)  # fmt: skip


def high_rouge_run() -> list[dict[str, str]]:
    """A system's summaries of a handful of chats: dicts of chat, reference and summary."""
    return [{"chat": case.chat, "reference": case.reference, "summary": case.summary}
            for case in SHOWN]  # fmt: skip


def diagnose(answer: Callable) -> None:
    """Chat, reference, summary -> the set of the summary's faults, of SUMMARY_FAULTS."""
    for case in (*SHOWN, *HIDDEN):
        found = answer(case.chat, case.reference, case.summary)
        if not isinstance(found, (set, frozenset, list, tuple)):
            raise Wrong(f"It should return a set of faults, and returned {found!r:.60}.")
        if unknown := [item for item in found if item not in list(SUMMARY_FAULTS)]:
            raise Wrong(f"{unknown[0]!r:.60} is no fault; they are {', '.join(SUMMARY_FAULTS)}.")
        chat = repr(case.chat.partition("\n")[0].partition(": ")[2])
        if missed := sorted(case.faults - set(found)):
            raise Wrong(f"In the chat {chat} it overlooks {' and '.join(missed)}: {case.why}.")
        if extra := sorted(set(found) - case.faults):
            raise Wrong(f"In the chat {chat} it finds {' and '.join(extra)}: but {case.why}.")
