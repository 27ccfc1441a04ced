"""Cellkraft P10 humidifier on Modbus RTU: a gas at 101325 Pa with water vapour, at 60 degC at its sensor.

The vapour follows the set point with a time constant of 60 s, and cannot exceed saturation at the sensor. It
is the gas around the simulated sample where the rig has the option `gas`. Set at the display the set point is
a dew point instead of a percentage by volume (`in_dew_point`).
"""

import math
from collections.abc import Sequence

from sim_instruments.wire.device import SimDevice
from sim_instruments.wire.modbus import ILLEGAL_ADDRESS, ModbusError, respond
from sim_instruments.world.world import World

SETPOINT, TEMPERATURE, HUMIDITY = 104, 1086, 1090
TOTAL_PA, SENSOR_DEGC, TIME_CONSTANT_S, NOISE = 101325.0, 60.0, 60.0, 5e-4
BROKEN = 0x7FFF


def saturated_pa(celsius: float) -> float:
    """Saturation over water by the Magnus equation of Sonntag, Z. Meteorol. 70 (1990) 340."""
    return 611.2 * math.exp(17.62 * celsius / (243.12 + celsius))


class CellkraftP10:
    """The humidifier; `sensor_fault` and `in_dew_point` are switches for tests."""

    def __init__(self, world: World, unit: int = 1) -> None:
        self.world, self.unit = world, unit
        self.sensor_fault = 0
        self.in_dew_point = False
        self._chance = world.chance("cellkraft_p10")
        self.word, self._pa, self._changed_s = 0, 0.0, 0.0
        world.gas.attach(lambda: self.water_pa)

    def reset(self) -> None:
        """Return to the power-on state: the set point was saved."""

    def plug_in(self, port: SimDevice) -> None:
        """Ignore the port: nothing is sent unsolicited."""

    def not_understood(self, message: str) -> None:
        """Never called: an invalid frame gets an exception reply or none."""

    def declined(self, message: str, code: int) -> None:
        """Never called: a declined request gets an exception reply."""

    def answer(self, frame: bytes) -> bytes | None:
        """Reply to a Modbus frame."""
        return respond(frame, self.unit, self)

    @property
    def water_pa(self) -> float:
        """True pressure of water vapour now."""
        waited_s = self.world.time_s - self._changed_s
        return self._asked_pa + (self._pa - self._asked_pa) * math.exp(-waited_s / TIME_CONSTANT_S)

    @property
    def _asked_pa(self) -> float:
        asked = self.word / 100
        asked_pa = saturated_pa(asked) if self.in_dew_point else TOTAL_PA * asked / 100
        return min(asked_pa, saturated_pa(SENSOR_DEGC))

    def read_registers(self, address: int, count: int) -> list[int]:
        """Read one of three registers."""
        words = {SETPOINT: self.word, TEMPERATURE: round(100 * SENSOR_DEGC), HUMIDITY: self._humidity()}
        if count != 1 or address not in words:
            raise ModbusError(ILLEGAL_ADDRESS)
        return [words[address]]

    def write_registers(self, address: int, values: Sequence[int], function: int) -> None:
        """Write the set point; raises ModbusError for any other register."""
        if address != SETPOINT or len(values) != 1:
            raise ModbusError(ILLEGAL_ADDRESS)
        self._pa, self._changed_s = self.water_pa, self.world.time_s
        self.word = values[0]

    def fast_status(self) -> int:
        """Function 7 is not known."""
        raise ModbusError(1)

    def _humidity(self) -> int:
        if self.sensor_fault:
            return BROKEN
        share = self.water_pa / saturated_pa(SENSOR_DEGC)
        return max(round(1e4 * share * (1 + NOISE * self._chance.standard_normal())), 0)
