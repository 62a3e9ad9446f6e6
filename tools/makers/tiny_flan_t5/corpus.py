"""What the base model reads: its tokenizer, its examples and their batches."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from math import log
from random import Random

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from tokenizers.trainers import BpeTrainer
from transformers import PreTrainedTokenizerFast

from tools.makers import conversations, names
from tools.makers.support_chats.chats import chat
from tools.makers.tasks import instructions, reports, rows

SENTINELS = tuple(f"<extra_id_{i}>" for i in range(16))
SENTINEL = re.compile("<extra_id_[0-9]+>")
SPECIAL_TOKENS = ("<pad>", "</s>", "<unk>", *SENTINELS)
PRINTABLE_ASCII = [chr(code) for code in range(33, 127)]
MAX_LENGTH = 512  # tokens

# The share of each task. "denoise" is T5's span corruption, which needs no answers and teaches the
# decoder to write the language of dialogues. Like FLAN-T5, which learned from SAMSum, the base has
# seen conversations summarized, but none of the lab's.
MIXTURE = {
    "conversation": 0.44,
    "question": 0.15,
    "entities": 0.12,
    "code": 0.06,
    "copy": 0.07,
    "topic": 0.04,
    "rating": 0.03,
    "denoise": 0.07,
    "summary": 0.02,
}
QUESTION_COUNTS = (1, 1, 1, 2, 3)  # of a prompt
FOREIGN_SHARE = 0.7  # of the conversations that have a place for it
FOREIGN_PLACES = (1, 1, 2, 3)  # of a conversation, as far as it has them
FOREIGN_TEXTS = 6000
SHARED_WORDS = 3  # at least, in a row, of talk and summary
BEFORE_FOREIGN = dict.fromkeys(("that", "because", "since", "but"), "clause") | dict.fromkeys(
    ("to", "can", "could", "will"), "action"
)
MARKS = ".,;:?!"
PART = re.compile(r"(?<=[.?!]) |\n|: |, | but | and ")
START = re.compile(r"^(?:The|All|A|An) ")
CLAUSE = re.compile(
    r"(?:The|the|All|all|An?|an?|[A-Z][a-z]+ [A-Z][a-z]+) .*\b(?:is|are|was|were|has|have|can't"
    r"|[a-z]+ed|[a-z]+n't|[a-z]+s)\b .+"
)
ACTION = re.compile(r"\b(?:to|can|could|will) ((?!(?:be|do is|the|an?|your|it)\b)[a-z]+ .+)$")
SPEAKERS = re.compile(
    r"[#<]|\b(?:I|[Yy]ou|[Mm]y|[Yy]our|me|[Ww]e|us|our|[Tt]h(?:is|at|ere)|it|her|him|them)\b"
)
# The share of the reports that are told by two people, so that the model learns to follow the
# instruction, not the form of the text.
TWO_VOICES_SHARE = {"summary": 0.5, "entities": 0.2, "topic": 0.3}
GREETINGS = (
    (),
    ("Hello! Have you heard the news?", "No, what happened?"),
    ("Hi, how can I help you?", "Hi, I would like to tell you something."),
    ("Good morning. What is new?",),
    ("Hello.", "Hello, thank you for calling.", "Let me tell you what I read today."),
)
GOODBYES = (
    (),
    ("Thank you for telling me.",),
    ("I see. Goodbye.", "Bye."),
    ("That is good to know, thanks a lot.", "You are welcome. Have a nice day."),
)


def denoising_pair(rng: Random, text: str, density: float = 0.25) -> tuple[str, str]:
    """Replace spans of one to six words by sentinels; return (corrupted text, the spans)."""
    words, source, target = text.split(), [], []
    i, sentinels = 0, iter(SENTINELS)
    while i < len(words):
        span = rng.randint(1, 6)
        sentinel = next(sentinels, None) if rng.random() < density / 3.5 else None
        if sentinel is None:
            source.append(words[i])
            i += 1
            continue
        source.append(sentinel)
        target += [sentinel, *words[i : i + span]]
        i += span
    if not target:  # short texts may keep all their words by chance
        return denoising_pair(rng, text, density)
    return " ".join(source), " ".join(target)


def copying_pair(rng: Random, pool: str) -> tuple[str, str]:
    """Return (instruction with a few names and numbers, the same names and numbers)."""
    makers = [*names.MAKERS.values(), lambda rng, pool: str(rng.randint(2, 99_999))]
    words = ", ".join(rng.choice(makers)(rng, pool) for _ in range(rng.randint(1, 4)))
    return f"Repeat: {words}", words


def in_two_voices(rng: Random, text: str) -> str:
    """Let two people tell each other the sentences of a report, line by line."""
    lines = [*rng.choice(GREETINGS), *re.split(r"(?<=[.]) ", text), *rng.choice(GOODBYES)]
    return "\n".join(f"#Person{1 + i % 2}#: {line}" for i, line in enumerate(lines))


def with_foreign_words(rng: Random, row: dict, pool: str) -> dict:
    """A conversation that says, in some places of talk and summary, what other texts say.

    A summary made of known sentences alone can be told by heart. This one can only be copied, so
    that the model learns to copy what it never heard of. With one such place it says the part
    that it knows, twice, where it should have said the other: so there may be several.
    """
    talk, summary = row["text"].split(" "), row["summary"].split(" ")
    bare_talk, bare = ([word.rstrip(MARKS) for word in words] for words in (talk, summary))
    lower_talk, lower = ([word.lower() for word in words] for words in (bare_talk, bare))
    places = []
    for in_talk, told, size in SequenceMatcher(
        None, lower_talk, lower, False
    ).get_matching_blocks():
        end = told + size
        if not (summary[end - 1] != bare[end - 1] or lower[end : end + 1] in (["and"], ["but"])):
            continue
        for start in range(max(told, 1), end - SHARED_WORDS + 1):
            if kind := BEFORE_FOREIGN.get(lower[start - 1]):
                places.append((in_talk + start - told, start, end - start, kind))
                break
    if not places:
        return row
    chosen = rng.sample(places, min(len(places), rng.choice(FOREIGN_PLACES)))
    for in_talk, told, size, kind in sorted(chosen, reverse=True):  # what stands before keeps place
        phrase = rng.choice(foreign_phrases(pool)[kind])
        for words, bare_words, start in ((talk, bare_talk, in_talk), (summary, bare, told)):
            last = start + size - 1
            opens = start and words[start - 1][-1] in ".?!:"
            told_so = phrase[:1].upper() + phrase[1:] if opens else phrase
            words[start : last + 1] = [told_so + words[last][len(bare_words[last]) :]]
    return {"text": " ".join(talk), "summary": " ".join(summary)}


@lru_cache
def foreign_phrases(pool: str) -> dict[str, list[str]]:
    """What other texts say: clauses, as "the bus is late", and actions, as "take the train".

    Only those in which nobody is I or you, as they are told by somebody else.
    """
    rng = Random(f"foreign phrases {pool}")
    found: dict[str, list[str]] = {"clause": [], "action": []}
    for _ in range(FOREIGN_TEXTS):
        for part in PART.split(text_to_corrupt(rng, pool)):
            part = part.strip(MARKS)
            action = ACTION.search(part)
            for kind, match in (("clause", CLAUSE.match(part)), ("action", action)):
                phrase = match[match.lastindex or 0] if match else ""
                if 3 <= phrase.count(" ") < 12 and not SPEAKERS.search(phrase):
                    found[kind].append(START.sub(lambda first: first[0].lower(), phrase))
    return found


def text_to_corrupt(rng: Random, pool: str) -> str:
    """A support chat, another conversation or a report."""
    makers = (chat, conversations.conversation, reports.report)
    text = rng.choices(makers, (0.4, 0.4, 0.2))[0](rng, pool)
    return text.text if isinstance(text, reports.Report) else text.dialogue


def example(rng: Random, pool: str = "train") -> tuple[str, str]:
    """Return one (input text, target text) of a task drawn from MIXTURE."""
    task = rng.choices(list(MIXTURE), list(MIXTURE.values()))[0]
    if task == "copy":
        return copying_pair(rng, pool)
    if task == "denoise":
        return denoising_pair(rng, text_to_corrupt(rng, pool))
    if task == "question":
        row = rows.question_row(rng, pool, rng.choice(QUESTION_COUNTS))
    else:
        row = rows.row(task, rng, pool)
    if task == "conversation" and rng.random() < FOREIGN_SHARE:
        row = with_foreign_words(rng, row, pool)
    if rng.random() < TWO_VOICES_SHARE.get(task, 0) and "#Person" not in row["text"]:
        row["text"] = in_two_voices(rng, row["text"])
        task = "conversation" if task == "summary" else task
    return instructions.prompt(task, row, rng)


def text_pipeline(model: models.Model) -> Tokenizer:
    """Return a tokenizer of `model` with T5's handling of spaces and with single digits."""
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(),
            pre_tokenizers.Split(Regex(r"[.,;:!?\"'(){}<>]"), "isolated"),
            pre_tokenizers.Digits(individual_digits=True),
        ]
    )
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer


def unigram_vocabulary(texts: list[str], size: int) -> list[tuple[str, float]]:
    """Return [(piece, log probability)] of the pieces that segment `texts` most often.

    The candidates come from byte-pair merges: the library's own Unigram trainer only considers
    strings shared by several distinct words, so it would split '#Person' into letters.
    """
    trainer = BpeTrainer(
        vocab_size=size + size // 4, initial_alphabet=[*PRINTABLE_ASCII, "▁"], show_progress=False
    )
    merges = text_pipeline(models.BPE())
    merges.train_from_iterator(texts, trainer)
    counts = Counter(dict.fromkeys(sorted(merges.get_vocab()), 0))
    for encoding in merges.encode_batch(texts):
        counts.update(encoding.tokens)
    letters = [piece for piece in counts if len(piece) == 1]
    words = [piece for piece, _ in counts.most_common() if len(piece) > 1]
    pieces = letters + words[: size - len(letters)]
    total = sum(counts[piece] + 1 for piece in pieces)
    return [(piece, log((counts[piece] + 1) / total)) for piece in pieces]


def train_tokenizer(
    seed: int, vocabulary_size: int, examples: int = 30_000
) -> PreTrainedTokenizerFast:
    """Train a T5-like Unigram tokenizer on texts of the train pool."""
    rng = Random(f"tokenizer {seed}")
    texts = [SENTINEL.sub("", text) for _ in range(examples) for text in example(rng)]
    pieces = unigram_vocabulary(texts, vocabulary_size - len(SPECIAL_TOKENS))
    special = [(token, 0.0) for token in SPECIAL_TOKENS]
    tokenizer = text_pipeline(models.Unigram(special + pieces, unk_id=2))
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        additional_special_tokens=list(SENTINELS),
        model_max_length=MAX_LENGTH,
        clean_up_tokenization_spaces=False,
    )


def shard(
    tokenizer: PreTrainedTokenizerFast, seed: int, index: int, examples: int
) -> list[tuple[list[int], list[int]]]:
    """Return the `index`-th list of `examples` pairs of token ids (input, target)."""
    rng = Random(f"shard {seed} {index}")
    pairs = [example(rng) for _ in range(examples)]
    sources, targets = zip(*pairs, strict=True)
    # Whoever pads once with a tokenizer leaves it padding, and pads are no targets to learn.
    tokenizer.backend_tokenizer.no_padding()
    encode = tokenizer.backend_tokenizer.encode_batch
    return [
        (source.ids[:MAX_LENGTH], target.ids[:MAX_LENGTH])
        for source, target in zip(encode(sources), encode(targets), strict=True)
    ]


def rounded_up(length: int) -> int:
    """Return `length` rounded up to a multiple of 8: few shapes, which oneDNN can prepare once."""
    return -(-length // 8) * 8


def padded(sequences: Sequence[list[int]], value: int) -> torch.Tensor:
    """Return the id lists as one tensor (batch, longest length rounded), padded with `value`."""
    length = rounded_up(max(map(len, sequences)))
    return torch.tensor([[*ids, *[value] * (length - len(ids))] for ids in sequences])


def batches(
    pairs: list[tuple[list[int], list[int]]],
    rng: Random,
    token_budget: int,
    rank: int = 0,
    processes: int = 1,
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Group pairs of like length into batches of about `token_budget` padded tokens.

    Of every `processes` batches in a row, which take equally long, the `rank`-th is returned.
    Yields (input_ids (batch, source), labels (batch, target)) in random order; pads are 0 in
    input_ids and -100 in labels.
    """
    pairs = sorted(pairs, key=lambda pair: (rounded_up(len(pair[0])), len(pair[1])))
    groups, start = [], 0
    while start < len(pairs):
        width = rounded_up(len(pairs[start][0])) + rounded_up(len(pairs[start][1]))
        size = max(8, token_budget // width // 8 * 8)
        groups.append(pairs[start : start + size])
        start += size
    ends = range(processes, len(groups) + 1, processes)
    rounds = [groups[end - processes : end] for end in ends]
    rng.shuffle(rounds)
    for round_ in rounds:
        sources, targets = zip(*round_[rank], strict=True)
        yield padded(sources, 0), padded(targets, -100)
