"""A trained model in the formats of faster runtimes, held to transformers on real chats.

made = export(Path("my_model"), "ctranslate2", Path("my_fast_model"))
print_table(comparison(made))
"""

from __future__ import annotations

import inspect
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

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
from labutils.data import read_rows, split_file
from labutils.engine import load_trained
from labutils.generation import greedy_tokens
from labutils.model_folders import model_folder, run_of, track_of
from labutils.models import load_model, save_model
from labutils.own_chats.model_card import markdown
from labutils.prompts import DEFAULT_TEMPLATE, fit_prompts
from labutils.tracks import tiny_track

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Answer = Callable[[list[list[int]]], list[list[int]]]
"""Takes the token ids of prompts, and gives those of the answers without start, end and pads."""

PACKAGES = {"ctranslate2": ("ctranslate2",), "onnx": ("onnxruntime", "onnxscript")}
RECORD = "export.json"
SAME = 0.99
"""The share of chats that must get the same tokens. Sums in another order round otherwise, so one
choice in thousands may fall the other way."""

BATCH_TOKENS = 4_096
"""Prompt tokens that each system gets at once, pads included."""

CARD = """# {name} for {runtime}

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

USE_CTRANSLATE2 = """import ctranslate2
from transformers import AutoTokenizer

translator = ctranslate2.Translator("float32")  # or "int8": smaller, and it answers otherwise
tokenizer = AutoTokenizer.from_pretrained(".")
prompt = {template}.format(dialogue="#Person1#: ...")
tokens = tokenizer.convert_ids_to_tokens(tokenizer(prompt)["input_ids"])
(found,) = translator.translate_batch([tokens], beam_size=1, max_decoding_length={tokens})
answer = tokenizer.convert_tokens_to_ids(found.hypotheses[0])
print(tokenizer.decode(answer, skip_special_tokens=True))"""

USE_ONNX = """import numpy as np
from onnxruntime import InferenceSession
from transformers import AutoTokenizer


{source}


encoder, decoder = InferenceSession("encoder.onnx"), InferenceSession("decoder.onnx")
tokenizer = AutoTokenizer.from_pretrained(".")
prompt = {template}.format(dialogue="#Person1#: ...")
encoded = tokenizer([prompt], return_tensors="np")
(answer,) = onnx_tokens(
    encoder, decoder, encoded["input_ids"], encoded["attention_mask"], {start}, {ends}, {tokens}
)
print(tokenizer.decode(answer, skip_special_tokens=True))"""


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
            know, a folder that is there, or other tokens on more than 1 % of the chats. Then
            nothing is written.
    """
    _check_packages(to)
    _check_out(folder, out, force)
    checkpoint = model_folder(folder)
    track, told = track_of(checkpoint, "cpu"), run_of(checkpoint)
    dialogues = _dialogues(chats or _chats_of(folder))[:test_dialogues]
    model, tokenizer = load_trained(track, checkpoint)
    if hasattr(model, "peft_config"):
        if model.active_peft_config.is_prompt_learning:
            raise LabError(f"{checkpoint} holds tokens before the prompt, which cannot be merged.")
        model = merge_adapter(model)
    settings: dict[str, Any] = {
        "template": told.get("settings", {}).get("template") or DEFAULT_TEMPLATE,
        "max_prompt_tokens": track.max_prompt_tokens,
        "max_summary_tokens": track.max_summary_tokens,
    }
    template, most = settings["template"], settings["max_prompt_tokens"]
    prompts = fit_prompts(dialogues, tokenizer, max_tokens=most, template=template)
    write = {"ctranslate2": _write_ctranslate2, "onnx": _write_onnx}[to]
    with saving(out), scratch(out) as new:
        systems = write(model, tokenizer, new, settings)
        record = {
            "format": to,
            "name": folder.resolve().name,
            **settings,
            **_compared(model, tokenizer, prompts, systems, settings["max_summary_tokens"]),
            "packages": {name: version(name) for name in ("torch", "transformers", *PACKAGES[to])},
        }
        _check_same(record)
        write_json(new / RECORD, record)
        write_text(new / "README.md", _card(record, model))
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
    threads = record["threads"]
    table.attrs["caption"] = (
        f"{chats} chats, greedy, at most {record['max_summary_tokens']} tokens a summary; one run "
        f"of each on {record['device_name']}, {threads} thread{'s' * (threads > 1)}, the same "
        f"batches, without tokenizing. {used}.{_rounding(record)}"
    )
    return table


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
    for name in PACKAGES[to]:
        try:
            import_module(name)
        except ImportError as error:
            raise LabError(
                f"--to {to} needs {' and '.join(PACKAGES[to])}, and {name} cannot be imported "
                f"({first_line(error)}): pip install {' '.join(PACKAGES[to])}"
            ) from error


def _check_out(folder: Path, out: Path, force: bool) -> None:
    """Raise LabError if something else than an earlier export would be lost."""
    put_back(out)
    check_new(out, force)
    if not out.exists():
        return
    if not (out / RECORD).is_file() or folder.resolve().is_relative_to(out.resolve()):
        raise LabError(f"{out} holds no earlier export, so it is not replaced; choose another.")


def _write_ctranslate2(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, new: Path, settings: dict[str, Any]
) -> dict[str, tuple[Answer, float]]:
    """{system: (how it answers, MiB)} of the model in 32 and in 8 bits."""
    from ctranslate2 import Translator
    from ctranslate2.converters import TransformersConverter

    class Converter(TransformersConverter):
        def load_model(self, _: Any, folder: str, **__: Any) -> PreTrainedModel:
            loaded = load_model(folder)  # a fresh one each time: weights are rounded in place
            # transformers 5 calls every head tied, and an untied one's input would be scaled, too.
            config = loaded.config
            tied = getattr(config, "scale_decoder_outputs", config.tie_word_embeddings)
            config.tie_word_embeddings = tied
            return loaded

    with _checkpoint(model, tokenizer, new) as folder:
        for bits in ("float32", "int8"):
            try:
                Converter(str(folder)).convert(str(new / bits), quantization=bits)
            except ValueError as error:
                raise LabError(
                    f"CTranslate2 does not take this model ({first_line(error)}). It knows T5, mT5 "
                    "and the other kinds that its documentation lists."
                ) from error

    def answering(translator: Translator) -> Answer:
        def answer(prompts: list[list[int]]) -> list[list[int]]:
            found = translator.translate_batch(
                [tokenizer.convert_ids_to_tokens(ids) for ids in prompts],
                beam_size=1,
                max_decoding_length=settings["max_summary_tokens"],
                min_decoding_length=0,
                max_input_length=0,  # its own limit would cut prompts without a word
            )
            return [tokenizer.convert_tokens_to_ids(each.hypotheses[0]) for each in found]

        return answer

    threads = _threads()
    return {
        f"CTranslate2, {bits}": (
            answering(Translator(str(new / bits), inter_threads=1, intra_threads=threads)),
            _mib(new / bits),
        )
        for bits in ("float32", "int8")
    }


@contextmanager
def _checkpoint(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, new: Path
) -> Iterator[Path]:
    """The tokenizer's files in the folder, and for the time of the block the model as well."""
    folder = new / "checkpoint"
    save_model(model, tokenizer, folder)
    tokenizer.save_pretrained(new)
    yield folder
    shutil.rmtree(folder)


def _write_onnx(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, new: Path, settings: dict[str, Any]
) -> dict[str, tuple[Answer, float]]:
    """{system: (how it answers, MiB)} of the model as the two graphs of `onnx_graphs`."""
    from onnxruntime import InferenceSession, SessionOptions

    from labutils.own_chats.onnx_graphs import NAMES, onnx_tokens, write_graphs

    with _checkpoint(model, tokenizer, new):
        write_graphs(model, new)
    options = SessionOptions()
    options.intra_op_num_threads = _threads()
    encoder, decoder = (InferenceSession(new / f"{name}.onnx", options) for name in NAMES)
    (start, ends), most = _start_and_ends(model), settings["max_summary_tokens"]

    def answer(prompts: list[list[int]]) -> list[list[int]]:
        batch = tokenizer.pad({"input_ids": prompts}, return_tensors="np")
        ids, mask = batch["input_ids"], batch["attention_mask"]
        return onnx_tokens(encoder, decoder, ids, mask, start, ends, most).tolist()

    return {"ONNX Runtime, float32": (answer, sum(_mib(path) for path in new.glob("*.onnx*")))}


def _start_and_ends(model: PreTrainedModel) -> tuple[int, list[int]]:
    """The token that an answer begins with, and those that end one."""
    config = model.generation_config
    return config.decoder_start_token_id, np.atleast_1d(config.eos_token_id).tolist()


def _threads() -> int:
    import torch

    return torch.get_num_threads()


def _mib(path: Path) -> float:
    """The size of a file, or of all files in a folder."""
    files = [path, *path.rglob("*")]
    return sum(file.stat().st_size for file in files if file.is_file()) / 2**20


def _compared(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: list[str],
    exported: dict[str, tuple[Answer, float]],
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
        "transformers": (_answering(model, tokenizer, _plain_tokens, most), weights),
        "labutils": (_answering(model, tokenizer, greedy_tokens, most), weights),
        **exported,
    }
    ends, measured, expected = _start_and_ends(model)[1], [], None
    for name, (answer, mib) in systems.items():
        answers, seconds = _timed(answer, batches)
        answers = [_until(ends, tokens) for tokens in answers]
        expected = expected or answers
        same = sum(one == other for one, other in zip(answers, expected, strict=True))
        measured.append({"name": name, "identical": same, "seconds": seconds, "mib": mib})
    return {
        "chats": len(prompts),
        "systems": measured,
        "threads": _threads(),
        "device_name": device_name("cpu"),
    }


def _answering(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, decode: Callable, most: int
) -> Answer:
    import torch

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


def _timed(answer: Answer, batches: Sequence[list[list[int]]]) -> tuple[list[list[int]], float]:
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
    template = json.dumps(record["template"], ensure_ascii=False)
    told: dict[str, Any] = dict(template=template, tokens=record["max_summary_tokens"])
    if record["format"] == "onnx":
        from labutils.own_chats.onnx_graphs import onnx_tokens

        start, ends = _start_and_ends(model)
        source = inspect.getsource(onnx_tokens).strip()
        code = USE_ONNX.format(source=source, start=start, ends=ends, **told)
    else:
        code = USE_CTRANSLATE2.format(**told)
    table = comparison(record)
    return CARD.format(
        name=record["name"],
        runtime={"ctranslate2": "CTranslate2", "onnx": "ONNX Runtime"}[record["format"]],
        table=markdown(table),
        caption=table.attrs["caption"],
        code=code,
        prompt_tokens=record["max_prompt_tokens"],
    )
