"""The whole lab in one go: execute the notebooks, then build the report from what they left."""

import os
import tempfile
import time

from labutils import engine, notebooks, runs
from labutils.common.cost import STAGES_FOLDER, stage_seconds
from labutils.common.files import check_writable, read_json, set_aside, write_json
from labutils.maintenance import publishing
from labutils.tracks import Track
from labutils.views import plots, tables


def run_lab(
    track: Track, *, numbers: list[str] | None = None, fresh: bool = False, store: bool = False
) -> None:
    """Execute notebooks in order, write report.json and the figure, print the tables.

    Args:
        track: the Track, which the environment's LAB_ variables must describe as well, as the
            notebooks' kernels read those.
        numbers: of the notebooks, such as ["01", "03"]; default all.
        fresh: set earlier runs aside and make them again.
        store: write the executed notebooks, cleaned, over the repository's own, and after a run
            of all of them the results into their pages (`publishing.PAGES`) and data/results.

    Raises:
        LabError: a cell failed, an unknown notebook, or a folder that cannot be written.
    """
    print(track)
    check_writable(track.artifacts)
    if fresh:
        set_aside(track.artifacts / "runs")
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as stages:
        os.environ[STAGES_FOLDER] = stages
        paths = notebooks.find_notebooks(numbers)
        if store and not numbers:
            paths += notebooks.find_notebooks([notebooks.DEMO])
        for path in paths:
            executed = track.artifacts / "notebooks" / path.name
            notebooks.execute(path, executed)
            if store:
                notebooks.store(executed, path)
        seconds = time.perf_counter() - start
        by_stage = stage_seconds(stages)
    by_stage["the rest"] = round(seconds - sum(by_stage.values()), 1)

    if done := engine.finished(track):
        compared = [*engine.found_runs(track, engine.TRIVIAL.values()), *done]
        report = runs.report(track, compared, seconds=seconds, seconds_by_stage=by_stage)
        write_json(track.artifacts / "report.json", report)
        plots.save_figure(plots.plot_comparison(done), track, "comparison")
        tables.print_table(tables.comparison_table(compared))
        tables.print_table(tables.difference_table(done))
        if store and not numbers:
            publishing.store_results(track, done)
    matrix = track.artifacts / "forgetting.json"
    if matrix.is_file():
        tables.print_table(tables.forgetting_table(read_json(matrix)))
    shares = ", ".join(f"{name} {value / seconds:.0%}" for name, value in by_stage.items())
    print(f"{seconds:.0f} s ({shares}). Notebooks, figures and report.json: {track.artifacts}")
