"""Frames and figures of results of `labctl.analysis`.

A frame has a row for each number with its uncertainty. A figure shows the numbers that the result holds:
a circuit keeps no measured points, so that a Nyquist figure shows them only if the spectrum is given.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from labctl.analysis import Spectrum
from labctl.analysis.circuits.circuit_fit import CircuitFit
from labctl.analysis.circuits.global_fit import GlobalFit
from labctl.analysis.laws.choice import TemperatureLaw
from labctl.analysis.laws.hysteresis import Hysteresis
from labctl.analysis.laws.law_fit import LawFit
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.resistance.conclusion import Resistance
from labctl.analysis.transport.polarisation import PolarisationFit
from labctl.analysis.transport.relaxation import relaxation_current_a
from labctl.analysis.transport.transference import Transference
from labctl.errors import InvalidRequest
from labctl.store.pandas_needed import pandas

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

WIDTH_MM, HEIGHT_RATIO = 120.0, 0.8
CURVE_POINTS = 100
TWO_SIDED_95 = 1.959964
S_CM = 0.01  # S/cm of one S/m
MATPLOTLIB = "figures need matplotlib: python -m pip install matplotlib; result.to_frame() gives the numbers"
Row = dict[str, Any]


def frame_of(result: Any) -> "pd.DataFrame":
    """Return `quantity`, `value`, `standard_uncertainty`, `low_95`, `high_95`, a row for each number.

    SI units, with the unit in the name of the quantity where it has one. NaN where there is no uncertainty.
    Of a choice of laws, every law with its weight.
    """
    columns = ["quantity", "value", "standard_uncertainty", "low_95", "high_95"]
    if isinstance(result, TemperatureLaw):
        rows = [
            {"law": name, "weight": result.weights[name], **row}
            for name, fit in result.candidates.items()
            for row in _rows(fit)
        ]
        return pandas().DataFrame(rows, columns=["law", "weight", *columns])
    return pandas().DataFrame([*_rows(result)], columns=columns)


def _rows(result: Any) -> Iterator[Row]:
    for one in fields(result) if is_dataclass(result) else ():
        yield from _numbers(one.name, getattr(result, one.name))


def _numbers(name: str, value: Any) -> Iterator[Row]:
    """Yield the numbers of a field; arrays, texts and other results have none here."""
    if isinstance(value, Estimate):
        low, high = value.interval()
        about = {"quantity": name, "value": value.value, "standard_uncertainty": value.standard_uncertainty}
        yield about | {"low_95": low, "high_95": high}
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _numbers(str(key), part)
    elif isinstance(value, tuple) and value and all(isinstance(part, Mapping) for part in value):
        for place, part in enumerate(value):
            yield from _numbers_of(f"{name}[{place}].", part)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        about = dict.fromkeys(("standard_uncertainty", "low_95", "high_95"), math.nan)
        yield {"quantity": name, "value": float(value)} | about


def _numbers_of(before: str, part: Mapping[str, Any]) -> Iterator[Row]:
    for key, one in part.items():
        yield from _numbers(f"{before}{key}", one)


def draw(result: Any, *, spectrum: Spectrum | None = None, axes: "Axes | None" = None) -> "Axes":
    """Draw a result and return the axes.

    Laws: conductivity over 1000 K / T with the 95 % band. Circuits and resistances: Nyquist. Polarisations:
    the current over time. Transference numbers: with their 95 % intervals.

    Parameters
    ----------
    spectrum : Spectrum, optional
        The points that a circuit was fitted to.
    axes : matplotlib axes, optional
        To draw into; without it a figure is made.

    Raises
    ------
    InvalidRequest
        matplotlib is not installed, or the result has nothing to draw.
    """
    kind = next((kind for kind in _DRAWN if isinstance(result, kind)), None)
    if kind is None:
        raise InvalidRequest(f"{type(result).__name__} has no figure; to_frame() gives its numbers")
    if spectrum is not None and kind not in OF_SPECTRA:
        raise InvalidRequest(f"spectrum= belongs to a circuit or a resistance, not to {kind.__name__}")
    if axes is None:
        axes = _new_axes()
    _DRAWN[kind](axes, result, spectrum)
    return axes


def _new_axes() -> "Axes":
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise InvalidRequest(MATPLOTLIB) from error
    from labctl.report.figures.style import size_inches, styled

    with styled():
        return plt.figure(figsize=size_inches(WIDTH_MM, HEIGHT_RATIO), layout="constrained").add_subplot()


def _draw_law(axes: "Axes", law: LawFit, _: Spectrum | None) -> None:
    _draw_points(axes, law, law.conductivity_s_m, law.headline)


def _draw_choice(axes: "Axes", choice: TemperatureLaw, _: Spectrum | None) -> None:
    """Draw the chosen law; its band has the spread over the laws that remain possible."""
    _draw_points(axes, choice.preferred, choice.conductivity_s_m, choice.preferred.headline)


def _draw_points(axes: "Axes", law: LawFit, at: Callable[[float], Estimate], label: str) -> None:
    from labctl.report.figures.axes import logarithmic

    series = law.series
    kelvin = np.linspace(series.temperature_k.min(), series.temperature_k.max(), CURVE_POINTS)
    found = [at(float(one)) for one in kelvin]
    value = np.array([one.value for one in found])
    slope_per_k = np.interp(series.temperature_k, kelvin, np.gradient(np.log(value), kelvin))
    sigma, half = S_CM * series.conductivity_s_m, TWO_SIDED_95 * series.uncertainty(slope_per_k)
    errors = np.array([-np.expm1(-half), np.expm1(half)]) * sigma if series.stated else None
    logarithmic(axes, y=True)
    points = axes.errorbar(1000 / series.temperature_k, sigma, yerr=errors, fmt="o")
    colour = points.lines[0].get_color()
    axes.plot(1000 / kelvin, S_CM * value, "-", color=colour, label=label)
    if all(math.isfinite(one.standard_uncertainty) for one in found):
        low, high = S_CM * np.array([one.interval() for one in found]).T
        axes.fill_between(1000 / kelvin, low, high, color=colour, alpha=0.2, lw=0)
    axes.set(xlabel="1000 K / T", ylabel="conductivity / S cm⁻¹")
    axes.legend()


def _draw_branches(axes: "Axes", found: Hysteresis, _: Spectrum | None) -> None:
    branches = {"heating": found.heating, "cooling": found.cooling}
    for name, choice in branches.items():
        if choice is not None:
            label = f"{name}: {choice.preferred.headline}"
            _draw_points(axes, choice.preferred, choice.conductivity_s_m, label)


def _draw_circuit(axes: "Axes", fit: CircuitFit, spectrum: Spectrum | None, label: str = "") -> None:
    if spectrum is not None:
        axes.plot(spectrum.z_ohm.real, -spectrum.z_ohm.imag, "o", mfc="none", label="measured")
    axes.plot(fit.z_ohm.real, -fit.z_ohm.imag, "-", label=label or fit.circuit)
    axes.set(xlabel="Z' / Ω", ylabel="-Z'' / Ω")
    axes.set_aspect("equal", adjustable="datalim")
    axes.legend()


def _draw_circuits(axes: "Axes", found: GlobalFit, spectrum: Spectrum | None) -> None:
    for place, fit in enumerate(found.separate):
        _draw_circuit(axes, fit, spectrum if place == 0 else None, f"{fit.circuit}, own fit {place}")


def _draw_resistance(axes: "Axes", found: Resistance, spectrum: Spectrum | None) -> None:
    if found.fit is None:
        why = "; ".join(found.flags) or "no circuit describes the spectrum"
        raise InvalidRequest(f"the resistance has no circuit to draw: {why}")
    _draw_circuit(axes, found.fit, spectrum)


def _draw_polarisation(axes: "Axes", fit: PolarisationFit, _: Spectrum | None) -> None:
    ends = fit.transient_initial_current_a.value, fit.extrapolated_current_a.value
    current = relaxation_current_a(fit.time_s, *ends, fit.time_constant_s.value)
    axes.plot(fit.time_s, 1e6 * (current + fit.residuals_a), ".", ms=2, label="measured")
    axes.plot(fit.time_s, 1e6 * current, "-", label="relaxation")
    axes.axhline(1e6 * fit.steady_current_a.value, color="0.5", ls="--", label="steady")
    axes.set(xlabel="time / s", ylabel="current / µA")
    axes.legend()


def _draw_numbers(axes: "Axes", found: Transference, _: Spectrum | None) -> None:
    variants = {found.label: found.value, "Watanabe": found.watanabe, "Iss / I0": found.naive}
    known = {name: one for name, one in variants.items() if one is not None and math.isfinite(one.value)}
    for place, one in enumerate(known.values()):
        low, high = one.interval() if math.isfinite(one.standard_uncertainty) else (one.value, one.value)
        axes.errorbar([place], [one.value], yerr=[[one.value - low], [high - one.value]], fmt="o")
    axes.set_xticks(range(len(known)), [*known])
    axes.set(ylabel="transference number", xlim=(-0.5, len(known) - 0.5))


_DRAWN: dict[type, Callable[..., None]] = {
    TemperatureLaw: _draw_choice,
    LawFit: _draw_law,
    Hysteresis: _draw_branches,
    CircuitFit: _draw_circuit,
    GlobalFit: _draw_circuits,
    Resistance: _draw_resistance,
    PolarisationFit: _draw_polarisation,
    Transference: _draw_numbers,
}
OF_SPECTRA = (CircuitFit, Resistance)
