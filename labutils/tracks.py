"""What runs where: the tiny track (embedded, offline, CPU) or flan (Hub, FLAN-T5-base)."""

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from labutils.common.device import (
    DEVICES,
    bound_spinning,
    choose_device,
    device_name,
    gpu_memory_gib,
    precision_of,
)
from labutils.common.errors import LabError
from labutils.common.hub import bound_patience, hub_reachable
from labutils.methods import Method
from labutils.settings import (
    LARGEST_SEED,
    LoraSettings,
    MultitaskSettings,
    TrainingSettings,
    check_fields,
    check_number,
    limited,
)

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = REPOSITORY / "data"
DRIVE = Path("/content/drive/MyDrive")
GPU_ON_COLAB = "; for FLAN-T5 choose Runtime > Change runtime type > T4 GPU, and start from the top"
TRACKS = ("tiny", "flan")
ADAPTED = ("q", "k", "v", "o", "wi_0", "wi_1", "wo")  # on the tiny track


@dataclass(frozen=True)
class Track:
    """Everything that tells one run of the lab from another.

    Attributes:
        name: "tiny" or "flan".
        model: a Hub id, or a folder holding a T5-like checkpoint.
        dataset: a Hub id, or a folder with {train,validation,test}.csv or .jsonl.
        device: one of `device.DEVICES`.
        reason: why this track was chosen, one clause.
        train_rows: rows to train on, a seeded subset; None means all.
        test_dialogues: dialogues to test on, the first ones; None means all.
        validation_dialogues: dialogues summarized at each validation.
        max_prompt_tokens, max_summary_tokens: limits in tokens.
        generation_tokens: prompt tokens of the dialogues that are summarized at once.
        seed: of subsets, shuffling, dropout, sampling and the bootstrap.
        full, lora: the two methods that the lab compares, with their settings here.
        multitask: the sizes of the experiment on several tasks.
        duration: what one fine-tuning takes, in words.
    """

    name: str
    model: str
    dataset: str
    device: str
    reason: str
    full: Method
    lora: Method
    duration: str
    multitask: MultitaskSettings = MultitaskSettings()
    train_rows: int | None = None
    test_dialogues: int | None = None
    validation_dialogues: int = limited(1, whole=True, default=100)
    max_prompt_tokens: int = limited(16, whole=True, default=512)
    max_summary_tokens: int = limited(4, whole=True, default=128)
    generation_tokens: int = limited(1, whole=True, default=16_384)
    seed: int = limited(0, maximum=LARGEST_SEED, whole=True, default=42)

    def __post_init__(self) -> None:
        check_fields(self, full=Method, lora=Method, multitask=MultitaskSettings)
        for name, known in (("name", TRACKS), ("device", DEVICES)):
            if getattr(self, name) not in known:
                raise LabError(
                    f"Track.{name} is {getattr(self, name)!r}; it must be one of: "
                    f"{', '.join(known)}."
                )
        for name in ("train_rows", "test_dialogues"):
            if (value := getattr(self, name)) is not None:
                check_number(f"Track.{name}", value, minimum=1, whole=True)

    @property
    def model_name(self) -> str:
        """The model without the folders it lies in, for tables and records."""
        return Path(self.model).name if Path(self.model).is_dir() else self.model

    @property
    def dataset_name(self) -> str:
        """The dataset without the folders it lies in, for tables and records."""
        return Path(self.dataset).name if Path(self.dataset).is_dir() else self.dataset

    @property
    def artifacts(self) -> Path:
        """The folder that takes this track's runs, figures and report."""
        return artifacts_folder() / self.name

    def __str__(self) -> str:
        return (
            f"{self.name} track: {self.model_name} on {self.dataset_name}, "
            f"{device_name(self.device)}, {self.full.recipe.precision} ({self.reason})"
        )


def artifacts_folder() -> Path:
    """LAB_ARTIFACTS if set; on Colab with Drive mounted, a folder there; else artifacts/ here."""
    if chosen := os.environ.get("LAB_ARTIFACTS"):
        try:
            return Path(chosen).expanduser().resolve()
        except RuntimeError as error:  # nobody of that name
            raise LabError(f"LAB_ARTIFACTS is {chosen!r}: {error} Name a whole path.") from error
    if DRIVE.is_dir():
        return DRIVE / "fine-tuning-lab"
    return REPOSITORY / "artifacts"


def use_whole_paths() -> None:
    """Make folders in LAB_ variables whole paths: notebooks' kernels start in another folder."""
    if os.environ.get("LAB_ARTIFACTS"):
        os.environ["LAB_ARTIFACTS"] = str(artifacts_folder())
    for variable in ("LAB_MODEL", "LAB_DATASET"):
        if (place := os.environ.get(variable)) and Path(place).is_dir():
            os.environ[variable] = str(Path(place).resolve())


def tiny_track() -> Track:
    """The embedded model and data: no network, no GPU."""
    # Without dropout: these are too few passes to overfit, and it takes a quarter of the time.
    # More than a quarter of what is computed would be pads, were a step's rows not of like length.
    shared = TrainingSettings(epochs=3, batch_size=4, group_by_length=True, dropout=0.0)
    return Track(
        name="tiny",
        model=str(DATA / "tiny-flan-t5"),
        dataset=str(DATA / "support_chats"),
        device="cpu",
        reason="as asked",
        # Equally many passes. The rates and LoRA's places, rank and alpha were chosen on validation
        # (tools/methods_search.py, tools/lora_search.py).
        full=Method("full", replace(shared, learning_rate=1e-3)),
        lora=Method(
            "lora",
            replace(shared, learning_rate=4e-3),
            LoraSettings(rank=7, alpha=56, dropout=0.0, targets=ADAPTED),
        ),
        duration="3 to 7 minutes on 2 CPU cores",
        multitask=MultitaskSettings(  # rates by tools/multitask_search.py
            steps=200,
            full_learning_rate=1e-3,
            lora_learning_rate=2e-3,
            cap=250,
            inverted_share=0.1,
            max_answer_tokens=144,
            test_rows=150,
            curve_points=3,
            curve_rows=30,
            rehearsal=(0.1,),
        ),
        validation_dialogues=50,
        max_summary_tokens=144,
    )


def flan_track(device: str) -> Track:
    """FLAN-T5-base on DialogSum, with as many rows a pass as `planning.plan` finds room for.

    That is counted for a T4 (15 GiB, fp32), an L4 and an A100, and not yet measured.
    """
    small_card = device == "cpu" or gpu_memory_gib(device) < 20
    precision = precision_of(device)
    per_pass = 4 if device == "cpu" else 8 if small_card else 16
    shared = TrainingSettings(
        epochs=2, batch_size=per_pass, accumulation=32 // per_pass, precision=precision
    )
    return Track(
        name="flan",
        model="google/flan-t5-base",
        dataset="knkarthick/dialogsum",
        device=device,
        reason="as asked",
        full=Method("full", replace(shared, learning_rate=1e-4)),
        lora=Method(
            "lora",
            replace(shared, learning_rate=1e-3),
            LoraSettings(rank=32, alpha=32, targets=("q", "v")),
        ),
        duration="minutes on a GPU, hours on a CPU; the bar tells after a few steps",
        generation_tokens=8_192 if small_card else 65_536,
    )


def choose_track(
    name: str | None = None,
    *,
    model: str | None = None,
    dataset: str | None = None,
    train_rows: int | None = None,
    test_dialogues: int | None = None,
    seed: int | None = None,
) -> Track:
    """Decide what this machine runs. Each argument falls back to its LAB_ variable.

    Args:
        name: "tiny" or "flan" (LAB_TRACK); by default flan where an NVIDIA GPU and the
            Hub are there.
        model: a Hub id or folder (LAB_MODEL) instead of the track's own.
        dataset: a Hub id or folder (LAB_DATASET) instead of the track's own.
        train_rows: train on so many rows (LAB_TRAIN_ROWS); default all.
        test_dialogues: test on so many dialogues (LAB_TEST_DIALOGUES); default all.
        seed: LAB_SEED; default 42.

    Raises:
        LabError: an unknown track, a size below one, or flan without a way to the Hub.
    """
    bound_spinning()
    name = name or os.environ.get("LAB_TRACK") or None
    if name not in (None, *TRACKS):
        hint = " The track of FLAN-T5 is called flan; full is a method." * (name == "full")
        raise LabError(f"Unknown track {name!r}; it must be one of: {', '.join(TRACKS)}.{hint}")
    if name is None:
        track = _track_of_this_machine()
    else:
        track = tiny_track() if name == "tiny" else flan_track(choose_device())
    chosen: dict[str, Any] = {
        "model": model or os.environ.get("LAB_MODEL") or None,
        "dataset": dataset or os.environ.get("LAB_DATASET") or None,
        "train_rows": _whole_number("LAB_TRAIN_ROWS", train_rows, minimum=1),
        "test_dialogues": _whole_number("LAB_TEST_DIALOGUES", test_dialogues, minimum=1),
        "seed": _whole_number("LAB_SEED", seed, minimum=0),
    }
    track = replace(track, **{key: value for key, value in chosen.items() if value is not None})
    track = replace(
        track,
        full=track.full.variant(seed=track.seed),
        lora=track.lora.variant(seed=track.seed),
        multitask=_scaled(track),
        # Whoever asks for a small test wants to be done soon.
        validation_dialogues=min(
            track.validation_dialogues, track.test_dialogues or track.validation_dialogues
        ),
    )
    _check_sources(track)
    return track


def _scaled(track: Track) -> MultitaskSettings:
    """The multitask sizes, smaller where fewer rows were asked for."""
    sizes, training = track.multitask, track.full.recipe
    if track.train_rows is not None:
        seen = track.train_rows * training.epochs
        steps = max(1, round(seen / training.effective_batch))
        steps = min(sizes.steps, steps)
        sizes = replace(sizes, steps=steps, curve_points=min(sizes.curve_points, steps))
    if track.test_dialogues is not None:
        curve_rows = min(sizes.curve_rows, max(1, track.test_dialogues // 3))
        sizes = replace(sizes, test_rows=track.test_dialogues, curve_rows=curve_rows)
    return sizes


def _track_of_this_machine() -> Track:
    device = choose_device()
    if device == "mps":  # nobody has measured how many hours flan takes there
        return replace(tiny_track(), reason="a Mac's GPU is untried; LAB_TRACK=flan takes it")
    if device == "cpu":
        how_to_get_one = GPU_ON_COLAB if "google.colab" in sys.modules else ""
        return replace(tiny_track(), reason=f"no GPU here{how_to_get_one}")
    if not hub_reachable():
        return replace(tiny_track(), reason="a GPU, but no way to the Hugging Face Hub")
    return replace(flan_track(device), reason="a GPU and the Hub are here")


def _whole_number(variable: str, value: Any, minimum: int) -> int | None:
    """The argument, or the environment variable's value, as an integer; None if neither."""
    if value is None and (text := os.environ.get(variable)):
        try:
            value = int(text)
        except ValueError:
            value = text
    if value is not None:
        name = variable.removeprefix("LAB_").lower()
        places = f"{variable}, --{name.replace('_', '-')} or {name}"
        check_number(places, value, minimum=minimum, whole=True)
    return value


def _check_sources(track: Track) -> None:
    """Refuse early what would fail after minutes: a missing folder, or a Hub out of reach."""
    for kind in ("model", "dataset"):
        source = str(getattr(track, kind))
        if Path(source).is_dir():
            continue
        if source.startswith((".", "/", "~")) or source.count("/") != 1:
            raise LabError(
                f"The {kind} {source!r} is neither a folder here nor a Hub id such as "
                f"'{'google/flan-t5-base' if kind == 'model' else 'knkarthick/dialogsum'}'."
            )
        bound_patience()  # before anything imports the Hub's clients
        if not hub_reachable() and not _cached(source, kind):
            raise LabError(
                f"The {kind} {source!r} is not in the local cache and the Hugging Face Hub does "
                "not answer. Check the network, or choose the offline track: LAB_TRACK=tiny."
            )


def _cached(source: str, kind: str) -> bool:
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repositories = scan_cache_dir().repos
    except CacheNotFound:
        return False
    return any(found.repo_id == source and found.repo_type == kind for found in repositories)
