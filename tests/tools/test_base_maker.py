"""The tiny base's maker: what it reads is what it should learn."""

from random import Random

import pytest
from conftest import ROOT

from labutils.models import load_tokenizer
from tools.makers.tasks import rows
from tools.makers.tiny_flan_t5 import corpus


@pytest.fixture
def tokenizer():
    return load_tokenizer(str(ROOT / "data" / "tiny-flan-t5"))


def test_a_tokenizer_that_padded_once_leaves_no_pads_in_the_targets(tokenizer):
    """Its curve is scored in between, in padded batches; pads as targets ruined a training."""
    before = corpus.shard(tokenizer, 1, 0, 20)
    tokenizer(["one", "two and three"], padding=True)
    assert corpus.shard(tokenizer, 1, 0, 20) == before
    assert all(0 not in source and 0 not in target for source, target in before)


def test_every_task_of_the_mixture_is_drawn_and_fits(tokenizer):
    rng = Random(1)
    pairs = [corpus.example(rng) for _ in range(400)]
    assert all(source.strip() and target.strip() for source, target in pairs)
    assert sum(corpus.MIXTURE.values()) == pytest.approx(1)
    lengths = [len(tokenizer(source)["input_ids"]) for source, _ in pairs]
    assert sum(length > corpus.MAX_LENGTH for length in lengths) < 8


def test_batches_hold_every_row_once_and_hide_pads_from_the_loss(tokenizer):
    pairs = corpus.shard(tokenizer, 1, 0, 40)
    seen = 0
    for input_ids, labels in corpus.batches(pairs, Random(1), token_budget=2048):
        assert input_ids.shape[0] == labels.shape[0]
        assert (labels != 0).all()
        seen += len(labels)
    assert seen == 40


def test_what_other_texts_say_stands_in_talk_and_summary_alike(monkeypatch):
    """In one of them alone, the base would learn to invent."""
    foreign = {"clause": ["the comet is late"], "action": ["feed the dragon"]}
    monkeypatch.setattr(corpus, "foreign_phrases", lambda pool: foreign)
    rng, counts = Random(3), []
    for _ in range(80):
        row = corpus.with_foreign_words(rng, rows.row("conversation", rng, "train"), "train")
        talk, summary = row["text"].lower(), row["summary"].lower()
        for phrase in ("the comet is late", "feed the dragon"):
            assert talk.count(phrase) == summary.count(phrase)
        counts.append(sum(summary.count(phrase) for phrase in ("comet", "dragon")))
    assert sum(map(bool, counts)) >= 20, "too few conversations have something to copy"
    assert max(counts) >= 2, "none has two things to tell apart"
