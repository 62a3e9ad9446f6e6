"""The command line: python -m labutils run | score | plan | doctor | badges."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from labutils.errors import LabError


def parser():
    """The argument parser, one sub-command a job."""
    main = argparse.ArgumentParser(
        prog="python -m labutils",
        description="Fine-tune FLAN-T5 to summarize dialogues, and compare honestly.",
    )
    commands = main.add_subparsers(dest="command", required=True)

    run = commands.add_parser(
        "run",
        help="execute the notebooks and print the comparison",
        description="Execute the notebooks in order; leave executed copies, figures and "
        "report.json in artifacts/<track>. Finished trainings found there are loaded, and killed "
        "ones resumed.",
    )
    run.add_argument("--track", choices=["tiny", "full"], help="default: what this machine can do")
    run.add_argument("--model", metavar="ID", help="Hub id or folder instead of the track's model")
    run.add_argument("--dataset", metavar="ID", help="Hub id or folder instead of its dataset")
    run.add_argument("--train-rows", type=int, metavar="N", help="train on N rows (default: all)")
    run.add_argument(
        "--test-dialogues", type=int, metavar="N", help="test on N dialogues (default: all)"
    )
    run.add_argument("--seed", type=int, metavar="N", help="default: 42")
    run.add_argument("--notebooks", nargs="+", metavar="NN", help="such as 01 03 (default: all)")
    run.add_argument(
        "--fresh", action="store_true", help="set earlier runs aside and make them again"
    )
    run.add_argument(
        "--store",
        action="store_true",
        help="for maintainers: write the executed notebooks, cleaned, over notebooks/, and the "
        "results into README and data/results",
    )

    score = commands.add_parser(
        "score",
        help="score the predictions of any systems in a CSV, JSONL or Parquet file",
        description="ROUGE of every system with 95 %% intervals by dialogue, paired differences "
        "with p-values, the human ceiling, and counts of what ROUGE does not see. Rows with ids "
        "such as test_7_1, test_7_2, test_7_3 are references of one dialogue.",
    )
    score.add_argument("file", metavar="predictions.csv", help="one row a human reference")
    score.add_argument("--references", required=True, metavar="COLUMN", help="the human summaries")
    score.add_argument("--id", metavar="COLUMN", help='the rows\' ids (default: "id" if there)')
    score.add_argument(
        "--dialogue", metavar="COLUMN", help='the dialogues (default: "dialogue" if there)'
    )
    score.add_argument(
        "--systems", nargs="+", metavar="COLUMN", help="default: every other column of texts"
    )
    score.add_argument("--json", action="store_true", help="print JSON instead of tables")
    score.add_argument("--plot", metavar="FILE.png", help="draw scores and differences")
    score.add_argument("--force", action="store_true", help="overwrite the plot if it is there")
    score.add_argument(
        "--token-limit", type=int, metavar="N", help="count answers that were cut at N tokens"
    )
    score.add_argument(
        "--tokenizer",
        default="google/flan-t5-base",
        metavar="ID",
        help="Hub id or folder, for --token-limit (default: %(default)s)",
    )
    score.add_argument(
        "--bertscore", action="store_true", help="BERTScore as well, if its weights can be had"
    )
    score.add_argument("--seed", type=int, default=42, metavar="N", help="default: 42")

    plan = commands.add_parser(
        "plan",
        help="does a training fit into a GPU, and how long does it take",
        description="Largest batch, precision, memory and time of an epoch of DialogSum, counted "
        "from the model's config alone; no weights are needed.",
    )
    plan.add_argument("--model", default="google/flan-t5-base", metavar="ID")
    plan.add_argument("--method", default="full", choices=["full", "lora"])
    plan.add_argument(
        "--gpu",
        metavar="15GiB",
        help="a size, or T4, L4, A100, H100 (default: this one, or T4)",
    )
    plan.add_argument("--json", action="store_true", help="print JSON")
    plan.add_argument(
        "--table", action="store_true", help="all sizes of FLAN-T5 on all known GPUs (minutes)"
    )

    commands.add_parser("doctor", help="check packages, device, memory, disk and the track")

    badges = commands.add_parser("badges", help="point Colab badges and clone addresses to a fork")
    badges.add_argument("--repository", required=True, metavar="OWNER/NAME")
    badges.add_argument("--branch", default="main", metavar="B", help="default: main")
    return main


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


def badges(args):
    """Rewrite the badges and clone addresses."""
    from labutils.notebooks import point_badges

    changed = point_badges(args.repository, args.branch)
    print(f"{len(changed)} files now point to {args.repository}, branch {args.branch}.")


def plan(args):
    """Print how a model can be trained on a GPU; exit 1 if it cannot."""
    from labutils import planning, tables

    if args.table:
        tables.print_table(planning.plan_table())
        return
    card = planning.card_of(args.gpu)
    found = planning.plan(args.model, args.method, card)
    if args.json:
        print(json.dumps(asdict(found), indent=2))
    else:
        print(planning.plan_text(args.model, args.method, card, found))
    if not found.fits:
        sys.exit(1)


def doctor(args):
    """Print the diagnosis; exit 1 if something is missing."""
    from labutils.doctor import print_diagnosis

    if not print_diagnosis():
        sys.exit(1)


COMMANDS = {"run": run, "score": score, "plan": plan, "doctor": doctor, "badges": badges}


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
