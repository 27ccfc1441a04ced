"""Keysight E4980A and Agilent 4284A: LCR meters from 20 Hz, measuring one point or a list of points.

With the internal trigger they measure continuously and `FETC?` returns the latest point; with the other
triggers `TRIG` measures once and `FETC?` waits for the result. The output resistance is 100 ohm. An invalid
result is 9.9E37 with status 1. There is no cell relay: level and bias are on whenever they are not zero.
"""

import cmath
import math

from sim_instruments.instruments.scpi import SETTINGS_CONFLICT, ScpiStatus
from sim_instruments.world.noise import ImpedanceNoise, Signal, smallest_fitting
from sim_instruments.world.world import World

OUTPUT_OHM = 100.0
LEAST_LEVEL_V = 0.005
RANGES_A = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1)
RANGES_V = (0.02, 0.2, 2.0, 20.0)
RANGES_OHM = (1.0, 10.0, 100.0, 300.0, 1e3, 3e3, 1e4, 3e4, 1e5)
APERTURES_S = {"SHOR": 0.006, "MED": 0.088, "LONG": 0.22}
PERIODS = {"SHOR": 1, "MED": 4, "LONG": 10}
FUNCTIONS = {
    "RX": lambda z: (z.real, z.imag),
    "ZTD": lambda z: (abs(z), math.degrees(cmath.phase(z))),
    "ZTR": lambda z: (abs(z), cmath.phase(z)),
    "GB": lambda z: ((1 / z).real, (1 / z).imag),
}
INFINITE, OVERLOAD = 9.9e37, 1
SWEEP_DONE = 8
MOST_ACROSS_OHM = 1e9


class LcrMeter(ScpiStatus):
    """The meter; settings are attributes, SI. `overload` is a switch for tests and faults.

    Parameters
    ----------
    longest_list : int
        Highest number of frequencies in a list: 201 on the E4980A, 10 on the 4284A.
    highest_hz : float
        Highest frequency of a model below the range of its family.
    only_biases_v : tuple of float
        The biases of an instrument without a bias source; here another value is rounded to the next of them
        (the behaviour of a real one is not known). Empty: any bias.
    """

    def __init__(
        self,
        world: World,
        noise: ImpedanceNoise,
        longest_list: int = 201,
        highest_hz: float = math.inf,
        only_biases_v: tuple[float, ...] = (),
    ) -> None:
        super().__init__()
        self.highest_hz, self.only_biases_v = highest_hz, only_biases_v
        self.world, self.noise, self.longest_list = world, noise, longest_list
        self.overload = False
        self._chance = world.chance("lcr meter")
        self.reset()

    def reset(self) -> None:
        """Settings after *RST. Whether a real one keeps its corrections is not known; this one does not."""
        self.frequency_hz, self.level_v, self.bias_v = 1000.0, 1.0, 0.0
        self.function, self.aperture, self.averages = "RX", "MED", 1
        self.bias_on = False
        self.range_ohm: float | None = None
        self.corrections, self.length_m = {"OPEN": False, "SHOR": False, "LOAD": False}, 0
        self.deviations, self.references = {1: "OFF", 2: "OFF"}, {1: 0.0, 2: 0.0}
        self.trigger_source = "INT"
        self.frequencies_hz: tuple[float, ...] = ()
        self.list_page = False
        self._ready_s = -math.inf
        self._done_seen = True
        self._results: list[str] = []

    @property
    def frequency_hz(self) -> float:
        """FREQ."""
        return self._frequency_hz

    @frequency_hz.setter
    def frequency_hz(self, value: float) -> None:
        self.require(value <= self.highest_hz)
        self._frequency_hz = value

    @property
    def bias_v(self) -> float:
        """BIAS:VOLT."""
        return self._bias_v

    @bias_v.setter
    def bias_v(self, value: float) -> None:
        self._bias_v = min(self.only_biases_v or (value,), key=lambda known_v: abs(known_v - value))

    @property
    def level_v(self) -> float:
        """VOLT: voltage of the oscillator; setting it ends a level set as a current."""
        return self._level_v

    @level_v.setter
    def level_v(self, value: float) -> None:
        self._level_v, self._level_a = value, 0.0

    @property
    def level_a(self) -> float:
        """CURR: the level as a current; setting it ends a level set as a voltage."""
        return self._level_a

    @level_a.setter
    def level_a(self, value: float) -> None:
        self._level_v, self._level_a = 0.0, value

    @property
    def energised(self) -> bool:
        """Whether level or bias is at the cell."""
        return self.level_v > LEAST_LEVEL_V or self.level_a > 0 or (self.bias_on and self.bias_v != 0)

    @property
    def stimulus_v(self) -> tuple[float, float]:
        """Amplitude (rms) and bias at the output, in V."""
        z_ohm = self.world.cell_impedance_ohm(self.frequency_hz)
        return self.level_v + self.level_a * abs(z_ohm), self.bias_v if self.bias_on else 0.0

    def set_function(self, name: str) -> None:
        """FUNC:IMP: RX, ZTD, ZTR, GB."""
        self.require(name.upper() in FUNCTIONS)
        self.function = name.upper()

    def get_function(self) -> str:
        """FUNC:IMP?."""
        return self.function

    def set_range(self, ohm: float) -> None:
        """FUNC:IMP:RANG: the next range at or above `ohm`; it holds until automatic ranging is chosen."""
        self.require(0 <= ohm <= RANGES_OHM[-1])
        self.range_ohm = next(known for known in RANGES_OHM if known >= ohm)

    def get_range(self) -> float:
        """FUNC:IMP:RANG?: the range that holds, or the one in use."""
        if self.range_ohm is not None:
            return self.range_ohm
        size_ohm = abs(self.world.cell_impedance_ohm(self.frequency_hz))
        return max((known for known in RANGES_OHM if known <= size_ohm), default=RANGES_OHM[0])

    def set_auto_range(self, on: bool) -> None:
        """FUNC:IMP:RANG:AUTO."""
        self.range_ohm = None if on else self.get_range()

    def get_auto_range(self) -> int:
        """FUNC:IMP:RANG:AUTO?."""
        return int(self.range_ohm is None)

    def set_aperture(self, name: str, averages: int = 1) -> None:
        """APER: SHORt, MEDium, LONG, and 1 to 256 averages."""
        short = next((key for key in APERTURES_S if name.upper().startswith(key)), "")
        self.require(bool(short) and 1 <= averages <= 256)
        self.aperture, self.averages = short, averages

    def get_aperture(self) -> tuple[str, int]:
        """APER?."""
        return self.aperture, self.averages

    def set_deviation(self, number: int, name: str) -> None:
        """FUNC:DEVn:MODE: OFF, or ABSolute for the difference from a reference; PERCent is not simulated."""
        short = name.upper()[:3]
        self.require(number in self.deviations and short in ("OFF", "ABS"))
        self.deviations[number] = short

    def set_reference(self, number: int, value: float) -> None:
        """FUNC:DEVn:REF."""
        self.require(number in self.references)
        self.references[number] = value

    def set_bias_state(self, on: bool) -> None:
        """BIAS:STAT."""
        self.bias_on = on

    def get_bias_state(self) -> int:
        """BIAS:STAT?."""
        return int(self.bias_on)

    def set_trigger_source(self, name: str) -> None:
        """TRIG:SOUR."""
        self.require(name.upper()[:4] in ("INT", "EXT", "BUS", "HOLD", "INTE", "EXTE"))
        self.trigger_source = name.upper()[:3] if name[:1] in "IiEe" else name.upper()

    def get_trigger_source(self) -> str:
        """TRIG:SOUR?."""
        return self.trigger_source

    def set_continuous(self, on: bool) -> None:
        """INIT:CONT."""

    def set_format(self, name: str) -> None:
        """FORM: only ASCII is simulated."""
        self.require(name.strip().upper().startswith("ASC"))

    def set_list(self, text: str) -> None:
        """LIST:FREQ."""
        try:
            values = tuple(float(part) for part in text.split(","))
        except ValueError:
            values = ()
        self.require(1 <= len(values) <= self.longest_list and all(20 <= f <= 2e6 for f in values))
        self.frequencies_hz = values

    def set_list_mode(self, name: str) -> None:
        """LIST:MODE: SEQuence only."""
        self.require(name.upper().startswith("SEQ"))
        self.list_page = True

    def set_page(self, name: str) -> None:
        """DISP:PAGE: LIST measures the list, other pages single points."""
        self.list_page = name.upper() == "LIST"

    # Measuring.

    def trigger(self) -> None:
        """TRIG: measure once."""
        self.require(self.trigger_source != "INT", SETTINGS_CONFLICT)
        wanted = self.frequencies_hz if self.list_page and self.frequencies_hz else (self.frequency_hz,)
        start_s, self._results, self._done_seen = self.world.time_s, [], False
        for frequency_hz in wanted:
            start_s += self._duration_s(frequency_hz)
            self.world.at(
                start_s, lambda f=frequency_hz, results=self._results: results.append(self._point(f))
            )
        self._ready_s = start_s

    def trigger_and_send(self) -> None:
        """*TRG: measure once and send the result."""
        self.trigger()
        self.fetch()

    def abort(self) -> None:
        """ABOR."""
        self._ready_s, self._results = -math.inf, []

    def fetch(self) -> None:
        """FETC?: the latest result, or the result of the measurement in progress when it is done."""
        if self.trigger_source == "INT" and not self.list_page:
            self._port.send(self._point(self.frequency_hz), "FETC?")
            return
        results = self._results
        self.require(bool(results) or self._ready_s >= self.world.time_s)
        due_s = max(self._ready_s, self.world.time_s)
        self.world.at(due_s, lambda: self._port.send(",".join(results), "FETC?"))

    def fetch_corrected(self) -> None:
        """FETC:IMP:CORR?: R and X."""
        z_ohm, _ = self._measured(self.frequency_hz)
        self._port.send(f"{z_ohm.real:+.5E},{z_ohm.imag:+.5E}", "FETC?")

    def operation_status(self) -> int:
        """STAT:OPER?: 8 once after a sweep has ended."""
        done = not self._done_seen and self.world.time_s >= self._ready_s
        self._done_seen = self._done_seen or done
        return SWEEP_DONE if done else 0

    def calibrate(self) -> None:
        """CORR:OPEN, SHOR, LOAD: without effect, since the simulated leads are perfect."""

    def set_open_state(self, on: bool) -> None:
        """CORR:OPEN:STAT: without effect on a result, as the other corrections."""
        self.corrections["OPEN"] = on

    def get_open_state(self) -> int:
        """CORR:OPEN:STAT?."""
        return int(self.corrections["OPEN"])

    def set_short_state(self, on: bool) -> None:
        """CORR:SHOR:STAT."""
        self.corrections["SHOR"] = on

    def get_short_state(self) -> int:
        """CORR:SHOR:STAT?."""
        return int(self.corrections["SHOR"])

    def set_load_state(self, on: bool) -> None:
        """CORR:LOAD:STAT."""
        self.corrections["LOAD"] = on

    def get_load_state(self) -> int:
        """CORR:LOAD:STAT?."""
        return int(self.corrections["LOAD"])

    def set_length(self, metres: float) -> None:
        """CORR:LENG: 0, 1, 2, 4 m."""
        self.require(metres in (0, 1, 2, 4))
        self.length_m = int(metres)

    def get_length(self) -> int:
        """CORR:LENG?."""
        return self.length_m

    def _duration_s(self, frequency_hz: float) -> float:
        point_s = max(APERTURES_S[self.aperture], PERIODS[self.aperture] / frequency_hz)
        return point_s * self.averages + 0.01

    def _point(self, frequency_hz: float) -> str:
        z_ohm, overloaded = self._measured(frequency_hz)
        if overloaded:
            return f"{INFINITE:+.5E},{INFINITE:+.5E},+{OVERLOAD}"
        first, second = (
            value - (self.references[n] if self.deviations[n] == "ABS" else 0.0)
            for n, value in enumerate(FUNCTIONS[self.function](z_ohm), start=1)
        )
        return f"{first:+.5E},{second:+.5E},+0"

    def _measured(self, frequency_hz: float) -> tuple[complex, bool]:
        z_ohm = self.world.cell_impedance_ohm(frequency_hz)
        current_a = self.level_a + self.level_v / abs(OUTPUT_OHM + z_ohm)
        voltage_v = current_a * abs(z_ohm)
        signal = Signal(
            voltage_v,
            current_a,
            smallest_fitting(RANGES_V, voltage_v),
            self._current_range_a(current_a),
        )
        averaging_s = self._duration_s(frequency_hz)
        overloaded = self.overload or signal.overloaded or not current_a or abs(z_ohm) > MOST_ACROSS_OHM
        return self.noise.observe(z_ohm, signal, averaging_s, self._chance), overloaded

    def _current_range_a(self, current_a: float) -> float:
        """Full scale of the current: of a range that holds, what its impedance takes from the level."""
        if self.range_ohm is None:
            return smallest_fitting(RANGES_A, current_a)
        return (self.level_v or self.level_a * self.range_ohm) / self.range_ohm
