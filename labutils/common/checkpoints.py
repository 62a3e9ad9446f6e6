"""Checkpoints: what a killed training goes on from, each written whole or not at all."""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError

from labutils.common import device
from labutils.common.files import rename, saving, scratch, unfinished
from labutils.common.memory import ran_out_of_memory

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS, STATE = "weights.safetensors", "state.pt"
# torch reports a damaged file as a RuntimeError, an EOFError or an UnpicklingError.
DAMAGED = (OSError, EOFError, RuntimeError, SafetensorError, UnpicklingError)


def save_checkpoint(
    folder: Path,
    step: int,
    weights: Mapping[str, Tensor],
    state: Mapping[str, Any],
    best_before: int | None,
) -> None:
    """Write the checkpoint of a step to a folder of checkpoints, and delete what it replaces.

    Two stay: this one, and the best of those before it. That is the best of all, unless this one
    is better; then it is there for a disk that fails.

    Args:
        folder: of this training's checkpoints.
        step: optimizer steps taken so far.
        weights: {name: tensor} of what is trained, none of them sharing memory.
        state: all else, made of tensors and plain Python values.
        best_before: the step of the best checkpoint before this one, if there is any.

    Raises:
        LabError: the folder cannot be written, or the disk is full.
    """
    import torch
    from safetensors.torch import save_file

    with saving(folder):
        if best_before is not None:
            checkpoint_folder(folder, best_before).stat()  # else the drive has vanished
        with unfinished(checkpoint_folder(folder, step)) as new:
            new.mkdir()
            save_file({name: tensor.contiguous() for name, tensor in weights.items()},
                      new / WEIGHTS)  # fmt: skip
            torch.save({"step": step, "random": random_states(), **state}, new / STATE)
        for old in checkpoint_steps(folder):
            if old not in (best_before, step):
                discard(checkpoint_folder(folder, old))


def load_checkpoint(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """(weights, state) of the newest whole checkpoint in a folder, all on the CPU; None if none.

    A disk that failed can leave the newest one cut short. It is deleted: the one before is good.
    """
    for step in reversed(checkpoint_steps(folder)):
        try:
            return read_checkpoint(folder, step)
        except DAMAGED as error:
            if ran_out_of_memory(error):
                raise
            print(f"The checkpoint of step {step} is cut short; looking for an older one.")
            discard(checkpoint_folder(folder, step))
    return None


def read_checkpoint(folder: Path, step: int) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """(weights, state) of the checkpoint of a step, on the CPU."""
    import torch
    from safetensors.torch import load_file

    path = checkpoint_folder(folder, step)
    state = torch.load(path / STATE, map_location="cpu", weights_only=True)
    return load_file(path / WEIGHTS), state


def checkpoint_folder(folder: Path, step: int) -> Path:
    """Where the checkpoint of a step lies."""
    return folder / f"step-{step}"


def checkpoint_steps(folder: Path) -> list[int]:
    """The steps of the checkpoints in a folder, in order."""
    names = [path.name.removeprefix("step-") for path in folder.glob("step-*")]
    return sorted(int(name) for name in names if name.isdigit())


def discard(path: Path) -> None:
    """Delete a checkpoint; killed meanwhile, it leaves nothing that looks like one."""
    with scratch(path) as condemned, suppress(FileNotFoundError):  # another process was first
        rename(path, condemned)


def random_states() -> dict[str, Any]:
    """The states of every random generator that a training may draw from, in plain values."""
    kind, keys, *rest = np.random.get_state(legacy=True)
    return {
        "python": random.getstate(),
        "numpy": (kind, np.asarray(keys).tolist(), *rest),
        **device.torch_random_states(),
    }


def restore_random_states(states: Mapping[str, Any]) -> None:
    """Undo every draw since `random_states` returned these."""
    kind, keys, *rest = states["numpy"]
    random.setstate(states["python"])
    np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))
    device.restore_torch_random_states(states)
