"""Several processes of one command: the numbers, the files and the messages of one."""

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from conftest import ROOT
from safetensors.torch import load_file
from transformers import BatchEncoding

from labutils import models, training
from labutils.adapters import add_adapter, load_adapter
from labutils.commands import own_chats
from labutils.common import processes, sharding
from labutils.common.errors import LabError, one_message
from labutils.engine import make_run
from labutils.methods import ZERO_SHOT
from labutils.own_chats import tuning
from labutils.settings import TrainingSettings
from labutils.tracks import choose_track

CONTEXT = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
if sys.platform == "linux":  # what takes long to import is imported once
    CONTEXT.set_forkserver_preload(["datasets", "pandas", "transformers.models.t5.modeling_t5"])
SECONDS = 300
"""Until a process counts as hanging."""


@pytest.fixture
def start(tmp_path, base, chats):
    """Start a command in several processes; how each ended, and what it printed."""

    def run(command, *, count=2, words=(("compare",),), faults=(), variables=()):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        launched = dict(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), WORLD_SIZE=str(count))
        launched |= {"LAB_TRACK": "tiny", "LAB_MODEL": str(base), "LAB_DATASET": str(chats)}
        launched |= {"LAB_ARTIFACTS": str(tmp_path / "artifacts"), "LAB_DEVICE": "cpu"}
        logs = [tmp_path / f"{rank}.log" for rank in range(count)]
        started = []
        for rank, log in enumerate(logs):
            told = {**launched, **dict(variables), "RANK": str(rank), "LOCAL_RANK": str(rank)}
            own = list(words[rank % len(words)])
            fault = dict(faults).get(rank)
            started.append(CONTEXT.Process(target=do, args=(command, own, told, fault, log)))
        for process in started:
            process.start()
        for process in started:
            process.join(SECONDS)
            assert process.exitcode is not None, "it hangs"
        codes = [process.exitcode for process in started]
        return SimpleNamespace(codes=codes, printed=[log.read_text("utf-8") for log in logs])

    return run


def do(command, words, variables, fault, log):
    os.environ.update(variables)
    with open(log, "w", encoding="utf-8") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    torch.set_num_threads(1)
    if fault:
        fault()
    with one_message("Start it again."):
        processes.run(command, words)


def make_zero_shot_and_full(words=None):
    # 21 rows in batches of 4: the last batch of an epoch has fewer rows than there are processes.
    track = choose_track(train_rows=21)
    return [make_run(ZERO_SHOT, track), make_run(track.full.variant(validations=3), track)]


def die_at_the_second_validation():
    validate, seen = training.Training.validate, []

    def validate_or_die(self, *arguments):
        seen.append(self.step)
        if len(seen) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        validate(self, *arguments)

    training.Training.validate = validate_or_die


def throw(error):
    raise error


def left_in(folder):
    """{file: its bytes} of all there is in a folder of artifacts."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="session")
def alone(base, chats, tmp_path_factory):
    """What one process leaves."""
    artifacts = tmp_path_factory.mktemp("alone")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_ARTIFACTS", str(artifacts))
        for name, value in (("TRACK", "tiny"), ("MODEL", base), ("DATASET", chats)):
            patch.setenv(f"LAB_{name}", str(value))
        make_zero_shot_and_full()
    return artifacts


def check_same(left, alone):
    """The same files; predictions of the same bytes; losses, scores and weights within rounding."""
    one, several = left_in(alone), left_in(left)
    assert one.keys() == several.keys()
    for name in one:
        if name.endswith(("predictions.jsonl", "config.json", "tokenizer.json")):
            assert one[name] == several[name]
        elif name.endswith("run.json"):
            expected, record = json.loads(one[name]), json.loads(several[name])
            assert record["rouge"] == expected["rouge"]
            assert len(record["history"]) == len(expected["history"])
            for entry, wanted in zip(record["history"], expected["history"]):
                assert entry == pytest.approx(wanted, rel=1e-4)
        elif name.endswith("model.safetensors"):
            expected = load_file(alone / name)
            for weight, tensor in load_file(left / name).items():
                torch.testing.assert_close(tensor, expected[weight], rtol=1e-3, atol=1e-4)


def full_record(artifacts):
    return json.loads(next(artifacts.glob("tiny/runs/full-*/run.json")).read_text("utf-8"))


def test_two_processes_make_what_one_makes_and_only_one_writes_and_prints(start, alone, tmp_path):
    done = start(make_zero_shot_and_full)
    assert done.codes == [0, 0], done.printed
    assert done.printed[0].count("full: training now") == 1 and not done.printed[1]
    check_same(tmp_path / "artifacts", alone)
    assert full_record(tmp_path / "artifacts")["processes"] == 2
    assert "processes" not in full_record(alone)


@pytest.mark.parametrize("first, then", [(2, 1), (1, 2)])
def test_a_training_goes_on_with_another_number_of_processes(start, alone, tmp_path, first, then):
    killed = first - 1
    done = start(
        make_zero_shot_and_full, count=first, faults={killed: die_at_the_second_validation}
    )
    assert done.codes[killed] == -signal.SIGKILL
    if first == 2:
        assert done.codes[0] == 2 and done.printed[0].count("error: ") == 1
        assert "error: One of the 2 processes of this command is gone" in done.printed[0]
    done = start(make_zero_shot_and_full, count=then)
    assert done.codes == [0] * then, done.printed
    assert "Found a checkpoint of step 6" in done.printed[0]
    assert full_record(tmp_path / "artifacts")["resumed_from_step"] == 6
    check_same(tmp_path / "artifacts", alone)


# --- Sharded -----------------------------------------------------------------------------------

SHARDED = {sharding.FSDP_VARIABLE: "true"}


def test_a_sharded_training_that_is_killed_and_goes_on_makes_what_one_process_makes(
    start, alone, tmp_path
):
    done = start(
        make_zero_shot_and_full, variables=SHARDED, faults={1: die_at_the_second_validation}
    )
    assert done.codes == [2, -signal.SIGKILL] and done.printed[0].count("error: ") == 1
    done = start(make_zero_shot_and_full, variables=SHARDED)
    assert done.codes == [0, 0], done.printed
    assert "Found a checkpoint of step 6" in done.printed[0] and not done.printed[1]
    check_same(tmp_path / "artifacts", alone)
    record = full_record(tmp_path / "artifacts")
    assert (record["processes"], record["shards"]) == (2, 2)


@pytest.mark.parametrize("first, then", [(2, 1), (1, 2)])
def test_a_training_goes_on_with_shards_or_without(start, alone, tmp_path, first, then):
    """Two processes share out the model, and one has it whole."""
    variables = {1: {}, 2: SHARDED}
    start(
        make_zero_shot_and_full, count=first, variables=variables[first],
        faults={first - 1: die_at_the_second_validation},
    )  # fmt: skip
    done = start(make_zero_shot_and_full, count=then, variables=variables[then])
    assert done.codes == [0] * then, done.printed
    record = full_record(tmp_path / "artifacts")
    assert (record["resumed_from_step"], record.get("shards", 1)) == (6, then)
    check_same(tmp_path / "artifacts", alone)


def compare_gradients(told):
    tokens = torch.arange(3, 43).reshape(2, 4, 5)
    parts = [BatchEncoding({"input_ids": ids, "labels": ids.flip(1)}) for ids in tokens]
    plain, model = (models.load_model(os.environ["LAB_MODEL"]) for _ in range(2))
    (sum(plain(**part).loss for part in parts) / 2).backward()
    sharding.shard(model)
    own = {"parts": [parts[processes.rank()]], "shares": [0.5]}
    loss = training.step_gradients(model, own, "fp32")
    gradients = sharding.whole({name: w.grad for name, w in model.named_parameters()})
    if processes.is_main():
        assert abs(loss - sum(plain(**part).loss for part in parts) / 2) < 1e-4
        for name, weight in plain.named_parameters():
            torch.testing.assert_close(gradients[name], weight.grad, rtol=1e-4, atol=1e-5)
        print(told)


def share_gradients(words):
    processes.together(compare_gradients, "the same")


def test_sharded_gradients_are_those_of_the_whole_batch(start):
    """AdamW and clipping hide a factor from the losses."""
    done = start(share_gradients, variables=SHARDED)
    assert done.codes == [0, 0] and done.printed == ["the same\n", ""], done.printed


def test_packed_weights_are_not_sharded_and_one_process_shards_nothing(monkeypatch):
    packed = torch.nn.Module()
    packed.weight = torch.nn.Parameter(torch.zeros(2, dtype=torch.uint8), requires_grad=False)
    with pytest.raises(LabError, match="quantized base cannot be sharded"):
        sharding.shard(packed)
    monkeypatch.setenv(sharding.FSDP_VARIABLE, "true")
    assert sharding.shards() == 1


def save_a_sharded_adapter(folder, told):
    model = add_adapter(models.load_model(os.environ["LAB_MODEL"]), choose_track().lora.adapter)
    whole = {name: weight.clone() for name, weight in training.trained_weights(model).items()}
    sharding.shard(model)
    held = sum(weight.to_local().numel() for weight in model.parameters())
    with sharding.gathered_weights(model):
        assert all(torch.equal(weight, whole[name])
                   for name, weight in training.trained_weights(model).items())  # fmt: skip
    weights = sharding.whole(model.state_dict(keep_vars=True))
    if processes.is_main():
        tokenizer = models.load_tokenizer(os.environ["LAB_MODEL"])
        models.save_model(model, tokenizer, folder, weights)
        saved = load_adapter(models.load_model(os.environ["LAB_MODEL"]), folder)
        assert all(torch.equal(weight, whole[name]) for name, weight in saved.named_parameters()
                   if name in whole)  # fmt: skip
        total = sum(weight.numel() for weight in saved.parameters())
        assert 0.45 * total < held < 0.55 * total
        print(told)


def share_an_adapter(words, folder):
    processes.together(save_a_sharded_adapter, folder, "each has half")


def test_a_sharded_adapter_is_saved_whole_and_each_process_holds_its_part(start, tmp_path):
    done = start(partial(share_an_adapter, folder=tmp_path / "adapter"), variables=SHARDED)
    assert done.codes == [0, 0] and done.printed == ["each has half\n", ""], done.printed


def run_out_of_memory_in(rank):
    model = models.load_model(os.environ["LAB_MODEL"])
    sharding.shard(model)
    if processes.rank() == rank:
        model.forward = lambda **_: throw(RuntimeError("CUDA out of memory. Tried to allocate"))
    part = BatchEncoding(dict.fromkeys(("input_ids", "labels"), torch.ones(1, 4).long()))
    training.step_gradients(model, {"parts": [part], "shares": [1.0]}, "fp32")


def share_what_fails(words, rank):
    with suppress(LabError):  # as `compare`, which goes on with the next method
        processes.together(run_out_of_memory_in, rank)
    print("went on")


@pytest.mark.parametrize("rank", [0, 1])
def test_memory_that_runs_out_in_the_middle_of_a_sharded_step_ends_all(start, rank):
    """The others wait for that process's weights: nobody can go on."""
    done = start(partial(share_what_fails, rank=rank), variables=SHARDED)
    told = f"error: Process {rank} of 2, counted from 0, failed. Memory ran out: CUDA out of memory"
    assert done.codes == [2, 2] and done.printed[rank].startswith(told), done.printed
    assert not any("went on" in printed for printed in done.printed)


# --- Who fails, and who is gone ------------------------------------------------------------------


def fail_in(ranks):
    if processes.rank() in ranks:
        raise LabError(f"no room in {processes.rank()}")
    processes.gathered(None)


def ranks_shared_out():
    shares = processes.gathered(list(processes.share(range(5))))
    total = torch.tensor(float(processes.rank() + 1))
    processes.add_up([total])
    return shares, total.item(), processes.count()


def fail_and_go_on(words, ranks):
    with pytest.raises(LabError) as failed:
        processes.together(fail_in, ranks)
    print(failed.value)
    print(processes.together(ranks_shared_out), processes.count())


@pytest.mark.parametrize("ranks", [(0,), (1,), (0, 1)])
def test_what_fails_in_one_process_ends_the_job_in_all_and_the_next_job_works(start, ranks):
    done = start(partial(fail_and_go_on, ranks=ranks))
    told = "no room in 0" if 0 in ranks else "Process 1 of 2, counted from 0, failed: no room in 1"
    assert done.codes == [0, 0]
    assert done.printed == [f"{told}\n([[0, 2, 4], [1, 3]], 3.0, 2) 1\n", ""]


def die_in(rank):
    if processes.rank() == rank:
        os.kill(os.getpid(), signal.SIGKILL)
    processes.gathered(None)


def one_dies(words):
    try:
        processes.together(die_in, 0)
    except Exception:  # as `compare` does, which goes on with the next method
        print("went on")


def test_where_the_main_process_is_gone_another_one_says_so(start):
    done = start(one_dies)
    assert done.codes == [-signal.SIGKILL, 2]
    assert done.printed[1].startswith("error: One of the 2 processes of this command is gone")
    assert done.printed[1].count("\n") == 1 and not done.printed[0]


# --- What is refused ----------------------------------------------------------------------------


def nothing(words):
    print("began")


@pytest.mark.parametrize(
    "words, told",
    [
        ((["compare"], ["compare", "--seed", "7"]), "Process 1 was started as 'compare --seed 7'"),
        ((["run"],), "Several processes share out compare and tune only: start run without"),
    ],
)
def test_processes_that_cannot_work_together_end_in_one_message(start, words, told):
    done = start(nothing, words=words)
    assert done.codes == [2, 2] and not done.printed[1]
    assert done.printed[0].startswith(f"error: {told}") and done.printed[0].count("\n") == 1


@pytest.mark.parametrize(
    "variables, told",
    [
        ({"WORLD_SIZE": "2"}, "WORLD_SIZE is '2', without RANK"),
        ({"WORLD_SIZE": "two"}, "WORLD_SIZE is 'two'"),
        ({"ACCELERATE_USE_DEEPSPEED": "true"}, "DeepSpeed is asked for"),
        (
            dict.fromkeys(processes.VARIABLES, "0") | {"WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "2"},
            "on several machines",
        ),
    ],
)
def test_a_launch_that_cannot_work_is_refused(error_of, monkeypatch, variables, told):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert told in error_of("compare")


@pytest.mark.parametrize("rows, batch, most", [(24, 4, 4), (3, 8, 3)])
def test_more_processes_than_rows_of_a_batch_are_refused(monkeypatch, rows, batch, most):
    monkeypatch.setattr(processes, "started", lambda: 5)
    with pytest.raises(LabError, match=f"5 processes are too many.*start at most {most}"):
        training.check_processes(rows, TrainingSettings(batch_size=batch))


@pytest.mark.parametrize("rows, accumulation", [(8, 1), (8, 4), (2, 1)])
def test_the_shares_of_a_batch_add_up_to_its_gradients(base, tokenizer, chats, rows, accumulation):
    from labutils.batching import batch_in_parts
    from labutils.data import read_rows

    columns = {name: [row[name] for row in read_rows(Path(chats) / "train.csv")[:rows]]
               for name in ("dialogue", "summary")}  # fmt: skip
    examples = list(training.encode_examples(columns, tokenizer, max_prompt_tokens=96))
    collate = training.batch_examples(tokenizer)

    def gradients(*own):
        model = models.load_model(base)
        batch = batch_in_parts(collate, accumulation, *own)(examples)
        loss = training.step_gradients(model, batch, "fp32")
        return [loss, *(weight.grad for weight in model.parameters())]

    shared = zip(*(gradients(rank, 3) for rank in range(3)))
    for whole, parts in zip(gradients(), shared, strict=True):
        torch.testing.assert_close(sum(parts), whole, rtol=1e-4, atol=1e-6)


def tune_briefly(words):
    tuning.MOST_EPOCHS = 1
    own_chats.tune(Path(os.environ["LAB_DATASET"]), Path(words[1]), method="lora")


def test_a_model_is_tuned_in_two_processes_and_handed_over_by_one(start, tmp_path):
    """`tune` prepares, asks the base, trains, merges and writes the folder and its card."""
    done = start(tune_briefly, words=(["tune", str(tmp_path / "mine")],))
    assert done.codes == [0, 0], done.printed
    assert done.printed[0].count("lora: training now") == 1 and not done.printed[1]
    assert json.loads((tmp_path / "mine" / "run.json").read_text("utf-8"))["processes"] == 2
    assert (tmp_path / "mine" / "merged" / "model.safetensors").is_file()


def test_torchrun_starts_a_comparison_in_two_processes(base, chats, tmp_path):
    """As docs/commands.md says, torch's own launcher included."""
    launch = f"{sys.executable} -m torch.distributed.run --standalone --nproc_per_node=2"
    command = "-m labutils compare --methods ia3 --train-rows 8 --test-dialogues 4"
    variables = {"TRACK": "tiny", "MODEL": base, "DATASET": chats, "DEVICE": "cpu"}
    variables["ARTIFACTS"] = tmp_path / "artifacts"
    told = {f"LAB_{name}": str(value) for name, value in variables.items()}
    done = subprocess.run(
        [*launch.split(), *command.split()],
        env=os.environ | told | {"OMP_NUM_THREADS": "1"},
        cwd=ROOT, capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Passes over the training rows: 1") == 1
    (record,) = (tmp_path / "artifacts").glob("tiny/runs/ia3-*/run.json")
    assert json.loads(record.read_text("utf-8"))["processes"] == 2
