"""What is committed of a run of the tiny track: the README's results table and its picture."""

import re

from labutils.errors import LabError
from labutils.files import read_json, write_json, write_text
from labutils.plots import plot_comparison
from labutils.scoring import Interval
from labutils.tracks import DATA, REPOSITORY

README = REPOSITORY / "README.md"
RESULTS = DATA / "results"
BLOCK = r"(<!-- results -->\n).*?(<!-- end of results -->)"


def results_table(report):
    """A report.json as a Markdown table with its protocol under it."""
    lines = [
        "| system | ROUGE-1 | ROUGE-2 | ROUGE-L | parameters trained | training | to keep |",
        "|---|---|---|---|---|---|---|",
    ]
    for system in report["systems"]:
        scores = [str(Interval(**system["rouge"][name])) for name in ("rouge1", "rouge2", "rougeL")]
        trained, total = system["trainable_parameters"], system["total_parameters"]
        cost = (
            [
                f"{trained:,} ({trained / total:.1%})",
                f"{system['train_seconds']:.0f} s",
                f"{system['saved_mib']:.2f} MiB",
            ]
            if trained
            else ["none", "none", "nothing"]
        )
        lines.append(f"| {' | '.join([system['name'], *scores, *cost])} |")
    lines.append(
        f"\nF1, 0-1, with 95 % bootstrap intervals by dialogue; {report['test_dialogues']} test "
        f"dialogues of {report['dataset']} x {report['references_per_dialogue']} references; "
        f"{report['scorer']}; seed {report['seed']}; {report['model']} on a "
        f"{report['device'].upper()}; {report['systems'][-1]['train_rows']:,} training rows."
    )
    return "\n".join(lines)


def results_block(text):
    """The README's results, between their two markers; LabError if the markers are gone."""
    if not (found := re.search(BLOCK, text, re.S)):
        raise LabError("README.md has lost its <!-- results --> ... <!-- end of results --> lines.")
    return found


def store_results(track, runs):
    """Put the report and the comparison plot of finished runs into data/results and README."""
    report = read_json(track.artifacts / "report.json")
    write_json(RESULTS / "report.json", report)
    plot_comparison(runs).savefig(RESULTS / "comparison.png", dpi=110)
    text = README.read_text("utf-8")
    found = results_block(text)
    new = f"{found[1]}{results_table(report)}\n{found[2]}"
    write_text(README, text[: found.start()] + new + text[found.end() :])
