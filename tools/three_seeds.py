"""Full fine-tuning and LoRA of the tiny track with three seeds: what of a score is luck.

    python -m tools.three_seeds            # trains what is missing, minutes a seed
    python -m tools.three_seeds --store    # and puts the table into data/results and docs/

A seed decides the order of the rows and the adapter's first weights. Each system and seed is tested
once, on the whole test split; its run lies in artifacts/tiny/runs like those of the notebooks.
"""

import argparse
import sys

from labutils.common.errors import one_message
from labutils.engine import TRIVIAL, make_run
from labutils.methods import ZERO_SHOT
from labutils.tracks import choose_track
from tools.candidates import SHOWN
from tools.publishing import seeds_rows, store_seeds

SEEDS = (42, 43, 44)


def measured() -> dict:
    """{"seeds", "test_dialogues", "systems": {name: {metric: a value for each seed}}}."""
    found: dict[str, list[dict[str, float]]] = {"full": [], "lora": []}
    for seed in SEEDS:
        track = choose_track("tiny", seed=seed)
        lookup, start = make_run(TRIVIAL["nearest chat"], track), make_run(ZERO_SHOT, track)
        means = {method.name: make_run(method, track).items for method in (track.full, track.lora)}
        gain = means["full"]["facts"].mean() - start.items["facts"].mean()
        for name, items in means.items():
            scores = {metric: float(items[metric].mean()) for metric in SHOWN}
            scores["over lookup"] = scores["rouge1"] - float(lookup.items["rouge1"].mean())
            scores["share of gain"] = (scores["facts"] - start.items["facts"].mean()) / gain
            found[name].append(scores)
    return {
        "seeds": list(SEEDS),
        "test_dialogues": len(start.items),
        "systems": {
            name: {metric: [round(one[metric], 4) for one in scores] for metric in scores[0]}
            for name, scores in found.items()
        },
    }


@one_message()
def main() -> int:
    """Train, test and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--store", action="store_true", help="write data/results and docs/results.md too"
    )
    args = parser.parse_args()
    record = measured()
    print(seeds_rows(record))
    if args.store:
        store_seeds(record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
