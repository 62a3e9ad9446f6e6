"""Facts beside ROUGE: in runs and their tables, and in the command line's scores."""

import json
import shutil

import pytest
from conftest import made, write_csv

from labutils import data, engine, runs, tracks
from labutils.__main__ import main
from labutils.common.errors import LabError
from labutils.engine import baselines
from labutils.evaluation import fact_report
from labutils.evaluation.facts import FACT_METRICS, fact_scores
from labutils.views import tables

DIALOGUE = (
    "#Person1#: I lost my card on Friday.\n#Person2#: We can mail a new card for $45.\n"
    "#Person1#: Please do."
)
RIGHT = "#Person1# lost a card on Friday. #Person2# will mail a new card for $45."
WRONG = "#Person1# talks about the weather and pays $99."
SYSTEMS = {"right": RIGHT, "wrong": WRONG}


def truth(name):
    return {
        "id": name,
        "topic": "lost bank card",
        "facts": [
            {"slot": "day", "kind": "day", "value": "Friday", "required": True, "instead": []},
            {"slot": "fee", "kind": "amount", "value": "$45", "required": True, "instead": []},
        ],
        "outcomes": [{"kind": "granted", "key": "mail a new card", "others": []}],
    }


def write_facts(path, names):
    path.write_text("".join(json.dumps(truth(name)) + "\n" for name in names), "utf-8")
    return str(path)


# --- Runs ----------------------------------------------------------------------------------------


@pytest.fixture
def known(base, chats, tmp_path):
    """The track on a copy of the data with facts."""
    folder = tmp_path / chats.name
    shutil.copytree(chats, folder)
    names = {data.dialogue_id(row["id"]) for row in data.read_rows(folder / "test.csv")}
    write_facts(folder / "facts.jsonl", sorted(names))
    return tracks.choose_track("tiny", model=str(base), dataset=str(folder))


def test_runs_have_fact_scores_where_the_dataset_has_facts(known):
    run = made("zero-shot", known)
    test = data.load_dialogues(known)["test"]
    expected = fact_scores(run.predictions, [truth(name) for name in test["id"]], test["dialogue"])
    assert run.items[list(FACT_METRICS)].to_numpy() == pytest.approx(expected.to_numpy())
    assert list(run.record["facts"]) == list(FACT_METRICS)
    for metric, found in run.record["facts"].items():
        assert list(found) == ["mean", "low", "high"]
        assert found["low"] <= found["mean"] <= found["high"]
        assert found["mean"] == pytest.approx(expected[metric].mean())
    assert list(run.scores) == ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    report = runs.report(known, [run], seconds=1, seconds_by_stage={})
    assert report["systems"][0]["facts"] == run.record["facts"]


def test_what_is_known_of_a_dialogue_is_shown_and_what_a_summary_lacks_is_listed(known, capsys):
    facts = fact_report.known_facts(known)
    found = next(iter(facts.values()))
    found["outcomes"] += [
        {"kind": kind, "key": "Wait", "others": []}
        for kind in ("refused", "alternative", "declined", "informed")
    ]
    found["facts"] += [{"slot": "time", "kind": "time", "value": "2:30 pm", "required": False,
                        "instead": ["3 pm"]}]  # fmt: skip
    table = fact_report.truth_table(found)
    assert [[kind, *row] for kind, row in zip(table.index, table.to_numpy())] == [
        ["day", "Friday", "must tell it"],
        ["amount", "$45", "must tell it"],
        ["time", "2:30 pm, not 3 pm", "may leave it out"],
        ["outcome: granted", "mail a new card", "must tell it"],
        ["outcome: refused", "Wait", "must tell it"],
        ["outcome (no, but)", "Wait", "must tell it"],
        ["outcome (offer declined; instead)", "Wait", "must tell it"],
        ["outcome (news)", "Wait", "must tell it"],
    ]
    assert "Who does it is not checked" in table.attrs["caption"]
    del found["outcomes"][1:]
    assert fact_report.missing(RIGHT, found) == []
    assert fact_report.missing(RIGHT.replace("Friday", "Monday"), found) == ["Friday"]
    assert fact_report.missing(WRONG, found) == ["Friday", "$45", "mail a new card"]
    assert capsys.readouterr().out == ""


def test_where_no_facts_are_known_one_sentence_says_so(base, chats, capsys):
    track = tracks.choose_track("tiny", model=str(base), dataset=str(chats))
    assert fact_report.known_facts(track) == {}
    (said,) = capsys.readouterr().out.splitlines()
    assert track.dataset_name in said and "no facts are scored here" in said


def test_tables_show_facts_beside_rouge(known):
    found = baselines(known)
    table = tables.comparison_table(found)
    for name in fact_report.COMPARED_FACTS:
        assert table.loc[fact_report.FACT_NAMES[name], "lead-3"] == str(
            tables.Interval(**found[1].record["facts"][name])
        )
    assert "Facts told: the share" in table.attrs["caption"]
    assert list(tables.difference_table(found)) == [
        "ROUGE-1", "ROUGE-2", "ROUGE-L", "facts told", "outcome told", "facts F1",
    ]  # fmt: skip
    chosen = tables.difference_table(found, metrics=("new_number",))
    assert list(chosen) == ["with a new number"] and len(chosen) == 6


def test_fact_differences_are_those_of_the_items(known):
    found = baselines(known)[:2]
    for run, score in zip(found, (0.25, 0.5)):
        run.items["facts"] = score
    table = tables.difference_table(found, metrics=("facts",))
    assert table.loc["lead-3 minus longest turn"].item() == "+0.250 [+0.250, +0.250] *"


def test_without_facts_nothing_changes_and_such_runs_can_be_compared_with_others(lab, known):
    run, with_facts = lab.runs["zero-shot"], baselines(known)[0]
    assert not run.has_facts and "facts" not in run.items and "facts" not in run.record
    compared = [run, with_facts]
    table = tables.comparison_table(compared)
    assert "facts told" not in table.index and not table.isna().any(axis=None)
    assert list(tables.difference_table(compared)) == ["ROUGE-1", "ROUGE-2", "ROUGE-L"]
    with pytest.raises(LabError, match="zero-shot: tested without facts"):
        tables.difference_table(compared, metrics=("facts",))


def test_predictions_that_lost_their_fact_scores_are_damaged(known):
    run = baselines(known)[0]
    path = run.folder / "predictions.jsonl"
    path.write_text(path.read_text("utf-8").replace("facts_f1", "other"), "utf-8")
    with pytest.raises(LabError, match="is damaged"):
        runs.load_run(run.folder)


@pytest.mark.parametrize("name", ["zero-shot", "full", "lead-3"])
def test_a_test_dialogue_without_a_truth_is_named_before_the_work(
    known, tmp_path, monkeypatch, no_training, name
):
    """Mending the facts makes the run another one: what was trained by then would be lost."""
    monkeypatch.setattr(engine, "load_model", lambda *_: pytest.fail("it began"))
    write_facts(tmp_path / "chats" / "facts.jsonl", ["test_0"])
    with pytest.raises(LabError, match="know no dialogue 'test_1', .*; they know test_0"):
        baselines(known) if name == "lead-3" else made(name, known)


# --- The command line ----------------------------------------------------------------------------


def rows_of(count, humans=(RIGHT, WRONG)):
    return [
        {"id": f"test_{i}_{j}", "dialogue": DIALOGUE, "summary": human, **SYSTEMS}
        for i in range(count)
        for j, human in enumerate(humans, 1)
    ]


@pytest.fixture
def files(tmp_path):
    """Paths of a predictions file and of its facts."""
    write_csv(tmp_path / "p.csv", rows_of(3))
    facts = write_facts(tmp_path / "facts.jsonl", ["test_0", "test_1", "test_2", "test_3"])
    return str(tmp_path / "p.csv"), facts


def score(file, facts, *options):
    main(["score", file, "--references", "summary", "--facts", facts, *options])


def test_score_tells_facts_of_systems_differences_and_references(files, capsys):
    score(*files, "--json")
    report = json.loads(capsys.readouterr().out)
    facts = report["facts"]
    assert list(facts) == ["systems", "differences", "references"]
    assert list(facts["systems"]) == ["right", "wrong"]
    right, wrong = facts["systems"]["right"], facts["systems"]["wrong"]
    assert right["facts"] == {"mean": 1, "low": 1, "high": 1}
    assert right["outcome"]["mean"] == right["all_right"]["mean"] == 1
    assert wrong["facts"]["mean"] == wrong["all_right"]["mean"] == 0
    assert (right["new_number"]["mean"], wrong["new_number"]["mean"]) == (0, 1)
    # Each dialogue has a right and a wrong reference.
    for metric in FACT_METRICS:
        assert facts["references"][metric]["mean"] == pytest.approx(
            (right[metric]["mean"] + wrong[metric]["mean"]) / 2
        )
    assert [item["metric"] for item in facts["differences"]] == list(FACT_METRICS)
    first = facts["differences"][0]
    assert (first["a"], first["b"], first["mean"]) == ("wrong", "right", -1)
    assert {"low", "high", "p", "spread", "p_holm"} <= set(first)
    assert [item["metric"] for item in report["differences"]] == [
        "rouge1", "rouge2", "rougeL", "rougeLsum",
    ]  # fmt: skip


def test_score_prints_a_table_of_facts(files, capsys):
    score(*files)
    shown = capsys.readouterr().out
    for text in (
        "facts told",
        "with a new number",
        "all right",
        "references",
        "1.000 [1.000, 1.000]",
    ):
        assert text in shown, text


def test_a_single_reference_gives_no_facts_of_references(files, tmp_path, capsys):
    write_csv(tmp_path / "p.csv", rows_of(2, humans=(RIGHT,)))
    score(*files, "--json")
    assert json.loads(capsys.readouterr().out)["facts"]["references"] == {}
    score(*files)
    assert "facts told" in capsys.readouterr().out


def test_without_facts_a_report_has_none(files, capsys):
    main(["score", files[0], "--references", "summary", "--json"])
    assert "facts" not in json.loads(capsys.readouterr().out)


def test_baselines_get_fact_scores_too(files, tmp_path, capsys):
    train = [{"dialogue": DIALOGUE, "summary": RIGHT}]
    write_csv(tmp_path / "train.csv", train)
    score(*files, "--json", "--baselines", str(tmp_path / "train.csv"))
    facts = json.loads(capsys.readouterr().out)["facts"]["systems"]
    assert facts["nearest chat"] == facts["right"]


def test_score_names_ids_without_a_truth(files, tmp_path, error_of):
    write_facts(tmp_path / "facts.jsonl", ["test_0"])
    message = error_of(lambda: score(*files))
    assert "know no dialogue 'test_1', 'test_2'; they know test_0" in message


@pytest.mark.parametrize(
    "dropped, message",
    [("dialogue", "name their column with --dialogue"), ("id", "know no dialogue '1', '2', ")],
)
def test_score_names_the_column_that_facts_need(files, tmp_path, error_of, dropped, message):
    rows = [{key: row[key] for key in row if key != dropped} for row in rows_of(3)]
    write_csv(tmp_path / "p.csv", rows)
    assert message in error_of(lambda: score(*files))
