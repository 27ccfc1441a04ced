"""Canonical addresses, and the wires that instruments share.

1. A canonical address is the VISA name of an instrument in one spelling: `GPIB::12` and `gpib0::12::instr`
   are `GPIB0::12::INSTR`, `COM3` is `ASRL3::INSTR`, a link to a serial device is the device.
2. A wire is what carries one conversation at a time: a GPIB board, a serial port with every instrument on its
   RS-485 line, a TCP port. Each USB, VXI-11 and HiSLIP instrument has a wire of its own.

No address is looked up in a network: a host name and its number are two addresses here.
"""

import os
import re
from ipaddress import ip_address

from pyvisa import rname

LOCALHOST = "127.0.0.1"
LOCALHOST_NAMES = ("localhost", "ip6-localhost", "::1", "[::1]")
GPIB_SECONDARY_OFFSET = 0x60
COM_PORT = re.compile(r"(?:\\\\\.\\)?COM(\d+)", re.IGNORECASE)
RESOURCE_CLASSES = ("INSTR", "SOCKET", "INTFC", "RAW", "BACKPLANE", "MEMACC", "SERVANT")
GATEWAY_DEVICE = re.compile(r"(gpib\d*),.*")
GPIB_INSTRUMENTS = (rname.GPIBInstr, rname.GPIBIntfc)
PORTS = (rname.TCPIPSocket, rname.PrlgxTCPIPIntfc)
HOSTS = (*PORTS, rname.TCPIPInstr, rname.VICPInstr)
USB_INSTRUMENTS = (rname.USBInstr, rname.USBRaw)


def canonical_address(address: str) -> str:
    """Return the one spelling of a VISA resource name.

    An alias that only the VISA library knows is returned in capitals: VISA names have no case.
    """
    name = parsed_address(address)
    if name is None:
        return address.strip().upper()
    if isinstance(name, rname.ASRLInstr):
        return f"ASRL{_serial_port(name.board)}::INSTR"
    if isinstance(name, rname.PrlgxASRLIntfc):
        name.serial_device = _serial_port(name.serial_device)
    if isinstance(name, rname.GPIBInstr):
        _spell_gpib(name)
    if isinstance(name, USB_INSTRUMENTS):
        name.manufacturer_id = _hexadecimal(name.manufacturer_id)
        name.model_code = _hexadecimal(name.model_code)
    if isinstance(name, HOSTS):
        name.host_address = _host(name.host_address)
    if isinstance(name, rname.TCPIPInstr):
        name.lan_device_name = name.lan_device_name.lower()
    if isinstance(name, PORTS):
        name.port = _number(name.port)
    return str(name)


def wire_of(address: str) -> str:
    """Return the name of the wire to an instrument; instruments of one wire are asked one after the other.

    An address that cannot be parsed has a wire of its own.
    """
    canonical = canonical_address(address)
    name = parsed_address(canonical)
    if isinstance(name, GPIB_INSTRUMENTS):
        return f"GPIB{name.board}"
    if isinstance(name, rname.PrlgxASRLIntfc):
        return canonical_address(name.serial_device)
    if isinstance(name, rname.PrlgxTCPIPIntfc):
        return f"TCPIP0::{name.host_address}::{name.port}::SOCKET"
    if isinstance(name, USB_INSTRUMENTS):
        return f"USB{name.board}::{name.manufacturer_id}::{name.model_code}::{name.serial_number}"
    if isinstance(name, rname.TCPIPInstr) and (gateway := GATEWAY_DEVICE.fullmatch(name.lan_device_name)):
        return f"TCPIP{name.board}::{name.host_address}::{gateway[1]}"
    return canonical


def is_on_loopback(address: str) -> bool:
    """Return whether an address is on this computer, as with a served rig."""
    name = parsed_address(canonical_address(address))
    return isinstance(name, HOSTS) and name.host_address == LOCALHOST


def parsed_address(address: str) -> rname.ResourceName | None:
    """Return the parts of an address, also of a bare serial port; None if it is not a VISA name."""
    text = address.strip()
    if COM_PORT.fullmatch(text) or text.startswith("/"):
        text = f"ASRL{text}::INSTR"
    first, _, last = text.rpartition("::")
    if last.upper() in RESOURCE_CLASSES:  # pyvisa knows them in capitals only
        text = f"{first}::{last.upper()}"
    try:
        return rname.ResourceName.from_string(text)
    except rname.InvalidResourceName:
        return None


def _serial_port(port: str) -> str:
    """Return the number of a COM port, or the device that a path leads to."""
    numbered = COM_PORT.fullmatch(port)
    if numbered or port.isdecimal():
        return _number(numbered[1] if numbered else port)
    return os.path.realpath(port) if port.startswith("/") else port


def _spell_gpib(name: rname.GPIBInstr) -> None:
    name.board, name.primary_address = _number(name.board), _number(name.primary_address)
    given = name.secondary_address or ""
    if given.isdecimal():
        secondary = int(given)
        is_offset = secondary >= GPIB_SECONDARY_OFFSET
        name.secondary_address = str(secondary - GPIB_SECONDARY_OFFSET if is_offset else secondary)


def _number(text: str) -> str:
    return str(int(text)) if text.isdecimal() else text


def _hexadecimal(text: str) -> str:
    try:
        return f"0x{int(text, 0):04X}"
    except ValueError:
        return text


def _host(host: str) -> str:
    """Return a host in small letters without its closing dot, this computer as its number."""
    text = host.lower().rstrip(".")
    if text in LOCALHOST_NAMES:
        return LOCALHOST
    try:
        return str(ip_address(text))
    except ValueError:
        return text
