"""The planner: its memory is what a real step takes, its counts are FLAN-T5's, its advice holds."""

import json
import os
import subprocess
import sys
from dataclasses import astuple, replace

import pytest
from transformers import BartConfig

from labutils import dry_run, planning, tracks
from labutils.__main__ import main
from labutils.common.errors import LabError
from labutils.dry_run import played_step
from labutils.settings import LoraSettings, TrainingSettings
from labutils.views import plans

LORA = LoraSettings(rank=32, alpha=32, targets=("q", "v"))
SHAPE = dict(prompt_tokens=40, label_tokens=8)

REAL_STEPS = """
import resource, sys
import psutil, torch
from transformers import AutoModelForSeq2SeqLM
from labutils.planning import shape_of

rows, prompt_tokens, label_tokens = map(int, sys.argv[1:])
before = psutil.Process().memory_info().rss / 2**20
model = AutoModelForSeq2SeqLM.from_config(
    shape_of("google/flan-t5-small"), attn_implementation="eager").train()
model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
optimizer = torch.optim.AdamW(model.parameters(), fused=True)
prompts = torch.ones(rows, prompt_tokens, dtype=torch.long)
for step in range(2):
    labels = torch.ones(rows, label_tokens, dtype=torch.long)
    for accumulated in range(2):
        model(prompts, torch.ones_like(prompts), labels=labels).loss.backward()
    optimizer.step()
    optimizer.zero_grad()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10 - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is told and given back so")
def test_the_counted_memory_is_within_15_percent_of_what_a_real_training_takes():
    """flan-t5-small's shape, fp32, on this CPU: resident memory of a process that trains it."""
    rows, shape = 6, dict(prompt_tokens=200, label_tokens=30)
    # Freed blocks go back at once, so that resident memory is what is in use.
    eager = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "0"}
    done = subprocess.run(
        [sys.executable, "-c", REAL_STEPS, str(rows), *map(str, shape.values())],
        env={**os.environ, **eager, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    measured = float(done.stdout)
    counted = played_step(planning.shape_of("google/flan-t5-small"), rows, **shape).peak_mib
    assert counted == pytest.approx(measured, rel=0.15)


@pytest.mark.parametrize(
    "options", [{}, dict(precision="bf16", checkpointing=True), dict(lora=LORA, four_bit=True)]
)
def test_a_few_layers_tell_what_many_take(monkeypatch, options):
    config = planning.shape_of("google/flan-t5-small")
    few = played_step(config, 2, **SHAPE, **options)
    monkeypatch.setattr(dry_run, "FEW_LAYERS", (99,))
    assert astuple(few) == pytest.approx(astuple(played_step(config, 2, **SHAPE, **options)), 0.02)


def test_flan_t5s_parameters_and_arithmetic_are_those_that_are_known():
    """Sizes from its card; 0.13 TFLOP an example of DialogSum; LoRA of the well-known lab."""
    config = planning.shape_of("google/flan-t5-base")
    full = played_step(config, 1, **planning.MEAN_LENGTHS)
    assert full.total_parameters == full.trainable_parameters == 247_577_856
    assert full.tflop == pytest.approx(0.132, abs=0.001)
    lora = played_step(config, 1, **SHAPE, lora=LORA)
    assert (lora.trainable_parameters, lora.total_parameters) == (3_538_944, 251_116_800)


def test_bf16_checkpointing_and_lora_each_save_memory(monkeypatch):
    monkeypatch.setitem(planning.SHAPES, "google/flan-t5-small", (512, 1024, 2, 6))
    config = planning.shape_of("google/flan-t5-small")
    shape = dict(prompt_tokens=256, label_tokens=32)
    plain = played_step(config, 4, **shape)
    assert played_step(config, 4, **shape, precision="bf16").peak_mib < plain.peak_mib
    again = played_step(config, 4, **shape, checkpointing=True)
    assert again.peak_mib < plain.peak_mib and again.tflop > 1.2 * plain.tflop
    lora = played_step(config, 4, **shape, lora=LORA)
    # Frozen weights need neither gradients nor AdamW's averages.
    assert plain.state_mib > 2.3 * lora.state_mib
    assert lora.peak_mib < plain.peak_mib


def test_qlora_keeps_the_layers_that_it_quantizes_in_about_4_bits(monkeypatch):
    monkeypatch.setitem(planning.SHAPES, "google/flan-t5-small", (512, 1024, 2, 6))
    config = planning.shape_of("google/flan-t5-small")
    lora = played_step(config, 2, **SHAPE, lora=LORA)
    packed = played_step(config, 2, **SHAPE, lora=LORA, four_bit=True, checkpointing=True)
    # q, k, v, o of 2 + 4 attentions (6 heads of 64), wi_0 and wi_1 of 4 feed-forward layers.
    quantized = 6 * 4 * 512 * 384 + 4 * 2 * 512 * 1024
    saved = quantized * (32 - planning.FOUR_BITS) / 8 / 2**20
    assert lora.state_mib - packed.state_mib == pytest.approx(saved, rel=0.001)
    assert packed.total_parameters == lora.total_parameters
    assert packed.trainable_parameters == lora.trainable_parameters
    assert planning.FOUR_BITS == pytest.approx(4.127, abs=0.001)


@pytest.mark.parametrize("method", planning.METHODS)
def test_what_is_held_by_arithmetic_is_what_the_played_step_holds(monkeypatch, method):
    monkeypatch.setitem(planning.SHAPES, "google/flan-t5-small", (512, 1024, 2, 6))
    held = planning.held_memory("google/flan-t5-small", method)
    options = {} if method == "full" else dict(lora=LORA, four_bit=method == "qlora")
    step = played_step(planning.shape_of("google/flan-t5-small"), 1, **SHAPE, **options)
    state = sum(held.values()) - held["gradients"]  # which are gone after a step
    assert state * 1024 == pytest.approx(step.state_mib, rel=0.001)
    assert held["gradients"] == held["trained weights"] == held["AdamW's averages"] / 2


def test_what_is_held_is_known_for_flan_t5_xl():
    """2.85 billion parameters: 16 bytes each in full tuning, 4 where they are frozen."""
    full, lora, qlora = (sum(planning.held_memory("google/flan-t5-xl", method).values())
                         for method in planning.METHODS)  # fmt: skip
    assert full == pytest.approx(2_849_757_184 * 16 / 2**30)
    assert full / 4 < lora < 1.04 * full / 4
    assert 3 < qlora < lora / 2


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("kind", ["t5", "mt5"])
def test_a_head_is_counted_where_the_model_has_one_of_its_own(kind, tied, tmp_path):
    """mT5 has one, like FLAN-T5; t5-small, of the first version, has the embedding itself."""
    sizes = dict(vocab_size=600, d_model=64, d_ff=128, num_layers=1, num_heads=2, d_kv=32)
    told = {"model_type": kind, "tie_word_embeddings": tied, "decoder_start_token_id": 0} | sizes
    (tmp_path / "config.json").write_text(json.dumps(told))
    config = planning.shape_of(tmp_path)
    counted = played_step(config, 1, **SHAPE).total_parameters
    blocks = counted - (1 if tied else 2) * 600 * 64  # but for the embedding and the head
    assert blocks == {"t5": 82_496, "mt5": 98_880}[kind]
    held = planning.held_memory(tmp_path, "full")["trained weights"]
    assert held * 2**30 / 4 == pytest.approx(counted)


def test_gpus_that_cannot_share_a_step_evenly_take_a_pass_more(tiny_shape):
    found = planning.plan(tiny_shape, "full", planning.CARDS["A100"], gpus=3)
    assert found.gpus * found.batch_size * found.accumulation >= 32 > found.gpus * found.batch_size


@pytest.fixture
def tiny_shape(monkeypatch):
    """A small model under a known name, so that a plan takes no time."""
    monkeypatch.setitem(planning.SHAPES, "google/flan-t5-small", (64, 128, 1, 2))
    return "google/flan-t5-small"


def test_less_memory_means_smaller_batches_then_checkpointing_then_no(tiny_shape):
    ways = []
    for memory in (20, 0.2, 0.1, 0.01):
        found = planning.plan(tiny_shape, "full", planning.Card(memory, "fp32", 0))
        assert found.fits == (found.peak_memory_mib <= memory * 1024 * 0.92)
        assert found.batch_size * found.accumulation == 32
        ways.append((found.fits, found.checkpointing, -found.batch_size))
    assert ways[0] == (True, False, -16) and ways[-1] == (False, True, -1)
    assert [fits for fits, *_ in ways] == sorted((fits for fits, *_ in ways), reverse=True)
    assert len({way[1:] for way in ways}) >= 3


def test_sharded_over_gpus_each_holds_less_and_the_step_stays_the_same(tiny_shape):
    plans = [planning.plan(tiny_shape, "full", planning.CARDS["L4"], gpus=n) for n in (1, 2, 8)]
    assert [found.gpus for found in plans] == [1, 2, 8]
    assert [found.gpus * found.batch_size * found.accumulation for found in plans] == [32] * 3
    assert plans[0].epoch_seconds == pytest.approx(8 * plans[2].epoch_seconds, abs=1)
    for gpus, told in ((0, "at least 1"), (2, "quantized base cannot be sharded")):
        with pytest.raises(LabError, match=told):
            planning.plan(tiny_shape, "qlora", planning.CARDS["L4"], gpus=gpus)


@pytest.mark.parametrize("name", ["T4", "L4", "A100"])
def test_flans_settings_are_what_the_plan_finds_room_for(name, monkeypatch):
    card = planning.CARDS[name]
    monkeypatch.setattr(tracks, "gpu_memory_gib", lambda device: card.memory_gib)
    monkeypatch.setattr(tracks, "precision_of", lambda device: card.precision)
    flan = tracks.flan_track("cuda")
    for method in (flan.full, flan.lora):
        recipe, found = method.recipe, planning.plan(flan.model, method.name, card)
        assert (recipe.batch_size, recipe.accumulation) == (found.batch_size, found.accumulation)
        assert recipe.precision == found.precision and found.fits and not found.checkpointing


def test_flan_t5_xl_is_trained_whole_on_two_a100_and_not_on_one():
    """Its state, 42.5 GiB with the gradients, is divided; a validation gathers the weights."""
    one, two = (
        planning.plan("google/flan-t5-xl", "full", planning.CARDS["A100"], gpus=gpus)
        for gpus in (1, 2)
    )
    assert not one.fits and two.fits
    held = sum(planning.held_memory("google/flan-t5-xl", "full").values()) * 1024
    assert held < one.peak_memory_mib and held / 2 < two.peak_memory_mib < held


def test_a_sharded_training_is_cut_so_that_it_fits_at_once(tiny_shape, monkeypatch):
    recipe = TrainingSettings(batch_size=16, accumulation=2)
    whole = planning.fitted(recipe, tiny_shape, None, "cuda", 1)
    assert whole is recipe is planning.fitted(recipe, tiny_shape, None, "cpu", 2)
    monkeypatch.setattr(planning, "card_of", lambda: planning.Card(0.15, "fp32", 0))
    fitted = planning.fitted(recipe, tiny_shape, None, "cuda", 2)
    assert fitted.effective_batch == 32
    assert fitted.checkpointing or fitted.batch_size < 16
    monkeypatch.setattr(planning, "card_of", lambda: planning.Card(0.001, "fp32", 0))
    with pytest.raises(LabError, match="does not fit into 2 GPUs of 0.0 GiB, even sharded"):
        planning.fitted(recipe, tiny_shape, LORA, "cuda", 2)


def test_a_t4_computes_in_fp32_and_an_epochs_time_follows_from_its_peak(tiny_shape):
    found = planning.plan(tiny_shape, "lora", planning.card_of("15GiB"))
    assert found.precision == "fp32" and planning.card_of("15GiB") == planning.card_of("t4")
    assert found.epoch_seconds == pytest.approx(
        12_460 * found.tflop_an_example / (8.1 * 0.5), abs=1
    )
    assert planning.plan(tiny_shape, "lora", planning.card_of("24")).epoch_seconds is None


@pytest.mark.parametrize("text", ["V9", "", "-3GiB", "0", "nan"])
def test_an_unknown_card_is_named_with_what_can_be_said_instead(text):
    with pytest.raises(LabError, match="GPU"):
        planning.card_of(text)


def test_an_unknown_model_or_method_is_named(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(LabError, match="no/such.*flan-t5-small"):
        planning.plan("no/such", "full", planning.CARDS["T4"])
    with pytest.raises(LabError, match="prefix.*full, lora, qlora"):
        planning.plan("google/flan-t5-small", "prefix", planning.CARDS["T4"])


def test_the_command_tells_what_fits_and_fails_where_nothing_does(tiny_shape, capsys):
    main(["plan", "--model", tiny_shape, "--method", "lora", "--gpu", "T4"])
    text = capsys.readouterr().out
    assert "fits: batch 16 x 2 accumulated, fp32" in text and "of 14.74 (T4)" in text
    assert "an epoch" in text
    main(["plan", "--model", tiny_shape, "--gpu", "T4", "--gpus", "2"])
    assert "of 14.74 (T4) on each of 2 GPUs (FSDP)" in capsys.readouterr().out
    main(["plan", "--model", tiny_shape, "--gpu", "H100", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["precision"] == "bf16" and found["fits"] is True
    main(["plan", "--model", tiny_shape, "--gpu", "16GB"])
    text = capsys.readouterr().out
    assert "bf16; needs" in text and text.endswith(": --gpu 16GiB:fp32\n")
    for known in ("16GiB:fp32", "T4", "40"):
        main(["plan", "--model", tiny_shape, "--gpu", known])
        text = capsys.readouterr().out
        assert "assumed" not in text and (known == "40" or "fp32; needs" in text)
    assert planning.card_of("40:fp32") == planning.Card(40, "fp32", 0)
    with pytest.raises(SystemExit) as ended:
        main(["plan", "--model", tiny_shape, "--gpu", "0.01GiB"])
    text = capsys.readouterr().out
    assert ended.value.code == 1 and "does NOT fit" in text and "of 0.01\n" in text


def test_the_table_as_json_holds_the_plans(tiny_shape, monkeypatch, capsys):
    monkeypatch.setattr(planning, "SHAPES", {tiny_shape: planning.SHAPES[tiny_shape]})
    main(["plan", "--table", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert list(found["flan-t5-small, lora"]) == list(planning.CARDS)
    assert found["flan-t5-small, lora"]["T4"]["precision"] == "fp32"


@pytest.mark.parametrize("option", ["--model=x/y", "--method=lora", "--gpu=T4", "--gpus=2"])
def test_the_table_takes_no_choice_that_it_would_ignore(option, error_of):
    assert "leave out --model" in error_of("plan", "--table", option)


def test_the_table_holds_every_size_method_and_card(tiny_shape, monkeypatch):
    monkeypatch.setattr(planning, "SHAPES", {tiny_shape: planning.SHAPES[tiny_shape]})
    table = plans.plan_table(planning.all_plans())
    assert list(table.index) == [
        "flan-t5-small, full",
        "flan-t5-small, lora",
        "flan-t5-small, qlora",
    ]
    assert list(table.columns) == list(planning.CARDS)
    assert table["T4"].str.startswith("16, ").all()


@pytest.mark.parametrize("seconds,text", [(4, "4 s"), (400, "7 min"), (9000, "2.5 h")])
def test_durations_are_said_as_a_person_would(seconds, text):
    assert plans.duration(seconds) == text


@pytest.mark.parametrize(
    "fields, cell, told",
    [
        ({}, "8, 1.0 GiB, 7 min", "8 rows a pass, 1.0 GiB, 7 min an epoch"),
        (
            dict(checkpointing=True, epoch_seconds=None),
            "8c, 1.0 GiB",
            "8 rows a pass with gradient checkpointing, 1.0 GiB",
        ),
        (dict(fits=False), "no: 1.0 GiB", "no: it needs 1.0 GiB"),
    ],
)
def test_a_plan_is_said_in_a_cell_and_aloud(fields, cell, told):
    found = planning.Plan(True, 1, 8, 4, "fp32", False, 1024.0, 10, 10, 0.1, 400.0)
    found = replace(found, **fields)
    assert (plans.plan_cell(found), plans.plan_told(found)) == (cell, told)


def test_a_model_without_t5s_layers_is_refused_its_lora_in_one_message(tmp_path):
    BartConfig(d_model=16, vocab_size=64).save_pretrained(tmp_path)
    with pytest.raises(LabError, match="has no layer named .*, where T5 gets its LoRA"):
        planning.plan(tmp_path, "lora", planning.card_of("A100"))
