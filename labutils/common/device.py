"""The device that computes: which one, its name, its memory, and what it computes in."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from labutils.common.errors import LabError

DEVICES = ("cpu", "cuda", "mps")
"""mps is the GPU of a Mac with Apple silicon, on which nothing here has been tried yet."""

NO_OPERATOR = "PYTORCH_ENABLE_MPS_FALLBACK"
"""In torch's message on an operator that mps lacks: the variable that has a CPU compute it."""


def choose_device(asked: str | None = None) -> str:
    """The device as asked for (or by LAB_DEVICE), or else the first of cuda, mps, cpu that is here.

    Raises:
        LabError: an unknown device, or none of its kind here.
    """
    import torch

    here = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    device = asked or os.environ.get("LAB_DEVICE") or next(name for name in here if here[name])
    if not here.get(device):
        there = ", ".join(name for name in DEVICES if here[name])
        why = "there is no GPU of this kind here" if device in DEVICES else "it is unknown"
        raise LabError(f"The device is {device!r}, and {why}; use one of: {there}.")
    return device


def device_name(device: str) -> str:
    """What a person calls the device: the GPU's name, or the number of CPU cores."""
    if device == "cpu":
        return f"CPU with {cpu_cores()} cores"
    import torch

    if device == "cuda":
        return torch.cuda.get_device_name()
    named = getattr(torch.backends.mps, "get_name", None)  # torch 2.6 cannot tell
    return f"GPU of {named() if named else 'Apple silicon'}"


def cpu_cores() -> int:
    """The cores this process may use (a container may offer fewer than the machine has)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def bound_spinning() -> None:
    """Bound how long a CPU thread that waits for another one spins. Call it before torch loads.

    If a third program wants the core, both lose most of their time to it.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")


def precision_of(device: str) -> str:
    """bf16 where an NVIDIA card computes in it (capability 8.0 or later; a T4 is 7.5), else fp32.

    fp32 on mps: bf16 needs macOS 14 there, and nobody has measured yet whether it pays.
    """
    if device == "cuda":
        import torch

        if torch.cuda.get_device_capability() >= (8, 0):
            return "bf16"
    return "fp32"


def gpu_memory_gib(device: str) -> float:
    """Memory in GiB of the first GPU; on mps, that of the machine which Metal lets a GPU use."""
    import torch

    if device == "mps":
        return torch.mps.recommended_max_memory() / 2**30
    return torch.cuda.get_device_properties(0).total_memory / 2**30


def synchronize(device: str) -> None:
    """Wait until a GPU has done what it was told."""
    if device != "cpu":
        import torch

        getattr(torch, device).synchronize()


def empty_caches() -> None:
    """Give the memory back that no tensor on a GPU needs any more."""
    import torch

    torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def torch_random_states() -> dict[str, Any]:
    """The states of torch's random generators, on each device that is here."""
    import torch

    states = {"torch": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all()}
    if torch.backends.mps.is_available():
        states["mps"] = torch.mps.get_rng_state()
    return states


def restore_torch_random_states(states: Mapping[str, Any]) -> None:
    """Undo every draw since `torch_random_states` returned these, perhaps on another machine."""
    import torch

    torch.set_rng_state(states["torch"])
    for number, state in enumerate(states["cuda"][: torch.cuda.device_count()]):
        torch.cuda.set_rng_state(state, number)
    if "mps" in states and torch.backends.mps.is_available():
        torch.mps.set_rng_state(states["mps"])


@contextmanager
def explaining_operators() -> Iterator[None]:
    """Turns an operator that mps lacks into one message."""
    try:
        yield
    except NotImplementedError as error:
        if NO_OPERATOR not in str(error):
            raise
        operator = str(error).partition(" is not ")[0].removeprefix("The operator ")
        raise LabError(
            f"The GPU of this Mac (mps) does not compute {operator}. Set the variable "
            f"{NO_OPERATOR}=1 before Python starts, and the CPU computes that part (slower), or "
            "LAB_DEVICE=cpu, and it computes all. What was finished before is kept."
        ) from error
