"""Tables of finished runs. Every number in them comes from a run record."""

from html import escape
from itertools import combinations

import pandas as pd

from labutils.errors import LabError
from labutils.scoring import METRICS, Interval, paired_difference

METRIC_NAMES = {name: name.replace("rouge", "ROUGE-") for name in METRICS}


def comparison_table(runs):
    """One system a column: ROUGE with 95 % intervals (0-1), and what it cost.

    Args:
        runs: Run objects over the same test dialogues.

    Returns:
        A DataFrame whose attrs["caption"] tells the protocol (`protocol`).

    Raises:
        LabError: no runs, or runs over different test sets.
    """
    _check_comparable(runs)
    columns = {}
    for run in runs:
        record = run.record
        columns[run.name] = {
            **{METRIC_NAMES[name]: str(Interval(**record["rouge"][name])) for name in METRICS},
            "parameters": f"{record['total_parameters']:,}",
            "training rows": f"{record['train_rows']:,}",
            "peak memory": f"{record['peak_memory_mib']:,.0f} MiB",
            **costs(record),
        }
    return _captioned(pd.DataFrame(columns), protocol(runs))


def costs(record):
    """What a training took and left, in words, from a run's record or its part of a report."""
    total, trained = record["total_parameters"], record["trainable_parameters"]
    if not trained:
        return {"trained": "none", "training": "none", "to keep": "nothing"}
    resumed = record.get("resumed_from_step")
    since = f" (from step {resumed} on)" if resumed else ""
    return {
        "trained": f"{trained:,} ({trained / total:.1%})",
        "training": f"{record['train_seconds']:.0f} s{since}",
        "to keep": f"{record['saved_mib']:.2f} MiB",
    }


def difference_table(runs, metrics=("rouge1", "rouge2", "rougeL")):
    """Every two systems: the later minus the earlier, paired by dialogue, with 95 % intervals.

    A difference whose interval excludes zero is marked with a star.
    """
    _check_comparable(runs)
    rows = {}
    for earlier, later in combinations(runs, 2):
        row = {}
        for metric in metrics:
            difference = paired_difference(
                later.scores[metric], earlier.scores[metric], seed=later.record["seed"]
            )
            mark = " *" if difference.excludes_zero else ""
            row[METRIC_NAMES[metric]] = (
                f"{difference.mean:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]{mark}"
            )
        rows[f"{later.name} minus {earlier.name}"] = row
    return _captioned(
        pd.DataFrame(rows).T,
        f"Paired by dialogue; * the 95 % interval excludes zero. {protocol(runs)}",
    )


def failure_table(runs):
    """How often each system's summaries visibly fail, and their mean length in words."""
    _check_comparable(runs)
    rows = {run.name: run.record["failures"] for run in runs}
    table = pd.DataFrame(
        {
            name: {
                "continues the dialogue": str(found["continues_dialogue"]),
                "is empty": str(found["empty"]),
                "is copied word for word": str(found["copied"]),
                "words, on average": f"{found['words']:.1f}",
            }
            for name, found in rows.items()
        }
    )
    return _captioned(
        table,
        f"Summaries that fail, of {runs[0].record['test_dialogues']}, and the length of all; the "
        f"references have {runs[0].record['reference_words']:.1f} words on average.",
    )


def forgetting_table(matrix):
    """A forgetting matrix with intervals: one system a column, score and change a task.

    Args:
        matrix: from `forgetting.forgetting_matrix`.

    Returns:
        A DataFrame. A change whose interval excludes zero is marked with a star.
    """
    first = matrix["systems"][0]
    columns = {}
    for system in matrix["systems"]:
        column = {"steps": f"{system['steps']:,}"}
        for task, cell in system["scores"].items():
            score = Interval(cell["mean"], cell["low"], cell["high"])
            change = Interval(cell["change"], cell["change_low"], cell["change_high"])
            label = f"{task}: {cell['metric']}"
            column[label] = str(score)
            mark = " *" if change.excludes_zero else ""
            column[f"{task}: change"] = (
                f"{change.mean:+.3f} [{change.low:+.3f}, {change.high:+.3f}]{mark}"
            )
            for name, value in cell["more"].items():
                column[f"{task}: {name}"] = f"{value:.2f}"
        columns[system["name"]] = column
    rows = ", ".join(f"{task} {cell['n']}" for task, cell in first["scores"].items())
    return _captioned(
        pd.DataFrame(columns),
        f"Scores 0-1, and changes against {first['name']}, paired by row; 95 % bootstrap intervals "
        f"over rows; * excludes zero. Test rows: {rows}.",
    )


def forgetting_cell(cell):
    """One cell of a forgetting matrix: score, and change with a star beyond noise."""
    change = Interval(cell["change"], cell["change_low"], cell["change_high"])
    return f"{cell['mean']:.2f} ({change.mean:+.2f}{' *' if change.excludes_zero else ''})"


def protocol(runs):
    """What stands beside every score: sample size, references, scorer, seed, model and device."""
    record = runs[0].record
    return (
        f"{record['test_dialogues']} test dialogues of {record['dataset']} x "
        f"{record['references_per_dialogue']} references; {record['scorer']}; 95 % bootstrap "
        f"interval by dialogue; seed {record['seed']}; {record['model']} on "
        f"{record['device_name']}."
    )


def show(table):
    """Display a table with its caption. Texts are escaped, so none is run as HTML."""
    from IPython.display import HTML, display

    caption = table.attrs.get("caption", "")
    style = "caption-side: bottom; text-align: left; white-space: normal; padding-top: .5em"
    body = table.to_html(escape=True, border=0, max_rows=60).replace(
        ">", f">\n<caption style='{style}'>{escape(caption)}</caption>", 1
    )
    display(HTML(f"<div style='overflow-x: auto; white-space: nowrap'>{body}</div>"))


def print_table(table):
    """Print a table with its caption, for a terminal."""
    with pd.option_context("display.width", 200, "display.max_columns", None):
        print(f"\n{table}\n{table.attrs.get('caption', '')}\n")


def _captioned(table, caption):
    table.attrs["caption"] = caption
    return table


def _check_comparable(runs):
    if not runs:
        raise LabError("No runs to compare. Run the notebooks first: make lab.")
    tested = {tuple(run.items["id"]) for run in runs}
    if len(tested) != 1:
        names = ", ".join(run.name for run in runs)
        raise LabError(f"{names} were tested on different dialogues and cannot be compared.")
