"""The search over methods: what is measured, what is chosen, and that one failure stops nobody."""

import json
import shutil

import numpy as np
import pytest

from labutils.common.errors import LabError
from tools import methods_search, methods_tested
from tools.methods_search import CANDIDATES, GRID, Candidate, Job, best, run_jobs, write

TOLD = {"trainable_parameters": 10, "seconds": 1.0}


@pytest.fixture
def small(base, chats, tmp_path, monkeypatch):
    """The fixtures' model and dialogues in the place of the tiny track's, with their facts."""
    from conftest import SUPPORT_CHATS

    dialogues = shutil.copytree(chats, tmp_path / "chats")
    shutil.copy(SUPPORT_CHATS / "facts.jsonl", dialogues)
    monkeypatch.setenv("LAB_MODEL", str(base))
    monkeypatch.setenv("LAB_DATASET", str(dialogues))


def result(candidate, facts_f1, **more):
    scores = dict.fromkeys(methods_search.SHOWN, 0.5) | {"facts_f1": facts_f1}
    return {"name": candidate.name, **vars(candidate), "scores": scores, **TOLD, **more}


def stored(folder, name, facts_f1, **more):
    path = folder / "search" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    write(path, result(CANDIDATES[name], facts_f1, **more))


def test_the_best_on_validation_is_chosen_and_of_equals_the_smaller(tmp_path):
    stored(tmp_path, "lora+-4-0.001", 0.6)
    stored(tmp_path, "lora+-16-0.001", 0.7, trainable_parameters=20)
    stored(tmp_path, "lora+-4-0.002", 0.7)
    stored(tmp_path, "ia3-0.03", 0.1)
    write(tmp_path / "search" / "full-0.001.json", {"name": "x", "method": "full", "failed": "NaN"})
    assert best(tmp_path) == {"lora+": "lora+-4-0.002", "ia3": "ia3-0.03"}
    jobs = methods_search.tests(tmp_path, "cpu")
    assert [job.path.stem for job in jobs][:2] == ["lora+-seed-42", "ia3-seed-42"]
    assert len(jobs) == 6 and all(job.path.parent.name == "tested" for job in jobs)


def test_without_a_search_nothing_is_tested(tmp_path):
    with pytest.raises(LabError, match="holds no result; search first"):
        methods_search.tests(tmp_path, "cpu")


def test_every_method_is_tried_at_three_rates_and_in_turn(tmp_path):
    assert all(len(rates) >= 3 for _, rates in GRID.values())
    first = [
        job.candidate.method for job in methods_search.searches(list(CANDIDATES), tmp_path, "")
    ]
    assert first[: len(GRID)] == list(GRID) and len(first) == len(CANDIDATES)


def test_search_test_and_time_leave_what_the_comparison_needs(small, tmp_path, monkeypatch):
    candidate = Candidate("ia3", 0.03)
    monkeypatch.setattr(methods_search, "TIMED_ROWS", 24)
    found = methods_search.searched(candidate, "cpu")
    assert found["steps"] == 18 and found["validation_dialogues"] == 10_000
    assert 0 <= found["scores"]["facts_f1"] <= 1 and found["contents"]["model"]
    tested = methods_search.tested(candidate, 43, "cpu")
    assert tested["seed"] == 43 == tested["settings"]["training"]["seed"]
    assert tested["settings"]["training"]["learning_rate"] == 0.03
    for metric, values in tested["items"].items():
        assert len(values) == tested["tested"] == 6
        assert sum(values) / 6 == pytest.approx(tested["scores"][metric], abs=1e-3)
    assert tested["saved_mib"] > 0 and tested["peak_memory_mib"] > 0
    timed = methods_search.timed(candidate, "cpu")
    assert timed["seconds"] == pytest.approx(18 * timed["seconds_a_step"], abs=0.1)


def nothing():
    return TOLD | {"scores": {"facts_f1": 0.5}}


def failing():
    raise RuntimeError("CUDA out of memory\nand more")


def dying():
    import os

    os._exit(9)


def test_a_failure_is_recorded_and_what_has_a_record_is_not_made_again(tmp_path, capsys):
    """Each in a process of its own."""
    one = Candidate("ia3", 0.03)
    works = {"fails": failing, "dies": dying, "works": nothing, "done": dying, "stale": nothing}
    jobs = [Job(tmp_path / "search" / f"{n}.json", one, "cpu", w) for n, w in works.items()]
    (tmp_path / "search").mkdir()
    write(tmp_path / "search" / "done.json", result(one, 0.9))
    write(tmp_path / "search" / "stale.json", result(Candidate("ia3", 0.01), 0.9))
    run_jobs(jobs, 2, 5)
    found = {name: json.loads((tmp_path / "search" / f"{name}.json").read_text()) for name in works}
    assert found["fails"]["failed"] == "RuntimeError: CUDA out of memory"
    assert "9" in found["dies"]["failed"] and found["dies"]["method"] == "ia3"
    assert (
        found["works"]["scores"] == {"facts_f1": 0.5} and found["done"]["scores"]["facts_f1"] == 0.9
    )
    assert found["stale"]["scores"] == {"facts_f1": 0.5}, "the result of another candidate"
    assert "4 of 4" in capsys.readouterr().out


@pytest.mark.parametrize("part", ["tested", "timed"])
def test_what_was_the_best_before_is_told_no_more(tmp_path, part):
    stored(tmp_path, "last-layers-1-0.004", 0.94)
    stored(tmp_path, "last-layers-2-0.008", 0.97)
    stored(tmp_path, "ia3-0.03", 0.68)
    (tmp_path / part).mkdir()
    for name in ("last-layers-1-0.004", "last-layers-2-0.008", "ia3-0.03"):
        write(tmp_path / part / f"{name}.json", result(CANDIDATES[name], 0.9))
    failed = {"name": "ia3-0.03", "method": "ia3", "failed": "NaN"}
    write(tmp_path / part / "failed.json", failed)
    names = [record["name"] for record in methods_search.of_the_best(tmp_path, part)]
    assert names == ["ia3-0.03", "last-layers-2-0.008"]


def test_when_time_is_over_none_is_started(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(methods_search, "_context", lambda device: None)
    run_jobs([Job(tmp_path / "a.json", Candidate("ia3", 0.03), "cpu", dying)], 1, 0)
    assert "not started: 1" in capsys.readouterr().out and not list(tmp_path.iterdir())


def test_the_table_marks_the_best_and_a_rate_at_the_end(tmp_path, capsys):
    stored(tmp_path, "dora-7-0.008", 0.7)
    stored(tmp_path, "ia3-0.03", 0.2)
    methods_search.main(["--table", "--results", str(tmp_path)])
    shown = capsys.readouterr().out
    assert "\n> dora-7-0.008 " in shown and "\n* ia3-0.03 " in shown


def test_a_method_that_learned_form_and_no_facts_is_told_by_its_shares_of_the_gain():
    """A page's prose asks the reader to compare these two."""
    reached = {"full": (0.9, 0.8), "ia3": (0.45, 0.6), "lora": (0.9, 0.8)}
    methods = [
        {"method": name, "scores": {"facts": facts, "rouge1": rouge}}
        for name, (facts, rouge) in reached.items()
    ]
    record = {"methods": methods, "untouched": {"facts": 0.5, "rouge1": 0.4}}
    told = methods_search.shares_of_gain(record)
    assert told.endswith("have: ia3 -12% and 50%; lora 100% and 100%.")
    assert methods_search.shares_of_gain(record | {"methods": methods[1:]}) == ""


START = dict.fromkeys(methods_tested.TOLD, [0.2, 0.3] * 20)
TIMED = dict.fromkeys(("full", "lora", "ia3"), {"seconds": 99.0, "device_name": "CPU"})


def records_of(method, facts_f1, seeds=(42, 43, 44)):
    """Records of a method's tests on 40 dialogues, a thousandth better with each seed."""
    return [
        {
            "method": method, "seed": seed, "tested": 40, "steps": 9, "device_name": "CPU",
            "items": {
                metric: [facts_f1 + place % 2 / 50 + turn / 1000 for place in range(40)]
                for metric in methods_tested.TOLD
            },
            "scores": dict.fromkeys(methods_tested.TOLD, facts_f1 + 0.01 + turn / 1000),
            "seconds": 10.0 + turn, "peak_memory_mib": 600.0, "saved_mib": 0.5,
            "trainable_parameters": 10,
        }
        for turn, seed in enumerate(seeds)
    ]  # fmt: skip


def test_tested_methods_are_told_as_means_over_seeds_beside_their_difference_from_full():
    tests = records_of("lora", 0.7) + records_of("full", 0.8) + records_of("ia3", 0.8)
    record = methods_tested.tested_record(tests, TIMED, START, ["ia3", "lora", "full"], 3)
    assert record["seeds"] == [42, 43, 44] and record["methods"][-1]["method"] == "lora"
    lora, full = (
        next(row for row in record["methods"] if row["method"] == name) for name in ("lora", "full")
    )
    assert lora["minus_full"]["mean"] == pytest.approx(-0.1) and full["minus_full"] is None
    assert lora["seconds"] == 99.0 and lora["scores"]["rouge1"]["mean"] == pytest.approx(0.711)
    told = {line.split(" | ")[0]: line for line in methods_tested.tested_rows(record).splitlines()}
    assert "0.711 (0.710 to 0.712)" in told["| lora"]
    assert (
        "-0.100 [-0.100,\N{NO-BREAK SPACE}-0.100] *" in told["| lora"] and "*" not in told["| ia3"]
    )
    short = {line.split(" | ")[0]: line for line in methods_tested.short_rows(record).splitlines()}
    assert short["| lora"] == "| lora | 10 | 0.711 * | 0.711 | 99 | 0.50 |"
    assert "*" not in short["| ia3"] + short["| full"]
    assert told["| zero-shot"].startswith("| zero-shot | 0.250 | 0.250 |")
    assert [set(pair) for pair in record["alike"]] == [{"full", "ia3"}]
    text = methods_tested.tested_rows(record)
    assert "Of all 6 pairs of these 4 systems" in text and "for all of them: " in text
    figure = methods_tested.plot_costs(record)
    assert len(figure.axes) == 8 and figure.axes[0].get_xscale() == "log"


def test_many_systems_far_apart_are_told_apart():
    """Of 55 pairs none was: a p-value has a floor, which Holm's correction multiplies."""
    scores = {str(place): np.linspace(0, 0.01, 40) + place / 20 for place in range(12)}
    assert methods_tested.not_told_apart(scores) == []
    scores["like 3"] = scores["3"].copy()
    assert methods_tested.not_told_apart(scores) == [("3", "like 3")]


def test_full_and_lora_are_told_by_mean_and_range_over_seeds():
    tests = records_of("lora", 0.5) + records_of("full", 0.8)[::-1]
    for record in tests:
        record["scores"] |= dict.fromkeys(methods_search.SHOWN, record["scores"]["facts"])
    record = methods_tested.seeds_record(tests, {"facts": 0.21}, 0.31)
    assert record["systems"]["lora"]["facts"] == pytest.approx([0.51, 0.511, 0.512])
    text = methods_tested.seeds_rows(record)
    assert "| facts told | 0.811 (0.810 to 0.812) | 0.511 (0.510 to 0.512) |" in text
    assert "| ROUGE-1 over the lookup's | 0.501 (0.500 to 0.502) | 0.201 (" in text
    assert "| of full's gain in facts | 1.000 (1.000 to 1.000) | 0.501 (0.500 to 0.502) |" in text
    assert "seeds 42, 43, 44, 40 test dialogues" in text


def test_no_table_of_tests_is_written_before_each_method_has_been_tested_with_each_seed():
    tests = records_of("full", 0.8) + records_of("lora", 0.7, seeds=(42, 43))
    assert methods_tested.tested_record(tests, TIMED, START, ["full", "lora"], 3) == {}
    assert methods_tested.tested_record(tests, TIMED, START, ["full"], 3)
    assert methods_tested.tested_record(tests, {}, START, ["full"], 3) == {}
    assert methods_tested.tested_record([], {}, START, [], 3) == {}
