"""Every method of the comparison trains what it says and nothing else, and is found again."""

import json
import re
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from conftest import ROOT, SUPPORT_CHATS
from matplotlib.lines import Line2D
from peft import LNTuningConfig, PromptEncoderConfig
from safetensors.torch import load_file
from transformers import T5Config, T5ForConditionalGeneration

from labutils import comparison, engine, models, tracks
from labutils.__main__ import main
from labutils.adapters import add_adapter, lora_parameters
from labutils.common import processes
from labutils.common.errors import LabError
from labutils.common.text import signed
from labutils.comparison import METHOD_NAMES, NORMS_AND_BIASES, method_named
from labutils.engine import load_system, make_run
from labutils.generation import generate
from labutils.methods import ZERO_SHOT, Method
from labutils.own_chats import tuning
from labutils.prompts import fit_prompts
from labutils.runs import plain
from labutils.settings import LoraSettings, TrainingSettings
from labutils.summarization import Summarization, summarize
from labutils.training import optimizer_and_schedule, trained_weights
from labutils.views import plots, tables
from labutils.views.alt_text import describe

TRAINED = [name for name in METHOD_NAMES if not name.startswith("qlora")]  # which no CPU can train
ADAPTERS = [name for name in TRAINED if name != "full"]
LOW_RANK = ("lora", "rslora", "dora", "lora+")


def shapes(model):
    return {name: tuple(weight.shape) for name, weight in model.named_parameters()}


def predicted_parameters(name, model, track):
    """How many a method trains, from the sizes of the model's layers."""
    sizes = {key: weight.numel() for key, weight in model.named_parameters()}
    if name == "full":
        return sum(sizes.values())
    if name in LOW_RANK:
        lora = track.lora.adapter
        lengths = [
            layer.out_features
            for key, layer in model.named_modules()
            if name == "dora" and key.rpartition(".")[2] in lora.targets
        ]
        return lora_parameters(model, lora) + sum(lengths)
    if name == "prompt-tuning":
        return 100 * model.config.d_model
    if name == "prefix-tuning":
        attentions = [key for key in sizes if key.endswith("SelfAttention.k.weight")]
        return 70 * len(attentions) * 2 * model.config.num_heads * model.config.d_kv
    if name == "ia3":
        kept = {".k.weight": 0, ".v.weight": 0, ".wo.weight": 1}  # the output or the input of each
        return sum(
            shape[side]
            for key, shape in shapes(model).items()
            for end, side in kept.items()
            if key.endswith(end)
        )
    if name == "bitfit":
        return sum(size for key, size in sizes.items() if "norm" in key or "bias" in key)
    last = ("decoder.block.", "decoder.final_layer_norm.", "lm_head.")  # it has two blocks
    return sum(size for key, size in sizes.items() if key.startswith(last))


def logits(model, tokenizer):
    batch = tokenizer(["#Person1#: Hi there.", "#Person2#: No."], padding=True, return_tensors="pt")
    start = torch.zeros(2, 1, dtype=torch.long)
    with torch.inference_mode():
        return model.eval()(**batch, decoder_input_ids=start).logits


@pytest.fixture(autouse=True)
def short_answers(monkeypatch):
    """The tiny track with answers of few tokens: the random model ends none by itself."""
    tiny = replace(tracks.tiny_track(), max_summary_tokens=16)
    monkeypatch.setattr(tracks, "tiny_track", lambda: tiny)


@pytest.fixture
def prompts(track, tokenizer):
    return fit_prompts(Summarization(track).dialogues["test"]["dialogue"], tokenizer)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Where the short trainings lie, and the models as they were left in memory, by method."""
    return SimpleNamespace(artifacts=tmp_path_factory.mktemp("short"), left={})


@pytest.fixture
def trained(shared, track, monkeypatch):
    """A function of a method's name: its short run, which is trained once, and the model left."""
    fine_tune = engine.fine_tune
    monkeypatch.setenv("LAB_ARTIFACTS", str(shared.artifacts))

    def run_and_model(name):
        def kept(model, *args, **options):
            assert name not in shared.left, f"{name} is trained again"
            shared.left[name] = model
            return fine_tune(model, *args, **options)

        monkeypatch.setattr(engine, "fine_tune", kept)
        return make_run(short(name, track), track), shared.left[name]

    return run_and_model


def short(name, track, **options):
    """Two steps of a method, large enough to see."""
    return method_named(name, track, **options).variant(epochs=2 / 6, validations=1)


@pytest.mark.parametrize("name", TRAINED)
def test_a_method_trains_what_the_formula_says_and_answers_the_same_from_disk(
    name, track, trained, prompts, tokenizer
):
    run, left = trained(name)
    base = models.load_model(track.model)
    counted = predicted_parameters(name, base, track)
    assert run.record["steps"] == 2 and run.record["trainable_parameters"] == counted
    saved = load_file(next(run.model_folder.glob("*.safetensors")))
    assert sum(weight.numel() for weight in saved.values()) == counted
    again, _ = load_system(track, run)
    assert torch.equal(logits(left, tokenizer), logits(again, tokenizer))
    assert not torch.equal(logits(base, tokenizer), logits(again, tokenizer))
    assert summarize(track, left, tokenizer, prompts) == run.predictions
    assert trained(name)[0].folder == run.folder  # found, not trained again


@pytest.mark.parametrize("name", ADAPTERS)
def test_the_base_under_an_adapter_is_untouched_and_comes_back(
    name, track, trained, prompts, tokenizer
):
    _, left = trained(name)
    switched_off = make_run(Method("switched off", interpolated=short(name, track)), track)
    with pytest.raises(LabError, match="switched off has no model of its own"):
        load_system(track, switched_off)
    assert switched_off.predictions == make_run(ZERO_SHOT, track).predictions
    base = models.load_model(track.model).state_dict()
    frozen = {
        key.replace("base_model.model.", "").replace("base_model.", "").replace("base_layer.", ""):
        weight for key, weight in left.named_parameters() if not weight.requires_grad
    }  # fmt: skip
    shared = {"encoder.embed_tokens.weight", "decoder.embed_tokens.weight"}
    assert frozen.keys() | shared >= base.keys()
    assert all(torch.equal(weight, base[key]) for key, weight in frozen.items() if key in base)


@pytest.mark.parametrize("name", TRAINED)
def test_every_weight_that_is_trained_is_used(name, track, model, tokenizer):
    """peft would train, for one, virtual tokens that nothing reads."""
    torch.manual_seed(0)
    method = method_named(name, track)
    adapted = add_adapter(model, method.adapter) if method.adapter else model
    for key, weight in adapted.named_parameters():
        if "lora_B" in key:  # zero, which would leave A without a gradient
            torch.nn.init.normal_(weight, std=0.1)
    texts = ["#Person1#: Hi there, who is it?", "#Person2#: Nobody."]
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    batch["labels"] = tokenizer(texts[::-1], padding=True, return_tensors="pt")["input_ids"]
    adapted(**batch, use_cache=False).loss.backward()
    unused = [
        key
        for key, weight in trained_weights(adapted).items()
        if weight.grad is None or not weight.grad.any()
    ]
    assert not unused
    if name == "prompt-tuning":
        (tokens,) = trained_weights(adapted).values()
        assert tokens.grad.any(dim=1).all()


def test_bitfit_trains_norms_and_position_biases_alone(track, model):
    adapted = add_adapter(model, method_named("bitfit", track).adapter)
    layers = {key.partition(".ln_tuning")[0].rpartition(".")[2] for key in trained_weights(adapted)}
    assert layers == set(NORMS_AND_BIASES)
    wanted = [
        key for key in shapes(models.load_model(track.model)) if "norm" in key or "bias" in key
    ]
    assert len(trained_weights(adapted)) == len(wanted)


def test_lora_plus_gives_b_its_own_rate(track, model):
    method = method_named("lora+", track, size=8)
    adapted = add_adapter(model, method.adapter)
    optimizer, schedule = optimizer_and_schedule(adapted, method.recipe, steps=10)
    rates = {
        id(weight): group["initial_lr"]
        for group in optimizer.param_groups
        for weight in group["params"]
    }
    rate = method.recipe.learning_rate
    named = trained_weights(adapted)
    assert len(rates) == len(named)
    for key, weight in named.items():
        assert rates[id(weight)] == pytest.approx(8 * rate if "lora_B" in key else rate), key


def test_lora_plus_without_lora_is_refused(model):
    with pytest.raises(LabError, match="lora_plus_ratio is for a LoRA"):
        optimizer_and_schedule(model, TrainingSettings(lora_plus_ratio=4), steps=10)


def test_rslora_is_scaled_by_the_root_of_the_rank(track, model):
    adapted = add_adapter(model, method_named("rslora", track, size=4).adapter)
    layer = adapted.base_model.model.encoder.block[0].layer[0].SelfAttention.q
    assert layer.scaling["default"] == track.lora.adapter.alpha / 2


def test_a_setting_that_came_later_leaves_earlier_runs_their_names():
    """Their folders' digests are of these settings."""
    assert "lora_plus_ratio" not in plain(TrainingSettings())
    assert plain(TrainingSettings(lora_plus_ratio=4))["lora_plus_ratio"] == 4


def test_sizes_and_rates_are_as_asked(track):
    assert method_named("dora", track).adapter.r == track.lora.adapter.rank
    assert method_named("dora", track, size=3).adapter.r == 3
    assert method_named("lora", track, size=3).adapter.rank == 3
    assert method_named("prompt-tuning", track, size=7).adapter.num_virtual_tokens == 7
    assert method_named("lora+", track, size=7).recipe.lora_plus_ratio == 7
    chosen = method_named("ia3", track, learning_rate=0.5).recipe
    assert chosen.learning_rate == 0.5 and chosen.epochs == track.lora.recipe.epochs
    assert method_named("full", track) == track.full and method_named("lora", track) == track.lora
    json.dumps(plain(method_named("last-layers", track, size=2).settings()))


def test_the_last_block_is_the_one_before_the_head(track, model):
    adapted = add_adapter(model, method_named("last-layers", track, size=1).adapter)
    blocks = {name.split("block.")[1][0] for name in trained_weights(adapted) if "block." in name}
    assert blocks == {"1"}


def test_virtual_tokens_give_the_answers_that_training_saw(track, model, tokenizer, prompts):
    """Training reads them in the forward pass, answering in `generate`: both must mean the same."""
    torch.manual_seed(0)
    adapted = add_adapter(model, method_named("prompt-tuning", track).adapter).eval()
    batch = tokenizer(prompts[:2], padding=True, return_tensors="pt")
    written = torch.zeros(2, 1, dtype=torch.long)
    with torch.inference_mode():
        for _ in range(12):
            scores = adapted(**batch, decoder_input_ids=written, use_cache=False).logits
            written = torch.cat([written, scores[:, -1:].argmax(-1)], dim=1)
    expected = [text.strip() for text in tokenizer.batch_decode(written, skip_special_tokens=True)]
    assert generate(adapted, tokenizer, prompts[:2], max_new_tokens=12) == expected
    assert expected != generate(
        models.load_model(track.model), tokenizer, prompts[:2], max_new_tokens=12
    )


@pytest.mark.parametrize(
    "name, options, message",
    [
        ("qdora", {}, "Unknown method 'qdora'; it must be one of: full, lora, rslora, dora, lora+"),
        ("ia3", {"size": 3}, "'ia3' has no size"),
        ("qlora-nf4", {}, "quantized (QLoRA) on an NVIDIA GPU only.* lora trains the same"),
        ("full", {"size": 3}, "'full' has no LoraSettings"),
        ("last-layers", {"size": 3}, "The last 3 decoder blocks .* has 2"),
        ("dora", {"learning_rate": 0}, "TrainingSettings.learning_rate is 0"),
    ],
)
def test_what_cannot_be_is_refused_at_once(track, name, options, message):
    pattern = message.replace("(", r"\(").replace(")", r"\)").replace("+", r"\+")
    with pytest.raises(LabError, match=pattern):
        method_named(name, track, **options)


def test_quantizing_needs_bitsandbytes_and_an_adapter(monkeypatch):
    monkeypatch.setattr(models, "installed_version", lambda name: None)
    with pytest.raises(LabError, match="pip install bitsandbytes"):
        models.check_quantization("cuda")
    for kind, adapter in (("nf4", None), ("int3", LoraSettings())):
        with pytest.raises(LabError, match=f"Method.quantized is '{kind}'"):
            Method("qlora", TrainingSettings(), adapter, quantized=kind)
    quantized = Method("qlora", TrainingSettings(), LoraSettings(), quantized="nf4")
    assert quantized.settings()["quantized"] == "nf4"
    assert "quantized" not in Method("lora", TrainingSettings(), LoraSettings()).settings()


def test_weights_packed_in_bytes_are_counted_as_weights():
    packed = torch.nn.Linear(4, 2, bias=False)
    packed.weight = torch.nn.Parameter(torch.zeros(4, 1, dtype=torch.uint8), requires_grad=False)
    assert models.parameter_counts(packed) == (0, 4)
    packed.weight.quant_state = SimpleNamespace(shape=torch.Size((2, 4)))
    assert models.parameter_counts(packed) == (0, 8)


@pytest.mark.parametrize(
    "config, message",
    [
        (LNTuningConfig(target_modules=["layer_norm", "c_attn"]), "no layer named c_attn"),
        (LNTuningConfig(target_modules="decoder.h.7"), "LNTuningConfig does not fit: "),
        (PromptEncoderConfig(num_virtual_tokens=4), "PromptEncoderConfig is not fitted to"),
    ],
)
def test_an_adapter_that_does_not_fit_is_refused(model, config, message):
    config.task_type = "SEQ_2_SEQ_LM"
    with pytest.raises(LabError, match=message):
        add_adapter(model, config)


@pytest.fixture
def known_chats(chats, tmp_path):
    """The fixtures' dialogues, with what is true in them."""
    folder = shutil.copytree(chats, tmp_path / "chats")
    shutil.copy(SUPPORT_CHATS / "facts.jsonl", folder)
    return folder


@pytest.fixture
def words(base, known_chats):
    """A small comparison on the command line."""
    sources = ["--track", "tiny", "--model", str(base), "--dataset", str(known_chats)]
    return ["compare", *sources, "--train-rows", "8", "--test-dialogues", "4"]


def test_compare_tells_quality_costs_and_differences_and_trains_once(
    words, tmp_path, monkeypatch, capsys
):
    words += ["--methods", "ia3", "bitfit"]
    main(words)
    shown = capsys.readouterr().out
    place = tmp_path / "artifacts" / "tiny"
    report = json.loads((place / "methods.json").read_text("utf-8"))
    assert (place / "methods.png").read_bytes().startswith(b"\x89PNG")
    systems = {system["name"]: system for system in report["systems"]}
    assert list(systems) == ["zero-shot", "nearest chat", "ia3", "bitfit"]
    assert report["epochs"] == 1 and report["failed"] == {}
    for name, system in systems.items():
        record = json.loads((place / system["run"] / "run.json").read_text("utf-8"))
        assert record["steps"] == (2 if name in ("ia3", "bitfit") else 0)
        row = next(line for line in shown.splitlines() if line.startswith(f"{name} "))
        found = [record["facts"]["facts_f1"], record["rouge"]["rouge1"], record["rouge"]["rougeL"]]
        cells = [f"{x['mean']:.3f} [{x['low']:.3f}, {x['high']:.3f}]" for x in found]
        costs = tables.costs(record)
        cells += [costs["trained"], costs["training"], costs["to keep"]]
        assert all(cell in row for cell in (*cells, f"{record['peak_memory_mib']:,.0f} MiB")), row
    pairs = {(item["a"], item["b"]) for item in report["differences"]}
    assert pairs == {("ia3", "zero-shot"), ("bitfit", "zero-shot"), ("bitfit", "ia3")}
    assert {item["metric"] for item in report["differences"]} == {"facts_f1", "rouge1", "rougeL"}
    for item in report["differences"]:
        (row,) = [line for line in shown.splitlines() if f"{item['a']} minus {item['b']}" in line]
        assert f"{signed(item['mean'])} [{signed(item['low'])}, {signed(item['high'])}]" in row
    assert "4 test dialogues of chats x 3 references; rouge_score" in shown and "Holm" in shown
    assert (
        "seed 42" in shown and "Passes over the training rows: 1 (the lab itself makes 3)" in shown
    )

    monkeypatch.setattr(engine, "fine_tune", lambda *_, **__: pytest.fail("it trained"))
    main([*words, "--json"])
    assert json.loads(capsys.readouterr().out) == report


@pytest.mark.parametrize("error", [LabError("too large"), RuntimeError("too large\nby far")])
def test_a_method_that_fails_does_not_take_the_others_along(
    error, words, tmp_path, monkeypatch, error_of
):
    def failing(method, track):
        if method.name == "dora":
            raise error
        return make_run(method, track)

    monkeypatch.setattr(comparison, "make_run", failing)
    message = error_of(*words, "--methods", "dora", "ia3", "--epochs", "0.5")
    assert (
        message.rstrip().endswith("these failed: dora: too large") or "RuntimeError: too" in message
    )
    report = json.loads((tmp_path / "artifacts" / "tiny" / "methods.json").read_text("utf-8"))
    assert [system["name"] for system in report["systems"]][2:] == ["ia3"]
    assert list(report["failed"]) == ["dora"] and report["differences"][0]["a"] == "ia3"


def without_gates(folder, tokenizer):
    """A T5 of the first version, which has a layer wi where the later ones have wi_0 and wi_1."""
    sizes = dict(d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=2, vocab_size=len(tokenizer))
    model = T5ForConditionalGeneration(T5Config(decoder_start_token_id=0, **sizes))
    models.save_model(model, tokenizer, folder)
    return folder


@pytest.mark.parametrize(
    "options, message",
    [
        (["full", "qdora"], "Unknown method 'qdora'; it must be one of: full, lora, rslora, dora"),
        (["full", "ia3", "full"], "Named twice: full."),
        (["full", "qlora-nf4"], "quantized (QLoRA) on an NVIDIA GPU only"),
        (["full", "--epochs", "0"], "--epochs is 0.0; it must be a number above 0"),
        (["full", "--train-rows", "0"], "train_rows is 0"),
    ],
)
def test_compare_refuses_before_anything_is_trained(
    options, message, words, tmp_path, error_of, no_training
):
    if "--train-rows" in options:
        words = words[:-4]
    assert message in error_of(*words, "--methods", *options)
    assert not (tmp_path / "artifacts").exists()


def test_compare_refuses_a_model_that_lacks_the_layers_of_a_method(
    chats, tmp_path, tokenizer, error_of, no_training
):
    folder = without_gates(tmp_path / "first-t5", tokenizer)
    words = ["compare", "--track", "tiny", "--model", folder, "--dataset", chats]
    message = error_of(*words, "--methods", "ia3", "dora")
    assert "dora cannot be had with first-t5." in message and "no layer named wi_0, wi_1" in message
    assert not (tmp_path / "artifacts").exists()


@pytest.mark.parametrize("name", TRAINED)
def test_every_method_can_be_had_on_the_flan_track(name, base, chats):
    track = replace(tracks.flan_track("cpu"), model=str(base), dataset=str(chats))
    (method,) = comparison.methods_named([name], track, 2)
    assert method.recipe.effective_batch == 32
    own = {"full": 1e-4, "lora": 1e-3}
    assert method.recipe.learning_rate == (own.get(name) or comparison.KINDS[name].rates["flan"])


def test_more_processes_than_rows_are_refused_before_anything_is_made(
    words, tmp_path, error_of, monkeypatch
):
    monkeypatch.setattr(processes, "started", lambda: 5)
    words = [*words, "--methods", "ia3"]
    assert "5 processes are too many" in error_of(*words) and "start at most 4" in error_of(*words)
    assert not (tmp_path / "artifacts" / "tiny" / "runs").exists()
    track = tracks.choose_track("tiny", model=words[4], dataset=words[6], train_rows=3)
    with pytest.raises(LabError, match="3 in all: start at most 3"):
        tuning.tune(track, track.lora)
    assert not (tmp_path / "artifacts" / "tiny" / "runs").exists()


def test_help_and_the_reference_name_every_method(capsys):
    main(["compare", "--help"])
    told = capsys.readouterr().out, (ROOT / "docs" / "commands.md").read_text("utf-8")
    for name in METHOD_NAMES:
        assert all(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) for text in told), name


def test_every_method_can_be_checked_without_weights(track):
    methods = comparison.methods_named(TRAINED, track, 0.5)
    assert [method.name for method in methods] == TRAINED
    assert {method.recipe.epochs for method in methods} == {0.5}
    with pytest.raises(LabError, match="Name a method to compare, of: full, lora"):
        comparison.methods_named([], track, 1)


def test_methods_are_drawn_by_the_weights_they_train_with_intervals_and_names():
    named = {
        "few": (10, {"mean": 0.2, "low": 0.1, "high": 0.4}),
        "many": (1_000_000, {"mean": 0.9, "low": 0.8, "high": 0.95}),
        "many too": (900_000, {"mean": 0.9, "low": 0.8, "high": 0.95}),
    }
    (axis,) = plots.plot_weights(named, {"untouched": 0.3}, "facts F1", dots=[(20, 0.1)]).axes
    assert axis.get_xscale() == "log" and axis.get_ylabel() == "facts F1"
    assert [text.get_text() for text in axis.texts] == ["untouched"]
    reached = {
        tuple(line[:, 1].round(3))
        for bars in axis.containers
        for line in bars.lines[2][0].get_segments()
    }
    assert reached == {(0.1, 0.4), (0.8, 0.95)}


def test_dots_without_a_name_are_told_in_a_legend():
    named = {"few": (10, {"mean": 0.2, "low": 0.1, "high": 0.4})}
    figure = plots.plot_weights(named, {}, "facts F1", dots=[(2_000, 0.1), (3_000, 0.2)])
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [plots.OTHERS_TRIED, "few"]
    assert f"{plots.OTHERS_TRIED}: 2 points, x from 2,000 to 3,000" in describe(figure)


def test_methods_that_end_at_one_place_keep_a_mark_each():
    """Four kinds of LoRA were one dot with four names around it."""
    scores = {"lora": 0.984, "dora": 0.983, "lora+": 0.980, "rslora": 0.979, "ia3": 0.682}
    named = {
        name: (3_840 if name == "ia3" else 112_896, dict.fromkeys(("mean", "low", "high"), score))
        for name, score in scores.items()
    }
    figure = plots.plot_weights(named, {}, "facts F1")
    (axis,) = figure.axes
    marks = {bars.get_label(): bars.lines[0] for bars in axis.containers}
    for name, mark in marks.items():
        assert mark.get_xydata().tolist() == [[named[name][0], scores[name]]]
        assert mark.get_transform() == axis.transData, "a mark stands where nothing was measured"
        assert mark.get_markerfacecolor() == "none"
    pile = set(scores) - {"ia3"}
    for look in (Line2D.get_marker, Line2D.get_color):
        assert len({look(marks[name]) for name in pile}) == len(pile)
    assert "lora+: 0.98 at 112896." in describe(figure)
