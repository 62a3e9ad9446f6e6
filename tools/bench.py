"""How fast training and generation are, beside what people use today, all in one run.

    python -m tools.bench                 # 20 minutes for flan-t5-small's shape on 2 CPU cores
    python -m tools.bench --store         # and puts table and plot into data/results and docs/
    python -m tools.bench --model flan-t5-base --dialogues 160 --rounds 3     # on a GPU: minutes
    python -m tools.bench --cpu           # what might make the tiny track faster on a CPU

Times the ways of the well-known Lab 2, of run_summarization.py and of this lab in turn, and writes
bench.json and bench.png into artifacts/.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from labutils.common.device import (
    DEVICES,
    choose_device,
    device_name,
    precision_of,
    synchronize,
)
from labutils.common.errors import one_message
from labutils.common.files import read_json, saving, set_aside, write_json
from labutils.dry_run import played_step
from labutils.planning import DIALOGSUM_ROWS, SHAPES
from labutils.settings import check_number
from labutils.tracks import artifacts_folder
from labutils.views.tables import markdown
from tools import bench_ways as ways
from tools.bench_cpu import bench_cpu, cpu_rows
from tools.publishing import RESULTS, show

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from tqdm import tqdm

ONE_BY_ONE = 4
"""Dialogues a round that a GPU answers one row at a time: it idles most of that time."""

TEST_DIALOGUES = 500
"""DialogSum's."""

WAY_NAMES = {"lab2": 'as in "Lab 2"', "dynamic": "as usual", "ours": "this lab"}


def bench(
    *,
    device: str | None = None,
    model: str = "flan-t5-small",
    rounds: int = 5,
    dialogues: int = 64,
    seed: int = 42,
) -> dict[str, Any]:
    """Time the three ways in turn, round after round, and compare their medians.

    Args:
        device: one of `device.DEVICES`; default the GPU if there is one.
        model: a shape such as "flan-t5-small" (random weights), or a Hub id or folder.
        rounds: timed rounds, after one to warm up.
        dialogues: training examples, and dialogues to answer.
        seed: of weights, lengths and order.

    Returns:
        What artifacts/bench.json holds: device, model, workload, threads, rounds, training (ms an
        example, speed-ups, padding and peak shares, validation losses), generation (seconds for
        all dialogues, speed-ups, whether the answers are identical, n) and lab (the seconds of
        the last `make lab` by stage). On a GPU validation losses are left out, as the CPU's tell
        of the same code, and "dialogsum" has the seconds of an epoch of DialogSum's size, and of
        its test dialogues.

    Raises:
        LabError: sizes out of range, an unknown model or device.
    """
    import torch
    from tqdm.auto import tqdm

    check_number("rounds", rounds, minimum=1, whole=True)
    check_number("dialogues", dialogues, minimum=ways.BATCH, whole=True)
    device = choose_device(device)
    on_gpu, precision = device != "cpu", precision_of(device)
    as_dialogsum = on_gpu and f"google/{model}" in SHAPES
    whole = ways.workload(model, device, DIALOGSUM_ROWS if as_dialogsum else dialogues, seed)
    work = whole.first(dialogues)
    bar = tqdm(total=2 * len(ways.WAYS) * (rounds + 1) + 1, desc="bench", unit="timing")
    with tempfile.TemporaryDirectory() as folder, bar:
        generation = _time_generation(work, device, rounds, bar)
        training = _time_training(work, device, precision, rounds, seed, folder, bar)
        dialogsum: dict[str, Any] = {}
        losses: dict[str, list[float]] = {}
        if as_dialogsum:
            bar.set_postfix_str("an epoch of DialogSum's size")
            dialogsum = _time_dialogsum(whole, device, precision, seed, folder)
        if not on_gpu:
            bar.set_postfix_str("validation losses")
            losses = ways.validation_losses((seed, seed + 1, seed + 2), folder)
        bar.update()
    training["padding_share"] = {
        way: round(share, 3) for way, share in ways.padding_shares(work, device, seed).items()
    }
    training["validation_loss"] = losses
    return {
        "device": device_name(device),
        "model": model,
        "workload": work.summary,
        "precision": precision,
        "threads": torch.get_num_threads(),
        "rounds": rounds,
        "seed": seed,
        "training": training,
        "generation": generation,
        "dialogsum": dialogsum,
        "lab": {"seconds_by_stage": {} if on_gpu else _lab_stages()},
    }


def _time_training(
    work: ways.Workload, device: str, precision: str, rounds: int, seed: int, folder: str, bar: tqdm
) -> dict[str, Any]:
    """On a CPU one full-length batch a round is enough: they all cost the same, and 4 s per row."""
    every = list(range(len(work.examples)))
    rows = {way: every for way in ways.WAYS}
    if device == "cpu":
        rows["lab2"] = every[: ways.BATCH]
    timed: dict[str, list[float]] = {way: [] for way in ways.WAYS}
    for number in range(rounds + 1):
        for way in ways.WAYS:
            bar.set_postfix_str(f"training, {WAY_NAMES[way]}")
            some = rows[way] if number else every[: ways.BATCH]  # the first round warms up
            seconds = ways.train_rows(work, way, some, folder, device, precision, seed + number)
            if number:
                timed[way].append(1000 * seconds / len(some))
            bar.update()
    ms = {way: median(values) for way, values in timed.items()}
    prompts, labels = (float(lengths.mean()) for lengths in work.lengths)
    step = played_step(
        work.models["ours"].config, 1, prompt_tokens=round(prompts), label_tokens=round(labels)
    )
    tflops = step.tflop / (ms["ours"] / 1000)
    peak = matmul_tflops(device, precision)
    return {
        **{f"{way}_ms": round(value, 1) for way, value in ms.items()},
        "speedup_lab2": round(ms["lab2"] / ms["ours"], 2),
        "speedup_dynamic": round(ms["dynamic"] / ms["ours"], 2),
        "useful_tokens_per_second": round((prompts + labels) / (ms["ours"] / 1000)),
        "matmul_peak_tflops": round(peak, 3),
        "peak_share": round(tflops / peak, 3),
    }


def _time_generation(work: ways.Workload, device: str, rounds: int, bar: tqdm) -> dict[str, Any]:
    """One by one, each round answers its share of the dialogues; the others answer all in each."""
    count = len(work.prompts)
    most = count if device == "cpu" else ONE_BY_ONE
    shares = [part[:most].tolist() for part in np.array_split(np.arange(count), rounds)]
    timed: dict[str, list[float]] = {way: [] for way in ways.WAYS}
    answers: dict[str, dict[int, str]] = {way: {} for way in ways.WAYS}
    for number in range(rounds + 1):
        for way in ways.WAYS:
            bar.set_postfix_str(f"generation, {WAY_NAMES[way]}")
            rows = shares[number - 1] if way == "lab2" else list(range(count))
            if not number:
                rows = rows[:2]  # the first round warms up
            synchronize(device)
            start = time.perf_counter()
            found = ways.answer_rows(work, way, rows)
            synchronize(device)
            if number and rows:
                timed[way].append((time.perf_counter() - start) * count / len(rows))
                answers[way].update(zip(rows, found))
            bar.update()
    seconds = {way: median(values) for way, values in timed.items()}
    return {
        "one_by_one_s": round(seconds["lab2"], 2),
        "batched_default_s": round(seconds["dynamic"], 2),
        "ours_s": round(seconds["ours"], 2),
        "speedup_one_by_one": round(seconds["lab2"] / seconds["ours"], 2),
        "speedup_batched": round(seconds["dynamic"] / seconds["ours"], 2),
        "identical": answers["dynamic"] == answers["ours"]
        and answers["lab2"].items() <= answers["ours"].items(),
        "n": count,
        "rows": ways.ROWS_A_DIALOGUE * count,
        "max_new_tokens": work.max_new_tokens,
    }


def _time_dialogsum(
    work: ways.Workload, device: str, precision: str, seed: int, folder: str
) -> dict[str, Any]:
    """Seconds of this lab's way for an epoch of all rows, and for as many answers as its test."""
    rows, answered = list(range(len(work.examples))), list(range(TEST_DIALOGUES))
    epoch = ways.train_rows(work, "ours", rows, folder, device, precision, seed)
    synchronize(device)
    start = time.perf_counter()
    ways.answer_rows(work, "ours", answered)
    synchronize(device)
    return {
        "rows": len(rows),
        "epoch_s": round(epoch, 1),
        "answered": len(answered),
        "answers_s": round(time.perf_counter() - start, 1),
    }


def matmul_tflops(device: str, precision: str) -> float:
    """The device's measured peak: the fastest of six large matrix products, in TFLOP/s."""
    import torch

    size = 2048 if device == "cpu" else 8192
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    left, right = (torch.randn(size, size, device=device).to(kind) for _ in range(2))
    seconds = []
    for _ in range(6):
        synchronize(device)
        start = time.perf_counter()
        left @ right
        synchronize(device)
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / min(seconds) / 1e12


def _lab_stages() -> dict[str, float]:
    """Where the last whole run of the tiny track spent its seconds; {} before the first."""
    path = artifacts_folder() / "tiny" / "report.json"
    report = read_json(path) if path.is_file() else {}
    return report["seconds_by_stage"] if report.get("whole_fresh_run") else {}


def plot_bench(found: dict[str, Any]) -> Figure:
    """Training and generation in the three ways, as bars from zero."""
    import matplotlib.pyplot as plt

    from labutils.views.plots import PALE, PURPLE

    training, generation = found["training"], found["generation"]
    panels = [
        ("training, ms an example", [training[f"{way}_ms"] for way in ways.WAYS]),
        (
            f"answering {generation['n']} dialogues, s",
            [generation[f"{name}_s"] for name in ("one_by_one", "batched_default", "ours")],
        ),
    ]
    figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained", sharey=True)
    for axis, (title, values) in zip(axes, panels):
        bars = axis.barh(list(WAY_NAMES.values()), values, color=[PALE, PALE, PURPLE])
        labels = [f"{_short_number(value)} ({value / values[-1]:.1f} x)" for value in values]
        axis.bar_label(bars, labels, padding=3)
        axis.set(xlim=(0, 1.5 * max(values)), title=title)
        axis.locator_params(axis="x", nbins=4)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].invert_yaxis()  # of both
    figure.suptitle(f"{found['model']} on {found['device']}", fontsize=10)
    return figure


def _short_number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def bench_text(found: dict[str, Any]) -> str:
    """The results as lines for a person."""
    training, generation, stages = found["training"], found["generation"], found["lab"]
    shares = training["padding_share"]
    lines = [
        f"{found['device']}, {found['threads']} threads, {found['precision']}; "
        f"{found['workload']}. Medians of {found['rounds']} rounds.",
        "",
        f"{'':14}{'training':>16}{'padding':>10}{'generation':>14}",
    ]
    names = ("one_by_one", "batched_default", "ours")
    for way, name in zip(ways.WAYS, names):
        ms, seconds = training[f"{way}_ms"], generation[f"{name}_s"]
        lines.append(f"{WAY_NAMES[way]:14}{ms:>10,.0f} ms/ex{shares[way]:>10.0%}{seconds:>12.1f} s")
    lines += [
        "",
        f"Training is {training['speedup_lab2']} x and {training['speedup_dynamic']} x as fast, "
        f"generation {generation['speedup_one_by_one']} x and {generation['speedup_batched']} x; "
        f"the answers are {'identical' if generation['identical'] else 'NOT identical'}.",
        f"{training['useful_tokens_per_second']:,} useful tokens/s, {training['peak_share']:.0%} "
        f"of the measured matmul peak ({training['matmul_peak_tflops']:.3g} TFLOP/s).",
        *_told_besides(found),
    ]
    if by_stage := stages["seconds_by_stage"]:
        total = sum(by_stage.values())
        spent = ", ".join(f"{name} {seconds / total:.0%}" for name, seconds in by_stage.items())
        lines.append(f"The last whole run of the tiny track: {total:.0f} s ({spent}).")
    return "\n".join(lines)


def save_bench(found: dict[str, Any]) -> Path:
    """Write bench.json and bench.png into the artifacts folder; earlier ones are kept beside.

    Returns:
        The path of bench.json.
    """
    path, picture = (artifacts_folder() / f"bench.{ending}" for ending in ("json", "png"))
    for earlier in (path, picture):
        set_aside(earlier)
    write_json(path, found)
    with saving(picture):
        plot_bench(found).savefig(picture, dpi=110)
    return path


def bench_rows(found: dict) -> str:
    """A bench.json as a Markdown table of the three ways, with what was measured under it."""
    training, generation = found["training"], found["generation"]
    heads = ["way", "training, ms an example", "padding"]
    heads += [f"answering {generation['n']} dialogues, s", ""]
    named = {
        "as in the well-known lab": ("lab2", "one_by_one", "one row at a time, three rows each"),
        "as usual (`run_summarization.py`)": ("dynamic", "batched_default", "batches of 8"),
        "this lab": ("ours", "ours", "by tokens, ended rows leave"),
    }
    rows = []
    for name, (way, answering, how) in named.items():
        told = f"{training[f'{way}_ms']:,.0f}", f"{training['padding_share'][way]:.0%}"
        rows.append([name, *told, f"{generation[f'{answering}_s']:,.1f}", how])
    lines = [markdown(heads, rows)]
    same = "identical" if generation["identical"] else "NOT identical"
    lines.append(
        f"\nTraining {training['speedup_lab2']} x and {training['speedup_dynamic']} x as fast, "
        f"answering {generation['speedup_one_by_one']} x and {generation['speedup_batched']} x, "
        f"tokens {same}. {found['device']}, {found['precision']}, medians of {found['rounds']} "
        f"rounds in turn; {found['workload']}, at most {generation['max_new_tokens']} new tokens. "
        f"{training['peak_share']:.0%} of the measured matmul peak, counted on useful tokens. "
        + " ".join(_told_besides(found))
    )
    lines.append(
        "\n![Milliseconds a training example and seconds to answer all dialogues, in three ways]"
        f"(../data/results/{_stored_name(found)}.png)"
    )
    if stages := found["lab"]["seconds_by_stage"]:
        total = sum(stages.values())
        spent = ", ".join(f"{name} {seconds / total:.0%}" for name, seconds in stages.items())
        lines.append(f"\nA whole run of the tiny track ({total:.0f} s) spends: {spent}.")
    if note := found.get("note"):
        lines.append(f"\n{note}")
    return "\n".join(lines)


def _told_besides(found: dict[str, Any]) -> list[str]:
    """Sentences on the losses of both ways, where they were measured, and on all of DialogSum."""
    sentences = []
    if losses := found["training"]["validation_loss"]:
        usual, ours = (
            ", ".join(f"{loss:.3f}" for loss in losses[way]) for way in ("dynamic", "ours")
        )
        sentences.append(
            "Validation loss of two epochs on the tiny track, all weights, three seeds: as usual "
            f"{usual}, this lab {ours}."
        )
    if whole := found.get("dialogsum"):
        sentences.append(
            f"An epoch of {whole['rows']:,} such rows takes {whole['epoch_s']} s, and "
            f"{whole['answered']} answers {whole['answers_s']} s."
        )
    return sentences


def _stored_name(found: dict[str, Any]) -> str:
    return "bench" if found["device"].startswith("CPU") else "bench_gpu"


def store_bench(found: dict[str, Any]) -> None:
    """Put a bench.json and its plot into data/results and its page; a GPU's have their own."""
    name = _stored_name(found)
    show(**{name: bench_rows(found)})
    write_json(RESULTS / f"{name}.json", found)
    plot_bench(found).savefig(RESULTS / f"{name}.png", dpi=110)


def tell_cpu(found: dict[str, Any], store: bool) -> None:
    """Print a `bench_cpu`, and put it into data/results and its page if it is to be stored."""
    print(cpu_rows(found))
    if store:
        show(bench_cpu=cpu_rows(found))
        write_json(RESULTS / "bench_cpu.json", found)


@one_message()
def main(arguments: Sequence[str] | None = None) -> None:
    """Time, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=DEVICES, help="default: the GPU if there is one")
    parser.add_argument(
        "--model",
        metavar="ID",
        default="flan-t5-small",
        help="a shape with random weights (flan-t5-small, -base ...), or a Hub id or folder",
    )
    parser.add_argument("--rounds", type=int, default=5, help="timings of each way (5)")
    parser.add_argument("--dialogues", type=int, default=64, help="to train on, to answer (64)")
    parser.add_argument("--seed", type=int, default=42, help="of weights, lengths and order (42)")
    parser.add_argument("--store", action="store_true", help="write data/results and docs/ too")
    parser.add_argument(
        "--cpu",
        action="store_true",
        help="instead: what might be faster on a CPU (torch.compile, bf16, CTranslate2)",
    )
    args = vars(parser.parse_args(arguments))
    store = args.pop("store")
    if args.pop("cpu"):
        tell_cpu(bench_cpu(rounds=args["rounds"], dialogues=args["dialogues"]), store)
        return
    found = bench(**args)
    print(bench_text(found))
    print(f"Written to {save_bench(found)} and bench.png beside it.")
    if store:
        store_bench(found)


if __name__ == "__main__":
    main()
