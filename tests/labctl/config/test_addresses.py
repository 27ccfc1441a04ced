"""An address that can only be a mistake is refused with the right form; every other one is passed on."""

import pytest

from labctl.config.addresses import address_doubt, address_problem

MISTAKES = {
    "GPIB0:24:INSTR": "write 'GPIB0::24::INSTR'",
    "GPIB:24": "write 'GPIB::24'",
    "TCPIP::1.2.3": "'1.2.3' is no address of four numbers from 0 to 255; write e.g. TCPIP0::192.168.0.12",
    "TCPIP0::192.168.0.300::INSTR": "'192.168.0.300' is no address of four numbers",
    "TCPIP0::192.168.0.12::77777::SOCKET": "the port '77777' is not a number from 1 to 65535",
    "TCPIP0::192.168.0.12::SOCKET": "this is no VISA address; write e.g. TCPIP0::192.168.0.12",
    "TCPIP0::192.168.0.12:7777::SOCKET": "this is no VISA address",
    "GBIP0::24::INSTR": "'GBIP0' is no interface of VISA; write e.g. GPIB0::12::INSTR",
    "GPIB0::24::INST": "'INST' is no GPIB address; write e.g. GPIB0::12::INSTR",
    "USB0::0x0957::INSTR": "write e.g. USB0::0x0957::0x0909::MY12345678::INSTR",
    "PRLGX-TCPIP0::10.0.0.9::1234::INTFC": "Prologix",
}
ACCEPTED = (
    *("GPIB0::12::INSTR", "gpib0::4", "GPIB::12", "GPIB1::12::0::INSTR", "GPIB1::12::96::INSTR"),
    *("COM3", "COM3::INSTR", "ASRL3::INSTR", "ASRL3", "/dev/ttyUSB0", "myOven", "GPIB0::40::INSTR"),
    "ASRL/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0::INSTR",
    *("USB0::0x0957::0x0909::MY00000000::INSTR", "USB::2391::22136::MY01"),
    *("TCPIP::10.0.0.1::inst0::INSTR", "TCPIP::10.0.0.1::hislip0::INSTR", "TCPIP0::192.168.0.12"),
    *("TCPIP::gateway::gpib0,4::INSTR", "TCPIP0::oven.lab::5025::SOCKET", "TCPIP::Oven.Lab.::5025::socket"),
    *("TCPIP::localhost::4000::SOCKET", "TCPIP::[::1]::5025::SOCKET"),
    "visa://other-computer/GPIB0::12::INSTR",
)


@pytest.mark.parametrize(("address", "right"), MISTAKES.items())
def test_a_mistyped_address_is_refused_with_the_right_form(address, right):
    problem = address_problem(address)
    assert problem.startswith(f"is {address!r}")
    assert right in problem


@pytest.mark.parametrize("address", ACCEPTED)
def test_an_address_that_can_be_opened_is_accepted(address):
    assert address_problem(address) == ""


def test_a_gpib_address_above_30_is_doubted():
    assert "'40' is not a number from 0 to 30" in address_doubt("GPIB0::40::INSTR")
    assert address_doubt("GPIB0::30::INSTR") == ""
