"""A Modbus server of pymodbus with registers of an oven, on a socket or a pseudo-terminal.

Frames, checksums, function codes and exceptions are made by pymodbus. The meaning of the registers and the
links between them are ours, and say nothing about a Eurotherm. For the generic oven the server speaks Modbus
TCP, and its values are floats with the low word first.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from pyvisa.rname import to_canonical_name

from labctl.clock import ScaledClock
from oracle_rig.lines import HOST, LINES, PseudoTerminal
from oracle_rig.table import Oracle
from sim_instruments.wire.faults import ON_HEARING, FaultPlan

POLL_S = 0.002
STARTS_WITHIN_S = 20.0
UNIT = 1
WORDS, FLOATS, PARAMETERS = 0, 0x8000, 1024
PROCESS_VALUE, TARGET, MANUAL_OUTPUT, WORKING, MODE, DECIMALS = 1, 2, 3, 5, 273, 525
PROGRAMMER_RESET, RAMP_PER_MINUTE = (23, 1), (531, 1)
TIMER_RESET, RAMP_OF_3200_PER_MINUTE = (23, 0), (531, 0)
WORKING_OUTPUT = {"2400": MANUAL_OUTPUT, "3200": 4, "3500": 85}
WRITES = (6, 16)
ROOM_DEGC, LOWEST_DEGC, HIGHEST_DEGC = 25.0, -200.0, 600.0


def single(words: Sequence[int]) -> float:
    """Return the float in two words."""
    return struct.unpack(">f", struct.pack(">HH", *words))[0]


def signed(word: int) -> int:
    """Return a word as a signed number."""
    return word - 0x10000 if word & 0x8000 else word


class Registers:
    """Parameters of one controller, as words with a decimal, and for a 3500 as floats too."""

    def __init__(self, family: str) -> None:
        self.family = family
        self.has_floats = family == "3500"
        self.words = [0] * PARAMETERS
        reset = (TIMER_RESET, RAMP_OF_3200_PER_MINUTE)
        if family != "3200":
            reset = (PROGRAMMER_RESET, RAMP_PER_MINUTE)
        for address, value in ((DECIMALS, 1), (MODE, 1), *reset):
            self.words[address] = value
        self._put(TARGET, ROOM_DEGC)
        self._put(111, HIGHEST_DEGC)
        self._put(112, LOWEST_DEGC)
        self.floats = [0] * (2 * PARAMETERS)
        self.floats[2 * TARGET : 2 * TARGET + 2] = struct.unpack(">HH", struct.pack(">f", ROOM_DEGC))
        self._registers = self.words + [0] * (FLOATS - PARAMETERS) + self.floats

    def _put(self, address: int, value: float) -> None:
        self.words[address] = round(10 * value) & 0xFFFF

    def device(self) -> Any:
        """Return the device that pymodbus serves."""
        from pymodbus.simulator import DataType, SimData, SimDevice

        blocks = [SimData(WORDS, values=self.words, datatype=DataType.REGISTERS)]
        if self.has_floats:
            blocks.append(SimData(FLOATS, values=self.floats, datatype=DataType.REGISTERS))
        return SimDevice(id=UNIT, simdata=blocks, action=self._linked)

    async def _linked(
        self, function: int, start: int, address: int, count: int, registers: list[int], values: Any
    ) -> Any:
        """Before each request: the working set point and the process value follow the target.

        A target outside of the range is refused.
        """
        from pymodbus.constants import ExcCodes

        self._registers = registers
        if values and not self._is_in_range(address, values):
            return ExcCodes.ILLEGAL_VALUE
        for parameter in (WORKING, PROCESS_VALUE):
            registers[parameter] = registers[TARGET]
            if self.has_floats:
                at, target = FLOATS + 2 * parameter, FLOATS + 2 * TARGET
                registers[at : at + 2] = registers[target : target + 2]
        if self.family != "2400":
            output = 500 if registers[MODE] == 0 else registers[MANUAL_OUTPUT]
            registers[WORKING_OUTPUT[self.family]] = output
        return None

    @staticmethod
    def _is_in_range(address: int, values: Sequence[int]) -> bool:
        if address == TARGET:
            return LOWEST_DEGC <= signed(values[0]) / 10 <= HIGHEST_DEGC
        if address == FLOATS + 2 * TARGET and len(values) == 2:
            return LOWEST_DEGC <= single(values) <= HIGHEST_DEGC
        return True

    def truth(self) -> dict[str, Any]:
        """Return the state of the registers, without the wire."""
        registers = self._registers
        at = FLOATS + 2 * TARGET
        celsius = single(registers[at : at + 2]) if self.has_floats else signed(registers[TARGET]) / 10
        return {
            "energised": registers[MODE] == 0 or registers[MANUAL_OUTPUT] != 0,
            "setpoint_k": celsius + 273.15,
        }


class OvenRegisters:
    """Floats with the low word first, a switch, an output by hand and the output, of no maker."""

    temperature, target, rules, switch, by_hand, output = 0, 2, 4, 6, 7, 8

    def __init__(self) -> None:
        self._registers = [0] * 9
        for address in (self.temperature, self.target, self.rules):
            self._registers[address : address + 2] = self._words(ROOM_DEGC)
        self._registers[self.switch] = 1

    @staticmethod
    def _words(value: float) -> tuple[int, int]:
        return struct.unpack(">HH", struct.pack(">f", value))[::-1]

    def device(self) -> Any:
        """Return the device that pymodbus serves."""
        from pymodbus.simulator import DataType, SimData, SimDevice

        block = SimData(0, values=self._registers, datatype=DataType.REGISTERS)
        return SimDevice(id=UNIT, simdata=[block], action=self._linked)

    async def _linked(
        self, function: int, start: int, address: int, count: int, registers: list[int], values: Any
    ) -> Any:
        """Before each request the temperature and the ruling set point follow the target; a range holds."""
        from pymodbus.constants import ExcCodes

        self._registers = registers
        if values and address == self.target and not self._is_in_range(values):
            return ExcCodes.ILLEGAL_VALUE
        target = registers[self.target : self.target + 2]
        for at in (self.temperature, self.rules):
            registers[at : at + 2] = target
        registers[self.output] = 500 if registers[self.switch] else registers[self.by_hand]
        return None

    @staticmethod
    def _is_in_range(values: Sequence[int]) -> bool:
        return len(values) == 2 and LOWEST_DEGC <= single(values[::-1]) <= HIGHEST_DEGC

    def truth(self) -> dict[str, Any]:
        """Return the state of the registers, without the wire."""
        registers = self._registers
        celsius = single(registers[self.target : self.target + 2][::-1])
        is_on = registers[self.switch] != 0 or registers[self.by_hand] != 0
        return {"energised": is_on, "setpoint_k": celsius + 273.15}


class Served:
    """A server of pymodbus in a thread; `far` is the end to which frames are sent."""

    def __init__(self, registers: Registers | OvenRegisters, line: str, framer: str) -> None:
        self._registers, self._framer = registers, framer
        self._terminal = PseudoTerminal() if line == "pty" else None
        self._started, self._loop = threading.Event(), asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="pymodbus", daemon=True)
        self._thread.start()
        if not self._started.wait(STARTS_WITHIN_S):
            raise RuntimeError("pymodbus did not start")
        self._socket = None if self._terminal else socket.create_connection((HOST, self._port))

    def exchange(self, frame: bytes) -> None:
        """Send a frame."""
        if self._terminal:
            self._terminal.send(frame)
        elif self._socket:
            self._socket.sendall(frame)

    def received(self, wait_s: float) -> bytes:
        """Return the bytes that the server sent, none after `wait_s`."""
        if self._terminal:
            return self._terminal.receive(wait_s)
        assert self._socket is not None
        self._socket.settimeout(wait_s)
        try:
            return self._socket.recv(4096)
        except TimeoutError:
            return b""

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        from pymodbus import FramerType
        from pymodbus.server import ModbusSerialServer, ModbusTcpServer

        device = self._registers.device()
        options: dict[str, Any] = {"framer": FramerType[self._framer]}
        self._end = asyncio.Event()
        if self._terminal:
            server: Any = ModbusSerialServer(device, port=self._terminal.name, **options)
        else:
            with socket.create_server((HOST, 0)) as found:
                self._port = found.getsockname()[1]
            server = ModbusTcpServer(device, address=(HOST, self._port), **options)
        await server.serve_forever(background=True)
        self._started.set()
        await self._end.wait()
        await server.shutdown()

    def close(self) -> None:
        """End the server."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        if self._socket:
            self._socket.close()
        if self._terminal:
            self._terminal.close()


class ModbusRig:
    """One server at one address; frames that write can be lost."""

    visa_library = "@py"

    def __init__(self, oracle: Oracle, clock: ScaledClock, sent: list[str], seed: int = 1) -> None:
        self.oracle, self.clock = oracle, clock
        self.faults = FaultPlan(np.random.default_rng(seed))
        self._is_tcp = oracle.settings.get("framing") == "tcp"
        self.voice = OvenRegisters() if self._is_tcp else Registers(oracle.arguments[1])
        self._served = Served(self.voice, oracle.line, "SOCKET" if self._is_tcp else "RTU")
        self._line = LINES[oracle.line]()
        self.address = self._line.address
        self.instruments = {to_canonical_name(self.address): self}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._relay, name=oracle.name, daemon=True)
        self._thread.start()

    @property
    def energised(self) -> bool:
        """Whether the controller is automatic or has a manual output."""
        return self.truth()["energised"]

    def truth(self) -> dict[str, Any]:
        """Return the state of the registers; each request was answered before the driver goes on."""
        return self.voice.truth()

    def _relay(self) -> None:
        while not self._ended.is_set():
            frame = self._line.receive(POLL_S)
            if frame and not self._is_refused(frame):
                self._served.exchange(frame)
            if reply := self._served.received(POLL_S):
                self._line.send(reply)

    def _is_refused(self, frame: bytes) -> bool:
        at = 7 if self._is_tcp else 1
        if len(frame) <= at or frame[at] not in WRITES:
            return False
        return self.faults.strike(ON_HEARING, "", frame.hex(" "), self.clock.monotonic()) is not None

    def close(self) -> None:
        """End relay and server."""
        self._ended.set()
        self._thread.join()
        self._line.close()
        self._served.close()
