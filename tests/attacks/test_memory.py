"""Memory: none left on a GPU (simulated), a limit on the process, a kernel killed for it."""

import functools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
import torch
from conftest import ROOT, chat_rows, made
from transformers import AutoModelForSeq2SeqLM, T5ForConditionalGeneration

from labutils import batching, models, summarization, training
from labutils.adapters import add_adapter
from labutils.common import checkpoints, memory
from labutils.common.errors import LabError
from labutils.generation import generate
from labutils.multitask import tasks
from labutils.multitask.experiment import Experiment
from labutils.notebooks import execute
from labutils.settings import LoraSettings, MultitaskSettings, TrainingSettings

thorough = pytest.mark.thorough
SETTINGS = TrainingSettings(epochs=1, batch_size=4, dropout=0, learning_rate=1e-2, validations=2)
DROPPING = TrainingSettings(
    epochs=2.5, batch_size=2, accumulation=2, dropout=0.1, learning_rate=1e-2, validations=4
)
STEPS = 8  # of DROPPING on 12 rows, with a validation and a checkpoint after every second one

CUDA = torch.OutOfMemoryError(
    "CUDA out of memory. Tried to allocate 96.00 MiB. GPU 0 has a total capacity of 14.56 GiB of "
    "which 61.81 MiB is free."
)
CPU = RuntimeError(
    "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you "
    "tried to allocate 1073741824 bytes. Error code 12 (Cannot allocate memory)"
)
CUBLAS = RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")
MAPPED = RuntimeError("unable to mmap 8 bytes from file <weights>: Cannot allocate memory (12)")
MPS = RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB, other allocations: 1 GB).")


class Killed(BaseException):
    """As if Colab had taken the machine away: nothing catches it."""


@pytest.fixture(scope="module")
def examples(tokenizer):
    rows = chat_rows("train")[:12]
    columns = {name: [row[name] for row in rows] for name in ("dialogue", "summary")}
    return training.encode_examples(columns, tokenizer, max_prompt_tokens=128)


@pytest.fixture
def too_much(monkeypatch):
    """A function that has memory run out, of any model, for the tokens that a function tells."""
    forward = T5ForConditionalGeneration.forward

    def set_limit(is_too_much, error=CUDA):
        failed = []

        @functools.wraps(forward)
        def limited(self, *args, **options):
            asked, started = options.get("input_ids"), options.get("decoder_input_ids")
            tokens = asked if started is None else started
            if is_too_much(tokens):
                failed.append(tuple(tokens.shape))
                raise error.with_traceback(None)
            return forward(self, *args, **options)

        monkeypatch.setattr(T5ForConditionalGeneration, "forward", limited)
        return failed

    return set_limit


def more_rows_than(most):
    return lambda tokens: len(tokens) > most


def weights(model):
    return {name: weight.detach() for name, weight in training.trained_weights(model).items()}


@pytest.fixture
def tune(base, tokenizer, examples, tmp_path):
    """Train, and validate on eight rows: (model, result)."""

    def run(name, method="full", settings=SETTINGS, **splits):
        torch.manual_seed(1)
        model = models.load_model(base, dropout=settings.dropout)
        if method == "lora":
            model = add_adapter(model, LoraSettings(rank=2, dropout=settings.dropout))
        memory.splits_of(model).update(splits)
        held_out, folder = examples.select(range(8)), tmp_path / name
        return model, training.fine_tune(model, tokenizer, examples, held_out, settings, folder)

    return run


# --- What counts as memory that ran out ---------------------------------------------------------


@pytest.mark.parametrize(
    "error,ran_out",
    [
        pytest.param(CUDA, True, id="cuda"),
        pytest.param(torch.OutOfMemoryError(), True, id="torch"),
        pytest.param(CPU, True, id="cpu"),
        pytest.param(CUBLAS, True, id="cublas"),
        pytest.param(MPS, True, id="mps"),
        pytest.param(RuntimeError("Invalid buffer size: 19.45 GiB"), True, id="mps-one-tensor"),
        pytest.param(MAPPED, True, id="a-file-mapped"),
        pytest.param(MemoryError(), True, id="python"),
        pytest.param(OSError(12, "Cannot allocate memory"), True, id="the-system"),
        pytest.param(OSError(28, "No space left on device"), False, id="a-full-disk"),
        pytest.param(RuntimeError("shapes cannot be multiplied"), False, id="a-mistake"),
        pytest.param(KeyError("out of memory"), False, id="another-kind"),
    ],
)
def test_only_memory_is_taken_for_memory(error, ran_out):
    assert memory.ran_out_of_memory(error) is ran_out


# --- On a GPU, simulated ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method,most,error",
    [
        pytest.param("full", 2, CUDA, id="full-half-the-rows"),
        pytest.param("lora", 1, CUDA, id="lora-one-row-at-a-time"),
        pytest.param("full", 1, CUDA, id="full-one-row-at-a-time", marks=thorough),
        pytest.param("lora", 2, CUBLAS, id="lora-no-room-for-cublas", marks=thorough),
        pytest.param("full", 2, CPU, id="full-on-a-cpu", marks=thorough),
    ],
)
def test_a_training_goes_on_with_the_same_gradient(tune, too_much, capsys, method, most, error):
    whole, undisturbed = tune("whole", method)
    splits = {"training": 4 // most, "validation": 8 // most}
    cut, from_the_start = tune("cut", method, **splits)
    capsys.readouterr()
    failed = too_much(more_rows_than(most), error)
    model, result = tune("limited", method)
    told = capsys.readouterr().out
    assert f"at 4 rows (training); going on with {most} at a time" in told
    assert f"at 8 rows (validation); going on with {most} at a time" in told
    assert told.count("Memory ran out") == 2 and len(failed) < 6  # and not at every batch
    assert {name: result[f"{name}_splits"] for name in splits} == splits
    assert not any(name.endswith("_splits") for name in undisturbed)
    # The same bytes as with so many pieces from the start, and but for rounding as without.
    assert result["history"] == from_the_start["history"]
    for name, weight in weights(model).items():
        assert torch.equal(weight, weights(cut)[name])
        torch.testing.assert_close(weight, weights(whole)[name], rtol=1e-3, atol=1e-3)
    for mine, theirs in zip(result["history"], undisturbed["history"], strict=True):
        assert mine == pytest.approx(theirs, rel=1e-4)


def test_what_a_failed_attempt_added_to_the_gradients_is_gone(
    model, tokenizer, examples, monkeypatch
):
    """The second part fails: the first part's gradients must not count twice."""
    collate = training.batch_examples(tokenizer)
    batch = batching.batch_in_parts(collate, 2)(list(examples)[:8])
    loss = training.step_gradients(model, batch, "fp32")
    expected = {name: weight.grad.clone() for name, weight in model.named_parameters()}
    model.zero_grad()
    calls, forward = [], model.forward

    def fail_once(*args, **options):
        calls.append(args)
        if len(calls) == 2:
            raise CUDA.with_traceback(None)
        return forward(*args, **options)

    monkeypatch.setattr(model, "forward", fail_once)
    assert training.step_gradients(model, batch, "fp32").item() == pytest.approx(loss.item())
    assert len(calls) == 2 + 4
    for name, weight in model.named_parameters():
        torch.testing.assert_close(weight.grad, expected[name], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "method,killed_at",
    [
        pytest.param("full", 4, id="full-before-the-next-checkpoint", marks=thorough),
        pytest.param("lora", 6, id="lora-after-the-next-checkpoint"),
        *[
            pytest.param(method, step, id=f"{method}-in-step-{step}", marks=thorough)
            for method, step in [("full", 1), ("full", 8), ("lora", 3)]
        ],
    ],
)
def test_killed_after_memory_ran_out_it_ends_with_the_same_bytes(
    tune, too_much, examples, monkeypatch, tmp_path, method, killed_at
):
    """It runs out in the third step, at any two of that step's rows."""
    rows = training.random_batches([1] * len(examples), DROPPING)[2]
    marked = [examples[i]["input_ids"] for i in rows]

    def two_of_them(tokens):
        found = [[token for token in row if token] for row in tokens.tolist()]
        return sum(row in marked for row in found) > 1

    failed = too_much(two_of_them)
    _, undisturbed = tune("undisturbed", method, DROPPING)
    assert failed and undisturbed["training_splits"] > 1
    real, calls = training.step_gradients, []

    def kill(*args):
        calls.append(args)
        if len(calls) == killed_at:
            raise Killed
        return real(*args)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(training, "step_gradients", kill)
        tune("killed", method, DROPPING)
    _, resumed = tune("killed", method, DROPPING)
    assert resumed["resumed_from_step"] == (killed_at - 1) // 2 * 2
    assert resumed["history"] == undisturbed["history"]
    files = [
        {
            path.relative_to(folder): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and path.name != "training.json"
        }
        for folder in (tmp_path / "undisturbed", tmp_path / "killed")
    ]
    assert files[0] == files[1]


@pytest.mark.parametrize(
    "most,options",
    [
        pytest.param(3, {}, id="greedy"),
        pytest.param(4, {"num_beams": 2}, id="beams"),
        pytest.param(1, {}, id="one-row-at-a-time", marks=thorough),
        pytest.param(4, {"no_repeat_ngram_size": 2}, id="transformers-loop", marks=thorough),
    ],
)
def test_answers_stay_the_same_and_in_order(model, tokenizer, too_much, capsys, most, options):
    prompts = [row["dialogue"][: 40 * length] for row, length in zip(chat_rows("test"), PROMPTS)]
    limits = dict(max_new_tokens=8, batch_tokens=700)
    expected = generate(model, tokenizer, prompts, **limits, **options)
    assert len(set(expected)) > 4
    failed = too_much(more_rows_than(most))
    assert generate(model, tokenizer, prompts, **limits, **options) == expected
    first = len(failed)
    assert generate(model, tokenizer, prompts, **limits, **options) == expected
    assert 0 < first == len(failed)  # the second time it starts with what fitted
    assert capsys.readouterr().out.count("Memory ran out") == 1


PROMPTS = [9, 2, 30, 5, 5, 12, 3, 8, 25, 4, 7, 6]
"""Lengths in 40 characters."""


def test_sampling_does_not_depend_on_attempts_that_failed(model, tokenizer, too_much):
    prompts = [row["dialogue"][:60] for row in chat_rows("test")[:4]]
    options = dict(max_new_tokens=8, do_sample=True, seed=5)
    memory.splits_of(model)["generation"] = 2
    expected = generate(model, tokenizer, prompts, **options)
    memory.splits_of(model).clear()
    steps = []
    failed = too_much(lambda tokens: len(tokens) > 2 and (steps.append(1) or len(steps) > 3))
    assert generate(model, tokenizer, prompts, **options) == expected and failed


def test_a_run_records_it_and_keeps_its_name(track, too_much, capsys):
    before = made("zero-shot", track)
    assert "generation_splits" not in before.record
    shutil.rmtree(before.folder)
    too_much(more_rows_than(2))
    run = made("zero-shot", track)
    assert run.record["generation_splits"] == 4 and "training_splits" not in run.record
    assert run.folder == before.folder and run.predictions == before.predictions
    assert run.record["rouge"] == before.record["rouge"]
    assert capsys.readouterr().out.count("Memory ran out") == 1


@thorough
def test_a_training_on_many_tasks_goes_on(track, too_much):
    sizes = MultitaskSettings(steps=2, cap=20, max_answer_tokens=8, test_rows=4, curve_points=2,
                              curve_rows=3, inverted_share=0.1)  # fmt: skip
    small = replace(track, train_rows=12, test_dialogues=4, multitask=sizes)
    too_much(more_rows_than(1))
    run = Experiment(small, (tasks.DIALOGUES, tasks.ENTITIES)).multitask("lora")
    assert run.record["training_splits"] > 1 and run.record["generation_splits"] > 1
    assert run.predictions


# --- Too little for anything --------------------------------------------------------------------


def test_one_row_too_much_is_one_message_that_holds_no_tensors(tune, model, tokenizer, too_much):
    too_much(more_rows_than(0))
    for start in (lambda: tune("run"), lambda: generate(model, tokenizer, ["Hello"])):
        with pytest.raises(LabError, match="one row at a time.*labutils plan") as caught:
            start()
        assert caught.value.__context__ is None  # else a kernel would keep the attempt's tensors


@pytest.mark.parametrize(
    "place,name,error",
    [
        pytest.param(AutoModelForSeq2SeqLM, "from_pretrained", MAPPED, id="loading"),
        pytest.param(torch.nn.Module, "to", CUDA, id="moving-to-the-gpu"),
        pytest.param(torch.optim.AdamW, "step", CUDA, id="the-optimizer"),
        pytest.param(training, "encode_pairs", MemoryError(), id="tokenizing"),
        pytest.param(summarization, "rouge_scores", MemoryError(), id="scoring"),
    ],
)
def test_elsewhere_it_is_one_message_and_no_run(monkeypatch, track, place, name, error):
    def run_out(*args, **options):
        raise error.with_traceback(None)

    monkeypatch.setattr(place, name, run_out)
    with pytest.raises(LabError, match="Memory ran out.*labutils plan") as caught:
        made("full", track)
    assert "network" not in str(caught.value) and "damaged" not in str(caught.value)
    assert not list(track.artifacts.rglob("run.json"))


@pytest.mark.parametrize(
    "told",
    ["unspecified launch failure", "uncorrectable ECC error encountered",
     "no CUDA-capable device is detected", "device-side assert triggered"],
)  # fmt: skip
def test_a_gpu_that_vanishes_is_one_message_and_the_training_goes_on_after_it(
    monkeypatch, track, told
):
    steps, step = [], torch.optim.AdamW.step

    def vanish(*args, **options):
        steps.append(1)
        if len(steps) == 4:
            raise RuntimeError(f"CUDA error: {told}\nCUDA kernel errors might be reported later.")
        return step(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(torch.optim.AdamW, "step", vanish)
        with pytest.raises(LabError, match=f"GPU failed, or is gone.*{told}.*last checkpoint"):
            made("full", track)
    assert not list(track.artifacts.rglob("run.json"))
    assert made("full", track).record["steps"] > 4


def test_a_checkpoint_is_not_deleted_because_memory_was_short(monkeypatch, tmp_path):
    weight = {"weight": torch.ones(2)}
    checkpoints.save_checkpoint(tmp_path, 3, weight, {}, None)

    def run_out(*args):
        raise MAPPED.with_traceback(None)

    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="mmap"):
        patch.setattr("safetensors.torch.load_file", run_out)
        checkpoints.load_checkpoint(tmp_path)
    assert checkpoints.load_checkpoint(tmp_path)[1]["step"] == 3


def test_a_command_ends_with_one_message(monkeypatch, tmp_path, error_of):
    def run_out(*args, **options):
        raise MemoryError

    monkeypatch.setattr("labutils.summarize_file.read_dialogues", run_out)
    words = ["summarize", "chats.csv", "--model", "mine", "--out", tmp_path / "new.csv"]
    assert "error: Memory ran out" in error_of(*words)


# --- A limit on the process ---------------------------------------------------------------------

LIMITED = """
import json, os, resource, sys
import torch
from transformers import T5Config, T5ForConditionalGeneration
from labutils import models, training
from labutils.common import memory
from labutils.common.errors import LabError
from labutils.generation import generate
from labutils.settings import TrainingSettings

# What would else be imported on the way, under the limit that is tried.
import torch._dynamo
from transformers import get_linear_schedule_with_warmup

base, work = sys.argv[1:]
torch.set_num_threads(1)
tokenizer = models.load_tokenizer(base)
prompt = "Tom: I would like to order a pizza for tonight. " * 40
rows = {"dialogue": [prompt] * ROWS, "summary": ["Tom orders a pizza."] * ROWS}
examples = training.encode_examples(rows, tokenizer)
settings = TrainingSettings(epochs=1, batch_size=ROWS, dropout=0, validations=1)


def virtual(name="VmSize"):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith(name))


def work_on(model):
    if work == "training":
        batches = training.training_batches(examples, training.batch_examples(tokenizer), settings)
        moving = training.optimizer_and_schedule(model, settings, 1)
        return [loss.item() for loss in training.train_steps(model, batches, *moving)]
    prompts = [prompt[: 1400 + 20 * i] for i in range(ROWS)]
    options = dict(num_beams=2, max_new_tokens=4, batch_tokens=10**6)
    return generate(model, tokenizer, prompts, **options)


def in_a_child(limit=None, pieces=None):
    'What the work gives and what it needed, in a process of its own.'
    reading, writing = os.pipe()
    if os.fork() == 0:
        model = models.load_model(base, dropout=0.0)
        if pieces:
            memory.splits_of(model)[work] = pieces
        start = virtual()
        if limit:
            resource.setrlimit(resource.RLIMIT_AS, (start + limit, resource.RLIM_INFINITY))
        try:
            found = work_on(model)
        except LabError as error:
            found = f"LabError: {error}"
        told = [found, virtual("VmPeak") - start, memory.splits_of(model)]
        os.write(writing, json.dumps(told).encode() + b"\\n")
        sys.stdout.flush()
        os._exit(0)
    os.close(writing)
    with open(reading) as file:
        return json.loads(file.read())


whole, half = in_a_child(), in_a_child(pieces=2)
limited = in_a_child(limit=(whole[1] + half[1]) // 2)
nothing = in_a_child(limit=8 << 20)
print(json.dumps([whole, half, limited, nothing]))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="RLIMIT_AS is Linux's")
@pytest.mark.parametrize(
    "work,rows",
    [
        pytest.param("training", 8, id="training"),
        pytest.param("generation", 16, id="generation", marks=thorough),
    ],
)
def test_under_a_limit_the_process_goes_on_with_fewer_rows(base, work, rows):
    """The limit lies between what all rows need and what half of them need, both measured."""
    command = [sys.executable, "-c", LIMITED.replace("ROWS", str(rows)), str(base), work]
    # Else what is freed may stay with the process, and the measure says little.
    malloc = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "65536"}
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | malloc
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    *told, last = done.stdout.strip().splitlines()
    whole, half, limited, nothing = json.loads(last)
    assert half[1] < 0.8 * whole[1], "half of the rows need too much for this test to tell"
    assert limited[2][work] >= 2 and whole[2] == {}
    assert limited[0] == (pytest.approx(whole[0], rel=1e-5) if work == "training" else whole[0])
    assert nothing[0].startswith("LabError: Memory ran out with one row at a time")
    assert sum("Memory ran out" in line for line in told) == 1


# --- The kernel is killed -----------------------------------------------------------------------


def died(code, tmp_path):
    """The message of `execute` for a notebook of one cell, which kills its kernel."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    path, executed = tmp_path / "dies.ipynb", tmp_path / "executed.ipynb"
    nbformat.write(book, path)
    with pytest.raises(LabError) as caught:
        execute(path, executed)
    assert executed.is_file()
    return str(caught.value)


SAYS_SO = "the kernel died, probably because memory ran out"


def test_a_killed_kernel_is_told_as_one(tmp_path):
    message = died("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", tmp_path)
    assert "dies.ipynb, code cell 1 of 1" in message and SAYS_SO in message


@pytest.fixture
def small_group():
    """(file of members, MiB): a control group whose processes may hold so much memory."""
    root = Path("/sys/fs/cgroup")
    old = (root / "memory" / "memory.limit_in_bytes").exists()
    group = (root / "memory" if old else root) / f"lab-test-{os.getpid()}"
    try:
        group.mkdir()
        limit = group / ("memory.limit_in_bytes" if old else "memory.max")
        limit.write_text(str(200 << 20))
    except OSError as error:
        if group.is_dir():
            group.rmdir()
        pytest.skip(f"no control group can be made here ({error})")
    yield group / "cgroup.procs"
    group.rmdir()


@thorough
def test_a_kernel_that_the_system_kills_for_its_memory_is_told_as_one(small_group, tmp_path):
    code = f"""
import os
with open({str(small_group)!r}, "w") as file:
    file.write(str(os.getpid()))
held = b"x" * (400 << 20)
"""
    assert SAYS_SO in died(code, tmp_path)
