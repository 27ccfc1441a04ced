"""Settings left at the front panel before a run must not change a measured number."""

import pytest

from drivers.agilent4294a import Agilent4294A
from drivers.keithley2400 import Keithley2400, Keithley6430
from drivers.keithley2450 import Keithley2450
from drivers.keithley6517b import Keithley6517B
from drivers.keysight_e4990a import KeysightE4990A
from drivers.lcr_meters import Agilent4284A, KeysightE4980A
from labctl.testing.trial import find_candidate
from sim_instruments.stand_ins import DRIVERS

AMPLITUDE_V, STEP_V, LIMIT_A = 0.02, 0.01, 1e-3


def measured(driver_class, left, after_preparing=False):
    (reference,) = [r for r, _ in DRIVERS.values() if r.endswith(f":{driver_class.__name__}")]
    with find_candidate(reference).connected() as trial:
        driver = trial.driver
        if after_preparing:
            driver.prepare()
        for message in left:
            driver.write(message)
        if not after_preparing:
            driver.prepare()
        if hasattr(driver, "sweep"):
            return [complex(p.z_real_ohm, p.z_imag_ohm) for p in driver.sweep([1e5, 1e4, 1e3], AMPLITUDE_V)]
        list(driver.hold(10 * STEP_V, [0.0], LIMIT_A))  # what a moving filter would mix in
        return [p.current_a for p in driver.hold(STEP_V, [0.0, 5.0], LIMIT_A)]


@pytest.mark.parametrize("after_preparing", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("driver_class", "left"),
    [
        (Keithley2450, [":SENS:CURR:REL 1E-6", ":SENS:CURR:REL:STAT ON"]),
        (Keithley2450, [":CALC:CURR:MATH:STAT ON"]),
        (Keithley2450, [":SENS:CURR:UNIT OHM"]),
        (Keithley2450, [":SENS:CURR:AVER:COUN 50", ":SENS:CURR:AVER ON"]),
        (Keithley2450, [":SENS:COUN 5"]),
        (Keithley2400, [":CALC2:NULL:OFFS 1E-6", ":CALC2:NULL:STAT ON"]),
        (Keithley2400, [":SENS:AVER:COUN 50", ":SENS:AVER ON"]),
        (Keithley2400, [":FORM:ELEM STAT,CURR", ":SENS:FUNC:CONC OFF", ':SENS:FUNC "VOLT"']),
        (Keithley2400, [":SENS:CURR:PROT 1", ":SENS:CURR:RANG 1", ":TRIG:COUN 5", ":SOUR:CLE:AUTO ON"]),
        (Keithley6430, [":SENS:CURR:RANG 1E-9", ":SENS:CURR:PROT 1E-11", ":ARM:COUN 2"]),
        (Keithley6517B, [":SENS:CURR:REF 1E-6", ":SENS:CURR:REF:STAT ON", ":SENS:CURR:AVER:COUN 50"]),
        (Keithley6517B, [":SENS:CURR:RANG 2E-11", ":SENS:CURR:AVER ON", ":SOUR:CURR:RLIM:STAT ON"]),
        (Keithley6517B, [":FORM:ELEM READ,STAT", ":TRIG:SOUR BUS", ":SOUR:VOLT:RANG 1000"]),
        (KeysightE4980A, [":FUNC:IMP:RANG 1E5"]),
        (Agilent4284A, [":FUNC:IMP:RANG 1E5"]),
        (KeysightE4980A, [":FUNC:DEV1:REF 1000", ":FUNC:DEV1:MODE ABS"]),
        (Agilent4284A, [":FUNC:DEV2:REF 1000", ":FUNC:DEV2:MODE ABS"]),
        (KeysightE4990A, [":CALC1:AVER ON"]),
        (Agilent4294A, ["AVER ON", "SWPT LOG", "POIN 50", "MEAS ARIM"]),
        (Agilent4294A, ["TRAC B", "PAVER ON", "TRGS MAN", "PDELT 5"]),
    ],
)
def test_what_was_left_on_changes_no_number(driver_class, left, after_preparing):
    clean, after = measured(driver_class, []), measured(driver_class, left, after_preparing)
    assert after == pytest.approx(clean, rel=1e-2)


@pytest.mark.parametrize(
    ("driver_class", "left", "question", "kept"),
    [
        (KeysightE4980A, [":CORR:LENG 2", ":CORR:OPEN:STAT ON"], ":CORR:LENG?;:CORR:OPEN:STAT?", "2;1"),
        (KeysightE4990A, [":SENS1:CORR2:OPEN ON"], ":SENS1:CORR2:OPEN?", "1"),
    ],
)
def test_what_belongs_to_the_fixture_survives_preparing(driver_class, left, question, kept):
    (reference,) = [r for r, _ in DRIVERS.values() if r.endswith(f":{driver_class.__name__}")]
    with find_candidate(reference).connected() as trial:
        for message in left:
            trial.driver.write(message)
        trial.driver.prepare()
        assert trial.driver.ask(question) == kept


def test_a_range_chosen_at_the_panel_is_undone_by_preparing():
    with find_candidate("drivers.keithley2450:Keithley2450").connected() as trial:
        trial.driver.write(":SENS:CURR:RANG 1E-3")
        trial.driver.prepare()
        assert trial.driver.ask(":SENS:CURR:RANG:AUTO?") == "1"
