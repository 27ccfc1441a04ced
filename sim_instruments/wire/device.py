"""Simulated device: splits received bytes into messages and sends each reply at its time.

A model does not handle bytes. It has the members named in its YAML file (`call: read_kelvin`,
`bind: setpoint_k`), raises `Refusal` for a command that the instrument declines, and calls `port.send()`
when a measurement is done. Python exceptions in a model are program errors and propagate to the caller.
"""

import heapq
import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from pyvisa.constants import StatusCode
from pyvisa.errors import VisaIOError
from pyvisa_sim.component import Property
from pyvisa_sim.devices import Device

from sim_instruments.wire.faults import IN_THE_WORLD, ON_ANSWERING, ON_HEARING, Fault, FaultPlan
from sim_instruments.wire.grammar import Grammar
from sim_instruments.wire.serial_line import SerialLine
from sim_instruments.world.world import World

LONG_S = 0.5
"""A reply due later than this does not occupy the serial line."""


class Refusal(Exception):
    """Raised when the instrument declines a valid command; `code` goes into its error register."""

    def __init__(self, code: int = 0) -> None:
        super().__init__(f"refused with code {code}")
        self.code = code


class Model(Protocol):
    """Interface of every instrument model."""

    def plug_in(self, port: "SimDevice") -> None:
        """Store the port used for `send()`; called once."""
        ...

    def not_understood(self, message: str) -> None:
        """Handle a message that is not a command of this instrument."""
        ...

    def declined(self, message: str, code: int) -> None:
        """Handle a command that raised Refusal."""
        ...

    def reset(self) -> None:
        """Return to the settings after power-on."""
        ...


class Stream(Protocol):
    """Unsolicited readings of an instrument; a read returns the latest one."""

    next_s: float

    def line(self) -> str:
        """Return the present reading and advance `next_s`."""
        ...


class BoundProperty(Property):
    """A property of the YAML file with its value stored in the model."""

    def __init__(self, name: str, specs: dict[str, str], model: Model, attribute: str) -> None:
        self._model, self._attribute = model, attribute
        super().__init__(name, "", specs)

    def init_value(self, string_value: str) -> None:
        """Keep the model's default value."""

    def get_value(self) -> Any:
        """Read the model."""
        return getattr(self._model, self._attribute)

    def set_value(self, string_value: str) -> None:
        """Set the model, or raise Refusal(3), the code for out of range."""
        if not hasattr(type(self._model), self._attribute) and not hasattr(self._model, self._attribute):
            raise AttributeError(f"{type(self._model).__name__} has no {self._attribute!r}")
        setattr(self._model, self._attribute, self._checked(string_value))

    def _checked(self, string_value: str) -> Any:
        try:
            if self.specs is not None and self.specs.type is int:
                string_value = f"{float(string_value):.0f}"
            return self.validate_value(string_value)
        except (ValueError, OverflowError):
            raise Refusal(3) from None


class SimDevice(Device):
    """A pyvisa-sim device with timed replies and its state in a model.

    Parameters
    ----------
    name : str
    model : Model
    world, faults :
        World and faults of the rig.
    latency_s : float
        Time from the end of a query to the beginning of its reply.
    ignored : bytes
        Bytes stripped from both ends of a message.
    end_is_eom : bool
        Whether END (GPIB's EOI) ends a message as the terminator does.
    """

    def __init__(
        self,
        name: str,
        model: Model,
        world: World,
        faults: FaultPlan,
        *,
        delimiter: bytes = b";",
        latency_s: float = 0.01,
        ignored: bytes = b"\r ",
        end_is_eom: bool = True,
    ) -> None:
        super().__init__(name, delimiter)
        self.model, self.world, self.faults = model, world, faults
        self.latency_s, self.ignored, self.end_is_eom = latency_s, ignored, end_is_eom
        self.grammar = Grammar(())
        self.offline_until_s = -math.inf
        self.opened_s = -math.inf
        self.deaf_until_s = -math.inf
        self.busy_until_s = -math.inf
        self.sends_end = True
        self.line: SerialLine | None = None
        self.stream: Stream | None = None
        self.status_bits: Callable[[], int] = lambda: 0
        self.service_mask: Callable[[], int] = lambda: 0
        self._outbox: list[tuple[float, int, bytearray]] = []
        self._sent = 0
        self._line_free_s = -math.inf
        model.plug_in(self)

    @property
    def address(self) -> str:
        """VISA resource name of this device."""
        return self.resource_name or self.name

    @property
    def online(self) -> bool:
        """Whether the device is connected."""
        return self.world.time_s >= self.offline_until_s

    def write(self, data: bytes, end: bool = False) -> None:
        """Receive bytes from the host; process every message they complete."""
        if self.world.now() < self.deaf_until_s:
            return
        self._input_buffer.extend(data)
        for message in self._messages(end and self.end_is_eom):
            self.hear(message)

    def hear(self, message: bytes) -> None:
        """Process one complete message; replies to commands joined by the delimiter are sent in one line."""
        answers = []
        for part in message.split(self.delimiter) if self.delimiter else [message]:
            text = part.decode("latin-1").strip()
            answer = self._execute(text) if text else None
            if answer is not None:
                answers.append(answer)
        if answers:
            self.send(self.delimiter.decode().join(answers), message.decode("latin-1").strip())

    def send(self, reply: str | bytes, command: str = "", after_s: float | None = None) -> None:
        """Put a reply with terminator in the outbox, ready after `after_s` (default: the latency).

        `command` is the command it replies to; faults planned for that command apply to the reply.
        """
        body = reply.encode("latin-1") if isinstance(reply, str) else reply
        ready_s = max(self.world.time_s, self.busy_until_s) + (self.latency_s if after_s is None else after_s)
        fault = self.faults.strike(ON_ANSWERING, self.address, command, self.world.time_s)
        if fault is None:
            self._post(body + self._response_eom, ready_s)
        elif fault.kind != "timeout":
            self._post_faulty(body, ready_s, fault)

    def return_bytes(self, data: bytes) -> None:
        """Put bytes in the outbox as they are: the echo of an adapter."""
        self._post(data, self.world.now())

    def boot(self, duration_s: float) -> None:
        """Reset, and be deaf for some time; 0 s: nothing happens."""
        if duration_s:
            self.clear()
            self.model.reset()
            self.deaf_until_s = self.world.now() + duration_s

    def take(self, into: bytearray, count: int, stop: int | None, end_ends: bool) -> StatusCode | None:
        """Move ready bytes into `into`; return why the read ends, or None if it must wait for more."""
        self._push_reading()
        while self._outbox and self._outbox[0][0] <= self.world.time_s and len(into) < count:
            message = self._outbox[0][2]
            wanted = self._wanted(message, count - len(into), stop)
            into += message[:wanted]
            del message[:wanted]
            if not message:
                heapq.heappop(self._outbox)
            if stop is not None and into[-1:] == bytes([stop]):
                return StatusCode.success_termination_character_read
            if end_ends and self.sends_end and not message:
                return StatusCode.success
        return StatusCode.success_max_count_read if len(into) >= count else None

    @property
    def next_arrival_s(self) -> float:
        """Time when the next pending reply becomes ready; infinite without one."""
        if self.stream is not None and not self._outbox:
            return self.stream.next_s
        return min((ready_s for ready_s, *_ in self._outbox if ready_s > self.world.time_s), default=math.inf)

    @property
    def waiting_bytes(self) -> int:
        """Number of bytes ready to be read."""
        return sum(len(body) for ready_s, _, body in self._outbox if ready_s <= self.world.time_s)

    def clear(self) -> None:
        """Device clear: discard partial input, unread replies and pending replies."""
        self._input_buffer.clear()
        self._outbox.clear()

    def clear_line(self) -> None:
        """Discard partial input and unread replies, as far as the host's end of a serial line can."""
        self._input_buffer.clear()
        self.discard_arrived()

    def discard_arrived(self) -> None:
        """Discard ready, unread replies; pending replies still arrive."""
        self._outbox = [reply for reply in self._outbox if reply[0] > self.world.time_s]
        heapq.heapify(self._outbox)

    def poll(self) -> int:
        """Status byte, with MAV (16) while a reply is waiting, RQS (64) while service is requested."""
        bits = self.status_bits() | (16 if self.waiting_bytes else 0)
        return bits | (64 if bits & self.service_mask() else 0)

    def check_online(self) -> None:
        """Raise VI_ERROR_CONN_LOST while the device is offline."""
        self.world.now()
        if not self.online:
            raise VisaIOError(StatusCode.error_connection_lost)

    def _push_reading(self) -> None:
        """Send the next unsolicited reading, if it is due and no reply is pending."""
        if self.stream is not None and not self._outbox and self.stream.next_s <= self.world.time_s:
            self.send(self.stream.line(), "stream", after_s=0.0)

    @staticmethod
    def _wanted(message: bytearray, room: int, stop: int | None) -> int:
        if stop is None:
            return room
        found = message.find(stop, 0, room)
        return room if found < 0 else found + 1

    def _messages(self, ended: bool) -> list[bytes]:
        """Complete messages; an incomplete rest stays buffered until its terminator."""
        messages = self._input_buffer.split(self._query_eom)
        self._input_buffer = bytearray()
        if not ended:
            self._input_buffer = messages.pop()
        return [bytes(message).strip(self.ignored) for message in messages]

    def _execute(self, command: str) -> str | None:
        """Execute one command and return its reply, if any."""
        self.faults.strike(IN_THE_WORLD, self.address, command, self.world.time_s)
        fault = self.faults.strike(ON_HEARING, self.address, command, self.world.time_s)
        if fault is not None:
            self._apply_fault(fault)
            return None
        found = self.grammar.find(command)
        if found is None:
            self.model.not_understood(command)
            return None
        try:
            return found[0].run(found[1])
        except Refusal as refusal:
            self.model.declined(command, refusal.code)
            return None

    def _apply_fault(self, fault: Fault) -> None:
        now_s = self.world.time_s
        if fault.kind == "lost":
            self.clear()
            self.offline_until_s = now_s + fault.duration_s
            raise VisaIOError(StatusCode.error_connection_lost)
        if fault.kind == "reboot":
            self.clear()
            self.model.reset()
            self.deaf_until_s = now_s + (5.0 if math.isinf(fault.duration_s) else fault.duration_s)

    def _post(self, body: bytes, ready_s: float) -> None:
        self._sent += 1
        if self.line is not None and self.address.startswith("ASRL"):
            ready_s = self._sent_at_s(ready_s, len(body))
        heapq.heappush(self._outbox, (ready_s, self._sent, bytearray(body)))

    def _sent_at_s(self, ready_s: float, count: int) -> float:
        """Time when the last of `count` bytes has been sent; replies due soon queue for the line."""
        assert self.line is not None
        duration_s = self.line.duration_s(count)
        if ready_s - self.world.time_s > LONG_S:
            return ready_s + duration_s
        self._line_free_s = max(ready_s, self._line_free_s) + duration_s
        return self._line_free_s

    def _post_faulty(self, body: bytes, ready_s: float, fault: Fault) -> None:
        eom = self._response_eom
        match fault.kind:
            case "late":
                self._post(body + eom, ready_s + fault.delay_s)
            case "garble":
                self._post(_garbled(body, self._sent) + eom, ready_s)
            case "truncate":
                self._post(body[: len(body) // 2] or b"?", ready_s)
            case "surplus":
                self._post(body + b",0" + eom, ready_s)
            case "fields":
                self._post(body.rpartition(b",")[0] + eom, ready_s)
            case _:
                value = "NaN" if fault.value is None else str(fault.value)
                self._post(value.encode() + eom, ready_s)


def _garbled(body: bytes, seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0x80, 0xFF, max(1, len(body) // 2), dtype=np.uint8)
    return noise.tobytes() + body[len(noise) :]
