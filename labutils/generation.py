"""Summaries from a model: whole batches, in eval mode, in the caller's order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labutils.batching import batches_by_tokens
from labutils.common.cost import stage
from labutils.common.errors import LabError
from labutils.common.memory import within_memory
from labutils.common.processes import sharing_out
from labutils.models import cache_option

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase

    from labutils.models import Model

BATCH_TOKENS = 16_384
"""Prompt tokens per batch, pads included: some 90 dialogues, or 400 reviews."""

ENCODED_TOKENS = 2_048
"""Of these, how many a CPU encodes at once. A larger piece falls out of its caches: the tiny
model's encoder takes four times as long for 200 dialogues in one piece."""

LEAVING_SHARE = 0.25
"""Finished rows leave the batch when there are so many: dropping them copies the cache."""


@contextmanager
def evaluating(model: Model) -> Iterator[Model]:
    """Dropout off inside the block, and whatever mode the model was in after it.

    A model fresh from training is in train mode: with dropout on, the same greedy call gives a
    different text each time.
    """
    was_training = model.training
    model.eval()
    try:
        yield model
    finally:
        model.train(was_training)


@sharing_out
def generate(
    model: Model,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[str],
    *,
    max_new_tokens: int = 128,
    batch_tokens: int = BATCH_TOKENS,
    seed: int | None = None,
    progress: bool = False,
    **options: Any,
) -> list[str]:
    """Let the model answer each prompt; greedy unless `options` say otherwise.

    Prompts of like length share a batch, so little is spent on padding; the attention mask keeps
    pads out of the result, so a batch gives the texts that one prompt at a time gives.

    Args:
        model: a T5-like model or a peft model around one.
        tokenizer: its tokenizer.
        prompts: texts, already short enough (`prompts.fit_prompts`).
        max_new_tokens: limit in tokens. transformers' own default of 20 would cut most summaries.
        batch_tokens: prompt tokens per batch, pads included; a longer prompt is a batch of its own.
        seed: for sampling (`do_sample=True`).
        progress: show a bar.
        options: passed to transformers' `generate`, such as num_beams or do_sample. Without any,
            `greedy_tokens` writes the same tokens in less time.

    Returns:
        A list of texts in the order of `prompts`.

    Raises:
        LabError: several answers a prompt are asked for.
    """
    import torch
    from tqdm.auto import tqdm

    if options.get("num_return_sequences", 1) != 1:
        raise LabError("num_return_sequences must be 1: there is one answer a prompt here.")
    if seed is not None:
        torch.manual_seed(seed)
    with stage("tokenizing"):
        encoded = tokenizer(list(prompts))["input_ids"] if len(prompts) else []
    plain = _is_plain(model) and not _has_virtual_tokens(model)
    decode = _transformers_tokens if options or not plain else greedy_tokens
    answers = [""] * len(prompts)

    def answer(chosen: NDArray[np.intp]) -> list[str]:
        batch = tokenizer.pad({"input_ids": [encoded[i] for i in chosen]}, return_tensors="pt")
        with stage("model"):
            output = decode(
                model,
                batch["input_ids"].to(model.device),
                batch["attention_mask"].to(model.device),
                max_new_tokens=max_new_tokens,
                **options,
            ).tolist()
        with stage("tokenizing"):
            return tokenizer.batch_decode(output, skip_special_tokens=True)

    def answer_in_pieces(chosen: list[int], count: int) -> list[str]:
        pieces = np.array_split(chosen, min(count, len(chosen)))
        return [text for piece in pieces for text in answer(piece)]

    bar = tqdm(total=len(prompts), desc="generating", leave=False, disable=not progress)
    with evaluating(model), torch.inference_mode(), bar:
        for chosen in batches_by_tokens([len(ids) for ids in encoded], batch_tokens):
            compute = partial(answer_in_pieces, chosen)
            texts = within_memory(model, "generation", len(chosen), compute)
            for i, text in zip(chosen, texts):
                answers[i] = text.strip()
            bar.update(len(chosen))
    return answers


def greedy_tokens(
    model: Model, input_ids: Tensor, attention_mask: Tensor, *, max_new_tokens: int
) -> Tensor:
    """The most likely token, again and again, until each row has ended.

    The same tokens as transformers' `generate(do_sample=False)` in fp32, but a CPU encodes in
    pieces that fit its caches, and rows that have ended leave the batch, so that the last long
    answer does not keep all others waiting.

    Args:
        model: a T5-like model or a peft model around one, in eval mode.
        input_ids, attention_mask: (batch, prompt tokens), padded on the right, longest row first.
        max_new_tokens: limit in tokens.

    Returns:
        Token ids (batch, max_new_tokens) without the start token, pads after the end.
    """
    import torch
    from transformers.cache_utils import DynamicCache, EncoderDecoderCache
    from transformers.modeling_outputs import BaseModelOutput

    config = model.generation_config
    ends = torch.tensor(config.eos_token_id, device=input_ids.device).reshape(-1)
    encoded = _encode(model, input_ids, attention_mask)
    cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
    given = cache_option(model, cache)
    rows = torch.arange(len(input_ids), device=input_ids.device)
    tokens = torch.full((len(rows), max_new_tokens), config.pad_token_id, device=input_ids.device)
    last = torch.full_like(rows, config.decoder_start_token_id)
    writing = torch.ones_like(rows, dtype=torch.bool)
    for position in range(max_new_tokens):
        logits = model(
            encoder_outputs=BaseModelOutput(last_hidden_state=encoded),
            attention_mask=attention_mask,
            decoder_input_ids=last[:, None],
            use_cache=True,
            **given,
        ).logits[:, -1]
        last = logits.argmax(-1).where(writing, config.pad_token_id)
        tokens[rows, position] = last
        writing &= ~torch.isin(last, ends)
        left = int(writing.sum())
        if not left:
            break
        if left <= (1 - LEAVING_SHARE) * len(rows):
            kept = writing.nonzero()[:, 0]
            cache.batch_select_indices(kept)
            rows, last, writing = rows[kept], last[kept], writing[kept]
            encoded, attention_mask = encoded[kept], attention_mask[kept]
    return tokens


def _encode(model: Model, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """The encoder's output (batch, prompt tokens, width), on a CPU piece by piece."""
    encoder = model.get_encoder()
    if input_ids.device.type != "cpu":
        return encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
    encoded, start = None, 0
    while start < len(input_ids):
        length = int(attention_mask[start].sum())
        piece = slice(start, start + max(1, ENCODED_TOKENS // length))
        found = encoder(
            input_ids=input_ids[piece, :length], attention_mask=attention_mask[piece, :length]
        ).last_hidden_state
        if encoded is None:
            encoded = found.new_zeros(*input_ids.shape, found.shape[-1])
        encoded[piece, :length] = found
        start = piece.stop
    return encoded


def _transformers_tokens(
    model: Model, input_ids: Tensor, attention_mask: Tensor, **options: Any
) -> Tensor:
    return model.generate(
        input_ids=input_ids, attention_mask=attention_mask, **{"do_sample": False, **options}
    )


def _has_virtual_tokens(model: Model) -> bool:
    """Whether trained tokens stand before the prompt, which peft's own `generate` puts there.

    It does so even inside `disable_adapter`; `greedy_tokens` is right there.
    """
    config = getattr(model, "active_peft_config", None)
    # Nothing public tells whether an adapter is switched off. If a release of peft moves this name,
    # tests/test_generation.py fails.
    return config is not None and config.is_prompt_learning and not model._adapters_disabled


def _is_plain(model: Model) -> bool:
    """Whether the model's own generation config asks for nothing but the most likely token.

    BART's, for one, asks for beams and forbids repetition; FLAN-T5's only names its tokens.
    """
    asked = model.generation_config.to_diff_dict()
    return all(name in NO_MATTER or name.startswith(("_", "output_")) for name in asked)


NO_MATTER = {
    *("bos_token_id", "decoder_start_token_id", "eos_token_id", "pad_token_id"),
    *("max_length", "transformers_version", "use_cache"),
}
"""What a generation config may say without changing which token follows."""
