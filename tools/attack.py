"""Try to break the lab in every way that tests/attacks knows, and count what held.

    python -m tools.attack                # make attack: every case
    python -m tools.attack kills disks    # these kinds alone
    python -m tools.attack --store        # put the figures into CONTRIBUTING.md, too

A kind is a module of tests/attacks; its first line says what is tried. `make unit` runs a sample of
each kind every time.
"""

import argparse
import ast
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from labutils.common.device import device_name
from labutils.common.errors import LabError, one_message
from labutils.common.files import read_json, write_json
from labutils.runs import versions
from labutils.tracks import REPOSITORY
from labutils.views.tables import markdown
from tools.publishing import RESULTS, show

ATTACKS = REPOSITORY / "tests" / "attacks"
PREFIX = "test_"


def kinds() -> dict[str, str]:
    """{kind: what is tried} of all there are."""
    return {
        path.stem.removeprefix(PREFIX): _first_line(path)
        for path in sorted(ATTACKS.glob(f"{PREFIX}*.py"))
    }


def _first_line(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").partition("\n")[0]


def attack(chosen: Sequence[str]) -> dict:
    """Run every case of these kinds, two at a time where there are two cores.

    Returns:
        {kind: {"what", "cases", "held", "skipped", "seconds", "device", "versions"}}; seconds are
        summed over the cases.

    Raises:
        LabError: a kind that there is not, or pytest did not get as far as running the cases.
    """
    known = kinds()
    if unknown := [kind for kind in chosen if kind not in known]:
        raise LabError(f"There is no attack {', '.join(unknown)}; there are {', '.join(known)}.")
    # The longest one first, and shared out by its classes: no core is left with it.
    chosen = sorted(chosen or known, key=lambda kind: kind != "colab")
    files = [str(ATTACKS / f"{PREFIX}{kind}.py") for kind in chosen]
    options = ["--thorough", "-n", "logical", "--dist", "loadscope", "--no-loadscope-reorder"]
    options += ["-p", "no:cacheprovider"]
    with TemporaryDirectory() as folder:
        results = Path(folder) / "results.xml"
        command = [sys.executable, "-m", "pytest", *files, *options, f"--junitxml={results}"]
        status = subprocess.run(command, cwd=REPOSITORY).returncode
        if status not in (0, 1) or not results.is_file():
            raise LabError(f"pytest could not run the attacks (it ended with {status}; see above).")
        counts = count_cases(results.read_text("utf-8"))
    used = {name: versions()[name] for name in ("python", "torch", "transformers")}
    machine = {"device": device_name("cpu"), "versions": used}
    return {kind: {"what": known[kind], **counts[kind], **machine} for kind in chosen}


def count_cases(results: str) -> dict[str, dict[str, float]]:
    """{kind: {"cases", "held", "skipped", "seconds"}} of a JUnit report's text.

    A case that was skipped did not hold: it was not tried.
    """
    counts: dict[str, dict[str, float]] = {}
    for case in ElementTree.fromstring(results).iter("testcase"):
        kind = case.get("classname", "").partition(f".attacks.{PREFIX}")[2].partition(".")[0]
        count = counts.setdefault(kind, {"cases": 0, "held": 0, "skipped": 0, "seconds": 0})
        count["cases"] += 1
        count["skipped"] += case.find("skipped") is not None
        count["held"] += all(case.find(bad) is None for bad in ("failure", "error", "skipped"))
        count["seconds"] = round(count["seconds"] + float(case.get("time", 0)), 1)
    return counts


def attack_rows(record: dict) -> str:
    """A record of `attack` as a Markdown table, and what it was tried with."""
    rows = []
    for _, count in sorted(record.items()):
        held = f"{count['held']} of {count['cases']}"
        skipped = f", {count['skipped']} not tried" if count["skipped"] else ""
        rows.append([f"{held}{skipped}", count["what"], f"{count['seconds'] / 60:.1f}"])
    tried_with = {
        f"{count['device']}, Python {count['versions']['python']}, torch "
        f"{count['versions']['torch']}, transformers {count['versions']['transformers']}"
        for count in record.values()
    }
    told = f"Minutes of one process; {'; '.join(sorted(tried_with))}."
    return f"{markdown(['held', 'what is tried', 'minutes'], rows)}\n\n{told}"


@one_message()
def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments, attack, and print the table; exit 1 unless all held."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(kinds())}")
    parser.add_argument("--store", action="store_true", help="write the table into CONTRIBUTING.md")
    args = parser.parse_args(arguments)
    record = attack(args.kinds)
    print(attack_rows(record))
    if args.store:
        path = RESULTS / "attack.json"
        stored = (read_json(path) if path.is_file() else {}) | record
        stored = {kind: stored[kind] for kind in kinds() if kind in stored}
        show(attack=attack_rows(stored))
        write_json(path, stored)
    sys.exit(any(count["held"] < count["cases"] for count in record.values()))


if __name__ == "__main__":
    main()
