"""Where a run's seconds go: summed over processes, and written when a process ends."""

import os
import subprocess
import sys

from labutils.common import cost

WORK = """
import time
from labutils.common.cost import stage

for name in ("model", "model", "scoring"):
    with stage(name):
        time.sleep(0.1)
try:
    with stage("scoring"):
        time.sleep(0.1)
        raise KeyError
except KeyError:
    pass
"""


def work(folder):
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    stages = {cost.STAGES_FOLDER: str(folder)} if folder else {}
    subprocess.run([sys.executable, "-c", WORK], env={**os.environ, **path, **stages}, check=True)


def test_stages_of_all_processes_are_added_up(tmp_path):
    work(tmp_path)
    once = cost.stage_seconds(tmp_path)
    assert set(once) == {"model", "scoring"}
    assert all(seconds >= 0.2 for seconds in once.values())
    work(tmp_path)
    assert all(cost.stage_seconds(tmp_path)[name] >= 0.4 for name in once)


def test_nothing_is_written_unless_asked(tmp_path):
    work(None)
    assert cost.stage_seconds(tmp_path) == {}
