"""Linkam T95 and TMS94 stage controllers (serial, 19200 baud).

Sources: four independent open-source drivers. All messages end with a carriage return; the reply to `T` has
ten bytes, some of them above 7F hexadecimal; the reply to any other command is a single carriage return. The
controller loses messages that follow each other too fast: of two programs in use one leaves 300 ms, the other
200 ms; here it is 300 ms, and 500 ms after opening.
"""

import re
from contextlib import suppress
from typing import Any, ClassVar, NamedTuple

from drivers.declarations import linkam_t95 as declared
from labctl.bench import ZERO_CELSIUS_K, OutputState
from labctl.errors import InstrumentError
from labctl.instrument import Capabilities, Instrument, Range

END = b"\r"
STATUS_BYTES = 10
STOPPED, AT_LIMIT = 0x01, 0x30
HELD_WITHIN_K = 2.0
STATES = {
    STOPPED: "stopped",
    0x10: "heating",
    0x20: "cooling",
    AT_LIMIT: "holding at the limit",
    0x40: "holding the limit time",
    0x50: "holding the temperature",
}
ERROR_BASE = 0x80
ERRORS = {
    0x01: "cooling too fast",
    0x02: "stage not connected or its sensor open",
    0x04: "power surge",
    0x08: "no exit at 300 degC",
    0x20: "link error",
}
RATES_K_MIN = (0.01, 150.0)


class StageStatus(NamedTuple):
    """Parsed reply to `T`."""

    state: int
    errors: tuple[str, ...]
    celsius: float


def parse_status(reply: bytes) -> StageStatus:
    """Return the status in ten bytes and a carriage return; raises ValueError for an invalid reply."""
    if len(reply) != STATUS_BYTES + 1 or reply[-1:] != END:
        raise ValueError("expected ten bytes and a carriage return")
    state, errors = reply[0], reply[1]
    if state not in STATES or not errors & ERROR_BASE:
        raise ValueError("the status bytes are not in the manual")
    if not re.fullmatch(rb"[0-9A-Fa-f]{4}", reply[6:10]):
        raise ValueError("the temperature is not four hexadecimal digits")
    tenths = int(reply[6:10], 16)
    words = tuple(text for bit, text in ERRORS.items() if errors & bit)
    return StageStatus(state, words, (tenths - 0x10000 if tenths & 0x8000 else tenths) / 10)


class LinkamT95(Instrument):
    """A `labctl.bench.TemperatureController`.

    The limit cannot be read back: `setpoint_k` is the last value set, or the temperature before any was set.
    `output_state` reports a stage that holds at another limit.

    Parameters
    ----------
    fastest_k_min : float
        Rate used without a ramp, 0.01 to 150 K/min.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "timeout": 2000,
        "asrl": {"baud_rate": 19200, "data_bits": 8, "parity": 0, "stop_bits": 10},
    }
    line_address: ClassVar[str | None] = ""
    write_interval_s: ClassVar[float] = 0.3
    quiet_after_opening_s: ClassVar[float] = 0.5
    safe_within_s: ClassVar[float] = 3.0
    acknowledges: ClassVar[bool] = True
    can = Capabilities(
        temperature_k=Range(-200.0 + ZERO_CELSIUS_K, 600.0 + ZERO_CELSIUS_K),
        ramp_rate_k_s=Range(RATES_K_MIN[0] / 60, RATES_K_MIN[1] / 60),
        settings={"fastest_k_min": Range(*RATES_K_MIN)},
    )

    def __init__(
        self, adapter: Any, name: str | None = None, *, fastest_k_min: float = 20.0, **kwargs: Any
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.can.check_settings(self.name, fastest_k_min=fastest_k_min)
        self.fastest_k_min = fastest_k_min
        self._setpoint_k: float | None = None
        self._ramp_rate_k_s = 0.0

    @classmethod
    def declared_texts(cls, sent: str) -> tuple[str, ...]:
        """Return the text of a message in hexadecimal."""
        return (bytes.fromhex(sent).removesuffix(END).decode("latin-1"),)

    @property
    def stage_status(self) -> StageStatus:
        """Get state, errors as text and temperature in degrees Celsius."""
        self.write_bytes(b"T" + END)
        reply = self.read_bytes(STATUS_BYTES + 1)
        try:
            return parse_status(reply)
        except ValueError as problem:
            raise self.refuse("T", reply.hex(" "), str(problem)) from problem

    def tell(self, command: str) -> None:
        """Send a command; raises InstrumentError unless it is acknowledged."""
        self.write_bytes(command.encode() + END)
        reply = self.read_bytes(1)
        if reply != END:
            raise self.refuse(command, reply.hex(" "), "expected a single carriage return")

    @property
    def identity(self) -> str:
        """Get manufacturer, protocol and state (str): the protocol has no identity query."""
        return f"Linkam T95 protocol, {STATES[self.stage_status.state]}"

    @property
    def condition(self) -> str:
        """Get state and errors as text (str)."""
        status = self.stage_status
        return ", ".join((STATES[status.state], *(status.errors or ("no error",))))

    # Members of `labctl.bench.TemperatureController`.

    def prepare(self) -> None:
        """Check that a stage controller replies; stop the stage."""
        self.check_identity("Linkam")
        self.make_safe()

    @property
    def temperature_k(self) -> float:
        """Temperature of the stage; InstrumentError while the controller reports an error."""
        status = self.stage_status
        if status.errors:
            raise InstrumentError(self.name, "T", f"{status.celsius:g} degC", ", ".join(status.errors))
        return status.celsius + ZERO_CELSIUS_K

    @property
    def setpoint_k(self) -> float:
        """Last set point, or the temperature if none was set. Writing it starts the stage."""
        return self.temperature_k if self._setpoint_k is None else self._setpoint_k

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None:
        self.can.check_temperature(self.name, value)
        celsius = value - ZERO_CELSIUS_K
        rate_k_min = self._ramp_rate_k_s * 60 or self.fastest_k_min
        for command in (f"R1{round(rate_k_min * 100)}", f"L1{round(celsius * 10)}", "S"):
            self.tell(command)
        state = self.stage_status.state
        if state == STOPPED:
            raise InstrumentError(self.name, "S", STATES[state], "the stage did not start")
        self._setpoint_k = value

    @property
    def ramp_rate_k_s(self) -> float:
        """Rate of later set points in K/s, 0.01 to 150 K/min; 0 = `fastest_k_min`."""
        return self._ramp_rate_k_s

    @ramp_rate_k_s.setter
    def ramp_rate_k_s(self, value: float) -> None:
        self.can.check_ramp(self.name, value)
        self._ramp_rate_k_s = value

    @property
    def output_state(self) -> OutputState:
        """Whether the stage runs, and whether it holds at another limit than the one set."""
        status = self.stage_status
        problems = [*status.errors]
        if status.state == AT_LIMIT and self._setpoint_k is not None:
            held_k = status.celsius + ZERO_CELSIUS_K
            if abs(held_k - self._setpoint_k) > HELD_WITHIN_K:
                problems.append(f"it holds at {held_k:.1f} K instead of {self._setpoint_k:.1f} K")
        return OutputState(status.state != STOPPED, problem=", ".join(problems))

    def switch_off(self) -> None:
        """Stop the stage; the controller acknowledges it."""
        self._setpoint_k = None
        with self.urgently():
            self._wake()
            self.tell("E")

    def make_safe(self) -> None:
        """Stop the stage and read its state back. The heating power cannot be read."""
        self.clear_bus()
        self.attempt_all(self.switch_off, self._confirm_stopped)

    def _wake(self) -> None:
        """Send `T`, which must come first after opening; errors show in the following commands."""
        with suppress(InstrumentError):
            _ = self.stage_status

    def _confirm_stopped(self) -> None:
        state = self.stage_status.state
        if state != STOPPED:
            raise InstrumentError(self.name, "T", STATES[state], "the stage is still on")
