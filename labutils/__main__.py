"""The command line: python -m labutils COMMAND. `arguments.py` tells what each one takes."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from labutils.arguments import parser
from labutils.common.errors import LabError


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
    from labutils.evaluation import predictions
    from labutils.evaluation.truths import read_facts
    from labutils.settings import LARGEST_SEED, check_number
    from labutils.views import plots, tables

    check_number("--seed", args.seed, minimum=0, maximum=LARGEST_SEED, whole=True)
    if args.token_limit is not None:
        check_number("--token-limit", args.token_limit, minimum=1, whole=True)
    if args.plot:
        _check_new(args.plot, args.force, endings=(".png",))
    facts = read_facts(args.facts) if args.facts else None
    found = predictions.read_predictions(
        args.file,
        references=args.references,
        ids=args.id,
        dialogue=args.dialogue,
        systems=args.systems,
    )
    if args.baselines:
        _add_baselines(found, args.baselines, args.seed)
    report, remarks = _scored(found, facts, args)
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


def _scored(found, facts, args):
    """(report, remarks) of a predictions file, with what the options ask for beside ROUGE."""
    from labutils.evaluation import rouge
    from labutils.evaluation.fact_report import fact_report
    from labutils.evaluation.failures import at_token_limit
    from labutils.models import load_tokenizer

    truncated = None
    if args.token_limit:
        tokenizer = load_tokenizer(args.tokenizer)
        truncated = {
            name: at_token_limit(texts, tokenizer, args.token_limit)
            for name, texts in found.systems.items()
        }
    items = (found.systems, found.references)
    sources = dict(dialogues=found.dialogues, seed=args.seed)
    told = None if facts is None else fact_report(*items, ids=found.ids, facts=facts, **sources)
    report = rouge.score(*items, truncated=truncated, rows=found.rows, progress=True, **sources)
    if told:
        report["facts"] = told
    if args.bertscore:
        return report, found.remarks + rouge.add_bert_scores(report, *items)
    return report, found.remarks


def _add_baselines(found, train, seed):
    """Put the trivial systems beside those of a predictions file."""
    from labutils.data import read_rows
    from labutils.evaluation.baselines import all_baselines

    if found.dialogues is None:
        raise LabError("The baselines read the dialogues; name their column with --dialogue.")
    rows = [{"dialogue": d, "topic": t} for d, t in zip(found.dialogues, found.topics)]
    made = all_baselines(rows, read_rows(train, ("dialogue", "summary")), seed=seed)
    if taken := sorted(made.keys() & found.systems.keys()):
        raise LabError(f"The columns {', '.join(taken)} have names of baselines; rename them.")
    found.systems |= made


def summarize(args):
    """Summarize a file of dialogues with a trained model."""
    from labutils import summarizing
    from labutils.settings import check_number

    if args.max_tokens is not None:
        check_number("--max-tokens", args.max_tokens, minimum=4, whole=True)
    check_number("--batch-tokens", args.batch_tokens, minimum=1, whole=True)
    _check_new(args.out, args.force, endings=summarizing.ENDINGS)
    columns = {"dialogue": args.dialogue, "column": args.column}
    rows = summarizing.summarize_rows(
        summarizing.read_dialogues(args.file, **columns),
        args.model,
        device=args.device,
        max_tokens=args.max_tokens,
        batch_tokens=args.batch_tokens,
        **columns,
    )
    summarizing.write_rows(args.out, rows)
    print(f"{len({row[args.dialogue] for row in rows})} dialogues summarized: {args.out}")


def _save_plot(figure, path):
    """Write a picture whole or not at all."""
    from labutils.common.files import saving

    unfinished = path.with_name(f".{path.stem}.unfinished.png")
    with saving(path.parent):
        figure.savefig(unfinished, dpi=150)
        os.replace(unfinished, path)


def _check_new(path, force, endings):
    """Raise LabError unless the file can be written without losing anything."""
    path = Path(path)
    if path.suffix not in endings:
        raise LabError(f"The file {path.name!r} must end in {' or '.join(endings)}.")
    if path.is_dir():
        raise LabError(f"{path} is a folder; give the name of a file in it.")
    if path.exists() and not force:
        raise LabError(f"{path} is there already; choose another name, or add --force.")
    if not path.absolute().parent.is_dir():
        raise LabError(f"{path.absolute().parent} is no folder; make it first.")


def progress(args):
    """Print the state of every exercise."""
    from labutils.exercises import progress_of
    from labutils.views.tables import print_table

    print_table(progress_of())


def instructor(args):
    """Build the instructor's edition."""
    from labutils.maintenance.instructor_edition import build_edition

    for path in build_edition():
        print(path)


def badges(args):
    """Rewrite the badges and clone addresses."""
    from labutils.notebooks import point_badges

    changed = point_badges(args.repository, args.branch)
    print(f"{len(changed)} files now point to {args.repository}, branch {args.branch}.")


def bench(args):
    """Time the ways to train and to generate, print and keep the result."""
    from labutils.maintenance import bench, publishing

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
    from labutils import planning
    from labutils.maintenance import publishing
    from labutils.views import tables

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
    "summarize": summarize,
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
