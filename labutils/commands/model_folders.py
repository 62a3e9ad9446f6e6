"""Commands on a trained model's folder: other formats, and the Hub."""

from pathlib import Path
from typing import Annotated, Literal

from typer import Argument

from labutils.commands.usage import flag, option
from labutils.settings import check_number

Folder = Annotated[Path, Argument(metavar="FOLDER", help="what tune left, or a checkpoint")]


def export(
    folder: Folder,
    to: Annotated[Literal["ctranslate2", "onnx"], option(None, "the runtime")],
    out: Annotated[Path, option("FOLDER", "takes the exported model, its card, the table")],
    chats: Annotated[
        Path | None,
        option("PATH", "a table with a column dialogue", "tune's test chats, or the tiny track's"),
    ] = None,
    test_dialogues: Annotated[int, option("N", "compare on the first N chats")] = 200,
    force: Annotated[bool, flag("--force", "replace an earlier export")] = False,
) -> None:
    """Write a trained model for CTranslate2 or ONNX Runtime, and compare them with transformers.

    An adapter is merged first. The export is kept if it writes the same tokens for 99 of 100 chats;
    their number, the seconds and the sizes are measured in one run on the CPU, and stand in the
    folder's README.md and export.json.

    Example: python -m labutils export my_model --to ctranslate2 --out my_fast_model
    """
    from labutils.own_chats import exporting
    from labutils.views.tables import print_table

    check_number("--test-dialogues", test_dialogues, minimum=1, whole=True)
    made = exporting.export(
        folder, to, out, chats=chats, test_dialogues=test_dialogues, force=force
    )
    print_table(exporting.comparison(made))
    print(f"The exported model, and how to use it: {out}")
