"""Generation: no dropout, no influence of the batch, the caller's order."""

import pytest
from conftest import KOREAN, MARKUP, chat_rows

from labutils.generation import evaluating, generate

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
    for size in (2, 3, 32):
        assert generate(model, tokenizer, prompts, max_new_tokens=16, batch_size=size) == alone
    back = generate(model, tokenizer, prompts[::-1], max_new_tokens=16, batch_size=3)
    assert back == alone[::-1]


@pytest.mark.parametrize("limit", [1, 7, 40])
def test_answers_end_at_max_new_tokens(monkeypatch, model, tokenizer, prompts, limit):
    widths, decode = [], tokenizer.batch_decode

    def note(ids, **options):
        widths.append(ids.shape[1] - 1)  # the start token is not new
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


@pytest.mark.parametrize("text", [KOREAN, MARKUP, "", "🎉" * 50])
def test_any_text_gets_an_answer(model, tokenizer, text):
    assert isinstance(generate(model, tokenizer, [text], max_new_tokens=3)[0], str)


def test_no_prompts_give_no_answers(model, tokenizer):
    assert generate(model, tokenizer, []) == []
