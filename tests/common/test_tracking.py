"""Trackers: nothing unless asked for, then each value of a training once, and nothing sent off."""

import sys
from types import SimpleNamespace

import pytest
from conftest import made

from labutils.common import tracking
from labutils.common.errors import LabError
from labutils.engine import make_run


def curves_of(history):
    """{name: [(step, value), ...]} of a training's history."""
    curves = {}
    for entry in history:
        for name in entry.keys() - {"step"}:
            curves.setdefault(name, []).append((entry["step"], entry[name]))
    return curves


@pytest.fixture
def stand_in(monkeypatch):
    """A function that puts a tracker's package in place, and returns what its `init` is told."""

    def put(name):
        started = []

        def init(**options):
            run = SimpleNamespace(options=options, logged=[], finished=0)
            run.log = lambda values, step: run.logged.append((step, values))
            run.finish = lambda: setattr(run, "finished", run.finished + 1)
            started.append(run)
            return run

        package = SimpleNamespace(init=init, Settings=lambda **options: options)
        monkeypatch.setitem(sys.modules, name, package)
        monkeypatch.setattr(tracking, "installed_version", lambda asked: {name: "1.0"}[asked])
        monkeypatch.setenv("LAB_REPORT_TO", name)
        return started

    return put


@pytest.mark.parametrize("name", ["trackio", "wandb"])
def test_a_training_is_reported_whole_and_each_value_once(stand_in, track, name):
    started = stand_in(name)
    seen = []
    run = make_run(track.full, track, watch=lambda history: seen.append(len(history)))
    (told,) = started
    logged = [(step, key, value) for step, values in told.logged for key, value in values.items()]
    assert sorted(logged) == sorted(
        (step, key, value)
        for key, curve in curves_of(run.record["history"]).items()
        for step, value in curve
    )
    assert told.finished == 1 and seen
    assert told.options["name"] == run.folder.name
    assert told.options["config"]["training"]["epochs"] == track.full.recipe.epochs
    made("full", track)  # found, so there is nothing to report
    assert len(started) == 1


@pytest.mark.parametrize(("chosen", "mode"), [(None, "offline"), ("online", "online")])
def test_wandb_stays_offline_unless_its_own_variable_says_otherwise(
    stand_in, monkeypatch, tmp_path, chosen, mode
):
    monkeypatch.setenv("WANDB_API_KEY", "of somebody who is logged in")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    if chosen:
        monkeypatch.setenv("WANDB_MODE", chosen)
    started = stand_in("wandb")
    with tracking.reporting(tmp_path / "new", "full", {}):
        pass
    assert started[0].options["mode"] == mode
    assert started[0].options["dir"] == tmp_path / "new" and (tmp_path / "new").is_dir()
    assert started[0].options["settings"] == {"console": "off"}  # which may show chats


def test_a_tracker_is_closed_when_the_training_fails(stand_in, tmp_path):
    started = stand_in("trackio")
    with pytest.raises(LabError, match="NaN"), tracking.reporting(tmp_path, "full", {}):
        raise LabError("NaN")
    assert started[0].finished == 1


def test_nothing_is_reported_unless_asked_for(track):
    """Not even imported."""
    before = set(sys.modules)
    made("full", track)
    with tracking.reporting(track.artifacts, "full", {}) as report:
        assert report is None
    assert not (track.artifacts / "tensorboard").exists()
    assert not (sys.modules.keys() - before) & {"trackio", "wandb", "torch.utils.tensorboard"}


def test_tensorboard_shows_what_the_record_holds(track, monkeypatch, capsys):
    pytest.importorskip("tensorboard", reason="see tests/exports.txt")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    monkeypatch.setenv("LAB_REPORT_TO", "tensorboard")
    run = make_run(track.full, track)
    folder = track.artifacts / "tensorboard"
    assert f"tensorboard --logdir {folder}" in capsys.readouterr().out
    events = EventAccumulator(str(folder / run.folder.name))
    events.Reload()
    shown = {
        name: [(each.step, pytest.approx(each.value, rel=1e-6)) for each in events.Scalars(name)]
        for name in events.Tags()["scalars"]
    }
    assert shown == curves_of(run.record["history"])


@pytest.mark.parametrize(
    "words",
    [["run", "--notebooks", "01"], ["compare"], ["tune", "chats", "--out", "mine"]],
    ids=lambda words: words[0],
)
def test_a_missing_package_is_told_before_anything_is_done(
    words, base, chats, no_training, monkeypatch, tmp_path, error_of
):
    monkeypatch.chdir(chats.parent)
    monkeypatch.setattr(tracking, "installed_version", lambda name: None)
    options = ["--track", "tiny", "--model", base, "--report-to", "wandb"]
    message = error_of(*words, *options, *(["--dataset", chats] if words[0] != "tune" else []))
    assert "pip install wandb" in message and not (tmp_path / "artifacts").exists()
    assert not (chats.parent / "mine").exists()


def test_the_variable_is_checked_like_the_option(monkeypatch, track):
    monkeypatch.setenv("LAB_REPORT_TO", "clipboard")
    with pytest.raises(LabError, match="'clipboard'.*tensorboard, trackio, wandb.*LAB_REPORT_TO"):
        make_run(track.full, track)


def test_a_command_in_a_notebook_leaves_its_kernel_as_it_was(stand_in, monkeypatch):
    stand_in("trackio")
    monkeypatch.delenv("LAB_REPORT_TO")
    with tracking.reporting_to("trackio"):
        assert tracking.os.environ["LAB_REPORT_TO"] == "trackio"
    assert "LAB_REPORT_TO" not in tracking.os.environ
