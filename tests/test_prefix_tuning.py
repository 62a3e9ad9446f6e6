"""A trained prefix must reach every self-attention of a T5, each its own part, wherever it runs."""

import pytest
import torch
from peft import PrefixTuningConfig
from transformers import BartConfig, BartForConditionalGeneration

from labutils import models
from labutils.adapters import add_adapter, load_adapter
from labutils.common.errors import LabError
from labutils.generation import generate

TOKENS = 3
TEXTS = ["#Person1#: Hi there, who is it?", "#Person2#: Nobody."]


@pytest.fixture
def prefixed(base):
    """A model of two layers, with a random prefix of three tokens."""
    return with_prefix(models.load_model(base))


def with_prefix(model, **options):
    torch.manual_seed(0)
    config = PrefixTuningConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=TOKENS, **options)
    return add_adapter(model, config).eval()


@pytest.fixture
def batch(tokenizer):
    """Two dialogues of unlike length, and the beginning of a summary of each."""
    encoded = tokenizer(TEXTS, padding=True, return_tensors="pt")
    return {**encoded, "decoder_input_ids": torch.tensor([[0, 5, 9], [0, 7, 3]])}


def expected_output(attention, hidden, prefix, bias, allowed):
    """By the definition: softmax over the prefix's keys and the tokens' own.

    Of hidden (batch, tokens, width), prefix (keys or values, prefix tokens, heads * size of a
    head), bias (1, heads, tokens, prefix and tokens), and allowed (batch, 1, tokens, tokens).
    """
    rows, length = hidden.shape[:2]

    def heads(states):
        return states.view(rows, -1, attention.n_heads, attention.key_value_proj_dim)

    keys, values = (
        heads(torch.cat([first.expand(rows, -1, -1), own(hidden)], dim=1))
        for first, own in zip(prefix, (attention.k, attention.v))
    )
    scores = torch.einsum("bqhd,bkhd->bhqk", heads(attention.q(hidden)), keys) + bias
    seen = torch.ones(rows, 1, length, TOKENS, dtype=torch.bool)
    scores = scores.masked_fill(~torch.cat([seen, allowed], dim=-1), -torch.inf)
    read = torch.einsum("bhqk,bkhd->bqhd", scores.softmax(-1), values)
    return attention.o(read.reshape(rows, length, -1))


@pytest.mark.parametrize("attention", ["eager", "sdpa"])  # of a CPU, of a GPU
def test_each_self_attention_reads_its_own_part(base, batch, attention):
    model = models.load_model(base)
    model.set_attn_implementation(attention)
    prefixed = with_prefix(model)
    stacks = (model.decoder, model.encoder)
    attentions = [block.layer[0].SelfAttention for stack in stacks for block in stack.block]
    seen = {}
    for each in attentions:
        each.register_forward_hook(lambda of, given, out: seen.update({of: (given[0], *out)}))
    weights = prefixed.prompt_encoder["default"].embedding.weight
    parts = weights.view(TOKENS, len(attentions), 2, -1).permute(1, 2, 0, 3)
    with torch.inference_mode():
        prefixed(**batch)
        for each, prefix in zip(attentions, parts):
            hidden, output, bias, _ = seen[each]
            rows, length = hidden.shape[:2]
            allowed = torch.ones(rows, 1, length, length, dtype=torch.bool)
            if each.is_decoder:
                allowed = allowed.tril()
            else:
                allowed &= batch["attention_mask"][:, None, None].bool()
            wanted = expected_output(each, hidden, prefix, bias, allowed)
            assert torch.allclose(output, wanted, atol=1e-5)


def test_a_dialogue_is_answered_alike_alone_and_beside_a_longer_one(prefixed, tokenizer, batch):
    with torch.inference_mode():
        together = prefixed(**batch).logits[1]
        alone = tokenizer(TEXTS[1], return_tensors="pt")
        single = prefixed(**alone, decoder_input_ids=batch["decoder_input_ids"][1:]).logits[0]
    assert torch.allclose(together, single, atol=1e-5)


def test_answers_come_from_what_training_saw(prefixed, base, tokenizer):
    """Training reads the prefix in one pass, answering token by token, with a cache."""
    encoded = tokenizer(TEXTS, padding=True, return_tensors="pt")
    written = torch.zeros(2, 1, dtype=torch.long)
    with torch.inference_mode():
        for _ in range(12):
            scores = prefixed(**encoded, decoder_input_ids=written).logits
            written = torch.cat([written, scores[:, -1:].argmax(-1)], dim=1)
    expected = [text.strip() for text in tokenizer.batch_decode(written, skip_special_tokens=True)]
    assert generate(prefixed, tokenizer, TEXTS, max_new_tokens=12) == expected
    assert generate(prefixed, tokenizer, TEXTS, max_new_tokens=12, num_beams=2)
    untouched = generate(models.load_model(base), tokenizer, TEXTS, max_new_tokens=12)
    assert untouched != expected
    with prefixed.disable_adapter():
        assert generate(prefixed, tokenizer, TEXTS, max_new_tokens=12) == untouched


def test_recomputed_activations_give_the_same_gradient(base, batch):
    """Gradient checkpointing runs an encoder's layer again, after the batch's prefix was read."""
    gradients = []
    for recomputed in (False, True):
        adapted = with_prefix(models.load_model(base)).train()
        for module in adapted.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        if recomputed:
            models.checkpoint_activations(adapted)
        prompts = {name: batch[name] for name in ("input_ids", "attention_mask")}
        adapted(**prompts, labels=batch["decoder_input_ids"]).loss.backward()
        gradients.append(adapted.prompt_encoder["default"].embedding.weight.grad)
    assert gradients[0].any(dim=1).all() and torch.allclose(*gradients, atol=1e-6)


def test_a_saved_prefix_is_the_same_from_disk(prefixed, base, batch, tmp_path):
    prefixed.save_pretrained(tmp_path)
    again = load_adapter(models.load_model(base), tmp_path)
    with torch.inference_mode():
        assert torch.equal(prefixed(**batch).logits, again(**batch).logits)


def test_a_model_of_another_kind_is_refused():
    sizes = {f"{stack}_{part}": 2 for stack in ("encoder", "decoder")
             for part in ("layers", "attention_heads", "ffn_dim")}  # fmt: skip
    config = BartConfig(vocab_size=16, d_model=8, max_position_embeddings=8, **sizes)
    model = BartForConditionalGeneration(config)
    with pytest.raises(LabError, match="BartForConditionalGeneration has no self-attention of T5"):
        with_prefix(model)
