"""Which track a machine gets, and that a bad setting is named before anything runs."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from conftest import ROOT

from labutils import runs, tracks
from labutils.common.errors import LabError
from labutils.common.files import fingerprint, read_json
from labutils.prompts import DEFAULT_TEMPLATE
from labutils.tracks import DATA, choose_track, tiny_track
from tools import methods_search, multitask_search


@pytest.fixture
def machine(monkeypatch):
    """Pretend to have a GPU (None: no GPU) and the Hub."""
    monkeypatch.delenv("LAB_DEVICE")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)

    def build(capability=None, hub=True, gib=15):
        memory = SimpleNamespace(total_memory=gib * 2**30)
        for name, value in {
            "is_available": capability is not None,
            "get_device_capability": capability,
            "get_device_properties": memory,
            "get_device_name": "A card",
        }.items():
            monkeypatch.setattr(torch.cuda, name, lambda *_, value=value: value)
        monkeypatch.setattr(tracks, "hub_reachable", lambda *_: hub)

    return build


def test_who_has_no_gpu_on_colab_reads_how_to_get_one(machine, monkeypatch):
    machine()
    assert "Runtime" not in str(choose_track())
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())
    assert "Runtime > Change runtime type > T4 GPU" in str(choose_track())
    machine((7, 5))
    assert "Runtime" not in str(choose_track())


@pytest.mark.parametrize(
    "capability, hub, name, device, precision, reason",
    [
        (None, True, "tiny", "cpu", "fp32", "no GPU"),
        ((7, 5), False, "tiny", "cpu", "fp32", "no way to the Hugging Face Hub"),
        ((7, 5), True, "flan", "cuda", "fp32", "a GPU and the Hub"),
        ((8, 0), True, "flan", "cuda", "bf16", "a GPU and the Hub"),
        ((12, 0), True, "flan", "cuda", "bf16", "a GPU and the Hub"),
    ],
)
def test_a_machine_gets_the_track_it_can_run(
    machine, capability, hub, name, device, precision, reason
):
    machine(capability, hub)
    track = choose_track()
    assert (track.name, track.device) == (name, device) and reason in track.reason
    assert track.full.training.precision == track.lora.training.precision == precision
    for piece in (name, track.model_name, track.dataset_name, precision, reason):
        assert piece in str(track)


def test_the_flan_track_is_flan_t5_base_on_dialogsum_and_fits_a_small_card(machine):
    machine((7, 5), gib=15)
    small = choose_track("flan")
    machine((8, 0), gib=80)
    large = choose_track("flan")
    assert (small.model, small.dataset) == ("google/flan-t5-base", "knkarthick/dialogsum")
    assert small.full.training.batch_size < large.full.training.batch_size
    assert small.generation_tokens < large.generation_tokens
    effective = {
        method.training.effective_batch
        for track in (small, large)
        for method in (track.full, track.lora)
    }
    assert len(effective) == 1


def test_an_empty_variable_chooses_nothing(monkeypatch):
    for name in ("LAB_TRACK", "LAB_MODEL", "LAB_DATASET", "LAB_TRAIN_ROWS", "LAB_SEED"):
        monkeypatch.setenv(name, "")
    assert choose_track("tiny") == tracks.tiny_track()


def test_variables_choose_and_arguments_overrule_them(monkeypatch, base, chats):
    for name, value in {
        "TRACK": "tiny",
        "MODEL": base,
        "DATASET": chats,
        "TRAIN_ROWS": 7,
        "TEST_DIALOGUES": 3,
        "SEED": 5,
    }.items():
        monkeypatch.setenv(f"LAB_{name}", str(value))
    track = choose_track()
    assert (track.name, track.model_name, track.dataset_name) == ("tiny", "random-t5", "chats")
    assert (track.train_rows, track.test_dialogues) == (7, 3)
    assert track.seed == track.full.training.seed == track.lora.training.seed == 5
    other = choose_track(train_rows=2, seed=0)
    assert (other.train_rows, other.test_dialogues, other.full.training.seed) == (2, 3, 0)


@pytest.mark.parametrize("name", ["train_rows", "test_dialogues"])
@pytest.mark.parametrize("value", [0, -3, 2.0, True, "7"])
def test_a_bad_size_as_an_argument_is_named(base, chats, name, value):
    with pytest.raises(LabError, match=f"{name} is {value!r}"):
        choose_track("tiny", model=str(base), dataset=str(chats), **{name: value})


@pytest.mark.parametrize("kind", ["model", "dataset"])
@pytest.mark.parametrize("source", ["nowhere", "./nowhere", "a/b/c", "~/a", Path("/no/where")])
def test_a_source_that_is_neither_folder_nor_hub_id_is_refused(kind, source, base, chats):
    with pytest.raises(LabError, match=f"The {kind} '.*neither a folder here nor a Hub id"):
        choose_track("tiny", **{"model": str(base), "dataset": str(chats), kind: source})


def test_the_flan_track_without_a_way_to_the_hub_is_refused_at_once(monkeypatch):
    """Before the Hub's own client, whose retries take half a minute."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", address)
    with pytest.raises(LabError, match="'google/flan-t5-base'.*does not answer.*LAB_TRACK=tiny"):
        choose_track("flan")


@pytest.mark.parametrize("offline, expected", [("1", False), ("0", True)])
def test_the_hub_is_asked_at_its_endpoint_unless_switched_off(monkeypatch, offline, expected):
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setenv("HF_HUB_OFFLINE", offline)
        assert tracks.hub_reachable() is expected


def test_runs_are_kept_on_drive_when_it_is_mounted(monkeypatch, tmp_path):
    assert tracks.artifacts_folder() == tmp_path / "artifacts"
    monkeypatch.delenv("LAB_ARTIFACTS")
    assert tracks.artifacts_folder() == tracks.REPOSITORY / "artifacts"
    monkeypatch.setattr(tracks, "DRIVE", tmp_path)
    assert tracks.artifacts_folder() == tmp_path / "fine-tuning-lab"
    assert os.listdir(tmp_path) == []


def test_whoever_asks_for_few_rows_gets_a_short_multitask_experiment():
    whole, few = choose_track("tiny").multitask, choose_track("tiny", train_rows=20).multitask
    assert few.steps == 15 and few.curve_points == whole.curve_points
    assert few.steps < whole.steps  # three passes, four rows a step
    assert (few.test_rows, few.curve_rows) == (whole.test_rows, whole.curve_rows)
    tested = choose_track("tiny", test_dialogues=9).multitask
    assert (tested.test_rows, tested.curve_rows, tested.steps) == (9, 3, whole.steps)
    assert choose_track("tiny", train_rows=1, test_dialogues=1).multitask.steps == 1


def searched(method):
    records = map(read_json, methods_search.FOLDER.glob("search/*.json"))
    return [record for record in records if record["method"] == method]


@pytest.mark.parametrize("name", ["full", "lora"])
def test_the_tiny_tracks_rates_are_the_best_that_the_search_recorded(name):
    """They are chosen on validation, and the rates beside the best one were tried."""
    track = tiny_track()
    method, tried = getattr(track, name), searched(name)
    best = max(tried, key=lambda found: (found["scores"]["facts_f1"], -found["learning_rate"]))
    assert best["validation_dialogues"] >= 200 and best["contents"]["model"] == fingerprint(
        track.model
    )
    chosen = method.variant(validations=1).settings()
    assert runs.plain(chosen) | {"template": DEFAULT_TEMPLATE} == best["settings"]
    rates = sorted(record["learning_rate"] for record in tried)
    assert rates[0] < method.training.learning_rate < rates[-1]


def test_lora_makes_as_many_passes_as_full_fine_tuning():
    track = tiny_track()
    assert track.lora.training.epochs == track.full.training.epochs


def test_every_recorded_candidate_is_one_of_the_search():
    for path in methods_search.FOLDER.glob("search/*.json"):
        record, candidate = read_json(path), methods_search.CANDIDATES[path.stem]
        told = (record["method"], record["learning_rate"], record["size"])
        assert told == (candidate.method, candidate.learning_rate, candidate.size)
        training = candidate.on(tiny_track()).variant(validations=1).training
        assert record["settings"]["training"] == runs.plain(training)


def test_notebook_4s_settings_are_chosen_from_the_recorded_search():
    sizes = tiny_track().multitask
    records = [read_json(path) for path in (DATA / "results" / "multitask").glob("*.json")]
    for method in ("full", "lora"):
        kept = []
        for record in records:
            start, mixture = record["start"], record["mixture"]
            if record["method"] == method and all(mixture[t] >= 0.9 * start[t] for t in start):
                kept.append((record["learning_rate"], record["cap"], record["steps"]))
        # The highest rate at which the mixture keeps 90% of every task: notebook 4 says so.
        rate = getattr(sizes, f"{method}_learning_rate")
        assert max(kept) == (rate, sizes.cap, sizes.steps)


def test_every_recorded_candidate_of_notebook_4_is_one_of_the_search():
    for path in (DATA / "results" / "multitask").glob("*.json"):
        record = read_json(path)
        settings = (record["method"], record["steps"], record["learning_rate"], record["cap"])
        assert multitask_search.CANDIDATES[path.stem] == settings


def test_an_import_changes_nothing_outside_and_a_track_bounds_the_threads(monkeypatch, base, chats):
    modules = ("labutils", "labutils.engine", "labutils.views.plots", "labutils.evaluation.rouge")
    program = (
        "import os; before = dict(os.environ); import matplotlib; rc = dict(matplotlib.rcParams)\n"
        f"import {', '.join(modules)}\n"
        "assert dict(os.environ) == before and dict(matplotlib.rcParams) == rc"
    )
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, cwd=ROOT)
    for given, expected in ((None, "20000"), ("7", "7")):
        monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
        if given:
            monkeypatch.setenv("GOMP_SPINCOUNT", given)
        choose_track("tiny", model=str(base), dataset=str(chats))
        assert os.environ["GOMP_SPINCOUNT"] == expected
