"""The command that fine-tunes on chats of one's own."""

import os
from pathlib import Path
from typing import Annotated, Literal

from typer import Argument

from labutils.commands.usage import flag, option
from labutils.common.errors import LabError

TRACK, OUT = "The track", "Output"


def tune(
    chats: Annotated[Path, Argument(metavar="FOLDER", help="train, validation, test .csv")],
    out: Annotated[Path, option("FOLDER", "takes the model, its card, results", group=OUT)],
    method: Annotated[
        Literal["full", "lora"] | None, option(None, "what is trained", "full, or lora if it fits")
    ] = None,
    track: Annotated[str | None, option("NAME", "tiny or flan", "what runs here", TRACK)] = None,
    model: Annotated[str | None, option("ID", "Hub id or folder", "the track's", TRACK)] = None,
    seed: Annotated[int | None, option("N", "of everything drawn", "42", TRACK)] = None,
    force: Annotated[bool, flag("--force", "replace a model that is there", OUT)] = False,
) -> None:
    """Fine-tune on chats of your own, and say whether that is better than doing without.

    Trains, and tests the tuned model, the untouched one and systems without a model on the held-out
    chats. Leaves a model that plain transformers loads, with a card written from the results.
    Killed, the same command goes on where it was.

    Example: python -m labutils tune prepared --out my-model
    """
    from labutils.own_chats import tuning
    from labutils.tracks import choose_track
    from labutils.views.tables import print_table

    if not chats.is_dir():
        raise LabError(f"{chats} is no folder; `python -m labutils inspect` prepares one.")
    if (out / "model").exists() and not force:
        raise LabError(f"{out / 'model'} is there already; choose another folder, or add --force.")
    os.environ["LAB_ARTIFACTS"] = str(out.resolve() / "work")
    chosen = choose_track(track, model=model, dataset=str(chats), seed=seed)
    print(chosen)
    runs = tuning.tune(chosen, tuning.method_for(chosen, method))
    tuning.hand_over(chosen, runs, out)
    print_table(tuning.results_table(runs))
    print(f"{tuning.verdict(runs)}\nThe model, how to use it, and all figures: {out}")
