"""Adapters: putting one into a model, counting it, loading it back."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import safe_open

from labutils.common.errors import LabError
from labutils.common.files import first_line, read_json
from labutils.common.memory import explaining_memory
from labutils.models import check_finite, check_weights, linear_layers
from labutils.prefix_tuning import fit_prefix, hand_out_prefix
from labutils.settings import LoraSettings

if TYPE_CHECKING:
    from peft import LoraConfig, PeftConfig, PeftModel
    from transformers import PreTrainedModel


def add_adapter(model: PreTrainedModel, adapter: LoraSettings | PeftConfig) -> PeftModel:
    """Put a trainable adapter into a model and freeze the rest.

    The model is changed in place (peft#1161); load a fresh one if the original is still needed.
    LoRA's B starts at 0, so the output is unchanged until the first training step.

    Args:
        model: a T5-like model.
        adapter: a LoraSettings, or a config of peft for another kind: inside layers such as
            IA3Config, copies of layers (LNTuningConfig, of layers of any kind), or tokens before
            the prompt (PromptTuningConfig).

    Raises:
        LabError: a target that names no layer of this model, or another kind that puts something
            before the prompt.
    """
    from peft import get_peft_model

    # peft writes the base's name into a config, which would be another method's then.
    config = (
        _lora_config(model, adapter)
        if isinstance(adapter, LoraSettings)
        else copy.deepcopy(adapter)
    )
    _check_targets(model, config)
    with _without_known_warnings():
        try:
            adapted = get_peft_model(model, config)
        except ValueError as error:
            raise LabError(f"{type(config).__name__} does not fit: {first_line(error)}") from error
    hand_out_prefix(adapted)
    # Where the head has an adapter, peft would save the whole embedding and head beside it.
    adapted.save_pretrained = partial(adapted.save_pretrained, save_embedding_layers=False)
    return adapted


def _check_targets(model: PreTrainedModel, config: PeftConfig) -> None:
    """Raise LabError for what peft would leave out without a word, or train in vain."""
    if config.peft_type == "PROMPT_TUNING":
        # By default peft trains as many tokens again for the decoder, which never reads them.
        config.num_transformer_submodules = 1
    elif config.peft_type == "PREFIX_TUNING":
        fit_prefix(config, model)
    elif config.is_prompt_learning:
        raise LabError(
            f"{type(config).__name__} is not fitted to encoder-decoders here. Take "
            "PromptTuningConfig, PrefixTuningConfig, or an adapter inside layers, such as LoRA."
        )
    targets = getattr(config, "target_modules", None)
    if isinstance(targets, list | set | tuple):
        known = {name.rpartition(".")[2] for name, _ in model.named_modules()}
        if unknown := sorted({target.rpartition(".")[2] for target in targets} - known):
            raise LabError(
                f"{type(config).__name__}: the model has no layer named {', '.join(unknown)}."
            )


def _lora_config(model: PreTrainedModel, settings: LoraSettings) -> LoraConfig:
    sizes = {name: min(layer.weight.shape) for name, layer in linear_layers(model)}
    unknown = sorted(set(settings.targets) - sizes.keys())
    if unknown:
        raise LabError(
            f"LoraSettings.targets: the model has no layer named {', '.join(unknown)}. "
            "T5's linear layers are q, k, v, o, wi_0, wi_1, wo and lm_head."
        )
    smallest = min(settings.targets, key=lambda name: sizes[name])
    if settings.rank > sizes[smallest]:
        raise LabError(
            f"LoraSettings.rank is {settings.rank}, and the layer {smallest} has only rank "
            f"{sizes[smallest]} itself: that would train more weights than it has. Lower it."
        )
    return peft_lora(settings)


def peft_lora(settings: LoraSettings, **options: Any) -> LoraConfig:
    """peft's config of LoraSettings, with more of peft's options."""
    from peft import LoraConfig, TaskType

    return LoraConfig(
        task_type=TaskType.SEQ_2_SEQ_LM,
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=list(settings.targets),
        **options,
    )


def load_adapter(model: PreTrainedModel, folder: str | Path) -> PeftModel:
    """Put a saved adapter onto a freshly loaded base model (changed in place).

    Raises:
        LabError: no adapter there, cut short, with weights missing or not numbers, or trained on a
            base of another name or shape.
    """
    from peft import PeftModel, get_peft_model_state_dict

    folder = Path(folder)
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        if not (folder / name).is_file():
            raise LabError(f"{folder} holds no adapter (no {name}).")
    check_weights(folder)
    config = read_json(folder / "adapter_config.json")
    base = config.get("base_model_name_or_path") if isinstance(config, dict) else None
    present = model.config.name_or_path
    refusal = (
        f"The adapter in {folder} does not fit this model: it was trained on {base!r}, and this "
        f"is {present!r}. Load that base, or train an adapter for this one."
    )
    # Bases of one shape take each other's adapters without a word; a base may have moved, though.
    if base and present and Path(base).name != Path(present).name:
        raise LabError(refusal)
    try:
        with _without_known_warnings(), explaining_memory():
            adapted = PeftModel.from_pretrained(model, str(folder))
    except LabError:
        raise
    except Exception as error:  # of any kind: its config may hold anything
        raise LabError(f"{refusal} ({first_line(error)})") from error
    # What the file lacks would stay random, and what it has besides would be left out.
    wanted = set(get_peft_model_state_dict(adapted, save_embedding_layers=False))
    with safe_open(folder / "adapter_model.safetensors", framework="pt") as file:
        stored = set(file.keys())
    prefix = getattr(adapted.base_model, "prefix", "")  # none where tokens are trained
    besides = {name for name in stored - wanted if prefix in name}
    if odd := sorted(wanted - stored | besides):
        raise LabError(
            f"The adapter in {folder} and its adapter_config.json do not belong together "
            f"({', '.join(odd[:3])} ...). Fetch or make both again."
        )
    check_finite(adapted, folder)
    hand_out_prefix(adapted)
    return adapted.eval()


def interpolate_adapter(model: PeftModel, share: float) -> AbstractContextManager[None]:
    """Within it a share (0-1) of the adapter counts: 0 switches it off, 1 is all of it.

    Raises:
        LabError: a share between the two of an adapter that is no LoRA: it cannot be scaled.
    """
    from peft.helpers import rescale_adapter_scale

    if share == 0:
        return model.disable_adapter()
    if share == 1:
        return nullcontext()
    if (kind := str(model.active_peft_config.peft_type.value)) != "LORA":
        raise LabError(f"{kind} cannot be kept in part, as LoRA can; take a share of 0 or 1.")
    return rescale_adapter_scale(model, share)


def merge_adapter(model: PeftModel) -> PreTrainedModel:
    """Add the adapter's weights to the base's and return the plain model, as fast as the base.

    The sum rounds, so logits move in their last digits; in bf16 they move more (peft#1388).

    Raises:
        LabError: a prompt or prefix, which is no part of the base's weights.
    """
    if model.active_peft_config.is_prompt_learning:
        raise LabError("A trained prompt or prefix cannot be merged into a model; take LoRA.")
    with _without_known_warnings():
        return model.merge_and_unload()


@contextmanager
def _without_known_warnings() -> Iterator[None]:
    """Without peft's remarks on T5: a name that transformers 6 will drop, and tied heads.

    FLAN-T5's head is its own whatever transformers 5 writes into the config (models.save_model).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.filterwarnings("ignore", message="Input and output embeddings")
        warnings.filterwarnings("ignore", message="Unsupported layer type")  # tests hold ours
        warnings.filterwarnings("ignore", message="Found missing adapter keys")  # an error here
        warnings.filterwarnings("ignore", message="Model (has|with) `tie_word_embeddings=True`")
        yield


def lora_parameters(model: PreTrainedModel, settings: LoraSettings) -> int:
    """How many parameters a LoRA would add: rank * (in + out) for each target layer."""
    return sum(
        settings.rank * (layer.in_features + layer.out_features)
        for name, layer in linear_layers(model)
        if name in settings.targets
    )
