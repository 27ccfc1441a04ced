from contextlib import closing
from itertools import islice

import pytest

from drivers.keithley6517b import REST_NOT_CONFIRMED, Keithley6517B
from labctl.errors import BeyondInstrument, ConfigurationError, InstrumentError
from labctl.testing.trial import find_candidate

FINE = ("SYST:ERR?", '+0,"No error"')
IDENTITY = ("*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 6517B,4105123,A13/700x")


def sent(*messages):
    return [(message, None) for message in messages]


OFF_MESSAGES = (":OUTP OFF", ":SOUR:VOLT:MCON OFF", ":SYST:ZCH ON", ":SOUR:VOLT 0")
OFF = sent(*OFF_MESSAGES)
OFF_QUESTION = ":OUTP?;:SOUR:VOLT:MCON?;:SYST:ZCH?;:SOUR:VOLT?"
SAFE = [*OFF, (OFF_QUESTION, "0;0;1;+0.00000E+00")]


def settings(function, limit, level, *more):
    sense = f":SENS:{function}"
    return {
        ":SOUR:CURR:RLIM:STAT OFF": "0", ":SOUR:VOLT:RANG 100": "+1.00000E+02",
        f":SOUR:VOLT:LIM {limit}": str(limit), ":SOUR:VOLT:LIM:STAT ON": "1",
        f":SOUR:VOLT {level}": f"{level:+.5E}", f":SENS:FUNC '{function}'": f'"{function}:DC"',
        f"{sense}:RANG:AUTO ON": "1", f"{sense}:NPLC 1": "1.00", f"{sense}:AVER OFF": "0",
        f"{sense}:MED OFF": "0", f"{sense}:REF:STAT OFF": "0", ":SYST:ZCOR OFF": "0", ":CALC:STAT OFF": "0",
        ":INIT:CONT OFF": "0", ":TRIG:SOUR IMM": "IMM", ":FORM:DATA ASC": "ASC", ":FORM:ELEM READ": "READ",
    } | dict(more)  # fmt: skip


def read_back(replies, also, **changed):
    """The question for settings and `also`, and its reply; `changed` has other replies by header."""
    pairs = [(message.split()[0], reply) for message, reply in replies.items()] + also
    question = ";".join(f"{header}?" for header, _ in pairs)
    return question, ";".join(changed.get(header.replace(":", "_"), reply) for header, reply in pairs)


HOLD = settings("CURR", 2, 1.5, (":SENS:CURR:DAMP ON", "1"))
REST = settings("VOLT", 1, 0, (":SENS:VOLT:GUARD OFF", "0"))
OFF_AND_CHECKED = [(":OUTP", "0"), (":SYST:ZCH", "1")]
RUNNING = [(":SYST:ZCH", "0"), (":SOUR:VOLT:MCON", "1"), (":OUTP", "1")]
AT_REST = [(":SYST:ZCH", "0"), (":SOUR:VOLT:MCON", "1"), (":OUTP", "0")]
SET = [*sent(*HOLD), FINE, read_back(HOLD, OFF_AND_CHECKED), (":SYST:ZCH OFF", None), FINE]
ON = [(":SOUR:VOLT:MCON ON;:OUTP ON", None)]


def reading(value="+1.5E-12", limited="0", **changed):
    return [(":READ?", value), read_back(HOLD, RUNNING, **changed), (":SOUR:CURR:LIM:STAT?", limited)]


def test_preparing_resets_with_the_source_isolated_before_and_after(dialogue):
    reset = (";".join(["*RST", *OFF_MESSAGES]), None)
    with dialogue(Keithley6517B, [IDENTITY, ("*CLS", None), *SAFE, reset, FINE, *SAFE]) as meter:
        meter.prepare()
    with (
        dialogue(Keithley6517B, [("*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 6514,1,A05")]) as meter,
        pytest.raises(InstrumentError, match="not a MODEL 6517B"),
    ):
        meter.prepare()


def test_a_hold_reads_everything_back_before_the_output_and_with_each_reading(dialogue):
    second = reading(_SOUR_VOLT="+1.49500E+00")
    with dialogue(Keithley6517B, [*SET, *ON, *reading(), *second, *OFF]) as meter:
        points = list(meter.hold(1.5, [0, 5], 1e-3))
    assert [point.elapsed_s for point in points] == [0, 5]
    assert [point[2:] for point in points] == [(1.5, 1.5e-12, "ok"), (1.495, 1.5e-12, "ok")]


def test_the_output_stays_on_until_the_iterator_is_closed(dialogue):
    pairs = [*SET, *ON, *reading()]
    with dialogue(Keithley6517B, pairs + OFF) as meter, closing(meter.hold(1.5, [0], 1e-3)) as samples:
        assert len(list(islice(samples, 1))) == 1
        assert meter.adapter._index == len(pairs)


def test_the_sources_own_limit_is_in_the_status(dialogue):
    with dialogue(Keithley6517B, [*SET, *ON, *reading(limited="1"), *OFF]) as meter:
        (point,) = meter.hold(1.5, [0], 1e-3)
    assert point.status == "at the current limit of the source"


@pytest.mark.parametrize("current", ["+1.1E-03", "-1.1E-03", "+9.9E+37", "-9.9E+37", "+9.91E+37"])
def test_a_current_above_the_watched_limit_switches_the_output_off(dialogue, current):
    with (
        dialogue(Keithley6517B, [*SET, *ON, *reading(current), *OFF]) as meter,
        pytest.raises(InstrumentError, match="above the limit"),
    ):
        list(meter.hold(1.5, [0], 1e-3))


@pytest.mark.parametrize(
    ("header", "reply"),
    [
        ("_SYST_ZCH", "1"),
        ("_OUTP", "0"),
        ("_OUTP", "10"),
        ("_SOUR_VOLT_MCON", "0"),
        ("_SOUR_CURR_RLIM_STAT", "1"),
        ("_SOUR_VOLT", "+1.51100E+00"),
        ("_SOUR_VOLT", "1.5V"),
        ("_SOUR_VOLT_RANG", "+1.00000E+03"),
        ("_SENS_FUNC", '"VOLT:DC"'),
        ("_SENS_CURR_REF_STAT", "1"),
        ("_SENS_CURR_AVER", "1"),
        ("_SENS_CURR_MED", "1"),
        ("_SENS_CURR_DAMP", "0"),
        ("_SYST_ZCOR", "1"),
        ("_CALC_STAT", "1"),
        ("_FORM_ELEM", "READ,STAT"),
        ("_FORM_ELEM", "READ;0"),
    ],
)
def test_a_reading_taken_with_other_settings_is_an_error_and_the_output_off(dialogue, header, reply):
    asked = reading(**{header: reply})[:2]
    with dialogue(Keithley6517B, [*SET, *ON, *asked, *OFF]) as meter, pytest.raises(InstrumentError):
        list(meter.hold(1.5, [0], 1e-3))


@pytest.mark.parametrize("limited", ["2", "", "0;1", "ON"])
def test_a_limit_state_is_one_of_two_words(dialogue, limited):
    with (
        dialogue(Keithley6517B, [*SET, *ON, *reading(limited=limited), *OFF]) as meter,
        pytest.raises(InstrumentError, match="expected 0 or 1"),
    ):
        list(meter.hold(1.5, [0], 1e-3))


@pytest.mark.parametrize(("confirmed", "status"), [(False, REST_NOT_CONFIRMED), (True, "ok")])
def test_the_potential_at_rest_is_the_negative_reading_with_the_source_in_standby(
    dialogue, confirmed, status
):
    pairs = [
        *sent(*REST), FINE, read_back(REST, OFF_AND_CHECKED), *sent(":SYST:ZCH OFF", ":SOUR:VOLT:MCON ON"),
        FINE, (":READ?", "-1.500000E+00"), read_back(REST, AT_REST), *OFF,
    ]  # fmt: skip
    with dialogue(Keithley6517B, pairs, rest_confirmed=confirmed) as meter:
        (point,) = meter.rest([0])
    assert point[2:] == (1.5, 0.0, status)


def test_what_is_not_off_is_not_believed_to_be(dialogue):
    for reply in ("1;0;1;0", "0;1;1;0", "0;0;0;0", "0;0;1;5", "0;0;1"):
        with (
            dialogue(Keithley6517B, [*OFF, (OFF_QUESTION, reply)]) as meter,
            pytest.raises(InstrumentError),
        ):
            meter.make_safe()


def test_what_it_cannot_do_is_refused_before_anything_is_sent(dialogue):
    for potential_v, limit_a in ((101, 1e-3), (float("nan"), 1e-3), (1, 0.02), (1, 0), (1, float("nan"))):
        with dialogue(Keithley6517B, OFF[:0]) as meter, pytest.raises(BeyondInstrument):
            list(meter.hold(potential_v, [0], limit_a))
    with pytest.raises(ConfigurationError), dialogue(Keithley6517B, [], power_line_cycles=20):
        pass


def test_it_says_what_is_not_confirmed():
    assert len(Keithley6517B.unconfirmed({})) == 2
    assert len(Keithley6517B.unconfirmed({"rest_confirmed": True})) == 1


def test_the_current_is_the_cells():
    with find_candidate("drivers.keithley6517b:Keithley6517B").connected() as trial:
        trial.driver.prepare()
        (point,) = trial.driver.hold(0.5, [5.0], 1e-3)
        cell, temperature_k = trial.rig.world.cell.electrochemistry, trial.rig.world.oven.sample_k
        expected_a = 0.5 * cell.step_conductance_s(point.elapsed_s, temperature_k)
        assert point[2:] == (0.5, pytest.approx(expected_a, rel=1e-2), "ok")
        with pytest.raises(InstrumentError, match="above the limit"):
            list(trial.driver.hold(0.5, [5.0], 1e-4))
        assert not trial.energised
