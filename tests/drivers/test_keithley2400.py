from contextlib import closing
from itertools import islice

import pytest

from drivers.keithley2400 import Keithley2400, Keithley6430
from labctl.errors import ConfigurationError, InstrumentError
from labctl.testing.trial import find_candidate

FINE = ("SYST:ERR?", '0,"No error"')
FUNCTIONS = '"VOLT:DC","CURR:DC"'
ELEMENTS = "VOLT,CURR,STAT"
SOURCES_VOLTAGE, SOURCES_CURRENT, BOTH, FRONT, FOUR_WIRE = 1 << 14, 1 << 15, 3 << 11, 1 << 2, 1 << 22
GOOD = SOURCES_VOLTAGE | BOTH | FRONT | FOUR_WIRE
OFF = [(":OUTP:SMOD HIMP", None), (":OUTP OFF", None), (":SOUR:VOLT 0", None), (":SOUR:CURR 0", None)]
SAFE = [*OFF, (":OUTP?", "0"), (":OUTP:SMOD?", "HIMP")]
READING = (
    ":SENS:FUNC:CONC ON", ":SENS:FUNC:OFF:ALL", f":SENS:FUNC {FUNCTIONS}", ":SENS:CURR:NPLC 1",
    ":SENS:AVER OFF", ":CALC:STAT OFF", ":CALC2:NULL:STAT OFF", ":SYST:AZER ON", ":SYST:RSEN ON",
    ":ROUT:TERM FRON", ":ARM:COUN 1", ":ARM:SOUR IMM", ":TRIG:COUN 1", ":TRIG:SOUR IMM", ":FORM:DATA ASC",
    f":FORM:ELEM {ELEMENTS}",
)  # fmt: skip


def sent(*messages):
    return [(message, None) for message in messages]


SET = [
    *sent(":SOUR:CLE:AUTO OFF", ":SOUR:FUNC VOLT", ":SOUR:VOLT:MODE FIX", ":SOUR:VOLT:RANG 20"),
    *sent(":SENS:CURR:PROT 0.1", ":SENS:CURR:RANG 0.001", ":SENS:CURR:PROT 0.001"),
    *sent(":SOUR:VOLT:RANG 0.2", ":SOUR:VOLT 0.01", *READING, ":SENS:CURR:RANG:AUTO ON"),
    FINE,
]
CONFIRMED = [
    (":SOUR:FUNC?", "VOLT"), (":SENS:FUNC?", FUNCTIONS), (":FORM:ELEM?", ELEMENTS),
    (":SOUR:VOLT?", "+1.000000E-02"), (":SENS:CURR:PROT?", "+1.000000E-03"),
]  # fmt: skip
ON = [(":OUTP ON", None), (":OUTP?", "1")]


def reading(volts="+1.0E-02", amps="+1.5E-12", status=GOOD):
    return (":READ?", f"{volts},{amps},{float(status):+.6E}")


def test_preparing_resets_with_the_relay_open_before_and_after(dialogue):
    identity = ("*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 2400,4105123,C32   Oct  4 2010")
    reset = (";".join(["*RST", *(message for message, _ in OFF)]), None)
    with dialogue(Keithley2400, [identity, ("*CLS", None), *SAFE, reset, FINE, *SAFE]) as smu:
        smu.prepare()
    with (
        dialogue(Keithley2400, [("*IDN?", "KEITHLEY INSTRUMENTS,MODEL 2450,1,1.7")]) as smu,
        pytest.raises(InstrumentError, match="not a MODEL 2400"),
    ):
        smu.prepare()


def test_a_hold_sets_and_reads_back_everything_before_the_output_closes(dialogue):
    with dialogue(Keithley2400, [*SET, *CONFIRMED, *ON, reading(), reading(), *OFF]) as smu:
        points = list(smu.hold(0.01, [0, 5], 1e-3))
    assert [point.elapsed_s for point in points] == [0, 5]
    assert {point[2:] for point in points} == {(0.01, 1.5e-12, "ok")}


def test_the_output_stays_on_until_the_iterator_is_closed(dialogue):
    pairs = [*SET, *CONFIRMED, *ON, reading()]
    with dialogue(Keithley2400, pairs + OFF) as smu, closing(smu.hold(0.01, [0], 1e-3)) as samples:
        assert len(list(islice(samples, 1))) == 1
        assert smu.adapter._index == len(pairs)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (reading(status=GOOD | 1 << 3), "at the current limit"),
        (reading("+4.0E-03", "+1.0E-03", GOOD | 1 << 3), "at the current limit; not at the set potential"),
        (reading(status=GOOD | 1 << 16), "at the limit of the current range"),
        (reading(status=GOOD | 1 << 4), "at the over-voltage limit"),
        (reading(amps="+9.9E+37", status=GOOD | 1), "overflow"),
        (reading(amps="+9.9E+37"), "overflow"),
        (reading("0.0"), "not at the set potential"),
    ],
)
def test_limit_and_overflow_are_in_the_status(dialogue, answer, status):
    with dialogue(Keithley2400, [*SET, *CONFIRMED, *ON, answer, *OFF]) as smu:
        (point,) = smu.hold(0.01, [0], 1e-3)
    assert point.status == status


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (reading(status=GOOD | 1 << 1), "filter"),
        (reading(status=GOOD | 1 << 5), "math"),
        (reading(status=GOOD | 1 << 6), "REL"),
        (reading(status=GOOD | 1 << 10), "auto ohms"),
        (reading(status=GOOD ^ SOURCES_VOLTAGE ^ SOURCES_CURRENT), "another source"),
        (reading(status=GOOD ^ 1 << 12), "another source or measurement function"),
        (reading(status=GOOD ^ FRONT), "other terminals or wires"),
        (reading(status=GOOD ^ FOUR_WIRE), "other terminals or wires"),
        (reading(amps="+9.91E+37"), "not measured"),
        (reading(status=0.5), "no status word"),
        (reading(status=-1), "no status word"),
        ((":READ?", "+1.0E-02,+1.5E-12"), "expected 3"),
        ((":READ?", "+1.0E-02,+1.5E-12,+7.8E+03,0"), "expected 3"),
    ],
)
def test_a_reading_taken_with_other_settings_is_an_error_and_the_output_off(dialogue, answer, problem):
    with (
        dialogue(Keithley2400, [*SET, *CONFIRMED, *ON, answer, *OFF]) as smu,
        pytest.raises(InstrumentError, match=problem),
    ):
        list(smu.hold(0.01, [0], 1e-3))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (":SOUR:FUNC?", "CURR"),
        (":SENS:FUNC?", '"CURR:DC"'),
        (":FORM:ELEM?", "VOLT,CURR,RES,TIME,STAT"),
        (":SOUR:VOLT?", "+1.100000E-02"),
        (":SENS:CURR:PROT?", "+1.050000E-04"),
    ],
)
def test_a_setting_that_reads_back_otherwise_keeps_the_output_off(dialogue, question, answer):
    asked = [pair[0] for pair in CONFIRMED]
    before = CONFIRMED[: asked.index(question)]
    with (
        dialogue(Keithley2400, [*SET, *before, (question, answer), *OFF]) as smu,
        pytest.raises(InstrumentError),
    ):
        list(smu.hold(0.01, [0], 1e-3))


def test_an_output_that_does_not_switch_on_is_named(dialogue):
    pairs = [*SET, *CONFIRMED, (":OUTP ON", None), (":OUTP?", "0"), *OFF]
    with dialogue(Keithley2400, pairs) as smu, pytest.raises(InstrumentError, match="interlock"):
        list(smu.hold(0.01, [0], 1e-3))


def test_rest_sources_no_current(dialogue):
    pairs = [
        *sent(":SOUR:CLE:AUTO OFF", ":SOUR:FUNC CURR", ":SOUR:CURR:MODE FIX", ":SOUR:CURR 0"),
        *sent(":SENS:VOLT:PROT 20", *READING, ":SENS:VOLT:RANG:AUTO ON"),
        FINE,
        *((question, "CURR" if question == ":SOUR:FUNC?" else answer) for question, answer in CONFIRMED[:3]),
        (":SOUR:CURR?", "+0.000000E+00"),
        *ON,
        reading("+2.5E-01", "+0.0", SOURCES_CURRENT | BOTH | FRONT | FOUR_WIRE),
        *OFF,
    ]
    with dialogue(Keithley2400, pairs) as smu:
        (point,) = smu.rest([0])
    assert (point.potential_v, point.current_a, point.status) == (0.25, 0, "ok")


@pytest.mark.parametrize(
    ("potential_v", "limit_a"), [(300, 1e-3), (float("nan"), 1e-3), (0.01, 2), (0.01, 1e-12), (100, 0.5)]
)
def test_what_the_instrument_cannot_do_is_never_sent(dialogue, potential_v, limit_a):
    with dialogue(Keithley2400, []) as smu, pytest.raises(ValueError):
        next(smu.hold(potential_v, [0], limit_a))


def test_a_setting_that_makes_no_sense_is_a_configuration_error(dialogue):
    with pytest.raises(ConfigurationError), dialogue(Keithley2400, [], power_line_cycles=100):
        pass


def test_making_safe_reads_output_and_off_state_back(dialogue):
    with dialogue(Keithley2400, SAFE + SAFE) as smu:
        smu.make_safe()
        smu.make_safe()
    with (
        dialogue(Keithley2400, [*OFF, (":OUTP?", "1")]) as smu,
        pytest.raises(InstrumentError, match="still on"),
    ):
        smu.make_safe()
    with (
        dialogue(Keithley2400, [*SAFE[:-1], (":OUTP:SMOD?", "NORM")]) as smu,
        pytest.raises(InstrumentError, match="close to a short"),
    ):
        smu.make_safe()


def test_a_6430_sources_no_current_while_it_is_off(dialogue):
    guarded = [(":OUTP:SMOD GUAR", None), *OFF[1:], (":OUTP?", "0"), (":OUTP:SMOD?", "GUAR")]
    with dialogue(Keithley6430, guarded) as smu:
        smu.make_safe()


@pytest.mark.parametrize("model", ["Keithley2400", "Keithley6430"])
def test_a_hold_after_a_hold_with_a_much_larger_limit_is_accepted(model):
    with find_candidate(f"drivers.keithley2400:{model}").connected() as trial:
        trial.driver.prepare()
        for limit_a in (0.1, 1e-8, 0.1):
            (point,) = trial.driver.hold(0.0, [1.0], limit_a)
            assert point.status == "ok"
        assert len(list(trial.driver.rest([0.0, 1.0]))) == 2
        assert not trial.energised
