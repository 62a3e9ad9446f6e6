"""What is committed of a run: each page shows its record, and storing changes nothing else."""

import os
import shutil

import pytest

from labutils import engine, notebooks, planning, runs
from labutils.common import files
from labutils.common.errors import LabError
from labutils.evaluation import rouge
from labutils.evaluation.fact_report import FACTS_EXPLAINED
from labutils.evaluation.intervals import Interval
from labutils.lab import run_lab
from tools import (
    attack,
    bench,
    bench_cpu,
    methods_forgetting,
    methods_search,
    methods_tested,
    padding_free,
    publishing,
)

MADE = {
    "results": ("report", publishing.short_results),
    "comparison": ("report", publishing.results_table),
    "seeds": ("seeds", methods_tested.seeds_rows),
    "forgetting": ("forgetting", publishing.forgetting_rows),
    "scores": ("scores", publishing.scores_text),
    "bench": ("bench", bench.bench_rows),
    "bench_gpu": ("bench_gpu", bench.bench_rows),
    "bench_cpu": ("bench_cpu", bench_cpu.cpu_rows),
    "padding_free": ("padding_free", padding_free.compared_text),
    "plans": ("plans", publishing.plan_rows),
    "attack": ("attack", attack.attack_rows),
    "methods": ("methods", methods_search.methods_rows),
    "tested": ("tested", methods_tested.tested_rows),
    "tested_short": ("tested", methods_tested.short_rows),
    "methods_forgetting": ("methods_forgetting", methods_forgetting.rows),
}
"""The record of each block, and what makes the block of it."""


@pytest.mark.parametrize("name", publishing.PAGES)
def test_a_pages_results_are_those_of_its_record(name):
    page, (record, made) = publishing.PAGES[name], MADE[name]
    shown = publishing.results_block(page.read_text("utf-8"), name)[0]
    path = publishing.RESULTS / f"{record}.json"
    told = made(files.read_json(path)) if path.is_file() else "It has not been measured yet."
    assert told in shown


def test_readme_shows_every_trained_system_and_explains_what_it_shows():
    report = files.read_json(publishing.RESULTS / "report.json")
    short, whole = publishing.short_results(report), publishing.results_table(report)
    rows = [line.split(" | ")[0] for line in whole.splitlines() if line.startswith("| ")]
    left = [f"| {name}" for name in publishing.NOT_IN_README]
    assert [row for row in rows if row not in left] == [
        line.split(" | ")[0] for line in short.splitlines() if line.startswith("| ")
    ]
    assert set(left) < set(rows)
    assert whole.endswith(FACTS_EXPLAINED) and "facts F1" not in short
    assert short.endswith("with a new name: the share of summaries that have one that is not in "
                          "their dialogue in any spelling.")  # fmt: skip


@pytest.mark.parametrize("name", publishing.PAGES)
def test_a_block_stands_on_one_page_once(name):
    texts = {path: path.read_text("utf-8") for path in {*publishing.PAGES.values()}}
    counts = {path: text.count(f"<!-- {name} -->") for path, text in texts.items()}
    assert counts == {path: int(path == publishing.PAGES[name]) for path in texts}


@pytest.fixture
def pages(monkeypatch, tmp_path):
    """Pages and records in a folder of their own."""
    names = {name: tmp_path / path.name for name, path in publishing.PAGES.items()}
    monkeypatch.setattr(publishing, "PAGES", names)
    monkeypatch.setattr(publishing, "RESULTS", tmp_path / "results")
    return names


def test_stored_results_replace_the_old_ones_and_nothing_else(lab, pages):
    readme, more = pages["results"], pages["forgetting"]
    found = list(lab.runs.values())
    files.write_json(
        lab.track.artifacts / "report.json",
        runs.report(lab.track, found, seconds=1, seconds_by_stage={}),
    )
    markers = ("before\n<!-- results -->\n", "\n<!-- end of results -->\nafter")
    comparison = "<!-- comparison -->\n<!-- end of comparison -->\n"
    readme.write_text("old numbers".join(markers))
    more.write_text(comparison)
    publishing.store_results(lab.track, found)
    text = readme.read_text("utf-8")
    assert text.startswith(markers[0]) and text.endswith(markers[1]) and "old numbers" not in text
    for run in found:
        shown = publishing.in_two_lines(Interval(**run.record["rouge"]["rouge1"]))
        row = f"| {run.name} | {shown} |"
        assert row in text and row in more.read_text("utf-8")
    cell = {"metric": "m", "mean": 0.5, "low": 0.4, "high": 0.6, "n": 9, "more": {}}
    cell |= {"change": -0.25, "change_low": -0.3, "change_high": -0.2, "p_holm": 0.01}
    matrix = {"tasks": ["a"], "systems": [{"name": "x", "steps": 7, "scores": {"a": cell}}]}
    files.write_json(lab.track.artifacts / "forgetting.json", matrix)
    readme.write_text("old numbers".join(markers))
    more.write_text(comparison)
    with pytest.raises(LabError, match="results.md has lost its <!-- forgetting -->"):
        publishing.store_results(lab.track, found)
    assert readme.read_text("utf-8") == "old numbers".join(markers)
    more.write_text(comparison + "<!-- forgetting -->\n<!-- end of forgetting -->")
    publishing.store_results(lab.track, found)
    assert "| x | 0.50 (-0.25 *) |" in more.read_text("utf-8")
    assert readme.read_text("utf-8") == text
    scores = rouge.score({"mine": ["a b"]}, [["a c"]])
    files.write_json(lab.track.artifacts / "scores.json", scores)
    more.write_text(more.read_text("utf-8") + "<!-- scores -->\n<!-- end of scores -->")
    publishing.store_results(lab.track, found)
    shown = more.read_text("utf-8")
    assert (
        "0.500 [0.000, 1.000]" in shown and "1 dialogue, 1 row, references per dialogue: 1" in shown
    )
    assert "| x | 0.50 (-0.25 *) |" in shown
    readme.write_text("no markers")
    with pytest.raises(LabError, match="README.md has lost its <!-- results -->"):
        publishing.store_results(lab.track, found)
    assert more.read_text("utf-8") == shown


@pytest.mark.parametrize("whole, seconds", [(True, 1), (False, 1937.8)])
def test_the_labs_seconds_are_those_of_a_whole_fresh_run(whole, seconds, lab, pages):
    readme, found = pages["results"], list(lab.runs.values())
    readme.write_text("<!-- results -->\n<!-- end of results -->")
    pages["comparison"].write_text("<!-- comparison -->\n<!-- end of comparison -->")
    stored, new = publishing.RESULTS / "report.json", {"seconds": 1, "seconds_by_stage": {"a": 1}}
    files.write_json(stored, {"seconds": 1937.8, "seconds_by_stage": {"model": 1389.4}})
    report = runs.report(lab.track, found, **new) | {"whole_fresh_run": whole, "seed": 7}
    files.write_json(lab.track.artifacts / "report.json", report)
    publishing.store_results(lab.track, found)
    kept = files.read_json(stored)
    assert kept["seconds"] == seconds and kept["seed"] == 7
    assert kept["seconds_by_stage"] == ({"a": 1} if whole else {"model": 1389.4})
    stored.unlink()
    publishing.store_results(lab.track, found)
    assert ("seconds" in files.read_json(stored)) == whole


@pytest.mark.parametrize(
    "options, whole",
    [({}, False), ({"fresh": True}, True), ({"fresh": True, "numbers": ["01", "02"]}, False)],
)
def test_a_report_says_whether_it_was_a_whole_fresh_run(options, whole, lab, monkeypatch, tmp_path):
    made = shutil.copytree(lab.track.artifacts / "runs", tmp_path / "made")
    there = lab.track.artifacts / "runs"
    monkeypatch.setattr(
        notebooks, "execute", lambda *_: shutil.copytree(made, there, dirs_exist_ok=True)
    )
    run_lab(lab.track, **options)
    assert files.read_json(lab.track.artifacts / "report.json")["whole_fresh_run"] is whole


@pytest.fixture
def published(lab, monkeypatch):
    """What `publish_lab` executes, stores and shows: (notebook, its track), notebooks, runs."""
    executed, stored, shown = [], [], []

    def execute(path, target):
        executed.append((path.name[:2], os.environ["LAB_TRACK"], os.environ["LAB_ARTIFACTS"]))

    monkeypatch.setattr(notebooks, "execute", execute)
    monkeypatch.setattr(notebooks, "store", lambda copy, path: stored.append((copy, path)))
    monkeypatch.setattr(publishing, "store_results", lambda track, found: shown.append(found))
    for name in ("model", "dataset"):
        monkeypatch.setenv(f"LAB_{name.upper()}", getattr(lab.track, name))
    monkeypatch.setenv("LAB_TRACK", "flan")
    return lab, executed, stored, shown


def test_publishing_stores_every_lesson_its_results_and_the_demo_without_runs(published):
    lab, executed, stored, shown = published
    here = str(lab.track.artifacts.parent)
    publishing.main([])
    lessons, elsewhere = notebooks.find_notebooks(), executed[-1][2]
    assert executed[:-1] == [(path.name[:2], "tiny", here) for path in lessons]
    assert executed[-1][:2] == ("in", "tiny") and elsewhere != here
    assert [path for _, path in stored] == sorted(notebooks.NOTEBOOKS.glob("*.ipynb"))
    assert all(copy.name == path.name for copy, path in stored)
    assert shown == [[]]  # earlier runs were set aside, and nothing trained here


def test_publishing_resumes_with_the_runs_that_are_there(published):
    lab, executed, _, shown = published
    publishing.main(["--resume"])
    assert [run.name for run in shown[0]] == list(lab.runs)
    assert len(executed) == len(notebooks.find_notebooks()) + 1


def test_some_notebooks_are_stored_without_results(published, error_of):
    """The seconds of a few notebooks are not the lab's."""
    lab, executed, stored, shown = published
    publishing.main(["--notebooks", "02"])
    assert len(engine.finished(lab.track)) == len(lab.runs)
    publishing.main(["--notebooks", "instructor_demo"])
    assert [name for name, *_ in executed] == ["02", "in"] and len(stored) == 2
    assert shown == []
    message = error_of(lambda: publishing.main(["--notebooks", "77"]))
    assert "There is no notebook 77" in message


def test_the_planners_table_is_stored(pages, monkeypatch):
    found = planning.Plan(True, 1, 8, 4, "fp32", False, 1024.0, 10, 10, 0.1, 400.0)
    plans = {"base, full": {"T4": found}}
    monkeypatch.setattr(publishing, "all_plans", lambda: plans)
    pages["plans"].write_text("<!-- plans -->\n<!-- end of plans -->")
    publishing.main(["plans"])
    page = pages["plans"].read_text("utf-8")
    assert "| base, full | 8, 1.0 GiB, 7 min |" in page and "not measured" in page
    stored = files.read_json(publishing.RESULTS / "plans.json")
    assert planning.Plan(**stored["base, full"]["T4"]) == found
