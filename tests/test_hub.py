"""The full track through the Hub's own clients, against a stand-in on this machine."""

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
import json, time
from labutils import data, models, systems, tracks
from labutils.errors import LabError

def refused(action):
    try:
        action()
    except LabError as error:
        return str(error)

track = tracks.choose_track("full", model="{MODEL}", dataset="{DATASET}", test_dialogues=2)
dialogues = data.load_dialogues(track)
run = systems.full(track, dialogues=dialogues)
found = {{
    "track": [track.name, track.device, track.model_name, track.dataset_name],
    "sizes": [len(dialogues["train"]), len(dialogues["validation"]), len(dialogues["test"])],
    "references": dialogues["test"]["references"][0],
    "record": run.record,
    "untied": not models.head_is_tied(systems.load_system(track, run)[0]),
    "refused": {{}},
}}
time.sleep = lambda _: None  # between the retries of the Hub's clients, 23 s in all
for fault in ("404", "503", "cut"):
    found["refused"][fault] = [
        refused(lambda: models.load_model(f"faulty/model-{{fault}}")),
        refused(lambda: data.load_splits(f"faulty/dataset-{{fault}}")),
    ]
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


@pytest.fixture(scope="module")
def student(base, tmp_path_factory):
    """What one student's process finds on the full track."""
    root = tmp_path_factory.mktemp("hub")
    chats = dialogsum_part(root / "chats")
    folders, faults = {("models", MODEL): base, ("datasets", DATASET): chats}, {}
    for fault in ("404", "503", "cut"):
        folders["models", f"faulty/model-{fault}"] = base
        folders["datasets", f"faulty/dataset-{fault}"] = chats
        faults |= {f"faulty/model-{fault}": fault, f"faulty/dataset-{fault}": fault}
    clean = {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"}
    with serving(folders, faults) as address:
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


def test_the_full_track_trains_and_tests_what_the_hub_serves(student):
    assert student["track"] == ["full", "cpu", MODEL, DATASET]
    assert student["sizes"] == [16, 4, 2]
    assert student["references"] == [f"#Person1# has lost 60 keys ({k})." for k in (1, 2, 3)]
    record = student["record"]
    assert (record["steps"], record["train_rows"]) == (2, 16)
    assert (record["test_dialogues"], record["references_per_dialogue"]) == (2, 3)
    assert (record["model"], record["dataset"]) == (MODEL, DATASET)
    assert student["untied"]


@pytest.mark.parametrize("fault", ["404", "503", "cut"])
def test_a_failing_hub_is_reported_with_what_to_do(student, fault):
    for kind, message in zip(("model", "dataset"), student["refused"][fault]):
        assert message, f"{kind}: not refused"
        assert f"The {kind} 'faulty/{kind}-{fault}' could not be loaded" in message
        assert "Check the id" in message and "LAB_TRACK=tiny" in message
