"""Electronic and hole conductivity from steady currents between a blocking and a reversible electrode.

The reversible electrode fixes the activity of the neutral component at one end of the sample; the blocking
one passes electrons alone. With V the potential of the blocking electrode against the reversible one, and I
the steady current that enters the sample at the blocking electrode (Wagner's equation),

    I = (A / L) (RT / F) { sigma_n [1 - exp(-F V / RT)] + sigma_p [exp(F V / RT) - 1] }

holds for either sign of V. sigma_n and sigma_p are the conductivities of excess electrons and of holes in the
sample that is in equilibrium with the reversible electrode; their sum is the slope dI/dV L / A at V = 0.

Presumed: the steady state; no ionic current; electrons and holes in small amounts, so that their conductivity
is proportional to their activity; mobilities that do not depend on the composition; V below the decomposition
voltage; one dimension and no path along the surface. A current proportional to V beside the two branches
shows that one of these does not hold.

M. H. Hebb, J. Chem. Phys. 20 (1952) 185; C. Wagner, Z. Elektrochem. 60 (1956) 4; C.
Wagner, Proc. 7th CITCE (1957) 361; J. W. Patterson, E. C. Bogren & R. A. Rapp, J. Electrochem. Soc. 114
(1967) 752.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.numerics.budget import propagated
from labctl.analysis.numerics.component import Component
from labctl.analysis.numerics.distributions import chi_square_tail, student_quantile, student_tail
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.propagation import as_estimate

Array = NDArray[np.float64]
GAS_CONSTANT_OVER_FARADAY_V_K = 8.617333262e-5
FEWEST_STEPS = 3
LARGEST_EXPONENT = 60.0
SIGNIFICANCE = 0.01
MOST_ROUNDS = 20


@dataclass(frozen=True, kw_only=True)
class HebbWagner:
    """Conductivities of excess electrons and of holes at the activity of the reversible electrode.

    Attributes
    ----------
    electrons_s_m, holes_s_m : Estimate
        Fitted without a limit: an interval that includes zero gives a bound, see `bounds_s_m`.
    electronic_s_m : Estimate
        Their sum.
    correlation : float
        Of electrons and holes, from the currents alone.
    p_value : float
        Of scatter this large about Wagner's curve with the stated uncertainties; NaN with as many unknowns as
        currents.
    leak_s_m : Estimate or None
        Conductivity of a path with a current proportional to V, fitted beside both branches; None with
        fewer than four currents.
    flags : tuple of str
        Presumptions that the currents do not bear out.
    """

    electrons_s_m: Estimate
    holes_s_m: Estimate
    electronic_s_m: Estimate
    correlation: float
    p_value: float
    leak_s_m: Estimate | None
    flags: tuple[str, ...]

    @property
    def bounds_s_m(self) -> dict[str, float]:
        """Upper limit (95 %, one-sided) of each branch that may be zero; keys electrons, holes."""
        both = {"electrons": self.electrons_s_m, "holes": self.holes_s_m}
        return {name: _upper(one) for name, one in both.items() if one.interval()[0] <= 0}

    def conductivity_at(self, potential_v: float, temperature_k: float) -> float:
        """Electronic conductivity in S/m where the potential against the reversible electrode is this.

        sigma_n exp(-F V / RT) + sigma_p exp(F V / RT); only within the potentials that were measured.
        """
        exponent = potential_v / (GAS_CONSTANT_OVER_FARADAY_V_K * temperature_k)
        return self.electrons_s_m.value * math.exp(-exponent) + self.holes_s_m.value * math.exp(exponent)


def hebb_wagner_current_a(
    potential_v: ArrayLike,
    electrons_s_m: float,
    holes_s_m: float,
    temperature_k: float,
    area_over_length_m: float,
) -> Array:
    """Wagner's steady current in A at each potential (n,), blocking against reversible electrode."""
    return area_over_length_m * (
        _branches(np.asarray(potential_v, dtype=float), temperature_k) @ np.array([electrons_s_m, holes_s_m])
    )


def hebb_wagner(
    potential_v: ArrayLike,
    current_a: ArrayLike,
    current_u_a: ArrayLike,
    temperature_k: Estimate | float,
    thickness_m: Estimate | float,
    area_m2: Estimate | float,
    *,
    potential_u_v: float = 0.0,
    decomposition_v: float | None = None,
) -> HebbWagner:
    """Fit Wagner's two branches to steady currents, weighted by their uncertainties.

    Where the currents scatter more than stated, the scatter decides (Birge ratio). Thickness, area and
    temperature are common to all currents and enter the budget as such.

    Parameters
    ----------
    potential_v, current_a, current_u_a : (n,)
        Potential of the blocking against the reversible electrode, the steady current that enters the sample
        at the blocking electrode, and its standard uncertainty, not zero. At least three different
        potentials.
    temperature_k, thickness_m, area_m2 : Estimate or float
    potential_u_v : float
        Standard uncertainty of each potential.
    decomposition_v : float, optional
        Decomposition voltage of the sample: potentials of this height or more are flagged.

    Raises
    ------
    ValueError
        Naming the argument: shapes that differ, not finite, an uncertainty of zero, too few potentials, a
        size or temperature that is not positive, a potential beyond 60 RT/F.
    """
    potential, current, current_u = _checked(potential_v, current_a, current_u_a)
    sizes = {
        "temperature_k": as_estimate("temperature_k", temperature_k),
        "thickness_m": as_estimate("thickness_m", thickness_m),
        "area_m2": as_estimate("area_m2", area_m2),
    }
    for name, size in sizes.items():
        if not size.value > 0:
            raise ValueError(f"{name} must be positive, got {size.value:g}")
    kelvin = sizes["temperature_k"].value
    factor = sizes["area_m2"].value / sizes["thickness_m"].value
    if np.abs(potential).max() > LARGEST_EXPONENT * GAS_CONSTANT_OVER_FARADAY_V_K * kelvin:
        raise ValueError(f"potential_v must stay within {LARGEST_EXPONENT:g} RT/F")
    fitted = _fit(potential, current, current_u, potential_u_v, _Cell(kelvin, factor, ohmic=False))
    warmer = _Cell(kelvin * (1 + 1e-5), factor, ohmic=False)
    per_k = (_fit(potential, current, current_u, potential_u_v, warmer).values - fitted.values) / (
        1e-5 * kelvin
    )
    electrons, holes = (_with_sizes(fitted, row, sizes, per_k) for row in np.eye(2))
    electronic = _with_sizes(fitted, np.ones(2), sizes, per_k)
    leak = _leak(potential, current, current_u, potential_u_v, _Cell(kelvin, factor, ohmic=True))
    covariance = fitted.covariance
    return HebbWagner(
        electrons_s_m=electrons,
        holes_s_m=holes,
        electronic_s_m=electronic,
        correlation=float(covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1])),
        p_value=fitted.p_value,
        leak_s_m=leak,
        flags=tuple(_flags(fitted, leak, electronic, potential, decomposition_v)),
    )


@dataclass(frozen=True)
class _Cell:
    """What turns conductivities into currents; `ohmic` adds a path proportional to V."""

    temperature_k: float
    area_over_length_m: float
    ohmic: bool

    def design(self, potential: Array) -> Array:
        columns = _branches(potential, self.temperature_k)
        if self.ohmic:
            columns = np.column_stack([columns, potential])
        return self.area_over_length_m * columns

    def slope(self, potential: Array, values: Array) -> Array:
        """Return dI/dV at each potential."""
        exponent = potential / (GAS_CONSTANT_OVER_FARADAY_V_K * self.temperature_k)
        columns = [np.exp(-exponent), np.exp(exponent), *([np.ones_like(potential)] if self.ohmic else [])]
        return self.area_over_length_m * (np.column_stack(columns) @ values)


@dataclass(frozen=True)
class _Fitted:
    values: Array
    covariance: Array
    degrees_of_freedom: float
    p_value: float

    def estimate(self, row: Array) -> Estimate:
        """Return the estimate of row . values."""
        u = math.sqrt(float(row @ self.covariance @ row))
        part = Component("steady current", u, degrees_of_freedom=self.degrees_of_freedom)
        value = float(row @ self.values)
        return Estimate(value, u, self.degrees_of_freedom, components=(part,) if u else ())


def _branches(potential: Array, temperature_k: float) -> Array:
    """Return (n, 2): current of each branch for 1 S/m and A / L = 1 m."""
    unit_v = GAS_CONSTANT_OVER_FARADAY_V_K * temperature_k
    exponent = potential / unit_v
    return unit_v * np.column_stack([-np.expm1(-exponent), np.expm1(exponent)])


def _checked(
    potential_v: ArrayLike, current_a: ArrayLike, current_u_a: ArrayLike
) -> tuple[Array, Array, Array]:
    potential, current, current_u = (
        np.asarray(values, dtype=float) for values in (potential_v, current_a, current_u_a)
    )
    for name, values in (("current_a", current), ("current_u_a", current_u)):
        if potential.ndim != 1 or values.shape != potential.shape:
            raise ValueError(f"{name} has shape {values.shape}, potential_v has shape {potential.shape}")
    both = (("potential_v", potential), ("current_a", current), ("current_u_a", current_u))
    for name, values in both:
        if not np.isfinite(values).all():
            raise ValueError(f"{name} must be finite")
    if not (current_u > 0).all():
        raise ValueError("current_u_a must be positive")
    if np.unique(potential[potential != 0]).size < FEWEST_STEPS:
        raise ValueError(f"potential_v needs {FEWEST_STEPS} different potentials beside 0 V")
    return potential, current, current_u


def _fit(potential: Array, current: Array, current_u: Array, potential_u_v: float, cell: _Cell) -> _Fitted:
    design, sigma = cell.design(potential), current_u
    values = _weighted(design, current, sigma)[0]
    if potential_u_v:
        for _ in range(MOST_ROUNDS):
            before = values
            sigma = np.hypot(current_u, potential_u_v * cell.slope(potential, values))
            values = _weighted(design, current, sigma)[0]
            if np.allclose(values, before, rtol=1e-10, atol=0.0):
                break
    values, covariance = _weighted(design, current, sigma)
    spare = current.size - values.size
    chi_square = float(np.sum(((current - design @ values) / sigma) ** 2))
    scattered = spare > 0 and chi_square > spare
    return _Fitted(
        values,
        covariance * (chi_square / spare if scattered else 1.0),
        float(spare) if scattered else math.inf,
        chi_square_tail(chi_square, spare) if spare > 0 else math.nan,
    )


def _weighted(design: Array, current: Array, sigma: Array) -> tuple[Array, Array]:
    """Return the values and their covariance, by QR of the weighted design with columns of one length."""
    weighted = design / sigma[:, None]
    length = np.linalg.norm(weighted, axis=0)
    q, r = np.linalg.qr(weighted / length)
    values = np.linalg.solve(r, q.T @ (current / sigma)) / length
    inverse = np.linalg.inv(r)
    return values, (inverse @ inverse.T) / np.outer(length, length)


def _with_sizes(fitted: _Fitted, row: Array, sizes: dict[str, Estimate], per_k: Array) -> Estimate:
    """Return row . values with the parts of thickness, area and temperature."""
    own = fitted.estimate(row)
    slopes = {
        "thickness_m": own.value / sizes["thickness_m"].value,
        "area_m2": -own.value / sizes["area_m2"].value,
        "temperature_k": float(row @ per_k),
    }
    sources = {"thickness_m": "thickness", "area_m2": "area", "temperature_k": "thermometer"}
    named = [(slopes[name], _as_source(size, sources[name])) for name, size in sizes.items()]
    return propagated(own.value, [(1.0, own), *named])


def _as_source(size: Estimate, source: str) -> Estimate:
    """The estimate; without parts its whole uncertainty is common to all currents and has this source."""
    if size.components or not size.standard_uncertainty:
        return size
    part = Component(
        source, size.standard_uncertainty, "B", True, f"{source} of the cell", size.degrees_of_freedom
    )
    return Estimate(size.value, size.standard_uncertainty, size.degrees_of_freedom, components=(part,))


def _leak(
    potential: Array, current: Array, current_u: Array, potential_u_v: float, cell: _Cell
) -> Estimate | None:
    if np.unique(potential[potential != 0]).size <= FEWEST_STEPS:
        return None
    return _fit(potential, current, current_u, potential_u_v, cell).estimate(np.array([0.0, 0.0, 1.0]))


def _flags(
    fitted: _Fitted,
    leak: Estimate | None,
    electronic: Estimate,
    potential: Array,
    decomposition_v: float | None,
) -> list[str]:
    flags = []
    if leak is not None and _is_real(leak):
        flags.append(
            f"a current proportional to the potential ({leak.value:.2g} S/m) runs beside Wagner's branches: "
            "ions pass the blocking electrode, a path leads along the surface, or electrons are many"
        )
    if fitted.p_value < SIGNIFICANCE:
        flags.append(
            f"the currents scatter more about Wagner's curve than stated (p = {fitted.p_value:.1g}): a "
            "presumption does not hold, or currents were not steady"
        )
    for name, one in zip(("electrons", "holes"), np.eye(2), strict=True):
        branch = fitted.estimate(one)
        if branch.interval()[1] < 0:
            flags.append(f"the conductivity of {name} comes out negative: the curve is not Wagner's")
    if decomposition_v is not None and np.abs(potential).max() >= decomposition_v:
        flags.append(f"a potential reaches the decomposition voltage of {decomposition_v:.3g} V")
    if potential.min() >= 0 or potential.max() <= 0:
        flags.append("potentials of one sign only: the other branch rests on the shape of the curve")
    if electronic.interval()[0] <= 0:
        flags.append(f"no electronic current beyond its uncertainty: below {_upper(electronic):.2g} S/m")
    return flags


def _is_real(leak: Estimate) -> bool:
    t = abs(leak.value) / leak.standard_uncertainty if leak.standard_uncertainty else math.inf
    return 2 * student_tail(t, leak.degrees_of_freedom) < SIGNIFICANCE


def _upper(one: Estimate) -> float:
    factor = student_quantile(0.95, one.degrees_of_freedom)
    return max(one.value, 0.0) + factor * one.standard_uncertainty
