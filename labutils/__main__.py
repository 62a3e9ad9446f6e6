"""The command line: python -m labutils run | score | demo | doctor | badges."""

import argparse
import json
import os
import sys
import time
from datetime import datetime
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

    commands.add_parser("demo", help="open the instructor's demo in JupyterLab")
    commands.add_parser("doctor", help="check packages, device, memory, disk and the track")

    badges = commands.add_parser("badges", help="point Colab badges and clone addresses to a fork")
    badges.add_argument("--repository", required=True, metavar="OWNER/NAME")
    badges.add_argument("--branch", default="main", metavar="B", help="default: main")
    return main


def run(args):
    """Execute the notebooks, then build report.json and the figure from the run records."""
    from labutils import notebooks, plots, publishing, runs, systems, tables
    from labutils.files import check_writable, read_json, write_json
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
    track = choose_track()
    print(track)
    check_writable(track.artifacts)
    if args.fresh:
        set_aside(track.artifacts / "runs")
    start = time.perf_counter()
    paths = notebooks.find_notebooks(args.notebooks)
    if args.store and not args.notebooks:
        paths += notebooks.find_notebooks([notebooks.DEMO])
    for path in paths:
        executed = track.artifacts / "notebooks" / path.name
        notebooks.execute(path, executed)
        if args.store:
            notebooks.store(executed, path)
    seconds = time.perf_counter() - start

    done = systems.finished(track)
    if done:
        write_json(track.artifacts / "report.json", runs.report(track, done, seconds=seconds))
        plots.save_figure(plots.plot_comparison(done), track, "comparison")
        tables.print_table(tables.comparison_table(done))
        tables.print_table(tables.difference_table(done))
        if args.store:
            publishing.store_results(track, done)
    matrix = track.artifacts / "forgetting.json"
    if matrix.is_file():
        tables.print_table(tables.forgetting_table(read_json(matrix)))
    print(f"{seconds:.0f} s. Executed notebooks, figures and report.json: {track.artifacts}")


def set_aside(folder):
    """Rename a folder of earlier results, so that nothing in it is lost."""
    if folder.is_dir():
        kept = folder.with_name(f"{folder.name}-until-{datetime.now():%Y%m%d-%H%M%S}")
        folder.rename(kept)
        print(f"Earlier runs are kept in {kept}.")


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


def demo(args):
    """Open the instructor's demo."""
    from labutils import notebooks

    notebooks.open_in_jupyterlab(*notebooks.find_notebooks([notebooks.DEMO]))


def doctor(args):
    """Print the diagnosis; exit 1 if something is missing."""
    from labutils.doctor import print_diagnosis

    if not print_diagnosis():
        sys.exit(1)


COMMANDS = {"run": run, "score": score, "demo": demo, "doctor": doctor, "badges": badges}


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
