from contextlib import closing
from itertools import islice

import pytest

from drivers.keithley2450 import Keithley2450
from labctl.errors import ConfigurationError, InstrumentError
from labctl.testing.trial import find_candidate

FINE = ("SYST:ERR?", '0,"No error;0;2026/01/01 00:00:00.0"')
OFF = [
    (":OUTP:VOLT:SMOD HIMP", None), (":OUTP:CURR:SMOD HIMP", None), (":OUTP OFF", None),
    (":SOUR:VOLT 0", None), (":SOUR:CURR 0", None),
]  # fmt: skip
SAFE = [*OFF, (":OUTP?", "0"), (":OUTP:VOLT:SMOD?", "HIMP"), (":OUTP:CURR:SMOD?", "HIMP")]
RESET = [(";".join(["*RST", *(sent for sent, _ in OFF)]), None), FINE]
SET_UP = [
    *((message, None) for message in (
        ":SOUR:FUNC VOLT", ":SOUR:VOLT:RANG 0.02", ":SOUR:VOLT 0.01", ":SOUR:VOLT:ILIM 0.001",
        ':SENS:FUNC "CURR"',
        ":SENS:CURR:RANG:AUTO ON", ":SOUR:VOLT:READ:BACK ON", ":SENS:CURR:UNIT AMP",
        ":SENS:CURR:REL:STAT OFF", ":CALC:CURR:MATH:STAT OFF", ":SENS:CURR:AVER OFF", ":SENS:COUN 1",
        ":SENS:CURR:NPLC 1",
        ":SENS:CURR:RSEN ON", ":ROUT:TERM FRON",
    )),
    FINE,
]  # fmt: skip


def sample(reading="1.5E-06", source="1.0E-02"):
    return [
        (':TRAC:CLE "defbuffer1"', None),
        (':READ? "defbuffer1"', reading),
        (':TRAC:DATA? 1,1,"defbuffer1",READ,REL,SOUR', f"{reading},0.000000,{source}"),
    ]


def held(reading="1.5E-06", source="1.0E-02", tripped="0"):
    return [*sample(reading, source), (":SOUR:VOLT:ILIM:TRIP?", tripped)]


def test_preparing_insists_on_the_model_and_its_native_language(dialogue):
    identity = ("*IDN?", "KEITHLEY INSTRUMENTS,MODEL 2450,04040404,1.7.0b")
    pairs = [identity, ("*LANG?", "SCPI"), ("*CLS", None), *SAFE, *RESET, *SAFE]
    with dialogue(Keithley2450, pairs) as smu:
        smu.prepare()
    for language in ("SCPI2400", "TSP"):
        with (
            dialogue(Keithley2450, [identity, ("*LANG?", language)]) as smu,
            pytest.raises(InstrumentError, match="choose the language SCPI"),
        ):
            smu.prepare()
    pairs = [("*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 2400,1,C30")]
    with dialogue(Keithley2450, pairs) as smu, pytest.raises(InstrumentError, match="not a MODEL 2450"):
        smu.prepare()


def test_a_hold_sets_everything_up_before_the_output_closes(dialogue):
    with dialogue(Keithley2450, [*SET_UP, (":OUTP ON", None), *held(), *held(), *OFF]) as smu:
        points = list(smu.hold(0.01, [0, 5], 1e-3))
    assert [point.elapsed_s for point in points] == [0, 5]
    assert {point[2:] for point in points} == {(0.01, 1.5e-6, "ok")}


def test_the_output_stays_on_until_the_iterator_is_closed(dialogue):
    pairs = [*SET_UP, (":OUTP ON", None), *held()]
    with dialogue(Keithley2450, pairs + OFF) as smu, closing(smu.hold(0.01, [0], 1e-3)) as samples:
        assert len(list(islice(samples, 1))) == 1
        assert smu.adapter._index == len(pairs)


@pytest.mark.parametrize(
    ("exchange", "status"),
    [
        (held("1.0E-03", "9.0E-03", "1"), "at the current limit"),
        (held("1.0E-03", "4.0E-03", "1"), "at the current limit; not at the set potential"),
        (held("1.0E-12", "0.0E-03"), "not at the set potential"),
        (held("9.9E+37"), "overflow"),
        (held("9.9E+37", tripped="1"), "at the current limit; overflow"),
    ],
)
def test_limit_and_overflow_are_in_the_status(dialogue, exchange, status):
    with dialogue(Keithley2450, [*SET_UP, (":OUTP ON", None), *exchange, *OFF]) as smu:
        (point,) = smu.hold(0.01, [0], 1e-3)
    assert point.status == status


def test_a_reading_that_is_not_the_one_just_taken_is_an_error_and_the_output_off(dialogue):
    stale = sample()
    stale[2] = (stale[2][0], "1.7E-06,0.0,1.0E-02")
    with (
        dialogue(Keithley2450, [*SET_UP, (":OUTP ON", None), *stale, *OFF]) as smu,
        pytest.raises(InstrumentError, match="differs from the last reading"),
    ):
        list(smu.hold(0.01, [0], 1e-3))


def test_a_refused_setting_is_reported_and_the_output_never_on(dialogue):
    refused = [*SET_UP[:-1], ("SYST:ERR?", '-222,"Parameter data out of range"'), FINE]
    with (
        dialogue(Keithley2450, [*refused, *OFF]) as smu,
        pytest.raises(InstrumentError, match="refused by the instrument") as error,
    ):
        list(smu.hold(0.01, [0], 1e-3))
    assert error.value.received == "error -222: Parameter data out of range"


def test_rest_sources_no_current(dialogue):
    set_up = (
        ":SOUR:FUNC CURR", ":SOUR:CURR 0", ":SOUR:CURR:VLIM 20", ':SENS:FUNC "VOLT"',
        ":SENS:VOLT:RANG:AUTO ON", ":SENS:VOLT:UNIT VOLT",
        ":SENS:VOLT:REL:STAT OFF",
        ":CALC:VOLT:MATH:STAT OFF", ":SENS:VOLT:AVER OFF", ":SENS:COUN 1",
        ":SENS:VOLT:NPLC 1", ":SENS:VOLT:RSEN OFF", ":ROUT:TERM REAR",
    )  # fmt: skip
    pairs = [
        *((message, None) for message in set_up),
        FINE,
        (":OUTP ON", None),
        *sample("2.5E-01", "0.0"),
        *OFF,
    ]
    with dialogue(Keithley2450, pairs, four_wire=False, rear=True) as smu:
        (point,) = smu.rest([0])
    assert (point.potential_v, point.current_a, point.status) == (0.25, 0, "ok")


@pytest.mark.parametrize(
    ("potential_v", "limit_a"), [(300, 1e-3), (float("nan"), 1e-3), (0.01, 2), (0.01, 0)]
)
def test_what_the_instrument_cannot_do_is_never_sent(dialogue, potential_v, limit_a):
    with dialogue(Keithley2450, []) as smu, pytest.raises(ValueError):
        next(smu.hold(potential_v, [0], limit_a))


def test_a_setting_that_makes_no_sense_is_a_configuration_error(dialogue):
    with pytest.raises(ConfigurationError), dialogue(Keithley2450, [], power_line_cycles=100):
        pass


def test_making_safe_opens_the_relay_first_and_may_be_repeated(dialogue):
    with dialogue(Keithley2450, SAFE + SAFE) as smu:
        smu.make_safe()
        smu.make_safe()


def test_an_output_that_stays_on_is_reported(dialogue):
    with (
        dialogue(Keithley2450, [*OFF, (":OUTP?", "1")]) as smu,
        pytest.raises(InstrumentError, match="still on"),
    ):
        smu.make_safe()


@pytest.mark.parametrize("message", [sent for sent, _ in OFF])
def test_one_failing_message_does_not_keep_the_rest_from_being_sent(dialogue, broken_at, message):
    with dialogue(Keithley2450, [pair for pair in SAFE if pair[0] != message]) as smu:
        broken_at(smu, message)
        with pytest.raises(InstrumentError, match="no answer"):
            smu.make_safe()


@pytest.mark.parametrize("function", ["VOLT", "CURR"])
def test_off_that_leaves_0_volt_at_the_cell_is_not_safe(dialogue, function):
    state = (f":OUTP:{function}:SMOD?", "NORM")
    pairs = [state if pair[0] == state[0] else pair for pair in SAFE]
    pairs = pairs[: pairs.index(state) + 1]
    with dialogue(Keithley2450, pairs) as smu, pytest.raises(InstrumentError, match="close to a short"):
        smu.make_safe()


def test_after_a_rest_the_cell_is_open_and_not_on_0_volt():
    with find_candidate("drivers.keithley2450:Keithley2450").connected() as trial:
        trial.driver.prepare()
        assert len(list(trial.driver.rest([0.0, 1.0]))) == 2
        assert not trial.energised
