"""The command line: what it refuses, what it leaves behind, and that nothing is lost."""

import json

import pytest

from labutils import notebooks, systems
from labutils.__main__ import main


@pytest.fixture
def no_notebooks(monkeypatch):
    """Notebooks are not executed, only noted."""
    executed = []

    def execute(path, target):
        executed.append(path.name[:2])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("executed")
        return 1.0

    monkeypatch.setattr(notebooks, "execute", execute)
    return executed


@pytest.mark.parametrize(
    "arguments, status, message",
    [
        (["--train-rows", "-5"], 1, "train_rows is -5"),
        (["--test-dialogues", "0"], 1, "test_dialogues is 0"),
        (["--seed", "-1"], 1, "seed is -1"),
        (["--train-rows", "many"], 2, "'many'"),
        (["--seed", "1.5"], 2, "'1.5'"),
        (["--track", "huge"], 2, "'huge'"),
        (["--model", "nowhere"], 1, "The model 'nowhere' is neither"),
        (["--dataset", "./nowhere"], 1, "The dataset './nowhere' is neither"),
        (["--notebooks", "01", "77"], 1, "There is no notebook 77; there are 01, 02, 03"),
    ],
)
def test_a_bad_argument_is_named_before_anything_runs(
    no_notebooks, base, chats, capsys, arguments, status, message
):
    good = ["--track", "tiny", "--model", str(base), "--dataset", str(chats)]
    with pytest.raises(SystemExit) as caught:
        main(["run", *good, *arguments])
    text = capsys.readouterr().err
    if status == 1:
        text = caught.value.code
        assert text.startswith("error: ")
    else:
        assert caught.value.code == 2
    assert message in text and no_notebooks == []


def test_an_unwritable_artifacts_folder_ends_with_a_message(no_notebooks, base, chats, tmp_path):
    (tmp_path / "artifacts").write_text("in the way")
    with pytest.raises(SystemExit, match="error: Cannot write .*LAB_ARTIFACTS"):
        main(["run", "--track", "tiny", "--model", str(base), "--dataset", str(chats)])
    assert no_notebooks == []


def test_a_run_leaves_its_report_and_prints_the_comparison(lab, no_notebooks, capsys):
    track = lab.track
    arguments = ["--track", "tiny", "--model", track.model, "--dataset", track.dataset]
    main(["run", *arguments, "--notebooks", "01", "03"])
    report = json.loads((track.artifacts / "report.json").read_text("utf-8"))
    assert [system["name"] for system in report["systems"]] == ["zero-shot", "full", "lora"]
    assert (track.artifacts / "figures" / "comparison.png").is_file()
    assert no_notebooks == ["01", "03"]
    printed = capsys.readouterr().out
    score = lab.runs["lora"].record["rouge"]["rouge1"]["mean"]
    for piece in (f"{score:.3f}", "lora minus full", "6 test dialogues of chats x 3 references"):
        assert piece in printed


def test_a_fresh_run_sets_earlier_runs_aside_and_keeps_them(lab, no_notebooks):
    track = lab.track
    main(["run", "--track", "tiny", "--model", track.model, "--dataset", track.dataset, "--fresh"])
    (kept,) = track.artifacts.glob("runs-until-*")
    assert sorted(path.name for path in kept.iterdir()) == sorted(
        run.folder.name for run in lab.runs.values()
    )
    assert systems.finished(track) == [] and not (track.artifacts / "report.json").exists()


def test_ctrl_c_says_how_to_go_on(monkeypatch, base, chats):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(notebooks, "execute", interrupt)
    with pytest.raises(SystemExit, match="Run the same command again"):
        main(["run", "--track", "tiny", "--model", str(base), "--dataset", str(chats)])


def test_the_doctor_exits_with_1_when_something_is_missing(monkeypatch, capsys):
    monkeypatch.setattr("labutils.doctor.diagnose", lambda: [(True, "a")])
    main(["doctor"])
    monkeypatch.setattr("labutils.doctor.diagnose", lambda: [(True, "a"), (False, "b")])
    with pytest.raises(SystemExit, match="1"):
        main(["doctor"])
    assert capsys.readouterr().out == "[OK] a\n[OK] a\n[FAIL] b\n"
