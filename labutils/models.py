"""Loading a T5-like model and its tokenizer, and counting what is in it."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from safetensors import SafetensorError, safe_open

from labutils.common.errors import LabError
from labutils.common.files import first_line, read_json, saving, unfinished, write_json
from labutils.common.hub import bound_patience, loading
from labutils.common.memory import explaining_memory
from labutils.common.packages import installed_version

if TYPE_CHECKING:
    from peft import PeftModel
    from torch import Tensor
    from torch.nn import Linear, Module
    from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase
    from transformers.cache_utils import Cache

VOCABULARIES = ("tokenizer.json", "spiece.model", "tokenizer.model", "vocab.json", "vocab.txt")
SENTENCEPIECE = ("sentencepiece", "protobuf")
"""What reads a spiece.model where there is no tokenizer.json, as of google/mt5-small."""

FLOATS = {"F64", "F32", "F16", "BF16"}

Model: TypeAlias = "PreTrainedModel | PeftModel"
"""A model as it is, or with an adapter."""


def load_tokenizer(source: str | Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a Hub id or folder.

    Raises:
        LabError: nothing usable there.
    """
    bound_patience()
    from transformers import AutoTokenizer

    # Without one, transformers 5 makes a T5 tokenizer up that knows no words.
    if Path(source).is_dir() and not any((Path(source) / name).is_file() for name in VOCABULARIES):
        raise LabError(
            f"The folder {str(source)!r} holds no tokenizer (tokenizer.json or spiece.model); put "
            "that of the model there."
        )
    with _loading("tokenizer", source), _telling_of_sentencepiece(source):
        return AutoTokenizer.from_pretrained(source, trust_remote_code=False)


@contextmanager
def _telling_of_sentencepiece(source: str | Path) -> Iterator[None]:
    """Name what reads an mT5's vocabulary: transformers 5 asks for tiktoken, which cannot."""
    try:
        yield
    except (ImportError, ValueError) as error:
        told = re.search("sentencepiece|protobuf|tiktoken", str(error), re.I)
        if told and (path := Path(source) / "tokenizer.json").is_file():
            from tokenizers import Tokenizer

            Tokenizer.from_file(str(path))  # raises if it is damaged; transformers 4 asks for both
        lacking = [name for name in SENTENCEPIECE if not installed_version(name)]
        if told and lacking:
            raise LabError(
                f"The tokenizer of {str(source)!r} is kept as a SentencePiece model, and what "
                f"reads one is not installed: pip install {' '.join(lacking)}"
            ) from error
        raise


@explaining_memory()
def load_model(
    source: str | Path,
    device: str = "cpu",
    *,
    dropout: float | None = None,
    quantized: str | None = None,
) -> PreTrainedModel:
    """A fresh model in eval mode, float32, on the device.

    `dropout` (0-1) replaces the model's own for its time in train mode. `quantized` rounds the
    weights of its linear layers, but the head's, to "int8" or "nf4".

    Each call reads the weights anew: training, and adding an adapter, change a model in place, so
    a baseline that shares its model with a fine-tuning is no baseline.

    On a CPU attention is "eager". transformers' choice, "sdpa", has no fast CPU path for T5, whose
    attention adds a learned position bias: it was measured 15% slower in training. On mps it is,
    too: torch's own kernel misread masks that heads share until 2026 (pytorch/pytorch#184180).

    Raises:
        LabError: nothing usable there, a file cut short, weights that are too few, too many or no
            numbers, not an encoder-decoder model, too little memory, or nothing to quantize with.
    """
    bound_patience()
    from transformers import AutoModelForSeq2SeqLM

    options = _quantization(quantized, device) if quantized else {}
    with _loading("model", source):
        config, told = read_config(source)
    if not config.is_encoder_decoder:
        raise LabError(
            f"The model {source!r} is a {config.model_type}, not an encoder-decoder such as "
            "google/flan-t5-base."
        )
    if dropout is not None:
        config.dropout_rate = dropout
    check_weights(source)
    with _loading("model", source), explaining_memory():
        model, found = AutoModelForSeq2SeqLM.from_pretrained(
            source,
            config=config,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
            attn_implementation=None if device == "cuda" else "eager",
            **options,
        )
    missing, unexpected = set(found["missing_keys"]), found["unexpected_keys"]
    # transformers 5 ties a head that is missing to the embedding, which FLAN-T5's is not.
    if told.get("tie_word_embeddings") is False and head_is_tied(model):
        missing.add("lm_head.weight")
    _check_names(source, missing, unexpected)
    check_finite(model, source)
    return model.eval() if quantized else model.float().to(device).eval()


def _check_names(source: str | Path, missing: Iterable[str], unexpected: Iterable[str]) -> None:
    """Raise LabError unless a checkpoint has the weights that its config asks for, and no more."""
    if lacking := sorted(missing)[:3]:
        raise LabError(
            f"The model {str(source)!r} lacks weights ({', '.join(lacking)}), which would stay "
            "random. Use another checkpoint, or fetch this one again."
        )
    if besides := sorted(unexpected)[:3]:
        raise LabError(
            f"The model {str(source)!r} has weights that its config.json knows nothing of "
            f"({', '.join(besides)} ...): one of the two is another model's. Fetch both again."
        )


def check_quantization(device: str) -> None:
    """Raise LabError unless weights can be rounded here: by bitsandbytes, on an NVIDIA GPU."""
    if device != "cuda":
        raise LabError(
            f"A model is quantized (QLoRA) on an NVIDIA GPU only, and this runs on {device}, where "
            "it would save nothing: lora trains the same adapter there."
        )
    if not installed_version("bitsandbytes"):
        raise LabError("A model is quantized (QLoRA) by bitsandbytes: pip install bitsandbytes")


def _quantization(kind: str, device: str) -> dict[str, Any]:
    """transformers' options for it. Computed in float32: T5 overflows in half precision."""
    check_quantization(device)
    import torch
    from transformers import BitsAndBytesConfig

    # It says of every layer and step that int8 rounds float16 inputs.
    logging.getLogger("bitsandbytes.autograd._functions").setLevel(logging.ERROR)
    config = BitsAndBytesConfig(
        load_in_8bit=kind == "int8",
        load_in_4bit=kind == "nf4",
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=torch.float32,
        llm_int8_skip_modules=["lm_head"],
    )
    return {"quantization_config": config, "dtype": torch.float32, "device_map": {"": device}}


def read_config(source: str | Path) -> tuple[PretrainedConfig, dict]:
    """(config, what its file says) of a Hub id or folder.

    Raises:
        ValueError: the file names no kind of model, which transformers 4 guesses from a folder's
            name; or whatever transformers raises.
    """
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(source, trust_remote_code=False)
    told, _ = config.get_config_dict(source)
    if "model_type" not in told:
        raise ValueError("there is no config.json, or no model_type in it")
    return config, told


@contextmanager
def _loading(kind: str, source: str | Path) -> Iterator[None]:
    """Without transformers' remarks, and with `hub.loading`'s message for whatever goes wrong."""
    from transformers.utils import logging

    # Its bar for reading a local file, and its remark that FLAN-T5's lm_head is untied (which
    # is right, see save_model), would stand in every notebook. Errors still show.
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    with loading(kind, source):
        yield


def check_weights(folder: str | Path) -> None:
    """Raise LabError if a safetensors file in the folder is cut short, or holds anything but
    floating-point numbers; a Hub id passes.
    """
    for path in sorted(Path(folder).glob("*.safetensors")):
        try:
            with safe_open(path, framework="pt") as file:
                kinds = {file.get_slice(name).get_dtype() for name in file.keys()}
        except (SafetensorError, OSError) as error:
            raise LabError(
                f"{path} is damaged ({first_line(error)}): it was probably cut short while being "
                "written. Delete its folder and make it again."
            ) from error
        if odd := sorted(kinds - FLOATS):
            raise LabError(
                f"{path} holds weights of the kind {', '.join(odd)}, which mean nothing without "
                "their quantization. Use the checkpoint in fp32, bf16 or fp16."
            )


def check_finite(model: Model, source: str | Path) -> None:
    """Raise LabError if a weight is not a number, or infinite: such a model answers nonsense."""
    if bad := [n for n, weight in model.named_parameters() if not weight.sum().isfinite()]:
        raise LabError(
            f"The weights in {str(source)!r} are not all numbers ({', '.join(bad[:3])}). Its "
            "training went astray or its file is damaged: make it again, or use another."
        )


def check_tokenizer(model: Model, tokenizer: PreTrainedTokenizerBase, source: str | Path) -> None:
    """Raise LabError unless a tokenizer, from this source, can be the model's: it has no more
    tokens, and pads and ends with the same ones.
    """
    known, config = model.get_input_embeddings().num_embeddings, model.config
    own = {"pad": tokenizer.pad_token_id, "end": tokenizer.eos_token_id}
    if len(tokenizer) > known or own != {"pad": config.pad_token_id, "end": config.eos_token_id}:
        raise LabError(
            f"The tokenizer of {str(source)!r} does not fit the model: it has {len(tokenizer)} "
            f"tokens, pad {own['pad']} and end {own['end']}; the model {known}, pad "
            f"{config.pad_token_id} and end {config.eos_token_id}. Put the tokenizer of the "
            "model's base there."
        )


def save_model(
    model: Model,
    tokenizer: PreTrainedTokenizerBase,
    folder: str | Path,
    weights: Mapping[str, Tensor] | None = None,
) -> None:
    """Write the model (or the adapter) and tokenizer to a new folder, whole or not at all.

    `weights` are its state dict where it holds only a part of them itself (`sharding`).

    Raises:
        LabError: the folder is there already, cannot be written, or the disk is full.
    """
    folder = Path(folder)
    if folder.exists():
        raise LabError(f"{folder} is there already; choose another folder or delete it.")
    with saving(folder), unfinished(folder) as new:
        model.save_pretrained(new, **({} if weights is None else {"state_dict": weights}))
        if tokenizer.is_fast:  # else it keeps the limit that it was last asked for
            tokenizer.backend_tokenizer.no_truncation()
            tokenizer.backend_tokenizer.no_padding()
        tokenizer.save_pretrained(new)
        if not hasattr(model, "peft_config") and not head_is_tied(model):
            _write_untied(new / "config.json")
        if not hasattr(model, "peft_config") and weights is not None:
            _write_unsharded(new / "config.json")


def head_is_tied(model: Model) -> bool:
    """Whether the output layer is the embedding itself. FLAN-T5 (T5 v1.1) has its own."""
    embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
    return embedding.weight is head.weight


def has_own_head(config: PretrainedConfig) -> bool:
    """Whether a config says that the output layer is not the embedding, as FLAN-T5's and mT5's.

    transformers 5 calls every head tied, and keeps what a T5's file says under another name.
    `planning.shape_of` does so for all models.
    """
    return not getattr(config, "scale_decoder_outputs", config.tie_word_embeddings)


def _write_untied(config_file: Path) -> None:
    """Say in a saved config what the weights are, as FLAN-T5's own config on the Hub does.

    transformers 5 writes tie_word_embeddings as true whatever the model is, and transformers 4
    would then tie the head to the embedding and scale its input.
    """
    config = read_json(config_file)
    config["tie_word_embeddings"] = False
    config.pop("scale_decoder_outputs", None)
    write_json(config_file, config)


def _write_unsharded(config_file: Path) -> None:
    """Name the model's own class, which torch renames when it shards one (transformers < 5)."""
    config = read_json(config_file)
    names = config.get("architectures") or []
    if any(name.startswith("FSDP") for name in names):
        write_json(
            config_file, config | {"architectures": [name.removeprefix("FSDP") for name in names]}
        )


@contextmanager
def interpolate_weights(model: Model, base: Model, share: float) -> Iterator[None]:
    """Move a trained model's weights back until `share` (0-1) of their change is left, for a while.

    At 0 they are the base's, bit for bit; after the block they are what they were.
    """
    import torch

    trained = [weight.detach().clone() for weight in model.parameters()]
    try:
        with torch.no_grad():
            for weight, start in zip(model.parameters(), base.parameters(), strict=True):
                weight.copy_(torch.lerp(start, weight, share))
        yield
    finally:
        with torch.no_grad():
            for weight, whole in zip(model.parameters(), trained):
                weight.copy_(whole)


def checkpoint_activations(model: Model) -> None:
    """Have layers computed again in the backward pass instead of kept: less memory, more time.

    In place. The other kind (reentrant) cannot train an adapter on a frozen model.
    """
    model.config.use_cache = False
    with warnings.catch_warnings():
        # transformers 5 has another name for it, which transformers 4 does not know.
        warnings.simplefilter("ignore", FutureWarning)
        model.gradient_checkpointing_enable({"use_reentrant": False})


def cache_option(model: Model | Module, cache: Cache) -> dict[str, Cache]:
    """A cache under the keyword that a model, or a layer of attention, takes it by.

    transformers 5.24 renamed it.
    """
    forward = getattr(model, "get_base_model", lambda: model)().forward
    known = signature(forward).parameters
    return {"cache" if "cache" in known else "past_key_values": cache}


def linear_layers(model: Module) -> list[tuple[str, Linear]]:
    """[(the last part of its name, layer), ...], such as "q" or "wo", of all linear layers."""
    from torch.nn import Linear

    found = ((name.rpartition(".")[2], part) for name, part in model.named_modules())
    return [(name, part) for name, part in found if isinstance(part, Linear)]


def parameter_counts(model: Module) -> tuple[int, int]:
    """(trainable, total) numbers of parameters."""
    # In nf4 two weights share a byte; their state tells how many there are.
    shapes = [getattr(getattr(p, "quant_state", p), "shape", p.shape) for p in model.parameters()]
    sizes = [(shape.numel(), p.requires_grad) for shape, p in zip(shapes, model.parameters())]
    return sum(n for n, trainable in sizes if trainable), sum(n for n, _ in sizes)


def weights_mib(folder: str | Path) -> float:
    """Size of the folder's safetensors files in MiB: what has to be kept of a fine-tuning."""
    return sum(path.stat().st_size for path in Path(folder).glob("*.safetensors")) / 2**20
