"""The command line: python -m labutils COMMAND. `arguments.py` tells what each one takes."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from labutils.arguments import parser
from labutils.errors import LabError


def run(args):
    """Execute the notebooks and report."""
    from labutils.lab import run_lab
    from labutils.tracks import choose_track

    chosen = {
        "LAB_TRACK": args.track,
        "LAB_MODEL": args.model,
        "LAB_DATASET": args.dataset,
        "LAB_TRAIN_ROWS": args.train_rows,
        "LAB_TEST_DIALOGUES": args.test_dialogues,
        "LAB_SEED": args.seed,
    }
    # The notebooks' kernels read these.
    os.environ.update({key: str(value) for key, value in chosen.items() if value is not None})
    run_lab(choose_track(), numbers=args.notebooks, fresh=args.fresh, store=args.store)


def score(args):
    """Score a predictions file: tables or JSON, and perhaps a plot."""
    from labutils import plots, predictions, scoring, tables
    from labutils.failures import at_token_limit
    from labutils.models import load_tokenizer
    from labutils.settings import LARGEST_SEED, check_number

    check_number("--seed", args.seed, minimum=0, maximum=LARGEST_SEED, whole=True)
    if args.token_limit is not None:
        check_number("--token-limit", args.token_limit, minimum=1, whole=True)
    if args.plot:
        _check_new(args.plot, args.force)
    found = predictions.read_predictions(
        args.file,
        references=args.references,
        ids=args.id,
        dialogue=args.dialogue,
        systems=args.systems,
    )
    truncated = None
    if args.token_limit:
        tokenizer = load_tokenizer(args.tokenizer)
        truncated = {
            name: at_token_limit(texts, tokenizer, args.token_limit)
            for name, texts in found.systems.items()
        }
    report = scoring.score(
        found.systems,
        found.references,
        dialogues=found.dialogues,
        truncated=truncated,
        rows=found.rows,
        seed=args.seed,
        progress=True,
    )
    remarks = found.remarks
    if args.bertscore:
        remarks = remarks + scoring.add_bert_scores(report, found.systems, found.references)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # for halves of characters in ids
    if args.json:
        print(json.dumps(report | {"remarks": remarks}, indent=2, ensure_ascii=False))
    else:
        print("\n".join(remarks))
        for table in tables.score_tables(report):
            tables.print_table(table)
    if args.plot:
        _save_plot(plots.plot_scores(report), Path(args.plot))


def _save_plot(figure, path):
    """Write a picture whole or not at all."""
    from labutils.models import saving

    unfinished = path.with_name(f".{path.stem}.unfinished.png")
    with saving(path.parent):
        figure.savefig(unfinished, dpi=150)
        os.replace(unfinished, path)


def _check_new(path, force):
    """Raise LabError unless the file can be written without losing anything."""
    path = Path(path)
    if path.suffix != ".png":
        raise LabError(f"The plot {path.name!r} must end in .png.")
    if path.is_dir():
        raise LabError(f"{path} is a folder; give the name of a file in it.")
    if path.exists() and not force:
        raise LabError(f"{path} is there already; choose another name, or add --force.")
    if not path.absolute().parent.is_dir():
        raise LabError(f"{path.absolute().parent} is no folder; make it first.")


def progress(args):
    """Print the state of every exercise."""
    from labutils.exercises import progress_of
    from labutils.tables import print_table

    print_table(progress_of())


def instructor(args):
    """Build the instructor's edition."""
    from labutils.instructor_edition import build_edition

    for path in build_edition():
        print(path)


def badges(args):
    """Rewrite the badges and clone addresses."""
    from labutils.notebooks import point_badges

    changed = point_badges(args.repository, args.branch)
    print(f"{len(changed)} files now point to {args.repository}, branch {args.branch}.")


def bench(args):
    """Time the ways to train and to generate, print and keep the result."""
    from labutils import bench, publishing

    found = bench.bench(
        device=args.device,
        model=args.model,
        rounds=args.rounds,
        dialogues=args.dialogues,
        seed=args.seed,
    )
    print(bench.bench_text(found))
    print(f"Written to {bench.save_bench(found)} and bench.png beside it.")
    if args.store:
        publishing.store_bench(found)


def plan(args):
    """Print how a model can be trained on a GPU; exit 1 if it cannot."""
    from labutils import planning, publishing, tables

    if args.table or args.store:
        table = planning.plan_table()
        tables.print_table(table)
        if args.store:
            publishing.store_plans(table)
        return
    card = planning.card_of(args.gpu)
    found = planning.plan(args.model, args.method, card)
    if args.json:
        print(json.dumps(asdict(found), indent=2))
    else:
        print(planning.plan_text(args.model, args.method, card, found))
    if not found.fits:
        sys.exit(1)


def demo(args):
    """Open the instructor's demo."""
    from labutils import notebooks

    notebooks.open_in_jupyterlab(*notebooks.find_notebooks([notebooks.DEMO]))


def doctor(args):
    """Print the diagnosis; exit 1 if something is missing."""
    from labutils.doctor import print_diagnosis

    if not print_diagnosis():
        sys.exit(1)


COMMANDS = {
    "run": run,
    "score": score,
    "bench": bench,
    "plan": plan,
    "demo": demo,
    "progress": progress,
    "instructor": instructor,
    "doctor": doctor,
    "badges": badges,
}


def main(arguments=None):
    """Run one command; a LabError ends it with its message and exit status 1."""
    args = parser().parse_args(arguments)
    try:
        COMMANDS[args.command](args)
    except LabError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        hint = " Run the same command again to go on from the last checkpoint."
        sys.exit(f"\nInterrupted.{hint if args.command == 'run' else ''}")


if __name__ == "__main__":
    main()
