"""The notation of the situations, and its reader.

A setting is a block of text. Its first lines are what @B may say first, then come situations:

    ask You are up early.
    == moving a table
    kind ask
    slot thing = [oak|pine] [table|chest]
    do help @Am carry @A's {thing} on {day}
    why @A's back hurts
    B? How heavy is it? >> It weighs {count} kilos. >> the {thing} weighs {count} kilos
    then B? Where shall we meet? >> In {place}. >> @W will meet in {place}
    yes @B will bring @B's {tool}
    quiz day: When does @A want to carry the {thing}?

* [a|b|] is a choice, {slot} a value that stays the same for the whole conversation.
* @A asks or tells something, @B answers, @W are both: "@A's" is the possessive, "@Am" the object.
  In a turn they become I, you, we; in the summary the speaker or the speaker's name, and they.
* verb* agrees with the last of these: "@A need* help" is "I need help" or "#Person1# needs help".
* "B?" is a question of @B, with @A's answer and the sentence that the summary makes of it.
"""

from dataclasses import dataclass, field

LISTS = (
    "do", "why", "yes", "no", "else", "later", "so", "offer", "rather", "advise", "react", "answer"
)  # fmt: skip
KINDS = ("ask", "propose", "permit", "want", "tell", "problem", "query", "complain")


@dataclass(frozen=True)
class Detail:
    """A question, its answer and the clause that the summary makes of the two."""

    asker: str
    question: str
    answer: str
    clause: str


@dataclass
class Situation:
    """One thing that two people can talk about, with all its wordings."""

    topic: str
    kind: str = "ask"
    slots: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=lambda: {key: [] for key in LISTS})
    details: list[Detail] = field(default_factory=list)
    plans: list[Detail] = field(default_factory=list)
    quiz: dict[str, str] = field(default_factory=dict)
    correct: list[str] = field(default_factory=list)
    move: list[str] = field(default_factory=list)


@dataclass
class Setting:
    """Who the two people are: their greetings, and their situations."""

    name: str
    ask: list[str] = field(default_factory=list)
    formal: bool = False
    situations: list[Situation] = field(default_factory=list)


def _detail(text: str) -> Detail:
    head, answer, clause = (part.strip() for part in text.split(">>"))
    return Detail(head[0], head[2:].strip(), answer, clause)


def add(situation: Situation, key: str, rest: str) -> None:
    if key == "kind" and rest in KINDS:
        situation.kind = rest
    elif key == "slot":
        name, value = rest.split("=", 1)
        situation.slots[name.strip()] = value.strip()
    elif key in ("A?", "B?"):
        situation.details.append(_detail(f"{key} {rest}"))
    elif key == "then":
        situation.plans.append(_detail(rest))
    elif key == "quiz":
        name, question = rest.split(":", 1)
        situation.quiz[name.strip()] = question.strip()
    elif key in ("correct", "move"):
        getattr(situation, key).extend(rest.split())
    elif key in LISTS:
        situation.lists[key].append(rest)
    else:
        raise ValueError(f"{situation.topic}: cannot read {key!r} {rest!r}")


def setting(name: str, text: str, formal: bool = False) -> Setting:
    """Read a setting from `text`; a line that starts with a space continues the line before.

    Args:
        name: what the two people are, such as "neighbours".
        text: the lines, in the notation of this module.
        formal: whether they call each other "Ms. Olmstad" rather than "Brena".
    """
    result = Setting(name, formal=formal)
    for line in text.strip().replace("\n ", " ").splitlines():
        line = " ".join(line.split())
        if not line:
            continue
        key, _, rest = line.partition(" ")
        if key == "==":
            result.situations.append(Situation(rest))
        elif result.situations:
            add(result.situations[-1], key, rest)
        else:
            getattr(result, key).append(rest)
    return result
