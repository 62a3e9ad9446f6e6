"""Commands on files of one's own: summaries of dialogues, and scores of any systems."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument

from labutils.commands.usage import Device, flag, option
from labutils.common.errors import LabError
from labutils.common.files import check_new_file
from labutils.common.table_files import WRITTEN
from labutils.common.text import printable
from labutils.settings import LARGEST_SEED, check_number

if TYPE_CHECKING:
    from labutils.evaluation.predictions import Predictions

ADD, OUT = "Beside ROUGE", "Output"
JUDGE = "a chat model on this machine rates some summaries, beside two controls"
TRAIN = "add longest turn, first turns, a random summary and the nearest dialogue's summary"
header = partial(option, "COLUMN", group="Columns")


def summarize(
    file: Annotated[Path, Argument(metavar="FILE", help="dialogues: CSV, JSONL or Parquet")],
    model: Annotated[str, option("FOLDER", "a trained checkpoint or LoRA adapter")],
    out: Annotated[Path, option("FILE", "a .csv or .jsonl to write", group=OUT)],
    force: Annotated[bool, flag("--force", "overwrite it if it is there", OUT)] = False,
    without_flags: Annotated[
        bool, flag("--without-flags", "without columns of invented names and numbers", OUT)
    ] = False,
    strict: Annotated[bool, flag("--strict", "end with 1 if there are such", OUT)] = False,
    dialogue: Annotated[str, header("the dialogues")] = "dialogue",
    column: Annotated[str, option("NAME", "the new one", group="Columns")] = "prediction",
    max_tokens: Annotated[int | None, option("N", "of a summary", "its run's, or 128")] = None,
    batch_tokens: Annotated[int, option("N", "prompt tokens summarized at once")] = 16_384,
    device: Device = None,
) -> None:
    """Summarize a file of dialogues, of any size, with a trained model.

    Adds a column with a summary to each row, in the prompt and the way in which the lab tests its
    systems, and two with the names and numbers in it that are not in the dialogue. The dialogues
    are to look like those that the model learned; inspect FILE --out chats.csv writes yours so.
    Killed, the same command goes on where it was.

    Example: python -m labutils summarize chats.csv --model my-model --out predictions.csv
    """
    from labutils import summarize_file
    from labutils.evaluation.failures import flag_columns

    if not column.strip():
        raise LabError("--column is empty; give the new column a name.")
    if max_tokens is not None:
        check_number("--max-tokens", max_tokens, minimum=4, whole=True)
    check_number("--batch-tokens", batch_tokens, minimum=1, whole=True)
    resumed = summarize_file.unfinished_of(out).is_dir()
    check_new_file(out, force or resumed, endings=WRITTEN)
    if out.exists() and file.exists() and out.samefile(file):
        raise LabError(f"{out} is the file to read; give --out another name.")
    flags = () if without_flags else flag_columns(column)
    table = summarize_file.read_dialogues(file, dialogue=dialogue, new=(column, *flags))
    how: dict[str, Any] = dict(device=device, max_tokens=max_tokens, batch_tokens=batch_tokens)
    named: dict[str, Any] = dict(column=column, flags=not without_flags, force=force)
    done = summarize_file.summarize_table(table, model, out, **named, **how)
    print(f"{done.rows:,} rows summarized: {out}")
    columns = f" (columns {' and '.join(flags)})" if flags else ""
    print(f"With names or numbers that are not in the dialogue: {done.flagged:,}{columns}")
    if done.unlike:
        print(
            f"Summaries with a #Person1# that their dialogue lacks: {done.unlike:,}. The model "
            "learned chats as inspect --out chats.csv writes them; summarize that file instead."
        )
    if done.uncased:
        print(f"Dialogues without capitals, by which new names are found: {done.uncased:,}")
    if done.cut:
        print(f"Dialogues longer than the model reads, their ends left out: {done.cut:,}")
    if out.suffix == ".csv" and (count := done.formulas):
        look = "cells of the file look like formulas" if count > 1 else "cell looks like a formula"
        print(f"{count:,} {look}; a spreadsheet is to import all columns as text.")
    if strict and done.flagged:
        sys.exit(1)


def score(
    file: Annotated[Path, Argument(metavar="FILE", help="predictions, one row per reference")],
    references: Annotated[str, header("the reference summaries")],
    id: Annotated[str | None, header("the rows' ids", '"id" if there')] = None,
    dialogue: Annotated[str | None, header("the dialogues", '"dialogue" if there')] = None,
    systems: Annotated[list[str] | None, header("one or more, to score", "all other texts")] = None,
    facts: Annotated[Path | None, option("facts.jsonl", "score the facts told", group=ADD)] = None,
    baselines: Annotated[Path | None, option("TRAIN.csv", TRAIN, group=ADD)] = None,
    token_limit: Annotated[int | None, option("N", "count answers cut at N", group=ADD)] = None,
    tokenizer: Annotated[str, option("ID", "for --token-limit", group=ADD)] = "google/flan-t5-base",
    bertscore: Annotated[bool, flag("--bertscore", "BERTScore, if it can be had", ADD)] = False,
    judge: Annotated[str | None, option("ADDRESS", JUDGE, group=ADD)] = None,
    judge_sample: Annotated[int, option("N", "dialogues that it rates", group=ADD)] = 20,
    as_json: Annotated[bool, flag("--json", "print JSON instead of tables", OUT)] = False,
    plot: Annotated[Path | None, option("FILE.png", "a picture of the scores", group=OUT)] = None,
    force: Annotated[bool, flag("--force", "overwrite the plot if it is there", OUT)] = False,
    seed: Annotated[int, option("N", "of the bootstrap and the random summary")] = 42,
) -> None:
    """Score the predictions of any systems in a CSV, JSONL or Parquet file.

    ROUGE of every system with 95% intervals by dialogue, paired differences, the references' own
    score, and counts of what ROUGE does not see. Rows with ids such as test_7_1, test_7_2,
    test_7_3 are references of one dialogue.

    Example: python -m labutils score predictions.csv --references reference --systems full lora
    """
    from labutils.evaluation.bertscore import add_bert_scores
    from labutils.evaluation.llm_judge import Judge, judged
    from labutils.evaluation.predictions import read_predictions
    from labutils.evaluation.truths import read_facts
    from labutils.views import scores
    from labutils.views.tables import print_table

    check_number("--seed", seed, minimum=0, maximum=LARGEST_SEED, whole=True)
    if token_limit is not None:
        check_number("--token-limit", token_limit, minimum=1, whole=True)
    check_number("--judge-sample", judge_sample, minimum=1, whole=True)
    rater = Judge(judge, file.with_suffix(".judge.jsonl")) if judge else None
    if plot:
        check_new_file(plot, force, endings=(".png",))
    truths = read_facts(facts) if facts else None
    columns: dict[str, Any] = dict(
        references=references, ids=id, dialogue=dialogue, systems=systems
    )
    found = read_predictions(file, **columns)
    if baselines:
        _add_baselines(found, baselines, seed)
    if rater and found.dialogues is None:
        raise LabError("The judge reads the dialogues; name their column with --dialogue.")
    report = _scored(found, truths, tokenizer, token_limit, seed)
    if rater:
        report["judge"] = judged(
            rater,
            found.systems,
            found.references,
            found.dialogues or [],
            most=judge_sample,
            seed=seed,
        )
    if bertscore:
        found.remarks += add_bert_scores(report, found.systems, found.references)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # for halves of characters in ids
    if as_json:
        print(json.dumps(report | {"remarks": found.remarks}, indent=2, ensure_ascii=False))
    else:
        print(printable("\n".join(found.remarks)))
        for table in scores.score_tables(report):
            print_table(table)
    if plot:
        from labutils.views.plots import write_figure

        write_figure(scores.plot_scores(report), plot)


def _scored(
    found: "Predictions", truths: dict | None, tokenizer: str, limit: int | None, seed: int
) -> dict:
    """The report of `rouge.score`, with "facts" if there are truths; the limit is in tokens."""
    from labutils.evaluation import fact_report, failures, rouge
    from labutils.models import load_tokenizer

    items, cut, more = (found.systems, found.references), None, {}
    if limit:
        loaded = load_tokenizer(tokenizer)
        cut = {n: failures.at_token_limit(t, loaded, limit) for n, t in found.systems.items()}
    sources: dict[str, Any] = dict(dialogues=found.dialogues, seed=seed)
    if truths is not None:
        more["facts"] = fact_report.fact_report(*items, ids=found.ids, facts=truths, **sources)
    return rouge.score(*items, truncated=cut, rows=found.rows, progress=True, **sources) | more


def _add_baselines(found: "Predictions", train: Path, seed: int) -> None:
    """Put the trivial systems beside those of a predictions file."""
    from labutils.data import read_rows
    from labutils.evaluation.baselines import all_baselines

    if found.dialogues is None:
        raise LabError("The baselines read the dialogues; name their column with --dialogue.")
    rows = [{"dialogue": d, "topic": t} for d, t in zip(found.dialogues, found.topics)]
    learned = read_rows(train, ("dialogue", "summary"))
    if seen := len({row["dialogue"] for row in learned} & set(found.dialogues)):
        found.remarks.append(
            f"{seen} of the dialogues stand in {train.name} too, with their summaries: nearest "
            "chat copies those. Give the baselines other dialogues than those that are scored."
        )
    made = all_baselines(rows, learned, seed=seed)
    if taken := sorted(made.keys() & found.systems.keys()):
        raise LabError(f"The columns {', '.join(taken)} have names of baselines; rename them.")
    found.systems |= made
