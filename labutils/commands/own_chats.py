"""Commands on a company's own chats: inspect and prepare them, and tune a model on them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Argument

from labutils.commands import usage
from labutils.commands.usage import ReportTo, flag, option
from labutils.common.environment import environment
from labutils.common.errors import LabError
from labutils.common.table_files import WRITTEN
from labutils.settings import LARGEST_SEED, check_number

if TYPE_CHECKING:
    from labutils.own_chats.reading import Columns
    from labutils.tracks import Track

ABOUT_COLUMNS, OUT = "Columns (guessed where only one fits)", "Output"

Dialogue = Annotated[str | None, option("COLUMN", "the chats", False, ABOUT_COLUMNS)]
Summary = Annotated[str | None, option("COLUMN", "their summaries", False, ABOUT_COLUMNS)]
Id = Annotated[str | None, option("COLUMN", "of a chat", False, ABOUT_COLUMNS)]
Customer = Annotated[
    str | None, option("COLUMN", "whose chats stay together in the split", False, ABOUT_COLUMNS)
]
Speaker = Annotated[
    str | None, option("COLUMN", "where each row is a turn: who speaks", False, ABOUT_COLUMNS)
]
Turn = Annotated[str | None, option("COLUMN", "and what is said", False, ABOUT_COLUMNS)]
KeepSpeakers = Annotated[
    bool, flag("--keep-speakers", "do not rename them to #Person1# ...", ABOUT_COLUMNS)
]
Mask = Annotated[bool, flag("--mask", "put placeholders for likely personal data", OUT)]


def inspect(
    file: Annotated[Path, Argument(metavar="FILE", help="CSV, JSONL, Parquet, or a folder")],
    dialogue: Dialogue = None,
    summary: Summary = None,
    id: Id = None,
    customer: Customer = None,
    speaker: Speaker = None,
    turn: Turn = None,
    keep_speakers: KeepSpeakers = False,
    model: Annotated[
        str | None, option("ID", "whose tokens are counted, a folder or Hub id", "the tiny track's")
    ] = None,
    seed: Annotated[int, option("N", "of the split")] = 42,
    mask: Mask = False,
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
    which chats are learned and which tested, never one customer's on both sides. The chats stay on
    this machine.

    Example: python -m labutils inspect tickets.csv --dialogue text --summary note --out my_chats
    """
    from labutils.common.files import check_new_file, write_text
    from labutils.common.text import excerpt
    from labutils.models import load_tokenizer
    from labutils.own_chats import preparing, reading, report
    from labutils.tracks import Track, tiny_track
    from labutils.views.tables import print_table

    check_number("--seed", seed, minimum=0, maximum=LARGEST_SEED, whole=True)
    if mask and out is None:
        raise LabError("--mask masks what is written; say where with --out.")
    if out:
        if out.resolve() == file.resolve():
            raise LabError(f"{out} holds the chats; give --out another name.")
        preparing.check_out(out, force)
        if out.resolve() in file.resolve().parents:
            raise LabError(f"{out} holds the chats; give --out another name.")
    if html:
        check_new_file(html, force, endings=(".html",))
    columns = reading.Columns(dialogue, summary, id, customer, speaker, turn)
    prepared = preparing.read_and_split(file, columns, keep_speakers, mask, seed)
    track = tiny_track()
    limits = track.max_prompt_tokens, track.max_summary_tokens
    if model:  # not the tiny one
        limits = Track.max_prompt_tokens, Track.max_summary_tokens
    tokenizer = load_tokenizer(model or track.model)
    content = report.inspect_chats(prepared.found, prepared.plan, tokenizer, limits)
    customers = False
    if out and out.suffix in WRITTEN:
        customers = preparing.write_chats(out, prepared.written.chats)
    elif out:
        preparing.write_prepared(out, prepared)
    if html:
        write_text(html, report.report_page(content, mask))
    if as_json:
        print(json.dumps(content, indent=2, ensure_ascii=False))
        return
    print("\n".join(content["remarks"]))
    for table in report.report_tables(content):
        print_table(table)
    first = [excerpt(line) for line in content["first_chat"][:8]]
    print(f"{report.first_chat_heading(content, mask)}:", *first, sep="\n")
    if out:
        print(f"\nWritten: {out}")
    if customers:
        print(
            "Its column customer numbers the customers, so that their chats stay together: give "
            "--customer customer with this file."
        )


def tune(
    chats: Annotated[
        Path, Argument(metavar="FILE", help="CSV, JSONL, Parquet, a folder, or what inspect wrote")
    ],
    out: Annotated[Path, option("FOLDER", "takes the model, its card, results", group=OUT)],
    dialogue: Dialogue = None,
    summary: Summary = None,
    id: Id = None,
    customer: Customer = None,
    speaker: Speaker = None,
    turn: Turn = None,
    keep_speakers: KeepSpeakers = False,
    method: Annotated[
        Literal["full", "lora"] | None,
        option(None, "what is trained", "full, or lora where that does not fit"),
    ] = None,
    track: usage.TrackName = None,
    model: usage.ModelId = None,
    seed: usage.Seed = None,
    mask: Mask = False,
    force: Annotated[bool, flag("--force", "replace a model that is there", OUT)] = False,
    report_to: ReportTo = None,
) -> None:
    """Fine-tune on chats of your own, and say whether that is better than doing without.

    Reads and splits a file as inspect does, and tells the most important of what that says; or
    takes the folder that inspect --out wrote. Trains, and tests the tuned model, the untouched one
    and systems without a model on the held-out chats. Leaves a model that plain transformers loads,
    with a card written from the results. Killed, the same command goes on where it was.

    Example: python -m labutils tune tickets.csv --dialogue text --summary note --out my_model
    """
    from labutils.common.tracking import reporting_to
    from labutils.own_chats import reading, tuning
    from labutils.tracks import choose_track
    from labutils.views.tables import print_table

    columns = reading.Columns(dialogue, summary, id, customer, speaker, turn)
    prepared = any((chats / f"train{ending}").is_file() for ending in WRITTEN)
    _check(chats, out, prepared and (columns != reading.Columns() or keep_speakers or mask))
    tuning.check_out(out, force)
    work = str((out / tuning.WORK).resolve())
    with reporting_to(report_to), environment(LAB_ARTIFACTS=work):
        # Any folder, until the chats lie in one: what is wrong with the others is said at once.
        anywhere = chats if chats.is_dir() else chats.absolute().parent
        chosen = choose_track(track, model=model, dataset=str(anywhere), seed=seed)
        if prepared:
            tuning.begin(out)
        else:
            chosen = _with_chats(chosen, chats, columns, keep_speakers, mask, out)
        print(chosen)
        runs = tuning.tune(chosen, tuning.method_for(chosen, method))
        tuning.hand_over(chosen, runs, out)
    print_table(tuning.results_table(runs))
    print(f"{tuning.verdict(runs)}\nThe model, how to use it, and all figures: {out}")


def _check(chats: Path, out: Path, for_a_file: bool) -> None:
    from labutils.own_chats.tuning import WORK

    if not chats.exists():
        raise LabError(
            f"{chats} is not there. Give a CSV, JSONL or Parquet file, a folder of transcripts, or "
            "one that inspect --out wrote."
        )
    if for_a_file:
        raise LabError(
            f"{chats} holds train, validation and test already: leave out --mask and what tells "
            "how to read a file."
        )
    if out.resolve() == chats.resolve() or (out / WORK).resolve() in chats.resolve().parents:
        raise LabError(f"{out} holds the chats; give --out another name.")


def _with_chats(
    track: "Track", file: Path, columns: "Columns", keep_speakers: bool, mask: bool, out: Path
) -> "Track":
    """The track with the chats of a file as its dataset, split anew: the same each time."""
    from labutils.models import load_tokenizer
    from labutils.own_chats import preparing, report, tuning

    prepared = preparing.read_and_split(file, columns, keep_speakers, mask, track.seed)
    preparing.check_plan(prepared.plan)
    folder = out / tuning.WORK / "chats"
    tuning.begin(out)
    preparing.write_prepared(folder, prepared)
    limits = track.max_prompt_tokens, track.max_summary_tokens
    tokenizer = load_tokenizer(track.model)
    content = report.inspect_chats(prepared.written, prepared.plan, tokenizer, limits)
    print("\n".join(report.most_important(content)))
    return replace(track, dataset=str(folder))
