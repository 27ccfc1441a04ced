from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from labctl.analysis import Spectrum, parse_circuit

DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture(scope="session")
def measured():
    """Path of a measured file; skips with its name if it is absent."""

    def path(name: str) -> Path:
        if not (DATA / name).exists():
            pytest.skip(f"measured data {name} is not beside the project")
        return DATA / name

    return path


@dataclass(frozen=True)
class Drawn:
    """A spectrum made from a circuit with known parameters."""

    circuit: str
    truth: dict[str, float]
    spectrum: Spectrum
    cramer_rao: dict[str, float]
    noise: float


CIRCUITS = {"A": "R0-p(R1,CPE1)-CPE2", "B": "R0-p(R1,CPE1)-p(R2,CPE2)-CPE3"}


def _admittance(resistance: float, exponent: float, apex_hz: float) -> float:
    return 1 / (resistance * (2 * np.pi * apex_hz) ** exponent)


def _parameters(kind: str, rng: np.random.Generator) -> list[float]:
    r1, n1, n2 = 10 ** rng.uniform(3, 6), rng.uniform(0.8, 0.95), rng.uniform(0.75, 0.95)
    r0, spike = r1 * 10 ** rng.uniform(-2.5, -0.7), rng.uniform(0.7, 0.95)
    if kind == "A":
        apex = 10 ** rng.uniform(3.5, 5.3)
        corner = 10 ** rng.uniform(0, 1.3)
        return [r0, r1, _admittance(r1, n1, apex), n1, _admittance(r1, spike, corner), spike]
    apex, corner = 10 ** rng.uniform(4.3, 5.5), 10 ** rng.uniform(-0.3, 0.7)
    r2 = r1 * 10 ** rng.uniform(-0.6, 0.6)
    q2 = _admittance(r2, n2, apex / 10 ** rng.uniform(1.5, 2.5))
    last = _admittance(r1 + r2, spike, corner)
    return [r0, r1, _admittance(r1, n1, apex), n1, r2, q2, n2, last, spike]


def correlated(rng: np.random.Generator, shape: tuple[int, int], rho: float) -> np.ndarray:
    """First-order autoregression of variance one along the last axis."""
    noise = rng.standard_normal(shape)
    for k in range(1, shape[1]):
        noise[:, k] = rho * noise[:, k - 1] + np.sqrt(1 - rho**2) * noise[:, k]
    return noise


@pytest.fixture(scope="session")
def draw():
    """Draw a spectrum of circuit A or B: R1 1e3 to 1e6 ohm, 50 to 70 points, noise 0.1 to 1 % of |Z|.

    `determined` draws again until the Cramer-Rao bound of every resistance is below 20 %, R1's below 1 %: a
    circuit with a lead hidden by noise cannot be distinguished from a circuit without one.
    """

    def draw_one(kind: str, rng: np.random.Generator, rho: float = 0.0, determined: bool = False) -> Drawn:
        while True:
            drawn = one(kind, rng, rho)
            worst = max(drawn.cramer_rao[n] / drawn.truth[n] for n in drawn.truth if n.startswith("R"))
            if not determined or (worst < 0.2 and drawn.cramer_rao["R1"] < 0.01 * drawn.truth["R1"]):
                return drawn

    def one(kind: str, rng: np.random.Generator, rho: float) -> Drawn:
        circuit, frequency = parse_circuit(CIRCUITS[kind]), np.logspace(6, -1, rng.integers(50, 71))
        values = np.array(_parameters(kind, rng))
        z, dz = circuit.log_jacobian(np.log(values), frequency)
        noise = 10 ** rng.uniform(-3, -2)
        error = correlated(rng, (2, frequency.size), rho)
        jacobian = (dz / np.abs(z) / noise).view(float)
        deviation = values * np.sqrt(np.diag(np.linalg.inv(jacobian @ jacobian.T)))
        return Drawn(
            circuit.description,
            dict(zip(circuit.names, values, strict=True)),
            Spectrum(frequency, z + noise * np.abs(z) * (error[0] + 1j * error[1])),
            dict(zip(circuit.names, deviation, strict=True)),
            noise,
        )

    return draw_one
