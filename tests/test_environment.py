"""The environment: one list of packages everywhere, imports that cost nothing, a doctor."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from types import SimpleNamespace

import nbformat
import pytest
import yaml
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from labutils import doctor
from labutils.common.errors import LabError

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
RANGES = {
    required.name: required.specifier
    for required in map(
        Requirement, PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]
    )
}
COLAB = {
    "transformers": "5.15.0", "datasets": "4.0.0", "peft": "0.20.0", "accelerate": "1.14.0",
    "pandas": "2.2.3", "numpy": "2.1.3", "matplotlib": "3.10.0", "ipywidgets": "7.7.1",
    "torch": "2.11.0",
}  # fmt: skip


def pins(path):
    """{package: version} of the lines `package==version`."""
    lines = [line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines()]
    return dict(line.split("==") for line in lines if "==" in line)


def test_every_list_of_packages_names_the_same_ones():
    required = pins(ROOT / "requirements.txt")
    conda = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    installed = next(part["pip"] for part in conda if isinstance(part, dict))
    assert dict(line.split("==") for line in installed if "==" in line) == required
    assert required.keys() == RANGES.keys()


EXPORTS = ("ctranslate2", "onnx", "tensorboard")


@pytest.mark.parametrize(
    ("file", "extras"), {"browser/requirements.txt": ("browser",), "exports.txt": EXPORTS}.items()
)
def test_the_packages_of_extras_are_supported_ones_with_a_reason(file, extras):
    path = ROOT / "tests" / file
    listed = [line for name in extras for line in PROJECT["optional-dependencies"][name]]
    extra = {each.name: each.specifier for each in map(Requirement, listed)}
    assert pins(path).keys() == extra.keys()
    assert all(version in extra[name] for name, version in pins(path).items())
    lines = path.read_text("utf-8").splitlines()
    assert all(line.startswith("#") or line.partition("#")[2].split() for line in lines)


VERSIONS = ROOT / "tests" / "versions"


@pytest.mark.parametrize(
    "path", [ROOT / "requirements.txt", VERSIONS / "colab.txt", VERSIONS / "oldest.txt"]
)
def test_pinned_versions_are_supported_ones(path):
    found = pins(path)
    assert [name for name in RANGES if found[name] not in RANGES[name]] == []


def test_colabs_versions_are_supported_and_broken_ones_are_not():
    tested = pins(VERSIONS / "colab.txt")
    for name, version in COLAB.items():
        assert version in RANGES[name] and tested[name] == version
    for broken in ("4.56.2", "5.0.0", "6.0.0"):
        assert broken not in RANGES["transformers"]


def test_each_requirement_has_its_reason():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    for line in lines:
        assert line.startswith("#") or len(line.partition("#")[2].split()) >= 1, line


OF_OTHER_NAMES = {"PIL": "pillow", "yaml": "PyYAML"}
NOT_IMPORTED = {
    "accelerate",
    "jupyterlab",
    "pytest-xdist",
    "nbval",
    "ruff",
    "import-linter",
    "mypy",
}
"""Packages that others import, or that are commands: their reasons are in requirements.txt."""


def code_of(path):
    if path.suffix == ".py":
        return path.read_text("utf-8")
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


def imported(*folders):
    """{package: a file that imports it} of the code in folders, but for Python's and our own."""
    files = [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*"))
        if "colab_machine" not in path.parts
    ]  # of another Python
    ours = {"labutils", "tools", *(path.stem for path in (ROOT / "tests").rglob("*.py"))}
    found = {}
    for path in [path for path in files if path.suffix in (".py", ".ipynb")]:
        for node in ast.walk(ast.parse(code_of(path))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            for name in {name.partition(".")[0] for name in names} - ours:
                if name not in sys.stdlib_module_names:
                    found[canonicalize_name(OF_OTHER_NAMES.get(name, name))] = path.name
    return found


def declared(*extras):
    lists = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][name] for name in extras)]
    return {canonicalize_name(Requirement(line).name) for lines in lists for line in lines}


def test_every_imported_package_is_declared_and_every_declared_one_is_imported():
    """One that only comes along with another is gone when the other lets it go."""
    library, tests = imported("labutils", "tools", "notebooks"), imported("tests")
    optional = PROJECT["optional-dependencies"].keys() - {"test", "browser"}
    of_tests = declared("test", "browser", *EXPORTS)
    for found, known in ((library, declared(*optional)), (tests, of_tests)):
        assert {name: path for name, path in found.items() if name not in known} == {}
    assert declared() - library.keys() <= NOT_IMPORTED
    assert declared("test", "browser") - library.keys() - tests.keys() == NOT_IMPORTED


def test_pre_commits_ruff_is_the_one_of_make_unit():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0][
        "hooks"
    ]
    pinned = re.search(r"^(ruff==\S+)", (ROOT / "requirements.txt").read_text("utf-8"), re.M)[1]
    assert [hook["additional_dependencies"] for hook in hooks] == [[pinned]] * 2


def test_contributings_tree_is_the_librarys():
    """A newcomer finds a thing by its folder, so the tree in CONTRIBUTING must be the real one."""
    tree = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## Where things are")[2]
    tree = tree.split("```")[1]
    rooms = {path.parent.name for path in (ROOT / "labutils").glob("*/__init__.py")}
    modules = {path.stem for path in (ROOT / "labutils").glob("[a-z]*.py")}
    words = set(re.findall(r"[a-z_]+", tree))
    assert rooms | modules <= words, sorted((rooms | modules) - words)


def test_importing_the_library_loads_neither_torch_nor_transformers():
    code = (
        "import sys\n"
        "from labutils import data, exercises, prompts, tracks, settings, __main__\n"
        "from labutils.evaluation import rouge\n"
        "print({'torch', 'transformers', 'datasets', 'peft'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "set()\n"), done.stderr


@pytest.fixture
def installed(monkeypatch):
    """Pretend that the newest supported versions are installed, but for the ones given."""
    versions, real = pins(ROOT / "requirements.txt"), importlib.metadata.version

    def find(name):
        if name not in versions:  # torch asks for its own when it is first imported
            return real(name)
        if versions[name] is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(importlib.metadata, "version", find)
    return versions


@pytest.mark.parametrize("asked", ["doctor", "run"])
def test_the_doctor_comes_without_any_package(asked):
    command = [sys.executable, "-S", "-m", "labutils", asked]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "[FAIL] nothing is installed: make lab" in done.stdout
    assert done.stderr == ""


def test_the_doctor_reports_every_package_and_fails_for_a_bad_one(installed, capsys, monkeypatch):
    monkeypatch.setattr(doctor, "choose_track", lambda: "tiny track")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=9 * 2**30))
    assert doctor.print_diagnosis()
    healthy = capsys.readouterr().out.splitlines()
    assert all(line.startswith("[OK] ") for line in healthy)
    for name in (requirement.name for requirement in doctor.requirements()):
        assert f"[OK] {name} {installed[name]}" in healthy
    for piece in ("device:", "memory:", "precision: fp32", "disk:", "artifacts", "tiny track"):
        assert any(piece in line for line in healthy)
    installed.update(peft=None, transformers="4.49.0")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=2**30))
    assert not doctor.print_diagnosis()
    failing = [line for line in capsys.readouterr().out.splitlines() if line.startswith("[FAIL] ")]
    expected = ("transformers 4.49.0 (supported:", "peft is not installed", "disk: 1.0 GiB")
    assert len(failing) == len(expected)
    assert all(piece in line for line, piece in zip(failing, expected))


@pytest.fixture
def pip(monkeypatch):
    """Note what would be run instead of running it."""
    calls = []

    def run(command, **_):
        calls.append(command)
        return SimpleNamespace(returncode=pip_status["code"], stderr="no matching distribution")

    pip_status = {"code": 0}
    monkeypatch.setattr(subprocess, "run", run)
    return SimpleNamespace(calls=calls, status=pip_status)


def test_nothing_is_installed_outside_colab(installed, pip):
    installed.update({"evaluate": None, "torch": None})
    doctor.install_missing()
    assert pip.calls == []


def test_colab_says_how_to_keep_what_is_trained_until_drive_is_there(
    installed, pip, monkeypatch, capsys, tmp_path
):
    doctor.install_missing()
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())
    assert capsys.readouterr().out == ""
    doctor.install_missing()
    assert "Files > Mount Drive" in capsys.readouterr().out
    monkeypatch.setattr(doctor, "DRIVE", tmp_path)
    doctor.install_missing()
    assert capsys.readouterr().out == ""


def test_kaggle_says_it_too_and_gets_what_is_missing(installed, pip, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(doctor, "KAGGLE", tmp_path)
    installed.update({"evaluate": None, "jupyterlab": None})
    doctor.install_missing()
    assert "Persistence > Files only" in capsys.readouterr().out
    assert pip.calls[0][-1].startswith("evaluate") and len(pip.calls) == 1


def test_on_colab_only_missing_packages_are_installed_and_torch_stays(installed, pip, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())
    doctor.install_missing()
    assert pip.calls == []
    installed.update({"evaluate": None, "rouge-score": None, "jupyterlab": None, **COLAB})
    doctor.install_missing()
    (command,) = pip.calls
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    asked = [Requirement(word) for word in command[4:] if not word.startswith("-")]
    assert {each.name: each.specifier for each in asked} == {
        name: RANGES[name] for name in ("evaluate", "rouge-score")
    }
    pip.status["code"] = 1
    with pytest.raises(LabError, match="could not install evaluate.*\n.*no matching"):
        doctor.install_missing()
