"""The app tried as an agent would: a chat pasted or opened, summarized, corrected, accepted."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from conftest import ROOT, SCREENSHOTS
from gradio_client import Client

from labutils.common.errors import LabError
from labutils.data import read_table
from labutils.own_chats import app
from labutils.own_chats.answering import Answer
from labutils.own_chats.reading import read_chats

MARKUP = "<img src=x onerror=run()><script>run()</script>"
WIDTHS = (1280, 800, 390)
CHAT = """Agent: Nordtel support, hello, how can I help?
Anna Lee: My router drops the line every evening since Tuesday.
Agent: I am sorry to hear that. Your order is 4711, is it?
Anna Lee: Yes. Can you send somebody?
Agent: A technician can come on Friday at 10.
Anna Lee: Thank you, that suits me."""
SUMMARY = "Anna Lee's router drops the line since Tuesday; Tom Berger comes on Friday at 14."
HOSTILE = f"""{MARKUP} <a href="javascript:run()">link</a> **bold** [a](http://127.0.0.9/) $$x^2$$
{{{{value}}}} {{{{#each a}}}} ${{window.ran = 1}} <svg onload="window.ran = 2"> ![](http://127.0.0.9/)
</textarea></script><style>*{{display:none}}</style>"""
FOREIGN = """[...document.querySelectorAll('[src], link[href]')].map(one => one.src || one.href)
    .filter(address => address && new URL(address).host !== location.host)"""


class Says:
    """A summarizer of which a test knows what it says."""

    name = "my_model"

    def __init__(self, summary):
        self.summary = summary

    def answer(self, text):
        if not text.strip():
            raise LabError(f"The chat is empty {MARKUP}")
        return Answer(text, text, {}, self.summary)


class App:
    """The app, open in a browser."""

    def __init__(self, page, address):
        self.page, self.address, self.hosts = page, address, set()
        page.set_default_timeout(180_000)  # on a busy machine
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        page.goto(address)
        self.chat = page.get_by_label("The chat, a line a turn")
        self.right = page.get_by_label("Correct the summary here")
        self.summary = page.locator(".summary")

    def press(self, name):
        self.page.get_by_role("button", name=name).click()

    def summarize(self, chat):
        self.chat.fill(chat)
        self.press("Summarize")
        # What was told of the summary before goes when the new one comes.
        self.page.locator(".lab[role=status]").wait_for(state="hidden")
        self.summary.wait_for()

    def told(self, text):
        """Wait for a message with a text, and return the whole of it."""
        message = self.page.get_by_role("status").filter(has_text=text)
        message.wait_for()
        return message.inner_text()

    def screenshots(self, name):
        """Keep a picture at each width, in which nothing is cut off."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.wait_for_function("innerWidth === document.documentElement.scrollWidth")
            self.page.screenshot(path=SCREENSHOTS / f"app-{name}-{width}.png", full_page=True)
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 900})


@pytest.fixture
def open_app(browser):
    """A function that serves a page from this process, and opens it."""
    serving = []

    def start(summarizer, corrections=None, scheme="light"):
        blocks = app.page(summarizer, corrections)
        address = app.launch(blocks)
        context = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900})
        serving.append((blocks, context))
        return App(context.new_page(), address)

    yield start
    for blocks, context in serving:
        context.close()
        blocks.close(verbose=False)


@pytest.fixture
def start(tmp_path):
    """A function that starts `python -m labutils app` with more words: its address and process."""
    processes = []

    def started(*more):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        words = ["app", str(ROOT / "data" / "tiny-flan-t5"), "--port", str(port), *more,
                 "--corrections", str(tmp_path / "corrections.jsonl")]  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "labutils", *words],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1",
                              "HTTP_PROXY": "http://127.0.0.1:9"},
        )  # fmt: skip
        processes.append(process)
        said = process.stdout.readline()  # once it answers
        address = f"http://127.0.0.1:{port}/"
        assert said.startswith(f"Open {address}"), process.stderr.read()
        return SimpleNamespace(process=process, address=address, opens=said.split()[1])

    yield started
    for process in processes:
        process.kill()


@pytest.fixture
def command(start):
    """It, with a password, in whose place no token is asked for."""
    command = start("--password", "open")
    assert command.opens == command.address
    return command


def post(address, content, name="summarize", **headers):
    """What plain HTTP gets from an end point."""
    request = Request(
        f"{address}gradio_api/run/{name}", json.dumps({"data": [content]}).encode(),
        {"Content-Type": "application/json", **headers},
    )  # fmt: skip
    with urlopen(request, timeout=60) as response:
        return json.load(response)["data"][0]


def test_an_agent_corrects_and_accepts_what_a_model_says(command, browser, tmp_path):
    page = browser.new_page()
    agent = App(page, command.address)
    page.get_by_label("username").fill("agent")
    page.get_by_label("password").fill("open")
    agent.press("Login")
    agent.summarize(CHAT)
    said = agent.right.input_value()
    assert said and " ".join(agent.summary.inner_text().replace("\xa0?", "").split()) == said
    agent.right.fill(SUMMARY)
    agent.press("Save correction")
    assert "Mind what is not in the chat: Tom, Berger, 14." in agent.told("Correction saved")
    agent.summarize(f"{CHAT}\nAgent: Goodbye.")
    agent.press("Accept as it is")
    agent.told("Accepted, as number 2.")
    corrected, accepted = read_table(tmp_path / "corrections.jsonl")
    assert corrected["summary"] == SUMMARY.replace("Anna Lee", "#Person2#")
    assert (corrected["accepted"], accepted["accepted"]) == (False, True)
    assert accepted["summary"] == accepted["model_said"]
    assert [chat.summary for chat in read_chats(tmp_path / "corrections.jsonl").chats] == [
        corrected["summary"], accepted["summary"]
    ]  # fmt: skip
    assert agent.hosts == {command.address.split("/")[2]} and page.evaluate(FOREIGN) == []
    page.close()

    with pytest.raises(HTTPError, match="401"):
        post(command.address, CHAT)
    with pytest.raises(Exception, match="Could not login|credentials|401"):
        Client(command.address, auth=("agent", "wrong"), verbose=False)
    client = Client(command.address, auth=("agent", "open"), verbose=False)
    assert client.predict(CHAT, api_name="/summarize")["summary"] == said
    assert {name for name in client.view_api(return_format="dict")["named_endpoints"]} == {
        "/summarize"
    }

    command.process.send_signal(signal.SIGINT)
    _, error = command.process.communicate(timeout=180)
    assert command.process.returncode == 130 and error.strip() == "Interrupted."
    assert [path.name for path in tmp_path.glob("labutils-app-*")] == []


def test_only_who_has_the_token_may_ask(start, browser):
    command = start()
    _, token = command.opens.split("?token=")
    assert len(token) >= 32
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "labutils-1=wrong"}):
        with pytest.raises(HTTPError, match="401"):
            post(command.address, CHAT, **headers)
    for address in (command.address, f"{command.address}?token=wrong", f"{command.address}config"):
        with pytest.raises(HTTPError) as refused:
            urlopen(address, timeout=60)
        assert "labutils app" in refused.value.read().decode()

    bearer = {"Authorization": f"Bearer {token}"}
    said = post(command.address, CHAT, **bearer)["summary"]
    client = Client(command.address, headers=bearer, verbose=False)
    assert client.predict(CHAT, api_name="/summarize")["summary"] == said

    context = browser.new_context()
    agent = App(context.new_page(), command.opens)
    agent.summarize(CHAT)
    assert agent.right.input_value() == said
    assert agent.page.url == command.address, "the token stays out of the history"
    (cookie,) = [one for one in context.cookies() if one["value"] == token]
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_hostile_texts_are_shown_and_run_nothing(open_app, tmp_path, scheme):
    opened = open_app(Says(HOSTILE), tmp_path / "corrections.jsonl", scheme)
    opened.summarize(f"{CHAT}\n{HOSTILE}")
    assert opened.summary.inner_text().split() == HOSTILE.split()
    opened.right.fill(f"{HOSTILE} more")
    opened.press("Save correction")
    opened.told("Correction saved")
    opened.chat.fill(" ")
    opened.press("Summarize")
    assert MARKUP in opened.told("The chat is empty")
    assert opened.page.locator(".lab :is(img, script, svg, a, style)").count() == 0
    assert opened.page.evaluate("window.ran") is None
    assert opened.hosts == {opened.address.split("/")[2]}
    settings = opened.page.evaluate("window.gradio_config")
    assert not settings["run_history"] and not settings["analytics_enabled"]
    (row,) = read_table(tmp_path / "corrections.jsonl")
    assert row["summary"].split() == HOSTILE.split() + ["more"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_looks_well_at_any_width(open_app, tmp_path, scheme):
    opened = open_app(Says(SUMMARY), tmp_path / "corrections.jsonl", scheme)
    opened.page.get_by_text("No summary yet.").wait_for()
    assert opened.page.get_by_role("button", name="Accept as it is").is_disabled()
    opened.screenshots(f"empty-{scheme}")
    opened.summarize(CHAT)
    assert opened.page.get_by_text("Not in the chat: Tom, Berger, 14.").is_visible()
    assert [mark.inner_text() for mark in opened.summary.locator("mark").all()] == [
        "Tom\xa0?", "Berger\xa0?", "14\xa0?"
    ]  # fmt: skip
    opened.right.fill(SUMMARY.replace("Tom Berger", "a technician").replace("14", "10"))
    opened.press("Save correction")
    opened.told("Correction saved, as number 1.")
    opened.screenshots(f"corrected-{scheme}")


def test_what_cannot_be_saved_is_said_and_stays_on_the_page(open_app, tmp_path, monkeypatch):
    opened = open_app(Says(SUMMARY), tmp_path / "corrections.jsonl")
    opened.summarize(CHAT)
    opened.right.fill("Mine.")

    def full(*_):
        raise LabError("Cannot write to corrections.jsonl (No space left on device).")

    monkeypatch.setattr(app, "save_correction", full)
    opened.press("Save correction")
    assert "Your text is still here." in opened.told("No space left on device")
    assert opened.right.input_value() == "Mine."
    opened.right.fill(" ")
    monkeypatch.undo()
    opened.press("Save correction")
    opened.told("The summary is empty")
    opened.chat.fill("Another chat.")
    opened.press("Accept as it is")
    opened.told("The chat is not the one that was summarized")
    assert not (tmp_path / "corrections.jsonl").exists()


def test_a_file_is_opened_into_the_box(open_app, tmp_path):
    opened = open_app(Says(SUMMARY))
    turns = [{"speaker": "Anna", "text": "Hi. <b>"}, {"speaker": "Bo", "text": "Hello."}]
    files = {"chat.txt": CHAT, "turns.json": json.dumps(turns), "broken.json": "{",
             "empty.txt": "\n"}  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")

    def choose(name):
        with opened.page.expect_file_chooser() as chooser:
            opened.press("Open a file")
        chooser.value.set_files(tmp_path / name)

    def wait_for(text):
        opened.page.wait_for_function(
            "([box, text]) => box.value === text", arg=[opened.chat.element_handle(), text]
        )

    choose("chat.txt")
    wait_for(CHAT)
    choose("turns.json")
    wait_for("Anna: Hi. <b>\nBo: Hello.")
    choose("broken.json")
    opened.told("broken.json is not JSON")
    assert opened.chat.input_value().startswith("Anna: Hi.")
    opened.page.get_by_role("button", name="Accept as it is").wait_for(state="hidden")


@pytest.fixture
def looked_up(monkeypatch):
    """The hosts that this process wants to talk to from here on."""
    hosts, lookup = set(), socket.getaddrinfo

    def noted(host, *args, **options):
        hosts.add(host)
        return lookup(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    return hosts


def test_programs_ask_the_end_point_by_http_or_by_gradios_client(open_app, looked_up):
    opened = open_app(Says(SUMMARY))
    wanted = {
        "summary": SUMMARY,
        "check": "Not in the chat: Tom, Berger, 14. Check this before you use the summary.",
        "cut": "",
    }
    assert post(opened.address, CHAT) == wanted
    client = Client(opened.address, verbose=False)
    assert client.predict(CHAT, api_name="/summarize") == wanted
    with pytest.raises(Exception, match="The chat is empty"):
        client.predict(" ", api_name="/summarize")
    with pytest.raises(HTTPError) as refused:
        post(opened.address, " ")
    assert "The chat is empty" in json.load(refused.value)["error"]
    with pytest.raises(ValueError, match="Cannot find a function"):
        client.predict(None, CHAT, "Mine.", api_name="/save")
    assert looked_up == {"127.0.0.1"}


def test_files_of_this_machine_are_neither_sent_nor_deleted(open_app, tmp_path):
    opened = open_app(Says(SUMMARY), tmp_path / "corrections.jsonl")
    (tmp_path / "own.txt").write_text("Anna: Secret.")
    for place in (f"file={tmp_path / 'own.txt'}", f"file={Path(__file__)}"):
        with pytest.raises(HTTPError):
            urlopen(f"{opened.address}gradio_api/{place}", timeout=60)
    upload = {"path": str(tmp_path / "own.txt"), "meta": {"_type": "gradio.FileData"}}
    with pytest.raises(HTTPError):
        post(opened.address, upload, "open_file")
    assert (tmp_path / "own.txt").read_text() == "Anna: Secret."
