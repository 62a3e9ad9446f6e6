"""The exercises of notebook 6 (6.1 to 6.3): masking, a split by customer, which model ships."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from labutils.exercises.checking import (
    Exercise,
    Wrong,
    check_drawn_by_seed,
    check_type,
    two_lists,
)

MASK = "#OrderNumber#"
TEXTS = (
    ("It's M4104, under the name Ann Bell.", f"It's {MASK}, under the name Ann Bell."),
    ("H9256", MASK),
    ("Orders A1000, Z9999: both late.", f"Orders {MASK}, {MASK}: both late."),
    ("She paid $4104 for 2500 of them.", "She paid $4104 for 2500 of them."),
    ("The part is a KM4104.", "The part is a KM4104."),
    ("Use serial M41045.", "Use serial M41045."),
    ("Seat B204, please.", "Seat B204, please."),
    ("Room m4104 is free.", "Room m4104 is free."),
    ("(M4104)\nM4104's parcel", f"({MASK})\n{MASK}'s parcel"),
    ("Nothing to hide here.", "Nothing to hide here."),
)
"""(a text, the same masked)."""


def mask_order_numbers(answer: Callable) -> None:
    """A text -> the text with #OrderNumber# for each capital letter with four digits alone."""
    for text, right in TEXTS:
        found = answer(text)
        check_type(found, str, "a text")
        if found != right:
            raise Wrong(f"Of {text!r} it makes {found!r}. {_mask_mistake(text, found, right)}")


def _mask_mistake(text: str, found: str, right: str) -> str:
    if text == right:
        return "No order number is in it: that is a capital letter and four digits, alone."
    if found == text:
        return f"Write {MASK} for the order number."
    if MASK not in found:
        return f"The placeholder is {MASK}, the same in every text."
    if found.count(MASK) < right.count(MASK):
        return f"It should hide {right.count(MASK)}, each by a placeholder of its own."
    return f"All but the number should stay as it is: {right!r}."


LARGE, UNKNOWN = 15, 13
"""Rows of the largest customer, and rows of nobody known: neither would fit as a whole. The other
customers have two each, and what is asked for is odd, so that only rows of nobody fill it."""


def _tickets(pairs: int) -> list[dict[str, str]]:
    customers = [f"C{n}" for n in range(pairs) for _ in range(2)] + ["large"] * LARGE
    customers += [""] * UNKNOWN
    return [{"id": f"T{n * 7 % 101}", "customer": name} for n, name in enumerate(customers)]


def split_by_customer(answer: Callable) -> None:
    """Rows, a share, a seed -> (rows to train on, rows held out), each customer on one side."""
    for pairs, share in ((8, 0.25), (31, 0.1)):
        rows = _tickets(pairs)
        check_drawn_by_seed(partial(_held_out, answer, rows, share), "customers")


def _held_out(answer: Callable, rows: Sequence[dict], share: float, seed: int) -> set[str]:
    """The ids held out, if nothing is lost, doubled, leaked, or left out that would fit."""
    train, held_out = two_lists(answer(rows, share, seed), "rows")
    if sorted(row["id"] for row in train + held_out) != sorted(row["id"] for row in rows):
        raise Wrong(
            f"{len(rows)} rows went in, {len(train) + len(held_out)} came out: each belongs on "
            "one side, once."
        )
    both = {row["customer"] for row in train} & {row["customer"] for row in held_out} - {""}
    if both:
        raise Wrong(f"{min(both)!r} is trained on and held out: draw customers, not rows.")
    room = share * len(rows) - len(held_out)
    if room < 0:
        raise Wrong(
            f"{len(held_out)} of {len(rows)} rows are held out, more than the {share:.0%} asked "
            "for: leave out a customer who does not fit any more."
        )
    sizes = Counter(row["customer"] or row["id"] for row in train)
    if fits := [name for name, size in sizes.items() if size <= room]:
        unknown = fits[0] in {row["id"] for row in rows}
        raise Wrong(
            f"There is room for {room:.0f} more rows, and {fits[0]!r} would fit. "
            + (
                "A row without a customer is nobody's companion: let it stand for itself."
                if unknown
                else "Where one customer is too large, go on with the next; a full share is fine."
            )
        )
    return {row["id"] for row in held_out}


def _model(name: str, gain: float, low: float, customers: int, chats: int, names: float) -> dict:
    return {
        "name": name, "gain": gain, "low": low, "customers": customers, "chats": chats,
        "new_names": names,
    }  # fmt: skip


VERDICTS = (
    [_model("full", 0.21, 0.15, 40, 55, 0.08), _model("lora", 0.12, 0.04, 40, 55, 0.02),
     _model("long", 0.35, 0.22, 12, 200, 0.01)],
    [_model("a", 0.09, -0.01, 90, 120, 0.00), _model("b", 0.05, 0.01, 90, 120, 0.10),
     _model("c", 0.30, 0.25, 90, 120, 0.11)],
    [_model("x", 0.10, 0.02, 30, 31, 0.05), _model("y", 0.11, 0.06, 30, 31, 0.05),
     _model("z", 0.40, 0.30, 29, 400, 0.00)],
    [_model("x", 0.03, 0.00, 80, 90, 0.00), _model("y", 0.02, -0.03, 80, 90, 0.01),
     _model("z", 0.20, 0.10, 80, 90, 0.15)],
    [_model("p", 0.22, 0.12, 50, 60, 0.04), _model("q", 0.11, 0.07, 50, 60, 0.06),
     _model("r", 0.17, 0.09, 50, 60, 0.09)],
)  # fmt: skip
"""What three trainings were found to be worth, five times."""


def _fewest_names(row: dict) -> tuple[float, float]:
    return row["new_names"], -row["low"]


def _shipped(
    models: Sequence[dict],
    *,
    gain: str = "low",
    sample: str = "customers",
    names: float = 0.1,
    best: Callable[[dict], Any] = _fewest_names,
) -> str:
    """By the rules of the exercise, but for what is changed."""
    sound = [
        row for row in models if row[gain] > 0 and row[sample] >= 30 and row["new_names"] <= names
    ]
    return min(sound, key=best)["name"] if sound else "none"


MISTAKES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"sample": "chats"}, "Chats of one customer are alike: count its customers, not its chats."),
    ({"gain": "gain"}, "Its gain may be luck: the lower end of the interval must be above zero."),
    ({"names": 1.0}, "It invents names in more than a tenth of its summaries."),
    ({"best": lambda row: -row["low"]}, "Among the sound ones, fewest new names come first."),
    ({"best": lambda row: -row["gain"]}, "Among the sound ones, fewest new names come first."),
    ({"best": lambda row: row["new_names"]}, "With as many new names, the higher lower end wins."),
)


def model_to_ship(answer: Callable) -> None:
    """Three models' figures -> the name of the one to ship, or "none"."""
    for models in VERDICTS:
        found, right = answer(models), _shipped(models)
        check_type(found, str, 'a name or "none"')
        if found != right:
            said = [text for other, text in MISTAKES if _shipped(models, **other) == found]
            (row,) = [row for row in models if row["name"] == found] or [{}]
            told = ", ".join(f"{key} {value}" for key, value in row.items())
            raise Wrong(
                f"It ships {found!r} ({told or 'none of the three'}), and {right!r} is right."
                f"{' ' + said[0] if said else ''}"
            )


EXERCISES = (
    Exercise(
        "6.1",
        "Mask what only your company knows",
        mask_order_numbers,
        "A pattern for what has a form; for names, somebody still has to read.",
    ),
    Exercise(
        "6.2",
        "Split by customer",
        split_by_customer,
        "Whoever is tested is new to the model, as Monday's customers will be.",
    ),
    Exercise(
        "6.3",
        "Which one ships?",
        model_to_ship,
        "The best number is not always the answer; sometimes it is: none of them yet.",
    ),
)
