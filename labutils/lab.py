"""The whole lab in one go: execute the notebooks, then build the report from what they left."""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from labutils import engine, notebooks, runs
from labutils.common.cost import STAGES_FOLDER, stage_seconds
from labutils.common.files import check_writable, set_aside, write_json
from labutils.common.text import printable
from labutils.multitask.forgetting import read_matrix
from labutils.tracks import Track
from labutils.views import plots, tables


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
        LabError: a cell failed, an unknown notebook, or a folder that cannot be written.
    """
    print(printable(str(track)))
    check_writable(track.artifacts)
    if fresh:
        set_aside(track.artifacts / "runs")
    whole = not numbers and not (track.artifacts / "runs").exists()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as stages:
        os.environ[STAGES_FOLDER] = stages
        for path in notebooks.find_notebooks(numbers):
            executed = track.artifacts / "notebooks" / path.name
            notebooks.execute(path, executed)
            on_executed(executed, path)
        seconds = time.perf_counter() - start
        by_stage = stage_seconds(stages)
    by_stage["the rest"] = round(seconds - sum(by_stage.values()), 1)

    if done := engine.finished(track):
        compared = [*engine.found_runs(track, engine.TRIVIAL.values()), *done]
        report = runs.report(track, compared, seconds=seconds, seconds_by_stage=by_stage)
        write_json(track.artifacts / "report.json", report | {"whole_fresh_run": whole})
        plots.save_figure(plots.plot_comparison(done), track, "comparison")
        tables.print_table(tables.comparison_table(compared))
        tables.print_table(tables.difference_table(done))
    matrix = track.artifacts / "forgetting.json"
    if matrix.is_file():
        tables.print_table(tables.forgetting_table(read_matrix(matrix)))
    shares = ", ".join(f"{name} {value / seconds:.0%}" for name, value in by_stage.items())
    print(f"{seconds:.0f} s ({shares}). Notebooks, figures and report.json: {track.artifacts}")
    return done
