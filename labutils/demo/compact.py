"""Fine-tuned weights in few bytes: full fine-tuning in 8 bits per weight, adapters in 16.

Of a fully fine-tuned model only its difference from the base is kept. Each row of a matrix becomes
whole numbers from -127 to 127 and one scale. A difference is small, so rounding it loses less than
rounding the weights themselves.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError

from labutils.common.errors import LabError
from labutils.common.files import first_line, read_json, saving, unfinished, write_json

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

LARGEST = 127
SCALE_SUFFIX = ".scale"
ADAPTER = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
CONFIG_KEYS = (
    "peft_type task_type r lora_alpha lora_dropout target_modules bias inference_mode "
    "base_model_name_or_path"
).split()
"""Of an adapter's config: what a LoRA needs. Older versions of peft warn of what is newer."""


def write_difference(base: PreTrainedModel, tuned: PreTrainedModel, path: str | Path) -> None:
    """Write what a fine-tuning changed in a model, in 8 bits per weight.

    Args:
        base, tuned: models of the same shape, before and after.
        path: a .safetensors file; per tensor int8 values in its shape, and float32 scales, one a
            row.
    """
    before, tensors = dict(base.named_parameters()), {}
    for name, weight in tuned.named_parameters():
        tensors[name], tensors[name + SCALE_SUFFIX] = rounded(
            weight.detach() - before[name].detach()
        )
    _write_tensors(tensors, path)


def rounded(change: Tensor) -> tuple[Tensor, Tensor]:
    """A tensor as (int8 values, float32 scales): values * scales is within half a scale of it.

    Scales have one value per row: the tensor's shape with 1 as its last size.
    """
    import torch

    scales = change.abs().amax(dim=-1, keepdim=True) / LARGEST
    values = torch.round(change / scales.clamp(min=1e-12)).to(torch.int8)
    return values.contiguous(), scales.float().contiguous()


def add_difference(model: PreTrainedModel, path: str | Path) -> PreTrainedModel:
    """Add a difference from `write_difference` to a freshly loaded base, in place; return it.

    Raises:
        LabError: the file is not there, damaged, or made for a model of another shape.
    """
    import torch

    tensors = _read_tensors(path)
    weights = dict(model.named_parameters())
    shapes = {
        name: tensor.shape for name, tensor in tensors.items() if not name.endswith(SCALE_SUFFIX)
    }
    if shapes != {name: weight.shape for name, weight in weights.items()}:
        raise LabError(f"{path} does not fit this model: it was made for another base.")
    with torch.inference_mode():
        for name, weight in weights.items():
            weight += tensors[name].float() * tensors[name + SCALE_SUFFIX]
    return model


def shrink_adapter(folder: str | Path, target: str | Path, base_name: str) -> None:
    """Copy a saved adapter with its weights in float16, for `adapters.load_adapter`.

    The base's name replaces the path that peft notes.
    """
    folder, target = Path(folder), Path(target)
    config = read_json(folder / CONFIG) | {"base_model_name_or_path": base_name}
    write_json(target / CONFIG, {key: config[key] for key in CONFIG_KEYS})
    tensors = _read_tensors(folder / ADAPTER)
    _write_tensors({name: tensor.half() for name, tensor in tensors.items()}, target / ADAPTER)


def _read_tensors(path: str | Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise LabError(
            f"{path} cannot be read ({first_line(error)}). It is missing or was cut short."
        ) from error


def _write_tensors(tensors: dict[str, Tensor], path: str | Path) -> None:
    from safetensors.torch import save_file

    with saving(Path(path).parent), unfinished(path) as new:
        save_file(tensors, new, metadata={"format": "pt"})
        new.chmod(0o644)  # safetensors lets only its writer read
