"""Huber thermostats with Pilot ONE, Unistat, CC (PB protocol, serial or TCP port 8101).

Sources: two independent open-source programs and the front pages of the manufacturer's PB manual 1.2.0. A
line is `{M`, two hexadecimal digits of address, four of value; the reply is `{S` with the same fields.

Which sensor controls is vTmpMode (0 internal, 1 process). Two public programs for the Modbus interface of the
same thermostats name it variable 13 (hexadecimal), and one of them calls 15 the mode of the compressor;
another source names 15. The driver reads 13, and `condition` shows both; see the bench checks.
"""

import re
from functools import partial
from typing import Any, ClassVar

from drivers.declarations import huber as declared
from drivers.without_ramp import WithoutRamp
from labctl.bench import ZERO_CELSIUS_K, OutputState
from labctl.errors import InstrumentError
from labctl.instrument import Capabilities, Instrument, OneOf, Range

SETPOINT, INTERNAL, ERROR, WARNING, EXTERNAL = 0x00, 0x01, 0x05, 0x06, 0x07
CONTROL_MODE, COMPRESSOR_MODE = 0x13, 0x15
TEMPERATURE_CONTROL, CIRCULATION, SETPOINT_MINIMUM, SETPOINT_MAXIMUM, PROCESS = 0x14, 0x16, 0x30, 0x31, 0x3A
NOT_AVAILABLE = 0x7FFF
PER_KELVIN = 100
COLDEST_DEGC = -150.0
PROCESS_CONTROLS = 1
SENSORS = {"internal": INTERNAL, "process": PROCESS, "external": EXTERNAL}
LARGEST_DEGC = (NOT_AVAILABLE - 1) / PER_KELVIN


def question(address: int) -> str:
    """Return the query for a variable."""
    return f"{{M{address:02X}****"


def command(address: int, value: int) -> str:
    """Return the command that sets a variable; raises ValueError if `value` exceeds 16 signed bits."""
    if not -0x8000 <= value <= 0x7FFF:
        raise ValueError(f"{value} does not fit into a message")
    return f"{{M{address:02X}{value & 0xFFFF:04X}"


def parse_answer(line: str, address: int) -> int:
    """Return the signed value of a reply; raises ValueError if it is not a reply about `address`."""
    found = re.fullmatch(r"\{S([0-9A-F]{2})([0-9A-F]{4})", line)
    if not found or int(found[1], 16) != address:
        raise ValueError(f"expected a reply about variable {address:02X}")
    value = int(found[2], 16)
    if value == NOT_AVAILABLE:
        raise ValueError("this model does not have the variable")
    return value - 0x10000 if value & 0x8000 else value


class Huber(WithoutRamp, Instrument):
    """A `labctl.bench.TemperatureController`.

    Set points are declared as far as they fit into a message; the range of the thermostat is read from it.

    Parameters
    ----------
    sensor : str
        Sensor of the sample temperature: `internal`, `process` or `external`. `internal` is refused where the
        process sensor controls.
    keep_circulating : bool
        Keep the pump running in the safe state, so that a hot sample cools down.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\r\n",
        "read_termination": "\r\n",
        "timeout": 3000,
        "asrl": {"baud_rate": 9600},
    }
    write_interval_s: ClassVar[float] = 0.05
    acknowledges: ClassVar[bool] = True
    line_address: ClassVar[str | None] = ""
    can = Capabilities(
        temperature_k=Range(COLDEST_DEGC + ZERO_CELSIUS_K, LARGEST_DEGC + ZERO_CELSIUS_K),
        settings={"sensor": OneOf(tuple(SENSORS))},
    )
    questions: ClassVar[str] = r"\{M[0-9A-F]{2}\*{4}"

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        sensor: str = "internal",
        keep_circulating: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.can.check_settings(self.name, sensor=sensor)
        self.sensor, self.keep_circulating = sensor, keep_circulating

    def read_variable(self, address: int) -> int:
        """Return a variable as a signed integer."""
        return self._exchange(question(address), address)

    def read_if_there(self, address: int) -> int | None:
        """Return a variable as a signed integer, None where the model does not have it."""
        sent = question(address)
        line = self.ask(sent).strip()
        if line == f"{{S{address:02X}{NOT_AVAILABLE:04X}":
            return None
        try:
            return parse_answer(line, address)
        except ValueError as problem:
            raise self.refuse(sent, line, str(problem)) from problem

    def write_variable(self, address: int, value: int) -> None:
        """Set a variable; raises InstrumentError unless the instrument confirms the value."""
        sent = command(address, value)
        taken = self._exchange(sent, address)
        if taken != value:
            raise InstrumentError(self.name, sent, str(taken), "was not accepted")

    def _exchange(self, sent: str, address: int) -> int:
        line = self.ask(sent).strip()
        try:
            return parse_answer(line, address)
        except ValueError as problem:
            raise self.refuse(sent, line, str(problem)) from problem

    @property
    def setpoint_limits_degc(self) -> tuple[float, float]:
        """Get the lowest and highest allowed set point, in degrees Celsius."""
        return (
            self.read_variable(SETPOINT_MINIMUM) / PER_KELVIN,
            self.read_variable(SETPOINT_MAXIMUM) / PER_KELVIN,
        )

    @property
    def identity(self) -> str:
        """Get manufacturer and range (str): the protocol has no identity query."""
        low, high = self.setpoint_limits_degc
        return f"Huber PB, {low:g} to {high:g} degC"

    @property
    def condition(self) -> str:
        """Get error, warning, the variables of the control mode and the range of set points (str)."""
        low, high = self.setpoint_limits_degc
        doubts = f"error {self.read_variable(ERROR)}, warning {self.read_variable(WARNING)}"
        modes = (CONTROL_MODE, COMPRESSOR_MODE)
        told = ", ".join(f"variable {mode:02X} {self.read_if_there(mode)}" for mode in modes)
        return f"{doubts} (0: none), {told}, set points {low:g} to {high:g} degC"

    # Members of `labctl.bench.TemperatureController`.

    def prepare(self) -> None:
        """Check that a PB instrument replies; switch temperature control off; check which sensor controls."""
        self.check_identity("Huber")
        self.make_safe()
        self._refuse_other_sensor()

    def _other_sensor(self) -> str:
        """Return that the process sensor controls although the internal one is read, otherwise ""."""
        if self.sensor == "internal" and self.read_if_there(CONTROL_MODE) == PROCESS_CONTROLS:
            return "the process sensor controls, not the internal one: choose it at the thermostat"
        return ""

    def _refuse_other_sensor(self) -> None:
        problem = self._other_sensor()
        if problem:
            raise InstrumentError(self.name, question(CONTROL_MODE), str(PROCESS_CONTROLS), problem)

    @property
    def temperature_k(self) -> float:
        """Temperature of the selected sensor; InstrumentError while the instrument reports an error."""
        error = self.read_variable(ERROR)
        if error:
            raise InstrumentError(self.name, question(ERROR), str(error), f"error {error} at the thermostat")
        celsius = self.read_variable(SENSORS[self.sensor]) / PER_KELVIN
        if celsius <= COLDEST_DEGC:  # -151 means that the sensor is absent
            raise InstrumentError(
                self.name, f"sensor {self.sensor}", f"{celsius:g}", "not a valid temperature"
            )
        return celsius + ZERO_CELSIUS_K

    @property
    def setpoint_k(self) -> float:
        """Set point. Writing it starts circulation and temperature control."""
        return self.read_variable(SETPOINT) / PER_KELVIN + ZERO_CELSIUS_K

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None:
        self.can.check_temperature(self.name, value)
        low, high = self.setpoint_limits_degc
        celsius = value - ZERO_CELSIUS_K
        if not low <= celsius <= high:
            raise ValueError(f"setpoint_k is {value:g}; the thermostat allows {low:g} to {high:g} degC")
        hundredths = round(celsius * PER_KELVIN)
        self.write_variable(SETPOINT, hundredths)
        self._refuse_other_sensor()
        if not self.read_variable(TEMPERATURE_CONTROL):  # control circulates too, in place of this mode
            self.write_variable(CIRCULATION, 1)
        self.write_variable(TEMPERATURE_CONTROL, 1)
        self._confirm_started(hundredths)

    def _confirm_started(self, hundredths: int) -> None:
        """Read set point and temperature control, which the reply to a command may only repeat."""
        for address, wanted in ((SETPOINT, hundredths), (TEMPERATURE_CONTROL, 1)):
            found = self.read_variable(address)
            if found != wanted:
                raise InstrumentError(self.name, question(address), str(found), f"expected {wanted}")

    @property
    def output_state(self) -> OutputState:
        """Set point, whether temperature control is on, and another sensor that controls.

        The circulation is not judged: its variable is the mode of circulation without temperature control.
        """
        is_on = bool(self.read_variable(TEMPERATURE_CONTROL))
        return OutputState(is_on, self.setpoint_k, problem=self._other_sensor())

    def switch_off(self) -> None:
        """Switch temperature control off, and the pump unless `keep_circulating`; both are acknowledged."""
        addresses = [TEMPERATURE_CONTROL] + ([] if self.keep_circulating else [CIRCULATION])
        with self.urgently():
            self.attempt_all(*(partial(self.ask, command(address, 0)) for address in addresses))

    def make_safe(self) -> None:
        """Switch temperature control off, and the pump unless `keep_circulating`; read control back.

        The heating power is not read: its variable differs between models.
        """
        self.clear_bus()
        self.attempt_all(self.switch_off, self._confirm_off)

    def _confirm_off(self) -> None:
        if self.read_variable(TEMPERATURE_CONTROL):
            raise InstrumentError(
                self.name, question(TEMPERATURE_CONTROL), "1", "temperature control is still on"
            )
