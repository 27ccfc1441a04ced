"""The drivers written by `labctl new driver` keep the driver contract."""

from pathlib import Path

import pytest

import labctl.scaffold
from labctl.testing.contract import *  # noqa: F403 - every rule of the contract
from labctl.testing.declarations import *  # noqa: F403 - what it declares
from labctl.testing.faults import *  # noqa: F403 - and every fault
from labctl.testing.trial import find_candidate

FOLDER = Path(labctl.scaffold.__file__).parent
ROLES = ("temperature_controller", "frequency_response_analyzer", "potentiostat")
SCAFFOLDS = [
    find_candidate(f"labctl.scaffold.{role}:NewInstrument", str(FOLDER / f"{role}.yaml")) for role in ROLES
]


@pytest.fixture(params=SCAFFOLDS, ids=ROLES)
def candidate(request):
    return request.param
