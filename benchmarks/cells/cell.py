"""A drawn cell: electrolyte, electrodes, a parallel path, and the declarations about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from cells.elements import Complex, Real, arc, gaussian_arc

ACTIVATED = ("r", "r_slow", "r_leak", "tau")  # what becomes smaller when the cell is heated
PERIODS_PER_POINT = 4.0
SECONDS_PER_POINT = 0.3


@dataclass(frozen=True)
class Part:
    """Something at the electrodes: a law of `elements` with its values; several are in series."""

    law: Callable[..., Complex]
    values: Mapping[str, float]
    then: "Part | None" = None

    def __call__(self, omega: Real) -> Complex:
        """Impedance, (n,)."""
        own = self.law(omega, **self.values)
        return own if self.then is None else own + self.then(omega)

    def grown(self, factor: float) -> "Part":
        """With every resistance and time of diffusion multiplied."""
        values = {name: v * factor if name in ACTIVATED else v for name, v in self.values.items()}
        return Part(self.law, values, None if self.then is None else self.then.grown(factor))


@dataclass(frozen=True)
class Arc:
    """One relaxation of the electrolyte; `width` above 0 is a Gaussian distribution of ln tau.

    Without a capacitance it is a plain resistance: its relaxation is somewhere else in the cell.
    """

    resistance_ohm: float
    capacitance_f: float
    a: float = 1.0
    b: float = 1.0
    width: float = 0.0

    @property
    def time_s(self) -> float:
        return self.resistance_ohm * self.capacitance_f

    def impedance(self, omega: Real, growth: ArrayLike = 1.0) -> Complex:
        """With the resistance multiplied by `growth`, at the same capacitance."""
        r = self.resistance_ohm * np.asarray(growth, dtype=float)
        if self.width > 0:
            return gaussian_arc(omega, r, self.capacitance_f, self.width)
        return arc(omega, r, self.capacitance_f, self.a, self.b)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell and the window in which it is measured.

    Attributes
    ----------
    kind : str
    ordinary : bool
        A cell that a laboratory measures every day, with electrodes as they are declared.
    electrolyte : tuple of Arc
        Bulk, grain boundary. The sum of their resistances is the truth.
    electrode : Part or None
        In series with the electrolyte.
    beside : Part or None
        Impedance in parallel to electrolyte and electrode together (electrons, a leak).
    thickness_m, area_m2 : float
    declared : str
        Electrodes as the laboratory declares them: "blocking", "reversible", "blocking/reversible".
    frequency_hz : (n,)
        Highest first.
    noise : float
        Standard deviation of real and imaginary part, relative to |Z|.
    states_geometry : bool
    gain : float
        Limit of the analyser's relative gain error, one draw for each decade of |Z|; 0 for none.
    lead_henry : float
        Inductance of the cables, in series with everything.
    """

    kind: str
    ordinary: bool
    electrolyte: tuple[Arc, ...]
    electrode: Part | None
    beside: Part | None = None
    thickness_m: float
    area_m2: float
    declared: str
    frequency_hz: Real
    noise: float
    states_geometry: bool = True
    gain: float = 0.0
    lead_henry: float = 0.0

    @property
    def truth_ohm(self) -> float:
        """Resistance of the electrolyte, bulk and grain boundary."""
        return sum(part.resistance_ohm for part in self.electrolyte)

    @property
    def omega(self) -> Real:
        return 2 * np.pi * self.frequency_hz

    def impedance(self, frequency_hz: Real | None = None, growth: ArrayLike = 1.0) -> Complex:
        """Without noise; `growth` (n,) multiplies the electrolyte's resistances at each point."""
        omega = self.omega if frequency_hz is None else 2 * np.pi * np.asarray(frequency_hz, dtype=float)
        z = sum((part.impedance(omega, growth) for part in self.electrolyte), np.zeros(omega.shape, complex))
        if self.electrode is not None:
            z = z + self.electrode(omega)
        if self.beside is not None:
            z = 1 / (1 / z + 1 / self.beside(omega))
        return z + 1j * omega * self.lead_henry

    def grown(self, electrolyte: float, electrode: float) -> "Cell":
        """At another temperature: resistances of the electrolyte and of all else multiplied."""
        arcs = (replace(arc, resistance_ohm=arc.resistance_ohm * electrolyte) for arc in self.electrolyte)
        at, beside = (
            None if part is None else part.grown(electrode) for part in (self.electrode, self.beside)
        )
        return replace(self, electrolyte=tuple(arcs), electrode=at, beside=beside)

    def measured(self, rng: np.random.Generator, growth: ArrayLike = 1.0) -> Complex:
        """With the analyser's gain error and noise, (n,)."""
        return disturbed(self.impedance(growth=growth), self.noise, self.gain, rng)


def disturbed(z: Complex, noise: float, gain: float, rng: np.random.Generator) -> Complex:
    """Noise relative to |Z|, and one uniform gain error within +-gain for each decade of |Z|."""
    ranges = np.floor(np.log10(np.abs(z))).astype(int)
    errors = {place: rng.uniform(-gain, gain) for place in sorted(set(ranges.tolist()))}
    scale = 1 + np.array([errors[place] for place in ranges.tolist()])
    drawn = rng.standard_normal((2, z.size))
    return z * scale + noise * np.abs(z) * (drawn[0] + 1j * drawn[1])


def times_s(frequency_hz: Real) -> Real:
    """End of each point's measurement: some periods and a fixed time for each, one after another."""
    return np.cumsum(PERIODS_PER_POINT / frequency_hz + SECONDS_PER_POINT)


def growth_of(frequency_hz: Real, drift: float) -> Real:
    """The electrolyte's resistance over its first value, changing by `drift` steadily during the sweep."""
    time = times_s(frequency_hz)
    return 1 + drift * (time - time[0]) / (time[-1] - time[0])
