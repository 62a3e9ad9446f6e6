"""What can be said on the command line."""

import argparse


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
    run.add_argument("--track", metavar="NAME", help="tiny or flan (default: what runs here)")
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
    score.add_argument("file", metavar="predictions.csv", help="one row per human reference")
    score.add_argument("--references", required=True, metavar="COLUMN", help="the human summaries")
    score.add_argument("--id", metavar="COLUMN", help='the rows\' ids (default: "id" if there)')
    score.add_argument(
        "--dialogue", metavar="COLUMN", help='the dialogues (default: "dialogue" if there)'
    )
    score.add_argument(
        "--systems", nargs="+", metavar="COLUMN", help="default: every other column of texts"
    )
    score.add_argument(
        "--facts", metavar="facts.jsonl", help="also score the facts told, by the ids' truths"
    )
    score.add_argument(
        "--baselines",
        metavar="TRAIN.csv",
        help="add four trivial systems: longest turn, first turns, a random summary of the topic, "
        "the nearest training dialogue's summary",
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

    summarize = commands.add_parser(
        "summarize",
        help="summarize a file of dialogues with a trained model",
        description="Adds a column with a summary to each row, in the prompt and the way in which "
        "the lab tests its systems. Rows with the same dialogue share one summary.",
    )
    summarize.add_argument("file", metavar="dialogues.csv", help="CSV, JSONL or Parquet")
    summarize.add_argument(
        "--model", required=True, metavar="FOLDER", help="a trained checkpoint or LoRA adapter"
    )
    summarize.add_argument("--out", required=True, metavar="FILE", help="a .csv or .jsonl")
    summarize.add_argument("--force", action="store_true", help="overwrite FILE if it is there")
    summarize.add_argument(
        "--dialogue", default="dialogue", metavar="COLUMN", help="default: %(default)s"
    )
    summarize.add_argument(
        "--column", default="prediction", metavar="NAME", help="the new one (default: %(default)s)"
    )
    summarize.add_argument(
        "--max-tokens",
        type=int,
        metavar="N",
        help="of a summary (default: as in the run that the model is of, or 128)",
    )
    summarize.add_argument(
        "--batch-tokens",
        type=int,
        default=16_384,
        metavar="N",
        help="prompt tokens summarized at once (default: %(default)s)",
    )
    summarize.add_argument(
        "--device", choices=["cpu", "cuda"], help="default: the GPU if there is one"
    )

    bench = commands.add_parser(
        "bench",
        help="time training and generation beside what people use today",
        description="Times three ways in turn: as in the well-known Lab 2, as usual "
        "(run_summarization.py's way), and this lab's. Writes artifacts/bench.json and bench.png. "
        "About 20 minutes for flan-t5-small's shape on 2 CPU cores.",
    )
    bench.add_argument("--device", choices=["cpu", "cuda"], help="default: the GPU if there is one")
    bench.add_argument(
        "--model",
        default="flan-t5-small",
        metavar="ID",
        help="a shape with random weights (flan-t5-small, -base ...), or a Hub id or folder "
        "(default: %(default)s)",
    )
    bench.add_argument("--rounds", type=int, default=5, metavar="N", help="default: 5")
    bench.add_argument("--dialogues", type=int, default=64, metavar="N", help="default: 64")
    bench.add_argument("--seed", type=int, default=42, metavar="N", help="default: 42")
    bench.add_argument(
        "--store", action="store_true", help="for maintainers: into README and data/results, too"
    )

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
    plan.add_argument(
        "--store",
        action="store_true",
        help="for maintainers: that table into README and data/results, too",
    )

    commands.add_parser("progress", help="show which exercises are passed, tried or untouched")
    commands.add_parser("instructor", help="build the notebooks with solutions and teaching notes")
    commands.add_parser("demo", help="open the instructor's demo in JupyterLab")
    commands.add_parser("doctor", help="check packages, device, memory, disk and the track")

    badges = commands.add_parser("badges", help="point Colab badges and clone addresses to a fork")
    badges.add_argument("--repository", required=True, metavar="OWNER/NAME")
    badges.add_argument("--branch", default="main", metavar="B", help="default: main")
    return main
