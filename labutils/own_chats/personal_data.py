"""Likely personal data in texts: found by form and checksum, shown in part, masked.

Names and postal addresses have no form of their own and are not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MASKS = {
    "e-mail": "#Email#",
    "IBAN": "#IBAN#",
    "card number": "#CardNumber#",
    "phone number": "#PhoneNumber#",
    "account number": "#AccountNumber#",
}
"""What stands in its place, in DialogSum's way: T5's vocabulary has no "<" for an <email>."""

GAP = "[ \u00a0\u202f./-]"
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?!\w)")
IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)", re.A)
NUMBER = re.compile(rf"(?<![\w.,])\+?(?:\(\d+\)|\d)(?:{GAP}?[()]?{GAP}?\d){{5,18}}(?!\d|[.,]\d)")
DAY, YEAR, SIGN = "[0-3]?\\d", "(?:19|20)\\d\\d", "[-./]"
DATE = re.compile(rf"(?<!\d)(?:{YEAR}{SIGN}{DAY}{SIGN}{DAY}|{DAY}{SIGN}{DAY}{SIGN}{YEAR})(?!\d)")
GROUPED = re.compile(rf"\(?\d{{3}}\)?{GAP}?\d{{3}}{GAP}\d{{4}}")


def personal_data(text: str) -> list[tuple[str, int, int]]:
    """[(kind, start, end), ...] in order, none overlapping another.

    Of numbers with 8 to 19 digits a card's has Luhn's check digit; a phone's begins with + or 0,
    or is grouped as in (555) 123-4567; another one of ten or more is likely an account's.
    """
    found = [("e-mail", *match.span()) for match in EMAIL.finditer(text)]
    found += [("IBAN", *span) for span in _ibans(text)]
    found += [
        (kind, *match.span())
        for match in NUMBER.finditer(DATE.sub(lambda date: "_" * len(date[0]), text))
        if (kind := _kind_of_number(match[0]))
        and all(match.end() <= start or end <= match.start() for _, start, end in found)
    ]
    return sorted(found, key=lambda item: item[1])


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    for match in IBAN.finditer(text):
        for value in (match[0], match[0].rpartition(" ")[0]):  # a word in capitals may follow
            if iban_checks(value):
                yield match.start(), match.start() + len(value)
                break


def _kind_of_number(value: str) -> str | None:
    digits = re.sub(r"\D", "", value)
    begins_so = value[0] == "+" or digits[0] == "0"
    if not begins_so and len(digits) >= 13 and luhn_checks(digits):
        return "card number"
    if (begins_so and 8 <= len(digits) <= 15) or GROUPED.fullmatch(value):
        return "phone number"
    return "account number" if len(digits) >= 10 and not set(value) & set("./") else None


def luhn_checks(digits: str) -> bool:
    """Whether the last digit is Luhn's check digit of the others (ISO/IEC 7812-1)."""
    values = [int(digit) for digit in reversed(digits)]
    return (sum(values[::2]) + sum(sum(divmod(2 * v, 10)) for v in values[1::2])) % 10 == 0


def iban_checks(value: str) -> bool:
    """Whether its check digits are right (ISO 13616: modulo 97 is 1)."""
    compact = value.replace(" ", "")
    number = "".join(str(int(sign, 36)) for sign in compact[4:] + compact[:4])
    return 15 <= len(compact) <= 34 and int(number) % 97 == 1


def masked(text: str) -> str:
    """The text with a placeholder (`MASKS`) for each find."""
    for kind, start, end in reversed(personal_data(text)):
        text = text[:start] + MASKS[kind] + text[end:]
    return text


def shown(value: str) -> str:
    """Enough of a value to find it again: its ends, and never the whole."""
    return f"{value[:2]}...{value[-2:]}" if len(value) > 7 else f"{value[:1]}..."
