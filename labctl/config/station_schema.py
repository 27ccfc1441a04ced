"""The keys of a station file as a JSON Schema. A test compares them with the readers."""

from labctl.accuracy import CLASSES, COUPLES
from labctl.config.accuracy import LARGEST_OFFSET_K
from labctl.config.connection_settings import FLOW_CONTROLS, LINE, PARITIES, SERIAL, TERMINATIONS
from labctl.config.instrument_entries import ROLES
from labctl.config.json_schema import (
    DRAFT,
    Schema,
    anything,
    array,
    either,
    flag,
    number,
    pair,
    table,
    tables_by_name,
    text,
    texts,
)
from labctl.config.night import EVENT_CLASSES, WHEN_SILENT
from labctl.config.reference_check import REFUSE, TELL
from labctl.config.report_settings import FORMATS
from labctl.units import ZERO_CELSIUS_K

DATE = {"description": "a date without quotes, e.g. 2026-03-02"}
LIMITS = table(
    "hard limits: checked before a run and again at every set point",
    {
        "temperature_degc": pair("lowest and highest set point, degC"),
        "potential_v": number("largest magnitude at the sample, DC part plus peak of the AC part, V", 0),
        "current_a": number("largest magnitude of the current, A", 0),
    },
    ("temperature_degc", "potential_v", "current_a"),
)
LINE_KEYS: dict[str, Schema] = {
    "baud_rate": number("bits per second", 50, 4_000_000),
    "data_bits": number("bits per character", 5, 8),
    "parity": text("parity", tuple(PARITIES)),
    "stop_bits": {"description": "stop bits", "enum": [1, 1.5, 2]},
    "flow_control": text("flow control", tuple(FLOW_CONTROLS)),
    "settle_s": number("wait after opening the line, s", 0, 60),
    "echo": flag("the line repeats what is sent"),
    "write_termination": text("end of what is sent"),
    "read_termination": text("end of what is received"),
}
CONNECTION = table(
    "connection settings that differ from the driver's defaults",
    {key: LINE_KEYS[key] for key in (*SERIAL, *LINE, *TERMINATIONS)},
)
INSTRUMENT = table(
    "an instrument",
    {
        "driver": text("module:Class, or a name that an installed package registers"),
        "address": text("VISA resource name, e.g. GPIB0::12::INSTR, or an alias of the VISA library"),
        "roles": texts("what it is for; each role once per station, but for monitor", tuple(ROLES)),
        "settings": anything("settings of the driver: keyword arguments of its class"),
        "connection": CONNECTION,
        "identity": text("required identity, compared exactly"),
        "stand_in": text("its simulator for `labctl rehearse`: a YAML file, or a stand-in that ships"),
        "with": text("name of another instrument that this one uses"),
    },
    ("driver", "address"),
)
CELL = table(
    "one of several cells in an oven",
    {
        "fra": text("name of its analyser"),
        "potentiostat": text("name of its potentiostat"),
        "thermometer": text("name of its thermometer"),
        "switch_channels": texts("channels of the switch that connect it"),
        "open_check_ohm": number("with every channel open, a smaller resistance is a cell, ohm; 0: off", 0),
        "lead_ohm": number("resistance of its leads, ohm", 0),
        "lead_uncertainty_ohm": number("standard uncertainty of lead_ohm", 0),
        "fixture_short": {"description": "spectrum of a short: a file, or a list of [Hz, ohm, ohm]"},
        "fixture_open": {"description": "spectrum of an open circuit: a file, or a list of [Hz, ohm, ohm]"},
    },
)
ABOUT = {"source": text("where the figures come from"), "date": DATE, "valid_until": DATE}
THERMOMETER = table(
    "accuracy of a thermometer: a class, or a calibration by which readings are corrected",
    {
        "class": text("tolerance class of the sensor", tuple(CLASSES)),
        "offset_uncertainty_k": number("of a calibration: limit of error at the fixed point, K", 0),
        "gain_uncertainty": number("of a calibration: limit of error per kelvin from it", 0),
        "thermocouple": text("type of a calibrated thermocouple", tuple(COUPLES)),
        "in_place": flag("calibrated where it measures"),
        **ABOUT,
    },
)
ANALYSER_RANGE = {
    "gain": number("limit of the relative error of |Z|", 0),
    "phase_deg": number("limit of the error of the phase, degrees", 0),
    "frequency_hz": pair("where it holds, Hz"),
    "impedance_ohm": pair("where it holds, ohm"),
}
ANALYSER = table(
    "accuracy of an analyser",
    {
        **ANALYSER_RANGE,
        "range": array("by range; the first that holds a point counts", table("", ANALYSER_RANGE)),
        **ABOUT,
    },
)
CURRENT_RANGE = {
    "up_to_a": number("largest current of the range, A", 0),
    "gain": number("limit of the relative error", 0),
    "zero_a": number("limit of the error at zero, A", 0),
}
POTENTIOSTAT = table(
    "accuracy of a potentiostat",
    {
        "potential_gain": number("limit of the relative error of a potential", 0),
        "potential_zero_v": number("limit of the error at zero, V", 0),
        "current_gain": number("limit of the relative error of a current", 0),
        "current_zero_a": number("limit of the error at zero, A", 0),
        "range": array("by current range", table("", CURRENT_RANGE)),
        **ABOUT,
    },
)
SAMPLE_TEMPERATURE = table(
    "measured difference between sample and sensor",
    {
        "offset_k": number("sample minus sensor at rest, K", -LARGEST_OFFSET_K, LARGEST_OFFSET_K),
        "uncertainty_k": number("standard uncertainty, K", 0),
        "source": text("how it was measured"),
    },
    ("offset_k", "uncertainty_k", "source"),
)


def _named_too(one: Schema) -> Schema:
    """Return the schema of a table, or of tables of this kind by the names of instruments."""
    return either(str(one["description"]), one, tables_by_name("by the name of the instrument", one))


ACCURACY = table(
    "what the instruments are worth",
    {
        "thermometer": _named_too(THERMOMETER),
        "analyser": _named_too(ANALYSER),
        "potentiostat": _named_too(POTENTIOSTAT),
        "sample_temperature": SAMPLE_TEMPERATURE,
    },
)
RESISTOR = {
    "resistance_ohm": number("its resistance, ohm", 1e-3, 1e15),
    "resistance_uncertainty_ohm": number("standard uncertainty, ohm", 0),
    "source": text("where the value comes from"),
}
CAPACITOR = {
    "capacitance_f": number("capacitance parallel to the resistor, F", 1e-15, 10),
    "capacitance_uncertainty_f": number("standard uncertainty, F", 0),
}
CHECK = table(
    "standards that are measured in place of the sample",
    {
        "resistor": table("a reference resistor", RESISTOR, tuple(RESISTOR)),
        "cell": table("a dummy cell", RESISTOR | CAPACITOR, (*RESISTOR, *CAPACITOR)),
        "largest_deviation": number("largest relative deviation of |Z|", 1e-6, 10),
        "largest_phase_deg": number("largest deviation of the phase, degrees", 1e-3, 90),
        "largest_age_h": number("age above which a check no longer counts, h", 0.01, 1e6),
        "otherwise": text("what follows where the check is not passed or too old", (REFUSE, TELL)),
        "frequency_hz": pair("frequencies of the check, Hz"),
        "amplitude_v": number("amplitude (rms), V", 1e-4, 3),
        "integration_s": number("integration time, s", 0.01, 1e4),
    },
)
READING = table(
    "a reading of a monitor that ends the job outside its limits",
    {
        "instrument": text("name of the instrument"),
        "quantity": text("quantity that it reports"),
        "lowest": number("smallest value"),
        "highest": number("largest value"),
        "when_silent": text("what follows without a reading", WHEN_SILENT),
        "silent_min": number("time without a reading, min", 0, 10000),
        "unchanged_min": number("time without any change, min", 0.1, 100000),
    },
    ("instrument", "quantity"),
)
INTERLOCKS = table(
    "conditions that end a job in any procedure",
    {
        "temperature_above_degc": number("maximum of any reading, degC; default 20 K above the limit"),
        "runaway_k": number("maximum above the set point while it still gets hotter, K", 1),
        "afterheat_min": number("time for which it may get hotter after everything is off, min", 0, 10000),
        "free_disk_mb": number("minimum free space for results, MB", 0),
        "watched_file": text("a file that must not exist, or not contain watched_content"),
        "reading": array("limits of readings of monitors", READING),
        "watched_content": text("the text that watched_file must not contain"),
    },
)
NOTIFY = table(
    "notifications",
    {
        "urls_file": text("file with the addresses of services"),
        "events": texts("what is told", EVENT_CLASSES),
        "most_per_hour": number("most messages per hour", 1, 1000),
        "all_is_well_every_h": number("time between messages that all is well, h; 0: none", 0, 168),
    },
)
NIGHT = table(
    "settings for unattended operation",
    {
        "restart_after_power_cut": flag("go on after a power failure without a person"),
        "exchange_retries": number("attempts after a failed exchange", 0, 20),
        "retry_delay_s": number("wait before an attempt, s", 0, 600),
        "longest_pause_min": number("longest pause of a job, min", 1, 10000),
        "longest_wait_for_person_h": number("after it a waiting job fails, h; 0: never", 0),
        "silence_s": number("a runner without a heartbeat for longer is frozen, s", 1, 60),
        "longest_rehearsal_min": number("longest rehearsal, min; 0: none", 0, 1440),
        "interlocks": INTERLOCKS,
        "notify": NOTIFY,
    },
)
REPORT = table(
    "pages made at the end of each job",
    {
        "folder": text("where; a relative one begins beside this file"),
        "formats": texts("formats", tuple(FORMATS)),
        "longest_min": number("given up after, min", 0.1, 1440),
    },
    ("folder",),
)
ARCHIVE = table(
    "archive to which ended runs are added",
    {"to": text("folder or address"), "longest_min": number("an attempt takes at most, min", 0.1, 1440)},
    ("to",),
)
SIMULATION = table(
    "a simulated rig instead of hardware",
    {
        "rig": text("module:function that builds it, or a registered name"),
        "seed": number("seed of all random numbers", 0),
        "clock": either(
            "virtual, real, or how many times faster than real",
            text("", ("virtual", "real")),
            {"type": "number", "exclusiveMinimum": 0},
        ),
        "options": anything("options of the rig's builder"),
    },
)


def station_schema() -> Schema:
    """Return the JSON Schema (draft 7) of a station file."""
    keys = {
        "name": text("name of the station, kept with every run"),
        "visa_library": text('"@py", "@ivi", or a path; default: the installed VISA library'),
        "speed": number("time factor of a rig simulated by another process", 0.001, 1e6),
        "limits": LIMITS,
        "instruments": tables_by_name("the instruments, by names that you choose", INSTRUMENT),
        "cells": tables_by_name("several cells in one oven, by names that you choose", CELL),
        "accuracy": ACCURACY,
        "check": CHECK,
        "night": NIGHT,
        "report": REPORT,
        "archive": ARCHIVE,
        "simulation": SIMULATION,
    }
    about = {"$schema": DRAFT, "title": "labctl station file"}
    return about | table("one rig: instruments, addresses, limits", keys, ("limits",)) | {
        "$comment": f"temperatures are in degC, never below {-ZERO_CELSIUS_K}"
    }  # fmt: skip
