"""The Eurotherm stand-in with third-party Modbus implementations, over a pseudo-terminal."""

import os
import select
import sys
import threading

import pytest

from labctl.clock import RealClock
from sim_instruments.rig import build
from sim_instruments.wire.exchange import Exchange

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="pseudo-terminals are tried on Linux"
)


@pytest.fixture
def line():
    """Name of the stand-in's serial port, and its rig."""
    import pty
    import tty

    rig = build(RealClock(), instruments={"ASRL4::INSTR": "eurotherm2400"})
    exchange = Exchange(rig.devices["ASRL4::INSTR"])
    here, there = pty.openpty()
    tty.setraw(there)
    stopping = threading.Event()

    def carry() -> None:
        while not stopping.is_set():
            if select.select([here], [], [], 0.002)[0]:
                exchange.put(os.read(here, 4096))
            ready = exchange.get()
            if ready:
                os.write(here, ready)

    thread = threading.Thread(target=carry)
    thread.start()
    yield os.ttyname(there), rig
    stopping.set()
    thread.join()
    os.close(here)
    os.close(there)
    rig.close()


def test_minimalmodbus_reads_and_writes_it(line):
    minimalmodbus = pytest.importorskip("minimalmodbus", reason="minimalmodbus is not installed")
    name, rig = line
    controller = minimalmodbus.Instrument(name, 1)
    controller.serial.baudrate, controller.serial.timeout = 9600, 2
    try:
        assert controller.read_register(1, 1) == pytest.approx(22.0, abs=2)
        controller.write_register(2, 123.4, 1)
        controller.write_register(35, 5.0, 1, functioncode=6)
        assert rig.instruments["ASRL4::INSTR"].target_c == pytest.approx(123.4)
        assert controller.read_registers(524, 2)[1] == 1
        controller.write_float(0x8000 + 4, 50.5)
        assert controller.read_float(0x8000 + 4) == pytest.approx(50.5)
        with pytest.raises(minimalmodbus.IllegalRequestError):
            controller.write_register(3, 50.0, 1, functioncode=6)
    finally:
        controller.serial.close()


def test_pymodbus_reads_and_writes_it(line):
    client_of = pytest.importorskip("pymodbus.client", reason="pymodbus is not installed")
    name, rig = line
    client = client_of.ModbusSerialClient(port=name, baudrate=9600, timeout=2)
    assert client.connect()
    try:
        first = client.read_holding_registers(1, count=2, device_id=1)
        assert first.registers[0] / 10 == pytest.approx(22.0, abs=2)
        assert not client.write_register(2, 500, device_id=1).isError()
        assert not client.write_registers(111, [6000, 0], device_id=1).isError()
        assert rig.instruments["ASRL4::INSTR"].target_c == 50.0
        assert client.write_register(3, 500, device_id=1).isError()
    finally:
        client.close()
