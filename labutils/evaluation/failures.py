"""What ROUGE does not see: summaries that fail in ways a reader notices at once, counted."""

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

import numpy as np
import regex

from labutils.common.text import is_blank
from labutils.data import turns
from labutils.evaluation import scripts
from labutils.evaluation.intervals import check_same_length

SUMMARY_LABELS = ("summary", "note", "topic", "dialogue")
"""Words before a colon with which a summary may begin."""

SAID_BY = r"^#?\w+#?( \w+)?(: |：)"
"""A speaker before what is quoted: "Anna: ", "#Person1# says: "."""

REPEATED_WORDS, REPEATED_CHARACTERS = 4, 10
"""A run of so many words that comes twice is a repetition: shorter ones do in good summaries.

In scripts without spaces it is so many characters, which are about as many words there.
"""

CASED = regex.compile(r"[\p{Lu}\p{Ll}\p{Lt}\p{M}\p{Nd}_]+")
TITLES = ("Mr", "Mrs", "Ms", "Mx", "Dr", "Prof")
TITLED = re.compile(rf"\b({'|'.join(TITLES)})\.$")
"""A full stop that ends no sentence."""
NAME = regex.compile(rf"(?<!\w)\p{{Lu}}{CASED.pattern}")
"""A capital and what follows it, without a particle of another script at its end."""


def failures(prediction: str, dialogue: str | None = None) -> dict[str, bool]:
    """How a summary visibly fails.

    Returns:
        {"continues_dialogue": it starts with a speaker and a colon, "empty", "repeats": four
        words in a row come twice}, all bool. With a dialogue also "copied": all of it stands word
        for word in there, whatever speaker is put in front ("#Person1# says:"), "new_names": it
        has a Person or, inside a sentence, a capitalized word that is not in the dialogue,
        "new_numbers": digits, of any script, that are not in the dialogue (words such as "three"
        are not read).
    """
    text = " ".join(prediction.split())
    found = {
        "continues_dialogue": _starts_with_speaker(text, dialogue or ""),
        "empty": is_blank(text),
        "repeats": _repeats(text),
    }
    if dialogue is not None:
        found["copied"] = _copied(text, dialogue)
        found |= {kind: bool(new) for kind, new in unsupported(text, dialogue).items()}
    return found


def unsupported(prediction: str, dialogue: str) -> dict[str, set[str]]:
    """The names and numbers of a summary that are not in its dialogue.

    Returns:
        {"new_names": lower-case words, "new_numbers": digits}, both sets.
    """
    return {
        "new_names": names(prediction) - set(cased_words(dialogue)),
        "new_numbers": numbers(prediction) - numbers(dialogue),
    }


def as_written(text: str, found: set[str]) -> list[str]:
    """The pieces of a text that hold `unsupported` names or numbers: May for may, 11:00 for 00."""
    pieces = dict.fromkeys(re.findall(PIECE, text))
    return [piece for piece in pieces if found & (numbers(piece) | _capitalized(piece))]


def _capitalized(piece):
    return {word.lower() for word in re.findall(r"\w+", piece) if word != word.lower()}


def flag_columns(column: str) -> tuple[str, ...]:
    """The columns beside one of summaries that hold what is `unsupported` in them."""
    return tuple(f"{column}_{kind}" for kind in ("new_names", "new_numbers"))


def words(text: str) -> list[str]:
    """The text's words in lower case; #Person1# is the word person1, as for rouge_score."""
    return re.findall(r"\w+", text.lower()) if text.isascii() else scripts.words(text)


def count_words(text: str) -> int:
    """Words between spaces, or characters where a script has no spaces."""
    return len(words(text) if scripts.is_unspaced(text) else text.split())


def cased_words(text: str) -> list[str]:
    """The text's words of scripts that have capitals, in lower case."""
    if text.isascii():
        return words(text)
    return CASED.findall(unicodedata.normalize("NFKC", text).lower())


def names(text: str) -> set[str]:
    """Persons (person1) and words capitalized inside a sentence, in lower case."""
    text = unicodedata.normalize("NFKC", text)
    found = {name.lower() for name in re.findall(PERSON, text)}
    for word in NAME.finditer(text):
        before = text[: word.start()].rstrip(" \n\"'(#“”‘’«»")
        inside = before and (before[-1] not in ".!?:" or TITLED.search(before))
        if inside and word[0] not in TITLES:
            found.add(word[0].lower())
    return found


def numbers(text: str) -> set[str]:
    """The text's numbers in digits 0-9; 1,000 is 1000, and the 1 of Person1 is none."""
    return set(re.findall(r"\d+", scripts.ascii_digits(re.sub(NO_NUMBER, "", text))))


PIECE = r"[^\W_]+(?:[:.,/'’-][^\W_]+)*"
PERSON = r"\bPerson\d+(?![a-zA-Z\d_])"
NO_NUMBER = rf"(?<=\d)[,٬](?=\d{{3}})|(?<=[０-９])，(?=[０-９]{{3}})|{PERSON}"


def _starts_with_speaker(text, dialogue):
    start, colon, _ = text.replace("：", ":").partition(":")
    start = start.strip()
    if not colon or start.lower() in SUMMARY_LABELS:
        return False
    speakers = {speaker for speaker, _ in turns(dialogue)}
    return start in speakers or bool(re.fullmatch(r"#\w+#|[A-Z]\w*", start))


def _copied(text, dialogue):
    quote, whole = (" ".join(words(part)) for part in (re.sub(SAID_BY, "", text), dialogue))
    return bool(quote) and f" {quote} " in f" {whole} "


def _repeats(text):
    found, length = words(text), REPEATED_WORDS
    if scripts.is_unspaced(text):
        length = REPEATED_CHARACTERS
    runs = [tuple(found[i : i + length]) for i in range(len(found) - length + 1)]
    return len(set(runs)) < len(runs)


def longest_copy(prediction: str, dialogue: str) -> int:
    """Words in the longest run that a summary has in common with its dialogue."""
    one, other = words(prediction), words(dialogue)
    return SequenceMatcher(None, one, other, autojunk=False).find_longest_match().size


MEANS = ("words", "longest_copy")
"""What `count_failures` gives as means; the rest are counts."""


def count_failures(
    predictions: Sequence[str],
    dialogues: Sequence[str] | None = None,
    truncated: Sequence[bool] | None = None,
) -> dict[str, Any]:
    """How many summaries fail in each way of `failures`, and means over all of them.

    Args:
        predictions: texts.
        dialogues: their dialogues; without them, what needs them is left out.
        truncated: whether each one ended at the token limit, if that is known.

    Returns:
        {"n", each failure: its count, "truncated": its count if known, "words": mean, and
        "longest_copy": mean words of `longest_copy` if there are dialogues}. "new_names" is None
        where the dialogues' scripts have no capitals to tell names by. Words are characters where
        a script has no spaces.

    Raises:
        LabError: unequal lengths, or none.
    """
    sources = [None] * len(predictions) if dialogues is None else dialogues
    check_same_length(predictions=predictions, dialogues=sources)
    found = [failures(*pair) for pair in zip(predictions, sources)]
    counts: dict[str, Any] = {"n": len(found)}
    counts |= {kind: sum(item[kind] for item in found) for kind in found[0]}
    if dialogues is not None and not scripts.have_case(dialogues):
        counts["new_names"] = None
    if truncated is not None:
        check_same_length(predictions=predictions, truncated=truncated)
        counts["truncated"] = int(sum(truncated))
    counts["words"] = float(np.mean([count_words(text) for text in predictions]))
    if dialogues is not None:
        copied = [longest_copy(*pair) for pair in zip(predictions, dialogues)]
        counts["longest_copy"] = float(np.mean(copied))
    return counts


def at_token_limit(predictions: list[str], tokenizer: Any, limit: int) -> list[bool]:
    """Whether each text, tokenized anew, has more tokens than `limit` with its end: it was cut.

    Texts are all that a predictions file has. One whose tokens were others than those that the
    tokenizer would choose may be taken for cut, or not.
    """
    return [len(ids) > limit for ids in tokenizer(predictions)["input_ids"]]
