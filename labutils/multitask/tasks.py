"""Tasks as small uniform objects: where the rows come from, how one becomes a prompt and an
answer, and how answers are scored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from labutils.common.errors import LabError
from labutils.data import (
    SPLITS,
    download,
    first_rows,
    load_dialogues,
    read_rows,
    split_file,
    subset,
)
from labutils.methods import check_name
from labutils.multitask import metrics
from labutils.multitask.metrics import Metric
from labutils.prompts import DEFAULT_TEMPLATE, check_template, fit_prompt
from labutils.tracks import DATA, Track

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase


FIELD = "text"
"""The one field of every template: the text that the task is about."""

LENT_ROWS = 1000
"""Training rows that a dataset without a validation split lends for it, a tenth at most."""


@dataclass(frozen=True)
class Source:
    """Where the rows of a task lie.

    Attributes:
        address: a Hub id, or a folder with {train,validation,test}.jsonl.
        licence: of the rows, for the reader.
        read: makes (text, answer) of a row, two texts; in a test row the answer may be a list
            of references.
        splits: the names of train, validation and test there; None for validation if there is
            none.
        taught: what the track's base model had learned of it before, for the reader: "zero-shot"
            is only a task that no training has shown it.
    """

    address: str
    licence: str
    read: Callable[[dict], tuple[str, Any]]
    splits: tuple[str, str | None, str] = SPLITS
    taught: str = "not known"


@dataclass(frozen=True)
class Task:
    """One thing a model can be told to do.

    Attributes:
        name: such as "ratings".
        metric: a `metrics.Metric`, which scores answers 0-1.
        templates: instructions with {text}. The first one is used for testing, all in training.
        sources: {track's name: Source}.
        inverted: instructions to write the {text} of a given answer (FLAN 2022's input inversion).
        more_metrics: {name: function of (predictions, answers)}, reported beside the metric.
        load: makes the three splits of a Track, if `sources` does not say enough.

    Raises:
        LabError: a name with other signs than text has, no template, or one without {text}.
    """

    name: str
    metric: Metric
    templates: tuple[str, ...]
    sources: dict[str, Source]
    inverted: tuple[str, ...] = ()
    more_metrics: dict[str, Callable[[list[str], list[str]], float]] = field(default_factory=dict)
    load: Callable[[Track], dict[str, Dataset]] | None = None

    def __post_init__(self) -> None:
        check_name("Task.name", self.name)
        if not self.templates:
            raise LabError(f"The task {self.name!r} has no template.")
        for template in (*self.templates, *self.inverted):
            check_template(template, FIELD)

    def prompt(
        self,
        text: str,
        tokenizer: PreTrainedTokenizerBase,
        *,
        template: str | None = None,
        max_tokens: int = 512,
    ) -> str:
        """The text in the first template, or in another, cut as `prompts.fit_prompt` does."""
        template = template or self.templates[0]
        return fit_prompt(text, tokenizer, template=template, max_tokens=max_tokens, field=FIELD)

    def training_pair(
        self, text: str, answer: str, rng: Random, inverted_share: float = 0.0
    ) -> tuple[str, str, str]:
        """(template, its text, target), drawn with `rng`: forward, or at times inverted."""
        if self.inverted and rng.random() < inverted_share:
            return rng.choice(self.inverted), answer, text
        return rng.choice(self.templates), text, answer


def load_task(task: Task, track: Track) -> dict[str, Dataset]:
    """The rows of a task: {"train", "validation", "test": a Dataset}, cut to the track's limits.

    Returns:
        Memory-mapped datasets with the source's columns; `Source.read` makes texts of a row.

    Raises:
        LabError: no source for this track, missing files or columns, or a failed download.
    """
    source = source_of(task, track)
    if task.load is not None:
        return task.load(track)
    splits = _read_folder(source) if Path(source.address).is_dir() else _download(source)
    return {
        "train": subset(splits["train"], track.train_rows, track.seed),
        "validation": splits["validation"],
        "test": first_rows(splits["test"], track.multitask.test_rows),
    }


def source_of(task: Task, track: Track) -> Source:
    """The task's Source on a track, or LabError."""
    if track.name not in task.sources:
        known = ", ".join(task.sources) or "none"
        raise LabError(f"The task {task.name!r} has no source for {track.name!r} (it has {known}).")
    return task.sources[track.name]


def _read_folder(source: Source) -> dict[str, Dataset]:
    from datasets import Dataset

    return {
        split: Dataset.from_list(read_rows(split_file(source.address, split), ("text", "answer")))
        for split in SPLITS
    }


def _download(source: Source) -> dict[str, Dataset]:
    names = [name for name in source.splits if name]
    downloaded = download(source.address, names)
    train_name, validation_name, test_name = source.splits
    train, test = downloaded[train_name], downloaded[test_name]
    if validation_name:
        validation = downloaded[validation_name]
    else:
        kept = len(train) - max(1, min(LENT_ROWS, len(train) // 10))
        validation = train.select(range(kept, len(train)))
        train = train.select(range(kept))
    return {"train": train, "validation": validation, "test": test}


# --- Reading one row ---------------------------------------------------------------------------

ENTITY_TYPES = ("person", "organization", "place", "other")


def read_text_and_answer(row: dict) -> tuple[str, str]:
    """A row of this repository's own task files."""
    return row["text"], row["answer"]


def read_dialogue(row: dict) -> tuple[str, str | list[str]]:
    """A row of DialogSum or SAMSum; a test row of `data.load_dialogues` has several summaries."""
    return row["dialogue"], row["references"] if "references" in row else row["summary"]


def read_review(row: dict) -> tuple[str, str]:
    """A row of Yelp's reviews, whose labels count from 0."""
    return row["text"], str(row["label"] + 1)


def read_code(row: dict) -> tuple[str, str]:
    """A row of CodeXGLUE's code translation."""
    return row["java"].strip(), row["cs"].strip()


def read_entities(row: dict) -> tuple[str, str]:
    """A row of WikiNEuRal: tags 0 O, 1 B-PER, 2 I-PER, 3 B-ORG, ... as "person: Ada Brin"."""
    found = []
    for token, tag in zip(row["tokens"], row["ner_tags"]):
        if tag % 2:
            found.append([ENTITY_TYPES[(tag - 1) // 2], token])
        elif tag and found:
            found[-1].append(token)
    answer = "; ".join(f"{kind}: {' '.join(tokens)}" for kind, *tokens in found) or "none"
    return " ".join(row["tokens"]), answer


def _own(name: str) -> Source:
    """Rows made by the generator that made the tiny base's training rows as well."""
    return Source(
        str(DATA / "tasks" / name),
        "CC BY 4.0, made by a program",
        read_text_and_answer,
        taught="yes, by the same generator",
    )


# --- The five tasks of the lab -----------------------------------------------------------------

DIALOGUES = Task(
    name="dialogues",
    metric=metrics.ROUGE_L,
    templates=(
        DEFAULT_TEMPLATE.replace("{dialogue}", "{text}"),
        "{text}\n\nWhat was that dialogue about?",
        "Dialogue:\n{text}\n\nWrite a brief summary of the dialogue above.",
        "Here is a dialogue.\n\n{text}\n\nWhat is its summary?",
        "{text}\n\nIn short, what did the two people talk about?",
    ),
    inverted=(
        "Write a dialogue that fits this summary.\n\n{text}\n\nDialogue:",
        "Summary: {text}\n\nWhat may the conversation have been?",
    ),
    sources={
        "tiny": Source(
            str(DATA / "support_chats"),
            "CC BY 4.0, made by a program",
            read_dialogue,
            taught="no, only other conversations",
        ),
        "flan": Source(
            "knkarthick/dialogsum",
            "CC BY-NC-SA 4.0",
            read_dialogue,
            taught="no, only other conversations",
        ),
    },
    load=load_dialogues,
)
RATINGS = Task(
    name="ratings",
    metric=metrics.ACCURACY,
    templates=(
        "How many stars does this review give?\n\n{text}\n\nStars:",
        "Rate the following review from 1 to 5.\n\n{text}\n\nRating:",
        "{text}\n\nOn a scale from 1 to 5, how happy is the writer?",
        "Read the review and guess the number of stars.\n\nReview: {text}\n\nStars:",
        "What star rating belongs to the following review?\n\n{text}",
    ),
    sources={
        "tiny": _own("ratings"),
        "flan": Source(
            "Yelp/yelp_review_full",
            "Yelp's own terms",
            read_review,
            ("train", None, "test"),
            taught="yes, reviews of Yelp",
        ),
    },
    more_metrics={"mean absolute error, stars": metrics.mean_star_error},
)
CODE = Task(
    name="code",
    metric=metrics.EXACT_MATCH,
    templates=(
        "Translate the following Java code to C#.\n\n{text}\n\nC#:",
        "Rewrite this Java code in C#:\n\n{text}",
        "Java: {text}\n\nC#:",
        "What is the C# version of the following Java code?\n\n{text}\n\nAnswer:",
        "Convert from Java to C#.\n\n{text}\n\nResult:",
    ),
    sources={
        "tiny": _own("code"),
        "flan": Source("google/code_x_glue_cc_code_to_code_trans", "C-UDA", read_code, taught="no"),
    },
    more_metrics={"BLEU, 0-100": metrics.bleu},
)
ENTITIES = Task(
    name="entities",
    metric=metrics.ENTITY_F1,
    templates=(
        "List the named entities of the following text.\n\n{text}\n\nEntities:",
        "{text}\n\nName all entities in the text above with their type.",
        "Find the named entities.\n\nText: {text}\n\nEntities:",
        "What are the entities in the following text?\n\n{text}\n\nAnswer:",
        "Which names are in this text, and what does each one name?\n\n{text}\n\nEntities:",
    ),
    sources={
        "tiny": _own("entities"),
        "flan": Source(
            "Babelscape/wikineural",
            "CC BY-NC-SA 4.0",
            read_entities,
            ("train_en", "val_en", "test_en"),
            taught="yes, in other texts",
        ),
    },
)
REPORTS = Task(
    name="reports",
    metric=metrics.ROUGE_L,
    templates=(
        "Summarize the following text.\n\n{text}\n\nSummary:",
        "Summarize the following message.\n\n{text}\n\nSummary:",
        "Summarize the following story.\n\n{text}\n\nSummary:",
        "{text}\n\nSummarize the text above.",
        "Briefly summarize what follows.\n\n{text}\n\nSummary:",
    ),
    inverted=(
        "Write a text that fits this summary.\n\n{text}\n\nText:",
        "Summary: {text}\n\nWhat may the whole text have been?",
    ),
    sources={
        "tiny": _own("reports"),
        "flan": Source(
            "knkarthick/samsum", "CC BY-NC-ND 4.0", read_dialogue, taught="yes, this dataset"
        ),
    },
)
TASKS = (DIALOGUES, RATINGS, CODE, ENTITIES, REPORTS)
