"""Exercises in the notebooks: their form, the notes of progress, the instructor's edition."""

import json
import os
import re

import nbformat
import pytest
from conftest import EXERCISE_PATHS, exercise_blocks, solution_of

from labutils import exercises, notebooks
from labutils.__main__ import main
from labutils.common.errors import LabError
from labutils.exercises import check, instructor_edition, progress_of
from labutils.exercises.notes import note, notes_file, read_notes

BLOCKS = exercise_blocks()
FOLDED = r"<details><summary>(\w+)</summary>\n\n(.+?)\n\n</details>"
RIGHT = solution_of(BLOCKS["3.2"])


def wrong(shapes, rank):
    return rank


def untouched(shapes, rank): ...


@pytest.mark.parametrize("number", BLOCKS)
def test_an_exercise_is_one_block(number):
    """Title, difficulty, minutes, folded hint and solution; then one cell, stub and check."""
    block = BLOCKS[number]
    assert re.match(r"\*(Easy|Medium|Hard), \d+ minutes\.\* \w", block.text.split("\n\n")[1])
    folded = re.findall(
        r"<details><summary>(\w+)</summary>\n\n(.+?)\n\n</details>", block.text, re.S
    )
    assert [name for name, _ in folded] == ["Hint", "Solution"]
    assert f"def {block.name}(" in folded[1][1] and "def " not in folded[0][1]
    body = folded[1][1].partition("def ")[2].splitlines()
    assert len(body) <= 15
    assert block.code.endswith(f'check("{number}", {block.name})')
    assert re.search(rf'def {block.name}\(.*\):\n    """.+"""\n    \.\.\.\n', block.code)


@pytest.mark.parametrize("path", EXERCISE_PATHS, ids=lambda path: path.stem)
def test_a_stub_does_not_overwrite_what_the_notebook_uses(path):
    book = nbformat.read(path, as_version=4)
    names = {block.name for block in BLOCKS.values() if block.path == path}
    others = [
        cell.source
        for cell in book.cells
        if cell.cell_type == "code" and "check(" not in cell.source
    ]
    used = {name for name in names for text in others if re.search(rf"\b{name}\b", text)}
    assert used == set()


@pytest.mark.parametrize("path", EXERCISE_PATHS, ids=lambda path: path.stem)
def test_a_notebook_ends_with_its_progress(path):
    code = [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    number = '"M"' if path.stem == "fault_museum" else str(int(path.stem[:2]))
    assert f"progress({number})" in code[-1].splitlines()


def test_check_says_what_is_right_and_notes_it(capsys):
    check("3.2", untouched)
    assert read_notes() == {} and not notes_file().exists()
    check("3.2", wrong)
    check("3.2", wrong)
    assert read_notes()["3.2"]["state"] == "tried" and read_notes()["3.2"]["attempts"] == 2
    check("3.2", RIGHT)
    passed = read_notes()["3.2"]
    assert passed["state"] == "passed" and passed["attempts"] == 3
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d$", passed["when"])
    check("3.2", wrong)
    assert read_notes()["3.2"] == passed
    said = capsys.readouterr().out
    assert said.count("not attempted yet") == 1 and said.count("not yet.") == 3
    assert said.count("passed.") == 1


def test_an_exercise_that_is_not_there_is_named(capsys):
    check("7.7", RIGHT)
    assert "no exercise '7.7'; there are 1.1, 1.2" in capsys.readouterr().out
    assert not notes_file().exists()


@pytest.mark.parametrize(
    "content",
    ["{half", "[]", '{"3.2": 5}', '{"3.2": {"state": "glorious", "attempts": 1, "when": ""}}',
     '{"3.2": {"state": "passed"}}', "\udcff"],
)  # fmt: skip
def test_notes_that_cannot_be_read_are_kept_and_begun_anew(content, capsys):
    path = notes_file()
    path.parent.mkdir(parents=True)
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    table = progress_of(3)
    assert (table["state"] == "not attempted yet").all()
    assert str(path) in capsys.readouterr().out
    check("3.2", RIGHT)
    said = " ".join(capsys.readouterr().out.split())
    assert "passed." in said and "kept as exercises-broken-" in said
    (kept,) = path.parent.glob("exercises-broken-*")
    assert kept.read_bytes() == content.encode("utf-8", "surrogateescape")
    assert read_notes()["3.2"]["state"] == "passed"


def test_where_nothing_can_be_written_the_diagnosis_still_comes(tmp_path, capsys):
    (tmp_path / "artifacts").write_text("in the way")
    check("3.2", RIGHT)
    check("3.2", wrong)
    said = " ".join(capsys.readouterr().out.split())
    assert "3.2: passed." in said and "3.2: not yet." in said
    assert said.count("could not be noted") == 2 and "LAB_ARTIFACTS" in said


def test_a_crash_while_noting_leaves_the_old_notes(monkeypatch):
    note("3.2", False)
    before = notes_file().read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert "No space left on device" in note("3.2", True)
    assert notes_file().read_bytes() == before


def test_notes_of_another_versions_exercises_stay(capsys):
    note("9.9", True)
    check("3.2", wrong)
    assert set(read_notes()) == {"9.9", "3.2"}
    assert "9.9" not in progress_of().index


def test_progress_is_shown_in_a_terminal_and_in_a_notebook(capsys):
    main(["progress"])
    assert f"0 of {len(exercises.EXERCISES)} exercises passed." in capsys.readouterr().out
    check("3.2", RIGHT)
    check("4.1", lambda sizes, cap: {})
    capsys.readouterr()
    main(["progress"])
    lines = capsys.readouterr().out.splitlines()
    state = {line[:3]: line for line in lines}
    for number in exercises.EXERCISES:
        expected = {"3.2": "passed", "4.1": "tried"}.get(number, "not attempted yet")
        assert expected in state[number]
    assert f"1 of {len(exercises.EXERCISES)} exercises passed." in lines[-2]
    assert list(progress_of(4).index) == ["4.1", "4.2", "4.3", "4.4"]
    shown = progress_of(4).attrs["caption"]
    assert shown == "0 of 4 exercises passed."


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    folder = tmp_path_factory.mktemp("instructor")
    return {path.name: path.read_text("utf-8") for path in instructor_edition.build_edition(folder)}


def notes_of(path):
    return [
        cell.source
        for cell in nbformat.read(path, as_version=4).cells
        if instructor_edition.TEACHING_NOTE in cell.metadata.get("tags", [])
    ]


@pytest.mark.parametrize("path", EXERCISE_PATHS, ids=lambda path: path.stem)
def test_students_see_neither_solutions_nor_notes(path):
    assert 2 <= len(notes_of(path)) <= 4
    for text in notes_of(path):
        assert re.fullmatch(r"<!--\n[^<>]+\n-->", text)
    assert "<details open>" not in path.read_text("utf-8")


@pytest.mark.parametrize("path", EXERCISE_PATHS, ids=lambda path: path.stem)
def test_instructors_see_solutions_and_notes(path, edition):
    count = sum(block.path == path for block in BLOCKS.values())
    book = nbformat.reads(edition[path.name], as_version=4)
    nbformat.validate(book)
    text = "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    assert text.count("<details open><summary>Solution") == count
    assert text.count("<details><summary>Hint") == count
    page = edition[f"{path.stem}.html"]
    assert page.count("<details open") == count
    for note_text in notes_of(path):
        words = note_text.removeprefix("<!--\n").removesuffix("\n-->")
        assert f"**Teaching note.** {words}\n\n</div>" in text
        assert re.sub(r"[*`$]", "", words)[:20] in page
    assert "<!--" not in text
    assert page.count("<strong>Teaching note.</strong>") == len(notes_of(path))


def test_the_edition_keeps_the_code_and_its_results(edition):
    for path in EXERCISE_PATHS:
        old, new = (
            [cell for cell in book.cells if cell.cell_type == "code"]
            for book in (nbformat.read(path, 4), nbformat.reads(edition[path.name], 4))
        )
        assert [(c.source, c.outputs) for c in old] == [(c.source, c.outputs) for c in new]


def test_the_edition_lies_in_artifacts_and_changes_no_notebook(
    monkeypatch, tmp_path, capsys, error_of
):
    before = [path.read_bytes() for path in EXERCISE_PATHS]
    monkeypatch.setattr(instructor_edition, "find_notebooks", lambda: EXERCISE_PATHS[:1])
    main(["instructor"])
    folder = tmp_path / "artifacts" / "instructor"
    assert capsys.readouterr().out.split() == [str(p) for p in sorted(folder.iterdir())[::-1]]
    assert [path.read_bytes() for path in EXERCISE_PATHS] == before
    monkeypatch.setenv("LAB_ARTIFACTS", str(EXERCISE_PATHS[0]))
    message = error_of("instructor")
    assert "Cannot write" in message and "LAB_ARTIFACTS" in message


def test_a_stored_notebook_keeps_the_tags_of_teaching_notes():
    book = nbformat.read(EXERCISE_PATHS[0], as_version=4)
    for cell in book.cells:
        cell.metadata["collapsed"] = True
    count = len(notes_of(EXERCISE_PATHS[0]))
    cleaned = notebooks.cleaned(book)
    assert (
        sum(cell.metadata == {"tags": [instructor_edition.TEACHING_NOTE]} for cell in cleaned.cells)
        == count
    )


def test_broken_notes_are_a_lab_error_for_scripts():
    notes_file().parent.mkdir(parents=True)
    notes_file().write_text(json.dumps([1]))
    with pytest.raises(LabError, match="exercises.json"):
        read_notes()
