"""Make the rows of the lab's tasks in data/tasks.

python -m tools.makers.tasks                      # write the files
python -m tools.makers.tasks --check              # compare them with what is on disk
python -m tools.makers.tasks --show entities      # print some rows of a task of the base
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

from labutils.common.files import write_text
from tools.makers.names import POOLS
from tools.makers.tasks import code, reports, reviews
from tools.makers.tasks.rows import ROWS, answer_of, row

FOLDER = Path(__file__).resolve().parents[3] / "data" / "tasks"
SEED = 2026
# {folder of a task of the lab: training rows}. The base knows these tasks already, so a few rows
# are enough to keep them alive beside 3,000 dialogues.
LAB_TRAINING_ROWS = {"ratings": 250, "code": 200, "entities": 120, "reports": 110}
OTHER_ROWS = {"validation": 100, "test": 300}


def lab_pair(task: str, rng: Random, pool: str) -> tuple[str, str]:
    """Return (text, answer) of a row of one of the lab's tasks."""
    if task == "ratings":
        text, stars = reviews.review(rng, pool)
        return text, str(stars)
    if task == "code":
        return code.method_pair(rng, pool)
    if task == "entities":
        short = reports.short_text(rng, pool)
        return short.text, answer_of(short.entities)
    report = reports.report(rng, pool)
    return report.text, report.summary


def lab_files() -> Iterator[tuple[Path, str]]:
    """Yield (path, content) of the lab's tasks: JSON lines with text and answer.

    No text is in two splits, and the names of the test split are in no other.
    """
    for task, training_rows in LAB_TRAINING_ROWS.items():
        seen: set[str] = set()
        for split, count in {"train": training_rows, **OTHER_ROWS}.items():
            rng = Random(f"{task} {split} {SEED}")
            lines: list[str] = []
            while len(lines) < count:
                text, answer = lab_pair(task, rng, "test" if split == "test" else "train")
                if text not in seen:
                    seen.add(text)
                    lines.append(json.dumps({"text": text, "answer": answer}))
            yield FOLDER / task / f"{split}.jsonl", "\n".join(lines) + "\n"


def write_or_check(path: Path, content: str, check: bool) -> None:
    """Write a file whole or not at all; or fail if it is not what is on disk."""
    if check:
        if not path.is_file() or path.read_text("utf-8") != content:
            raise SystemExit(f"{path} differs from what this program makes")
        return
    write_text(path, content)
    print(f"{path}: {content.count(chr(10))} rows, {len(content)} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a file differs"
    )
    parser.add_argument("--show", choices=sorted(ROWS), help="print rows of a task of the base")
    parser.add_argument("--pool", choices=POOLS, default="train", help="of the names, with --show")
    args = parser.parse_args()
    if args.show:
        rng = Random(SEED)
        for _ in range(10):
            print(json.dumps(row(args.show, rng, args.pool)))
        return
    for path, content in lab_files():
        write_or_check(path, content, args.check)


if __name__ == "__main__":
    main()
