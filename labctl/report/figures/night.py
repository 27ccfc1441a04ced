"""The night at a glance: Nyquist, Bode, conductivities with their law, and the deviations from it."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from labctl.derive.excluded_points import inside
from labctl.derive.in_force import in_force
from labctl.plain_text import on_one_line
from labctl.readmodel.law_conditions import preferred_of_each
from labctl.readmodel.law_curve import LawCurve, law_curve, on_a_plot, points_of
from labctl.readmodel.snapshot import Row
from labctl.readmodel.spectrum_text import interval_half
from labctl.report.figures.axes import celsius_from_inverse, inverse_from_celsius
from labctl.store.amendments import why_excluded
from labctl.store.queries import conductivities, law_fits
from labctl.units import ZERO_CELSIUS_K

NO_POINTS = "the points of this law were not kept: `labctl fit` derives it anew"


def night_figure(db: Any, run_id: int) -> Figure:
    """Return Nyquist and Bode of every spectrum, conductivity with its law, and the deviations from it."""
    points = sorted(conductivities.of_parts(db, db.part_ids(run_id)), key=_cold_to_hot)
    fits = [fit for fit in law_fits.of_run(db, run_id) if fit["branch"] == "all"]
    now = {part: in_force(db, part) for part in db.part_ids(run_id)}
    figure = Figure(figsize=(13, 5), layout="constrained")
    panels = figure.subplot_mosaic(
        [["nyquist", "bode", "law"], ["nyquist", "bode", "deviation"]], height_ratios=(3, 1)
    )
    nyquist, bode = panels["nyquist"], panels["bode"]
    colours = _colours(points)
    for point, colour in zip(points, colours, strict=False):
        excluded_hz = now[point["run_id"]].excluded_hz(point["spectrum"], point["temperature_k"])
        spectrum = db.spectrum(point["spectrum_id"])
        out = np.full(len(spectrum), bool(why_excluded(point["flags"]))) | inside(spectrum, excluded_hz)
        _draw_spectrum(nyquist, bode, spectrum, out, point, colour)
    _finish_nyquist(nyquist)
    _finish_bode(bode)
    _draw_conductivities(panels["law"], panels["deviation"], points, colours, fits)
    title = on_one_line(f"{now[run_id].sample['name']}  (run {run_id})")
    figure.suptitle(title, fontsize=11, parse_math=False)
    return figure


def _colours(points: Sequence[Row]) -> list[Any]:
    """One colour for each point, cold to hot in the order given; grey for an unknown temperature."""
    known = len(on_a_plot(points))
    scale = iter(colormaps["plasma"](np.linspace(0.05, 0.85, max(known, 1))))
    return ["0.6" if point["temperature_k"] is None else next(scale) for point in points]


def _cold_to_hot(point: Row) -> float:
    """Return the temperature to sort by; a point without one comes first."""
    return -1.0 if point["temperature_k"] is None else point["temperature_k"]


def _draw_spectrum(
    nyquist: Any, bode: Any, spectrum: Any, out: Any, point: dict[str, Any], colour: Any
) -> None:
    """Draw a spectrum, its excluded points `out` hollow."""
    kelvin = point["temperature_k"]
    label = "T not known" if kelvin is None else f"{kelvin - ZERO_CELSIUS_K:.0f} °C"
    scaled, frequency_hz = spectrum.z_ohm / point["total_resistance_ohm"], spectrum.frequency_hz
    kept = {"color": colour, "label": label, "lw": 0.6}
    nyquist.plot(scaled.real[~out], -scaled.imag[~out], ".-", ms=4, **kept)
    bode.loglog(frequency_hz[~out], np.abs(spectrum.z_ohm)[~out], ".-", ms=3, **kept)
    hollow = {"color": colour, "mfc": "none", "ms": 4, "mew": 0.6}
    nyquist.plot(scaled.real[out], -scaled.imag[out], "o", **hollow)
    bode.loglog(frequency_hz[out], np.abs(spectrum.z_ohm)[out], "o", **hollow)


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
    """Draw conductivity against 1000/T with the stored law, and below it the deviations of its points."""
    colour_of = {point["spectrum_id"]: colour for point, colour in zip(points, colours, strict=False)}
    for point in on_a_plot(points):
        _draw_conductivity(axes, point, colour_of[point["spectrum_id"]])
    curves = [law_curve(preferred, points) for preferred in preferred_of_each(fits)]
    for curve in [one for one in curves if one is not None]:
        _draw_law(axes, curve)
        stands_on = points_of(curve.row, points)
        _draw_deviations(below, curve, [(point, colour_of[point["spectrum_id"]]) for point in stands_on])
    axes.set_yscale("log")
    axes.set(ylabel="conductivity / S/cm")
    below.set(xlabel="1000 K / T", ylabel="deviation from law / %", xlim=axes.get_xlim())
    below.yaxis.label.set_fontsize(8)
    axes.tick_params(labelbottom=False)
    top = axes.secondary_xaxis("top", functions=(celsius_from_inverse, inverse_from_celsius))
    top.set_xlabel("T / °C", fontsize=8)
    top.tick_params(labelsize=7)


def _draw_conductivity(axes: Any, point: Row, colour: Any) -> None:
    inverse, sigma = 1000 / point["temperature_k"], point["conductivity_s_m"] / 100
    if point["bound"]:
        axes.plot(inverse, sigma, marker="v" if point["bound"] == "upper" else "^", color=colour, ms=7)
        return
    bar = None if point["standard_uncertainty_s_m"] is None else interval_half(point, "s_m") / 100
    marker = "s" if point["branch"] == "cooling" else "o"
    inside = "none" if why_excluded(point["flags"]) else colour
    axes.errorbar(inverse, sigma, yerr=bar, fmt=marker, color=colour, mfc=inside, ms=5, capsize=2)


def _draw_law(axes: Any, curve: LawCurve) -> None:
    inverse, mid = 1000 / curve.temperature_k, np.exp(curve.ln_sigma) / 100
    words = _law_in_words(curve.row) + (f"\n{curve.remark}" if curve.remark else "")
    axes.plot(inverse, mid, "-", color="0.3", lw=1, zorder=0, label=words)
    if curve.has_band:
        spread = np.exp(curve.ln_half_width)
        axes.fill_between(inverse, mid / spread, mid * spread, color="0.8", zorder=-1)
    axes.legend(fontsize=8, frameon=False, loc="lower left")


def _draw_deviations(axes: Any, curve: LawCurve, points: list[tuple[Row, Any]]) -> None:
    """Draw the deviation of each point from the law, with 95 % bars (without geometry), and the band."""
    if curve.has_band:
        band = 100 * np.expm1(curve.ln_half_width)
        axes.fill_between(1000 / curve.temperature_k, -band, band, color="0.85", zorder=-1)
    axes.axhline(0, color="0.3", lw=0.8)
    if not points:
        axes.text(0.5, 0.6, NO_POINTS, transform=axes.transAxes, ha="center", fontsize=7)
    for point, colour in points:
        off = 100 * np.expm1(curve.ln_deviation(point))
        relative = point["relative_uncertainty_resistance"]
        bar = None if relative is None else 196 * relative
        marker = "s" if point["branch"] == "cooling" else "o"
        axes.errorbar(1000 / point["temperature_k"], off, yerr=bar, fmt=marker, color=colour, ms=4, capsize=2)


def _law_in_words(fit: Row) -> str:
    ea, u = fit["activation_energy_ev"], fit["standard_uncertainty_ev"]
    symbol = {"arrhenius": "Ea", "vtf": "B"}.get(fit["law"], "")
    energy = ""
    if symbol and ea is not None and u:
        decimals = max(0, 1 - math.floor(math.log10(u)))
        energy = f"{symbol} = {ea:.{decimals}f} ± {u:.{decimals}f} eV"
    form = {"ln_sigma_t": "σT = A exp(-Ea/kT)", "ln_sigma": "σ = A exp(-Ea/kT)"}.get(fit["form"], "VTF")
    two = "two lines, each " if fit["law"] == "two_segments" else ""
    return f"{two}{form}\n{energy}".rstrip()
