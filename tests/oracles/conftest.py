import sys

import pytest
from oracle_rig.processes import environment
from oracle_rig.rig import RUNNING, candidate_of
from oracle_rig.table import ORACLES

CANDIDATES = {oracle.name: candidate_of(oracle) for oracle in ORACLES}


def installed(oracle):
    """Skip the test, by name, where the oracle is not here."""
    if not sys.platform.startswith("linux"):
        pytest.skip(f"the oracle {oracle.name} is tried on Linux only")
    if oracle.distribution == "pymodbus":
        pytest.importorskip("pymodbus.simulator", reason="the oracle pymodbus is not installed")
    elif environment(oracle.distribution) is None:
        pytest.skip(f"the oracle {oracle.distribution} is not installed; .ci/oracles installs it")


@pytest.fixture(scope="session", autouse=True)
def oracles_end_with_the_tests():
    yield
    RUNNING.close()


WHOLE = {name: candidate for name, candidate in CANDIDATES.items() if not candidate.oracle.is_part}


@pytest.fixture(params=WHOLE.values(), ids=WHOLE)
def candidate(request):
    """Each driver that has an oracle, connected to it."""
    installed(request.param.oracle)
    return request.param


@pytest.fixture
def oracle_named():
    def find(name):
        installed(CANDIDATES[name].oracle)
        return CANDIDATES[name]

    return find
