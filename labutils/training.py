"""Fine-tuning: labels without pads, few pads at all, the best checkpoint, resumable."""

import math
import shutil
from pathlib import Path

from labutils.batching import batch_in_parts
from labutils.common.cost import measure_cost, stage
from labutils.common.errors import LabError
from labutils.common.files import saving, write_json
from labutils.models import (
    checkpoint_activations,
    checkpoint_step,
    last_whole_checkpoint,
    parameter_counts,
    save_model,
)
from labutils.prompts import DEFAULT_TEMPLATE, fit_prompts

IGNORED = -100
"""The label that PyTorch's cross-entropy leaves out of the loss."""

COLUMNS = ("input_ids", "attention_mask", "labels")
LOGS_A_RUN = 40
TIMINGS = {f"eval_{name}" for name in ("runtime", "samples_per_second", "steps_per_second",
                                       "model_preparation_time")}  # fmt: skip
"""What the Trainer logs at a validation beside loss and scores."""


def encode_examples(
    rows,
    tokenizer,
    *,
    template=DEFAULT_TEMPLATE,
    max_prompt_tokens=512,
    max_summary_tokens=128,
):
    """(dialogue, summary) rows as a Dataset of input_ids (prompt tokens), attention_mask and
    labels (summary tokens, ending in </s>), each row as long as its own text.
    """
    from datasets import Dataset

    prompts = fit_prompts(
        list(rows["dialogue"]), tokenizer, template=template, max_tokens=max_prompt_tokens
    )
    return Dataset.from_dict(
        encode_pairs(prompts, list(rows["summary"]), tokenizer, max_summary_tokens)
    )


def encode_pairs(prompts, answers, tokenizer, max_answer_tokens):
    """{"input_ids", "attention_mask", "labels"} of texts, a list of token ids for each."""
    with stage("tokenizing"):
        encoded = tokenizer(prompts)
        targets = tokenizer(text_target=answers, max_length=max_answer_tokens, truncation=True)
    return {
        "input_ids": encoded["input_ids"],
        "attention_mask": encoded["attention_mask"],
        "labels": targets["input_ids"],
    }


def batch_examples(tokenizer):
    """The function that makes a batch: inputs and labels padded to the longest row of their own.

    Labels are padded with -100, which the loss leaves out; padded with the tokenizer's 0 instead
    they would teach the model to write pads.
    """
    from transformers import DataCollatorForSeq2Seq

    return DataCollatorForSeq2Seq(tokenizer, label_pad_token_id=IGNORED)


def fine_tune(
    model,
    tokenizer,
    train,
    validation,
    settings,
    folder,
    *,
    validate=None,
    score="rougeL",
    watch=None,
    device="cpu",
    keep_best=True,
):
    """Train a model (or the adapter on it) in place and save its best checkpoint, or the last.

    Run again with the same folder after a crash or a lost session, it goes on from the last
    checkpoint there.

    Args:
        model, tokenizer: a T5-like model, or a peft model around one; and its tokenizer.
        train, validation: datasets from `encode_examples`.
        settings: a TrainingSettings.
        folder: takes checkpoints/ while training, training.json and model/ at the end.
        validate: called as validate(model) at each validation, returns {name: score}. The
            checkpoint with the best one is kept; without it, that with the lowest loss.
        score: the name of that score.
        watch: called as watch(history) after each logged step, to draw a live curve.
        device: "cpu" or "cuda".
        keep_best: False keeps the last checkpoint instead, for trainings of equal length.

    Returns:
        A dict: history (a list of {"step", "loss"} and {"step", "validation_loss", scores...}),
        steps, resumed_from_step (0: from the start), seconds, peak_memory_mib,
        trainable_parameters, total_parameters. The model is left in eval mode with the best
        weights.

    Raises:
        LabError: the loss turned NaN or infinite, the disk is full, or the folder already holds a
            finished model.
    """
    folder = Path(folder)
    if (folder / "model").exists():
        raise LabError(f"{folder} already holds a trained model; load it, or train into another.")
    best = None if not keep_best else score if validate else "loss"
    data = train.select_columns(list(COLUMNS)), validation
    trainer = make_trainer(model, tokenizer, *data, settings, folder, validate, device, best)
    trainer.add_callback(_callback(settings, watch))
    checkpoint = last_whole_checkpoint(folder / "checkpoints")
    start = checkpoint_step(checkpoint) if checkpoint else 0
    trainable, total = parameter_counts(model)
    if checkpoint:
        print(f"Found a checkpoint of step {start}; going on from there.")
    with measure_cost(device) as cost, saving(folder):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    model.config.use_cache = True  # the Trainer switches it off, and leaves dropout on
    model.eval()
    result = {
        "history": training_history(trainer.state.log_history),
        "steps": trainer.state.global_step,
        "resumed_from_step": start,
        "seconds": round(cost.seconds, 2),
        "peak_memory_mib": round(cost.peak_memory_mib, 1),
        "trainable_parameters": trainable,
        "total_parameters": total,
    }
    write_json(folder / "training.json", result)
    save_model(model, tokenizer, folder / "model")
    shutil.rmtree(folder / "checkpoints")
    return result


def make_trainer(model, tokenizer, train, validation, settings, folder, validate, device, best):
    """The Seq2SeqTrainer behind `fine_tune`; `best` names the score of the checkpoint to keep."""
    from transformers import Seq2SeqTrainer, Seq2SeqTrainingArguments
    from transformers.trainer_callback import PrinterCallback

    class DialogueTrainer(Seq2SeqTrainer):
        """Seq2SeqTrainer, with batches in parts and generation scores at validation."""

        def get_train_dataloader(self):
            whole = self.data_collator
            self.data_collator = batch_in_parts(whole, settings.accumulation)
            try:
                return super().get_train_dataloader()
            finally:
                self.data_collator = whole

        def training_step(self, model, batch, *_):
            # Not the Trainer's own accumulation: it weighs batches alike, however few tokens they
            # hold, and with T5 and transformers 5 adds their losses up instead of averaging.
            model.train()
            loss = 0
            with stage("model"):
                for part, share in zip(batch["parts"], batch["shares"]):
                    with self.compute_loss_context_manager():
                        part_loss = self.compute_loss(model, self._prepare_inputs(part))
                    part_loss = share * part_loss.mean()  # two GPUs return one each
                    self.accelerator.backward(part_loss)
                    loss += part_loss.detach()
            return loss

        def floating_point_ops(self, batch):
            return 0  # counts tokens of plain batches only, and nobody reads it

        def evaluate(self, *args, **options):
            metrics = super().evaluate(*args, **options)
            if validate is not None:
                scores = {f"eval_{name}": value for name, value in validate(self.model).items()}
                self.log(scores)
                metrics.update(scores)
            return metrics

    if settings.checkpointing:
        checkpoint_activations(model)
    steps = total_steps(len(train), settings)
    interval = math.ceil(steps / settings.validations)
    arguments = Seq2SeqTrainingArguments(
        output_dir=str(folder / "checkpoints"),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.effective_batch,
        per_device_eval_batch_size=2 * settings.batch_size,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=round(settings.warmup_share * steps),
        weight_decay=settings.weight_decay,
        optim="adamw_torch_fused",
        bf16=settings.precision == "bf16",
        use_cpu=device == "cpu",
        seed=settings.seed,
        eval_strategy="steps",
        eval_steps=interval,
        save_strategy="steps",
        save_steps=interval,
        save_total_limit=2,
        load_best_model_at_end=best is not None,
        metric_for_best_model=best,
        greater_is_better=best != "loss",
        logging_steps=max(1, steps // LOGS_A_RUN),
        # A loss that turns NaN must show; by default the Trainer logs its last finite value.
        logging_nan_inf_filter=False,
        dataloader_pin_memory=device == "cuda",
        label_names=["labels"],
        disable_tqdm=True,
        report_to="none",
    )
    trainer = DialogueTrainer(
        model=model,
        args=arguments,
        train_dataset=train,
        eval_dataset=validation,
        data_collator=batch_examples(tokenizer),
        processing_class=tokenizer,
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def total_steps(rows, settings):
    """Optimizer steps of a training on so many rows."""
    return math.ceil(math.ceil(rows / settings.effective_batch) * settings.epochs)


def _callback(settings, watch):
    from tqdm.auto import tqdm
    from transformers import TrainerCallback

    class Progress(TrainerCallback):
        """A bar with loss and time left; stops on NaN; a validation after the last step."""

        def on_train_begin(self, args, state, control, **_):
            # Redrawn once a second: thousands of messages clog a kernel that nbval reads late.
            options = dict(desc="training", leave=False, mininterval=1)
            self.bar = tqdm(total=state.max_steps, initial=state.global_step, **options)

        def on_step_end(self, args, state, control, **_):
            self.bar.update(state.global_step - self.bar.n)
            if state.global_step == state.max_steps:
                control.should_evaluate = control.should_save = True

        def on_log(self, args, state, control, logs=None, **_):
            logs = logs or {}
            for name in ("loss", "eval_loss"):
                if name in logs and not math.isfinite(float(logs[name])):
                    self.bar.close()
                    kind = "training" if name == "loss" else "validation"
                    raise LabError(
                        f"The {kind} loss is {logs[name]} at step {state.global_step}. Checkpoints "
                        "up to there are kept. Usual causes: a learning rate that is too high (it "
                        f"is {settings.learning_rate}), or half precision (it is "
                        f"{settings.precision})."
                    )
            if "loss" in logs:
                self.bar.set_postfix(loss=f"{float(logs['loss']):.3f}")
            if watch is not None:
                watch(training_history(state.log_history))

        def on_train_end(self, args, state, control, **_):
            self.bar.close()

    return Progress()


def training_history(log_history):
    """The Trainer's log as one entry a step, with names a reader knows: [{"step": 10, "loss": 2.1},
    {"step": 50, "validation_loss": 1.9, "rougeL": 0.3}, ...]
    """
    steps = {}
    for entry in log_history:
        found = steps.setdefault(entry["step"], {"step": entry["step"]})
        for name, value in entry.items():
            if name == "loss":
                found["loss"] = float(value)
            elif name == "eval_loss":
                found["validation_loss"] = float(value)
            elif name.startswith("eval_") and name not in TIMINGS:
                found[name.removeprefix("eval_")] = float(value)
    return [steps[step] for step in sorted(steps) if len(steps[step]) > 1]
