"""Words that mean the same in the chats, and words that mean nothing by themselves."""

import re
from functools import lru_cache

from nltk.stem.porter import PorterStemmer

PHRASES = tuple(
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
"""What is said in several words, and its plain spelling; in order."""

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
STOP_WORDS = frozenset(
    "a an the this that these those it its he she they we you i him her them us me his their our "
    "my your one ones is are was were be been being am do does did done has have had having will "
    "would shall should can could may might must of to in on at for with by from into onto over "
    "as up down out off about than then there here and or but so because although though while "
    "since yet which who whom whose what when where if whether not no never s t also too very "
    "just still only any some all both each now person1 person2 person3 more get it's".split()
)
_stem_of = PorterStemmer().stem


def _synonyms():
    found: dict[str, str] = {}
    for group in _GROUPS.split(";"):
        words = group.split()
        for word in words:
            found.setdefault(_stem_of(word), _stem_of(words[0]))
            found.setdefault(word, _stem_of(words[0]))
    return found


_SYNONYMS = _synonyms()


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The word's Porter stem, that of its first synonym where there are any."""
    if not word.isalpha():
        return word
    root = _stem_of(word) if len(word) > 3 else word
    return _SYNONYMS.get(word) or _SYNONYMS.get(root, root)
