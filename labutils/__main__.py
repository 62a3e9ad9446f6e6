"""The command line: python -m labutils run | doctor | badges."""

import argparse
import os
import sys
import time
from datetime import datetime

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
    for path in notebooks.find_notebooks(args.notebooks):
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


def badges(args):
    """Rewrite the badges and clone addresses."""
    from labutils.notebooks import point_badges

    changed = point_badges(args.repository, args.branch)
    print(f"{len(changed)} files now point to {args.repository}, branch {args.branch}.")


def doctor(args):
    """Print the diagnosis; exit 1 if something is missing."""
    from labutils.doctor import print_diagnosis

    if not print_diagnosis():
        sys.exit(1)


def main(arguments=None):
    """Run one command; a LabError ends it with its message and exit status 1."""
    args = parser().parse_args(arguments)
    try:
        {"run": run, "doctor": doctor, "badges": badges}[args.command](args)
    except LabError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. Run the same command again to go on from the last checkpoint.")


if __name__ == "__main__":
    main()
