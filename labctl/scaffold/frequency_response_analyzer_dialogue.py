# ruff: noqa: D100, D103, SIM117
from pathlib import Path

import pytest
from pymeasure.test import expected_protocol

from labctl.config.station import read_station
from labctl.errors import InstrumentError
from labctl.scaffold.frequency_response_analyzer import NewInstrument

OFF = [("LEV 0", None), ("BIAS 0", None)]
SAFE = [*OFF, ("LEV?", "0"), ("BIAS?", "0")]
ON = [("BIAS 0", None), ("LEV 0.02", None)]
AT_1_KHZ = [("FREQ 1000", None), ("FREQ?", "1.000000E+03")]


def test_preparing_checks_the_model_and_takes_the_stimulus_away():
    with expected_protocol(NewInstrument, [("*IDN?", "MAKER,NewInstrument,0,1.0"), *SAFE]) as fra:
        fra.prepare()


def test_another_instrument_is_refused():
    with expected_protocol(NewInstrument, [("*IDN?", "OTHER,MODEL,0,0")]) as fra:
        with pytest.raises(InstrumentError):
            fra.prepare()


@pytest.mark.parametrize(("reply", "status"), [("100.0,-5.0,0", "ok"), ("9.9E37,9.9E37,1", "overload")])
def test_a_point_is_resistance_reactance_and_status(reply, status):
    with expected_protocol(NewInstrument, [*ON, *AT_1_KHZ, ("MEAS?", reply), *OFF]) as fra:
        (point,) = fra.sweep([1000.0], 0.02)
    assert point.z_real_ohm == float(reply.split(",")[0])
    assert point.status == status


@pytest.mark.parametrize("reply", ["", "100.0,-5.0", "100.0,x,0", "nan,-5.0,0"])
def test_a_reply_that_is_no_measurement_is_an_error_and_the_stimulus_is_off(reply):
    with expected_protocol(NewInstrument, [*ON, *AT_1_KHZ, ("MEAS?", reply), *OFF]) as fra:
        with pytest.raises(InstrumentError):
            list(fra.sweep([1000.0], 0.02))


def test_closing_a_spectrum_early_takes_the_stimulus_away():
    with expected_protocol(NewInstrument, [*ON, *AT_1_KHZ, ("MEAS?", "100.0,-5.0,0"), *OFF]) as fra:
        points = fra.sweep([1000.0, 100.0], 0.02)
        next(points)
        points.close()


def test_making_safe_may_be_repeated_and_is_read_back():
    with expected_protocol(NewInstrument, SAFE + SAFE) as fra:
        fra.make_safe()
        fra.make_safe()
    with expected_protocol(NewInstrument, [*OFF, ("LEV?", "0.02")]) as fra:
        with pytest.raises(InstrumentError, match="still on"):
            fra.make_safe()


def test_the_station_file_reaches_the_stand_in(monkeypatch):
    monkeypatch.chdir(Path(__file__).parent)
    with read_station("new_instrument_station.toml").open() as bench:
        (point,) = bench.fra.sweep([1000.0], 0.02)
    assert (point.z_real_ohm, point.z_imag_ohm) == (100, -5)
