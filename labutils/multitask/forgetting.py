"""What the trainings of an Experiment cost and kept: scores of every task, and their changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labutils.common.errors import LabError
from labutils.common.files import first_line, read_json, write_json
from labutils.evaluation.intervals import RESAMPLES, holm
from labutils.methods import check_name
from labutils.multitask.tasks import TASKS, Task

if TYPE_CHECKING:
    from labutils.runs import Run
    from labutils.tracks import Track


def scores_of(run: Run, task: Task) -> tuple[np.ndarray, list[str], list[str]]:
    """(counts (rows, 2), predictions, answers) of one task in a run."""
    items = run.items[run.items["task"] == task.name]
    return (
        np.array(items["counts"].tolist()),
        items["prediction"].tolist(),
        items["answer"].tolist(),
    )


def task_curves(
    run: Run, baseline: Run, tasks: Sequence[Task] = TASKS
) -> dict[str, list[tuple[int, float]]]:
    """{task: [(step, score), ...]} on validation rows while a run trained, from zero-shot on."""
    history = baseline.record["history"] + run.record["history"]
    return {
        task.name: [(entry["step"], entry[task.name]) for entry in history if task.name in entry]
        for task in tasks
    }


def forgetting_matrix(runs: Sequence[Run], tasks: Sequence[Task] = TASKS) -> dict[str, Any]:
    """What each system scores on each task, and how much that is above or below the first one.

    Args:
        runs: Run objects of one Experiment, the first of them zero-shot.
        tasks: its Task objects; default the five of the lab.

    Returns:
        {"tasks": [names], "systems": [{"name", "steps", "scores": {task: {"metric", "mean",
        "low", "high", "n", "change", "change_low", "change_high", "p", "p_holm", "more"}}}]}.
        Scores and changes are 0-1, low and high the ends of 95% bootstrap intervals over rows;
        changes are paired by row. "p_holm" is corrected for all changes of the matrix, those of
        systems left out that score every row as the first one does: they test nothing. "more"
        holds metrics without an interval, such as BLEU.
    """
    if not runs:
        raise LabError("No runs to compare. Make them first: notebook 04.")
    # Enough resamples for a p-value that is still small after so many corrections.
    resamples = max(RESAMPLES, 100 * len(tasks) * (len(runs) - 1))
    systems = [
        {
            "name": run.name,
            "steps": run.record["steps"],
            "scores": {task.name: _task_scores(run, runs[0], task, resamples) for task in tasks},
        }
        for run in runs
    ]
    cells = [system["scores"].values() for system in systems[1:]]
    changes = [cell for row in cells if any(map(may_have_changed, row)) for cell in row]
    for cell, p_holm in zip(changes, holm([cell["p"] for cell in changes])):
        cell["p_holm"] = p_holm
    return {"tasks": [task.name for task in tasks], "systems": systems}


def may_have_changed(cell: dict[str, Any]) -> bool:
    """Whether any row of a cell of the matrix can have been scored otherwise than by the first."""
    return bool(cell["change_low"] or cell["change_high"])


def shares_kept(matrix: dict[str, Any], name: str) -> dict[str, float]:
    """{task: what a system scores there, as a share of what the first system scores}.

    The first task, which is to be learned, is left out, as are tasks that the first system cannot
    do at all (score 0): nothing can be lost there.
    """
    scores = {system["name"]: system["scores"] for system in matrix["systems"]}
    start = matrix["systems"][0]["scores"]
    return {
        task: scores[name][task]["mean"] / start[task]["mean"]
        for task in matrix["tasks"][1:]
        if start[task]["mean"] > 0
    }


def reading(matrix: dict[str, Any], name: str) -> str:
    """What a system forgot, as a sentence in Markdown, the worst loss first.

    Forgotten is a task, other than the first one, whose score fell by more than noise ("p_holm"
    below 0.05); the share is what is kept of the first system's score. Another task may have been
    forgotten, too: the matrix does not settle it.
    """
    scores = next(system["scores"] for system in matrix["systems"] if system["name"] == name)
    kept = shares_kept(matrix, name)
    worst_first = sorted(kept, key=lambda task: kept[task])
    lost = [t for t in worst_first if scores[t]["change"] < 0 and scores[t]["p_holm"] < 0.05]
    rest = [task for task in worst_first if task not in lost]
    if not lost:
        least = f" (least kept: {_of(rest[0], kept)})" if rest else ""
        return f"**{name}** forgot nothing that this matrix can settle{least}."
    losses = _listed([_of(task, kept) for task in lost])
    spared = f"; no loss of {_listed(rest)} is settled" if rest else ""
    return f"**{name}** forgot: it keeps {losses}{spared}."


def compared(matrix: dict[str, Any]) -> str:
    """How the second system of a matrix compares with the first one, as a sentence in Markdown.

    On the tasks that neither was to learn, so all but the first task.
    """
    first, second = matrix["systems"][:2]
    told: dict[str, list[str]] = {"better": [], "worse": [], "no settled difference": []}
    for task in matrix["tasks"][1:]:
        cell = second["scores"][task]
        sign = "better" if cell["change"] > 0 else "worse"
        told[sign if cell["p_holm"] < 0.05 else "no settled difference"].append(task)
    found = "; ".join(f"{how} on {_listed(tasks)}" for how, tasks in told.items() if tasks)
    return f"**{second['name']}** compared with **{first['name']}**: {found}."


def least_kept(matrix: dict[str, Any], name: str) -> tuple[float, str]:
    """(share, task): of all tasks but the first one, what a system kept least of."""
    return min((share, task) for task, share in shares_kept(matrix, name).items())


def _of(task: str, kept: dict[str, float]) -> str:
    return f"{kept[task]:.0%} of {task}"


def _listed(items: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else items[0]


def _task_scores(run: Run, baseline: Run, task: Task, resamples: int) -> dict[str, Any]:
    counts, predictions, answers = scores_of(run, task)
    seed = run.record["seed"]
    score = task.metric.interval(counts, seed=seed)
    before = scores_of(baseline, task)[0]
    change = task.metric.change(counts, before, seed=seed, resamples=resamples)
    more = {name: metric(predictions, answers) for name, metric in task.more_metrics.items()}
    return {
        "metric": task.metric.name,
        **asdict(score),
        "n": len(counts),
        "change": change.mean,
        "change_low": change.low,
        "change_high": change.high,
        "p": change.p,
        "p_holm": 1.0,
        "more": more,
    }


def write_matrix(track: Track, matrix: dict[str, Any]) -> Path:
    """Write a forgetting matrix to artifacts/<track>/forgetting.json and return the path."""
    path = track.artifacts / "forgetting.json"
    write_json(path, matrix)
    return path


def read_matrix(path: Path) -> dict[str, Any]:
    """The forgetting matrix that `write_matrix` left in a file.

    Raises:
        LabError: the file cannot be read, or holds something else.
    """
    matrix = read_json(path)
    try:
        if not matrix["systems"]:
            raise ValueError("it has no systems")
        for system in matrix["systems"]:
            check_name("a system's name", system["name"])
            if list(system["scores"]) != matrix["tasks"]:
                raise ValueError(f"the tasks of {system['name']} are others")
            for task, cell in system["scores"].items():
                if not 0 <= cell["mean"] <= 1 or not -1 <= cell["change"] <= 1:  # nor NaN
                    raise ValueError(f"{task} of {system['name']} is out of range")
                check_name("a metric", cell["metric"])
                if not (isinstance(cell["n"], int) and 0 <= cell.get("p_holm", 1) <= 1):
                    raise ValueError(f"n or p_holm of {system['name']} is none")
    except (LabError, LookupError, TypeError, AttributeError, ValueError) as error:
        raise LabError(
            f"{path} is no forgetting matrix ({first_line(error)}). Delete it, and run notebook 04 "
            "again; the runs that it compares are kept."
        ) from error
    return matrix
