"""Prefix tuning for T5: trained keys and values before those of every self-attention.

Li and Liang (arXiv 2101.00190) put a prefix into encoder and decoder. Of an encoder-decoder, peft
reaches the decoder alone (huggingface/peft#2989), and there it gives a layer what another one has.
So peft only holds the weights here, trains, saves and loads them, those of the decoder's layers
first; each layer fetches its own.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from labutils.common.errors import LabError
from labutils.models import cache_option

if TYPE_CHECKING:
    from peft import PeftModel, PrefixTuningConfig
    from torch import nn
    from transformers import PreTrainedModel


def fit_prefix(config: PrefixTuningConfig, model: PreTrainedModel) -> None:
    """Size a config's prefix for all self-attentions of a T5.

    Raises:
        LabError: a model of another kind.
    """
    attentions = _self_attentions(model)
    if not attentions:
        raise LabError(
            f"{type(config).__name__}: {type(model).__name__} has no self-attention of T5's kind, "
            "and no other is fitted with a prefix here."
        )
    config.num_layers = len(attentions)
    config.num_attention_heads = model.config.num_heads
    config.token_dim = attentions[0].inner_dim  # flan-t5-small's is not the width of the model
    config.num_transformer_submodules = 1  # with two, peft would lay the weights out itself


def hand_out_prefix(adapted: PeftModel) -> None:
    """Let each self-attention of a T5 fetch its part, if a prefix is what is trained."""
    if adapted.active_peft_config.peft_type != "PREFIX_TUNING":
        return
    prefix = adapted.get_prompt
    for place, attention in enumerate(_self_attentions(adapted.get_base_model())):
        fetch = partial(_with_prefix, adapted, prefix, place)
        attention.register_forward_pre_hook(fetch, with_kwargs=True)
    adapted.get_prompt = lambda *_, **__: None  # what peft itself puts into the decoder's cache


def _self_attentions(model: PreTrainedModel) -> list[Any]:
    """The decoder's, then the encoder's; none of a model that is no T5."""
    stacks = (model.get_decoder(), model.get_encoder())
    blocks = [block for stack in stacks for block in getattr(stack, "block", [])]
    return [block.layer[0].SelfAttention for block in blocks]


def _with_prefix(
    adapted: PeftModel, prefix: Any, place: int, attention: nn.Module, inputs: tuple, named: dict
) -> tuple[tuple, dict] | None:
    """What an attention is called with, and its prefix, which it reads as tokens seen before.

    Where a decoder answers token by token, the prefix stays in its cache from the first token on.
    """
    import torch
    from transformers.cache_utils import DynamicCache

    (name,) = cache_option(attention, None)
    given, layer = named.get(name), attention.layer_idx
    cache = DynamicCache() if given is None else given.self_attention_cache
    if adapted._adapters_disabled or cache.get_seq_length(layer):
        return None
    rows, length = inputs[0].shape[:2]
    part = prefix(batch_size=1).layers[place]
    keys, values = (states.expand(rows, -1, -1, -1) for states in (part.keys, part.values))
    cache.update(keys, values, layer)
    mask = named["mask"]
    if mask is None and attention.is_decoder:  # which leaves the causal one to the attention
        mask = torch.ones(1, 1, length, length, dtype=torch.bool, device=keys.device).tril()
    if mask is not None:
        seen = mask.new_full((*mask.shape[:-1], keys.shape[2]), mask.dtype == torch.bool)
        mask = torch.cat([seen, mask], dim=-1)
    return inputs, named | {"mask": mask, name: cache if given is None else given}
