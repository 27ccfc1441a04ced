import os
import zlib
from contextlib import contextmanager
from functools import partial

import pytest
from pymeasure.test import expected_protocol

from drivers.solartron1260 import Solartron1260
from drivers.solartron_pair import Solartron1260With1287
from labctl.clock import VirtualClock
from labctl.command_table import undeclared
from labctl.errors import InstrumentError
from labctl.testing.trial import QUIET_CELL, Candidate, Partner, find_candidate
from sim_instruments.rig import build
from sim_instruments.stand_ins import DRIVERS

PAIR = {"GPIB0::6::INSTR": "solartron1287", "GPIB0::4::INSTR": "solartron1260"}
CANDIDATES = [find_candidate(reference) for reference, roles in DRIVERS.values() if roles != ("watchdog",)]
CANDIDATES.append(
    Candidate(
        "drivers.solartron_pair:Solartron1260With1287",
        Solartron1260With1287,
        partial(build, instruments=PAIR, **QUIET_CELL),
        "GPIB0::6::INSTR",
        {"standard_resistor_ohm": 1000.0},
        Partner(Solartron1260, "GPIB0::4::INSTR"),
    )
)


def pytest_collection_modifyitems(config, items):
    """Take every third case of the fault study, another third for another seed; with all, every case."""
    if os.environ.get("LABCTL_FAULTS") == "all":
        return
    study = [item for item in items if item.path.name == "test_faults_on_stand_ins.py"]
    seed = int(os.environ.get("LABCTL_SEED", "1"))
    left_out = {item for item in study if (zlib.crc32(item.name.encode()) + seed) % 3}
    config.hook.pytest_deselected(items=[item for item in items if item in left_out])
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(params=CANDIDATES, ids=lambda candidate: candidate.driver_class.__name__)
def candidate(request):
    """Each shipped driver in turn."""
    return request.param


@pytest.fixture
def shipped_candidates():
    return CANDIDATES


@pytest.fixture
def clock():
    return VirtualClock()


def _sent(driver_class, pairs):
    """The messages of a dialogue, spelt as the driver declares them."""
    sent = [message for message, _ in pairs if message is not None]
    sent = [message.hex(" ") if isinstance(message, bytes) else message for message in sent]
    return [text for message in sent for text in driver_class.declared_texts(message)]


@pytest.fixture
def dialogue(clock):
    """Open a driver that must send exactly these messages, all declared, and gets exactly these replies."""

    @contextmanager
    def opened(driver_class, pairs, **settings):
        with expected_protocol(driver_class, pairs, **settings) as driver:
            driver.adapter.clock = clock
            yield driver
        assert undeclared(driver_class, _sent(driver_class, pairs)) == []

    return opened


@pytest.fixture
def broken_at(monkeypatch):
    """Make every message that equals `message` fail like a lost connection."""

    def break_messages(driver, message):
        def broken(write):
            def attempt(command, **kwargs):
                if command == message:
                    raise InstrumentError(driver.name, str(message), "", "no answer")
                write(command, **kwargs)

            return attempt

        monkeypatch.setattr(driver.adapter, "_write", broken(driver.adapter._write))
        monkeypatch.setattr(driver.adapter, "_write_bytes", broken(driver.adapter._write_bytes))

    return break_messages
