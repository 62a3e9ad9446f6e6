"""What fits on which GPU, in words and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from labutils.planning import CARDS, DIALOGSUM_ROWS, USED_PEAK, Card, Plan
from labutils.views.tables import captioned

CAPTION = (
    "Examples per pass (up to 16 of a step's 32; c: with gradient checkpointing), peak memory "
    "of the most costly pass, time of an epoch of DialogSum. Counted from the configs, not "
    "measured: attention as written out, which fused kernels undercut; half of the data "
    "sheet's peak on a T4 (fp32), a fifth of it on the others (bf16). qlora: a base in 4 bits, "
    "whose unpacking takes more time than is counted here."
)


def plan_text(model: str | Path, method: str, card: Card, found: Plan) -> str:
    """A Plan as lines for a person."""
    batch = f"batch {found.batch_size}" + (
        f" x {found.accumulation} accumulated" if found.accumulation > 1 else ""
    )
    how = [batch, found.precision]
    if found.checkpointing:
        how.append("gradient checkpointing (TrainingSettings.checkpointing)")
    share = found.trainable_parameters / found.total_parameters
    needs = f"{found.peak_memory_mib / 1024:.1f} GiB of {card.memory_gib:g}"
    needs += "".join(f" ({name})" for name, known in CARDS.items() if known == card)
    if found.gpus > 1:
        needs += f" on each of {found.gpus} GPUs (FSDP)"
    lines = [
        f"{model}, {method}: {found.trainable_parameters:,} of {found.total_parameters:,} "
        f"parameters trained ({share:.2%})",
        f"{'fits' if found.fits else 'does NOT fit'}: {', '.join(how)}; needs {needs}",
        f"{found.tflop_an_example:.3g} TFLOP an example",
    ]
    if found.fits and found.epoch_seconds is not None:
        lines.append(
            f"an epoch of DialogSum ({DIALOGSUM_ROWS:,} examples): "
            f"{duration(found.epoch_seconds)}, if {USED_PEAK[card.precision]:.0%} of "
            f"{found.gpus * card.peak_tflops:g} TFLOP/s are reached"
        )
    if card.assumed:
        lines.append(
            f"{card.precision} is assumed; GPUs older than Ampere (2020) lack it, and train in "
            f"fp32: --gpu {card.memory_gib:g}GiB:fp32"
        )
    return "\n".join(lines)


def plan_table(plans: Mapping[str, Mapping[str, Plan]]) -> pd.DataFrame:
    """`planning.all_plans` as a table, one row per size and method, one column per card."""
    rows = {
        name: {card: plan_cell(each) for card, each in found.items()}
        for name, found in plans.items()
    }
    return captioned(pd.DataFrame.from_dict(rows, orient="index"), CAPTION)


def plan_cell(found: Plan) -> str:
    """A Plan in a few signs: "8c, 12.9 GiB, 90 min", or "no: 43.2 GiB"."""
    if not found.fits:
        return f"no: {_memory(found)}"
    parts = [f"{found.batch_size}{'c' if found.checkpointing else ''}", _memory(found)]
    if found.epoch_seconds is not None:
        parts.append(duration(found.epoch_seconds))
    return ", ".join(parts)


def plan_told(found: Plan) -> str:
    """A Plan in words."""
    if not found.fits:
        return f"no: it needs {_memory(found)}"
    how = " with gradient checkpointing" if found.checkpointing else ""
    parts = [f"{found.batch_size} rows a pass{how}", _memory(found)]
    if found.epoch_seconds is not None:
        parts.append(f"{duration(found.epoch_seconds)} an epoch")
    return ", ".join(parts)


def _memory(found: Plan) -> str:
    return f"{found.peak_memory_mib / 1024:.1f} GiB"


def duration(seconds: float) -> str:
    """Seconds as a person would say them: "45 s", "12 min", "3.4 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
