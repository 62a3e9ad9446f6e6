"""The systems that are compared: each one loads its own model, is made once, and leaves a run.

A system is found in artifacts/<track>/runs if it was made there before with the same settings,
or else made now, so that every notebook can be opened first.
"""

import hashlib

from labutils.adapters import add_lora, load_adapter
from labutils.common.cost import measure_cost
from labutils.common.files import check_writable, read_json
from labutils.data import cached_dataset, load_dialogues
from labutils.evaluation.baselines import BASELINES, FROM_TRAINING
from labutils.evaluation.fact_report import dataset_facts, facts_of_summaries, truths_of
from labutils.evaluation.failures import at_token_limit
from labutils.evaluation.rouge import rouge_scores
from labutils.generation import generate
from labutils.models import (
    attention_used,
    load_model,
    load_tokenizer,
    parameter_counts,
    weights_mib,
)
from labutils.prompts import DEFAULT_TEMPLATE, fit_prompts
from labutils.runs import identity, load_run, run_folder, save_tested
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
    dialogues = _checked(track, folder, dialogues)
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


def baselines(track, *, dialogues=None):
    """The Runs of the trivial systems (`baselines.BASELINES`), which have no model.

    Args:
        track, dialogues: as for `zero_shot`.
    """
    return [_baseline(name, track, dialogues) for name in BASELINES]


def finished(track):
    """The finished runs among zero-shot, full and lora with the track's own settings."""
    wanted = {
        "zero-shot": {"template": DEFAULT_TEMPLATE},
        "full": {"template": DEFAULT_TEMPLATE, "training": track.full},
        "lora": {"template": DEFAULT_TEMPLATE, "training": track.lora, "lora": track.adapter},
    }
    return _found(run_folder(track, name, settings) for name, settings in wanted.items())


def finished_baselines(track):
    """The finished runs among the trivial systems."""
    return _found(_baseline_folder(name, track) for name in BASELINES)


def _found(folders):
    return [run for folder in folders if (run := load_run(folder)) is not None]


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
    # An adapter may come without a tokenizer; it is its base's.
    has_tokenizer = (folder / "tokenizer_config.json").is_file()
    return model, load_tokenizer(folder if has_tokenizer else track.model)


def validator(track, validation, tokenizer):
    """A function of a model that returns its mean scores on the first validation dialogues.

    They are ROUGE, and those of `facts.FACT_METRICS` where the dataset's facts are known.
    """
    rows = validation.select(range(min(track.validation_dialogues, len(validation))))
    prompts = fit_prompts(rows["dialogue"], tokenizer, max_tokens=track.max_prompt_tokens)
    references = [[summary] for summary in rows["summary"]]
    facts = dataset_facts(track.dataset)

    def validate(model):
        predictions = summarize(track, model, tokenizer, prompts)
        scores = rouge_scores(predictions, references)
        if facts:
            scores = scores.join(
                facts_of_summaries(predictions, rows["id"], rows["dialogue"], facts)
            )
        return scores.mean().to_dict()

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


def _checked(track, folder, dialogues):
    """The dialogues, once nothing is left that would stop the run after its work."""
    check_writable(folder)
    dialogues = dialogues or load_dialogues(track)
    if (facts := dataset_facts(track.dataset)) is not None:
        truths_of(dialogues["test"]["id"], facts)
    return dialogues


def _trained(name, track, settings, prepare, dialogues, watch):
    settings = {"template": DEFAULT_TEMPLATE, **settings}
    folder = run_folder(track, name, settings)
    if run := announce(load_run(folder)):
        if watch is not None:
            watch(run.record["history"])
        return run
    import torch

    dialogues = _checked(track, folder, dialogues)
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
            score="facts_f1" if dataset_facts(track.dataset) else "rougeL",
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
    training = training or _no_training(parameter_counts(model)[1], generation)
    trained = (folder / "model").is_dir()
    record = {
        "name": name,
        **identity(track, settings),
        "attention": attention_used(model),
        "train_rows": len(dialogues["train"]) if trained else 0,
        "train_seconds": training.get("seconds", 0.0),
        "generation_seconds": round(generation.seconds, 2),
        "saved_mib": round(weights_mib(folder / "model"), 3),
        **{key: value for key, value in training.items() if key != "seconds"},
    }
    truncated = at_token_limit(predictions, tokenizer, track.max_summary_tokens)
    return save_tested(track, folder, record, test, predictions, truncated)


def _baseline(name, track, dialogues):
    settings, folder = {"baseline": name}, _baseline_folder(name, track)
    if run := announce(load_run(folder)):
        return run
    dialogues = _checked(track, folder, dialogues)
    test, train = dialogues["test"], dialogues["train"]
    with measure_cost(track.device) as generation:
        predictions = BASELINES[name](test.to_list(), train.to_list(), track.seed)
    record = {
        "name": name,
        **identity(track, settings),
        "attention": "none",
        "train_rows": len(train) if name in FROM_TRAINING else 0,
        "train_seconds": 0.0,
        "generation_seconds": round(generation.seconds, 2),
        "saved_mib": 0.0,
        **_no_training(0, generation),
    }
    return save_tested(track, folder, record, test, predictions, [False] * len(test))


def _baseline_folder(name, track):
    return run_folder(track, f"baseline-{name.replace(' ', '-')}", {"baseline": name})


def _no_training(parameters, generation):
    """What a training leaves, of a system without one."""
    return {
        "trainable_parameters": 0,
        "total_parameters": parameters,
        "peak_memory_mib": round(generation.peak_memory_mib, 1),
    }
