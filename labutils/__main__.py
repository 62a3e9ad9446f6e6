"""The command line: python -m labutils COMMAND. `commands` has what each one takes and does."""

import sys
from collections.abc import Sequence
from shutil import get_terminal_size
from typing import Any

from labutils.common.errors import LabError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command. A LabError ends it with a message and status 1, wrong usage with 2."""
    try:
        import typer
    except ModuleNotFoundError:  # then the diagnosis, which needs no package, says what to install
        from labutils.doctor import print_diagnosis

        sys.exit(not print_diagnosis())
    from labutils.commands import app
    from labutils.common.memory import explaining_memory

    usage_error: Any = typer.BadParameter.__base__  # UsageError, which typer does not export
    words = list(sys.argv[1:] if arguments is None else arguments)
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
    except LabError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        hint = " Run the same command again to go on from the last checkpoint."
        sys.exit(f"\nInterrupted.{hint if 'run' in words[:1] else ''}")
    except usage_error as error:
        print(f"error: {error.format_message()}\n{command.epilog}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
