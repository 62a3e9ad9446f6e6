"""The lab's long jobs at a small size, each in a process of its own that can be told where to die.

A process counts what it does: files that it opens to write, makes, renames and deletes (Python
tells an audit hook), training steps, batches of answers, scores. Each is an event such as
"open full/run.json" or "step". A `Fault` names one of them, and what happens right before it. So a
kill hits the same place on every machine.
"""

import errno
import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import sys
from dataclasses import dataclass, replace
from functools import partial, wraps
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import numpy as np
import pytest
import torch
from safetensors import torch as safetensors

if sys.platform != "linux":
    pytest.skip("jobs are forked and killed where Linux's /proc tells", allow_module_level=True)
import fcntl  # noqa: E402
from signal import SIGINT, SIGKILL, SIGTERM  # noqa: E402, F401

save_file = safetensors.save_file


@wraps(save_file)
def save_and_tell(tensors, path, *args, **options):
    save_file(tensors, path, *args, **options)
    sys.audit("lab.written", str(path))


safetensors.save_file = save_and_tell

import datasets  # noqa: E402, F401
import pandas as pd  # noqa: E402
import peft.peft_model  # noqa: E402
import transformers.modeling_utils  # noqa: E402
from tqdm.auto import tqdm  # noqa: E402

from labutils import (  # noqa: E402
    data,
    generation,
    models,
    notebooks,
    summarization,
    summarize_file,
    tracks,
    training,
)
from labutils.__main__ import main  # noqa: E402
from labutils.common import checkpoints, locks  # noqa: E402
from labutils.common.locks import LOCK  # noqa: E402
from labutils.engine import TRIVIAL, make_run  # noqa: E402
from labutils.evaluation import llm_judge  # noqa: E402
from labutils.evaluation.judging import Judging  # noqa: E402
from labutils.exercises.notes import note  # noqa: E402
from labutils.methods import ZERO_SHOT  # noqa: E402
from labutils.multitask import experiment, forgetting, tasks  # noqa: E402
from labutils.own_chats import tuning  # noqa: E402
from labutils.settings import MultitaskSettings  # noqa: E402
from labutils.tracks import choose_track  # noqa: E402
from labutils.views import plots  # noqa: E402
from tools.makers import demo  # noqa: E402

for module in (peft.peft_model, transformers.modeling_utils):
    # They took the name when they were imported, perhaps before this module, by another test.
    if getattr(module, "safe_save_file", None) is save_file:
        module.safe_save_file = save_and_tell

HERE = Path(__file__).resolve().parent
SUPPORT_CHATS = HERE.parent.parent / "data" / "support_chats"
CELLS = (
    "from labutils.engine import make_run\nfrom labutils.methods import ZERO_SHOT\n"
    "from labutils.tracks import choose_track\ntrack = choose_track()",
    "baseline = make_run(ZERO_SHOT, track)",
    "method = track.full.variant(epochs=1, dropout=0.1, validations=3)\n"
    "tuned = make_run(method, track)",
    "print(tuned.record['rouge'])",
)
"""Of a notebook: an untouched model, a training, a look at it."""

TWO_TASKS = (tasks.DIALOGUES, tasks.ENTITIES)
SIZES = MultitaskSettings(
    steps=4,
    cap=20,
    max_answer_tokens=8,
    test_rows=3,
    full_learning_rate=1e-3,
    lora_learning_rate=2e-3,
    curve_points=2,
    curve_rows=2,
    inverted_share=0.1,
)
DROPPING = dict(
    dropout=0.1, epochs=1.5, batch_size=2, accumulation=2, validations=4, learning_rate=1e-2
)
"""Nine steps, with a checkpoint after 3, 6 and 9; the second epoch ends early."""


@dataclass(frozen=True)
class Fault:
    """What happens right before an event.

    Attributes:
        event: a pattern that the whole event must match.
        count: of the matching events, which one, from 1.
        action: a signal that the process sends itself; "half" cuts the file that was written last
            in the middle and kills; "wait" says so and waits until it is told to go on.
    """

    event: str = ".*"
    count: int = 1
    action: int | str = signal.SIGKILL


# --- The jobs ----------------------------------------------------------------------------------


def small(**changes):
    """The track of all jobs: 24 rows, few short answers."""
    track = choose_track("tiny", train_rows=24, test_dialogues=6)
    sizes = dict(
        max_prompt_tokens=64, max_summary_tokens=12, validation_dialogues=3, multitask=SIZES
    )
    return replace(track, **sizes | changes)


def full(folder):
    track = small()
    make_run(track.full.variant(**DROPPING), track)


def lora(folder):
    track = small()
    adapter = dict(rank=2, dropout=0.1, targets=("q", "v"))
    make_run(track.lora.variant(**DROPPING, adapter=adapter), track)


def zero_shot(folder):
    make_run(ZERO_SHOT, small())


def untrained(folder):
    """All systems without a training: answers and scores alone."""
    zero_shot(folder)
    make_run(TRIVIAL["nearest chat"], small())


def mixture(folder):
    multitask = experiment.Experiment(small(), TWO_TASKS)
    runs = [multitask.zero_shot(), multitask.multitask("full")]
    forgetting.write_matrix(multitask.track, forgetting.forgetting_matrix(runs, TWO_TASKS))


def rehearsal(folder):
    experiment.Experiment(small(), TWO_TASKS).rehearsal(0.5)


def adapter_off(folder):
    experiment.Experiment(small(), TWO_TASKS).adapter_off()


def lora_single(folder):
    experiment.Experiment(small(), TWO_TASKS).single_task("lora")


def summaries(folder):
    summarize_file.CHUNK_ROWS = 4  # of 18
    track, out = small(), folder / "summaries.csv"
    folder.mkdir(parents=True, exist_ok=True)
    file, model = str(Path(track.dataset) / "test.csv"), track.model
    main(["summarize", file, "--model", model, "--out", str(out), "--max-tokens", "12", "--force"])


def tune(folder):
    """From a file of chats to a model that is handed over."""
    file, track = str(Path(small().dataset) / "train.csv"), small()
    tracks.tiny_track, tuning.MOST_EPOCHS = lambda: replace(track, train_rows=None), 1
    main(["tune", file, "--method", "lora", "--out", str(folder / "mine")])


def scores(folder):
    folder.mkdir(parents=True, exist_ok=True)
    rows = pd.read_csv(Path(small().dataset) / "test.csv")
    rows["one"], rows["two"] = rows["dialogue"].str[:80], rows["summary"].str[:40]
    rows.to_csv(folder / "predictions.csv", index=False)
    more = ["--references", "summary", "--systems", "one", "two", "--json", "--force"]
    main(["score", str(folder / "predictions.csv"), *more, "--plot", str(folder / "scores.png")])


def judging(folder):
    texts = {name: [f"{name} {place}" for place in range(4)] for name in ("full", "lora")}
    for rater in ("Ann", "Bo"):
        session = Judging(folder / "judgements.csv", list("abcd"), texts, rater)
        while (place := session.position) is not None:
            session.save(random.Random(f"{rater} {place}").choice("AB"), {"coverage_A": 3})


def llm_judging(folder):
    judge = llm_judge.Judge("http://127.0.0.1:9/v1", folder / "answers.jsonl")
    judge._answered = answer_of_a_judge
    texts = {name: [f"{name} {place}" for place in range(3)] for name in ("full", "lora")}
    llm_judge.ratings(judge, texts, list("abc"), range(3))
    session = Judging(folder / "judgements.csv", list("abc"), texts, "llm")
    llm_judge.judge_pairs(judge, session, list("abc"), range(3))


def answer_of_a_judge(question):
    sys.audit("lab.ask")
    return random.Random(question).choice("AB" if "A, B or tie" in question else "12345")


def notes(folder):
    for number, passed in (("1.1", False), ("1.1", True), ("3.2", True), ("2.1", False)):
        note(number, passed)


def demo_record(folder):
    track = small(train_rows=8)
    changes = dict(
        FOLDER=folder / "demo-data",
        REPOSITORY=folder,
        RANKS=(1,),
        tiny_track=lambda: track,
        Experiment=partial(experiment.Experiment, tasks=TWO_TASKS),
        forgetting_matrix=partial(forgetting.forgetting_matrix, tasks=TWO_TASKS),
        task_curves=partial(forgetting.task_curves, tasks=TWO_TASKS),
    )
    for name, value in changes.items():
        setattr(demo, name, value)
    demo.FOLDER.mkdir(parents=True, exist_ok=True)
    (demo.FOLDER / "README.md").write_text("<!-- record -->\n<!-- end of record -->\n")
    demo.record_everything()


def notebook(folder):
    """A whole `run`: a kernel of its own, a training, the report with its figures."""
    notebooks.find_notebooks = lambda numbers: [Path(os.environ["LAB_TESTED_NOTEBOOK"])]
    track = small()
    asked = ["--model", track.model, "--dataset", track.dataset, "--train-rows", "24"]
    main(["run", "--track", "tiny", *asked, "--test-dialogues", "6"])


JOBS = {
    job.__name__: job
    for job in (
        full, lora, untrained, mixture, rehearsal, adapter_off, lora_single, summaries,
        tune, scores, judging, llm_judging, notes, demo_record, notebook,
    )
}  # fmt: skip


# --- A process that does one of them ------------------------------------------------------------


def start(job, folder, log, variables, *, fault=None, gate=None):
    """A started process that does a job with a folder for its artifacts.

    Args:
        job: a name of JOBS.
        folder: its LAB_ARTIFACTS.
        log: the file that takes what the process prints, and "EVENT <event>" lines.
        variables: of its environment, from `sources`.
        fault: a Fault, or None.
        gate: a multiprocessing Event, which a process that waits is let on with.
    """
    process = context().Process(target=work, args=(job, folder, log, variables, fault, gate))
    process.start()
    return process


def sources(folder, base, chats):
    """The variables that name a model, chats with their facts, and a notebook, all in a folder."""
    shutil.copytree(base, folder / "tiny-flan-t5")  # the demo's adapter is for this name
    shutil.copytree(chats, folder / "chats")
    facts = (SUPPORT_CHATS / "facts.jsonl").read_text("utf-8").splitlines()
    known = [json.loads(fact)["id"] for fact in facts]
    asked = {
        data.dialogue_id(row["id"]) for rows in data.load_splits(chats).values() for row in rows
    }
    chosen = [fact for fact, name in zip(facts, known) if name in asked]
    (folder / "chats" / "facts.jsonl").write_text("\n".join(chosen) + "\n", "utf-8")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbformat.write(book, folder / "01_lesson.ipynb")
    return {
        "LAB_TRACK": "tiny",
        "LAB_MODEL": str(folder / "tiny-flan-t5"),
        "LAB_DATASET": str(folder / "chats"),
        "LAB_TESTED_NOTEBOOK": str(folder / "01_lesson.ipynb"),
    }


def context():
    """Processes forked from one that has imported all of the above and nothing else."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["warmed_jobs"])
    os.environ["PYTHONPATH"] = os.pathsep.join(map(str, (HERE, HERE.parent.parent)))
    return found


def warm_up():
    """What every job would do first, done once before all of them are forked; no thread stays."""
    torch.set_num_threads(1)
    sizes = dict(vocab_size=8, d_model=4, d_kv=2, d_ff=4, num_layers=1, num_heads=2)
    model = transformers.T5ForConditionalGeneration(transformers.T5Config(**sizes))
    with TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        models.load_model(folder)
    summarization.rouge_scores(["one"], [["one two"]])


def work(job, folder, log, variables, fault, gate):
    assert len(os.listdir("/proc/self/task")) == 1, "forked from a process with threads"
    os.environ.update(variables, LAB_ARTIFACTS=str(folder))
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", closefd=False)
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", closefd=False)
    # Nothing may depend on what a process did before.
    random.seed(os.getpid())
    np.random.seed(os.getpid() % 2**32)
    torch.manual_seed(os.getpid())
    tell_of_work()
    if fault_of_locks := variables.get("LAB_TESTED_NO_LOCKS"):
        take_locks_away(getattr(errno, fault_of_locks))
    sys.addaudithook(Watch(folder, fault, output, gate))
    JOBS[job](folder)


def tell_of_work():
    """Steps, answers and scores become events, too."""
    steps = training.train_steps

    def steps_told(*args):
        for loss in steps(*args):
            sys.audit("lab.step")
            yield loss

    training.train_steps = steps_told
    generation.greedy_tokens = told("answer", generation.greedy_tokens)
    summarization.rouge_scores = told("score", summarization.rouge_scores)
    training.mean_loss = told("validate", training.mean_loss)
    training.parameter_counts = told("trained", training.parameter_counts)
    checkpoints.random_states = told("random states", checkpoints.random_states)
    locks._acquired = told("lock", locks._acquired)
    plots.plot_comparison = told("plot", plots.plot_comparison)
    tqdm.monitor_interval = 0  # no thread of its own


def take_locks_away(number):
    """As a drive without them does: opening a file works, locking it does not."""

    def flock(file, operation):
        raise OSError(number, os.strerror(number))

    fcntl.flock = flock


def told(name, function):
    def tells(*args, **options):
        sys.audit(f"lab.{name}")
        return function(*args, **options)

    return tells


class Watch:
    """The audit hook: names each event, writes it down, and does what the fault says before it."""

    FILES = {
        "os.mkdir": "make",
        "os.rename": "rename",
        "os.remove": "delete",
        "os.rmdir": "delete",
        "shutil.rmtree": "delete all of",
    }

    def __init__(self, folder, fault, output, gate):
        self.folder, self.fault, self.output, self.gate = str(folder), fault, output, gate
        self.process, self.matching, self.written = os.getpid(), 0, None

    def __call__(self, event, args):
        if (name := self.name_of(event, args)) is None or os.getpid() != self.process:
            return
        if event == "lab.written":
            self.written = args[0]
        if self.fault and re.fullmatch(self.fault.event, name):
            self.matching += 1
            if self.matching == self.fault.count:
                self.happen(self.fault.action)
        os.write(self.output, f"\nEVENT {name}\n".encode())

    def name_of(self, event, args):
        if event.startswith("lab."):
            path = f" {self.short(args[0])}" if args else ""
            return event.removeprefix("lab.") + path
        if event == "open":
            path, _, flags = args
            writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
            # Who waits for a lock opens it again and again.
            counts = writes and self.is_inside(path) and not str(path).endswith(LOCK)
            return f"open {self.short(path)}" if counts else None
        if event in self.FILES and self.is_inside(args[0]):
            return f"{self.FILES[event]} {self.short(args[0])}"
        return None

    def is_inside(self, path):
        return isinstance(path, (str, Path)) and str(path).startswith(self.folder)

    def short(self, path):
        """A path without what differs from process to process, and from release to release."""
        path = str(path).removeprefix(self.folder).removeprefix("/")
        path = re.sub(r"\.unfinished-\d+-[0-9a-f]+", ".unfinished", path)
        return re.sub(r"-[0-9a-f]{8}(?=/|$)", "", path.removeprefix("tiny/").removeprefix("runs/"))

    def happen(self, action):
        if action == "wait":
            os.write(self.output, b"\nWAITS\n")
            self.gate.wait()
            return
        if action == "half":
            os.truncate(self.written, os.path.getsize(self.written) // 2)
            action = signal.SIGKILL
        os.kill(os.getpid(), action)


def log_of(path):
    """(events, all else that a process printed) of its log."""
    lines = Path(path).read_text("utf-8", errors="replace").split("\n")
    events = [line.removeprefix("EVENT ") for line in lines if line.startswith("EVENT ")]
    return events, "\n".join(line for line in lines if line and not line.startswith("EVENT "))


# --- What is compared --------------------------------------------------------------------------

VARIES = re.compile(
    r"finished|made|when|attempts|time|resumed_from_step|whole_fresh_run|seconds_by_stage|.*seconds"
    r"|.*memory_mib"
)
"""Names of what differs from run to run: times, memory, dates, whether it is resumed."""


def left_in(folder):
    """{path: content} of all files in a folder, without what differs from run to run."""
    return {
        str(path.relative_to(folder)): content_of(path)
        for path in sorted(Path(folder).rglob("*"))
        if not path.is_dir() or not any(path.iterdir())
    }


def content_of(path):
    if path.is_dir():
        return "an empty folder"
    if path.suffix == ".ipynb":  # what its cells print says where a run was found or resumed
        cells = nbformat.read(path, as_version=4).cells
        return [(cell.source, cell.get("execution_count")) for cell in cells]
    if path.suffix == ".json":
        return without_times(json.loads(path.read_text("utf-8")))
    if path.name == "judgements.csv":
        return [line.partition(",")[2] for line in path.read_text("utf-8").splitlines()]
    if path.name == "README.md":
        return re.sub(r"\d{4}-\d\d-\d\d|\d+ s(?= on )", "", path.read_text("utf-8"))
    return path.read_bytes()


def without_times(value):
    if isinstance(value, dict):
        return {
            key: without_times(each) for key, each in value.items() if not VARIES.fullmatch(key)
        }
    return [without_times(each) for each in value] if isinstance(value, list) else value
