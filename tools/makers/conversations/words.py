"""Values for the slots of a conversation, and the words that more than one situation uses."""

import random
from collections.abc import Callable

from tools.makers import names

WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = (
    "January February March April May June July August September October November December"
).split()
CAFE_WORDS = "Café Bakery Bistro Kitchen Inn Grill Diner Tearoom Teahouse Pizzeria".split()
SHOP_WORDS = "Books Toys Shoes Bikes Records Music Crafts Garden Sports Antiques".split()
STREET_WORDS = "Street Road Lane Square Avenue Hill Park Hall".split()

# Kind of slot -> kind of entity.
ENTITY_KINDS = {
    "first": "person",
    "full": "person",
    "last": "person",
    "place": "place",
    "street": "place",
    "cafe": "company",
    "shop": "company",
    "product": "product",
}


def within(low: int, high: int) -> Callable[[random.Random, str], str]:
    """Return a maker of quarter-hour times from the hour `low` to the hour `high`."""

    def make(rng: random.Random, pool: str) -> str:
        hour = rng.randint(low, high)
        quarter = rng.choice(("00", "15", "30", "45"))
        return f"{(hour - 1) % 12 + 1}:{quarter} {'ap'[hour > 11]}m"

    return make


def amount(rng: random.Random, low: int, high: int) -> str:
    """Return an amount of dollars between `low` and `high`, often a round one."""
    dollars = rng.randint(low, high)
    return f"${max(low, dollars // 5 * 5) if rng.random() < 0.5 else dollars}"


KINDS = {
    "first": lambda rng, pool: names.coined(rng, pool, "first"),
    "full": names.person,
    "last": lambda rng, pool: names.coined(rng, pool, "last"),
    "place": names.place,
    "street": lambda rng, pool: f"{names.coined(rng, pool, 'place')} {rng.choice(STREET_WORDS)}",
    "cafe": lambda rng, pool: f"{names.coined(rng, pool, 'brand')} {rng.choice(CAFE_WORDS)}",
    "shop": lambda rng, pool: f"{names.coined(rng, pool, 'brand')} {rng.choice(SHOP_WORDS)}",
    "product": names.product,
    "day": lambda rng, pool: rng.choice(WEEKDAYS),
    "date": lambda rng, pool: f"{rng.choice(MONTHS)} {rng.randint(1, 28)}",
    "month": lambda rng, pool: rng.choice(MONTHS),
    "time": within(7, 20),
    "morning": within(6, 10),
    "noon": within(11, 13),
    "working": within(8, 16),
    "evening": within(17, 21),
    "coins": lambda rng, pool: f"${rng.randint(5, 16)}",
    "small": lambda rng, pool: amount(rng, 5, 60),
    "amount": lambda rng, pool: amount(rng, 20, 900),
    "few": lambda rng, pool: str(rng.randint(2, 9)),
    "age": lambda rng, pool: str(rng.randint(6, 95)),
    "count": lambda rng, pool: str(rng.randint(3, 60)),
    "tens": lambda rng, pool: str(rng.randint(2, 24) * 5),
    "code": lambda rng, pool: f"{rng.choice('BCDFGHKLMNPRSTVWZ')}{rng.randint(100, 9999)}",
    "hundreds": lambda rng, pool: str(rng.randint(101, 499)),
}

# Slots that any situation may use, besides those named after their kind ("day2" is a "day").
SHARED_SLOTS = {
    "backday": "day",
    "awayplace": "place",
    "helper": "first",
    "relative": "[uncle|aunt|cousin|brother|sister|niece|nephew|grandmother|grandfather|mother"
    "|father|godson|sister-in-law]",
    "errand": "[visit|look after|help|meet]",
}
SHARED_QUIZ = {
    "backday": "When will @A hear from @B?",
    "awayplace": "Where does @B have to go?",
    "helper": "Who might take @B's place?",
}

# Clauses that suit every request of a kind.
SHARED_LISTS = {
    "ask": {
        "no": [
            "@B have* to {errand} @B's {relative} in {awayplace} [then|that day|at that time]",
            "@B be* away in {awayplace} [then|that day|that week]",
            "@B hurt @B's [back|wrist|knee|foot|shoulder] [last week|yesterday|on the stairs]",
            "@B promised @B's {relative} to [come|drive|go] to {awayplace}",
            "@B's [car|van|bike] is [at the garage|broken|not working]",
        ],
        "later": [
            "@B have* to [ask|talk to|check with] @B's {relative} first",
            "@B might have to {errand} @B's {relative} in {awayplace}",
            "@B do*n't know [yet|] whether @B be* free",
            "@B be* waiting for news from {place9}",
        ],
        "so": [
            "@A will ask {helper} instead",
            "@A will [try|call|write to] {helper} [instead|tonight|tomorrow]",
            "@A will [find|look for] [someone else|another way]",
        ],
    },
    "propose": {
        "so": [
            "@A will ask {helper} instead",
            "@A will [go|do it] [with {helper}|alone|without @Bm]",
            "@A will [try again|ask again] [next month|another time|in {month9}]",
        ],
    },
    "permit": {
        "no": [
            "@B need* it [then|that day|all week|for a trip to {awayplace}]",
            "@B promised it to @B's {relative} [in {place9}|]",
            "@B lent it to {helper} [last week|yesterday|in {month9}]",
        ],
        "later": [
            "@B have* to [ask|talk to|check with] @B's {relative} first",
            "@B might need it for a trip to {awayplace}",
        ],
        "so": [
            "@A will [look for another way|try something else|think of something else]",
            "@A will ask {helper9} instead",
        ],
    },
    "want": {
        "no": ["@B sold the last one [this morning|yesterday|an hour ago|on {day9}]"],
        "later": [
            "@B have* to look in the [storeroom|van|cellar|back room] first",
            "@B be* still waiting for a delivery from {place9}",
        ],
        "so": ["@A will [try the next shop|look in {place8}|come back another day]"],
    },
    "complain": {
        "offer": [
            "call @Am [back|again] [on {day8}|by {day8}]",
            "[send|bring|give] @Am [a new|another] one [by {day8}|on {date8}|for {small8}]",
            "[write|talk] to @Am again on {date8}",
            "give @Am {amount8} back",
            "[check|change|fix] it [by {date8}|on {day8}] [for {small8}|]",
            "have {full8} [call|visit|help] @Am [on {day8}|at {time8}]",
        ],
        "no": [
            "{full8} has [decided|said|written] so",
            "[this|that] only works [until {date8}|after {few8} weeks|with a stamp]",
            "there are none left [in {place8}|before {date8}]",
            "it was [too late|noted wrongly|not paid for]",
        ],
        "rather": [
            "[try|ask] again [on {day8}|in {month8}]",
            "[keep it|leave it] as it is",
            "[ask|call] @A's {relative} first",
            "have {amount8} back",
            "look for it in {place8}",
        ],
        "answer": [
            "it will be [ready|there|done] [on {day8}|on {date8}|by {time8}]",
            "{full8} is [looking for it|working on it] [now|in {place8}]",
            "it [is|was] on the way to {place8}",
            "a new one [comes|costs {small8} and comes] on {date8}",
        ],
    },
}
