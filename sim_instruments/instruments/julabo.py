"""Julabo circulators (CF31-type, FC, CORIO, FL): OUT commands have no reply and work in remote mode only.

A PRESTO has the time of its watchdog in setting 6: it begins with a valid set point, and without another one
for longer than that the instrument stops.

`remote` is the switch of the front panel. STATUS shows an invalid command once, as a negative number, and an
alarm as long as it lasts. FC has the external sensor in `IN_PV_01` and the power in `IN_PV_02`; its mode 4 is
the source of the set point (1: the programmer input), its settings 1 and 2 are limits that can be read only.
With mode 4 of the others the external sensor, at the sample, controls. Beyond a warning limit (settings 3 and
4) STATUS warns; in degrees Fahrenheit (setting 6) the temperatures are in Fahrenheit, both ways.
CORIO has ten commands (VERSION, STATUS, `IN_PV_00`, `01`, `03`, `04`, set point, start and stop); FL has the
bath temperature, one set point, start and stop only.
"""

from dataclasses import dataclass

from sim_instruments.wire.device import Refusal, SimDevice
from sim_instruments.world.loop import Loop, WithLoop
from sim_instruments.world.world import World

ZERO_CELSIUS_K = 273.15
INVALID_COMMAND, NOT_ALLOWED, TOO_SMALL, TOO_LARGE, SENSOR_ALARM = -8, -9, -10, -11, -5
TOO_HOT, TOO_COLD = -3, -4
TEXTS = {
    INVALID_COMMAND: "INVALID COMMAND",
    NOT_ALLOWED: "COMMAND NOT ALLOWED IN CURRENT OPERATING MODE",
    TOO_SMALL: "VALUE TOO SMALL",
    TOO_LARGE: "VALUE TOO LARGE",
    SENSOR_ALARM: "WORKING SENSOR ALARM",
    TOO_HOT: "EXCESS TEMPERATURE WARNING",
    TOO_COLD: "LOW TEMPERATURE WARNING",
}
STATES = ("MANUAL STOP", "MANUAL START", "REMOTE STOP", "REMOTE START")
VERSIONS = {
    "CF": "JULABO CRYOCOMPACT CF31 VERSION 5.0",
    "FC": "JULABO FC600 VERSION 1.0",
    "CORIO": "JULABO CORIO CD VERSION 1.0",
    "FL": "JULABO FL601 VERSION 1.0",
    "PRESTO": "JULABO PRESTO A40 VERSION 1.0",
}
LOWEST_C, HIGHEST_C = -30.0, 200.0
HIGH_WARNING, LOW_WARNING, UNIT, PUMP = 3, 4, 6, 7
WATCHDOG = 6  # of a PRESTO, in the place of the unit
SELECTED, SELF_TUNING, EXTERNAL, RUNNING, DYNAMICS = 1, 2, 4, 5, 8
SOURCE = EXTERNAL  # of an FC, in the place of the sensor
HIGH_LIMIT, LOW_LIMIT, RATIO = 1, 2, 3  # of an FC


@dataclass(frozen=True)
class Commands:
    """Numbers of the commands of a family: IN_PV, IN_SP, OUT_SP, and both of MODE; others are invalid."""

    process: tuple[int, ...]
    read: tuple[int, ...]
    written: tuple[int, ...]
    modes: tuple[int, ...]
    parameters: tuple[int, ...] = ()
    limits: tuple[int, ...] = ()


_CF = Commands(
    process=(0, 1, 2, 3, 4),
    read=(0, 1, 2, 3, 4, 6, 7),
    written=(0, 1, 2, 3, 4, 6, 7),
    modes=(1, 2, 4, 5, 8),
    parameters=(6, 7, 8),
    limits=(0, 1),
)
COMMANDS = {
    "CF": _CF,
    "FC": Commands((0, 1, 2, 3, 4), (0, 1, 2, 3), (0, 3), (4, 5), (6, 7, 8)),
    "CORIO": Commands((0, 1, 3, 4), (0,), (0,), (5,)),
    "FL": Commands((0,), (0,), (0,), (5,)),
    "PRESTO": _CF,
}


class Julabo(WithLoop):
    """The circulator; temperatures in degrees Celsius."""

    def __init__(self, world: World, family: str = "CF") -> None:
        self.world, self.family = world, family
        self._commands = COMMANDS[family]
        self.remote = True
        self.programmer_c = 90.0
        self.loop = Loop(world.oven, heating_w=100.0, cooling_w=60.0)
        self._chance = world.chance("julabo")
        self._heard_s = 0.0
        world.oven.attach(self._watch)
        self.reset()

    def reset(self) -> None:
        """Return to the state after a mains failure: stopped until restarted."""
        self.loop.stop()
        self.loop.target_k = 20.0 + ZERO_CELSIUS_K
        self.error = 0
        self._settings = {
            0: 20.0,
            1: 20.0,
            2: 20.0,
            HIGH_WARNING: HIGHEST_C,
            LOW_WARNING: LOWEST_C,
            UNIT: 0.0,
            PUMP: 1.0,
        }
        if self.family == "FC":
            self._settings |= {HIGH_LIMIT: HIGHEST_C, LOW_LIMIT: LOWEST_C, RATIO: 0.0}
        self._modes = {SELECTED: 0, SELF_TUNING: 0, EXTERNAL: 0, RUNNING: 0, DYNAMICS: 0}
        self._parameters = {6: 1.0, 7: 100.0, 8: 10.0}
        self._limits = {0: 100, 1: 100}
        self.loop.seen_k, self.loop.highest_percent = None, 100.0

    def plug_in(self, port: SimDevice) -> None:
        """Ignore the port: this model sends nothing unsolicited."""

    def status(self) -> str:
        """STATUS: a number and a text; an error is reported once."""
        error, self.error = self.error, 0
        error = SENSOR_ALARM if self.sensor_fault else error or self._warning()
        if error:
            return f"-{-error:02d} {TEXTS[error]}"
        state = 2 * self.remote + self.loop.running
        number = 0 if self.family == "CORIO" else state
        return f"{number:02d} {STATES[state]}"

    def _warning(self) -> int:
        celsius, numbers = self.world.oven.sensor_k - ZERO_CELSIUS_K, self._commands.read
        if HIGH_WARNING in numbers and self.family != "FC" and celsius > self._settings[HIGH_WARNING]:
            return TOO_HOT
        is_cold = LOW_WARNING in numbers and celsius < self._settings[LOW_WARNING]
        return TOO_COLD if is_cold else 0

    def version(self) -> str:
        """VERSION."""
        return VERSIONS[self.family]

    def process_value(self, number: int) -> str:
        """IN_PV_0n: 0 bath, 1 power, 2 external, 3 and 4 safety; FC has 1 and 2 exchanged."""
        swapped = {1: 2, 2: 1} if self.family == "FC" else {}
        readers = {0: self.bath_c, 2: self.external_c, 3: self.bath_c, 4: self.safety_c}
        self._require(number in self._commands.process, INVALID_COMMAND)
        read = readers.get(swapped.get(number, number))
        return f"{self.power_percent() if read is None else self._shown(read()):.2f}"

    def _shown(self, celsius: float) -> float:
        return celsius * 1.8 + 32 if self.is_fahrenheit else celsius

    @property
    def is_fahrenheit(self) -> bool:
        """Whether temperatures are in degrees Fahrenheit."""
        return self.family == "CF" and bool(self._settings[UNIT])

    def bath_c(self) -> float:
        """IN_PV_00."""
        return self.world.oven.sensor_k - ZERO_CELSIUS_K + 0.005 * self._chance.standard_normal()

    def external_c(self) -> float:
        """IN_PV_02: external Pt100 at the sample."""
        return self.world.oven.sample_k - ZERO_CELSIUS_K + 0.005 * self._chance.standard_normal()

    def power_percent(self) -> float:
        """IN_PV_01."""
        return self.loop.percent

    def safety_c(self) -> float:
        """IN_PV_04."""
        return HIGHEST_C + 20

    def get_setting(self, number: int) -> float:
        """IN_SP."""
        self._require(number in self._commands.read, INVALID_COMMAND)
        return self._shown(self._settings[number]) if number <= LOW_WARNING else self._settings[number]

    def set_setting(self, number: int, value: float) -> None:
        """OUT_SP: 0 to 2 setpoints, 3 and 4 warnings, 7 pump."""
        self._require_remote()
        self._require(number in self._commands.written, INVALID_COMMAND)
        if self.is_fahrenheit and number <= LOW_WARNING:
            value = (value - 32) / 1.8
        self._require(value >= LOWEST_C, TOO_SMALL)
        self._require(value <= HIGHEST_C, TOO_LARGE)
        self._settings[number] = value
        if number <= 2:
            self._heard_s = self.world.time_s
        self._aim()

    def get_mode(self, number: int) -> int:
        """IN_MODE."""
        self._require_mode(number)
        return int(self.loop.running) if number == RUNNING else self._modes[number]

    def set_mode(self, number: int, value: int) -> None:
        """OUT_MODE: 05 starts and stops."""
        self._require_remote()
        self._require_mode(number)
        self._require(0 <= value <= (2 if number == SELECTED else 1), TOO_LARGE)
        self._modes[number] = value
        if number == EXTERNAL and self.family in ("CF", "PRESTO"):
            self.loop.seen_k = (lambda: self.world.oven.sample_k) if value else None
        if number == RUNNING and not value:
            self.loop.stop()
        elif number == RUNNING:
            self.loop.running = True
        self._aim()

    def _watch(self, sensor_k: float, step_s: float) -> float:
        allowed_s = self._settings[WATCHDOG] if self.family == "PRESTO" else 0.0
        if allowed_s and self.loop.running and self.world.oven.time_s - self._heard_s > allowed_s:
            self.loop.stop()
        return 0.0

    def _aim(self) -> None:
        if self.family == "FC" and self._modes[SOURCE]:
            self.loop.target_k = self.programmer_c + ZERO_CELSIUS_K
        else:
            self.loop.target_k = self._settings[self._modes[SELECTED]] + ZERO_CELSIUS_K

    def get_parameter(self, number: int) -> float:
        """IN_PAR: stored, without effect."""
        self._require(number in self._commands.parameters, INVALID_COMMAND)
        return self._parameters[number]

    def set_parameter(self, number: int, value: float) -> None:
        """OUT_PAR."""
        self._require_remote()
        self._require(number in self._commands.parameters, INVALID_COMMAND)
        self._parameters[number] = value

    def get_limit(self, number: int) -> float:
        """IN_HIL."""
        self._require(number in self._commands.limits, INVALID_COMMAND)
        return self._limits[number]

    def set_limit(self, number: int, value: int) -> None:
        """OUT_HIL: percent."""
        self._require_remote()
        self._require(number in self._commands.limits, INVALID_COMMAND)
        self._require(0 <= value <= 100, TOO_LARGE)
        self._limits[number] = value
        self.loop.highest_percent = float(self._limits[1])

    def not_understood(self, message: str) -> None:
        """Report the error in the next STATUS."""
        self.error = INVALID_COMMAND

    def declined(self, message: str, code: int) -> None:
        """Report the error in the next STATUS."""
        self.error = code

    def _require_remote(self) -> None:
        self._require(self.remote, NOT_ALLOWED)

    def _require_mode(self, number: int) -> None:
        self._require(number in self._commands.modes, INVALID_COMMAND)

    @staticmethod
    def _require(condition: bool, code: int) -> None:
        if not condition:
            raise Refusal(code)
