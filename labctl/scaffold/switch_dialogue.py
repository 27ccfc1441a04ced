# ruff: noqa: D100, D103, SIM117
from pathlib import Path

import pytest
from pymeasure.test import expected_protocol

from labctl.config.station import read_station
from labctl.errors import InstrumentError
from labctl.scaffold.switch import NewInstrument

OPEN = [("RELAYS 0", None), ("RELAYS?", "0")]


def test_preparing_checks_the_model_and_leaves_all_relays_open():
    with expected_protocol(NewInstrument, [("*IDN?", "MAKER,NewInstrument,0,1.0"), *OPEN]) as switch:
        switch.prepare()


def test_another_instrument_is_refused():
    with expected_protocol(NewInstrument, [("*IDN?", "OTHER,MODEL,0,0")]) as switch:
        with pytest.raises(InstrumentError):
            switch.prepare()


def test_all_relays_are_open_before_one_closes():
    with expected_protocol(NewInstrument, [*OPEN, ("RELAYS 5", None), ("RELAYS?", "5")]) as switch:
        switch.close(["1", "3"])


def test_a_relay_that_does_not_close_is_an_error():
    with expected_protocol(NewInstrument, [*OPEN, ("RELAYS 1", None), ("RELAYS?", "0")]) as switch:
        with pytest.raises(InstrumentError, match="other relays"):
            switch.close(["1"])


def test_a_channel_that_is_not_there_is_never_sent():
    with expected_protocol(NewInstrument, []) as switch:
        with pytest.raises(ValueError):
            switch.close(["9"])


@pytest.mark.parametrize("reply", ["", "open", "1,2", "256", "-1"])
def test_a_reply_that_names_no_relays_is_an_error(reply):
    with expected_protocol(NewInstrument, [("RELAYS?", reply)]) as switch:
        with pytest.raises(InstrumentError):
            _ = switch.closed_channels


def test_making_safe_may_be_repeated_and_is_read_back():
    with expected_protocol(NewInstrument, OPEN + OPEN) as switch:
        switch.make_safe()
        switch.make_safe()
    with expected_protocol(NewInstrument, [("RELAYS 0", None), ("RELAYS?", "2")]) as switch:
        with pytest.raises(InstrumentError, match="still closed"):
            switch.make_safe()


def test_the_station_file_reaches_the_stand_in(monkeypatch):
    monkeypatch.chdir(Path(__file__).parent)
    with read_station("new_instrument_station.toml").open() as bench:
        switch = bench.roles["switch"]
        switch.close(["2"])
        assert switch.closed_channels == {"2"}
