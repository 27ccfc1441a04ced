"""The front panel of every shipped driver, and the drivers judged."""

from functools import partial

from drivers.keithley6514 import Keithley2400With6514, Keithley6514
from drivers.solartron1260 import Solartron1260
from drivers.solartron_pair import Solartron1260With1287
from front_panels.controllers import CONTROLLERS
from front_panels.meters import METERS
from front_panels.setting import Panel
from labctl.testing.trial import QUIET_CELL, Candidate, Partner, find_candidate
from sim_instruments.rig import build
from sim_instruments.stand_ins import DRIVERS

PANELS: dict[str, Panel] = {**CONTROLLERS, **METERS}
WITHOUT_PANEL = ("watchdog",)
"""Roles that set and measure nothing here."""
PAIR_AT = {"GPIB0::6::INSTR": "solartron1287", "GPIB0::4::INSTR": "solartron1260"}
SOURCE_AND_AMMETER_AT = {"GPIB0::24::INSTR": "keithley2400", "GPIB0::14::INSTR": "keithley6514"}
PAIRS = {
    candidate.reference: candidate
    for candidate in (
        Candidate(
            "drivers.solartron_pair:Solartron1260With1287",
            Solartron1260With1287,
            partial(build, instruments=PAIR_AT, **QUIET_CELL),
            "GPIB0::6::INSTR",
            {"standard_resistor_ohm": 1000.0},
            Partner(Solartron1260, "GPIB0::4::INSTR"),
        ),
        Candidate(
            "drivers.keithley6514:Keithley2400With6514",
            Keithley2400With6514,
            partial(build, instruments=SOURCE_AND_AMMETER_AT, **QUIET_CELL),
            "GPIB0::24::INSTR",
            {},
            Partner(Keithley6514, "GPIB0::14::INSTR"),
        ),
    )
}
"""Drivers that work with a second instrument."""


def judged_drivers() -> list[str]:
    """Return every driver with a stand-in and a role, and the pairs, as `module:Class`."""
    alone = [driver for driver, roles in DRIVERS.values() if not set(roles) <= set(WITHOUT_PANEL)]
    return [*dict.fromkeys(alone), *PAIRS]


def undeclared() -> list[str]:
    """Return a sentence for each driver without a declared front panel, and for each panel of no driver."""
    drivers = judged_drivers()
    missing = [
        f"{driver}: nothing is declared of its front panel; add what a person can leave there to PANELS "
        "(benchmarks/front_panels/controllers.py or meters.py)"
        for driver in drivers
        if driver not in PANELS
    ]
    return missing + [
        f"{driver}: a panel is declared, but there is no such driver"
        for driver in PANELS
        if driver not in drivers
    ]


def candidate_of(driver: str, stand_in: str = "") -> Candidate:
    """Return the driver with its stand-in, or with another one by name."""
    return PAIRS[driver] if driver in PAIRS else find_candidate(driver, stand_in)
