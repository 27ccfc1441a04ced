"""Oxford Instruments ITC503 temperature controller (GPIB, RS-232).

The commands are the same as in pymeasure's `ITC503`, which is not used because it repeats queries up to five
times and waits on the wall clock. The reply to a command is its letter; to a refused command, `?` and the
command.
"""

import re
from functools import partial
from typing import Any, ClassVar

from pymeasure.instruments.validators import strict_range

from drivers.without_ramp import WithoutRamp
from labctl.bench import OutputState
from labctl.errors import ConfigurationError, InstrumentError
from labctl.instrument import Instrument

SETPOINT, HEATER_PERCENT = 0, 5
SENSORS = (1, 2, 3)
LIMITS_K = (0.0, 1677.7)
HEATER_AUTO, GAS_AUTO = 1, 2
REMOTE_UNLOCKED = 3


class OxfordITC503(WithoutRamp, Instrument):
    """A `labctl.bench.TemperatureController`; the gas flow setting of the instrument is not changed.

    Parameters
    ----------
    sensor : int
        Input of the sample temperature: 1, 2 or 3.
    """

    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\r",
        "read_termination": "\r",
        "timeout": 3000,
        "asrl": {"baud_rate": 9600, "stop_bits": 20},
    }
    write_interval_s: ClassVar[float] = 0.02
    acknowledges: ClassVar[bool] = True

    identity_question: ClassVar[str] = "V"
    models: ClassVar[tuple[str, ...]] = ("ITC503",)

    def __init__(self, adapter: Any, name: str | None = None, *, sensor: int = 1, **kwargs: Any) -> None:
        super().__init__(adapter, name, **kwargs)
        if sensor not in SENSORS:
            raise ConfigurationError(self.name, "settings.sensor", "must be 1, 2 or 3")
        self.sensor = sensor
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
    def automatic(self) -> int:
        """Get the automatic controls: 0 none, 1 heater, 2 gas, 3 both."""
        reply = self.ask("X").strip()
        found = re.match(r"X\dA([0-3])C\d", reply)
        if not found:
            raise self.refuse("X", reply, "expected the status, X.A.C...")
        controls = int(found[1])
        self._gas = controls & GAS_AUTO
        return controls

    @property
    def condition(self) -> str:
        """Get the status line and the heater output in percent (str)."""
        return f"{self.ask('X').strip()}, heater {self.read_number(HEATER_PERCENT):g} %"

    # Members of `labctl.bench.TemperatureController`.

    def prepare(self) -> None:
        """Check the model, take remote control, switch the heater off."""
        self.check_identity(*self.models)
        self.make_safe()

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
        strict_range(value, LIMITS_K)
        self.tell(f"T{value:.3f}")
        self.tell(f"A{self.automatic | HEATER_AUTO}")

    @property
    def output_state(self) -> OutputState:
        """Set point, automatic control of the heater, and its output."""
        is_on = bool(self.automatic & HEATER_AUTO)
        return OutputState(is_on, self.read_number(SETPOINT), self.read_number(HEATER_PERCENT))

    def switch_off(self) -> None:
        """Take remote control, set the heater to manual and its output to zero; all are acknowledged.

        Automatic control of the gas flow goes on if it was on when the status was last read; until it has
        been read, the gas flow is set to manual too, and its valve stays where it is.
        """
        remote = f"C{REMOTE_UNLOCKED}"  # in local control all commands are refused
        with self.urgently():
            self.attempt_all(*(partial(self.tell, command) for command in (remote, self._manual, "O0.0")))

    @property
    def _manual(self) -> str:
        return f"A{self._gas or 0}"

    def make_safe(self) -> None:
        """Take remote control, set the manual heater output to zero, and read mode and output back."""
        self.clear_bus()
        self.attempt_all(self._read_gas_control, self.switch_off, self._confirm_off)

    def _read_gas_control(self) -> None:
        if self._gas is None:
            _ = self.automatic

    def _confirm_off(self) -> None:
        percent, automatic = self.read_number(HEATER_PERCENT), self.automatic
        if percent or automatic & HEATER_AUTO:
            raise InstrumentError(self.name, "R5, X", f"{percent:g} %", "the heater is still on")
