"""Running the notebooks from top to bottom, cleaning, showing them, and pointing their badges."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labutils.common.errors import LabError
from labutils.common.files import write_text
from labutils.common.packages import installed_version
from labutils.common.text import printable
from labutils.tracks import REPOSITORY, use_whole_paths
from labutils.views.alt_text import image_html, smaller_png

if TYPE_CHECKING:
    from nbformat import NotebookNode

NOTEBOOKS = REPOSITORY / "notebooks"
DEMO, MUSEUM = "instructor_demo", "fault_museum"
PNG, HTML = "image/png", "text/html"
KEPT_METADATA = ("tags", "slideshow")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def find_notebooks(numbers: Sequence[str] | None = None) -> list[Path]:
    """Paths of the lessons in order, the fault museum last; of those in `numbers` if given.

    Args:
        numbers: "01", ...; "fault_museum"; or "instructor_demo", which trains nothing and is no
            lesson.

    Raises:
        LabError: a number without a notebook.
    """
    found = {path.name[:2]: path for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))}
    found[MUSEUM] = NOTEBOOKS / f"{MUSEUM}.ipynb"
    known = found | {DEMO: NOTEBOOKS / f"{DEMO}.ipynb"}
    unknown = [number for number in numbers or [] if number not in known]
    if unknown:
        raise LabError(f"There is no notebook {', '.join(unknown)}; there are {', '.join(known)}.")
    return [known[number] for number in numbers or found]


def execute(path: Path, target: str | Path) -> None:
    """Run a notebook in a fresh kernel, showing progress, and write the executed copy.

    Args:
        path: the notebook, which stays as it is.
        target: takes the executed copy, also when a cell fails or it is asked to stop.

    Raises:
        LabError: a cell failed; the notebook, the cell and its error are named.
        KeyboardInterrupt, Terminated: Ctrl-C or SIGTERM; the kernel is ended, too.
    """
    import nbformat
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellExecutionError
    from tqdm import tqdm

    from labutils.common.kernels import Client

    book = nbformat.read(path, as_version=4)
    code = [i for i, cell in enumerate(book.cells) if cell.cell_type == "code"]
    bar = tqdm(total=len(code), desc=path.stem, unit="cell")
    reached = {"cell": code[0]}

    def note_start(cell: NotebookNode, cell_index: int) -> None:
        if cell.cell_type == "code":
            reached["cell"] = cell_index
            bar.set_postfix_str(cell_title(cell))

    client = Client(
        book,
        timeout=None,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=note_start,
        on_cell_executed=lambda cell, cell_index, **_: bar.update(cell_index in code),
    )
    try:
        client.execute()
    except (CellExecutionError, NoSuchKernel, RuntimeError) as error:
        # A kernel that does not start, or dies, is a RuntimeError.
        number = code.index(reached["cell"]) + 1
        raise LabError(
            f"{path.name}, code cell {number} of {len(code)} "
            f"({cell_title(book.cells[reached['cell']])}): {_what_stopped(error)}\n"
            f"The copy with all output up to there: {target}"
        ) from error
    finally:
        bar.close()
        write_text(target, nbformat.writes(book) + "\n")


def cell_title(cell: NotebookNode) -> str:
    """The first line of a cell that says something, at most 50 characters."""
    lines = [line.strip() for line in cell.source.splitlines() if line.strip()]
    return printable((lines or ["(empty)"])[0])[:50]


def _what_stopped(error: Exception) -> str:
    if type(error).__name__ == "DeadKernelError":
        return (
            "the kernel died, probably because memory ran out. Close other programs, or take a "
            "smaller model; `python -m labutils plan` tells what fits. Run it again: it goes on "
            "from the last checkpoint."
        )
    name, value = getattr(error, "ename", type(error).__name__), getattr(error, "evalue", error)
    return f"{name}: {value}"


def cleaned(book: NotebookNode) -> NotebookNode:
    """An executed notebook as it is committed: no widget state, no machine's names.

    Widget views are left out because without a kernel they show nothing, and
    metadata.widgets without state breaks GitHub's rendering (huggingface/cookbook#342).
    """
    book.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(book.cells):
        cell.id = f"cell-{number:02d}"
        cell.metadata = {key: cell.metadata[key] for key in KEPT_METADATA if key in cell.metadata}
        if cell.cell_type == "code":
            cell.outputs = [
                output for output in cell.outputs if WIDGET_VIEW not in output.get("data", {})
            ]
            for output in cell.outputs:
                if PNG in output.get("data", {}):
                    output["data"].pop(HTML, None)  # the same picture again, see alt_text
                    output["data"][PNG] = smaller_png(output["data"][PNG])
    return book


def store(executed: str | Path, path: str | Path) -> None:
    """Write an executed copy, cleaned, over the notebook it was made from."""
    import nbformat

    write_text(path, nbformat.writes(cleaned(nbformat.read(executed, as_version=4))) + "\n")


def open_in_jupyterlab(path: Path) -> None:
    """Open a notebook in JupyterLab on loopback, with its token, until the server is stopped.

    Raises:
        LabError: the notebook or JupyterLab is not there, or JupyterLab does not start.
    """
    if not path.is_file():
        raise LabError(f"{path} is not there. Fetch it again: git checkout notebooks.")
    if not installed_version("jupyterlab"):
        raise LabError("JupyterLab is not installed: pip install jupyterlab, or make lab.")
    use_whole_paths()
    command = [sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1", str(path)]
    if subprocess.run(command).returncode:
        raise LabError(
            "JupyterLab stopped with an error, which stands above. For root it does not start: be "
            "another user, or, in a container that nobody else can reach, make jupyter "
            "JUPYTER_OPTIONS=--allow-root"
        )


def write_slides(folder: str | Path) -> Path:
    """Write the stored demo as a reveal.js deck, without code, into a folder; return its path."""
    import nbformat
    from nbconvert import SlidesExporter

    book = nbformat.read(NOTEBOOKS / f"{DEMO}.ipynb", as_version=4)
    for cell in book.cells:
        for output in cell.get("outputs", []):
            alt = output.get("metadata", {}).get(PNG, {}).get("alt")
            if alt:  # nbconvert's templates for slides give pictures none
                output["data"][HTML] = image_html(output["data"].pop(PNG), alt)
    # Wide enough that summaries side by side are seen without scrolling.
    exporter = SlidesExporter(
        exclude_input=True, reveal_scroll=True, reveal_width="1400", reveal_height="850"
    )
    text, _ = exporter.from_notebook_node(
        book, {"metadata": {"name": cell_title(book.cells[0]).lstrip("# ")}}
    )
    written = Path(folder) / f"{DEMO}.slides.html"
    write_text(written, text)
    return written


ADDRESSES = (
    (r"(https://colab\.research\.google\.com/github/)[^/\s]+/[^/\s]+(/blob/)[^/\s]+(/)",
     r"\g<1>{repository}\g<2>{branch}\g<3>"),
    (r"(https://kaggle\.com/kernels/welcome\?src=https://github\.com/)[^/\s]+/[^/\s]+(/blob/)[^/\s]+(/)",
     r"\g<1>{repository}\g<2>{branch}\g<3>"),
    (r'(REPOSITORY, BRANCH = \\?")[^"\\]+(\\?", \\?")[^"\\]+(\\?")',
     r"\g<1>{repository}\g<2>{branch}\g<3>"),
    (r"(git clone --depth 1 --branch )\S+( https://github\.com/)[^/\s]+/[^/\s]+?(\.git)",
     r"\g<1>{branch}\g<2>{repository}\g<3>"),
)  # fmt: skip


def point_badges(repository: str, branch: str = "main") -> list[Path]:
    """Rewrite every badge and clone address of pages and notebooks; return the changed files.

    Raises:
        LabError: not of the form OWNER/NAME, or a branch with a slash or a space.
    """
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        raise LabError(f"The repository is {repository!r}; it must be OWNER/NAME.")
    if not re.fullmatch(r"[\w.-]+", branch):
        raise LabError(f"The branch is {branch!r}; Colab needs one without slashes or spaces.")
    changed = []
    pages = [REPOSITORY / "README.md", REPOSITORY / "docs" / "commands.md"]
    for path in [*pages, *sorted(NOTEBOOKS.glob("*.ipynb"))]:
        old = Path(path).read_text("utf-8")
        new = old
        for pattern, replacement in ADDRESSES:
            new = re.sub(pattern, replacement.format(repository=repository, branch=branch), new)
        if new != old:
            write_text(path, new)
            changed.append(path)
    return changed
