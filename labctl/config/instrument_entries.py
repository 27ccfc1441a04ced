"""The `[instruments]` table of a station file: drivers, addresses, roles, partners and their checks."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.bench import (
    ROLES_OF_A_CELL,
    Atmosphere,
    FrequencyResponseAnalyzer,
    Monitor,
    Potentiostat,
    Switch,
    TemperatureController,
    Thermometer,
    Watchdog,
)
from labctl.config.connection_settings import connection_settings
from labctl.config.declared import CannotDeclare, declared
from labctl.config.loading import CodeIdentity, load_named
from labctl.config.registered import take_reference
from labctl.config.table import Table
from labctl.errors import ConfigurationError
from labctl.plain_text import shown

ROLES: Mapping[str, type] = {
    "oven": TemperatureController,
    "fra": FrequencyResponseAnalyzer,
    "potentiostat": Potentiostat,
    "thermometer": Thermometer,
    "watchdog": Watchdog,
    "switch": Switch,
    "monitor": Monitor,
    "atmosphere": Atmosphere,
}
OF_SEVERAL = ("monitor",)
"""Roles that several instruments can have in every station."""


@dataclass(frozen=True)
class InstrumentEntry:
    """One `[instruments.NAME]` table; `partner` names the instrument that this one works `with`.

    `connection` holds the settings of its VISA resource, `identity` its required identity (`""`: any),
    `stand_in` its simulator, `code` the files of code that were loaded for its driver.
    """

    name: str
    driver: str
    driver_class: type
    address: str
    roles: tuple[str, ...]
    settings: Mapping[str, Any]
    connection: Mapping[str, Any]
    partner: str = ""
    identity: str = ""
    stand_in: str = ""
    code: tuple[CodeIdentity, ...] = ()


def read_instruments(table: Table, with_cells: bool = False) -> tuple[InstrumentEntry, ...]:
    """Read and check all `[instruments.NAME]` tables; raises ConfigurationError with key and valid value.

    `with_cells` says that the station names its cells: then several instruments may have a role of a cell.
    """
    may_be_several = (*OF_SEVERAL, *ROLES_OF_A_CELL) if with_cells else OF_SEVERAL
    entries = tuple(_instrument(name, table.table(name)) for name in table.values)
    _check_partners(table, entries)
    served: dict[str, str] = {}
    for entry in entries:
        for role in entry.roles:
            if role in served and role not in may_be_several:
                hint = "; cells that name their own can have several" if role in ROLES_OF_A_CELL else ""
                problem = f"{role!r} is already the role of {served[role]!r}{hint}"
                raise table.error(f"{entry.name}.roles", problem)
            served[role] = entry.name
    _check_watchdog(table, entries)
    return entries


def _check_watchdog(table: Table, entries: Sequence[InstrumentEntry]) -> None:
    """Refuse a watchdog alone that shares its wire: two processes would talk over it at the same time."""
    from labctl.instruments.wires import wire_of

    alone = next((entry for entry in entries if entry.roles == ("watchdog",)), None)
    sharing = [
        e.name for e in entries if alone and e is not alone and wire_of(e.address) == wire_of(alone.address)
    ]
    if alone and sharing:
        problem = f"is on the wire of {sharing[0]!r}; the supervisor needs a wire of its own for the watchdog"
        raise table.error(f"{alone.name}.address", problem)


def _check_partners(table: Table, entries: Sequence[InstrumentEntry]) -> None:
    """Refuse unused instruments, and a `with` of a missing instrument, itself or one with a partner."""
    alone = {entry.name: entry for entry in entries if not entry.partner}
    partners = {entry.partner for entry in entries}
    for entry in entries:
        if entry.partner and entry.partner not in alone:
            choices = ", ".join(sorted(alone)) or "none is there"
            raise table.error(f"{entry.name}.with", f"is {shown(entry.partner)}; name one of: {choices}")
        wanted = _wanted_partner(entry.driver_class) if entry.partner else None
        if wanted and not issubclass(alone[entry.partner].driver_class, wanted):
            other = f"is {shown(entry.partner)}, which is {alone[entry.partner].driver}"
            raise table.error(f"{entry.name}.with", f"{other}; {entry.driver} works with a {wanted.__name__}")
        if not entry.roles and entry.name not in partners:
            raise table.error(f"{entry.name}.roles", f"is empty; give {_wanted_roles()}")


def _wanted_partner(driver_class: type) -> type | None:
    """Return the class that a driver names as its partner; None for another annotation."""
    wanted = inspect.signature(driver_class).parameters["partner"].annotation
    is_class = isinstance(wanted, type) and wanted is not inspect.Parameter.empty
    return wanted if is_class and not getattr(wanted, "_is_protocol", False) else None


def _address(table: Table) -> str:
    from labctl.config.addresses import address_problem

    address = table.text("address")
    problem = address_problem(address)
    if problem:
        raise table.error("address", problem)
    return address


def _instrument(name: str, table: Table) -> InstrumentEntry:
    reference = take_reference(table, "driver")
    named = load_named(table, "driver", reference)
    driver_class = named.value
    if not inspect.isclass(driver_class):
        raise table.error("driver", f"is {shown(reference)}, which is not a class")
    address = _address(table)
    entry = InstrumentEntry(
        name=name,
        driver=reference,
        driver_class=driver_class,
        address=address,
        roles=_roles(table, driver_class),
        settings=_settings(table, driver_class),
        connection=connection_settings(table.table("connection", {}), driver_class, address),
        partner=_partner(table, driver_class),
        identity=table.text("identity", ""),
        stand_in=table.text("stand_in", ""),
        code=named.code,
    )
    table.refuse_unknown()
    return entry


def _roles(table: Table, driver_class: type) -> tuple[str, ...]:
    wanted = _wanted_roles()
    roles = table.take("roles", [], wanted)
    if not (isinstance(roles, list) and all(isinstance(r, str) and r in ROLES for r in roles)):
        raise table.error("roles", f"is {shown(roles)}; give {wanted}")
    for role in roles:
        missing = [m for m in _members(ROLES[role]) if not hasattr(driver_class, m)]
        if missing:
            raise table.error(
                "roles", f"{driver_class.__name__} cannot be {role!r}: it lacks {', '.join(missing)}"
            )
    return tuple(roles)


def _wanted_roles() -> str:
    return f"a list of roles from {', '.join(ROLES)}"


def _members(protocol: type) -> list[str]:
    names = {n for base in protocol.__mro__ for n in vars(base) if not n.startswith("_")}
    return sorted(names)


def _settings(table: Table, driver_class: type) -> Mapping[str, Any]:
    settings = table.table("settings", {})
    known = _keywords(driver_class)
    for key in settings.values:
        if key not in known:
            raise settings.unknown(key, set(known))
    for key, parameter in known.items():
        if parameter.default is parameter.empty and key not in settings.values:
            raise settings.error(key, f"is missing; {driver_class.__name__} needs it")
    _check_possible(settings, driver_class)
    return dict(settings.values)


def _check_possible(settings: Table, driver_class: type) -> None:
    """Refuse a sensor, an output or another setting that the driver declares otherwise."""
    try:
        possible = declared(driver_class, settings.values).settings
    except CannotDeclare as failure:
        wrong = failure.__cause__
        if isinstance(wrong, ConfigurationError):
            raise settings.error(wrong.key.removeprefix("settings."), wrong.problem) from failure
        raise settings.error("", f"{driver_class.__name__}: {failure}") from failure
    for key, value in settings.values.items():
        if key in possible and not possible[key].has(value):
            wanted = possible[key].words()
            raise settings.error(key, f"is {shown(value)}; {driver_class.__name__} has: {wanted}")


def _keywords(driver_class: type) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(driver_class).parameters
    return {n: p for n, p in parameters.items() if p.kind is p.KEYWORD_ONLY and n != "partner"}


def _partner(table: Table, driver_class: type) -> str:
    if "partner" in inspect.signature(driver_class).parameters:
        return table.text("with")
    if table.has("with"):
        raise table.error("with", f"is not for {driver_class.__name__}, which works alone")
    return ""
