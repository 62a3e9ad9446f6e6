"""Coined names for people, companies, products and places, in two disjoint pools.

Every name is built from syllables, so there are far more of them than a small model could
memorize: the only way to produce one is to copy it from the text.
"""

from collections.abc import Callable
from random import Random
from zlib import crc32

POOLS = ("train", "test")
TEST_SHARE = 5  # one coined word in five is kept for the test pool

ONSETS = (
    "b b br c cl d d dr f g gr h h j k k l l l m m m n n p pr r r r s s sh st t t th tr v v w y z"
).split() + [""]
VOWELS = "a a a a e e e e i i i o o o o u u ai ea ia oa".split()
CODAS = "l l m n n n r r r s t d ck nd rn st x lm".split() + [""] * 12
WORD_ENDINGS = {
    "first": "a ah an e el en ette i ia in is o on us y".split(),
    "last": "berg by dal er ford ham in ini ley man mont ova ski son stad ton well wick".split(),
    "place": "bridge bury by dale field ford haven holm mere mouth port stead ton vale".split(),
    "brand": "a ex ia ic io is ix o on ora us yx".split(),
}
COMPANY_SUFFIXES = (
    "Airlines Bank Bros Clinics Dairy Electric Energy Foods Freight Group Holdings Hotels "
    "Insurance Labs Logistics Media Mobile Motors Outfitters Partners Publishing Rail Retail "
    "Software Studios Systems Telecom Tools Travel Works"
).split()
PRODUCT_NOUNS = (
    "backpack blender boiler camera charger drill fridge headset heater kettle keyboard lamp "
    "laptop mixer monitor oven phone pump printer purifier radio router scale scanner scooter "
    "sensor sofa speaker stove tablet tent thermostat toaster tracker vacuum watch"
).split()
PLACE_PREFIXES = ("Port", "Lake", "Mount", "New", "North", "Saint", "Fort", "East")
PRODUCT_SUFFIXES = ("Mini", "Plus", "Pro", "Max", "Lite", "Air", "Go", "One")


def in_pool(name: str, pool: str) -> bool:
    """Tell whether `name` belongs to `pool`, by its checksum alone."""
    is_test = crc32(name.lower().encode()) % TEST_SHARE == 0
    return is_test == (pool == "test")


def drawn(rng: Random, pool: str, make: Callable[[Random], str]) -> str:
    """Call `make(rng)` until its string falls in `pool`."""
    while True:
        name = make(rng)
        if in_pool(name, pool):
            return name


def coined(rng: Random, pool: str, kind: str) -> str:
    """Return one capitalized coined word with an ending of `kind` (a key of WORD_ENDINGS)."""

    def make(rng: Random) -> str:
        stem = rng.choice(ONSETS) + rng.choice(VOWELS)
        if rng.random() < 0.25:
            stem += rng.choice(ONSETS[:-1]) + rng.choice(VOWELS)
        ending = rng.choice(WORD_ENDINGS[kind])
        joint = rng.choice(ONSETS[:-1] if ending[0] in "aeiouy" else CODAS)
        return (stem + joint + ending).capitalize()

    return drawn(rng, pool, make)


def person(rng: Random, pool: str) -> str:
    """Return a full name such as 'Brena Olmstad'."""
    return f"{coined(rng, pool, 'first')} {coined(rng, pool, 'last')}"


def company(rng: Random, pool: str) -> str:
    """Return a company name such as 'Velton Freight'."""
    kind = rng.choice(("brand", "last"))
    return f"{coined(rng, pool, kind)} {rng.choice(COMPANY_SUFFIXES)}"


def product(rng: Random, pool: str) -> str:
    """Return a product name such as 'Trelix 40 kettle' or 'Quora Mini router'."""
    brand = coined(rng, pool, "brand")
    model = rng.choice(("", str(rng.randint(2, 990)), rng.choice(PRODUCT_SUFFIXES)))
    noun = rng.choice(PRODUCT_NOUNS)
    return " ".join(part for part in (brand, model, noun) if part)


def place(rng: Random, pool: str) -> str:
    """Return a place name such as 'Port Shenby' or 'Ardale'."""
    word = coined(rng, pool, "place")
    return f"{rng.choice(PLACE_PREFIXES)} {word}" if rng.random() < 0.2 else word


MAKERS = {"person": person, "company": company, "product": product, "place": place}
