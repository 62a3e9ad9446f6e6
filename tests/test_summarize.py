"""The command that summarizes a file: the lab's own summaries, each dialogue once, nothing lost."""

import json
import shutil

import pytest
from conftest import write_csv

from labutils import data, summarization, summarize_file
from labutils.__main__ import main
from labutils.common.errors import LabError


def summarize(file, model, out, *options):
    main(["summarize", str(file), "--model", str(model), "--out", str(out), *options])


@pytest.fixture
def base_in_data(base, monkeypatch):
    """The bases that adapters name lie beside the random one."""
    monkeypatch.setattr(summarize_file, "DATA", base.parent)


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
    assert [{k: row[k] for k in row if k != "prediction"} for row in after] == before
    of_id = dict(zip(run.items["id"], run.predictions))
    assert [row["prediction"] for row in after] == [
        of_id[data.dialogue_id(row["id"])] for row in after
    ]
    assert f"6 dialogues summarized: {out}" in capsys.readouterr().out


def test_an_adapter_finds_its_base_by_name(lab, tmp_path, base_in_data):
    folder = tmp_path / "adapter"
    shutil.copytree(lab.runs["lora"].model_folder, folder)
    config = json.loads((folder / "adapter_config.json").read_text("utf-8"))

    def say(base):
        config["base_model_name_or_path"] = base
        (folder / "adapter_config.json").write_text(json.dumps(config), "utf-8")

    say("/gone/random-t5")
    assert summarize_file.base_of(folder) == summarize_file.DATA / "random-t5"
    say("google/flan-t5-base")
    assert summarize_file.base_of(folder) == "google/flan-t5-base"
    say("/gone/other-t5")
    with pytest.raises(LabError, match="trained on '/gone/other-t5', which is not here"):
        summarize_file.base_of(folder)


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
    folder = lab.runs["full"].model_folder
    assert summarize_file._limits(folder, None) == {
        name: lab.runs["full"].record[name] for name in ("max_prompt_tokens", "max_summary_tokens")
    }
    assert summarize_file._limits(folder, 9)["max_summary_tokens"] == 9
    assert summarize_file._limits(tmp_path, None)["max_summary_tokens"] == 128


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
    summarize(file, base, out, "--force", "--max-tokens", "4", "--device", "cpu")
    assert list(data.read_table(out)[0]) == ["dialogue", "prediction"]
