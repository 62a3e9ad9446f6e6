"""The runtimes that `exporting` knows: how each one's files are written, answer, and are used."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from labutils.common.errors import LabError
from labutils.common.files import first_line
from labutils.models import head_is_tied, load_model, save_model
from labutils.own_chats.onnx_graphs import GRAPHS, onnx_tokens, write_graphs

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Answering = Callable[[list[list[int]]], list[list[int]]]
"""Takes the token ids of prompts, and gives those of the answers without start, end and pads."""

Systems = dict[str, tuple[Answering, float]]
"""{system: (how it answers, MiB of its files)}."""

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


def write_ctranslate2(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path, most: int
) -> Systems:
    """The model in 32 and in 8 bits, each in a folder of its own beside the tokenizer's files."""
    from ctranslate2 import Translator
    from ctranslate2.converters import TransformersConverter

    class Converter(TransformersConverter):
        def load_model(self, _: Any, folder: str, **__: Any) -> PreTrainedModel:
            loaded = load_model(folder)  # a fresh one each time: weights are rounded in place
            # The input of a head that is called tied would be scaled, too; transformers 5 calls
            # each of them so.
            loaded.config.tie_word_embeddings = head_is_tied(loaded)
            return loaded

    def answering(translator: Translator) -> Answering:
        def answer(prompts: list[list[int]]) -> list[list[int]]:
            found = translator.translate_batch(
                [tokenizer.convert_ids_to_tokens(ids) for ids in prompts],
                beam_size=1,
                max_decoding_length=most,
                min_decoding_length=0,
                max_input_length=0,  # its own limit would cut prompts without a word
            )
            return [tokenizer.convert_tokens_to_ids(each.hypotheses[0]) for each in found]

        return answer

    checkpoint = folder / "checkpoint"
    save_model(model, tokenizer, checkpoint)
    tokenizer.save_pretrained(folder)
    systems = {}
    threads = dict(inter_threads=1, intra_threads=torch.get_num_threads())
    for bits in ("float32", "int8"):
        written = folder / bits
        try:
            Converter(str(checkpoint)).convert(str(written), quantization=bits)
        except ValueError as error:
            raise LabError(
                f"CTranslate2 does not take this model ({first_line(error)}). It knows T5, mT5 "
                "and the other kinds that its documentation lists."
            ) from error
        answer = answering(Translator(str(written), **threads))
        systems[f"CTranslate2, {bits}"] = answer, _mib(written.iterdir())
    shutil.rmtree(checkpoint)
    return systems


def write_onnx(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path, most: int
) -> Systems:
    """The model as the two graphs of `onnx_graphs`, beside the tokenizer's files."""
    from onnxruntime import InferenceSession, SessionOptions

    tokenizer.save_pretrained(folder)
    write_graphs(model, folder)
    options = SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    encoder, decoder = (InferenceSession(folder / f"{name}.onnx", options) for name in GRAPHS)
    start, ends = start_and_ends(model)

    def answer(prompts: list[list[int]]) -> list[list[int]]:
        batch = tokenizer.pad({"input_ids": prompts}, return_tensors="np")
        ids, mask = batch["input_ids"], batch["attention_mask"]
        return onnx_tokens(encoder, decoder, ids, mask, start, ends, most).tolist()

    return {"ONNX Runtime, float32": (answer, _mib(folder.glob("*.onnx*")))}


def _mib(files: Iterable[Path]) -> float:
    return sum(file.stat().st_size for file in files) / 2**20


def start_and_ends(model: PreTrainedModel) -> tuple[int, list[int]]:
    """The token that an answer begins with, and those that end one."""
    config = model.generation_config
    return config.decoder_start_token_id, np.atleast_1d(config.eos_token_id).tolist()


def ctranslate2_code(model: PreTrainedModel, **told: Any) -> str:
    """Python that answers with the files: `told` are its template, as JSON, and its tokens."""
    return USE_CTRANSLATE2.format(**told)


def onnx_code(model: PreTrainedModel, **told: Any) -> str:
    """As `ctranslate2_code`."""
    start, ends = start_and_ends(model)
    source = inspect.getsource(onnx_tokens).strip()
    return USE_ONNX.format(source=source, start=start, ends=ends, **told)


@dataclass(frozen=True)
class Runtime:
    """What `--to` chooses: its name, what pip installs, how to write for it, the card's code."""

    name: str
    packages: tuple[str, ...]
    write: Callable[[PreTrainedModel, PreTrainedTokenizerBase, Path, int], Systems]
    code: Callable[..., str]


RUNTIMES = {
    "ctranslate2": Runtime("CTranslate2", ("ctranslate2",), write_ctranslate2, ctranslate2_code),
    "onnx": Runtime("ONNX Runtime", ("onnxruntime", "onnxscript"), write_onnx, onnx_code),
}
