"""Adapters: adding one changes nothing, switching it off brings the base back."""

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from conftest import notebook_cell, random_t5
from peft import IA3Config, PromptTuningConfig
from safetensors.torch import load_file

from labutils import models, summarization
from labutils.adapters import (
    add_adapter,
    interpolate_adapter,
    load_adapter,
    lora_parameters,
    merge_adapter,
)
from labutils.common.errors import LabError
from labutils.engine import interpolated, load_system
from labutils.prompts import fit_prompts
from labutils.settings import LoraSettings


def logits(model, tokenizer):
    batch = tokenizer(["#Person1#: Hi there.", "#Person2#: No."], padding=True, return_tensors="pt")
    start = torch.zeros(2, 1, dtype=torch.long)
    with torch.inference_mode():
        return model.eval()(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            decoder_input_ids=start,
        ).logits


@pytest.mark.parametrize(
    "settings",
    [LoraSettings(), LoraSettings(rank=3, targets=("q", "v")), LoraSettings(targets=("wi_0",))],
)
def test_a_fresh_adapter_changes_no_logit_and_trains_what_the_formula_says(
    model, tokenizer, settings
):
    before, predicted = logits(model, tokenizer), lora_parameters(model, settings)
    total = models.parameter_counts(model)[1]
    adapted = add_adapter(model, settings)
    assert torch.equal(logits(adapted, tokenizer), before)
    assert models.parameter_counts(adapted) == (predicted, total + predicted)


def test_a_loras_product_counts_alpha_over_rank_times(model):
    adapted = add_adapter(model, LoraSettings(rank=4, alpha=12, dropout=0.0, targets=("q",))).eval()
    layer = next(each for each in adapted.modules() if hasattr(each, "lora_A"))
    down, up = (getattr(layer, f"lora_{side}")["default"].weight for side in "AB")
    torch.nn.init.normal_(up)
    x = torch.randn(3, down.shape[1])
    expected = layer.base_layer(x) + 12 / 4 * x @ down.T @ up.T
    torch.testing.assert_close(layer(x), expected)


def test_a_layer_that_does_not_exist_is_named(model):
    with pytest.raises(LabError, match="no layer named c_attn, query.*q, k, v, o, wi_0"):
        add_adapter(model, LoraSettings(targets=("q", "query", "c_attn")))


def test_an_adapter_saved_and_loaded_in_plain_peft_is_the_labs(base, tokenizer, tmp_path, capsys):
    """Notebook 3's cell for a project of one's own: save_pretrained, PeftModel.from_pretrained."""
    from transformers import AutoModelForSeq2SeqLM

    plain = add_adapter(AutoModelForSeq2SeqLM.from_pretrained(base), LoraSettings(rank=3))
    for name, weight in plain.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight)
    names = {
        "AutoModelForSeq2SeqLM": AutoModelForSeq2SeqLM,
        "logits": lambda model: logits(model, tokenizer),
        "plain": plain,
        "torch": torch,
        "track": SimpleNamespace(artifacts=tmp_path, model=base, device="cpu"),
    }
    exec(notebook_cell("03_peft_lora_comparison", "PeftModel.from_pretrained("), names)
    assert "not one logit differs" in capsys.readouterr().out
    untouched = models.load_model(base)
    before = logits(untouched, tokenizer)
    ours = logits(load_adapter(untouched, tmp_path / "my_adapter"), tokenizer)
    # On a CPU the lab takes another attention than transformers, which rounds otherwise.
    torch.testing.assert_close(ours, logits(names["mine"], tokenizer), rtol=1e-4, atol=1e-4)
    assert (ours - before).abs().max() > 0.01


def test_merged_saved_and_reloaded_it_answers_as_the_adapter_did(lab):
    adapted, tokenizer = load_system(lab.track, lab.runs["lora"])
    with_adapter = logits(adapted, tokenizer)
    with adapted.disable_adapter():
        assert not torch.allclose(logits(adapted, tokenizer), with_adapter, atol=1e-3)
    plain = merge_adapter(adapted)
    assert not any("lora" in name for name, _ in plain.named_modules())
    assert torch.allclose(logits(plain, tokenizer), with_adapter, atol=1e-4)


def test_an_adapter_on_the_head_is_saved_alone_and_merges_without_tying_it(
    base, tokenizer, tmp_path, recwarn
):
    """peft takes FLAN-T5's head for tied, and would save embedding and head with the adapter."""
    adapted = add_adapter(models.load_model(base), LoraSettings(targets=("q", "lm_head")))
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.1)
    expected = logits(adapted, tokenizer)
    models.save_model(adapted, tokenizer, tmp_path / "adapter")
    saved = load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    assert saved and all("lora" in name for name in saved)
    plain = merge_adapter(load_adapter(models.load_model(base), tmp_path / "adapter"))
    models.save_model(plain, tokenizer, tmp_path / "merged")
    again = models.load_model(tmp_path / "merged")
    assert torch.allclose(logits(again, tokenizer), expected, atol=1e-4)
    assert torch.equal(again.shared.weight, models.load_model(base).shared.weight)
    assert not [
        str(w.message) for w in recwarn if "tie" in str(w.message) or "embed" in str(w.message)
    ]


def test_the_adapter_switched_off_is_exactly_the_baseline(lab):
    adapted, tokenizer = load_system(lab.track, lab.runs["lora"])
    prompts = fit_prompts(lab.dialogues["test"]["dialogue"], tokenizer)
    base = models.load_model(lab.track.model)
    switched_on = summarization.summarize(lab.track, adapted, tokenizer, prompts)
    with adapted.disable_adapter():
        assert torch.equal(logits(adapted, tokenizer), logits(base, tokenizer))
        switched_off = summarization.summarize(lab.track, adapted, tokenizer, prompts)
    assert switched_off == lab.runs["zero-shot"].predictions
    assert switched_on == lab.runs["lora"].predictions != switched_off


@pytest.mark.parametrize("name", ["full", "lora"])
def test_a_share_of_what_was_learned_lies_that_far_from_the_base(lab, name, tokenizer):
    base = models.load_model(lab.track.model).state_dict()
    weights = {}
    for share in (0.0, 0.25, 1.0):
        model, _ = load_system(lab.track, lab.runs[name])
        whole = logits(model, tokenizer)
        with interpolated(model, lab.track, share):
            assert torch.equal(logits(model, tokenizer), whole) == (share == 1)
        assert torch.equal(logits(model, tokenizer), whole), "it did not come back"
        with interpolated(model, lab.track, share):
            merged = merge_adapter(model) if name == "lora" and share else model
            if share:
                weights[share] = {key: w.clone() for key, w in merged.state_dict().items()}
            else:
                untouched = models.load_model(lab.track.model)
                assert torch.equal(logits(model, tokenizer), logits(untouched, tokenizer))
    moved = 0
    for key, start in base.items():
        change = weights[1.0][key] - start
        assert torch.allclose(weights[0.25][key], start + 0.25 * change, atol=1e-6), key
        moved += not torch.equal(weights[0.25][key], start)
    assert moved > 10


def test_only_lora_is_kept_in_part(lab):
    ia3 = add_adapter(models.load_model(lab.track.model), IA3Config(task_type="SEQ_2_SEQ_LM"))
    with pytest.raises(LabError, match="IA3 cannot be kept in part, as LoRA can"):
        interpolate_adapter(ia3, 0.5)


@pytest.mark.parametrize(
    "file, spoil, message",
    [
        ("adapter_config.json", Path.unlink, "holds no adapter .no adapter_config.json"),
        ("adapter_config.json", lambda p: p.write_text("{"), "cannot be read as JSON"),
        ("adapter_model.safetensors", Path.unlink, "holds no adapter .no adapter_model.safetens"),
        ("adapter_model.safetensors", lambda p: os.truncate(p, 900), "damaged .* cut short"),
    ],
)
def test_a_folder_without_a_whole_adapter_is_refused(lab, model, tmp_path, file, spoil, message):
    folder = shutil.copytree(lab.runs["lora"].model_folder, tmp_path / "adapter")
    spoil(folder / file)
    with pytest.raises(LabError, match=message) as caught:
        load_adapter(model, folder)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("other", ["of the same shape", "wider but of the same name"])
def test_an_adapter_of_another_base_is_refused_with_both_names(lab, tokenizer, tmp_path, other):
    from transformers import T5Config, T5ForConditionalGeneration

    folder = lab.runs["lora"].model_folder
    trained_on = json.loads((folder / "adapter_config.json").read_text())["base_model_name_or_path"]
    base = tmp_path / (Path(trained_on).name if other.startswith("wider") else "another")
    if other.startswith("wider"):
        wider = random_t5(T5Config, T5ForConditionalGeneration, width=48)
        models.save_model(wider, tokenizer, base)
    else:
        shutil.copytree(lab.track.model, base)
    with pytest.raises(LabError, match="does not fit") as caught:
        load_adapter(models.load_model(base), folder)
    assert trained_on in str(caught.value) and str(base) in str(caught.value)


def test_a_prompt_is_no_part_of_the_weights_and_cannot_be_merged(base):
    config = PromptTuningConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=2)
    with pytest.raises(LabError, match="prompt or prefix cannot be merged"):
        merge_adapter(add_adapter(models.load_model(base), config))
