"""Forgetting: one start, equal steps, every task measured, and an adapter that can be undone."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from labutils import engine, models
from labutils.common.errors import LabError
from labutils.engine import load_system
from labutils.multitask import forgetting, tasks
from labutils.multitask.experiment import Experiment, Mixture
from labutils.multitask.forgetting import forgetting_matrix
from labutils.settings import MultitaskSettings
from labutils.views import curves
from labutils.views import forgetting as views
from labutils.views.plots import COLOURS, plot_rates
from labutils.views.tables import table_html

SIZES = MultitaskSettings(
    steps=2,
    cap=20,
    max_answer_tokens=8,
    test_rows=4,
    full_learning_rate=1e-3,
    lora_learning_rate=2e-3,
    curve_points=2,
    curve_rows=3,
    inverted_share=0.1,
)
TWO = (tasks.DIALOGUES, tasks.ENTITIES)


@pytest.fixture
def experiment(track):
    small = replace(track, train_rows=12, test_dialogues=4, multitask=SIZES)
    return Experiment(small, TWO)


@pytest.fixture
def runs(experiment):
    return [experiment.zero_shot(), experiment.single_task("lora"), experiment.adapter_off()]


def test_an_adapter_switched_off_answers_like_the_untouched_model(runs):
    baseline, single, off = runs
    assert off.predictions == baseline.predictions
    assert off.name == "adapter-off" and single.name == "lora-single"
    assert off.record["steps"] == single.record["steps"] == SIZES.steps
    assert single.record["trainable_parameters"] < single.record["total_parameters"]
    assert (single.model_folder / "adapter_config.json").is_file()


def test_a_share_of_a_training_is_a_system_of_its_own(experiment, runs):
    half = experiment.interpolated("lora", 0.5)
    whole = experiment.interpolated("lora", 1)
    assert (half.name, whole.name) == ("lora-single, 50%", "lora-single, 100%")
    assert whole.predictions == runs[1].predictions
    assert len({run.folder for run in (half, whole, *runs)}) == 5
    assert not (half.folder / "model").exists()


def test_all_trainings_take_as_many_steps_and_are_found_again(experiment, monkeypatch, capsys):
    made = [experiment.single_task("full"), experiment.multitask("full"), experiment.rehearsal(0.5)]
    assert [run.name for run in made] == ["full-single", "full-multitask", "full-rehearsal-50%"]
    assert {run.record["steps"] for run in made} == {SIZES.steps}
    assert len({run.folder for run in made}) == 3
    for run in made:
        assert not (run.folder / "examples").exists()
        assert run.record["settings"]["training"]["learning_rate"] == 1e-3
    monkeypatch.setattr(engine, "fine_tune", lambda *_, **__: pytest.fail("it trained"))
    again = Experiment(experiment.track, TWO)
    assert again.multitask("full").predictions == made[1].predictions
    assert "full-multitask: loaded from" in capsys.readouterr().out


def test_a_run_on_all_test_rows_is_found_again(track):
    """As in the notebook, where nobody asks for fewer: the record's test_dialogues is null."""
    whole = replace(track, train_rows=12, test_dialogues=None, multitask=SIZES)
    made = Experiment(whole, TWO).zero_shot()
    assert made.record["test_dialogues"] is None
    assert Experiment(whole, TWO).zero_shot().predictions == made.predictions


def test_curves_go_from_the_untouched_model_to_the_last_step(experiment, runs):
    curves = forgetting.task_curves(runs[1], runs[0], TWO)
    assert list(curves) == ["dialogues", "entities"]
    for points in curves.values():
        steps, scores = zip(*points)
        assert steps == (0, SIZES.steps // 2, SIZES.steps)
        assert all(0 <= score <= 1 for score in scores)
    assert "dialogues" not in experiment.rehearsal(0.5).record["history"][-1]


def test_other_sizes_are_another_experiment(experiment):
    def settings(*of):
        return Mixture(Experiment(*of), {}).settings()

    base = settings(experiment.track, TWO)
    for change in ({"steps": 3}, {"cap": 5}, {"inverted_share": 0.2}):
        other = replace(experiment.track, multitask=replace(SIZES, **change))
        assert settings(other, TWO) != base
    assert settings(experiment.track, TWO[::-1]) != base


def test_a_single_task_training_sees_that_task_only(experiment, monkeypatch):
    seen = {}

    def fine_tune(model, tokenizer, train, *_, **options):
        seen["tasks"], seen["rows"] = set(train["task"]), len(train)
        seen["best"] = options["best"]
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "fine_tune", fine_tune)
    for run, expected in (("single_task", {"dialogues"}), ("multitask", {"dialogues", "entities"})):
        with pytest.raises(KeyboardInterrupt):
            getattr(experiment, run)("full")
        assert seen["tasks"] == expected
        assert seen["rows"] == SIZES.steps * experiment.track.full.training.effective_batch
        assert seen["best"] is None


def test_only_a_mixture_has_inverted_rows(experiment):
    inverted = tasks.DIALOGUES.inverted
    alone = [item["template"] for item in experiment.mixture({"dialogues": 1.0}).take(80)]
    mixed = [item["template"] for item in experiment.mixture(experiment.rates).take(80)]
    assert not set(alone) & set(inverted) and set(mixed) & set(inverted)


def test_a_method_of_ones_own_takes_the_experiments_steps(experiment):
    method = experiment.track.lora.variant("mine", epochs=3, validations=1)
    run = experiment.single_task(method)
    assert run.name == "mine-single" and run.record["steps"] == SIZES.steps
    assert len([entry for entry in run.record["history"] if "dialogues" in entry]) == 2


def test_a_multitask_training_ends_in_another_model(experiment):
    """What is tested is what was trained and saved, not the start."""
    run = experiment.multitask("full")
    start = models.load_model(experiment.track.model)
    trained, _ = load_system(experiment.track, run)
    moved = [
        not np.array_equal(a.detach(), b.detach())
        for a, b in zip(start.parameters(), trained.parameters())
    ]
    assert all(moved)


def test_the_matrix_holds_each_cell_with_its_interval(runs, experiment):
    matrix = forgetting_matrix(runs, TWO)
    assert matrix["tasks"] == ["dialogues", "entities"]
    assert [system["name"] for system in matrix["systems"]] == [run.name for run in runs]
    keys = {"metric", "mean", "low", "high", "n", "change", "change_low", "change_high", "more"}
    keys |= {"p", "p_holm"}
    for system in matrix["systems"]:
        for cell in system["scores"].values():
            assert set(cell) == keys and cell["n"] == 4
            assert cell["low"] <= cell["mean"] <= cell["high"]
    first, _, off = (system["scores"] for system in matrix["systems"])
    assert all(cell["change"] == cell["change_low"] == 0 for cell in first.values())
    assert {cell["p"] for cell in [*first.values(), *off.values()]} == {1.0}
    assert off == first
    path = forgetting.write_matrix(experiment.track, matrix)
    assert path.name == "forgetting.json" and json.loads(path.read_text("utf-8")) == matrix


def test_a_cells_change_is_its_score_minus_the_first_systems(runs):
    worse = replace_counts(runs[0], "entities", [0, 2])
    better = replace_counts(runs[0], "entities", [2, 2])
    cell = forgetting_matrix([better, worse], TWO)["systems"][1]["scores"]["entities"]
    assert (cell["mean"], cell["change"], cell["change_high"]) == (0, -1, -1)
    assert (
        forgetting_matrix([better, worse], TWO)["systems"][1]["scores"]["dialogues"]["change"] == 0
    )


def replace_counts(run, task, counts):
    items = run.items.copy()
    items["counts"] = [
        counts if name == task else old for name, old in zip(items["task"], items["counts"])
    ]
    return replace(run, items=items)


def test_the_matrix_is_shown_as_tables_and_heat_map(runs):
    matrix = forgetting_matrix(runs, TWO)
    table = views.forgetting_table(matrix)
    assert list(table.index) == [run.name for run in runs]
    assert "dialogues 4, entities 4" in table.attrs["caption"]
    assert table.loc["zero-shot"].tolist() == table.loc["adapter-off"].tolist()
    start = views.start_table(matrix)
    cell = matrix["systems"][0]["scores"]["entities"]
    assert start.loc["entities", "score"].startswith(f"{cell['mean']:.3f} [{cell['low']:.3f}")
    texts = [text.get_text() for text in views.plot_forgetting(matrix).axes[0].texts]
    assert len(texts) == 6 and texts[0].endswith("(0.00)")


def test_the_plot_sets_what_was_gained_against_what_was_kept(runs):
    better = replace_counts(runs[0], "entities", [2, 2])
    half = replace_counts(runs[0], "entities", [1, 2])
    matrix = forgetting_matrix([better, half, runs[2]], TWO)
    part = "full-single, 50%"
    names = ["zero-shot", part, "adapter-off"]
    for system, name in zip(matrix["systems"], names):
        system["name"] = name
    (axis,) = views.plot_gain_and_loss(matrix, {"a path": [part]}).axes
    drawn = {bars.get_label(): bars.lines[0].get_xydata().tolist() for bars in axis.containers}
    kept = {name: forgetting.shares_kept(matrix, name)["entities"] for name in names}
    assert kept[part] < 1
    assert drawn == {
        "a path": [[0, 1], [0, kept[part]]],
        "adapter-off": [[0, kept["adapter-off"]]],
    }
    assert [text.get_text() for text in axis.texts] == ["50%"]


def test_the_plot_tells_the_method_by_its_colour_and_the_remedy_by_its_mark():
    """Green, pink and the others are tasks in this notebook."""
    cell = {"metric": "m", "mean": 0.5, "change": 0.1, "change_low": 0, "change_high": 0.2}
    names = ["zero-shot", "full-single", "lora-single", "full-slow", "full-both", "lora-both"]
    systems = [{"name": name, "scores": {"a": cell, "b": cell}} for name in names]
    paths = {f"{method}-single, shares": [f"{method}-single"] for method in ("full", "lora")}
    (axis,) = views.plot_gain_and_loss({"tasks": ["a", "b"], "systems": systems}, paths).axes
    marks = {bars.get_label(): bars.lines[0] for bars in axis.containers}
    for label, mark in marks.items():
        assert mark.get_color() == COLOURS[label[:4]], label
    assert {text.get_text() for text in axis.get_legend().get_texts()} == set(marks)
    shapes = {label: mark.get_marker() for label, mark in marks.items()}
    assert shapes["full-both"] == shapes["lora-both"]
    assert shapes["full-single, shares"] == shapes["lora-single, shares"]
    assert len(set(shapes.values())) == 3


def test_a_system_that_changed_nothing_has_no_row_of_zeros(runs):
    matrix = forgetting_matrix([runs[0], replace_counts(runs[2], "entities", [0, 2]), runs[2]], TWO)
    matrix["systems"][1]["name"] = "worse"
    matrix["systems"][1]["scores"]["entities"] |= {"change_low": -0.5, "change_high": -0.125}
    table = views.change_table(matrix)
    assert list(table.index) == ["worse"] and "any change: adapter-off." in table.attrs["caption"]
    assert table.loc["worse", "entities"].endswith("\n[-0.50, -0.12]")
    assert table.loc["worse", "dialogues"] == "none"
    assert "<br>[-0.50,&nbsp;-0.12]" in table_html(table)


def test_a_star_marks_a_change_beyond_noise(runs):
    many = replace(runs[0], items=pd.concat([runs[0].items] * 4, ignore_index=True))
    worse = replace_counts(many, "entities", [0, 2])
    better = replace_counts(many, "entities", [2, 2])
    matrix = forgetting_matrix([better, worse], TWO)
    dialogues, entities = views.forgetting_table(matrix).loc["zero-shot"]
    assert entities == "0.00 (-1.00 *)" and dialogues.endswith("(0.00)")
    assert views.change_table(matrix).loc["zero-shot", "entities"] == "-1.00 *\n[-1.00, -1.00]"
    texts = [text.get_text() for text in views.plot_forgetting(matrix).axes[0].texts]
    assert texts[3] == "0.00 (-1.00 *)"


def test_stars_are_corrected_for_all_changes_of_the_matrix(runs):
    """A p-value of 0.03 is a star alone, and none among ten; the interval stays the same."""
    baseline = replace_counts(runs[0], "entities", [0, 2])
    items = baseline.items.copy()
    places = items.index[items["task"] == "entities"]
    many = pd.concat([items.loc[places]] * 10, ignore_index=True)
    better = many.copy()
    better["counts"] = [[2, 2]] * 6 + [[0, 2]] * 34
    one, other = (replace(runs[0], items=table) for table in (many, better))
    entities = (tasks.ENTITIES,)
    alone = forgetting_matrix([one, other], entities)["systems"][1]["scores"]["entities"]
    assert alone["change_low"] > 0 and alone["p_holm"] == alone["p"] < 0.05
    among = forgetting_matrix([one, *[other] * 30], entities)["systems"][1]["scores"]["entities"]
    assert among["p_holm"] == pytest.approx(min(1, 30 * among["p"]), rel=1e-6)
    assert views.forgetting_cell(alone).endswith("*)") and among["change_low"] > 0


def test_a_system_that_scores_every_row_alike_is_no_test_to_correct_for(runs):
    """An adapter that is switched off would cost the others their stars."""
    baseline = replace_counts(runs[0], "entities", [0, 2])
    better = replace_counts(baseline, "entities", [2, 2])
    off = replace_counts(runs[2], "entities", [0, 2])
    alone = forgetting_matrix([baseline, better], TWO)["systems"][1]["scores"]
    matrix = forgetting_matrix([baseline, better, off, off], TWO)
    beside = matrix["systems"][1]["scores"]
    for task in alone:
        assert beside[task]["p_holm"] == pytest.approx(alone[task]["p_holm"], abs=0.01)
    assert {cell["p_holm"] for cell in matrix["systems"][3]["scores"].values()} == {1.0}
    assert "(of systems that changed any score)" in views.change_table(matrix).attrs["caption"]


def test_validation_rows_are_there_to_choose_by(experiment, runs):
    start = experiment.validation_scores(runs[0])
    history = runs[0].record["history"][0]
    assert start == {task: history[task] for task in ("dialogues", "entities")}
    assert experiment.validation_scores(runs[1], 0.0) == start
    last = runs[1].record["history"][-1]
    assert experiment.validation_scores(runs[1]) == {task: last[task] for task in start}


def test_rehearsal_is_drawn_by_the_share_of_the_others(runs):
    matrix = forgetting_matrix([runs[0], runs[1], replace_counts(runs[1], "entities", [1, 2])], TWO)
    (axis,) = views.plot_rehearsal(matrix, [0, 73]).axes
    lines = {line.get_label(): line.get_xydata().tolist() for line in axis.lines}
    kept = [system["scores"]["entities"]["mean"] for system in matrix["systems"][1:]]
    assert lines["entities"] == [[0, kept[0]], [73, kept[1]]]
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["0", "73"]


def test_what_is_kept_is_a_share_of_the_start_where_there_is_any(runs):
    start = replace_counts(replace_counts(runs[0], "entities", [2, 4]), "dialogues", [0, 1])
    half = replace_counts(start, "entities", [1, 4])
    named = replace(half, record={**half.record, "name": "half"})
    matrix = forgetting_matrix([start, named], TWO)
    assert forgetting.shares_kept(matrix, matrix["systems"][1]["name"]) == {"entities": 0.5}


def test_a_system_is_read_with_its_worst_loss_first_and_noise_is_no_forgetting():
    def cells(*changes):
        return {
            task: {"mean": 0.8 + change, "change": change, "p_holm": p}
            for task, (change, p) in zip(("chats", "code", "stars", "names"), changes)
        }

    systems = [
        {"name": "start", "scores": cells(*[(0.0, 1.0)] * 4)},
        {"name": "one", "scores": cells((-0.4, 0.01), (-0.2, 0.01), (-0.1, 0.2), (-0.4, 0.01))},
        {"name": "two", "scores": cells((0.1, 0.01), (0.0, 1.0), (-0.04, 0.06), (0.1, 0.01))},
        {"name": "all", "scores": cells((0.1, 0.01), *[(-0.4, 0.01)] * 3)},
    ]
    matrix = {"tasks": list(systems[0]["scores"]), "systems": systems}
    assert forgetting.reading(matrix, "one") == (
        "**one** forgot: it keeps 50% of names and 75% of code; no loss of stars is settled."
    )
    assert forgetting.reading(matrix, "two") == (
        "**two** forgot nothing that this matrix can settle (least kept: 95% of stars)."
    )
    assert forgetting.reading(matrix, "all").endswith("50% of code, 50% of stars and 50% of names.")
    assert forgetting.least_kept(matrix, "two") == (pytest.approx(0.95), "stars")
    alone = {"tasks": ["chats"], "systems": [{"name": "one", "scores": cells((0.1, 0.01))}]}
    assert forgetting.reading(alone, "one") == (
        "**one** forgot nothing that this matrix can settle."
    )
    direct = {"tasks": matrix["tasks"], "systems": [systems[0], systems[1]]}
    assert forgetting.compared(direct) == (
        "**one** compared with **start**: worse on code and names; no settled difference on stars."
    )


def test_nothing_to_compare_and_unknown_methods_are_refused(experiment):
    with pytest.raises(LabError, match="No runs"):
        forgetting_matrix([])
    with pytest.raises(LabError, match="'magic'"):
        experiment.tuned("x", "magic", {"dialogues": 1.0})


def test_curves_and_rates_are_drawn():
    scores = {"a": [(1, 0.5), (2, 0.25)], "b": [(1, 0.1), (2, 0.2)]}
    lines = curves.plot_task_curves(scores).axes[0].lines
    assert [list(line.get_ydata()) for line in lines] == [[0.5, 0.25], [0.1, 0.2]]
    assert len({(line.get_marker(), line.get_linestyle()) for line in lines}) == 2
    axis = plot_rates({"a": 0.5, "b": 0.5}, {"a": 0.75, "b": 0.25}, 30).axes[0]
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["no cap", "cap 30"]
    assert [bar.get_height() for bar in axis.patches] == [0.75, 0.25, 0.5, 0.5]
    axis.figure.draw_without_rendering()
    ticks = {label.get_text() for label in axis.get_yticklabels()}  # as the bars are labelled
    assert "20%" in ticks and all(text.endswith("%") for text in ticks)
