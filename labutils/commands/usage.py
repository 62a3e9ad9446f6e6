"""What typer leaves open: several values after one option, and help in groups without rich."""

import re
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand, TyperGroup

NEGATIVE = r"-\.?\d"
"""How a value begins that is a negative number, such as -0.5 or -5GiB; no option does."""


def plain_words(message: str) -> str:
    """What typer says of a value that does not fit, without its validator's own phrases."""
    message = message.replace("Value error, ", "")
    return re.sub(r"Input should be (a valid \w+)(, .*)?", r"it must be \1.", message)


def option(value: str | None, help: str, default: str | bool = True, group: str = "Options") -> Any:
    """An option with a value; `default` tells in words what happens without it."""
    return typer.Option(metavar=value, help=help, show_default=default, rich_help_panel=group)


def flag(name: str, help: str, group: str = "Options") -> Any:
    """An option without a value."""
    return typer.Option(name, help=help, rich_help_panel=group)


TRACK = "The track"
TrackName = Annotated[str | None, option("NAME", "tiny or flan", "what runs here", TRACK)]
ModelId = Annotated[str | None, option("ID", "Hub id or folder", "the track's", TRACK)]
Seed = Annotated[int | None, option("N", "of everything drawn", "42", TRACK)]
Device = Annotated[
    Literal["cpu", "cuda", "mps"] | None, option(None, "", "the GPU if there is one")
]

ReportTo = Annotated[
    str | None, option("NAME", "show trainings in tensorboard, trackio or wandb", "nowhere")
]


class Group(TyperGroup):
    """The commands, with help that shows them and all options in groups."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the groups in the order of their first members, each with its whole text."""
        rows: list[tuple[Any, Any]] = [(p, p.get_help_record(ctx)) for p in self.get_params(ctx)]
        commands = getattr(self, "commands", {}).items()
        rows += [(command, (name, command.get_short_help_str(200))) for name, command in commands]
        groups: dict[str, list[tuple[str, str]]] = {}
        for each, row in rows:
            groups.setdefault(getattr(each, "rich_help_panel", None) or "Options", []).append(row)
        for title, shown in groups.items():
            with formatter.section(title):
                formatter.write_dl(shown, col_max=min(30, formatter.width // 3))


class Command(TyperCommand):
    """One command, which takes --systems a b as well as --systems a --systems b."""

    format_options: Any = Group.format_options

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat an option before each of its values, as typer takes one value per option."""
        valued = {n: p for p in self.params if not getattr(p, "is_flag", True) for n in p.opts}
        words: list[str] = []
        given: set[str] = set()
        last = ""
        for word in args:
            if word.startswith("-") and not re.match(NEGATIVE, word):
                if words and words[-1] in valued:  # typer would take the option for its value
                    ctx.fail(f"Option {words[-1]!r} requires a value, but {word!r} follows it.")
                last = word.partition("=")[0]
                if last in given and last in valued and not valued[last].multiple:
                    ctx.fail(f"Option {last!r} is given twice; leave one of them out.")
                given.add(last)
            elif last in valued and valued[last].multiple and words[-1] != last:
                words.append(last)
            words.append(word)
        return super().parse_args(ctx, words)
