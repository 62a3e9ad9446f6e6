"""Generation: no dropout, no influence of the batch, the caller's order."""

import pytest
import torch
from conftest import KOREAN, MARKUP, chat_rows
from peft import PromptTuningConfig

from labutils import generation
from labutils.adapters import add_adapter
from labutils.common.errors import LabError
from labutils.data import load_dialogues
from labutils.generation import _has_virtual_tokens, evaluating, generate
from labutils.models import load_model, load_tokenizer
from labutils.prompts import fit_prompts
from labutils.tracks import choose_track

LENGTHS = [400, 3, 90, 1, 1600, 30, 200]


@pytest.fixture(scope="module")
def prompts():
    text = " ".join(row["dialogue"] for row in chat_rows("validation"))
    return [text[i * 50 : i * 50 + length] for i, length in enumerate(LENGTHS)]


@pytest.mark.parametrize("train_mode", [True, False])
def test_a_model_left_in_train_mode_gives_one_and_the_same_answer(
    model, tokenizer, prompts, train_mode
):
    expected = generate(model, tokenizer, prompts[:1], max_new_tokens=12)
    model.train(train_mode)
    for _ in range(4):
        assert generate(model, tokenizer, prompts[:1], max_new_tokens=12) == expected
    assert model.training is train_mode


def test_the_mode_is_restored_when_generation_fails(model):
    model.train()
    with pytest.raises(KeyError), evaluating(model):
        raise KeyError
    assert model.training


def test_a_batch_gives_what_one_prompt_at_a_time_gives_in_the_same_order(model, tokenizer, prompts):
    """Pads must not be attended to, and sorting by length must not leak out."""
    alone = [generate(model, tokenizer, [text], max_new_tokens=16)[0] for text in prompts]
    assert len(set(alone)) == len(alone)
    for size in (1, 300, 100_000):
        assert generate(model, tokenizer, prompts, max_new_tokens=16, batch_tokens=size) == alone
    back = generate(model, tokenizer, prompts[::-1], max_new_tokens=16, batch_tokens=300)
    assert back == alone[::-1]


def one_by_one(model, tokenizer, prompts, **options):
    """What transformers' own greedy `generate` answers to each prompt alone."""
    with evaluating(model), torch.inference_mode():
        outputs = [
            model.generate(
                tokenizer(prompt, return_tensors="pt")["input_ids"], do_sample=False, **options
            )
            for prompt in prompts
        ]
    return [tokenizer.decode(output[0], skip_special_tokens=True).strip() for output in outputs]


def test_every_test_dialogue_gets_the_tokens_of_one_by_one_decoding():
    """Of the tiny track, in fp32: batches, pieces and rows that leave change no answer."""
    track = choose_track("tiny")
    model, tokenizer = load_model(track.model), load_tokenizer(track.model)
    prompts = fit_prompts(load_dialogues(track)["test"]["dialogue"], tokenizer)
    assert len(prompts) == 200
    expected = one_by_one(model, tokenizer, prompts, max_new_tokens=24)
    assert generate(model, tokenizer, prompts, max_new_tokens=24) == expected


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_rows_that_end_early_write_no_more_and_the_others_go_on(
    model, tokenizer, prompts, monkeypatch, share
):
    """Whether they leave the batch, or all stay to the end: what each row writes is the same."""
    monkeypatch.setattr(generation, "LEAVING_SHARE", share)
    third = [
        model.generate(tokenizer(prompt, return_tensors="pt")["input_ids"], max_new_tokens=3)[
            0, -1
        ].item()
        for prompt in prompts[:3]
    ]
    monkeypatch.setattr(model.generation_config, "eos_token_id", [*third, 1])
    sizes, forward = [], model.forward

    def note(**options):
        sizes.append(len(options["decoder_input_ids"]))
        return forward(**options)

    expected = one_by_one(model, tokenizer, prompts, max_new_tokens=16)
    monkeypatch.setattr(model, "forward", note)
    assert generate(model, tokenizer, prompts, max_new_tokens=16) == expected
    assert sizes[0] == len(prompts)
    assert (min(sizes) < len(prompts)) == (share < 1)


@pytest.mark.parametrize(
    "options", [{"num_beams": 2}, {"cache_implementation": "static"}, {"repetition_penalty": 2.0}]
)
def test_other_ways_than_greedy_are_left_to_transformers(model, tokenizer, prompts, options):
    some = prompts[1:4]
    expected = one_by_one(model, tokenizer, some, max_new_tokens=8, **options)
    assert generate(model, tokenizer, some, max_new_tokens=8, **options) == expected


def test_what_a_checkpoint_asks_for_in_its_generation_config_is_done(
    model, tokenizer, prompts, monkeypatch
):
    greedy = generate(model, tokenizer, prompts[:3], max_new_tokens=16)
    monkeypatch.setattr(model.generation_config, "no_repeat_ngram_size", 1)
    answers = generate(model, tokenizer, prompts[:3], max_new_tokens=16)
    assert answers == one_by_one(model, tokenizer, prompts[:3], max_new_tokens=16) != greedy


@pytest.mark.parametrize("limit", [1, 7, 40])
def test_answers_end_at_max_new_tokens(monkeypatch, model, tokenizer, prompts, limit):
    widths, decode = [], tokenizer.batch_decode

    def note(ids, **options):
        widths.extend(sum(token != tokenizer.pad_token_id for token in row) for row in ids)
        return decode(ids, **options)

    monkeypatch.setattr(tokenizer, "batch_decode", note)
    generate(model, tokenizer, prompts, max_new_tokens=limit)
    assert max(widths) == limit


def test_sampling_repeats_with_its_seed_only(model, tokenizer, prompts):
    def sampled(seed):
        return generate(
            model, tokenizer, prompts[:2], max_new_tokens=10, do_sample=True, top_k=0, seed=seed
        )

    assert sampled(1) == sampled(1) != sampled(2)


def test_several_answers_a_prompt_are_refused(model, tokenizer, prompts):
    """The second prompt would get the first one's second answer."""
    with pytest.raises(LabError, match="num_return_sequences must be 1"):
        generate(model, tokenizer, prompts[:2], num_beams=2, num_return_sequences=2)


def test_tokens_before_the_prompt_are_told_from_an_adapter_that_is_switched_off(base):
    """By a private name of peft's: `generate` must know, or it decodes without the tokens."""
    config = PromptTuningConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=2)
    adapted = add_adapter(load_model(base), config)
    assert _has_virtual_tokens(adapted)
    with adapted.disable_adapter():
        assert not _has_virtual_tokens(adapted)
    assert _has_virtual_tokens(adapted) and not _has_virtual_tokens(load_model(base))


@pytest.mark.parametrize("text", [KOREAN, MARKUP, "", "🎉" * 50])
def test_any_text_gets_an_answer(model, tokenizer, text):
    assert isinstance(generate(model, tokenizer, [text], max_new_tokens=3)[0], str)


def test_no_prompts_give_no_answers(model, tokenizer):
    assert generate(model, tokenizer, []) == []
