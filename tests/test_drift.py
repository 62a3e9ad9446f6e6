"""Drift: every keyword handed to the libraries below is one that the installed version knows.

What takes **kwargs may swallow a keyword that was renamed, and do without it in silence. There the
keyword must be one that the library's own code reads, so each has its list here. The workflow runs
this on the oldest versions, Colab's and the newest.
"""

import ast
import importlib
import inspect
import re
from collections import defaultdict

import nbformat
import pytest
from conftest import ROOT

from labutils.adapters import add_adapter
from labutils.models import cache_option
from labutils.settings import LoraSettings

LIBRARIES = (
    "transformers", "datasets", "peft", "evaluate", "accelerate", "huggingface_hub", "safetensors",
    "tokenizers", "torch",
)  # fmt: skip
T5 = "transformers.T5ForConditionalGeneration"
TOKENIZER = "transformers.PreTrainedTokenizerBase"
MODELS = r"(\w*model|adapted|plain|tuned|reloaded|ours)"

METHODS = [
    # (the receiver, the method, "" for a call of it): what is called
    (r".*", "generate", T5 + ".generate"),
    (r".*", "save_pretrained", T5 + ".save_pretrained"),
    (r".*", "merge_and_unload", "peft.tuners.lora.LoraModel.merge_and_unload"),
    (r".*", "load_state_dict", "torch.nn.Module.load_state_dict"),
    (r".*tokenizer", "", TOKENIZER + ".__call__"),
    (r".*tokenizer", "pad", TOKENIZER + ".pad"),
    (r".*tokenizer", "encode", TOKENIZER + ".encode"),
    (r".*tokenizer", "decode", TOKENIZER + ".decode"),
    (r".*tokenizer", "batch_decode", TOKENIZER + ".batch_decode"),
    (MODELS, "", T5 + ".forward"),
    (r".*", "map", "datasets.Dataset.map"),
    (r".*", "train_test_split", "datasets.Dataset.train_test_split"),
    (r"(stream|mixture|mixed|dataset|rows)", "shuffle", "datasets.Dataset.shuffle"),
]
OURS = {"labutils.generation.generate": T5 + ".generate"}
"""Functions of ours that hand their **options on."""


def popped(*functions):
    """The names that functions take out of their **kwargs, read from their source."""
    source = "\n".join(inspect.getsource(each) for each in functions)
    return set(re.findall(r"""kwargs\.(?:pop|get|setdefault)\(\s*["'](\w+)["']""", source))


def fields_of_configs(*configs):
    return set().union(*(config.to_dict() for config in configs))


def generation():
    from transformers import GenerationConfig

    return fields_of_configs(GenerationConfig()) | known(T5 + ".forward") | {"inputs"}


def loading():
    from transformers import PreTrainedModel, T5Config

    auto = importlib.import_module("transformers.models.auto.auto_factory")._BaseAutoModelClass
    return (
        popped(PreTrainedModel.from_pretrained, auto.from_pretrained)
        | set(inspect.signature(PreTrainedModel.from_pretrained).parameters)
        | fields_of_configs(T5Config())
    )


def building():
    from transformers import PreTrainedModel

    auto = importlib.import_module("transformers.models.auto.auto_factory")._BaseAutoModelClass
    return popped(PreTrainedModel._from_config, auto.from_config)


def shape(name):
    def fields():
        import transformers

        kind = getattr(transformers, name)
        # Read by every model and its generation, though transformers 5 lists them in no config.
        handed_on = {"decoder_start_token_id", "tie_word_embeddings"}
        return fields_of_configs(kind()) | set(kind.attribute_map) | set(dir(kind)) | handed_on

    return fields


def making_a_dataset():
    return known("datasets.builder.DatasetBuilder")


def tokenizing():
    from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

    classes = [kind for kind in PreTrainedTokenizerFast.__mro__ if "__init__" in vars(kind)]
    inits = [kind.__init__ for kind in classes if kind.__module__.startswith("transformers")]
    return popped(*inits) | set(PreTrainedTokenizerBase.SPECIAL_TOKENS_ATTRIBUTES)


def of_lora_plus():
    """What it takes out for itself, and what it hands to the optimizer that the lab gives it."""
    from peft.optimizers import create_loraplus_optimizer
    from torch.optim import AdamW

    source = inspect.getsource(create_loraplus_optimizer)
    own = set(re.findall(r"""kwargs(?:\.\w+\(|\[)\s*["'](\w+)["']""", source))
    return own | set(inspect.signature(AdamW).parameters)


# A config of transformers 5 swallows keywords as well, though its signature does not say so.
SWALLOWED = {
    T5 + ".generate": generation,
    "datasets.Dataset.from_generator": making_a_dataset,
    "transformers.AutoModelForSeq2SeqLM.from_pretrained": loading,
    "transformers.AutoModelForSeq2SeqLM.from_config": building,
    "transformers.AutoConfig.from_pretrained": {"trust_remote_code"}.copy,
    "transformers.AutoTokenizer.from_pretrained": {"trust_remote_code"}.copy,
    "peft.optimizers.create_loraplus_optimizer": of_lora_plus,
    "transformers.T5Config": shape("T5Config"),
    "transformers.T5Config.from_pretrained": shape("T5Config"),
    "transformers.GPT2Config": shape("GPT2Config"),
    "transformers.PreTrainedTokenizerFast": tokenizing,
}
"""{what takes **kwargs: the keywords that it reads out of them}"""


def sources():
    """(place, text) of every Python file, and of every notebook's code."""
    for folder in ("labutils", "tools", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text("utf-8")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        code = [cell.source for cell in cells if cell.cell_type == "code"]
        yield path.name, "\n".join(code)


def keywords(text):
    """Yield (what is called, keyword) of a program's calls into the libraries."""
    tree = ast.parse(text)
    imported = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                imported[each.asname or each.name] = f"{node.module}.{each.name}"
        elif isinstance(node, ast.Import):
            for each in node.names:
                name = each.name if each.asname else each.name.partition(".")[0]
                imported[each.asname or name] = name
    yield from calls_within(tree, imported, defaultdict(set))


def calls_within(scope, imported, tables):
    """Yield (what is called, keyword) of a module or function, and of the functions in it."""
    nodes, functions = [], []
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        inner = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        (functions if inner else nodes).append(node)
        waiting += [] if inner else ast.iter_child_nodes(node)
    tables = tables | dict_keys(nodes)
    for call in nodes:
        for word in getattr(call, "keywords", []) if isinstance(call, ast.Call) else []:
            names = [word.arg] if word.arg else tables.get(ast.unparse(word.value), ())
            for called in targets(call.func, imported):
                yield from ((called, name) for name in names)
    for function in functions:
        yield from calls_within(function, imported, tables)


def targets(function, imported):
    """What a call may lead to, as dotted names."""
    written = ast.unparse(function)
    first, dot, rest = written.partition(".")
    full = f"{imported.get(first, '')}{dot}{rest}"
    if full in OURS:
        return [full]
    if full.partition(".")[0] in LIBRARIES:
        return [full] if re.fullmatch(r"[\w.]+", full) else []
    if imported.get(first, "").startswith(("labutils", "tools")):
        return []
    receiver, _, method = written.rpartition(".") if dot else (written, "", "")
    return [
        called for pattern, name, called in METHODS
        if (name == method and re.fullmatch(pattern, receiver))
        or (not name and re.fullmatch(pattern, written))
    ][:1]  # fmt: skip


def dict_keys(nodes):
    """{variable: the keys of the dicts it may be}: assigned to it, or walked through by it."""
    found, values = defaultdict(set), {}
    for node in nodes:
        if isinstance(node, ast.Assign):
            for goal in node.targets:
                found[ast.unparse(goal)] |= keys(node.value)
                values[ast.unparse(goal)] = getattr(node.value, "values", [])
    for node in nodes:
        if isinstance(node, (ast.For, ast.comprehension)):
            walked = re.sub(r"\.(items|values)\(\)$", "", ast.unparse(node.iter))
            goals = node.target.elts if isinstance(node.target, ast.Tuple) else [node.target]
            found[ast.unparse(goals[-1])] |= set().union(*map(keys, values.get(walked, [])))
    return found


def keys(value):
    """The keys of a dict that is written down, as {...} or dict(...)."""
    if isinstance(value, ast.Dict):
        return {key.value for key in value.keys if isinstance(key, ast.Constant)}
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "dict":
        return {word.arg for word in value.keywords if word.arg}
    return set()


def resolve(called):
    """The object that a dotted name leads to."""
    parts = called.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(called)


def known(called):
    """The keywords that a callable knows, or None where its code is not Python."""
    try:
        parameters = inspect.signature(resolve(called)).parameters
    except ValueError:
        return None
    names = {name for name, each in parameters.items() if each.kind is not each.VAR_KEYWORD}
    if called in OURS:
        names |= known(OURS[called])
    return names | SWALLOWED.get(called, set)()


def unknown(called, words):
    """Of keywords, those that a callable does not know."""
    names = known(called)
    return set() if names is None else set(words) - names


@pytest.fixture(scope="module")
def handed():
    """{what is called: {keyword: places}} of all of this repository."""
    found = defaultdict(lambda: defaultdict(set))
    for place, text in sources():
        for called, word in keywords(text):
            found[called][word].add(place)
    return found


def test_the_cache_of_an_answer_has_the_name_that_the_installed_version_knows(model):
    """transformers 5.24 calls past_key_values cache, and warns of the old name."""
    adapted = add_adapter(model, LoraSettings(rank=2, targets=("q",)))
    for each in (model, adapted):
        (name,) = cache_option(each, None)
        assert name in known(T5 + ".forward")


def test_the_installed_versions_know_every_keyword(handed):
    wrong = [
        f"{called}({word}=...) in {', '.join(sorted(words[word]))}"
        for called, words in handed.items()
        for word in sorted(unknown(called, words))
    ]
    assert wrong == []
    assert len(handed) >= 50 and sum(map(len, handed.values())) >= 120


# Faults that were or could be made: renamed, misspelt, or gone.
@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from transformers import Seq2SeqTrainingArguments as A\nA(evaluate_during_training=True)",
         ("transformers.Seq2SeqTrainingArguments", "evaluate_during_training")),
        ("from transformers import T5Config\nT5Config(dropout=0.1)",
         ("transformers.T5Config", "dropout")),
        ("from transformers import AutoModelForSeq2SeqLM as A\nA.from_pretrained('x', attn='sdpa')",
         ("transformers.AutoModelForSeq2SeqLM.from_pretrained", "attn")),
        ("import peft\npeft.LoraConfig(rank=4)", ("peft.LoraConfig", "rank")),
        ("import datasets\ndatasets.load_dataset('x', splits='train')",
         ("datasets.load_dataset", "splits")),
        ("options = dict(max_tokens=3)\nmodel.generate(ids, **options)",
         (T5 + ".generate", "max_tokens")),
        ("from labutils.generation import generate\n"
         "ways = {'a': dict(beams=4)}\nfor name, way in ways.items():\n    generate(**way)",
         ("labutils.generation.generate", "beams")),
        ("def f(tokenizer):\n    return tokenizer('x', truncate=True)",
         (TOKENIZER + ".__call__", "truncate")),
        ("tuned_model(**batch, label=1)", (T5 + ".forward", "label")),
        ("rows.map(f, remove_column='x')", ("datasets.Dataset.map", "remove_column")),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_a_keyword_that_is_not_known_is_found(code, found):
    (called, word) = found
    assert found in list(keywords(code))
    assert unknown(called, [word]) == {word}
