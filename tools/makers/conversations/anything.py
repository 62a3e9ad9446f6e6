"""Situations made up on the spot: anybody wants anything done with anything.

The written situations come back so often that a small model learns their sentences by heart. Of
these hardly any comes twice, so that whoever tells them has to read, copy, and say "she" for "I".
Many are odd, as a dream is; their grammar is not.
"""

import random
import re
from itertools import groupby

from tools.makers.conversations.script import Situation, add

THINGS = (
    "anchor|apron|armchair|atlas|badge|balloon|banner|barrel|basket|bench|blanket|blender"
    "|boat|boiler|book|bottle|bowl|box|bracelet|bridge|brush|bucket|cable|cage|calendar"
    "|camera|canoe|carpet|cart|catalog|chain|chair|chart|chimney|clock|coat|coin|compass"
    "|cradle|crate|cupboard|curtain|cushion|desk|diary|dishwasher|door|drawer|drum|envelope"
    "|fence|filter|flag|flute|folder|fountain|frame|freezer|fridge|garage|garden|gate|globe"
    "|guitar|hammer|hammock|harbor|harp|hat|hedge|helmet|hut|jacket|jar|kettle|key|kite"
    "|ladder|lamp|lantern|letter|lock|magazine|mailbox|map|mattress|meter|microscope|mirror"
    "|mop|mower|needle|net|notebook|oven|paddle|painting|parcel|passport|pen|phone|piano"
    "|picture|pillow|pipe|plan|plate|pocket|poster|printer|pump|purse|puzzle|quilt|radio|raft"
    "|rake|receipt|recipe|record|ring|robe|rope|router|rug|saddle|scale|scarf|scooter|screen"
    "|shed|shelf|shirt|shovel|sign|sink|sled|sofa|speaker|stamp|statue|stove|suitcase|sweater"
    "|switch|table|tank|tape|telescope|tent|ticket|tire|toaster|tower|trailer|tray|tripod"
    "|trumpet|tunnel|umbrella|vase|violin|wagon|wallet|wardrobe|watch|wheel|whistle|window"
    "|wire|account|bill|booking|card|certificate|contract|course|entry|exam|file|form|group"
    "|invoice|license|line|list|loan|meal|meeting|membership|message|model|note|number|offer"
    "|order|page|part|pass|password|payment|permit|policy|prescription|program|project|report"
    "|room|route|sample|scan|seat|service|ship|space|table|tax|test|title|tour|trip|truck"
    "|version|visit|voucher"
).split("|")
ADJECTIVES = (
    "big|black|blue|bright|broken|brown|cheap|clean|cold|cracked|curved|dark|deep|double|dry"
    "|dusty|empty|extra|famous|fancy|fast|first|flat|foreign|free|full|golden|green|grey"
    "|heavy|hidden|high|huge|last|late|light|little|local|long|loud|low|main|narrow|new|next"
    "|odd|old|orange|other|pale|plain|pretty|private|public|purple|quiet|rare|red|round|rusty"
    "|second|sharp|short|silver|simple|single|small|smooth|soft|special|spare|square|steep"
    "|striped|strong|tall|temporary|thick|thin|third|tiny|warm|wet|white|wide|wooden|wrong"
    "|yearly|yellow|young"
).split("|")
VERBS = (  # a present and a past, of what is done to things
    "borrow borrowed|break broke|bring brought|build built|burn burned|buy bought"
    "|cancel canceled|carry carried|change changed|check checked|choose chose|clean cleaned"
    "|close closed|collect collected|copy copied|count counted|cover covered|cut cut"
    "|decorate decorated|deliver delivered|describe described|draw drew|drop dropped"
    "|dry dried|empty emptied|exchange exchanged|fill filled|find found|finish finished"
    "|fix fixed|fold folded|forget forgot|frame framed|hang hung|hide hid|hold held"
    "|improve improved|insure insured|keep kept|lend lent|lift lifted|lock locked|mail mailed"
    "|measure measured|mend mended|move moved|name named|open opened|order ordered"
    "|pack packed|paint painted|pass passed|photograph photographed|pick picked"
    "|polish polished|postpone postponed|print printed|push pushed|read read|record recorded"
    "|register registered|remove removed|renew renewed|rent rented|repair repaired"
    "|replace replaced|report reported|reserve reserved|return returned|save saved"
    "|scratch scratched|sell sold|send sent|sew sewed|share shared|show showed|sign signed"
    "|sort sorted|start started|stop stopped|store stored|study studied|swap swapped"
    "|take took|test tested|throw threw|tie tied|trade traded|translate translated|try tried"
    "|turn turned|unlock unlocked|unpack unpacked|update updated|use used|wash washed"
    "|weigh weighed|wrap wrapped|write wrote"
).split("|")
STATES = (
    "blocked|closed|damaged|too dark|too expensive|too far away|frozen|gone|too heavy|hidden"
    "|locked|lost|too loud|missing|not allowed|not insured|not paid for|not ready|not safe"
    "|out of order|taken|sold out|stuck|stolen|under water|under repair|unfinished"
    "|upside down|still wet|worn out|wrong"
).split("|")
MOODS = (
    "afraid|allergic to dust|alone|deaf|expecting guests|in a hurry|ill|left-handed|moving house"
).split("|")
PLACES = (
    "at {cafe}|at the station|behind the house|in {place}|in {street}|in the cellar"
    "|near {place}|near the river|next to the church|on a ferry|on the balcony|on the roof"
    "|under a bridge"
).split("|")
TIMES = (
    "after {time}|at {time}|before {date}|by {day}|for {few} weeks|in {month}|on {date}|on {day}"
).split("|")
WORDS = {
    "STATE": STATES,
    "MOOD": MOODS,
    "WHERE": PLACES,
    "WHEN": TIMES,
    "ADJECTIVE": ADJECTIVES,
}
MARK = re.compile(r"\b(?:THINGS?|VERB|PAST|STATE|MOOD|WHERE|WHEN|ADJECTIVE)\b")

LINES = {
    "states": (
        "do @A can't VERB @A's THING WHERE",
        "do @A can't VERB the THING because it is STATE WHERE",
        "do @A have* to VERB the THING WHEN, and @A be* MOOD",
        "do @A PAST @A's THING WHERE, and now it is STATE",
        "do @A PAST a THING for {amount}, but it is STATE",
        "do @A wanted to VERB a THING and got a THING",
        "do @A do*n't know how to VERB @A's THING",
        "do @A need* a THING WHEN because @A want* to VERB it",
        "do @A's THING has been STATE since {date}",
        "do the THING that @A PAST WHEN is STATE",
        "do the THING WHERE is STATE",
        "do @B PAST @A's THING instead of the THING",
        "do @B promised to VERB @A's THING WHEN, and nobody did",
        "do somebody PAST @A's THING WHERE WHEN",
        "do {full} PAST @A's THING and won't VERB it",
        "do @A have* {count} THINGS too many",
        "do there is a THING in @A's THING",
    ),
    "wants": (
        "do VERB @A's THING WHEN",
        "do VERB a THING WHERE",
        "do VERB the THING from {place} to {place2}",
        "do VERB {count} THINGS WHEN",
        "do VERB a THING instead of a THING",
        "do VERB the THING and VERB the THING",
        "do VERB the THING with {full}",
        "do VERB the THING that {first} PAST WHERE",
    ),
}
"""What it is about, as a statement or as something to do."""

OTHERS = (
    "why @A PAST it WHERE",
    "why @A be* MOOD",
    "why @A's THING is STATE",
    "why {first} wants to VERB it WHEN",
    "why it belongs to the THING",
    "why @A can't VERB it alone",
    "no the THING is STATE",
    "no the THING is STATE WHEN",
    "no only {full} can VERB it",
    "no {full} PAST the only THING",
    "no nobody may VERB a THING WHERE",
    "no a THING costs {amount}",
    "no it takes {few2} weeks to VERB a THING",
    "offer VERB a THING WHEN",
    "offer VERB it for {small}",
    "offer VERB the THING instead",
    "offer have {full2} VERB it WHEN",
    "offer VERB @A's THING WHERE",
    "offer let @Am VERB the THING",
    "offer send @Am a THING for {small}",
    "rather VERB it alone",
    "rather VERB it with {first2}",
    "rather VERB a THING WHERE",
    "rather wait for the THING",
    "rather ask {first2} for a THING",
    "so @A will VERB a THING",
    "so @A will VERB it WHERE",
    "else {full2} could VERB it",
    "else @W could VERB a THING WHEN",
    "later @B have* to VERB a THING first",
    "later @B might be MOOD",
    "yes @B will bring a THING",
    "yes @B will VERB it WHEN",
    "yes {first2} will VERB the THING",
    "react {first2} has a THING, too",
    "react @B once PAST one WHERE",
    "advise VERB it WHEN",
    "advise ask {full2}",
    "advise VERB the THING",
    "answer {full2} is [looking for|waiting for] it",
    "answer the THING will be ready WHEN",
)
DETAILS = (
    "B? Who PAST it? >> {full3}. >> {full3} PAST it",
    "B? When did you VERB it? >> On {date3}. >> @A PAST it on {date3}",
    "B? Where is it now? >> In {place3}. >> it is in {place3}",
    "B? What did it cost? >> {small3}. >> it cost {small3}",
    "B? How many THINGS are there? >> {count3}. >> there are {count3} THINGS",
    "B? Which THING is it? >> The ADJECTIVE one, {code3}. >> the number of the THING is {code3}",
    "B? Did you VERB the THING? >> Yes, {few3} times. >> @A PAST the THING {few3} times",
    "B? Did you VERB the THING? >> No, it is STATE. >> @A did not VERB the THING",
    "B? From when on do you need it? >> From {day3} on. >> @A need* it from {day3} on",
)
QUIZ = {
    "amount": "How much money is it about?",
    "full3": "Who did something to it?",
    "date3": "When did @A do it?",
    "place3": "Where is it now?",
    "small3": "What did it cost?",
    "count3": "How many are there?",
    "code3": "What is the number?",
    "few3": "How many times did @A do it?",
    "day3": "From when on does @A need it?",
}
KINDS = {
    "states": ("complain", "complain", "problem", "tell"),
    "wants": ("ask", "want", "want", "propose", "permit"),
}
EACH = 3  # lines of a kind: enough to choose from, few enough to be quick


def situation(rng: random.Random) -> Situation:
    """Return something that nobody has spoken of before."""
    form = rng.choice(tuple(LINES))
    made = Situation("odd things", rng.choice(KINDS[form]))
    made.quiz, made.correct, made.move = QUIZ, ["amount", "count3", "small3"], ["day"]
    groups = [tuple(lines) for _, lines in groupby(OTHERS, key=lambda line: line.split()[0])]
    lines = [rng.choice(LINES[form])]
    for group in (DETAILS, *groups):
        lines += rng.sample(group, min(EACH, len(group)))
    for line in lines:
        key, _, rest = filled(rng, line).partition(" ")
        add(made, key, rest)
    return made


def filled(rng: random.Random, line: str) -> str:
    """Put words for THING, VERB and the like.

    A question and what is told of it speak of the same things; other lines of several ones.
    """
    verbs = [verb.split() for verb in rng.sample(VERBS, 2)]
    things = [rng.choice(THINGS) for _ in range(3)]
    things = [
        f"{rng.choice(ADJECTIVES)} {thing}" if rng.random() < 0.6 else thing for thing in things
    ]
    if "?" in line:
        verbs, things = verbs[:1], things[:1]

    def word(match: re.Match[str]) -> str:
        mark = match[0]
        if mark in ("VERB", "PAST"):
            return (verbs.pop(0) if len(verbs) > 1 else verbs[0])[mark == "PAST"]
        if mark in ("THING", "THINGS"):
            thing = things.pop(0) if len(things) > 1 else things[0]
            return plural(thing) if mark == "THINGS" else thing
        return rng.choice(WORDS[mark])

    return MARK.sub(word, line)


def plural(noun: str) -> str:
    """Return the plural of one of THINGS."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    return noun[:-1] + "ies" if noun.endswith(("ry", "py", "cy")) else noun + "s"
