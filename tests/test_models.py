"""Models: the output layer stays its own, each load is fresh, damage is found and named."""

import errno
import os
import shutil

import pytest
import torch
from conftest import random_t5
from safetensors import SafetensorError, safe_open

from labutils import models, training
from labutils.adapters import add_adapter, merge_adapter
from labutils.common.errors import LabError
from labutils.common.files import read_json, write_json
from labutils.settings import LoraSettings, TrainingSettings


def trained(model, tokenizer, folder):
    rows = {"dialogue": ["#Person1#: Hi."] * 4, "summary": ["Somebody says hi."] * 4}
    encoded = training.encode_examples(rows, tokenizer)
    settings = TrainingSettings(epochs=1, batch_size=2, validations=1)
    training.fine_tune(model, tokenizer, encoded, encoded, settings, folder.parent)
    return model


def merged(model, tokenizer, folder):
    adapted = add_adapter(model, LoraSettings(rank=2))
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter)
    plain = merge_adapter(adapted)
    models.save_model(plain, tokenizer, folder)
    return plain


def saved(model, tokenizer, folder):
    models.save_model(model, tokenizer, folder)
    return model


@pytest.mark.parametrize("way", [saved, trained, merged])
def test_the_output_layer_stays_untied_and_equal(base, model, tokenizer, tmp_path, way):
    """Through load, save and reload; transformers 4 would believe a config that says tied."""
    head = model.lm_head.weight.detach().clone()
    assert not models.head_is_tied(model)
    kept = way(model, tokenizer, tmp_path / "model")
    again = models.load_model(tmp_path / "model")
    assert read_json(tmp_path / "model" / "config.json")["tie_word_embeddings"] is False
    assert not models.head_is_tied(again)
    for name, tensor in kept.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor), name
    assert torch.equal(again.lm_head.weight, head) is (way is not trained)


def test_a_model_with_a_tied_output_layer_stays_tied(tokenizer, tmp_path):
    from transformers import T5Config, T5ForConditionalGeneration

    models.save_model(
        random_t5(T5Config, T5ForConditionalGeneration, tied=True), tokenizer, tmp_path / "model"
    )
    assert models.head_is_tied(models.load_model(tmp_path / "model"))


def test_a_change_to_one_loaded_model_does_not_reach_another(base):
    one, other = models.load_model(base), models.load_model(base)
    assert not one.training
    before = other.lm_head.weight.detach().clone()
    with torch.no_grad():
        for parameter in one.parameters():
            parameter.add_(1)
    assert torch.equal(other.lm_head.weight, before)


def test_dropout_is_what_was_asked_for_in_training_and_none_in_testing(base, tokenizer):
    prompt = tokenizer("Hello.", return_tensors="pt").input_ids
    inputs = {"input_ids": prompt, "labels": torch.tensor([[5, 6, 1]])}

    def losses(dropout, training):
        model = models.load_model(base, dropout=dropout).train(training)
        return {model(**inputs).loss.item() for _ in range(3)}

    assert len(losses(0.5, True)) == 3
    assert losses(0.0, True) == losses(0.5, False) == losses(None, False)
    assert len(losses(None, True)) == 3  # the model's own


def test_a_bf16_checkpoint_is_loaded_in_float32(model, tokenizer, tmp_path):
    models.save_model(model.bfloat16(), tokenizer, tmp_path / "half")
    assert {p.dtype for p in models.load_model(tmp_path / "half").parameters()} == {torch.float32}


def lacks_a_weight(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights["encoder.final_layer_norm.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def decoder_only(folder):
    from transformers import GPT2Config

    GPT2Config(n_layer=1, n_head=1, n_embd=8).save_pretrained(folder)


@pytest.mark.parametrize(
    "spoil, pieces",
    [
        (shutil.rmtree, ["could not be loaded", "Check the id or folder", "LAB_TRACK=tiny"]),
        (lambda folder: (folder / "config.json").unlink(), ["could not be loaded"]),
        (lambda folder: os.truncate(folder / "model.safetensors", 9999), ["is damaged", "Delete"]),
        (lacks_a_weight, ["lacks weights (encoder.final_layer_norm.weight)"]),
        (decoder_only, ["is a gpt2, not an encoder-decoder", "google/flan-t5-base"]),
    ],
)
def test_a_model_folder_that_cannot_be_used_is_refused(base, tmp_path, spoil, pieces):
    folder = shutil.copytree(base, tmp_path / "model")
    spoil(folder)
    with pytest.raises(LabError) as caught:
        models.load_model(str(folder))
    for piece in [str(folder), *pieces]:
        assert piece in str(caught.value).replace(r"\\", "\\")  # a repr doubles Windows's
    if not folder.exists():
        with pytest.raises(LabError, match="tokenizer '.*could not be loaded"):
            models.load_tokenizer(str(folder))


def test_a_vocabulary_that_needs_sentencepiece_says_so(tmp_path, monkeypatch):
    """google/mt5-small has no other; transformers asks for tiktoken there, which does not help."""
    (tmp_path / "spiece.model").write_bytes(b"no vocabulary")
    write_json(tmp_path / "tokenizer_config.json", {"tokenizer_class": "T5Tokenizer"})

    for found, expected in ((None, "pip install sentencepiece protobuf"), ("1.0", "be loaded")):
        monkeypatch.setattr(models, "installed_version", lambda name, found=found: found)
        with pytest.raises(LabError, match=expected) as told:
            models.load_tokenizer(tmp_path)
        assert ("pip install sentencepiece" in str(told.value)) == (found is None)


def test_saving_never_overwrites_a_folder(base, model, tokenizer):
    before = (base / "model.safetensors").read_bytes()
    with pytest.raises(LabError, match="is there already"):
        models.save_model(model, tokenizer, base)
    assert (base / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        SafetensorError("I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_leaves_no_half_written_model(monkeypatch, model, tokenizer, tmp_path, error):
    def fail(*_, **__):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(tokenizer, "save_pretrained", fail)
        with pytest.raises(LabError, match="No space left.*Free some space.*LAB_ARTIFACTS"):
            models.save_model(model, tokenizer, tmp_path / "model")
    assert not (tmp_path / "model").exists()
    models.save_model(model, tokenizer, tmp_path / "model")
    models.load_model(tmp_path / "model")


def test_parameter_counts_are_those_of_the_file(base, model):
    with safe_open(base / "model.safetensors", framework="pt") as file:
        stored = sum(file.get_tensor(name).numel() for name in file.keys())
    model.shared.weight.requires_grad = False
    trainable, total = models.parameter_counts(model)
    assert (trainable, total) == (stored - model.shared.weight.numel(), stored)
    assert models.weights_mib(base) == pytest.approx(4 * stored / 2**20, rel=0.1)
