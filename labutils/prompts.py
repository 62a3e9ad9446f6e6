"""The prompt: one template for training, generation and evaluation, whose end is never cut off."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from labutils.common.cost import stage
from labutils.common.errors import LabError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TEMPLATES = {
    "conversation": "Summarize the following conversation.\n\n{dialogue}\n\nSummary:",
    "what happened": "{dialogue}\n\nWhat was that dialogue about?",
    "brief": "Dialogue:\n{dialogue}\n\nWrite a brief summary of the dialogue above.",
    "dialogue alone": "{dialogue}",
}
DEFAULT_TEMPLATE = TEMPLATES["conversation"]


def check_template(template: str, field: str = "dialogue") -> str:
    """Return the template if {dialogue} is its only field, once; otherwise raise LabError."""
    try:
        found = [
            name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
            for _, name, form, conversion in string.Formatter().parse(template)
            if name is not None
        ]
    except (ValueError, TypeError) as error:
        raise LabError(f"The template {template!r} is not a valid format text: {error}.") from error
    if found != [field]:
        raise LabError(
            f"The template {template!r} has the fields {found}; it must contain {{{field}}} "
            f"exactly once and no other field, or the model never sees the {field}."
        )
    return template


def build_prompt(
    dialogue: str,
    template: str = DEFAULT_TEMPLATE,
    examples: Sequence[tuple[str, str]] = (),
    field: str = "dialogue",
) -> str:
    """The text that the model reads.

    Args:
        dialogue: what to summarize, or what else the template's field stands for.
        template: a text with {dialogue}, or with another field.
        examples: (dialogue, summary) pairs shown before it: none is zero-shot, one is one-shot.
        field: the name of the template's field.
    """
    check_template(template, field)
    shots = [f"{template.format(**{field: shown})} {summary}\n\n\n" for shown, summary in examples]
    return "".join(shots) + template.format(**{field: dialogue})


def fit_prompt(
    dialogue: str,
    tokenizer: PreTrainedTokenizerBase,
    *,
    template: str = DEFAULT_TEMPLATE,
    examples: Sequence[tuple[str, str]] = (),
    max_tokens: int = 512,
    field: str = "dialogue",
) -> str:
    """`build_prompt`, with the dialogue's end cut until the prompt fits into `max_tokens` tokens.

    Cutting the finished prompt instead would drop the instruction's last words ("Summary:"),
    which follow the dialogue, and the model would no longer know what to do.

    Raises:
        LabError: the template and the examples alone do not fit.
    """
    prompt = build_prompt(dialogue, template, examples, field)
    if _fits(prompt, tokenizer, max_tokens):
        return prompt
    frame = len(tokenizer(build_prompt("", template, examples, field))["input_ids"])
    room = max_tokens - frame
    if room < 1:
        raise LabError(
            f"The template and its {len(examples)} examples take {frame} tokens and leave no room "
            f"for the dialogue in {max_tokens}; shorten them or give fewer examples."
        )
    ends = _token_ends(dialogue, tokenizer)
    while True:
        cut = dialogue[: ends[min(room, len(ends)) - 1]]
        prompt = build_prompt(cut, template, examples, field)
        # At the seams tokens may merge or split, so the estimate can be off by a few.
        if room == 1 or _fits(prompt, tokenizer, max_tokens):
            return prompt
        room -= 1


def fit_prompts(
    dialogues: Sequence[str],
    tokenizer: PreTrainedTokenizerBase,
    *,
    template: str = DEFAULT_TEMPLATE,
    examples: Sequence[tuple[str, str]] = (),
    max_tokens: int = 512,
) -> list[str]:
    """`fit_prompt` for each dialogue; all are tokenized in one go, and only long ones again."""
    frame: dict[str, Any] = dict(template=template, examples=examples)
    prompts = [build_prompt(dialogue, **frame) for dialogue in dialogues]
    with stage("tokenizing"):
        encoded = tokenizer(prompts)["input_ids"] if prompts else []
        return [
            prompt
            if len(ids) <= max_tokens
            else fit_prompt(dialogue, tokenizer, max_tokens=max_tokens, **frame)
            for dialogue, prompt, ids in zip(dialogues, prompts, encoded)
        ]


def _fits(prompt: str, tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> bool:
    return len(tokenizer(prompt)["input_ids"]) <= max_tokens


def _token_ends(text: str, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The character position at which each token of the text ends."""
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    return [end for _, end in encoded["offset_mapping"]] or [0]
