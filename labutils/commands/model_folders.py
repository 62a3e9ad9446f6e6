"""Commands on a trained model's folder: other formats, and the Hub."""

from pathlib import Path
from typing import Annotated, Literal

from typer import Argument

from labutils.commands.usage import flag, option
from labutils.common.errors import LabError
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

    An adapter is merged first. The export is kept if in 32 bits it writes the same tokens for 99 of
    100 chats; CTranslate2 also gets one in 8 bits, which writes other summaries for many. How many,
    the seconds and the sizes are measured in one run on the CPU, and stand in the folder's
    README.md and export.json.

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


def share(
    folder: Folder,
    repository: Annotated[str, option("NAME", "NAME or NAMESPACE/NAME on the Hub")],
    public: Annotated[bool, flag("--public", "let everybody see it")] = False,
    yes: Annotated[bool, flag("--yes", "upload without asking, in scripts")] = False,
    force: Annotated[bool, flag("--force", "upload into a repository that holds files")] = False,
) -> None:
    """Upload a trained model and its card to the Hugging Face Hub, private by default.

    Shows what would go, and asks. The model's own files and its card go; chats, results and
    whatever else lies in the folder stay. It takes the login of hf auth login.

    Example: python -m labutils share my_model --repository support-summaries
    """
    from labutils.own_chats import sharing

    shared = sharing.prepare_share(folder, repository, public=public, force=force)
    print(shared)
    if not yes and not _agreed():
        raise LabError("Nothing was uploaded. Say y, or add --yes in a script.")
    print(f"Shared: {sharing.upload(shared)}")


def _agreed() -> bool:
    try:
        return input("Upload this? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:  # nobody there to ask
        return False
