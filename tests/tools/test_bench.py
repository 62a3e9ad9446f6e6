"""The benchmark: the three ways do what they say, on equal work, and their answers are compared."""

import json

import pytest
import torch

from labutils import planning, tracks
from labutils.common.errors import LabError
from tools import bench, bench_cpu, bench_ways, publishing

SHAPE = "flan-t5-small"


@pytest.fixture(scope="module")
def fast(base, chats, tmp_path_factory):
    """A shape, and the track that is returned, on which everything takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_ARTIFACTS", str(tmp_path_factory.mktemp("artifacts")))
        track = tracks.choose_track("tiny", model=str(base), dataset=str(chats))
        patch.setitem(planning.SHAPES, f"google/{SHAPE}", (64, 128, 1, 2))
        config = planning.shape_of(f"google/{SHAPE}")
        config.vocab_size = 600
        patch.setattr(bench_ways, "shape_of", lambda name: config)
        patch.setattr(tracks, "tiny_track", lambda: track)
        yield track


@pytest.fixture
def small(fast):
    return bench_ways.workload(SHAPE, "cpu", 8, seed=3)


@pytest.fixture(scope="module")
def found(fast):
    return bench.bench(device="cpu", rounds=1, dialogues=8)


@pytest.fixture
def untrained(found, monkeypatch):
    """Leaves the trainings out."""
    monkeypatch.setattr(bench_ways, "train_rows", lambda *_: 1.0)
    losses = found["training"]["validation_loss"]
    monkeypatch.setattr(bench_ways, "validation_losses", lambda *_: losses)


def test_the_results_have_the_keys_of_their_contract_and_agree_with_each_other(found):
    assert set(found) >= {"device", "model", "training", "generation", "lab"}
    training, generation = found["training"], found["generation"]
    for way, speedup in (("lab2", "speedup_lab2"), ("dynamic", "speedup_dynamic")):
        ratio = training[f"{way}_ms"] / training["ours_ms"]
        assert training[speedup] == pytest.approx(ratio, rel=0.05)
    for way, speedup in (
        ("one_by_one_s", "speedup_one_by_one"),
        ("batched_default_s", "speedup_batched"),
    ):
        assert generation[speedup] == pytest.approx(generation[way] / generation["ours_s"], rel=0.3)
    assert set(training["padding_share"]) == {"lab2", "dynamic", "ours"}
    assert 0 < training["peak_share"] < 1
    losses = training["validation_loss"]
    assert [len(losses[way]) for way in ("dynamic", "ours")] == [3, 3]
    assert generation["n"] == 8 and generation["identical"] is True
    assert "seconds_by_stage" in found["lab"]
    json.dumps(found)


def test_padding_falls_from_way_to_way(fast):
    work = bench_ways.workload(SHAPE, "cpu", 64, seed=3)
    shares = bench_ways.padding_shares(work, "cpu", seed=3)
    assert shares["lab2"] > 0.7 > shares["dynamic"] > shares["ours"] + 0.1


def test_a_random_model_says_something_else_to_each_dialogue(small):
    """Or else that the answers are identical would mean nothing."""
    answers = bench_ways.answer_rows(small, "ours", range(8))
    assert len(set(answers)) == 8 and min(len(set(text.split())) for text in answers) > 5


def test_every_way_starts_from_the_same_weights(small):
    first, *others = (model.state_dict() for model in small.models.values())
    for other in others:
        assert all(torch.equal(first[name], other[name]) for name in first)


def test_lab_2s_batch_is_padded_to_512_with_zeros_and_has_no_mask(small):
    rows = [small.examples[i] for i in range(3)]
    batch = bench_ways.full_length_batch(rows)
    assert set(batch) == {"input_ids", "labels"}
    for name, tensor in batch.items():
        assert tensor.shape == (3, 512) and tensor[0, len(rows[0][name]) :].eq(0).all()
        assert tensor[0, : len(rows[0][name])].tolist() == rows[0][name]


def test_another_answer_in_one_way_is_reported(untrained, monkeypatch):
    real = bench_ways.generate

    def forgetful(*args, **options):
        return ["", *real(*args, **options)[1:]]

    monkeypatch.setattr(bench_ways, "generate", forgetful)
    found = bench.bench(device="cpu", rounds=1, dialogues=8)
    assert found["generation"]["identical"] is False
    assert "NOT identical" in bench.bench_text(found)


def test_a_checkpoint_is_timed_on_real_dialogues(fast):
    work = bench_ways.workload(fast.model, "cpu", 2, seed=3)
    assert "test dialogues" in work.summary and "#Person1#" in work.prompts[0]
    rows = [0, 1]
    assert bench_ways.answer_rows(work, "lab2", rows) == bench_ways.answer_rows(work, "ours", rows)


def test_results_are_written_with_a_picture_and_earlier_ones_are_kept(
    found, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("LAB_ARTIFACTS", str(tmp_path))
    path = bench.save_bench(found)
    assert json.loads(path.read_text("utf-8")) == found
    assert (tmp_path / "bench.png").read_bytes()[1:4] == b"PNG"
    bench.save_bench(found)
    assert len(list(tmp_path.glob("bench-until-*.json"))) == 1
    assert "kept" in capsys.readouterr().out


def test_no_number_of_the_picture_runs_into_the_other_panel():
    found = json.loads((publishing.RESULTS / "bench.json").read_text("utf-8"))
    figure = bench.plot_bench(found)
    figure.draw_without_rendering()
    left, right = figure.axes
    for text in left.texts:
        assert text.get_window_extent().x1 + 10 < right.get_tightbbox().x0, text.get_text()
    named = [
        [text.get_text() for text in axis.get_yticklabels() if text.get_visible()]
        for axis in (left, right)
    ]
    assert named == [list(bench.WAY_NAMES.values()), []] and left.yaxis_inverted()


def test_the_command_prints_and_writes(untrained, fast, capsys, monkeypatch, tmp_path):
    page = tmp_path / "speed.md"
    page.write_text("<!-- bench -->\nyesterday\n<!-- end of bench -->")
    monkeypatch.setitem(publishing.PAGES, "bench", page)
    monkeypatch.setattr(bench, "RESULTS", tmp_path)
    bench.main(["--device", "cpu", "--rounds", "1", "--dialogues", "8", "--store"])
    assert "| this lab |" in page.read_text("utf-8") and "yesterday" not in page.read_text("utf-8")
    assert (tmp_path / "bench.json").is_file() and (tmp_path / "bench.png").is_file()
    text = capsys.readouterr().out
    assert "this lab" in text and "identical" in text and "bench.json" in text
    assert (fast.artifacts.parent / "bench.json").is_file()


def test_what_a_gpu_is_timed_on_besides_is_counted_told_and_stored_apart(
    found, small, monkeypatch, tmp_path
):
    """An epoch of DialogSum's size and its answers, in place of losses; here on a CPU."""
    monkeypatch.setattr(bench, "TEST_DIALOGUES", 3)
    answered, real = [], bench_ways.answer_rows
    monkeypatch.setattr(
        bench_ways, "answer_rows", lambda *args: answered.append(args[1:]) or real(*args)
    )
    whole = bench._time_dialogsum(small, "cpu", "fp32", 3, str(tmp_path))
    assert (whole["rows"], whole["answered"]) == (8, 3) and answered == [("ours", [0, 1, 2])]
    on_gpu = found | {"device": "NVIDIA X", "dialogsum": whole | {"epoch_s": 9.5, "answers_s": 2.5}}
    on_gpu["training"] = found["training"] | {"validation_loss": {}}
    sentence = "An epoch of 8 such rows takes 9.5 s, and 3 answers 2.5 s."
    assert sentence in bench.bench_text(on_gpu) and "Validation loss" not in bench.bench_text(
        on_gpu
    )
    page = tmp_path / "speed.md"
    page.write_text("<!-- bench_gpu -->\n<!-- end of bench_gpu -->")
    monkeypatch.setitem(publishing.PAGES, "bench_gpu", page)
    monkeypatch.setattr(bench, "RESULTS", tmp_path)
    bench.store_bench(on_gpu)
    assert sentence in page.read_text("utf-8") and "results/bench_gpu.png" in page.read_text(
        "utf-8"
    )
    assert (tmp_path / "bench_gpu.json").is_file() and not (tmp_path / "bench.json").exists()


# --- What might be faster on a CPU --------------------------------------------------------------


@pytest.fixture
def compiled(fast, monkeypatch):
    """How models were asked to be compiled, instead of half a minute of doing it."""
    monkeypatch.setattr(bench_cpu, "tiny_track", lambda: fast)
    calls = []
    monkeypatch.setattr(torch.nn.Module, "compile", lambda self, **options: calls.append(options))
    return calls


@pytest.mark.parametrize("bf16", [True, False])
def test_what_might_be_faster_is_timed_beside_the_labs_way_with_its_startup(
    compiled, monkeypatch, bf16
):
    monkeypatch.setattr(bench_cpu, "has_bf16", lambda: bf16)
    monkeypatch.setattr(bench_cpu, "find_spec", lambda name: None)
    found = bench_cpu.bench_cpu(rounds=2, dialogues=5)
    ways = {kind: found[kind]["ways"] for kind in ("training", "answers")}
    assert list(ways["training"]) == ["this lab", "torch.compile", *["bf16"] * bf16]
    assert list(ways["answers"]) == ["this lab", *["bf16"] * bf16]
    assert compiled == [{"dynamic": True}]
    for kind, rows in (("training", 3 * 24), ("answers", 6)):  # of a whole training, a whole test
        ours = ways[kind]["this lab"]
        assert ours["speedup"] == 1 and found[kind]["rows"] == rows
        for way in ways[kind].values():
            assert way["speedup"] == pytest.approx(ours["ms"] / way["ms"], abs=0.02)
            whole = way["startup_s"] + rows * way["ms"] / 1000
            assert way["whole_s"] == pytest.approx(whole, abs=0.2)
    assert ways["answers"]["this lab"]["same"] == 1
    losses = [way["validation_loss"] for way in ways["training"].values()]
    assert losses[0] == losses[1] and losses == pytest.approx([losses[0]] * len(losses), rel=0.05)
    text = bench_cpu.cpu_rows(found)
    assert "| training | torch.compile |" in text and "CTranslate2 is left out: it is not" in text
    assert ("bf16 is left out: this CPU" in text) is not bf16


def test_ctranslate2s_startup_has_its_conversion(base, tokenizer, tmp_path):
    pytest.importorskip("ctranslate2")
    model = bench_cpu.load_model(str(base))
    found = bench_cpu._ctranslate2_ways(model, tokenizer, ["Hello, who is it?"], tmp_path, 5)
    assert list(found) == ["CTranslate2, float32", "CTranslate2, int8"]
    expected = bench_ways.generate(model, tokenizer, ["Hello, who is it?"], max_new_tokens=5)
    way = found["CTranslate2, float32"]
    assert way.work(0) == expected and way.startup > 0


def test_the_command_shows_and_stores_it(compiled, monkeypatch, tmp_path, capsys):
    page = tmp_path / "speed.md"
    page.write_text("<!-- bench_cpu -->\n<!-- end of bench_cpu -->")
    monkeypatch.setitem(publishing.PAGES, "bench_cpu", page)
    monkeypatch.setattr(bench, "RESULTS", tmp_path)
    monkeypatch.setattr(bench_cpu, "find_spec", lambda name: None)
    bench.main(["--cpu", "--rounds", "1", "--dialogues", "4", "--store"])
    assert "| answers | this lab |" in capsys.readouterr().out
    assert "| answers | this lab |" in page.read_text("utf-8")
    assert json.loads((tmp_path / "bench_cpu.json").read_text("utf-8"))["rounds"] == 1


@pytest.mark.parametrize(
    "options,message",
    [
        ({"rounds": 0}, "rounds is 0"),
        ({"dialogues": 7}, "dialogues is 7"),
        ({"device": "tpu"}, "device is 'tpu'"),
        ({"device": "cpu", "model": "nothing/here"}, "nothing/here"),
    ],
)
def test_bad_input_is_named(options, message, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(LabError, match=message):
        bench.bench(**options)
