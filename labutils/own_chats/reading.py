"""Chats as a company keeps them, read into the lab's form: a line a turn, #Person1#: Hello."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import regex

from labutils.common.errors import LabError
from labutils.common.files import first_line
from labutils.common.table_files import check_table, read_table, row_numbers
from labutils.common.text import disarmed
from labutils.evaluation.scripts import is_unspaced

MOST_ROWS, MOST_MIB = 300_000, 1024
"""Rows of a table, or files of a folder, and a table's size: what fits into 2 GB of memory."""

ENDINGS = (".txt", ".json")
"""Of a transcript."""

SUMMARY = ".summary.txt"
"""How a file ends that has the summary of the one beside it."""

COLUMN_NAMES = {
    "dialogue": "dialog conversation transcript chat text messages turns utterances content body",
    "summary": "summaries note notes abstract",
    "id": "dialogue_id dialog_id chat_id conversation_id ticket ticket_id case case_id",
    "customer": "customer_id client client_id account account_id user_id",
    "speaker": "role author sender from who name",
    "turn": "text message utterance content body",
}
"""What a role's column is called elsewhere; one with the role's own name comes first."""

NUMBERING = r"(?:\d{1,4}[.)] +)?"
WHEN = r"\d{1,4}[/.:, -]{1,2}\d(?:[\d/.:, +-]|T(?=\d)){0,24}Z?"
TIME = rf"(?:[\[(]?{WHEN}(?: ?[AaPp]\.?[Mm]\.?)?[\])]?(?: ?[-\u2013|])? {{0,3}}(?!\d))?"
LABEL_WORD = r"[\w\p{M}\p{So}.'\u2019#()&,@/\[\]-]{1,30}"
LABEL = rf"[^\W_]|[#+]?[^\W_]{LABEL_WORD}(?: {LABEL_WORD}){{0,7}}"
LABELLED = regex.compile(rf"{NUMBERING}{TIME}(?:~ ?)?({LABEL}) ?[:\uff1a](?![\d/\\])(.*)")
"""A speaker before what is said, with or without a number and the time: "[10:15] Anna Lee: Hello".

WhatsApp puts a ~ before who is not in the address book.
"""

ROLES = "agent assistant caller client customer doctor operator patient user".split()
"""Speakers whom a summary calls "the customer"."""

INSTRUCTIONS = ("system", "developer", "tool", "function")
"""Roles of a list of messages that take no part in the talk."""

NO_TEXT = ("NaN", "nan", "N/A", "null", "NULL", "None")
"""What programs write into a table's empty cells."""

Turns = list[tuple[str, str]]
"""(speaker, text) each; the speaker is "" where none is named."""

Found = tuple[str, str, str | Turns, str]
"""id, customer, dialogue, summary."""


@dataclass(frozen=True)
class Columns:
    """The columns' names; None: guessed where only one has a name that fits.

    With `speaker` and `turn` (what was said) a row is a turn, and those of an `id` are a chat; else
    it is a chat, its `dialogue`. Chats of a `customer` (or ticket) stay on one side of the split.
    """

    dialogue: str | None = None
    summary: str | None = None
    id: str | None = None
    customer: str | None = None
    speaker: str | None = None
    turn: str | None = None


@dataclass(frozen=True)
class Chat:
    """One conversation. Texts are "" where there is none; speakers and turns are counted."""

    id: str
    customer: str
    dialogue: str
    summary: str
    speakers: int
    turns: int


@dataclass(frozen=True)
class Chats:
    """What was read: the source's name, its rows (or files), its chats, and what was guessed."""

    name: str
    rows: int
    chats: list[Chat]
    remarks: list[str]


def read_chats(
    source: str | Path, columns: Columns = Columns(), *, keep_speakers: bool = False
) -> Chats:
    """Read a CSV, JSONL or Parquet table, a folder of transcripts, or a single one.

    A folder's NAME.txt may have its summary in NAME.summary.txt; a .json is a list of turns, or an
    object with a row's columns.

    Args:
        source: the table, folder, .txt or .json.
        columns: their names.
        keep_speakers: leave texts and names as they are. By default speakers become #Person1#,
            #Person2# ... in order of appearance, also in the summary, and a turn is one line.

    Raises:
        LabError: not readable, no chats, more than 300,000 rows or 1 GiB, a column that is not
            there or could be several, ids missing, given twice or at odds with themselves.
    """
    source = Path(source)
    if source.is_dir():
        found_rows = _folder_rows(source)
    elif source.suffix.lower() in ENDINGS:
        found_rows = {source.name: _file_row(source)}
    else:
        found_rows = _table_rows(source)
    rows = list(found_rows.values())
    check_table(rows, source.name)
    roles, remarks = _roles(rows, columns, source.name)
    gather = _by_turn if "turn" in roles else _by_row
    found = gather(found_rows, roles, source.name)
    chats = [chat_of(*item, keep_speakers=keep_speakers) for item in found]
    return Chats(source.name, len(rows), chats, remarks)


def _table_rows(path: Path) -> dict[str, dict]:
    """{where it stands: a row}."""
    if path.is_file() and path.stat().st_size > MOST_MIB * 2**20:
        raise LabError(f"{path.name} has more than {MOST_MIB:,} MiB; take a sample of its chats.")
    rows = read_table(path, most=MOST_ROWS)
    return {f"row {number}": row for number, row in enumerate(rows, 1)}


def _folder_rows(folder: Path) -> dict[str, dict]:
    paths = [p for p in sorted(folder.iterdir()) if p.is_file() and p.name[0] != "."]
    _check_transcripts(folder, {p.name for p in paths})
    files = [p for p in paths if p.suffix.lower() in ENDINGS]
    if not files:
        if not paths:
            raise LabError(
                f"{folder} is empty; give a folder with transcripts (.txt, .json), or a table."
            )
        names = ", ".join(p.name for p in paths[:3])
        raise LabError(
            f"{folder} has no transcripts (.txt, .json), but {names}; give a table itself."
        )
    if len(files) > MOST_ROWS:
        raise LabError(f"{folder} holds more than {MOST_ROWS:,} files; take a sample of them.")
    rows = {p: _file_row(p) for p in files if not p.name.lower().endswith(SUMMARY)}
    for path in files:
        if path not in rows:
            name = path.name[: -len(SUMMARY)]
            found = [p for end in (".txt", ".TXT") if (p := folder / (name + end)) in rows]
            if not found:
                raise LabError(f"{path.name} has no {name}.txt beside it.")
            rows[found[0]]["summary"] = _file_text(path)
    return {path.name: row for path, row in rows.items()}


def _check_transcripts(folder: Path, names: set[str]) -> None:
    """Raise LabError for a folder that another command wrote, whose JSON holds no chats."""
    if "prepared.json" in names:
        raise LabError(
            f"{folder} is what inspect wrote: its chats are split already, so tune on it, or give "
            "inspect the file that they came from, or one of its tables."
        )
    if {"run.json", "results.json"} <= names:
        raise LabError(
            f"{folder} holds a model that tune wrote, and no transcripts. Its corrections are in "
            "corrections.jsonl, once there are any."
        )


def _file_row(path: Path) -> dict:
    text = _file_text(path)
    if path.suffix.lower() == ".txt":
        return {"id": path.stem, "dialogue": text}
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LabError(f"{path.name} is not JSON ({first_line(error)}).") from error
    if not isinstance(content, list | dict):
        raise LabError(f"{path.name} holds neither a list of turns nor an object with them.")
    content = {"dialogue": content} if isinstance(content, list) else content
    if "dialogue" not in content and (key := _key_of(content, "dialogue")):
        content["dialogue"] = content.pop(key)  # files of one folder may differ
    return {"id": path.stem, **content}


def _key_of(content: Any, role: str) -> str:
    names = (role, *COLUMN_NAMES[role].split()) if isinstance(content, dict) else ()
    told = (name for name in names if content.get(name) is not None)  # Parquet fills up with None
    return next(told, next((name for name in names if name in content), ""))


def _file_text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise LabError(f"{path.name} cannot be read as UTF-8 ({first_line(error)}).") from error


def _roles(rows: list[dict], columns: Columns, name: str) -> tuple[dict[str, str], list[str]]:
    """({role: column}, remarks on what was guessed)."""
    there = list(dict.fromkeys(key for row in rows for key in row))
    roles = {role: column for role, column in asdict(columns).items() if column is not None}
    for column in roles.values():
        if column not in there:
            raise LabError(f"{name} has no column {column!r}; it has {', '.join(there)}.")
    by_turn = bool(roles.keys() & {"speaker", "turn"})
    if by_turn and "dialogue" in roles:
        raise LabError("--dialogue is for a row per chat, --speaker and --turn for a row per turn.")
    needed = ("speaker", "turn", "id") if by_turn else ("dialogue",)
    remarks = []
    for role in dict.fromkeys((*needed, "summary", "id", "customer")):
        if role not in roles and (column := _guess(role, there, roles, name)):
            roles[role] = column
            remarks.append(f"Column {column!r} is taken as --{role}.")
        if role in needed and role not in roles:
            other = "" if by_turn else ", or --speaker and --turn if each row is a turn"
            raise LabError(f"{name} has {', '.join(there)}: name the {role} by --{role}{other}.")
    if len(set(roles.values())) < len(roles):
        raise LabError(f"{name}: each of --{', --'.join(roles)} needs a column of its own.")
    return roles, remarks


def _guess(role: str, there: list[str], roles: dict[str, str], name: str) -> str | None:
    free = {c: c.strip().lower().replace(" ", "_") for c in there if c not in roles.values()}
    exact = [c for c in free if free[c] == role]
    found = exact or [c for c in free if free[c] in COLUMN_NAMES[role].split()]
    if len(found) > 1:
        raise LabError(f"{name}: {' or '.join(map(repr, found))}? Name the {role} by --{role}.")
    return found[0] if found else None


def _by_row(rows: dict[str, dict], roles: dict, name: str) -> Iterable[Found]:
    seen: dict[str, str] = {}
    for number, (place, row) in enumerate(rows.items(), 1):
        where = f"{name}, {place}"
        text = partial(_cell, row, roles, where)
        chat = text("id", needed=True) if "id" in roles else f"chat-{number}"
        if chat in seen:
            raise LabError(
                f"{name}: the {roles['id']} {chat!r} stands in {seen[chat]} and {place}. If each "
                "row is a turn, use --speaker and --turn; if a ticket has several chats, name its "
                "column by --customer, and another by --id."
            )
        seen[chat] = place
        cell = row.get(roles["dialogue"])
        listed = isinstance(cell, list)
        said: str | Turns = _listed_turns(cell, where) if listed else text("dialogue")
        yield chat, text("customer"), said, text("summary")


def _by_turn(rows: dict[str, dict], roles: dict, name: str) -> Iterable[Found]:
    turns: dict[str, Turns] = {}
    known: dict[tuple[str, str], str] = {}
    silent = []
    for number, (place, row) in enumerate(rows.items(), 1):
        where = f"{name}, {place}"
        text = partial(_cell, row, roles, where)
        chat, speaker, said = text("id", needed=True), text("speaker"), text("turn")
        if said and not speaker:
            silent.append(number)
        turns.setdefault(chat, []).extend([(speaker, said)] if said else [])
        for role in ("customer", "summary"):
            if (value := text(role)) and known.setdefault((chat, role), value) != value:
                raise LabError(f"{where}: another {role} than before in {chat!r}.")
    if silent:
        raise LabError(f"{name}: {roles['speaker']} is empty in {row_numbers(silent)}; fill it in.")
    for chat, whole in turns.items():
        talk = _of_the_talk(whole)
        yield chat, known.get((chat, "customer"), ""), talk, known.get((chat, "summary"), "")


def _cell(row: dict, roles: dict[str, str], where: str, role: str, needed: bool = False) -> str:
    column = roles.get(role, "")
    value = row.get(column)
    if isinstance(value, bool | bytes | list | dict):
        raise LabError(f"{where}: {column} is no text ({type(value).__name__}).")
    if isinstance(value, float) and value.is_integer():  # an id in a column with gaps
        value = int(value)
    # Who is asked and says "None" has said something.
    nothing = value is None or value != value or (value in NO_TEXT and role != "turn")
    text = "" if nothing else disarmed(clean_text(str(value)))
    if needed and not text:
        raise LabError(f"{where}: {column} is empty; fill it in.")
    return text


def _listed_turns(items: Any, where: str) -> Turns:
    """Of a list of objects with a speaker and a text, or of lines."""
    if all(isinstance(item, str) for item in items):
        return labelled_turns(clean_text("\n".join(items)))
    found = []
    for number, item in enumerate(items, 1):
        roles = {role: _key_of(item, role) for role in ("speaker", "turn")}
        if not all(roles.values()):
            raise LabError(
                f'{where}: turn {number} must be like {{"speaker": "Anna", "text": "Hi"}}.'
            )
        speaker, text = (_cell(item, roles, f"{where}, turn {number}", role) for role in roles)
        if text and not speaker:
            raise LabError(f"{where}: turn {number} has an empty {roles['speaker']}; fill it in.")
        found += [(speaker, text)] if text else []
    return _of_the_talk(found)


def _of_the_talk(turns: Turns) -> Turns:
    """Without INSTRUCTIONS, where others speak."""
    return [turn for turn in turns if turn[0].lower() not in INSTRUCTIONS] or turns


def clean_text(text: str) -> str:
    """Composed characters, line feeds as line ends, and nothing that no file can hold."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8").strip()


def labelled_turns(dialogue: str) -> Turns:
    """The turns of lines such as "[10:15] Anna Lee: Hello"; a line without a speaker goes on.

    A label that comes once, where two others come again and again, is a heading inside a turn
    ("Note: ...") and stays in its text; so does one that comes once and is no name ("Lee, Anna"
    may be one, but so may "Well, then"). So a long label is one if it comes again.
    """
    lines = [(LABELLED.match(line.strip()), line.strip()) for line in dialogue.split("\n")]
    counts = Counter(match[1] for match, _ in lines if match)
    regular = sum(times > 1 for times in counts.values())
    found: list[list[str]] = []
    for match, line in lines:
        if match and (counts[match[1]] > 1 or (regular < 2 and _like_a_name(match[1]))):
            found.append([match[1], match[2].strip()])
        elif line and found:
            found[-1][1] += f" {line}"
        elif line:
            found.append(["", line])
    return [(speaker, text) for speaker, text in found]


def _like_a_name(label: str) -> bool:
    parts = label.split()
    if label.isdigit() or re.search("[,/]", label) or len(parts) > 4:
        return False
    return len(parts) == 1 or not (parts[0][0] + parts[-1][0]).islower()


def persons_of(turns: Turns) -> dict[str, str]:
    """{speaker: #Person1# ...}, in order of appearance."""
    names = dict.fromkeys(speaker for speaker, _ in turns if speaker)
    return {name: f"#Person{number}#" for number, name in enumerate(names, 1)}


def chat_of(
    id: str, customer: str, said: str | Turns, summary: str, *, keep_speakers: bool
) -> Chat:
    """A Chat of its texts, its speakers renamed or kept as for `read_chats`."""
    turns = labelled_turns(said) if isinstance(said, str) else said
    persons = persons_of(turns)
    if not keep_speakers:
        turns = [(persons.get(speaker, ""), " ".join(text.split())) for speaker, text in turns]
        summary = rename_speakers(summary, persons)
    lines = [f"{speaker}: {text}" if speaker else text for speaker, text in turns]
    dialogue = said if keep_speakers and isinstance(said, str) else "\n".join(lines)
    return Chat(id, customer, dialogue, summary, len(persons), len(turns))


def rename_speakers(summary: str, persons: dict[str, str]) -> str:
    """The summary with speakers' names replaced; "the agent" and a first name alone as well.

    Names of one or two letters (A, Bo) stay: they may be words. So do numbers, and a role's small
    word without its article: "user error", "a client of ours".
    """
    parts_of = {name: name.replace(",", " ").split() for name in persons}
    words = Counter(word for parts in parts_of.values() for word in parts)
    known = {}
    for name, person in persons.items():
        known[name.capitalize() if name in ROLES else name] = person
        known |= {
            w: person for w in parts_of[name] if words[w] == 1 and w.isalpha() and w[0].isupper()
        }
        if name.lower() in ROLES:
            known |= {f"the {name.lower()}": person, f"The {name.lower()}": person}
    usable = [
        name
        for name in known
        if any(map(str.isalpha, name)) and (len(name) > 2 or name.upper() == name.lower())
    ]
    if not usable:
        return summary
    patterns = "|".join(map(_whole, sorted(usable, key=len, reverse=True)))
    pattern = rf"(?:\b[Tt]he )?({patterns})(?! (?:service|support|care)\b)"
    renamed = re.sub(pattern, lambda match: known[match[1]], summary)
    return re.sub(r"(#Person\d+#)(?: \1)+", r"\1", renamed)  # Hans Lee, whose label is "Lee, Hans"


def _whole(name: str) -> str:
    """A pattern of the name as a whole word; scripts without case put endings right behind it.

    Those without spaces put words before it, too.
    """
    cased = name[-1].isascii() or name[-1].upper() != name[-1].lower()
    before = "" if is_unspaced(name) and len(name) > 1 else r"(?<!\w)"
    return before + re.escape(name) + (r"(?!\w)" if cased else "")
