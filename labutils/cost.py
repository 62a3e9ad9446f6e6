"""What a piece of work costs: seconds and peak memory."""

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

SAMPLE_SECONDS = 0.05


@dataclass
class Cost:
    """Wall-clock seconds, and peak memory in MiB (see `measure_cost`)."""

    seconds: float = 0.0
    peak_memory_mib: float = 0.0


@contextmanager
def measure_cost(device="cpu"):
    """Yield a Cost that is filled in when the block ends.

    Peak memory is what PyTorch allocated on a GPU, or else the whole process's largest resident
    set, sampled 20 times a second. The second includes Python and its libraries (about 500 MiB),
    so compare differences, and compare GPU numbers with GPU numbers only.
    """
    cost = Cost()
    start = time.perf_counter()
    with _peak_of_gpu(cost) if device == "cuda" else _peak_of_process(cost):
        yield cost
    cost.seconds = time.perf_counter() - start


@contextmanager
def _peak_of_gpu(cost):
    import torch

    torch.cuda.reset_peak_memory_stats()
    yield
    torch.cuda.synchronize()
    cost.peak_memory_mib = torch.cuda.max_memory_allocated() / 2**20


@contextmanager
def _peak_of_process(cost):
    import psutil

    process = psutil.Process()
    done = threading.Event()

    def sample():
        while True:
            cost.peak_memory_mib = max(cost.peak_memory_mib, process.memory_info().rss / 2**20)
            if done.wait(SAMPLE_SECONDS):
                return

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield
    finally:
        done.set()
        sampler.join()
