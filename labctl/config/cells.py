"""The `[cells.NAME]` tables of a station file: samples behind a switch, and the instruments of each.

1. A cell names its own `fra`, `potentiostat` and `thermometer` among the instruments. A role that one
   instrument has alone need not be named.
2. `switch_channels` are the channels that connect it. Cells that share an analyser or a potentiostat need
   them, and no channel belongs to two cells.
3. Leads and fixture hold for a sample in this cell that states none of its own.
"""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.bench import ROLES_OF_A_CELL, BenchCell
from labctl.config.fixture import Points
from labctl.config.instrument_entries import InstrumentEntry
from labctl.config.sample import Sample, read_fixture
from labctl.config.table import Table
from labctl.instruments.cell_switch import OPEN_CHECK_OHM
from labctl.plain_text import shown

SHARED_NEED_A_SWITCH = ("fra", "potentiostat")
THERMOMETERS = ("thermometer", "oven")
FIXTURE = ("lead_ohm", "lead_u_ohm", "fixture_short", "fixture_open")


@dataclass(frozen=True)
class StationCell:
    """One cell of a station.

    Attributes
    ----------
    name : str
    switch_channels : tuple[str, ...]
        Channels that connect it; empty for a cell that is always connected.
    fra, potentiostat, thermometer : str
        Names of its own instruments in the station file; `""`: it has none.
    lead_ohm, lead_u_ohm : float or None
        Resistance of its leads and standard uncertainty; None: not given.
    fixture_short, fixture_open : points (Hz, ohm, ohm) or None
        Spectra with a short or an open circuit in place of the sample; None: not measured.
    open_check_ohm : float
        Resistance below which a cell counts as still connected while every channel is open; 0: not checked.
    """

    name: str
    switch_channels: tuple[str, ...] = ()
    fra: str = ""
    potentiostat: str = ""
    thermometer: str = ""
    lead_ohm: float | None = None
    lead_u_ohm: float | None = None
    fixture_short: Points | None = None
    fixture_open: Points | None = None
    open_check_ohm: float = OPEN_CHECK_OHM

    @property
    def instruments(self) -> Mapping[str, str]:
        """Role to the name of its instrument, for the roles that it has."""
        named = {role: getattr(self, role) for role in ROLES_OF_A_CELL}
        return {role: name for role, name in named.items() if name}

    @property
    def isolation_ohm(self) -> float | None:
        """Largest resistance that differs from an open cell: |Z| of `fixture_open`, lowest frequency.

        None where the open cell was not measured.
        """
        if self.fixture_open is None:
            return None
        _, real_ohm, imag_ohm = min(self.fixture_open)
        return math.hypot(real_ohm, imag_ohm)

    def holding(self, sample: Sample) -> Sample:
        """Return a sample with the leads and the fixture of this cell, unless it states leads or fixture."""
        if any(getattr(sample, name) is not None for name in FIXTURE):
            return sample
        return dataclasses.replace(sample, **{name: getattr(self, name) for name in FIXTURE})

    def on_bench(self, drivers: Mapping[str, Any]) -> BenchCell:
        """Return this cell with its open instruments, given by name."""
        roles = {role: drivers[name] for role, name in self.instruments.items()}
        return BenchCell(self.name, roles, self.switch_channels, self.open_check_ohm)


def read_cells(table: Table, entries: Sequence[InstrumentEntry]) -> Mapping[str, StationCell]:
    """Read and check all `[cells.NAME]` tables; raises ConfigurationError with key and valid value."""
    if not table.values:
        raise table.error("", "is empty; give a table [cells.NAME] for each cell")
    cells = {name: _cell(name, table.table(name), entries) for name in table.values}
    _refuse_shared_channels(table, cells)
    _refuse_shared_instruments(table, cells)
    return cells


def instruments_of(cell: StationCell, entries: Sequence[InstrumentEntry]) -> tuple[InstrumentEntry, ...]:
    """Return the instruments of one cell and the shared ones, with the roles that they have for it."""
    chosen = []
    for entry in entries:
        roles = tuple(role for role in entry.roles if _serves(role, entry, cell))
        if roles or not entry.roles:
            chosen.append(dataclasses.replace(entry, roles=roles))
    partners = {entry.partner for entry in chosen if entry.roles}
    return tuple(entry for entry in chosen if entry.roles or entry.name in partners)


def _serves(role: str, entry: InstrumentEntry, cell: StationCell) -> bool:
    return role not in ROLES_OF_A_CELL or cell.instruments.get(role) == entry.name


def _cell(name: str, table: Table, entries: Sequence[InstrumentEntry]) -> StationCell:
    instruments = {role: _instrument(table, role, entries) for role in ROLES_OF_A_CELL}
    if not (instruments["fra"] or instruments["potentiostat"]):
        raise table.error("fra", "is missing, and potentiostat as well: nothing measures this cell")
    channels = _channels(table, entries)
    open_check_ohm = table.number("open_check_ohm", OPEN_CHECK_OHM, 0)
    fixture = read_fixture(table, None)
    cell = StationCell(name, channels, **instruments, **fixture, open_check_ohm=open_check_ohm)
    table.refuse_unknown()
    return cell


def _instrument(table: Table, role: str, entries: Sequence[InstrumentEntry]) -> str:
    """Return the name of the instrument of a role: the one given, else the only one, else `""`."""
    wanted = THERMOMETERS if role == "thermometer" else (role,)
    able = [entry.name for entry in entries if set(wanted) & set(entry.roles)]
    given = table.text(role, None)
    if given is None:
        return _only(table, role, [entry.name for entry in entries if role in entry.roles])
    if given not in able:
        known = {entry.name for entry in entries}
        what = (
            f"which has not the role {role}" if given in known else "which is no instrument of this station"
        )
        choices = ", ".join(able) or "no instrument has this role"
        raise table.error(role, f"is {shown(given)}, {what}; name one of: {choices}")
    return given


def _only(table: Table, role: str, able: Sequence[str]) -> str:
    if len(able) > 1:
        problem = f"is missing, and several instruments have this role; name one of: {', '.join(able)}"
        raise table.error(role, problem)
    return able[0] if able else ""


def _channels(table: Table, entries: Sequence[InstrumentEntry]) -> tuple[str, ...]:
    wanted = 'a list of channels of the switch in quotes, e.g. ["101", "111"]'
    given = table.take("switch_channels", [], wanted)
    if not (isinstance(given, list) and all(isinstance(one, str) and one.strip() for one in given)):
        raise table.error("switch_channels", f"is {shown(given)}; give {wanted}")
    if len(set(given)) != len(given):
        raise table.error("switch_channels", f"is {shown(given)}, which names one channel twice")
    switch = next((entry for entry in entries if "switch" in entry.roles), None)
    if given and switch is None:
        raise table.error("switch_channels", "is given, but no instrument has the role switch")
    if given and switch is not None:
        _refuse_unknown_channels(table, given, switch)
    return tuple(given)


def _refuse_unknown_channels(table: Table, given: Sequence[str], switch: InstrumentEntry) -> None:
    """Refuse a channel that the switch has not, where its driver says which it has before it is opened."""
    channels_of = getattr(switch.driver_class, "channels_of", None)
    known = tuple(channels_of(switch.settings)) if channels_of else tuple(given)
    for channel in given:
        if channel not in known:
            some = f"{known[0]} ... {known[-1]}" if len(known) > 8 else ", ".join(known)
            problem = f"names {shown(channel)}, which {switch.name} ({switch.driver}) has not; it has {some}"
            raise table.error("switch_channels", problem)


def _refuse_shared_channels(table: Table, cells: Mapping[str, StationCell]) -> None:
    served: dict[str, str] = {}
    for name, cell in cells.items():
        for channel in cell.switch_channels:
            if channel in served:
                problem = f"names {shown(channel)}, a channel of cell {served[channel]} as well"
                raise table.error(f"{name}.switch_channels", problem)
            served[channel] = name


def _refuse_shared_instruments(table: Table, cells: Mapping[str, StationCell]) -> None:
    """Refuse a cell that is always connected to an instrument of another cell."""
    for name, cell in cells.items():
        for role, other, instrument in _shared(cell, cells):
            if not cell.switch_channels:
                problem = f"is missing: {role} {instrument} measures cell {other} as well"
                raise table.error(f"{name}.switch_channels", problem)


def _shared(cell: StationCell, cells: Mapping[str, StationCell]) -> Iterator[tuple[str, str, str]]:
    """Yield role, name of another cell and instrument, for each that measures that cell as well."""
    for role in SHARED_NEED_A_SWITCH:
        instrument = cell.instruments.get(role)
        for other in cells.values():
            measured_by = {other.instruments.get(one) for one in SHARED_NEED_A_SWITCH}
            if instrument and other is not cell and instrument in measured_by:
                yield role, other.name, instrument
