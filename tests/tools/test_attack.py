"""`make attack`: its table counts what held, and only that."""

import pytest

from labutils.common.files import read_json
from tools import attack

RESULTS = """<testsuites><testsuite>
<testcase classname="tests.attacks.test_kills" name="a" time="1.5"/>
<testcase classname="tests.attacks.test_kills" name="b" time="1"><failure/></testcase>
<testcase classname="tests.attacks.test_disks.TestFull" name="c" time="0"><skipped/></testcase>
<testcase classname="tests.attacks.test_disks" name="d" time="2"><error/></testcase>
</testsuite></testsuites>"""


def test_a_case_that_failed_or_was_skipped_did_not_hold():
    assert attack.count_cases(RESULTS) == {
        "kills": {"cases": 2, "held": 1, "skipped": 0, "seconds": 2.5},
        "disks": {"cases": 2, "held": 0, "skipped": 1, "seconds": 2.0},
    }


def test_the_table_says_what_was_not_tried():
    counts = {kind: {"what": "Tried.", **count} for kind, count in
              attack.count_cases(RESULTS).items()}  # fmt: skip
    machine = {"device": "CPU", "versions": dict.fromkeys(("python", "torch", "transformers"), "3")}
    table = attack.attack_rows({kind: count | machine for kind, count in counts.items()})
    assert "| 1 of 2 | Tried. | 0.0 |" in table
    assert "| 0 of 2, 1 not tried | Tried. | 0.0 |" in table


def test_every_kind_says_what_is_tried():
    assert all(len(what) > 20 for what in attack.kinds().values())


def test_a_kind_that_there_is_not_is_refused(error_of):
    assert "There is no attack nothing" in error_of(lambda: attack.main(["nothing"]))


def test_figures_of_some_kinds_replace_theirs_alone(monkeypatch, tmp_path):
    shown = {}
    machine = {"device": "CPU", "versions": dict.fromkeys(("python", "torch", "transformers"), "3")}
    count = {"what": "Tried.", "cases": 3, "held": 3, "skipped": 0, "seconds": 60.0, **machine}
    monkeypatch.setattr(attack, "RESULTS", tmp_path)
    monkeypatch.setattr(attack, "show", lambda **blocks: shown.update(blocks))
    for kinds, held in ({"kills": 3, "disks": 2}, 1), ({"disks": 3}, 0):
        found = {kind: count | {"held": n} for kind, n in kinds.items()}
        monkeypatch.setattr(attack, "attack", lambda _, found=found: found)
        with pytest.raises(SystemExit) as ended:
            attack.main(["--store"])
        assert ended.value.code == held
    stored = read_json(tmp_path / "attack.json")
    assert {kind: each["held"] for kind, each in stored.items()} == {"kills": 3, "disks": 3}
    assert shown["attack"] == attack.attack_rows(stored)
