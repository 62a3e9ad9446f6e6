"""Trivial systems: what each one says, and that they are runs like any other."""

import json
from collections import Counter

import pytest
from conftest import write_csv

from labutils import data, engine, summarization
from labutils.__main__ import main
from labutils.common.errors import LabError
from labutils.evaluation import baselines
from labutils.views import tables
from labutils.views.plots import plot_comparison

TRAIN = [
    {"dialogue": "#Person1#: My card is lost.\n#Person2#: I block the lost card.",
     "summary": "A lost card is blocked.", "topic": "bank"},
    {"dialogue": "#Person1#: I want a double room.\n#Person2#: For two nights?",
     "summary": "A room is booked.", "topic": "hotel"},
    {"dialogue": "#Person1#: My tooth hurts.", "summary": "A tooth hurts.", "topic": "dentist"},
    {"dialogue": "#Person1#: A single room, please.", "summary": "One books.", "topic": "hotel"},
]  # fmt: skip
ROWS = [
    {"dialogue": "Hello.\n#Person1#: I lost my card,\nthe blue card.\n#Person2#: Which?\n"
                 "#Person1#: The one of the bank.", "topic": "hotel"},
    {"dialogue": "#Person1#: Is a double room free?", "topic": "unheard of"},
    {"dialogue": "", "topic": ""},
]  # fmt: skip


def test_the_longest_turn_comes_without_its_speaker():
    assert baselines.longest_turn(ROWS) == [
        "I lost my card, the blue card.", "Is a double room free?", "",
    ]  # fmt: skip


def test_the_lead_is_the_first_three_turns_with_their_speakers():
    first, second, empty = baselines.lead(ROWS)
    # A line before any speaker is a turn of its own.
    assert first == "Hello. #Person1#: I lost my card,\nthe blue card. #Person2#: Which?"
    assert second == ROWS[1]["dialogue"] and empty == ""


def test_a_random_summary_is_of_the_topic_or_of_any_where_none_has_it():
    drawn = [baselines.random_summary(ROWS, TRAIN, seed) for seed in range(50)]
    hotels, others, without = (Counter(column) for column in zip(*drawn))
    assert set(hotels) == {"A room is booked.", "One books."}
    assert set(others) == set(without) == {row["summary"] for row in TRAIN}
    assert drawn[7] == baselines.random_summary(ROWS, TRAIN, 7)
    plain = [{"dialogue": row["dialogue"]} for row in ROWS]
    bare = [{key: row[key] for key in ("dialogue", "summary")} for row in TRAIN]
    found = {text for seed in range(50) for text in baselines.random_summary(plain, bare, seed)}
    assert found == {row["summary"] for row in TRAIN}
    mixed = {text for seed in range(50) for text in baselines.random_summary(plain, TRAIN, seed)}
    assert mixed == found


def test_the_nearest_summary_is_that_of_the_most_similar_dialogue():
    assert baselines.nearest_summary(ROWS[:2], TRAIN) == [
        "A lost card is blocked.", "A room is booked.",
    ]  # fmt: skip
    own = baselines.nearest_summary(TRAIN, TRAIN)
    assert own == [row["summary"] for row in TRAIN]


def test_likeness_is_the_cosine():
    """Each text is 1 long, and what all texts have counts least."""
    weights = baselines._tf_idf(["a b a", "a c", "a"])
    lengths = sum(
        (shares**2)[places == 1].sum() for _, places, shares in weights.values()
    )  # of "a c"
    assert lengths == pytest.approx(1)
    assert weights["a"][0] == 1 < weights["b"][0] == weights[("a", "c")][0]


def test_baselines_without_training_rows_are_refused():
    with pytest.raises(LabError, match="training rows, and there are none"):
        baselines.all_baselines(ROWS, [])
    assert list(baselines.all_baselines(ROWS, TRAIN)) == list(baselines.BASELINES)


def test_baselines_are_runs_that_tables_and_figures_hold(track, monkeypatch, capsys):
    found = engine.baselines(track)
    assert [run.name for run in found] == list(baselines.BASELINES)
    assert found[1].folder.name.startswith("lead-3-")
    dialogues = data.load_dialogues(track)
    assert found[1].predictions == baselines.lead(dialogues["test"].to_list())
    assert found[3].predictions == baselines.nearest_summary(
        dialogues["test"].to_list(), dialogues["train"].to_list()
    )
    table = tables.comparison_table(found)
    assert table.loc["trained"].tolist() == ["none"] * 4
    assert table.loc["training rows"].tolist() == ["0", "0", "24", "24"]
    assert "facts told" not in table.index
    assert "lead-3 minus longest turn" in tables.difference_table(found).index
    assert not tables.failure_table(found).isna().any(axis=None)
    assert plot_comparison(found).axes
    monkeypatch.setattr(
        summarization, "load_dialogues", lambda *_: pytest.fail("it was made again")
    )
    again = engine.baselines(track)
    assert [run.record for run in again] == [run.record for run in found]
    said = capsys.readouterr().out
    assert "longest turn, lead-3, random summary, nearest chat: loaded from tiny/runs, made" in said
    assert said.count("loaded from") == 1


def test_baselines_stand_beside_trained_systems(lab):
    compared = [*lab.runs.values(), *engine.baselines(lab.track)]
    assert tables.comparison_table(compared).shape[1] == 7
    assert "nearest chat minus lora" in tables.difference_table(compared).index


@pytest.fixture
def scored(tmp_path):
    """Paths of a predictions file and of a training file."""
    rows = [{"id": f"test_{i}_{j}", "human": f"Person {j}.", "mine": "A room.", **row}
            for i, row in enumerate(ROWS[:2]) for j in (1, 2)]  # fmt: skip
    write_csv(tmp_path / "p.csv", rows)
    write_csv(tmp_path / "train.csv", TRAIN)
    return str(tmp_path / "p.csv"), str(tmp_path / "train.csv")


def test_score_adds_the_baselines_of_a_training_file(scored, capsys):
    file, train = scored
    command = ["score", file, "--references", "human", "--baselines", train]
    main([*command, "--json"])
    report = json.loads(capsys.readouterr().out)
    assert list(report["systems"]) == ["mine", *baselines.BASELINES]
    assert report["n_dialogues"] == 2 and len(report["differences"]) == 10 * 4
    main(command)
    shown = capsys.readouterr().out
    assert "nearest chat minus mine" in shown and "longest turn" in shown


@pytest.mark.parametrize(
    "dropped, renamed, train, message",
    [
        ("dialogue", {}, "train.csv", "read the dialogues; name their column with --dialogue"),
        (None, {"mine": "lead-3"}, "train.csv", "lead-3 have names of baselines; rename"),
        (None, {}, "nowhere.csv", "nowhere.csv cannot be read"),
        (None, {}, "p.csv", "p.csv lacks the column summary"),
    ],
)
def test_score_names_what_baselines_lack(
    scored, tmp_path, error_of, dropped, renamed, train, message
):
    rows = data.read_table(scored[0])
    write_csv(
        tmp_path / "p.csv",
        [{renamed.get(k, k): v for k, v in row.items() if k != dropped} for row in rows],
    )
    words = ["score", scored[0], "--references", "human", "--baselines", tmp_path / train]
    assert message in error_of(*words)
