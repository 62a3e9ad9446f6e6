"""Names: one meaning each, so that whoever has read one module can read the next."""

import ast
from collections import defaultdict
from pathlib import Path

import labutils

LIBRARY = Path(labutils.__file__).parent
TWICE = {
    "BATCH_TOKENS": "a limit of the same kind",
    "MOST_BYTES": "a limit of the same kind",
    "MOST_ROWS": "a limit of the same kind",
    "EXERCISES": "a module's part of them all",
    "INPUTS": "what `evaluate` wants told of each metric",
    "check_out": "whether --out can be written, of two commands",
    "diagnose": "an exercise's checker has the name of what it checks",
    "words": "of any text, by `scripts`; `failures` takes the short way where a text is ASCII",
}
"""Public names that two modules define, and why that misleads nobody."""


def defined(path):
    """The public names that a module defines at its top level."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (each.id for target in targets for each in ast.walk(target)
                        if isinstance(each, ast.Name) and not each.id.startswith("_"))  # fmt: skip


def test_no_name_means_two_things():
    homes = defaultdict(set)
    for path in LIBRARY.rglob("*.py"):
        if path.parent.name != "commands":  # its functions are called as the commands are
            for name in defined(path):
                homes[name].add(path.relative_to(LIBRARY).as_posix())
    twice = {name: sorted(places) for name, places in homes.items() if len(places) > 1}
    public = {name: places for name, places in twice.items() if not name.startswith("_")}
    assert not {name: places for name, places in public.items() if name not in TWICE}
    assert public.keys() == TWICE.keys(), "one of these is gone; take it out"
