"""The flan track through the Hub's own clients, against a stand-in on this machine."""

import json
import os
import subprocess
import sys

import pytest
from conftest import ROOT, write_csv
from hub import serving

MODEL, DATASET = "google/flan-t5-tiny", "knkarthick/dialogsum-part"

# In a process of its own, because the Hub's address is read when its clients are imported.
STUDENT = f"""
import json
from labutils import data, engine, models, tracks
from labutils.multitask import tasks
from labutils.engine import load_system

track = tracks.choose_track("flan", model="{MODEL}", dataset="{DATASET}", test_dialogues=2)
dialogues = data.load_dialogues(track)
run = engine.make_run(track.full, track)
found = {{
    "track": [track.name, track.device, track.model_name, track.dataset_name],
    "sizes": [len(dialogues["train"]), len(dialogues["validation"]), len(dialogues["test"])],
    "references": dialogues["test"]["references"][0],
    "record": run.record,
    "untied": not models.head_is_tied(load_system(track, run)[0]),
    "tasks": {{}},
}}
for task in tasks.TASKS[1:]:
    read, rows = tasks.source_of(task, track).read, tasks.load_task(task, track)
    found["tasks"][task.name] = {{s: [len(rows[s]), *read(rows[s][0])] for s in tasks.SPLITS}}
print("\\n" + json.dumps(found))
"""


def dialogsum_part(folder):
    """Made-up rows in DialogSum's schema: three rows a test dialogue."""

    def row(name, number, reference=""):
        return {
            "id": name,
            "dialogue": f"#Person1#: I have lost {number} keys.\\n#Person2#: That is bad.",
            "summary": f"#Person1# has lost {number} keys{reference}.",
            "topic": "keys",
        }

    folder.mkdir(parents=True)
    write_csv(folder / "train.csv", [row(f"train_{i}", i) for i in range(16)])
    write_csv(folder / "validation.csv", [row(f"dev_{i}", i + 30) for i in range(4)])
    test = [row(f"test_{i}_{k}", i + 60, f" ({k})") for i in range(3) for k in (1, 2, 3)]
    write_csv(folder / "test.csv", test)
    return folder


# Made-up rows in the schemas of the other tasks' datasets, with the names of their splits.
OTHER_TASKS = {
    "Yelp/yelp_review_full": ({"label": 3, "text": "Good."}, ("train", "test")),
    "google/code_x_glue_cc_code_to_code_trans": (
        {"id": 0, "java": "int a ;\n", "cs": "int A ;\n"},
        ("train", "validation", "test"),
    ),
    "Babelscape/wikineural": (
        {"tokens": ["Ada", "Brin", "sang", "."], "ner_tags": [1, 2, 0, 0], "lang": "en"},
        ("train_en", "val_en", "test_en"),
    ),
    "knkarthick/samsum": (
        {"id": "1", "dialogue": "Ann: Hi.", "summary": "Ann says hi."},
        ("train", "validation", "test"),
    ),
}


def task_dataset(folder, row, splits):
    """A dataset as it lies on the Hub: a card that names the splits, and parquet files."""
    from datasets import Dataset

    folder.mkdir(parents=True)
    files = "\n".join(f"  - {{split: {split}, path: {split}.parquet}}" for split in splits)
    card = f"---\nconfigs:\n- config_name: default\n  data_files:\n{files}\n---\n"
    (folder / "README.md").write_text(card, "utf-8")
    for split in splits:
        rows = Dataset.from_list([row] * (20 if split.startswith("train") else 5))
        rows.to_parquet(folder / f"{split}.parquet")
    return folder


@pytest.fixture(scope="module")
def student(base, tmp_path_factory):
    """What one student's process finds on the flan track."""
    root = tmp_path_factory.mktemp("hub")
    chats = dialogsum_part(root / "chats")
    folders = {("models", MODEL): base, ("datasets", DATASET): chats}
    for name, (row, splits) in OTHER_TASKS.items():
        folders["datasets", name] = task_dataset(root / name, row, splits)
    clean = {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"}
    with serving(folders, {}) as address:
        done = subprocess.run(
            [sys.executable, "-c", STUDENT],
            cwd=ROOT,
            env={
                **clean,
                "HF_ENDPOINT": address,
                "HF_HOME": str(root / "cache"),
                "LAB_ARTIFACTS": str(root / "artifacts"),
                "NO_PROXY": "127.0.0.1",
            },
            capture_output=True,
            text=True,
            timeout=300,
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_flan_track_trains_and_tests_what_the_hub_serves(student):
    assert student["track"] == ["flan", "cpu", MODEL, DATASET]
    assert student["sizes"] == [16, 4, 2]
    assert student["references"] == [f"#Person1# has lost 60 keys ({k})." for k in (1, 2, 3)]
    record = student["record"]
    assert (record["steps"], record["train_rows"]) == (2, 16)
    assert (record["test_dialogues"], record["references_per_dialogue"]) == (2, 3)
    assert (record["model"], record["dataset"]) == (MODEL, DATASET)
    assert student["untied"]


@pytest.mark.parametrize(
    ("task", "expected"),
    {
        "ratings": ["Good.", "4"],
        "code": ["int a ;", "int A ;"],
        "entities": ["Ada Brin sang .", "person: Ada Brin"],
        "reports": ["Ann: Hi.", "Ann says hi."],
    }.items(),
)
def test_the_other_tasks_are_read_in_the_schemas_of_their_datasets(student, task, expected):
    found = student["tasks"][task]
    # Yelp's reviews have no validation split: a tenth of the training rows is lent for it.
    lent = task == "ratings"
    assert found["train"] == [18 if lent else 20, *expected]
    assert found["validation"] == [2 if lent else 5, *expected]
    assert found["test"] == [2, *expected]
