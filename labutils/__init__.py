"""Helpers of the fine-tuning lab, one module for each step of a lesson.

Data becomes prompts, prompts become batches, a model is trained on them and answers, the answers
are scored: tracks, data, prompts, batching, models, adapters, training, generation, runs, engine.
Beside the steps lie evaluation/, multitask/, views/, exercises/ and demo/; CONTRIBUTING.md has the
whole tree, and pyproject.toml its layers, which import-linter holds.

The notebooks import from the modules, because that says where a thing is taught. For your own
scripts the names below can also be had from here: `from labutils import choose_track, make_run`.
Importing the package changes nothing and costs nothing: torch and transformers load when a
function first needs them.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOMES = {
    "LabError": "common.errors",
    "TrainingSettings": "settings",
    "LoraSettings": "settings",
    "choose_track": "tracks",
    "load_dialogues": "data",
    "fit_prompts": "prompts",
    "load_model": "models",
    "load_tokenizer": "models",
    "encode_examples": "training",
    "fine_tune": "training",
    "Method": "methods",
    "ZERO_SHOT": "methods",
    "add_adapter": "adapters",
    "load_adapter": "adapters",
    "merge_adapter": "adapters",
    "generate": "generation",
    "bootstrap_interval": "evaluation.intervals",
    "paired_difference": "evaluation.intervals",
    "rouge_scores": "evaluation.rouge",
    "score": "evaluation.rouge",
    "read_predictions": "evaluation.predictions",
    "make_run": "engine",
    "baselines": "engine",
    "load_system": "engine",
    "Task": "multitask.tasks",
    "mixing_rates": "multitask.mixing",
    "Experiment": "multitask.experiment",
    "comparison_table": "views.tables",
    "difference_table": "views.tables",
    "check": "exercises",
    "progress": "exercises",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"labutils.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'labutils' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
