"""`make attack`: its table counts what held, and only that."""

import pytest

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
    used = {"python": "3", "torch": "2", "transformers": "5"}
    table = attack.attack_rows({"kinds": counts, "minutes": 1.0, "device": "CPU", "versions": used})
    assert "| kills | 1 of 2 | Tried. |" in table
    assert "| disks | 0 of 2, 1 not tried | Tried. |" in table


def test_every_kind_says_what_is_tried():
    assert all(len(what) > 20 for what in attack.kinds().values())


@pytest.mark.parametrize("words", [["nothing"], ["--store", "kills"]])
def test_a_kind_that_there_is_not_is_refused(words, error_of):
    assert error_of(lambda: attack.main(words))
