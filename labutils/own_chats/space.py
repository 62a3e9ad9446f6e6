"""The app as a Space of the Hub: a folder with the page, the model, and this library."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path

from labutils.common.errors import LabError
from labutils.common.files import saving, unfinished
from labutils.doctor import requirements
from labutils.model_folders import base_of, model_folder
from labutils.own_chats.app import GRADIO, TITLE, import_gradio

APP = '''"""The app of labutils as a Space, beside its model; it keeps no chat and no correction."""

from labutils.own_chats.answering import Summarizer
from labutils.own_chats.app import launch, page

# page(..., "/data/corrections.jsonl") keeps what readers correct, where a Space has storage.
blocks = page(Summarizer("model"{options}))
launch(blocks)
blocks.block_thread()
'''
SPACE_CARD = """---
title: {title}
sdk: gradio
sdk_version: {version}
app_file: app.py
pinned: false
---

# {title}

Summarizes a chat, and marks names and numbers that are not in it. Whoever may open this Space can
send it chats, which then leave their machine. All it needs is `app.py`, `model/` and `labutils/`.
"""
ONLY_FOR_LESSONS = {
    "evaluate", "ipython", "ipywidgets", "jupyter_client", "jupyterlab", "matplotlib", "nbclient",
    "nbconvert", "nbformat", "pillow", "sacrebleu",
}  # fmt: skip


def write_space(folder: str | Path, out: str | Path, *, keep_speakers: bool = False) -> None:
    """Write what a Space needs into a new folder, whole or not at all.

    Args:
        folder: of the model, as for `Summarizer`; only the model is taken from it.
        out: the new folder: app.py, requirements.txt, README.md, model/ and labutils/.
        keep_speakers: as for `Summarizer`.

    Raises:
        LabError: no gradio, no model, an adapter whose base is a folder, or `out` is there.
    """
    import_gradio()
    model, out = model_folder(folder), Path(out)
    base = base_of(model)
    if isinstance(base, Path) and base != model:
        raise LabError(f"The adapter in {model} needs {base}, which a Space has not: merge it.")
    if out.exists():
        raise LabError(f"{out} is there already; give a new folder.")
    packages = [str(each) for each in requirements() if each.name not in ONLY_FOR_LESSONS]
    texts = {
        "app.py": APP.format(options=", keep_speakers=True" if keep_speakers else ""),
        "requirements.txt": "\n".join([*packages, GRADIO]) + "\n",
        "README.md": SPACE_CARD.format(title=TITLE, version=version("gradio")),
    }
    with saving(out), unfinished(out) as new:
        new.mkdir()
        for name, text in texts.items():
            (new / name).write_text(text, "utf-8")
        library = Path(__file__).resolve().parents[1]
        shutil.copytree(library, new / "labutils", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(model, new / "model", ignore=shutil.ignore_patterns(".*"))
