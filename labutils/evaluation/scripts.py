"""Which scripts texts are written in, and their words in any of them."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import regex

OTHERS = 0.1
"""References with a larger share of letters that are not Latin are read as Unicode words."""

ACCENTED = 0.01
"""So are those with a larger share, and more than two, of Latin letters beyond a-z, where
rouge_score cuts words. English stays far below; French, German, Spanish, Vietnamese lie above."""

_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Yi}\p{Line_Break=SA}]"
"""Letters of scripts without spaces between words; SA is Unicode's class for Thai, Lao, Khmer,
Myanmar and others whose words only a dictionary can tell apart."""

WORD = regex.compile(
    rf"(?={_UNSPACED})\X|[\p{{L}}\p{{N}}--{_UNSPACED}][\w\p{{N}}--{_UNSPACED}]*", regex.V1
)
_IGNORED = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Me}--\u200B]", regex.V1)
"""Joiners, marks of direction, variation selectors; U+200B does end a word."""

_LEFT_OUT = regex.compile(
    r"[\p{L}\p{N}--[a-zA-Z0-9]]|(?<=\w)\p{M}|(?<=\w)\p{Default_Ignorable_Code_Point}+(?=\w)",
    regex.V1,
)
"""What rouge_score leaves out though it belongs to words."""


def words(text: str) -> list[str]:
    """The words of a text in any script: runs of letters, their marks, and digits.

    Where a script has no spaces, each character with its marks is one: word lists would decide the
    score, and Chinese summaries are commonly scored so. Korean words are what stands between
    spaces, as XL-Sum scores them: syllables would let unrelated texts share many, and morphemes
    need an analyser. A word with another particle is another word, then.

    Compatible forms, letters' case and digits of any script are made equal (NFKC, 0-9).
    """
    text = unicodedata.normalize("NFKC", _IGNORED.sub("", text)).casefold()
    text = text.replace("i\u0307", "i")  # of the Turkish capital
    return WORD.findall(ascii_digits(unicodedata.normalize("NFKC", text)))


def ascii_digits(text: str) -> str:
    """The text with the digits of any script as 0-9."""
    return regex.sub(r"(?V1)[\p{Nd}--[0-9]]", lambda digit: str(int(digit[0])), text)


def is_unspaced(text: str) -> bool:
    """Whether more than half of the letters are of scripts without spaces between words."""
    found = 0 if text.isascii() else len(regex.findall(_UNSPACED, text))
    return 2 * found > sum(map(str.isalpha, text))


def letters(texts: Iterable[str]) -> Counter[str]:
    """How often each letter stands in the texts, and each digit but 0-9."""
    found: Counter[str] = Counter()
    for text in texts:
        found.update(text if text.isascii() else unicodedata.normalize("NFC", text))
    return Counter({char: n for char, n in found.items()
                    if char.isalpha() or char.isdecimal() and not char.isascii()})  # fmt: skip


@lru_cache(10_000)
def script_of(letter: str) -> str:
    """The first word of a letter's name, such as Hangul: Unicode's own list is not in Python."""
    name = unicodedata.name(letter, "unknown").replace("-", " ").split()[0].capitalize()
    return "Han" if name == "Cjk" else name


def scripts_in(texts: Iterable[str]) -> Counter[str]:
    """How many `letters` of each script the texts have."""
    found: Counter[str] = Counter()
    for letter, times in letters(texts).items():
        found[script_of(letter)] += times
    return found


def is_latin(texts: Sequence[str], *, others: float = OTHERS, accented: float = ACCENTED) -> bool:
    """Whether rouge_score's tokenizer, which keeps a-z and 0-9, fits the texts as a whole.

    Args:
        texts: such as all references of a file.
        others: the largest share of letters of other scripts, 0-1.
        accented: the largest share of the Latin letters that are not a-z, 0-1.
    """
    if all(map(str.isascii, texts)):
        return True
    found = letters(texts)
    latin = sum(n for letter, n in found.items() if script_of(letter) == "Latin")
    beyond = latin - sum(n for letter, n in found.items() if letter.isascii())
    return found.total() - latin <= others * found.total() and beyond <= max(2, accented * latin)


def have_case(texts: Sequence[str]) -> bool:
    """Whether nine of ten letters are of a script in which a name is told by its capital."""
    if all(map(str.isascii, texts)):
        return True
    found = letters(texts)
    cased = sum(n for char, n in found.items() if char.lower() != char or char.title() != char)
    return cased >= 0.9 * found.total()


def remarks(columns: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What a reader of scores should know of the scripts of what was scored.

    Args:
        columns: {"references": all of them, each system: its texts}.
    """
    shares, scripts = [], set[str]()
    for name, texts in columns.items():
        found = scripts_in(texts)
        main = [(script, n) for script, n in found.most_common() if n > 0.01 * found.total()]
        scripts |= dict(main).keys()
        shares.append(f"{name} {', '.join(f'{script} {n:,}' for script, n in main) or 'none'}")
    if len(scripts) > 1:
        yield f"Several scripts, in letters: {'; '.join(shares)}."
    cut = {name: sum(map(bool, map(_LEFT_OUT.search, texts))) for name, texts in columns.items()}
    if is_latin(columns["references"]) and any(cut.values()):
        texts_with = ", ".join(f"{name} {n}" for name, n in cut.items() if n)
        yield (
            "rouge_score reads a-z and 0-9 and ends words at other letters, digits and invisible "
            f"characters; texts with some: {texts_with}."
        )
