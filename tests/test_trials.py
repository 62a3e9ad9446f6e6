"""Trials: validation alone decides, nothing of the test split is touched, failures are results."""

import pytest

from labutils import training, trials
from labutils.summarization import Summarization


@pytest.fixture
def short(track):
    return track.full.variant("short", epochs=1, validations=2)


def test_a_trial_opens_no_test_dialogue_writes_no_summary_and_keeps_no_weights(
    monkeypatch, track, short
):
    monkeypatch.setattr(Summarization, "answers", lambda *_: pytest.fail("it was tested"))
    record = trials.trial(short, track)
    validated = [entry for entry in record["history"] if "validation_loss" in entry]
    assert len(validated) == 2 and record["failed"] is None
    assert {"step", "loss", "validation_loss"} >= set(validated[-1])
    (folder,) = (track.artifacts / "runs").glob("trial-short-*")
    assert {path.name for path in folder.iterdir()} == {"trial.json", "training.json"}


def test_a_trial_that_was_made_is_found_and_shown_again(monkeypatch, track, short):
    record, seen = trials.trial(short, track), []
    monkeypatch.setattr(trials, "train", lambda *_: pytest.fail("it trained"))
    assert trials.trial(short, track, watch=seen.append) == record
    assert seen == [record["history"]]


def test_other_settings_and_other_validations_are_other_trials(track, short):
    trials.trial(short, track)
    trials.trial(short.variant(learning_rate=1e-4), track)
    scored = trials.trial(short, track, Summarization(track))
    assert "rougeL" in scored["history"][-1]
    assert len(list((track.artifacts / "runs").glob("trial-short-*"))) == 3


def test_a_training_that_diverges_is_a_result(monkeypatch, track, short):
    def loss(*_):
        raise training.Diverged("The training loss is nan at step 3.")

    monkeypatch.setattr(training, "mean_loss", loss)
    record = trials.trial(short, track)
    assert record["failed"] == "The training loss is nan at step 3." and record["history"]
    assert trials.trial(short, track) == record
