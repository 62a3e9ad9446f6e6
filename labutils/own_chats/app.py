"""A page to summarize chats with a tuned model, and to correct it; for this machine alone.

gradio is optional (`pip install "gradio>=6.24,<7"`), and imported only once it is told to send
nothing to anybody.
"""

from __future__ import annotations

import errno
import hmac
import os
import socket
import time
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from labutils.common.errors import LabError
from labutils.common.files import check_writable
from labutils.own_chats.access import TokenRequired, token_of
from labutils.own_chats.answering import (
    Answer,
    Summarizer,
    check_corrections,
    correction_row,
    save_correction,
)
from labutils.own_chats.reading import ENDINGS, read_chats
from labutils.views.marking import FLAGGED, flags_text, marked_html
from labutils.views.plots import GREEN, VERMILION

GRADIO = "gradio>=6.24,<7"
"""Since 6.17 it fetches no font or program from elsewhere, since 6.24 it keeps chats in the browser
unless it is told not to."""

LOOPBACK = ("127.0.0.1", "localhost")
TITLE = "Chat summaries"
FILE_SIZE = "2mb"

CSS = """
.gradio-container { max-width: 72rem !important; margin: 0 auto !important }
.html-container:has(.lab) { padding: 0 }
.lab { line-height: 1.55; overflow-wrap: anywhere }
.lab p { margin: 0 0 .6em }
.lab .box { border: 1px solid var(--border-color-primary); border-radius: 8px; padding: .8em 1em;
  background: var(--background-fill-secondary) }
.lab .box > :last-child { margin-bottom: 0 }
.lab .summary { font-size: 115% }
.lab .note { font-size: 90% }
.lab h1 { margin: .2em 0 }
""" + "".join(
    f".lab .{kind} {{ border-left: 4px solid {colour} }}\n"
    for kind, colour in (("warning", VERMILION), ("done", GREEN))
)
EMPTY = """<div class='lab'><div class='box'><p><b>No summary yet.</b></p>
<p>Paste a chat into its box, a line a turn, such as <code>Anna: Hello</code>, or open a file with
one. Then press <b>Summarize</b>: names and numbers that are not in the chat will be framed.</p>
</div></div>"""
PLACEHOLDER = "Agent: Hello, how can I help?\nAnna: My router drops the line every evening ..."


def summary_html(answer: Answer) -> str:
    """A summary, marked, with what to check in it; all texts escaped."""
    marked = marked_html(answer.summary, dialogue=answer.text)
    cut = f"<p class='box warning'>{escape(answer.cut)}</p>" if answer.cut else ""
    legend = f"{FLAGGED.format('Framed')} " if FLAGGED.partition("{}")[0] in marked else ""
    return (
        f"<div class='lab'>{cut}<div class='box'><p class='summary'>{marked}</p>"
        f"<p class='note'>{legend}{escape(answer.check)}</p></div></div>"
    )


def heading_html(model: str, corrections: str | Path | None) -> str:
    """What this is, escaped."""
    said = f"Written by {model}."
    if corrections:
        said += f" What you accept or correct is kept in {Path(corrections).name}."
    return f"<div class='lab'><h1>{TITLE}</h1><p>{escape(said)}</p></div>"


def message_html(text: str, kind: str) -> str:
    """What happened, escaped, and read out by screen readers. The kind is "warning" or "done"."""
    return f"<div class='lab' role='status'><p class='box {kind}'>{escape(text)}</p></div>"


def import_gradio() -> Any:
    """The module gradio, which then tells nobody that it is used.

    Raises:
        LabError: it is not installed.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when it is imported
    try:
        import gradio
    except ModuleNotFoundError as error:
        raise LabError(f'The app needs gradio: pip install "{GRADIO}"') from error
    return gradio


def page(summarizer: Summarizer, corrections: str | Path | None = None) -> Any:
    """The app as gradio.Blocks, with the end point /summarize: a chat in, a dict out.

    What readers accept and correct goes into the JSONL file; without one, nothing is asked.
    """
    gradio = import_gradio()
    keeps = corrections is not None

    def summarize(chat: str) -> dict[str, Any]:
        try:
            _check_text(chat)
            answer = summarizer.answer(chat)
        except LabError as error:
            raise gradio.Error(str(error), print_exception=False) from error
        return {"summary": answer.summary, "check": answer.check, "cut": answer.cut}

    def show(chat: str) -> tuple:
        try:
            answer = summarizer.answer(chat)
        except LabError as error:
            return None, message_html(str(error), "warning"), *buttons(False), ""
        return answer, summary_html(answer), *buttons(True, answer.summary), ""

    def buttons(on: bool, text: str = "") -> tuple:
        box = gradio.update(value=text, interactive=on)
        return box, gradio.update(interactive=on), gradio.update(interactive=on)

    def open_file(path: str) -> tuple[Any, str]:
        try:
            (chat,) = read_chats(path, keep_speakers=True).chats
        except LabError as error:
            return gradio.skip(), message_html(str(error), "warning")
        finally:
            os.unlink(path)  # the copy that gradio makes
        return chat.dialogue, EMPTY

    def save(answer: Answer | None, chat: str, summary: str) -> str:
        try:
            return message_html(kept(answer, chat, summary), "done")
        except LabError as error:
            return message_html(f"Not saved. {error} Your text is still here.", "warning")

    def kept(answer: Answer | None, chat: str, summary: str) -> str:
        if answer is None or not answer.is_of(chat):
            raise LabError("The chat is not the one that was summarized: summarize it first.")
        row = correction_row(answer, summary, summarizer.name)
        count = save_correction(str(corrections), row)
        done = "Accepted" if row["accepted"] else "Correction saved"
        flags = flags_text(summary, answer.text)
        return f"{done}, as number {count:,}.{f' Mind what is {flags}.' if flags else ''}"

    def accept(answer: Answer | None, chat: str) -> str:
        return save(answer, chat, answer.summary if answer else "")

    with gradio.Blocks(title=TITLE, analytics_enabled=False) as blocks:
        gradio.HTML(heading_html(summarizer.name, corrections))
        answered = gradio.State()
        with gradio.Row():
            with gradio.Column(min_width=320):
                chat = gradio.Textbox(
                    label="The chat, a line a turn", placeholder=PLACEHOLDER, lines=14, max_lines=24
                )
                with gradio.Row():
                    upload = gradio.UploadButton("Open a file", size="md", file_types=[*ENDINGS])
                    ask = gradio.Button("Summarize", size="md", variant="primary")
            with gradio.Column(min_width=320):
                shown = gradio.HTML(EMPTY)
                right = gradio.Textbox(
                    label="Correct the summary here", lines=4, interactive=False, visible=keeps
                )
                with gradio.Row(visible=keeps):
                    accepts = gradio.Button("Accept as it is", size="md", interactive=False)
                    corrects = gradio.Button("Save correction", size="md", interactive=False)
                told = gradio.HTML()
        private: dict[str, Any] = dict(api_visibility="private", show_progress="minimal")
        ask.click(show, chat, [answered, shown, right, accepts, corrects, told], **private)
        upload.upload(open_file, upload, [chat, shown], **private)
        accepts.click(accept, [answered, chat], told, **private)
        corrects.click(save, [answered, chat, right], told, **private)
        gradio.api(summarize, api_name="summarize")
    return blocks


def _check_text(chat: object) -> None:
    """Raise LabError unless it is a text; gradio lets through whatever a program sends."""
    if not isinstance(chat, str):
        raise LabError(
            f"The chat is {type(chat).__name__}, and no text: send it as one, a line a turn, such "
            'as {"data": ["Anna: Hello"]}.'
        )


def launch(blocks: Any, **options: Any) -> str:
    """Start serving a page in threads, without any link, font or history beyond it.

    Takes options of gradio's `launch`, and returns the page's address.
    """
    gradio = import_gradio()
    # gradio asks itself whether it answers, and a company's proxy would not.
    direct = filter(None, (os.environ.get("no_proxy") or os.environ.get("NO_PROXY"), *LOOPBACK))
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(direct)
    fonts = dict(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    _, address, _ = blocks.launch(
        inline=False,
        share=False,
        quiet=True,
        prevent_thread_lock=True,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=False,
        max_file_size=FILE_SIZE,
        theme=gradio.themes.Default(primary_hue="blue", neutral_hue="slate", **fonts),
        css=CSS,
        **options,
    )
    return address


def serve(
    folder: str | Path,
    *,
    corrections: Path,
    host: str,
    port: int,
    password: str | None,
    token: str | None,
    keep_speakers: bool,
    device: str | None,
) -> None:
    """Serve the app until Ctrl-C; `commands.web_app` says what is taken where nothing is given.

    Args:
        folder, keep_speakers, device: as for `Summarizer`.
        corrections: a JSONL file, made if it is missing.
        host, port: another host than this machine itself needs a password.
        password: asked of whoever opens the page, under any name, in place of the token.
        token: in the address that opens the page; drawn anew if there is none.

    Raises:
        LabError: no gradio, no model, no password where one is needed, a port in use, or
            corrections that cannot be kept.
    """
    if host not in LOOPBACK and not password:
        raise LabError(f"--host {host} lets other machines in: set a --password, too.")
    if token and password:
        raise LabError("The page asks for a --password or for a --token: give one of them.")
    token = None if password else token_of(token)
    import_gradio()
    summarizer = Summarizer(folder, keep_speakers=keep_speakers, device=device)
    corrections = corrections.absolute()
    check_corrections(corrections)
    check_writable(corrections.parent)
    _check_port(host, port)
    blocks = page(summarizer, corrections)
    options: dict[str, Any] = dict(server_name=host, server_port=port)
    if password:
        wanted = password.encode()
        options["auth"] = lambda _, given: hmac.compare_digest(given.encode(), wanted)
    else:
        from starlette.middleware import Middleware

        required = Middleware(TokenRequired, token=token, cookie=f"labutils-{port}")
        options["app_kwargs"] = {"middleware": [required]}
    with TemporaryDirectory(prefix="labutils-app-") as scratch:
        os.environ["GRADIO_TEMP_DIR"] = scratch  # not where others can read what is opened
        address = launch(blocks, **options)
        if token:
            address += f"?token={token}"
        try:
            print(f"Open {address} in a browser. Corrections: {corrections}. Ctrl-C ends it.")
            while True:
                time.sleep(1)
        finally:
            blocks.close(verbose=False)


def _check_port(host: str, port: int) -> None:
    try:
        socket.getaddrinfo(host, port)  # create_server would not tell that a name is unknown
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise LabError(f"--host {host} is no address of this machine.") from error
        raise LabError(
            f"Port {port} is in use, perhaps by another app: close that, or give another --port."
        ) from error
