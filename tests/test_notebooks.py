"""The notebooks: readable, executed in order, free of machines' names, all from one repository."""

import base64
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from types import SimpleNamespace

import nbformat
import psutil
import pytest
from conftest import ROOT, write_csv
from nbformat import v4

from labutils import notebooks
from labutils.__main__ import main
from labutils.common.errors import LabError
from labutils.data import read_rows
from labutils.tracks import tiny_track
from labutils.views import alt_text

PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LESSONS = [path for path in PATHS if path.stem != notebooks.DEMO]
MACHINE = re.compile(r"(?<![\w.])/(home|root|Users|work|tmp|mnt|opt)/|[A-Z]:\\\\|site-packages")
BADGE = re.compile(r"research\.google\.com/github/([^/\s]+/[^/\s]+)/blob/([^/\s]+)/([^)\s]+)")
KAGGLE = re.compile(r"welcome\?src=https://github\.com/([^/\s]+/[^/\s]+)/blob/([^/\s]+)/([^)\s]+)")
PAGES = [ROOT / "README.md", ROOT / "docs" / "commands.md"]
SETUP = re.compile(r'REPOSITORY, BRANCH = "([^"]+)", "([^"]+)"')
CLONE = re.compile(r"git clone --depth 1 --branch (\S+) \S*github\.com/([^/\s]+/[^/\s]+?)\.git")


@pytest.fixture(params=PATHS, ids=[path.stem for path in PATHS])
def path(request):
    return request.param


@pytest.fixture
def book(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture
def code(book):
    return [cell for cell in book.cells if cell.cell_type == "code"]


def test_the_lessons_are_there():
    assert [path.name[:2] for path in LESSONS][:3] == ["01", "02", "03"]
    assert notebooks.find_notebooks(["03", "01"]) == [LESSONS[2], LESSONS[0]]
    assert notebooks.find_notebooks() == LESSONS
    assert {*notebooks.find_notebooks([notebooks.DEMO]), *LESSONS} == set(PATHS)


def test_a_notebook_opens_everywhere(path, book):
    """Valid, small enough for GitHub, and without the widget state that breaks its rendering."""
    nbformat.validate(book)
    assert path.stat().st_size <= 250_000
    assert "widgets" not in book.metadata and "widget-view+json" not in path.read_text("utf-8")


def test_a_notebook_is_cut_into_readable_cells(path, code):
    lengths = [len(cell.source.splitlines()) for cell in code]
    assert path not in LESSONS or 20 <= len(lengths) <= 40
    assert median(lengths) <= 8 and max(lengths) <= 40


def test_solutions_fit_into_a_window_of_800_pixels(book):
    """Longer lines are broken there, and Python's indents with them."""
    for cell in book.cells:
        if cell.cell_type == "markdown":
            for shown in re.findall(r"```python\n(.*?)```", cell.source, re.S):
                assert [line for line in shown.splitlines() if len(line) > 78] == []


def test_signs_in_sentences_come_from_one_formatter(code):
    """`signed`: what is written by hand says -0.00."""
    for cell in code:
        assert not re.search(r":\+\.\d[f%]", cell.source), cell.source


def test_a_notebook_was_run_once_from_top_to_bottom_without_errors(code):
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    errors = [out for cell in code for out in cell.outputs if out.output_type == "error"]
    assert errors == []


def test_no_machines_paths_are_in_a_notebook(book):
    for cell in book.cells:
        text = cell.source + json.dumps(cell.get("outputs", []), ensure_ascii=False)
        assert not MACHINE.search(text), MACHINE.search(text)


def test_a_link_within_a_notebook_leads_to_a_heading(book):
    text = "\n\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    heads = {head.replace(" ", "-") for head in re.findall(r"^#+ (.+)$", text, re.M)}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= heads


def addresses(path):
    """{(repository, branch)} of the badges and setup cells in a file."""
    text = path.read_text("utf-8").replace('\\"', '"')
    badges = BADGE.findall(text) + KAGGLE.findall(text)
    found = {(badge[0], badge[1]) for badge in badges} | set(SETUP.findall(text))
    return found | {(clone, branch) for branch, clone in CLONE.findall(text)}


def test_a_badge_opens_its_own_notebook(path, book):
    ((repository, branch, target),) = BADGE.findall(book.cells[0].source)
    assert target == f"notebooks/{path.name}"
    colab = "https://colab.research.google.com"
    badge = f"[![Open in Colab]({colab}/assets/colab-badge.svg)]"
    address = f"({colab}/github/{repository}/blob/{branch}/{target})"
    assert badge + address in book.cells[0].source
    for kaggle in KAGGLE.findall(book.cells[0].source):
        assert kaggle == (repository, branch, target)


def test_the_setup_cell_is_the_same_everywhere():
    books = [nbformat.read(path, as_version=4) for path in PATHS]
    setups = {next(c.source for c in book.cells if c.cell_type == "code") for book in books}
    assert len(setups) == 1 and SETUP.search(*setups) and "install_missing()" in setups.pop()


@pytest.mark.parametrize("host", ["colab", "kaggle", "neither"])
def test_the_setup_cell_clones_the_lab_where_it_is_hosted(host, tmp_path, monkeypatch):
    """Kaggle keeps /kaggle/working; a notebook opened there or on Colab has nothing beside it."""
    book = nbformat.read(PATHS[1], as_version=4)
    setup = next(cell.source for cell in book.cells if cell.cell_type == "code")
    setup = setup.partition("from labutils")[0]
    for place in ("/kaggle/working", "/content"):
        setup = setup.replace(place, f"{tmp_path}{place}")
    if host == "kaggle":
        (tmp_path / "kaggle" / "working").mkdir(parents=True)
    if host == "colab":
        monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())
    monkeypatch.setattr(sys, "path", list(sys.path))
    clones = []

    def clone(command, **_):
        clones.append(command)
        Path(command[-1]).mkdir(parents=True)

    monkeypatch.setattr(subprocess, "run", clone)
    for _ in range(2):  # a cell may be run again
        exec(setup, {})
    lab = {"colab": tmp_path / "content/lab", "kaggle": tmp_path / "kaggle/working/lab"}.get(host)
    assert [command[-1] for command in clones] == ([str(lab)] if lab else [])
    assert sys.path[0] == str(lab or Path.cwd().parent)


def test_readme_and_notebooks_point_to_one_repository():
    assert len(set.union(*map(addresses, [*PAGES, *PATHS]))) == 1
    text = PAGES[0].read_text("utf-8")
    assert all(
        (ROOT / badge[2]).is_file()
        for page in PAGES
        for badge in KAGGLE.findall(page.read_text("utf-8"))
    )
    assert CLONE.search(text)
    assert {badge[2] for badge in BADGE.findall(text)} == {f"notebooks/{p.name}" for p in PATHS}


def test_badges_lead_to_the_fork_after_pointing_them_there(monkeypatch, tmp_path):
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    (tmp_path / "docs").mkdir()
    pages = [Path(shutil.copy(page, tmp_path / page.relative_to(ROOT))) for page in PAGES]
    monkeypatch.setattr(notebooks, "REPOSITORY", tmp_path)
    monkeypatch.setattr(notebooks, "NOTEBOOKS", tmp_path / "notebooks")
    files = [*pages, *(tmp_path / "notebooks" / path.name for path in PATHS)]
    assert notebooks.point_badges("someone/a-fork.2", "main") == files
    for file in files:
        assert addresses(file) == {("someone/a-fork.2", "main")}
    before = [file.read_bytes() for file in files]
    assert notebooks.point_badges("someone/a-fork.2", "main") == []
    assert [file.read_bytes() for file in files] == before
    for old, file in zip(PATHS, files[2:]):
        nbformat.validate(nbformat.read(file, as_version=4))
        assert abs(len(old.read_text("utf-8")) - len(file.read_text("utf-8"))) < 100
    notebooks.point_badges("someone/a-fork.2", "2026-autumn")
    for file in files:
        assert addresses(file) == {("someone/a-fork.2", "2026-autumn")}
    assert CLONE.search(files[0].read_text("utf-8"))


@pytest.mark.parametrize("target", [("nobody",), ("a/b/c",), ("a/b", "x/y"), ("a/b", "x y")])
def test_badges_are_not_pointed_to_what_colab_cannot_open(target):
    with pytest.raises(LabError, match=re.escape(repr(target[-1]))):
        notebooks.point_badges(*target)


def test_a_failing_notebook_names_its_cell_and_leaves_its_output(tmp_path):
    cells = [
        v4.new_markdown_cell("# A lesson"),
        v4.new_code_cell("print('so far so good')"),
        v4.new_code_cell("\n# The broken one\nraise ValueError('no such dialogue')"),
        v4.new_code_cell("print('never')"),
    ]
    path, target = tmp_path / "09_lesson.ipynb", tmp_path / "deep" / "executed.ipynb"
    nbformat.write(v4.new_notebook(cells=cells), path)
    before = path.read_bytes()
    with pytest.raises(LabError) as caught:
        notebooks.execute(path, target)
    for piece in (path.name, "cell 2 of 3", "# The broken one", "ValueError: no such dialogue"):
        assert piece in str(caught.value)
    assert path.read_bytes() == before
    copy = target.read_text("utf-8")
    assert "so far so good\\n" in copy and "no such dialogue" in copy


RUN = """
import sys
from pathlib import Path
from labutils import notebooks
from labutils.__main__ import main

notebooks.find_notebooks = lambda numbers: [Path(sys.argv[1])]
main(["run", "--track", "tiny"])
"""

WAITS = """import os, time
from pathlib import Path

Path("started").write_text(str(os.getpid()))
Path("started").rename("process")
time.sleep(300)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of Linux and macOS")
@pytest.mark.parametrize(
    "number, status, told",
    [(signal.SIGTERM, 143, "Ended by SIGTERM."), (signal.SIGINT, 130, "Interrupted.")],
)
def test_a_signal_ends_a_run_and_its_kernel_with_one_line(tmp_path, number, status, told):
    path, log, process = tmp_path / "01_lesson.ipynb", tmp_path / "log", tmp_path / "process"
    cells = [v4.new_code_cell("print('so far so good')"), v4.new_code_cell(WAITS)]
    nbformat.write(v4.new_notebook(cells=cells), path)
    with open(log, "w") as file:
        command = [sys.executable, "-c", RUN, path]
        run = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=file)
    ends = time.monotonic() + 300
    while not process.exists():
        assert run.poll() is None and time.monotonic() < ends, log.read_text()
        time.sleep(0.1)
    run.send_signal(number)
    assert run.wait(300) == status
    last = log.read_text().splitlines()[-1]
    assert last == f"{told} Run the same command again to go on from where it was."
    assert "Traceback" not in log.read_text()
    assert not psutil.pid_exists(int(process.read_text()))
    (copy,) = (tmp_path / "artifacts").rglob("01_lesson.ipynb")
    assert "so far so good\\n" in copy.read_text("utf-8")


def test_the_first_lesson_runs_on_chats_of_ones_own(tmp_path):
    """Few, and with one summary each, as `inspect --out` writes them."""
    rows = read_rows(ROOT / "data" / "support_chats" / "train.csv")
    for split, kept in {"train": rows[:9], "validation": rows[9:13], "test": rows[13:17]}.items():
        write_csv(tmp_path / f"{split}.csv", kept)
    main(["run", "--track", "tiny", "--dataset", str(tmp_path), "--notebooks", "01"])
    copy = tiny_track().artifacts / "notebooks" / "01_zero_shot_baseline.ipynb"
    assert copy.read_text("utf-8").count("none to compare it with") == 2, "in code and output"


def test_whoever_executes_a_notebook_keeps_a_handler_of_signals(tmp_path):
    path = tmp_path / "01_lesson.ipynb"
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("1")]), path)
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    mine = signal.getsignal(signal.SIGTERM)
    try:
        notebooks.execute(path, tmp_path / "executed.ipynb")
        assert signal.getsignal(signal.SIGTERM) is mine
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_stored_notebook_keeps_its_results_and_loses_widgets_and_machine_names(tmp_path):
    view = {"model_id": "abc", "version_major": 2, "version_minor": 0}
    outputs = [
        v4.new_output("display_data", {notebooks.WIDGET_VIEW: view, "text/plain": "VBox()"}),
        v4.new_output("stream", text="0.42"),
    ]
    cell = v4.new_code_cell("1", execution_count=1, outputs=outputs)
    kept = {"tags": ["slow"], "slideshow": {"slide_type": "slide"}}
    cell.metadata = {"execution": {"iopub.status.busy": "now"}, **kept}
    book = v4.new_notebook(cells=[cell], metadata={"widgets": {"state": {}}})
    book.metadata.kernelspec = {"name": "my-venv", "display_name": "my venv", "language": "python"}
    nbformat.write(book, tmp_path / "executed.ipynb")
    notebooks.store(tmp_path / "executed.ipynb", tmp_path / "01.ipynb")
    text = (tmp_path / "01.ipynb").read_text("utf-8")
    stored = nbformat.reads(text, as_version=4)
    nbformat.validate(stored)
    assert [output.output_type for output in stored.cells[0].outputs] == ["stream"]
    assert "0.42" in text and "widget" not in text and "my-venv" not in text and "busy" not in text
    assert stored.cells[0].metadata == kept and stored.cells[0].execution_count == 1


def test_a_stored_figure_is_smaller_and_keeps_its_paper_white_and_its_hues():
    from PIL import Image

    hues = [(0, 114, 178), (230, 159, 0), (127, 59, 8), (45, 0, 75), (216, 218, 235)]
    image = Image.effect_noise((200, 100), 60).convert("RGB").resize((400, 200))
    image.paste("white", (0, 0, 400, 100))
    for place, hue in enumerate(hues):
        image.paste(hue, (40 * place, 20, 40 * place + 40, 60))
    file = io.BytesIO()
    image.save(file, "PNG")
    stored = base64.b64decode(alt_text.smaller_png(base64.b64encode(file.getvalue()).decode()))
    assert len(stored) < len(file.getvalue()) / 2
    small = Image.open(io.BytesIO(stored)).convert("RGB")
    assert small.getpixel((0, 0)) == (255, 255, 255)
    for place, hue in enumerate(hues):
        found = small.getpixel((40 * place + 20, 40))
        assert max(abs(a - b) for a, b in zip(found, hue)) <= 16


SLIDE_TYPES = {"slide", "subslide", "fragment", "skip", "notes", "-"}


def test_every_cell_of_the_demo_has_its_place_in_the_slides():
    book = nbformat.read(ROOT / "notebooks" / f"{notebooks.DEMO}.ipynb", as_version=4)
    types = [cell.metadata["slideshow"]["slide_type"] for cell in book.cells]
    assert set(types) <= SLIDE_TYPES and types[0] == "slide" and types.count("slide") >= 4
    widgets = [kind for kind, cell in zip(types, book.cells) if "_widget(" in cell.source]
    assert widgets == ["skip"] * 4  # a deck has no kernel


def test_slides_have_the_stored_outputs_without_code_and_describe_their_pictures(
    monkeypatch, tmp_path
):
    alt = {"image/png": {"alt": "It rises."}}
    picture = v4.new_output("display_data", {"image/png": "iVBORw0KGgo="}, metadata=alt)
    cells = [
        v4.new_markdown_cell("# A talk", metadata={"slideshow": {"slide_type": "slide"}}),
        v4.new_code_cell("secret_code()", outputs=[picture]),
        v4.new_code_cell("2", outputs=[v4.new_output("stream", text="unseen")],
                         metadata={"slideshow": {"slide_type": "skip"}}),
    ]  # fmt: skip
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / f"{notebooks.DEMO}.ipynb")
    monkeypatch.setattr(notebooks, "NOTEBOOKS", tmp_path)
    deck = notebooks.write_slides(tmp_path / "deep" / "slides")
    text = deck.read_text("utf-8")
    assert "<title>A talk slides</title>" in text and 'class="slides"' in text
    assert 'alt="It rises."' in text and "secret_code" not in text and "unseen" not in text
