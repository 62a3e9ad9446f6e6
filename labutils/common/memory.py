"""Memory that runs out: the same work again, fewer rows at a time."""

from __future__ import annotations

import errno
import gc
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from labutils.common.device import (
    empty_caches,
    explaining_operators,
    restore_torch_random_states,
    torch_random_states,
)
from labutils.common.errors import LabError
from labutils.common.files import first_line

Result = TypeVar("Result")

SIGNS = (
    "out of memory",
    "t allocate memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "Invalid buffer size",
)
"""In the texts of RuntimeErrors: CUDA's and mps's, the CPU allocator's and a file mapped into
memory ("can't", "Cannot"), that of a GPU so full that cuBLAS cannot start, and that of one tensor
larger than Metal lets any be."""

WAYS_OUT = (
    "Take a smaller model (LAB_MODEL) or shorter prompts; train an adapter (LoRA) instead of all "
    "weights, or with checkpointing=True; close other programs and notebooks. `python -m labutils "
    "plan` tells what fits. What was finished before is kept."
)

GPU_GONE = (
    "The GPU failed, or is gone ({why}). This process cannot use it any more: start Python (or the "
    "kernel) again, and the same command goes on from the last checkpoint; with LAB_DEVICE=cpu if "
    "the GPU does not come back. What was finished before is kept."
)

_splits: WeakKeyDictionary[Any, dict[str, int]] = WeakKeyDictionary()


def within_memory(model: object, work: str, rows: int, compute: Callable[[int], Result]) -> Result:
    """compute(1), or the first of compute(2), compute(4) ... for which memory suffices.

    This is how accelerate's `find_executable_batch_size` (and before it toma, and Lightning's
    tuner) goes about it: after each failure garbage is collected, the GPU's cache emptied, and the
    number of rows halved. The model's next batches start with what fitted. It is said once.

    Args:
        model: whose batches these are.
        work: such as "training"; each kind of work has a count of its own (`splits_of`).
        rows: at a time, of compute(1).
        compute: does all the work of a batch, from the start, in so many pieces. What a failed
            attempt drew at random is drawn again.

    Raises:
        LabError: one row at a time is too much, too; or mps lacks an operator.
    """
    from tqdm.auto import tqdm

    splits = splits_of(model)
    told = work in splits
    random = torch_random_states()
    while True:
        count = splits.get(work, 1)
        try:
            with explaining_operators():
                result = compute(count)
            break
        except Exception as error:  # each device has a kind of its own
            if not ran_out_of_memory(error):
                raise
        # Not before the `except` has ended: until then the error holds the attempt's tensors.
        gc.collect()
        empty_caches()
        restore_torch_random_states(random)
        if count >= rows:
            raise LabError(f"Memory ran out with one row at a time ({work}). {WAYS_OUT}")
        splits[work] = 2 * count
    if work in splits and not told:
        tqdm.write(
            f"Memory ran out at {rows} rows ({work}); going on with {math.ceil(rows / count)} at a "
            "time: some slower, the same result but for what is drawn at random (dropout, samples)."
        )
    return result


def splits_of(model: object) -> dict[str, int]:
    """{work: into how many pieces its batches are cut}, of a model that memory ran out for.

    It belongs into a training's checkpoints: rounding depends on it.
    """
    return _splits.setdefault(model, {})


def recorded_splits(model: object) -> dict[str, int]:
    """`splits_of` a model for a run's record, such as {"training_splits": 2}."""
    return {f"{work}_splits": count for work, count in splits_of(model).items()}


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether there was too little memory, on whatever device."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    named = type(error).__name__ == "OutOfMemoryError"  # torch's, without loading torch
    told = isinstance(error, RuntimeError) and any(sign in str(error) for sign in SIGNS)
    return isinstance(error, MemoryError) or named or told


def gpu_is_gone(error: BaseException) -> bool:
    """Whether CUDA failed for another reason than memory: nothing computes there after that."""
    told = isinstance(error, RuntimeError) and "CUDA error: " in str(error)
    return told and not ran_out_of_memory(error)


@contextmanager
def explaining_memory() -> Iterator[None]:
    """Turns memory that ran out, or a GPU that fails, into one message."""
    try:
        yield
    except Exception as error:  # each device has a kind of its own
        if gpu_is_gone(error):
            raise LabError(GPU_GONE.format(why=first_line(error))) from error
        if not ran_out_of_memory(error):
            raise
        raise LabError(f"Memory ran out ({first_line(error)}). {WAYS_OUT}") from error
