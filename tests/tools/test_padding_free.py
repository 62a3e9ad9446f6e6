"""Training without padding: the same loss and gradient as with it."""

import pytest
import torch
from conftest import ROOT

from labutils.models import load_model, load_tokenizer
from labutils.training import batch_examples
from tools import padding_free as tool
from tools.padding_free import bias_by_distance, packed, padding_free

BASE = str(ROOT / "data" / "tiny-flan-t5")
TEXTS = [
    ("Summarize: Ada lost a card in Harlow.", "Ada lost a card."),
    ("Where? " + "The train to Port Hale is late. " * 12, "To Port Hale, and it is late."),
    ("Copy 7", "7"),
]


@pytest.fixture
def model():
    return load_model(BASE, dropout=0.0).train()


@pytest.fixture
def examples():
    tokenizer = load_tokenizer(BASE)
    return [
        {
            "input_ids": tokenizer(prompt)["input_ids"],
            "attention_mask": tokenizer(prompt)["attention_mask"],
            "labels": tokenizer(text_target=answer)["input_ids"],
        }
        for prompt, answer in TEXTS
    ]


def gradients(model, batch):
    model.zero_grad()
    loss = model(**batch).loss
    loss.backward()
    return loss, {name: weight.grad.clone() for name, weight in model.named_parameters()}


def test_loss_and_gradient_are_those_of_the_padded_batch(model, examples):
    padded = batch_examples(load_tokenizer(BASE))([dict(row) for row in examples])
    loss, expected = gradients(model, padded)
    with padding_free(model):
        same, found = gradients(model, packed(examples))
    torch.testing.assert_close(same, loss)
    for name, gradient in expected.items():
        scale = float(gradient.abs().max())
        assert scale > 0, name
        torch.testing.assert_close(found[name], gradient, atol=1e-4 * scale, rtol=1e-3, msg=name)


def test_flex_attention_answers_as_attention_written_out(model, examples, monkeypatch):
    """Where there is no GPU it can only be run forwards, and without being compiled."""
    from torch.nn.attention.flex_attention import flex_attention

    with padding_free(model), torch.no_grad():
        expected = model(**packed(examples)).logits
        monkeypatch.setattr(tool, "written_out", flex_attention)
        with pytest.warns(UserWarning, match="without torch.compile"):
            found = model(**packed(examples)).logits
    torch.testing.assert_close(found, expected)


def test_an_example_does_not_see_its_neighbours(model, examples):
    """Or a model would learn to read what no one gives it later."""
    with padding_free(model), torch.no_grad():
        alone = model(**packed(examples[:1])).logits
        among = model(**packed(examples)).logits
    torch.testing.assert_close(among[:, : alone.shape[1]], alone, rtol=1e-4, atol=1e-4)


def test_no_token_is_a_pad(examples):
    batch = packed(examples)
    assert batch["input_ids"].shape == (1, sum(len(row["input_ids"]) for row in examples))
    assert batch["attention_mask"].min() == 1
    for row, number in zip(examples, (1, 2, 3), strict=True):
        own = batch["decoder_attention_mask"] == number
        assert batch["labels"][own].tolist() == row["labels"]
        assert batch["decoder_input_ids"][own].tolist() == [0, *row["labels"][:-1]]


def test_the_bias_is_the_models_own(model):
    attention = model.encoder.block[0].layer[0].SelfAttention
    by_distance, square = bias_by_distance(attention, 300), attention.compute_bias(300, 300)[0]
    for query, key in ((0, 0), (0, 299), (299, 0), (150, 20), (7, 9)):
        assert torch.equal(by_distance[:, key - query + 299], square[:, query, key])


def test_after_it_the_model_takes_padded_batches_as_before(model, examples):
    padded = batch_examples(load_tokenizer(BASE))([dict(row) for row in examples])
    before = model(**padded).loss
    with padding_free(model):
        model(**packed(examples))
    assert model(**padded).loss == before


def test_both_ways_are_timed_on_the_same_dialogues():
    found = tool.compared(BASE, "cpu", dialogues=8, rounds=1)
    assert set(found["ms"]) == {"padded", "padding-free"}
    assert all(value > 0 for value in found["ms"].values())
    assert "8 test dialogues" in found["workload"]
    told = tool.compared_text(found | {"ms": {"padded": 3.0, "padding-free": 2.0}})
    assert told.startswith("3.00 ms an example with padding, 2.00 without: 1.50 x as fast. CPU")
    assert "1 round in turn of 8 examples; " in told and told.endswith("support_chats.")
