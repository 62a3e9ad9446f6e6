"""Scores of before are not compared with those of today."""

import hashlib
import json

from conftest import SUPPORT_CHATS

from labutils import engine
from labutils.common.files import read_json, write_json
from labutils.data import group_references, read_rows
from labutils.evaluation import SCORING
from labutils.evaluation.baselines import lead, nearest_summary
from labutils.evaluation.fact_report import facts_of_summaries, read_facts
from labutils.evaluation.rouge import METRICS, rouge_scores

PINNED = {1: "06023d67", 2: "cac59293", 3: "cac59293"}
"""{SCORING: a digest of the scores that it gives to some summaries}.

3 counts names behind titles, which these chats do not have.
"""


def test_summaries_score_as_before_or_scoring_has_a_new_number():
    """Or runs of before would be compared with new ones, and nobody told."""
    chats = group_references(read_rows(SUPPORT_CHATS / "test.csv"))[:60]
    train = read_rows(SUPPORT_CHATS / "train.csv")[:300]
    ids, texts = [chat["id"] for chat in chats], [chat["dialogue"] for chat in chats]
    references = [chat["references"] for chat in chats]
    facts = read_facts(SUPPORT_CHATS / "facts.jsonl")
    systems = [lead(chats), nearest_summary(chats, train), [group[0] for group in references]]
    systems.append([f"{group[1]} {text[:80]}" for group, text in zip(references, texts)])
    found = [
        rouge_scores(summaries, references)
        .join(facts_of_summaries(summaries, ids, texts, facts))
        .round(6)
        .to_csv()
        for summaries in systems
    ]
    assert hashlib.sha256("".join(found).encode()).hexdigest()[:8] == PINNED[SCORING], (
        "Scores have changed: raise labutils.evaluation.SCORING, and pin the new digest here."
    )


def test_a_run_of_an_earlier_scoring_is_scored_anew_and_its_files_stay(lab, capsys):
    run = lab.runs["lora"]
    old = run.record | {"scoring": SCORING - 1, "failures": {}}
    old["rouge"] = run.record["rouge"] | {"rouge1": {"mean": 0.5, "low": 0.4, "high": 0.6}}
    rows = run.items.assign(rouge1=0.5).to_dict("records")
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (run.folder / "predictions.jsonl").write_text(text)
    old["predictions_sha256"] = hashlib.sha256(text.encode()).hexdigest()
    write_json(run.folder / "run.json", old)
    capsys.readouterr()
    for found in (engine.make_run(lab.track.lora, lab.track), *engine.finished(lab.track)[2:]):
        assert found.scoring == SCORING
        assert found.items[list(METRICS)].equals(run.items[list(METRICS)])
        assert found.intervals["rouge1"] == run.intervals["rouge1"]
        assert found.record["failures"] == run.record["failures"]
        assert found.record["train_seconds"] == run.record["train_seconds"]
    assert capsys.readouterr().out.count("lora: scored anew") == 2
    assert read_json(run.folder / "run.json") == old


def test_a_run_of_this_scoring_is_told_as_it_was_scored(lab, capsys):
    capsys.readouterr()
    assert [run.record for run in engine.finished(lab.track)] == [
        run.record for run in lab.runs.values()
    ]
    assert "anew" not in capsys.readouterr().out
