# ruff: noqa: D100, D103, SIM117
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest
from pymeasure.test import expected_protocol

from labctl.config.station import read_station
from labctl.errors import InstrumentError
from labctl.scaffold.potentiostat import NewInstrument

OFF = [("CELL 0", None), ("POT 0", None)]
SAFE = [*OFF, ("CELL?", "0")]
ON = [("ILIM 0.001", None), ("POT 0.01", None), ("CELL 1", None)]
SAMPLE = ("MEAS?", "0.01,1.0E-6,0")


def test_preparing_checks_the_model_and_leaves_the_cell_off():
    with expected_protocol(NewInstrument, [("*IDN?", "MAKER,NewInstrument,0,1.0"), *SAFE]) as cell:
        cell.prepare()


def test_another_instrument_is_refused():
    with expected_protocol(NewInstrument, [("*IDN?", "OTHER,MODEL,0,0")]) as cell:
        with pytest.raises(InstrumentError):
            cell.prepare()


def test_a_hold_ends_with_the_cell_off():
    with expected_protocol(NewInstrument, [*ON, SAMPLE, SAMPLE, *OFF]) as cell:
        points = list(cell.hold(0.01, [0.0, 0.01], 1e-3))
    assert [(point.potential_v, point.current_a) for point in points] == [(0.01, 1e-6)] * 2


def test_the_cell_stays_on_until_the_iterator_is_closed():
    with expected_protocol(NewInstrument, [*ON, SAMPLE, *OFF]) as cell:
        with closing(cell.hold(0.01, [0.0, 0.01], 1e-3)) as samples:
            assert len(list(islice(samples, 1))) == 1


@pytest.mark.parametrize(
    ("reply", "status"), [("0.01,0.001,2", "at the current limit"), ("0.01,1,1", "overload")]
)
def test_limit_and_overload_are_in_the_status(reply, status):
    with expected_protocol(NewInstrument, [*ON, ("MEAS?", reply), *OFF]) as cell:
        (point,) = cell.hold(0.01, [0.0], 1e-3)
    assert point.status == status


@pytest.mark.parametrize("reply", ["", "0.01,1.0E-6", "0.01,x,0", "0.01,nan,0"])
def test_a_reply_that_is_no_measurement_is_an_error_and_the_cell_is_off(reply):
    with expected_protocol(NewInstrument, [*ON, ("MEAS?", reply), *OFF]) as cell:
        with pytest.raises(InstrumentError):
            list(cell.hold(0.01, [0.0], 1e-3))


def test_rest_leaves_the_cell_off():
    with expected_protocol(NewInstrument, [("CELL 0", None), SAMPLE]) as cell:
        assert len(list(cell.rest([0.0]))) == 1


def test_making_safe_may_be_repeated_and_is_read_back():
    with expected_protocol(NewInstrument, SAFE + SAFE) as cell:
        cell.make_safe()
        cell.make_safe()
    with expected_protocol(NewInstrument, [*OFF, ("CELL?", "1")]) as cell:
        with pytest.raises(InstrumentError, match="still on"):
            cell.make_safe()


def test_the_station_file_reaches_the_stand_in(monkeypatch):
    monkeypatch.chdir(Path(__file__).parent)
    with read_station("new_instrument_station.toml").open() as bench:
        (point,) = bench.potentiostat.hold(0.01, [0.0], 1e-3)
    assert point.current_a == 1e-6
