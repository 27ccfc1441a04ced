"""Instruments on the bus, and the drivers that know them.

Each address is asked `*IDN?`. Where nothing answers, every driver in turn asks in its own words with its own
settings of the link: most serial instruments know no `*IDN?`. All of these only ask. Frames of bytes go over
serial lines and sockets alone: on a bus they would reach instruments to which they mean something else.

Each question has a total deadline, which bytes that keep coming do not extend.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

from labctl.clock import RealClock
from labctl.errors import InstrumentError
from labctl.instrument import Instrument
from labctl.instruments.connection import Connection
from labctl.instruments.locks import HardwareHeld, hardware_locks, is_simulated_here
from labctl.shipped import shipped_module

ROLE_OF_GROUP = {
    "TEMPERATURE_CONTROLLERS": "oven",
    "ANALYZERS": "fra",
    "POTENTIOSTATS": "potentiostat",
    "THERMOMETERS": "thermometer",
    "SWITCHES": "switch",
    "ATMOSPHERES": "atmosphere",
    "MONITORS": "monitor",
    "PARTNERS": "",
}
"""Role of the drivers of each table of the catalogue; a partner, which another works `with`, has none."""
ASKED = ("GPIB", "USB", "TCPIP")
SERIAL = "ASRL"
COMMON_QUESTION = "*IDN?"
ANSWERED_WITHIN_S = 1.0
"""How long one reply may take, and opening the session."""
IDENTIFIED_WITHIN_S = 2.0
"""How long all exchanges of one driver may take."""


def roles_of_drivers() -> dict[type, list[str]]:
    """Return every shipped driver with the roles it can have alone."""
    catalogue = shipped_module("drivers.catalogue")  # named, not imported: labctl knows no driver
    roles: dict[type, list[str]] = {}
    for group, role in ROLE_OF_GROUP.items():
        for driver in getattr(catalogue, group):
            roles.setdefault(driver, []).extend([role] if role else [])
    return roles


def matching_drivers(identity: str, question: str = COMMON_QUESTION) -> list[dict[str, Any]]:
    """Return reference and roles of every driver that asks `question` and knows a word of `identity`."""
    return [
        _match(driver, roles)
        for driver, roles in roles_of_drivers().items()
        if identity and _question(driver) == question and any(w in identity for w in _words(driver))
    ]


def _match(driver: type, roles: list[str]) -> dict[str, Any]:
    return {"driver": f"{driver.__module__}:{driver.__name__}", "roles": roles}


def _question(driver: Any) -> str:
    return driver.identity_question


def _words(driver: Any) -> tuple[str, ...]:
    return getattr(driver, "models", ()) or getattr(driver, "devices", ())


def ask_everybody(manager: Any, library: Any, serial: bool) -> Iterator[dict[str, Any]]:
    """Yield address, identity and matching drivers of every resource; a serial port only where asked for.

    `asked` is false for an address that was left out; where another program talks to it, `in_use` says which.
    """
    for address in manager.list_resources():
        if not address.startswith((*ASKED, SERIAL) if serial else ASKED):
            yield _found(address, asked=False)
            continue
        try:
            with _alone_with(library, address):
                identity, drivers = _ask(library, address)
        except HardwareHeld as held:
            yield _found(address, asked=False, in_use=held.holder.words)
        else:
            yield _found(address, identity, drivers)


def _found(
    address: str, identity: str = "", drivers: Any = (), asked: bool = True, in_use: str = ""
) -> dict[str, Any]:
    return {
        "address": address,
        "identity": identity,
        "drivers": list(drivers),
        "asked": asked,
        "in_use": in_use,
    }


def _alone_with(library: Any, address: str) -> AbstractContextManager[None]:
    simulated = is_simulated_here(library)
    return nullcontext() if simulated else hardware_locks([address], "a search for instruments")


def _ask(library: Any, address: str) -> tuple[str, list[dict[str, Any]]]:
    identity = _common_answer(library, address)
    if "," in identity:  # maker, model, serial number, firmware: the common form
        return identity, matching_drivers(identity)
    for language in _languages(address):
        answer = _answer_to(language[0], library, address)
        known = [d for d in language if answer and (not _words(d) or any(w in answer for w in _words(d)))]
        if known:
            return answer, [_match(driver, roles_of_drivers()[driver]) for driver in known]
    return identity, []


def _common_answer(library: Any, address: str) -> str:
    """Return the reply to `*IDN?`, in one line; empty where there is none."""
    line = {"read_termination": "\n"} if _is_line(address) else {}

    def ask(connection: Connection) -> str:
        connection.write(COMMON_QUESTION)
        return connection.read().strip()

    identity = _asked(ask, library, address, write_termination="\n", **line)
    return identity if identity.isprintable() and not identity.startswith("?") else ""


def _asked(ask: Callable[[Connection], str], library: Any, address: str, **settings: Any) -> str:
    """Return the answer in a session of its own; empty where it cannot be opened or used in time."""
    clock, patience_ms = RealClock(), round(1000 * ANSWERED_WITHIN_S)
    settings = {"open_timeout": patience_ms, **settings, "timeout": patience_ms}
    try:
        connection = Connection("it", address, clock, library, **settings)
    except InstrumentError:
        return ""
    try:
        with connection.until(clock.monotonic() + IDENTIFIED_WITHIN_S):
            return ask(connection)
    except InstrumentError:
        return ""
    finally:
        with suppress(Exception):  # a VISA library raises anything, and the next address must be asked
            connection.close()


def _is_line(address: str) -> bool:
    return address.startswith(SERIAL) or address.endswith("::SOCKET")


def _languages(address: str) -> list[list[Any]]:
    """Return drivers grouped by question and settings; drivers with an uninformative answer are left out."""
    languages: dict[str, list[Any]] = {}
    for driver in roles_of_drivers():
        own_protocol = _getter(driver) is not _getter(Instrument)
        tells = _has_line(driver, address) if own_protocol else bool(_words(driver))
        if tells and not _needs_settings(driver):
            key = f"{_getter(driver)} {_question(driver)} {driver.connection_settings}"
            languages.setdefault(key, []).append(driver)
    return list(languages.values())


def _has_line(driver: Any, address: str) -> bool:
    """Return whether frames of a driver may go to this line: a driver for sockets alone has no serial one."""
    only_sockets = "tcpip" in driver.connection_settings and "asrl" not in driver.connection_settings
    return _is_line(address) and not (only_sockets and address.startswith(SERIAL))


def _getter(driver: Any) -> Any:
    return inspect.getattr_static(driver, "identity").fget


def _needs_settings(driver: Any) -> bool:
    parameters = inspect.signature(driver).parameters.values()
    return any(p.kind is p.KEYWORD_ONLY and p.default is p.empty for p in parameters)


def _answer_to(driver: Any, library: Any, address: str) -> str:
    pace = {
        "write_interval_s": driver.write_interval_s,
        "quiet_after_s": driver.quiet_after_s,
        "quiet_after_opening_s": driver.quiet_after_opening_s,
    }
    return _asked(
        lambda connection: driver(connection).identity,
        library,
        address,
        **pace,
        **driver.connection_settings,
    )
