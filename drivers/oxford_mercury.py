"""Oxford Instruments MercuryiTC (LAN, GPIB, USB), with the manufacturer's SCPI-like command set.

The manual's commands come from pymeasure's `TemperatureSensor`. This driver adds two checks: a reply must
repeat its query, and the reply to a setting must be VALID. After a set point or a ramp it reads loop, ramp,
sweep and set point: VALID means that the setting was accepted, not that it rules. That SWMD is FIX without a
sweep table is shown by emulators of other laboratories.
"""

from functools import partial
from typing import Any, ClassVar, cast

from pymeasure.instruments.oxfordinstruments import mercuryitc
from pymeasure.instruments.validators import strict_discrete_set

from drivers.declarations import oxford as declared
from labctl.bench import OutputState
from labctl.errors import InstrumentError
from labctl.instrument import Capabilities, Channel, Instrument, Range

LARGEST_RAMP_K_MIN = 100_000
LIMITS_K = (0.0, 2000.0)
SETPOINT_RESOLUTION_K = 0.006
RAMP_TOLERANCE = 0.01
FIXED = "FIX"
WITHOUT_SWEEP = (FIXED, "INVALID", "N/A", "NOT_FOUND")
"""Replies to SWMD of a fixed set point, and of an instrument that has no sweep tables."""


def _last(reply: str) -> str:
    return reply.rsplit(":", 1)[-1]


class ControlLoop(Channel, mercuryitc.TemperatureSensor):  # pyright: ignore[reportIncompatibleMethodOverride]
    """A temperature sensor and the loop it controls."""

    control_loop_PID_enabled = Channel.control(  # noqa: N815 - pymeasure names it so
        "READ:DEV:{ch}:TEMP:LOOP:ENAB",
        "SET:DEV:{ch}:TEMP:LOOP:ENAB:%s",
        """Control whether the loop (`"ON"`) or the manual percentage (`"OFF"`) sets the heater.""",
        cast=str,
        preprocess_reply=_last,
        check_set_errors=True,
        validator=strict_discrete_set,
        values=("ON", "OFF"),
    )
    control_loop_ramp_enabled = Channel.control(
        "READ:DEV:{ch}:TEMP:LOOP:RENA",
        "SET:DEV:{ch}:TEMP:LOOP:RENA:%s",
        """Control whether set points are approached at the ramp rate (`"ON"` or `"OFF"`).""",
        cast=str,
        preprocess_reply=_last,
        check_set_errors=True,
        validator=strict_discrete_set,
        values=("ON", "OFF"),
    )

    sweep_mode = Channel.control(
        "READ:DEV:{ch}:TEMP:LOOP:SWMD",
        "SET:DEV:{ch}:TEMP:LOOP:SWMD:%s",
        """Control where set points come from (`"FIX"`: TSET; otherwise a table of the instrument).""",
        cast=str,
        preprocess_reply=_last,
        check_set_errors=True,
    )

    def ask(self, command: str, query_delay: float | None = None) -> str:
        """Query, and raise InstrumentError for a reply that is not the query with one value."""
        reply = super().ask(command, query_delay).strip()
        expected = "STAT:" + self.insert_id(command).removeprefix("READ:") + ":"
        if not reply.startswith(expected):
            raise self.refuse(command, reply, f"expected {expected}...")
        if ":" in reply.removeprefix(expected):
            raise self.refuse(command, reply, "expected one value")
        return reply

    def check_set_errors(self) -> list[str]:
        """Raise InstrumentError unless the setting just sent was valid."""
        reply = self.read().strip()
        if not (reply.startswith("STAT:SET:") and reply.endswith(":VALID")):
            raise self.refuse("SET:DEV:{ch}", reply, "the setting was refused")
        return []


class OxfordMercuryITC(Instrument):
    """A `labctl.bench.TemperatureController` on one sensor and its loop.

    Parameters
    ----------
    sensor : str
        Identifier of the sensor's board, as listed by the instrument.
    """

    messages = declared.MERCURY_MESSAGES
    bench_checks = declared.MERCURY_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 5000,
    }
    line_address: ClassVar[str | None] = ""
    write_interval_s: ClassVar[float] = 0.02
    acknowledges: ClassVar[bool] = True
    questions: ClassVar[str] = "READ:[^;]*"
    models: ClassVar[tuple[str, ...]] = ("MERCURY ITC",)
    can = Capabilities(
        temperature_k=Range(*LIMITS_K, excludes_low=True),
        ramp_rate_k_s=Range(0.0, LARGEST_RAMP_K_MIN / 60),
    )

    def __init__(
        self, adapter: Any, name: str | None = None, *, sensor: str = "MB1.T1", **kwargs: Any
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.loop = ControlLoop(self, sensor)
        self._ramp_rate_k_s = 0.0

    @property
    def condition(self) -> str:
        """Get the state of the loop (str)."""
        percent = self.loop.control_loop_heater_percent
        return f"loop {self.loop.control_loop_PID_enabled}, manual heater output {percent:g} %"

    # Members of `labctl.bench.TemperatureController`.

    def prepare(self) -> None:
        """Check the model; switch loop, heater and ramp off, and a sweep table that sets the set point."""
        self.check_identity(*self.models)
        self.make_safe()
        self.ramp_rate_k_s = 0.0
        if self.loop.sweep_mode not in WITHOUT_SWEEP:
            self.loop.sweep_mode = FIXED
        self._confirm_no_sweep()

    def _confirm_no_sweep(self) -> None:
        found = cast(str, self.loop.sweep_mode)
        if found not in WITHOUT_SWEEP:
            self._confirm("SWMD", found, FIXED)

    @property
    def temperature_k(self) -> float:
        """Temperature of the sensor; InstrumentError for an impossible value."""
        kelvin = cast(float, self.loop.temperature)
        if not LIMITS_K[0] < kelvin <= LIMITS_K[1]:
            raise self.refuse("TEMP:SIG:TEMP", f"{kelvin:g}", "not a valid temperature")
        return kelvin

    @property
    def setpoint_k(self) -> float:
        """Set point. Writing it switches the loop on."""
        return cast(float, self.loop.control_loop_temperature_setpoint)

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None:
        self.can.check_temperature(self.name, value)
        self.loop.control_loop_temperature_setpoint = value
        self.loop.control_loop_PID_enabled = "ON"
        self._confirm("ENAB", self.loop.control_loop_PID_enabled, "ON")
        self._confirm_no_sweep()
        self._confirm_ramp()
        found_k = self.setpoint_k
        if not self._ramp_rate_k_s and abs(found_k - value) > SETPOINT_RESOLUTION_K:
            self._confirm("TSET", f"{found_k:g}", f"{value:g}")

    def _confirm(self, word: str, found: Any, wanted: str) -> None:
        """Raise InstrumentError unless the value read is the value set."""
        if found != wanted:
            raise InstrumentError(self.name, f"LOOP:{word}", str(found), f"expected {wanted}")

    def _confirm_ramp(self) -> None:
        """Raise InstrumentError unless the ramp is off, or on with the rate that was set."""
        wanted_k_min = self._ramp_rate_k_s * 60
        self._confirm("RENA", self.loop.control_loop_ramp_enabled, "ON" if wanted_k_min else "OFF")
        if wanted_k_min:
            found_k_min = cast(float, self.loop.control_loop_ramp_rate)
            if abs(found_k_min - wanted_k_min) > RAMP_TOLERANCE * wanted_k_min:
                self._confirm("RSET", f"{found_k_min:g}", f"{wanted_k_min:g}")

    @property
    def ramp_rate_k_s(self) -> float:
        """Rate of later set points in K/s; 0 = no ramp."""
        return self._ramp_rate_k_s

    @ramp_rate_k_s.setter
    def ramp_rate_k_s(self, value: float) -> None:
        self.can.check_ramp(self.name, value)
        if value:
            self.loop.control_loop_ramp_rate = value * 60
        self.loop.control_loop_ramp_enabled = "ON" if value else "OFF"
        self._ramp_rate_k_s = value
        self._confirm_ramp()

    @property
    def output_state(self) -> OutputState:
        """Set point (None with a ramp), whether the loop controls the heater, a sweep table that rules."""
        is_on = self.loop.control_loop_PID_enabled == "ON"
        problem = "" if self.loop.sweep_mode in WITHOUT_SWEEP else "a sweep table rules"
        return OutputState(is_on, None if self._ramp_rate_k_s else self.setpoint_k, problem=problem)

    def switch_off(self) -> None:
        """Switch the loop off and set the heater to zero percent; both are acknowledged."""
        with self.urgently():
            self.attempt_all(
                partial(setattr, self.loop, "control_loop_PID_enabled", "OFF"),
                partial(setattr, self.loop, "control_loop_heater_percent", 0),
            )

    def make_safe(self) -> None:
        """Switch the loop off, set the heater to zero percent, and read both back.

        The power of the heater board is not read: its identifier is not in the station file.
        """
        self.clear_bus()
        self.attempt_all(self.switch_off, self._confirm_off)

    def _confirm_off(self) -> None:
        state, percent = self.loop.control_loop_PID_enabled, self.loop.control_loop_heater_percent
        if state != "OFF" or percent != 0:
            raise InstrumentError(self.name, "LOOP:ENAB, LOOP:HSET", f"{state}, {percent}", "still heating")
