"""A summary as HTML that shows what is in it: words that a reference has, and facts nobody said."""

from collections.abc import Iterable
from html import escape

import regex

from labutils.evaluation.failures import as_written, cased_words, numbers, unsupported
from labutils.evaluation.rouge import rouge_words, scorer_of
from labutils.evaluation.scripts import WORD
from labutils.views.plots import VERMILION

SHOWN_WORD = regex.compile(rf"\d+(?:,\d{{3}})+|{WORD.pattern}", regex.V1)
SHARED_WORD = "<b><u>{}</u></b>"
FLAGGED = (
    f"<mark title='not in the chat' style='background: {VERMILION}22; color: inherit; "
    f"border: 1px dashed {VERMILION}; border-radius: 3px; padding: 0 .15em'>{{}}&nbsp;?</mark>"
)
LEGEND = (
    f"{SHARED_WORD.format('Bold and underlined')}: a reference has the word too (compared as ROUGE "
    f"does, by its stem). {FLAGGED.format('Framed')}: a name or number that is not in the chat."
)


def turns_html(dialogue: str) -> str:
    """A dialogue, a turn a line; escaped."""
    return "<br>".join(map(escape, dialogue.splitlines()))


def marked_html(summary: str, references: Iterable[str] = (), dialogue: str | None = None) -> str:
    """A summary with its words marked; all else escaped.

    Args:
        summary: the text.
        references: human summaries; words that one of them has are bold and underlined.
        dialogue: names and numbers that are not in it are framed, with a question mark.
    """
    references = list(references)
    scorer = scorer_of([references])
    known = {stem for text in references for stem in rouge_words(text, scorer)}
    strange = unsupported(summary, dialogue) if dialogue is not None else None
    pieces, end = [], 0
    for word in SHOWN_WORD.finditer(summary):
        pieces.append(escape(summary[end : word.start()]))
        text = escape(word[0])
        stems = rouge_words(word[0], scorer)
        if stems and known.issuperset(stems):
            text = SHARED_WORD.format(text)
        if strange and _is_strange(word[0], strange):
            text = FLAGGED.format(text)
        pieces.append(text)
        end = word.end()
    return "".join(pieces) + escape(summary[end:]) or "<i>(empty)</i>"


def _is_strange(word: str, strange: dict[str, set[str]]) -> bool:
    named = word[0].isupper() and not strange["new_names"].isdisjoint(cased_words(word))
    return named or bool(numbers(word) & strange["new_numbers"])


def flags_text(summary: str, dialogue: str) -> str:
    """What is framed, in words: "not in the chat: Tom, 14"; empty if all of it is there."""
    found = as_written(summary, set().union(*unsupported(summary, dialogue).values()))
    return f"not in the chat: {', '.join(found)}" if found else ""
