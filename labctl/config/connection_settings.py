"""Connection settings: the defaults of the driver, overridden by `connection = { ... }` of the station file.

A serial port is set at the front panel of the instrument, and a GPIB terminator by switches at its back: the
driver knows the usual settings, the station file knows this instrument.
"""

from collections.abc import Callable, Mapping
from typing import Any

from labctl.config.table import Table

PARITIES = {"none": 0, "odd": 1, "even": 2, "mark": 3, "space": 4}
STOP_BITS = {1.0: 10, 1.5: 15, 2.0: 20}
FLOW_CONTROLS = {"none": 0, "xon_xoff": 1, "rts_cts": 2, "dtr_dsr": 4}
TERMINATIONS = ("write_termination", "read_termination")


def connection_settings(table: Table, driver_class: type, address: str) -> dict[str, Any]:
    """Return the settings of the VISA resource, with the numerical constants of VISA.

    Raises ConfigurationError for a key that does not apply to this link: a termination for a driver that
    counts bytes, or a serial-port setting for an address that is not a serial port.
    """
    for key in table.values:
        _check_belongs(table, key, driver_class, address)
    usual = dict(getattr(driver_class, "connection_settings", {}))
    terminations = {key: table.text(key) for key in TERMINATIONS if table.has(key)}
    serial = {key: read(table, key) for key, read in SERIAL.items() if table.has(key)}
    asrl = {"asrl": {**usual.get("asrl", {}), **serial}} if serial else {}
    of_line = {key: read(table, key) for key, read in LINE.items() if table.has(key)}
    return {**usual, **terminations, **asrl, **of_line}


def _check_belongs(table: Table, key: str, driver_class: type, address: str) -> None:
    if key in SERIAL and not address.upper().startswith("ASRL"):
        raise table.error(key, f"is for a serial port, but the address is {address}")
    if key in LINE and not address.upper().startswith("ASRL") and not address.upper().endswith("::SOCKET"):
        raise table.error(key, f"is for a serial port or a socket, but the address is {address}")
    if key in TERMINATIONS and key not in getattr(driver_class, "connection_settings", {}):
        raise table.error(key, f"is not for {driver_class.__name__}, whose messages have no terminator")
    known = (*SERIAL, *LINE, *TERMINATIONS)
    if key not in known:
        raise table.unknown(key, known)


def _stop_bits(table: Table, key: str) -> int:
    given = table.number(key)
    if given not in STOP_BITS:
        raise table.error(key, f"is {given:g}; give 1, 1.5 or 2")
    return STOP_BITS[given]


SERIAL: Mapping[str, Callable[[Table, str], int]] = {
    "baud_rate": lambda table, key: int(table.number(key, minimum=50, maximum=4_000_000)),
    "data_bits": lambda table, key: int(table.number(key, minimum=5, maximum=8)),
    "parity": lambda table, key: PARITIES[table.text(key, choices=list(PARITIES))],
    "stop_bits": _stop_bits,
    "flow_control": lambda table, key: FLOW_CONTROLS[table.text(key, choices=list(FLOW_CONTROLS))],
}
LINE: Mapping[str, Callable[[Table, str], float | bool]] = {
    "settle_s": lambda table, key: table.number(key, minimum=0, maximum=60),
    "echo": lambda table, key: table.flag(key),
}
