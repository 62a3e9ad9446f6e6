"""The ways that `tools.bench` compares, written from what is known of them, and what they work on.

"lab2": the well-known "Lab 2" of the course Generative AI with LLMs: inputs and labels padded to
512 tokens with zeros, no attention mask; answers one row at a time, each dialogue three times.
"dynamic": transformers' example run_summarization.py: Seq2SeqTrainer, DataCollatorForSeq2Seq,
padding to the longest row of a batch in random order; answers in batches of 8 in given order.
"ours": this lab's `training.train_steps` and `generation.generate`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labutils.batching import padding_share, parts_of_like_length
from labutils.common.device import synchronize
from labutils.data import load_dialogues
from labutils.generation import generate
from labutils.models import load_model, load_tokenizer
from labutils.planning import SHAPES, shape_of
from labutils.prompts import fit_prompts
from labutils.settings import TrainingSettings
from labutils.training import (
    batch_examples,
    encode_pairs,
    mean_loss,
    optimizer_and_schedule,
    total_steps,
    train_steps,
    training_batches,
    validation_batches,
)

if TYPE_CHECKING:
    from datasets import Dataset
    from torch import Tensor
    from transformers import (
        PreTrainedModel,
        PreTrainedTokenizerBase,
        PreTrainedTokenizerFast,
        Seq2SeqTrainer,
        TrainerControl,
        TrainerState,
        TrainingArguments,
    )

WAYS = ("lab2", "dynamic", "ours")
FULL_LENGTH = 512
BATCH = 8
"""transformers' default, and "Lab 2"'s."""

OURS: dict[str, dict[str, Any]] = {
    "cpu": dict(batch_size=2, accumulation=4),
    "cuda": dict(batch_size=16, accumulation=2),
    "mps": dict(batch_size=4, accumulation=8),
}
"""This lab's batches: on a CPU as many rows a step as the others, on a GPU flan's."""

ROWS_A_DIALOGUE = 3
EPOCHS = 2


@dataclass
class Workload:
    """What is trained on and answered.

    Attributes:
        models: {way: model}, with equal weights.
        tokenizer: of the model, or a `number_tokenizer`.
        prompts: one text per dialogue.
        examples: a Dataset of input_ids, attention_mask and labels, one row per dialogue.
        max_new_tokens: of an answer.
        summary: what it is, in words.
    """

    models: dict[str, PreTrainedModel]
    tokenizer: PreTrainedTokenizerBase
    prompts: list[str]
    examples: Dataset
    max_new_tokens: int
    summary: str

    def first(self, dialogues: int) -> Workload:
        """The same, with the first dialogues alone."""
        examples = self.examples.select(range(dialogues))
        return replace(self, prompts=self.prompts[:dialogues], examples=examples)

    @property
    def lengths(self) -> list[np.ndarray]:
        """Tokens of the prompts and of the labels, two arrays (dialogues)."""
        return [
            np.array([len(ids) for ids in self.examples[name]]) for name in ("input_ids", "labels")
        ]


def number_tokenizer(vocabulary: int) -> PreTrainedTokenizerFast:
    """A tokenizer where a model has none: a text is the numbers of its tokens."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = dict(pad_token="<pad>", eos_token="</s>", unk_token="<unk>")
    names = [*special.values(), *map(str, range(len(special), vocabulary))]
    words = models.WordLevel({name: i for i, name in enumerate(names)}, unk_token="<unk>")
    core = Tokenizer(words)
    core.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    core.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=core, **special)


def workload(model: str, device: str, dialogues: int, seed: int) -> Workload:
    """A Workload for a shape of FLAN-T5 (random weights) or a checkpoint (real dialogues).

    Args:
        model: "flan-t5-small" and its like for a shape; else a Hub id or folder.
        device: one of `device.DEVICES`.
        dialogues: how many.
        seed: of weights and lengths.
    """
    if f"google/{model}" in SHAPES:
        return _random_workload(f"google/{model}", device, dialogues, seed)
    from datasets import Dataset

    from labutils.tracks import choose_track

    track = choose_track(model=model, seed=seed)
    test = load_dialogues(track)["test"].select(range(dialogues))
    tokenizer = load_tokenizer(model)
    prompts = fit_prompts(list(test["dialogue"]), tokenizer, max_tokens=FULL_LENGTH)
    answers = [references[0] for references in test["references"]]
    return Workload(
        models={way: load_model(model, device) for way in WAYS},
        tokenizer=tokenizer,
        prompts=prompts,
        examples=Dataset.from_dict(encode_pairs(prompts, answers, tokenizer, 128)),
        max_new_tokens=track.max_summary_tokens,
        summary=f"{track.model_name}, {len(test)} test dialogues of {track.dataset_name}",
    )


def _random_workload(name: str, device: str, dialogues: int, seed: int) -> Workload:
    """DialogSum's lengths: 181 tokens on average and 5% above 319, summaries 27 on average."""
    import torch
    from datasets import Dataset
    from transformers import AutoModelForSeq2SeqLM

    rng, config = np.random.default_rng(seed), shape_of(name)
    prompt_lengths = np.clip(rng.lognormal(np.log(167), 0.4, dialogues), 30, FULL_LENGTH - 1)
    label_lengths = np.clip(rng.lognormal(np.log(24), 0.45, dialogues), 6, 127)
    prompts, answers = (
        [" ".join(map(str, rng.integers(3, config.vocab_size, int(length)))) for length in lengths]
        for lengths in (prompt_lengths, label_lengths)
    )
    weights, models = None, {}
    for way in WAYS:
        attention = "eager" if way == "ours" and device == "cpu" else None
        model = AutoModelForSeq2SeqLM.from_config(config, attn_implementation=attention)
        # A head of its own, as FLAN-T5 has. With a tied one a random model repeats its input.
        head = torch.randn(config.vocab_size, config.d_model, generator=torch.manual_seed(seed))
        model.lm_head.weight = torch.nn.Parameter(head)
        weights = weights or model.state_dict()
        model.load_state_dict(weights)
        models[way] = model.to(device).eval()
    tokenizer = number_tokenizer(config.vocab_size)
    return Workload(
        models=models,
        tokenizer=tokenizer,
        prompts=prompts,
        examples=Dataset.from_dict(encode_pairs(prompts, answers, tokenizer, 128)),
        max_new_tokens=40,
        summary=f"{name}'s shape with random weights, which end no answer; random tokens with "
        "DialogSum's lengths",
    )


def train_rows(
    work: Workload,
    way: str,
    rows: list[int],
    folder: str | Path,
    device: str,
    precision: str,
    seed: int,
) -> float:
    """Seconds of one pass over some rows of a workload."""
    from transformers import TrainerCallback

    class Stopwatch(TrainerCallback):
        start = seconds = 0.0

        def on_step_begin(self, *_: object, **__: object) -> None:
            self.start = self.start or time.perf_counter()

        def on_step_end(
            self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
        ) -> None:
            if state.global_step == state.max_steps:
                synchronize(device)
                self.seconds = time.perf_counter() - self.start

    batches = OURS[device] if way == "ours" else dict(batch_size=BATCH)
    settings = TrainingSettings(
        epochs=1, learning_rate=1e-5, precision=precision, seed=seed, **batches
    )
    examples = work.examples.select(rows)
    if way == "ours":
        steps = our_steps(work.models[way], work, examples, settings)
        synchronize(device)
        start = time.perf_counter()
        for _ in steps:
            pass
        synchronize(device)
        return time.perf_counter() - start
    trainer = trainer_of(way, work.models[way], work, examples, settings, folder)
    stopwatch = Stopwatch()
    trainer.add_callback(stopwatch)
    synchronize(device)
    trainer.train()
    return stopwatch.seconds


def our_steps(
    model: PreTrainedModel, work: Workload, examples: Dataset, settings: TrainingSettings
) -> Iterator[Tensor]:
    """The steps of a training in this lab's way, without validations: each loss as it is taken."""
    from transformers import set_seed

    set_seed(settings.seed)
    batches = training_batches(examples, batch_examples(work.tokenizer), settings)
    moving = optimizer_and_schedule(model, settings, total_steps(len(examples), settings))
    return train_steps(model, batches, *moving, settings.precision)


def trainer_of(
    way: str,
    model: PreTrainedModel,
    work: Workload,
    examples: Dataset,
    settings: TrainingSettings,
    folder: str | Path,
) -> Seq2SeqTrainer:
    """The Seq2SeqTrainer of one of the other ways."""
    from transformers import Seq2SeqTrainer, Seq2SeqTrainingArguments
    from transformers.trainer_callback import PrinterCallback

    device = model.device.type
    trainer = Seq2SeqTrainer(
        model=model,
        args=Seq2SeqTrainingArguments(
            output_dir=str(folder),
            num_train_epochs=settings.epochs,
            per_device_train_batch_size=settings.effective_batch,
            learning_rate=settings.learning_rate,
            warmup_steps=round(settings.warmup_share * total_steps(len(examples), settings)),
            bf16=settings.precision == "bf16",
            use_cpu=device == "cpu",
            seed=settings.seed,
            dataloader_pin_memory=device == "cuda",
            save_strategy="no",
            disable_tqdm=True,
            report_to="none",
        ),
        train_dataset=examples,
        data_collator=full_length_batch if way == "lab2" else batch_examples(work.tokenizer),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def full_length_batch(rows: list[dict]) -> dict[str, Tensor]:
    """Inputs and labels (batch, 512), padded with zeros, which the loss then counts."""
    import torch

    batch = {}
    for name in ("input_ids", "labels"):
        batch[name] = torch.zeros(len(rows), FULL_LENGTH, dtype=torch.long)
        for number, row in enumerate(rows):
            batch[name][number, : len(row[name])] = torch.tensor(row[name])
    return batch


def padding_shares(work: Workload, device: str, seed: int) -> dict[str, float]:
    """{way: share of a training's tokens that are pads, 0-1}."""
    prompts, labels = work.lengths
    shuffled = np.random.default_rng(seed).permutation(len(prompts))

    def share(batch_size: int, accumulation: int = 1) -> float:
        size = batch_size * accumulation
        batches = [shuffled[i : i + size] for i in range(0, len(shuffled), size)]
        parts = [
            batch[part]
            for batch in batches
            for part in parts_of_like_length(prompts[batch], labels[batch], accumulation)
        ]
        return padding_share(parts, prompts, labels)

    return {
        "lab2": 1 - float(prompts.sum() + labels.sum()) / (2 * FULL_LENGTH * len(prompts)),
        "dynamic": share(BATCH),
        "ours": share(**OURS[device]),
    }


def answer_rows(work: Workload, way: str, rows: list[int]) -> list[str]:
    """The answers to some dialogues of a workload, a list of texts."""
    import torch

    model, tokenizer = work.models[way].eval(), work.tokenizer
    prompts = [work.prompts[i] for i in rows]
    if way == "ours":
        return generate(model, tokenizer, prompts, max_new_tokens=work.max_new_tokens)
    size, repeats = (1, ROWS_A_DIALOGUE) if way == "lab2" else (BATCH, 1)
    answers = []
    with torch.inference_mode():
        for start in range(0, len(prompts), size):
            batch = tokenizer.pad(
                {"input_ids": tokenizer(prompts[start : start + size])["input_ids"]},
                return_tensors="pt",
            )
            masks = {} if way == "lab2" else {"attention_mask": batch["attention_mask"]}
            inputs = {"input_ids": batch["input_ids"], **masks}
            for _ in range(repeats):
                output = model.generate(
                    **{name: tensor.to(model.device) for name, tensor in inputs.items()},
                    max_new_tokens=work.max_new_tokens,
                    do_sample=False,
                )
            texts = tokenizer.batch_decode(output, skip_special_tokens=True)
            answers += [text.strip() for text in texts]
    return answers


def validation_losses(seeds: Sequence[int], folder: str | Path) -> dict[str, list[float]]:
    """Final validation losses of full fine-tunings of the tiny track, {way: [loss of each seed]}.

    They are short: in a long one rounding alone moves the loss as much as another seed does.
    """
    from labutils.summarization import encode
    from labutils.tracks import tiny_track

    track = tiny_track()
    dialogues, tokenizer = load_dialogues(track), load_tokenizer(track.model)
    train, validation = (
        encode(track, dialogues[split], tokenizer) for split in ("train", "validation")
    )
    work = Workload({}, tokenizer, [], train, track.max_summary_tokens, "")
    losses: dict[str, list[float]] = {}
    for way in ("dynamic", "ours"):
        losses[way] = []
        for seed in seeds:
            settings = replace(track.full.recipe, seed=seed, epochs=EPOCHS, validations=1)
            model = load_model(track.model, dropout=settings.dropout)
            if way == "ours":
                for _ in our_steps(model, work, train, settings):
                    pass
            else:
                place = Path(folder) / f"{way}-{seed}"
                trainer_of(way, model, work, train, settings, place).train()
            held_out = validation_batches(validation, batch_examples(tokenizer), settings)
            losses[way].append(round(mean_loss(model, held_out, settings.precision), 4))
    return losses
