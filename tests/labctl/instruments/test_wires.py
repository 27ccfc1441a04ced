import pytest

from labctl.instruments.wires import canonical_address, wire_of


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("GPIB0::12::INSTR", "GPIB0::12::INSTR"),
        ("GPIB::12", "GPIB0::12::INSTR"),
        ("gpib0::12::instr", "GPIB0::12::INSTR"),
        (" GPIB00::012::INSTR ", "GPIB0::12::INSTR"),
        ("gpib1::12::0::INSTR", "GPIB1::12::0::INSTR"),
        ("GPIB1::12::96::INSTR", "GPIB1::12::0::INSTR"),  # 0x60 is how some libraries count from
        ("COM3", "ASRL3::INSTR"),
        ("com03", "ASRL3::INSTR"),
        (r"\\.\COM12", "ASRL12::INSTR"),
        ("ASRL3", "ASRL3::INSTR"),
        ("asrlCOM3::instr", "ASRL3::INSTR"),
        ("ASRL3::INSTR", "ASRL3::INSTR"),
        ("TCPIP::Oven.Lab.::5025::socket", "TCPIP0::oven.lab::5025::SOCKET"),
        ("TCPIP0::oven.lab::05025::SOCKET", "TCPIP0::oven.lab::5025::SOCKET"),
        ("TCPIP::LocalHost::5025::SOCKET", "TCPIP0::127.0.0.1::5025::SOCKET"),
        ("TCPIP::10.0.0.1", "TCPIP0::10.0.0.1::inst0::INSTR"),
        ("TCPIP0::10.0.0.1::INST0::INSTR", "TCPIP0::10.0.0.1::inst0::INSTR"),
        ("TCPIP::10.0.0.1::hislip0::INSTR", "TCPIP0::10.0.0.1::hislip0::INSTR"),
        ("USB::2391::22136::MY01", "USB0::0x0957::0x5678::MY01::0::INSTR"),
        ("USB0::0x957::0x5678::MY01::INSTR", "USB0::0x0957::0x5678::MY01::0::INSTR"),
        ("usb0::0X0957::0x5678::MY01::0::instr", "USB0::0x0957::0x5678::MY01::0::INSTR"),
        ("my oven", "MY OVEN"),
    ],
)
def test_an_address_has_one_spelling(written, canonical):
    assert canonical_address(written) == canonical
    assert canonical_address(canonical) == canonical


@pytest.mark.parametrize("written", ["ASRL{}::INSTR", "asrl{}", "{}"])
def test_a_link_to_a_serial_device_is_the_device(tmp_path, written):
    device = tmp_path / "ttyUSB0"
    device.touch()
    link = tmp_path / "usb-FTDI_USB-RS485-if00-port0"
    link.symlink_to(device)
    assert canonical_address(written.format(link)) == f"ASRL{device.resolve()}::INSTR"
    assert canonical_address(written.format(device)) == f"ASRL{device.resolve()}::INSTR"


@pytest.mark.parametrize(
    "addresses",
    [
        ("GPIB0::4::INSTR", "GPIB::12", "gpib0::12::3::INSTR"),
        ("COM3", "ASRL3::INSTR"),
        ("TCPIP::localhost::5025::SOCKET", "TCPIP0::127.0.0.1::5025::SOCKET"),
        ("TCPIP::gateway::gpib0,4::INSTR", "TCPIP::Gateway::GPIB0,12::INSTR"),
        ("USB0::0x0957::0x5678::MY01::0::INSTR", "USB::2391::22136::MY01::1::RAW"),
        ("PRLGX-ASRL::/dev/ttyUSB7::INTFC", "ASRL/dev/ttyUSB7::INSTR"),
        ("PRLGX-TCPIP::10.0.0.2::1234::INTFC", "TCPIP::10.0.0.2::1234::SOCKET"),
    ],
)
def test_instruments_on_one_wire_share_it(addresses):
    assert len({wire_of(address) for address in addresses}) == 1


def test_instruments_on_other_wires_do_not_share_one():
    addresses = (
        "GPIB0::4::INSTR",
        "GPIB1::4::INSTR",
        "COM3",
        "COM4",
        "ASRL/dev/ttyUSB0::INSTR",
        "ASRL/dev/ttyUSB1::INSTR",
        "TCPIP::10.0.0.1::5025::SOCKET",
        "TCPIP::10.0.0.1::5026::SOCKET",
        "TCPIP::10.0.0.2::5025::SOCKET",
        "TCPIP::10.0.0.1::inst0::INSTR",
        "TCPIP::10.0.0.1::hislip0::INSTR",
        "TCPIP::10.0.0.1::gpib0,4::INSTR",
        "TCPIP::10.0.0.1::gpib1,4::INSTR",
        "USB0::0x0957::0x5678::MY01::INSTR",
        "USB0::0x0957::0x5678::MY02::INSTR",
        "my oven",
        "my analyser",
    )
    assert len({wire_of(address) for address in addresses}) == len(addresses)


@pytest.mark.parametrize(
    "nonsense",
    ["", "::", "GPIB::x::INSTR", "USB0::zz::0x5678::MY01::INSTR", "TCPIP::::5025::SOCKET", "PXI0::1::INSTR"],
)
def test_what_is_no_visa_name_has_a_wire_of_its_own(nonsense):
    """Making safe asks for the wire of every instrument: whatever the station file says must not stop it."""
    assert canonical_address(nonsense) == canonical_address(canonical_address(nonsense))
    assert isinstance(wire_of(nonsense), str)
