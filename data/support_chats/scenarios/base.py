"""What a scenario is made of, and the notation of its phrases.

Phrases are plain strings with two marks:

    {slot}     a fact of the conversation, such as {name}, {product} or {day}
    [a|b|c]    one of the alternatives, chosen at random (an alternative may be empty)

Write "a {slot}" and the article becomes "an" where the fact asks for it. Sentences get their
capital letter by themselves, so a clause may stand at the start or in the middle of a summary.

Slots every scenario may use:

    {name} {company} {product} {place} {place2}    people and things (new ones in the test split)
    {day} {time}       what customer and agent agree on; the customer may change it later
    {due} {clock}      a weekday and a time that the agent sets
    {date}             a fixed calendar date
    {amount} {amount2} a smaller and a larger price
    {few} {some} {term} three small numbers: for problems, small questions and resolutions
    {C} {A}            only in summaries: the customer and the agent
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Resolution:
    """One way in which the conversation can end.

    The dialogue follows from what is given: the agent has good `news` (a sentence), or gives
    a `reason` for a no, or makes an `offer` (what follows "I can"), or gives a reason and a
    smaller offer. The customer accepts, unless there is a `choice` (a sentence with "I").

    The other three tell the same outcome to the reader of a summary, from three sides: what
    the agent `does`, what the customer `gets` (verb phrases), and the `result` (a clause).
    """

    does: str
    gets: str
    result: str
    reason: str = ""
    offer: str = ""
    choice: str = ""
    news: str = ""


@dataclass(frozen=True)
class Scenario:
    """A reason to contact support, with the ways to say it and the ways it can end.

    `facts` maps further slots to their values, separated by "|". A fact called `product`
    lists kinds of products, which get a brand name in front and a model number for "#".
    `trouble` says that something went wrong, so that the agent is sorry about it.
    """

    topic: str
    problem: tuple[str, ...]
    clarify: tuple[tuple[str, str], ...]
    summaries: tuple[str, ...]
    resolutions: tuple[Resolution, ...]
    facts: dict[str, str] = field(default_factory=dict)
    trouble: bool = False


@dataclass(frozen=True)
class Domain:
    """A line of business.

    `companies` are the second words of company names, `desk` is who takes the calls,
    `reference` is the number that a customer is asked for, `places` says which of "city",
    "town" and "street" customers speak of, and `products` are the kinds of products for
    scenarios without their own.
    """

    name: str
    companies: tuple[str, ...]
    desk: str
    reference: str
    places: tuple[str, ...]
    products: str
    scenarios: tuple[Scenario, ...]
