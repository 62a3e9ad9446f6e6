"""What a scenario is made of, and the notation of its phrases.

Phrases are plain strings with two marks:

    {slot}     a fact of the call, such as {name}, {product} or {day}
    [a|b|c]    one of the alternatives, chosen at random (an alternative may be empty)

Write "a {slot}" and the article becomes "an" where the fact asks for it. Sentences get their
capital letter by themselves.

Slots every scenario may use:

    {name} {company} {product} {place} {place2} {colleague}   people and things, all coined
    {day} {time} {date}     what both agree on or speak of; the customer may change it later
    {due} {clock}           a weekday and a time that the agent sets
    {amount} {amount2}      a smaller and a larger price
    {code}                  a number that the agent hands out, such as "R5812"
    {few} {some} {term}     three small numbers: for problems, small questions and resolutions
    {you} {your}            only in resolutions: the customer, named anew in the summary
    {my}                    only in choices: the customer's
"""

from dataclasses import dataclass, field

KINDS = ("granted", "alternative", "refused", "declined", "informed")


@dataclass(frozen=True)
class Resolution:
    """One way in which a request can end. Dialogue and summary are both made from these parts.

    Attributes:
        offer: what the agent can do, as it follows "I can".
        reason: why something can't be done, as it follows "Unfortunately,".
        choice: what the customer does instead of accepting, as it follows "I'd rather".
        news: what the agent can tell, as it follows "I can tell you that".
    """

    offer: str = ""
    reason: str = ""
    choice: str = ""
    news: str = ""

    @property
    def kind(self) -> str:
        """One of KINDS."""
        if self.news:
            return "informed"
        if self.choice:
            return "declined"
        if self.reason:
            return "alternative" if self.offer else "refused"
        return "granted"

    @property
    def key(self) -> str:
        """The part that a right summary must convey."""
        return self.news or self.choice or self.offer or self.reason


@dataclass(frozen=True)
class Scenario:
    """A reason to contact support, with the ways to say it and the ways it can end.

    Attributes:
        topic: a few words, the same for every call of the scenario.
        problem: what the customer says. Every fact told by a request stands in each of them.
        requests: what a summary says of it, as predicates of the customer ("has lost a
            {product}"). The facts that all of them tell are those that a right summary must tell.
        clarify: questions of the agent, and the customer's answers.
        resolutions: no two of them with the same content words.
        facts: further slots and their values: alternatives separated by "|", in parts joined
            by "+" ("cracked|bent + lid|handle"). `product` lists kinds of products, which get
            a coined brand in front and a model number for "#".
        trouble: whether something went wrong, so that the agent is sorry about it.
    """

    topic: str
    problem: tuple[str, ...]
    requests: tuple[str, ...]
    clarify: tuple[tuple[str, str], ...]
    resolutions: tuple[Resolution, ...]
    facts: dict[str, str] = field(default_factory=dict)
    trouble: bool = False


@dataclass(frozen=True)
class Domain:
    """A line of business.

    Attributes:
        companies: the second words of company names.
        desk: who takes the calls.
        reference: the number that a customer is asked for.
        places: which of "town" and "street" customers speak of.
        products: the kinds of products for scenarios without their own.
    """

    name: str
    companies: tuple[str, ...]
    desk: str
    reference: str
    places: tuple[str, ...]
    products: str
    scenarios: tuple[Scenario, ...]
