from contextlib import contextmanager

import pytest
from pymeasure.test import expected_protocol

from labctl.clock import VirtualClock
from labctl.errors import InstrumentError


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def dialogue(clock):
    """Open a driver that must say exactly these messages and gets exactly these answers."""

    @contextmanager
    def opened(driver_class, pairs, **settings):
        with expected_protocol(driver_class, pairs, **settings) as driver:
            driver.adapter.clock = clock
            yield driver

    return opened


@pytest.fixture
def broken_at(monkeypatch):
    """Let every message that equals `message` fail as a lost connection would."""

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
