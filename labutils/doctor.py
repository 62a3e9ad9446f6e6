"""What this machine has: packages, device, memory, disk; and installing what a host lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from labutils.common.device import choose_device, device_name, gpu_memory_gib, precision_of
from labutils.common.errors import LabError
from labutils.common.packages import installed_version
from labutils.common.text import printable
from labutils.tracks import DRIVE, REPOSITORY, artifacts_folder, choose_track

if TYPE_CHECKING:
    from packaging.requirements import Requirement

NOT_HOSTED = {"jupyterlab"}
KAGGLE = Path("/kaggle/working")
DISK_GIB = 2


def requirements() -> list[Requirement]:
    """The packages that the lab needs, as Requirement objects from pyproject.toml."""
    from packaging.requirements import Requirement

    text = (REPOSITORY / "pyproject.toml").read_text("utf-8")
    return [Requirement(line) for line in tomllib.loads(text)["project"]["dependencies"]]


def package_check(requirement: Requirement) -> tuple[bool, str]:
    """(ok, message) for one package: installed, and in the supported range."""
    if not (found := installed_version(requirement.name)):
        return False, f"{requirement.name} is not installed (needs {requirement.specifier})"
    if not requirement.specifier.contains(found, prereleases=True):
        return False, f"{requirement.name} {found} (supported: {requirement.specifier})"
    return True, f"{requirement.name} {found}"


def install_missing() -> None:
    """On Colab and Kaggle, install what their image lacks, and only that; say how to keep runs.

    What is there stays as it is: another torch would not fit its CUDA. Elsewhere nothing is
    installed (`make lab` or requirements.txt does that).

    Raises:
        LabError: pip failed.
    """
    on_kaggle = KAGGLE.is_dir()
    if not on_kaggle and "google.colab" not in sys.modules:
        return
    if on_kaggle:
        print("To keep what you train here on Kaggle: Settings > Persistence > Files only.")
    elif not DRIVE.is_dir():
        print("Colab deletes what you train here when it ends. To keep it: Files > Mount Drive.")
    missing = [
        str(requirement)
        for requirement in requirements()
        if requirement.name not in NOT_HOSTED and not installed_version(requirement.name)
    ]
    if not missing:
        return
    print(f"Installing {', '.join(missing)} ...")
    command = [sys.executable, "-m", "pip", "install", "--quiet", *missing]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise LabError(f"pip could not install {', '.join(missing)}:\n{done.stderr[-800:]}")


def diagnose() -> list[tuple[bool, str]]:
    """Every check as (ok, message), in the order in which they are printed."""
    checks = [(True, f"python {sys.version.split()[0]}")]
    if not installed_version("packaging"):
        return [
            *checks,
            (False, "nothing is installed: make lab, or pip install -r requirements.txt"),
        ]
    checks += [package_check(requirement) for requirement in requirements()]
    if not installed_version("torch"):
        return checks
    for more in (_device_checks, _disk_checks, _track_check):
        try:
            checks += more()
        except LabError as error:
            checks.append((False, str(error)))
    return list(dict.fromkeys(checks))  # a device that is not here stops its track, too


def _disk_checks() -> list[tuple[bool, str]]:
    folder = artifacts_folder()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free / 2**30
    writable = there.is_dir() and os.access(there, os.W_OK)
    return [
        (free >= DISK_GIB, f"disk: {free:.1f} GiB free for {folder}"),
        (writable, f"artifacts folder can be written: {folder}"),
    ]


def _track_check() -> list[tuple[bool, str]]:
    return [(True, f"it would choose the {choose_track()}")]


def _device_checks() -> list[tuple[bool, str]]:
    import psutil

    device = choose_device()
    memory = psutil.virtual_memory().total / 2**30
    checks = [
        (True, f"device: {device_name(device)}"),
        (memory >= 3, f"memory: {memory:.1f} GiB (the tiny track needs 3)"),
    ]
    if device != "cpu":
        checks.append((True, f"GPU memory: {gpu_memory_gib(device):.1f} GiB"))
    uses = precision_of(device)
    checks.append((True, f"precision: {uses} ({'bf16 here' if uses == 'bf16' else 'no bf16'})"))
    return checks


def print_diagnosis() -> bool:
    """Print [OK] or [FAIL] a line; return whether all is well."""
    checks = diagnose()
    for ok, message in checks:
        print(f"[{'OK' if ok else 'FAIL'}] {printable(message)}")
    return all(ok for ok, _ in checks)
