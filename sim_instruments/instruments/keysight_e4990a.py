"""Keysight E4990A: impedance sweeps from 20 Hz to 120 MHz; `*OPC?` replies when a sweep is done.

Fixture compensation is stored (points and state) but changes nothing, since the simulated leads are perfect.
There is no cell relay, and the level cannot be below 5 mV.
"""

import cmath
import math
from collections.abc import Callable, Sequence

from sim_instruments.instruments.scpi import SETTINGS_CONFLICT, ScpiStatus
from sim_instruments.world.noise import ImpedanceNoise, Signal, smallest_fitting
from sim_instruments.world.world import World

OUTPUT_OHM = 25.0
LEAST_LEVEL_V = 0.005
RANGES_A = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1)
RANGES_V = (0.01, 0.1, 1.0)
APERTURES_S = {1: 0.003, 2: 0.01, 3: 0.04, 4: 0.1, 5: 0.2}
PERIODS = {1: 1, 2: 2, 3: 4, 4: 8, 5: 10}
INFINITE, MOST_ACROSS_OHM = 9.9e37, 1e9
MEASURING = 16
SEGMENT_HEADER, SEGMENT_FIELDS = 9, 3
PARAMETERS: dict[str, Callable[[complex], float]] = {
    "R": lambda z: z.real,
    "X": lambda z: z.imag,
    "Z": abs,
    "TZ": lambda z: math.degrees(cmath.phase(z)),
    "G": lambda z: (1 / z).real,
    "B": lambda z: (1 / z).imag,
}


class KeysightE4990A(ScpiStatus):
    """The analyser; settings are attributes, SI. `overload` is a switch for tests and faults."""

    def __init__(self, world: World, noise: ImpedanceNoise) -> None:
        super().__init__()
        self.world, self.noise = world, noise
        self.overload = False
        self._chance = world.chance("keysight_e4990a")
        self._sweep = 0
        self._taken: dict[str, tuple[float, ...]] = {"open": (), "short": ()}
        self.reset()

    def reset(self) -> None:
        """SYST:PRES, *RST: compensation is switched off, its points stay."""
        self.start_hz, self.stop_hz, self.points, self.aperture = 20.0, 1.2e8, 201, 1
        self.level_v, self.bias_v, self.bias_on = 0.5, 0.0, False
        self.averages, self.averaging, self.sweeps = 1, False, 1
        self.averages_sweeps = False
        self.sweep_type, self.trigger_source = "LIN", "INT"
        self.parameters = {1: "Z", 2: "TZ", 3: "R", 4: "X"}
        self._segments: list[tuple[float, float, int]] = []
        self._results: list[complex] = []
        self._before: list[complex] = []
        self._done_s = -math.inf
        self._applied = {"open": False, "short": False}
        self._sweep += 1

    @property
    def energised(self) -> bool:
        """Whether a bias, or a level above the minimum, is at the cell."""
        return self.level_v > LEAST_LEVEL_V or (self.bias_on and self.bias_v != 0)

    @property
    def stimulus_v(self) -> tuple[float, float]:
        """Amplitude (rms) and bias at the output, in V."""
        return self.level_v, self.bias_v if self.bias_on else 0.0

    # Settings.

    def set_parameter(self, trace: int, name: str) -> None:
        """CALC1:PARn:DEF."""
        self.require(trace in self.parameters and name.upper() in PARAMETERS)
        self.parameters[trace] = name.upper()

    def get_parameter(self, trace: int) -> str:
        """CALC1:PARn:DEF?."""
        self.require(trace in self.parameters)
        return self.parameters[trace]

    def set_sweep_type(self, name: str) -> None:
        """SENS1:SWE:TYPE."""
        short = name.upper()[:4]
        self.require(short in ("LIN", "LINE", "LOG", "LOGA", "SEGM"))
        self.sweep_type = "SEGM" if short == "SEGM" else short[:3]

    def get_sweep_type(self) -> str:
        """SENS1:SWE:TYPE?."""
        return self.sweep_type

    def set_segments(self, text: str) -> None:
        """SENS1:SEGM:DATA 7,0,0,0,0,0,0,0,n,start,stop,points,...: nine numbers, then three per segment."""
        try:
            values = [float(part) for part in text.split(",")]
        except ValueError:
            values = []
        rest = values[SEGMENT_HEADER:]
        self.require(
            len(values) > SEGMENT_HEADER and len(rest) == SEGMENT_FIELDS * values[SEGMENT_HEADER - 1]
        )
        segments = [tuple(rest[i : i + SEGMENT_FIELDS]) for i in range(0, len(rest), SEGMENT_FIELDS)]
        self.require(all(20 <= a <= b <= 1.2e8 and 1 <= n <= 1601 for a, b, n in segments))
        self._segments = [(a, b, int(n)) for a, b, n in segments]

    def segment_points(self) -> int:
        """SENS1:SEGM:SWE:POIN?."""
        return sum(points for *_, points in self._segments)

    def set_averaging(self, on: bool) -> None:
        """SENS1:AVER."""
        self.averaging = on

    def set_sweep_averaging(self, on: bool) -> None:
        """CALC1:AVER: a trace is the mean of this sweep and the previous sweep, even if its axis differs."""
        self.averages_sweeps = on

    def set_sweeps(self, count: int) -> None:
        """CALC1:AVER:COUN: sweeps to average."""
        self.require(1 <= count <= 999)
        self.sweeps = count

    def set_mode(self, name: str) -> None:
        """SOUR1:MODE, SOUR1:BIAS:MODE: only voltage is simulated."""
        self.require(name.upper().startswith("VOLT"), SETTINGS_CONFLICT)

    def set_bias_state(self, on: bool) -> None:
        """SOUR1:BIAS:STAT."""
        self.bias_on = on

    def get_bias_state(self) -> int:
        """SOUR1:BIAS:STAT?."""
        return int(self.bias_on)

    def bias_reading(self) -> float:
        """SENS1:DC:MEAS:DATA:DCV?."""
        return self.bias_v if self.bias_on else 0.0

    def set_trigger_source(self, name: str) -> None:
        """TRIG:SOUR."""
        short = name.upper()[:3]
        self.require(short in ("INT", "EXT", "MAN", "BUS"))
        self.trigger_source = short

    def get_trigger_source(self) -> str:
        """TRIG:SOUR?."""
        return self.trigger_source

    def set_format(self, name: str) -> None:
        """FORM:DATA: only ASCii is simulated."""
        self.require(name.upper().startswith("ASC"), SETTINGS_CONFLICT)

    def set_plain(self, on: bool) -> None:
        """Accept a setting without effect on the simulation."""

    def do_nothing(self) -> None:
        """Accept a command without effect on the simulation."""

    # Sweeping.

    def axis(self) -> str:
        """SENS1:FREQ:DATA?."""
        return _listed(self._axis_hz())

    def _axis_hz(self) -> tuple[float, ...]:
        if self.sweep_type == "SEGM":
            return tuple(f for a, b, n in self._segments for f in _between(a, b, n, "LIN"))
        return _between(self.start_hz, self.stop_hz, self.points, self.sweep_type)

    def single(self) -> None:
        """TRIG:SING: one sweep."""
        self.require(self.trigger_source == "BUS", SETTINGS_CONFLICT)
        self._begin()

    def _begin(self) -> None:
        self._sweep += 1
        self._before = self._results if self.averages_sweeps else []
        number, self._results, due_s = self._sweep, [], self.world.time_s
        for frequency_hz in self._axis_hz():
            due_s += self._duration_s(frequency_hz)
            self.world.at(due_s, lambda f=frequency_hz: self._measure(number, f))
        self._done_s = due_s

    def abort(self) -> None:
        """ABOR."""
        self._sweep += 1
        self._done_s = self.world.time_s

    def answer_when_done(self) -> None:
        """*OPC?: 1, at the end of the sweep."""
        self._port.send("1", "*OPC?", after_s=max(0.0, self._done_s - self.world.time_s) + 0.01)

    def operation_condition(self) -> int:
        """STAT:OPER:COND?: 16 during a measurement."""
        return MEASURING if self.world.time_s < self._done_s else 0

    def send_data(self) -> None:
        """CALC1:DATA:RDAT?: first and second parameter of every point."""
        if self.trigger_source == "INT":
            self._results = [self._seen_ohm(frequency_hz) for frequency_hz in self._axis_hz()]
        first, second = (PARAMETERS[self.parameters[trace]] for trace in (1, 2))
        values = [
            value(z) if abs(z) < INFINITE else INFINITE for z in self._results for value in (first, second)
        ]
        self._port.send(_listed(values), "RDAT?")

    def _measure(self, number: int, frequency_hz: float) -> None:
        if number == self._sweep:
            seen_ohm, place = self._seen_ohm(frequency_hz), len(self._results)
            before = self._before[place] if place < len(self._before) else seen_ohm
            self._results.append((seen_ohm + before) / 2 if self.averages_sweeps else seen_ohm)

    def _duration_s(self, frequency_hz: float) -> float:
        point_s = max(APERTURES_S[self.aperture], PERIODS[self.aperture] / frequency_hz)
        return point_s * (self.averages if self.averaging else 1) * self.sweeps

    def _seen_ohm(self, frequency_hz: float) -> complex:
        z_ohm = self.world.cell_impedance_ohm(frequency_hz)
        current_a = self.level_v / abs(OUTPUT_OHM + z_ohm)
        voltage_v = current_a * abs(z_ohm)
        scales = smallest_fitting(RANGES_V, voltage_v), smallest_fitting(RANGES_A, current_a)
        signal = Signal(voltage_v, current_a, *scales)
        if self.overload or signal.overloaded or abs(z_ohm) > MOST_ACROSS_OHM:
            return complex(INFINITE, 0)
        return self.noise.observe(z_ohm, signal, self._duration_s(frequency_hz), self._chance)

    # Compensation.

    def set_points_of_compensation(self, name: str) -> None:
        """SENS1:CORR:COLL:FPO: FIXed or USER."""
        self.require(name.upper()[:3] in ("FIX", "USE"))

    def acquire_open(self) -> None:
        """SENS1:CORR2:COLL:ACQ:OPEN."""
        self._acquire("open")

    def acquire_short(self) -> None:
        """SENS1:CORR2:COLL:ACQ:SHOR."""
        self._acquire("short")

    def _acquire(self, kind: str) -> None:
        axis_hz = self._axis_hz()
        self._taken[kind], self._applied[kind] = axis_hz, True
        self._done_s = self.world.time_s + sum(self._duration_s(f) for f in axis_hz)

    def open_state(self) -> int:
        """SENS1:CORR2:OPEN?."""
        return int(self._applied["open"])

    def short_state(self) -> int:
        """SENS1:CORR2:SHOR?."""
        return int(self._applied["short"])

    def set_open_state(self, on: bool) -> None:
        """SENS1:CORR2:OPEN."""
        self._applied["open"] = on

    def set_short_state(self, on: bool) -> None:
        """SENS1:CORR2:SHOR."""
        self._applied["short"] = on

    def open_axis(self) -> str:
        """SENS1:CORR2:ZME:OPEN:FREQ?."""
        return _listed(self._taken["open"])

    def short_axis(self) -> str:
        """SENS1:CORR2:ZME:SHOR:FREQ?."""
        return _listed(self._taken["short"])

    def open_points(self) -> int:
        """SENS1:CORR2:ZME:OPEN:POIN?."""
        return len(self._taken["open"])

    def short_points(self) -> int:
        """SENS1:CORR2:ZME:SHOR:POIN?."""
        return len(self._taken["short"])


def _listed(values: Sequence[float]) -> str:
    return ",".join(f"{value:+.11E}" for value in values)


def _between(start_hz: float, stop_hz: float, count: int, spacing: str) -> tuple[float, ...]:
    if count == 1:
        return (start_hz,)
    shares = [i / (count - 1) for i in range(count)]
    if spacing == "LOG":
        return tuple(start_hz * (stop_hz / start_hz) ** share for share in shares)
    return tuple(start_hz + (stop_hz - start_hz) * share for share in shares)
