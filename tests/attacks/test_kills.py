"""Kills: SIGKILL, SIGINT and closed kernels at named and at drawn moments of every long job

A killed job that is started again must leave the bytes that an undisturbed one leaves, and nothing
else, and must take no step that a checkpoint had already. `jobs` tells what a moment is.
"""

import contextlib
import json
import random
import re
import time
from functools import cache
from types import SimpleNamespace

import jobs
import psutil
import pytest
from jobs import SIGINT, SIGKILL, SIGTERM, Fault

SEED = 19
SECONDS = 300
"""Until a process counts as hanging."""


@pytest.fixture(scope="module")
def do(base, chats, tmp_path_factory):
    """Do a job in a folder, perhaps with a fault; what it did, printed, and how it ended."""
    place = tmp_path_factory.mktemp("kills")
    variables = jobs.sources(place, base, chats)

    def run(job, folder, fault=None, kill_after=None):
        log = place / f"{time.monotonic_ns()}.log"
        started = time.monotonic()
        process = jobs.start(job, folder, log, variables, fault=fault)
        if kill_after is not None:
            process.join(kill_after)
            process.kill()
        process.join(SECONDS)
        assert process.exitcode is not None, f"{job} hangs"
        events, printed = jobs.log_of(log)
        seconds = time.monotonic() - started
        return SimpleNamespace(code=process.exitcode, events=events, out=printed, seconds=seconds)

    run.variables, run.place = variables, place
    return run


@pytest.fixture(scope="module")
def undisturbed(do, tmp_path_factory):
    """What a job does and leaves if nobody kills it; each is done once."""

    @cache
    def run(job):
        folder = tmp_path_factory.mktemp(job)
        done = do(job, folder)
        assert done.code == 0, done.out
        return SimpleNamespace(**vars(done), left=jobs.left_in(folder))

    return run


# Where it is killed: the job, and the event before which that happens.
PLACES = {
    "full in the first step": ("full", Fault("step", 1)),
    "full in the second epoch": ("full", Fault("step", 8)),
    "full while validating": ("full", Fault("validate", 2)),
    "full in the middle of a checkpoint": ("full", Fault("written .*step-6.*", 1, "half")),
    "full before a checkpoint gets its name": ("full", Fault(r"rename .*step-6\.unfinished")),
    "full before an old checkpoint goes": ("full", Fault("rename full/checkpoints/step-6")),
    "full while an old checkpoint goes": ("full", Fault(r"delete all of .*step-6\.unfinished")),
    "full after the last step": ("full", Fault("step", 9)),
    "full in the last checkpoint": ("full", Fault("random states", 3)),
    "full after the last checkpoint": ("full", Fault("trained")),
    "full before training.json": ("full", Fault(r"open full/\.training\.json\.unfinished")),
    "full before the model is saved": ("full", Fault(r"make full/\.model\.unfinished")),
    "full in the middle of its weights": ("full", Fault(r"written full/\.model.*", 1, "half")),
    "full before its tokenizer": ("full", Fault(r"open full/\.model.*/tokenizer_config\.json")),
    "full before the model gets its name": ("full", Fault(r"rename full/\.model\.unfinished")),
    "full before its checkpoints go": ("full", Fault("delete all of full/checkpoints")),
    "full while its checkpoints go": ("full", Fault("delete full/checkpoints.*")),
    "full before its test answers": ("full", Fault("answer", 4)),
    "full before its scores": ("full", Fault("score", 4)),
    "full before its predictions": ("full", Fault(r"open full/\.predictions.*")),
    "full with predictions and no record": ("full", Fault(r"open full/\.run\.json.*")),
    "full before its record gets its name": ("full", Fault(r"rename full/\.run\.json.*")),
    "full before its lock is free": ("full", Fault(r"delete full/\.owner")),
    "lora in the middle of a checkpoint": ("lora", Fault("written .*step-6.*", 1, "half")),
    "lora after the last checkpoint": ("lora", Fault("trained")),
    "lora in the middle of its weights": ("lora", Fault(r"written lora/\.model.*", 1, "half")),
    "tune while its chats are written": ("tune", Fault(r"rename .*/\.test\.csv\.unfinished")),
    "tune in its training": ("tune", Fault("step", 5)),
    "tune before the model is handed over": ("tune", Fault(r"rename mine/\.set.*/model")),
    "tune between two folders of it": ("tune", Fault(r"rename mine/\.set.*/merged")),
    "tune before its last file": ("tune", Fault(r"rename mine/\.set.*/results\.json")),
    "mixture while its rows are prepared": ("mixture", Fault(r"make .*\.examples\.unfinished.+")),
    "mixture before its rows go": ("mixture", Fault(r"delete all of .*\.examples\.unfinished")),
    "mixture before its matrix": ("mixture", Fault(r"rename \.forgetting\.json.*")),
    "adapter off, before its answers": ("adapter_off", Fault(r"make adapter-off")),
    "notes before they are written": ("notes", Fault(r"rename \.exercises.*", 2)),
    "a judge after an answer": ("llm_judging", Fault("open answers.jsonl", 2)),
}
SAMPLE = (
    "full in the middle of a checkpoint",
    "full while an old checkpoint goes",
    "full after the last checkpoint",
    "full in the middle of its weights",
    "full while its checkpoints go",
    "full with predictions and no record",
    "full before its lock is free",
    "lora in the middle of its weights",
    "mixture before its rows go",
    "notes before they are written",
)
COMMANDS = ("summaries", "scores")
"""Jobs that end as the command line does; elsewhere Ctrl-C ends a program with a traceback."""

ONE_TRAINING = ("full", "lora", "mixture", "rehearsal", "adapter_off")


def thorough(values, often):
    return values if often else pytest.param(*values, marks=pytest.mark.thorough)


def ids(cases):
    return {name: thorough((name,), name in SAMPLE) for name in cases}.values()


@pytest.mark.parametrize(["name"], ids(PLACES))
def test_killed_at_a_named_place_it_ends_as_if_undisturbed(do, undisturbed, tmp_path, name):
    job, fault = PLACES[name]
    killed = do(job, tmp_path / "run", fault)
    assert killed.code == -SIGKILL, killed.out
    resume(do, undisturbed, job, tmp_path / "run", killed)


def drawn(count):
    """(job, share of its events after which it is killed, signal), as many as asked for."""
    draw = random.Random(SEED)
    names = [
        name for name in jobs.JOBS if name not in ("lora_single", "tune", "demo_record", "notebook")
    ]
    trainings = [*ONE_TRAINING, "untrained"]
    order = [*names, *(draw.choice(trainings) for _ in range(count - len(names)))]
    return [(job, draw.random(), draw.choice((SIGKILL, SIGINT, SIGTERM))) for job in order]


OFTEN = 5
DRAWN = [thorough(case, place < OFTEN) for place, case in enumerate(drawn(30))]


@pytest.mark.parametrize("job, share, action", DRAWN)
def test_killed_at_any_moment_it_ends_as_if_undisturbed(
    do, undisturbed, tmp_path, job, share, action
):
    moment = 1 + int(share * len(undisturbed(job).events))
    killed = do(job, tmp_path / "run", Fault(count=moment, action=action))
    statuses = {SIGINT: 130, SIGTERM: 143} if job in COMMANDS else {SIGINT: 1}
    wanted = {statuses.get(action, -action)}
    if not killed.out and action == SIGTERM:
        wanted.add(-SIGTERM)  # the command had not come so far as to listen to signals
    assert killed.code in wanted, killed.out
    resume(do, undisturbed, job, tmp_path / "run", killed)


@pytest.mark.thorough
@pytest.mark.parametrize("share", [0.15, 0.4, 0.55, 0.7, 0.85, 0.95])
@pytest.mark.parametrize("job", ["full", "lora"])
def test_killed_by_the_clock_it_ends_as_if_undisturbed(do, undisturbed, tmp_path, job, share):
    """In the middle of anything, also where Python tells no event. It may be done before."""
    do(job, tmp_path / "run", kill_after=share * undisturbed(job).seconds)
    resume(do, undisturbed, job, tmp_path / "run")


@pytest.mark.thorough
@pytest.mark.parametrize("job", ["full", "mixture"])
def test_killed_again_and_again_it_ends_as_if_undisturbed(do, undisturbed, tmp_path, job):
    """Each time a little later, and once while it goes on from where the last one stopped."""
    events = len(undisturbed(job).events)
    for share in (0.3, 0.6, 0.5, 0.2, 0.4):
        fault = Fault(count=1 + int(share * events))
        assert do(job, tmp_path / "run", fault).code in (0, -SIGKILL)
    resume(do, undisturbed, job, tmp_path / "run")


@pytest.mark.thorough
@pytest.mark.parametrize(
    "event",
    ["written demo-data/.full.safetensors.unfinished", r"rename demo-data/\.record\.json.*"],
)
def test_a_demo_record_killed_is_made_as_if_undisturbed(do, undisturbed, tmp_path, event):
    killed = do("demo_record", tmp_path / "run", Fault(event))
    assert killed.code == -SIGKILL, killed.out
    resume(do, undisturbed, "demo_record", tmp_path / "run")


def resume(do, undisturbed, job, folder, killed=None):
    """Do a killed job again, and hold what it leaves against what an undisturbed one leaves."""
    whole, done = undisturbed(job), do(job, folder)
    assert done.code == 0, done.out
    left = jobs.left_in(folder)
    assert sorted(left) == sorted(whole.left)
    for path, content in whole.left.items():
        assert left[path] == content, path
    if killed and job in ONE_TRAINING:
        steps = whole.events.count("step") - kept_steps(killed, whole)
        assert done.events.count("step") == steps


def kept_steps(killed, whole):
    """How many steps of a killed training need not be taken again."""
    if any(re.fullmatch(r"rename .*\.model\.unfinished", event) for event in killed.events):
        return whole.events.count("step")
    kept = [re.fullmatch(r"rename .*\.step-(\d+)\.unfinished", event) for event in killed.events]
    return max((int(found[1]) for found in kept if found), default=0)


# --- Notebooks as a whole ----------------------------------------------------------------------


@pytest.mark.thorough
@pytest.mark.parametrize(
    "whom, action, status",
    [
        ("run", SIGKILL, -SIGKILL), ("run", SIGINT, 130), ("run", SIGTERM, 143),
        ("kernel", SIGTERM, 2),
    ],
)  # fmt: skip
def test_a_run_killed_in_a_notebooks_training_goes_on(
    do, undisturbed, tmp_path, whom, action, status
):
    """The command, or the kernel that it started, which dies with it."""
    log = tmp_path / "killed.log"
    process = jobs.start("notebook", tmp_path / "run", log, do.variables)
    checkpoints = tmp_path / "run" / "tiny" / "runs"
    wait_for(lambda: any(checkpoints.glob("full-*/checkpoints/step-*")), process)
    (kernel,) = psutil.Process(process.pid).children()
    victim = kernel if whom == "kernel" else psutil.Process(process.pid)
    if action == SIGKILL:
        kernel.suspend()  # it looks for the run once a second: a fast one would finish the training
    victim.send_signal(action)
    process.join(SECONDS)
    assert process.exitcode == status
    try:
        kernel_ends(kernel)
        resume(do, undisturbed, "notebook", tmp_path / "run")
    finally:
        if kernel.is_running():
            kernel.kill()
    (record,) = checkpoints.glob("full-*/run.json")
    assert json.loads(record.read_text("utf-8"))["resumed_from_step"] > 0


def kernel_ends(kernel):
    """Wake a kernel that may have been suspended, and see it end by itself."""
    with contextlib.suppress(psutil.NoSuchProcess):
        if kernel.status() == psutil.STATUS_STOPPED:
            time.sleep(1.5)  # its look is due as soon as it wakes
            kernel.resume()
        kernel.wait(SECONDS)


def wait_for(condition, process):
    """Until a file is there; a process that ends before it makes the test fail."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert process.is_alive() and time.monotonic() < end
        time.sleep(0.02)
