"""The instructor's edition of the notebooks: solutions opened, teaching notes shown.

There are no copies to keep up to date: the edition is made from the students' notebooks, in which
a teaching note is a Markdown cell tagged `teaching-note` whose text is an HTML comment.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from nbconvert import HTMLExporter, NotebookExporter
from nbconvert.preprocessors import Preprocessor

from labutils.common.files import write_text
from labutils.notebooks import find_notebooks
from labutils.tracks import artifacts_folder
from labutils.views.plots import ORANGE

if TYPE_CHECKING:
    from nbformat import NotebookNode

TEACHING_NOTE = "teaching-note"
NOTE_BOX = f"border-left: 6px solid {ORANGE}; background: {ORANGE}22; padding: .3em 1em"


class InstructorEdition(Preprocessor):
    """Opens the solutions of Markdown cells and shows those tagged as teaching notes."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict, index: int
    ) -> tuple[NotebookNode, dict]:
        """One cell, changed in place, as nbconvert wants it."""
        if cell.cell_type == "markdown":
            folded = "<details><summary>Solution"  # hints stay so
            cell.source = cell.source.replace(folded, folded.replace("details", "details open"))
            if TEACHING_NOTE in cell.metadata.get("tags", []):
                note = re.sub(r"^\s*<!--\s*|\s*-->\s*$", "", cell.source)
                cell.source = f'<div style="{NOTE_BOX}">\n\n**Teaching note.** {note}\n\n</div>'
        return cell, resources


def build_edition(folder: Path | None = None) -> list[Path]:
    """Write every notebook as .ipynb and .html into a folder, by default artifacts/instructor.

    Returns:
        The paths.

    Raises:
        LabError: the folder cannot be written.
    """
    folder = folder or artifacts_folder() / "instructor"
    written = []
    for exporter in (NotebookExporter(), HTMLExporter()):
        exporter.register_preprocessor(InstructorEdition, enabled=True)
        for path in find_notebooks():
            text, _ = exporter.from_filename(str(path))
            written.append(folder / f"{path.stem}{exporter.file_extension}")
            write_text(written[-1], text)
    return written
