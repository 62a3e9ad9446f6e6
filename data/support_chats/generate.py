"""Make the synthetic customer-support dialogues of this folder.

    python data/support_chats/generate.py            # write train.csv, validation.csv, test.csv
    python data/support_chats/generate.py --check    # compare them with what is on disk

A conversation is one scenario (`scenarios/`), one of its resolutions, facts drawn at random
(`pools.py`) and what people say around it in any call (`phrases.py`).
"""

import argparse
import csv
import io
import os
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import phrases as say
from pools import STREET_KINDS, Pool, load_pool
from scenarios import DOMAINS
from scenarios.base import Domain, Resolution, Scenario

SPLITS = {"train": 2000, "validation": 200, "test": 200}
SEED = 2026
REFERENCES_PER_TEST_DIALOGUE = 3
COLUMNS = ("id", "dialogue", "summary", "topic")

CATALOGUE = [(domain, scenario) for domain in DOMAINS for scenario in domain.scenarios]
NAMES = {pool: load_pool(pool) for pool in ("train", "test")}

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip
TIMES = [f"{hour}{minutes} {half}" for half, hours in (("am", (8, 9, 10, 11)), ("pm", range(1, 7)))
         for hour in hours for minutes in ("", ":15", ":30", ":45")]  # fmt: skip
FEW = ("two", "three", "four", "five", "six")


@dataclass
class Conversation:
    """A dialogue with several summaries that tell the same in different words.

    `entities` maps names to what they name, `facts` maps slots to values, and `quotes` holds
    what was said word for word: the "problem" and the "answer" to it.
    """

    dialogue: str
    summaries: tuple[str, ...]
    topic: str
    domain: str
    entities: dict[str, str]
    facts: dict[str, str]
    quotes: dict[str, str]


# --- Facts -------------------------------------------------------------------------------------


def draw_place(rng: random.Random, pool: Pool, kind: str) -> str:
    """A city, a town or a street."""
    if kind == "city":
        return rng.choice(pool.cities)
    town = rng.choice(pool.towns)
    return town if kind == "town" else f"{town} {rng.choice(STREET_KINDS)}"


def draw_product(rng: random.Random, pool: Pool, kinds: str) -> str:
    """A branded product of one of the kinds."""
    brand, kind = rng.choice(pool.brands), rng.choice(kinds.split("|"))
    model = f"{rng.choice('CEGKMPRSTX')}{rng.randint(2, 9)}"
    return f"{brand} {kind}".replace("#", model)


def draw_facts(
    rng: random.Random, pool: Pool, domain: Domain, scenario: Scenario
) -> dict[str, str]:
    """Values for all slots of a conversation."""
    first = rng.choice(pool.first_names)
    kind = rng.choice(domain.places)
    place = place2 = draw_place(rng, pool, kind)
    while place2 == place:
        place2 = draw_place(rng, pool, kind)
    day, due = rng.sample(WEEKDAYS, 2)
    time, clock = rng.sample(TIMES, 2)
    few, some, term = rng.sample(FEW, 3)
    amount = rng.randint(2, 12) * 5
    daytime = rng.choice(("morning", "afternoon", "evening"))
    facts = {
        "first": first,
        "name": f"{first} {rng.choice(pool.surnames)}",
        "company": f"{rng.choice(pool.companies)} {rng.choice(domain.companies)}",
        "product": draw_product(rng, pool, scenario.facts.get("product", domain.products)),
        "place": place,
        "place2": place2,
        "day": day,
        "due": due,
        "date": f"{rng.choice(MONTHS)} {rng.randint(1, 28)}",
        "time": time,
        "clock": clock,
        "amount": f"${amount}",
        "amount2": f"${amount + rng.randint(10, 50) * 5}",
        "few": few,
        "some": some,
        "term": term,
        "daytime": daytime,
        "daypart": "evening" if daytime == "evening" else "day",
        "desk": domain.desk,
        "reference": domain.reference,
        "number": f"{rng.choice('ABCDEFHKLMNPRSTW')}{rng.randint(1000, 9999)}",
    }
    for slot, values in scenario.facts.items():
        if slot != "product":
            facts[slot] = rng.choice(values.split("|"))
    return facts


# --- Phrases -----------------------------------------------------------------------------------


def expand(rng: random.Random, phrase: str) -> str:
    """Choose one of the alternatives in each [a|b]."""
    return re.sub(r"\[([^\[\]]*)\]", lambda found: rng.choice(found[1].split("|")), phrase)


def fill(phrase: str, facts: dict[str, str]) -> str:
    """Put the facts into the slots; "a {slot}" becomes "an ..." before a vowel."""

    def with_article(found: re.Match) -> str:
        value = facts[found[2]]
        spoken_vowel = re.match(r"[AEIOUaeiou]|X-|\$8", value)
        return f"{found[1]}{'n' if spoken_vowel else ''} {value}"

    phrase = re.sub(r"\b([Aa]) \{(\w+)\}", with_article, phrase)
    return re.sub(r"\{(\w+)\}", lambda found: facts[found[1]], phrase)


def tidy(text: str) -> str:
    """Single spaces, and a capital letter at the start of each sentence."""
    text = re.sub(r" +([.,?!;])", r"\1", re.sub(r"\s+", " ", text)).strip()
    return re.sub(r"(^|[.?!] )([a-z])", lambda found: found[1] + found[2].upper(), text)


class Call:
    """A conversation under way: who said what, and the facts as they stand now."""

    def __init__(self, rng: random.Random, facts: dict[str, str]):
        self.rng = rng
        self.facts = facts
        self.turns: list[tuple[str, str]] = []
        self.quotes: dict[str, str] = {}

    def happens(self, probability: float) -> bool:
        """Whether something optional takes place."""
        return self.rng.random() < probability

    def add(self, speaker: str, *options: str, quote: str = "") -> None:
        """Let the speaker say one of the options, in the same turn if already speaking.

        What is said goes to the end of `quotes[quote]`, if a name is given.
        """
        text = expand(self.rng, self.rng.choice(options))
        for _ in range(2):  # an offer or a reason has slots of its own
            text = fill(text, self.facts)
        text = tidy(text)
        if quote:
            self.quotes[quote] = f"{self.quotes.get(quote, '')} {text}".strip()
        if self.turns and self.turns[-1][0] == speaker:
            text = f"{self.turns.pop()[1]} {text}"
        self.turns.append((speaker, text))

    def exchange(self, speaker: str, pairs: tuple[tuple[str, str], ...]) -> None:
        """Let the speaker say something that the other one answers."""
        first, second = self.rng.choice(pairs)
        self.add(speaker, first)
        self.add("customer" if speaker == "agent" else "agent", second)

    def dialogue(self) -> str:
        """The turns as text, with the first speaker as #Person1#."""
        return "\n".join(f"{self.person(speaker)}: {text}" for speaker, text in self.turns)

    def person(self, speaker: str) -> str:
        """The tag of a speaker."""
        return "#Person1#" if speaker == self.turns[0][0] else "#Person2#"


# --- The course of a call ----------------------------------------------------------------------


def open_call(call: Call, scenario: Scenario) -> None:
    """Greetings and the customer's problem."""
    opening = call.rng.choice(("agent", "agent", "customer", "written"))
    if opening == "agent":
        call.add("agent", *say.AGENT_OPENS)
        if call.happens(0.7):
            call.add("customer", *say.CUSTOMER_GREETS)
    elif opening == "customer":
        call.add("customer", *say.CUSTOMER_OPENS)
        call.add("agent", *say.AGENT_ANSWERS)
    else:
        call.add("customer", *say.CUSTOMER_WRITES)
    problem = call.rng.choice(scenario.problem)
    if "{name}" not in problem and call.happens(0.35):
        call.add("customer", *say.INTRODUCES)
    call.add("customer", problem, quote="problem")
    call.add("agent", *(say.IS_SORRY if scenario.trouble else say.WILL_LOOK))


def identify(call: Call) -> None:
    """The agent finds out who the customer is."""
    named = any(call.facts["name"] in text for _, text in call.turns)
    if named:
        questions, answers = say.ASKS_REFERENCE, say.GIVES_REFERENCE
    else:
        exchanges = (
            (say.ASKS_NAME, say.GIVES_NAME),
            (say.ASKS_BOTH, say.GIVES_BOTH),
            (say.ASKS_REFERENCE, say.GIVES_REFERENCE),
        )
        questions, answers = call.rng.choice(exchanges)
        named = questions is not say.ASKS_REFERENCE
    call.add("agent", *questions)
    call.add("customer", *answers)
    call.add("agent", *(say.FINDS_NAMED if named and call.happens(0.4) else say.FINDS))


def open_questions(call: Call, scenario: Scenario) -> tuple[tuple[str, str], ...]:
    """The agent's questions that the customer has not answered already."""
    said = call.dialogue()
    return tuple(
        (question, answer)
        for question, answer in scenario.clarify
        if not any(call.facts[slot] in said for slot in re.findall(r"\{(\w+)\}", answer))
    )


def hold(call: Call) -> None:
    """The customer waits, now and then with some small talk."""
    if call.happens(0.3):
        call.add("agent", *(question for question, _ in say.HOLDS))
        call.exchange("customer", say.SMALL_TALK)
    else:
        call.exchange("agent", say.HOLDS)
    call.add("agent", *say.HOLD_ENDS)


def change_mind(call: Call, offer: str) -> bool:
    """The customer wants another day or time than the one just offered."""
    slots = [slot for slot in ("day", "time") if f"{{{slot}}}" in offer]
    if not slots or not call.happens(0.4):
        return False
    slot = call.rng.choice(slots)
    old, values = call.facts[slot], WEEKDAYS if slot == "day" else TIMES
    new = call.rng.choice([v for v in values if v not in (old, call.facts["due"])])
    call.facts.update(old=old, new=new)
    call.add("customer", *say.CHANGES_MIND)
    call.add("agent", *say.AGREES_TO_CHANGE)
    call.facts[slot] = new
    return True


def resolve(call: Call, resolution: Resolution) -> None:
    """The agent's answer and what the customer makes of it."""
    call.facts |= {part: getattr(resolution, part) for part in ("offer", "reason", "choice")}
    if resolution.news:
        call.add("agent", resolution.news, quote="answer")
        call.add("customer", *say.HEARS_NEWS)
        return
    if resolution.reason:
        call.add("agent", *say.REFUSES, quote="answer")
    if resolution.offer:
        offers = say.OFFERS_LESS if resolution.reason else say.OFFERS
        call.add("agent", *offers, quote="answer")
    elif call.happens(0.4):
        call.exchange("customer", say.INSISTS)
    if resolution.choice:
        call.add("customer", *(say.DECLINES if resolution.offer else say.DECIDES))
        call.add("agent", *say.RESPECTS)
    elif not resolution.offer:
        call.add("customer", *say.GIVES_IN)
    elif not change_mind(call, resolution.offer):
        call.add("customer", *(say.ACCEPTS_LESS if resolution.reason else say.ACCEPTS))
        if call.happens(0.7):
            call.add("agent", *say.CONFIRMS)


def close_call(call: Call, cool: bool) -> None:
    """Thanks and goodbyes."""
    agent_has_the_word = call.turns[-1][0] == "agent"
    if agent_has_the_word and len(call.turns) < 12 and call.happens(0.5):
        call.add("agent", *say.ASKS_MORE)
        call.add("customer", *(say.COOL_THANKS if cool else say.THANKS))
    elif not cool:
        call.add("customer", *say.THANKS_DIRECTLY)
    if call.turns[-1][0] == "customer" and call.happens(0.7):
        call.add("agent", *(say.COOL_CLOSES if cool else say.CLOSES))


def hold_call(
    rng: random.Random, scenario: Scenario, resolution: Resolution, facts: dict[str, str]
) -> Call:
    """A whole call from the first greeting to the last."""
    call = Call(rng, facts)
    open_call(call, scenario)
    if len(call.turns) == 2 or call.happens(0.55):  # a call of three turns would be no talk
        identify(call)
    questions = open_questions(call, scenario)
    if questions and call.happens(0.5):
        call.exchange("agent", questions)
    if len(call.turns) <= 6 and call.happens(0.4):
        hold(call)
    resolve(call, resolution)
    close_call(call, cool=bool(resolution.reason and not resolution.offer or resolution.choice))
    return call


# --- Summaries and entities --------------------------------------------------------------------


def summarize(call: Call, scenario: Scenario, resolution: Resolution) -> tuple[str, ...]:
    """One summary for each phrasing of the scenario, in random order."""
    named = any(call.facts["name"] in text for _, text in call.turns)
    parts = {part: getattr(resolution, part) for part in ("does", "gets", "result")}
    summaries = []
    for phrasing in call.rng.sample(scenario.summaries, len(scenario.summaries)):
        customer = call.facts["name"] if named and call.happens(0.3) else call.person("customer")
        facts = call.facts | {"C": customer, "A": call.person("agent")}
        phrasing = expand(call.rng, fill(phrasing, parts | {slot: f"{{{slot}}}" for slot in facts}))
        summaries.append(tidy(fill(phrasing, facts)))
    return tuple(summaries)


def entities_in(dialogue: str, facts: dict[str, str]) -> dict[str, str]:
    """The names in the dialogue and what they name."""
    types = {"name": "person", "company": "company", "product": "product", "place": "place",
             "place2": "place"}  # fmt: skip
    return {facts[slot]: kind for slot, kind in types.items() if facts[slot] in dialogue}


def conversation(rng: random.Random, pool: str) -> Conversation:
    """A fresh random conversation with names of pool "train" or "test"."""
    domain, scenario = rng.choice(CATALOGUE)
    resolution = rng.choice(scenario.resolutions)
    facts = draw_facts(rng, NAMES[pool], domain, scenario)
    call = hold_call(rng, scenario, resolution, facts)
    dialogue = call.dialogue()
    summaries = summarize(call, scenario, resolution)
    entities = entities_in(dialogue, call.facts)
    facts = {slot: value for slot, value in call.facts.items() if value in dialogue}
    facts["customer"] = call.person("customer")
    return Conversation(
        dialogue, summaries, scenario.topic, domain.name, entities, facts, call.quotes
    )


# --- Files -------------------------------------------------------------------------------------


def distinct_conversations(pool: str, seed: int) -> Iterator[Conversation]:
    """An endless stream of conversations without a repeated dialogue."""
    rng = random.Random(f"support chats, {pool}, {seed}")
    seen = set()
    while True:
        chat = conversation(rng, pool)
        if chat.dialogue not in seen:
            seen.add(chat.dialogue)
            yield chat


def rows(split: str, seed: int = SEED) -> list[dict]:
    """The rows of a split, in the columns of DialogSum."""
    if split == "test":
        chats = islice(distinct_conversations("test", seed), SPLITS["test"])
        return [
            row(f"test_{number}_{reference + 1}", chat, reference)
            for number, chat in enumerate(chats)
            for reference in range(REFERENCES_PER_TEST_DIALOGUE)
        ]
    # One stream for both splits, so that no dialogue can be in the two of them.
    start = 0 if split == "train" else SPLITS["train"]
    chats = islice(distinct_conversations("train", seed), start, start + SPLITS[split])
    prefix = "train" if split == "train" else "dev"
    return [row(f"{prefix}_{number}", chat) for number, chat in enumerate(chats)]


def row(identifier: str, chat: Conversation, reference: int = 0) -> dict:
    """A row of the CSV file."""
    values = (identifier, chat.dialogue, chat.summaries[reference], chat.topic)
    return dict(zip(COLUMNS, values, strict=True))


def as_csv(table: list[dict]) -> bytes:
    """The rows as a CSV file."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue().encode("utf-8")


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader never sees half of it."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def main() -> int:
    """Write or check the files of all splits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent, help="folder of the CSV files"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a file differs"
    )
    args = parser.parse_args()
    for split in SPLITS:
        path, table = args.out / f"{split}.csv", rows(split)
        content = as_csv(table)
        if args.check:
            if not path.is_file() or path.read_bytes() != content:
                print(f"{path} differs from what this program makes", file=sys.stderr)
                return 1
        else:
            args.out.mkdir(parents=True, exist_ok=True)
            replace_file(path, content)
            print(f"{path}: {len(table)} rows, {SPLITS[split]} dialogues, {len(content)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
