"""Short reviews of products, places and services with one to five stars."""

from random import Random

from tools.makers import names

SUBJECTS = {
    "product": (
        "I bought the {name} last {month}.",
        "We have used the {name} for {n} weeks.",
        "My sister gave me a {name}.",
        "The {name} arrived on {day}.",
        "This is my second {name}.",
    ),
    "place": (
        "We spent {n} days in {name}.",
        "I visited {name} with my family in {month}.",
        "Our bus stopped in {name} on {day}.",
        "We stayed in {name} for the weekend.",
    ),
    "company": (
        "I booked with {name} in {month}.",
        "I have been a customer of {name} for {n} years.",
        "We called {name} on {day}.",
        "My order from {name} came in {month}.",
    ),
}
ASPECTS = {
    "product": (
        "the quality",
        "the build",
        "the manual",
        "the packaging",
        "the design",
        "the setup",
    ),
    "place": ("the food", "the beach", "the old town", "the hotel", "the museum", "the view"),
    "company": ("the service", "the app", "the price", "the staff", "the delivery", "the website"),
}
OPINIONS = {
    1: (
        "{aspect} was a complete disaster",
        "{aspect} was awful from the first minute",
        "I have never seen anything worse than {aspect}",
        "{aspect} was an insult",
        "{aspect} was simply unusable",
    ),
    2: (
        "{aspect} was rather poor",
        "{aspect} was below what I expected",
        "{aspect} let us down",
        "I was disappointed by {aspect}",
        "{aspect} had too many problems",
    ),
    3: (
        "{aspect} was acceptable",
        "{aspect} was neither good nor bad",
        "{aspect} was average",
        "{aspect} did its job and no more",
        "there is nothing special to say about {aspect}",
    ),
    4: (
        "{aspect} was good",
        "{aspect} worked well",
        "I was pleased with {aspect}",
        "{aspect} was better than expected",
        "{aspect} was quite nice",
    ),
    5: (
        "{aspect} was absolutely wonderful",
        "{aspect} was perfect in every way",
        "I fell in love with {aspect}",
        "{aspect} was outstanding",
        "nothing beats {aspect}",
    ),
}
CLOSINGS = {
    1: ("Stay away!", "Never again.", "I want my money back.", "A total waste of money."),
    2: ("I would not choose it again.", "I expected more.", "There are better options."),
    3: ("It is fine, but nothing more.", "I may or may not come back.", "An average experience."),
    4: ("I would recommend it.", "A few small flaws, but I am happy.", "A good choice overall."),
    5: ("I could not be happier!", "The best I have ever had.", "Everyone should try it!"),
}
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = (
    "January February March April May June July August September October November December".split()
)


def sentence(text: str) -> str:
    """Return `text` with a capital letter and a full stop."""
    return text[0].upper() + text[1:] + "."


def neighbour(rng: Random, stars: int) -> int:
    """Return `stars` moved by one, within 1 to 5."""
    return min(5, max(1, stars + rng.choice((-1, 1))))


def review(rng: Random, pool: str) -> tuple[str, int]:
    """Return (text, stars): the closing or most opinions tell the number of stars.

    One opinion in four is one star off, as in real reviews, so no single phrase decides.
    """
    kind = rng.choice(sorted(SUBJECTS))
    stars = rng.randint(1, 5)
    opening = rng.choice(SUBJECTS[kind]).format(
        name=names.MAKERS[kind](rng, pool),
        n=rng.randint(2, 12),
        day=rng.choice(DAYS),
        month=rng.choice(MONTHS),
    )
    levels = [stars, stars if rng.random() < 0.5 else neighbour(rng, stars)]
    rng.shuffle(levels)
    aspects = rng.sample(ASPECTS[kind], 2)
    opinions = [
        rng.choice(OPINIONS[level]).format(aspect=aspect)
        for level, aspect in zip(levels, aspects, strict=True)
    ]
    if rng.random() < 0.4:
        opinions = [f"{opinions[0]} and {opinions[1]}"]
    closing = [rng.choice(CLOSINGS[stars])] if rng.random() < 0.7 else []
    return " ".join([opening, *map(sentence, opinions), *closing]), stars
