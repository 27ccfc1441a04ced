"""NewInstrument: name maker and model, the interface, and the manual (page) each command comes from."""

from typing import Any, ClassVar, cast

from pymeasure.instruments.validators import strict_range

from labctl.command_table import BenchCheck, Message
from labctl.errors import InstrumentError
from labctl.instrument import Capabilities, Instrument, Range
from labctl.units import ZERO_CELSIUS_K

SETPOINTS_DEGC, RAMPS_K_MIN = (-40.0, 200.0), (0.0, 20.0)
RESOLUTION_K = 0.006


class NewInstrument(Instrument):
    """A `labctl.bench.TemperatureController`."""

    # What it sends and the page of the manual; what to check once on the real instrument.
    messages = (
        Message("*IDN?", "manufacturer, model, serial number, firmware", source="manual p. 0"),
        Message("TEMP?", "measured temperature", "degC", "manual p. 0"),
        Message("SETP?", "set point", "degC", "manual p. 0"),
        Message("SETP <value>", "set point", "degC", "manual p. 0"),
        Message("RAMP?", "ramp; 0 is none", "K/min", "manual p. 0"),
        Message("RAMP <value>", "ramp; 0 is none", "K/min", "manual p. 0"),
        Message("HEAT?", "whether the heater is on", source="manual p. 0"),
        Message("HEAT <0|1>", "heater off, on", source="manual p. 0"),
    )
    bench_checks = (
        BenchCheck(
            "the temperature",
            "`oven.temperature_k - 273.15`, display",
            "the same within 0.5 K",
            reads="temperature_k",
            offset=-273.15,
            unit="degC",
            within=0.5,
        ),
    )
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 2000,
    }
    write_interval_s: ClassVar[float] = 0.02
    can = Capabilities(
        temperature_k=Range(SETPOINTS_DEGC[0] + ZERO_CELSIUS_K, SETPOINTS_DEGC[1] + ZERO_CELSIUS_K),
        ramp_rate_k_s=Range(RAMPS_K_MIN[0] / 60, RAMPS_K_MIN[1] / 60),
    )

    # What the manual says, in the instrument's own units.
    measured_degc = Instrument.measurement("TEMP?", """Measure the temperature in degrees Celsius (float).""")
    setpoint_degc = Instrument.control(
        "SETP?",
        "SETP %.2f",
        """Control the set point in degrees Celsius (float strictly from -40 to 200).""",
        validator=strict_range,
        values=SETPOINTS_DEGC,
    )
    ramp_k_min = Instrument.control(
        "RAMP?",
        "RAMP %.2f",
        """Control the ramp in kelvin per minute (float strictly from 0 = none to 20).""",
        validator=strict_range,
        values=RAMPS_K_MIN,
    )
    heating = Instrument.control(
        "HEAT?", "HEAT %d", """Control whether the heater is on (0 or 1).""", cast=int
    )

    # What labctl asks of any temperature controller.

    def prepare(self) -> None:
        """Check the model; heater off, no ramp."""
        self.check_identity("NewInstrument")
        self.make_safe()
        self.ramp_rate_k_s = 0.0

    @property
    def temperature_k(self) -> float:
        """Temperature of the sensor."""
        return cast(float, self.measured_degc) + ZERO_CELSIUS_K

    @property
    def setpoint_k(self) -> float:
        """Set point. Writing it switches the heater on."""
        return cast(float, self.setpoint_degc) + ZERO_CELSIUS_K

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None:
        self.can.check_temperature(self.name, value)
        self.setpoint_degc = value - ZERO_CELSIUS_K
        if abs(self.setpoint_k - value) > RESOLUTION_K:
            raise InstrumentError(self.name, "SETP?", f"{self.setpoint_degc:g}", "set point not taken")
        self.heating = 1
        if not self.heating:
            raise InstrumentError(self.name, "HEAT?", "0", "the heater did not start")

    @property
    def ramp_rate_k_s(self) -> float:
        """Rate at which set points are approached in K/s; 0 = as fast as the instrument can."""
        return cast(float, self.ramp_k_min) / 60

    @ramp_rate_k_s.setter
    def ramp_rate_k_s(self, value: float) -> None:
        self.can.check_ramp(self.name, value)
        self.ramp_k_min = value * 60

    def switch_off(self) -> None:
        """Switch the heater off."""
        self.heating = 0

    def make_safe(self) -> None:
        """Switch the heater off and read back that it is."""
        self.clear_bus()
        self.attempt_all(self.switch_off, self._confirm_off)

    def _confirm_off(self) -> None:
        if self.heating:
            raise InstrumentError(self.name, "HEAT?", "1", "the heater is still on")
