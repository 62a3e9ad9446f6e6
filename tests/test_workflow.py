"""The workflow: it runs what is there, may write issues in one job only, and tells a fault once."""

import os
import re
import subprocess

import pytest
import yaml
from conftest import ROOT

TEXT = (ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8")
JOBS = yaml.safe_load(TEXT)["jobs"]
GH = """#!/bin/sh
case "$1 $2" in
"issue list") cat "$ISSUES" ;;
"issue create") echo "$4" >>"$ISSUES" ;;
*) exit 1 ;;
esac
"""


def test_it_names_targets_and_files_that_there_are():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"\bmake ([a-z-]+)", TEXT))
    assert targets and all(re.search(rf"^{target}:", makefile, re.M) for target in targets)
    assert "pytest" in JOBS["desktop"]["steps"][-2]["run"]  # on systems that have no make
    assert all((ROOT / path).is_file() for path in re.findall(r"tests/versions/\w+\.txt", TEXT))


def test_only_the_job_that_tells_may_write_and_it_waits_for_all_others():
    assert yaml.safe_load(TEXT)["permissions"] == {"contents": "read"}
    assert [name for name, job in JOBS.items() if "permissions" in job] == ["tell"]
    assert set(JOBS["tell"]["needs"]) == JOBS.keys() - {"tell"}
    told = re.findall(r"needs\.(\w+)\.result == 'failure' && '(\w+)'", TEXT)
    assert {one for one, other in told if one == other} == JOBS.keys() - {"tell"}


@pytest.mark.skipif(os.name != "posix", reason="it runs on Linux")
def test_a_failure_is_told_once_and_another_one_as_well(tmp_path):
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755)
    issues = tmp_path / "issues"
    issues.touch()
    (step,) = JOBS["tell"]["steps"]
    for failed in ("   hub", "   hub", "test   hub", "   hub"):
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "ISSUES": str(issues),
                       "FAILED": failed, "RUN": "there"}  # fmt: skip
        subprocess.run(["bash", "-e", "-c", step["run"]], env=environment, check=True)
    lines = issues.read_text().splitlines()
    assert lines == ["The weekly run is red: hub", "The weekly run is red: test hub"]
