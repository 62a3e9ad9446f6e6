"""Folders that hold a model: which one, on what base, and under what limits it summarizes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from labutils.common.device import choose_device
from labutils.common.errors import LabError
from labutils.common.files import fingerprint, read_json
from labutils.runs import RECORD
from labutils.tracks import DATA, Track, tiny_track

MOST_TOKENS = 128
"""Of a summary by a model that no run of the lab tells a limit of."""


def model_folder(folder: str | Path) -> Path:
    """The folder of a model; of what `tune` or a run left, merged/ in it, or else model/."""
    folder = Path(folder)
    is_model = any((folder / name).is_file() for name in ("config.json", "adapter_config.json"))
    parts = (folder / name for name in ("merged", "model"))
    return folder if is_model else next((part for part in parts if part.is_dir()), folder)


def base_of(folder: Path) -> Path | str:
    """The model that an adapter's folder belongs to, or the folder itself if it holds a whole one.

    An adapter's config names its base: a folder, a folder of that name in data/, or a Hub id.

    Raises:
        LabError: nothing usable in the folder, or a base that is not here.
    """
    if not folder.is_dir():
        raise LabError(f"{folder} is no folder; give that of a trained checkpoint or adapter.")
    if not (folder / "adapter_config.json").is_file():
        if not (folder / "config.json").is_file():
            raise LabError(
                f"{folder} holds neither a model (config.json) nor an adapter "
                "(adapter_config.json). A run keeps its own in its folder model/."
            )
        return folder
    base = base_named(folder)
    for place in (Path(base), DATA / Path(base).name):
        if base and place.is_dir():
            _check_base(folder, place)
            return place
    if base.count("/") == 1 and not base.startswith((".", "/", "~")):
        return base
    raise LabError(
        f"The adapter in {folder} was trained on {base!r}, which is not here. Put that model "
        f"there, or into {DATA / Path(base).name}."
    )


def base_named(folder: Path) -> str:
    """The base that the config of an adapter in a folder names, or ""."""
    told = read_json(folder / "adapter_config.json")
    return str(isinstance(told, dict) and told.get("base_model_name_or_path") or "")


def run_of(folder: Path) -> dict[str, Any]:
    """The record of the run that a model is of, if it lies beside its folder, or {}."""
    record = folder.resolve().parent / RECORD
    found = read_json(record) if record.is_file() else {}
    return found if isinstance(found, dict) else {}


def _check_base(folder: Path, base: Path) -> None:
    """Raise LabError if the run of an adapter was made with other weights of the base's name."""
    learned_on = (run_of(folder).get("contents") or {}).get("model")
    if learned_on and learned_on != fingerprint(base):
        raise LabError(
            f"The adapter in {folder} was trained on other weights than those in {base} now. Put "
            "its base there again, or train an adapter for this one."
        )


def track_of(folder: Path, device: str | None = None, max_tokens: int | None = None) -> Track:
    """A track to summarize with a model, under the limits in tokens that its run had.

    Args:
        folder: of a trained checkpoint or adapter (`model_folder`).
        device: one of `device.DEVICES`; default the GPU if there is one.
        max_tokens: of a summary; default the run's.

    Raises:
        LabError: no usable model in the folder, or no such device.
    """
    run = run_of(folder)
    return replace(
        tiny_track(),
        model=str(base_of(folder)),
        device=choose_device(device),
        max_prompt_tokens=run.get("max_prompt_tokens", 512),
        max_summary_tokens=max_tokens or run.get("max_summary_tokens", MOST_TOKENS),
    )
