"""A training step on fake tensors, which have shapes but no contents: what would it take?

All that it would allocate can be counted so, and the arithmetic too, in seconds, on any machine,
without weights.
"""

from __future__ import annotations

import copy
import math
import weakref
from collections.abc import Callable, Collection
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, UntypedStorage

# Nothing public runs a step without memory, or sees each tensor that one makes: torch documents
# FakeTensorMode and TorchDispatchMode, but under these private names. If a release moves them,
# tests/test_planning.py fails.
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn import Dropout, Linear, Module, Parameter
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from labutils.common.errors import LabError
from labutils.models import checkpoint_activations, has_own_head, head_is_tied
from labutils.settings import LoraSettings

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

FOUR_BITS = 4 + 8 / 64 + 32 / (64 * 256)
"""Bits a weight in QLoRA's NF4 with double quantization: 4 for the weight, an 8-bit constant for
each block of 64, and a 32-bit one for each 256 of those (arXiv 2305.14314, section 3): 4.127."""

NOT_QUANTIZED = ("wo", "lm_head")
"""T5's linear layers that transformers leaves alone when it loads a model in 4 bits: `wo` stays in
fp32 (`T5PreTrainedModel._keep_in_fp32_modules`), and so does every model's head."""


@dataclass(frozen=True)
class Step:
    """What one training step takes: memory in MiB, arithmetic in TFLOP, numbers of parameters.

    `state_mib` is there before and after a step: weights, and AdamW's averages of trained ones.
    `tflop` is nan if it was not counted.
    """

    peak_mib: float
    state_mib: float
    tflop: float
    trainable_parameters: int
    total_parameters: int


FEW_LAYERS = (1, 2)
"""Layers that are played in place of many: each but the first takes as much as any other."""


def played_step(
    config: PretrainedConfig,
    batch_size: int,
    *,
    prompt_tokens: int,
    label_tokens: int,
    precision: str = "fp32",
    checkpointing: bool = False,
    lora: LoraSettings | None = None,
    four_bit: bool = False,
    arithmetic: bool = True,
) -> Step:
    """A Step of AdamW on fake tensors: the last of its passes, forward and backward.

    The gradients of the passes before it are there all the time. Attention is counted as it is
    written out; a GPU's fused kernels need less.

    Args:
        config: of an encoder-decoder model.
        batch_size, prompt_tokens, label_tokens: the pass's shape.
        precision: "bf16" for autocast with fp32 master weights, as in training here.
        checkpointing: whether layers are computed again in the backward pass.
        lora: LoraSettings, if only an adapter is trained.
        four_bit: QLoRA: linear layers are kept in `FOUR_BITS` a weight, and unpacked one by one
            where they are needed. The arithmetic of unpacking is not counted.
        arithmetic: whether that is counted, which takes as long again.
    """
    shape = batch_size, prompt_tokens, label_tokens
    options = precision == "bf16", checkpointing, lora, four_bit, arithmetic
    layers = getattr(config, "num_layers", None)
    if (
        not layers
        or layers <= max(FEW_LAYERS)
        or layers != getattr(config, "num_decoder_layers", None)
    ):
        return _played(config, shape, *options)
    few, more = (
        astuple(_played(_with_layers(config, count), shape, *options)) for count in FEW_LAYERS
    )
    left = layers - FEW_LAYERS[0]
    return Step(*(value + left * (larger - value) for value, larger in zip(few, more)))


def _with_layers(config: PretrainedConfig, count: int) -> PretrainedConfig:
    shallow = copy.deepcopy(config)
    shallow.num_layers = shallow.num_decoder_layers = count
    return shallow


def _played(
    config: PretrainedConfig,
    shape: tuple[int, int, int],
    in_bf16: bool,
    checkpointing: bool,
    lora: LoraSettings | None,
    four_bit: bool,
    arithmetic: bool,
) -> Step:
    """`played_step` with all layers."""
    memory, counter = MemoryCounter(), FlopCounterMode(display=False)
    with FakeTensorMode(), memory:
        model = _model_to_train(config, checkpointing)
        total = sum(weight.numel() for weight in model.parameters())
        if four_bit:
            _pack(model)
        if lora:
            _add_low_rank(model, lora)
        trained = [weight for weight in model.parameters() if weight.requires_grad]
        added = sum(weight.numel() for weight in trained) if lora else 0
        averages = [torch.empty_like(weight) for weight in trained for _ in range(2)]
        state = memory.now
        for weight in trained:
            weight.grad = torch.empty_like(weight)
        memory.peak = memory.now
        rows, prompt_tokens, label_tokens = shape
        prompts = torch.ones(rows, prompt_tokens, dtype=torch.long)
        labels = torch.ones(rows, label_tokens, dtype=torch.long)
        caching = {"use_cache": False} if checkpointing else {}

        def compute() -> None:
            with torch.autocast("cpu", torch.bfloat16, enabled=in_bf16):
                loss = model(prompts, torch.ones_like(prompts), labels=labels, **caching).loss
            loss.backward()

        compute()
        peak = memory.peak
        if arithmetic:  # apart, as its counter holds on to activations
            with counter:
                compute()
    del averages
    return Step(
        peak_mib=peak / 2**20,
        state_mib=state / 2**20,
        tflop=counter.get_total_flops() / 1e12 if arithmetic else math.nan,
        trainable_parameters=sum(weight.numel() for weight in trained),
        total_parameters=total + added,
    )


def _model_to_train(config: PretrainedConfig, checkpointing: bool) -> PreTrainedModel:
    """A new model in train mode, with a head of its own."""
    from transformers import AutoModelForSeq2SeqLM

    model = AutoModelForSeq2SeqLM.from_config(config, attn_implementation="eager").train()
    if has_own_head(config) and head_is_tied(model):  # transformers 5 ties it all the same
        head = model.get_output_embeddings()
        head.weight = Parameter(torch.empty_like(head.weight))
    if checkpointing:
        checkpoint_activations(model)
    return model


def _pack(model: PreTrainedModel) -> None:
    """Put each linear layer that QLoRA quantizes into as many bytes as it takes there. In place."""
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, Linear) and name not in NOT_QUANTIZED:
                setattr(module, name, Packed(child))


class Packed(Module):
    """A linear layer in 4 bits, unpacked for each pass."""

    def __init__(self, linear: Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        size = math.ceil(linear.weight.numel() * FOUR_BITS / 8)
        self.weight = Parameter(torch.empty(size, dtype=torch.uint8), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) to (..., out)."""
        if torch.is_autocast_enabled("cpu"):
            x = x.to(torch.bfloat16)
        return Unpacked.apply(x, (self.out_features, self.in_features))


class Unpacked(torch.autograd.Function):
    """A product with a weight that is there during the pass only, and again for the gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, shape: tuple[int, int]) -> Tensor:
        """(..., in) to (..., out), for a weight of the shape (out, in)."""
        ctx.shape = shape
        return x @ x.new_empty(shape).T

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """The gradient of x; the weight is frozen."""
        return gradients[0] @ gradients[0].new_empty(ctx.shape), None


def _add_low_rank(model: PreTrainedModel, lora: LoraSettings) -> None:
    """LoRA beside each target, as peft does it, which knows no fake tensors; all else is frozen.

    In place.
    """
    model.requires_grad_(False)
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if name in lora.targets and hasattr(child, "in_features"):
                setattr(module, name, LowRank(child, lora))
    if not any(isinstance(module, LowRank) for module in model.modules()):
        raise LabError(
            f"{type(model).__name__} has no layer named {', '.join(lora.targets)}, where T5 gets "
            "its LoRA. Plan --method full."
        )


class LowRank(Module):
    """A linear layer, and LoRA's two small matrices beside it."""

    def __init__(self, linear: Linear, lora: LoraSettings) -> None:
        super().__init__()
        self.linear, self.dropout = linear, Dropout(lora.dropout)
        self.down = Linear(linear.in_features, lora.rank, bias=False)
        self.up = Linear(lora.rank, linear.out_features, bias=False)
        self.scale = lora.alpha / lora.rank
        self.weight = linear.weight  # T5 looks at the data type of some

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) to (..., out)."""
        return self.linear(x) + self.up(self.down(self.dropout(x))) * self.scale


class MemoryCounter(TorchDispatchMode):
    """Counts the bytes of all tensors that are alive: `now`, and at most (`peak`)."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self.alive: set[int] = set()

    def __torch_dispatch__(
        self,
        function: Callable,
        types: Collection[type],
        args: tuple = (),
        kwargs: dict | None = None,
    ) -> object:
        result = function(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, tuple | list) else [result]:
            if isinstance(tensor, Tensor):
                self._count(tensor.untyped_storage())
        return result

    def _count(self, storage: UntypedStorage) -> None:
        key = StorageWeakRef(storage).cdata
        if key in self.alive:
            return
        size = storage.nbytes()
        self.alive.add(key)
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._forget, key, size)

    def _forget(self, key: int, size: int) -> None:
        self.alive.discard(key)
        self.now -= size
