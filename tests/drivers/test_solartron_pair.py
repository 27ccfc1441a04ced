import math
from contextlib import closing
from dataclasses import replace

import pytest
from pymeasure.test import expected_protocol

from drivers.solartron1260 import Solartron1260
from drivers.solartron1287 import Solartron1287
from drivers.solartron_pair import Solartron1260With1287
from labctl.errors import ConfigurationError, InstrumentError

NO_ERROR = ("?ER", "0")
RATIO = "+1.0000000E+03,+1.5000E+00,-5.0000E-01,0,00"


def said(*messages):
    return [(message, None) for message in messages]


def told(*messages):
    return [pair for message in messages for pair in ((message, None), NO_ERROR)]


def measured(bias, *points, amplitude="VA1"):
    set_up = said(
        "OP1,0", "OP2,1", "OP3,0", "GT0", "SO1,2", "SO1,2", "CV0", "VI0", "UW0", "SW0", "AU0", "DC1,0",
        "DC2,0",
        "RA1,0", "RA2,0", "IS1", "MS0.1", bias, amplitude,
    )  # fmt: skip
    asked = [pair for line in points for pair in (("FR1000", None), ("SI", line))]
    return [*set_up, *asked, *said("BK", "VA0", "VB0")]


SET_UP = [
    ("CE", None), *told("PO0", "BY0", "ON0", "OL0", "DG0", "RG0", "TR1", "RU1", "PX3", "PY5", "IL3", "RR4"),
]  # fmt: skip
THROUGH = told("VX0", "IX0", "PI1")
CELL_OFF = [("PW0", None), NO_ERROR, *said("SW0", "PV0", "BY0", "RU0", "GP0")]


@pytest.fixture
def pair(dialogue):
    """Open both instruments, each with its own dialogue; a range of 100 ohm."""
    from contextlib import contextmanager

    @contextmanager
    def opened(cell_pairs, analyser_pairs):
        with expected_protocol(Solartron1260, analyser_pairs, reads_back=False) as analyser:
            settings = {"partner": analyser, "standard_resistor_ohm": 100.0, "reads_back": False}
            with dialogue(Solartron1260With1287, cell_pairs, **settings) as cell:
                yield cell

    return opened


def test_an_impedance_is_the_ratio_times_the_standard_resistor(pair):
    cell_pairs = [*SET_UP, *told("BY0", "PV0", "PW1"), *THROUGH, NO_ERROR, *said("PI0"), *CELL_OFF]
    with pair(cell_pairs, measured("VB0", RATIO)) as cell:
        (point,) = cell.sweep([1000], 0.01)
    assert point[:3] == (1000, 150, -50)
    assert point.status == "ok"


def test_the_bias_is_the_potentiostats_and_never_the_analysers(pair):
    cell_pairs = [*SET_UP, *told("BY0", "PV+1.0000E-1", "PW1"), *THROUGH, NO_ERROR, *said("PI0"), *CELL_OFF]
    with pair(cell_pairs, measured("VB0", RATIO)) as cell:
        list(cell.sweep([1000], 0.01, bias_v=0.1))


def test_a_large_amplitude_goes_in_at_full_gain(pair):
    through = told("VX0", "IX0", "PI0")
    cell_pairs = [*SET_UP, *told("BY0", "PV0", "PW1"), *through, NO_ERROR, *said("PI0"), *CELL_OFF]
    with pair(cell_pairs, measured("VB0", RATIO, amplitude="VA0.05")) as cell:
        list(cell.sweep([1000], 0.05))


def test_a_spectrum_within_a_hold_leaves_the_cell_polarised(pair):
    reading = [("GP1", "+1.0E-02,+1.0E-06,00,00"), ("GP0", None), NO_ERROR]
    step = [*told("BY1"), ("GP1", "+0.0E+00,+0.0E+00,00,00"), ("GP0", None), NO_ERROR]
    step += told("BY0", "PV0", "PW1", "PV+1.0000E-2")
    spectrum = [*THROUGH, NO_ERROR, *said("PI0")]
    said_to_cell = [*SET_UP, *step, *reading, *spectrum, *CELL_OFF]
    with pair(said_to_cell, measured("VB0", RATIO)) as cell, closing(cell.hold(0.01, [0.0], 2e-3)) as samples:
        next(samples)
        list(cell.sweep([1000], 0.01, bias_v=0.01))
        with pytest.raises(ValueError, match=r"held at 0\.01 V"):
            cell.sweep([1000], 0.01, bias_v=0.02)


def test_a_fault_of_either_instrument_is_in_the_status(pair):
    line = "+1.0000000E+03,+1.5000E+00,-5.0000E-01,2,00"
    cell_pairs = [*SET_UP, *told("BY0", "PV0", "PW1"), *THROUGH, ("?ER", "44"), *said("PI0"), *CELL_OFF]
    with pair(cell_pairs, measured("VB0", line)) as cell:
        (point,) = cell.sweep([1000], 0.01)
    assert point.status == "error 2: overload or out of range; 1287: error 44"


def test_both_are_made_safe_the_cell_first_and_each_even_if_the_other_fails(pair, broken_at):
    off = said("BK", "VA0", "VB0", "IA0", "IB0", "SW0", "OP2,0")
    with pair(CELL_OFF, off) as cell:
        cell.make_safe()
    with pair([step for step in CELL_OFF if step[0] != "PW0"], off) as cell:
        broken_at(cell, "PW0")
        with pytest.raises(InstrumentError):
            cell.make_safe()


def test_only_a_1260_can_be_the_partner(dialogue):
    with (
        expected_protocol(Solartron1287, []) as other,
        pytest.raises(ConfigurationError, match="Solartron 1260"),
    ):
        Solartron1260With1287(other.adapter, partner=other, standard_resistor_ohm=100.0)  # type: ignore[arg-type]


def test_a_gain_that_got_lost_is_noticed_before_the_generator_is_on(dialogue):
    ranges = [("?IL", "3"), ("?RR", "4")]
    cell_pairs = [
        *SET_UP,
        *ranges,
        *told("BY0", "PV0", "PW1"),
        ("?PW", "1"),
        *THROUGH,
        ("?PI", "0"),
        *CELL_OFF,
    ]
    with expected_protocol(Solartron1260, []) as analyser:
        settings = {"partner": analyser, "standard_resistor_ohm": 100.0}
        opened = dialogue(Solartron1260With1287, cell_pairs, **settings)
        with opened as cell, pytest.raises(InstrumentError, match="set value 1"):
            list(cell.sweep([1000], 0.01))


def test_a_gain_of_a_rear_output_that_was_left_is_noticed_before_the_generator_is_on(dialogue):
    cell_pairs = [
        *SET_UP,
        ("?IL", "3"),
        ("?RR", "4"),
        *told("BY0", "PV0", "PW1"),
        ("?PW", "1"),
        *THROUGH,
        ("?PI", "1"),
        ("?VX", "0"),
        ("?IX", "1"),
        *CELL_OFF,
    ]
    with expected_protocol(Solartron1260, []) as analyser:
        settings = {"partner": analyser, "standard_resistor_ohm": 100.0}
        opened = dialogue(Solartron1260With1287, cell_pairs, **settings)
        with opened as cell, pytest.raises(InstrumentError, match=r"'\?IX', answered '1'"):
            list(cell.sweep([1000], 0.01))


def test_the_pair_is_made_safe_in_its_time_although_the_analyser_answers_no_query(shipped_candidates):
    with shipped_candidates[-1].connected() as trial:
        trial.rig.faults.add("timeout", command=r"^\?V|^V.\?", instrument="GPIB0::4::INSTR", count=math.inf)
        trial.driver.switch_off()
        trial.driver.make_safe()
        assert trial.clock.monotonic() <= trial.driver.safe_within_s


@pytest.mark.parametrize(("resistor_ohm", "factor"), [(1e3, 100.0), (1e2, 1.0)])
def test_the_bench_check_in_the_range_of_1000_ohm_shows_a_reversed_map(
    shipped_candidates, resistor_ohm, factor
):
    found = []
    for is_reversed in (False, True):
        candidate = replace(shipped_candidates[-1], settings={"standard_resistor_ohm": resistor_ohm})
        with candidate.connected() as trial:
            trial.rig.instruments[candidate.address].has_reversed_map = is_reversed
            trial.driver.prepare()
            (point,) = trial.driver.sweep([1000.0], 0.01)
            found.append(point.z_real_ohm)
    assert found[1] / found[0] == pytest.approx(factor, rel=0.01)
