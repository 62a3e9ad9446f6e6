"""Google Drive, which outlives the machine: a folder outside of /content."""

import os
from pathlib import Path


def mount(mountpoint: str, force_remount: bool = False) -> None:
    """Have the Drive at a folder that is not there yet, as MyDrive in it."""
    if force_remount:
        Path(mountpoint).unlink(missing_ok=True)
    Path(mountpoint).symlink_to(os.environ["SIMULATED_DRIVE"])
    print(f"Mounted at {mountpoint}")


def flush_and_unmount() -> None:
    """Take the Drive away."""
    Path("/content/drive").unlink(missing_ok=True)
