"""Mixing tasks: FLAN's examples-proportional rates with a cap, drawn as a stream.

FLAN 2021 draws task i at the rate min(n_i, cap) / sum of all min(n_j, cap), n_i being its number
of training rows and the cap 3,000, so that a huge dataset does not crowd out the small ones
(arXiv 2109.01652, google-research/FLAN).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from labutils.common.errors import LabError
from labutils.multitask.tasks import Task, source_of
from labutils.settings import check_number
from labutils.training import encode_pairs

if TYPE_CHECKING:
    from datasets import Dataset, IterableDataset
    from transformers import PreTrainedTokenizerBase

    from labutils.tracks import Track

CAP = 3000
WRITER_ROWS = 200
"""Examples held in memory while a mixture is written to disk."""


def mixing_rates(sizes: dict[str, int], cap: int | None = CAP) -> dict[str, float]:
    """{task: rate} of {task: number of training rows}; the rates add up to 1.

    Args:
        cap: the largest number of rows that counts; None for no cap.

    Raises:
        LabError: no tasks, a task without rows, or a cap below 1.
    """
    if not sizes:
        raise LabError("There are no tasks to mix; give {task: number of training rows}.")
    for name, size in sizes.items():
        check_number(f"The number of training rows of {name!r}", size, minimum=1, whole=True)
    if cap is not None:
        check_number("The mixing cap", cap, minimum=1, whole=True)
    counted = {name: size if cap is None else min(size, cap) for name, size in sizes.items()}
    total = sum(counted.values())
    return {name: size / total for name, size in counted.items()}


def rehearsal_rates(rates: dict[str, float], single: str, share: float) -> dict[str, float]:
    """Mostly one task: it gets 1 - share, the others split the share as in `rates`.

    Args:
        rates: {task: rate} as from `mixing_rates`.
        single: the task that is learned.
        share: of the others together, 0-1.

    Raises:
        LabError: a share outside 0-1, or an unknown task.
    """
    check_number("The rehearsal share", share, minimum=0, maximum=1)
    if single not in rates:
        raise LabError(f"{single!r} is not among the tasks: {', '.join(rates)}.")
    others = sum(rate for name, rate in rates.items() if name != single)
    mixed = {name: share * rate / others for name, rate in rates.items() if name != single}
    return {single: 1 - share, **{name: rate for name, rate in mixed.items() if rate > 0}}


def mixed_stream(
    tasks: Sequence[Task],
    rows: dict[str, Dataset],
    rates: dict[str, float],
    track: Track,
    *,
    inverted_share: float = 0.3,
    seed: int = 42,
) -> IterableDataset:
    """An endless stream of training examples, each task as often as its rate says.

    Each task's rows come shuffled, pass after pass, and get a template drawn by seed. Nothing but
    the rows under way is in memory. `stream.state_dict()` and `load_state_dict()` go on from where
    another process stopped.

    Args:
        rows: {task's name: its training Dataset}.
        rates: {task's name: rate}; tasks without a rate stay out.
        track: tells which of a task's sources the rows are from.
        inverted_share: how often a task with inverted templates is turned around; 0.3 in FLAN
            2022 (arXiv 2301.13688).
        seed: of shuffling, templates and the order of tasks.

    Returns:
        A datasets.IterableDataset of {"task", "template", "text", "answer"}.

    Raises:
        LabError: a rate for a task that is not there.
    """
    from datasets import interleave_datasets

    by_name = {task.name: task for task in tasks}
    if unknown := sorted(set(rates) - set(by_name)):
        raise LabError(f"No task is named {', '.join(unknown)}; there are {', '.join(by_name)}.")
    streams = [_stream(by_name[name], rows[name], track, inverted_share, seed) for name in rates]
    if len(streams) == 1:
        return streams[0]
    return interleave_datasets(streams, probabilities=list(rates.values()), seed=seed)


def _stream(
    task: Task, rows: Dataset, track: Track, inverted_share: float, seed: int
) -> IterableDataset:
    read = source_of(task, track).read

    def example(row: dict, index: int) -> dict[str, str]:
        text, answer = read(row)
        rng = Random(f"{seed} {task.name} {index}")
        template, text, answer = task.training_pair(text, answer, rng, inverted_share)
        return {"task": task.name, "template": template, "text": text, "answer": answer}

    shuffled = rows.shuffle(seed=seed).to_iterable_dataset().repeat(None)
    return shuffled.map(example, with_indices=True, remove_columns=rows.column_names)


def encoded_mixture(
    stream: IterableDataset,
    count: int,
    tasks: Sequence[Task],
    tokenizer: PreTrainedTokenizerBase,
    folder: str | Path,
    *,
    max_prompt_tokens: int = 512,
    max_answer_tokens: int = 128,
) -> Dataset:
    """The next `count` examples of a mixture, tokenized, as a Dataset that lies on disk.

    Args:
        stream: from `mixed_stream`.
        folder: takes the Arrow file, which is read by memory mapping, so the memory that this
            needs does not grow with `count`.

    Returns:
        A Dataset of task, input_ids, attention_mask and labels, each row as long as its text.
    """
    from datasets import Dataset
    from tqdm.auto import tqdm

    by_name = {task.name: task for task in tasks}

    def examples() -> Iterator[dict]:
        for item in tqdm(stream.take(count), total=count, desc="preparing", leave=False):
            prompt = by_name[item["task"]].prompt(
                item["text"], tokenizer, template=item["template"], max_tokens=max_prompt_tokens
            )
            encoded = encode_pairs([prompt], [item["answer"]], tokenizer, max_answer_tokens)
            yield {"task": item["task"], **{key: value[0] for key, value in encoded.items()}}

    return Dataset.from_generator(examples, cache_dir=str(folder), writer_batch_size=WRITER_ROWS)
