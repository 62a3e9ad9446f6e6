"""What a piece of work costs: seconds and peak memory; and where a whole run's seconds go."""

import atexit
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labutils.common.device import synchronize
from labutils.common.files import read_json, write_json

SAMPLE_SECONDS = 0.05
STAGES_FOLDER = "LAB_STAGES"
"""The variable that names the folder in which each process leaves its `stage` seconds."""

_seconds: defaultdict[str, float] = defaultdict(float)


@dataclass
class Cost:
    """Wall-clock seconds, and peak memory in MiB (see `measure_cost`)."""

    seconds: float = 0.0
    peak_memory_mib: float = 0.0


@contextmanager
def measure_cost(device: str = "cpu") -> Iterator[Cost]:
    """Yield a Cost that is filled in when the block ends.

    Peak memory is what PyTorch allocated on a GPU, or else the whole process's largest resident
    set. The second includes Python and its libraries (about 500 MiB), so compare differences, and
    compare GPU numbers with GPU numbers only. Only cuda keeps its own peak: the others' memory is
    sampled 20 times a second.
    """
    cost = Cost()
    start = time.perf_counter()
    with _peak_of_gpu(cost) if device == "cuda" else _sampled_peak(cost, _memory_of(device)):
        yield cost
        synchronize(device)
    cost.seconds = time.perf_counter() - start


@contextmanager
def _peak_of_gpu(cost: Cost) -> Iterator[None]:
    import torch

    torch.cuda.reset_peak_memory_stats()
    yield
    cost.peak_memory_mib = torch.cuda.max_memory_allocated() / 2**20


def _memory_of(device: str) -> Callable[[], int]:
    """A function that tells how many bytes are used now: by tensors on mps, or by the process."""
    if device == "mps":
        import torch

        return torch.mps.current_allocated_memory
    import psutil

    process = psutil.Process()
    return lambda: process.memory_info().rss


@contextmanager
def _sampled_peak(cost: Cost, used: Callable[[], int]) -> Iterator[None]:
    done = threading.Event()

    def sample() -> None:
        while True:
            cost.peak_memory_mib = max(cost.peak_memory_mib, used() / 2**20)
            if done.wait(SAMPLE_SECONDS):
                return

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield
    finally:
        done.set()
        sampler.join()


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Count the block's seconds towards a stage of the lab: "model", "tokenizing", "scoring" ...

    Blocks must not lie in one another. On a GPU, which works behind the program's back, the
    seconds are those until the program may go on.
    """
    start = time.perf_counter()
    try:
        yield
    finally:
        _seconds[name] += time.perf_counter() - start


@atexit.register
def _leave_stages() -> None:
    if (folder := os.environ.get(STAGES_FOLDER)) and _seconds:
        write_json(Path(folder) / f"{os.getpid()}.json", dict(_seconds))


def stage_seconds(folder: str | Path) -> dict[str, float]:
    """{stage: seconds} over all processes that left theirs in a folder, largest first."""
    total: defaultdict[str, float] = defaultdict(float)
    for path in Path(folder).glob("*.json"):
        for name, seconds in read_json(path).items():
            total[name] += seconds
    return {name: round(total[name], 1) for name in sorted(total, key=lambda name: -total[name])}
