"""Settings left at the front panel before a run must not change a measured number."""

import pytest

from drivers.keithley2450 import Keithley2450
from drivers.keysight_e4990a import KeysightE4990A
from drivers.lcr_meters import Agilent4284A, KeysightE4980A
from labctl.testing.trial import find_candidate
from sim_instruments.stand_ins import DRIVERS

AMPLITUDE_V, STEP_V, LIMIT_A = 0.02, 0.01, 1e-3


def measured(driver_class, left):
    (reference,) = [r for r, _ in DRIVERS.values() if r.endswith(f":{driver_class.__name__}")]
    with find_candidate(reference).connected() as trial:
        driver = trial.driver
        for message in left:
            driver.write(message)
        driver.prepare()
        if hasattr(driver, "sweep"):
            return [complex(p.z_real_ohm, p.z_imag_ohm) for p in driver.sweep([1e5, 1e4, 1e3], AMPLITUDE_V)]
        return [p.current_a for p in driver.hold(STEP_V, [0.0, 5.0], LIMIT_A)]


@pytest.mark.parametrize(
    ("driver_class", "left"),
    [
        (Keithley2450, [":SENS:CURR:REL 1E-6", ":SENS:CURR:REL:STAT ON"]),
        (Keithley2450, [":CALC:CURR:MATH:STAT ON"]),
        (Keithley2450, [":SENS:CURR:UNIT OHM"]),
        (KeysightE4980A, [":FUNC:DEV1:REF 1000", ":FUNC:DEV1:MODE ABS"]),
        (Agilent4284A, [":FUNC:DEV2:REF 1000", ":FUNC:DEV2:MODE ABS"]),
        (KeysightE4990A, [":CALC1:AVER ON"]),
    ],
)
def test_what_was_left_on_changes_no_number(driver_class, left):
    clean, after = measured(driver_class, []), measured(driver_class, left)
    assert after == pytest.approx(clean, rel=1e-2)
