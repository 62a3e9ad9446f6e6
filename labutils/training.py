"""Fine-tuning: labels without pads, few pads at all, the best checkpoint, resumable.

`train_steps` is the heart of it, and what every trainer does; `fine_tune` adds what makes it safe
to leave alone: validation, checkpoints, and going on where a killed training stopped.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from labutils.batching import batch_in_parts, cut_parts, step_costs
from labutils.common import processes, sharding
from labutils.common.checkpoints import (
    DAMAGED,
    load_checkpoint,
    read_checkpoint,
    restore_random_states,
    save_checkpoint,
)
from labutils.common.cost import measure_cost, stage
from labutils.common.device import explaining_operators
from labutils.common.errors import LabError
from labutils.common.files import first_line, write_json
from labutils.common.memory import recorded_splits, splits_of, within_memory
from labutils.models import checkpoint_activations, parameter_counts, save_model
from labutils.prompts import fit_prompts
from labutils.settings import TrainingSettings

if TYPE_CHECKING:
    from datasets import Dataset
    from numpy.typing import NDArray
    from torch import Generator, Tensor, autocast
    from torch.nn import Module
    from torch.optim import AdamW
    from torch.optim.lr_scheduler import LambdaLR
    from torch.utils.data import DataLoader
    from transformers import BatchEncoding, PreTrainedTokenizerBase

    History = list[dict[str, float]]
    Validate = Callable[[Module], Mapping[str, float]]
    Watch = Callable[[History], None]

IGNORED = -100
"""The label that PyTorch's cross-entropy leaves out of the loss."""


ENCODED_COLUMNS = ["input_ids", "attention_mask", "labels"]
GROUPED_STEPS = 50
LOGS_A_RUN = 40
MAX_GRADIENT_NORM = 1.0


def encode_examples(
    rows: Dataset | Mapping[str, Sequence[str]],
    tokenizer: PreTrainedTokenizerBase,
    *,
    max_prompt_tokens: int = 512,
    max_summary_tokens: int = 128,
) -> Dataset:
    """(dialogue, summary) rows as a Dataset of input_ids (prompt tokens), attention_mask and
    labels (summary tokens, ending in </s>), each row as long as its own text.
    """
    from datasets import Dataset

    prompts = fit_prompts(list(rows["dialogue"]), tokenizer, max_tokens=max_prompt_tokens)
    return Dataset.from_dict(
        encode_pairs(prompts, list(rows["summary"]), tokenizer, max_summary_tokens)
    )


def encode_pairs(
    prompts: list[str],
    answers: list[str],
    tokenizer: PreTrainedTokenizerBase,
    max_answer_tokens: int,
) -> dict[str, list[list[int]]]:
    """{"input_ids", "attention_mask", "labels"} of texts, a list of token ids for each."""
    with stage("tokenizing"):
        encoded = tokenizer(prompts)
        targets = tokenizer(text_target=answers, max_length=max_answer_tokens, truncation=True)
    return {
        "input_ids": encoded["input_ids"],
        "attention_mask": encoded["attention_mask"],
        "labels": targets["input_ids"],
    }


def batch_examples(tokenizer: PreTrainedTokenizerBase) -> Callable[[list], BatchEncoding]:
    """The function that makes a batch: inputs and labels padded to the longest row of their own.

    Labels are padded with -100, which the loss leaves out; padded with the tokenizer's 0 instead
    they would teach the model to write pads.
    """
    from transformers import DataCollatorForSeq2Seq

    return DataCollatorForSeq2Seq(tokenizer, label_pad_token_id=IGNORED)


@explaining_operators()
def fine_tune(
    model: Module,
    tokenizer: PreTrainedTokenizerBase,
    train: Dataset,
    validation: Dataset,
    settings: TrainingSettings,
    folder: Path | str,
    *,
    validate: Validate | None = None,
    best: str | None = "validation_loss",
    watch: Watch | None = None,
    device: str = "cpu",
) -> dict[str, Any]:
    """Train a model (or the adapter on it) in place and save its best checkpoint, or the last.

    Run again with the same folder after a crash or a lost session, it goes on from the last
    checkpoint there, and ends with the same weights as if it had never stopped.

    Args:
        model, tokenizer: a T5-like model, or a peft model around one; and its tokenizer.
        train, validation: datasets from `encode_examples`.
        settings: a TrainingSettings.
        folder: takes checkpoints/ while training, training.json and model/ at the end.
        validate: called as validate(model) at each validation, returns {name: score}.
        best: which checkpoint is kept: the one with the highest score of this name, or with the
            lowest "validation_loss"; None keeps the last one, for trainings of equal length.
        watch: called as watch(history) after each logged step and each validation, to draw a
            live curve.
        device: one of `device.DEVICES`.

    Several processes share out each batch and the validation (`processes.together`); the main one
    writes.

    Returns:
        A dict: history (a list of {"step", "loss"} and {"step", "validation_loss", scores...}),
        steps, resumed_from_step (0: from the start), seconds, peak_memory_mib,
        trainable_parameters, total_parameters; and where memory ran out, into how many pieces each
        batch was cut (`memory.recorded_splits`); processes, if there were several, and shards,
        if each had but a part of the weights (`sharding`). The model is left in eval mode with the
        best weights.

    Raises:
        LabError: the loss turned NaN or infinite, the disk is full, mps lacks an operator, the
            folder already holds a finished model, or no score is called as `best` is.
    """
    folder = Path(folder)
    if (folder / "model").exists():
        raise LabError(
            f"{folder / 'model'} is in the way: {folder} already holds a trained model. Load "
            "it, or train into another folder."
        )
    collate = batch_examples(tokenizer)
    with measure_cost(device) as cost:
        run = Training(model, settings, len(train), folder / "checkpoints", device, best, watch)
        start = run.resume()
        run.take_steps(
            training_batches(train, collate, settings, start),
            validation_batches(validation, collate, settings),
            validate,
        )
        if processes.is_main() or sharding.is_sharded(model):
            run.restore_best()
    trainable, total = parameter_counts(model)
    result = {
        "history": run.history,
        "steps": run.step,
        "resumed_from_step": start,
        "seconds": round(cost.seconds, 2),
        "peak_memory_mib": round(cost.peak_memory_mib, 1),
        "trainable_parameters": trainable,
        "total_parameters": total,
        **recorded_splits(model),
    }
    if processes.count() > 1:
        result["processes"] = processes.count()
    weights = None
    if sharding.is_sharded(model):
        result["shards"] = processes.count()
        weights = sharding.whole(model.state_dict(keep_vars=True))
    if processes.is_main():
        write_json(folder / "training.json", result)
        save_model(model, tokenizer, folder / "model", weights)
        shutil.rmtree(run.folder, ignore_errors=True)
    return result


# --- What every trainer does -------------------------------------------------------------------


def train_steps(
    model: Module,
    batches: Iterable[dict],
    optimizer: AdamW,
    schedule: LambdaLR,
    precision: str = "fp32",
) -> Iterator[Tensor]:
    """Take one optimizer step a batch, and yield its loss, a scalar tensor."""
    from torch.nn.utils import clip_grad_norm_

    for batch in batches:
        model.train()  # dropout on; a validation switches it off
        loss = step_gradients(model, batch, precision)
        clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        yield loss


def add_gradients(model: Module, batch: dict, precision: str) -> Tensor:
    """Forward and backward through the parts of a batch; the loss of the whole.

    Each part counts by its share of the label tokens, so that the gradients add up
    to those that the whole batch would have had (`batching.batch_in_parts`).
    """
    loss = 0
    with stage("model"):
        for part, share in zip(batch["parts"], batch["shares"]):
            inputs = part.to(model.device)
            with mixed_precision(model, precision):
                part_loss = share * model(**inputs, use_cache=False).loss
            part_loss.backward()
            loss += part_loss.detach()
    return loss


def step_gradients(model: Module, batch: dict, precision: str) -> Tensor:
    """`add_gradients` by all processes together, and in smaller parts where memory runs out.

    Of a sharded model the processes meet in each part, so that none can begin anew alone.
    """
    if sharding.is_sharded(model):
        processes.gathered(None)  # nobody has failed since the last step
        with processes.ending_all():
            loss = add_gradients(model, batch, precision)
        for weight in model.parameters():
            if weight.grad is not None:
                weight.grad.mul_(processes.count())  # it is the processes' mean, and shares add up
        processes.add_up([loss])
        return loss

    def attempt(count: int) -> Tensor:
        try:
            return add_gradients(model, cut_parts(batch, count), precision)
        except Exception:  # of any kind: it goes on, without the parts that did fit
            model.zero_grad()
            raise

    rows = max(len(part["labels"]) for part in batch["parts"])
    loss = within_memory(model, "training", rows, attempt)
    gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
    processes.add_up([loss, *gradients])
    return loss


def mean_loss(model: Module, batches: Iterable[BatchEncoding], precision: str = "fp32") -> float:
    """The validation loss as the Trainer has it: the mean of the batches' means a label token."""
    import torch

    def loss_of(batch: BatchEncoding) -> float:
        def attempt(count: int) -> float:
            cut = cut_parts({"parts": [batch], "shares": [1.0]}, count)
            return sum(
                share * model(**part.to(model.device), use_cache=False).loss.item()
                for part, share in zip(cut["parts"], cut["shares"])
            )

        return within_memory(model, "validation", len(batch["labels"]), attempt)

    model.eval()
    with torch.no_grad(), mixed_precision(model, precision):
        losses = [loss_of(batch) for batch in processes.share(batches)]
    return fmean(chain.from_iterable(processes.gathered(losses)))


def optimizer_and_schedule(
    model: Module, settings: TrainingSettings, steps: int
) -> tuple[AdamW, LambdaLR]:
    """AdamW on what is trained, and its learning rate's linear rise and fall over the steps.

    Raises:
        LabError: LoRA+'s ratio where there is no LoRA.
    """
    from torch.optim import AdamW
    from transformers import get_linear_schedule_with_warmup

    decayed: list[Tensor] = []
    free: list[Tensor] = []
    for name, weight in trained_weights(model).items():
        (free if "bias" in name or "norm" in name else decayed).append(weight)
    groups = [
        {"params": decayed, "weight_decay": settings.weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    optimizer = AdamW(groups, lr=settings.learning_rate, fused=True)
    if settings.lora_plus_ratio > 1:
        optimizer = _lora_plus_optimizer(model, settings)
    warmup = round(settings.warmup_share * steps)
    return optimizer, get_linear_schedule_with_warmup(optimizer, warmup, steps)


def _lora_plus_optimizer(model: Module, settings: TrainingSettings) -> AdamW:
    """AdamW with a higher rate for LoRA's B (and DoRA's magnitudes) than for its A."""
    from peft.optimizers import create_loraplus_optimizer
    from torch.optim import AdamW

    if not any("lora_B" in name for name in trained_weights(model)):
        raise LabError("TrainingSettings.lora_plus_ratio is for a LoRA; leave it 1 without one.")
    return create_loraplus_optimizer(
        model,
        AdamW,
        lr=settings.learning_rate,
        loraplus_lr_ratio=settings.lora_plus_ratio,
        loraplus_weight_decay=settings.weight_decay,
        fused=True,
    )


def mixed_precision(model: Module, precision: str) -> autocast:
    """With "bf16" matrices are multiplied in bfloat16, while the weights stay float32."""
    import torch

    return torch.autocast(model.device.type, torch.bfloat16, enabled=precision == "bf16")


def trained_weights(model: Module) -> dict[str, Tensor]:
    """{name: weight} of what is trained: all, or the adapter alone; a shared one once."""
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


# --- Batches -----------------------------------------------------------------------------------


def total_steps(rows: int, settings: TrainingSettings) -> int:
    """Optimizer steps of a training on so many rows."""
    return math.ceil(math.ceil(rows / settings.effective_batch) * settings.epochs)


def check_processes(rows: int, settings: TrainingSettings) -> None:
    """Raise LabError where processes are so many that some would never have a row."""
    most = min(rows, settings.effective_batch)
    if processes.started() > most:
        raise LabError(
            f"{processes.started()} processes are too many to share out batches of "
            f"{settings.effective_batch} rows, {rows} in all: start at most {most}."
        )


def random_batches(costs: Sequence[float] | NDArray, settings: TrainingSettings) -> list[list[int]]:
    """Which rows each step takes: an epoch goes through all of them in a random order of its own.

    The order is the Trainer's for the same seed, unless rows are grouped by length: then fifty
    steps' worth of that order are sorted at a time, and the steps taken in a random order.

    Args:
        costs: of each row (`batching.step_costs`).
        settings: a TrainingSettings.
    """
    import torch

    batches: list[Tensor] = []
    for epoch in range(math.ceil(settings.epochs)):
        generator = torch.Generator().manual_seed(settings.seed + epoch)
        order = torch.randperm(len(costs), generator=generator)
        if settings.group_by_length:
            batches += _of_like_length(order, costs, settings.effective_batch, generator)
        else:
            batches += order.split(settings.effective_batch)
    return [batch.tolist() for batch in batches[: total_steps(len(costs), settings)]]


def _of_like_length(
    order: Tensor, costs: Sequence[float] | NDArray, size: int, generator: Generator
) -> list[Tensor]:
    """An epoch's rows in batches of `size` rows of like cost, in a random order of batches."""
    import torch

    row_costs = torch.as_tensor(costs)
    pools = order.split(GROUPED_STEPS * size)
    alike = torch.cat([pool[row_costs[pool].argsort(stable=True)] for pool in pools]).split(size)
    return [alike[i] for i in torch.randperm(len(alike), generator=generator)]


def training_batches(
    train: Dataset, collate: Callable, settings: TrainingSettings, start: int = 0
) -> DataLoader:
    """The batches of a training after `start` steps, in parts (`batching.batch_in_parts`).

    Of several processes each has its own part of every batch. Which rows a batch holds does not
    depend on them, so a training may go on with more or fewer processes than it began with.
    """
    own = processes.rank(), processes.count()
    costs = step_costs(*([len(row) for row in train[name]] for name in ("input_ids", "labels")))
    return _loader(
        train,
        batch_sampler=random_batches(costs, settings)[start:],
        collate_fn=batch_in_parts(collate, settings.accumulation, *own),
    )


def validation_batches(
    validation: Dataset, collate: Callable, settings: TrainingSettings
) -> DataLoader:
    """All rows in their order; without gradients twice as many fit into memory."""
    return _loader(validation, batch_size=2 * settings.batch_size, collate_fn=collate)


def _loader(rows: Dataset, **options: Any) -> DataLoader:
    import torch
    from torch.utils.data import DataLoader

    # With a generator of its own it leaves alone the one that dropout draws from: a resumed
    # training must draw what an undisturbed one does.
    return DataLoader(rows.select_columns(ENCODED_COLUMNS), generator=torch.Generator(), **options)


# --- Logging, validation, checkpoints -----------------------------------------------------------


class Training:
    """A training on its way: how far it is, and what it needs to go on from there.

    Args:
        model: trained in place; moved to the device.
        settings: a TrainingSettings.
        rows: to train on.
        folder: for checkpoints.
        device: one of `device.DEVICES`.
        best: the name of the score that chooses the checkpoint to keep; None keeps the last.
        watch: see `fine_tune`.
    """

    def __init__(
        self,
        model: Module,
        settings: TrainingSettings,
        rows: int,
        folder: Path,
        device: str,
        best: str | None,
        watch: Watch | None,
    ) -> None:
        import torch
        from transformers import set_seed

        check_processes(rows, settings)
        set_seed(settings.seed)
        self.draw_apart(settings.seed)
        if settings.checkpointing:
            checkpoint_activations(model)
        self.model, self.settings, self.folder = model.to(device), settings, folder
        if sharding.shards() > 1:
            sharding.shard(model)
        self.best, self.watch = best, watch
        self.step, self.steps = 0, total_steps(rows, settings)
        self.history: History = []
        # Since the last log. A tensor, so that nobody waits for the GPU at each step.
        self.loss_sum = torch.zeros((), device=device)
        self.optimizer, self.schedule = optimizer_and_schedule(model, settings, self.steps)

    def take_steps(
        self,
        batches: Iterable[dict],
        held_out: Iterable[BatchEncoding],
        validate: Validate | None,
    ) -> None:
        """Train on all batches; log, validate and save on the way, and after the last step."""
        from tqdm.auto import tqdm

        log_interval = max(1, self.steps // LOGS_A_RUN)
        validation_interval = math.ceil(self.steps / self.settings.validations)
        # Redrawn once a second: thousands of messages clog a kernel that nbval reads late.
        options = dict(desc="training", leave=False, mininterval=1)
        with tqdm(total=self.steps, initial=self.step, **options) as bar:
            for loss in train_steps(
                self.model, batches, self.optimizer, self.schedule, self.settings.precision
            ):
                self.step += 1
                self.loss_sum += loss
                bar.update()
                if self.step % log_interval == 0:
                    self.log(log_interval)
                    bar.set_postfix(loss=f"{self.history[-1]['loss']:.3f}")
                if self.step % validation_interval == 0 or self.step == self.steps:
                    with sharding.gathered_weights(self.model):
                        self.validate(held_out, validate)
                    self.save()
        self.model.config.use_cache = True  # activations' checkpointing switches it off
        self.model.eval()

    def log(self, interval: int) -> None:
        """Note the mean training loss of the steps since the last log."""
        self.check_finite("training", self.loss_sum.item())
        self.note(loss=self.loss_sum.item() / interval)
        self.loss_sum.zero_()

    def validate(
        self,
        held_out: Iterable[BatchEncoding],
        validate: Validate | None,
    ) -> None:
        """Note the validation loss, and what `validate` says of the model."""
        self.check_finite("training", self.loss_sum.item())
        loss = mean_loss(self.model, held_out, self.settings.precision)
        self.check_finite("validation", loss)
        scores = {}
        if validate is not None:
            with mixed_precision(self.model, self.settings.precision):
                scores = {name: float(value) for name, value in validate(self.model).items()}
        if self.best not in (None, "validation_loss", *scores):
            told = ", ".join(scores) or "no score"
            raise LabError(f"best is {self.best!r}, and validate gives {told}.")
        self.note(validation_loss=loss, **scores)

    def note(self, **values: float) -> None:
        """Add to this step's entry of the history, and show it to who watches."""
        if not self.history or self.history[-1]["step"] != self.step:
            self.history.append({"step": self.step})
        self.history[-1].update(values)
        if self.watch is not None:
            self.watch(self.history)

    def check_finite(self, kind: str, loss: float) -> None:
        """Raise LabError if a loss is NaN or infinite: before the weights behind it are saved."""
        if not math.isfinite(loss):
            raise LabError(
                f"The {kind} loss is {loss} at step {self.step}. Checkpoints up to there are kept. "
                "Usual causes: a learning rate that is too high (it is "
                f"{self.settings.learning_rate}), or half precision (it is "
                f"{self.settings.precision})."
            )

    def save(self) -> None:
        """Write a checkpoint, in the main process."""
        weights = sharding.whole(trained_weights(self.model))
        moments = sharding.whole(self.optimizer.state_dict())
        if not processes.is_main():
            return
        state = {
            "history": self.history,
            "loss_sum": self.loss_sum.item(),
            "splits": splits_of(self.model),
            "optimizer": moments,
            "schedule": self.schedule.state_dict(),
        }
        best_before = best_step(self.history[:-1], self.best)
        save_checkpoint(self.folder, self.step, weights, state, best_before)

    def resume(self) -> int:
        """Go back to the last whole checkpoint; its step, 0 if there is none."""
        with processes.main_first():  # which deletes one that is cut short
            found = load_checkpoint(self.folder)
        if found is None:
            return 0
        weights, state = found
        self.set_weights(weights)
        self.step, self.history = state["step"], state["history"]
        self.loss_sum.fill_(state["loss_sum"])
        splits_of(self.model).update(state.get("splits", {}))
        sharding.load_optimizer(self.optimizer, state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        restore_random_states(state["random"])
        self.draw_apart(self.settings.seed + processes.count() * self.step)
        print(f"Found a checkpoint of step {self.step}; going on from there.")
        return self.step

    def draw_apart(self, seed: int) -> None:
        """Have dropout draw other numbers in each process; the main one goes on as if alone."""
        import torch

        if not processes.is_main():
            torch.manual_seed(seed + processes.rank())

    def restore_best(self) -> None:
        """Put the weights of the best checkpoint into the model."""
        best = best_step(self.history, self.best)
        if best is None or best == self.step:
            return
        try:
            self.set_weights(read_checkpoint(self.folder, best)[0])
        except DAMAGED as error:
            raise LabError(
                f"The checkpoint of step {best}, the best one, cannot be read "
                f"({first_line(error)}): the disk failed, or another program works in the same "
                f"folder. Delete {self.folder}, and the training begins anew."
            ) from error

    def set_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Put the weights of a checkpoint into the model."""
        import torch

        with torch.no_grad():
            for name, weight in trained_weights(self.model).items():
                weight.copy_(sharding.part_of(weights[name], weight))


def best_step(history: History, score: str | None) -> int | None:
    """The step of the validation with the best score, the first of equals; None if there is none.

    Args:
        history: see `fine_tune`.
        score: its name, of which the highest is best, or "validation_loss", of which the lowest
            is; None: the last validation.
    """
    validated = [entry for entry in history if "validation_loss" in entry]
    if not validated:
        return None
    if score is None:
        return int(validated[-1]["step"])
    choose = min if score == "validation_loss" else max
    return int(choose(validated, key=lambda entry: entry[score])["step"])


def early_stop(history: History, patience: int = 2) -> int | None:
    """The step at which early stopping would have ended a training; None: it would not have.

    It waits for the validation loss to improve, and stops once `patience` validations in a row
    have not brought a lower one.

    Args:
        history: see `fine_tune`.
        patience: in validations.
    """
    lowest, waited = math.inf, 0
    for entry in history:
        if "validation_loss" not in entry:
            continue
        waited = 0 if entry["validation_loss"] < lowest else waited + 1
        lowest = min(lowest, entry["validation_loss"])
        if waited == patience:
            return int(entry["step"])
    return None
