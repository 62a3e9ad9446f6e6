"""The methods by name, on any track: full fine-tuning, LoRA and its kin, and what trains less.

from labutils.comparison import method_named

run = make_run(method_named("dora", track), track)

`python -m labutils compare` makes the runs of several, side by side.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from labutils.adapters import add_adapter, peft_lora
from labutils.common.errors import LabError
from labutils.common.files import first_line
from labutils.common.hub import loading
from labutils.engine import TRIVIAL, make_run
from labutils.methods import QUANTIZED, ZERO_SHOT, Method
from labutils.models import check_quantization
from labutils.planning import shape_of, without_weights
from labutils.summarization import Summarization
from labutils.training import check_processes

if TYPE_CHECKING:
    from peft import PeftConfig

    from labutils.runs import Run
    from labutils.tracks import Track

TASK: dict[str, Any] = {"task_type": "SEQ_2_SEQ_LM"}


@dataclass(frozen=True)
class Kind:
    """One way to train, before it is fitted to a track.

    Attributes:
        told: what it is, one clause with its source.
        adapter: (track, size) -> what is put into the model.
        rates: {track's name: the peak of its learning rate}. The tiny track's were chosen on
            validation (tools/methods_search.py), flan's are as far from its LoRA's.
        size: by default.
        sized: what the size is, such as "rank"; "" if it has none.
        training: (size) -> more fields of the TrainingSettings.
        quantized: what the frozen model is rounded to.
    """

    told: str
    adapter: Callable[[Track, int], PeftConfig | None]
    rates: dict[str, float]
    size: int = 0
    sized: str = ""
    training: Callable[[int], dict[str, Any]] = lambda size: {}
    quantized: str | None = None


def _low_rank(track: Track, rank: int, **options: Any) -> PeftConfig:
    """The track's LoRA with another rank and options of peft."""
    lora: Any = track.lora.adapter
    return peft_lora(replace(lora, rank=rank or lora.rank), **options)


def _scaled_activations(track: Track, size: int) -> PeftConfig:
    from peft import IA3Config

    return IA3Config(**TASK, target_modules=["k", "v", "wo"], feedforward_modules=["wo"])


def _virtual_tokens(track: Track, size: int) -> PeftConfig:
    from peft import PromptTuningConfig

    # They start as words: as random numbers they learn little in so few steps.
    return PromptTuningConfig(**TASK, num_virtual_tokens=size, prompt_tuning_init="SAMPLE_VOCAB")


def _prefix(track: Track, size: int) -> PeftConfig:
    from peft import PrefixTuningConfig

    return PrefixTuningConfig(**TASK, num_virtual_tokens=size, init_weights="zero")


def _copies(track: Track, size: int, names: list[str]) -> PeftConfig:
    """Trained copies of layers. peft has this for norms, hence its name, but any layer will do."""
    from peft import LNTuningConfig

    return LNTuningConfig(**TASK, target_modules=names)


def _last_layers(track: Track, size: int) -> PeftConfig:
    from peft import LNTuningConfig
    from transformers import AutoConfig

    with loading("model", track.model):
        config = AutoConfig.from_pretrained(track.model, trust_remote_code=False)
    blocks = getattr(config, "num_decoder_layers", None) or 0
    if size > blocks:
        raise LabError(
            f"The last {size} decoder blocks cannot be trained: {track.model_name} has {blocks} "
            "of T5's kind."
        )
    # Layer by layer: of a whole block, peft below 0.21 saves a copy that it does not read again.
    last = "|".join(map(str, range(blocks - size, blocks)))
    block = rf"decoder\.block\.({last})\..*\.({'|'.join(BLOCK_LAYERS)})"
    names = rf"{block}|decoder\.final_layer_norm|lm_head"
    return LNTuningConfig(**TASK, target_modules=names)


BLOCK_LAYERS = (*"q k v o wi wi_0 wi_1 wo".split(), "layer_norm", "relative_attention_bias")
"""All that has weights in a block of T5."""
NORMS_AND_BIASES = ["layer_norm", "final_layer_norm", "relative_attention_bias"]

KINDS = {
    "rslora": Kind(
        "LoRA scaled by alpha / sqrt(rank) (arXiv 2312.03732)",
        partial(_low_rank, use_rslora=True),
        {"tiny": 1.5e-3, "flan": 3e-4},
        sized="rank",
    ),
    "dora": Kind(
        "LoRA for the directions of the weights, their lengths trained apart (arXiv 2402.09353)",
        partial(_low_rank, use_dora=True),
        {"tiny": 3e-3, "flan": 1e-3},
        sized="rank",
    ),
    "lora+": Kind(
        "LoRA whose B learns faster than its A (arXiv 2402.12354)",
        lambda track, size: _low_rank(track, 0),
        {"tiny": 1e-3, "flan": 2e-4},
        size=4,
        sized="ratio of the rates",
        training=lambda size: {"lora_plus_ratio": size},
    ),
    "ia3": Kind(
        "a factor for each key, value and inner activation (arXiv 2205.05638)",
        _scaled_activations,
        {"tiny": 3e-2, "flan": 1e-2},
    ),
    "prompt-tuning": Kind(
        "tokens before the prompt (arXiv 2104.08691)",
        _virtual_tokens,
        {"tiny": 1e-1, "flan": 1e-1},
        size=100,
        sized="tokens",
    ),
    "prefix-tuning": Kind(
        "keys and values before those of each self-attention (arXiv 2101.00190)",
        _prefix,
        {"tiny": 3e-2, "flan": 3e-2},
        size=70,
        sized="tokens",
    ),
    "bitfit": Kind(
        "BitFit (arXiv 2106.10199) for T5, which has no biases: norms and relative position biases",
        partial(_copies, names=NORMS_AND_BIASES),
        {"tiny": 1e-2, "flan": 1e-2},
    ),
    "last-layers": Kind(
        "the last decoder blocks, the norm after them and the head",
        _last_layers,
        {"tiny": 8e-3, "flan": 3e-4},
        size=2,
        sized="blocks",
    ),
    **{
        f"qlora-{kind}": Kind(
            f"LoRA on a base rounded to {kind} (arXiv 2305.14314)",
            _low_rank,
            {"tiny": 4e-3, "flan": 1e-3},
            sized="rank",
            quantized=kind,
        )
        for kind in QUANTIZED
    },
}
"""Beside the track's own full fine-tuning and LoRA."""

METHOD_NAMES = ("full", "lora", *KINDS)


def method_named(
    name: str, track: Track, *, size: int | None = None, learning_rate: float | None = None
) -> Method:
    """A method of METHOD_NAMES with the track's passes, batches and seed, its own rate and size.

    Args:
        name: such as "dora".
        track: where it is to run.
        size: rank, tokens, blocks (`Kind.sized`); default the method's own.
        learning_rate: default the method's own on this track.

    Raises:
        LabError: an unknown name, one that this model cannot have, or a size for one without.
    """
    if name not in METHOD_NAMES:
        raise LabError(f"Unknown method {name!r}; it must be one of: {', '.join(METHOD_NAMES)}.")
    if name in ("full", "lora"):
        method = getattr(track, name)
        if size is not None:
            method = method.variant(adapter={"rank": size})
    else:
        kind = KINDS[name]
        if kind.quantized:
            check_quantization(track.device)
        if size is not None and not kind.sized:
            raise LabError(f"The method {name!r} has no size.")
        size = kind.size if size is None else size
        chosen = {"learning_rate": kind.rates[track.name], **kind.training(size)}
        recipe = replace(track.lora.recipe, **chosen)
        method = Method(name, recipe, kind.adapter(track, size), quantized=kind.quantized)
    return method if learning_rate is None else method.variant(learning_rate=learning_rate)


COMPARED = ("lora", "dora", "ia3")
"""By default."""

UNTRAINED = (ZERO_SHOT, TRIVIAL["nearest chat"])
"""What a training is worth nothing without beating: the model as it is, and a lookup."""


def methods_named(names: Sequence[str], track: Track, epochs: float) -> list[Method]:
    """Several methods by name, each of which the track's model can have.

    Args:
        names: of `METHOD_NAMES`, each once.
        track: where they are to run.
        epochs: passes over the training rows, of each.

    Raises:
        LabError: none, one that is named twice, more processes than rows of a batch, or see
            `method_named` and `add_adapter`.
    """
    if not names:
        raise LabError(f"Name a method to compare, of: {', '.join(METHOD_NAMES)}.")
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise LabError(f"Named twice: {', '.join(twice)}. Name each method once.")
    methods = [method_named(name, track).variant(epochs=epochs) for name in names]
    tasks = Summarization(track)
    for method in methods:
        _check_layers(method, track)
        check_processes(tasks.training_rows(method), method.recipe)
    return methods


def _check_layers(method: Method, track: Track) -> None:
    """Raise LabError if the model lacks the layers of a method's adapter; no weights are read."""
    import torch

    if method.adapter is not None:
        with torch.device("meta"):
            model = without_weights(shape_of(track.model))
            try:
                add_adapter(model, method.adapter)
            except LabError as error:
                raise LabError(
                    f"{method.name} cannot be had with {track.model_name}. {error} Leave "
                    f"{method.name} out, or take prompt-tuning, which needs no layers by name."
                ) from error


def attempted_runs(methods: Sequence[Method], track: Track) -> tuple[list[Run], dict[str, str]]:
    """(the runs of the methods that were found or made, {method: why it has none}).

    A method that fails stops no other.
    """
    runs, failed = [], {}
    for position, method in enumerate(methods, 1):
        what = f", {KINDS[method.name].told}" if method.name in KINDS else ""
        print(f"Method {position} of {len(methods)}: {method.name}{what}")
        try:
            runs.append(make_run(method, track))
        except LabError as error:
            failed[method.name] = str(error)
        except Exception as error:  # of any kind
            traceback.print_exc()
            failed[method.name] = f"{type(error).__name__}: {first_line(error)}"
    return runs, failed
