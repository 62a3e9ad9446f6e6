"""The systems that are compared: each one loads its own model, is made once, and leaves a run.

A system is found in artifacts/<track>/runs if it was made there before with the same settings,
or else made now, so that every notebook can be opened first.
"""

import hashlib
from dataclasses import asdict
from datetime import datetime

import numpy as np
import pandas as pd

from labutils.adapters import add_lora, load_adapter
from labutils.cost import measure_cost
from labutils.data import cached_dataset, load_dialogues
from labutils.device import device_name
from labutils.failures import at_token_limit, count_failures
from labutils.files import check_writable, read_json
from labutils.generation import generate
from labutils.models import (
    attention_used,
    load_model,
    load_tokenizer,
    parameter_counts,
    weights_mib,
)
from labutils.prompts import DEFAULT_TEMPLATE, fit_prompts
from labutils.runs import identity, load_run, run_folder, save_run
from labutils.scoring import SCORER, rouge_intervals, rouge_scores
from labutils.training import encode_examples, fine_tune, total_steps


def zero_shot(track, *, dialogues=None):
    """The Run of the untouched model on the test split.

    Args:
        track: the Track.
        dialogues: the track's dialogues, if they are loaded already.
    """
    settings = {"template": DEFAULT_TEMPLATE}
    folder = run_folder(track, "zero-shot", settings)
    if run := announce(load_run(folder)):
        return run
    check_writable(folder)
    dialogues = dialogues or load_dialogues(track)
    model, tokenizer = load_model(track.model, track.device), load_tokenizer(track.model)
    return _tested("zero-shot", track, model, tokenizer, dialogues, settings, folder)


def full(track, *, settings=None, dialogues=None, watch=None, name="full"):
    """The Run of full fine-tuning: every parameter is trained.

    Args:
        track: the Track.
        settings: a TrainingSettings; default the track's.
        dialogues: the track's dialogues, if they are loaded already.
        watch: see `training.fine_tune`.
        name: of the system.
    """
    settings = settings or track.full
    return _trained(name, track, {"training": settings}, lambda model: model, dialogues, watch)


def lora(track, *, adapter=None, settings=None, dialogues=None, watch=None, name="lora"):
    """The Run of LoRA: the model is frozen, an adapter is trained.

    Args:
        track: the Track.
        adapter: a LoraSettings; default the track's.
        settings: a TrainingSettings; default the track's.
        dialogues, watch, name: as for `full`.
    """
    adapter = adapter or track.adapter
    chosen = {"training": settings or track.lora, "lora": adapter}
    return _trained(name, track, chosen, lambda model: add_lora(model, adapter), dialogues, watch)


def finished(track):
    """The finished runs among zero-shot, full and lora with the track's own settings."""
    wanted = {
        "zero-shot": {"template": DEFAULT_TEMPLATE},
        "full": {"template": DEFAULT_TEMPLATE, "training": track.full},
        "lora": {"template": DEFAULT_TEMPLATE, "training": track.lora, "lora": track.adapter},
    }
    runs = [load_run(run_folder(track, name, settings)) for name, settings in wanted.items()]
    return [run for run in runs if run is not None]


def load_system(track, run):
    """(model, tokenizer) of a run: the base, the trained checkpoint, or base plus adapter."""
    return load_trained(track, run.model_folder)


def load_trained(track, folder):
    """(model, tokenizer) of a trained checkpoint or adapter; of the base if there is no folder."""
    if not folder.is_dir():
        return load_model(track.model, track.device), load_tokenizer(track.model)
    if (folder / "adapter_config.json").is_file():
        model = load_adapter(load_model(track.model, track.device), folder)
    else:
        model = load_model(folder, track.device)
    return model, load_tokenizer(folder)


def validator(track, validation, tokenizer):
    """A function of a model that returns its mean ROUGE on the first validation dialogues."""
    rows = validation.select(range(min(track.validation_dialogues, len(validation))))
    prompts = fit_prompts(rows["dialogue"], tokenizer, max_tokens=track.max_prompt_tokens)
    references = [[summary] for summary in rows["summary"]]

    def validate(model):
        predictions = summarize(track, model, tokenizer, prompts)
        return rouge_scores(predictions, references).mean().to_dict()

    return validate


def summarize(track, model, tokenizer, prompts, **options):
    """Greedy summaries with the track's limits (`generation.generate`)."""
    return generate(
        model,
        tokenizer,
        prompts,
        max_new_tokens=track.max_summary_tokens,
        batch_tokens=track.generation_tokens,
        **options,
    )


def announce(run):
    """Say where a run was found, if it was, and return it."""
    if run is not None:
        folder = run.folder
        print(
            f"{run.name}: loaded from {folder.parent.parent.name}/runs/{folder.name}, made "
            f"{run.record['finished']}. Delete that folder to make it again."
        )
    return run


def _trained(name, track, settings, prepare, dialogues, watch):
    settings = {"template": DEFAULT_TEMPLATE, **settings}
    folder = run_folder(track, name, settings)
    if run := announce(load_run(folder)):
        if watch is not None:
            watch(run.record["history"])
        return run
    import torch

    check_writable(folder)
    dialogues = dialogues or load_dialogues(track)
    if not (folder / "model").is_dir():
        _say_how_long(name, track, len(dialogues["train"]), settings["training"])
        tokenizer = load_tokenizer(track.model)
        # Before the adapter, whose A is drawn at random.
        torch.manual_seed(settings["training"].seed)
        fine_tune(
            prepare(load_model(track.model, track.device, dropout=settings["training"].dropout)),
            tokenizer,
            encode(track, dialogues["train"], tokenizer),
            encode(track, dialogues["validation"], tokenizer),
            settings["training"],
            folder,
            validate=validator(track, dialogues["validation"], tokenizer),
            watch=watch,
            device=track.device,
        )
    # Read back from disk, so that what is tested is what was saved.
    model, tokenizer = load_trained(track, folder / "model")
    training = read_json(folder / "training.json")
    return _tested(name, track, model, tokenizer, dialogues, settings, folder, training)


def _say_how_long(name, track, rows, training):
    """`Track.duration` is that of a whole training, so a shorter one only tells its steps."""
    steps = total_steps(rows, training)
    whole = steps >= total_steps(rows, track.full)
    told = f"; a whole training takes {track.duration}" if whole else ""
    print(f"{name}: training now, {steps:,} steps{told}.")


def encode(track, rows, tokenizer):
    """`training.encode_examples` with the track's limits, kept in artifacts/<track>/tokens.

    The next training on the same rows, with the same tokenizer, template and limits, reads them
    from there.
    """
    limits = dict(
        max_prompt_tokens=track.max_prompt_tokens, max_summary_tokens=track.max_summary_tokens
    )
    vocabulary = sorted(tokenizer.get_vocab().items())
    contents = (vocabulary, DEFAULT_TEMPLATE, limits, rows["dialogue"][:], rows["summary"][:])
    digest = hashlib.sha256(repr(contents).encode())
    return cached_dataset(
        track.artifacts / "tokens" / digest.hexdigest()[:16],
        lambda: encode_examples(rows, tokenizer, **limits),
    )


def _tested(name, track, model, tokenizer, dialogues, settings, folder, training=None):
    """Summarize each test dialogue once, score it against all its references, save the run."""
    test = dialogues["test"]
    prompts = fit_prompts(test["dialogue"], tokenizer, max_tokens=track.max_prompt_tokens)
    with measure_cost(track.device) as generation:
        predictions = summarize(track, model, tokenizer, prompts, progress=True)
    with measure_cost(track.device) as scoring:
        scores = rouge_scores(predictions, test["references"])
    training = training or {
        "trainable_parameters": 0,
        "total_parameters": parameter_counts(model)[1],
        "seconds": 0.0,
        "peak_memory_mib": round(generation.peak_memory_mib, 1),
    }
    record = {
        "name": name,
        **identity(track, settings),
        "finished": datetime.now().isoformat(" ", "minutes"),
        "device_name": device_name(track.device),
        "attention": attention_used(model),
        "scorer": SCORER,
        "test_dialogues": len(test),
        "references_per_dialogue": max(map(len, test["references"])),
        "train_rows": len(dialogues["train"]) if (folder / "model").is_dir() else 0,
        "train_seconds": training["seconds"],
        "generation_seconds": round(generation.seconds, 2),
        "scoring_seconds": round(scoring.seconds, 2),
        "saved_mib": round(weights_mib(folder / "model"), 3),
        **{key: value for key, value in training.items() if key != "seconds"},
        "rouge": {
            metric: asdict(interval)
            for metric, interval in rouge_intervals(scores, seed=track.seed).items()
        },
        "reference_words": float(
            np.mean([len(text.split()) for texts in test["references"] for text in texts])
        ),
        "failures": count_failures(
            predictions,
            list(test["dialogue"]),
            at_token_limit(predictions, tokenizer, track.max_summary_tokens),
        ),
    }
    items = pd.DataFrame({"id": test["id"], "prediction": predictions}).join(scores)
    return save_run(folder, record, items)
