"""Search each method's learning rate and size on validation, then test the chosen ones.

    python -m tools.methods_search                               # candidates without a result yet
    python -m tools.methods_search --test                        # the best of each, three seeds
    python -m tools.methods_search --time                        # seconds a step, one by one
    python -m tools.methods_search --device cuda --jobs 10 --minutes 5
    python -m tools.methods_search --table                       # the results so far
    python -m tools.methods_search --store                       # and in docs/, with a plot

All candidates take equally many steps: the tiny track's three passes. A candidate summarizes all
validation dialogues, and the test split is not opened; --test then tests, once for each seed, the
candidate with the best facts F1 of each method. Its seconds are those of a training with others
beside it, where --jobs is more than 1; --time trains the same candidates for some steps one after
the other. Each result is a JSON of its own in data/results/methods, in search/, tested/ or timed/,
written when it is there; what has one, even one that tells of a failure, is not made again, unless
another candidate of the method has become the best.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise, zip_longest
from multiprocessing import connection, get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from labutils.common.device import device_name
from labutils.common.errors import LabError, one_message
from labutils.common.files import first_line, read_json, write_json, write_text
from labutils.comparison import method_named
from labutils.engine import TRIVIAL, make_run, train
from labutils.evaluation import SCORING
from labutils.methods import ZERO_SHOT, Method
from labutils.runs import identity, plain, versions
from labutils.summarization import Summarization, Trial
from labutils.tracks import DATA, Track, choose_track
from labutils.training import total_steps
from labutils.views.plots import plot_weights
from labutils.views.tables import METRIC_NAMES, markdown
from tools.candidates import SHOWN, all_validated, scored_before, scoring_of, validated
from tools.methods_tested import (
    plot_costs,
    seeds_record,
    seeds_rows,
    short_rows,
    tested_record,
    tested_rows,
)
from tools.publishing import RESULTS, show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FOLDER = DATA / "results" / "methods"
SEEDS = (42, 43, 44)
VALIDATION_DIALOGUES = 200


@dataclass(frozen=True)
class Candidate:
    """A method with a learning rate and a size; None: it has none, or its default."""

    method: str
    learning_rate: float
    size: int | None = None

    @property
    def name(self) -> str:
        """Of its record, such as "dora-16-0.003"."""
        size = f"-{self.size}" if self.size else ""
        return f"{self.method}{size}-{self.learning_rate:g}"

    def on(self, track: Track) -> Method:
        """The method, under its own name."""
        return method_named(self.method, track, size=self.size, learning_rate=self.learning_rate)


GRID: dict[str, tuple[Sequence[int | None], Sequence[float]]] = {
    "full": ((None,), (1e-3, 1.5e-3, 2e-3, 5e-4, 3e-3)),
    "lora": ((7,), (4e-3, 3e-3, 5e-3, 2e-3, 8e-3)),
    "rslora": ((7, 4), (1.5e-3, 1e-3, 2e-3, 5e-4)),
    "dora": ((7, 4), (4e-3, 3e-3, 5e-3, 2e-3, 8e-3)),
    "lora+": ((4, 16), (1e-3, 5e-4, 2e-3)),
    "ia3": ((None,), (3e-2, 6e-2, 1e-2, 1e-1)),
    "prompt-tuning": ((20, 100), (1e-1, 3e-1, 3e-2)),
    "prefix-tuning": ((20, 70), (1e-1, 3e-1, 3e-2, 1e-2)),
    "bitfit": ((None,), (1e-2, 3e-2, 3e-3, 6e-2)),
    "last-layers": ((1, 2), (4e-3, 8e-3, 1.6e-2, 2e-3)),
}
"""{method: (its sizes, its learning rates)}, the likeliest first, should time run out.

The rank of LoRA, and the larger one of its kin, is what 5% of the weights allow in every layer.
LoRA's other ranks, places and alphas were searched by `tools.lora_search`.
"""

CANDIDATES = {
    candidate.name: candidate
    for method, (sizes, rates) in GRID.items()
    for candidate in (Candidate(method, rate, size) for rate in rates for size in sizes)
}
TIMED_ROWS = 300
COUNTS = ("trainable_parameters", "total_parameters")
PRELOADED = [
    *("labutils.engine", "labutils.comparison", "labutils.summarization", "datasets", "pandas"),
    *("transformers.models.t5.modeling_t5", "transformers.generation.utils", "peft.optimizers"),
]
"""What every process needs, imported once: seconds each."""


def searched(candidate: Candidate, device: str) -> dict:
    """Train a candidate and score it on all validation dialogues."""
    track = all_validated(replace(choose_track("tiny"), device=device))
    method, tasks = candidate.on(track).variant(validations=1), Summarization(track)
    result = validated(method, track)
    last = result["history"][-1]
    return {
        **identity(track, method.settings() | tasks.settings()),
        "scoring": SCORING,
        "validation_loss": last["validation_loss"],
        "scores": {metric: round(last[metric], 4) for metric in (*SHOWN, "all_right")},
        **{key: result[key] for key in ("steps", "seconds", "peak_memory_mib", *COUNTS)},
    }


def tested(candidate: Candidate, seed: int, device: str) -> dict:
    """Train a candidate as the lab trains, and test it once."""
    track = replace(choose_track("tiny", seed=seed), device=device)
    run = make_run(candidate.on(track), track)
    record = run.record
    return {
        **identity(track, record["settings"]),
        "scoring": SCORING,
        "tested": len(run.items),
        "scores": {metric: round(float(run.items[metric].mean()), 4) for metric in SHOWN},
        "seconds": record["train_seconds"],
        **{key: record[key] for key in ("steps", "generation_seconds", "saved_mib", *COUNTS)},
        "peak_memory_mib": record["peak_memory_mib"],  # of the training
        "items": {metric: run.items[metric].round(4).tolist() for metric in SHOWN},
    }


def timed(candidate: Candidate, device: str) -> dict:
    """Seconds a step, the median of groups of steps, while nothing else runs here."""
    track = replace(choose_track("tiny", train_rows=TIMED_ROWS), device=device)
    track = replace(track, validation_dialogues=1)
    method, tasks = candidate.on(track).variant(validations=1), Summarization(track)
    marks: list[tuple[float, float]] = []

    def watch(history: list[dict]) -> None:
        marks.append((history[-1]["step"], time.perf_counter()))

    with TemporaryDirectory() as folder:
        result = train(method, track, tasks, Path(folder) / "run", watch)
    a_step = [(late - early) / (b - a) for (a, early), (b, late) in pairwise(marks) if b > a]
    steps = total_steps(len(Summarization(choose_track("tiny")).dialogues["train"]), method.recipe)
    median = statistics.median(a_step[len(a_step) // 4 :])  # the first ones warm up
    return {
        **identity(track, method.settings() | tasks.settings()),
        "seconds_a_step": round(median, 5),
        "seconds": round(steps * median, 1),
        "peak_memory_mib": result["peak_memory_mib"],
        **{key: result[key] for key in COUNTS},
    }


def recorded(path: Path, candidate: Candidate, device: str, work: Callable[[], dict]) -> None:
    """Write what `work` returns, or why it failed, under the candidate's name and settings.

    It runs in a process of its own, with artifacts of its own.
    """
    told = {"name": candidate.name, **vars(candidate), "device": device}
    with TemporaryDirectory() as artifacts, open(os.devnull, "w") as quiet:
        sys.stdout = sys.stderr = quiet  # the bars of so many trainings
        os.environ["LAB_ARTIFACTS"] = artifacts
        try:
            told |= {"device_name": device_name(device), **work(), "versions": versions()}
        except Exception as error:  # of any kind: the others go on
            told["failed"] = f"{type(error).__name__}: {first_line(error)}"
            told["traceback"] = traceback.format_exc().splitlines()[-8:]
    write(path, plain(told))


def write(path: Path, record: dict) -> None:
    """Write a record, one line a field: the items of 200 dialogues are many."""
    lines = [
        f"  {json.dumps(key)}: {json.dumps(value, allow_nan=False)}"
        for key, value in record.items()
    ]
    write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")


@dataclass(frozen=True)
class Job:
    """One result to come: where it goes, and what makes it."""

    path: Path
    candidate: Candidate
    device: str
    work: Callable[[], dict]

    @property
    def is_done(self) -> bool:
        """Whether its result is there, and not one of a candidate that was the best before."""
        return self.path.is_file() and read_json(self.path)["name"] == self.candidate.name

    def __call__(self) -> None:
        recorded(self.path, self.candidate, self.device, self.work)


def run_jobs(jobs: Sequence[Job], at_once: int, minutes: float) -> None:
    """Do the jobs that have no result yet, each in a process of its own, so many at once.

    After `minutes` no new one is started. A process that dies leaves a record that says so.
    """
    context = _context(jobs[0].device if jobs else "cpu")
    start = time.monotonic()
    waiting = [job for job in jobs if not job.is_done]
    running: dict[Any, tuple] = {}
    done, total = 0, len(waiting)
    while waiting or running:
        if time.monotonic() - start > 60 * minutes and waiting:
            print(f"{minutes:g} minutes are over; not started: {len(waiting)}")
            waiting.clear()
        while waiting and len(running) < at_once:
            job = waiting.pop(0)
            job.path.parent.mkdir(parents=True, exist_ok=True)
            process = context.Process(target=job)
            process.start()
            running[process.sentinel] = (process, job)
        for sentinel in connection.wait(list(running), timeout=1):
            process, job = running.pop(sentinel)
            process.join()
            if not job.is_done:
                failure = f"the process ended with {process.exitcode}"
                died = {"name": job.candidate.name, **vars(job.candidate), "failed": failure}
                write(job.path, died)
            done += 1
            result = read_json(job.path)
            scores = result.get("scores", {})
            told = result.get("failed") or f"facts F1 {scores.get('facts_f1', '-')}"
            seconds = time.monotonic() - start
            print(f"{done} of {total}, {seconds:.0f} s: {job.path.stem}: {told}", flush=True)


def _context(device: str) -> Any:
    """How processes start: as copies of a server that has imported the libraries, if that works.

    That server must not have asked for a GPU, or no copy of it can use one.
    """
    os.environ.update(OMP_NUM_THREADS="1", PYTORCH_NVML_BASED_CUDA_CHECK="1")
    server: Any = get_context("forkserver")
    server.set_forkserver_preload(PRELOADED)
    probe = server.Process(target=_use, args=(device,))
    probe.start()
    probe.join()
    return server if probe.exitcode == 0 else get_context("spawn")


def _use(device: str) -> None:
    import torch

    torch.zeros(1, device=device).sum().item()


def searches(names: Sequence[str], folder: Path, device: str) -> list[Job]:
    """The jobs of the search, so ordered that each method has some results early."""
    chosen = [CANDIDATES[name] for name in names]
    groups = [[one for one in chosen if one.method == method] for method in GRID]
    in_turn = [one for turn in zip_longest(*groups) for one in turn if one is not None]
    return [
        Job(folder / "search" / f"{one.name}.json", one, device, partial(searched, one, device))
        for one in in_turn
    ]


def timings(folder: Path, device: str) -> list[Job]:
    """The jobs that time the best candidate of each method."""
    return [
        Job(folder / "timed" / f"{one.method}.json", one, device, partial(timed, one, device))
        for one in chosen(folder)
    ]


def tests(folder: Path, device: str) -> list[Job]:
    """The jobs of the test: the best candidate of each method, a seed after the other."""
    return [
        Job(
            folder / "tested" / f"{candidate.method}-seed-{seed}.json",
            candidate,
            device,
            partial(tested, candidate, seed, device),
        )
        for seed in SEEDS
        for candidate in chosen(folder)
    ]


def chosen(folder: Path) -> list[Candidate]:
    """The best candidate of each method; LabError if nothing was searched."""
    if not (found := best(folder)):
        raise LabError(f"{folder / 'search'} holds no result; search first.")
    return [CANDIDATES[name] for name in found.values()]


def best(folder: Path) -> dict[str, str]:
    """{method: its candidate with the best facts F1 on validation, the smallest of equals}."""
    found: dict[str, dict] = {}
    for result in results(folder / "search"):
        before = found.get(result["method"])
        if "failed" not in result and (before is None or _rank(result) > _rank(before)):
            found[result["method"]] = result
    return {method: found[method]["name"] for method in GRID if method in found}


def of_the_best(folder: Path, part: str) -> list[dict]:
    """The results in "tested" or "timed" that are of the best candidate of their method."""
    names = best(folder).values()
    return [one for one in results(folder / part) if one["name"] in names and "failed" not in one]


def _rank(result: dict) -> tuple[float, int]:
    return result["scores"]["facts_f1"], -result["trainable_parameters"]


def results(folder: Path) -> Iterator[dict]:
    """The records in a folder, by name."""
    return map(read_json, sorted(folder.glob("*.json")))


def print_table(folder: Path) -> None:
    """Print what was searched, the best of each method marked, and what was tested and timed.

    The mark is < or > where the best rate is the lowest or highest that was tried: go on there.
    """
    marks = {name: _mark(CANDIDATES[name]) for name in best(folder).values()}
    for part in ("search", "tested"):
        print(
            f"\n{part:28}" + "".join(f"{metric:>11}" for metric in SHOWN) + "    trained  seconds"
        )
        for result in results(folder / part):
            name = result["name"] if part == "search" else f"{result['name']}, {result.get('seed')}"
            mark = marks.get(name, " ")
            if failure := result.get("failed"):
                print(f"{mark} {name:26} {failure}")
                continue
            scores = "".join(f"{result['scores'][metric]:11.3f}" for metric in SHOWN)
            trained = f"{result['trainable_parameters']:11,}{result['seconds']:9.1f}"
            print(f"{mark} {name:26}{scores}{trained}")
    print(f"\n{'timed':28} ms a step  MiB (peak)")
    for result in results(folder / "timed"):
        told = result.get("failed") or (
            f"{1000 * result['seconds_a_step']:10.1f}{result['peak_memory_mib']:12.0f}"
        )
        print(f"  {result['name']:26}{told}")


def untouched() -> dict[str, float]:
    """The base's scores on all validation dialogues, from its run in artifacts/ or a new one."""
    track = choose_track("tiny")
    run = make_run(ZERO_SHOT, track, Trial(track, VALIDATION_DIALOGUES))
    return {metric: float(run.items[metric].mean()) for metric in SHOWN}


KEPT = "method learning_rate trainable_parameters total_parameters scores steps seed device_name"


def methods_record(folder: Path) -> dict:
    """What the page shows: the best candidate of each method, and the untouched model's scores."""
    tried = [record["method"] for record in results(folder / "search") if "failed" not in record]
    found = [read_json(folder / "search" / f"{name}.json") for name in best(folder).values()]
    found.sort(key=lambda record: -record["scores"]["facts_f1"])
    return {
        **scoring_of(found),
        "untouched": untouched(),
        "methods": [
            {key: record[key] for key in KEPT.split()} | {"tried": tried.count(record["method"])}
            for record in found
        ],
    }


def methods_rows(record: dict) -> str:
    """A methods.json as a Markdown table, the best facts F1 first."""
    names = [METRIC_NAMES[metric] for metric in SHOWN]
    rows = []
    for found in record["methods"]:
        rate = f"{found['learning_rate']:g} ({found['tried']})"
        share = found["trainable_parameters"] / found["total_parameters"]
        trained = f"{found['trainable_parameters']:,} ({share:.1%})"
        scores = [f"{found['scores'][metric]:.3f}" for metric in SHOWN]
        rows.append([found["method"], rate, trained, *scores])
    zeros = [f"{record['untouched'][metric]:.3f}" for metric in SHOWN]
    rows.append(["zero-shot", "none", "none", *zeros])
    heads = ["method", "learning rate (settings tried)", "weights trained", *names]
    first, devices = record["methods"][0], {found["device_name"] for found in record["methods"]}
    told = (
        f"{first['steps']:,} optimizer steps each, one seed ({first['seed']}), on the "
        "validation split, on which the rate was chosen, too; in brackets how many settings were "
        "tried: rates, and for some methods sizes (of LoRA, `tools.lora_search` tried other ranks, "
        f"places and alphas, which are not counted). {', '.join(sorted(devices))}."
        f"{shares_of_gain(record)}{scored_before(record)}"
    )
    return f"{markdown(heads, rows)}\n\n{told}"


def shares_of_gain(record: dict) -> str:
    """What each method of a methods.json has of full's gain over the base, in facts and ROUGE-1.

    Returns:
        A sentence after a space; "" where full gained nothing, or was not searched.
    """
    scores, start = {run["method"]: run["scores"] for run in record["methods"]}, record["untouched"]
    whole = {name: scores.get("full", start)[name] - start[name] for name in ("facts", "rouge1")}
    if min(whole.values()) <= 0:
        return ""
    told = []
    for method in [name for name in scores if name != "full"]:
        parts = [(scores[method][key] - start[key]) / gain for key, gain in whole.items()]
        told.append(f"{method} {' and '.join(f'{part:.0%}' for part in parts)}")
    return (
        " Of full's gain over zero-shot in facts told, and of that in ROUGE-1, the others have: "
        f"{'; '.join(told)}."
    )


def plot_search(folder: Path, start: dict[str, float]) -> Figure:
    """Facts F1 on validation against the weights trained, the best named, others grey."""
    chosen = set(best(folder).values())
    found = [record for record in results(folder / "search") if "failed" not in record]
    places = [(record["trainable_parameters"], record["scores"]["facts_f1"]) for record in found]
    named = {
        record["method"]: (trained, dict.fromkeys(("mean", "low", "high"), score))
        for record, (trained, score) in zip(found, places)
        if record["name"] in chosen
    }
    others = [place for record, place in zip(found, places) if record["name"] not in chosen]
    lines = {"untouched": start["facts_f1"]}
    return plot_weights(named, lines, "facts F1 on validation (0-1)", dots=others)


def store_tested(folder: Path) -> None:
    """Put the tests into data/results and docs/, if the best of each method has all of them."""
    tests, timings = (of_the_best(folder, part) for part in ("tested", "timed"))
    timed = {record["method"]: record for record in timings}
    start = make_run(ZERO_SHOT, choose_track("tiny")).items
    untouched = {metric: start[metric].tolist() for metric in SHOWN}
    if record := tested_record(tests, timed, untouched, best(folder), len(SEEDS)):
        nearest = make_run(TRIVIAL["nearest chat"], choose_track("tiny")).items["rouge1"].mean()
        seeds = seeds_record(tests, start[list(SHOWN)].mean(), float(nearest))
        show(tested=tested_rows(record), tested_short=short_rows(record), seeds=seeds_rows(seeds))
        write_json(RESULTS / "tested.json", record)
        write_json(RESULTS / "seeds.json", seeds)
        plot_costs(record).savefig(RESULTS / "tested.png", dpi=110)


def _mark(candidate: Candidate) -> str:
    rates = GRID[candidate.method][1]
    return {min(rates): "<", max(rates): ">"}.get(candidate.learning_rate, "*")


@one_message()
def main(arguments: Sequence[str] | None = None) -> int:
    """Search or test what has no result yet, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="candidate", help=", ".join(CANDIDATES))
    parser.add_argument("--test", action="store_true", help="test the best of each method")
    parser.add_argument("--time", action="store_true", help="time the best of each, one by one")
    parser.add_argument("--table", action="store_true", help="only print the results so far")
    parser.add_argument("--store", action="store_true", help="put them into docs/, with a plot")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes at once")
    parser.add_argument("--minutes", type=float, default=1e6, help="start none after so long")
    parser.add_argument("--results", type=Path, default=FOLDER, help=f"default {FOLDER}")
    args = parser.parse_args(arguments)
    if unknown := set(args.names) - CANDIDATES.keys():
        parser.error(f"no candidate is called {', '.join(sorted(unknown))}")
    if not args.table and not args.store:
        if args.test or args.time:
            jobs = (tests if args.test else timings)(args.results, args.device)
        else:
            jobs = searches(args.names or list(CANDIDATES), args.results, args.device)
        run_jobs(jobs, 1 if args.time else args.jobs, args.minutes)
    print_table(args.results)
    if args.store:
        record = methods_record(args.results)
        show(methods=methods_rows(record))
        write_json(RESULTS / "methods.json", record)
        plot_search(args.results, record["untouched"]).savefig(RESULTS / "methods.png", dpi=110)
        store_tested(args.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
