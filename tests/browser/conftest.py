"""JupyterLab on loopback over a copy of the repository, and a headless Chromium to look at it."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "artifacts" / "screenshots"
WIDTHS = (1280, 800)
PROMPTS = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(one => one.innerText)"
HEIGHT = """[...document.querySelectorAll('.jp-Cell')]
    .map(one => one.getBoundingClientRect().height + 12).reduce((a, b) => a + b, 150)"""
WIDER = """[...document.querySelectorAll('.jp-OutputArea-output, .widget-html-content')]
    .filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.innerText.slice(0, 80))"""
SETTINGS = {
    # Cells that are out of sight stay in the page, so that it can be searched.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """The address, but for the notebook's name, of a JupyterLab that finds nothing trained."""
    home = tmp_path_factory.mktemp("browser")
    for name in ("labutils", "notebooks", "data"):
        shutil.copytree(ROOT / name, home / "lab" / name)
    shutil.copy(ROOT / "pyproject.toml", home / "lab")
    for name, content in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if key != "MPLBACKEND"} | {
        "LAB_TRACK": "tiny",
        "LAB_TEST_DIALOGUES": "12",
        "LAB_ARTIFACTS": str(home / "artifacts"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
               f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}",
               f"--ServerApp.root_dir={home / 'lab'}"]  # fmt: skip
    with open(home / "jupyter.log", "w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{port}/api", server, home / "jupyter.log")
            yield f"http://127.0.0.1:{port}/doc/tree/notebooks/{{}}.ipynb?token={token}"
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_for(address, server, log, seconds=60):
    """Return when the address answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            return urlopen(address, timeout=5).close()
        except (URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium of this machine."""
    found = subprocess.run([ROOT / "tests/browser/chromium.sh"], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    with sync_playwright() as playwright:
        # Chromium's sandbox does not work for root, as whom containers run.
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        path = found.stdout.strip()
        chromium = playwright.chromium.launch(executable_path=path, args=options)
        yield chromium
        chromium.close()


class Notebook:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page, name):
        self.page, self.name = page, name

    def run_all(self, seconds=300):
        """Run all cells and wait for the last one."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        self.page.wait_for_function(f"{PROMPTS}.some(text => text.includes('*'))")
        self.page.wait_for_function(
            f"{PROMPTS}.every(text => /[0-9]/.test(text))", timeout=seconds * 1000
        )

    def cell(self, text):
        """The code cell whose source contains a text."""
        return self.page.locator(".jp-CodeCell").filter(
            has=self.page.locator(".jp-InputArea-editor", has_text=text)
        )

    def screenshots(self):
        """Keep a picture of the whole notebook at each width, in which nothing is cut off."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 1000})
            self.page.wait_for_timeout(500)  # the widgets' layout follows
            height = self.page.evaluate(HEIGHT)
            self.page.set_viewport_size({"width": width, "height": min(int(height), 16_000)})
            self.page.wait_for_timeout(500)
            self.page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
            self.page.wait_for_timeout(500)
            assert self.page.evaluate(WIDER) == [], f"wider than a page of {width} pixels"
            self.page.screenshot(path=SCREENSHOTS / f"{self.name}-{width}.png")
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 1000})


@pytest.fixture
def open_notebook(lab, browser):
    """A function that opens a notebook by its name and waits for its cells."""
    pages = []

    def open_named(name):
        page = browser.new_page(viewport={"width": WIDTHS[0], "height": 1000})
        pages.append(page)
        page.goto(lab.format(name))
        page.wait_for_selector(".jp-CodeCell .jp-InputPrompt", timeout=60_000)
        page.get_by_text("| Idle").wait_for(timeout=60_000)
        return Notebook(page, name)

    yield open_named
    for page in pages:
        page.close()
