"""Training: the right loss, the same numbers for a seed, and nothing lost when it is killed."""

import errno
import os
from dataclasses import replace
from importlib.metadata import version

import pytest
import torch
from conftest import KOREAN, MARKUP, chat_rows, made

from labutils import models, summarization, training
from labutils.adapters import add_adapter
from labutils.common.errors import LabError
from labutils.data import load_dialogues
from labutils.evaluation.rouge import rouge_scores
from labutils.prompts import DEFAULT_TEMPLATE, build_prompt, fit_prompt
from labutils.settings import LoraSettings, TrainingSettings

ROWS = chat_rows("train")[:12]
SETTINGS = TrainingSettings(epochs=2, batch_size=4, learning_rate=1e-2, validations=3)
STEPS = 6  # of SETTINGS on ROWS, with a validation after steps 2, 4 and 6


def encode(tokenizer, rows=ROWS, **limits):
    columns = {name: [row[name] for row in rows] for name in ("dialogue", "summary")}
    return training.encode_examples(columns, tokenizer, **limits)


@pytest.fixture(scope="session")
def examples(tokenizer):
    return encode(tokenizer, max_prompt_tokens=128)


@pytest.fixture
def train(base, tokenizer, examples, tmp_path):
    """Train a fresh model into a folder; returns it with what `fine_tune` returned."""

    def run(folder=tmp_path / "run", settings=SETTINGS, **options):
        model = models.load_model(base)
        evaluation = examples.select(range(4))
        result = training.fine_tune(
            model, tokenizer, examples, evaluation, settings, folder, **options
        )
        return model, result

    return run


class Killed(Exception):
    """As if Colab had taken the machine away."""


def kill_at(step):
    def watch(history):
        if history and history[-1]["step"] == step and "loss" in history[-1]:
            raise Killed

    return watch


def poison_at(model, step):
    """Turn a weight to NaN as soon as the loss of a step is known."""

    def watch(history):
        if history and history[-1]["step"] == step:
            model.lm_head.weight.data[0, 0] = float("nan")

    return watch


@pytest.mark.parametrize("limit", [512, 96])
def test_training_reads_the_prompt_that_evaluation_reads(tokenizer, limit):
    texts = [ROWS[0]["dialogue"], ROWS[1]["dialogue"] * 20, KOREAN, MARKUP * 50]
    rows = [{"dialogue": text, "summary": "s"} for text in texts]
    for text, ids in zip(texts, encode(tokenizer, rows, max_prompt_tokens=limit)["input_ids"]):
        prompt = fit_prompt(text, tokenizer, max_tokens=limit)
        assert ids == tokenizer(prompt)["input_ids"] and len(ids) <= limit
    decoded = tokenizer.decode(
        encode(tokenizer, rows[:1])["input_ids"][0], skip_special_tokens=True
    )
    assert decoded == build_prompt(texts[0])


@pytest.mark.parametrize("limit", [128, 8])
def test_a_model_learns_where_a_summary_ends(tokenizer, limit):
    for labels in encode(tokenizer, max_summary_tokens=limit)["labels"]:
        assert labels[-1] == tokenizer.eos_token_id and len(labels) <= limit


def test_pads_never_enter_the_loss(model, tokenizer):
    rows = [{"dialogue": "#Person1#: Hi.", "summary": text} for text in ("Hi.", "A b c d e. " * 6)]
    encoded, collate = encode(tokenizer, rows), training.batch_examples(tokenizer)
    both = collate([encoded[0], encoded[1]])
    short = len(encoded[0]["labels"])
    assert set(both["labels"][0, short:].tolist()) == {-100}
    assert both["attention_mask"].sum(1).tolist() == [len(row["input_ids"]) for row in encoded]
    with torch.no_grad():
        single = [model(**collate([row])).loss for row in encoded]
        together = model(**both).loss
    sizes = torch.tensor([float(len(row["labels"])) for row in encoded])
    assert together.item() == pytest.approx((torch.stack(single) @ sizes / sizes.sum()).item())


def test_the_same_seed_gives_the_same_numbers(train, tmp_path):
    one, two, three = (
        train(tmp_path / name, TrainingSettings(**{**vars(SETTINGS), "seed": seed}))
        for name, seed in (("one", 1), ("two", 1), ("three", 2))
    )
    assert one[1]["history"] == two[1]["history"] != three[1]["history"]
    for name, tensor in one[0].state_dict().items():
        assert torch.equal(two[0].state_dict()[name], tensor), name


@pytest.mark.parametrize("method", ["full", "lora"])
def test_checkpointing_computes_layers_twice_and_changes_no_number(
    base, tokenizer, examples, tmp_path, method
):
    histories, calls = [], []
    for checkpointing in (False, True):
        torch.manual_seed(1)
        model = models.load_model(base)
        attention = model.encoder.block[0].layer[0]
        trained = model if method == "full" else add_adapter(model, LoraSettings())
        attention.register_forward_pre_hook(lambda layer, *_: calls.append(layer.training))
        result = training.fine_tune(
            trained,
            tokenizer,
            examples,
            examples.select(range(4)),
            replace(SETTINGS, checkpointing=checkpointing),
            tmp_path / str(checkpointing),
        )
        histories.append(result["history"])
        assert sum(calls) == STEPS * (1 + checkpointing)
        calls.clear()
    kept, computed_again = ([entry["loss"] for entry in history] for history in histories)
    assert computed_again == pytest.approx(kept, rel=1e-5)


@pytest.mark.parametrize("name", ["full", "lora"])
def test_a_system_comes_out_the_same_whatever_ran_before_it(lab, monkeypatch, tmp_path, name):
    monkeypatch.setenv("LAB_ARTIFACTS", str(tmp_path / "elsewhere"))
    torch.manual_seed(99)
    again, first = made(name, lab.track), lab.runs[name]
    assert again.folder != first.folder and again.predictions == first.predictions
    assert again.record["history"] == first.record["history"]


def test_zero_shot_is_the_same_before_and_after_trainings_in_the_process(
    lab, monkeypatch, tmp_path
):
    """A baseline that shares its model with a training is corrupted by it."""
    before = lab.runs["zero-shot"].predictions
    assert before != lab.runs["full"].predictions != lab.runs["lora"].predictions != before
    monkeypatch.setenv("LAB_ARTIFACTS", str(tmp_path / "elsewhere"))
    assert made("zero-shot", lab.track).predictions == before
    made("full", lab.track)
    # A folder of its own: in this one the baseline above would be loaded.
    monkeypatch.setenv("LAB_ARTIFACTS", str(tmp_path / "afterwards"))
    assert made("zero-shot", lab.track).predictions == before


def test_each_test_dialogue_is_summarized_once_and_scored_against_all_references(
    lab, monkeypatch, tmp_path
):
    asked, summarize = [], summarization.summarize
    monkeypatch.setattr(
        summarization,
        "summarize",
        lambda *args, **kw: asked.extend(args[3]) or summarize(*args, **kw),
    )
    monkeypatch.setenv("LAB_ARTIFACTS", str(tmp_path / "elsewhere"))
    run, test = made("zero-shot", lab.track), load_dialogues(lab.track)["test"]
    assert len(asked) == len(set(asked)) == len(test) == len(run.predictions)
    assert all(dialogue in prompt for dialogue, prompt in zip(test["dialogue"], asked))
    expected = rouge_scores(run.predictions, test["references"])
    assert run.scores[["rouge1", "rougeL"]].to_numpy() == pytest.approx(
        expected[["rouge1", "rougeL"]].to_numpy()
    )
    assert run.record["rouge"]["rouge1"]["mean"] == pytest.approx(expected["rouge1"].mean())
    first = rouge_scores(run.predictions, [texts[:1] for texts in test["references"]])
    assert first["rouge1"].mean() != pytest.approx(expected["rouge1"].mean())
    assert run.record["settings"]["template"] == DEFAULT_TEMPLATE and run.record["seed"] == 42
    assert run.record["versions"]["transformers"] == version("transformers")


def test_a_trained_model_is_ready_to_generate_and_its_result_complete(train, tmp_path):
    seen = []
    model, result = train(watch=lambda history: seen.append(history[-1]["step"]))
    assert not model.training and model.config.use_cache
    assert sorted(set(seen)) == [entry["step"] for entry in result["history"]]
    assert [e["step"] for e in result["history"] if "loss" in e] == list(range(1, STEPS + 1))
    assert [e["step"] for e in result["history"] if "validation_loss" in e] == [2, 4, 6]
    assert {name: result[name] for name in ("steps", "resumed_from_step")} == {
        "steps": STEPS,
        "resumed_from_step": 0,
    }
    total = models.parameter_counts(model)[1]
    assert result["trainable_parameters"] == result["total_parameters"] == total
    assert result["seconds"] > 0 and result["peak_memory_mib"] > 50
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_the_checkpoint_with_the_best_rouge_is_kept_not_the_last(train):
    weights, scores = [], iter([0.1, 0.9, 0.2])

    def validate(model):
        weights.append(model.lm_head.weight.detach().clone())
        return {"rougeL": next(scores)}

    model, result = train(validate=validate)
    assert [e["rougeL"] for e in result["history"] if "rougeL" in e] == [0.1, 0.9, 0.2]
    assert torch.equal(model.lm_head.weight, weights[1])
    assert not torch.equal(weights[1], weights[2])


def test_the_last_checkpoint_is_kept_where_trainings_must_be_equally_long(train):
    weights, scores = [], iter([0.9, 0.5, 0.2])

    def validate(model):
        weights.append(model.lm_head.weight.detach().clone())
        return {"ratings": next(scores)}

    model, result = train(validate=validate, keep_best=False)
    assert [e["ratings"] for e in result["history"] if "ratings" in e] == [0.9, 0.5, 0.2]
    assert torch.equal(model.lm_head.weight, weights[2])
    assert {"step", "validation_loss", "ratings", "loss"} >= set(result["history"][-1])


def test_a_killed_training_resumes_and_ends_as_if_it_had_never_been_killed(train, tmp_path):
    whole = train(tmp_path / "whole")
    with pytest.raises(Killed):
        train(watch=kill_at(5))
    logged = []
    model, result = train(watch=lambda history: logged.append(history[-1]["step"]))
    assert min(logged) == 5  # steps 1 to 4 were not trained again
    assert result["resumed_from_step"] == 4 and result["steps"] == STEPS
    assert result["history"] == whole[1]["history"]
    assert torch.equal(model.lm_head.weight, whole[0].lm_head.weight)


@pytest.mark.parametrize("file", ["model.safetensors", "trainer_state.json"])
def test_a_newest_checkpoint_cut_short_falls_back_to_the_one_before(train, tmp_path, file):
    with pytest.raises(Killed):
        train(watch=kill_at(5))
    os.truncate(tmp_path / "run" / "checkpoints" / "checkpoint-4" / file, 400)
    _, result = train()
    assert result["resumed_from_step"] == 2 and result["steps"] == STEPS
    assert [e["step"] for e in result["history"] if "loss" in e] == list(range(1, STEPS + 1))


@pytest.mark.parametrize("poisoned, noticed, kept", [(3, 4, 2), (6, 6, 4)])
def test_a_loss_that_turns_nan_stops_with_its_step_and_keeps_checkpoints(
    base, tokenizer, examples, tmp_path, poisoned, noticed, kept
):
    """In the middle it shows in the next training loss, at the end only in the validation."""
    model = models.load_model(base)
    with pytest.raises(LabError, match=f"nan at step {noticed}.*learning rate"):
        training.fine_tune(
            model,
            tokenizer,
            examples,
            examples.select(range(4)),
            SETTINGS,
            tmp_path / "run",
            watch=poison_at(model, poisoned),
        )
    last = models.last_whole_checkpoint(tmp_path / "run" / "checkpoints")
    assert last.name == f"checkpoint-{kept}"
    assert not (tmp_path / "run" / "model").exists()


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_batch_in_parts_is_the_same_step_as_a_batch_at_once(
    base, tokenizer, examples, tmp_path, method
):
    """With the Trainer's own accumulation it is not: short parts count as much as long ones, and
    transformers 5 adds up T5's losses instead of averaging them."""
    assert len({len(ids) for ids in examples["labels"]}) > 3  # or else any weights would do

    def first_step(**batches):
        torch.manual_seed(1)
        model = models.load_model(base, dropout=0)
        if method == "lora":
            model = add_adapter(model, LoraSettings(rank=2, dropout=0.0, targets=("q", "wo")))
        gradients = {}
        for name, weight in model.named_parameters():
            if weight.requires_grad:
                weight.register_post_accumulate_grad_hook(
                    lambda weight, name=name: gradients.update({name: weight.grad.clone()})
                )
        settings = replace(SETTINGS, epochs=1, dropout=0.0, validations=1, **batches)
        folder = tmp_path / str(batches["accumulation"])
        result = training.fine_tune(model, tokenizer, examples, examples, settings, folder)
        return result["history"][0]["loss"], gradients

    whole, parts = (first_step(batch_size=12 // count, accumulation=count) for count in (1, 3))
    assert parts[0] == pytest.approx(whole[0], rel=1e-5)
    assert set(parts[1]) == set(whole[1])
    for name, gradient in whole[1].items():
        assert torch.allclose(parts[1][name], gradient, rtol=1e-3, atol=1e-6), name


def test_a_finished_model_is_never_trained_over(train):
    train()
    with pytest.raises(LabError, match="already holds a trained model"):
        train()


@pytest.mark.parametrize("method", ["save_pretrained", "_save_optimizer_and_scheduler"])
def test_a_full_disk_while_saving_loses_no_finished_step(monkeypatch, train, tmp_path, method):
    """At a checkpoint (torch.save has its own kind of error) and at the very end."""
    from transformers import PreTrainedModel, Trainer

    target, saved = {"save_pretrained": PreTrainedModel}.get(method, Trainer), []
    save = getattr(target, method)

    def fill_up(self, *args, **options):
        saved.append(method)
        if method == "save_pretrained" and str(args[0]).endswith("unfinished"):
            raise OSError(errno.ENOSPC, "No space left on device")
        if method != "save_pretrained" and len(saved) == 3:
            raise RuntimeError("[enforce fail] PytorchStreamWriter failed writing file data/1")
        return save(self, *args, **options)

    with monkeypatch.context() as patch, pytest.raises(LabError, match="Free some space"):
        patch.setattr(target, method, fill_up)
        train()
    _, result = train()
    assert result["resumed_from_step"] == (6 if method == "save_pretrained" else 4)
    assert result["steps"] == STEPS and (tmp_path / "run" / "model").is_dir()
