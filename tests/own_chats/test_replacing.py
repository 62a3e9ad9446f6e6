"""A new model takes an older one's place: killed at any moment, one of the two is there, whole."""

import os
import signal
import sys
from functools import partial
from itertools import count

import pytest

from labutils.common import files
from labutils.common.errors import LabError
from labutils.own_chats import tuning

SETS = {"full": ("model",), "lora": ("model", "merged")}


def killed_before(event, work):
    """Do the work in a child that is killed right before its so-manyth event; whether it was."""
    if not (child := os.fork()):
        left = count(event, -1)

        def kill(name, _):
            if name.startswith(("os.", "shutil.", "open", "ctypes.")) and next(left) == 1:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(kill)
            work()
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or status == 0, "the work itself failed"
    return os.WIFSIGNALED(status)


def make_set(folder, method, said):
    folder.mkdir(parents=True, exist_ok=True)
    for name in SETS[method]:
        (folder / name).mkdir()
        for part in ("config.json", "model.safetensors"):
            (folder / name / part).write_text(said)
    for name in tuning.TOLD:
        (folder / name).write_text(said)


def texts(folder):
    """{name: the different texts in it} of what a folder holds, hidden leftovers too."""
    return {
        path.name: "+".join(
            sorted({p.read_text() for p in (path, *path.rglob("*")) if p.is_file()})
        )
        for path in folder.iterdir()
    }


def hand_over(folder, method):
    with files.scratch(folder / "set") as new:
        make_set(new, method, "newer")
        tuning._replace_set(new, folder)


def exchanges(folder):
    pair = folder / "one", folder / "other"
    for path in pair:
        path.mkdir()
    return files._exchanged(*pair)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows forks no process to be killed")
@pytest.mark.parametrize("step", ["one step", "two renames"])
@pytest.mark.parametrize("newer", SETS)
@pytest.mark.parametrize("older", SETS)
def test_killed_anywhere_the_older_or_the_newer_model_is_there(
    tmp_path, monkeypatch, older, newer, step
):
    if step == "two renames":
        monkeypatch.setattr(files, "_exchanged", lambda *_: False)
    elif not exchanges(tmp_path):
        pytest.skip("on this drive two folders cannot exchange their names in one step")
    for event in count(1):
        folder = tmp_path / str(event)
        make_set(folder, older, "older")
        tuning.begin(folder)
        (folder / "corrections.jsonl").write_text("mine")
        was_killed = killed_before(event, partial(hand_over, folder, newer))
        if step == "two renames":
            tuning.check_out(folder, force=True)  # as `tune` begins
        found = texts(folder)
        assert found["model"] in ("older", "newer")
        assert found.get("merged", "newer") in ("older", "newer")
        assert "merged" in found or "full" in (older, newer)
        assert found.get(tuning.CARD_FILE, found["model"]) == found["model"], (
            "a card of another model"
        )
        tuning.check_out(folder, force=tuning.RESULTS in found)  # unfinished: it goes on unasked
        hand_over(folder, newer)
        whole = dict.fromkeys((*SETS[newer], *tuning.TOLD), "newer")
        left = texts(folder)
        assert "tune" in left.pop(tuning.WORK)
        assert left == {**whole, "corrections.jsonl": "mine"}
        if not was_killed:
            break
    assert event > 10


def test_a_system_without_the_exchange_is_noticed(tmp_path):
    assert files._exchanged(tmp_path / "nothing", tmp_path / "no more") is False


@pytest.mark.parametrize("there", [*SETS["lora"], *tuning.TOLD])
def test_what_is_there_is_kept_unless_replacing_it_is_asked_for(tmp_path, there):
    (tmp_path / there).mkdir()
    with pytest.raises(LabError, match=f"{there} is there already; .*--force"):
        tuning.check_out(tmp_path, force=False)
    tuning.check_out(tmp_path, force=True)


def test_a_model_is_handed_over_to_a_folder_only(tmp_path):
    (tmp_path / "a").write_text("mine")
    with pytest.raises(LabError, match="is a file"):
        tuning.check_out(tmp_path / "a", force=True)
