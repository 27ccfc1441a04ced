"""Oxford Instruments ITC503: one letter and a number per message; the reply repeats the letter.

A refused message is repeated with `?` in front: any command in local control, a manual heater setting in
automatic mode, an unknown message. `T` and `O` accept more digits than are stored. A sweep (`S1` to `S32`)
sets the target in the place of `T`, until `S0`. `H` chooses the sensor that controls: with 2 the sample is
brought to the set point; the absent sensor 3 reads 0 K, so that the heater stays fully on.
"""

import re
from collections.abc import Callable

from sim_instruments.wire.device import SimDevice
from sim_instruments.world.loop import Loop, WithLoop
from sim_instruments.world.world import World

VERSION = "ITC503 Version 1.11 (c) OXFORD 1997"
HIGHEST_K, HIGHEST_PERCENT = 1677.7, 99.9
LOCAL_LOCKED, HIGHEST_CONTROL = 0, 3
HEATER, GAS = 1, 2
LAST_STEP, SWEPT_TO_K = 32, 340.0
FULL_POWER_W, NOISE_K = 100.0, 0.005
_MESSAGE = re.compile(r"([A-Z])([+-]?\d*\.?\d*)")


class OxfordITC503(WithLoop):
    """The controller: sensor 1 is in the oven, sensor 2 at the sample, sensor 3 is absent."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.loop = Loop(world.oven, heating_w=FULL_POWER_W, cooling_w=0.0)
        self._chance = world.chance("oxford_itc503")
        self._queries: dict[str, Callable[[str], str | None]] = {
            "R": self._read,
            "V": lambda digits: None if digits else VERSION,
            "X": lambda digits: None if digits else self._status(),
        }
        self._commands: dict[str, Callable[[float], bool]] = {
            "A": self._set_automatic,
            "T": self._set_target,
            "O": self._set_heater,
            "G": self._set_gas,
            "S": self._set_sweep,
            "H": self._set_sensor,
        }
        self.reset()

    def reset(self) -> None:
        """Return to the power-on state: local and locked, manual heater output zero."""
        self.loop.stop()
        self.control = LOCAL_LOCKED
        self.gas_automatic = False
        self.gas_percent = 0.0
        self.sweep, self.sensor = 0, 1
        self.loop.seen_k = None
        self.loop.target_k = 0.0

    def plug_in(self, port: SimDevice) -> None:
        """Store the port for replies."""
        self._port = port

    def hear(self, line: str) -> None:
        """Process one message; only `Q` has no reply."""
        message = line.strip()
        if message and not message.startswith("Q"):
            self._port.send(self._answer(message) or f"?{message}", message)

    def not_understood(self, message: str) -> None:
        """Never called: `hear` replies to an invalid message with `?` in front."""

    def declined(self, message: str, code: int) -> None:
        """Never called: `hear` replies to a refused message with `?` in front."""

    def _answer(self, message: str) -> str | None:
        found = _MESSAGE.fullmatch(message)
        if found is None:
            return None
        letter, digits = found.groups()
        if letter in self._queries:
            return self._queries[letter](digits)
        return letter if self._execute(letter, digits) else None

    def _execute(self, letter: str, digits: str) -> bool:
        try:
            value = float(digits)
        except ValueError:
            return False
        if letter == "C":
            return self._set_control(value)
        return letter in self._commands and self.control in (1, 3) and self._commands[letter](value)

    def _set_control(self, value: float) -> bool:
        known = value in range(HIGHEST_CONTROL + 1)
        self.control = int(value) if known else self.control
        return known

    def _set_automatic(self, value: float) -> bool:
        if value not in range(4):
            return False
        self.gas_automatic = bool(int(value) & GAS)
        if int(value) & HEATER:
            self.loop.running = True
        elif self.loop.running:
            self.loop.set_manually(self.loop.percent)
        return True

    def _set_target(self, value: float) -> bool:
        if not 0 <= value <= HIGHEST_K:
            return False
        if self.sweep:
            return True
        self.loop.target_k = round(value, 2)
        return True

    def _set_heater(self, value: float) -> bool:
        if self.loop.running or not 0 <= value <= HIGHEST_PERCENT:
            return False
        self.loop.set_manually(round(value, 1))
        return True

    def _set_gas(self, value: float) -> bool:
        self.gas_percent = round(value, 1)
        return not self.gas_automatic and 0 <= value <= HIGHEST_PERCENT

    def _set_sweep(self, value: float) -> bool:
        if value not in range(LAST_STEP + 1):
            return False
        self.sweep = int(value)
        if self.sweep:
            self.loop.target_k = SWEPT_TO_K
        return True

    def _set_sensor(self, value: float) -> bool:
        known = value in (1, 2, 3)
        self.sensor = int(value) if known else self.sensor
        others = {2: lambda: self.world.oven.sample_k, 3: lambda: 0.0}
        self.loop.seen_k = others.get(self.sensor)
        return known

    def _status(self) -> str:
        automatic = HEATER * self.loop.running + GAS * self.gas_automatic
        return f"X0A{automatic}C{self.control}S{self.sweep:02d}H{self.sensor}L0"

    def _read(self, digits: str) -> str | None:
        sensor_k = 0.0 if self.sensor_fault else self._noisy(self.world.oven.sensor_k)
        values = {
            "0": f"{self.loop.target_k:06.2f}",
            "1": f"{sensor_k:06.2f}",
            "2": f"{self._noisy(self.world.oven.sample_k):06.2f}",
            "3": "000.00",
            "4": f"{self.loop.target_k - sensor_k:+07.2f}",
            "5": f"{self.loop.percent:05.1f}",
            "7": f"{self.gas_percent:05.1f}",
        }
        if digits not in values:
            return None
        return "R" + ("" if values[digits][0] in "+-" else "+") + values[digits]

    def _noisy(self, temperature_k: float) -> float:
        return temperature_k + NOISE_K * self._chance.standard_normal()
