"""Cellkraft P10 humidifier (Modbus RTU, RS-232 or RS-485, 19200 baud).

Sources: pyopticon (R. Love, MIT), which is in use. The maker's list of registers is not public, and no
second public program for the P10 was found; the E-series has other registers. Not tried on hardware by us.

Three registers are known: the set point in hundredths of a percent by volume, the relative humidity in
hundredths of a percent and the temperature at its sensor in hundredths of a degree. The pressure of the water
follows from the last two by the equation of Buck (J. Appl. Meteorol. 20 (1981) 1527; constants of 1996), over
water, which does not use the set point: a set point in another unit, chosen at the display, is found by it.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from drivers.declarations import cellkraft as declared
from drivers.modbus import word_request
from drivers.modbus_instrument import ModbusInstrument
from labctl.bench import ZERO_CELSIUS_K
from labctl.errors import LimitExceeded
from labctl.instrument import Capabilities, OneOf, Range

SETPOINT, TEMPERATURE, HUMIDITY = 104, 1086, 1090
PER_UNIT = 100
LOWEST_WORD = 10
LEAVE, DRY = "leave", "dry"
LOWEST_DEGC, HIGHEST_DEGC = 0.0, 150.0
HIGHEST_HUMIDITY_PERCENT = 105.0


def saturated_pa(celsius: float) -> float:
    """Pressure of saturated vapour over water, Pa, from 0 to 150 degC."""
    return 611.21 * math.exp((18.678 - celsius / 234.5) * celsius / (257.14 + celsius))


class CellkraftP10(ModbusInstrument):
    """A `labctl.bench.Atmosphere` that sets the pressure of water vapour, and a `labctl.bench.Monitor`.

    Parameters
    ----------
    total_pressure_pa : float
        Absolute pressure of the gas at its outlet.
    highest_pa : float
        Largest pressure of water that may be set: above it water condenses in the line.
    when_safe : str
        What making safe does: `leave` the humidity as it is, or `dry` (set point 0).
    unit : int
        Modbus address, 1 to 254.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "timeout": 1000,
        "asrl": {"baud_rate": 19200, "data_bits": 8, "parity": 0, "stop_bits": 10},
    }
    can = Capabilities(
        settings={
            "total_pressure_pa": Range(1e4, 1e6),
            "highest_pa": Range(1.0, 1e6),
            "when_safe": OneOf((LEAVE, DRY)),
            "unit": Range(1, 254, whole=True),
        }
    )

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        total_pressure_pa: float,
        highest_pa: float,
        when_safe: str = LEAVE,
        unit: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(adapter, name, unit=unit, **kwargs)
        self.can.check_settings(
            self.name,
            total_pressure_pa=total_pressure_pa,
            highest_pa=highest_pa,
            when_safe=when_safe,
            unit=unit,
        )
        self.highest_pa, self.when_safe = min(highest_pa, total_pressure_pa), when_safe
        self._pa_per_word = total_pressure_pa / 100 / PER_UNIT

    @property
    def identity(self) -> str:
        """Get maker, model and unit (str); no identity is known in Modbus.

        Raises InstrumentError where humidity or temperature are none of a humidifier.
        """
        self._sensed()
        return f"Cellkraft P10, unit {self.unit}"

    @property
    def quantity(self) -> str:
        """Get the name of what it sets (str): the pressure of water vapour."""
        return "water_pa"

    def prepare(self) -> None:
        """Check that sensor and set point are those of a humidifier; the humidity stays as it is."""
        self._sensed()
        self._setpoint_word()

    @property
    def setpoint(self) -> float:
        """Control the pressure of water in Pa (0, or float from 0.1 percent by volume to `highest_pa`)."""
        return self._setpoint_word() * self._pa_per_word

    @setpoint.setter
    def setpoint(self, value: float) -> None:
        lowest = LOWEST_WORD * self._pa_per_word if value else 0.0
        if not (math.isfinite(value) and lowest <= value <= self.highest_pa * (1 + 1e-9)):
            raise LimitExceeded("pressure of water", value, lowest, self.highest_pa, "Pa")
        self.write_word(SETPOINT, round(value / self._pa_per_word))

    @property
    def value(self) -> float:
        """Measure the pressure of water vapour in Pa (float), from its humidity and temperature."""
        return self.readings["water_pa"]

    @property
    def readings(self) -> Mapping[str, float]:
        """Measure water in Pa, relative humidity in percent, and temperature of the gas in K."""
        humidity_percent, celsius = self._sensed()
        return {
            "water_pa": humidity_percent / 100 * saturated_pa(celsius),
            "relative_humidity_percent": humidity_percent,
            "gas_temperature_k": celsius + ZERO_CELSIUS_K,
        }

    def switch_off(self) -> None:
        """Set 0, which the instrument acknowledges, where it is to be dry; nothing where it is to be left."""
        if self.when_safe == DRY:
            with self.urgently():
                self._ask(word_request(self.unit, SETPOINT, 0))

    def make_safe(self) -> None:
        """Leave the humidity, or set it to 0 and read back that it is, as the station says."""
        self.clear_bus()
        if self.when_safe == DRY:
            self.write_word(SETPOINT, 0)
        else:
            self._setpoint_word()

    def _setpoint_word(self) -> int:
        word = self.read_word(SETPOINT)
        if not 0 <= word <= 100 * PER_UNIT:
            raise self.refuse(f"register {SETPOINT}", str(word), "expected a set point of 0 to 100 percent")
        return word

    def _sensed(self) -> tuple[float, float]:
        """Relative humidity in percent and temperature in degrees Celsius; raises InstrumentError."""
        humidity_percent = self.read_word(HUMIDITY) / PER_UNIT
        celsius = self.read_word(TEMPERATURE) / PER_UNIT
        if not 0 <= humidity_percent <= HIGHEST_HUMIDITY_PERCENT:
            problem = "expected a relative humidity of 0 to 105 percent: its sensor may be broken"
            raise self.refuse(f"register {HUMIDITY}", f"{humidity_percent:g}", problem)
        if not LOWEST_DEGC <= celsius <= HIGHEST_DEGC:
            problem = "expected 0 to 150 degC: its sensor may be broken"
            raise self.refuse(f"register {TEMPERATURE}", f"{celsius:g}", problem)
        return humidity_percent, celsius
