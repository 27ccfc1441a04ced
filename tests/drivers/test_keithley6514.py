from functools import partial

import pytest

from drivers.keithley2450 import Keithley2450
from drivers.keithley6514 import Keithley2400With6514, Keithley6514
from labctl.errors import BeyondInstrument, ConfigurationError, InstrumentError
from labctl.testing.trial import QUIET_CELL, Candidate, Partner
from sim_instruments.rig import build

FINE = ("SYST:ERR?", '0,"No error"')
IDENTITY = ("*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 6514,4310331,A13")
SETTINGS = {
    ":SENS:FUNC 'CURR'": '"CURR:DC"', ":SENS:CURR:RANG:AUTO ON": "1", ":SENS:CURR:NPLC 1": "1.00",
    ":SENS:CURR:DAMP ON": "1", ":SENS:AVER:STAT OFF": "0", ":SENS:MED:STAT OFF": "0", ":CALC:STAT OFF": "0",
    ":CALC2:NULL:STAT OFF": "0", ":SYST:ZCOR OFF": "0", ":SYST:AZER:STAT ON": "1", ":ARM:SOUR IMM": "IMM",
    ":ARM:COUN 1": "1", ":TRIG:SOUR IMM": "IMM", ":TRIG:COUN 1": "1", ":FORM:DATA ASC": "ASC",
    ":FORM:ELEM READ": "READ",
}  # fmt: skip
SAFE = [(":SYST:ZCH ON", None), (":SYST:ZCH?", "1")]
SOURCE, AMMETER = "GPIB0::24::INSTR", "GPIB0::14::INSTR"
PAIR = Candidate(
    "drivers.keithley6514:Keithley2400With6514",
    Keithley2400With6514,
    partial(build, instruments={SOURCE: "keithley2400", AMMETER: "keithley6514"}, **QUIET_CELL),
    SOURCE,
    {},
    Partner(Keithley6514, AMMETER),
)


def read_back(checked="", **changed):
    """The question for every setting, and its reply; `checked` is that of zero check, if it is asked for."""
    pairs = [(message.split()[0], reply) for message, reply in SETTINGS.items()]
    pairs += [(":SYST:ZCH", checked)] if checked else []
    question = ";".join(f"{header}?" for header, _ in pairs)
    return question, ";".join(changed.get(header.replace(":", "_"), reply) for header, reply in pairs)


READY = [(":SYST:ZCH OFF", None), FINE, read_back("0")]


def test_it_is_set_up_with_zero_check_on(dialogue):
    pairs = [
        IDENTITY, ("*CLS", None), ("*RST;:SYST:ZCH ON", None), FINE,
        *((message, None) for message in SETTINGS), FINE, *SAFE, read_back(),
    ]  # fmt: skip
    with dialogue(Keithley6514, pairs) as meter:
        meter.prepare()
    with (
        dialogue(Keithley6514, [("*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 6517B,1,A13")]) as meter,
        pytest.raises(InstrumentError, match="not a MODEL 6514"),
    ):
        meter.prepare()


def test_zero_check_is_off_for_the_reading_only(dialogue):
    pairs = [*READY, (":READ?", "+1.5E-12"), read_back("0"), (":SYST:ZCH ON", None)]
    with dialogue(Keithley6514, pairs) as meter, meter.ready():
        assert meter.current_a() == 1.5e-12


@pytest.mark.parametrize(
    ("header", "reply"),
    [
        ("_SYST_ZCH", "1"), ("_SENS_FUNC", '"VOLT:DC"'), ("_SENS_CURR_RANG_AUTO", "0"),
        ("_SENS_CURR_DAMP", "0"), ("_SENS_AVER_STAT", "1"), ("_SENS_MED_STAT", "1"), ("_CALC_STAT", "1"),
        ("_CALC2_NULL_STAT", "1"), ("_SYST_ZCOR", "1"), ("_SYST_AZER_STAT", "0"), ("_ARM_COUN", "2"),
        ("_TRIG_COUN", "2"), ("_FORM_ELEM", "READ,TIME,STAT"), ("_FORM_ELEM", "READ;0"),
    ],
)  # fmt: skip
def test_a_reading_taken_with_other_settings_is_an_error(dialogue, header, reply):
    asked = [(":READ?", "+1.5E-12"), read_back("0", **{header: reply})]
    with (
        dialogue(Keithley6514, [*READY, *asked, (":SYST:ZCH ON", None)]) as meter,
        pytest.raises(InstrumentError),
        meter.ready(),
    ):
        meter.current_a()


@pytest.mark.parametrize("reply", ["+1.5E-12A", "+1.5E-12,+1.0,+0.0", "", "nan"])
def test_a_reading_is_one_number(dialogue, reply):
    with (
        dialogue(Keithley6514, [*READY, (":READ?", reply), (":SYST:ZCH ON", None)]) as meter,
        pytest.raises(InstrumentError),
        meter.ready(),
    ):
        meter.current_a()


def test_the_pair_needs_a_6514():
    with pytest.raises(ConfigurationError, match="must name a Keithley 6514"), PAIR.connected() as trial:
        Keithley2400With6514(trial.driver.adapter, partner=Keithley2450(trial.driver.adapter))


def test_the_current_is_that_of_the_6514_and_the_output_off_at_the_end():
    with PAIR.connected() as trial:
        trial.driver.prepare()
        cell, temperature_k = trial.rig.world.cell.electrochemistry, trial.rig.world.oven.sample_k
        points = trial.driver.hold(0.01, [0.0, 5.0], 1e-3)
        next(points)
        ammeter = trial.rig.instruments[AMMETER]
        assert (trial.energised, ammeter.zero_check) == (True, False)
        point = next(points)
        expected_a = 0.01 * cell.step_conductance_s(point.elapsed_s, temperature_k)
        assert point.current_a == pytest.approx(expected_a, rel=1e-2)
        assert (point.potential_v, point.status) == (pytest.approx(0.01, rel=1e-2), "ok")
        points.close()
        assert (trial.energised, ammeter.zero_check) == (False, True)


def test_a_closed_hold_ends_with_the_output_off_before_zero_check():
    with PAIR.connected() as trial:
        trial.driver.prepare()
        points = trial.driver.hold(0.01, [0.0, 5.0], 1e-3)
        next(points)
        del trial.sent[:]
        points.close()
        assert trial.sent == [":OUTP:SMOD HIMP", ":OUTP OFF", ":SOUR:VOLT 0", ":SOUR:CURR 0", ":SYST:ZCH ON"]


def test_two_meters_that_disagree_and_an_overflow_are_in_the_status():
    with PAIR.connected() as trial:
        trial.driver.prepare()
        ammeter = trial.rig.instruments[AMMETER]
        points = trial.driver.hold(0.1, [0.0, 5.0, 10.0], 1e-3)
        assert next(points).status == "ok"
        trial.driver.ammeter.current_a = lambda: -1e-4
        assert next(points).status.startswith("the 2400 reads 7")
        trial.driver.ammeter.current_a = partial(Keithley6514.current_a, trial.driver.ammeter)
        ammeter.overload = True
        assert next(points).status == "overflow of the ammeter"
        points.close()


def test_the_limit_of_the_2400_is_in_the_status():
    with PAIR.connected() as trial:
        trial.driver.prepare()
        (point,) = trial.driver.hold(0.1, [0.0], 1e-5)
        assert point.status.startswith("at the current limit")


def test_at_rest_the_2400_measures_and_zero_check_is_off():
    with PAIR.connected() as trial:
        trial.driver.prepare()
        points = trial.driver.rest([0.0, 1.0])
        assert next(points).status == "ok"
        assert not trial.rig.instruments[AMMETER].zero_check
        points.close()
        assert trial.rig.instruments[AMMETER].zero_check


@pytest.mark.parametrize(("potential_v", "limit_a"), [(0.1, 0.05), (300, 1e-3), (0.1, 1e-12)])
def test_what_either_cannot_do_is_refused_before_anything_is_sent(potential_v, limit_a):
    with PAIR.connected() as trial:
        trial.driver.prepare()
        del trial.sent[:]
        with pytest.raises(BeyondInstrument):
            list(trial.driver.hold(potential_v, [0.0], limit_a))
        assert trial.sent == []


@pytest.mark.parametrize(
    "left",
    [
        [":CALC2:NULL:OFFS 1E-6", ":CALC2:NULL:STAT ON"],
        [":SENS:AVER:COUN 50", ":SENS:AVER ON", ":FORM:ELEM READ,TIME,STAT"],
        [":SENS:CURR:RANG 2E-11", ":TRIG:COUN 5", ":SENS:FUNC 'VOLT'"],
    ],
)
def test_what_was_left_at_the_panel_of_the_6514_changes_no_number(left):
    with PAIR.connected() as trial:
        for message in left:
            trial.driver.ammeter.write(message)
        trial.driver.prepare()
        (point,) = trial.driver.hold(0.01, [5.0], 1e-3)
        cell, temperature_k = trial.rig.world.cell.electrochemistry, trial.rig.world.oven.sample_k
        expected_a = 0.01 * cell.step_conductance_s(point.elapsed_s, temperature_k)
        assert point.current_a == pytest.approx(expected_a, rel=1e-2)
