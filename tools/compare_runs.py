"""Hold the runs of two artifacts folders against each other: the same answers, byte for byte?

    python -m tools.compare_runs BEFORE/tiny AFTER/tiny

For a change that must not change any result: make the runs with the code before and after it, on
the same machine, and compare. Exits with 1 if a system answers otherwise or is missing.
"""

import argparse
import json
import sys
from hashlib import sha256
from pathlib import Path

from labutils.common.errors import one_message
from labutils.common.files import read_json


def answers(folder: Path) -> dict[str, list[tuple]]:
    """{system: [(task or id, prediction), ...]} of the runs in an artifacts folder."""
    found = {}
    for path in sorted((folder / "runs").glob("*/run.json")):
        lines = (path.parent / "predictions.jsonl").read_text("utf-8").split("\n")
        items = [json.loads(line) for line in lines if line]
        record = read_json(path)
        name = f"{record['name']}, seed {record['seed']}"
        # On all tasks or on dialogues alone; both have a zero-shot.
        kind = "tasks" if "task" in items[0] else "dialogues"
        rows = [(item.get("task") or item["id"], item["prediction"]) for item in items]
        found[f"{name} ({kind})"] = rows
    return found


def weights(folder: Path) -> dict[str, str]:
    """{system: digest of its trained weights}."""
    return {
        f"{record['name']}, seed {record['seed']}": sha256(file.read_bytes()).hexdigest()
        for path in sorted((folder / "runs").glob("*/run.json"))
        for record in [read_json(path)]
        for file in (path.parent / "model").glob("*.safetensors")
    }


def compare(before: Path, after: Path) -> int:
    """Print a line per system and return the number of those that differ."""
    old, new, differing = answers(before), answers(after), 0
    old_weights, new_weights = weights(before), weights(after)
    for name in sorted(old.keys() | new.keys()):
        if name not in old or name not in new:
            print(f"{name:32} only {'before' if name in old else 'after'}")
            differing += 1
            continue
        same = sum(a == b for a, b in zip(old[name], new[name]))
        whole = len(old[name]) == len(new[name]) == same
        system = name.rpartition(" (")[0]
        kept = old_weights.get(system) == new_weights.get(system)
        trained = f", weights {'the same' if kept else 'DIFFER'}" if system in old_weights else ""
        print(f"{name:32} {same} of {len(old[name])} answers the same{trained}")
        differing += not (whole and kept)
    return differing


@one_message()
def main() -> int:
    """Read the arguments and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path, help="artifacts/<track> of the code before a change")
    parser.add_argument("after", type=Path, help="the same of the code after it")
    args = parser.parse_args()
    return min(1, compare(args.before, args.after))


if __name__ == "__main__":
    sys.exit(main())
