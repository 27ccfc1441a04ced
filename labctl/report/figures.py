"""Figures of a run, drawn from its rows."""

import math
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from labctl.report.refitting import fitted_again
from labctl.store.queries import conductivities, law_fits
from labctl.units import ZERO_CELSIUS_K

BOLTZMANN_EV_K = 8.617333262e-5


def night_figure(db: Any, run_id: int) -> Figure:
    """Return Nyquist and Bode of every spectrum, conductivity with its law, and what is left."""
    points = sorted(conductivities.of_parts(db, db.part_ids(run_id)), key=_cold_to_hot)
    fits = [fit for fit in law_fits.of_run(db, run_id) if fit["branch"] == "all"]
    sample = db.sample(db.run(run_id)["sample_id"])
    figure = Figure(figsize=(13, 5), layout="constrained")
    panels = figure.subplot_mosaic(
        [["nyquist", "bode", "law"], ["nyquist", "bode", "deviation"]], height_ratios=(3, 1)
    )
    nyquist, bode = panels["nyquist"], panels["bode"]
    colours = colormaps["plasma"](np.linspace(0.05, 0.85, max(len(points), 1)))
    for point, colour in zip(points, colours, strict=False):
        _draw_spectrum(nyquist, bode, db.spectrum(point["spectrum_id"]), point, colour)
    _finish_nyquist(nyquist)
    _finish_bode(bode)
    _draw_conductivities(panels["law"], panels["deviation"], points, colours, fits)
    figure.suptitle(f"{sample['name']}  (run {run_id})", fontsize=11)
    return figure


def _cold_to_hot(point: dict[str, Any]) -> float:
    """Return the temperature to sort by; a point without one comes first."""
    return -1.0 if point["temperature_k"] is None else point["temperature_k"]


def _draw_spectrum(nyquist: Any, bode: Any, spectrum: Any, point: dict[str, Any], colour: Any) -> None:
    label = f"{point['temperature_k'] - ZERO_CELSIUS_K:.0f} °C"
    scaled = spectrum.z_ohm / point["total_resistance_ohm"]
    nyquist.plot(scaled.real, -scaled.imag, ".-", ms=4, lw=0.6, color=colour, label=label)
    bode.loglog(spectrum.frequency_hz, np.abs(spectrum.z_ohm), ".-", ms=3, lw=0.6, color=colour, label=label)


def _finish_nyquist(axes: Any) -> None:
    axes.set(xlim=(-0.05, 2.05), ylim=(-0.05, 2.05), aspect="equal")
    axes.set(xlabel="Z' / R", ylabel="-Z'' / R", title="Nyquist, each in units of its total resistance R")
    axes.axvline(1, color="0.7", lw=0.8, zorder=0)
    if axes.lines[:-1]:
        axes.legend(fontsize=7, frameon=False, loc="lower right", ncols=1 + len(axes.lines) // 14)
    axes.title.set_fontsize(9)


def _finish_bode(axes: Any) -> None:
    axes.set(xlabel="frequency / Hz", ylabel="|Z| / ohm", title="Impedance")
    axes.title.set_fontsize(9)


def _draw_conductivities(
    axes: Any, below: Any, points: list[dict[str, Any]], colours: Any, fits: list[dict[str, Any]]
) -> None:
    """Draw conductivity against 1000/T with the preferred law, and under it what the law leaves."""
    for point, colour in zip(points, colours, strict=False):
        _draw_conductivity(axes, point, colour)
    preferred = next((fit for fit in fits if fit["preferred"]), None)
    numbers = [(p, c) for p, c in zip(points, colours, strict=False) if not p["bound"]]
    if preferred and len(numbers) > 1:
        fit = fitted_again(points, preferred)
        _draw_law(axes, fit, preferred)
        _draw_deviations(below, fit, numbers)
    axes.set_yscale("log")
    axes.set(ylabel="conductivity / S/cm")
    below.set(xlabel="1000 K / T", ylabel="off the law / %", xlim=axes.get_xlim())
    below.yaxis.label.set_fontsize(8)
    axes.tick_params(labelbottom=False)
    top = axes.secondary_xaxis("top", functions=(_celsius_from_inverse, _inverse_from_celsius))
    top.set_xlabel("T / °C", fontsize=8)
    top.tick_params(labelsize=7)


def _draw_conductivity(axes: Any, point: dict[str, Any], colour: Any) -> None:
    inverse, sigma = 1000 / point["temperature_k"], point["conductivity_s_m"] / 100
    if point["bound"]:
        axes.plot(inverse, sigma, marker="v" if point["bound"] == "upper" else "^", color=colour, ms=7)
        return
    bar = 1.96 * (point["standard_uncertainty_s_m"] or 0.0) / 100
    marker = "s" if point["branch"] == "cooling" else "o"
    axes.errorbar(inverse, sigma, yerr=bar, fmt=marker, color=colour, ms=5, capsize=2)


def _draw_law(axes: Any, fit: Any, preferred: dict[str, Any]) -> None:
    grid_k = _grid_k(fit)
    ln_sigma, ln_u = fit.ln_conductivity(grid_k)
    mid = np.exp(ln_sigma) / 100
    axes.plot(1000 / grid_k, mid, "-", color="0.3", lw=1, zorder=0, label=_law_in_words(preferred))
    spread = np.exp(1.96 * ln_u)
    if np.isfinite(spread).all():
        axes.fill_between(1000 / grid_k, mid / spread, mid * spread, color="0.8", zorder=-1)
    axes.legend(fontsize=8, frameon=False, loc="lower left")


def _draw_deviations(axes: Any, fit: Any, numbers: list[tuple[dict[str, Any], Any]]) -> None:
    """Draw each point's deviation from the law with its 95 % bar (geometry left out), and the law's band."""
    grid_k = _grid_k(fit)
    _, ln_u = fit.ln_conductivity(grid_k)
    if np.isfinite(ln_u).all():
        band = 100 * np.expm1(1.96 * ln_u)
        axes.fill_between(1000 / grid_k, -band, band, color="0.85", zorder=-1)
    axes.axhline(0, color="0.3", lw=0.8)
    for point, colour in numbers:
        ln_sigma, _ = fit.ln_conductivity([point["temperature_k"]])
        off = 100 * np.expm1(np.log(point["conductivity_s_m"]) - ln_sigma[0])
        bar = 196 * (point["relative_uncertainty_resistance"] or 0.0)
        marker = "s" if point["branch"] == "cooling" else "o"
        axes.errorbar(1000 / point["temperature_k"], off, yerr=bar, fmt=marker, color=colour, ms=4, capsize=2)


def _grid_k(fit: Any) -> Any:
    low_k, high_k = fit.temperature_range_k
    return np.linspace(low_k, high_k, 200)


def _law_in_words(fit: dict[str, Any]) -> str:
    ea, u = fit["activation_energy_ev"], fit["standard_uncertainty_ev"]
    symbol = {"arrhenius": "Ea", "vtf": "B"}.get(fit["law"], "")
    energy = ""
    if symbol and ea is not None and u:
        decimals = max(0, 1 - math.floor(math.log10(u)))
        energy = f"{symbol} = {ea:.{decimals}f} ± {u:.{decimals}f} eV"
    form = {"ln_sigma_t": "σT = A exp(-Ea/kT)", "ln_sigma": "σ = A exp(-Ea/kT)"}.get(fit["form"], "VTF")
    two = "two lines, each " if fit["law"] == "two_segments" else ""
    return f"{two}{form}\n{energy}".rstrip()


def _celsius_from_inverse(inverse: Any) -> Any:
    return 1000 / np.maximum(inverse, 1e-9) - ZERO_CELSIUS_K


def _inverse_from_celsius(celsius: Any) -> Any:
    return 1000 / np.maximum(np.asarray(celsius) + ZERO_CELSIUS_K, 1e-9)
