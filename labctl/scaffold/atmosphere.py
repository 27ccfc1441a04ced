"""NewInstrument: name maker and model, the interface, and the manual (page) each command comes from."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, cast

from labctl.bench import ZERO_CELSIUS_K
from labctl.command_table import BenchCheck, Message
from labctl.errors import InstrumentError, LimitExceeded
from labctl.instrument import Instrument

LOWEST_DEGC, HIGHEST_DEGC = -40.0, 40.0
RESOLUTION_K = 0.02


class NewInstrument(Instrument):
    """A `labctl.bench.Atmosphere` that sets a dew point, and a `labctl.bench.Monitor`.

    Parameters
    ----------
    when_safe_degc : float or None
        Dew point in degC that making safe sets; None: it leaves the gas as it is.
    """

    # What it sends and the page of the manual; what to check once on the real instrument.
    messages = (
        Message("*IDN?", "manufacturer, model, serial number, firmware", source="manual p. 0"),
        Message("DEWP?", "measured dew point", "degC", "manual p. 0"),
        Message("DEWP:SET <dew point>", "set point", "degC", "manual p. 0"),
        Message("DEWP:SET?", "set point", "degC", "manual p. 0"),
    )
    bench_checks = (
        BenchCheck(
            "the dew point",
            "`print(gas.value - 273.15)` beside another hygrometer in the same gas",
            "the same within the accuracy of both",
            is_decisive=True,
        ),
        BenchCheck(
            "what making safe leaves",
            "`gas.setpoint = 283.15`, then `bench.make_safe()`, look at the display",
            "the dew point that `when_safe_degc` asks for, or no change",
        ),
    )
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 2000,
    }
    write_interval_s: ClassVar[float] = 0.02

    # What the manual says.
    dew_point_c = Instrument.measurement("DEWP?", """Measure the dew point in degrees Celsius (float).""")
    setpoint_c = Instrument.control(
        "DEWP:SET?", "DEWP:SET %.2f", """Control the set point of the dew point in degrees Celsius (float)."""
    )

    def __init__(
        self, adapter: Any, name: str | None = None, *, when_safe_degc: float | None = None, **kwargs: Any
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.when_safe_degc = when_safe_degc

    # What labctl asks of any atmosphere.

    def prepare(self) -> None:
        """Check the model; the gas stays as it is."""
        self.check_identity("NewInstrument")

    @property
    def quantity(self) -> str:
        """Get the name of what it sets (str)."""
        return "dew_point_k"

    @property
    def setpoint(self) -> float:
        """Control the set point of the dew point in K (float)."""
        return cast(float, self.setpoint_c) + ZERO_CELSIUS_K

    @setpoint.setter
    def setpoint(self, value: float) -> None:
        celsius = value - ZERO_CELSIUS_K
        if not (math.isfinite(celsius) and LOWEST_DEGC <= celsius <= HIGHEST_DEGC):
            raise LimitExceeded("dew point", celsius, LOWEST_DEGC, HIGHEST_DEGC, "degC")
        self._set(celsius)

    @property
    def value(self) -> float:
        """Measure the dew point in K (float)."""
        return cast(float, self.dew_point_c) + ZERO_CELSIUS_K

    @property
    def readings(self) -> Mapping[str, float]:
        """Measure the dew point in K."""
        return {"dew_point_k": self.value}

    def make_safe(self) -> None:
        """Set the dew point that is safe, if there is one, and read the set point back."""
        self.clear_bus()
        if self.when_safe_degc is not None:
            self._set(self.when_safe_degc)
        _ = self.setpoint

    def _set(self, celsius: float) -> None:
        self.setpoint_c = celsius
        found = cast(float, self.setpoint_c)
        if abs(found - celsius) > RESOLUTION_K:
            raise InstrumentError(self.name, "DEWP:SET?", f"{found:g}", f"the set point is not {celsius:g}")
