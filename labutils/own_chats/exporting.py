"""A trained model in the formats of faster runtimes, held to transformers on real chats.

made = export(Path("my_model"), "ctranslate2", Path("my_fast_model"))
print_table(comparison(made))
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import torch

from labutils.adapters import merge_adapter
from labutils.batching import batches_by_tokens
from labutils.common.device import device_name
from labutils.common.errors import LabError
from labutils.common.files import (
    check_new,
    first_line,
    put_back,
    replace_folder,
    saving,
    scratch,
    write_json,
    write_text,
)
from labutils.common.text import counted
from labutils.data import read_rows, split_file
from labutils.engine import load_trained
from labutils.generation import greedy_tokens
from labutils.model_folders import model_folder, run_of, track_of
from labutils.own_chats.model_card import CARD_FILE
from labutils.own_chats.runtimes import RUNTIMES, Answering, Systems, start_and_ends
from labutils.prompts import DEFAULT_TEMPLATE, fit_prompts
from labutils.tracks import tiny_track
from labutils.views.tables import captioned, markdown

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

EXPORTED = "export.json"
SAME = 0.99
"""The share of chats that must get the same tokens. Sums in another order round otherwise, so one
choice in thousands may fall the other way."""

BATCH_TOKENS = 4_096
"""Prompt tokens that each system gets at once, pads included."""

EXPORT_CARD = """# {name} for {runtime}

The model of `{name}`, written by `python -m labutils export`; its own card tells how it was made
and what to mind, and the licence of its base holds here as well.

{table}

{caption}

## How to use it

```python
{code}
```

The prompt is the one it was trained with. Chats of more than {prompt_tokens} tokens are to be cut.
"""


def export(
    folder: Path,
    to: str,
    out: Path,
    *,
    chats: Path | None = None,
    test_dialogues: int = 200,
    force: bool = False,
) -> dict[str, Any]:
    """Write a trained model for another runtime, and measure both on the same chats.

    Args:
        folder: what `tune` left, or any trained checkpoint or adapter, which is merged.
        to: "ctranslate2" (in 32 and in 8 bits) or "onnx".
        out: a new folder; takes the exported model, its tokenizer, README.md and export.json.
        chats: to compare on: a table with a column "dialogue", or a folder with a test split.
            Default: those that `tune` held out of a file, or else the tiny track's.
        test_dialogues: the first so many of them.
        force: replace an earlier export.

    Returns:
        The content of export.json.

    Raises:
        LabError: a package is missing, no usable model or chats, a model that the runtime does not
            know, a folder that is there, or other tokens on more than 1% of the chats. Then
            nothing is written.
    """
    runtime = RUNTIMES[to]
    _check_packages(to)
    _check_out(folder, out, force)
    checkpoint = model_folder(folder)
    track, told = track_of(checkpoint, "cpu"), run_of(checkpoint)
    dialogues = _dialogues(chats or _chats_of(folder))[:test_dialogues]
    model, tokenizer = load_trained(track, checkpoint)
    if hasattr(model, "peft_config"):
        model = merge_adapter(model)
    template = told.get("settings", {}).get("template") or DEFAULT_TEMPLATE
    most, limit = track.max_summary_tokens, track.max_prompt_tokens
    prompts = fit_prompts(dialogues, tokenizer, max_tokens=limit, template=template)
    with saving(out), scratch(out) as new:
        systems = runtime.write(model, tokenizer, new, most)
        record = {
            "format": to,
            "name": folder.resolve().name,
            "template": template,
            "max_prompt_tokens": limit,
            "max_summary_tokens": most,
            **_compared(model, tokenizer, prompts, systems, most),
            "packages": {
                name: version(name) for name in ("torch", "transformers", *runtime.packages)
            },
        }
        _check_same(record)
        write_json(new / EXPORTED, record)
        write_text(new / CARD_FILE, _card(record, model))
        del systems  # Windows renames no folder with files that a program holds open
        replace_folder(new, out)
    return record


def comparison(record: dict[str, Any]) -> pd.DataFrame:
    """A system per row: chats with the same tokens, seconds, chats a second, MiB of files."""
    chats = record["chats"]
    table = pd.DataFrame(
        {
            each["name"]: {
                "same tokens": f"{each['identical']} of {chats}",
                "seconds": f"{each['seconds']:.2f}",
                "chats a second": f"{chats / each['seconds']:.1f}",
                "MiB": f"{each['mib']:.2f}",
            }
            for each in record["systems"]
        }
    ).T
    used = ", ".join(f"{name} {number}" for name, number in record["packages"].items())
    caption = (
        f"{chats} chats, greedy, at most {record['max_summary_tokens']} tokens a summary; one run "
        f"of each on {record['device_name']}, {counted(record['threads'], 'thread')}, the same "
        f"batches, without tokenizing. {used}.{_rounding(record)}"
    )
    return captioned(table, caption)


def _rounding(record: dict[str, Any]) -> str:
    """What 8 bits changed on these chats, in sentences; empty if there is no such export."""
    rounded = [each for each in record["systems"] if each["name"].endswith("int8")]
    if not rounded:
        return ""
    chats = record["chats"]
    others = chats - rounded[0]["identical"]
    said = f" int8 rounds the weights: {others} of these {chats} chats get another summary."
    if not others:
        return said
    return (
        f"{said} Whether those are worse, this table does not tell: read some, or score them, "
        "before you use int8. float32 is held to transformers' tokens."
    )


def _chats_of(folder: Path) -> Path:
    chats = folder / "work" / "chats"
    return chats if chats.is_dir() else Path(tiny_track().dataset)


def _dialogues(path: Path) -> list[str]:
    rows = read_rows(split_file(path, "test") if path.is_dir() else path, ("dialogue",))
    return list(dict.fromkeys(row["dialogue"] for row in rows))


def _check_packages(to: str) -> None:
    packages = RUNTIMES[to].packages
    for name in packages:
        try:
            import_module(name)
        except ImportError as error:
            raise LabError(
                f"--to {to} needs {' and '.join(packages)}, and {name} cannot be imported "
                f"({first_line(error)}): pip install {' '.join(packages)}"
            ) from error


def _check_out(folder: Path, out: Path, force: bool) -> None:
    """Raise LabError if something else than an earlier export would be lost."""
    put_back(out)
    check_new(out, force)
    if not out.exists():
        return
    if not (out / EXPORTED).is_file() or folder.resolve().is_relative_to(out.resolve()):
        raise LabError(f"{out} holds no earlier export, so it is not replaced; choose another.")


def _compared(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: list[str],
    exported: Systems,
    most: int,
) -> dict[str, Any]:
    """The record's part about what was measured: transformers first, then the lab, the exports."""
    encoded = tokenizer(prompts)["input_ids"]
    batches = [
        [encoded[i] for i in chosen]
        for chosen in batches_by_tokens([len(ids) for ids in encoded], BATCH_TOKENS)
    ]
    weights = sum(weight.nbytes for weight in model.parameters()) / 2**20
    systems = {
        "transformers": (_decoding(model, tokenizer, _plain_tokens, most), weights),
        "labutils": (_decoding(model, tokenizer, greedy_tokens, most), weights),
        **exported,
    }
    ends, measured, expected = start_and_ends(model)[1], [], None
    for name, (answer, mib) in systems.items():
        answers, seconds = _timed(answer, batches)
        answers = [_until(ends, tokens) for tokens in answers]
        expected = expected or answers
        same = sum(one == other for one, other in zip(answers, expected, strict=True))
        measured.append({"name": name, "identical": same, "seconds": seconds, "mib": mib})
    return {
        "chats": len(prompts),
        "systems": measured,
        "threads": torch.get_num_threads(),
        "device_name": device_name("cpu"),
    }


def _decoding(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, decode: Callable, most: int
) -> Answering:
    def answer(prompts: list[list[int]]) -> list[list[int]]:
        batch = tokenizer.pad({"input_ids": prompts}, return_tensors="pt")
        with torch.inference_mode():
            return decode(
                model, batch["input_ids"], batch["attention_mask"], max_new_tokens=most
            ).tolist()

    return answer


def _plain_tokens(model: PreTrainedModel, input_ids: Any, attention_mask: Any, **limit: int) -> Any:
    """transformers' own loop; without the start token."""
    how: dict[str, Any] = dict(attention_mask=attention_mask, do_sample=False, num_beams=1)
    return model.generate(input_ids=input_ids, **how, **limit)[:, 1:]


def _timed(answer: Answering, batches: Sequence[list[list[int]]]) -> tuple[list[list[int]], float]:
    """(answers, seconds), after a prompt that pays for what only the first one costs."""
    answer(batches[0][:1])
    start = time.perf_counter()
    answers = [tokens for batch in batches for tokens in answer(batch)]
    return answers, time.perf_counter() - start


def _until(ends: list[int], tokens: list[int]) -> list[int]:
    found = [place for place, token in enumerate(tokens) if token in ends]
    return tokens[: found[0]] if found else tokens


def _check_same(record: dict[str, Any]) -> None:
    """Raise LabError unless what is exported without rounding answers as transformers does."""
    exact = next(each for each in record["systems"] if each["name"].endswith("float32"))
    if exact["identical"] < SAME * record["chats"]:
        raise LabError(
            f"{exact['name']} writes the same tokens as transformers for only "
            f"{exact['identical']} of {record['chats']} chats, so nothing is exported. A model "
            "whose generation_config asks for more than the most likely token does that."
        )


def _card(record: dict[str, Any], model: PreTrainedModel) -> str:
    runtime, table = RUNTIMES[record["format"]], comparison(record)
    template = json.dumps(record["template"], ensure_ascii=False)
    return EXPORT_CARD.format(
        name=record["name"],
        runtime=runtime.name,
        table=markdown(["system", *table], table.itertuples()),
        caption=table.attrs["caption"],
        code=runtime.code(model, template=template, tokens=record["max_summary_tokens"]),
        prompt_tokens=record["max_prompt_tokens"],
    )
