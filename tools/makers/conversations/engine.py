"""Turns a situation into a dialogue, its summary and questions about its facts."""

import random
import re
from dataclasses import dataclass
from functools import lru_cache

from tools.makers.conversations import words
from tools.makers.conversations.script import Setting, Situation

CHANGE_SHARE = 0.36  # of the attempts; some situations or paths have nothing to change
MOST_TURNS = 12
FEWEST_TURNS = 4

COMPANY = re.compile(r"(?<=\}) (?:with (?:me|you|@Am|@Bm)|together)")
BREAK = re.compile(r"(?<=[.?!]) +")
TOKEN = re.compile(r"@([ABW])('s|m)?|([A-Za-z]+)\*(n't)?|\{(\w+)\}")
ARTICLE = re.compile(r"\b([Aa]) (?=(?:[aeiou]|8|11\b|18\b))(?!one\b|us|uni|eu)", re.IGNORECASE)
CONTRACTION = re.compile(r"\b(I|[Yy]ou|[Ww]e|[Tt]hey) (am|are|will) (?=\w)")
SHORT = {"am": "'m", "are": "'re", "will": "'ll"}
FORMS = {"": 0, "'s": 1, "m": 2}
SELF = ("I", "my", "me")
OTHER = ("you", "your", "you")
US = ("we", "our", "us")
THEM = ("they", "their", "them")
BE = {"I": ("am", "was"), "you": ("are", "were"), "one": ("is", "was")}
FULL_STOPS = ".?!"


@dataclass(frozen=True)
class Conversation:
    """A dialogue of two people, its summary and what is true about it."""

    dialogue: str
    summary: str
    topic: str
    entities: dict[str, str]
    questions: tuple[tuple[str, str], ...]


def conjugated(verb: str, subject: str, negated: bool) -> str:
    """Return `verb` for a subject: "I", "you" (also we and they) or "one" (he or she)."""
    if verb in ("be", "was"):
        form = BE[subject][verb == "was"]
        return f"{form} not" if negated and form == "am" else form + ("n't" if negated else "")
    if subject == "one":
        if verb == "have":
            verb = "has"
        elif verb.endswith(("s", "sh", "ch", "x", "z", "o")):
            verb += "es"
        elif verb.endswith("y") and verb[-2] not in "aeiou":
            verb = verb[:-1] + "ies"
        else:
            verb += "s"
    return verb + ("n't" if negated else "")


def sentence(text: str) -> str:
    """Return `text` with a capital letter, tidy spaces, "an" where due and a full stop."""
    text = " ".join(text.split())
    for mark in (" ,", " .", " ?"):
        if mark in text:
            text = text.replace(mark, mark[1])
    if " a " in text or text[:2].lower() == "a ":
        text = ARTICLE.sub(r"\1n ", text)
    text = text[:1].upper() + text[1:]
    return text if text[-1] in FULL_STOPS else text + "."


@lru_cache(maxsize=1 << 16)
def tokens(text: str) -> tuple[tuple[str, str, int, str, bool, str], ...]:
    """Cut a text into pieces: the words before a mark, and the parts of the mark."""
    pieces, end = [], 0
    for match in TOKEN.finditer(text):
        who, form, verb, negated, slot = match.groups()
        pieces.append(
            (text[end : match.start()], who, FORMS[form or ""], verb, bool(negated), slot)
        )
        end = match.end()
    return (*pieces, (text[end:], "", 0, "", False, ""))


@lru_cache(maxsize=1 << 16)
def branches(text: str) -> tuple[str | tuple[str, ...], ...]:
    """Cut a text into plain strings and tuples of alternatives, at its outer brackets."""
    parts: list[str | tuple[str, ...]] = []
    depth, start = 0, 0
    for position, letter in enumerate(text):
        if letter == "[":
            depth += 1
            if depth == 1:
                parts.append(text[start:position])
                start = position + 1
        elif letter == "]":
            depth -= 1
            if depth == 0:
                parts.append(alternatives(text[start:position]))
                start = position + 1
    return (*parts, text[start:])


@lru_cache(maxsize=1 << 14)
def alternatives(text: str) -> tuple[str, ...]:
    """Split a text at the bars that stand outside of brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "[") - (letter == "]")
        if letter == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return tuple(parts)


def settled(rng: random.Random, text: str) -> str:
    """Choose one alternative of every [a|b] in `text`."""
    result = []
    for part in branches(text):
        if isinstance(part, tuple):
            part = part[int(rng.random() * len(part))]
            if "[" in part:
                part = settled(rng, part)
        result.append(part)
    return "".join(result)


# How the two come to speak of something else.
TURNS_TO = (
    "One more thing. |By the way. |There is something else. |Oh, before I forget. |And then this. "
    "|And something different. "
)
# The first sentence of the one who asks; {what} is the request.
REQUESTS = {
    "ask": (
        "[Could|Can|Would] you {what}?|Do you think you could {what}?|Would you be able to {what}?"
        "|I was wondering if you could {what}.|Is there any chance you could {what}?"
        "|I wanted to ask you to {what}.|It would be great if you could {what}."
        "|I have a [favor|favour] to ask: could you {what}?|I hoped you could {what}."
    ),
    "propose": (
        "Shall we {what}?|Why don't we {what}?|Do you want to {what} with me?"
        "|I have an idea: let's {what}.|We could {what}. [What do you think?|Are you in?]"
        "|Would you like to {what} [with me|together]?|Let's {what}! [What do you say?|]"
        "|I'd like to {what} with you."
    ),
    "permit": (
        "[Could|Can|May] I {what}?|Would it be all right if I {what}?|I'd like to {what}."
        "|Is it okay if I {what}?|I was hoping to {what}.|I wanted to ask if I could {what}."
        "|Do you think I could {what}?|Would you let me {what}?"
    ),
    "want": (
        "I'd like to {what}[, please|].|I want to {what}.|I'm hoping to {what}.|Can I {what} here?"
        "|I came to {what}.|I was hoping to {what}.|I'd love to {what}."
    ),
    "tell": (
        "Guess what! {what}.|Have you heard? {what}.|I have [some|big] news. {what}."
        "|I wanted to tell you something. {what}.|You won't believe it. {what}."
        "|Did I tell you? {what}.|By the way, {what}.|There's something you should know. {what}."
    ),
    "problem": (
        "I don't know what to do. {what}.|I have a problem. {what}.|I'm [worried|upset]. {what}."
        "|It's not my day. {what}.|I need some advice. {what}.|Can I tell you something? {what}."
        "|Something silly has happened. {what}."
    ),
    "complain": (
        "{what}.|{what}.|{what}. [That isn't right.|How can that be?|What can be done about it?]"
        "|I'm here because {what}.|I can't accept this: {what}.|It's something unpleasant. {what}."
        "|I'm not happy. {what}.|[Sorry|Excuse me], but {what}."
    ),
    "query": (
        "[Can|Could] you tell me {what}?|Do you know {what}?|I'd like to know {what}."
        "|Do you happen to know {what}?|I'm trying to find out {what}.|I was wondering {what}."
        "|I wanted to ask you {what}."
    ),
}
# The same in the summary, after "@A "; {what} is the request again.
TOLD = {
    "ask": (
        "ask* @Bm to {what}|want* @Bm to {what}|would like @Bm to {what}|need* @Bm to {what}"
        "|hope* that @B can {what}|ask* whether @B can {what}|ask* if @B could {what}"
        "|ask* @Bm a favor: to {what}|wonder* if @B could {what}"
    ),
    "propose": (
        "suggest* that @W {what}|invite* @Bm to {what}|propose* to {what}|want* to {what} with @Bm"
        "|ask* whether @B want* to {what}|would like to {what} with @Bm|have* an idea: to {what}"
        "|ask* @Bm to {what} with @Am|ask* if @B would like to {what}"
    ),
    "permit": (
        "ask* to {what}|ask* whether @A can {what}|would like to {what}|want* to {what}"
        "|hope* to {what}|ask* @Bm to let @Am {what}|ask* if @A may {what}"
    ),
    "want": (
        "want* to {what}|would like to {what}|hope* to {what}|come* to {what}"
        "|tell* @Bm that @A want* to {what}|ask* whether @A can {what}"
    ),
    "tell": (
        "tell* @Bm that {what}|say* that {what}|have* news for @Bm: {what}"
        "|let* @Bm know that {what}"
        "|inform* @Bm that {what}|mention* that {what}"
    ),
    "problem": (
        "tell* @Bm that {what}|be* worried because {what}|be* upset because {what}"
        "|have* a problem: {what}|need* advice because {what}|say* that {what}"
    ),
    "complain": (
        "point* out that {what}|report* that {what}|tell* @Bm that {what}|say* that {what}"
        "|be* unhappy because {what}|be* annoyed because {what}|let* @Bm know that {what}"
    ),
    "query": (
        "ask* @Bm {what}|want* to know {what}|would like to know {what}|ask* {what}"
        "|need* to know {what}|wonder* {what}"
    ),
}
REASONS = (
    "You see, {why}.|It's just that {why}.|{why}.|Because {why}.|Well, {why}.|The thing is, {why}."
)
ASK_WHY = {
    "ask": "[Why|What for]? [What's going on?|What happened?|]|Sure, what happened?|What's the "
    "matter?|Maybe. Why do you ask?|What for?|Oh, why is that?",
    "propose": "[Why that?|What gave you that idea?]|Oh, why?|Interesting. How come?|What for?"
    "|Is there a special reason?",
    "permit": "What do you need it for?|Why, what happened?|Oh, why is that?|May I ask why?",
    "want": "[May I ask|Can I ask] what it's for?|Is there a special reason?|What is it for?",
    "query": "Why do you ask?|What do you need to know that for?|Oh, why?",
    "tell": "Really? [How come|Why]?|Oh! How did that come about?|No way! Why?",
    "problem": "Oh no. [How did that happen|How come|What happened]?|Oh dear, why?|Since when?",
    "complain": "Is it urgent?|I see. Is that so bad?|[Oh|I see], and what does that mean for you?",
}
# What those say who are asked to help; no summary tells it.
SEES_TO_IT = (
    "[Oh, |]I'm sorry about that.|Let me have a look.|I'll see what can be done.|Let me think."
    "|That shouldn't [happen|be].|Right, I'll check that.|I'm happy to have a look."
    "|I'll find out for you.|Oh, how annoying.|I understand."
)
WAIT_PLEASE = "[Just a second|Wait a moment][, please|].|I have to look it up.|I'll ask the boss."
WAITS = "No hurry.|Okay.|I'll wait.|Yes, sure."
IS_BACK = "So.|Here it is.|Well.|Good, I've got it.|Thank you for your patience."
# What is asked for and noted, and told in no summary either.
ASK_NUMBER = (
    "Which number is on your [card|slip|ticket|form]?|Do you have a number for me?"
    "|I need the number on the [card|slip|form], please."
)
TELL_NUMBER = "{code90}.|It says {code90}.|Here: {code90}.|That's {code90}.|Yes, {code90}."
NOTED = "Thanks.|Good, there you are.|All right, I see it.|Okay."
REALLY_NOT = "Really not?|Is there no other way at all?|Not even this once?|Please ask again."
NO_WAY = "No, sorry.|There's no way, sorry.|I asked, and it's not possible.|I would if I could."
LIVES_WITH_IT = (
    "Oh well.|What a shame.|Then I'll have to live with it.|That's too bad[, but all right|]."
    "|I see.|I don't like that, but okay."
)
MORE = "[Anything else|Was that all|Is there something else I can do][ for you|]?"
NO_MORE = "No, that's everything.|No, that was all[, thanks|].|Not today[, thanks|].|That's it."
HELLO_YOU = "Hi, {you}!|Hello, {you}.|Hey, {you}!|{you}, hello!|Oh, {you}, hi!"
HELLO_FORMAL = "Good [morning|afternoon|evening], {you}.|Hello, {you}."
SMALL_TALK = (
    (
        "How are you?|How are things?|How's your [week|day] going?",
        "[Fine|Good|Not bad], thanks.[ And you?|]|Pretty well. What's up?|I'm well, thank you.",
    ),
    ("How was your weekend?", "Quiet, but nice.|Too short, as always!|Good, thanks."),
    ("Nice to see you.|Long time no see.", "Yes, it's been a while.|It's good to see you too."),
    ("[Lovely|Such nice] weather today.", "Yes, it's lovely at last.|I know, finally some sun!"),
    ("What terrible rain!|All this rain!", "Yes, I'm soaked.|I know, it never stops."),
    (
        "Have you got a minute?|Do you have a moment?|Can I talk to you?",
        "Sure, what is it?|Of course. What's up?|Yes, go ahead.",
    ),
)
OPEN_B = (
    "[Hi|Hello|Hey]{comma}! [You look busy.|You look worried.|What's up?"
    "|What are you thinking about?]"
    "|[Hi|Hello|Hey]{comma}. [Is everything all right?|How are you today?|What's new?]"
    "|Oh, hello{comma}! [I didn't expect you here.|What brings you here?|What's on your mind?]"
)
# The first turns of a telephone call: who answers or asks where, and who is calling.
CALL_SHARE = 0.4
CALLED_PLACE = (
    "{shop90}|{cafe90}|the {place90} [library|school|museum|theater|sports club|music school]"
    "|the [town hall|community center|youth hostel|swimming pool] of {place90}"
    "|the {last91} family|{full92}"
)
PICKS_UP = (
    "Hello, this is {where}.|You have reached {where}[, hello|]. What is it about?"
    "|Good [morning|afternoon], you are through to {where}. [Can I help you?|What can I do?|]"
    "|Thank you for calling {where}. [How can I help?|What can I do for you?|]"
)
IS_THIS = (
    "Hello, is this {where}?|Hi, have I reached {where}?|Good morning, am I talking to {where}?"
)
THIS_IS = "Yes, [that's right|hello|speaking][. What is it about?|. How can I help?|.]"
INTRODUCES = (
    "This is {full90}[ speaking|].|My name is {full90}.|{full90} here."
    "|I'm {full90}[ from {place93}|]."
)
ASK_NAME = (
    "[And|May I ask] who is calling[, please|]?|Could I have your name[, please|]?|[And your name"
    "|And you are|What is your name]?"
)
TELL_NAME = (
    "{full90}.|It's {full90}.|My name is {full90}.|I'm {full90}.|Oh, sorry, this is {full90}."
)

LEADS = "Listen, |Well, |Actually, |So, |Look, |||||"
BYES = (
    (
        "See you [then|soon]!|Talk to you later.|I have to run. Bye!|Anyway, I'm off.|Take care!",
        "Bye!|See you!|Take care.|You too. Bye!|Goodbye!",
    ),
    (
        "It was good to talk.|Good talking to you.",
        "Any time.|Likewise. Bye!|All right, see you around.|Bye, have a good day!",
    ),
)

AGREE = {
    "ask": "[Sure|Of course|Yes, of course|No problem|Gladly|Happy to].|Yes, I can do that."
    "|Sure, I'm happy to help.|Okay, you can count on me.|That's no trouble at all.",
    "propose": (
        "[Great|Good|Lovely|Nice] idea![ I'm in.|]|I'd love to.|Yes, let's do that!"
        "|Count me "
        "in.|Sounds [good|great|fun].|Why not? I'm in."
    ),
    "permit": "[Sure|Of course|Yes, of course|No problem].|Yes, that's [fine|all right] with me."
    "|Go ahead.|I don't mind at all.|All right then.",
    "want": (
        "[Certainly|Of course|Sure|Gladly].|Yes, no problem.|You're in luck."
        "|You've come to the "
        "right place."
    ),
}
TOLD_AGREE = {
    "ask": (
        "agree*|say* yes|agree* to do so|be* happy to help|promise* to do it|be* willing to help"
    ),
    "propose": "agree*|like* the idea|say* yes|love* the idea|accept*|be* glad to join",
    "permit": "agree*|allow* it|have* no objection|say* yes|do*n't mind|be* fine with that",
    "want": "agree*|can help|be* able to help|say* that it is possible",
}
AND_YES = "[And|Also,|One more thing:|Oh, and] {yes}.|{yes}.|{yes}[, of course|, if that's okay|]."
THANKS = {
    "ask": "Thank you so much!|Thanks, you're a great help.|That's [so|very] kind of you.|Thanks a "
    "lot!|Perfect, thank you.",
    "propose": "[Great|Perfect|Wonderful]![ I'm looking forward to it.|]|I'm so glad!|Then it's "
    "settled.|Good, that's decided then.",
    "permit": "Thank you, I'm very grateful.|Thanks a lot!|That's very kind of you.|Great, thanks.",
    "want": "[Wonderful|Perfect|Great], thank you.|That's just what I need.|Good, I'm glad I came.",
}
REFUSE = {
    "": "[I'm sorry|Sorry], but {no}.|I'm afraid [I can't|that won't work]. {no}.|I wish I could, "
    "but {no}.|Oh, that's a pity. {no}.|Not this time, I'm afraid. {no}.|No, {no}.",
    "permit": "[I'm sorry|Sorry], but {no}.|I'm afraid not. {no}.|I'd rather not. {no}.|Hmm, no. "
    "{no}.|That's not possible, because {no}.",
    "want": (
        "[I'm sorry|Sorry], but {no}.|I'm afraid not. {no}.|What a pity, {no}.|Unfortunately, {no}."
    ),
    "complain": (
        "[I'm sorry|Sorry], but {no}.|There's nothing I can do, because {no}.|I can't change that. "
        "{no}.|The trouble is that {no}.|I'm afraid {no}.|You have to know that {no}."
    ),
}
TOLD_REFUSE = {
    "": "can't because {no}|say* no because {no}|refuse* because {no}|have* to say no because {no}"
    "|say* that {no}|answer* that {no}|can't do it because {no}|decline* because {no}",
    "propose": (
        "can't come because {no}|decline* because {no}|have* to say no because {no}"
        "|say* that"
        " {no}|answer* that {no}|can't because {no}"
    ),
    "permit": "do*n't agree because {no}|say* no because {no}|refuse* because {no}|say* that {no}"
    "|answer* that it isn't possible because {no}",
    "want": "can't help because {no}|say* that {no}|have* to say no because {no}|answer* that {no}",
    "complain": (
        "can't help because {no}|say* that nothing can be done because {no}|say* that {no}"
        "|explain* that {no}|can't change it because {no}|refuse* because {no}"
    ),
}
PITY = (
    "[I see|I understand|That's a pity|No problem|Too bad]. [Then|In that case|Well, then|] {so}."
    "|Oh well. {so}[ then|].|All right, {so}.|Never mind. {so}."
)
ELSE = (
    "[I'm not sure about that|That's difficult|That won't work"
    "|I can't do that], but {else}. [Would "
    "that help?|How about that?|Would that be okay?|]|Hmm. [What if we do it differently|Here's "
    "another idea]: {else}.|I'm afraid {no}, but {else}.|Sorry, {no}. But {else}[, if you like|]."
)
TAKE = (
    "[That works too|That's even better|Good idea|Yes, please|Okay, that's fine]. Thank you!"
    "|Oh, that would [help|be great].|All right, let's do it that way.|Thanks, I'll take that."
    "|Why didn't I think of that? [Yes|Okay], gladly."
)
TOLD_TAKE = (
    "@A agree*|@A accept* [that|the offer]|@A be* [fine|happy] with that|@A think* that this is "
    "even better|@A like* [that|the idea]|@A thank* @Bm"
)
LATER = (
    "I'm not sure yet. {later}. I'll [tell you|let you know] [by|on] {backday}.|Maybe. {later}, so "
    "I'll [tell|call|text] you on {backday}.|I can't say yet, because {later}. Can I tell you on "
    "{backday}?|Hmm, {later}. You'll hear from me [by|on] {backday}."
)
TOLD_LATER = (
    "can't say yet because {later}|be* not sure yet because {later}|say* that {later}"
    "|can't decide yet because {later}|can't promise anything because {later}"
)
TOLD_BACK = (
    "@B will [tell @Am|let @Am know|give an answer|decide] [by|on] {backday}|@A will hear from @B "
    "on {backday}|@B promise* an answer [by|on] {backday}"
)
WAIT = (
    "[Okay|All right|Fine|That's fine], [there's no hurry|I can wait|take your time].|{backday} is "
    "[fine|early enough].|Sure, just let me know.|Okay, I'll wait until {backday}."
)
OFFER = (
    "I [can|could] {offer}, if [you like|that helps].|Shall I {offer}?|Do you want me to {offer}?"
    "|Let me {offer}.|I'd be happy to {offer}.|The [best|most] I can do is {offer}."
    "|It might be possible to {offer}.|One thing I could do is {offer}."
    "|We could {offer}. [Is that okay?|What do you say?|]"
)
OFFER_LESS = (
    "[But|Still,] I could {offer}.|I'm able to {offer}[, at least|].|The [best|most] I can do is "
    "{offer}.|Maybe we can {offer}[ instead|]?"
)
TOLD_OFFER = (
    "offer* to {offer}|be* ready to {offer}|be* willing to {offer}|tell* @Am that @B can {offer}"
    "|will {offer}"
)
TOLD_OFFER_LESS = (
    "@B say* that {no} but offer* to {offer}|@B can't help because {no}, but will {offer}"
    "|@B explain* that {no} and offer* to {offer}|because {no}, @B will {offer}"
    "|@B answer* that {no}, but @B could {offer}"
)
RATHER = (
    "No[, thanks|]. I'd rather {rather}.|[Hmm. |]I'd prefer to {rather}.|Then I'll {rather}."
    "|[Thanks, but|No,] I want to {rather}.|That's no help. I'll {rather}."
)
YOUR_CHOICE = "As you like.|That's your choice.|Fine with me.|All right, I can't stop you.|Okay."
TOLD_RATHER = (
    "@B offer* to {offer}, but @A would rather {rather}|@B offer* to {offer}, but @A will {rather}"
    "|@A do*n't want @Bm to {offer} and will {rather}"
    "|@B could {offer}, but @A prefer* to {rather}|instead of letting @Bm {offer}, @A will {rather}"
)
ADVISE = (
    "[Why don't you|You should|Maybe you could|You could] {advise}.|If I were you, I'd {advise}."
    "|Have you thought about it? You could {advise}.|My advice is to {advise}.|Just {advise}."
)
TOLD_ADVISE = (
    "advise* @Am to {advise}|suggest* that @A {advise}|tell* @Am to {advise}|think* that @A should "
    "{advise}|encourage* @Am to {advise}|say* that @A could {advise}"
)
FOLLOW = (
    "Good idea, I'll do that.|You're right. I'll try [that|it].|I hadn't thought of that. Thanks!"
    "|Okay, I'll do that [today|tonight|tomorrow].|Yes, that [could|might] work.",
    "Hmm, I'm not sure. I'll [think about it|sleep on it].|I already tried that[, sadly|].|Maybe. "
    "I'll think it over.|I'd rather wait a little.",
)
TOLD_FOLLOW = (
    "@A will do that|@A will try it|@A like* the idea|@A thank* @Bm|@A find* the idea good",
    "@A be* not sure about it|@A would rather wait|@A will think about it|@A hesitate*",
)
REACT = (
    "Oh, {react}.|[Really|Wow|I see]! {react}.|Well, {react}.|I didn't know. {react}."
    "|That's news to me. {react}."
)
TOLD_REACT = "say* that {react}|answer* that {react}|tell* @Am that {react}"
NOD = "I see.|Thanks for telling me.|Good to hear.|I can imagine.|I thought so."
ANSWER = (
    "Let me think. {answer}.|Yes, {answer}.|{answer}.|As far as I know, {answer}.|Sure, {answer}."
    "|[Wait|One moment], let me look. {answer}."
)
TOLD_ANSWER = (
    "tell* @Am that {answer}|say* that {answer}|answer* that {answer}|explain* that {answer}"
)
NO_IDEA = (
    "[Sorry|I'm afraid], I [have no idea|don't know], because {no}. You could {advise}.|I'm not "
    "sure, since {no}. [Maybe you could|Why don't you] {advise}."
)
TOLD_NO_IDEA = (
    "do*n't know because {no}|have* no idea because {no}|can't say because {no}"
    "|be* not sure since {no}"
)
CORRECT = (
    "[Sorry|Wait|Oh, sorry], I [mixed that up|got that wrong|misremembered]. It's {new}, not {old}."
    "|Hold on, I said {old}, but [I meant|it's really|it has changed to] {new}."
    "|Oh, I've just looked "
    "again: it's {new} and not {old}.|No, wait. {old} was [an old plan|wrong]. It's {new}."
)
CORRECT_BACK = (
    "[Okay|All right|Good to know], {new}[ then|].|{new}, got it.|So {new}, not {old}.|No problem, "
    "I'll remember {new}."
)
MOVE_WHY = (
    "I've just remembered that I have to {errand} my {relative}"
    "|I've just seen that {old} is [already taken|bad for me]|{old} is [a bit "
    "difficult for me|no good after all]"
)
MOVE = (
    "[Oh, wait|Hold on|Ah, sorry], {reason}. [Could|Can] we [make it|say] {new} instead?"
    "|One thing: {reason}. Would {new} be okay[ too|]?|Hmm, {reason}. {new} would be better for me."
)
MOVE_BACK = (
    "[Sure|Fine|No problem|Yes], {new} [works too|is fine|is even better].|{new} it is[ then|]."
    "|Okay, then {new}.|That's fine, {new} suits me as well."
)
TOLD_MOVE = "They settle on {new}|In the end they choose {new}|They finally agree on {new}"


class Scene:
    """One conversation in the making: its people, its values and the turns so far."""

    def __init__(
        self, rng: random.Random, pool: str, setting: Setting, situation: Situation
    ) -> None:
        self.rng, self.pool, self.setting, self.situation = rng, pool, setting, situation
        self.values: dict[str, str] = {}
        self.used: set[str] = set()
        self.entities: dict[str, str] = {}
        self.spoken_by: dict[str, str] = {}
        self.turns: list[list[str]] = []
        self.change: tuple[str, str, str] | None = None
        self.calls = rng.random() < CALL_SHARE
        self.first = "A" if rng.random() < (0.3 if self.calls else 0.7) else "B"
        label = {"A": 1 if self.first == "A" else 2}
        label["B"] = 3 - label["A"]
        self.label = {who: f"#Person{number}#" for who, number in label.items()}
        self.called = {"A": "", "B": ""}
        self.goes_on = False
        self.last_asker = ""  # of the talk that this one goes on from, by the name it has here

    def go_on_from(self, other: "Scene") -> None:
        """Let the same two people come to speak of something else, whoever begins it."""
        who = {"A": "A", "B": "B"} if self.rng.random() < 0.5 else {"A": "B", "B": "A"}
        self.label = {one: other.label[before] for one, before in who.items()}
        self.called = {one: other.called[before] for one, before in who.items()}
        self.used = other.used
        self.last_asker = "A" if other.turns[-1][0] == who["A"] else "B"
        self.goes_on, self.calls = True, False

    # Words ------------------------------------------------------------------------------------

    def pick(self, text: str) -> str:
        """Choose one of the alternatives of `text` (split at its outer bars)."""
        return self.rng.choice(alternatives(text))

    def chosen(self, text: str) -> str:
        """Settle every [a|b] in `text`."""
        return settled(self.rng, text) if "[" in text else text

    def option(self, key: str) -> str:
        """Return a settled clause of the situation's list `key`, or of the shared ones."""
        own = self.situation.lists[key]
        shared = _shared(self.situation.kind, key)
        own_only = not shared or self.situation.kind in ("permit", "want")
        from_own = own and (own_only or self.rng.random() < 0.6)
        return self.chosen(self.rng.choice(own if from_own else shared))

    def has(self, key: str) -> bool:
        """Tell whether there is anything to say under `key`."""
        return bool(self.situation.lists[key] or _shared(self.situation.kind, key))

    def new_value(self, slot: str) -> str:
        """Return a fresh value for `slot`, one that nothing in the conversation has yet."""
        base = slot.rstrip("0123456789")
        kind = self.situation.slots.get(slot) or words.SHARED_SLOTS.get(base, base)
        for _ in range(50):
            if kind in words.KINDS:
                value = words.KINDS[kind](self.rng, self.pool)
            else:
                value = self.written(self.chosen(kind), "S")
            if value not in self.used:
                break
        self.used.add(value)
        if kind in words.ENTITY_KINDS:
            self.entities[value] = words.ENTITY_KINDS[kind]
        return value

    def row(self, voice: str) -> dict[str, tuple[str, str, str]]:
        """Return how `voice` ("A", "B" or "S" for the summary) calls A, B and both."""
        if voice == "S":
            tags = {who: self.called[who] or self.label[who] for who in "AB"}
            return {who: (tag, f"{tag}'s", tag) for who, tag in tags.items()} | {"W": THEM}
        other = "B" if voice == "A" else "A"
        return {voice: SELF, other: OTHER, "W": US}

    def written(self, text: str, voice: str) -> str:
        """Fill the slots of a settled text and let `voice` say it."""
        row = self.row(voice)
        subject = "one"
        result = []
        for literal, who, form, verb, negated, slot in tokens(text):
            result.append(literal)
            if who:
                subject = "one" if voice == "S" and who != "W" else "you"
                subject = "I" if row[who] is SELF else subject
                result.append(row[who][form])
            elif verb:
                result.append(conjugated(verb, subject, negated))
            elif slot:
                if slot not in self.values:
                    self.values[slot] = self.new_value(slot)
                if voice != "S":
                    self.spoken_by.setdefault(slot, voice)
                result.append(self.values[slot])
        return "".join(result)

    def say(self, who: str, text: str) -> None:
        """Let `who` say `text`, some of its alternatives, in the same turn as what came before."""
        text = self.written(self.chosen(text), who)
        text = " ".join(sentence(part) for part in _sentences(text))
        if self.rng.random() < 0.75:
            text = CONTRACTION.sub(lambda match: f"{match[1]}{SHORT[match[2]]} ", text)
        if self.turns and self.turns[-1][0] == who:
            self.turns[-1][1] += " " + text
        else:
            self.turns.append([who, text])

    def frame(self, frames: str, **parts: str) -> str:
        """Choose a frame and put the parts in."""
        text = self.chosen(self.pick(frames))
        if "with " in parts.get("what", ""):
            text = COMPANY.sub("", text)
        for key, part in parts.items():
            text = text.replace(f"{{{key}}}", part)
        return text


def _shared(kind: str, key: str) -> list[str]:
    table = words.SHARED_LISTS
    if kind in ("tell", "problem", "query"):
        return []
    return table.get(kind, {}).get(key) or (table["ask"].get(key, []) if kind == "propose" else [])


def _sentences(text: str) -> list[str]:
    return [part for part in BREAK.split(text.strip()) if part]
