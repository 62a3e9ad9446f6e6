"""Make the synthetic customer-support chats, and a file of what is true in each.

    python -m tools.makers.support_chats             # write data/support_chats
    python -m tools.makers.support_chats --check     # compare with what is on disk
    python -m tools.makers.support_chats --seed 7 --out DIR

Writes train.csv, validation.csv and test.csv, in DialogSum's columns, and facts.jsonl. A chat is
one or two scenarios (`scenarios/`), each with one of its resolutions and facts drawn at random,
and what people say around it in any call (`phrases.py`).
"""

import argparse
import sys
from pathlib import Path

from labutils.common.files import write_text
from tools.makers.support_chats.splits import SEED, files

FOLDER = Path(__file__).resolve().parents[3] / "data" / "support_chats"


def main() -> int:
    """Write or check the files."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.makers.support_chats", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="default: %(default)s")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a file differs"
    )
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name, content in files(args.seed).items():
        path = args.out / name
        if not args.check:
            write_text(path, content)
            print(f"{path}: {len(content.splitlines())} lines, {len(content)} bytes")
        elif not path.is_file() or path.read_bytes() != content.encode():
            print(f"{path} differs from what this program makes", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
