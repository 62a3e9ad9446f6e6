"""Train a T5 without padding: the examples of a pass lie in one row, each attending to itself.

    python -m tools.padding_free --model flan-t5-base     # on a GPU: beside this lab's own way

    with padding_free(model):
        loss = model(**packed(examples)).loss

FlashAttention's packed batches know no bias by position, which every T5 block needs. PyTorch's flex
attention takes one (`score_mod`), and a mask of documents beside it
(https://pytorch.org/blog/flexattention). Compiled for a GPU it skips what lies between documents.
On a CPU it has no backward pass, so that attention is written out there, with the same bias and
mask: dearer than padding, it serves to test that the gradient is the same. Attention weights have
no dropout here, since flex attention has none.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from statistics import median
from typing import TYPE_CHECKING, Any

from labutils.common.device import (
    DEVICES,
    choose_device,
    device_name,
    precision_of,
    synchronize,
)
from labutils.common.files import write_json
from labutils.common.text import counted
from labutils.settings import TrainingSettings
from labutils.training import (
    batch_examples,
    optimizer_and_schedule,
    total_steps,
    train_steps,
    training_batches,
)
from tools import bench_ways as ways
from tools.publishing import RESULTS, show

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module
    from torch.nn.attention.flex_attention import BlockMask
    from transformers import BatchEncoding, PreTrainedModel

START = 0
"""What a T5 decoder starts with: the pad."""


def packed(examples: Sequence[Mapping[str, Sequence[int]]]) -> BatchEncoding:
    """Examples end to end, in place of a padded batch.

    Args:
        examples: rows with input_ids and labels, without pads.

    Returns:
        input_ids (1, tokens of all prompts), labels and decoder_input_ids (1, those of all labels),
        and attention_mask and decoder_attention_mask: the number of each token's example, from 1.
    """
    import torch
    from transformers import BatchEncoding

    prompts, labels = ([list(row[name]) for row in examples] for name in ("input_ids", "labels"))
    starts = [[START, *tokens[:-1]] for tokens in labels]
    named = {"input_ids": prompts, "labels": labels, "decoder_input_ids": starts}
    joined = {name: torch.tensor([list(chain.from_iterable(rows))]) for name, rows in named.items()}
    masks = {"attention_mask": _numbers(prompts), "decoder_attention_mask": _numbers(labels)}
    return BatchEncoding(joined | masks)


def _numbers(rows: Sequence[Sequence[int]]) -> Tensor:
    import torch

    lengths = torch.tensor([len(tokens) for tokens in rows])
    return torch.arange(1, len(rows) + 1).repeat_interleave(lengths)[None]


@dataclass
class Pack:
    """What the attentions of a pass need to know of its documents.

    Attributes:
        encoder, decoder, cross: which token may attend to which, in the three kinds of attention.
        longest: tokens of the longest prompt or label, so of the furthest look.
    """

    encoder: BlockMask
    decoder: BlockMask
    cross: BlockMask
    longest: int


def _pack(prompts: Tensor, labels: Tensor) -> Pack:
    """The masks for the numbers of the documents, (1, prompt tokens) and (1, label tokens)."""
    from torch.nn.attention.flex_attention import create_block_mask

    def mask(queries: Tensor, keys: Tensor, causal: bool = False) -> BlockMask:
        queries, keys = queries[0], keys[0]

        def allowed(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
            same = queries[query] == keys[key]
            return same & (key <= query) if causal else same

        return create_block_mask(
            allowed, None, None, len(queries), len(keys), device=queries.device.type
        )

    longest = max(int(numbers.unique(return_counts=True)[1].max()) for numbers in (prompts, labels))
    return Pack(
        encoder=mask(prompts, prompts),
        decoder=mask(labels, labels, causal=True),
        cross=mask(labels, prompts),
        longest=longest,
    )


@contextmanager
def padding_free(model: PreTrainedModel) -> Iterator[None]:
    """Let a T5 take `packed` batches inside the block, and padded ones again after it."""
    from transformers.models.t5.modeling_t5 import T5Attention

    attentions = [part for part in model.modules() if isinstance(part, T5Attention)]
    state: dict[str, Any] = {}

    def read_documents(module: Module, arguments: tuple, options: dict) -> tuple[tuple, dict]:
        numbers = [options.pop(name) for name in ("attention_mask", "decoder_attention_mask")]
        state["pack"] = _pack(*numbers)
        state["biases"] = {}
        return arguments, {**options, "use_cache": False}

    hook = model.register_forward_pre_hook(read_documents, with_kwargs=True)
    for attention in attentions:
        attention.forward = partial(_attend, attention, state)
    try:
        yield
    finally:
        hook.remove()
        for attention in attentions:
            del attention.forward


def _attend(
    attention: Any,
    state: dict[str, Any],
    hidden_states: Tensor,
    mask: Tensor | None = None,
    key_value_states: Tensor | None = None,
    **_: object,
) -> tuple[Tensor, None, None]:
    """What T5Attention does, by flex attention; no bias or weights are handed on."""
    pack, biases = state["pack"], state["biases"]
    source = hidden_states if key_value_states is None else key_value_states

    def heads(tokens: Tensor) -> Tensor:
        return tokens.unflatten(-1, (attention.n_heads, -1)).transpose(1, 2)

    if attention.has_relative_attention_bias:  # the first block's, which all others share
        biases[attention.is_decoder] = bias_by_distance(attention, pack.longest)
    score, documents = None, pack.cross
    if key_value_states is None:
        documents = pack.decoder if attention.is_decoder else pack.encoder
        bias, reach = biases[attention.is_decoder], pack.longest - 1

        def score(value: Tensor, _: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
            # What lies further is another document's, and masked.
            return value + bias[head, (key - query).clamp(-reach, reach) + reach]

    projected = attention.q(hidden_states), attention.k(source), attention.v(source)
    attend = _flex_attention() if hidden_states.is_cuda else written_out
    output = attend(*map(heads, projected), score_mod=score, block_mask=documents, scale=1.0)
    return attention.o(output.transpose(1, 2).flatten(2)), None, None


def bias_by_distance(attention: Any, tokens: int) -> Tensor:
    """T5's bias (heads, 2 x tokens - 1) for a key so far from its query, -(tokens - 1) first."""
    import torch

    square = attention.compute_bias(tokens, tokens)[0]
    return torch.cat([square[:, :, 0].flip(-1), square[:, 0, 1:]], dim=-1)


@cache
def _flex_attention() -> Callable[..., Tensor]:
    import torch
    from torch.nn.attention.flex_attention import flex_attention

    return torch.compile(flex_attention, dynamic=True)


def written_out(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    *,
    score_mod: Callable[..., Tensor] | None,
    block_mask: BlockMask,
    scale: float,
) -> Tensor:
    """What flex attention computes, over all pairs of tokens: (batch, head, query, depth)."""
    import torch

    count, rows, columns = queries.shape[1], queries.shape[2], keys.shape[2]
    head = torch.arange(count, device=queries.device)[:, None, None]
    query = torch.arange(rows, device=queries.device)[:, None]
    key = torch.arange(columns, device=queries.device)[None]
    scores, batch = scale * queries @ keys.mT, torch.zeros_like(head)
    if score_mod:
        scores = score_mod(scores, batch, head, query, key)
    scores = scores.masked_fill(~block_mask.mask_mod(batch, head, query, key), float("-inf"))
    return scores.softmax(-1) @ values


def compared(model: str, device: str, dialogues: int, rounds: int, seed: int = 42) -> dict:
    """Milliseconds an example, the medians of rounds in turn: this lab's own way, and without pads.

    Args:
        model: a shape such as "flan-t5-base" (random weights), or a Hub id or folder.
        device: one of `device.DEVICES`.
        dialogues: to train on in each round.
        rounds: timed, after one to warm up.
        seed: of weights, lengths and order.
    """
    work, precision = ways.workload(model, device, dialogues, seed), precision_of(device)
    settings = TrainingSettings(
        epochs=1, learning_rate=1e-5, precision=precision, seed=seed, **ways.OURS[device]
    )
    batch = batch_examples(work.tokenizer)
    timed: dict[str, list[float]] = {"padded": [], "padding-free": []}
    for number in range(rounds + 1):
        for way, collate in (("padded", batch), ("padding-free", packed)):
            # Each trains a model of its own, of the same weights.
            network = work.models["ours" if way == "padded" else "dynamic"]
            around = nullcontext() if way == "padded" else padding_free(network)
            with around:
                seconds = _seconds_of_a_pass(network, work, collate, settings)
            if number:
                timed[way].append(1000 * seconds / dialogues)
    return {
        "device": device_name(device),
        "workload": work.summary,
        "precision": precision,
        "rounds": rounds,
        "dialogues": dialogues,
        "ms": {way: round(median(values), 2) for way, values in timed.items()},
    }


def compared_text(found: dict) -> str:
    """What `compared` found, in words."""
    padded, free = found["ms"].values()
    return (
        f"{padded:,.2f} ms an example with padding, {free:,.2f} without: {padded / free:.2f} x as "
        f"fast. {found['device']}, {found['precision']}, medians of "
        f"{counted(found['rounds'], 'round')} in turn of {found['dialogues']} examples; "
        f"{found['workload']}."
    )


def _seconds_of_a_pass(
    model: PreTrainedModel, work: ways.Workload, collate: Callable, settings: TrainingSettings
) -> float:
    batches = training_batches(work.examples, collate, settings)
    moving = optimizer_and_schedule(model, settings, total_steps(len(work.examples), settings))
    device = model.device.type
    synchronize(device)
    start = time.perf_counter()
    for _ in train_steps(model.train(), batches, *moving, settings.precision):
        pass
    synchronize(device)
    return time.perf_counter() - start


def main() -> None:
    """Print how long both ways take."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="flan-t5-small", help="a shape, Hub id or folder")
    parser.add_argument("--device", choices=DEVICES, help="default: the GPU if there is one")
    parser.add_argument("--dialogues", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--store", action="store_true", help="write data/results and docs/ too")
    args = parser.parse_args()
    device = choose_device(args.device)
    found = compared(args.model, device, args.dialogues, args.rounds)
    print(compared_text(found))
    if args.store:
        show(padding_free=compared_text(found))
        write_json(RESULTS / "padding_free.json", found)


if __name__ == "__main__":
    main()
