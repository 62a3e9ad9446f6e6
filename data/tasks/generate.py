"""Rows of the tasks the tiny base learns: ratings, entities, code, topics, reports, questions.

    python data/tasks/generate.py                      # write the files of the lab's tasks
    python data/tasks/generate.py --check              # compare them with what is on disk
    python data/tasks/generate.py --show entities      # print some rows

No row holds a summary of a support chat; support chats only serve as
texts whose entities, topic, facts and lines are asked for, to be answered word for word.
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from data.tasks import code, reports, reviews  # noqa: E402
from data.tasks.chats import draw_chat  # noqa: E402
from data.tasks.instructions import LINES, QUESTIONS  # noqa: E402
from data.tasks.names import POOLS  # noqa: E402

FOLDER = Path(__file__).resolve().parent
CHAT_SHARE = 0.4  # of the entity and topic rows
SEED = 2026
# {folder of a task of the lab: training rows}. The base knows these tasks already, so a few rows
# are enough to keep them alive beside 2,000 dialogues.
TRAINING_ROWS = {"ratings": 250, "code": 200, "entities": 120, "reports": 110}
OTHER_ROWS = {"validation": 100, "test": 300}


def answer_of(entities):
    """Write {name: type} as 'person: Ada Brin; place: Harlow', or 'none'."""
    return "; ".join(f"{kind}: {name}" for name, kind in entities.items()) or "none"


def text_with_entities(rng, pool):
    """Return (text, {name: type}, topic) of a short text or a support chat."""
    if rng.random() < CHAT_SHARE:
        chat = draw_chat(rng, pool)
        return chat.dialogue, chat.entities, chat.topic
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
    dialogue = draw_chat(rng, pool).dialogue
    speaker, line = dialogue.splitlines()[0].split(": ", 1)
    return {"text": dialogue, "opening": f"{speaker} says: {line}"}


def question_row(rng, pool):
    chat = draw_chat(rng, pool)
    answers = chat.facts | chat.quotes
    kind = rng.choice([kind for kind in QUESTIONS if answers.get(kind)])
    return {"text": chat.dialogue, "question": rng.choice(QUESTIONS[kind]), "answer": answers[kind]}


def line_row(rng, pool):
    chat = draw_chat(rng, pool)
    lines = {
        kind: line_with(chat.facts[kind], chat.dialogue) for kind in LINES if kind in chat.facts
    }
    kind = rng.choice(list(lines))
    return {"text": chat.dialogue, "asked": LINES[kind], "line": lines[kind]}


def line_with(words, dialogue):
    """Return '#Person1# says: ...' with the sentence in which the words are said first."""
    for turn in dialogue.splitlines():
        speaker, said = turn.split(": ", 1)
        for sentence in re.split(r"(?<=[.?!]) ", said):
            if words in sentence:
                return f"{speaker} says: {sentence}"
    return "none"


ROWS = {
    "rating": rating_row,
    "entities": entity_row,
    "code": code_row,
    "topic": topic_row,
    "summary": summary_row,
    "opening": opening_row,
    "question": question_row,
    "line": line_row,
}


def row(task, rng, pool):
    """Return one row of `task` as a dict.

    The columns are text and label (rating), text and entities (entities), java and cs (code),
    text and topic (topic), text and summary (summary), text and opening (opening: how a support
    chat begins), text, question and answer (question: about a support chat), or text, asked and
    line (line: where a support chat says it).
    """
    return ROWS[task](rng, pool)


def lab_pair(task, rng, pool):
    """Return (text, answer) of a row of one of the lab's tasks."""
    if task == "ratings":
        text, stars = reviews.review(rng, pool)
        return text, str(stars)
    if task == "code":
        return code.method_pair(rng, pool)
    if task == "entities":
        short = reports.short_text(rng, pool)
        return short.text, answer_of(short.entities)
    report = reports.report(rng, pool)
    return report.text, report.summary


def lab_files():
    """Yield (path, content) of the lab's tasks: JSON lines with text and answer.

    No text is in two splits, and the names of the test split are in no other.
    """
    for task, training_rows in TRAINING_ROWS.items():
        seen = set()
        for split, count in {"train": training_rows, **OTHER_ROWS}.items():
            rng = Random(f"{task} {split} {SEED}")
            lines = []
            while len(lines) < count:
                text, answer = lab_pair(task, rng, "test" if split == "test" else "train")
                if text not in seen:
                    seen.add(text)
                    lines.append(json.dumps({"text": text, "answer": answer}))
            yield FOLDER / task / f"{split}.jsonl", "\n".join(lines) + "\n"


def write_or_check(path, content, check):
    """Write a file whole or not at all; or fail if it is not what is on disk."""
    if check:
        if not path.is_file() or path.read_text("utf-8") != content:
            raise SystemExit(f"{path} differs from what this program makes")
        return
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(content, "utf-8", newline="\n")
    os.replace(temporary, path)
    print(f"{path}: {content.count(chr(10))} rows, {len(content)} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a file differs"
    )
    parser.add_argument("--show", choices=sorted(ROWS), help="print rows of a task of the base")
    parser.add_argument("--pool", choices=POOLS, default="train", help="of the names, with --show")
    args = parser.parse_args()
    if args.show:
        rng = Random(SEED)
        for _ in range(10):
            print(json.dumps(row(args.show, rng, args.pool)))
        return
    for path, content in lab_files():
        write_or_check(path, content, args.check)


if __name__ == "__main__":
    main()
