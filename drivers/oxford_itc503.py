"""Oxford Instruments ITC503 temperature controller (GPIB, RS-232).

The commands are the same as in pymeasure's `ITC503`, which is not used because it repeats queries up to five
times and waits on the wall clock. The reply to a command is its letter; to a refused command, `?` and the
command. The status `XnAnCnSnnHnLn`, as public programs and an emulator of another laboratory quote it from
the manual, also has the sweep (S: 0 none) and the sensor that controls (H): a sweep moves the set point, and
another sensor may control another temperature, so both are read with every set point.
"""

import re
from functools import partial
from typing import Any, ClassVar, NamedTuple

from drivers.declarations import oxford as declared
from drivers.without_ramp import WithoutRamp
from labctl.bench import OutputState
from labctl.errors import InstrumentError
from labctl.instrument import Capabilities, Instrument, OneOf, Range

SETPOINT, HEATER_PERCENT = 0, 5
SENSORS = (1, 2, 3)
LIMITS_K = (0.0, 1677.7)
HEATER_AUTO, GAS_AUTO = 1, 2
REMOTE_UNLOCKED = 3
SETPOINT_RESOLUTION_K = 0.06
STATUS = re.compile(r"X\dA(?P<controls>[0-7])C[0-3]S(?P<sweep>\d{1,2})H(?P<sensor>[1-3])L[01]")
CALIBRATING = 4
"""Added to the automatic controls while the gas flow is calibrated."""


class Status(NamedTuple):
    """Parsed reply to `X`."""

    automatic: int
    sweep: int
    sensor: int


def parse_status(reply: str) -> Status:
    """Return the status; raises ValueError unless it is `XnAnCnSnnHnLn`, S with one or two digits."""
    found = STATUS.fullmatch(reply)
    if found is None:
        raise ValueError("expected the status, XnAnCnSnnHnLn")
    return Status(int(found["controls"]) % CALIBRATING, int(found["sweep"]), int(found["sensor"]))


class OxfordITC503(WithoutRamp, Instrument):
    """A `labctl.bench.TemperatureController`; the gas flow setting of the instrument is not changed.

    Parameters
    ----------
    sensor : int
        Input of the sample temperature: 1, 2 or 3.
    control_sensor : int, optional
        Input that controls; by default `sensor`. It is chosen at the instrument: the driver refuses another.
    """

    messages = declared.ITC503_MESSAGES
    bench_checks = declared.ITC503_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\r",
        "read_termination": "\r",
        "timeout": 3000,
        "asrl": {"baud_rate": 9600, "stop_bits": 20},
    }
    line_address: ClassVar[str | None] = ""
    write_interval_s: ClassVar[float] = 0.02
    acknowledges: ClassVar[bool] = True

    identity_question: ClassVar[str] = "V"
    models: ClassVar[tuple[str, ...]] = ("ITC503",)
    can = Capabilities(
        temperature_k=Range(*LIMITS_K),
        settings={"sensor": OneOf(SENSORS), "control_sensor": OneOf(SENSORS)},
    )

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        sensor: int = 1,
        control_sensor: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.sensor, self.control_sensor = sensor, sensor if control_sensor is None else control_sensor
        self.can.check_settings(self.name, sensor=sensor, control_sensor=control_sensor)
        self._gas: int | None = None

    def tell(self, command: str) -> None:
        """Send a command; raises InstrumentError unless the instrument repeats its letter."""
        reply = self.ask(command).strip()
        if reply != command[0]:
            refused = reply.startswith("?")
            raise self.refuse(command, reply, "was refused" if refused else f"expected {command[0]!r}")

    def read_number(self, parameter: int) -> float:
        """Return a parameter of `R`: 0 set point, 1 to 3 sensors, 5 heater in percent."""
        command = f"R{parameter}"
        reply = self.ask(command).strip()
        if not re.fullmatch(r"R[+-]?\d+\.?\d*", reply):
            raise self.refuse(command, reply, "expected R and a number")
        return float(reply[1:])

    @property
    def control_status(self) -> Status:
        """Get automatic controls, sweep and controlling sensor."""
        reply = self.ask("X").strip()
        try:
            status = parse_status(reply)
        except ValueError as problem:
            raise self.refuse("X", reply, str(problem)) from problem
        self._gas = status.automatic & GAS_AUTO
        return status

    @property
    def automatic(self) -> int:
        """Get the automatic controls: 0 none, 1 heater, 2 gas, 3 both."""
        return self.control_status.automatic

    def _other_rule(self, status: Status) -> str:
        """Return why another temperature than the set point would be controlled, "" if none would."""
        if status.sweep:
            return f"a sweep rules (S{status.sweep:02d}): stop it"
        if status.sensor != self.control_sensor:
            at_fault = f"sensor {status.sensor} controls, not {self.control_sensor}"
            return f"{at_fault}: choose it at the instrument, or give the setting control_sensor"
        return ""

    def _refuse_other_rule(self, status: Status) -> None:
        problem = self._other_rule(status)
        if problem:
            raise InstrumentError(self.name, "X", f"S{status.sweep:02d}H{status.sensor}", problem)

    @property
    def condition(self) -> str:
        """Get the status line and the heater output in percent (str)."""
        return f"{self.ask('X').strip()}, heater {self.read_number(HEATER_PERCENT):g} %"

    # Members of `labctl.bench.TemperatureController`.

    def prepare(self) -> None:
        """Check the model, take remote control, switch heater and sweep off; check which sensor controls."""
        self.check_identity(*self.models)
        self.make_safe()
        self._refuse_other_rule(self.control_status)

    @property
    def temperature_k(self) -> float:
        """Temperature of the sensor; InstrumentError for an impossible value."""
        kelvin = self.read_number(self.sensor)
        if not 0 < kelvin <= LIMITS_K[1]:
            raise self.refuse(f"R{self.sensor}", f"{kelvin:g}", "not a valid temperature")
        return kelvin

    @property
    def setpoint_k(self) -> float:
        """Set point. Writing it starts automatic control of the heater."""
        return self.read_number(SETPOINT)

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None:
        self.can.check_temperature(self.name, value)
        self.tell(f"T{value:.3f}")
        before = self.control_status
        self._refuse_other_rule(before)
        self.tell(f"A{before.automatic | HEATER_AUTO}")
        self._confirm_started(value)

    def _confirm_started(self, setpoint_k: float) -> None:
        """Read what rules: automatic control, sweep, sensor and set point."""
        status = self.control_status
        self._refuse_other_rule(status)
        if not status.automatic & HEATER_AUTO:
            problem = "the heater is not in automatic control"
            raise InstrumentError(self.name, "X", f"A{status.automatic}", problem)
        found_k = self.read_number(SETPOINT)
        if abs(found_k - setpoint_k) > SETPOINT_RESOLUTION_K:
            raise InstrumentError(self.name, "R0", f"{found_k:g}", "set point not accepted")

    @property
    def output_state(self) -> OutputState:
        """Set point, automatic control of the heater, its output, a sweep or sensor that rules instead."""
        status = self.control_status
        is_on, problem = bool(status.automatic & HEATER_AUTO), self._other_rule(status)
        return OutputState(is_on, self.read_number(SETPOINT), self.read_number(HEATER_PERCENT), problem)

    def switch_off(self) -> None:
        """Take remote control, set the heater to manual and its output to zero, stop a sweep.

        All are acknowledged.
        Automatic control of the gas flow goes on if it was on when the status was last read; until it has
        been read, the gas flow is set to manual too, and its valve stays where it is.
        """
        remote = f"C{REMOTE_UNLOCKED}"  # in local control all commands are refused
        with self.urgently():
            self.attempt_all(
                *(partial(self.tell, command) for command in (remote, self._manual, "O0.0")),
                partial(self.ask, "S0"),  # make_safe() reads whether it was obeyed
            )

    @property
    def _manual(self) -> str:
        return f"A{self._gas or 0}"

    def make_safe(self) -> None:
        """Take remote control, set the manual heater output to zero, stop a sweep; read all three back."""
        self.clear_bus()
        self.attempt_all(self._read_gas_control, self.switch_off, self._confirm_off)

    def _read_gas_control(self) -> None:
        if self._gas is None:
            _ = self.automatic

    def _confirm_off(self) -> None:
        percent, status = self.read_number(HEATER_PERCENT), self.control_status
        if percent or status.automatic & HEATER_AUTO:
            raise InstrumentError(self.name, "R5, X", f"{percent:g} %", "the heater is still on")
        if status.sweep:
            raise InstrumentError(self.name, "X", f"S{status.sweep:02d}", "a sweep is still running")
