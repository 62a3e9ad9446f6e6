"""A language model as a judge: a 1-5 rating of a summary, or which of two is better.

It asks any server on this machine that speaks OpenAI's chat completions (llama.cpp, vLLM, Ollama);
no text leaves the machine. Every answer is kept in a file at once, so a kill loses nothing, and an
answer that is no rating is counted, never guessed.
"""

import hashlib
import http.client
import ipaddress
import json
import re
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from labutils.common.errors import LabError
from labutils.common.files import append, first_line, saving
from labutils.evaluation.intervals import bootstrap_interval, check_same_length
from labutils.evaluation.judging import Judging

MOST_BYTES = 1_000_000
"""Of a server's answer; a rating needs a few hundred."""

PATIENCE = 60.0
"""Seconds to wait for one answer."""

RATE = """Rate how faithful a summary is to its dialogue: do the names, numbers and dates in it \
stand in the dialogue, and is the outcome told as it was?
1: mostly wrong. 3: half right. 5: everything in it is right, and nothing important is missing.

Dialogue:
{dialogue}

Summary:
{summary}

Answer with one digit from 1 to 5 and nothing else."""

COMPARE = """Which summary tells better what is true in this dialogue? Wrong names, numbers, dates \
and outcomes are worse than clumsy words.

Dialogue:
{dialogue}

Summary A:
{A}

Summary B:
{B}

Answer with A, B or tie and nothing else."""


CONTROLS = ("references", "another chat's")
"""What must come out on top and last, or the judge has not read the dialogues."""


class Judge:
    """A chat model behind an address of this machine, and the file with all it has answered.

    Args:
        address: such as "http://127.0.0.1:8080/v1".
        cache: a .jsonl file that takes one line per answer; a question that stands in it is not
            asked again.

    Raises:
        LabError: an address that is not http on this machine.
    """

    def __init__(self, address: str, cache: str | Path) -> None:
        self.address, self.cache = _on_this_machine(address), Path(cache)
        self.unreadable = self.repeated = 0
        self._answers = _kept(self.cache)
        # No proxy, and no redirection: either could carry the texts elsewhere.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay())

    def rate(self, dialogue: str, summary: str) -> int | None:
        """A rating from 1 to 5, or None (counted in `unreadable`) if the answer is none.

        Raises:
            LabError: no answer from the server, or the cache cannot be written.
        """
        found = self._read(RATE.format(dialogue=dialogue, summary=summary), r"[1-5]")
        return int(found) if found else None

    def compare(self, dialogue: str, texts: Mapping[str, str]) -> str | None:
        """ "A", "B" or "tie" for {"A": text, "B": text}; None and LabError as in `rate`."""
        found = self._read(COMPARE.format(dialogue=dialogue, **texts), r"A|B|tie")
        return found and ("tie" if found.lower() == "tie" else found.upper())

    def _read(self, question: str, wanted: str) -> str | None:
        """What a question is answered with, if that is all that the answer says."""
        answer = self._ask(question).strip().strip("*.\"' ")
        if re.fullmatch(wanted, answer, re.IGNORECASE):
            return answer
        self.unreadable += 1
        return None

    def _ask(self, question: str) -> str:
        key = hashlib.sha256(json.dumps([self.model, question]).encode()).hexdigest()
        if key in self._answers:
            self.repeated += 1
        else:
            self._answers[key] = self._answered(question)
            line = json.dumps({"key": key, "answer": self._answers[key]})
            with saving(self.cache.parent):
                self.cache.parent.mkdir(parents=True, exist_ok=True)
                append(self.cache, f"\n{line}\n".encode())  # a kill may have left half a line
        return self._answers[key]

    @cached_property
    def model(self) -> str:
        """The first that the server lists, as some refuse any other name; "default" if none."""
        try:
            return str(json.loads(self._sent("models"))["data"][0]["id"])
        except (ValueError, KeyError, IndexError, TypeError):  # LabErrors are ValueErrors
            return "default"

    def _answered(self, question: str) -> str:
        body = {
            "model": self.model,
            "messages": [{"role": "user", "content": question}],
            "temperature": 0,
            "max_tokens": 8,
        }
        return str(_content(self._sent("chat/completions", json.dumps(body).encode())))

    def _sent(self, path: str, body: bytes | None = None) -> bytes:
        """What the server replies: to a POST if there is a body, else to a GET."""
        request = urllib.request.Request(
            f"{self.address}/{path}", body, {"Content-Type": "application/json"}
        )
        try:
            with self._opener.open(request, timeout=PATIENCE) as reply:
                return reply.read(MOST_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise LabError(
                f"The judge at {self.address} gave no answer ({first_line(error)}). Is its server "
                "running? What it has answered so far is kept; run this again to go on."
            ) from error


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        """Follow no redirection."""


def _content(reply: bytes) -> object:
    """The text of a chat completion; "" for whatever is none, which is then unreadable."""
    try:
        return json.loads(reply)["choices"][0]["message"]["content"] or ""
    except (ValueError, KeyError, IndexError, TypeError):
        return ""


def _on_this_machine(address: str) -> str:
    try:
        parts = urlsplit(address.strip())
        host, _ = parts.hostname or "", parts.port
        at_home = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        at_home = False
    if not at_home or parts.scheme != "http":
        raise LabError(
            f"The judge's address is {address!r}; it must be http on this machine, such as "
            "http://127.0.0.1:8080/v1: no text is sent anywhere else."
        )
    return address.strip().rstrip("/")


def _kept(cache: Path) -> dict[str, str]:
    """{key: answer} of a cache; a line that a kill cut short is left out."""
    if not cache.is_file():
        return {}
    found = {}
    for line in cache.read_text("utf-8", errors="replace").split("\n"):
        try:
            row = json.loads(line)
            found[str(row["key"])] = str(row["answer"])
        except (ValueError, KeyError, TypeError):
            continue
    return found


def ratings(
    judge: Judge,
    systems: Mapping[str, Sequence[str]],
    dialogues: Sequence[str],
    places: Sequence[int],
) -> pd.DataFrame:
    """The judge's ratings of some summaries, 1-5 or NaN: rows are places, columns systems.

    Put controls among the systems: references, which should come out on top, and summaries of
    other chats, which should come out last. Where they do not, the judge's word counts for nothing.

    Args:
        judge: is asked once a summary.
        systems: {name: one text per dialogue}.
        dialogues: their texts.
        places: which of them, as from `some_of`.

    Raises:
        LabError: unequal lengths, or no answer from the server.
    """
    check_same_length(dialogues=dialogues, **systems)
    rated = {
        name: [judge.rate(dialogues[place], texts[place]) for place in places]
        for name, texts in systems.items()
    }
    return pd.DataFrame(rated, index=list(places), dtype=float)


def judged(
    judge: Judge,
    systems: Mapping[str, Sequence[str]],
    references: Sequence[Sequence[str]],
    dialogues: Sequence[str],
    *,
    most: int = 20,
    seed: int = 42,
) -> dict[str, Any]:
    """What a judge makes of some summaries of each system, beside two controls.

    Args:
        judge: is asked once for each summary.
        systems: {name: one text per dialogue}.
        references: the human texts of each dialogue, the first of which is rated as a control.
        dialogues: their texts, at least two.
        most: dialogues that are drawn for it.
        seed: of the draw and the bootstrap.

    Returns:
        {"n": dialogues, "unreadable": answers, "repeated": answers of an earlier call, "trusted":
        whether the judge put the references above another dialogue's, and no system below these,
        "ratings": {name: {"mean", "low", "high", "rated"}}}; ratings are 1-5 with 95% bootstrap
        intervals over dialogues.

    Raises:
        LabError: fewer than two dialogues, a system with a control's name, or see `ratings`.
    """
    if len(dialogues) < 2:
        raise LabError("A judge is held against another dialogue's summary: score two or more.")
    if taken := sorted(systems.keys() & set(CONTROLS)):
        raise LabError(f"The columns {', '.join(taken)} have names of controls; rename them.")
    first = [texts[0] for texts in references]
    controls = dict(zip(CONTROLS, (first, [*first[1:], first[0]])))
    places = some_of(len(dialogues), most, seed)
    rated = ratings(judge, {**controls, **systems}, dialogues, places)
    means = rated.mean()
    right, wrong = (means[name] for name in CONTROLS)
    found: dict[str, dict] = {}
    for name, scores in rated.items():
        if kept := scores.dropna().tolist():
            interval = asdict(bootstrap_interval([(one - 1) / 4 for one in kept], seed=seed))
            found[name] = {key: 1 + 4 * share for key, share in interval.items()}
            found[name]["rated"] = len(kept)
    return {
        "n": len(places),
        "unreadable": judge.unreadable,
        "repeated": judge.repeated,
        "trusted": bool(right > wrong and wrong <= means.min()),
        "ratings": found,
    }


def judge_pairs(
    judge: Judge, session: Judging, dialogues: Sequence[str], places: Sequence[int]
) -> int:
    """Let the judge take a rater's place in a `Judging`, sides drawn as for everybody.

    Args:
        judge: asked for each item that is still open.
        session: of a rater of its own, such as "llm"; each choice is saved at once.
        dialogues: of the items.
        places: which items to ask about.

    Returns:
        How many items stay open because the answer was unreadable.
    """
    left = 0
    for position in session.order:
        if position not in places or session.ids[position] in session.done:
            continue
        choice = judge.compare(dialogues[position], session.texts(position))
        if choice is None:
            left += 1
        else:
            session.save(choice, position=position)
    return left


def some_of(count: int, most: int, seed: int = 42) -> list[int]:
    """Positions of at most so many items, drawn by seed and in order: a judge takes its time."""
    return sorted(Random(seed).sample(range(count), min(count, most)))
