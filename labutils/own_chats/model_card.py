"""A model card, every number of which is read from the run records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from labutils.views.tables import markdown, seconds_told, share_told

if TYPE_CHECKING:
    import pandas as pd

CARD_FILE = "README.md"
"""Where the Hub looks for it."""

CARD = """---
pipeline_tag: summarization
library_name: {library}
base_model: {base}
tags: [dialogue-summarization]
---

# {base}, tuned on {rows:,} chats

{verdict}

{scores}

{caption}

## How to use it

```python
{code}
```

The prompt is the one it was trained with. Cut longer chats yourself, at the end of the dialogue,
so that the prompt fits into {prompt_tokens} tokens; these lines do not.

## How it was made

{data} {training}

## What to mind

- It was tested on {chats} chats of the same source as it learned from. Of other chats, other
  languages and other times these numbers say nothing.
- Summaries can invent: {inventions}. Somebody should read what matters.
- The license of the base ({base}: {licence}) holds for this model too, and the chats' owners
  decide who may have it: weights can repeat what they were trained on.
"""

LICENCES = {"tiny-flan-t5": "MIT", "google/flan-t5-": "Apache 2.0", "google/mt5-": "Apache 2.0"}
"""Of bases whose names begin so, as their own cards tell."""

USE = """from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

model = AutoModelForSeq2SeqLM.from_pretrained("{folder}")
tokenizer = AutoTokenizer.from_pretrained("{folder}")
prompt = {template}.format(dialogue="#Person1#: ...")
tokens = model.generate(**tokenizer(prompt, return_tensors="pt"), max_new_tokens={tokens})
print(tokenizer.decode(tokens[0], skip_special_tokens=True))"""


def model_card(
    record: dict, results: pd.DataFrame, verdict: str, prepared: dict | None = None
) -> str:
    """The card of a tuned model as Markdown, as the Hub reads it: its run's record, what
    `tuning.results_table` and `tuning.verdict` say, and the record of `preparing`, if there is one.
    """
    adapter = record["settings"].get("adapter")
    return CARD.format(
        library="peft" if adapter else "transformers",
        base=record["model"],
        rows=record["train_rows"],
        verdict=verdict,
        scores=markdown(["system", *results], results.itertuples()),
        caption=results.attrs["caption"],
        code=_code(record, "merged" if adapter else "model"),
        prompt_tokens=record["max_prompt_tokens"],
        data=_data(record, prepared),
        training=_training(record, adapter),
        licence=_licence(record["model"]),
        chats=record["test_dialogues"],
        inventions=_inventions(record["failures"]),
    )


def _inventions(failures: dict) -> str:
    told = "of the test summaries have"
    numbers = share_told(failures, "new_numbers")
    if failures["new_names"] is None:
        told = f"{numbers} {told} a number that is not in their chat"
        return f"{told}.\n  Names cannot be told in these scripts"
    names = share_told(failures, "new_names")
    return f"{names} {told} a name, {numbers} a number\n  that is not in their chat"


def _code(record: dict, folder: str) -> str:
    template = json.dumps(record["settings"]["template"], ensure_ascii=False)
    return USE.format(folder=folder, template=template, tokens=record["max_summary_tokens"])


def _data(record: dict, prepared: dict | None) -> str:
    most = record["validation_dialogues"]  # of those that there are
    validated = f"{min(most, prepared['chats']['validation']):,}" if prepared else "others"
    chats = (
        f"{record['train_rows']:,} chats to learn from, {validated} to choose the checkpoint by, "
        f"{record['test_dialogues']:,} to test."
    )
    if not prepared:
        return chats
    masked = "was masked" if prepared.get("masked") else "was not masked"
    return (
        f"{chats} Those of one customer, where customers were told, and those that are nearly the "
        f"same are on one side only. Likely personal data {masked}."
    )


def _licence(base: str) -> str:
    told = (licence for name, licence in LICENCES.items() if base.startswith(name))
    return next(told, "see its own card")


def _training(record: dict, adapter: dict | None) -> str:
    training = record["settings"]["training"]
    trained, total = record["trainable_parameters"], record["total_parameters"]
    lora = ""
    if adapter:
        targets = ", ".join(adapter["targets"])
        lora = f" LoRA of rank {adapter['rank']}, alpha {adapter['alpha']}, on {targets}."
    return (
        f"{trained:,} of {total:,} parameters trained ({trained / total:.1%}), {record['steps']:,} "
        f"steps of {training['batch_size'] * training['accumulation']} chats in "
        f"{seconds_told(record)} on {record['device_name']}: AdamW, learning rate "
        f"{training['learning_rate']:g}, {training['precision']}, seed {training['seed']}; the "
        f"checkpoint that was best on the validation chats.{lora} transformers "
        f"{record['versions']['transformers']}, torch {record['versions']['torch']}."
    )
