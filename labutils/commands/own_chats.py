"""Commands on a company's own chats: inspect and prepare them, and tune a model on them."""

import json
import os
from pathlib import Path
from typing import Annotated, Literal

from typer import Argument

from labutils.commands.usage import flag, option
from labutils.common.errors import LabError
from labutils.settings import LARGEST_SEED, check_number

COLUMNS, TRACK, OUT = "Columns (guessed where only one fits)", "The track", "Output"


def inspect(
    file: Annotated[Path, Argument(metavar="FILE", help="CSV, JSONL, Parquet, or a folder")],
    dialogue: Annotated[str | None, option("COLUMN", "the chats", False, COLUMNS)] = None,
    summary: Annotated[str | None, option("COLUMN", "their summaries", False, COLUMNS)] = None,
    id: Annotated[str | None, option("COLUMN", "of a chat", False, COLUMNS)] = None,
    customer: Annotated[
        str | None, option("COLUMN", "whose chats stay together in the split", False, COLUMNS)
    ] = None,
    speaker: Annotated[
        str | None, option("COLUMN", "where each row is a turn: who speaks", False, COLUMNS)
    ] = None,
    turn: Annotated[str | None, option("COLUMN", "and what is said", False, COLUMNS)] = None,
    keep_speakers: Annotated[
        bool, flag("--keep-speakers", "do not rename them to #Person1# ...", COLUMNS)
    ] = False,
    model: Annotated[str | None, option("ID", "Hub id or folder", "the tiny track's")] = None,
    seed: Annotated[int, option("N", "of the split")] = 42,
    mask: Annotated[bool, flag("--mask", "put placeholders for likely personal data", OUT)] = False,
    out: Annotated[
        Path | None,
        option("PATH", "a folder to train on, or a .csv or .jsonl of all chats", False, OUT),
    ] = None,
    html: Annotated[Path | None, option("FILE.html", "the report as a page", False, OUT)] = None,
    as_json: Annotated[bool, flag("--json", "print JSON instead of tables", OUT)] = False,
    force: Annotated[bool, flag("--force", "overwrite what --out and --html name", OUT)] = False,
) -> None:
    """Tell what is in a file of your own chats, and split it for training.

    Lengths against the model's limits, repeated chats, personal data, languages, and the plan:
    which chats are learned and which test, never one customer's on both sides. The chats stay on
    this machine.

    Example: python -m labutils inspect tickets.csv --dialogue text --summary note --out my_chats
    """
    from labutils.commands.predictions import _check_new
    from labutils.common.files import write_text
    from labutils.models import load_tokenizer
    from labutils.own_chats import preparing, reading, report, splitting
    from labutils.tracks import Track, tiny_track
    from labutils.views.tables import print_table

    check_number("--seed", seed, minimum=0, maximum=LARGEST_SEED, whole=True)
    if mask and out is None:
        raise LabError("--mask masks what is written; say where with --out.")
    if out:
        preparing.check_new(out, force)
    if html:
        _check_new(html, force, endings=(".html",))
    columns = reading.Columns(dialogue, summary, id, customer, speaker, turn)
    found = reading.read_chats(file, columns, keep_speakers=keep_speakers)
    written = preparing.without_personal_data(found) if mask else found
    plan = splitting.plan_split(written.chats, seed=seed)
    track = tiny_track()
    limits = track.max_prompt_tokens, track.max_summary_tokens
    if model:  # not the tiny one
        limits = Track.max_prompt_tokens, Track.max_summary_tokens
    content = report.inspect_chats(found, plan, load_tokenizer(model or track.model), limits)
    if out and out.suffix in preparing.TABLES:
        preparing.write_table(out, written.chats)
    elif out:
        preparing.write_prepared(out, plan, {"source": found.name, "seed": seed, "masked": mask})
    if html:
        write_text(html, report.report_page(content))
    if as_json:
        print(json.dumps(content, indent=2, ensure_ascii=False))
        return
    print("\n".join(content["remarks"]))
    for table in report.report_tables(content):
        print_table(table)
    first = [reading.printable(line) for line in content["first_chat"][:8]]
    print("The first chat, as the model will read it:", *first, sep="\n")
    if out:
        print(f"\nWritten: {out}")


def tune(
    chats: Annotated[Path, Argument(metavar="FOLDER", help="that inspect --out wrote")],
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

    Example: python -m labutils tune my_chats --out my_model
    """
    from labutils.own_chats import tuning
    from labutils.tracks import choose_track
    from labutils.views.tables import print_table

    if not chats.is_dir():
        raise LabError(
            f"{chats} is no folder of chats. Make one of a file: "
            "python -m labutils inspect FILE --out FOLDER"
        )
    if (out / "model").exists() and not force:
        raise LabError(f"{out / 'model'} is there already; choose another folder, or add --force.")
    os.environ["LAB_ARTIFACTS"] = str(out.resolve() / "work")
    chosen = choose_track(track, model=model, dataset=str(chats), seed=seed)
    print(chosen)
    runs = tuning.tune(chosen, tuning.method_for(chosen, method))
    tuning.hand_over(chosen, runs, out)
    print_table(tuning.results_table(runs))
    print(f"{tuning.verdict(runs)}\nThe model, how to use it, and all figures: {out}")
