"""Fully sharded training (FSDP2): each process holds a part of every weight instead of all of them.

`accelerate launch --use_fsdp` asks for it. Weights, gradients and AdamW's averages are divided by
the number of processes; a block's weights are gathered where it is computed, and its gradients
summed and divided right after. Validations and answers have them gathered
(`gathered_weights`), and checkpoints are whole: a training goes on with or without shards, and
with any number of them.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from labutils.common import processes
from labutils.common.errors import LabError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module
    from torch.optim import Optimizer

FSDP_VARIABLE = "ACCELERATE_USE_FSDP"
"""What `accelerate launch --use_fsdp` sets."""


def shards() -> int:
    """Into how many parts models are divided for training; 1: not at all."""
    asked = os.environ.get(FSDP_VARIABLE, "").lower() in ("1", "true")
    return processes.started() if asked else 1


def is_sharded(model: Module) -> bool:
    """Whether this process has only its part of the weights."""
    fsdp = sys.modules.get("torch.distributed.fsdp")  # else nothing was
    return fsdp is not None and isinstance(model, fsdp.FSDPModule)


def shard(model: Module) -> None:
    """Leave each process its part of every weight. In place, and before there is an optimizer.

    Raises:
        LabError: a quantized base, whose weights are packed.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    if not all(weight.is_floating_point() for weight in model.parameters()):
        raise LabError("A quantized base cannot be sharded: leave out --use_fsdp, or take lora.")
    # T5's blocks do (the position bias), and nobody changes it in place.
    warnings.filterwarnings("ignore", message="FSDP2-wrapped module .* returned a view tensor")
    mesh = init_device_mesh(model.device.type, (processes.count(),))
    # The name under which transformers keeps the kinds of its blocks, for accelerate.
    blocks = getattr(model, "_no_split_modules", None) or ()
    for module in list(model.modules()):
        if type(module).__name__ in blocks:
            fully_shard(module, mesh=mesh)
    fully_shard(model, mesh=mesh)  # what is left: the embedding, the head


@contextmanager
def gathered_weights(model: Module) -> Iterator[None]:
    """Within it each process has all weights of a sharded model, and may compute on its own."""
    parts: list[Any] = [part for part in model.modules() if is_sharded(part)]
    with processes.ending_all():
        for part in parts:  # the model itself first, which prepares its blocks
            part.unshard()
            part.set_reshard_after_forward(False, recurse=False)
    try:
        yield
    finally:
        for part in parts:
            part.set_reshard_after_forward(part is not model, recurse=False)
            part.reshard()


# --- To and from checkpoints --------------------------------------------------------------------


def whole(state: Any) -> Any:
    """Nested dicts of tensors with each of them whole, in the main process; all others take part.

    One that stands there twice is still one after that, as a head that is the embedding.
    """
    found: dict[int, Tensor] = {}

    def joined(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: joined(part) for name, part in value.items()}
        if not hasattr(value, "full_tensor"):
            return value
        if id(value) not in found:
            with processes.ending_all():
                tensor = value.detach().full_tensor()
            found[id(value)] = tensor.cpu() if processes.is_main() else tensor[:0]
        return found[id(value)]

    return joined(state)


def part_of(tensor: Tensor, weight: Tensor) -> Tensor:
    """This process's part of a whole tensor that belongs to a weight; all if it is not sharded."""
    if not hasattr(weight, "full_tensor") or tensor.shape != weight.shape:
        return tensor
    from torch.distributed.tensor import distribute_tensor

    placed: Any = weight
    return distribute_tensor(
        tensor.to(weight.device), placed.device_mesh, placed.placements, src_data_rank=None
    )


def load_optimizer(optimizer: Optimizer, state: dict[str, Any]) -> None:
    """Put a whole state into an optimizer, of whose weights each process may have its part."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    parts = {
        number: {name: part_of(value, weights[number]) for name, value in values.items()}
        for number, values in state["state"].items()
    }
    optimizer.load_state_dict({**state, "state": parts})
