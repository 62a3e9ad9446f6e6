"""Files on Windows, as far as another system can tell: a name that is not given at once."""

import os

import pytest

from labutils.common import files


def refusing(monkeypatch, times, number):
    """Windows refuses so many renames, for a reason of this number; how long was waited."""
    rename, refused, waits = os.replace, [], []

    def replace(source, target):
        if len(refused) < times:
            error = PermissionError(13, "Permission denied")
            error.winerror = number
            refused.append(error)
            raise error
        rename(source, target)

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(files.time, "sleep", waits.append)
    return waits


def test_a_file_that_a_scanner_holds_for_a_moment_is_written_all_the_same(monkeypatch, tmp_path):
    waits = refusing(monkeypatch, 2, 32)
    files.write_text(tmp_path / "a.txt", "whole\n")
    assert (tmp_path / "a.txt").read_bytes() == b"whole\n" and len(waits) == 2


@pytest.mark.parametrize("number, tries", [(32, 4), (5, 4), (None, 0)])
def test_what_stays_forbidden_is_told_and_loses_nothing(monkeypatch, tmp_path, number, tries):
    files.write_text(tmp_path / "a.txt", "older\n")
    waits = refusing(monkeypatch, 99, number)
    with pytest.raises(files.LabError, match="ake it writable for you"):
        files.write_text(tmp_path / "a.txt", "newer\n")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"] and len(waits) == tries
    assert (tmp_path / "a.txt").read_bytes() == b"older\n" and sum(waits) <= 2


def test_a_look_whether_a_folder_can_be_written_leaves_what_is_there(tmp_path):
    """A file called "writable" was written over, and deleted."""
    (tmp_path / "writable").write_text("mine")
    files.check_writable(tmp_path)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]
