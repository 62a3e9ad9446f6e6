"""The command line: python -m labutils COMMAND. `commands` has what each one takes and does."""

import sys
from collections.abc import Sequence
from io import TextIOWrapper
from shutil import get_terminal_size
from typing import Any

from labutils.common import processes
from labutils.common.errors import LabError, one_message

RESUMED = ("run", "compare", "tune", "summarize")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; without one, show them. Errors end it with one message and status 2."""
    for stream in (sys.stdout, sys.stderr):
        # A file or pipe on Windows may know too few letters for a chat; a notebook's knows all.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    words = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    resumed = "Run the same command again to go on from where it was."
    with one_message(resumed if words[0] in RESUMED else ""):
        processes.run(_run, words)


def _run(words: list[str]) -> None:
    try:
        import typer
    except ModuleNotFoundError:  # then the diagnosis, which needs no package, says what to install
        from labutils.doctor import print_diagnosis

        sys.exit(not print_diagnosis())
    from labutils.commands import app
    from labutils.commands.usage import plain_words
    from labutils.common.memory import explaining_memory

    usage_error: Any = typer.BadParameter.__base__  # UsageError, which typer does not export
    command = typer.main.get_command(app)
    width = min(get_terminal_size().columns, 80) - 2
    try:
        # Not app(words), which would end a notebook's kernel after success, too.
        with explaining_memory():
            context = command.make_context("python -m labutils", words, terminal_width=width)
            with context:
                command.invoke(context)
    except typer.Exit:  # after --help
        return
    except usage_error as error:
        asked = error.ctx  # None, or that of all commands, where no command was reached
        hint = f"Help: {asked.command_path} --help" if asked and asked.parent else command.epilog
        raise LabError(f"{plain_words(error.format_message())}\n{hint}") from error


if __name__ == "__main__":
    main()
