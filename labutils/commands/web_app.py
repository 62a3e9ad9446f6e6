"""The command that serves a tuned model as a page."""

from pathlib import Path
from typing import Annotated

from typer import Argument

from labutils.commands.usage import Device, flag, option
from labutils.settings import check_number

SERVED, SPACE = "Where it is served", "A Space of the Hub"


def app(
    folder: Annotated[Path, Argument(metavar="FOLDER", help="that tune --out wrote, or a model")],
    corrections: Annotated[
        Path | None, option("FILE.jsonl", "takes what is corrected", "FOLDER/corrections.jsonl")
    ] = None,
    keep_speakers: Annotated[
        bool, flag("--keep-speakers", "the model was tuned with inspect --keep-speakers")
    ] = False,
    device: Device = None,
    host: Annotated[str, option("NAME", "0.0.0.0 lets others in", group=SERVED)] = "127.0.0.1",
    port: Annotated[int, option("N", "on this machine", group=SERVED)] = 7860,
    password: Annotated[
        str | None, option("TEXT", "asked of who opens the page", "none", SERVED)
    ] = None,
    token: Annotated[
        str | None, option("TEXT", "in the page's address", "drawn at each start", SERVED)
    ] = None,
    space: Annotated[
        Path | None, option("OUT", "serve nothing, and write a folder for one", False, SPACE)
    ] = None,
) -> None:
    """Summarize chats on a page with a model you tuned, and correct it.

    Paste or open a chat; names and numbers that are not in it are marked. What you accept or
    correct is kept in a file that inspect reads, to tune on. Only this machine can open the page,
    by the address that is printed, and nothing leaves it. Needs gradio.

    Example: python -m labutils app my_model
    """
    from labutils.own_chats.app import serve
    from labutils.own_chats.space import write_space

    if space:
        write_space(folder, space, keep_speakers=keep_speakers)
        print(f"Written: {space}. Look at its README.md, then upload it as a Space.")
        return
    check_number("--port", port, minimum=1, maximum=65535, whole=True)
    serve(
        folder,
        corrections=corrections or folder / "corrections.jsonl",
        host=host,
        port=port,
        password=password,
        token=token,
        keep_speakers=keep_speakers,
        device=device,
    )
