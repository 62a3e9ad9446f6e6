"""The whole lab in one go: execute the notebooks, and report what they left; compare methods."""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from labutils import comparison, engine, notebooks, runs
from labutils.common.cost import STAGES_FOLDER, stage_seconds
from labutils.common.environment import environment
from labutils.common.errors import LabError
from labutils.common.files import check_writable, set_aside, write_json
from labutils.common.text import printable
from labutils.multitask.forgetting import read_matrix
from labutils.tracks import Track, use_whole_paths
from labutils.views import forgetting, plots, tables

FEWEST_ROWS = 15
"""For training, with which all notebooks run: notebook 6 leaves one chat of so many untold."""


def run_lab(
    track: Track,
    *,
    numbers: Sequence[str] | None = None,
    fresh: bool = False,
    on_executed: Callable[[Path, Path], object] = lambda copy, notebook: None,
) -> list[runs.Run]:
    """Execute notebooks in order, write report.json and the figure, print the tables.

    Args:
        track: the Track, which the environment's LAB_ variables must describe as well, as the
            notebooks' kernels read those.
        numbers: of the notebooks, such as ["01", "03"]; default all.
        fresh: set earlier runs aside and make them again.
        on_executed: called with each executed copy and the notebook it was made from.

    Returns:
        The finished runs among zero-shot, full and LoRA, which the tables compare.

    Raises:
        LabError: a cell failed, an unknown notebook, too few rows, a single test dialogue, or a
            folder that cannot be written.
    """
    if track.train_rows is not None and track.train_rows < FEWEST_ROWS:
        raise LabError(
            f"The notebooks show a batch and split chats; train on {FEWEST_ROWS} rows or more."
        )
    if track.test_dialogues == 1:
        raise LabError(
            "The notebooks tell how far scores of dialogues lie apart; test on two or more."
        )
    print(printable(str(track)))
    use_whole_paths()
    check_writable(track.artifacts)
    if fresh:
        set_aside(track.artifacts / "runs")
    whole = not numbers and not (track.artifacts / "runs").exists()
    matrix = track.artifacts / "forgetting.json"
    before = _changed(matrix)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as stages, environment(**{STAGES_FOLDER: stages}):
        for path in notebooks.find_notebooks(numbers):
            executed = track.artifacts / "notebooks" / path.name
            notebooks.execute(path, executed)
            on_executed(executed, path)
        seconds = time.perf_counter() - start
        by_stage = stage_seconds(stages)
    by_stage["the rest"] = round(seconds - sum(by_stage.values()), 1)

    if done := engine.finished(track):
        compared = [*engine.found_runs(track, engine.TRIVIAL.values()), *done]
        took = {"seconds": round(seconds, 1), "seconds_by_stage": by_stage}
        report = runs.report(track, compared, **took)
        write_json(track.artifacts / "report.json", report | {"whole_fresh_run": whole})
        plots.save_figure(plots.plot_comparison(done), track, "comparison")
        tables.print_table(tables.comparison_table(compared))
        tables.print_table(tables.difference_table(done))
    if _changed(matrix) != before:
        tables.print_table(forgetting.forgetting_table(read_matrix(matrix)))
    shares = ", ".join(f"{name} {value / seconds:.0%}" for name, value in by_stage.items())
    print(f"{seconds:.0f} s ({shares}). Notebooks, figures and report.json: {track.artifacts}")
    return done


def _changed(path: Path) -> int:
    """When a file was written, in nanoseconds; 0 if there is none."""
    return path.stat().st_mtime_ns if path.is_file() else 0


def compare_methods(track: Track, names: Sequence[str], epochs: float) -> dict:
    """Train methods side by side, write methods.json and methods.png, print the tables.

    Runs that were made before with the same settings are found, and a killed training goes on.

    Args:
        track: the Track, which takes the runs and both files into its artifacts.
        names: of `comparison.METHOD_NAMES`.
        epochs: passes over the training rows, of each method.

    Returns:
        The content of methods.json: `runs.report` of the untouched model, the nearest chat's
        summary and the methods, with "epochs", "differences" between the model and the methods
        (`intervals.difference_records`) and "failed": {method: why}.

    Raises:
        LabError: a method that cannot be had (`comparison.methods_named`), before anything is
            trained; dialogues or a folder that cannot be used.
    """
    methods = comparison.methods_named(names, track, epochs)
    print(printable(str(track)))
    own = track.lora.recipe.epochs
    print(f"Passes over the training rows: {epochs:g} (the lab itself makes {own:g}).")
    check_writable(track.artifacts)
    untrained = [engine.make_run(method, track) for method in comparison.UNTRAINED]
    trained, failed = comparison.attempted_runs(methods, track)
    compared, path = [*untrained, *trained], track.artifacts / "methods.json"
    metrics = tables.compared_by(compared)
    differences = tables.differences([untrained[0], *trained], metrics)
    more = {"epochs": epochs, "differences": differences, "failed": failed}
    report = runs.report(track, compared, **more)
    write_json(path, report)
    tables.print_table(tables.methods_table(compared))
    if trained:
        figure = plots.plot_methods(untrained, trained, metrics[0])
        plots.write_figure(figure, path.with_suffix(".png"))
        tables.print_table(tables.differences_told(differences, tables.protocol(compared)))
        print(f"The same as a record and a plot: {path}, {path.with_suffix('.png').name}")
    return report
