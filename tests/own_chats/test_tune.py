"""`tune` from a file to a model: what `inspect` and `tune` of its folder would have done."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT, random_t5, write_csv
from hub import serving
from sample_chats import company_folder, company_rows, company_table, company_turns

from labutils.__main__ import main
from labutils.common.files import read_json
from labutils.models import save_model
from labutils.own_chats import reading, tuning
from labutils.own_chats.answering import Summarizer

NAMED = ["--dialogue", "text", "--summary", "note"]


@pytest.fixture(scope="module", autouse=True)
def briefly():
    """Trainings of a few steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuning, "MOST_EPOCHS", 1)
        yield


@pytest.fixture(scope="module")
def tuned(base, tmp_path_factory):
    """(folder of the model, the table it learned from, the words of the command, what it said)."""
    place = tmp_path_factory.mktemp("tuned")
    words = ["tune", str(company_table(place)), *NAMED, "--track", "tiny", "--model", str(base)]
    words += ["--out", str(place / "mine")]
    return place / "mine", place / "tickets.csv", words, said_by(words, place)


def said_by(words, place):
    with (
        open(place / "said.txt", "w+", encoding="utf-8") as file,
        pytest.MonkeyPatch.context() as p,
    ):
        p.setattr(sys, "stdout", file)
        main(words)
        file.seek(0)
        return file.read()


def test_a_table_becomes_a_model_with_one_command(tuned):
    folder, _, _, said = tuned
    assert {path.name for path in folder.iterdir()} == {
        "model",
        "README.md",
        "results.json",
        "run.json",
        "work",
    }
    results = read_json(folder / "results.json")
    assert results["systems"]["full"]["steps"] > 0 and results["verdict"] in said
    assert "the groups" not in said and "groups of test chats that are one customer's" in said
    assert "Method: full, because full fine-tuning needs" in said


def test_it_tells_the_most_important_of_what_inspect_says(tuned):
    said = tuned[-1]
    assert "24 chats, 24 of them with a summary (24 different ones), of 12 customers." in said
    assert "Column 'ticket' is taken as --id." in said
    assert re.search(r"Split by customer and likeness: \d+ train, \d validation, \d test\.", said)
    assert "That is too little to rely on" in said


def test_it_learns_from_the_folder_that_inspect_writes(tuned, base, tmp_path):
    folder, table, _, _ = tuned
    main(["inspect", str(table), *NAMED, "--model", str(base), "--out", str(tmp_path / "chats")])
    for path in (tmp_path / "chats").iterdir():
        assert (folder / "work" / "chats" / path.name).read_bytes() == path.read_bytes()


def test_the_folder_that_inspect_writes_can_still_be_tuned_on(tuned, no_training, tmp_path, capsys):
    """With the runs of the table: they are the same."""
    folder, _, words, _ = tuned
    shutil.copytree(folder / "work", tmp_path / "work")
    chats = folder / "work" / "chats"
    main(["tune", str(chats), "--track", "tiny", *words[-4:-1], str(tmp_path)])
    verdict = read_json(folder / "results.json")["verdict"]
    assert verdict in capsys.readouterr().out
    assert read_json(tmp_path / "results.json")["verdict"] == verdict


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_work_folder_of_somebody_else_is_left_alone(
    tuned, no_training, error_of, tmp_path, force
):
    _, _, words, _ = tuned
    (tmp_path / "work" / "chats").mkdir(parents=True)
    mine = tmp_path / "work" / "chats" / "train.csv", tmp_path / "README.md"
    for path in mine:
        path.write_text("mine")
    at = words.index("--out") + 1
    said = error_of(*words[:at], str(tmp_path), *words[at + 1 :], *force)
    assert "work is there and not of a tuning; choose another folder" in said
    assert [path.read_text() for path in mine] == ["mine", "mine"]


def test_a_model_that_is_there_is_kept_and_an_unfinished_one_ended(tuned, no_training, error_of):
    folder, _, words, _ = tuned
    before = {path: path.read_bytes() for path in folder.rglob("*.safetensors")}
    assert "is there already; choose another folder, or add --force" in error_of(*words)
    (folder / "results.json").unlink()  # as if killed before the last file
    main(words)
    assert (folder / "results.json").is_file()
    assert {path: path.read_bytes() for path in folder.rglob("*.safetensors")} == before


def test_the_kernel_that_called_it_keeps_its_artifacts_folder(tuned, no_training):
    before = os.environ["LAB_ARTIFACTS"]
    main([*tuned[2], "--force"])
    assert os.environ["LAB_ARTIFACTS"] == before


class Reached(Exception):
    """The chats were read, told about and split; training would begin."""


@pytest.fixture
def reach(base, monkeypatch, tmp_path, capsys):
    """What `tune` says of a source before it trains."""

    def trains(*_):
        raise Reached

    monkeypatch.setattr(tuning, "tune", trains)

    def run(source, *options):
        words = ["tune", str(source), "--track", "tiny", "--model", str(base), "--method", "full"]
        with pytest.raises(Reached):
            main([*words, "--out", str(tmp_path / "out"), *map(str, options)])
        return capsys.readouterr().out

    return run


TURNS = ["--id", "ticket", "--speaker", "who", "--turn", "said", "--summary", "note"]


@pytest.mark.parametrize(
    "make, options, learned",
    [(company_table, NAMED, 24), (company_turns, TURNS, 24), (company_folder, [], 18)],
)
def test_it_takes_what_inspect_takes(reach, tmp_path, make, options, learned):
    assert f"24 chats, {learned} of them with a summary" in reach(make(tmp_path), *options)


def test_personal_data_can_be_masked_before_it_is_learned(reach, tmp_path):
    rows = company_rows()
    rows[3]["text"] += "\nAgent: Write to anna.lee@mail.example."
    write_csv(tmp_path / "in.csv", rows)
    said = reach(tmp_path / "in.csv", *NAMED)
    assert (
        "Likely personal data: e-mail in 1 chats. A model may repeat it; --mask masks it." in said
    )
    assert "personal" not in reach(tmp_path / "in.csv", *NAMED, "--mask")
    written = [p.read_text("utf-8") for p in (tmp_path / "out/work/chats").glob("*.csv")]
    assert "#Email#" in str(written) and "anna.lee@" not in str(written)


GOOD = [
    {"id": f"c{i}", "dialogue": f"A: Hi {i}, how are {i} you?\nB: Bye, number {i}.",
     "summary": f"A is {i}."} for i in range(5)
]  # fmt: skip

SAID = {
    "three rows": (GOOD[:3], "Split by .*: 1 train, 1 validation, 1 test.*One test chat gives no"),
    "all summaries the same": (
        [{**row, "summary": "Same."} for row in GOOD],
        r"\(1 different ones\).*5 have a summary that others have, too",
    ),
    "summaries longer than chats": (
        [{**row, "summary": "Long. " * 199} for row in GOOD],
        "5 have a longer summary than it writes .*cut.*5 have a summary longer than the chat",
    ),
    "one speaker": (
        [{**row, "dialogue": f"A: {row['summary']} Yes, number {row['id']}."} for row in GOOD],
        "5 have one speaker",
    ),
    "1,000 turns": (
        [{**row, "dialogue": "\n".join(["A: x", "B: y" + row["id"]] * 500)} for row in GOOD],
        "5 have 100 turns or more.*5 are longer than the model reads .*end is cut",
    ),
    "empty chats and no summaries": (
        [*GOOD, {**GOOD[0], "id": "x", "dialogue": ""}, {**GOOD[0], "id": "y", "summary": ""}],
        "7 chats, 6 of them with a summary.*1 are empty .*left out",
    ),
    "another language": (
        [{**row, "dialogue": "A: 안녕하세요 " + row["id"]} for row in GOOD],
        "Languages or scripts: Hangul 5\\.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID)
def test_odd_chats_are_remarked_on_before_training(reach, tmp_path, case):
    rows, expected = SAID[case]
    write_csv(tmp_path / "in.csv", rows)
    assert re.search(f"(?s){expected}", reach(tmp_path / "in.csv"))


def many_rows(folder):
    write_csv(folder / "in.csv", GOOD * 3)
    return folder / "in.csv"


def same_ids(folder):
    (folder / "chats").mkdir()
    for name in ("monday", "tuesday"):
        (folder / "chats" / f"{name}.json").write_text('{"id": 7, "text": "A: Hi"}', "utf-8")
    return folder / "chats"


def two_rows(folder):
    write_csv(folder / "in.csv", GOOD[:2])
    return folder / "in.csv"


def prepared(folder):
    (folder / "chats").mkdir()
    write_csv(folder / "chats" / "train.csv", GOOD)
    return folder / "chats"


REFUSED = {
    "a million rows": (many_rows, [], "holds more than 12 rows.*a sample says as much"),
    "two files with the same ids": (same_ids, [], "'7' stands in monday.json and tuesday.json"),
    "two rows": (two_rows, [], "three at least"),
    "nothing there": (lambda folder: folder / "no.csv", [], "no.csv is not there. Give a CSV"),
    "a folder of nothing": (lambda folder: folder, [], "is empty; give a folder with"),
    "a third of a prepared folder": (prepared, [], "holds neither validation.csv nor"),
    "columns of a prepared folder": (prepared, ["--summary", "note"], "leave out --mask and what"),
    "out is the folder of the chats": (prepared, ["--out", "chats"], "chats holds the chats; give"),
    "a seed below zero": (two_rows, ["--seed", "-1"], "seed is -1"),
    "no such model": (two_rows, ["--model", "no/where/at/all"], "neither a folder here nor a Hub"),
    "no such column": (two_rows, ["--summary", "note"], "no column 'note'; it has id"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_tuned_on_is_refused_with_one_message(
    base, tmp_path, monkeypatch, no_training, error_of, case
):
    make, options, expected = REFUSED[case]
    monkeypatch.setattr(reading, "MOST_ROWS", 12)
    monkeypatch.chdir(tmp_path)
    words = ["tune", make(tmp_path), "--track", "tiny"]
    words += ["--model", base] * ("--model" not in options) + ["--out", "new"] * (
        "--out" not in options
    )
    message = error_of(*words, *options)
    assert re.search(expected, message) and message.count("\n") == 1
    assert not (tmp_path / "new" / "model").exists()


def test_two_chats_are_refused_before_anything_is_written(base, tmp_path, no_training, error_of):
    write_csv(tmp_path / "in.csv", GOOD[:2])
    words = ["tune", str(tmp_path / "in.csv"), "--track", "tiny", "--model", str(base)]
    assert "Nothing was written" in error_of(*words, "--out", str(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_three_chats_are_tuned_on_and_prove_nothing(base, tmp_path, capsys):
    write_csv(tmp_path / "in.csv", GOOD[:3])
    words = ["tune", str(tmp_path / "in.csv"), "--track", "tiny", "--model", str(base)]
    main([*words, "--method", "lora", "--out", str(tmp_path / "mine")])
    said = capsys.readouterr().out
    assert "Not settled" in said and "1 chats are few" in said and "nan" not in said.lower()
    assert (tmp_path / "mine" / "merged" / "model.safetensors").is_file()


BRIEFLY = """
import sys
from labutils.__main__ import main
from labutils.own_chats import tuning
tuning.MOST_EPOCHS = 1
main(["tune", *sys.argv[1:], "--method", "lora"])
"""


@pytest.fixture(scope="module")
def multilingual(tokenizer, tmp_path_factory):
    """A model of mT5's shape."""
    from transformers import MT5Config, MT5ForConditionalGeneration

    folder = tmp_path_factory.mktemp("models") / "mt5"
    save_model(random_t5(MT5Config, MT5ForConditionalGeneration), tokenizer, folder)
    assert read_json(folder / "config.json")["model_type"] == "mt5"
    return folder


@pytest.mark.parametrize("model", ["google/flan-t5-tiny", "google/mt5-tiny"])
def test_a_model_of_the_hub_is_tuned_on_a_folder_of_chats(base, multilingual, tmp_path, model):
    """FLAN-T5's track, in a process of its own, as the Hub's address is read at an import."""
    out, base = tmp_path / "mine", multilingual if "mt5" in model else base
    words = [str(company_folder(tmp_path)), "--track", "flan", "--model", model, "--out", str(out)]
    clean = {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"}
    with serving({("models", model): base}, {}) as address:
        done = subprocess.run(
            [sys.executable, "-c", BRIEFLY, *words],
            cwd=ROOT, capture_output=True, text=True, timeout=300,
            env={**clean, "HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "cache"),
                 "NO_PROXY": "127.0.0.1"},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    record = read_json(out / "results.json")["systems"]["lora"]
    assert (record["model"], record["track"], record["settings"]["adapter"]["rank"]) == (
        model,
        "flan",
        32,
    )
    assert f"base_model: {model}" in (out / "README.md").read_text("utf-8")
    assert read_json(out / "model" / "adapter_config.json")["base_model_name_or_path"] == model
    # What `summarize` and `app` ask; in this process there is no way to the Hub, nor its cache.
    helper = Summarizer(out, device="cpu")
    answer = helper.answer("Anna: Hello.\nTom: Goodbye.")
    assert helper.name == "mine" and answer.summary
