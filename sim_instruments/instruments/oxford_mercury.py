"""Oxford Instruments MercuryiTC, with the manufacturer's SCPI-like command set.

Every message has a reply: a query is repeated with its value and unit, a setting is repeated with VALID or
INVALID. The loop is on the sensor `MB1.T1`; ENAB switches between control and the manual output HSET. Unless
SWMD is FIX, a sweep table sets the target in the place of TSET; emulators by other people show FIX, the other
value is ours.
"""

from collections.abc import Callable

from sim_instruments.wire.device import SimDevice
from sim_instruments.world.loop import Loop, WithLoop
from sim_instruments.world.world import World

IDENTITY = "IDN:OXFORD INSTRUMENTS:MERCURY ITC:232150255:2.6.04.000"
SENSOR, HEATER = "DEV:MB1.T1:TEMP", "DEV:MB0.H1:HTR"
HIGHEST_K, HIGHEST_RATE_K_MIN = 2000.0, 100_000.0
FIXED, SWEPT, SWEPT_TO_K = "FIX", "SWP", 340.0
FULL_POWER_W, NOISE_K = 100.0, 0.001
SWITCH = ("OFF", "ON")


class OxfordMercury(WithLoop):
    """The controller; set point and rate in kelvin and kelvin per minute."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.loop = Loop(world.oven, heating_w=FULL_POWER_W, cooling_w=0.0)
        self._chance = world.chance("oxford_mercury")
        loop = f"{SENSOR}:LOOP"
        self._queries: dict[str, Callable[[], str]] = {
            "*IDN?": lambda: "",
            "SYS:CAT": lambda: f"{SENSOR}:{HEATER}",
            f"{SENSOR}:SIG:TEMP": lambda: f"{self._temperature_k():.4f}K",
            f"{SENSOR}:SIG:VOLT": lambda: "0.1000mV",
            f"{loop}:TSET": lambda: f"{self.given_k:.4f}K",
            f"{loop}:SWMD": lambda: SWEPT if self.swept else FIXED,
            f"{loop}:ENAB": lambda: SWITCH[self.loop.running],
            f"{loop}:HSET": lambda: f"{self.loop.percent:.4f}",
            f"{loop}:RSET": lambda: f"{self.rate_k_min:.4f}K/m",
            f"{loop}:RENA": lambda: SWITCH[self.ramp_on],
            f"{HEATER}:SIG:POWR": lambda: f"{self.heater_power_w:.4f}W",
        }
        self._settings: dict[str, Callable[[str], bool]] = {
            f"{loop}:TSET": self._set_target,
            f"{loop}:ENAB": self._switch_loop,
            f"{loop}:HSET": self._set_heater,
            f"{loop}:RSET": self._set_rate,
            f"{loop}:RENA": self._switch_ramp,
            f"{loop}:SWMD": self._set_sweep,
        }
        self.reset()

    def reset(self) -> None:
        """Return to the power-on state: manual output, no power."""
        self.loop.stop()
        self.given_k, self.swept = 300.0, False
        self.loop.target_k = self.given_k
        self.loop.rate_k_s = 0.0
        self.rate_k_min, self.ramp_on = 5.0, False

    def plug_in(self, port: SimDevice) -> None:
        """Store the port for replies."""
        self._port = port

    def hear(self, line: str) -> None:
        """Process one message."""
        message = line.strip()
        verb, _, rest = message.partition(":")
        if message == "*IDN?":
            self._port.send(IDENTITY, message)
        elif verb == "READ":
            known = rest in self._queries
            self._port.send(f"STAT:{rest}:{self._queries[rest]() if known else 'INVALID'}", message)
        elif verb == "SET":
            word, _, value = rest.rpartition(":")
            valid = word in self._settings and self._settings[word](value)
            self._port.send(f"STAT:{message}:{'VALID' if valid else 'INVALID'}", message)

    def not_understood(self, message: str) -> None:
        """Never called: `hear` replies to an unknown message with INVALID."""

    def declined(self, message: str, code: int) -> None:
        """Never called: `hear` replies to a refused setting with INVALID."""

    def _temperature_k(self) -> float:
        reading_k = self.world.oven.sensor_k + NOISE_K * self._chance.standard_normal()
        return 0.0 if self.sensor_fault else reading_k

    def _set_target(self, text: str) -> bool:
        value = _number(text.removesuffix("K"))
        if value is None or not 0 <= value <= HIGHEST_K:
            return False
        self.given_k = value
        self._aim()
        return True

    def _set_sweep(self, word: str) -> bool:
        if word not in (FIXED, SWEPT):
            return False
        self.swept = word == SWEPT
        self._aim()
        return True

    def _switch_loop(self, word: str) -> bool:
        if word not in SWITCH:
            return False
        if word == "ON":
            self.loop.running = True
            self.loop.working_k = self.world.oven.sensor_k if self.ramp_on else self.loop.target_k
        elif self.loop.running:
            self.loop.set_manually(self.loop.percent)
        return True

    def _set_heater(self, text: str) -> bool:
        value = _number(text)
        if value is None or not 0 <= value <= 100:
            return False
        if not self.loop.running:
            self.loop.set_manually(value)
        return True

    def _set_rate(self, text: str) -> bool:
        value = _number(text.removesuffix("K/m"))
        if value is None or not 0 <= value <= HIGHEST_RATE_K_MIN:
            return False
        self.rate_k_min = value
        self._aim()
        return True

    def _switch_ramp(self, word: str) -> bool:
        if word not in SWITCH:
            return False
        self.ramp_on = word == "ON"
        self._aim()
        return True

    def _aim(self) -> None:
        self.loop.target_k = SWEPT_TO_K if self.swept else self.given_k
        self.loop.rate_k_s = self.rate_k_min / 60 if self.ramp_on else 0.0


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
