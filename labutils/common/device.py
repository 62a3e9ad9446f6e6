"""The device that computes: its name, its memory, and what it computes in."""

import os


def device_name(device: str) -> str:
    """What a person calls the device: the GPU's name, or the number of CPU cores."""
    if device == "cuda":
        import torch

        return torch.cuda.get_device_name()
    return f"CPU with {cpu_cores()} cores"


def cpu_cores() -> int:
    """The cores this process may use (a container may offer fewer than the machine has)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def bound_spinning() -> None:
    """Bound how long a CPU thread that waits for another one spins. Call it before torch loads.

    If a third program wants the core, both lose most of their time to it.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")


def precision_of(device: str) -> str:
    """bf16 where the card computes in it (capability 8.0 or later; a T4 is 7.5), else fp32."""
    if device == "cuda":
        import torch

        if torch.cuda.get_device_capability() >= (8, 0):
            return "bf16"
    return "fp32"


def gpu_memory_gib() -> float:
    """Memory of the first GPU in GiB."""
    import torch

    return torch.cuda.get_device_properties(0).total_memory / 2**30


def synchronize(device: str) -> None:
    """Wait until a GPU has done what it was told."""
    if device == "cuda":
        import torch

        torch.cuda.synchronize()
