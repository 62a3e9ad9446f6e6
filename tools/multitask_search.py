"""Search the tiny track's settings of notebook 4 on validation: how many steps, at which rate.

    python -m tools.multitask_search                    # all candidates that have no result yet
    python -m tools.multitask_search full-200-2e-3      # some of them
    python -m tools.multitask_search --table            # the results so far

A candidate is trained on dialogues alone and on the mixture; both answer validation rows of every
task, and the test split is not opened. A result lies in data/results/multitask/<candidate>.json.
What is wanted: one that learns to summarize, forgets when it learns nothing else, and forgets
little in the mixture.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from labutils.common.files import read_json, write_json
from labutils.multitask.experiment import Experiment
from labutils.tracks import tiny_track

FOLDER = Path(__file__).resolve().parent.parent / "data" / "results" / "multitask"
ROWS = 60  # of each task's validation split
CANDIDATES = {
    f"{method}-{steps}-{rate}": (method, steps, float(rate))
    for method, steps, rate in (
        ("full", 200, "5e-4"),
        ("full", 200, "2e-3"),
        ("lora", 200, "2e-3"),
        ("lora", 200, "5e-3"),
    )
}


def measured(name: str) -> dict:
    """Train a candidate twice and score it on validation rows: {"start", "single", "mixture"}."""
    method, steps, rate = CANDIDATES[name]
    track = tiny_track()
    sizes = {"steps": steps, f"{method}_learning_rate": rate, "curve_rows": ROWS}
    experiment = Experiment(replace(track, multitask=replace(track.multitask, **sizes)))
    alone = {experiment.single: 1.0}
    found = {"name": name, "method": method, "steps": steps, "learning_rate": rate, "rows": ROWS}
    for kind, rates in (("single", alone), ("mixture", experiment.rates)):
        with TemporaryDirectory() as folder:
            settings = experiment.settings_of(method, rates, curve_points=1)
            experiment.train(Path(folder), name, settings)
            found[kind] = experiment.validation_scores(Path(folder) / "model")
    return found | {"start": experiment.validation_scores(Path("no training"))}


def print_table() -> None:
    """Print what each candidate keeps of each task, and what it gains on dialogues."""
    for path in sorted(FOLDER.glob("*.json")):
        result = read_json(path)
        start = result["start"]
        for kind in ("single", "mixture"):
            kept = {task: result[kind][task] / start[task] for task in start if start[task]}
            cells = "  ".join(f"{task} {share:4.0%}" for task, share in kept.items())
            print(f"{result['name']:16} {kind:8} {cells}")


def main() -> int:
    """Measure the candidates that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="candidate", help=", ".join(CANDIDATES))
    parser.add_argument("--table", action="store_true", help="only print the results so far")
    args = parser.parse_args()
    if unknown := set(args.names) - set(CANDIDATES):
        parser.error(f"no candidate is called {', '.join(sorted(unknown))}")
    for name in args.names or CANDIDATES:
        path = FOLDER / f"{name}.json"
        if not args.table and not path.is_file():
            FOLDER.mkdir(parents=True, exist_ok=True)
            write_json(path, measured(name))
    print_table()
    return 0


if __name__ == "__main__":
    sys.exit(main())
