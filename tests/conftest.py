"""A small random model, a few dialogues, three finished runs, and no way out of this machine."""

import atexit
import csv
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

# Before any library of the Hub is imported: no network, no GPU, and caches of our own.
CACHE = tempfile.mkdtemp(prefix="lab-tests-")
atexit.register(shutil.rmtree, CACHE, ignore_errors=True)
os.environ.update(
    CUDA_VISIBLE_DEVICES="",
    HF_HOME=CACHE,
    HF_HUB_OFFLINE="1",
    MPLBACKEND="Agg",
    OMP_NUM_THREADS="1",
    TOKENIZERS_PARALLELISM="false",
)
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from labutils import data, engine, models, tracks  # noqa: E402
from labutils.__main__ import main  # noqa: E402
from labutils.methods import ZERO_SHOT  # noqa: E402

SUPPORT_CHATS = ROOT / "data" / "support_chats"
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"
ATTACKS_ANYWHERE = ("test_any_text.py", "test_languages.py")
KOREAN = "#Person1#: 안녕하세요, 무엇을 도와드릴까요? 🎉🧑‍🚀"


def pytest_configure(config):
    """Hear Ctrl-C, which a script's background job ignores, and all that it starts."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption("--thorough", action="store_true", help="run the cases marked thorough, too")


def pytest_collection_modifyitems(config, items):
    """Leave the thorough cases to `make attack`; a sample of each kind runs every time."""
    if not config.getoption("--thorough"):
        left = [item for item in items if item.get_closest_marker("thorough")]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    of_linux = pytest.mark.skip(reason="attacks use Linux's signals, limits, paths and messages")
    for item in items if sys.platform != "linux" else ():
        if item.path.parent.name == "attacks" and item.path.name not in ATTACKS_ANYWHERE:
            item.add_marker(of_linux)


@pytest.fixture(autouse=True)
def world(monkeypatch, tmp_path):
    """Artifacts of its own for every test, no LAB_ variable from outside, loopback only."""
    before = dict(os.environ)
    for name in [name for name in before if name.startswith("LAB_")]:
        del os.environ[name]
    os.environ["LAB_ARTIFACTS"] = str(tmp_path / "artifacts")
    os.environ["LAB_DEVICE"] = "cpu"  # no variable of torch's hides a Mac's GPU
    connect = socket.socket.connect

    def loopback_only(self, address):
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1"):
            raise OSError(f"a test wanted to connect to {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", loopback_only)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """The folder of a random T5 v1.1 with an output layer of its own, as FLAN-T5 has."""
    import torch
    from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors, trainers
    from tokenizers.models import Unigram
    from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

    torch.set_num_threads(1)
    core = Tokenizer(Unigram())
    core.normalizer = normalizers.NFKC()
    core.pre_tokenizer = pre_tokenizers.Metaspace()
    core.decoder = decoders.Metaspace()
    special = ["<pad>", "</s>", "<unk>"]
    core.train_from_iterator(
        [f"{row['dialogue']}\n\n{row['summary']}" for row in chat_rows("train")[:100]],
        trainers.UnigramTrainer(
            vocab_size=600, special_tokens=special, unk_token="<unk>", show_progress=False
        ),
    )
    core.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_input_names=["input_ids", "attention_mask"],
    )
    folder = tmp_path_factory.mktemp("models") / "random-t5"
    models.save_model(random_t5(T5Config, T5ForConditionalGeneration), tokenizer, folder)
    return folder


def random_t5(config, kind, tied=False, width=32):
    """A T5 v1.1 whose answers differ from dialogue to dialogue."""
    import torch

    torch.manual_seed(3)
    model = kind(
        config(
            vocab_size=600,
            d_model=width,
            d_kv=8,
            d_ff=64,
            num_layers=2,
            num_decoder_layers=2,
            num_heads=4,
            feed_forward_proj="gated-gelu",
            decoder_start_token_id=0,
        )
    )
    if not tied:
        # transformers 5 ties the head whatever its config says.
        model.lm_head.weight = torch.nn.Parameter(torch.randn(600, width))
    return model


@pytest.fixture(scope="session")
def tokenizer(base):
    return models.load_tokenizer(base)


@pytest.fixture
def model(base):
    """A fresh copy for each test, for training changes it in place."""
    return models.load_model(base)


def chat_rows(split):
    return data.read_rows(SUPPORT_CHATS / f"{split}.csv")


@pytest.fixture(scope="session")
def chats(tmp_path_factory):
    """A folder with the first 24 train, 6 validation and 6 x 3 test rows of support_chats."""
    folder = tmp_path_factory.mktemp("data") / "chats"
    folder.mkdir()
    for split, count in {"train": 24, "validation": 6, "test": 18}.items():
        write_csv(folder / f"{split}.csv", chat_rows(split)[:count])
    return folder


EXERCISE_PATHS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
EXERCISE_PATHS.append(ROOT / "notebooks" / "fault_museum.ipynb")


def notebook_cell(name, text):
    """The one code cell of a notebook that holds a text, of at most 15 lines: to be copied."""
    cells = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells
    (cell,) = [cell for cell in cells if cell.cell_type == "code" and text in cell.source]
    assert len(cell.source.splitlines()) <= 15
    return cell.source


def exercise_blocks():
    """{number: what a notebook holds of the exercise}: path, title, text, code, the stub's name."""
    blocks = {}
    for path in EXERCISE_PATHS:
        cells = nbformat.read(path, as_version=4).cells
        for cell, following in zip(cells, cells[1:]):
            if title := re.match(r"### Exercise ([\dM]\.\d) · (.+)", cell.source):
                assert following.cell_type == "code", f"no cell follows exercise {title[1]}"
                name = re.search(r"check\(\S+ (\w+)\)", following.source)[1]
                blocks[title[1]] = SimpleNamespace(
                    path=path, title=title[2], text=cell.source, code=following.source, name=name
                )
    return dict(sorted(blocks.items()))  # the museum comes last


def solution_of(block):
    """The function in the folded solution of an exercise."""
    (source,) = re.findall(r"```python\n(.+?)```", block.text, re.S)
    names = {}
    exec(compile(source, f"<solution of {block.title}>", "exec"), names)
    return names[block.name]


def write_csv(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def made(name, track):
    """The run of zero-shot, full or lora, found or made."""
    methods = {"zero-shot": ZERO_SHOT, "full": track.full, "lora": track.lora}
    return engine.make_run(methods[name], track)


@pytest.fixture
def track(base, chats):
    """The tiny track with the small model on the small data: six optimizer steps a training."""
    return tracks.choose_track("tiny", model=str(base), dataset=str(chats))


@pytest.fixture(scope="session")
def finished(base, chats, tmp_path_factory):
    """The artifacts folder in which zero-shot, full and lora were made, in this order."""
    artifacts = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_ARTIFACTS", str(artifacts))
        track = tracks.choose_track("tiny", model=str(base), dataset=str(chats))
        for name in ("zero-shot", "full", "lora"):
            made(name, track)
    return artifacts


@pytest.fixture
def lab(finished, track, tmp_path):
    """A copy of the finished runs that a test may spoil: track, dialogues, runs by name."""
    shutil.copytree(finished, tmp_path / "artifacts")
    return SimpleNamespace(
        track=track,
        dialogues=data.load_dialogues(track),
        runs={run.name: run for run in engine.finished(track)},
    )


@pytest.fixture
def error_of(capsys):
    """The message with which a command ends that is refused: its words, or what calls it."""

    def message(*words):
        with pytest.raises(SystemExit) as ended:
            words[0]() if callable(words[0]) else main([str(word) for word in words])
        shown = capsys.readouterr().err.rpartition("\r")[2]  # after the bars
        assert ended.value.code == 2 and shown.startswith("error: ")
        return shown

    return message


@pytest.fixture
def no_training(monkeypatch):
    """Any training from here on is a failure."""
    monkeypatch.setattr(engine, "fine_tune", lambda *_, **__: pytest.fail("it trained"))
