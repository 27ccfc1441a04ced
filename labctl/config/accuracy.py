"""`[accuracy.*]` of a station file: accuracy of thermometer, analyser and potentiostat.

1. `[accuracy.analyser]` is about the instrument with the role. Where several instruments have it,
   `[accuracy.analyser.NAME]` is about the one of that name; likewise for the other roles.
2. Without a table the figures of the driver hold. Figures that the driver does not declare are not stated:
   they are None, and the pages that show a number say so.
3. `[accuracy.sample_temperature]` is the measured difference between sample and sensor, which is added to
   every reading.
4. Every table names its source. A certificate with `valid_until` in the past still counts, with a doubt.
"""

import datetime
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from labctl.accuracy import (
    ANY,
    CLASSES,
    COUPLES,
    Accuracy,
    AccuracyRange,
    CurrentRange,
    PotentiostatAccuracy,
    SampleOffset,
    ThermometerCalibration,
    ThermometerClass,
)
from labctl.config.accuracy_text import ROLES, SAMPLE_TEMPERATURE, accuracy_lines
from labctl.config.instrument_entries import InstrumentEntry
from labctl.config.table import Table

Analyser = tuple[AccuracyRange, ...]
Value = ThermometerClass | ThermometerCalibration | Analyser | PotentiostatAccuracy
LARGEST_GAIN = 0.1
LARGEST_PHASE_DEG = 30.0
LARGEST_OFFSET_K = 50.0
PERCENT = "as a fraction, e.g. 0.001 for 0.1 %"


@dataclass(frozen=True)
class Statement:
    """A statement about an instrument.

    Attributes
    ----------
    instrument : str
        Its name in the station.
    value : ThermometerClass, ThermometerCalibration, tuple of AccuracyRange or PotentiostatAccuracy
    source : str
    given_by : "station" or "driver"
    date, valid_until : date or None
    """

    instrument: str
    value: Value
    source: str
    given_by: str
    date: datetime.date | None = None
    valid_until: datetime.date | None = None

    def expired(self, today: datetime.date) -> bool:
        """Return whether its certificate is no longer valid."""
        return self.valid_until is not None and self.valid_until < today

    def described(self) -> dict[str, Any]:
        """Return it as a run keeps it (JSON)."""
        about = {name: getattr(self, name) for name in ("instrument", "source", "given_by")}
        dates = {name: getattr(self, name) for name in ("date", "valid_until")}
        return about | {name: str(day) for name, day in dates.items() if day} | _described(self.value)


@dataclass(frozen=True)
class StationAccuracy:
    """Statements by role; None: not stated. `thermometers` are those given by name.

    `sample_temperature` is the measured difference between sample and sensor. `given` are the statements of
    the station file by role and name of the instrument.
    """

    thermometer: Statement | None = None
    analyser: Statement | None = None
    potentiostat: Statement | None = None
    thermometers: Mapping[str, Statement] = field(default_factory=dict)
    sample_temperature: SampleOffset | None = None
    given: Mapping[str, Mapping[str, Statement]] = field(default_factory=dict, repr=False)

    def of_instruments(self, entries: Sequence[InstrumentEntry]) -> "StationAccuracy":
        """Return the statements about some instruments of the station, for example of one cell."""
        chosen = {role: _chosen(role, self.given.get(role, {}), entries) for role in ROLES}
        return replace(self, **chosen)

    def statements(self) -> list[tuple[str, Statement | None]]:
        """Return every role with its statement."""
        return [(role, getattr(self, role)) for role in ROLES]

    def in_words(self, present: Sequence[str]) -> list[str]:
        """Return a line for each role that has an instrument, e.g. `thermometer: not stated`."""
        return accuracy_lines(self.described(), present)

    def described(self) -> dict[str, Any]:
        """Return the statements as a run keeps them (JSON); a role without one is None."""
        found = {role: None if one is None else one.described() for role, one in self.statements()}
        offset = self.sample_temperature
        return found | {SAMPLE_TEMPERATURE: None if offset is None else asdict(offset)}


def read_accuracy(table: Table, entries: Sequence[InstrumentEntry]) -> StationAccuracy:
    """Read `[accuracy]`; raises ConfigurationError with the key and a valid value."""
    found: dict[str, dict[str, Statement]] = {}
    for role in ROLES:
        found[role] = _of_role(table.table(role, {}), role, entries) if table.has(role) else {}
        table.take(role, None, "a table")
    offset = _sample_offset(table, entries) if table.has(SAMPLE_TEMPERATURE) else None
    table.take(SAMPLE_TEMPERATURE, None, "a table")
    table.refuse_unknown()
    chosen = {role: _chosen(role, found[role], entries) for role in ROLES}
    return StationAccuracy(
        **chosen, thermometers=found["thermometer"], sample_temperature=offset, given=found
    )


def _sample_offset(table: Table, entries: Sequence[InstrumentEntry]) -> SampleOffset:
    """Read `[accuracy.sample_temperature]`; an offset without uncertainty is refused."""
    given = table.table(SAMPLE_TEMPERATURE)
    if not any(name in entry.roles for name in ROLES["thermometer"] for entry in entries):
        raise given.error("", "is given, but no instrument has the role thermometer or oven")
    most = LARGEST_OFFSET_K
    offset_k = given.number("offset_k", minimum=-most, maximum=most)
    uncertainty_k = _limit(given, "uncertainty_k", most, "in K")
    if not given.has("source"):
        example = "'second sensor in a dummy cell, 2026-03-02' or 'melting of indium, DSC cell'"
        raise given.error("source", f"is missing; say how the difference was measured, e.g. {example}")
    offset = SampleOffset(offset_k, uncertainty_k, given.text("source"))
    given.refuse_unknown()
    return offset


def _chosen(
    role: str, given: Mapping[str, Statement], entries: Sequence[InstrumentEntry]
) -> Statement | None:
    """Return the statement about the instrument of a role: the station's, else the driver's."""
    served = [entry for name in ROLES[role] for entry in entries if name in entry.roles]
    if not served:
        return None
    return given.get(served[0].name) or _of_driver(role, served[0])


def _of_driver(role: str, entry: InstrumentEntry) -> Statement | None:
    declared = getattr(entry.driver_class, "accuracy", None)
    value = getattr(declared, role, None) if isinstance(declared, Accuracy) else None
    if not value:
        return None
    source = value[0].source if isinstance(value, tuple) else value.source
    return Statement(entry.name, value, source, "driver")


def _of_role(table: Table, role: str, entries: Sequence[InstrumentEntry]) -> dict[str, Statement]:
    """Return the statements of `[accuracy.ROLE]` or of its tables by name, by the name of the instrument."""
    able = [entry.name for name in ROLES[role] for entry in entries if name in entry.roles]
    able = list(dict.fromkeys(able))
    if not able:
        raise table.error("", f"is given, but no instrument has the role {' or '.join(ROLES[role])}")
    named = [key for key, value in table.values.items() if isinstance(value, Mapping)]
    if not named:
        _refuse_several(table, role, entries)
        return {able[0]: _statement(table, role, able[0])}
    for key in table.values:
        if key not in able:
            raise table.error(key, f"is not an instrument with this role; name one of: {', '.join(able)}")
    return {name: _statement(table.table(name), role, name) for name in named}


def _refuse_several(table: Table, role: str, entries: Sequence[InstrumentEntry]) -> None:
    """Refuse a statement without a name where several instruments have the role: cells name their own."""
    several = [entry.name for entry in entries if ROLES[role][0] in entry.roles]
    if len(several) > 1:
        tables = ", ".join(f"[accuracy.{role}.{name}]" for name in several)
        raise table.error("", f"is about several instruments; give a table for each: {tables}")


def _statement(table: Table, role: str, name: str) -> Statement:
    readers: dict[str, Callable[[Table], Value]] = {
        "thermometer": _thermometer,
        "analyser": _analyser,
        "potentiostat": _potentiostat,
    }
    value = readers[role](table)
    dates = {key: _date(table, key) for key in ("date", "valid_until")}
    source = _source(table, value)
    table.refuse_unknown()
    if dates["date"] and dates["valid_until"] and dates["valid_until"] < dates["date"]:
        raise table.error("valid_until", f"is {dates['valid_until']}, before date, {dates['date']}")
    if isinstance(value, tuple):
        value = tuple(replace(one, source=source) for one in value)
    elif isinstance(value, PotentiostatAccuracy):
        value = replace(value, source=source)
    return Statement(name, value, source, "station", **dates)


def _source(table: Table, value: Value) -> str:
    """Return the source, which a class by name has already."""
    default = f"{value.name}, {value.source}" if isinstance(value, ThermometerClass) else None
    example = "'certificate 1234 of 2026-03-02' or 'data sheet, p. 7'"
    if default is None and not table.has("source"):
        raise table.error("source", f"is missing; say where the figures come from, e.g. {example}")
    return table.text("source", default)


def _date(table: Table, key: str) -> datetime.date | None:
    wanted = "a date without quotes, e.g. 2026-03-02"
    value = table.take(key, None, wanted)
    if value is None:
        return None
    if isinstance(value, datetime.datetime) or not isinstance(value, datetime.date):
        raise table.error(key, f"is {value!r}; give {wanted}")
    return value


def _thermometer(table: Table) -> ThermometerClass | ThermometerCalibration:
    if table.has("class") and table.has("offset_uncertainty_k"):
        raise table.error(
            "class", "and offset_uncertainty_k contradict each other; a calibration replaces it"
        )
    for key in ("thermocouple", "in_place"):
        if table.has("class") and table.has(key):
            raise table.error(key, "belongs to a calibration; a class says what the sensor is")
    if table.has("class"):
        return CLASSES[table.text("class", choices=tuple(CLASSES))]
    if not table.has("offset_uncertainty_k"):
        known = ", ".join(map(repr, CLASSES))
        given = table.misspelt("class") or table.misspelt("offset_uncertainty_k")
        problem = f"is missing; give one of {known}, or offset_uncertainty_k of a calibration{given}"
        raise table.error("class", problem)
    offset_k = _limit(table, "offset_uncertainty_k", LARGEST_OFFSET_K, "in K")
    gain = _optional(table, "gain_uncertainty", LARGEST_GAIN, "in K per K") or 0.0
    couple = table.text("thermocouple", choices=COUPLES) if table.has("thermocouple") else ""
    return ThermometerCalibration(offset_k, gain, couple, table.flag("in_place", False))


def _analyser(table: Table) -> Analyser:
    if not table.has("range"):
        return (_analyser_range(table),)
    for key in ("gain", "phase_deg", "frequency_hz", "impedance_ohm"):
        if table.has(key):
            raise table.error(key, "belongs in the [[range]] tables where there are any")
    ranges = []
    for one in table.tables("range"):
        ranges.append(_analyser_range(one))
        one.refuse_unknown()
    return tuple(ranges)


def _analyser_range(table: Table) -> AccuracyRange:
    phase = _optional(table, "phase_deg", LARGEST_PHASE_DEG, "in degrees")
    ends = {key: _ends(table, key) for key in ("frequency_hz", "impedance_ohm")}
    gain = _limit(table, "gain", LARGEST_GAIN, PERCENT)
    return AccuracyRange(gain, None if phase is None else math.radians(phase), "station", **ends)


def _ends(table: Table, key: str) -> tuple[float, float]:
    if table.take(key, None, "[low, high]") is None:
        return ANY
    return table.pair(key, minimum=0.0)


def _potentiostat(table: Table) -> PotentiostatAccuracy:
    potential = {
        "potential_gain": _optional(table, "potential_gain", LARGEST_GAIN, PERCENT),
        "potential_zero_v": _optional(table, "potential_zero_v", 1.0, "in V"),
    }
    if table.has("range"):
        currents = []
        for one in table.tables("range"):
            currents.append(_current_range(one, "gain", "zero_a", one.number("up_to_a", minimum=0.0)))
            one.refuse_unknown()
    elif table.has("current_gain"):
        currents = [_current_range(table, "current_gain", "current_zero_a", math.inf)]
    else:
        currents = []
    if not currents and potential["potential_gain"] is None:
        raise table.error(
            "current_gain",
            "is missing; give current_gain and current_zero_a, potential_gain or both"
            + table.misspelt("current_gain"),
        )
    ordered = tuple(sorted(currents, key=lambda one: one.up_to_a))
    return PotentiostatAccuracy(**potential, currents=ordered, source="station")


def _current_range(table: Table, gain: str, zero: str, up_to_a: float) -> CurrentRange:
    return CurrentRange(up_to_a, _limit(table, gain, LARGEST_GAIN, PERCENT), _limit(table, zero, 1.0, "in A"))


def _optional(table: Table, key: str, largest: float, what: str) -> float | None:
    return None if table.number(key, None, minimum=0.0) is None else _limit(table, key, largest, what)


def _limit(table: Table, key: str, largest: float, what: str) -> float:
    """Return a limit of error above zero; no instrument is exact."""
    value = table.number(key)
    if value == 0:
        raise table.error(
            key, f"is 0, but no instrument is exact; give the limit of error {what}, or leave it out"
        )
    if not 0 < value <= largest:
        raise table.error(
            key, f"is {value:g}; give the limit of error {what}, above 0 and at most {largest:g}"
        )
    return value


def _described(value: Value) -> dict[str, Any]:
    if isinstance(value, tuple):
        return {"ranges": [_finite(asdict(one)) for one in value]}
    if isinstance(value, PotentiostatAccuracy):
        return {
            "potential_gain": value.potential_gain,
            "potential_zero_v": value.potential_zero_v,
            "currents": [_finite(asdict(one)) for one in value.currents],
        }
    return {"class": value.name} if isinstance(value, ThermometerClass) else asdict(value)


def _finite(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row without infinities, which JSON does not have: no upper end is None."""
    return {name: _end(value) for name, value in row.items()}


def _end(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_end(one) for one in value]
    return None if isinstance(value, float) and math.isinf(value) else value
