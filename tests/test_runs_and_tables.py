"""Runs and tables: every number comes from a record, nothing is lost, nothing is mixed up."""

import errno
import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import made

from labutils import engine, runs, summarization
from labutils.common import files
from labutils.common.errors import LabError
from labutils.evaluation import rouge
from labutils.evaluation.intervals import paired_difference
from labutils.evaluation.rouge import METRICS
from labutils.settings import LoraSettings
from labutils.views import curves, plots, scores, tables

NAMES = ["zero-shot", "full", "lora"]


def change_record(folder, changed):
    record = files.read_json(folder / "run.json") | changed
    (folder / "run.json").write_text(json.dumps(record), "utf-8")


def change_scores(folder, change):
    """Change the predictions' rows, and the record of what was scored."""
    path = folder / "predictions.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    change(rows)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_text(text, "utf-8")
    found = files.read_json(folder / "run.json")["rouge"]
    for metric in found:
        found[metric]["mean"] = sum(row[metric] for row in rows) / len(rows)
    change_record(folder, {"rouge": found, "predictions_sha256": runs.digest(text)})


ENDS = {"low": 0.0125, "high": 0.9875}
COSTS = {"trainable_parameters": 1234, "train_seconds": 4321.0, "train_rows": 5678}
FAILURES = {"n": 6, "continues_dialogue": 171, "empty": 172, "copied": 173, "words": 17.46}
PROTOCOL = {"references_per_dialogue": 17, "seed": 313, "scorer": "a scorer", "model": "a-model"}
COMPARED, FAILED, DIFFERENT = tables.comparison_table, tables.failure_table, tables.difference_table


@pytest.mark.parametrize(
    "make, changed, shown",
    [
        (COMPARED, {"rouge": ENDS}, ["[0.013, 0.988]"]),
        (COMPARED, COSTS, ["1,234", "4321 s", "5,678"]),
        (COMPARED, {"peak_memory_mib": 98765.4, "saved_mib": 3.21}, ["98,765 MiB", "3.21 MiB"]),
        (COMPARED, PROTOCOL, ["x 17", "seed 313", "a scorer", "a-model"]),
        (DIFFERENT, PROTOCOL, ["x 17", "seed 313", "a scorer", "a-model"]),
        (FAILED, {"failures": FAILURES}, ["171", "172", "173", "17.5"]),
    ],
)
def test_a_number_changed_in_a_record_changes_the_table(lab, make, changed, shown):
    def text():
        table = make([runs.load_run(lab.runs[name].folder) for name in NAMES])
        return table.to_string() + table.attrs["caption"]

    before = text()
    for name in NAMES:
        if "rouge" in changed:  # the means are held against the predictions
            found = lab.runs[name].record["rouge"]
            changed = {"rouge": {metric: found[metric] | ENDS for metric in METRICS}}
        change_record(lab.runs[name].folder, changed)
    after = text()
    for piece in shown:
        assert piece not in before and piece in after


def test_differences_are_those_of_the_predictions_scores(lab):
    baseline = lab.runs["zero-shot"].scores["rouge1"].tolist()

    def change(rows):
        for row, score in zip(rows, baseline):
            row["rouge1"] = score + 0.125

    change_scores(lab.runs["lora"].folder, change)
    found = [runs.load_run(lab.runs[name].folder) for name in NAMES]
    # Six dialogues settle nothing, whatever they agree on.
    found = [replace(run, items=pd.concat([run.items] * 2, ignore_index=True)) for run in found]
    table = tables.difference_table(found)
    assert list(table.index) == ["full minus zero-shot", "lora minus zero-shot", "lora minus full"]
    assert table.loc["lora minus zero-shot"].iloc[0] == "+0.125 [+0.125, +0.125] *"


def test_settings_are_compared_with_the_first_in_pairs():
    """A small gain in every item is seen, although both intervals overlap."""
    first = [place / 40 for place in range(40)]
    better, shuffled = [value + 0.02 for value in first[:-1]] + [1.0], first[::-1]
    table = tables.against_first({"a": first, "b": better, "c": shuffled}, "ROUGE-1")
    assert list(table.columns) == ["ROUGE-1", "minus a, paired"]
    marks = table["minus a, paired"]
    assert marks["a"] == "" and marks["b"].endswith("*") and not marks["c"].endswith("*")
    assert marks["b"].startswith("+0.02") and table.loc["a", "ROUGE-1"].startswith("0.48")
    assert "40 dialogues" in table.attrs["caption"] and "Holm" in table.attrs["caption"]
    assert list(tables.against_first({"a": first}, "ROUGE-1").index) == ["a"]


def test_a_report_tells_that_a_resumed_trainings_seconds_are_those_of_its_last_part(lab):
    change_record(lab.runs["full"].folder, {"resumed_from_step": 3, "train_seconds": 9.0})
    found = [runs.load_run(lab.runs[name].folder) for name in NAMES]
    systems = {each["name"]: each for each in runs.report(lab.track, found)["systems"]}
    assert tables.costs(systems["full"])["training"] == "9 s (from step 3 on)"
    assert "from step" not in tables.costs(systems["lora"])["training"]


def test_the_report_has_the_keys_of_its_contract_and_the_records_numbers(lab):
    report = json.loads(
        json.dumps(
            runs.report(
                lab.track, list(lab.runs.values()), seconds=12.3, seconds_by_stage={"model": 9.5}
            )
        )
    )
    assert list(report) == [
        "track", "model", "dataset", "seed", "device", "scorer", "test_dialogues",
        "references_per_dialogue", "seconds", "seconds_by_stage", "systems",
    ]  # fmt: skip
    assert (report["track"], report["model"], report["dataset"]) == ("tiny", "random-t5", "chats")
    assert (report["test_dialogues"], report["references_per_dialogue"]) == (6, 3)
    assert (report["seconds"], report["device"], report["seed"]) == (12.3, "cpu", 42)
    assert [system["name"] for system in report["systems"]] == NAMES
    for system in report["systems"]:
        assert list(system) == [
            "name", "rouge", "trainable_parameters", "total_parameters", "train_rows",
            "train_seconds", "peak_memory_mib", "saved_mib", "run",
        ]  # fmt: skip
        assert list(system["rouge"]) == ["rouge1", "rouge2", "rougeL", "rougeLsum"]
        assert all(list(found) == ["mean", "low", "high"] for found in system["rouge"].values())
        record = json.loads((lab.track.artifacts / system["run"] / "run.json").read_text("utf-8"))
        assert all(record[key] == system[key] for key in system if key != "run")


def test_a_long_table_is_printed_whole():
    shown = tables.table_text(pd.DataFrame({"score": range(100, 180)}))
    assert all(str(number) in shown for number in range(100, 180))


def test_costs_of_the_systems_are_told_apart(lab):
    zero, full, lora = (lab.runs[name].record for name in NAMES)
    assert zero["trainable_parameters"] == zero["train_rows"] == zero["saved_mib"] == 0
    assert full["trainable_parameters"] == full["total_parameters"] == zero["total_parameters"]
    assert 0 < lora["trainable_parameters"] < full["trainable_parameters"]
    assert 0 < lora["saved_mib"] < full["saved_mib"]
    assert full["train_rows"] == lora["train_rows"] == 24
    for name in NAMES:
        run = lab.runs[name]
        assert run.record["rouge"]["rouge1"]["mean"] == pytest.approx(run.scores["rouge1"].mean())


DAMAGE = {
    "cut in a line": lambda content: content[:-40],
    "cut between lines": lambda content: content[: content[:-1].rindex(b"\n") + 1],
    "not UTF-8": lambda content: b"\xff" + content,
    "without scores": lambda content: content.replace(b"rougeL", b"other"),
    "empty": lambda content: b"",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=list(DAMAGE))
def test_damaged_predictions_are_not_shown_as_results(lab, damage):
    path = lab.runs["full"].folder / "predictions.jsonl"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(LabError, match="is damaged .*Delete the folder") as caught:
        made("full", lab.track)
    assert str(lab.runs["full"].folder) in str(caught.value)


def test_a_record_that_is_no_json_is_named(lab):
    (lab.runs["full"].folder / "run.json").write_text("{")
    with pytest.raises(LabError, match="run.json cannot be read as JSON"):
        made("full", lab.track)


def test_runs_with_other_settings_lie_in_other_folders(lab, base, chats, tmp_path):
    import shutil

    track, settings = lab.track, {"lora": LoraSettings()}
    other_data, other_model = tmp_path / "a" / chats.name, tmp_path / "b" / base.name
    shutil.copytree(chats, other_data)
    shutil.copytree(base, other_model)
    same = runs.run_folder(replace(track, dataset=str(other_data), model=str(other_model)), "x", {})
    assert same == runs.run_folder(track, "x", {})
    with open(other_data / "test.csv", "a", encoding="utf-8") as file:
        file.write("test_9_1,a,b,c\n")
    (other_model / "tokenizer.json").write_text("{}")
    changed = [
        replace(track, dataset=str(other_data)),
        replace(track, model=str(other_model)),
        replace(track, seed=1),
        replace(track, train_rows=3),
        replace(track, test_dialogues=3),
        replace(track, max_prompt_tokens=100),
        replace(track, max_summary_tokens=10),
        replace(track, validation_dialogues=1),
        replace(track, device="cuda"),
    ]
    folders = [runs.run_folder(each, "x", settings) for each in [track, *changed]]
    folders.append(runs.run_folder(track, "x", {"lora": LoraSettings(rank=2)}))
    folders.append(runs.run_folder(track, "y", settings))
    assert len(set(folders)) == len(folders)


@pytest.mark.parametrize("name", NAMES)
def test_a_finished_system_is_loaded_not_made_again(monkeypatch, lab, no_training, name):
    monkeypatch.setattr(summarization, "generate", lambda *_, **__: pytest.fail("it generated"))
    assert made(name, lab.track).record == lab.runs[name].record


@pytest.mark.parametrize("name", ["full", "lora"])
def test_a_test_on_other_dialogues_needs_no_second_training(lab, no_training, capsys, name):
    before, curves = lab.runs[name], []
    fewer = replace(lab.track, test_dialogues=4)
    again = engine.make_run(getattr(fewer, name), fewer, watch=curves.append)
    assert "only tested anew" in capsys.readouterr().out
    assert again.folder != before.folder and curves == [before.record["history"]]
    assert again.predictions == before.predictions[:4]
    assert again.record["train_seconds"] == before.record["train_seconds"]
    (before.folder / "model").rename(before.folder / "gone")  # the other has a copy of its own
    engine.load_system(fewer, again)


@pytest.mark.parametrize("changed", [{"seed": 1}, {"train_rows": 3}, {"validation_dialogues": 1}])
def test_a_training_that_would_be_another_one_is_not_taken_over(lab, changed):
    fewer, settings = replace(lab.track, test_dialogues=4), lab.runs["full"].record["settings"]
    assert runs.trained_alike(fewer, "full", settings)
    assert not runs.trained_alike(replace(fewer, **changed), "full", settings)
    assert not runs.trained_alike(fewer, "lora", settings)
    (lab.runs["full"].folder / "predictions.jsonl").write_text("damaged")
    assert not runs.trained_alike(fewer, "full", settings)


def test_a_model_trained_but_not_yet_tested_is_tested_without_training_again(lab, no_training):
    before = lab.runs["full"]
    (before.folder / "run.json").unlink()
    again = made("full", lab.track)
    assert again.predictions == before.predictions
    assert again.record["train_seconds"] == before.record["train_seconds"] > 0


@pytest.mark.parametrize("name", NAMES)
def test_an_unwritable_artifacts_folder_is_found_before_the_work(
    monkeypatch, track, tmp_path, no_training, name
):
    (tmp_path / "artifacts").write_text("a file where the folder should be")
    monkeypatch.setattr(engine, "load_model", lambda *_: pytest.fail("it began"))
    with pytest.raises(LabError, match="Cannot write.*LAB_ARTIFACTS"):
        made(name, track)
    assert (tmp_path / "artifacts").read_text() == "a file where the folder should be"


def full_disk(path, text, *_, **__):
    if text:  # an empty file still fits on a full disk
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("name", ["zero-shot", "full"])
def test_a_full_disk_is_found_before_the_work(monkeypatch, lab, no_training, name):
    monkeypatch.setattr(Path, "write_text", full_disk)
    monkeypatch.setattr(engine, "load_model", lambda *_: pytest.fail("it began"))
    with pytest.raises(LabError, match="No space left.*Free some space"):
        made(name, replace(lab.track, seed=7))
    monkeypatch.undo()
    for run in lab.runs.values():
        assert runs.load_run(run.folder).record == run.record


@pytest.mark.parametrize("target, name", [(Path, "write_text"), (files.os, "replace")])
def test_a_file_keeps_its_old_content_when_writing_fails(monkeypatch, tmp_path, target, name):
    def half(self, *_, **__):
        if name == "write_text":
            Path.write_bytes(self, b"ha")
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "report.json"
    files.write_json(path, {"old": "안녕 🎉"})
    with monkeypatch.context() as patch, pytest.raises(LabError, match="report.json.*No space"):
        patch.setattr(target, name, half)
        files.write_json(path, {"new": 1})
    assert files.read_json(path) == {"old": "안녕 🎉"}


def test_runs_over_different_dialogues_are_not_compared(lab):
    other = made("zero-shot", replace(lab.track, test_dialogues=2))
    for table in (tables.comparison_table, tables.difference_table, tables.failure_table):
        with pytest.raises(LabError, match="different dialogues"):
            table([lab.runs["full"], other])
        with pytest.raises(LabError, match="No runs"):
            table([])


def test_stars_are_for_differences_that_survive_the_correction():
    draw = np.random.default_rng(1)
    one = draw.uniform(0.2, 0.4, 60)
    found = paired_difference(one + draw.normal(0.01, 0.03, 60), one)
    assert tables.difference_cell(found, 0.049).endswith(" *")
    assert not tables.difference_cell(found, 0.051).endswith("*")
    assert tables.difference_cell(found, 0.049).startswith(f"{found.mean:+.3f} [")


def test_a_system_named_references_keeps_its_column():
    report = rouge.score({"references": ["a b"]}, [["c d", "c d"]])
    table, *_ = scores.score_tables(report)
    assert table.loc["ROUGE-1", "references"].startswith("0.000")
    assert table.loc["ROUGE-1", "(references)"].startswith("1.000")


@pytest.mark.parametrize("low, high", [("0.412", "0.440"), ("-0.01", "+0.44")])
def test_an_interval_of_a_table_is_not_broken_into_lines(low, high):
    table = pd.DataFrame({"score": [f"0.426 [{low}, {high}] *"]})
    assert f"[{low},&nbsp;{high}]&nbsp;*" in tables.table_html(table)
    assert f"[{low}, {high}] *" in tables.table_text(table)
    assert "[a, b]" in tables.table_html(pd.DataFrame({"list": ["[a, b]"]}))


def test_a_difference_stands_above_its_interval_so_that_row_labels_have_room():
    """Beside four intervals on one line, "lora minus zero-shot" was broken into four."""
    cells = {"ROUGE-1": ["+0.355 [+0.337, +0.372] *"], "facts F1": ["0.000 [-0.012, +0.002]"]}
    page = tables.table_html(pd.DataFrame(cells, index=["lora minus zero-shot"]))
    assert "<td>+0.355&nbsp;*<br>[+0.337,&nbsp;+0.372]</td>" in page
    assert "<td>0.000<br>[-0.012,&nbsp;+0.002]</td>" in page
    score = "0.426 [0.412, 0.440]"
    few, many = (pd.DataFrame([[score] * columns]) for columns in (3, 4))
    assert "<br>" not in tables.table_html(few) and "<br>" in tables.table_html(many)


def test_a_number_in_a_table_that_rounds_to_zero_has_no_sign():
    page = tables.table_html(pd.DataFrame({"correlation": [-0.001, -0.25]}).round(2))
    assert "<td>0.00</td>" in page and "<td>-0.25</td>" in page


def test_a_table_of_summaries_is_set_like_text_and_one_of_numbers_is_not():
    left = "text-align: left"
    rows = {"full": ["Ann wants a refund for " + "it " * 20], "missing": ["nothing"]}
    page = tables.table_html(pd.DataFrame(rows))
    cell = f"<td style='{left}; white-space: normal"
    assert f"<th style='{left}'>full" in page
    assert f"{cell}; min-width: 9em'>Ann" in page and f"{cell}'>nothing" in page
    assert left not in tables.table_html(pd.DataFrame({"ROUGE-1": ["0.426 [0.412, 0.440] *"]}))


def test_a_live_curve_fits_into_a_window_of_800_pixels():
    assert curves.plot_history([]).get_size_inches()[0] * 100 < 760


FACT_MEANS = {"facts": 0.25, "outcome": 0.5}


def test_figures_show_the_records_numbers(lab):
    found = list(lab.runs.values())
    figure = plots.plot_comparison(found)
    heights = [round(bar.get_height(), 9) for bar in figure.axes[0].patches]
    names = ("rouge1", "rouge2", "rougeL")
    means = [run.record["rouge"][name]["mean"] for run in found for name in names]
    assert heights == pytest.approx(means)
    facts = {name: {"mean": mean, "low": 0, "high": 1} for name, mean in FACT_MEANS.items()}
    known = [replace(run, record=run.record | {"facts": facts}) for run in found[:1]]
    bars = plots.plot_comparison(known).axes[0].patches
    shown = [text.get_text() for text in bars[0].axes.texts]
    assert len(shown) == 4 and shown[2:] == ["0.250", "0.500"]
    assert [bar.get_height() for bar in bars][2:] == list(FACT_MEANS.values())
    history = lab.runs["full"].record["history"]
    curve = curves.plot_history(history)
    lines = {line.get_label(): list(line.get_xdata()) for line in curve.axes[0].get_lines()}
    assert lines == {
        label: [entry["step"] for entry in history if name in entry]
        for name, label in {"loss": "training loss", "validation_loss": "validation loss"}.items()
    }
    assert len(lines["validation loss"]) == 3 and curve.axes[0].get_yscale() == "log"
    assert curves.plot_history([]).axes
    assert plots.save_figure(figure, lab.track, "comparison").is_file()


def test_a_trial_answers_validation_dialogues_and_is_another_run(lab, tmp_path):
    test, trial = lab.runs["lora"], summarization.Trial(lab.track, dialogues=4)
    run = engine.make_run(lab.track.lora, lab.track, trial)
    assert list(run.items["id"]) == lab.dialogues["validation"]["id"][:4]
    assert run.folder != test.folder and run.record["split"] == "validation"
    assert "4 validation dialogues of chats x 1 reference;" in tables.protocol([run])
    assert "6 test dialogues of chats x 3 references;" in tables.protocol([test])
    assert run.has_facts == test.has_facts


def test_ranks_are_drawn_with_a_line_for_each_rule_that_sets_alpha(lab):
    run = lab.runs["lora"]
    wider = deepcopy(run)
    wider.record["settings"]["adapter"]["rank"] = 64
    wider.record["rouge"]["rouge1"] = {"mean": 0.9, "low": 0.8, "high": 0.95}
    figure = plots.plot_ranks({"alpha": [wider, run], "alpha / r": [run]})
    (axis,) = figure.axes
    assert axis.get_title() and "ROUGE-1" in axis.get_ylabel()
    assert "does not begin at 0" in axis.get_title()  # it shows what the intervals span
    mean = run.record["rouge"]["rouge1"]["mean"]
    drawn = {box.get_label(): list(box[0].get_ydata()) for box in axis.containers}
    assert drawn == {"alpha": [mean, 0.9], "alpha / r": [mean]}
    places = [box[0].get_transform().transform((0, mean)) for box in axis.containers]
    assert places[0][0] + 6 < places[1][0]  # pixels: or one's whiskers would hide the other's
    assert [label.get_text().split("\n")[0] for label in axis.get_xticklabels()] == [
        f"rank {lab.track.lora.adapter.rank}",
        "rank 64",
    ]
    (axis,) = plots.plot_ranks({"alpha": [run]}, untouched=0.31).axes
    (line,) = [line for line in axis.get_lines() if line.get_label() == "untouched model"]
    assert set(line.get_ydata()) == {0.31} and line.get_linestyle() == "--"


def test_a_line_break_is_one_and_a_backslash_stays():
    page = tables.table_html(
        pd.DataFrame({"a\nb": ["C:\\new folder", "two\nlines"]}, index=["1\n2", "3"])
    )
    assert "C:\\new folder" in page and "two<br>lines" in page
    assert "a<br>b" in page and "1<br>2" in page
