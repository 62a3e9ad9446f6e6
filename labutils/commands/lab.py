"""Commands on the lab itself: run it, see how one gets on, plan a training, teach with it."""

import json
import sys
from contextlib import nullcontext, redirect_stdout
from dataclasses import asdict
from typing import Annotated, Literal

from labutils.commands.usage import TRACK, ModelId, ReportTo, Seed, TrackName, flag, option
from labutils.common.environment import environment
from labutils.common.errors import LabError
from labutils.settings import check_number

DatasetId = Annotated[str | None, option("ID", "Hub id or folder", "the track's", TRACK)]
TrainRows = Annotated[int | None, option("N", "rows to train on", "all", TRACK)]
TestDialogues = Annotated[int | None, option("N", "to test on", "all", TRACK)]

PLANNED = "google/flan-t5-base"


def run(
    track: TrackName = None,
    model: ModelId = None,
    dataset: DatasetId = None,
    train_rows: TrainRows = None,
    test_dialogues: TestDialogues = None,
    seed: Seed = None,
    notebooks: Annotated[list[str] | None, option("NN ...", "such as 01 03", "all")] = None,
    fresh: Annotated[bool, flag("--fresh", "set earlier runs aside and make them again")] = False,
    report_to: ReportTo = None,
) -> None:
    """Execute the notebooks and print the comparison.

    Leaves executed copies, figures and report.json in artifacts/<track>. Finished trainings found
    there are loaded, and killed ones resumed.

    Example: python -m labutils run --track tiny --notebooks 01 03
    """
    from labutils.common.tracking import reporting_to
    from labutils.lab import run_lab
    from labutils.tracks import choose_track

    chosen = {"TRACK": track, "MODEL": model, "DATASET": dataset, "SEED": seed}
    chosen |= {"TRAIN_ROWS": train_rows, "TEST_DIALOGUES": test_dialogues}
    told = {f"LAB_{name}": str(value) for name, value in chosen.items() if value is not None}
    with environment(**told), reporting_to(report_to):  # the notebooks' kernels read them
        run_lab(choose_track(), numbers=notebooks, fresh=fresh)


def compare(
    methods: Annotated[list[str] | None, option("NAME ...", "to train", "lora dora ia3")] = None,
    epochs: Annotated[
        float, option("N", "passes over the training rows; the lab itself makes more")
    ] = 1,
    track: TrackName = None,
    model: ModelId = None,
    dataset: DatasetId = None,
    train_rows: TrainRows = None,
    test_dialogues: TestDialogues = None,
    seed: Seed = None,
    as_json: Annotated[bool, flag("--json", "print JSON instead of tables")] = False,
    report_to: ReportTo = None,
) -> None:
    """Train methods side by side, and tell what each reaches, what it costs, and what is settled.

    Beside them stand the untouched model and the nearest chat's summary. Finished trainings are
    loaded, and killed ones resumed. Leaves methods.json and methods.png in artifacts/<track>.

    Methods: full, lora, rslora, dora, lora+, ia3, bitfit, prompt-tuning, prefix-tuning and
    last-layers; on a GPU qlora-int8 and qlora-nf4.

    Example: python -m labutils compare --track tiny --methods lora dora ia3
    """
    from labutils.common.tracking import reporting_to
    from labutils.comparison import COMPARED
    from labutils.lab import compare_methods
    from labutils.tracks import choose_track

    check_number("--epochs", epochs, minimum=0, above=True)
    chosen = choose_track(
        track,
        model=model,
        dataset=dataset,
        train_rows=train_rows,
        test_dialogues=test_dialogues,
        seed=seed,
    )
    with redirect_stdout(sys.stderr) if as_json else nullcontext(), reporting_to(report_to):
        report = compare_methods(chosen, methods or COMPARED, epochs)
    if as_json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
    if failed := report["failed"]:
        told = "; ".join(f"{name}: {reason}" for name, reason in failed.items())
        others = len(failed) < len(methods or COMPARED)
        start = "The other methods are compared, but these" if others else "All that were to train"
        raise LabError(f"{start} failed: {told}")


def progress() -> None:
    """Show which exercises are passed, tried or untouched. Example: python -m labutils progress"""
    from labutils.exercises import progress_of
    from labutils.views.tables import print_table

    print_table(progress_of())


def demo() -> None:
    """Open the instructor's demo in JupyterLab. Example: python -m labutils demo"""
    from labutils import notebooks

    notebooks.open_in_jupyterlab(*notebooks.find_notebooks([notebooks.DEMO]))


def doctor() -> None:
    """Check packages, device, memory, disk and the track. Example: python -m labutils doctor"""
    from labutils.doctor import print_diagnosis

    if not print_diagnosis():
        sys.exit(1)


def plan(
    model: Annotated[str, option("ID", "Hub id or folder")] = PLANNED,
    method: Annotated[
        Literal["full", "lora", "qlora"], option(None, "what is trained; qlora: a base in 4 bits")
    ] = "full",
    gpu: Annotated[str | None, option("15GiB", "or T4, L4, A100, H100", "this one, or T4")] = None,
    gpus: Annotated[int, option("N", "such GPUs that share out the model (FSDP)")] = 1,
    as_json: Annotated[bool, flag("--json", "print JSON")] = False,
    table: Annotated[bool, flag("--table", "each FLAN-T5 on each known GPU, one of it")] = False,
) -> None:
    """Tell whether a training fits into a GPU, and how long it takes; exit 1 if it does not.

    Largest batch, precision, memory and time of an epoch of DialogSum, counted from the model's
    config alone; no weights are needed.

    Example: python -m labutils plan --model google/flan-t5-large --method lora --gpu T4
    """
    from labutils import planning
    from labutils.views.plans import plan_table, plan_text
    from labutils.views.tables import print_table

    if table and (model, method, gpu, gpus) != (PLANNED, "full", None, 1):
        raise LabError(
            "--table plans all models by all methods on all GPUs that it knows; leave out --model, "
            "--method, --gpu and --gpus, or leave out --table."
        )
    if table and as_json:
        plans = planning.all_plans().items()
        found_of = {name: {card: asdict(p) for card, p in found.items()} for name, found in plans}
        print(json.dumps(found_of, indent=2))
        return
    if table:
        print_table(plan_table(planning.all_plans()))
        return
    card = planning.card_of(gpu)
    found = planning.plan(model, method, card, gpus=gpus)
    text = plan_text(model, method, card, found)
    print(json.dumps(asdict(found), indent=2) if as_json else text)
    if not found.fits:
        sys.exit(1)


def instructor() -> None:
    """Build the notebooks with solutions and notes. Example: python -m labutils instructor"""
    from labutils.exercises.instructor_edition import build_edition

    for path in build_edition():
        print(path)


def badges(
    repository: Annotated[str, option("OWNER/NAME", "the fork")],
    branch: Annotated[str, option("NAME", "of the fork")] = "main",
) -> None:
    """Point Colab badges and clone addresses to a fork.

    Example: python -m labutils badges --repository YOU/YOUR-FORK
    """
    from labutils.notebooks import point_badges

    changed = point_badges(repository, branch)
    print(f"{len(changed)} files now point to {repository}, branch {branch}.")
