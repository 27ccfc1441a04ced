"""Each driver in a short measurement on its stand-in, with one fault at each of its exchanges.

The outcome is a correct value, a doubted one or an InstrumentError; never a wrong value. Afterwards the
instrument can be made safe. The number of cases tried is printed (`pytest -s`).
"""

import importlib
from itertools import count

import pytest

from labctl.clock import VirtualClock
from labctl.connection import Connection
from labctl.errors import InstrumentError
from sim_instruments.rig import build

KINDS = ("timeout", "late", "garble", "truncate", "fields", "refuse", "lost")
TARGET_K = 320.0
STAND_INS = {
    "lakeshore336": ("lakeshore33x:LakeShore336", "GPIB0::12::INSTR"),
    "solartron1260": ("solartron1260:Solartron1260", "GPIB0::4::INSTR"),
    "solartron1287": ("solartron1287:Solartron1287", "GPIB0::6::INSTR"),
    "emstat4": ("palmsens:EmStat4HR", "ASRL3::INSTR"),
    "eurotherm2400": ("eurotherm:Eurotherm2400", "ASRL4::INSTR"),
    "keysight_e4980a": ("lcr_meters:KeysightE4980A", "GPIB0::17::INSTR"),
    "agilent_4284a": ("lcr_meters:Agilent4284A", "GPIB0::18::INSTR"),
    "keysight_e4990a": ("keysight_e4990a:KeysightE4990A", "GPIB0::20::INSTR"),
    "julabo": ("julabo:JulaboCF", "ASRL5::INSTR"),
    "huber": ("huber:Huber", "ASRL6::INSTR"),
    "linkam_t95": ("linkam_t95:LinkamT95", "ASRL7::INSTR"),
    "keithley2450": ("keithley2450:Keithley2450", "GPIB0::19::INSTR"),
}
WITHOUT_FIELDS = ("eurotherm2400",)  # a frame of bytes has none


def connected(rig, clock, reference, address):
    module, name = reference.split(":")
    driver_class = getattr(importlib.import_module(f"drivers.{module}"), name)
    connection = Connection(
        name,
        address,
        clock,
        visa_library=rig.visa_library,
        write_interval_s=driver_class.write_interval_s,
        quiet_after_s=driver_class.quiet_after_s,
        **driver_class.connection_settings,
    )
    return driver_class(connection)


def measure(driver, clock):
    """Return (what, value, status, elapsed) of everything the instrument can tell."""
    driver.prepare()
    found = []
    if hasattr(driver, "setpoint_k"):
        driver.setpoint_k = TARGET_K
        clock.sleep(3000)
        found += [("temperature", driver.temperature_k, "ok", 0), ("set point", driver.setpoint_k, "ok", 0)]
    if hasattr(driver, "sweep"):
        for point in driver.sweep([1e4, 100.0], 0.01):
            found.append(("impedance", complex(point.z_real_ohm, point.z_imag_ohm), point.status, 0))
    if hasattr(driver, "hold"):
        for point in driver.hold(0.01, [0, 1, 20], 1e-3):
            found.append(("potential", point.potential_v, point.status, point.elapsed_s))
            found.append(("current", point.current_a, point.status, point.elapsed_s))
    driver.make_safe()
    return found


def attempt(model, kind="", skip=0):
    """Return what was measured, the error, and the commands that the fault fell on; made safe at the end."""
    reference, address = STAND_INS[model]
    clock = VirtualClock()
    rig = build(clock, seed=1, noise_fraction=1e-6, instruments={address: model})
    try:
        driver = connected(rig, clock, reference, address)
        if kind:
            lasting = {"duration_s": 20.0} if kind == "lost" else {}
            rig.faults.add(kind, instrument=address, command="", skip=skip, **lasting)
        found, error = [], None
        try:
            found = measure(driver, clock)
        except InstrumentError as failure:
            error = failure
        struck = [strike.command for strike in rig.faults.log]
        rig.faults.clear()
        clock.sleep(60)
        driver.make_safe()
        return found, error, struck
    finally:
        rig.close()


def wrong(expected, found):
    """Values that differ although nothing casts doubt on them; a current that came later has decayed."""
    for truth, seen in zip(expected, found, strict=True):
        undoubted = seen[2] == "ok" and abs(seen[3] - truth[3]) < 0.5
        if undoubted and abs(seen[1] - truth[1]) > 0.05 * abs(truth[1]):
            yield truth, seen


def is_no_exchange(model, command):
    """A statement inside a script is not sent by itself."""
    return model == "emstat4" and " " in command


@pytest.mark.slow
@pytest.mark.parametrize("model", STAND_INS)
def test_no_fault_at_any_exchange_makes_a_wrong_value_that_looks_right(model):
    expected, error, _ = attempt(model)
    assert error is None
    assert expected
    cases = 0
    for kind in KINDS:
        if kind == "fields" and model in WITHOUT_FIELDS:
            continue
        for skip in count():
            found, error, struck = attempt(model, kind, skip)
            if not struck:
                break
            cases += 1
            if error is None and not is_no_exchange(model, struck[0]):
                assert not list(wrong(expected, found)), f"{kind} at exchange {skip}, {struck[0]!r}"
    print(f"{model}: {cases} cases")  # noqa: T201 - how many were tried is asked for
    assert cases > 50
