"""Mixing: FLAN's rates, draws that follow them, the same stream by seed, and resuming."""

from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest
from datasets import Dataset

from labutils.common.errors import LabError
from labutils.multitask import mixing, tasks

SIZES = {"ratings": 90, "code": 30, "reports": 30}


@pytest.fixture
def rows():
    return {
        name: Dataset.from_list([{"text": f"{name} {i}", "answer": f"{i}"} for i in range(size)])
        for name, size in SIZES.items()
    }


@pytest.fixture
def stream(rows, track):
    """A function that makes the mixture anew."""

    def make(rates=None, **options):
        rates = rates or mixing.mixing_rates(SIZES, cap=60)
        return mixing.mixed_stream(tasks.TASKS, rows, rates, track, **options)

    return make


def test_rates_are_proportional_up_to_the_cap():
    assert mixing.mixing_rates({"a": 30_000, "b": 1_000}) == {"a": 0.75, "b": 0.25}
    assert mixing.mixing_rates({"a": 300, "b": 100}, cap=None) == {"a": 0.75, "b": 0.25}
    assert mixing.mixing_rates({"a": 9, "b": 7}, cap=1) == {"a": 0.5, "b": 0.5}
    assert sum(mixing.mixing_rates(SIZES).values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("sizes", "cap", "named"),
    [({}, 3000, "no tasks"), ({"a": 0}, 3000, "'a'"), ({"a": 5}, 0, "cap"), ({"a": 5}, 2.5, "cap")],
)
def test_rates_of_nothing_are_refused(sizes, cap, named):
    with pytest.raises(LabError, match=named):
        mixing.mixing_rates(sizes, cap)


def test_rehearsal_gives_the_others_their_share():
    rates = mixing.rehearsal_rates({"a": 0.5, "b": 0.375, "c": 0.125}, "a", 0.1)
    assert rates == pytest.approx({"a": 0.9, "b": 0.075, "c": 0.025})
    assert mixing.rehearsal_rates({"a": 0.5, "b": 0.5}, "a", 0) == {"a": 1.0}
    for share in (-0.1, 1.5):
        with pytest.raises(LabError, match="rehearsal share"):
            mixing.rehearsal_rates({"a": 0.5, "b": 0.5}, "a", share)
    with pytest.raises(LabError, match="'z' is not among"):
        mixing.rehearsal_rates({"a": 1.0}, "z", 0.1)


def test_draws_follow_the_rates(stream):
    counts = Counter(example["task"] for example in stream().take(2000))
    for name, rate in mixing.mixing_rates(SIZES, cap=60).items():
        assert counts[name] / 2000 == pytest.approx(rate, abs=0.04)


def test_the_stream_repeats_by_seed_and_only_by_seed(stream):
    first, again, other = (list(stream(seed=seed).take(200)) for seed in (1, 1, 2))
    assert first == again != other


def test_a_task_is_seen_whole_before_it_repeats_and_then_in_other_words(stream):
    alone = list(stream({"code": 1.0}).take(60))
    assert len({item["text"] for item in alone[:30]}) == 30
    assert {item["text"] for item in alone[30:]} == {item["text"] for item in alone[:30]}
    assert len({item["template"] for item in alone}) == len(CODE.templates)
    assert [i["template"] for i in alone[:30]] != [i["template"] for i in alone[30:]]


CODE = next(task for task in tasks.TASKS if task.name == "code")


def test_a_stopped_stream_goes_on_where_it_was(stream):
    whole = list(stream().take(150))
    stopped = stream()
    reader = iter(stopped)
    assert list(islice(reader, 70)) == whole[:70]
    place = stopped.state_dict()
    resumed = stream()
    resumed.load_state_dict(place)
    assert list(islice(iter(resumed), 80)) == whole[70:]


def test_a_rate_for_no_task_is_refused(stream):
    with pytest.raises(LabError, match="No task is named poems"):
        stream({"poems": 1.0})


def test_prepared_examples_are_the_streams_and_lie_on_disk(stream, tokenizer, tmp_path):
    made = mixing.encoded_mixture(
        stream(), 40, tasks.TASKS, tokenizer, tmp_path, max_prompt_tokens=48, max_answer_tokens=16
    )
    expected = list(stream().take(40))
    assert made["task"][:] == [item["task"] for item in expected]
    assert made.cache_files
    for row, item in zip(made, expected):
        assert row["labels"] == tokenizer(item["answer"])["input_ids"][: len(row["labels"])]
        assert len(row["input_ids"]) <= 48 and row["attention_mask"] == [1] * len(row["input_ids"])
        end = tokenizer.decode(row["input_ids"], skip_special_tokens=True)[-4:]
        assert item["template"].format(text=item["text"]).endswith(end.strip()[-3:])


def test_an_inverted_share_outside_0_to_1_is_refused(track):
    with pytest.raises(LabError, match="inverted_share"):
        replace(track.multitask, inverted_share=1.5)
    with pytest.raises(LabError, match="rehearsal"):
        replace(track.multitask, rehearsal=(0.1, -1))
