"""Random spectra of cells, and numbers as a file prints them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[np.complexfloating]
Columns = Mapping[str, Floats]

VACUUM = 8.8541878128e-12
THICKNESS_MM = 0.5
DIAMETER_MM = 20.0
LENGTH_PER_AREA = THICKNESS_MM * 1e-3 / (np.pi / 4 * (DIAMETER_MM * 1e-3) ** 2)


@dataclass(frozen=True)
class Truth:
    """A spectrum from high to low frequency: (n,) Hz and (n,) ohm."""

    f: Floats
    z: Complexes


def frequencies(rng: np.random.Generator) -> Floats:
    """From 12 to 40 frequencies evenly spaced in the logarithm, four decades or more."""
    top = rng.uniform(4, 7)
    bottom = top - rng.uniform(4, 7)
    return np.array([float(f"{10**x:.6g}") for x in np.linspace(top, bottom, int(rng.integers(12, 41)))])


def cell(rng: np.random.Generator, f: Floats) -> Truth:
    """A resistance, an arc and a spike with random values and noise up to 0.3 %."""
    w = 2 * np.pi * f
    arc = 10 ** rng.uniform(1.5, 5)
    corner = 10 ** rng.uniform(np.log10(f.min()) + 1, np.log10(f.max()))
    arc_power = rng.uniform(0.75, 1)
    spike_power = rng.uniform(0.6, 0.95)
    z = 10 ** rng.uniform(0, 2) + arc / (1 + (1j * f / corner) ** arc_power)
    spike = arc * 10 ** rng.uniform(-1.5, 0.5)
    z = z + spike / (1j * w / (2 * np.pi * f.min() * 10)) ** spike_power
    noise = rng.normal(size=f.size) + 1j * rng.normal(size=f.size)
    return Truth(f, z * (1 + 10 ** rng.uniform(-6, -2.5) * noise))


def coil(rng: np.random.Generator, f: Floats) -> Truth:
    """A resistance in series with an inductance."""
    return Truth(f, 10 ** rng.uniform(-1, 2) + 2j * np.pi * f * 10 ** rng.uniform(-7, -3))


def _phase(z: Complexes) -> Floats:
    return np.asarray(np.angle(z), float)


QUANTITIES: dict[str, Callable[[Truth], NDArray[Any]]] = {
    "f": lambda t: t.f,
    "w": lambda t: 2 * np.pi * t.f,
    "re": lambda t: t.z.real,
    "im": lambda t: t.z.imag,
    "mod": lambda t: np.abs(t.z),
    "phase": lambda t: _phase(t.z),
    "yre": lambda t: (1 / t.z).real,
    "yim": lambda t: (1 / t.z).imag,
    "ymod": lambda t: np.abs(1 / t.z),
    "yphase": lambda t: _phase(1 / t.z),
    "cs": lambda t: -1 / (2 * np.pi * t.f * t.z.imag),
    "cp": lambda t: (1 / t.z).imag / (2 * np.pi * t.f),
    "rp": lambda t: 1 / (1 / t.z).real,
    "d": lambda t: -t.z.real / t.z.imag,
    "q": lambda t: -t.z.imag / t.z.real,
    "ls": lambda t: t.z.imag / (2 * np.pi * t.f),
    "eps1": lambda t: (LENGTH_PER_AREA / t.z).imag / (2 * np.pi * t.f * VACUUM),
    "eps2": lambda t: (LENGTH_PER_AREA / t.z).real / (2 * np.pi * t.f * VACUUM),
    "sig1": lambda t: (LENGTH_PER_AREA / t.z).real,
    "sig2": lambda t: (LENGTH_PER_AREA / t.z).imag,
}


def impedance(f: Floats, v: Columns) -> Complexes:
    """The impedance that printed quantities mean, from the first pair that is there."""
    w = 2 * np.pi * f
    pairs: list[tuple[set[str], Callable[[], NDArray[Any]]]] = [
        ({"re", "im"}, lambda: v["re"] + 1j * v["im"]),
        ({"mod", "phase"}, lambda: v["mod"] * (np.cos(v["phase"]) + 1j * np.sin(v["phase"]))),
        ({"yre", "yim"}, lambda: 1 / (v["yre"] + 1j * v["yim"])),
        ({"ymod", "yphase"}, lambda: np.exp(-1j * v["yphase"]) / v["ymod"]),
        ({"cs", "re"}, lambda: v["re"] + 1 / (1j * w * v["cs"])),
        ({"cs", "d"}, lambda: (v["d"] - 1j) / (w * v["cs"])),
        ({"cp", "d"}, lambda: 1 / (w * v["cp"] * (v["d"] + 1j))),
        ({"cp", "q"}, lambda: 1 / (w * v["cp"] * (1 / v["q"] + 1j))),
        ({"cp", "rp"}, lambda: 1 / (1 / v["rp"] + 1j * w * v["cp"])),
        ({"cp", "yre"}, lambda: 1 / (v["yre"] + 1j * w * v["cp"])),
        ({"ls", "re"}, lambda: v["re"] + 1j * w * v["ls"]),
        ({"eps1", "eps2"}, lambda: LENGTH_PER_AREA / (1j * w * VACUUM * (v["eps1"] - 1j * v["eps2"]))),
        ({"sig1", "sig2"}, lambda: LENGTH_PER_AREA / (v["sig1"] + 1j * v["sig2"])),
    ]
    return next(formula() for names, formula in pairs if names <= v.keys())
