"""Two at once: two processes on one artifacts folder, an owner that dies, a drive without locks

Which of two comes first is not left to chance: the first one waits at an event (`jobs.Fault`) until
the second one has said what it has to say.
"""

import json
import os
import signal
import time
from types import SimpleNamespace

import jobs
import pytest
from jobs import Fault

from labutils.common import files
from labutils.evaluation.judging import Judging, read_judgements

SECONDS = 300


def thorough(*values):
    return [pytest.param(value, marks=pytest.mark.thorough) for value in values]


WAITS = "another kernel or program is making this run (process {} on "


@pytest.fixture(scope="module")
def variables(base, chats, tmp_path_factory):
    return jobs.sources(tmp_path_factory.mktemp("sources"), base, chats)


@pytest.fixture
def start(variables, tmp_path):
    """Start a job on this test's artifacts; a process with its log, and `release` if it waits."""
    started = []

    def begin(job, fault=None, **more):
        log, gate = tmp_path / f"{len(started)}.log", jobs.context().Event()
        process = jobs.start(job, tmp_path / "run", log, variables | more, fault=fault, gate=gate)
        started.append(process)
        return SimpleNamespace(process=process, log=log, release=gate.set)

    yield begin
    for process in started:
        process.kill()


def printed(job):
    return jobs.log_of(job.log)[1] if job.log.exists() else ""


def wait_for(job, text):
    """Until its log has something; a process that ends without it makes the test fail."""
    end = time.monotonic() + SECONDS
    while not job.log.exists() or text not in job.log.read_text("utf-8"):
        assert job.process.is_alive() and time.monotonic() < end, printed(job)
        time.sleep(0.02)


def ended(job):
    """(exit code, steps taken, what it printed)."""
    job.process.join(SECONDS)
    events, out = jobs.log_of(job.log)
    return job.process.exitcode, events.count("step"), out


def left(tmp_path):
    return sorted(jobs.left_in(tmp_path / "run"))


@pytest.mark.parametrize("name", ["full", pytest.param("lora", marks=pytest.mark.thorough)])
def test_one_makes_a_run_and_the_other_waits_and_loads_it(start, tmp_path, name):
    first = start(name, Fault("step", 2, "wait"))
    wait_for(first, "WAITS")
    second = start(name)
    wait_for(second, WAITS.format(first.process.pid))
    first.release()
    assert ended(first)[:2] == (0, 9)
    code, steps, out = ended(second)
    assert (code, steps) == (0, 0) and f"{name}: loaded from tiny/runs/{name}-" in out
    assert out.count("waiting ...") == 1
    assert not [path for path in left(tmp_path) if "/." in path or "checkpoints" in path]


def test_whoever_waits_takes_over_from_an_owner_that_is_killed(start, tmp_path):
    first = start("full", Fault("step", 5, "wait"))
    wait_for(first, "WAITS")
    second = start("full")
    wait_for(second, "waiting ...")
    os.kill(first.process.pid, signal.SIGKILL)
    code, steps, out = ended(second)
    assert (code, steps) == (0, 6) and "Found a checkpoint of step 3" in out
    assert not [path for path in left(tmp_path) if "/." in path]


def test_an_interrupt_while_waiting_ends_the_wait_alone(start, tmp_path):
    first = start("full", Fault("step", 2, "wait"))
    wait_for(first, "WAITS")
    second = start("full")
    wait_for(second, "waiting ...")
    os.kill(second.process.pid, signal.SIGINT)
    code, steps, out = ended(second)
    assert (code, steps) == (1, 0) and out.rstrip().endswith("KeyboardInterrupt")
    first.release()
    assert ended(first)[:2] == (0, 9)


def test_the_other_may_make_another_run_meanwhile(start):
    first = start("full", Fault("step", 2, "wait"))
    wait_for(first, "WAITS")
    second = start("untrained")
    assert ended(second)[0] == 0 and "waiting" not in printed(second)
    first.release()
    assert ended(first)[0] == 0


def test_an_adapter_switched_off_waits_for_its_training(start):
    first = start("adapter_off", Fault("step", 1, "wait"))
    wait_for(first, "WAITS")
    second = start("lora_single")
    wait_for(second, "lora-single: another kernel")
    first.release()
    assert ended(first)[0] == 0 and ended(second)[:2] == (0, 0)


@pytest.mark.parametrize("fault", ["ENOSYS", *thorough("ENOLCK", "EOPNOTSUPP")])
def test_without_locks_both_work_and_no_file_mixes_them(start, tmp_path, fault):
    """As on some network drives: said once, and whatever becomes of the second one, the first one's
    run stays whole."""
    first = start("full", Fault("step", 5, "wait"), LAB_TESTED_NO_LOCKS=fault)
    wait_for(first, "WAITS")
    second = start("full", Fault("step", 4, "wait"), LAB_TESTED_NO_LOCKS=fault)  # from step 3 on
    wait_for(second, "WAITS")
    first.release()
    assert ended(first)[0] == 0, printed(first)
    whole = jobs.left_in(tmp_path / "run")
    second.release()
    code, _, out = ended(second)
    assert code == 0 or "LabError: " in out  # its checkpoints went with the first one
    third = start("full", LAB_TESTED_NO_LOCKS=fault)
    code, steps, out = ended(third)
    assert (code, steps) == (0, 0) and "loaded from" in out
    for job in (first, second):
        assert printed(job).count("knows no locks") == 1
    left_now = jobs.left_in(tmp_path / "run")
    assert {path: left_now[path] for path in whole} == whole


@pytest.mark.thorough
def test_two_whole_runs_of_the_lab_at_once_make_every_run_once(start, tmp_path):
    both = [start("notebook"), start("notebook")]
    for job in both:
        assert ended(job)[0] == 0, printed(job)
    assert not [path for path in left(tmp_path) if "/." in path or "checkpoints" in path]
    (record,) = (tmp_path / "run" / "tiny" / "runs").glob("full-*/run.json")
    assert json.loads(record.read_text("utf-8"))["resumed_from_step"] == 0


def test_two_that_write_one_file_never_mix(tmp_path):
    """Each begins before the other has ended; the last one's stays, and nothing else."""
    path = tmp_path / "report.json"
    with files.unfinished(path) as one:
        one.write_text("one and more")
        with files.unfinished(path) as two:
            two.write_text("two")
            assert one != two and one.is_file()
        assert path.read_text() == "two"
    assert path.read_text() == "one and more"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_what_another_machine_writes_is_left_alone_for_a_day(monkeypatch, tmp_path):
    """On a shared drive nobody here can see whether it still does."""
    path = tmp_path / "report.json"
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(files.platform, "node", lambda: "another machine")
        elsewhere.setattr(files.os, "getpid", lambda: 2**31)  # which is nobody's here
        elsewhere.setattr(files, "_remove", lambda path: None)  # it is killed
        with files.scratch(path) as theirs:
            theirs.write_text("half of")
    files.write_text(path, "whole")
    assert theirs.read_text() == "half of" and path.read_text() == "whole"
    os.utime(theirs, (0, time.time() - 1.1 * files.ABANDONED))
    files.write_text(path, "whole")
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_two_that_note_exercises_lose_no_attempt(start, tmp_path):
    """The first one has read the notes, and is about to write them, when the second one begins."""
    first = start("notes", Fault(r"rename \.exercises.*", 3, "wait"))
    wait_for(first, "WAITS")
    second = start("notes")
    wait_for(second, "EVENT lock")
    first.release()
    assert ended(first)[0] == 0 and ended(second)[0] == 0
    noted = json.loads((tmp_path / "run" / "exercises.json").read_text("utf-8"))
    counted = {number: (each["state"], each["attempts"]) for number, each in noted.items()}
    assert counted == {"1.1": ("passed", 2), "3.2": ("passed", 1), "2.1": ("tried", 2)}
    assert left(tmp_path) == ["exercises.json"] and "waiting" not in printed(second)


def test_two_raters_with_one_file_lose_no_judgement(tmp_path, monkeypatch):
    """The second one's line is written while the first one looks at the file."""
    texts = {"full": ["a", "b"], "lora": ["c", "d"]}
    path = tmp_path / "judgements.csv"
    ann, bo = (Judging(path, ["x", "y"], texts, rater) for rater in ("Ann", "Bo"))
    ann.save("A")
    read = type(path).read_bytes

    def read_and_be_overtaken(self):
        content = read(self)
        monkeypatch.setattr(type(path), "read_bytes", read)
        bo.save("B")
        return content

    monkeypatch.setattr(type(path), "read_bytes", read_and_be_overtaken)
    ann.save("tie")
    assert sorted(read_judgements(path)["rater"]) == ["Ann", "Ann", "Bo"]
