"""A support call: its requests, the facts of each, and what is said from greeting to goodbye."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tools.makers import names
from tools.makers.support_chats import phrases as say
from tools.makers.support_chats.scenarios import DOMAINS
from tools.makers.support_chats.scenarios.base import Domain, Resolution, Scenario

TWO_REQUESTS_SHARE = 0.25
CORRECTION_SHARE = 0.15
CHANGE_SHARE = 0.4

CATALOGUE = [(domain, scenario) for domain in DOMAINS for scenario in domain.scenarios]
STREET_KINDS = ("Street", "Road", "Lane", "Avenue", "Square", "Way")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip
TIMES = [f"{hour}{minutes} {half}" for half, hours in (("am", (8, 9, 10, 11)), ("pm", range(1, 7)))
         for hour in hours for minutes in ("", ":15", ":30", ":45")]  # fmt: skip
COUNTS = ("two", "three", "four", "five", "six", "seven", "eight", "nine")
PARTS = ("offer", "reason", "choice", "news")  # of a resolution
CHANGEABLE = ("day", "time", "date", "amount", "amount2", "place")


@dataclass
class Request:
    """What a customer wants in a call: a scenario, how it ends, and its facts.

    `facts` maps slots to values, `given_up` maps slots to values that stood there before.
    """

    scenario: Scenario
    resolution: Resolution
    facts: dict[str, str]
    given_up: dict[str, list[str]] = field(default_factory=dict)

    def change(self, slot: str, value: str) -> None:
        """Put another value in the place of a slot's, which is given up."""
        self.given_up.setdefault(slot, []).append(self.facts[slot])
        self.facts[slot] = value


# --- Facts -------------------------------------------------------------------------------------


class Facts:
    """Draws values that differ from all it has drawn before for the same call."""

    def __init__(self, rng: random.Random, pool: str, domain: Domain) -> None:
        self.rng, self.pool, self.domain = rng, pool, domain
        self.used: set[str] = set()

    def fresh(self, make: Callable[[], str]) -> str:
        """A value of `make()` that is new in this call."""
        while (value := make()) in self.used:
            pass
        self.used.add(value)
        return value

    def draw(self, slot: str) -> str:
        """Another value for a slot."""
        rng = self.rng
        makers = {
            "place": self._place,
            "place2": self._place,
            "colleague": lambda: names.person(rng, self.pool),
            "day": lambda: rng.choice(WEEKDAYS),
            "due": lambda: rng.choice(WEEKDAYS),
            "time": lambda: rng.choice(TIMES),
            "clock": lambda: rng.choice(TIMES),
            "date": lambda: f"{rng.choice(MONTHS)} {rng.randint(1, 28)}",
            "amount": lambda: f"${rng.randint(4, 98)}",
            "amount2": lambda: f"${rng.randint(21, 250) * 5:,}",
            "code": self._code,
            "few": lambda: rng.choice(COUNTS),
            "some": lambda: rng.choice(COUNTS),
            "term": lambda: rng.choice(COUNTS),
        }
        return self.fresh(makers[slot])

    def of_call(self) -> dict[str, str]:
        """What stays the same through a call, whatever it is about."""
        rng = self.rng
        name = self.fresh(lambda: names.person(rng, self.pool))
        daytime = rng.choice(("morning", "afternoon", "evening"))
        brand = names.coined(rng, self.pool, "brand")
        return {
            "name": name,
            "first": name.split()[0],
            "company": self.fresh(lambda: f"{brand} {rng.choice(self.domain.companies)}"),
            "number": self.fresh(self._code),
            "desk": self.domain.desk,
            "reference": self.domain.reference,
            "daytime": daytime,
            "daypart": "evening" if daytime == "evening" else "day",
        }

    def of_request(self, scenario: Scenario) -> dict[str, str]:
        """The facts of a request."""
        slots = ("place", "place2", "colleague", "day", "due", "time", "clock", "date", "amount",
                 "amount2", "code", "few", "some", "term")  # fmt: skip
        facts = {slot: self.draw(slot) for slot in slots}
        kinds = scenario.facts.get("product", self.domain.products)
        facts["product"] = self.fresh(lambda: self._product(kinds))
        for slot, values in scenario.facts.items():
            if slot != "product":
                facts[slot] = fill(composed(self.rng, values), facts)
        return facts

    def _place(self) -> str:
        town = names.coined(self.rng, self.pool, "place")
        kind = self.rng.choice(self.domain.places)
        return f"{town} {self.rng.choice(STREET_KINDS)}" if kind == "street" else town

    def _product(self, kinds: str) -> str:
        brand = names.coined(self.rng, self.pool, "brand")
        model = f"{self.rng.choice('CEGKMPRSTX')}{self.rng.randint(2, 9)}"
        return f"{brand} {composed(self.rng, kinds)}".replace("#", model)

    def _code(self) -> str:
        return f"{self.rng.choice('ABCDEFHKLMNPRSTW')}{self.rng.randint(1000, 9999)}"


def composed(rng: random.Random, values: str) -> str:
    """One of the alternatives of each part: "bent|cracked + lid|door" may be "bent door"."""
    return " ".join(rng.choice(part.split("|")) for part in values.split(" + ")).strip()


# --- Phrases -----------------------------------------------------------------------------------


def slots_in(phrase: str) -> list[str]:
    """The slots of a phrase, in their order."""
    return re.findall(r"\{(\w+)\}", phrase)


def expand(rng: random.Random, phrase: str) -> str:
    """Choose one of the alternatives in each [a|b]."""
    return re.sub(r"\[([^\[\]]*)\]", lambda found: rng.choice(found[1].split("|")), phrase)


def fill(phrase: str, facts: dict[str, str]) -> str:
    """Put the facts into the slots; "a {slot}" becomes "an ..." before a vowel."""

    def with_article(found: re.Match) -> str:
        value = facts[found[2]]
        spoken_vowel = re.match(r"[AEIOaeio]|[Uu](?![aeio])|X-|\$8|\$11\b|\$18\b", value)
        return f"{found[1]}{'n' if spoken_vowel else ''} {value}"

    phrase = re.sub(r"\b([Aa]) \{(\w+)\}", with_article, phrase)
    return re.sub(r"\{(\w+)\}", lambda found: facts[found[1]], phrase)


def tidy(text: str) -> str:
    """Single spaces, and a capital letter at the start of each sentence."""
    text = re.sub(r" +([.,?!;])", r"\1", re.sub(r"\s+", " ", text)).strip()
    return re.sub(r"(^|[.?!] )([a-z])", lambda found: found[1] + found[2].upper(), text)


class Call:
    """A conversation under way: who said what, and the facts as they stand now."""

    def __init__(self, rng: random.Random, facts: dict[str, str]) -> None:
        self.rng = rng
        self.facts = facts | {"you": "you", "your": "your", "my": "my"}
        self.turns: list[tuple[str, str]] = []

    def happens(self, probability: float) -> bool:
        """Whether something optional takes place."""
        return self.rng.random() < probability

    def add(self, speaker: str, *options: str) -> None:
        """Let the speaker say one of the options, in the same turn if already speaking."""
        text = expand(self.rng, self.rng.choice(options))
        for _ in range(2):  # an offer or a reason has slots of its own
            text = fill(text, self.facts)
        text = tidy(text)
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

    def told(self, slot: str) -> bool:
        """Whether the value of a slot has been said."""
        return any(self.facts[slot] in text for _, text in self.turns)


# --- The course of a call ----------------------------------------------------------------------


def hold_call(rng: random.Random, pool: str) -> tuple[Call, Domain, list[Request]]:
    """A whole call from the first greeting to the last, of one or two requests."""
    domain, scenario = rng.choice(CATALOGUE)
    scenarios = [scenario]
    if rng.random() < TWO_REQUESTS_SHARE:
        scenarios.append(rng.choice([other for other in domain.scenarios if other != scenario]))
    facts = Facts(rng, pool, domain)
    call = Call(rng, facts.of_call())
    requests = [
        Request(scenario, rng.choice(scenario.resolutions), facts.of_request(scenario))
        for scenario in scenarios
    ]
    greet(call)
    for request in requests:
        call.facts |= request.facts
        if request is not requests[0]:
            call.add("agent", *say.ASKS_MORE)
            call.add("customer", *say.HAS_MORE)
        state(call, request, facts)
        if request is requests[0] and (len(call.turns) == 2 or call.happens(0.55)):
            identify(call)
        if call.happens(0.25):
            clarify(call, request.scenario)
        elif call.happens(0.15):
            call.exchange("agent", say.HOLDS)
            call.add("agent", *say.HOLD_ENDS)
        resolve(call, request, facts)
    close_call(call, cool=request.resolution.kind in ("refused", "declined"))
    return call, domain, requests


def greet(call: Call) -> None:
    """The first words of either side."""
    opening = call.rng.choice(("agent", "agent", "customer", "written"))
    if opening == "agent":
        call.add("agent", *say.AGENT_OPENS)
        if call.happens(0.5):
            call.add("customer", *say.CUSTOMER_GREETS)
    elif opening == "customer":
        call.add("customer", *say.CUSTOMER_OPENS)
        call.add("agent", *say.AGENT_ANSWERS)
    else:
        call.add("customer", *say.CUSTOMER_WRITES)
    if call.happens(0.35):
        call.add("customer", *say.INTRODUCES)


def state(call: Call, request: Request, facts: Facts) -> None:
    """The customer says what it is about, and now and then corrects a slip of the tongue."""
    scenario = request.scenario
    problem = call.rng.choice(scenario.problem)
    slots = [slot for slot in CHANGEABLE if f"{{{slot}}}" in problem]
    if slots and call.happens(CORRECTION_SHARE):
        slot = call.rng.choice(slots)
        call.add("customer", problem)
        change(call, request, slot, facts)
        call.add("customer", *say.CORRECTS)
    else:
        call.add("customer", problem)
    call.add("agent", *(say.IS_SORRY if scenario.trouble else say.WILL_LOOK))


def change(call: Call, request: Request, slot: str, facts: Facts) -> None:
    """Another value takes the place of a slot's, as {new} in the place of {old}."""
    request.change(slot, facts.draw(slot))
    call.facts |= {"old": call.facts[slot], "new": request.facts[slot]}
    call.facts[slot] = request.facts[slot]


def identify(call: Call) -> None:
    """The agent finds out who the customer is."""
    questions: tuple[str, ...]
    answers: tuple[str, ...]
    if call.told("name"):
        questions, answers = say.ASKS_REFERENCE, say.GIVES_REFERENCE
    else:
        exchanges = (
            (say.ASKS_NAME, say.GIVES_NAME),
            (say.ASKS_BOTH, say.GIVES_BOTH),
            (say.ASKS_REFERENCE, say.GIVES_REFERENCE),
        )
        questions, answers = call.rng.choice(exchanges)
    call.add("agent", *questions)
    call.add("customer", *answers)
    named = call.told("name") and call.happens(0.4)
    call.add("agent", *(say.FINDS_NAMED if named else say.FINDS))


def clarify(call: Call, scenario: Scenario) -> None:
    """A question of the agent that the customer has not answered already."""
    said = call.dialogue()
    questions = tuple(
        (question, answer)
        for question, answer in scenario.clarify
        if not any(call.facts[slot] in said for slot in slots_in(answer))
    )
    if questions:
        call.exchange("agent", questions)


def resolve(call: Call, request: Request, facts: Facts) -> None:
    """The agent's answer and what the customer makes of it."""
    resolution = request.resolution
    call.facts |= {part: getattr(resolution, part) for part in PARTS}
    if resolution.news:
        call.add("agent", *say.TELLS)
        call.add("customer", *say.HEARS_NEWS)
        return
    if resolution.reason:
        call.add("agent", *say.REFUSES)
        if call.happens(0.4):
            call.add("customer", *say.INSISTS)
            call.add("agent", *(say.LOOKS_AGAIN if resolution.offer else say.STAYS_FIRM))
    if resolution.offer:
        call.add("agent", *(say.OFFERS_LESS if resolution.reason else say.OFFERS))
    if resolution.choice:
        call.add("customer", *(say.DECLINES if resolution.offer else say.DECIDES))
        call.add("agent", *say.RESPECTS)
    elif not resolution.offer:
        call.add("customer", *say.GIVES_IN)
    elif not change_mind(call, request, facts):
        call.add("customer", *(say.ACCEPTS_LESS if resolution.reason else say.ACCEPTS))
        if call.happens(0.5):
            call.add("agent", *say.CONFIRMS)


def change_mind(call: Call, request: Request, facts: Facts) -> bool:
    """The customer may want another day, time or date than the one just offered."""
    offer = request.resolution.offer
    slots = [slot for slot in ("day", "time", "date") if f"{{{slot}}}" in offer]
    if not slots or not call.happens(CHANGE_SHARE):
        return False
    change(call, request, call.rng.choice(slots), facts)
    call.add("customer", *say.CHANGES_MIND)
    call.add("agent", *say.AGREES_TO_CHANGE)
    return True


def close_call(call: Call, cool: bool) -> None:
    """Thanks and goodbyes."""
    if call.turns[-1][0] == "agent" and call.happens(0.3):
        call.add("agent", *say.ASKS_MORE)
        call.add("customer", *(say.COOL_THANKS if cool else say.THANKS))
    elif not cool:
        call.add("customer", *say.THANKS_DIRECTLY)
    if call.turns[-1][0] == "customer" and call.happens(0.6):
        call.add("agent", *(say.COOL_CLOSES if cool else say.CLOSES))
