"""README, CONTRIBUTING and docs/: links lead somewhere, and what they tell one to type runs."""

import os
import re
import subprocess
import sys

import pytest
from conftest import ROOT

REFERENCE = ROOT / "docs" / "commands.md"
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/README.md")]
PAGES += sorted((ROOT / "docs").glob("*.md"))
FENCE = re.compile(r"^( *)```\w*\n(.*?)^\1```", re.M | re.S)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*(?!\w)")  # none of accelerate's, as --use_fsdp


@pytest.fixture(params=PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def page(request):
    return request.param


def code_lines(path):
    """What stands in code: the lines of blocks and the spans in the text between them."""
    text = path.read_text("utf-8")
    blocks = [line.strip() for _, block in FENCE.findall(text) for line in block.splitlines()]
    return blocks + re.findall(r"`([^`\n]+)`", FENCE.sub("", text))


def anchors(path):
    """The addresses of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text("utf-8")), re.M)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def help_of(*command):
    """What the command line says about itself, in one line per entry."""
    done = subprocess.run(
        [sys.executable, "-m", "labutils", *command, "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True,
        env=os.environ | {"COLUMNS": "300", "NO_COLOR": "1", "TERM": "dumb"},
    )  # fmt: skip
    return done.stdout


@pytest.fixture(scope="module")
def commands():
    """{command: its options} of `python -m labutils`."""
    names = re.findall(r"^[ │|]*([a-z]+)  +\w", help_of(), re.M)
    return {name: set(OPTION.findall(help_of(name))) - {"--help"} for name in names}


def test_every_link_leads_to_a_file_and_a_heading(page):
    text = FENCE.sub("", page.read_text("utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        name, _, heading = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists() and path.is_relative_to(ROOT), target
        assert not heading or heading in anchors(path), target


def test_every_command_that_is_told_exists_with_its_options(page, commands):
    for line in code_lines(page):
        for name, rest in re.findall(r"python -m labutils ([a-z]+)([^#&]*)", line):
            assert name in commands, line
            assert set(OPTION.findall(rest)) <= commands[name] | {"--help"}, line


def test_every_command_and_option_is_told(commands):
    """The one list in README has all commands, the reference all options, and no others."""
    readme = (ROOT / "README.md").read_text("utf-8")
    assert set(commands) == set(re.findall(r"`python -m labutils ([a-z]+)", readme))
    told = {
        option
        for line in code_lines(REFERENCE)
        if "labutils" in line or line.startswith("--")
        # Not what a launcher takes before it: torchrun --standalone ... -m labutils compare
        for option in OPTION.findall(line.partition(" -m labutils ")[2] or line)
    }
    known = set.union(*commands.values())
    assert {option for option in known if not option.startswith("--no-")} == told - {"--help"}


def test_every_program_and_make_target_that_is_told_exists(page):
    makefile = (ROOT / "Makefile").read_text("utf-8").replace("$(VENV)", ".venv")
    targets = set(re.findall(r"^([\w./-]+):", makefile, re.M))
    for line in code_lines(page):
        for target in re.findall(r"\bmake(?: [A-Z]+=\S+)* ([a-z.][\w./-]*)", line):
            assert target in targets, line
        for module in re.findall(r"python -m (tools[\w.]*)", line):
            path = ROOT.joinpath(*module.split("."))
            assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), line
