"""Colab: each notebook alone on a fresh machine, a kernel killed with Drive mounted, a T4, no GPU.

The machines are those of tools/colab.py, which says what is simulated. Every time, one notebook
runs with the packages that the tests run with; the thorough cases install Colab's own versions, and
say so where pip cannot.
"""

import warnings

import pytest

from labutils.common.errors import LabError
from tools import colab

EVERY_TIME = ("whole", "01")


@pytest.fixture(scope="module", autouse=True)
def possible():
    if not colab.can_unshare():
        pytest.skip("this machine lets nobody have a /content of their own (see tools/colab.py)")


@pytest.fixture(scope="module")
def image(request):
    thorough = request.config.getoption("--thorough")
    try:
        with colab.image(light=not thorough) as made:
            yield made
    except LabError as error:
        if not thorough or "pip" not in str(error):
            raise
        warnings.warn(f"Colab's own versions were not tried: {error}", stacklevel=1)
        with colab.image(light=True) as made:
            yield made


def of(*scenarios):
    """The cases of these scenarios, as parameters; only one of them is tried every time."""
    return pytest.mark.parametrize(
        ("scenario", "number"),
        [
            pytest.param(*case, marks=[] if case == EVERY_TIME else pytest.mark.thorough)
            for case in colab.cases(only=scenarios)
        ],
    )


# Two classes, so that two processes share what takes as long as all other attacks together.
class TestNotebooks:
    @of("whole")
    def test_on_colab(self, image, scenario, number):
        colab.attempt(image, scenario, number)


class TestMachines:
    @of(*(scenario for scenario in colab.SCENARIOS if scenario != "whole"))
    def test_on_colab(self, image, scenario, number):
        colab.attempt(image, scenario, number)
