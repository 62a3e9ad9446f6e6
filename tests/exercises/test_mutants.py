"""Every checker refuses its solution once it is broken, and the program that breaks it works."""

import numpy as np
import pytest
from conftest import exercise_blocks

from labutils.exercises import EXERCISES
from labutils.exercises.checking import TRIED, Exercise, Wrong, verdict_on
from tools import mutate_solutions
from tools.mutate_solutions import ENOUGH, REFUSED, SAME, SURVIVED, Mutant, Trial, mutants

FOUND = mutate_solutions.solutions()


def test_every_exercise_is_found_with_the_function_that_its_cell_hands_in():
    blocks = exercise_blocks()
    assert {number: name for number, (name, _) in FOUND.items()} == {
        number: block.name for number, block in blocks.items()
    }


@pytest.mark.parametrize("number", FOUND)
def test_a_checker_refuses_nine_of_ten_mutants(number):
    (found,) = mutate_solutions.tried([number], None, 0).values()
    survivors = [mutant.change for mutant, outcome in found.items() if outcome == SURVIVED]
    assert mutate_solutions.share_refused([*found.values()]) >= ENOUGH, survivors


def bootstrapped(scores, rng, quantiles):
    means = [np.mean(rows) for rows in scores.values()]
    return np.quantile([rng.choice(means, len(means)).mean() for _ in range(1000)], quantiles)


def below_zero(scores):
    lost = [task for task, cell in scores.items() if cell["change_high"] <= 0]
    return sorted(lost, key=lambda task: scores[task]["change"])


@pytest.mark.parametrize(
    "number, answer, said",
    [
        ("3.1", lambda x, W, A, B, alpha: x @ W.T + alpha // len(A) * x @ A.T @ B.T, "rounded"),
        ("4.2", below_zero, "topics is in your list"),
        (
            "4.3",
            lambda start, ladder, keep: min(
                s for s in ladder if all(ladder[s][t] > keep * start[t] for t in start)
            ),
            "use >=",
        ),
        (
            "5.2",
            lambda scores, seed: bootstrapped(scores, np.random.default_rng(), [0.025, 0.975]),
            "The same seed gives two intervals",
        ),
        (
            "5.2",
            lambda scores, seed: bootstrapped(scores, np.random.default_rng(seed), [0.05, 0.975]),
            "the lower end lies 1.6",
        ),
        (
            "5.2",
            lambda scores, seed: bootstrapped(scores, np.random.default_rng(seed), [0.025, 0.99]),
            "the upper end lies 2.3",
        ),
    ],
)
def test_a_mistake_that_a_mutant_once_passed_with_is_named(number, answer, said):
    verdict = verdict_on(EXERCISES[number], answer)
    assert verdict.state == TRIED and said in verdict.message, verdict.message


SOURCE = '''
def twice(numbers, least):
    """All numbers from the least on, doubled."""
    found = []
    while numbers:
        first = numbers.pop(0)
        if first >= least:
            found.append(2 * first)
    return found
'''
DOUBLED = [2, 4, 6]


def strict(answer):
    for least, right in ((1, DOUBLED), (2, DOUBLED[1:]), (9, [])):
        if answer([1, 2, 3, -7], least) != right:
            raise Wrong("It doubles something else.")


def lenient(answer):
    answer([1, 2, 3, -7], 1)


def outcomes(check, source=SOURCE):
    trial = Trial(Exercise("9.9", "Twice", check, "Good."), "twice", source)
    return {mutant.change: trial.outcome(mutant) for mutant in mutants(source)}


def test_a_lenient_checker_lets_mutants_survive_and_a_strict_one_does_not():
    found = outcomes(strict)
    assert found["line 8: 2 -> 3"] == found["line 7: first >= least -> first > least"] == REFUSED
    assert SURVIVED not in found.values()
    found = outcomes(lenient)
    assert found["line 8: 2 -> 3"] == found["line 7: first >= least -> first > least"] == SURVIVED


def test_a_mutant_that_loops_for_ever_is_stopped_and_refused():
    assert outcomes(strict)["line 6: numbers.pop(0) -> numbers"] == REFUSED
    endless = Mutant("", "def twice(numbers, least):\n    while True:\n        pass\n")
    assert Trial(Exercise("9.9", "Twice", strict, "."), "twice", SOURCE).outcome(endless) == REFUSED


def test_only_a_function_that_does_the_same_is_left_out():
    trial = Trial(Exercise("9.9", "Twice", lenient, "Good."), "twice", SOURCE)
    for body, outcome in (
        ("[n + n for n in numbers if not n < least]", SAME),
        ("[2 * n for n in numbers if n > 0]", SURVIVED),
        ("[2, 4, 6]", SURVIVED),
    ):
        source = f"def twice(numbers, least):\n    return {body}\n"
        assert trial.outcome(Mutant("", source)) == outcome, body


def test_nothing_counts_as_the_same_on_inputs_that_cannot_be_varied():
    def anything(answer):
        answer([1, 2, 3], object())

    source = "def first(items, model):\n    return items[0]\n"
    trial = Trial(Exercise("9.9", "First", anything, "Good."), "first", source)
    assert trial.outcome(Mutant("", source)) == SURVIVED


def test_the_program_tells_survivors_and_ends_with_1(monkeypatch, capsys):
    exercise = EXERCISES["3.2"]
    easy = Exercise("3.2", exercise.title, lambda answer: answer([(2, 3)], 1), "Good.")
    assert mutate_solutions.main(["3.2"]) == 0
    assert f"{exercise.title} " in capsys.readouterr().out
    monkeypatch.setitem(mutate_solutions.EXERCISES, "3.2", easy)
    assert mutate_solutions.main(["3.2", "--sample", "8"]) == 1
    assert "3.2 SURVIVED line 2: " in capsys.readouterr().out
    with pytest.raises(SystemExit):
        mutate_solutions.main(["7.7"])
    assert "there is no exercise 7.7" in capsys.readouterr().err
