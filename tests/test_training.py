"""Training: the right loss, the same numbers for a seed, and nothing lost when it is killed."""

import errno
import inspect
import os
import random
import shutil
from dataclasses import replace
from importlib.metadata import version
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
import torch
from conftest import KOREAN, MARKUP, ROOT, chat_rows, made, notebook_cell

from labutils import models, summarization, training
from labutils.adapters import add_adapter
from labutils.batching import batch_in_parts, padding_share
from labutils.common import checkpoints
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


class Killed(BaseException):
    """As if Colab had taken the machine away: nothing catches it."""


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

    model, result = train(validate=validate, best="rougeL")
    assert [e["rougeL"] for e in result["history"] if "rougeL" in e] == [0.1, 0.9, 0.2]
    assert torch.equal(model.lm_head.weight, weights[1])
    assert not torch.equal(weights[1], weights[2])


def test_the_last_checkpoint_is_kept_where_trainings_must_be_equally_long(train):
    weights, scores = [], iter([0.9, 0.5, 0.2])

    def validate(model):
        weights.append(model.lm_head.weight.detach().clone())
        return {"ratings": next(scores)}

    model, result = train(validate=validate, best=None)
    assert [e["ratings"] for e in result["history"] if "ratings" in e] == [0.9, 0.5, 0.2]
    assert torch.equal(model.lm_head.weight, weights[2])
    assert {"step", "validation_loss", "ratings", "loss"} >= set(result["history"][-1])


@pytest.mark.parametrize(
    "losses, patience, step",
    [
        ([3, 2, 1], 2, None),
        ([3, 1, 2, 2, 0.5], 2, 4),
        ([3, 1, 2, 0.9, 1, 1], 2, 6),
        ([3, 1, 1], 1, 3),
        ([3, 1, 2], 2, None),
    ],
)
def test_early_stopping_waits_for_a_lower_loss_and_then_stops(losses, patience, step):
    history = [{"step": 0, "loss": 9.0}]
    history += [{"step": i, "validation_loss": loss} for i, loss in enumerate(losses, 1)]
    assert training.early_stop(history, patience) == step


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


@pytest.mark.parametrize("file", [checkpoints.WEIGHTS, checkpoints.STATE])
def test_a_newest_checkpoint_cut_short_falls_back_to_the_one_before(train, tmp_path, file):
    whole = train(tmp_path / "whole")
    with pytest.raises(Killed):
        train(watch=kill_at(5))
    os.truncate(tmp_path / "run" / "checkpoints" / "step-4" / file, 400)
    _, result = train()
    assert result["resumed_from_step"] == 2 and result["steps"] == STEPS
    assert result["history"] == whole[1]["history"]
    assert files_of(tmp_path / "run") == files_of(tmp_path / "whole")


def test_a_checkpoint_cannot_be_chosen_by_a_score_that_nobody_gives(train):
    with pytest.raises(LabError, match="best is 'rougeL', and validate gives no score"):
        train(best="rougeL")
    with pytest.raises(LabError, match="best is 'rougeL', and validate gives rouge1"):
        train(validate=lambda model: {"rouge1": 0.5}, best="rougeL")


@pytest.mark.parametrize(
    "validations, poisoned, noticed, kept", [(3, 3, 4, 2), (2, 4, 5, 3), (3, 6, 6, 4)]
)
def test_a_loss_that_turns_nan_stops_with_its_step_and_keeps_checkpoints(
    base, tokenizer, examples, tmp_path, validations, poisoned, noticed, kept
):
    """In the middle it shows in the next training loss, at the end only in the validation."""
    model = models.load_model(base)
    with pytest.raises(LabError, match=f"nan at step {noticed}.*learning rate"):
        training.fine_tune(
            model,
            tokenizer,
            examples,
            examples.select(range(4)),
            replace(SETTINGS, validations=validations),
            tmp_path / "run",
            watch=poison_at(model, poisoned),
        )
    assert checkpoints.checkpoint_steps(tmp_path / "run" / "checkpoints")[-1] == kept
    assert not (tmp_path / "run" / "model").exists()


def test_a_loss_that_turns_nan_between_two_logs_spoils_no_checkpoint(
    base, tokenizer, examples, tmp_path, monkeypatch
):
    monkeypatch.setattr(training, "LOGS_A_RUN", 1)  # after step 6, validations after 2, 4 and 6
    model = models.load_model(base)
    with pytest.raises(LabError, match="training loss is nan at step 4"):
        training.fine_tune(
            model,
            tokenizer,
            examples,
            examples.select(range(4)),
            SETTINGS,
            tmp_path / "run",
            watch=poison_at(model, 2),
        )
    assert checkpoints.checkpoint_steps(tmp_path / "run" / "checkpoints") == [2]


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


TORCH_SAYS = [
    "[enforce fail] PytorchStreamWriter failed writing file data/1",
    "[enforce fail at inline_container.cc:672] . unexpected pos 11904512 vs 11904464",
]


@pytest.mark.parametrize("when", [*TORCH_SAYS, "model"])
def test_a_full_disk_while_saving_loses_no_finished_step(monkeypatch, train, tmp_path, when):
    """At a checkpoint (torch.save has its own kind of error) and at the very end."""
    from transformers import PreTrainedModel

    save, calls = torch.save, []

    def save_to_full_disk(*args, **options):
        calls.append(args)
        if len(calls) == 3:
            raise RuntimeError(when)
        return save(*args, **options)

    def save_model_to_full_disk(*args, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(LabError, match="Free some space"):
        if when in TORCH_SAYS:
            patch.setattr(torch, "save", save_to_full_disk)
        else:
            patch.setattr(PreTrainedModel, "save_pretrained", save_model_to_full_disk)
        train()
    _, result = train()
    assert result["resumed_from_step"] == (4 if when in TORCH_SAYS else 6)
    assert result["steps"] == STEPS and (tmp_path / "run" / "model").is_dir()


# --- The Trainer's numbers ---------------------------------------------------------------------


def plain_trainer(model, tokenizer, rows, settings, folder):
    """transformers' Seq2SeqTrainer as anybody would set it up, but for two things that change how
    sums are rounded: the order of the rows in a batch, and a cache that the Trainer switches off
    in the outer config only, so that T5's decoder fills it in training for nobody."""
    from transformers import DataCollatorForSeq2Seq, Seq2SeqTrainer, Seq2SeqTrainingArguments

    arguments = Seq2SeqTrainingArguments(
        output_dir=str(folder),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=2 * settings.batch_size,
        learning_rate=settings.learning_rate,
        warmup_steps=round(settings.warmup_share * training.total_steps(len(rows), settings)),
        weight_decay=settings.weight_decay,
        optim="adamw_torch_fused",
        bf16=settings.precision == "bf16",
        use_cpu=True,
        seed=settings.seed,
        logging_steps=1,
        save_strategy="no",
        disable_tqdm=True,
        report_to="none",
    )
    model.get_decoder().config.use_cache = False
    in_parts = batch_in_parts(DataCollatorForSeq2Seq(tokenizer), 1)
    return Seq2SeqTrainer(
        model=model,
        args=arguments,
        train_dataset=rows,
        data_collator=lambda rows: in_parts(rows)["parts"][0],
    )


@pytest.mark.parametrize(
    "method, precision", [("full", "fp32"), ("full", "bf16"), ("lora", "fp32")]
)
def test_the_loop_gives_the_trainers_losses_and_weights(
    base, tokenizer, examples, tmp_path, method, precision
):
    """Same rows in the same order, warm-up and decay, weight decay, clipping, fractional epochs."""
    settings = TrainingSettings(
        epochs=4.5,
        batch_size=4,
        learning_rate=1e-2,
        warmup_share=0.3,
        weight_decay=0.5,
        dropout=0.0,
        precision=precision,
        validations=1,
    )

    def start():
        torch.manual_seed(1)
        model = models.load_model(base, dropout=0.0)
        return add_adapter(model, LoraSettings(dropout=0.0)) if method == "lora" else model

    ours, theirs, norms = start(), start(), []
    trainer = plain_trainer(theirs, tokenizer, examples, settings, tmp_path / "trainer")
    trainer.train()
    clip = torch.nn.utils.clip_grad_norm_
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            torch.nn.utils, "clip_grad_norm_", lambda *a: norms.append(clip(*a)) or norms[-1]
        )
        result = training.fine_tune(
            ours, tokenizer, examples, examples.select(range(10)), settings, tmp_path / "ours"
        )
    assert result["steps"] == 14 and max(norms) > 2 * training.MAX_GRADIENT_NORM
    losses = [entry["loss"] for entry in result["history"]]
    logged = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    # Older releases of transformers round what they log.
    assert losses == pytest.approx(logged, abs=6e-5)
    expected = dict(theirs.named_parameters())
    for name, weight in ours.named_parameters():
        # Bit for bit on the machine where this was written.
        assert torch.allclose(weight, expected[name], rtol=1e-4, atol=1e-5), name
    held_out = trainer.evaluate(examples.select(range(10)))["eval_loss"]
    assert result["history"][-1]["validation_loss"] == pytest.approx(held_out, rel=1e-6)


def test_weight_decay_spares_what_the_trainer_spares(base, tokenizer, examples, tmp_path):
    model = models.load_model(base)
    optimizer, _ = training.optimizer_and_schedule(model, replace(SETTINGS, weight_decay=0.1), 9)
    trainer = plain_trainer(model, tokenizer, examples, SETTINGS, tmp_path)
    for ours, theirs in zip(optimizer.param_groups, trainer.create_optimizer().param_groups):
        assert {id(weight) for weight in ours["params"]} == {id(w) for w in theirs["params"]}
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.1, 0.0]
    assert all(group["params"] for group in optimizer.param_groups)


def test_an_epoch_takes_every_row_once_and_the_last_may_end_early():
    settings = replace(SETTINGS, epochs=2.4, batch_size=2, accumulation=2)
    steps = training.random_batches([1] * 10, settings)
    assert [len(rows) for rows in steps] == [4, 4, 2, 4, 4, 2, 4, 4]
    one, two = sum(steps[:3], []), sum(steps[3:6], [])
    assert sorted(one) == sorted(two) == list(range(10)) and one != two


def test_steps_of_like_length_take_every_row_once_in_an_order_that_is_not_by_length():
    settings = replace(SETTINGS, epochs=2, batch_size=2, accumulation=2, group_by_length=True)
    costs = np.random.default_rng(0).integers(50, 400, 402)
    steps = training.random_batches(costs, settings)
    first, second = steps[:101], steps[101:]
    assert sorted(sum(first, [])) == sorted(sum(second, [])) == list(range(402))
    assert first != second
    plain = training.random_batches(costs, replace(settings, group_by_length=False))
    assert padding_share(first, costs) < 0.1 < 0.3 < padding_share(plain[:101], costs)
    longest = [costs[rows].max() for rows in first]
    assert abs(np.corrcoef(longest, range(101))[0, 1]) < 0.3


def test_bf16_after_fp32_in_one_process_keeps_fp32_weights(base, tokenizer, examples, tmp_path):
    """Autocast of one training must not reach the next one."""
    losses = {}
    for precision in ("fp32", "bf16"):
        model, settings = models.load_model(base), replace(SETTINGS, precision=precision)
        result = training.fine_tune(
            model, tokenizer, examples, examples.select(range(4)), settings, tmp_path / precision
        )
        losses[precision] = [entry["loss"] for entry in result["history"]]
        assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert losses["bf16"] != losses["fp32"] == pytest.approx(losses["bf16"], rel=0.05)


def test_notebook_2_shows_the_loop_as_it_is():
    book = nbformat.read(ROOT / "notebooks" / "02_full_fine_tune.ipynb", as_version=4)
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    shown = "".join(output.get("text", "") for output in outputs)
    for function in (training.train_steps, training.add_gradients):
        assert inspect.getsource(function) in shown


def test_the_loop_fits_into_a_window_of_800_pixels_where_it_is_shown():
    """Longer lines are broken there, inside words."""
    for function in (training.train_steps, training.add_gradients):
        assert max(map(len, inspect.getsource(function).splitlines())) <= 84


def test_rows_from_a_file_and_a_saved_model_in_plain_transformers_are_the_labs(
    model, tokenizer, tmp_path
):
    """Notebook 2's cell for a project of one's own: load_dataset, map, train, save_pretrained."""
    from datasets import Dataset

    trained = []
    trainer = SimpleNamespace(remove_callback=lambda _: None, train=lambda: trained.append(1))
    names = {
        "track": SimpleNamespace(artifacts=tmp_path),
        "dialogues": {"train": Dataset.from_list(ROWS)},
        "tokens": tokenizer,
        "theirs": model,
        "Seq2SeqTrainer": lambda theirs, *_, train_dataset, **__: trainer,
        **dict.fromkeys(("arguments", "collate", "PrinterCallback")),
    }
    exec(notebook_cell("02_full_fine_tune", "PROMPT =").splitlines()[0], names)
    exec(notebook_cell("02_full_fine_tune", "load_dataset("), names)
    assert trained
    limits = dict(max_prompt_tokens=4096, max_summary_tokens=4096)  # the cell cuts nothing
    ours, theirs = encode(tokenizer, ROWS[:8], **limits), names["mine"]
    for column in ("input_ids", "attention_mask", "labels"):
        assert list(theirs[column]) == list(ours[column])
    again = models.load_model(tmp_path / "my_model")
    assert models.head_is_tied(again) == models.head_is_tied(model)
    for name, weight in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight)
    texts = [row["dialogue"] for row in ROWS]
    loaded = models.load_tokenizer(str(tmp_path / "my_model"))
    assert loaded(texts)["input_ids"] == tokenizer(texts)["input_ids"]


# --- Killed at any time ------------------------------------------------------------------------

LONG = TrainingSettings(
    epochs=2.5, batch_size=2, accumulation=2, learning_rate=1e-2, dropout=0.1, validations=4
)
LONG_STEPS = 8  # of LONG on ROWS, three an epoch, with a validation after every second one


def files_of(folder):
    """{path: bytes} of all that a training left, but for its times."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "training.json"
    }


@pytest.fixture(scope="module")
def resumable(base, tokenizer, examples, tmp_path_factory):
    """Train with dropout, and a validation that draws from Python's and NumPy's generators."""

    def run(folder, method):
        torch.manual_seed(1)
        model = models.load_model(base, dropout=LONG.dropout)
        if method == "lora":
            model = add_adapter(model, LoraSettings(rank=2, dropout=0.1))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(training, "LOGS_A_RUN", 2)  # so that steps 2 and 6 lie between two logs
            return training.fine_tune(
                model,
                tokenizer,
                examples,
                examples.select(range(4)),
                LONG,
                folder,
                validate=lambda _: {"python": random.random(), "numpy": np.random.random()},
                best="numpy",
            )

    folder = tmp_path_factory.mktemp("undisturbed")
    return run, {
        method: (run(folder / method, method), files_of(folder / method))
        for method in ("full", "lora")
    }


# Where it is killed: the place, and at which of its calls; and the step that it resumes from.
KILLS = {
    "in the first step": (training, "step_gradients", 1, 0),
    "before anything is kept": (training, "mean_loss", 1, 0),
    "while writing the first checkpoint": (checkpoints, "random_states", 1, 0),
    "in the middle of the second epoch": (training, "step_gradients", 6, 4),
    "in the third epoch": (training, "step_gradients", 8, 6),
    "while validating": (training, "mean_loss", 3, 4),
    "while writing a checkpoint": (checkpoints, "random_states", 3, 4),
    "while deleting a checkpoint": (shutil, "rmtree", 1, 6),
    "after the last step": (training, "mean_loss", 4, 6),
    "after the last checkpoint": (training, "parameter_counts", 1, 8),
    "before the model is saved": (training, "save_model", 1, 8),
}


@pytest.mark.parametrize("method", ["full", "lora"])
@pytest.mark.parametrize("place", KILLS)
def test_wherever_it_is_killed_it_ends_with_the_same_bytes(
    resumable, monkeypatch, tmp_path, place, method
):
    run, undisturbed = resumable
    module, name, which, step = KILLS[place]
    real, calls = getattr(module, name), []

    def kill(*args, **options):
        calls.append(args)
        if len(calls) == which:
            raise Killed
        return real(*args, **options)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(module, name, kill)
        run(tmp_path / "run", method)
    random.seed(99)
    np.random.seed(99)
    taken = []
    with monkeypatch.context() as patch:
        steps = training.train_steps
        patch.setattr(training, "train_steps", lambda *a: (taken.append(x) or x for x in steps(*a)))
        result = run(tmp_path / "run", method)
    expected, files = undisturbed[method]
    assert result["resumed_from_step"] == step and len(taken) == LONG_STEPS - step
    assert result["history"] == expected["history"] and result["steps"] == LONG_STEPS
    assert files_of(tmp_path / "run") == files  # the weights, and nothing left behind


def test_two_checkpoints_are_kept_the_newest_and_the_best_before_it(train, tmp_path):
    seen, scores = [], iter([0.5, 0.4, 0.3, 0.6, 0.2, 0.1])

    def validate(_):
        seen.append(checkpoints.checkpoint_steps(tmp_path / "run" / "checkpoints"))
        return {"rougeL": next(scores)}

    train(settings=replace(SETTINGS, validations=6), validate=validate, best="rougeL")
    assert seen == [[], [1], [1, 2], [1, 3], [1, 4], [4, 5]]


def test_a_checkpoint_of_an_adapter_holds_the_adapter_alone(resumable, monkeypatch, tmp_path):
    run, _ = resumable
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(training, "save_model", lambda *_: (_ for _ in ()).throw(Killed))
        run(tmp_path / "run", "lora")
    weights, state = checkpoints.load_checkpoint(tmp_path / "run" / "checkpoints")
    assert weights and all("lora_" in name for name in weights)
    assert len(state["optimizer"]["state"]) == len(weights)
