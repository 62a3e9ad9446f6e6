"""What a careful colleague would say about chats before anything is learned from them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from labutils.common.text import excerpt
from labutils.data import subset
from labutils.evaluation.failures import failures, words
from labutils.evaluation.scripts import scripts_in
from labutils.own_chats.personal_data import masked, personal_data, shown
from labutils.own_chats.reading import Chat, Chats
from labutils.own_chats.splitting import SplitPlan, what_it_proves
from labutils.prompts import build_prompt
from labutils.views.tables import captioned, table_html

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

MANY_TURNS, MANY_UNKNOWN = 100, 0.05
EXAMPLES, TOKENIZED_AT_ONCE = 3, 1000
MOST_GUESSED = 2000
"""Chats whose language is guessed, drawn by seed: enough to see what makes up 1%."""

WORTH_SAYING = 0.05
"""The share of the chats from which on `most_important` tells what has no consequence."""

FREQUENT = {
    "English": "the and you is to for that have with what",
    "German": "der die und ich nicht das ist sie ein mit",
    "French": "le les et je vous est pas une pour des",
    "Spanish": "el los que y usted por una no es gracias",
    "Portuguese": "o os que e você não uma para com obrigado",
    "Italian": "il che e di non per una sono la ho",
    "Dutch": "de het een en ik niet dat is van je",
    "Polish": "nie się jest że jak czy proszę dziękuję ale mam",
    "Turkish": "bir ve bu için ne var mı de evet ben",
}
"""Words that tell languages of Latin script apart."""


def inspect_chats(
    found: Chats, plan: SplitPlan, tokenizer: PreTrainedTokenizerBase, limits: tuple[int, int]
) -> dict[str, Any]:
    """What the report shows, as JSON can hold it; personal data, found unmasked, only in part.

    The limits are the model's tokens of a prompt and of a summary.
    """
    chats, learned = found.chats, [chat for chat in found.chats if chat.summary]
    guessed = subset(chats, MOST_GUESSED, seed=42)
    prompts, unknown = _tokens([build_prompt(chat.dialogue) for chat in chats], tokenizer)
    summaries, _ = _tokens([chat.summary for chat in learned], tokenizer)
    flagged: dict[str, tuple[str, Sequence[Chat]]] = {
        "are empty": ("left out", plan.empty),
        "are the same as another": ("left out", plan.repeated),
        "are nearly the same as another": ("kept on one side", plan.nearly_same),
        "have no speaker that can be told": ("", [c for c in chats if c.turns and not c.speakers]),
        "have one speaker": ("", [c for c in chats if c.speakers == 1]),
        f"have {MANY_TURNS} turns or more": ("", [c for c in chats if c.turns >= MANY_TURNS]),
        "are longer than the model reads": ("end is cut", _above(chats, prompts, limits[0])),
        "have words that it cannot read": ("take another", _above(chats, unknown, MANY_UNKNOWN)),
        "have a longer summary than it writes": (
            "end is cut",
            _above(learned, summaries, limits[1]),
        ),
        **_flagged_summaries(learned),
    }
    return {
        "name": excerpt(masked(found.name)),
        "remarks": found.remarks,
        "counts": _counts(found, learned),
        "lengths": {
            "prompt with the chat": _lengths(prompts, limits[0]),
            **({"summary": _lengths(summaries, limits[1])} if learned else {}),
        },
        "flagged": {
            name: {"chats": len(items), "then": then,
                   "such_as": [excerpt(masked(chat.id), 24) for chat in items[:EXAMPLES]]}
            for name, (then, items) in flagged.items()
        },
        "personal_data": _personal(chats),
        "languages": dict(Counter(language(chat.dialogue) for chat in guessed).most_common()),
        "plan": {
            "chats": {name: len(items) for name, items in plan.splits.items()},
            "groups": plan.groups,
            "without_summary": len(plan.without_summary),
            "leaks": plan.leaks,
            "remark": plan.problem
            or what_it_proves(len(plan.splits["test"]), plan.groups["test"]),
        },
        "first_chat": [excerpt(line, 300) for line in masked(chats[0].dialogue).split("\n")],
        "first_chat_is_masked": masked(chats[0].dialogue) != chats[0].dialogue,
    }  # fmt: skip


def _tokens(texts: list[str], tokenizer: Any) -> tuple[np.ndarray, np.ndarray]:
    """(tokens of each text, share of them that the vocabulary lacks), both (texts,)."""
    counts, unknown = [], []
    for start in range(0, len(texts), TOKENIZED_AT_ONCE):
        for ids in tokenizer(texts[start : start + TOKENIZED_AT_ONCE])["input_ids"]:
            counts.append(len(ids))
            unknown.append(ids.count(tokenizer.unk_token_id) / max(1, len(ids)))
    return np.array(counts, int), np.array(unknown, float)


def _above(chats: Sequence[Chat], values: np.ndarray, limit: float) -> list[Chat]:
    return [chat for chat, value in zip(chats, values) if value > limit]


def _flagged_summaries(learned: list[Chat]) -> dict[str, tuple[str, list[Chat]]]:
    times = Counter(chat.summary for chat in learned)
    failed = [(chat, failures(chat.summary, chat.dialogue)) for chat in learned]
    return {
        "have a summary longer than the chat": (
            "", [c for c in learned if len(c.summary) > len(c.dialogue)]),
        "have a summary that others have, too": ("", [c for c in learned if times[c.summary] > 1]),
        "have a summary that stands in the chat": (
            "teaches to copy", [c for c, kinds in failed if kinds["copied"]]),
        "have a number in the summary alone": (
            "teaches to invent", [c for c, kinds in failed if kinds["new_numbers"]]),
    }  # fmt: skip


def _counts(found: Chats, learned: list[Chat]) -> dict[str, int]:
    turns, speakers = ([getattr(c, name) for c in found.chats] for name in ("turns", "speakers"))
    return {
        "rows": found.rows,
        "chats": len(found.chats),
        "with a summary": len(learned),
        "different summaries": len({chat.summary for chat in learned}),
        "customers": len({chat.customer for chat in found.chats} - {""}),
        "turns, median": int(np.median(turns)),
        "turns, most": max(turns),
        "speakers, median": int(np.median(speakers)),
        "speakers, most": max(speakers),
    }


def _lengths(tokens: np.ndarray, limit: int) -> dict[str, float]:
    beyond = np.maximum(tokens - limit, 0)
    return {
        "median": int(np.median(tokens)),
        "95th percentile": int(np.quantile(tokens, 0.95)),
        "longest": int(tokens.max()),
        "limit": limit,
        "over it": int((beyond > 0).sum()),
        "tokens cut": int(beyond.sum()),
    }


def _personal(chats: Sequence[Chat]) -> dict[str, dict[str, Any]]:
    report: dict[str, dict[str, Any]] = {}
    for chat in chats:
        text = f"{chat.dialogue}\n{chat.summary}"
        finds = personal_data(text)
        for kind, start, end in finds:
            of_kind = report.setdefault(kind, {"found": 0, "chats": 0, "such_as": []})
            of_kind["found"] += 1
            of_kind["such_as"] += [excerpt(shown(text[start:end]))]
            del of_kind["such_as"][EXAMPLES:]
        for kind in {kind for kind, *_ in finds}:
            report[kind]["chats"] += 1
    return report


def language(text: str) -> str:
    """The script of most letters, or for Latin the language that its frequent words tell.

    "Latin" where a text has fewer than two of them, or two languages as many; "none" without
    letters.
    """
    scripts = scripts_in([re.sub("#Person[0-9]+#", "", text)])
    script = scripts.most_common(1)[0][0] if scripts else "none"
    if script != "Latin":
        return script
    there = Counter(words(text))
    hits = {name: sum(there[word] for word in listed.split()) for name, listed in FREQUENT.items()}
    (best, most), (_, second) = Counter(hits).most_common(2)
    return best if most > max(1, second) else script


def report_tables(report: dict[str, Any]) -> list[pd.DataFrame]:
    """The report as tables with captions (`views.tables`); what was not found has none."""
    plan, total = report["plan"], report["counts"]["chats"]
    shown = {
        kind: {
            name: {
                **{key: value for key, value in row.items() if key != "such_as"},
                "chats": f"{row['chats']:,} ({row['chats'] / total:.0%})",
                "such as": ", ".join(row["such_as"]),
            }
            for name, row in report[kind].items()
            if row["chats"]
        }
        for kind in ("flagged", "personal_data")
    }
    splits = {
        "chats": {**plan["chats"], "without summary": plan["without_summary"]},
        "groups": {**plan["groups"], "without summary": ""},
    }
    leaks = (
        "Groups: chats of one customer, or nearly the same, which stay together. Split by row, "
        f"{plan['leaks']} test chats would have had such a companion in training. "
    )
    tables = [
        (pd.DataFrame({"": report["counts"]}), "What was read."),
        (pd.DataFrame(report["lengths"]).T, "In the model's tokens, its instruction included."),
        (pd.DataFrame(shown["flagged"]).T, "Chats that ..., and what becomes of them."),
        (pd.DataFrame(shown["personal_data"]).T, "Likely personal data, told by form and checksum, "
         "shown in part; --mask replaces it. Names and addresses are not looked for."),
        (pd.DataFrame({"chats": report["languages"]}),
         f"Scripts, or languages of Latin script{_drawn(report)}."),
        (pd.DataFrame(splits), leaks * bool(plan["chats"]) + plan["remark"]),
    ]  # fmt: skip
    return [captioned(table, caption) for table, caption in tables if len(table)]


def _drawn(report: dict[str, Any]) -> str:
    guessed, chats = sum(report["languages"].values()), report["counts"]["chats"]
    return f", of {guessed:,} of the {chats:,} chats, drawn at random" if guessed < chats else ""


def most_important(report: dict[str, Any]) -> list[str]:
    """The report in a few lines, for whoever goes on to train at once."""
    counts, plan, chats = report["counts"], report["plan"], report["counts"]["chats"]
    lines = [
        *report["remarks"],
        f"{chats:,} chats, {counts['with a summary']:,} of them with a summary"
        f" ({counts['different summaries']:,} different ones)"
        + (f", of {n:,} customers." if (n := counts["customers"]) else "; no customers are told."),
    ]
    for name, found in report["flagged"].items():
        if found["chats"] and (found["then"] or found["chats"] > WORTH_SAYING * chats):
            such = f"such as {', '.join(found['such_as'])}"
            then = f"; {found['then']}" * bool(found["then"])
            lines.append(f"{found['chats']:,} {name} ({such}{then}).")
    if personal := report["personal_data"]:
        kinds = ", ".join(f"{kind} in {found['chats']:,}" for kind, found in personal.items())
        lines.append(
            f"Likely personal data: {kinds} chats. A model may repeat it; --mask masks it."
        )
    if report["languages"].keys() - {"English", "Latin", "none"}:
        shares = ", ".join(f"{name} {n:,}" for name, n in report["languages"].items())
        lines.append(f"Languages or scripts: {shares}{_drawn(report)}.")
    if plan["chats"]:
        split = ", ".join(f"{n:,} {name}" for name, n in plan["chats"].items())
        lines.append(f"Split by customer and likeness: {split}.")
    return [*lines, plan["remark"]]


PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: auto; padding: 1rem }}
table {{ border-collapse: collapse }}
th, td {{ text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #8888 }}
figure {{ padding-bottom: 2rem }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere }}
</style></head><body>
<h1>{title}</h1>
<p>{remarks}</p>
{tables}
<h2>{heading}</h2>
<pre>{first}</pre>
</body></html>
"""


def first_chat_heading(report: dict[str, Any], mask: bool) -> str:
    """What stands above the first chat, which is shown masked, whether or not `mask` writes it so.

    Without these words a reader would think that what is written is masked, too.
    """
    said = "The first chat, as the model will read it"
    if report["first_chat_is_masked"] and not mask:
        said += " (with personal data masked here; the file keeps it: --mask)"
    return said


def report_page(report: dict[str, Any], mask: bool = False) -> str:
    """The report as one HTML page: every text escaped, no script, nothing loaded from elsewhere.

    `mask` tells whether the chats are written masked, too.
    """
    return PAGE.format(
        title=escape(f"Chats of {report['name']}"),
        remarks="<br>".join(map(escape, report["remarks"])),
        tables="\n".join(map(table_html, report_tables(report))),
        heading=escape(first_chat_heading(report, mask)),
        first=escape("\n".join(report["first_chat"])),
    )
