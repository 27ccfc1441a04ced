"""Alicat: lines as the maker's primer prints them, its units, and what making safe does."""

import pytest
from pymeasure.test import expected_protocol

from drivers.alicat import AlicatMC, parse_frame
from labctl.clock import VirtualClock
from labctl.errors import ConfigurationError, InstrumentError, LimitExceeded
from sim_instruments.instruments.alicat import Alicat
from sim_instruments.rig import build

LINE = b"A +014.70 +025.00 +02.004 +02.004 02.004 Air"
SLPM = {"flow_unit": "SLPM", "full_scale": 10.0}
STANDARD_M3_S = 273.15 / 298.15 / 6e4
"""m3/s at 0 degC of 1 L/min at 25 degC."""


def at(dialogue, **settings):
    return expected_protocol(AlicatMC, dialogue, **(SLPM | settings))


def test_a_line_of_the_primer_is_read_field_by_field():
    frame = parse_frame("A", LINE.decode())
    assert (frame.pressure, frame.celsius, frame.mass_flow, frame.setpoint) == (14.7, 25.0, 2.004, 2.004)
    assert (frame.gas, frame.problems) == ("Air", ())


def test_a_line_with_a_totaliser_and_words_is_read_as_well():
    frame = parse_frame("B", "B +014.70 +025.00 +02.004 +02.004 02.004 +000123.4 N2 HLD LCK MOV")
    assert (frame.setpoint, frame.gas) == (2.004, "N2")
    assert frame.problems == (
        "its valve is held and does not follow the set point",
        "the mass flow is beyond its range",
    )


@pytest.mark.parametrize(
    "line", ["", "?", "A", "B +014.70 +025.00 +02.004 +02.004 02.004 Air", "A +014.70 +025.00 +02.004 Air",
             "A +014.70 +025.00 +02.004 nan 02.004 Air", "A +014.70 +025.00 +02.0-4 +02.004 02.004 Air"]
)  # fmt: skip
def test_a_line_that_is_none_is_an_error_and_no_flow(line):
    with pytest.raises((ValueError,)):
        parse_frame("A", line)


def test_a_flow_is_at_0_degc_whatever_its_unit():
    with at([(b"A", LINE)]) as flow:
        assert flow.value == pytest.approx(2.004 * STANDARD_M3_S)
    with at([(b"A", LINE)], flow_unit="NCCM", full_scale=500) as flow:
        assert flow.value == pytest.approx(2.004e-6 / 60)


def test_the_set_point_is_sent_in_its_unit_and_read_back():
    with at([(b"AS2.0040", LINE)]) as flow:
        flow.setpoint = 2.004 * STANDARD_M3_S


def test_a_set_point_that_it_does_not_take_is_an_error():
    with at([(b"AS5.0000", LINE)]) as flow, pytest.raises(InstrumentError, match=r"2\.004 instead of 5"):
        flow.setpoint = 5 * STANDARD_M3_S


def test_a_flow_beyond_its_full_scale_is_refused_before_anything_is_sent():
    with at([]) as flow, pytest.raises(LimitExceeded):
        flow.setpoint = 10.1 * STANDARD_M3_S


def test_a_controller_of_pressure_is_refused():
    with (
        at([(b"AR122", b"A   122 = 34")]) as flow,
        pytest.raises(InstrumentError, match="not control a mass"),
    ):
        flow.prepare()


def test_readings_are_none_while_the_instrument_doubts_them():
    with at([(b"A", LINE + b" MOV")]) as flow, pytest.raises(InstrumentError, match="beyond its range"):
        flow.readings  # noqa: B018 - reading it is the act


def test_without_its_unit_it_does_not_begin():
    with pytest.raises(ConfigurationError), at([], flow_unit="L/min"):
        pass


@pytest.mark.parametrize(("when_safe", "left"), [("leave", 40.0), ("close", 0.0), ("purge", 25.0)])
def test_making_safe_leaves_closes_or_purges_as_the_station_says(when_safe, left):
    clock = VirtualClock()
    rig = build(clock, instruments={"ASRL7::INSTR": "alicat"})
    stand_in = rig.instruments["ASRL7::INSTR"]
    assert isinstance(stand_in, Alicat)
    settings = {"flow_unit": "SCCM", "full_scale": 100.0, "when_safe": when_safe, "purge_flow": 25.0}
    flow = AlicatMC("ASRL7::INSTR", visa_library=rig.visa_library, **settings)
    flow.prepare()
    flow.setpoint = 40 * 273.15 / 298.15 * 1e-6 / 60
    for act in (flow.switch_off, flow.make_safe, flow.make_safe):
        act()
        assert stand_in.setpoint == pytest.approx(left)
    rig.close()
