"""Agilent 4294A: impedance sweeps from 40 Hz to 110 MHz, with commands older than SCPI.

The adapter is stored but changes nothing, since the simulated leads are perfect; a fixture compensation that
is on removes what another fixture had. A level in amperes and a bias current have one value each. There is no
cell relay, and the level cannot be below 5 mV.
"""

import cmath
import math
from collections.abc import Callable, Sequence

from sim_instruments.instruments.scpi import SETTINGS_CONFLICT, ScpiStatus
from sim_instruments.world.noise import ImpedanceNoise, Signal, smallest_fitting
from sim_instruments.world.world import World

LOWEST_HZ, HIGHEST_HZ = 40.0, 110e6
OUTPUT_OHM, LEAST_LEVEL_V = 25.0, 0.005
RANGES_A = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1)
RANGES_V = (0.01, 0.1, 1.0)
POINT_S = {1: 0.003, 2: 0.01, 3: 0.04, 4: 0.1, 5: 0.3}
PERIODS = {1: 1, 2: 2, 3: 4, 4: 8, 5: 10}
INFINITE, MOST_ACROSS_OHM = 9.9e37, 1e9
ADAPTERS = ("OFF", "M1", "M2", "APC7", "PROBE")
LEVEL_A = 2e-4
OTHER_OPEN_S, OTHER_SHORT_OHM, OTHER_LOAD = 1e-4, 50.0, 1.1
"""What the compensations of another fixture remove."""
BINARY_HEADER = "#0"
Part = Callable[[complex], float]
PARAMETERS: dict[str, tuple[Part, Part]] = {
    "IRIM": (lambda z: z.real, lambda z: z.imag),
    "IMPH": (abs, lambda z: math.degrees(cmath.phase(z))),
    "ARIM": (lambda z: (1 / z).real, lambda z: (1 / z).imag),
}


class Agilent4294A(ScpiStatus):
    """The analyser; settings are attributes, SI. `overload` is a switch for tests and faults."""

    no_error = '0,"No error"'

    def __init__(self, world: World, noise: ImpedanceNoise) -> None:
        super().__init__()
        self.world, self.noise, self.overload = world, noise, False
        self._chance = world.chance("agilent4294a")
        self._sweep = 0
        self.adapter, self.is_binary = "OFF", False
        self.reset()

    def reset(self) -> None:
        """*RST: the sweep is on hold, the compensations are off."""
        self.start_hz, self.stop_hz, self.points, self.bandwidth = LOWEST_HZ, HIGHEST_HZ, 201, 1
        self.level_v, self.level_mode = 0.5, "VOLT"
        self.bias_v, self.bias_on, self.bias_mode = 0.0, False, "VOLT"
        self.parameters, self.trace, self.sweep_type, self.sweep_of = "IMPH", "A", "LIN", "FREQ"
        self.averages_sweeps, self.averages_points = False, False
        self.point_delay_s = self.sweep_delay_s = 0.0
        self.trigger_source = "INT"
        self.compensations = {"A": False, "B": False, "C": False}
        self._results: list[complex] = []
        self._before: list[complex] = []
        self._done_s = -math.inf
        self._sweep += 1

    def identity(self) -> str:
        """*IDN?."""
        return "HEWLETT-PACKARD,4294A,JP1KG00101,REV01.11"

    @property
    def energised(self) -> bool:
        """Whether a bias, or a level above the minimum, is at the cell."""
        is_lowest = self.level_mode == "VOLT" and self.level_v <= LEAST_LEVEL_V
        return not is_lowest or (self.bias_on and self.bias_v != 0)

    @property
    def stimulus_v(self) -> tuple[float, float]:
        """Amplitude and bias at the cell, V; a level in amperes by the impedance at the start frequency."""
        level_v = self.level_v
        if self.level_mode == "CURR":
            level_v = LEVEL_A * abs(self.world.cell_impedance_ohm(self.start_hz))
        return level_v, self.bias_v if self.bias_on and self.bias_mode == "VOLT" else 0.0

    # Settings.

    def _one_of(self, name: str, names: Sequence[str]) -> str:
        self.require(name.upper() in names)
        return name.upper()

    def set_parameters(self, name: str) -> None:
        """MEAS."""
        self.parameters = self._one_of(name, tuple(PARAMETERS))

    def get_parameters(self) -> str:
        """MEAS?."""
        return self.parameters

    def set_trace(self, name: str) -> None:
        """TRAC."""
        self.trace = self._one_of(name, ("A", "B"))

    def get_trace(self) -> str:
        """TRAC?."""
        return self.trace

    def set_sweep_of(self, name: str) -> None:
        """SWPP: of a sweep of level or bias only the axis is simulated."""
        self.sweep_of = self._one_of(name, ("FREQ", "OLEV", "DCB"))

    def get_sweep_of(self) -> str:
        """SWPP?."""
        return self.sweep_of

    def set_sweep_type(self, name: str) -> None:
        """SWPT."""
        self.sweep_type = self._one_of(name, ("LIN", "LOG"))

    def get_sweep_type(self) -> str:
        """SWPT?."""
        return self.sweep_type

    def set_average_of_sweeps(self, on: bool) -> None:
        """AVER: a trace is the mean of this sweep and the previous one."""
        self.averages_sweeps = on

    def get_average_of_sweeps(self) -> int:
        """AVER?."""
        return int(self.averages_sweeps)

    def set_average_of_points(self, on: bool) -> None:
        """PAVER."""
        self.averages_points = on

    def get_average_of_points(self) -> int:
        """PAVER?."""
        return int(self.averages_points)

    def set_level_mode(self, name: str) -> None:
        """POWMOD: volts or amperes."""
        self.level_mode = self._one_of(name, ("VOLT", "CURR"))

    def get_level_mode(self) -> str:
        """POWMOD?."""
        return self.level_mode

    def set_bias_mode(self, name: str) -> None:
        """DCMOD: a bias current is zero here."""
        self.bias_mode = self._one_of(name, ("VOLT", "CURR", "CVOLT", "CCURR"))

    def get_bias_mode(self) -> str:
        """DCMOD?."""
        return self.bias_mode

    def set_bias_range(self, name: str) -> None:
        """DCRNG."""
        self._one_of(name, ("M1", "M10", "M100"))

    def set_bias_on(self, on: bool) -> None:
        """DCO."""
        self.bias_on = on

    def get_bias_on(self) -> int:
        """DCO?."""
        return int(self.bias_on)

    def set_adapter(self, name: str) -> None:
        """E4TP."""
        self.adapter = self._one_of(name, ADAPTERS)

    def get_adapter(self) -> str:
        """E4TP?."""
        return self.adapter

    def set_open(self, on: bool) -> None:
        """COMSTA."""
        self.compensations["A"] = on

    def set_short(self, on: bool) -> None:
        """COMSTB."""
        self.compensations["B"] = on

    def set_load(self, on: bool) -> None:
        """COMSTC."""
        self.compensations["C"] = on

    def set_trigger_source(self, name: str) -> None:
        """TRGS."""
        self.trigger_source = self._one_of(name, ("INT", "EXT", "BUS", "MAN"))

    def set_text(self) -> None:
        """FORM4."""
        self.is_binary = False

    def set_binary(self) -> None:
        """FORM2, FORM3: only the header of a block is sent; a reset keeps the format here."""
        self.is_binary = True

    # Sweeping.

    def _axis_hz(self) -> tuple[float, ...]:
        shares = [i / (self.points - 1) for i in range(self.points)]
        if self.sweep_of != "FREQ":
            return tuple(LEAST_LEVEL_V + share for share in shares)
        if self.sweep_type == "LOG":
            return tuple(self.start_hz * (self.stop_hz / self.start_hz) ** share for share in shares)
        return tuple(self.start_hz + (self.stop_hz - self.start_hz) * share for share in shares)

    def send_axis(self) -> None:
        """OUTPSWPRM?."""
        self._send(self._axis_hz(), "OUTPSWPRM?")

    def _send(self, values: Sequence[float], question: str) -> None:
        text = ",".join(f"{value:+.9E}" for value in values)
        self._port.send(BINARY_HEADER if self.is_binary else text, question)

    def single(self) -> None:
        """SING: one sweep, at once with the internal trigger."""
        self.require(self.trigger_source == "INT", SETTINGS_CONFLICT)
        self._sweep += 1
        self._before = self._results if self.averages_sweeps else []
        number, self._results, due_s = self._sweep, [], self.world.time_s + self.sweep_delay_s
        axis = self._axis_hz()
        for frequency_hz in axis if self.sweep_of == "FREQ" else (self.start_hz,) * len(axis):
            due_s += self._duration_s(frequency_hz) + self.point_delay_s
            self.world.at(due_s, lambda f=frequency_hz: self._measure(number, f))
        self._done_s = due_s

    def hold(self) -> None:
        """HOLD: end any sweep."""
        self._sweep += 1
        self._done_s = self.world.time_s

    def answer_when_done(self) -> None:
        """*OPC?: 1, at the end of the sweep."""
        self._port.send("1", "*OPC?", after_s=max(0.0, self._done_s - self.world.time_s) + 0.01)

    def send_data(self) -> None:
        """OUTPDTRC?: the active trace, two numbers for each point; the second is 0."""
        part = PARAMETERS[self.parameters]["AB".index(self.trace)]
        values = [part(z) if abs(z) < INFINITE else INFINITE for z in self._results]
        self._send([number for value in values for number in (value, 0.0)], "OUTPDTRC?")

    def _measure(self, number: int, frequency_hz: float) -> None:
        if number == self._sweep:
            seen_ohm, place = self._seen_ohm(frequency_hz), len(self._results)
            before = self._before[place] if place < len(self._before) else seen_ohm
            self._results.append((seen_ohm + before) / 2)

    def _duration_s(self, frequency_hz: float) -> float:
        return max(POINT_S[self.bandwidth], PERIODS[self.bandwidth] / frequency_hz)

    def _seen_ohm(self, frequency_hz: float) -> complex:
        z_ohm = self.world.cell_impedance_ohm(frequency_hz)
        current_a = LEVEL_A if self.level_mode == "CURR" else self.level_v / abs(OUTPUT_OHM + z_ohm)
        voltage_v = current_a * abs(z_ohm)
        scales = smallest_fitting(RANGES_V, voltage_v), smallest_fitting(RANGES_A, current_a)
        signal = Signal(voltage_v, current_a, *scales)
        if self.overload or signal.overloaded or abs(z_ohm) > MOST_ACROSS_OHM:
            return complex(INFINITE, 0)
        seen_ohm = self.noise.observe(z_ohm, signal, self._duration_s(frequency_hz), self._chance)
        return self._compensated(seen_ohm)

    def _compensated(self, z_ohm: complex) -> complex:
        if self.compensations["A"]:
            z_ohm = 1 / (1 / z_ohm - OTHER_OPEN_S)
        if self.compensations["B"]:
            z_ohm -= OTHER_SHORT_OHM
        return OTHER_LOAD * z_ohm if self.compensations["C"] else z_ohm
