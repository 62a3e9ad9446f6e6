"""Summaries of a file: killed anywhere, made by two at once, on a full disk, with broken models

A killed `summarize` that is given again must leave the bytes that an undisturbed one leaves, and
summarize no chunk of rows again that was saved. `jobs` tells what a moment is.
"""

import errno
import os
import random
import re
import shutil
import time
from functools import partial
from types import SimpleNamespace

import jobs
import pytest
from conftest import random_t5, write_csv
from jobs import SIGINT, SIGKILL, Fault

from labutils import data, models, summarize_file
from labutils.__main__ import main

SEED, SECONDS = 20, 300
CHUNKS = 5
"""Of four rows each, in the job's 18."""
UNFINISHED = "summaries.csv.unfinished"

PLACES = {
    "before its folder is there": f"make {UNFINISHED}",
    "before the first rows": f"open {UNFINISHED}/rows.csv",
    "with rows that nothing tells of": rf"rename {UNFINISHED}/\.progress\.json\.unfinished",
    "while a chunk is summarized": "answer",
    "before the file gets its name": f"rename {UNFINISHED}/rows.csv",
    "after the file got its name": f"delete {UNFINISHED}/progress.json",
    "before its lock is free": rf"delete {UNFINISHED}/\.lock",
}
OFTEN = ("with rows that nothing tells of", "after the file got its name")


@pytest.fixture(scope="module")
def do(base, chats, tmp_path_factory):
    """Summarize in a folder, perhaps with a fault; what was done, printed, and how it ended."""
    place = tmp_path_factory.mktemp("summaries")
    variables = jobs.sources(place, base, chats)

    def run(folder, fault=None):
        log = place / f"{time.monotonic_ns()}.log"
        process = jobs.start("summaries", folder, log, variables, fault=fault)
        process.join(SECONDS)
        assert process.exitcode is not None, "it hangs"
        events, printed = jobs.log_of(log)
        return SimpleNamespace(code=process.exitcode, events=events, out=printed)

    run.variables, run.place = variables, place
    return run


@pytest.fixture(scope="module")
def undisturbed(do, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    done = do(folder)
    assert done.code == 0 and done.events.count("answer") == CHUNKS, done.out
    return SimpleNamespace(**vars(done), left=jobs.left_in(folder))


def cases():
    draw = random.Random(SEED)
    for place, event in PLACES.items():
        chunk = draw.randint(2, CHUNKS) if "rows that" in place or "chunk" in place else 1
        often = () if place in OFTEN else pytest.mark.thorough
        signal = draw.choice((SIGKILL, SIGINT))
        yield pytest.param((event, chunk), signal, id=f"{place}-{signal.name}", marks=often)
    for number in range(20 - len(PLACES)):
        share, signal = draw.random(), (SIGKILL, SIGINT)[number % 2]
        often = pytest.mark.thorough if number else ()
        yield pytest.param(share, signal, id=f"{share:.3f}-{signal.name}", marks=often)


@pytest.mark.parametrize("moment, signal", cases())
def test_killed_anywhere_it_ends_as_if_undisturbed(do, undisturbed, tmp_path, moment, signal):
    count = len(undisturbed.events)
    event, number = moment if isinstance(moment, tuple) else (".*", 1 + int(moment * count))
    killed = do(tmp_path / "run", Fault(event, number, signal))
    assert killed.code == (130 if signal == SIGINT else -SIGKILL), killed.out
    resume(do, undisturbed, tmp_path / "run", killed)


@pytest.mark.thorough
def test_killed_again_and_again_it_ends_as_if_undisturbed(do, undisturbed, tmp_path):
    for signal in (SIGKILL, SIGINT, SIGKILL, SIGKILL):  # each time in its second chunk
        assert do(tmp_path / "run", Fault("answer", 2, signal)).code in (130, -SIGKILL)
    done = do(tmp_path / "run")
    assert jobs.left_in(tmp_path / "run") == undisturbed.left
    assert done.events.count("answer") == 1 and "after row 16 of 18" in done.out


@pytest.mark.thorough
def test_half_a_row_that_a_kill_left_is_written_anew(do, undisturbed, tmp_path):
    killed = do(tmp_path / "run", Fault(r"rename .*progress\.json\.unfinished", 3))
    part = tmp_path / "run" / UNFINISHED / "rows.csv"
    os.truncate(part, part.stat().st_size - 9)
    resume(do, undisturbed, tmp_path / "run", killed)


def resume(do, undisturbed, folder, killed):
    """Give the command again: the same is left, and no saved chunk is summarized again."""
    done = do(folder)
    assert done.code == 0, done.out
    assert jobs.left_in(folder) == undisturbed.left
    saved = [re.fullmatch(r"rename .*progress\.json\.unfinished", e) for e in killed.events]
    if not any(event == f"delete {UNFINISHED}/progress.json" for event in killed.events):
        assert done.events.count("answer") == CHUNKS - sum(map(bool, saved))


def test_two_at_once_wait_for_each_other_and_mix_nothing(do, undisturbed, tmp_path):
    logs, gate = [tmp_path / "0.log", tmp_path / "1.log"], jobs.context().Event()
    begin = partial(jobs.start, "summaries", tmp_path / "run", variables=do.variables, gate=gate)
    processes = [begin(log=logs[0], fault=Fault("answer", 2, "wait"))]
    wait_for(logs[0], "WAITS", processes[0])
    processes.append(begin(log=logs[1]))
    wait_for(logs[1], "waiting ...", processes[1])
    gate.set()
    for process, log in zip(processes, logs):
        process.join(SECONDS)
        assert process.exitcode == 0, log.read_text()
    assert jobs.left_in(tmp_path / "run") == undisturbed.left


def wait_for(log, text, process):
    end = time.monotonic() + SECONDS
    while not log.exists() or text not in log.read_text("utf-8", errors="replace"):
        assert process.is_alive() and time.monotonic() < end
        time.sleep(0.02)


# --- Disks -------------------------------------------------------------------------------------

ROWS = [{"id": i, "dialogue": f"Ann: Call me at {i}, Bo.", "note": "ö"} for i in range(9)]


@pytest.fixture
def summarize(base, tmp_path, monkeypatch):
    """Summarize nine rows, two at a time, into a file of a folder."""
    monkeypatch.setattr(summarize_file, "CHUNK_ROWS", 2)
    write_csv(tmp_path / "in.csv", ROWS)

    def run(folder, *more, ending="csv"):
        folder.mkdir(exist_ok=True)
        words = [tmp_path / "in.csv", "--model", base, "--out", folder / f"out.{ending}"]
        main(["summarize", *map(str, words), "--max-tokens", "6", "--device", "cpu", *more])
        return (folder / f"out.{ending}").read_bytes()

    return run


@pytest.mark.parametrize(
    "moment", [4, *(pytest.param(n, marks=pytest.mark.thorough) for n in (1, 2, 3, 7, 10))]
)
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_disk_full_at_any_write_loses_no_row(
    summarize, tmp_path, monkeypatch, error_of, moment, ending
):
    whole, calls, sync = summarize(tmp_path / "whole", ending=ending), [], os.fsync

    def fail(number):
        calls.append(number)
        if len(calls) >= moment:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(number)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        told = error_of(lambda: summarize(tmp_path / "full", ending=ending))
    assert "No space left" in told and "Free some space" in told
    assert not (tmp_path / "full" / f"out.{ending}").exists()
    assert summarize(tmp_path / "full", ending=ending) == whole
    assert [path.name for path in (tmp_path / "full").iterdir()] == [f"out.{ending}"]


# --- Models ------------------------------------------------------------------------------------


def cut_short(folder):
    weights = folder / "model.safetensors"
    os.truncate(weights, weights.stat().st_size // 2)


def without_tokenizer(folder):
    for path in folder.glob("tokenizer*"):
        path.unlink()


def of_another_base(folder):
    from transformers import T5Config, T5ForConditionalGeneration

    other = random_t5(T5Config, T5ForConditionalGeneration, width=16)
    models.save_model(other, models.load_tokenizer(folder), folder.parent / "other")
    shutil.copy(folder.parent / "other" / "config.json", folder)


def without_weights(folder):
    (folder / "model.safetensors").unlink()


@pytest.mark.parametrize("spoil", [cut_short, without_tokenizer, of_another_base, without_weights])
def test_a_broken_model_is_told_and_leaves_nothing(base, tmp_path, error_of, spoil):
    shutil.copytree(base, tmp_path / "model")
    spoil(tmp_path / "model")
    write_csv(tmp_path / "in.csv", ROWS)
    out = tmp_path / "new" / "out.csv"
    out.parent.mkdir()
    told = error_of("summarize", tmp_path / "in.csv", "--model", tmp_path / "model", "--out", out)
    assert "model" in told and len(told.splitlines()) == 1
    assert not list(out.parent.iterdir())


def test_two_files_with_the_same_ids_are_two_files(base, tmp_path):
    for name in "ab":
        write_csv(tmp_path / f"{name}.csv", [{**row, "note": name} for row in ROWS[:3]])
        words = [tmp_path / f"{name}.csv", "--model", base, "--out", tmp_path / f"{name}-out.csv"]
        main(["summarize", *map(str, words), "--max-tokens", "6"])
        found = data.read_table(tmp_path / f"{name}-out.csv")
        assert [row["note"] for row in found] == [name] * 3
