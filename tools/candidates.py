"""What the searches share: one training, and the command line that measures what has no record."""

import argparse
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from labutils.common.errors import one_message
from labutils.common.files import write_json
from labutils.engine import train
from labutils.evaluation import SCORING
from labutils.evaluation.fact_report import COMPARED_FACTS
from labutils.methods import Method
from labutils.summarization import Summarization
from labutils.tracks import Track

SHOWN = (*COMPARED_FACTS, "rouge1")
"""The scores that searches tell."""


def scoring_of(results: Sequence[dict]) -> dict:
    """{"scoring": the earliest version, "scored_later": methods of which a later one is used}."""
    versions = {result["method"]: result.get("scoring", 1) for result in results}
    first = min(versions.values())
    later = [method for method, version in versions.items() if version > first]
    return {"scoring": first, "scored_later": later}


def scored_before(record: dict) -> str:
    """A sentence after a space, on a record that the lab of today would score otherwise."""
    scoring, later = record.get("scoring", 1), ", ".join(record.get("scored_later", []))
    if scoring == SCORING:
        return ""
    return (
        f" By version {scoring} of the lab's scoring; later ones{later and f', as for {later},'} "
        "find a few more invented numbers."
    )


def all_validated(track: Track) -> Track:
    """The track, whose trainings summarize all validation dialogues, or as many as are tested."""
    return replace(track, validation_dialogues=track.test_dialogues or 10_000)


def validated(method: Method, track: Track) -> dict:
    """What `engine.train` tells of a method that is validated once, after its last step."""
    with TemporaryDirectory() as folder:
        return train(method, track, Summarization(track), Path(folder) / "run")


@one_message()
def search(
    description: str,
    candidates: Collection[str],
    folder: Path,
    measured: Callable[[str], dict],
    print_table: Callable[[], None],
) -> int:
    """Write folder/<candidate>.json of each candidate that was asked for, then print the table.

    Args:
        description: of the program, for --help.
        candidates: the names that may be asked for; by default all are measured.
        folder: of the records; a candidate that has one is not measured again.
        measured: trains a candidate and returns its record.
        print_table: prints all records.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("names", nargs="*", metavar="candidate", help=", ".join(candidates))
    parser.add_argument("--table", action="store_true", help="only print the results so far")
    args = parser.parse_args()
    if unknown := set(args.names) - set(candidates):
        parser.error(f"no candidate is called {', '.join(sorted(unknown))}")
    for name in args.names or candidates:
        path = folder / f"{name}.json"
        if not args.table and not path.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            write_json(path, measured(name))
    print_table()
    return 0
