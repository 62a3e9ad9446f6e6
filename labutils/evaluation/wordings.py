"""One spelling for what can be said in many ways: numbers, money, dates, clock times and synonyms.

`read` turns a text into a `Reading`, in which "half past two" and "2:30" are the same token, "sent"
and "mailed" have the same stem, and every clause is known to tell, want or refuse something.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from labutils.evaluation.synonyms import PHRASES, STOP_WORDS, stem

STATED, WANTED, REFUSED = "stated", "wanted", "refused"
"""Stances of a clause: "mails a card", "asks for a card", "has no card"."""

MONTHS = tuple(
    "january february march april may june july august september october november december".split()
)
DAYS = tuple("monday tuesday wednesday thursday friday saturday sunday".split())

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_NUMBERS = dict(zip(_ONES, range(20))) | dict(zip(_TENS, range(20, 100, 10)))
_SCALES = {"hundred": 100, "thousand": 1000}
_UP_TO_TWENTIETH = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
_ORDINALS = dict(zip(_UP_TO_TWENTIETH, range(1, 21))) | {"thirtieth": 30}


def _any_of(words):
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


_NUMBER = _any_of([*_NUMBERS, *_SCALES])
_NUMBER_RUN = re.compile(rf"\b{_NUMBER}(?:(?: and)? {_NUMBER})*\b")
_ORDINAL = re.compile(rf"\b(?:(twenty|thirty) )?({_any_of(_ORDINALS)})\b")
_MONTH = f"({_any_of(MONTHS)})"
_SHORT = re.compile(
    r"\b(Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?"
)
_AFTER_MONTH = re.compile(rf"\b{_MONTH} (?:the )?(\d\d?)(?:st|nd|rd|th)?\b(?!:\d|\.\d| ?[ap]m\b)")
_BEFORE_MONTH = re.compile(rf"(?<![\w:.$])(\d\d?)(?:st|nd|rd|th)?(?: day)?(?: of)? {_MONTH}\b")
_SLASHED = re.compile(r"(?<!@)\b(\d\d?)/(\d\d?)(?:/\d+)?\b")
# Behind a number the verb, not the month, unless a word without content follows.
_MAY_AS_VERB = re.compile(
    r"(?<=\d )may(?= (?!the|an?|to|at|on|in|for|and|but|or|as|with|from|until|because|by)\b[a-z]"
    r"|(?:st|nd|rd|th))"
)
# Elsewhere "one" may be a pronoun.
_ONE_O_CLOCK = re.compile(r"\b((?:half|quarter) (?:past|to) )one\b|\bone(?= (?:o'?clock|[ap]m)\b)")
_HALF_DAY = r"(?: ?([ap])m\b| in the (morning|afternoon|evening))"
# Not "5 to 7 business days" or "10 to 2 shops".
_AGAINST_HOUR = re.compile(
    r"(?<!from )(?<!\$)\b(half|quarter|5|10|15|20|25)(?: minutes?)? "
    r"(past|after|to|before|till) (1[0-2]|0?[1-9])\b(?! \w+ly)"
    r"(?! percent\b)(?! (?:\w+ )?(?!as\b|is\b|was\b|this\b|its\b|his\b)\w{2,}s\b)"
)
_CLOCK = re.compile(
    rf"(?<![\w.$/])(\d\d?)(?::([0-5]\d)(?: o'?clock)?{_HALF_DAY}?|[. ]([0-5]\d){_HALF_DAY}|"
    rf"(?: o'?clock)?{_HALF_DAY}| (o'?clock)\b)"
)
_AT_HOUR = re.compile(
    r"\b(at|by|until|before|after|around) (2[0-3]|[01]?\d)(?:[ .]([0-5]\d))?"
    r"(?=\s*[,.;!?](?!\d)|\s*$| (?:on|in|instead|and|but|with|for|to|as|because)\b)"
)
_MONEY = re.compile(
    r"(?:\bus ?)?\$ ?(\d+(?:\.\d+)?)|\busd ?(\d+(?:\.\d+)?)|"
    r"\b(\d+(?:\.\d+)?) ?(?:us )?(?:(?:dollars?|bucks?|usd)\b|\$(?!\d))"
    r"(?:(?: and)? (\d\d?) cents?)?"
)

_BREAKS = frozenset(
    "but so because although though while since and yet which who when after until however "
    "therefore".split()
)
_MARKS = frozenset(".,;:!?")
_TOKEN = re.compile(r"[.,;:!?](?!\w)|\$[\d.]*\d|@[\w/]+(?::\w+)?|\w+(?:\.\d+)?")


def _stems(words):
    return frozenset(map(stem, words.split()))


_NEGATIONS = frozenset(
    "not no never none nothing neither nor without nobody nowhere hardly".split()
)
_REFUSALS = _NEGATIONS | _stems("refuse impossible unavailable lack fail forbidden gone")
_REQUESTS = _stems("ask want request wish hope like need try demand seek desire inquire")
_GRANTS = _stems(
    "agree grant accept allow approve possible confirm promise arrange success ok okay consent get "
    "do does did will can"
)
_OFFERS = _stems("offer propose suggest")
_PREFERENCES = _stems("prefer consider")


@dataclass(frozen=True)
class Reading:
    """A text as its tokens, in order.

    Attributes:
        tokens: lower-case words, "$45" for money, "@5/14" for dates (month first) and "@2:15pm" or
            "@2:15" for clock times.
        stems: of the tokens, None for words without content such as "the".
        stances: of the tokens' clauses: STATED, WANTED or REFUSED.
    """

    tokens: tuple[str, ...]
    stems: tuple[str | None, ...]
    stances: tuple[str, ...]

    @property
    def content(self) -> list[str]:
        """The different stems, in order."""
        return list(dict.fromkeys(filter(None, self.stems)))


@lru_cache(maxsize=10_000)
def read(text: str) -> Reading:
    """The text's `Reading`; the latest 10,000 are kept."""
    clauses: list[list[str]] = [[]]
    for token in _TOKEN.findall(spelled(text)):
        if (token in _MARKS or token in _BREAKS) and clauses[-1]:
            clauses.append([])
        if token not in _MARKS:
            clauses[-1].append(token)
    stances = _stances(clauses)
    tokens = tuple(token for clause in clauses for token in clause)
    return Reading(
        tokens,
        tuple(None if token in STOP_WORDS else stem(token) for token in tokens),
        tuple(stance for stance, clause in zip(stances, clauses) for _ in clause),
    )


def _stances(clauses):
    """Each clause's stance; what is wanted or offered depends on the clauses that follow."""
    found = []
    read_as = [frozenset(clause) | set(map(stem, clause)) for clause in clauses]
    for number, words in enumerate(read_as):
        later = read_as[number + 1 : number + 4]
        if words & _REFUSALS:
            found.append(REFUSED)
        elif words & _OFFERS:
            found.append(REFUSED if any(map(_turns_down, later[:2])) else STATED)
        elif words & _REQUESTS and not _grants_first(clauses[number]):
            found.append(next(filter(None, map(_answer, later)), WANTED))
        else:
            found.append(STATED)
    return found


def _grants_first(clause):
    """Whether a deed is granted that is itself a request: "will ask the other bank"."""
    kinds = [stem(word) in _REQUESTS for word in clause if stem(word) in _REQUESTS | _GRANTS]
    return not kinds[0]


def _answer(words):
    if words & _REFUSALS:
        return REFUSED
    return STATED if words & _GRANTS else None


def _turns_down(words):
    """Whether a clause refuses what another one names: "but declines", not "but no refund"."""
    own = [word for word in words - STOP_WORDS - _REFUSALS - _REQUESTS if stem(word) == word]
    return bool(words & _PREFERENCES) or _answer(words) == REFUSED and len(own) <= 1


def spelled(text: str) -> str:
    """The text in lower case with one spelling for numbers, money, dates and clock times."""
    text = text.replace("’", "'").replace("a.m.", "am").replace("p.m.", "pm").replace("U.S.", "US")
    text = _SHORT.sub(lambda found: _full_name(found[1]), text).lower()
    text = re.sub(r"(?<=\w)[-–](?=\w)", " ", text).replace("n't", " not")
    text = re.sub(r"(?<=\d),(?=\d{3}\b)|[#\"]", "", text)
    for pattern, plain in PHRASES:
        text = pattern.sub(plain, text)
    text = _ORDINAL.sub(_ordinal, text)
    text = _ONE_O_CLOCK.sub(lambda found: f"{found[1] or ''}1", text)
    text = _NUMBER_RUN.sub(_digits, text.replace("twice", "two times"))
    text = re.sub(r"(?<=\d) ?(?:%|per cent\b)", " percent", text)
    text = re.sub(r"(?<=\d) tonight\b", " in the evening", text)
    text = re.sub(r"(?<=\d) (?:this|tomorrow) (?=(?:morn|afternoon|even))", " in the ", text)
    text = _MAY_AS_VERB.sub("might", text)
    text = _AFTER_MONTH.sub(lambda found: _date(found[1], found[2]), text)
    text = _BEFORE_MONTH.sub(lambda found: _date(found[2], found[1]), text)
    text = _SLASHED.sub(_slashed, text)
    text = _MONEY.sub(_money, text)
    text = _AGAINST_HOUR.sub(_against_hour, text)
    text = _AT_HOUR.sub(r"\1 \2:\3 o'clock", text).replace(": o'clock", ":00 o'clock")
    return _CLOCK.sub(_clock, text)


def _full_name(short):
    names = (*MONTHS, *DAYS)
    return next((name for name in names if name.startswith(short.lower())), short)


def _ordinal(found):
    tens, word = found.groups()
    number = _NUMBERS.get(tens, 0) + _ORDINALS[word]
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _digits(found):
    """Number words as digits, several numbers where the words do not add up: "two fifteen"."""
    if found[0] == "one":
        return "one"
    parts, thousands, number, room = [], 0, 0, None
    for before, word in pairwise(["", *found[0].split()]):
        if word == "thousand":
            thousands, number, room = 1000 * (number or 1), 0, 1000
        elif word == "hundred":
            number, room = 100 * (number or 1), 100
        elif word != "and" or before not in _SCALES:
            if room is not None and (word == "and" or _NUMBERS[word] >= room):
                parts.append(str(thousands + number))
                thousands, number, room = 0, 0, None
            if word == "and":
                parts.append(word)
            else:
                number += _NUMBERS[word]
                room = 10 if _NUMBERS[word] >= 20 else 0
    return " ".join([*parts, str(thousands + number)])


def _date(month, day):
    return f"@{MONTHS.index(month) + 1}/{int(day)}"


def _slashed(found):
    month, day = int(found[1]), int(found[2])
    return f"@{day}/{month}" if month > 12 else f"@{month}/{day}"


def _money(found):
    dollars = float(found[1] or found[2] or found[3]) + float(found[4] or 0) / 100
    return f"${dollars:.2f}".removesuffix(".00")


def _against_hour(found):
    minutes, side, hour = found.groups()
    minutes = {"half": 30, "quarter": 15}.get(minutes) or int(minutes)
    after = side in ("past", "after")
    hour = int(hour) if after else (int(hour) - 2) % 12 + 1
    return f"{hour}:{minutes if after else 60 - minutes:02} o'clock"


def _clock(found):
    hour, minute = int(found[1]), found[2] or found[5] or "00"
    half = next((group for group in found.groups()[2:9] if group and not group.isdigit()), "")
    half = {"a": "am", "morning": "am"}.get(half, "pm" if half and half[0] in "pae" else "")
    if hour > 23:
        return found[0]
    if hour > 12 or hour == 0:
        half = "pm" if hour else "am"
    return f"@{(hour - 1) % 12 + 1}:{minute}{half}"
