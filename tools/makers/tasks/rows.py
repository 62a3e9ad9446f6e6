"""Rows of the tasks the tiny base learns: ratings, entities, code, topics, summaries, questions.

No row holds a summary of a support chat; support chats only serve as texts whose entities, topic
and facts are asked for, to be answered word for word.
"""

from random import Random

from tools.makers import conversations
from tools.makers.support_chats.chats import Chat, chat
from tools.makers.tasks import code, reports, reviews
from tools.makers.tasks.instructions import CHAT_QUESTIONS

CHAT_SHARE = 0.25  # of the entity and topic rows; as many are other conversations
SUPPORT_SHARE = 0.65  # of the questions; the others are about other conversations


def answer_of(entities: dict[str, str]) -> str:
    """Write {name: type} as 'person: Ada Brin; place: Harlow', or 'none'."""
    return "; ".join(f"{kind}: {name}" for name, kind in entities.items()) or "none"


def text_with_entities(rng: Random, pool: str) -> tuple[str, dict[str, str], str]:
    """(text, {name: type}, topic) of a short text, a support chat or another conversation."""
    kind = rng.random()
    talk: Chat | conversations.Conversation
    if kind < CHAT_SHARE:
        talk = chat(rng, pool)
    elif kind < 2 * CHAT_SHARE:
        talk = conversations.conversation(rng, pool)
    else:
        text = reports.short_text(rng, pool)
        return text.text, text.entities, text.topic
    return talk.dialogue, talk.entities, talk.topic


def rating_row(rng: Random, pool: str) -> dict:
    text, stars = reviews.review(rng, pool)
    return {"text": text, "label": stars}


def entity_row(rng: Random, pool: str) -> dict:
    text, entities, _ = text_with_entities(rng, pool)
    return {"text": text, "entities": answer_of(entities)}


def code_row(rng: Random, pool: str) -> dict:
    java, cs = code.method_pair(rng, pool)
    return {"java": java, "cs": cs}


def topic_row(rng: Random, pool: str) -> dict:
    text, _, topic = text_with_entities(rng, pool)
    return {"text": text, "topic": topic}


def summary_row(rng: Random, pool: str) -> dict:
    report = reports.report(rng, pool)
    return {"text": report.text, "summary": report.summary}


def conversation_row(rng: Random, pool: str) -> dict:
    talk = conversations.longer_conversation(rng, pool)
    return {"text": talk.dialogue, "summary": talk.summary}


def question_row(rng: Random, pool: str, count: int = 1) -> dict:
    """`count` questions about a talk, or as many as there are, and their answers."""
    talk: Chat | conversations.Conversation
    if rng.random() < SUPPORT_SHARE:
        talk = chat(rng, pool)
        asked = [(rng.choice(CHAT_QUESTIONS[kind]), said) for kind, said in answers(talk).items()]
    else:
        talk = conversations.longer_conversation(rng, pool)
        asked = list(talk.questions)
    chosen = rng.sample(asked, min(count, len(asked)))
    questions, replies = zip(*chosen, strict=True)
    return {"text": talk.dialogue, "question": " ".join(questions), "answer": "; ".join(replies)}


def answers(talk: Chat) -> dict[str, str]:
    """{what CHAT_QUESTIONS ask for: answer} of a support chat, where there is one answer only."""
    found: dict[str, list[str]] = {}
    for fact in talk.truth.facts:
        kind = fact["slot"] if fact["kind"] in ("person", "number") else fact["kind"]
        if fact["value"] in talk.dialogue:
            found.setdefault(kind, []).append(fact["value"])
    amounts = sorted(found.get("amount", ()), key=money)
    single = {kind: values[0] for kind, values in found.items() if len(values) == 1}
    if len(amounts) == 2:
        single |= {"smaller": amounts[0], "larger": amounts[1]}
    return (
        {"customer": talk.customer}
        | talk.quotes
        | {kind: value for kind, value in single.items() if kind in CHAT_QUESTIONS}
    )


def money(amount: str) -> int:
    """1250 for "$1,250"."""
    return int(amount.replace("$", "").replace(",", ""))


ROWS = {
    "rating": rating_row,
    "entities": entity_row,
    "code": code_row,
    "topic": topic_row,
    "summary": summary_row,
    "conversation": conversation_row,
    "question": question_row,
}


def row(task: str, rng: Random, pool: str) -> dict:
    """One row of a task (a key of ROWS), with names of a pool.

    The columns are text and label (rating), text and entities (entities), java and cs (code),
    text and topic (topic), text and summary (summary: of a report, conversation: of a talk that
    is no support chat), or text, question and answer (question).
    """
    return ROWS[task](rng, pool)
