"""One prompt for training and evaluation, whose instruction survives any dialogue."""

import random

import pytest
from conftest import KOREAN, MARKUP, chat_rows

from labutils.common.errors import LabError
from labutils.prompts import TEMPLATES, build_prompt, check_template, fit_prompt, fit_prompts

LONG = {
    "english": "#Person1#: I would like to move my flight to Monday, please.\n" * 1700,
    "emoji": "🎉🧑‍🚀 yes! " * 10000,
    "korean": f"{KOREAN}\n" * 2500,
    "one word": "a" * 100_000,
    "html": MARKUP * 2000,
}


@pytest.mark.parametrize(
    "template",
    [
        "Summarize this.",
        "{text}",
        "{dialogue} {other}",
        "{dialogue} {dialogue}",
        "{}",
        "{dialogue",
        "{dialogue.upper}",
        "{dialogue:d}",
        "{dialogue:{width}}",
        "{dialogue!r}",
        None,
    ],
)
def test_a_template_that_cannot_hold_the_dialogue_once_is_refused(template):
    with pytest.raises(LabError, match="template") as caught:
        check_template(template)
    assert repr(template) in str(caught.value)


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=list(TEMPLATES))
def test_every_template_offered_works_with_braces_in_the_dialogue(template):
    prompt = build_prompt("{x} {dialogue} {0}", template, [("{y}", "{z}")])
    assert prompt.count("{x} {dialogue} {0}") == 1 and "{y}" in prompt and "{z}" in prompt


@pytest.mark.parametrize("shots", [0, 1])
@pytest.mark.parametrize("text", LONG.values(), ids=list(LONG))
def test_the_instruction_survives_a_dialogue_of_100000_characters(tokenizer, text, shots):
    examples = [("#Person1#: Hi.", "Somebody says hi.")] * shots
    prompt = fit_prompt(text, tokenizer, examples=examples, max_tokens=128)
    tokens = len(tokenizer(prompt)["input_ids"])
    head, tail = build_prompt("\0", examples=examples).split("\0")
    assert prompt.startswith(head) and prompt.endswith(tail)
    assert text.startswith(prompt[len(head) : -len(tail)])
    assert 120 <= tokens <= 128


def test_no_prompt_is_longer_than_the_limit(tokenizer):
    """Also where one character becomes many tokens, and where tokens merge at the seams."""
    letters = "aqz \n🎉안㏂½#"
    draw = random.Random(5)
    for limit in range(16, 40):
        for _ in range(20):
            text = "".join(draw.choices(draw.sample(letters, 2), k=draw.randint(1, 45)))
            prompt = fit_prompt(text, tokenizer, template="{dialogue}", max_tokens=limit)
            assert len(tokenizer(prompt)["input_ids"]) <= limit, text


def test_many_prompts_are_cut_where_each_alone_is(tokenizer):
    dialogues = [row["dialogue"] for row in chat_rows("validation")]
    fitted = fit_prompts(dialogues, tokenizer, max_tokens=64)
    assert fitted == [fit_prompt(dialogue, tokenizer, max_tokens=64) for dialogue in dialogues]
    assert fitted != [build_prompt(dialogue) for dialogue in dialogues]
    assert max(len(ids) for ids in tokenizer(fitted)["input_ids"]) <= 64


def test_a_dialogue_that_fits_is_not_cut(tokenizer):
    dialogue = chat_rows("validation")[0]["dialogue"]
    assert fit_prompt(dialogue, tokenizer) == build_prompt(dialogue)


def test_examples_that_leave_no_room_are_refused(tokenizer):
    row = chat_rows("validation")[0]
    shown = [(row["dialogue"], row["summary"])] * 3
    with pytest.raises(LabError, match="3 examples take .* in 128; shorten them"):
        fit_prompt(row["dialogue"], tokenizer, examples=shown, max_tokens=128)
    with pytest.raises(LabError, match="no room"):
        fit_prompt(row["dialogue"], tokenizer, template="long " * 200 + "{dialogue}", max_tokens=64)


def test_examples_come_solved_and_before_the_question():
    prompt = build_prompt("new", "Q {dialogue} A:", [("one", "1"), ("two", "2")])
    assert prompt == "Q one A: 1\n\n\nQ two A: 2\n\n\nQ new A:"
