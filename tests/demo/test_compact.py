"""Weights in few bytes: close to what was trained, small, and refused when damaged."""

import json
from pathlib import Path

import pytest
import torch
from conftest import random_t5
from safetensors.torch import load_file

from labutils.adapters import load_adapter
from labutils.common.errors import LabError
from labutils.demo import compact
from labutils.models import load_model, weights_mib


@pytest.fixture
def tuned(base):
    """The base with a small change in every weight."""
    torch.manual_seed(0)
    model = load_model(base)
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.01 * torch.randn_like(weight)
    return model


def test_a_rounded_change_is_within_half_a_step_of_its_row(tmp_path):
    change = torch.randn(5, 40) * torch.tensor([1e-6, 1e-3, 1, 100, 0]).unsqueeze(1)
    values, scales = compact.rounded(change)
    assert values.dtype == torch.int8 and scales.shape == (5, 1)
    assert ((values * scales - change).abs() <= 0.5001 * scales).all()
    assert values[:4].abs().amax(dim=1).tolist() == [127] * 4 and not values[4].any()


def test_a_difference_brings_the_tuned_model_back_in_a_quarter_of_the_bytes(base, tuned, tmp_path):
    path = tmp_path / "full.safetensors"
    compact.write_difference(load_model(base), tuned, path)
    found = dict(compact.add_difference(load_model(base), path).named_parameters())
    for name, weight in tuned.named_parameters():
        assert (found[name] - weight).abs().max() < 0.01 * 5 / 127, name
    assert path.stat().st_size < 0.4 * 2**20 * weights_mib(base)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_difference_for_another_model_or_a_damaged_one_is_refused(base, tuned, tmp_path):
    from transformers import T5Config, T5ForConditionalGeneration

    path = tmp_path / "full.safetensors"
    compact.write_difference(load_model(base), tuned, path)
    other = random_t5(T5Config, T5ForConditionalGeneration, width=64)
    with pytest.raises(LabError, match="made for another base"):
        compact.add_difference(other, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(LabError, match="cannot be read.*cut short"):
        compact.add_difference(load_model(base), path)
    with pytest.raises(LabError, match="missing"):
        compact.add_difference(load_model(base), tmp_path / "nowhere.safetensors")


def test_a_shrunk_adapter_is_half_as_large_and_names_no_folder(lab, base, tmp_path):
    folder = lab.runs["lora"].model_folder
    moved = f"data/{Path(base).name}"
    compact.shrink_adapter(folder, tmp_path / "small", moved)
    assert weights_mib(tmp_path / "small") < 0.6 * weights_mib(folder)
    config = json.loads((tmp_path / "small" / compact.CONFIG).read_text("utf-8"))
    assert config["base_model_name_or_path"] == moved
    assert list(config) == compact.CONFIG_KEYS
    kinds = {one.dtype for one in load_file(tmp_path / "small" / compact.ADAPTER).values()}
    assert kinds == {torch.float16}
    inputs = dict(input_ids=torch.tensor([[5, 6, 7, 1]]), decoder_input_ids=torch.tensor([[0]]))
    with torch.inference_mode():
        exact, small = (
            load_adapter(load_model(base), source)(**inputs).logits
            for source in (folder, tmp_path / "small")
        )
    assert torch.allclose(exact, small, atol=0.05)
