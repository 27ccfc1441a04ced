"""Thermotron 3800 chamber, control channel 1.

The manual's commands come from pymeasure's `Thermotron3800`; its sleep of one second after every message is
replaced by the connection's write interval.
"""

from typing import Any, ClassVar, cast

from pymeasure.instruments import Instrument as PymeasureInstrument
from pymeasure.instruments.thermotron import Thermotron3800

from drivers.declarations import chambers as declared
from drivers.without_ramp import WithoutRamp
from labctl.bench import ZERO_CELSIUS_K, OutputState
from labctl.errors import InstrumentError
from labctl.instrument import Capabilities, Instrument, Range

Mode = Thermotron3800.Thermotron3800Mode
RUNNING = Mode.PROGRAM_MODE | Mode.MANUAL_MODE | Mode.EDIT_MODE_HOLD | Mode.DELAYED_START_MODE
"""A held program continues heating; a delayed program will start heating."""
OF_A_PROGRAM = RUNNING & ~Mode.MANUAL_MODE
RESOLUTION_K = 0.051
POSSIBLE_DEGC = (-120.0, 250.0)


class ThermotronOven(WithoutRamp, Instrument, Thermotron3800):  # pyright: ignore[reportIncompatibleMethodOverride]
    """A `labctl.bench.TemperatureController`; the chamber must display degrees Celsius."""

    messages = declared.THERMOTRON_MESSAGES
    bench_checks = declared.THERMOTRON_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\r\n",
        "read_termination": "\r\n",
        "timeout": 5000,
    }
    line_address: ClassVar[str | None] = ""
    write_interval_s: ClassVar[float] = 1.0
    safe_within_s: ClassVar[float] = 4.5

    identity_question: ClassVar[str] = "IDEN?"
    models: ClassVar[tuple[str, ...]] = ("3800",)
    can = Capabilities(temperature_k=Range(-55.0 + ZERO_CELSIUS_K, 150.0 + ZERO_CELSIUS_K))

    def write(self, command: str, **kwargs: Any) -> None:
        """Send a message; the connection adds the pause after it."""
        PymeasureInstrument.write(self, command, **kwargs)

    @property
    def condition(self) -> str:
        """Get the mode as text (str)."""
        mode = cast(int, self.mode)
        bits = [bit for bit in Mode if mode & bit]
        return ", ".join(str(bit.name).replace("_", " ").lower() for bit in bits) or "no mode"

    # Members of `labctl.bench.TemperatureController`.

    def prepare(self) -> None:
        """Check the model and stop the chamber."""
        self.check_identity(*self.models)
        self.make_safe()

    @property
    def temperature_k(self) -> float:
        """Temperature of the chamber; InstrumentError for a value out of the possible range."""
        celsius = cast(float, self.temperature)
        if not POSSIBLE_DEGC[0] <= celsius <= POSSIBLE_DEGC[1]:
            raise InstrumentError(self.name, "PVAR1?", f"{celsius:g}", "not a valid temperature")
        return celsius + ZERO_CELSIUS_K

    @property
    def setpoint_k(self) -> float:
        """Set point, -55 to 150 degC. Writing it starts the chamber."""
        return cast(float, self.setpoint) + ZERO_CELSIUS_K

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None:
        self.can.check_temperature(self.name, value)
        celsius = round(value - ZERO_CELSIUS_K, 1)
        self.setpoint = celsius
        self.run()
        self._confirm_started(celsius)

    def _confirm_started(self, celsius: float) -> None:
        """Read set point and mode: in the mode of a program, another set point rules."""
        if abs(self.setpoint_k - ZERO_CELSIUS_K - celsius) > RESOLUTION_K:
            raise InstrumentError(self.name, f"SETP1,{celsius:g}", f"{self.setpoint:g}", "was not accepted")
        mode = cast(int, self.mode)
        if not mode & int(Mode.MANUAL_MODE) or mode & int(OF_A_PROGRAM):
            raise InstrumentError(self.name, "MODE?", str(int(mode)), "the chamber is not in manual mode")

    @property
    def output_state(self) -> OutputState:
        """Set point, whether the chamber runs, and a program that rules instead."""
        mode = cast(int, self.mode)
        problem = "a program rules" if mode & int(OF_A_PROGRAM) else ""
        return OutputState(bool(mode & int(RUNNING)), self.setpoint_k, problem=problem)

    def switch_off(self) -> None:
        """Stop the chamber, also from a held or delayed program."""
        self.write("STOP")

    def make_safe(self) -> None:
        """Stop the chamber and read its mode back. Throttle and heater power are not read."""
        self.clear_bus()
        self.attempt_all(self.switch_off, self._confirm_stopped)

    def _confirm_stopped(self) -> None:
        mode = cast(int, self.mode)
        if mode & int(RUNNING):
            raise InstrumentError(self.name, "MODE?", str(int(mode)), "the chamber is still running")
