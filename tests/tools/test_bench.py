"""The benchmark: the three ways do what they say, on equal work, and their answers are compared."""

import json

import pytest
import torch

from labutils import planning, tracks
from labutils.common.errors import LabError
from tools import bench, bench_ways, publishing

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


def test_results_are_written_with_a_picture_and_earlier_ones_are_kept(found, tmp_path, capsys):
    path = bench.save_bench(found, tmp_path)
    assert json.loads(path.read_text("utf-8")) == found
    assert (tmp_path / "bench.png").read_bytes()[1:4] == b"PNG"
    bench.save_bench(found, tmp_path)
    assert len(list(tmp_path.glob("bench-until-*.json"))) == 1
    assert "kept" in capsys.readouterr().out


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
