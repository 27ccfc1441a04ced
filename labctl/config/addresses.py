"""Form of the VISA addresses of a station file.

What can only be a mistake is refused, with the right form beside it. An alias that only the VISA library
knows has no `::` and is passed on, as is the name of an instrument at another computer, `visa://...`.
"""

import difflib
import re
from collections.abc import Iterator

from pyvisa import rname

from labctl.instruments.wires import parsed_address
from labctl.plain_text import shown

SINGLE_COLONS = re.compile(r"(GPIB|ASRL|TCPIP|USB)\d*(:[^:]+)+$", re.IGNORECASE)
NO_PROLOGIX = (
    "pyvisa-py asks a Prologix adapter for an answer once, and the adapter waits 50 ms for it, but a "
    "measurement takes seconds; use a GPIB board, or a driver of your own at the port of the adapter, that "
    "sends ++addr and ++read itself"
)
FORMS = {
    "GPIB": "GPIB0::12::INSTR",
    "ASRL": "ASRL3::INSTR",
    "TCPIP": "TCPIP0::192.168.0.12::INSTR or TCPIP0::192.168.0.12::7777::SOCKET",
    "USB": "USB0::0x0957::0x0909::MY12345678::INSTR",
    "VXI": "VXI0::1::INSTR",
    "PXI": "PXI0::1::INSTR",
    "VICP": "VICP0::192.168.0.12::INSTR",
}
SERIAL_ALIAS = re.compile(r"COM\d+::", re.IGNORECASE)
KIND = re.compile(r"([A-Za-z]+)\d*")
NUMBERS_AND_POINTS = re.compile(r"[\d.]+")
LARGEST_GPIB, LARGEST_PORT, LARGEST_OCTET = 30, 65535, 255


def address_problem(address: str) -> str:
    """Return the fault of an address and the right form; "" for none, and for an alias."""
    text = address.strip()
    if text.upper().startswith("PRLGX-"):
        return f"is {shown(address)}: {NO_PROLOGIX}"
    if SINGLE_COLONS.match(text):
        right = shown(re.sub(":+", "::", text))
        return f"is {shown(address)}, which is no VISA address; write {right}"
    if "::" not in text or "[" in text or SERIAL_ALIAS.match(text) or text.lower().startswith("visa://"):
        return ""
    problem = next(_problems(text), "")
    return problem and f"is {shown(address)}: {problem}; write e.g. {_form(text)}"


def _problems(text: str) -> Iterator[str]:
    name = parsed_address(text)
    if name is None and _kind(text) not in FORMS:
        yield f"{shown(text.split('::')[0])} is no interface of VISA"
    if name is None:
        yield "this is no VISA address"
    if isinstance(name, rname.GPIBInstr):
        yield from _not_numbers(name.primary_address, name.secondary_address or "0")
    if isinstance(name, rname.TCPIPSocket) and not _is_port(name.port):
        yield f"the port {shown(name.port)} is not a number from 1 to {LARGEST_PORT}"
    if isinstance(name, rname.TCPIPSocket | rname.TCPIPInstr | rname.VICPInstr):
        yield from _host_problems(name.host_address)


def _not_numbers(*parts: str) -> Iterator[str]:
    yield from (f"{shown(part)} is no GPIB address" for part in parts if not part.isdecimal())


def _is_port(text: str) -> bool:
    return text.isdecimal() and 1 <= int(text) <= LARGEST_PORT


def _host_problems(host: str) -> Iterator[str]:
    """Yield the fault of a host of numbers and points: it is an address of four numbers to 255."""
    if not NUMBERS_AND_POINTS.fullmatch(host):
        return
    parts = host.split(".")
    if len(parts) != 4 or not all(part and int(part) <= LARGEST_OCTET for part in parts):
        yield f"{shown(host)} is no address of four numbers from 0 to {LARGEST_OCTET}"


def _kind(text: str) -> str:
    found = KIND.match(text)
    return found[1].upper() if found else ""


def _form(text: str) -> str:
    """Return the right form for the interface that was meant."""
    kind = _kind(text)
    by_letters = {"".join(sorted(known)): form for known, form in FORMS.items()}  # GBIP is GPIB
    close = difflib.get_close_matches("".join(sorted(kind)), by_letters, 1, 0.5)
    return by_letters[close[0]] if close else " or ".join((FORMS["GPIB"], FORMS["ASRL"], FORMS["TCPIP"]))


def address_doubt(address: str) -> str:
    """Return a possible mistake of an address that is accepted; "" for none."""
    name = parsed_address(address)
    if isinstance(name, rname.GPIBInstr):
        primary = name.primary_address
        if primary.isdecimal() and int(primary) > LARGEST_GPIB:
            return f"the GPIB address {shown(primary)} is not a number from 0 to {LARGEST_GPIB}"
    return ""
