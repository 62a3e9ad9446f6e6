"""The command that summarizes a file: the lab's own summaries, each dialogue once, nothing lost."""

import csv
import datetime
import json
import os
import shutil
import tracemalloc

import pyarrow
import pytest
from conftest import KOREAN, write_csv
from pyarrow import parquet

from labutils import data, model_folders, models, summarization, summarize_file
from labutils.__main__ import main
from labutils.common import table_files
from labutils.common.errors import LabError


def summarize(file, model, out, *options):
    main(["summarize", str(file), "--model", str(model), "--out", str(out), *options])


@pytest.fixture
def base_in_data(base, monkeypatch):
    """The bases that adapters name lie beside the random one."""
    monkeypatch.setattr(model_folders, "DATA", base.parent)


@pytest.mark.parametrize("name", ["full", "lora"])
def test_it_writes_what_the_run_predicted_and_generates_once_a_dialogue(
    lab, chats, tmp_path, monkeypatch, capsys, name
):
    prompts = []
    whole = summarization.generate
    monkeypatch.setattr(
        summarization, "generate",
        lambda *args, **options: prompts.extend(args[2]) or whole(*args, **options),
    )  # fmt: skip
    run, out = lab.runs[name], tmp_path / "out.csv"
    summarize(chats / "test.csv", run.model_folder, out)
    before, after = data.read_table(chats / "test.csv"), data.read_table(out)
    assert len(prompts) == 6 and len(after) == 18
    assert [{k: row[k] for k in before[0]} for row in after] == before
    of_id = dict(zip(run.items["id"], run.predictions))
    assert [row["prediction"] for row in after] == [
        of_id[data.dialogue_id(row["id"])] for row in after
    ]
    assert f"18 rows summarized: {out}" in capsys.readouterr().out


def test_an_adapter_finds_its_base_by_name(lab, tmp_path, base_in_data):
    folder = tmp_path / "adapter"
    shutil.copytree(lab.runs["lora"].model_folder, folder)
    config = json.loads((folder / "adapter_config.json").read_text("utf-8"))

    def say(base):
        config["base_model_name_or_path"] = base
        (folder / "adapter_config.json").write_text(json.dumps(config), "utf-8")

    say("/gone/random-t5")
    assert model_folders.base_of(folder) == model_folders.DATA / "random-t5"
    say("google/flan-t5-base")
    assert model_folders.base_of(folder) == "google/flan-t5-base"
    say("/gone/other-t5")
    with pytest.raises(LabError, match="trained on '/gone/other-t5', which is not here"):
        model_folders.base_of(folder)


def test_an_adapter_without_a_tokenizer_takes_its_bases(lab, chats, tmp_path):
    adapter = tmp_path / "adapter"
    shutil.copytree(lab.runs["lora"].model_folder, adapter)
    for path in adapter.glob("tokenizer*"):
        path.unlink()
    limit = str(lab.track.max_summary_tokens)
    summarize(chats / "test.csv", adapter, tmp_path / "out.csv", "--max-tokens", limit)
    found = [row["prediction"] for row in data.read_table(tmp_path / "out.csv")]
    assert found[::3] == lab.runs["lora"].predictions


def test_limits_are_those_of_the_models_run(lab, tmp_path):
    folder, record = lab.runs["full"].model_folder, lab.runs["full"].record
    track = model_folders.track_of(folder)
    assert track.max_prompt_tokens == record["max_prompt_tokens"]
    assert track.max_summary_tokens == record["max_summary_tokens"]
    assert model_folders.track_of(folder, max_tokens=9).max_summary_tokens == 9
    shutil.copytree(folder, tmp_path / "model")  # without its run
    assert model_folders.track_of(tmp_path / "model").max_summary_tokens == 128


def test_columns_and_lengths_are_the_users_choice_and_jsonl_keeps_its_values(
    base, tmp_path, error_of
):
    rows = [{"chat": f"#Person1#: Number {i % 2}, please. 안녕", "more": [i]} for i in range(4)]
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    summarize(file, base, out, "--dialogue", "chat", "--column", "mine", "--max-tokens", "4",
              "--batch-tokens", "50", "--device", "cpu")  # fmt: skip
    found = data.read_table(out)
    assert [{key: row[key] for key in ("chat", "more")} for row in found] == rows
    assert found[0]["mine"] == found[2]["mine"]
    summarize(file, base, tmp_path / "long.jsonl", "--dialogue", "chat", "--column", "mine",
              "--max-tokens", "40")  # fmt: skip
    longer = [row["mine"] for row in data.read_table(tmp_path / "long.jsonl")]
    assert all(text.startswith(row["mine"]) and text != row["mine"]
               for text, row in zip(longer, found))  # fmt: skip
    words = ["summarize", file, "--model", base, "--dialogue", "chat", "--max-tokens", "4"]
    message = error_of(*words, "--out", tmp_path / "out.csv")
    assert "more holds lists, which a CSV file cannot" in message
    assert not (tmp_path / "out.csv").exists()


@pytest.fixture
def no_model(monkeypatch):
    """Loading a model from here on is a failure."""
    monkeypatch.setattr(summarize_file, "load_trained", lambda *_: pytest.fail("it began"))


def test_a_file_is_overwritten_only_when_told(base, tmp_path, no_model, monkeypatch, error_of):
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    write_csv(file, [{"dialogue": "#Person1#: Hi."}])
    out.write_text("mine")
    message = error_of("summarize", file, "--model", base, "--out", out)
    assert "is there already" in message and "--force" in message
    assert out.read_text() == "mine"
    monkeypatch.undo()
    summarize(file, base, out, "--force", "--without-flags", "--max-tokens", "4", "--device", "cpu")
    assert list(data.read_table(out)[0]) == ["dialogue", "prediction"]


# --- What it flags --------------------------------------------------------------------------------


@pytest.fixture
def says(monkeypatch, tokenizer):
    """The model gives these summaries, by what stands in the prompt."""

    def say(*summaries):
        def chosen(track, model, tokenizer, prompts, **_):
            return [next(text for key, text in summaries if key in prompt) for prompt in prompts]

        monkeypatch.setattr(summarize_file, "load_trained", lambda *_: (None, tokenizer))
        monkeypatch.setattr(summarize_file, "summarize", chosen)

    return say


FLAGS = ["prediction_new_names", "prediction_new_numbers"]


def test_names_and_numbers_that_are_not_in_the_dialogue_stand_in_columns(
    base, tmp_path, says, capsys
):
    says(("Bo", "So Ann meets Cy, Di and Bo at 5:30 or 1,200; may May?"), ("Eve", "So Eve calls."))
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    write_csv(file, [{"dialogue": "Ann: At 5, Bo!"}, {"dialogue": "Eve: Hi."}])
    summarize(file, base, out)
    first, second = data.read_table(out)
    assert [first[name] for name in FLAGS] == ["Cy; Di; May", "5:30; 1,200"], "as they are written"
    assert [second[name] for name in FLAGS] == ["", ""]
    assert f"not in the dialogue: 1 (columns {' and '.join(FLAGS)})" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        summarize(file, base, out, "--force", "--strict", "--without-flags")
    shown = capsys.readouterr()
    assert ended.value.code == 1 and "not in the dialogue: 1\n" in shown.out
    assert "error" not in shown.err and list(data.read_table(out)[0]) == ["dialogue", "prediction"]
    says(("", "Nothing new."))
    summarize(file, base, out, "--force", "--strict")


def test_chats_in_another_form_than_the_model_learned_are_told(base, tmp_path, says, capsys):
    """Who tunes on a table summarizes it next; but the model has read #Person1# for each name."""
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    write_csv(file, [{"dialogue": "Ann: At 5, Bo!"}, {"dialogue": "#Person1#: Hi, Bo."}])
    says(("Bo", "#Person1# greets Bo."))
    summarize(file, base, out)
    shown = capsys.readouterr().out
    assert "a #Person1# that their dialogue lacks: 1." in shown and "inspect --out" in shown
    says(("Bo", "Somebody greets Bo."))
    summarize(file, base, out, "--force")
    assert "#Person1#" not in capsys.readouterr().out


def test_two_models_in_one_file_have_flags_of_their_own_and_score_leaves_them_out(
    base, tmp_path, says, capsys, error_of
):
    rows = [{"dialogue": f"Ann: At {i}.", "summary": f"Ann calls at {i}."} for i in range(6)]
    write_csv(tmp_path / "in.csv", rows)
    for source, column in (("in", "one"), ("one", "two")):
        says(("", f"So Bo, with the {column}, at 77."))
        summarize(tmp_path / f"{source}.csv", base, tmp_path / f"{column}.csv", "--column", column)
    capsys.readouterr()
    main(["score", str(tmp_path / "two.csv"), "--references", "summary", "--json"])
    shown = json.loads(capsys.readouterr().out)
    assert set(shown["systems"]) == {"one", "two"} and not shown["remarks"]
    words = ["summarize", tmp_path / "one.csv", "--model", base, "--out", tmp_path / "x.csv"]
    assert "column 'one' already" in error_of(*words, "--column", "one")
    write_csv(tmp_path / "in.csv", [{"dialogue": "Hi.", "one_new_numbers": ""}])
    words[1] = tmp_path / "in.csv"
    assert "column 'one_new_numbers' already" in error_of(*words, "--column", "one")


def test_what_was_cut_and_what_has_no_capitals_is_told(base, tmp_path, capsys):
    chat = "\n".join(f"#Person{i % 2 + 1}#: This is turn {i}." for i in range(1000))
    write_csv(tmp_path / "in.csv", [{"dialogue": text} for text in (chat, chat, "Ann: Hi.")])
    summarize(tmp_path / "in.csv", base, tmp_path / "out.csv", "--max-tokens", "4")
    shown = capsys.readouterr().out
    assert "longer than the model reads, their ends left out: 2\n" in shown
    assert "capitals" not in shown
    write_csv(tmp_path / "in.csv", [{"dialogue": text} for text in (KOREAN, "Ann: Hi.")])
    summarize(tmp_path / "in.csv", base, tmp_path / "out.csv", "--max-tokens", "4", "--force")
    shown = capsys.readouterr().out
    assert "without capitals, by which new names are found: 1\n" in shown and "longer" not in shown


# --- Any size, and after an interruption ----------------------------------------------------------


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(summarize_file, "CHUNK_ROWS", 2)


ROWS = [{"id": str(i), "dialogue": f"Ann: Call me at {i // 2}.\nBo: Ok."} for i in range(9)]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
@pytest.mark.parametrize("source", ["csv", "jsonl", "parquet"])
def test_chunks_change_no_byte(base, tmp_path, monkeypatch, source, ending):
    file = tmp_path / f"in.{source}"
    if source == "parquet":
        parquet.write_table(pyarrow.Table.from_pylist(ROWS), file)
    else:
        table_files.write_table(file, ROWS)
    found = []
    for size in (256, 2, 9):
        monkeypatch.setattr(summarize_file, "CHUNK_ROWS", size)
        summarize(file, base, tmp_path / f"{size}.{ending}", "--max-tokens", "6")
        found.append((tmp_path / f"{size}.{ending}").read_bytes())
    assert found[0] == found[1] == found[2] and found[0].count(b"Ann") >= 9
    assert len(list(tmp_path.iterdir())) == 4


def interrupted(monkeypatch, chunk, *words):
    """Summarize until the chunk of this number, where someone presses Ctrl-C."""
    whole, calls = summarization.summarize, []

    def pressed(*args, **options):
        calls.append(None)
        if len(calls) == chunk:
            raise KeyboardInterrupt
        return whole(*args, **options)

    with monkeypatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setattr(summarize_file, "summarize", pressed)
        summarize(*words)
    assert ended.value.code == 130


def test_interrupted_it_goes_on_and_only_the_same_command_does(
    lab, base, tmp_path, monkeypatch, small_chunks, capsys, error_of
):
    file, out, more = tmp_path / "in.csv", tmp_path / "out.csv", ("--max-tokens", "6")
    table_files.write_table(file, ROWS)
    summarize(file, base, tmp_path / "whole.csv", *more)
    interrupted(monkeypatch, 3, file, base, out, *more)
    assert "Run the same command again" in capsys.readouterr().err
    assert not out.exists()
    other = tmp_path / "other.csv"
    table_files.write_table(other, ROWS[:8])
    for name, words in {
        "file": (other, base, *more),
        "model": (file, lab.runs["full"].model_folder, *more),
        "--column": (file, base, *more, "--column", "mine"),
        "--max-tokens": (file, base),
        "--without-flags": (file, base, *more, "--without-flags"),
    }.items():
        told = error_of(lambda w=words: summarize(*w[:2], out, *w[2:]))
        assert "out.csv.unfinished holds 4 rows of another command" in told
        assert f"differs in {name}. " in told and "--force" in told
    summarize(file, base, out, *more, "--batch-tokens", "99", "--device", "cpu")
    assert "Going on after row 4 of 9." in capsys.readouterr().out
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert not summarize_file.unfinished_of(out).exists()


def test_another_command_with_force_starts_anew(base, tmp_path, monkeypatch, small_chunks, capsys):
    file, out, more = tmp_path / "in.jsonl", tmp_path / "out.jsonl", ("--max-tokens", "6")
    table_files.write_table(file, ROWS)
    interrupted(monkeypatch, 3, file, base, out, "--max-tokens", "5")
    interrupted(monkeypatch, 1, file, base, out, *more, "--force")
    capsys.readouterr()
    summarize(file, base, out, *more, "--force")
    assert "Going on" not in capsys.readouterr().out
    summarize(file, base, tmp_path / "whole.jsonl", *more)
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    interrupted(monkeypatch, 3, file, base, out, *more, "--force")
    (summarize_file.unfinished_of(out) / "rows.jsonl").unlink()
    capsys.readouterr()
    summarize(file, base, out, *more, "--force")
    assert "Going on" not in capsys.readouterr().out
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_file_that_came_meanwhile_is_kept(
    base, tmp_path, monkeypatch, small_chunks, capsys, error_of
):
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    table_files.write_table(file, ROWS)
    interrupted(monkeypatch, 2, file, base, out, "--max-tokens", "6")
    out.write_text("mine")
    capsys.readouterr()
    again = ("summarize", file, "--model", base, "--out", out, "--max-tokens", "6")
    assert "is there already" in error_of(*again)
    assert out.read_text() == "mine" and summarize_file.unfinished_of(out).is_dir()
    summarize(file, base, out, "--force", "--max-tokens", "6")
    assert len(data.read_table(out)) == 9 and not summarize_file.unfinished_of(out).exists()


def test_killed_right_after_the_file_got_its_name_it_only_tidies_up(
    base, tmp_path, monkeypatch, capsys
):
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    table_files.write_table(file, ROWS)

    rename = os.replace

    def killed(old, new):
        rename(old, new)
        if new == out:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(os, "replace", killed)
        summarize(file, base, out, "--max-tokens", "6")
    whole, told = out.read_bytes(), capsys.readouterr().out
    assert summarize_file.unfinished_of(out).is_dir()
    monkeypatch.setattr(summarize_file, "load_trained", lambda *_: pytest.fail("it began"))
    summarize(file, base, out, "--max-tokens", "6")
    assert out.read_bytes() == whole and told == "" and "9 rows" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_rows_in_memory_do_not_grow_with_the_file(base, tmp_path, monkeypatch, says):
    says(("", "So Cy calls."))
    monkeypatch.setattr(summarize_file, "CHUNK_ROWS", 50)
    peaks = []
    for count in (200, 1_000):
        with open(tmp_path / "in.csv", "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["dialogue", "note"])
            rows.writerows([f"Ann: {i}", "x" * 20_000] for i in range(count))
        tracemalloc.start()
        summarize(tmp_path / "in.csv", base, tmp_path / "out.csv", "--force")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0], peaks


def test_values_that_json_lacks_are_written_as_text(base, tmp_path):
    row = {"dialogue": "Ann: Hi.", "day": datetime.date(2026, 11, 26), "half": None}
    parquet.write_table(pyarrow.Table.from_pylist([row]), tmp_path / "in.parquet")
    summarize(tmp_path / "in.parquet", base, tmp_path / "out.jsonl", "--max-tokens", "4")
    assert data.read_table(tmp_path / "out.jsonl")[0]["day"] == "2026-11-26"
    (tmp_path / "in.jsonl").write_text('{"dialogue": "Ann: Hi.", "half": "\\ud83d!"}\n')
    summarize(tmp_path / "in.jsonl", base, tmp_path / "half.jsonl", "--max-tokens", "4")
    assert data.read_table(tmp_path / "half.jsonl")[0]["half"] == "\ud83d!"


def test_the_folder_of_a_run_or_of_tune_names_its_model(base, tmp_path):
    shutil.copytree(base, tmp_path / "mine" / "model")
    assert model_folders.model_folder(tmp_path / "mine") == tmp_path / "mine" / "model"
    assert model_folders.model_folder(base) == base
    models.load_model(model_folders.model_folder(tmp_path / "mine"))
