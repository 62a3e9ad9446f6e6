"""Variables that are set for a while, and then what they were."""

import os

import pytest

from labutils.common.environment import environment


def test_variables_are_what_they_were_afterwards_even_after_an_error(monkeypatch):
    monkeypatch.setenv("LAB_SEED", "7")
    monkeypatch.delenv("LAB_TRACK", raising=False)
    with pytest.raises(ValueError), environment(LAB_SEED="8", LAB_TRACK="tiny"):
        assert (os.environ["LAB_SEED"], os.environ["LAB_TRACK"]) == ("8", "tiny")
        os.environ.pop("LAB_TRACK")
        raise ValueError
    assert os.environ["LAB_SEED"] == "7" and "LAB_TRACK" not in os.environ
