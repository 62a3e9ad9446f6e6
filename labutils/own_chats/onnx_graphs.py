"""An encoder-decoder model as two ONNX graphs, and the loop that answers with them.

encoder.onnx gives the keys and values that each decoder layer reads of the prompt. With them,
decoder.onnx gives one token after the other, so no weights but the embedding are in both.
"""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.export import Dim
from transformers.cache_utils import DynamicCache, EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput

from labutils.common.errors import LabError
from labutils.common.files import first_line
from labutils.models import cache_option

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from transformers import PreTrainedModel

GRAPHS = ("encoder", "decoder")


class Graph(torch.nn.Module):
    """A part of the model's work that becomes one file."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model


class Encoder(Graph):
    """From prompts to what the decoder's cross-attention reads: keys and values of each layer."""

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> list[Tensor]:
        """Both (batch, prompt tokens); gives tensors (batch, heads, prompt tokens, head width)."""
        encoded = self.model.get_encoder()(input_ids=input_ids, attention_mask=attention_mask)
        cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        # One step of the decoder fills the cache; all else of it is dropped from the graph.
        _decode(self.model, encoded.last_hidden_state, attention_mask, input_ids[:, :1], cache)
        return _tensors(cache.cross_attention_cache)


class Decoder(Graph):
    """From one token, and the keys and values so far, to the logits of the next."""

    def forward(
        self, token: Tensor, attention_mask: Tensor, past: list[Tensor], cross: list[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """Tokens (batch, 1); gives logits (batch, vocabulary), and `past` one token longer."""
        cache = EncoderDecoderCache(_cache(past), _cache(cross))
        # Not read, as its keys and values are in the cache; but without it there is no attention.
        encoded = torch.zeros(*attention_mask.shape, self.model.config.hidden_size)
        logits = _decode(self.model, encoded, attention_mask, token, cache)
        return logits[:, -1], _tensors(cache.self_attention_cache)


def _decode(
    model: PreTrainedModel, encoded: Tensor, mask: Tensor, tokens: Tensor, cache: Any
) -> Tensor:
    return model(
        encoder_outputs=BaseModelOutput(encoded),
        attention_mask=mask,
        decoder_input_ids=tokens,
        use_cache=True,
        **cache_option(model, cache),
    ).logits


def _tensors(cache: DynamicCache) -> list[Tensor]:
    return [tensor for layer in cache.layers for tensor in (layer.keys, layer.values)]


def _cache(tensors: list[Tensor]) -> DynamicCache:
    cache = DynamicCache()
    for layer, (keys, values) in enumerate(zip(tensors[::2], tensors[1::2])):
        cache.update(keys, values, layer)
    return cache


def write_graphs(model: PreTrainedModel, folder: Path) -> None:
    """Write encoder.onnx and decoder.onnx, each with its weights in a .data file beside it.

    The model is in float32, on the CPU, in eval mode.

    Raises:
        LabError: torch cannot trace this model.
    """
    # Any sizes but 0 and 1, which torch would take for fixed ones.
    ids = torch.arange(14).reshape(2, 7)
    mask = torch.ones_like(ids)
    try:
        with torch.inference_mode():
            cross = Encoder(model)(ids, mask)
        past = [torch.zeros(*keys.shape[:2], 5, keys.shape[-1]) for keys in cross]
        layers = [f"{kind}_{n}" for n in range(len(cross) // 2) for kind in ("keys", "values")]
        cached = [f"{kind}_{name}" for kind in ("past", "cross") for name in layers]
        prompts = {0: Dim.DYNAMIC, 1: Dim.DYNAMIC}
        kept = [{0: Dim.DYNAMIC, 2: Dim.DYNAMIC}] * len(cross)
        _write(
            Encoder(model),
            folder / "encoder.onnx",
            (ids, mask),
            names=["input_ids", "attention_mask"],
            outputs=[f"cross_{name}" for name in layers],
            sizes=(prompts, prompts),
        )
        _write(
            Decoder(model),
            folder / "decoder.onnx",
            (ids[:, :1], mask, past, cross),
            names=["token", "attention_mask", *cached],
            outputs=["logits", *(f"present_{name}" for name in layers)],
            sizes=({0: Dim.DYNAMIC}, prompts, kept, kept),
        )
    except OSError:
        raise
    except Exception as error:  # of any kind: it runs the model's own code
        raise LabError(
            f"torch {torch.__version__} cannot write this model as ONNX ({first_line(error)}). T5 "
            "is tested with the versions in requirements.txt."
        ) from error


def _write(
    graph: Graph, path: Path, inputs: tuple, names: list[str], outputs: list[str], sizes: tuple
) -> None:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # of operators that no such model has
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph.eval(),
            inputs,
            path,
            input_names=names,
            output_names=outputs,
            dynamic_shapes=sizes,
            dynamo=True,
            external_data=True,
            verbose=False,
        )


def onnx_tokens(
    encoder: InferenceSession,
    decoder: InferenceSession,
    input_ids: np.ndarray,
    attention_mask: np.ndarray,
    start: int,
    ends: list[int],
    most: int,
) -> np.ndarray:
    """The most likely token, again and again: (batch, at most `most`) ids, after the start."""
    names = [each.name for each in encoder.get_outputs()]
    keys = encoder.run(None, {"input_ids": input_ids, "attention_mask": attention_mask})
    read = {"attention_mask": attention_mask, **dict(zip(names, keys))}
    past = {name.replace("cross", "past"): each[:, :, :0] for name, each in zip(names, keys)}
    token, tokens = np.full((len(input_ids), 1), start), np.zeros((len(input_ids), 0), int)
    ended = np.zeros_like(token, bool)
    while tokens.shape[1] < most and not ended.all():
        logits, *present = decoder.run(None, {"token": token, **read, **past})
        past = dict(zip(past, present))
        token = logits.argmax(-1)[:, None]
        ended |= np.isin(token, ends)
        tokens = np.hstack([tokens, token])
    return tokens
