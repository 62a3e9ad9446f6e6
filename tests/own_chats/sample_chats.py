"""Chats as a company might keep them, made from support_chats: two people, two chats a customer."""

import json

from conftest import chat_rows, write_csv

NAMES = {"#Person1#": "Agent", "#Person2#": "Anna Lee"}


def originals(count=24):
    """(dialogue, summary) of each chat in the lab's own form."""
    return [(row["dialogue"], row["summary"]) for row in chat_rows("train")[:count]]


def company_rows(count=24):
    """A row a chat, with names instead of #Person1# and #Person2#."""
    rows = []
    for number, texts in enumerate(originals(count)):
        for person, name in NAMES.items():
            texts = [text.replace(person, name) for text in texts]
        row = {"ticket": f"T-{number:02}", "customer": f"C-{number // 2}"}
        rows.append({**row, "text": texts[0], "note": texts[1]})
    return rows


def company_table(folder, count=24):
    """A CSV file with a row a chat."""
    write_csv(folder / "tickets.csv", company_rows(count))
    return folder / "tickets.csv"


def company_turns(folder):
    """A CSV file with a row a turn, the summary in the first of a chat's rows alone."""
    turns = [
        {"ticket": row["ticket"], "customer": row["customer"], "who": line.split(": ", 1)[0],
         "said": line.split(": ", 1)[1], "note": "" if number else row["note"]}
        for row in company_rows()
        for number, line in enumerate(row["text"].split("\n"))
    ]  # fmt: skip
    write_csv(folder / "turns.csv", turns)
    return folder / "turns.csv"


def company_folder(parent):
    """A folder of transcripts: .txt with its summary beside it, .json as a list or an object."""
    folder = parent / "transcripts"
    folder.mkdir()
    for number, row in enumerate(company_rows()):
        lines = [line.split(": ", 1) for line in row["text"].split("\n")]
        turns = [{"speaker": speaker, "text": text} for speaker, text in lines]
        whole = {"turns": turns, "customer": row["customer"], "summary": row["note"]}
        path = folder / f"{row['ticket']}.json"
        if number % 2:
            path.write_text(json.dumps(turns if number % 4 == 1 else whole), "utf-8")
        else:
            path.with_suffix(".txt").write_text(row["text"], "utf-8")
            path.with_suffix(".summary.txt").write_text(row["note"], "utf-8")
    return folder
