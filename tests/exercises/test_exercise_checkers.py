"""The checkers: the notebooks' own solutions pass, and each likely mistake is named."""

import math
import re
from collections import Counter
from random import Random

import numpy as np
import pytest
from conftest import exercise_blocks, solution_of

from labutils.adapters import lora_parameters
from labutils.exercises import EXERCISES, check
from labutils.exercises.baseline import (
    DECODINGS,
    WRITTEN_BY,
    decoding_puzzle,
    judge_answers,
)
from labutils.exercises.checking import PASSED, TRIED, UNTOUCHED, Exercise, Wrong, verdict_on
from labutils.exercises.diagnosis import denies, values
from labutils.exercises.lora import (
    FLAT,
    SIZES,
    best_plan,
    few_losses,
    training_case,
    training_cases,
)
from labutils.exercises.own_chats import _shipped as shipped
from labutils.models import load_model
from labutils.planning import held_memory
from labutils.settings import LoraSettings, TrainingSettings
from labutils.training import total_steps

BLOCKS = exercise_blocks()


def test_every_notebook_has_at_least_three_exercises_and_each_a_checker():
    notebooks = Counter(number[0] for number in BLOCKS)
    assert notebooks.pop("M") >= 2  # the fault museum is short
    assert set(notebooks) == set("123456") and min(notebooks.values()) >= 3
    assert list(BLOCKS) == list(EXERCISES)
    for number, block in BLOCKS.items():
        assert block.title == EXERCISES[number].title


@pytest.mark.parametrize("number", BLOCKS)
def test_the_folded_solution_passes(number):
    verdict = verdict_on(EXERCISES[number], solution_of(BLOCKS[number]))
    assert verdict.state == PASSED, verdict.message
    assert EXERCISES[number].gain in verdict.message


@pytest.mark.parametrize("number", BLOCKS)
def test_the_stub_is_not_attempted_and_its_cell_fails_nothing(number, capsys):
    exec(compile(BLOCKS[number].code, "<cell>", "exec"), {"check": check})
    assert capsys.readouterr().out == f"Exercise {number}: not attempted yet\n"


def by_customer(rows, share, seed, key=None):
    """A right answer to 6.2, but for what is changed."""
    customers = {}
    for row in rows:
        customers.setdefault(row[key] if key else row["customer"] or row["id"], []).append(row)
    names, held_out = sorted(customers), []
    Random(seed).shuffle(names)
    for name in names:
        if len(held_out) + len(customers[name]) <= share * len(rows):
            held_out += customers[name]
    return [row for row in rows if row not in held_out], held_out


def by_row(rows):
    return {row["id"]: [row["summary"]] for row in rows}


def overwriting(rows):
    return {row["id"].rpartition("_")[0]: row["summary"] for row in rows}


def grouped(rows, name):
    groups = {}
    for row in rows:
        groups.setdefault(name(row["id"]), []).append(row["summary"])
    return groups


def steps_of(entries, key, best):
    return best((entry for entry in entries if key in entry), key=lambda e: e[key])["step"]


def diagnosed(model, optimizer, batch, masked=all, frozen=all, stopped=all, own=True):
    groups = optimizer.param_groups
    stepped = [weight for group in groups for weight in group["params"]]
    if masked((batch["labels"] == -100).flatten()):
        return "masked labels"
    if stopped(group["lr"] == 0 for group in groups):
        return "zero rate"
    if frozen(not weight.requires_grad for weight in stepped):
        return "frozen weights"
    mine = {id(weight) for weight in model.parameters()}
    return "other weights" if own and not mine & set(map(id, stepped)) else "nothing"


def unpaired_rates(sizes, cap):
    return {task: min(rows, cap) / sum(sizes.values()) for task, rows in sizes.items()}


def worst_first(scores, lost):
    return sorted((t for t in scores if lost(scores[t])), key=lambda t: scores[t]["change"])


def kept(start, ladder, enough, pick=min):
    return pick(s for s, scores in ladder.items() if enough(scores, start))


def design(curves, examples, enough):
    """{task: share} by a rule that says how many examples a task's curve wants."""
    shares = {task: enough(curve) / examples for task, curve in curves.items()}
    return {"dialogues": 1 - sum(shares.values()), **shares}


def first_kept(curve, keep, which=1):
    return min(seen for seen, point in curve.items() if point[which] >= keep)


def resampled(values, seed, quantiles=(0.025, 0.975), size=None):
    rng = np.random.default_rng(seed)
    means = [rng.choice(values, size or len(values)).mean() for _ in range(1000)]
    return np.quantile(means, quantiles)


def means_of(scores):
    return [np.mean(rows) for rows in scores.values()]


def pooled(scores, seed):
    rng, groups = np.random.default_rng(seed), list(scores.values())
    drawn = [
        np.mean(np.concatenate([groups[i] for i in rng.integers(len(groups), size=len(groups))]))
        for _ in range(1000)
    ]
    return np.quantile(drawn, [0.025, 0.975])


def rouge(prediction, reference, shared):
    precision, recall = shared / len(prediction), shared / len(reference)
    return precision, recall, 2 * precision * recall / (precision + recall)


def clipped(prediction, reference):
    return sum((Counter(prediction) & Counter(reference)).values())


def by_rows(ids, share, seed):
    place, shuffled = round(share * len(ids)), Random(seed).sample(ids, len(ids))
    return shuffled[place:], shuffled[:place]


def always_the_first(ids, share, seed):
    names = sorted({row.rpartition("_")[0] for row in ids})
    drawn = names[: round(share * len(names))]
    return [r for r in ids if r.rpartition("_")[0] not in drawn], [
        r for r in ids if r.rpartition("_")[0] in drawn
    ]


def in_place(x, W, A, B, alpha):
    W += alpha / len(A) * B @ A
    return x @ W.T


def left_off(model, x):
    model.base_model.disable_adapter_layers()
    return model(x)


def faults(table, pads=None, times=2, rows="test dialogues", fewest=30, most=0, strip=False):
    """A right answer to M.1, but for what is changed."""
    usual = pads or times * np.median([row["first loss"] for row in table])
    tested = [row["tested with"].strip() if strip else row["tested with"] for row in table]
    return {
        row["system"]: [
            name
            for name, wrong in {
                "pads": row["first loss"] > usual,
                "dropout": not row["same answer twice"],
                "prompt": row["trained with"] != words,
                "small test": row[rows] < fewest,
                "baseline": row["baseline, before"] != row["baseline, after"],
                "leak": row["also trained on"] > most,
            }.items()
            if wrong
        ]
        for row, words in zip(table, tested)
    }


def faults_of(
    chat,
    reference,
    summary,
    invented=lambda found: found,
    mixed=lambda said, wanted, told: (wanted - told) and (told & said) - wanted,
    left_out=lambda said, wanted, told: wanted - told and told <= wanted,
    turned=lambda wanted, told: wanted != told,
):
    said, wanted, told = map(values, (chat, reference, summary))
    found = {
        "invented": invented(told - said),
        "mixed up": mixed(said, wanted, told),
        "left out": left_out(said, wanted, told),
        "turned": turned(denies(reference), denies(summary)),
    }
    return {fault for fault, there in found.items() if there}


def exchanged(one, other):
    swap = {one: other, other: one}
    return {letter: swap.get(name, name) for letter, name in WRITTEN_BY.items()}


def fitting(table, repeats, seconds, key="facts", loss=0, pick=max):
    fit = [k for k, row in table.items() if row["repeats"] <= repeats
           and row["seconds"] <= seconds and row["facts_high"] >= loss]  # fmt: skip
    return pick(fit, key=lambda k: table[k][key], default="none")


def b_is_zero(model, optimizer):
    cause = solution_of(BLOCKS["3.6"])(model, optimizer)
    b = [weight for name, weight in model.named_parameters() if "lora_B" in name]
    return "zero" if cause == "learns" and not any(weight.any() for weight in b) else cause


def zero_before_merged(model, optimizer):
    cause = solution_of(BLOCKS["3.6"])(model, optimizer)
    return "learns" if cause == "merged" else cause


WRONG = [
    # 1 · baseline
    ("1.1", by_row, "'test_1_1' got a group of its own"),
    ("1.1", overwriting, "each row overwrote the one before it"),
    ("1.1", lambda rows: grouped(rows, lambda name: name[:-2]), "numbers can have two digits"),
    ("1.1", lambda rows: grouped(rows, lambda name: name.split("_")[0]), "no group 'test_1'"),
    (
        "1.1",
        lambda rows: grouped(rows[::-1], lambda name: name.rpartition("_")[0]),
        "in another order",
    ),
    ("1.1", lambda rows: [row["summary"] for row in rows], "should return a dict"),
    ("1.2", lambda before, text, after, n: (before + text + after)[:n], "the instruction's end"),
    ("1.2", lambda before, text, after, n: before + text + after, "25 tokens: too long"),
    (
        "1.2",
        lambda before, text, after, n: before + text[: -(len(text) + 5 - n)] + after,
        "such as [:-0] is empty",
    ),
    ("1.2", lambda before, text, after, n: before + text[-(n - 5) :] + after, "keep its beginning"),
    ("1.2", lambda before, text, after, n: before + text[: n - 9] + after, "7 would fit"),
    ("1.3", lambda: "{dialogue}\n\nSummarize the text above.", "answers still tell who wants"),
    ("1.3", lambda: "{dialogue}\n\nWhich product is it about?", "stand word for word in their"),
    ("1.3", lambda: "What is this text about?", "must contain {dialogue}"),
    ("1.4", lambda: list(WRITTEN_BY), "should return a dict from letter to decoding"),
    ("1.4", lambda: {"A": "greedy"}, "The letters are A, B, C, D, E"),
    ("1.4", lambda: WRITTEN_BY | {"A": "hot"}, "A is 'hot'; it must be one of"),
    ("1.4", lambda: dict.fromkeys("ABCDE", "greedy"), "has one of them twice"),
    ("1.4", lambda: exchanged("greedy", "top-p 0.9"), "so it was"),
    ("1.4", lambda: exchanged("temperature 1.5", "top-p 0.9"), "are both drawn"),
    ("1.4", lambda: exchanged("4 beams", "greedy"), "likelier"),
    ("1.4", lambda: exchanged("no repeated 3-gram", "greedy"), "three tokens"),
    ("1.4", lambda: exchanged("no repeated 3-gram", "4 beams"), "no text likelier than B's"),
    ("1.5", lambda table, n, s: max(table, key=lambda k: table[k]["facts"]), "goes around in"),
    ("1.5", lambda table, n, s: fitting(table, n, 99), "which takes"),
    ("1.5", lambda table, n, s: fitting(table, n, s, key="rouge1"), "tells more facts"),
    ("1.5", lambda table, n, s: fitting(table, n, s, loss=-1), "the loss is real"),
    ("1.5", lambda table, n, s: fitting(table, n - 1, s), "At most includes the limit itself"),
    ("1.5", lambda table, n, s: fitting(table, n, s - 0.1), "At most includes the limit itself"),
    ("1.5", lambda table, n, s: fitting(table, n, s, loss=0.01), "reaches zero shows no loss"),
    ("1.5", lambda table, n, s: fitting(table, n, s, pick=min), "tells more facts"),
    ("1.5", lambda table, n, s: table["greedy"], "return a setting's name"),
    # 2 · fine-tuning
    ("2.1", lambda labels, pad: labels, "position 5 is padding (the pad is 0 here), but its label"),
    (
        "2.1",
        lambda labels, pad: labels.masked_fill(labels <= 1, -100),
        "position 4 is the end sign </s> (1), but its label is -100",
    ),
    (
        "2.1",
        lambda labels, pad: labels.masked_fill(labels == 0, -100),
        "Row 0, position 0 is the token 0, but its label is -100",
    ),
    ("2.1", lambda labels, pad: labels[labels != pad], "a batch is a rectangle"),
    ("2.1", lambda labels, pad: labels.tolist(), "should return a tensor, and returned list"),
    ("2.2", lambda n, b, a, e: n // b // a * e, "The last batch of an epoch may be smaller"),
    ("2.2", lambda n, b, a, e: math.ceil(n * e / b / a), "Each epoch rounds up for itself"),
    ("2.2", lambda n, b, a, e: n / b / a * e, "Steps are whole"),
    ("2.2", lambda n, b, a, e: math.ceil(n / b) * e, "divide by accumulation"),
    ("2.2", lambda n, b, a, e: math.ceil(n / b) * a * e, "makes fewer steps, not more"),
    ("2.2", lambda n, b, a, e: math.ceil(math.ceil(n / b) / a), "That is one epoch"),
    ("2.4", lambda history: history[-1]["step"], "nothing was validated there"),
    ("2.4", lambda history: steps_of(history, "step", max), "nothing was validated there"),
    ("2.4", lambda history: steps_of(history, "validation_loss", min), "validation loss is lowest"),
    ("2.4", lambda history: steps_of(history, "loss", min), "training loss is lowest"),
    ("2.4", lambda history: steps_of(history, "rougeL", min), "worst ROUGE-L"),
    ("2.4", lambda history: steps_of(history[::-1], "rougeL", max), "keep the earlier"),
    ("2.4", lambda history: max(e.get("rougeL", 0) for e in history), "That is the score"),
    ("2.4", lambda history: 2, "a place in the history"),
    ("2.4", lambda history: max(history, key=lambda e: e["rougeL"])["step"], "KeyError: 'rougeL'"),
    ("2.3", lambda: {"A": "about right", "B": "too low", "C": "too low"}, "A leads at step 30"),
    ("2.3", lambda: {"A": "too high", "B": "too high", "C": "about right"}, "many times the steps"),
    ("2.3", lambda: {"A": "too low", "B": "about right", "C": "too high"}, "look at the others"),
    ("2.3", lambda: dict.fromkeys("ABC", "about right"), "3 of the three are called about right"),
    ("2.3", lambda: dict.fromkeys("ABC", "fine"), "'fine' is none of"),
    ("2.3", lambda: {"B": "about right"}, "a verdict on A, B and C"),
    ("2.5", lambda model, optimizer, batch: "nothing", "defect 'zero rate', and yours says"),
    ("2.5", lambda model, optimizer, batch: "too slow", "'too slow' is none of"),
    ("2.5", lambda *setup: diagnosed(*setup, masked=any), "every batch has some"),
    ("2.5", lambda *setup: diagnosed(*setup, frozen=any), "as under an adapter"),
    ("2.5", lambda *setup: diagnosed(*setup, stopped=any), "One group rests"),
    ("2.5", lambda *setup: diagnosed(*setup, own=False), "loaded again after the optimizer"),
    # 3 · LoRA
    ("3.1", lambda x, W, A, B, alpha: x @ W.T + x @ A.T @ B.T, "scaled by alpha / rank"),
    ("3.1", lambda x, W, A, B, alpha: x @ W.T + alpha * x @ A.T @ B.T, "divide by the rank"),
    (
        "3.1",
        lambda x, W, A, B, alpha: x @ W.T + alpha / A.shape[1] * x @ A.T @ B.T,
        "divided by W's columns",
    ),
    (
        "3.1",
        lambda x, W, A, B, alpha: x @ W.T + alpha / B.shape[0] * x @ A.T @ B.T,
        "divided by W's rows",
    ),
    (
        "3.1",
        lambda x, W, A, B, alpha: x @ W.T + A.shape[0] / alpha * x @ A.T @ B.T,
        "upside down",
    ),
    ("3.1", lambda x, W, A, B, alpha: alpha / len(A) * x @ A.T @ B.T, "With B = 0"),
    ("3.1", lambda x, W, A, B, alpha: x @ W.T, "change nothing"),
    ("3.1", lambda x, W, A, B, alpha: W, "should be (3, 4)"),
    ("3.1", in_place, "W was changed. It is frozen"),
    ("3.2", lambda shapes, rank: sum(rank * o * i for o, i in shapes), "add the two"),
    ("3.2", lambda shapes, rank: sum(o * i for o, i in shapes), "frozen layers' own"),
    ("3.2", lambda shapes, rank: sum(rank * i for o, i in shapes), "That is A alone"),
    ("3.2", lambda shapes, rank: sum(rank * o for o, i in shapes), "That is B alone"),
    ("3.2", lambda shapes, rank: rank * sum(shapes[0]), "That is the first layer"),
    ("3.2", lambda shapes, rank: rank * sum(shapes[-1]), "That is the last layer"),
    ("3.2", lambda shapes, rank: sum(map(sum, shapes)), "That is rank 1"),
    ("3.3", lambda total, trained: 16 * total / 2**30, "Frozen weights have no gradient"),
    ("3.3", lambda total, trained: 16 * trained / 2**30, "frozen weights are in memory, too"),
    ("3.3", lambda total, trained: 12 * trained / 2**30, "weights themselves are left out"),
    ("3.3", lambda total, trained: (4 * total + 8 * trained) / 2**30, "two running means"),
    ("3.3", lambda total, trained: (4 * total + 12 * trained) / 1e9, "a GiB has 2**30"),
    ("3.3", lambda total, trained: 4 * total + 12 * trained, "Those are bytes"),
    ("3.4", lambda model, x: model(x), "That is the output with the adapter"),
    ("3.4", lambda model, x: model.get_base_model()(x), "That is the output with the adapter"),
    ("3.4", lambda model, x: model.unload()(x), "the adapter is gone afterwards"),
    ("3.4", left_off, "the adapter is gone afterwards"),
    ("3.4", lambda model, x: 2 * model(x), "neither the base's output"),
    ("3.5", lambda *given: best_plan(*given, used=1), "8% of it stay free"),
    ("3.5", lambda *given: best_plan(*given, unit=1e9), "A GiB has 2**30 bytes"),
    ("3.5", lambda *given: best_plan(*given, per_trained=12), "takes 16 bytes"),
    ("3.5", lambda *given: best_plan(*given, per_trained=0), "weights take 16 bytes each"),
    ("3.5", lambda *given: best_plan(*given, per_trained=15), "For a card of 0.6862 GiB"),
    ("3.5", lambda *given: best_plan(*given, per_trained=17), "For a card of 0.6862 GiB"),
    ("3.5", lambda *given: best_plan(*given, per_row=0), "Each row of the batch"),
    ("3.5", lambda *given: ("flan-t5-small", "fp32", 4, 1), "but a larger model fits"),
    ("3.5", lambda *given: ("flan-t5-xl", "fp32", 4, 1), "which needs 15.06 GiB of 5.52"),
    ("3.5", lambda *given: ("flan-t5-large", "4 bits", 64, 1), "but the base in fp32 fits"),
    ("3.5", lambda *given: ("flan-t5-large", "fp32", 4, 1), "but a higher rank fits"),
    (
        "3.5",
        lambda card, models, ranks, b: best_plan(card, models, ranks, [min(b)]),
        "but a larger batch fits",
    ),
    ("3.5", lambda *given: ("flan-t5-large", 64), "should return (model, base, rank, batch)"),
    ("3.5", lambda *given: {}.get(given[0]), "but ('flan-t5-large', 'fp32', 64, 1) fits"),
    ("3.6", lambda model, optimizer: "learns", "where 'frozen' is right: no weight"),
    ("3.6", b_is_zero, "said 'zero' where 'learns' is right: nothing is wrong"),
    ("3.6", lambda model, optimizer: "flat", "should be one of frozen, not in the optimizer"),
    ("3.6", zero_before_merged, "said 'learns' where 'merged' is right"),
    # 4 · multitask
    (
        "4.1",
        lambda sizes, cap: {t: n / sum(sizes.values()) for t, n in sizes.items()},
        "still drowns the others",
    ),
    ("4.1", unpaired_rates, "Divide by the sum of the *capped* sizes"),
    ("4.1", lambda sizes, cap: {t: 1 / len(sizes) for t in sizes}, "equally likely"),
    ("4.1", lambda sizes, cap: {}, "The tasks are ['chats', 'code']"),
    ("4.1", lambda sizes, cap: {t: float(t == min(sizes)) for t in sizes}, "min(size, cap)"),
    ("4.2", lambda s: worst_first(s, lambda cell: cell["change"] < 0), "this may be noise"),
    ("4.2", lambda s: worst_first(s, lambda cell: cell["change_low"] < 0), "this may be noise"),
    (
        "4.2",
        lambda s: worst_first(s, lambda c: c["change_high"] < 0 or c["change_low"] > 0),
        "dialogues gained",
    ),
    ("4.2", lambda s: [t for t in s if s[t]["change_high"] < 0], "the worst loss comes first"),
    ("4.2", lambda s: worst_first(s, lambda cell: cell["change"] < -0.7), "code is missing"),
    (
        "4.3",
        lambda start, ladder, keep: kept(
            start, ladder, lambda scores, s: sum(scores.values()) >= keep * sum(s.values())
        ),
        "one task makes up for another",
    ),
    (
        "4.3",
        lambda start, ladder, keep: kept(
            start, ladder, lambda scores, s: any(scores[t] >= keep * s[t] for t in s)
        ),
        "not *every* one",
    ),
    (
        "4.3",
        lambda start, ladder, keep: kept(
            start, ladder, lambda scores, s: all(scores[t] >= keep * s[t] for t in s), next
        ),
        "need not come sorted",
    ),
    ("4.3", lambda start, ladder, keep: max(ladder), "smallest share that suffices"),
    (
        "4.4",
        lambda curves, n, keep: design(curves, n, lambda c: first_kept(c, keep, which=0)),
        "on average, and by its interval it may be 88%",
    ),
    (
        "4.4",
        lambda curves, n, keep: design(curves, n, lambda c: first_kept(c, keep)),
        "trust no single lucky point",
    ),
    ("4.4", lambda curves, n, keep: design(curves, n, max), "dialogues pay too much: ratings"),
    ("4.4", lambda curves, n, keep: design(curves, n, min), "reports is lost: 0 examples keep 55%"),
    (
        "4.4",
        lambda curves, n, keep: design(curves, n, max) | {"dialogues": 1},
        "add up to 2.6",
    ),
    ("4.4", lambda curves, n, keep: dict.fromkeys(curves, 0.25), "The tasks are ['dialogues'"),
    (
        "4.4",
        lambda curves, n, keep: design(curves, n, lambda c: -min(list(c)[1:])),
        "a share cannot be negative",
    ),
    # 5 · evaluation
    (
        "5.1",
        lambda p, r: (clipped(p, r) / len(r), clipped(p, r) / len(p), 0.5),
        "precision and recall are swapped",
    ),
    (
        "5.1",
        lambda p, r: rouge(p, r, sum(word in r for word in p)),
        "a word counts at most as often",
    ),
    ("5.1", lambda p, r: rouge(p, r, len(set(p) & set(r))), "a set forgets that"),
    (
        "5.1",
        lambda p, r: (*rouge(p, r, clipped(p, r))[:2], sum(rouge(p, r, clipped(p, r))[:2]) / 2),
        "harmonic mean",
    ),
    ("5.1", lambda p, r: rouge(p, r, clipped(p, r)), "divides by zero"),
    ("5.1", lambda p, r: clipped(p, r), "should return precision, recall and F1"),
    ("5.2", lambda chat, reference, summary: "right", "should return a set of faults"),
    ("5.2", lambda chat, reference, summary: {"wrong"}, "'wrong' is no fault"),
    ("5.2", lambda chat, reference, summary: set(), "overlooks invented: neither the name"),
    (
        "5.2",
        lambda chat, reference, summary: {"mixed up"} & {"mixed up"},
        "a detail more is no fault",
    ),
    (
        "5.2",
        lambda *texts: faults_of(*texts, left_out=lambda said, wanted, told: wanted - told),
        "what they push aside is not also left out",
    ),
    (
        "5.2",
        lambda *texts: faults_of(*texts, mixed=lambda said, wanted, told: set()),
        "overlooks mixed up: Lahestad stands in the chat",
    ),
    (
        "5.2",
        lambda *texts: faults_of(*texts, turned=lambda wanted, told: wanted and not told),
        "look in both directions",
    ),
    (
        "5.2",
        lambda *texts: faults_of(*texts, invented=lambda found: {w for w in found if w.isalpha()}),
        "numbers can be invented as well as names",
    ),
    (
        "5.3",
        lambda scores, seed: resampled(np.concatenate(list(scores.values())), seed),
        "The three rows of a dialogue go together",
    ),
    (
        "5.3",
        lambda scores, seed: [np.mean(means_of(scores))] * 2,
        "Draw *with* replacement",
    ),
    (
        "5.3",
        lambda scores, seed: resampled(means_of(scores), seed, (0.25, 0.75)),
        "cut 2.5% at each end",
    ),
    (
        "5.3",
        lambda scores, seed: resampled(means_of(scores), seed, (0.05, 0.95)),
        "take the quantiles 0.025 and 0.975",
    ),
    ("5.3", lambda scores, seed: np.quantile(means_of(scores), [0.025, 0.975]), "too wide"),
    ("5.3", lambda scores, seed: resampled(means_of(scores), seed)[::-1], "above the upper one"),
    ("5.3", lambda scores, seed: (0.1, 0.2, 0.3), "two numbers, low and high"),
    ("5.3", pooled, "A dialogue's value is the mean of its rows"),
    ("5.4", by_rows, "Draw dialogues, not rows"),
    ("5.4", always_the_first, "Every seed holds out the same rows"),
    ("5.4", lambda ids, share, seed: (ids, ids[:3]), "on both sides"),
    ("5.4", lambda ids, share, seed: ([], ids[1:]), "60 rows went in, 59 came out"),
    ("5.4", lambda ids, share, seed: ([], ids), "100% of the rows are held out"),
    ("5.4", lambda ids, share, seed: ids, "should return two lists"),
    # 6 · the fault museum
    ("M.1", lambda table: {row["system"]: [] for row in table}, "System B lacks 'small test'"),
    ("M.1", lambda table: {row["system"]: "pads" for row in table}, "[] for a sound one"),
    ("M.1", lambda table: {row["system"]: ["typo"] for row in table}, "'typo' is no fault"),
    ("M.1", lambda table: {}, "The systems are A, B"),
    ("M.1", lambda table: faults(table, pads=3), "System z is accused of 'pads'"),
    ("M.1", lambda table: faults(table, times=3), "System one lacks 'pads'"),
    ("M.1", lambda table: faults(table, times=1.9), "System z is accused of 'pads'"),
    ("M.1", lambda table: faults(table, rows="test rows"), "System B lacks 'small test'"),
    ("M.1", lambda table: faults(table, fewest=31), "three is accused of 'small test'"),
    ("M.1", lambda table: faults(table, most=10), "System one lacks 'leak'"),
    ("M.1", lambda table: faults(table, strip=True), "System x lacks 'prompt'"),
    ("M.2", lambda d, effect: math.ceil(2.8 * np.std(d) / abs(effect)), "Square it"),
    ("M.2", lambda d, effect: math.ceil((1.96 * np.std(d) / effect) ** 2), "half the samples"),
    ("M.2", lambda d, effect: math.ceil((2.8 * np.var(d) / effect) ** 2), "take its root"),
    ("M.2", lambda d, effect: math.ceil((2.8 * np.std(d) / np.mean(d)) ** 2), "the one you claim"),
    ("M.2", lambda d, effect: float((2.8 * np.std(d) / effect) ** 2), "round it up"),
    # 7 · your own chats
    ("6.1", lambda text: re.sub(r"[A-Z]\d{4}", "#OrderNumber#", text), "No order number is in it"),
    ("6.1", lambda text: re.sub(r"\b[A-Z]\d{4}\b", "#Number#", text), "The placeholder is"),
    ("6.1", lambda text: re.sub(r"\b[A-Z]\d{4}\b", "#OrderNumber#", text, count=1), "hide 2"),
    ("6.1", lambda text: re.sub(r"\b[A-Z]\d{4}\S*", "#OrderNumber#", text), "should stay"),
    ("6.1", lambda text: text, "Write #OrderNumber# for"),
    ("6.2", lambda rows, share, seed: (rows[9:], rows[:9]), "draw customers, not rows"),
    ("6.2", lambda rows, share, seed: by_customer(rows, share, seed, key="customer"), "nobody's"),
    ("6.2", lambda rows, share, seed: by_customer(rows, share, 0), "Every seed holds out"),
    ("6.2", lambda rows, share, seed: by_customer(rows, share, None), "gives two different splits"),
    ("6.2", lambda rows, share, seed: by_customer(rows, 2 * share, seed), "more than the 25%"),
    ("6.2", lambda rows, share, seed: by_customer(rows, share / 2, seed), "There is room for"),
    ("6.2", lambda rows, share, seed: ([], rows[1:]), "44 rows went in, 43 came out"),
    ("6.2", lambda rows, share, seed: rows, "should return two lists"),
    ("6.3", lambda models: max(models, key=lambda row: row["low"])["name"], "not its chats"),
    ("6.3", lambda models: shipped(models, gain="gain"), "may be luck"),
    ("6.3", lambda models: shipped(models, names=1.0), "more than a tenth"),
    ("6.3", lambda models: shipped(models, best=lambda row: -row["low"]), "fewest new names"),
    ("6.3", lambda models: shipped(models, best=lambda row: row["new_names"]), "lower end wins"),
    ("6.3", lambda models: "some", "none of the three"),
    ("6.3", lambda models: 1, "a name or"),
]  # fmt: skip


@pytest.mark.parametrize("number, answer, said", WRONG, ids=[f"{n} {s}" for n, _, s in WRONG])
def test_a_likely_mistake_is_named(number, answer, said):
    verdict = verdict_on(EXERCISES[number], answer)
    assert verdict.state == TRIED
    assert said in verdict.message


def test_every_checker_is_tried_with_at_least_two_mistakes():
    tried = Counter(number for number, _, _ in WRONG)
    assert tried.keys() == EXERCISES.keys() and min(tried.values()) >= 2


def test_the_exercise_on_decoding_can_be_solved_from_what_it_shows():
    """Whatever the base model, its hints must be true: if not, another chat or seed is needed."""
    puzzle = decoding_puzzle()
    assert list(puzzle.index) == list(WRITTEN_BY) and puzzle["seed 1"].is_unique
    likely = {}
    for letter, name in WRITTEN_BY.items():
        drawn = DECODINGS[name].get("do_sample", False)
        assert (puzzle["seed 2"][letter] != "the same") is drawn, name
        values = [float(value) for value in puzzle.iloc[:, 2][letter].split(", ")]
        assert len(values) == 1 + drawn
        likely[name] = sum(values) / len(values)
    assert max(likely, key=likely.get) == "4 beams"
    assert likely["greedy"] > likely["no repeated 3-gram"]
    assert likely["top-p 0.9"] > likely["temperature 1.5"]
    written = dict(zip(WRITTEN_BY.values(), puzzle["seed 1"]))
    assert written["no repeated 3-gram"].count("#Person1#") < 2


def test_an_answer_that_only_knows_the_first_inputs_is_refused():
    """Checkers bring several inputs, so a result that was typed in does not pass."""
    for number, first in (("2.2", 36), ("3.2", 768), ("4.3", 0.05), ("2.4", 80)):
        assert verdict_on(EXERCISES[number], lambda *_, first=first: first).state == TRIED


@pytest.mark.parametrize(
    "answers, said",
    [
        (["", " ", "", "x"], "falls silent"),
        (["hello"] * 4, "hardly depend on the chat"),
        (["#Person1# is glad."] * 4, "4 of 4 answers still tell who wants what"),
        (["#Person1#"] * 4, "took it for another of its tasks"),
        (["Ann Bell hopes to fly home on Friday."] * 2 + ["a", "b"], "2 of 4 answers still tell"),
    ],
)
def test_answers_that_name_no_topic_do_not_pass(answers, said):
    with pytest.raises(Wrong, match=said):
        judge_answers(answers, ["#Person1#: Good day."] * 4)


def test_a_students_error_is_told_with_its_line_and_not_raised():
    lines = ["", "def answer(labels, pad):", "    width = len(labels)", "    return labels[widht]"]
    names = {}
    exec(compile("\n".join(lines), "<cell>", "exec"), names)
    verdict = verdict_on(EXERCISES["2.1"], names["answer"])
    assert verdict.state == TRIED and "line 4" in verdict.message
    assert "NameError: name 'widht' is not defined" in verdict.message


@pytest.mark.parametrize(
    "answer, said",
    [
        (lambda: 1, "keep the stub's arguments"),
        (lambda labels, pad: exec("raise SystemExit(3)"), "SystemExit: 3"),
        (lambda labels, pad: print(end=""), "It returned None. Is there a `return`"),
        ([1, 2], "give the function itself"),
        (None, "give the function itself"),
    ],
)
def test_whatever_is_handed_in_gets_an_answer(answer, said):
    verdict = verdict_on(EXERCISES["2.1"], answer)
    assert verdict.state == TRIED and said in verdict.message


JUNK = (0, -1, 0.5, float("nan"), "", "text", [], [1], {}, {"a": 1}, (), (1, 2), (1, 2, 3), object,
        len, np.zeros((2, 2)), ["", None], ([], []), {"dialogues": None}, True)  # fmt: skip


@pytest.mark.parametrize("number", EXERCISES)
def test_nothing_that_is_returned_passes_or_raises(number):
    for junk in JUNK:
        verdict = verdict_on(EXERCISES[number], lambda *_, junk=junk: junk)
        assert verdict.state == TRIED, (number, junk)
        assert 20 < len(verdict.message) < 500, verdict.message


def test_only_a_body_of_dots_is_not_attempted():
    def documented(labels, pad):
        """Labels -> labels."""
        ...

    exercise = Exercise("9.9", "Any", lambda answer: answer(), "Good.")
    assert verdict_on(exercise, documented).state == UNTOUCHED
    for answer in (lambda: 5, lambda: (), dict, documented.__name__.upper):
        assert verdict_on(exercise, answer).state == PASSED


@pytest.mark.parametrize("cause", FLAT)
def test_a_loss_is_flat_where_something_is_wrong_with_the_adapter_and_only_there(cause):
    losses = few_losses(*training_case(cause))
    assert (losses[-1] < 0.7 * losses[0]) == (cause == "learns")
    assert (len(set(losses)) == 1) == (cause != "learns")
    cases = training_cases()
    assert len(cases) == len(FLAT)
    asked = [solution_of(BLOCKS["3.6"])(*case) for case in cases.values()]
    assert sorted(asked) == sorted(FLAT)


@pytest.mark.parametrize("name", SIZES)
def test_the_sizes_to_plan_with_are_the_planners(name):
    """Not xl's activations, which only a play takes minutes to count."""
    for base, method in {"fp32": "lora", "4 bits": "qlora"}.items():
        held = held_memory(f"google/{name}", method)
        assert SIZES[name]["base"][base] / 2**30 == pytest.approx(held["frozen weights"], abs=0.01)
    assert 32 * 4 * SIZES[name]["width"] / 2**30 == pytest.approx(held["trained weights"])


def test_numpys_numbers_are_numbers():
    def count(shapes, rank):
        return (rank * np.array(shapes)).sum()

    assert verdict_on(EXERCISES["3.2"], count).state == PASSED


def test_a_checker_gives_a_student_copies_of_its_lists():
    def careless(before, dialogue, after, limit):
        del dialogue[limit - len(before) - len(after) :]
        before += dialogue + after
        return before

    assert verdict_on(EXERCISES["1.2"], careless).state == PASSED


def test_steps_and_memory_are_those_of_the_library(base):
    """What the exercises teach is what the lab itself computes."""
    settings = TrainingSettings(epochs=2, batch_size=8, accumulation=4, learning_rate=1e-3)
    assert solution_of(BLOCKS["2.2"])(100, 8, 4, 2) == total_steps(100, settings)
    model, adapter = load_model(base), LoraSettings(rank=3, alpha=3, targets=("q", "wo"))
    shapes = [
        tuple(layer.weight.shape)
        for name, layer in model.named_modules()
        if name.rpartition(".")[2] in adapter.targets
    ]
    assert solution_of(BLOCKS["3.2"])(shapes, 3) == lora_parameters(model, adapter)
