"""Helpers of the fine-tuning lab, one module for each step of it.

tracks -> batching -> data -> prompts -> models -> training -> adapters -> planning -> generation
-> intervals -> failures -> scoring -> synonyms -> wordings -> truths -> values -> facts
-> fact_report -> baselines -> marking -> judging -> metrics -> tasks -> mixing -> runs -> systems
-> summarizing -> experiment -> forgetting -> tables -> plots, curves, demo -> live -> demo_plots,
pages, instructor, exercises; bench over all of them. No module imports a later one.

The notebooks import from the modules, because that says where a thing is taught. For your own
scripts the names below can also be had from here: `from labutils import choose_track, lora`.
Importing the package costs nothing: torch and transformers load when a function first needs them.
In a notebook it gives every figure that is displayed from then on a text alternative (alt_text).
"""

import os
import sys
from importlib import import_module

# A CPU thread that waits for another spins; if a third program wants the core, both lose most of
# their time to it. This bounds the spinning. It must be set before torch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "20000")

__version__ = "0.1.0"

_HOMES = {
    "LabError": "errors",
    "TrainingSettings": "settings",
    "LoraSettings": "settings",
    "choose_track": "tracks",
    "load_dialogues": "data",
    "fit_prompts": "prompts",
    "load_model": "models",
    "load_tokenizer": "models",
    "encode_examples": "training",
    "fine_tune": "training",
    "add_lora": "adapters",
    "load_adapter": "adapters",
    "merge_adapter": "adapters",
    "generate": "generation",
    "bootstrap_interval": "intervals",
    "paired_difference": "intervals",
    "rouge_scores": "scoring",
    "score": "scoring",
    "read_predictions": "predictions",
    "zero_shot": "systems",
    "full": "systems",
    "lora": "systems",
    "load_system": "systems",
    "Task": "tasks",
    "mixing_rates": "mixing",
    "Experiment": "experiment",
    "comparison_table": "tables",
    "difference_table": "tables",
    "check": "exercises",
    "progress": "exercises",
}
__all__ = list(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(f"labutils.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'labutils' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])


if "IPython" in sys.modules:
    import_module("labutils.alt_text").describe_figures()
