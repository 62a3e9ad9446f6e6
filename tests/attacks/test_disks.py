"""Disks and folders: full, read-only, blocked, vanished, oddly named; at each place that writes."""

import errno
import json
import os
import shutil
import tempfile
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest
from conftest import made

from labutils import __main__, data, engine, models, notebooks, runs, tracks
from labutils.common import files, table_files
from labutils.common.checkpoints import load_checkpoint, save_checkpoint
from labutils.common.errors import LabError
from labutils.demo.compact import shrink_adapter
from labutils.evaluation.judging import Judging, read_judgements
from labutils.evaluation.llm_judge import Judge
from labutils.exercises import instructor_edition, notes
from labutils.multitask.forgetting import write_matrix
from labutils.views.plots import save_figure

resource = pytest.importorskip("resource", reason="Windows limits no file's size")

ROWS = [{"id": f"{i}", "dialogue": "Ann: Hi.", "prediction": "Ann says hi."} for i in range(9)]
ITEMS = pd.DataFrame([{**row, "rouge1": 1.0} for row in ROWS])


# --- Places: each writes into a folder, and says what is whole there -----------------------------


def texts(folder):
    files.write_text(folder / "notes.txt", "A line of text.\n" * 9)
    return [(folder / "notes.txt").read_text() == "A line of text.\n" * 9]


def record(folder):
    run = runs.save_run(folder, {"name": "full"}, ITEMS)
    lines = (folder / "predictions.jsonl").read_text().splitlines()
    return [len(lines) == 9, run.record["items"] == 9]


def csv_out(folder):
    table_files.write_table(folder / "out.csv", ROWS)
    return [data.read_table(folder / "out.csv") == ROWS]


def jsonl_out(folder):
    table_files.write_table(folder / "out.jsonl", ROWS)
    return [data.read_table(folder / "out.jsonl") == ROWS]


def figure(folder):
    from matplotlib.figure import Figure

    # Its folder figures/ lies in the track's.
    os.environ["LAB_ARTIFACTS"] = str(folder)
    path = save_figure(Figure(), tracks.tiny_track(), "empty")
    return [path.read_bytes().startswith(b"\x89PNG")]


def matrix(folder):
    os.environ["LAB_ARTIFACTS"] = str(folder)
    path = write_matrix(tracks.tiny_track(), {"systems": [1] * 9})
    return [json.loads(path.read_text()) == {"systems": [1] * 9}]


def plot(folder):
    file = Path(os.environ["SCORED"])
    words = ["score", str(file), "--references", "human", "--plot", str(folder / "scores.png")]
    said = StringIO()
    try:
        with redirect_stdout(StringIO()), redirect_stderr(said):  # pytest captures into files
            __main__.main([*words, "--force"])
    except SystemExit:
        raise LabError(said.getvalue().rpartition("error: ")[2].strip()) from None
    return [(folder / "scores.png").read_bytes().startswith(b"\x89PNG")]


def judgement(folder):
    judging = Judging(folder / "all.csv", ["1"], {"x": ["a"], "y": ["b"]}, "ann")
    if judging.position is not None:
        judging.save("A")
    return [len(read_judgements(folder / "all.csv")) == 1]


def judge_cache(folder):
    judge = Judge("http://127.0.0.1:9/v1", folder / "answers.jsonl")
    judge._answered = lambda question: "4"
    found = judge.rate("Ann: Hi.", "Ann says hi.")
    kept = Judge("http://127.0.0.1:9/v1", folder / "answers.jsonl")
    return [found == 4, list(kept._answers.values()) == ["4"]]


def exercise_note(folder):
    os.environ["LAB_ARTIFACTS"] = str(folder)
    if remark := notes.note("1.1", True):
        raise LabError(remark)
    return [notes.read_notes()["1.1"]["state"] == "passed"]


def edition(folder):
    return [path.stat().st_size > 200 for path in instructor_edition.build_edition(folder)]


def slides(folder):
    book = Path(os.environ["BOOK"])
    notebooks.NOTEBOOKS, notebooks.DEMO = book.parent, book.stem
    return [notebooks.write_slides(folder).stat().st_size > 1000]


def executed_copy(folder):
    with redirect_stderr(StringIO()):
        notebooks.execute(Path(os.environ["BOOK"]), folder / "copy.ipynb")
    return [nbformat.read(folder / "copy.ipynb", as_version=4).cells[1].outputs[0].text == "2\n"]


def stored_notebook(folder):
    notebooks.store(Path(os.environ["BOOK"]), folder / "stored.ipynb")
    return [len(nbformat.read(folder / "stored.ipynb", as_version=4).cells) == 2]


def model(folder):
    base = Path(os.environ["BASE"])
    models.save_model(models.load_model(base), models.load_tokenizer(base), folder / "model")
    return [models.load_model(folder / "model") is not None]


def checkpoint(folder):
    import torch

    save_checkpoint(folder, 3, {"w": torch.ones(99)}, {"history": []}, None)
    weights, state = load_checkpoint(folder)
    return [bool((weights["w"] == 1).all()), state["step"] == 3]


def demo_weights(folder):
    shrink_adapter(Path(os.environ["ADAPTER"]), folder, "base")
    return [(folder / "adapter_model.safetensors").stat().st_size > 1000]


def writable(folder):
    files.check_writable(folder)
    return [not list(folder.iterdir())]


PLACES = {
    place.__name__.replace("_", " "): place
    for place in (
        texts, record, csv_out, jsonl_out, figure, matrix, plot, judgement, judge_cache,
        exercise_note, edition, slides, executed_copy, stored_notebook, model, checkpoint,
        demo_weights, writable,
    )
}  # fmt: skip


# --- Faults: each is a block around a folder ------------------------------------------------------


@contextmanager
def full(folder):
    """No file may grow beyond a few bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def read_only(folder):
    """The folder can be read only; root, whom no permission binds, becomes nobody meanwhile."""
    root = os.geteuid() == 0
    folder.chmod(0o555)
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


@contextmanager
def in_the_way(folder):
    """A file lies where the folder should be."""
    folder.rmdir()
    folder.write_text("mine")
    yield
    assert folder.read_text() == "mine"
    folder.unlink()
    folder.mkdir()


@contextmanager
def failing(folder):
    """The drive takes what is written, and fails to keep it, as a vanished network drive."""

    def fail(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        yield


FAULTS = {
    full: ("File too large", "Free some space"),
    read_only: ("Permission denied", "Make it writable"),
    in_the_way: ("", "in the way"),
    failing: ("Input/output error", "connect that again"),
}
SLOW = ("edition", "slides", "executed copy", "plot")
NEEDS_A_FOLDER = ("plot",)  # it is refused before the work: "is no folder; make it first"


def cases():
    for name in PLACES:
        for fault in FAULTS:
            sample = name not in SLOW and (fault is full or name in ("record", "model"))
            marks = () if sample else pytest.mark.thorough
            yield pytest.param(name, fault, marks=marks, id=f"{name}-{fault.__name__}")


@pytest.fixture(scope="module")
def material(base, finished, tmp_path_factory):
    """What the places read: a notebook, a model, an adapter, predictions."""
    folder = tmp_path_factory.mktemp("material")
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)  # so that nobody can read it, too
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# Sums"), nbformat.v4.new_code_cell("print(1 + 1)")]
    )
    book.metadata["kernelspec"] = {"display_name": "P", "language": "python", "name": "python3"}
    nbformat.write(book, folder / "sums.ipynb")
    plt.figure().canvas.draw()  # its fonts and styles are read once
    plt.close()
    scored = [{"id": i, "human": "Ann says hi.", "x": "Ann: hi", "y": "Hi"} for i in range(5)]
    table_files.write_table(folder / "scored.csv", scored)
    adapter = next((finished / "tiny" / "runs").glob("lora-*")) / "model"
    shutil.copytree(adapter, folder / "adapter")
    shutil.copytree(base, folder / "base")
    for path in folder.rglob("*"):
        path.chmod(0o755)
    return {
        "BOOK": folder / "sums.ipynb",
        "SCORED": folder / "scored.csv",
        "ADAPTER": folder / "adapter",
        "BASE": folder / "base",
    }


@pytest.fixture
def folder():
    """One that nobody may read, but not write into."""
    parent = Path(tempfile.mkdtemp(prefix="lab-disk-"))
    parent.chmod(0o755)
    (parent / "place").mkdir()
    yield parent / "place"
    shutil.rmtree(parent)


@pytest.mark.parametrize(("name", "fault"), cases())
def test_a_fault_is_told_and_leaves_no_half(monkeypatch, material, folder, name, fault, capfd):
    for variable, path in material.items():
        monkeypatch.setenv(variable, str(path))
    monkeypatch.setattr(
        instructor_edition, "find_notebooks", lambda: [material["BOOK"]]
    )  # one is enough
    place = PLACES[name]
    with fault(folder), pytest.raises((LabError, SystemExit)) as caught:
        place(folder)
    told, (reason, cure) = str(caught.value), FAULTS[fault]
    if fault is in_the_way and name in NEEDS_A_FOLDER:
        reason, cure = "is no folder", "make it first"
    assert reason in told and cure in told and "\n" not in told, told
    assert str(folder) in told, "it does not say where"
    left = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
    if name not in ("judgement", "judge cache"):  # they append: see the next reading
        assert not [path for path in left if name != "record"], left
    assert not (folder / "run.json").exists() and not (folder / "model").exists()
    assert all(place(folder)), "after the cure it does not work"
    assert not list(folder.rglob(f"*{files.SCRATCH}*"))


# --- A training on a bad disk ---------------------------------------------------------------------


def outcome(run):
    return run.record["history"], run.predictions, run.record["rouge"]


@pytest.fixture(scope="module")
def undisturbed(finished, base, chats):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_ARTIFACTS", str(finished))
        track = tracks.choose_track("tiny", model=str(base), dataset=str(chats))
        return outcome(made("full", track))


@pytest.mark.parametrize(
    "moment", [3, *(pytest.param(n, marks=pytest.mark.thorough) for n in (1, 2, 6, 9, 12, 15, 17))]
)
def test_a_disk_full_at_any_write_costs_no_work(monkeypatch, track, undisturbed, moment):
    calls, sync = [], os.fsync

    def fail(number):
        calls.append(number)
        if len(calls) >= moment:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(number)

    with monkeypatch.context() as patch, pytest.raises(LabError, match="No space left.*Free some"):
        patch.setattr(os, "fsync", fail)
        made("full", track)
    assert not list(track.artifacts.rglob("run.json"))
    assert outcome(made("full", track)) == undisturbed


@pytest.mark.parametrize("step", [7, pytest.param(8, marks=pytest.mark.thorough)])
def test_a_drive_that_vanishes_in_training_is_told_and_taken_up_again(track, undisturbed, step):
    drive = track.artifacts.parent

    def pull(history):
        if history[-1]["step"] >= step and drive.is_dir():
            drive.rename(drive.with_name("pulled"))

    with pytest.raises(LabError, match="connect that again"):
        engine.make_run(track.full, track, watch=pull)
    shutil.rmtree(drive, ignore_errors=True)
    drive.with_name("pulled").rename(drive)
    run = made("full", track)
    assert outcome(run) == undisturbed
    assert run.record["resumed_from_step"] > 0


@pytest.mark.parametrize("what", ["artifacts", "runs", "model"])
def test_a_file_in_the_way_of_a_run_is_told_and_kept(track, what):
    places = {
        "artifacts": track.artifacts.parent,
        "runs": track.artifacts / "runs",
        "model": engine._place(track.full, track, engine.Summarization(track))[0] / "model",
    }
    places[what].parent.mkdir(parents=True, exist_ok=True)
    places[what].write_text("mine")
    with pytest.raises(LabError, match="in the way") as caught:
        made("full", track)
    assert str(places[what]) in str(caught.value)
    assert places[what].read_text() == "mine"


# --- Unusual paths --------------------------------------------------------------------------------

LONG = "/".join(["a folder with a rather long name " + "x" * 40] * 4)
PATHS = {"spaces": "my own folder", "Hangul": "대화 요약/실험", "200 characters": LONG}
NAMES = {
    "spaces": "my chats.csv",
    "Hangul": "요약" * 40 + ".csv",
    "200 characters": "n" * 240 + ".csv",
}


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=() if k == "Hangul" else pytest.mark.thorough) for k in PATHS]
)
def test_everything_works_on_an_unusual_path(monkeypatch, base, chats, tmp_path, kind, undisturbed):
    folder = tmp_path / PATHS[kind]
    shutil.copytree(base, folder / "random-t5")
    shutil.copytree(chats, folder / "chats")
    monkeypatch.setenv("LAB_ARTIFACTS", str(folder / "artifacts"))
    names = dict(model=str(folder / "random-t5"), dataset=str(folder / "chats"))
    track = tracks.choose_track("tiny", **names)

    def stop(history):
        if history[-1]["step"] >= 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.make_run(track.full, track, watch=stop)
    run = made("full", track)
    assert run.record["resumed_from_step"] > 0
    assert outcome(run) == undisturbed
    assert outcome(made("full", track)) == undisturbed  # loaded
    file, out = folder / NAMES[kind], folder / f"o{NAMES[kind][1:]}"
    shutil.copy(chats / "validation.csv", file)
    adapter = made("lora", track).model_folder
    __main__.main(["summarize", str(file), "--model", str(adapter), "--out", str(out)])
    assert len(data.read_table(out)) == 6
