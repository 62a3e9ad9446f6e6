"""The device: which one is chosen, and a Mac's GPU, as torch would tell of one (none is here)."""

import threading
from types import SimpleNamespace

import pytest
import torch
from conftest import chat_rows

from labutils import doctor, model_folders, planning, tracks, training
from labutils.common import checkpoints, cost, device, memory
from labutils.common.errors import LabError
from labutils.models import load_model
from labutils.settings import TrainingSettings

GIB = 2**30
NO_OPERATOR = NotImplementedError(
    "The operator 'aten::some_operator' is not currently implemented for the MPS device. If you "
    "want this op to be considered for addition please comment on an issue. As a temporary fix, "
    "you can set the environment variable `PYTORCH_ENABLE_MPS_FALLBACK=1` to use the CPU as a "
    "fallback for this op. WARNING: this will be slower than running natively on MPS."
)
FULL = RuntimeError(
    "MPS backend out of memory (MPS allocated: 8.00 GiB, other allocations: 1.00 GiB, max allowed: "
    "9.07 GiB). Tried to allocate 96.00 MiB on private pool."
)
TOO_LARGE = RuntimeError("Invalid buffer size: 19.45 GiB")


@pytest.fixture
def mac(monkeypatch):
    """A Mac with a GPU of 10 GiB: its random generator, and what was asked of it."""
    generator, calls = torch.Generator().manual_seed(5), []
    monkeypatch.delenv("LAB_DEVICE")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.mps, "get_name", lambda: "Apple M2", raising=False)
    for name, function in {
        "recommended_max_memory": lambda: 10 * GIB,
        "get_rng_state": generator.get_state,
        "set_rng_state": generator.set_state,
        "empty_cache": lambda: calls.append("empty_cache"),
        "synchronize": lambda: calls.append("synchronize"),
    }.items():
        monkeypatch.setattr(torch.mps, name, function)
    return SimpleNamespace(generator=generator, calls=calls)


@pytest.mark.parametrize("counted, cores", [(8, 8), (None, 1)])
def test_cores_are_counted_where_no_affinity_is_known(monkeypatch, counted, cores):
    """On Windows and macOS."""
    monkeypatch.delattr(device.os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(device.os, "cpu_count", lambda: counted)
    assert device.cpu_cores() == cores


# --- Which one ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "here, chosen",
    [((), "cpu"), (("mps",), "mps"), (("cuda",), "cuda"), (("cuda", "mps"), "cuda")],
)
def test_a_gpu_is_taken_where_there_is_one(monkeypatch, here, chosen):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in here)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in here)
    monkeypatch.delenv("LAB_DEVICE")
    assert device.choose_device() == chosen
    for name in device.DEVICES:
        if name in (*here, "cpu"):
            assert device.choose_device(name) == name
        else:
            with pytest.raises(LabError, match=f"'{name}', and there is no GPU of this kind here"):
                device.choose_device(name)
    monkeypatch.setenv("LAB_DEVICE", "cpu")
    assert device.choose_device() == "cpu"
    monkeypatch.setenv("LAB_DEVICE", "tpu")
    with pytest.raises(LabError, match="'tpu', and it is unknown; use one of: cpu"):
        device.choose_device()


def test_a_mac_runs_the_tiny_track_and_flan_on_its_gpu_when_asked(mac, monkeypatch):
    monkeypatch.setattr(tracks, "hub_reachable", lambda: True)
    found = tracks.choose_track()
    assert (found.name, found.device) == ("tiny", "cpu") and "LAB_TRACK=flan" in str(found)
    asked = tracks.choose_track("flan")
    assert asked.device == "mps" and "GPU of Apple M2, fp32" in str(asked)
    assert asked.full.recipe.precision == asked.lora.recipe.precision == "fp32"
    small = asked.generation_tokens
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 48 * GIB)
    assert small < tracks.choose_track("flan").generation_tokens


def test_a_trained_model_answers_on_it_by_default(mac, base):
    assert model_folders.track_of(base).device == "mps"
    assert model_folders.track_of(base, "cpu").device == "cpu"


def test_the_doctor_and_the_planner_tell_of_it(mac):
    told = [message for _, message in doctor._device_checks()]
    assert "device: GPU of Apple M2" in told and "GPU memory: 10.0 GiB" in told
    assert "precision: fp32 (no bf16)" in told
    assert planning.card_of() == planning.Card(10, "fp32", 0)


def test_its_name_is_told_by_a_torch_that_cannot_ask_for_it(mac, monkeypatch):
    monkeypatch.delattr(torch.backends.mps, "get_name")
    assert device.device_name("mps") == "GPU of Apple silicon"


def test_its_attention_is_written_out(base):
    """On any device but cuda; "meta" is one that is everywhere."""
    assert load_model(base, "meta").config._attn_implementation == "eager"


# --- What is kept and measured ------------------------------------------------------------------


def test_a_checkpoint_keeps_its_random_state(mac, tmp_path):
    checkpoints.save_checkpoint(tmp_path, 1, {"weight": torch.zeros(1)}, {}, None)
    drawn = torch.rand(3, generator=mac.generator)
    _, state = checkpoints.load_checkpoint(tmp_path)
    checkpoints.restore_random_states(state["random"])
    assert torch.equal(torch.rand(3, generator=mac.generator), drawn)


def test_a_checkpoint_of_another_machine_is_restored_all_the_same(mac, monkeypatch):
    on_mac = device.torch_random_states()
    drawn = torch.rand(3)
    with monkeypatch.context() as patch:
        patch.setattr(torch.backends.mps, "is_available", lambda: False)
        patch.setattr(torch.mps, "set_rng_state", lambda _: pytest.fail("there is no such GPU"))
        elsewhere = device.torch_random_states()
        device.restore_torch_random_states(on_mac)
        assert torch.equal(torch.rand(3), drawn) and "mps" not in elsewhere
    before = mac.generator.get_state()
    device.restore_torch_random_states(elsewhere)
    assert torch.equal(mac.generator.get_state(), before)


def test_its_peak_is_the_most_that_tensors_took_at_once(mac, monkeypatch):
    used, seen = iter([1, 3, 2]), threading.Event()

    def allocated():
        if gib := next(used, 0):
            return gib * GIB
        seen.set()
        return 0

    monkeypatch.setattr(torch.mps, "current_allocated_memory", allocated)
    with cost.measure_cost("mps") as measured:
        assert seen.wait(10)
    assert measured.peak_memory_mib == 3 * 1024 and mac.calls == ["synchronize"]


# --- What can go wrong --------------------------------------------------------------------------


@pytest.mark.parametrize("error", [FULL, TOO_LARGE], ids=["full", "a-tensor-too-large"])
def test_memory_that_runs_out_there_means_fewer_rows_and_the_same_draws(mac, error, capsys):
    drawn = []

    def compute(count):
        drawn.append(torch.rand(1, generator=mac.generator).item())
        if count < 4:
            raise error.with_traceback(None)
        return count

    model = torch.nn.Linear(1, 1)
    assert memory.within_memory(model, "training", 8, compute) == 4
    assert len(set(drawn)) == 1 and mac.calls == ["empty_cache"] * 2
    assert "going on with 2 at a time" in capsys.readouterr().out


def test_an_operator_that_it_lacks_is_named_with_the_way_out(mac):
    def compute(_):
        raise NO_OPERATOR.with_traceback(None)

    message = "does not compute 'aten::some_operator'.*PYTORCH_ENABLE_MPS_FALLBACK=1.*LAB_DEVICE"
    with pytest.raises(LabError, match=message):
        memory.within_memory(torch.nn.Linear(1, 1), "generation", 8, compute)


def test_so_is_one_that_the_optimizer_needs(model, tokenizer, tmp_path, monkeypatch):
    def step(*_, **__):
        raise NO_OPERATOR.with_traceback(None)

    monkeypatch.setattr(torch.optim.AdamW, "step", step)
    rows = chat_rows("train")[:4]
    columns = {name: [row[name] for row in rows] for name in ("dialogue", "summary")}
    examples = training.encode_examples(columns, tokenizer, max_prompt_tokens=128)
    with pytest.raises(LabError, match="PYTORCH_ENABLE_MPS_FALLBACK=1"):
        training.fine_tune(
            model, tokenizer, examples, examples, TrainingSettings(epochs=1), tmp_path
        )


def test_what_is_not_implemented_for_another_reason_stays_as_it_is():
    with pytest.raises(NotImplementedError, match="elsewhere"), device.explaining_operators():
        raise NotImplementedError("elsewhere")
