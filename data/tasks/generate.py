"""Rows of the tasks the tiny base model learns: rating, entities, code, topic, summary, opening.

    python data/tasks/generate.py --task entities --rows 5 --pool test

prints rows as JSON lines. No row holds a summary of a support chat; support chats only serve as
texts whose entities, topic and first line are asked for.
"""

import argparse
import json
import sys
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from data.tasks import code, reports, reviews  # noqa: E402
from data.tasks.chats import chat_text  # noqa: E402
from data.tasks.names import POOLS  # noqa: E402

CHAT_SHARE = 0.4  # of the entity and topic rows


def answer_of(entities):
    """Write {name: type} as 'person: Ada Brin; place: Harlow', or 'none'."""
    return "; ".join(f"{kind}: {name}" for name, kind in entities.items()) or "none"


def text_with_entities(rng, pool):
    """Return (text, {name: type}, topic) of a short text or a support chat."""
    if rng.random() < CHAT_SHARE:
        return chat_text(rng, pool)
    text = reports.short_text(rng, pool)
    return text.text, text.entities, text.topic


def rating_row(rng, pool):
    text, stars = reviews.review(rng, pool)
    return {"text": text, "label": stars}


def entity_row(rng, pool):
    text, entities, _ = text_with_entities(rng, pool)
    return {"text": text, "entities": answer_of(entities)}


def code_row(rng, pool):
    java, cs = code.method_pair(rng, pool)
    return {"java": java, "cs": cs}


def topic_row(rng, pool):
    text, _, topic = text_with_entities(rng, pool)
    return {"text": text, "topic": topic}


def summary_row(rng, pool):
    report = reports.report(rng, pool)
    return {"text": report.text, "summary": report.summary}


def opening_row(rng, pool):
    dialogue, _, _ = chat_text(rng, pool)
    speaker, line = dialogue.splitlines()[0].split(": ", 1)
    return {"text": dialogue, "opening": f"{speaker} says: {line}"}


ROWS = {
    "rating": rating_row,
    "entities": entity_row,
    "code": code_row,
    "topic": topic_row,
    "summary": summary_row,
    "opening": opening_row,
}


def row(task, rng, pool):
    """Return one row of `task` as a dict.

    The columns are text and label (rating), text and entities (entities), java and cs (code),
    text and topic (topic), text and summary (summary), or text and opening (opening: how a
    support chat begins).
    """
    return ROWS[task](rng, pool)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=sorted(ROWS), required=True)
    parser.add_argument("--pool", choices=POOLS, default="train")
    parser.add_argument("--rows", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = Random(args.seed)
    for _ in range(args.rows):
        print(json.dumps(row(args.task, rng, args.pool)))


if __name__ == "__main__":
    main()
