"""Temptronic ATS-525, ATS-545 and ECO-560 air-stream systems.

The manual's commands come from pymeasure's `ATSBase`; its set-point range truncates silently, so this driver
checks values before sending them. The head is never moved, because an operator's hand may be under it.
"""

from functools import partial
from typing import Any, ClassVar, cast

from pymeasure.instruments import Instrument as PymeasureInstrument
from pymeasure.instruments.temptronic.temptronic_base import ATSBase

from drivers.declarations import chambers as declared
from labctl.bench import ZERO_CELSIUS_K, OutputState
from labctl.errors import InstrumentError
from labctl.instrument import Capabilities, Instrument, Range

LIMITS_DEGC = (-99.9, 225.0)
HOTTEST_VALID_DEGC = 400.0
FLOW_ON = 1 << 5
HOT, AMBIENT, COLD = 0, 1, 2
RAMP_LIMITS_K_MIN = (0.1, 9999.0)


def setpoint_number(celsius: float) -> int:
    """Return the number of the set point (hot, ambient or cold) for a temperature."""
    if celsius >= 30:
        return HOT
    return COLD if celsius <= 20 else AMBIENT


class TemptronicATS(Instrument, ATSBase):  # pyright: ignore[reportIncompatibleMethodOverride]
    """A `labctl.bench.TemperatureController`; lower the head before a run."""

    messages = declared.TEMPTRONIC_MESSAGES
    bench_checks = declared.TEMPTRONIC_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 5000,
    }
    line_address: ClassVar[str | None] = ""
    write_interval_s: ClassVar[float] = 0.05
    can = Capabilities(
        temperature_k=Range(LIMITS_DEGC[0] + ZERO_CELSIUS_K, LIMITS_DEGC[1] + ZERO_CELSIUS_K),
        ramp_rate_k_s=Range(RAMP_LIMITS_K_MIN[0] / 60, RAMP_LIMITS_K_MIN[1] / 60),
    )
    models: ClassVar[tuple[str, ...]] = ("ATS-", "ECO-", "TEMPTRONIC", "Temptronic", "inTEST")

    def __init__(self, adapter: Any, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(adapter, name, **kwargs)
        self._ramp_rate_k_s = 0.0

    def wait_for(self, query_delay: float | None = None) -> None:
        """Return immediately: the connection sets the interval between messages."""

    def write(self, command: str, **kwargs: Any) -> None:
        """Send a message."""
        PymeasureInstrument.write(self, command, **kwargs)

    @property
    def condition(self) -> str:
        """Get errors as text and the state of the air flow (str)."""
        error = cast(int, self.error_code)
        return f"{_in_words(error) if error else 'no error'}, air {'on' if self._flow & FLOW_ON else 'off'}"

    # Members of `labctl.bench.TemperatureController`.

    def prepare(self) -> None:
        """Check the model, take remote control, stop the air flow."""
        self.check_identity(*self.models, "ATS", "ECO")
        self.make_safe()

    @property
    def temperature_k(self) -> float:
        """Temperature of air or sample, as selected at the instrument; InstrumentError if it is invalid."""
        error = cast(int, self.error_code)
        if error:
            raise InstrumentError(self.name, "EROR?", str(int(error)), _in_words(error))
        celsius = cast(float, self.temperature)
        if not celsius <= HOTTEST_VALID_DEGC:
            raise InstrumentError(self.name, "TEMP?", f"{celsius:g}", "the reading is invalid")
        return celsius + ZERO_CELSIUS_K

    @property
    def setpoint_k(self) -> float:
        """Set point; it moves during a ramp. Writing it starts the air flow."""
        return cast(float, self.dynamic_temperature_setpoint) + ZERO_CELSIUS_K

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None:
        self.can.check_temperature(self.name, value)
        celsius = value - ZERO_CELSIUS_K
        self.set_point_number = setpoint_number(celsius)
        self.ramp_rate = _ramp_step(self._ramp_rate_k_s * 60 or RAMP_LIMITS_K_MIN[1])
        self.temperature_setpoint = round(celsius, 1)
        self._confirm("temperature_setpoint", round(celsius, 1))
        self.enable_air_flow = True
        self._confirm_started(setpoint_number(celsius))

    def _confirm_started(self, number: int) -> None:
        """Read what rules: air flow, the set point that is selected, and its ramp."""
        state = self._flow
        if not state & FLOW_ON:
            raise InstrumentError(self.name, "FLOW 1", str(state), "the air flow did not start")
        self._confirm("set_point_number", number)
        self._confirm("ramp_rate", _ramp_step(self._ramp_rate_k_s * 60 or RAMP_LIMITS_K_MIN[1]))

    @property
    def _flow(self) -> int:
        return int(cast(float, self.auxiliary_condition_code))

    def _confirm(self, name: str, wanted: float) -> None:
        found = getattr(self, name)
        if abs(found - wanted) > 0.051:
            raise InstrumentError(self.name, f"{name} = {wanted:g}", f"{found:g}", "was not accepted")

    @property
    def ramp_rate_k_s(self) -> float:
        """Rate of later set points in K/s, for 0.1 to 9999 K/min; 0 = 9999 K/min, the fastest."""
        return self._ramp_rate_k_s

    @ramp_rate_k_s.setter
    def ramp_rate_k_s(self, value: float) -> None:
        self.can.check_ramp(self.name, value)
        self._ramp_rate_k_s = value

    @property
    def output_state(self) -> OutputState:
        """Set point chosen at the instrument, and whether the air flows."""
        target_k = cast(float, self.temperature_setpoint) + ZERO_CELSIUS_K
        return OutputState(bool(self._flow & FLOW_ON), target_k)

    def switch_off(self) -> None:
        """Take remote control and stop the air flow."""
        self.attempt_all(
            partial(setattr, self, "remote_mode", True), partial(setattr, self, "enable_air_flow", False)
        )

    def make_safe(self) -> None:
        """Take remote control, stop the air flow and read its state back."""
        self.clear_bus()
        self.attempt_all(self.switch_off, self._confirm_off)

    def _confirm_off(self) -> None:
        state = self._flow
        if state & FLOW_ON:
            raise InstrumentError(self.name, "AUXC?", str(state), "the air flow is still on")


def _in_words(error: Any) -> str:
    return str(getattr(error, "name", None) or error).replace("|", ", ").replace("_", " ").lower()


def _ramp_step(k_min: float) -> float:
    """Return the nearest rate that the instrument accepts: tenths below 100 K/min, whole numbers above."""
    return round(k_min, 1) if k_min < 100 else float(round(k_min))
