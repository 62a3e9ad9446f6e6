"""All commands, in the order and the groups in which --help shows them."""

from collections.abc import Callable

import typer

from labutils.commands import lab, model_folders, own_chats, predictions, web_app
from labutils.commands.usage import Command, Group

# Without rich, help is the same plain text in a terminal, a pipe and a notebook.
app = typer.Typer(
    cls=Group,
    help="Fine-tune FLAN-T5 to summarize dialogues, and compare honestly.",
    epilog="Help on a command: python -m labutils COMMAND --help",
    rich_markup_mode=None,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
GROUPS: dict[str, tuple[Callable[..., None], ...]] = {
    "The lessons": (lab.run, lab.compare, lab.progress, lab.demo, lab.doctor),
    "Files of your own": (
        own_chats.inspect,
        own_chats.tune,
        predictions.summarize,
        web_app.app,
        predictions.score,
        model_folders.export,
        model_folders.share,
    ),
    "Time and memory": (lab.plan,),
    "Your course": (lab.instructor, lab.badges),
}
for group, commands in GROUPS.items():
    for command in commands:
        app.command(cls=Command, rich_help_panel=group)(command)
