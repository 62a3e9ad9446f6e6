"""Run the notebooks on a Colab of one's own, each alone on a fresh machine, from its badge's cell.

    python -m tools.colab                      # make colab: every notebook and every scenario
    python -m tools.colab 01 instructor_demo   # these notebooks alone
    python -m tools.colab --only drive t4      # these scenarios alone
    python -m tools.colab --light              # with the packages that are here; no network

Scenarios: `whole` runs a notebook to its end without a GPU; `drive` kills the kernel in the middle
of a training and goes on from Drive on a fresh machine; `t4` looks at what is decided on a GPU
without bf16, and `offline` at what is decided there without a way to the Hub.

As on Colab: the versions of tests/versions/colab.txt, without what Colab's image lacks (the badge's
cell installs that with pip), IPython 7.34 and ipywidgets 7.7.1; a kernel that starts with
google.colab loaded, in a /content of its own that holds nothing, and that no repository is near;
git, which reads the address in the badge's cell. Simulated: that address leads to the files of this
checkout; what that cell installs is fetched once, with the image, and then lies in a folder; a
google.colab that has no browser; a T4 tells what it is, but cannot compute. Not as on Colab: torch
and Python are those that run this tool, for a CPU build of Colab's torch cannot be had everywhere.
`--light` takes every package from here.

It needs Linux, and the right to unshare a mount namespace, as root or through user namespaces.
Nothing outside of the scratch folder changes; a /content that is there stays as it is.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import venv
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import Distribution, distributions
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import nbformat
from filelock import FileLock
from nbformat import NotebookNode, v4
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from labutils.common.errors import LabError, one_message
from labutils.common.files import read_json, write_json
from labutils.doctor import NOT_HOSTED, requirements
from labutils.notebooks import DEMO, MUSEUM, execute, find_notebooks
from labutils.tracks import REPOSITORY

VERSIONS = REPOSITORY / "tests" / "versions" / "colab.txt"
MACHINE = Path(__file__).with_name("colab_machine")
LACKS = "# What the image lacks"
SCRATCH = REPOSITORY / "artifacts" / "colab"
NUMBERS = ("01", "02", "03", "04", "05", "06", MUSEUM)
SIZES = {"LAB_TRAIN_ROWS": "16", "LAB_TEST_DIALOGUES": "12"}
UNSHARE = (
    "unshare",
    *(() if getattr(os, "geteuid", int)() == 0 else ("--map-root-user",)),
    "--mount",
)
FORGOTTEN = ("LAB_", "PYTHON", "VIRTUAL_ENV", "JUPYTER_", "HF_", "MPL")


@dataclass(frozen=True)
class Image:
    """What every machine starts from.

    Attributes:
        packages: a folder of Python packages.
        environment: variables by which git and pip find the repository and packages.
    """

    packages: Path
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Machine:
    """A machine that is lent: a kernel starts on it, and what it wrote is lost with it.

    Attributes:
        image: what it starts from.
        folder: its own, which must not be there yet; content/ in it is its /content.
        drive: a folder that can be mounted as Google Drive.
        gpu: "none" or "T4".
        settings: environment variables, such as the sizes of a run.
    """

    image: Image
    folder: Path
    drive: Path | None = None
    gpu: str = "none"
    settings: Mapping[str, str] = field(default_factory=lambda: SIZES)

    def run(self, book: NotebookNode, name: str) -> NotebookNode:
        """Execute a notebook from its first cell on, and return it with its outputs.

        Raises:
            LabError: a cell failed, or the kernel died.
        """
        self._set_up()
        path, done = self.folder / f"{name}.ipynb", self.folder / f"{name}-executed.ipynb"
        nbformat.write(book, path)
        with patch.dict(os.environ, JUPYTER_PATH=str(self.folder)):  # where the kernel is found
            execute(path, done)
        return nbformat.read(done, as_version=4)

    def kill(self) -> None:
        """End the kernel as Colab does, without a warning."""
        os.kill(int((self.folder / "root.pid").read_text()), signal.SIGKILL)

    def _set_up(self) -> None:
        """Make the folder: /content, a Python with the packages, and how to start a kernel."""
        for name in ("content", "root", "kernels/python3"):
            (self.folder / name).mkdir(parents=True)
        python = self.folder / "python"
        venv.create(python, with_pip=False, symlinks=True)
        packages = _site_packages(python)
        (packages / "image.pth").write_text(f"{self.image.packages}\n")
        shutil.copytree(MACHINE, packages, dirs_exist_ok=True)
        environment = {
            "PATH": f"{python / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "CUDA_VISIBLE_DEVICES": "",
            "HF_HOME": self.folder / "huggingface",
            "HF_HUB_OFFLINE": "1",
            "IPYTHONDIR": self.folder / "ipython",
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "SIMULATED_GPU": self.gpu,
            "SIMULATED_DRIVE": self.drive or "",
            **self.image.environment,
            **self.settings,
        }
        spec = {
            "argv": [
                "env",
                *(f"--unset={name}" for name in os.environ if name.startswith(FORGOTTEN)),
                *(f"{name}={value}" for name, value in environment.items()),
                *UNSHARE,
                *("sh", f"{MACHINE / 'start.sh'}", f"{self.folder / 'root'}"),
                *(f"{self.folder / 'content'}", f"{python / 'bin' / 'python'}"),
                *("-m", "colab_kernel_launcher", "-f", "{connection_file}"),
            ],
            "display_name": "Colab",
            "language": "python",
        }
        write_json(self.folder / "kernels" / "python3" / "kernel.json", spec)


# --- The image -----------------------------------------------------------------------------------


@contextmanager
def image(light: bool = False) -> Iterator[Image]:
    """What machines start from, while the block runs.

    Args:
        light: link the packages that are here, instead of installing Colab's versions, which stay
            in artifacts/colab for the next time.

    Raises:
        LabError: pip could not install them, or this machine cannot unshare a mount namespace.
    """
    if not can_unshare():
        raise LabError(
            "This machine lets nobody have a /content of their own. Run as root, or allow user "
            "namespaces; on Ubuntu: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
        )
    with TemporaryDirectory(prefix="colab-image-") as scratch:
        folder = Path(scratch)
        environment = {"GIT_CONFIG_GLOBAL": str(publish_checkout(folder / "repository"))}
        if not light:
            place = installed_image()
            yield Image(_site_packages(place), environment | wheels_alone(place / "wheels"))
            return
        here = {canonicalize_name(each.name): each for each in distributions()}
        lacking = {canonicalize_name(each.name) for each in pins()[1]}
        packages = folder / "site-packages"  # by this name dill knows what need not be pickled
        link([here[name] for name in here.keys() - lacking - {"labutils"}], packages)
        for name in lacking & here.keys():
            write_wheel(here[name], folder / "wheels")
        yield Image(packages, environment | wheels_alone(folder / "wheels"))


def can_unshare() -> bool:
    """Whether this machine can give a program a mount namespace of its own."""
    if not shutil.which("unshare"):
        return False
    return not subprocess.run([*UNSHARE, "true"], capture_output=True).returncode


def pins() -> tuple[list[Requirement], list[Requirement]]:
    """(what Colab's image has, what it lacks), from tests/versions/colab.txt."""
    parts = VERSIONS.read_text("utf-8").split(LACKS)
    has, lacks = ([Requirement(line) for line in part.splitlines() if "==" in line]
                  for part in parts)  # fmt: skip
    return has, lacks


def wheels_alone(folder: Path) -> dict[str, str]:
    """Variables by which pip takes what it installs from a folder of wheels, and asks nobody."""
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}


def installed_image() -> Path:
    """An environment with Colab's packages in its versions, and with torch and its own from here.

    wheels/ in it has what the badge's cell installs. Both are fetched once, and kept.

    Raises:
        LabError: pip could not fetch or install them.
    """
    here = {canonicalize_name(each.name): each for each in distributions()}
    if "torch" not in here:
        raise LabError("There is no torch beside this tool; install the lab first: make lab.")
    has, lacks = ([str(each) for each in part if each.name != "torch"] for part in pins())
    kind = json.dumps([*has, *lacks, here["torch"].version, sys.version])
    place = SCRATCH / f"image-{sha256(kind.encode()).hexdigest()[:8]}"
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with FileLock(place.with_suffix(".lock")):  # another attack may want it at this moment
        if not (place / "whole").exists():
            shutil.rmtree(place, ignore_errors=True)
            venv.create(place, with_pip=True, symlinks=True)
            own = ("nvidia-", "cuda-", "triton")
            link([each for name, each in here.items() if name == "torch" or name.startswith(own)],
                 _site_packages(place))  # fmt: skip
            print(f"Installing {len(has)} packages of Colab's image ...")
            _pip(place, "install", *has)
            fetch_wheels(place)
            (place / "whole").touch()
    return place


def fetch_wheels(place: Path) -> None:
    """Fetch what pip would add to an image for what the badge's cell installs, into wheels/."""
    installed = {each.name for each in requirements()} - NOT_HOSTED
    lacks = [str(each) for each in pins()[1] if each.name in installed]
    report = json.loads(_pip(place, "install", "--dry-run", "--report", "-", *lacks))
    added = [f"{each['metadata']['name']}=={each['metadata']['version']}"
             for each in report["install"]]  # fmt: skip
    _pip(place, "wheel", "--no-deps", "--wheel-dir", str(place / "wheels"), *added)


def _pip(place: Path, command: str, *words: str) -> str:
    python = str(place / "bin" / "python")
    call = [python, "-m", "pip", command, "--quiet", "--disable-pip-version-check", *words]
    done = subprocess.run(call, capture_output=True, text=True)
    if done.returncode:
        raise LabError(f"pip could not {command} Colab's versions:\n{done.stderr[-800:]}")
    return done.stdout


def _site_packages(environment: Path) -> Path:
    (found,) = environment.glob("lib/python*/site-packages")
    return found


def link(packages: Iterable[Distribution], folder: Path) -> None:
    """Link all that these packages installed into a folder of packages."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in packages:
        for name in {Path(file).parts[0] for file in package.files or []} - {"..", "__pycache__"}:
            if not os.path.lexists(folder / name):
                (folder / name).symlink_to(str(package.locate_file(name)))


def write_wheel(package: Distribution, folder: Path) -> None:
    """Pack an installed package of plain Python as a wheel that pip installs."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{package.name.replace('-', '_')}-{package.version}"
    files = [
        file
        for file in package.files or []
        if ".." not in file.parts and file.name != "RECORD" and file.suffix != ".pyc"
    ]
    with zipfile.ZipFile(folder / f"{name}-py3-none-any.whl", "w") as wheel:
        for file in files:
            wheel.write(str(package.locate_file(file)), str(file))
        record = [f"{file},," for file in (*files, f"{name}.dist-info/RECORD")]
        wheel.writestr(f"{name}.dist-info/RECORD", "\n".join(record) + "\n")


def publish_checkout(folder: Path) -> Path:
    """Commit this checkout's files, as they are, for git to find at the address in the notebooks.

    Returns:
        git's configuration that leads there.
    """
    text = find_notebooks()[0].read_text("utf-8").replace('\\"', '"')
    ((name, branch),) = re.findall(r'REPOSITORY, BRANCH = "([^"]+)", "([^"]+)"', text)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for file in _output(listed, REPOSITORY).split("\0"):
        if (REPOSITORY / file).is_file():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / file, folder / file)
    someone = ["-c", "user.name=lab", "-c", "user.email=lab@localhost"]
    _output(["git", "init", "--quiet", f"--initial-branch={branch}"], folder)
    _output(["git", "add", "--all", "--force"], folder)
    _output(["git", *someone, "commit", "--quiet", "--no-verify", "-m", "As it is"], folder)
    config = folder.with_suffix(".gitconfig")
    address = f"https://github.com/{name}.git"
    config.write_text(f'[url "{folder.as_uri()}"]\n\tinsteadOf = {address}\n')
    return config


def _output(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise LabError(f"{' '.join(command[:2])} failed in {folder}: {done.stderr.strip()[-400:]}")
    return done.stdout


# --- What is tried on it -------------------------------------------------------------------------


def whole(image: Image, path: Path, folder: Path) -> None:
    """A notebook runs to its end, and tells whoever has no GPU how to get one.

    Raises:
        LabError: it does not; so for each of these scenarios.
    """
    text = printed(Machine(image, folder).run(nbformat.read(path, as_version=4), path.stem))
    expect(text, "Installing evaluate")
    if path.stem != DEMO:
        expect(text, "tiny track", "no GPU", "Runtime > Change runtime type")


def drive(image: Image, path: Path, folder: Path) -> None:
    """A training whose kernel is killed goes on from Drive on a fresh machine, to the same end."""
    book = until(nbformat.read(path, as_version=4), "make_runs(")
    mount = "from google.colab import drive\n\ndrive.mount('/content/drive')"
    book.cells.insert(0, v4.new_code_cell(mount))
    drives = [folder / "killed", folder / "undisturbed"]
    for each in drives:
        (each / "MyDrive").mkdir(parents=True)
    first, second, undisturbed = (
        Machine(image, folder / name, each, settings=SIZES | {"LAB_TRAIN_ROWS": "40"})
        for name, each in zip(("first", "second", "third"), (drives[0], *drives))
    )
    over = threading.Event()
    killing = threading.Thread(
        target=kill_when, args=(first, drives[0], f"{RUNS}/full-*/checkpoints/step-*[0-9]", over)
    )
    killing.start()
    try:
        first.run(book, path.stem)
    except LabError as error:
        expect(str(error), "died")
    else:
        raise LabError("The training was done before its kernel was killed.")
    finally:
        over.set()
        killing.join()
    expect(printed(second.run(book, path.stem)), "going on from there")
    undisturbed.run(book, path.stem)
    for name in ("full", "lora"):
        resumed, reference = (_run(each, name) for each in drives)
        if resumed[0] != reference[0]:
            raise LabError(f"The resumed run of {name} has other weights, answers or losses.")
        if (resumed[1] > 0) != (name == "full") or reference[1]:
            raise LabError(f"The run of {name} went on from step {resumed[1]}.")


RUNS = "MyDrive/fine-tuning-lab/tiny/runs"


def _run(drive: Path, name: str) -> tuple[tuple[str, ...], int]:
    """(digests of a run's weights, answers and history, the step that it went on from)."""
    (folder,) = drive.glob(f"{RUNS}/{name}-*")
    record = read_json(folder / "run.json")
    (weights,) = (folder / "model").glob("*.safetensors")
    kept = (weights.read_bytes(), (folder / "predictions.jsonl").read_bytes(),
            json.dumps(record["history"]).encode())  # fmt: skip
    return tuple(sha256(each).hexdigest() for each in kept), record["resumed_from_step"]


PROBE = """
from labutils import planning

for recipe in (track.full.recipe, track.lora.recipe):
    print(f"{recipe.batch_size} x {recipe.accumulation} in {recipe.precision}")
print(track.generation_tokens, planning.card_of())
"""
"""What is decided: batches, precision, and the card that `plan` reckons with."""


def t4(image: Image, path: Path, folder: Path) -> None:
    """On a T4 with a way to the Hub FLAN-T5 is chosen, and computed in fp32, as it fits."""
    book = until_the_track(path, PROBE)
    with hub() as address:
        settings = SIZES | {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": address}
        text = printed(Machine(image, folder, gpu="T4", settings=settings).run(book, path.stem))
    expect(text, "flan track: google/flan-t5-base on knkarthick/dialogsum, Tesla T4, fp32")
    expect(text, "4 x 8 in fp32\n4 x 8 in fp32\n8192 Card(memory_gib=14.7", "precision='fp32'")
    if "bf16" in text:
        raise LabError("It would compute in bf16, which a T4 has not.")


def offline(image: Image, path: Path, folder: Path) -> None:
    """On a T4 without a way to the Hub the tiny track is chosen, and why is said."""
    text = printed(Machine(image, folder, gpu="T4").run(until_the_track(path), path.stem))
    expect(text, "tiny track", "no way to the Hugging Face Hub", "fp32")


def until_the_track(path: Path, then: str = "") -> NotebookNode:
    """A notebook up to the line that prints its track, and what is to run after that."""
    book = until(nbformat.read(path, as_version=4), "print(track)")
    last = book.cells[-1]
    last.source = f"{last.source.partition('print(track)')[0]}print(track)\n{then}"
    return book


SCENARIOS: dict[str, tuple[Callable[[Image, Path, Path], None], Sequence[str]]] = {
    "whole": (whole, (*NUMBERS, DEMO)),
    "drive": (drive, ("05",)),
    "t4": (t4, NUMBERS),
    "offline": (offline, ("01",)),
}
"""{name: (what is tried, on which notebooks)}"""


def cases(numbers: Sequence[str] = (), only: Sequence[str] = ()) -> list[tuple[str, str]]:
    """(scenario, notebook) of all that is tried, or of these notebooks and scenarios alone."""
    find_notebooks(numbers or None)  # raises LabError for one that there is not
    return [
        (scenario, number)
        for scenario, (_, tried) in SCENARIOS.items()
        for number in tried
        if scenario in (only or SCENARIOS) and number in (numbers or tried)
    ]


def attempt(image: Image, scenario: str, number: str) -> None:
    """Try one case, on machines of its own that are gone afterwards.

    Raises:
        LabError: it did not hold.
    """
    (path,) = find_notebooks([number])
    with TemporaryDirectory(prefix="colab-") as folder:
        SCENARIOS[scenario][0](image, path, Path(folder) / "machine")


def until(book: NotebookNode, text: str) -> NotebookNode:
    """A notebook's cells up to the first one that has a text in its code.

    Raises:
        LabError: none has.
    """
    for number, cell in enumerate(book.cells, 1):
        if cell.cell_type == "code" and text in cell.source:
            book.cells = book.cells[:number]
            return book
    raise LabError(f"No cell has {text!r}.")


def printed(book: NotebookNode) -> str:
    """All that a notebook's cells printed."""
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    return "".join(output.get("text", "") for output in outputs)


def expect(text: str, *pieces: str) -> None:
    """Raise LabError unless each piece is in a text."""
    for piece in pieces:
        if piece not in text:
            raise LabError(f"It does not say {piece!r}; it says:\n{text[-2000:]}")


def kill_when(machine: Machine, folder: Path, pattern: str, over: threading.Event) -> None:
    """Kill a machine's kernel as soon as a folder has what a pattern finds."""
    while not over.wait(0.02):
        if next(folder.glob(pattern), None):
            machine.kill()
            return


@contextmanager
def hub() -> Iterator[str]:
    """The address of a Hub that can be reached, and has nothing."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@one_message()
def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments, try all, and print a line for each; exit 1 unless all held."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK", help="such as 01; default all")
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, default=[], metavar="SCENARIO",
                        help=f"of {', '.join(SCENARIOS)}; default all")  # fmt: skip
    parser.add_argument("--light", action="store_true", help="take every package from here")
    args = parser.parse_args(arguments)
    failed = 0
    tried = cases(args.notebooks, args.only)
    with image(args.light) as made:
        for scenario, number in tried:
            start, said = time.perf_counter(), "held"
            try:
                attempt(made, scenario, number)
            except LabError as error:
                said, failed = f"FAILED: {error}", failed + 1
            seconds = time.perf_counter() - start
            print(f"{scenario:7} {number:16} {seconds:4.0f} s  {said}", flush=True)
    print(f"{len(tried) - failed} of {len(tried)} held.")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
