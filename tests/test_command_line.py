"""The command line: what it refuses, what it leaves behind, and that nothing is lost."""

import json
import os
import subprocess
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import KOREAN, ROOT, write_csv
from typer.main import get_command

from labutils import doctor, engine, notebooks
from labutils.__main__ import main
from labutils.commands import app
from labutils.common.files import write_json


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


def test_an_unwritable_artifacts_folder_ends_with_a_message(
    no_notebooks, base, chats, tmp_path, error_of
):
    (tmp_path / "artifacts").write_text("in the way")
    message = error_of("run", "--track", "tiny", "--model", base, "--dataset", chats)
    assert "Cannot write" in message and "LAB_ARTIFACTS" in message and no_notebooks == []


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


def test_what_an_earlier_run_forgot_is_not_told_as_this_ones(lab, no_notebooks, capsys):
    track = lab.track
    write_json(track.artifacts / "forgetting.json", {"of": "another run"})
    main(["run", "--track", "tiny", "--model", track.model, "--dataset", track.dataset, "--fresh"])
    assert no_notebooks and "of another run" not in capsys.readouterr().out


def test_a_fresh_run_sets_earlier_runs_aside_and_keeps_them(lab, no_notebooks):
    track = lab.track
    main(["run", "--track", "tiny", "--model", track.model, "--dataset", track.dataset, "--fresh"])
    (kept,) = track.artifacts.glob("runs-until-*")
    assert sorted(path.name for path in kept.iterdir()) == sorted(
        run.folder.name for run in lab.runs.values()
    )
    assert engine.finished(track) == [] and not (track.artifacts / "report.json").exists()


@pytest.mark.parametrize(
    "words, where", [(["plan", "--gpo", "T4"], "plan"), (["tune"], "tune"), (["trian"], "COMMAND")]
)
def test_wrong_usage_tells_whose_help_to_ask_for(words, where, error_of):
    assert error_of(*words).endswith(f": python -m labutils {where} --help\n")


def test_without_a_command_it_shows_all_of_them(capsys):
    main([])
    shown = capsys.readouterr().out
    assert all(f"\n  {name} " in shown for name in COMMANDS) and "COMMAND --help" in shown


def test_the_doctor_exits_with_1_when_something_is_missing(monkeypatch, capsys):
    monkeypatch.setattr("labutils.doctor.diagnose", lambda: [(True, "a")])
    main(["doctor"])
    monkeypatch.setattr("labutils.doctor.diagnose", lambda: [(True, "a"), (False, "b")])
    with pytest.raises(SystemExit, match="1"):
        main(["doctor"])
    assert capsys.readouterr().out == "[OK] a\n[OK] a\n[FAIL] b\n"


def test_output_that_nobody_reads_on_ends_without_a_word():
    command = [sys.executable, "-m", "labutils", "badges", "--help"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        run.stdout.close()
        assert run.stderr.read() == b""
    assert run.returncode in (0, 141)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_behind_the_output_is_one_message():
    with open("/dev/full", "w") as full:
        words = [sys.executable, "-m", "labutils", "progress"]
        done = subprocess.run(words, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert done.stderr.startswith("error: No space left on device: make room")


def test_the_doctor_goes_on_where_a_setting_is_wrong(monkeypatch, capsys):
    monkeypatch.setenv("LAB_ARTIFACTS", "~nobodyhere/x")
    monkeypatch.setenv("LAB_DEVICE", "tpu")
    with pytest.raises(SystemExit, match="1"):
        main(["doctor"])
    told = capsys.readouterr().out
    assert told.count("[FAIL] The device is 'tpu'") == 1 and "[OK] torch" in told
    assert "[FAIL] LAB_ARTIFACTS is '~nobodyhere/x'" in told


@pytest.fixture
def started(monkeypatch):
    """Programs that would be started, and with which status they end."""
    found, status = [], [0]

    def start(command, **_):
        found.append(command)
        return subprocess.CompletedProcess(command, status[0])

    monkeypatch.setattr(notebooks.subprocess, "run", start)
    return SimpleNamespace(programs=found, status=status)


@pytest.mark.parametrize("command", [["run", "--notebooks", "01"], ["demo"]])
def test_relative_folders_mean_the_same_to_the_notebooks_kernels(
    command, monkeypatch, base, chats, tmp_path, started
):
    """They start in another folder: the chats were not found, and runs came to lie there."""
    monkeypatch.chdir(tmp_path)
    folders = {"LAB_MODEL": base, "LAB_DATASET": chats, "LAB_ARTIFACTS": tmp_path / "mine"}
    for variable, folder in folders.items():
        monkeypatch.setenv(variable, os.path.relpath(folder))
    monkeypatch.setenv("LAB_TRACK", "tiny")
    monkeypatch.setattr(notebooks, "execute", lambda path, target: None)
    main(command)
    found = {variable: os.environ[variable] for variable in folders}
    assert found == {variable: str(folder.resolve()) for variable, folder in folders.items()}


def test_the_doctor_finds_no_artifacts_folder_in_a_file(monkeypatch, tmp_path):
    from labutils.doctor import diagnose

    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LAB_ARTIFACTS", str(tmp_path / "file"))
    told = [fine for fine, message in diagnose() if message.startswith("artifacts folder")]
    assert told == [False]


def test_the_demo_opens_its_notebook_on_loopback_and_keeps_the_token(started):
    main(["demo"])
    ((python, *command),) = started.programs
    assert python == sys.executable and command[:2] == ["-m", "jupyterlab"]
    assert command[2:] == ["--ip=127.0.0.1", str(ROOT / "notebooks" / "instructor_demo.ipynb")]


def test_the_demo_says_what_is_missing(started, monkeypatch, tmp_path, error_of):
    monkeypatch.setattr(notebooks, "installed_version", lambda name: None)
    assert "JupyterLab is not installed" in error_of("demo")
    monkeypatch.setattr(notebooks, "NOTEBOOKS", tmp_path)
    assert "instructor_demo.ipynb is not there" in error_of("demo")
    assert started.programs == []


def test_the_demo_says_why_jupyter_stopped_for_root(started, error_of):
    started.status[0] = 1
    said = error_of("demo")
    assert "root it does not" in said and "--allow-root" in said
    assert "--allow-root" not in started.programs[0]


HEAVY = ("torch", "transformers", "datasets", "peft", "pandas", "numpy", "matplotlib")
COMMANDS = get_command(app).commands


def test_help_names_every_command_and_imports_nothing_heavy():
    code = (
        "import sys; from labutils.__main__ import main; main(['--help']); main(['score', '-h'])\n"
        f"print({{*{HEAVY}}} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "set()\n")
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS), done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_help_has_its_options_and_an_example(name, monkeypatch, capsys):
    for width in (80, 40):
        monkeypatch.setenv("COLUMNS", str(width))
        main([name, "--help"])
        shown = capsys.readouterr().out
        assert max(map(len, shown.splitlines())) <= width and shown.isascii()
        assert f"Example: python -m labutils {name}" in " ".join(shown.split())
        for param in COMMANDS[name].params:
            assert (param.opts[0] if param.opts[0].startswith("--") else param.metavar) in shown
    assert "completion" not in shown and "--no-" not in shown


SCORED = [
    {"id": f"test_{i}_{j}", "dialogue": f"#Person1#: Number {i}, please.", "human": text,
     "good": f"Number {i} is asked for.", "bad": "#Person2#: Hello!"}
    for i in range(6)
    for j, text in enumerate([f"#Person1# asks for number {i}.", f"Number {i} is wanted."], 1)
]  # fmt: skip


@pytest.fixture
def predictions_file(tmp_path):
    write_csv(tmp_path / "p.csv", SCORED)
    return str(tmp_path / "p.csv")


def test_score_prints_scores_differences_and_counts(predictions_file, capsys):
    main(["score", predictions_file, "--references", "human"])
    shown = capsys.readouterr().out
    for text in (
        "6 dialogues, 12 rows, references per dialogue: 2",
        "rouge_score, F1, stemmer",
        "references",
        "bad minus good",
        "ROUGE-Lsum",
        "Holm",
        "continue the dialogue",
        "100.0%",
    ):
        assert text in shown, text


def test_score_says_how_many_as_a_person_would(tmp_path, capsys):
    rows = [row for row in SCORED if row["id"] in ("test_0_1", "test_0_2", "test_1_1")]
    write_csv(tmp_path / "p.csv", rows)
    main(["score", str(tmp_path / "p.csv"), "--references", "human"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "2 dialogues, 3 rows, references per dialogue: 1 or 2;" in shown
    assert "each against the others of its dialogue, in 1 dialogue." in shown


def test_score_gives_json_that_holds_the_report(predictions_file, capsys):
    main(["score", predictions_file, "--references", "human", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert report["n_dialogues"] == 6 and report["references_per_dialogue"] == 2
    assert set(report["systems"]) == {"good", "bad"}
    assert report["systems"]["bad"]["continues_dialogue"] == 1
    assert report["systems"]["good"]["rouge1"]["mean"] > 0.4
    assert len(report["differences"]) == 4 and report["references"]["rouge1"]["mean"] > 0


def test_score_draws_a_plot_and_overwrites_it_only_when_told(predictions_file, tmp_path, error_of):
    picture = tmp_path / "out.png"
    arguments = ["score", predictions_file, "--references", "human", "--plot", str(picture)]
    main(arguments)
    assert picture.read_bytes().startswith(b"\x89PNG")
    picture.write_bytes(b"mine")
    assert "is there already" in error_of(*arguments)
    assert picture.read_bytes() == b"mine"
    main([*arguments, "--force"])
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_score_counts_answers_cut_at_a_token_limit(predictions_file, base, capsys):
    options = ["--references", "human", "--token-limit", "3", "--tokenizer", str(base), "--json"]
    main(["score", predictions_file, *options])
    assert json.loads(capsys.readouterr().out)["systems"]["good"]["truncated"] == 1


@pytest.mark.parametrize(
    "options",
    [["--systems", "good", "bad"], ["--systems", "good", "--systems", "bad"], ["--systems=good",
     "--systems=bad"], ["--systems=good", "bad"]],
)  # fmt: skip
def test_several_systems_follow_one_option_or_one_each(predictions_file, capsys, options):
    main(["score", *options, "--json", "--references", "human", "--", predictions_file])
    assert set(json.loads(capsys.readouterr().out)["systems"]) == {"good", "bad"}


def test_scores_of_one_system_have_no_differences_to_draw(predictions_file, tmp_path, capsys):
    picture = tmp_path / "one.png"
    main(["score", predictions_file, "--references", "human", "--systems", "good",
          "--plot", str(picture)])  # fmt: skip
    assert "minus" not in capsys.readouterr().out and picture.stat().st_size > 1000


def test_a_pipe_that_knows_too_few_letters_gets_the_rest_spelled_out(monkeypatch):
    """On Windows a file or pipe has the code page of the country."""
    pipe = TextIOWrapper(BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", pipe)
    monkeypatch.setattr(doctor, "print_diagnosis", lambda: print(KOREAN) or True)
    main(["doctor"])
    pipe.flush()
    assert pipe.buffer.getvalue().startswith(b"#Person1#: \\uc548\\ub155")


@pytest.mark.skipif(os.name != "posix", reason="closes its output as a POSIX shell does")
def test_a_closed_output_is_no_fault():
    command = f"{sys.executable} -m labutils progress >&-"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
