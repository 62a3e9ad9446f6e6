"""One spelling for what can be said in many ways: numbers, money, dates, clock times and synonyms.

`read` turns a text into a `Reading`, in which "half past two" and "2:30" are the same token, "sent"
and "mailed" have the same stem, and every clause is known to tell, want or refuse something.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from nltk.stem.porter import PorterStemmer

TOLD, WANTED, REFUSED = "told", "wanted", "refused"
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
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
_ORDINALS = dict(zip(_ORDINALS, range(1, 21))) | {"thirtieth": 30}


def _any_of(words):
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


_NUMBER = _any_of([*_NUMBERS, *_SCALES])
_NUMBER_RUN = re.compile(rf"\b{_NUMBER}(?:(?: and)? {_NUMBER})*\b")
_ORDINAL = re.compile(rf"\b(?:(twenty|thirty) )?({_any_of(_ORDINALS)})\b")
_MONTH = f"({_any_of(MONTHS)})"
_SHORT = re.compile(
    r"\b(Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?"
)
_AFTER_MONTH = re.compile(rf"\b{_MONTH} (?:the )?(\d\d?)(?:st|nd|rd|th)?\b(?!:|\.\d| ?[ap]m\b)")
_BEFORE_MONTH = re.compile(rf"(?<![\d:.$])(\d\d?)(?:st|nd|rd|th)?(?: day)?(?: of)? {_MONTH}\b")
_SLASHED = re.compile(r"(?<!@)\b(\d\d?)/(\d\d?)(?:/\d+)?\b")
_HALF_DAY = r"(?: ?([ap])m\b| in the (morning|afternoon|evening))"
_AGAINST_HOUR = re.compile(
    r"(?<!from )(?<!\$)\b(half|quarter|5|10|20|25)(?: minutes?)? "
    r"(past|after|to|before|till) (\d\d?)\b(?! \w+ly)"
)
_CLOCK = re.compile(
    rf"(?<![\d.$/])(\d\d?)(?::([0-5]\d)(?: o'?clock)?{_HALF_DAY}?|[. ]([0-5]\d){_HALF_DAY}|"
    rf"(?: o'?clock)?{_HALF_DAY}| (o'?clock)\b)"
)
_AT_HOUR = re.compile(
    r"\b(at|by|until|before|after|around) (\d\d?)(?:[ .]([0-5]\d))?"
    r"(?=\s*[,.;!?](?!\d)|\s*$| (?:on|in|instead|and|but|with|for|to|as|because)\b)"
)
_MONEY = re.compile(
    r"(?:\bus ?)?\$ ?(\d+(?:\.\d+)?)|\busd ?(\d+(?:\.\d+)?)|"
    r"\b(\d+(?:\.\d+)?) ?(?:us )?(?:(?:dollars?|bucks?|usd)\b|\$(?!\d))"
    r"(?:(?: and)? (\d\d?) cents?)?"
)

_PHRASES = tuple(
    (re.compile(rf"\b(?:{pattern})(?!\w)"), text)
    for pattern, text in (
        (r"half a year|half year", "6 months"),
        (r"(?:a )?year and a half|1 and a half years", "18 months"),
        (r"half an hour|half hour", "30 minutes"),
        (r"(?:a )?fortnight", "2 weeks"),
        (r"(?:a )?(?:couple|pair) of", "2"),
        (r"half a dozen", "6"),
        (r"(?:a )?dozen", "12"),
        (r"(?:12 )?noon|midday", "12:00 pm"),
        (r"(?:12 )?midnight", "12:00 am"),
        (r"can ?not|unable to", "can not"),
        (r"(?:is|are|was|were) out of(?! the question)", "has no"),
        (r"instead of|rather than|as opposed to|(?<!is )(?<!was )not(?= an? | the )", ", not"),
        (r"free of charge|(?:(?:at|for|with) no|without(?: any| a)?) "
         r"(?:further |extra |additional )?(?:cost|charge|fee)s?|"
         r"without paying(?: anything)?|for nothing|on the house", "free"),
        (r"that(?= (?:do|did|does|has|have|had|was|were|is|are|can|could|will|would) ?not)", ","),
        (r"without", ", without"),
        (r"not only|no problem|not a problem|no doubt|no need|no later than|nothing but", ""),
        (r"no (?:extra |additional |further )?(?:cost|charge|fee)s?", "free"),
        (r"(?:g[ai]v\w+|pa(?:ys?|id|ying)|hand\w*|transfer\w*|g[eo]t\w*|receiv\w+) "
         r"((?:\S+ ){0,3}?)back", r"refund \1"),
        (r"(?:return|sends? back)\w* ((?:\S+ ){0,2}?)money", r"refund \1"),
        (r"money ((?:\w+ ){0,3}?)(?:back|returned)", r"refund \1"),
        (r"call(?:s|ed|ing)? ((?:\w+ ){0,3}?)off", r"cancel \1"),
        (r"turn(?:s|ed|ing)? ((?:\w+ ){0,3}?)down|out of the question|rul(?:es?|ed|ing) out",
         r"refuse \1"),
        (r"pick(?:s|ed|ing)? ((?:\w+ ){0,3}?)up", r"collect \1"),
        (r"put(?:s|ting)? ((?:\w+ ){0,3}?)(?:off|back)", r"postpone \1"),
        (r"(?:look|check)(?:s|ed|ing)? into", "investigate"),
        (r"r[ua]n out|sold out|used up", "gone"),
        (r"e mail", "email"),
        (r"think(?:s|ing)? (?:it )?over|thinks? about|sleep on", "consider"),
    )
)  # fmt: skip

_GROUPS = """
refund reimburse reimbursement repay; mail send sent post ship dispatch; repair fix mend; book
reserve reservation booking; cancel cancellation; replace replacement exchange swap another new
substitute different; cost charge fee price; appointment visit checkup consultation slot; free
gratis complimentary waive; move reschedule shift postpone transfer relocate change alter switch;
block freeze froze frozen lock disable; investigate investigation examine inspect inspection
inspector probe research; technician engineer mechanic repairman electrician; delay late; deliver
delivery; arrive arrival come came reach bring brought; add added adding; collect fetch
collection; buy bought purchase; pay paid payment; get got receive obtain; give gave given; lose
lost loss; steal stolen stole theft; break broke broken; find found; keep kept stay stayed remain;
leave left; refuse deny denial decline reject rejection refusal; end expire over ended; gone
exhausted; guarantee warranty; discount reduction rebate cheaper; voucher coupon; luggage baggage
suitcase bag; phone smartphone mobile cellphone handset; room suite; guest person people; customer
client caller; call phone telephone ring; tv television; couch sofa; wait waiting; consider
thought; early earlier sooner; extend extension prolong longer; upgrade upgraded; start begin
began begun; stop quit; bill invoice statement; home house; night overnight; credit balance;
doctor physician; seat place; search look; choose chose chosen select; take took taken; write
wrote written; speak spoke spoken; drive drove driven; eat ate eaten; fall fell fallen; forget
forgot forgotten; fly flew flown; wear wore worn; tear tore torn; see saw seen; withdraw withdrew
withdrawn; show shown; know knew known; sell sold; say said; hear heard; hold held; make made;
meet met; run ran; sleep slept; spend spent; stand stood; build built; tell told; feel felt; win
won; grow grew grown; hide hid hidden; bite bit bitten; rise rose risen; ride rode ridden; sit
sat; teach taught; catch caught
"""
_STOP_WORDS = frozenset(
    "a an the this that these those it its he she they we you i him her them us me his their our "
    "my your one ones is are was were be been being am do does did done has have had having will "
    "would shall should can could may might must of to in on at for with by from into onto over "
    "as up down out off about than then there here and or but so because although though while "
    "since yet which who whom whose what when where if whether not no never s t also too very "
    "just still only any some all both each now person1 person2 person3 more get it's".split()
)
_BREAKS = frozenset(
    "but so because although though while since and yet which who when after until however "
    "therefore".split()
)
_MARKS = frozenset(".,;:!?")
_TOKEN = re.compile(r"[.,;:!?](?!\w)|\$[\d.]*\d|@[\w:/]+|\w+(?:\.\d+)?")
_stem_of = PorterStemmer().stem


def _synonyms():
    found = {}
    for group in _GROUPS.split(";"):
        words = group.split()
        for word in words:
            found.setdefault(_stem_of(word), _stem_of(words[0]))
            found.setdefault(word, _stem_of(words[0]))
    return found


_SYNONYMS = _synonyms()


@lru_cache(maxsize=50_000)
def stem(word):
    """The word's Porter stem, that of its first synonym where wordings.py knows some."""
    if not word.isalpha():
        return word
    root = _stem_of(word) if len(word) > 3 else word
    return _SYNONYMS.get(word) or _SYNONYMS.get(root, root)


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
        stances: of the tokens' clauses: TOLD, WANTED or REFUSED.
    """

    tokens: tuple
    stems: tuple
    stances: tuple

    @property
    def content(self):
        """The different stems, in order."""
        return list(dict.fromkeys(filter(None, self.stems)))


@lru_cache(maxsize=10_000)
def read(text):
    """The text's `Reading`; the latest 10,000 are kept."""
    clauses = [[]]
    for token in _TOKEN.findall(spelled(text)):
        if (token in _MARKS or token in _BREAKS) and clauses[-1]:
            clauses.append([])
        if token not in _MARKS:
            clauses[-1].append(token)
    stances = _stances(clauses)
    tokens = tuple(token for clause in clauses for token in clause)
    return Reading(
        tokens,
        tuple(None if token in _STOP_WORDS else stem(token) for token in tokens),
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
            found.append(REFUSED if any(map(_turns_down, later[:2])) else TOLD)
        elif words & _REQUESTS and not _grants_first(clauses[number]):
            found.append(next(filter(None, map(_answer, later)), WANTED))
        else:
            found.append(TOLD)
    return found


def _grants_first(clause):
    """Whether a deed is granted that is itself a request: "will ask the other bank"."""
    kinds = [stem(word) in _REQUESTS for word in clause if stem(word) in _REQUESTS | _GRANTS]
    return not kinds[0]


def _answer(words):
    if words & _REFUSALS:
        return REFUSED
    return TOLD if words & _GRANTS else None


def _turns_down(words):
    """Whether a clause refuses what another one names: "but declines", not "but no refund"."""
    own = [word for word in words - _STOP_WORDS - _REFUSALS - _REQUESTS if stem(word) == word]
    return bool(words & _PREFERENCES) or _answer(words) == REFUSED and len(own) <= 1


def spelled(text):
    """The text in lower case with one spelling for numbers, money, dates and clock times."""
    text = text.replace("’", "'").replace("a.m.", "am").replace("p.m.", "pm")
    text = _SHORT.sub(lambda found: _full_name(found[1]), text).lower()
    text = re.sub(r"(?<=\w)[-–](?=\w)", " ", text).replace("n't", " not")
    text = re.sub(r"(?<=\d),(?=\d{3}\b)|[#\"]", "", text)
    for pattern, plain in _PHRASES:
        text = pattern.sub(plain, text)
    text = _ORDINAL.sub(_ordinal, text)
    text = _NUMBER_RUN.sub(_digits, text)
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
    half = next((group for group in found.groups()[2:8] if group and not group.isdigit()), "")
    half = {"a": "am", "morning": "am"}.get(half, "pm" if half and half[0] in "pae" else "")
    if hour > 23:
        return found[0]
    if hour > 12 or hour == 0:
        half = "pm" if hour else "am"
    return f"@{(hour - 1) % 12 + 1}:{minute}{half}"
