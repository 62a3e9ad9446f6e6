"""Search the learning rates and the cap of notebook 4 on the tiny track, on validation only.

    python -m tools.multitask_search                          # all that have no result yet
    python -m tools.multitask_search full-200-2e-3-cap250     # some of them
    python -m tools.multitask_search --table                  # the results so far

A candidate is trained on dialogues alone and on the mixture; both answer validation rows of every
task, and the test split is not opened. A result lies in data/results/multitask/<candidate>.json.
What is wanted: one that learns to summarize, forgets when it learns nothing else, and forgets
little in the mixture. Of each method the highest rate is taken at which the mixture keeps 90% of
every task.
"""

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from labutils.common.files import read_json
from labutils.engine import load_base, load_trained, train
from labutils.multitask.experiment import Experiment, Mixture
from labutils.tracks import DATA, tiny_track
from tools.candidates import search

FOLDER = DATA / "results" / "multitask"
VALIDATION_ROWS = 60  # of each task's validation split
CANDIDATES = {
    f"{method}-{steps}-{rate}-cap{cap}": (method, steps, float(rate), cap)
    for method, steps, rate, cap in (
        ("full", 200, "1e-3", 250),
        ("full", 200, "1.5e-3", 250),
        ("full", 200, "2e-3", 250),
        ("full", 200, "3e-3", 250),
        ("lora", 200, "2e-3", 250),
        ("lora", 200, "3e-3", 250),
        ("lora", 200, "4e-3", 250),
    )
}
"""{name: (method, optimizer steps, peak learning rate, cap of the mixing rates)}."""


def measured(name: str) -> dict:
    """Train a candidate twice and score it on validation rows: {"start", "single", "mixture"}."""
    method, steps, rate, cap = CANDIDATES[name]
    track = tiny_track()
    sizes: dict[str, Any] = {
        "steps": steps,
        f"{method}_learning_rate": rate,
        "cap": cap,
        "curve_rows": VALIDATION_ROWS,
    }
    experiment = Experiment(replace(track, multitask=replace(track.multitask, **sizes)))
    alone = {experiment.single: 1.0}
    found = {
        "name": name,
        "method": method,
        "steps": steps,
        "learning_rate": rate,
        "cap": cap,
        "rows": VALIDATION_ROWS,
    }
    for kind, rates in (("single", alone), ("mixture", experiment.rates)):
        with TemporaryDirectory() as folder:
            tuned = experiment.methods[method].variant(name, validations=1)
            tasks = Mixture(experiment, rates)
            train(tuned, experiment.track, tasks, Path(folder))
            trained = load_trained(experiment.track, Path(folder) / "model")
            found[kind] = tasks.scores(*trained)
    return found | {"start": tasks.scores(*load_base(experiment.track))}


def print_table() -> None:
    """Print what each candidate keeps of each task, and what it gains on dialogues."""
    for path in sorted(FOLDER.glob("*.json")):
        result = read_json(path)
        start = result["start"]
        for kind in ("single", "mixture"):
            kept = {task: result[kind][task] / start[task] for task in start if start[task]}
            cells = "  ".join(f"{task} {share:4.0%}" for task, share in kept.items())
            print(f"{result['name']:21} {kind:8} {cells}")


if __name__ == "__main__":
    sys.exit(search(__doc__.splitlines()[0], CANDIDATES, FOLDER, measured, print_table))
