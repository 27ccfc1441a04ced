"""`labctl compare`: runs beside the first one, cells of several thicknesses, pressures, the literature."""

import json
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.across import S_CM, not_stated_of, runs_of, unknowns_by_run
from labctl.cli.options import DEFAULT_DATABASE, DatabaseOption, JsonOption
from labctl.errors import InvalidRequest
from labctl.units import ZERO_CELSIUS_K

if TYPE_CHECKING:
    from labctl.analysis.resistance.cell_series import CellSeries
    from labctl.readmodel.across_runs import OverviewRun
    from labctl.readmodel.against_pressure import PressureSeries
    from labctl.readmodel.comparing import BesideLiterature, RunComparison

AtOption = Annotated[
    list[float] | None, typer.Option("--at-degc", help="Temperature in degC; repeatable.", show_default=False)
]


def compare(
    runs: Annotated[list[str], typer.Argument(help="Numbers, starts of uuids, or `last`.")],
    at_degc: AtOption = None,
    against: Annotated[
        str,
        typer.Option(
            metavar="thickness|area|pressure",
            help="Cells of one material: separate the contacts; pressure: the slope of ln sigma.",
        ),
    ] = "",
    values_mpa: Annotated[
        str, typer.Option("--values-mpa", metavar="A,B,...", help="Pressure of each run, in its order.")
    ] = "",
    literature: Annotated[
        bool, typer.Option("--literature", help="Also beside published conductivities of the cation.")
    ] = False,
    db: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Compare runs with the first one: ratio of conductivities with its interval, and energies.

    A geometry that both share does not count. `--against thickness` fits resistance times area against
    thickness: conductivity from the slope, contacts from the intercept. `--against pressure --values-mpa
    10,20,50` fits ln sigma against these pressures, one for each run.
    """
    from labctl.readmodel.comparing import beside_literature, compare_runs
    from labctl.readmodel.comparison_text import comparison_lines

    if against not in ("", "thickness", "area", "pressure"):
        raise InvalidRequest(f"--against: {against!r} is neither thickness, area nor pressure")
    pressures = _pressures_mpa(against, values_mpa)
    at_k = [degc + ZERO_CELSIUS_K for degc in at_degc or ()]
    if any(not 0 < kelvin < math.inf for kelvin in at_k):
        raise InvalidRequest("--at-degc: give a temperature in degC, above -273.15")
    chosen = _chosen(db, runs, at_k)
    if against:
        _show_against(db, chosen, against, pressures, _one_temperature(at_k), as_json)
        return
    comparisons = compare_runs(chosen, at_k)
    beside = beside_literature(chosen) if literature else []
    if as_json:
        described = [_comparison_as_object(each) for each in comparisons]
        layer = [_published_as_object(each, chosen) for each in beside]
        unknowns = unknowns_by_run(db, [run.id for run in chosen])
        content = {"comparisons": described, "literature": layer, "unknowns": unknowns}
        terminal.echo(json.dumps(content, default=str))
        return
    for line in (line for comparison in comparisons for line in comparison_lines(comparison)):
        terminal.echo(line)
    if literature:
        _print_literature(beside, chosen)
    for line in not_stated_of(db, [run.id for run in chosen]):
        terminal.echo(line)


def _pressures_mpa(against: str, text: str) -> list[float]:
    """Return the pressures typed; empty where the comparison is not against pressure."""
    if (against == "pressure") != bool(text):
        raise InvalidRequest(
            "--against pressure and --values-mpa belong together, e.g. --against pressure --values-mpa 1,2"
        )
    try:
        return [float(part) for part in text.split(",")] if text else []
    except ValueError:
        raise InvalidRequest(
            f"--values-mpa: cannot read {text!r}; give numbers with commas between, e.g. 10,20,50"
        ) from None


def _chosen(db: Path, names: Sequence[str], at_k: Sequence[float]) -> "list[OverviewRun]":
    """The runs named, in the order given; raises where one is not there or is named twice."""
    from labctl.store import Database

    with Database(db) as database:
        ids = [database.run(name)["id"] for name in names]
    twice = next((run_id for run_id in ids if ids.count(run_id) > 1), None)
    if twice is not None:
        raise InvalidRequest(f"compare: run {twice} is named twice")
    by_id = {run.id: run for run in runs_of(db, at_k[0] if at_k else None)}
    return [by_id[run_id] for run_id in ids]


def _one_temperature(at_k: Sequence[float]) -> float:
    from labctl.readmodel.across_runs import ROOM_K

    if len(at_k) > 1:
        raise InvalidRequest("--against: give one --at-degc")
    return at_k[0] if at_k else ROOM_K


def _show_against(
    db: Path,
    runs: "Sequence[OverviewRun]",
    against: str,
    pressures_mpa: Sequence[float],
    at_k: float,
    as_json: bool,
) -> None:
    from labctl.readmodel.against_pressure import compare_pressures
    from labctl.readmodel.comparing import compare_cells

    ids = [run.id for run in runs]
    if pressures_mpa:
        pressed = compare_pressures(runs, pressures_mpa, at_k)
        content = _pressures_as_object(pressed, pressures_mpa, at_k)
        show = partial(_print_pressures, pressed, at_k)
    else:
        series = compare_cells(runs, against, at_k)
        content = _series_as_object(series, against, at_k)
        show = partial(_print_cells, series, against, at_k)
    if as_json:
        terminal.echo(json.dumps(content | {"unknowns": unknowns_by_run(db, ids)}))
        return
    show()
    for line in not_stated_of(db, ids):
        terminal.echo(line)


def _print_cells(series: "CellSeries", against: str, at_k: float) -> None:
    from labctl.readmodel.formatting import with_uncertainty

    terminal.echo(f"against {against} at {at_k - ZERO_CELSIUS_K:.1f} °C")
    if series.conductivity_s_m is not None:
        low, high = (S_CM * end for end in series.conductivity_s_m.interval())
        value, u = series.conductivity_s_m.value * S_CM, series.conductivity_s_m.standard_uncertainty * S_CM
        shown = with_uncertainty(value, u)
        terminal.echo(f"  sigma = {shown} S/cm, 95 % {low:.4g} to {high:.4g}, from the slope")
    for estimate, scale, unit, words in (
        (series.contact_ohm_m2, 1e4, "ohm cm2", "both contacts together, from the intercept"),
        (series.parallel_s, 1.0, "S", "conductance beside the sample, from the intercept"),
    ):
        if estimate is not None:
            low, high = (scale * end for end in estimate.interval())
            shown = with_uncertainty(scale * estimate.value, scale * estimate.standard_uncertainty)
            terminal.echo(f"  {shown} {unit}, 95 % {low:.4g} to {high:.4g}: {words}")
    for flag in series.flags:
        terminal.echo(f"  {flag}")


def _print_pressures(series: "PressureSeries", at_k: float) -> None:
    from labctl.readmodel.comparison_text import judged
    from labctl.readmodel.formatting import with_uncertainty

    slope = series.slope_per_mpa
    low, high = slope.interval()
    terminal.echo(f"against pressure at {at_k - ZERO_CELSIUS_K:.1f} °C")
    shown = with_uncertainty(slope.value, slope.standard_uncertainty)
    verdict = judged(series.is_real, series.p_value)
    terminal.echo(f"  d ln(sigma) / dp = {shown} per MPa, 95 % {low:.4g} to {high:.4g}: {verdict}")
    for flag in series.flags:
        terminal.echo(f"  {flag}")


def _print_literature(beside: "Sequence[BesideLiterature]", runs: "Sequence[OverviewRun]") -> None:
    from rich.table import Table

    from labctl.readmodel.literature import source

    table = Table(title=f"LITERATURE: {source()}", title_justify="left")
    for heading in ("material", "ref.", "T / °C", "sigma / S/cm", *(f"run {run.id} / it" for run in runs)):
        table.add_column(heading, overflow="fold")
    shown = [each for each in beside if any(ratio is not None for ratio in each.ratios)]
    for each in shown:
        published = each.published
        assert published.temperature_k is not None
        assert published.conductivity_s_m is not None
        table.add_row(
            published.material,
            ", ".join(map(str, published.references)),
            f"{published.temperature_k - ZERO_CELSIUS_K:g}",
            f"{published.conductivity_in_words} {published.conductivity_s_m * S_CM:.3g}".strip(),
            *("" if ratio is None else f"{ratio:.3g}" for ratio in each.ratios),
        )
    if shown:
        terminal.console().print(table)
    terminal.echo(
        f"{len(beside) - len(shown)} published value(s) of the ion outside the temperatures measured"
    )


def _comparison_as_object(comparison: "RunComparison") -> dict[str, Any]:
    energy = comparison.energy
    return {
        "first": comparison.first.id,
        "other": comparison.other.id,
        "ratios": [
            {
                "temperature_k": ratio.temperature_k,
                "first_s_m": ratio.first.value,
                "other_s_m": ratio.second.value,
                "ratio": ratio.ratio.value,
                "interval_95": list(ratio.ratio.interval()),
                "p_value": None if math.isnan(ratio.p_value) else ratio.p_value,
                "is_real": ratio.is_real,
            }
            for ratio in comparison.ratios
        ],
        "activation_energy_difference_ev": None
        if energy is None
        else {"value": energy.difference_ev.value, "interval_95": list(energy.difference_ev.interval())},
        "remarks": list(comparison.remarks),
    }


def _series_as_object(series: "CellSeries", against: str, at_k: float) -> dict[str, Any]:
    named = {
        "conductivity_s_m": series.conductivity_s_m,
        "contact_ohm_m2": series.contact_ohm_m2,
        "parallel_s": series.parallel_s,
    }
    return {
        "against": against,
        "temperature_k": at_k,
        **{
            name: None
            if estimate is None
            else {
                "value": estimate.value,
                "standard_uncertainty": estimate.standard_uncertainty,
                "interval_95": list(estimate.interval()),
            }
            for name, estimate in named.items()
        },
        "flags": list(series.flags),
    }


def _pressures_as_object(
    series: "PressureSeries", pressures_mpa: Sequence[float], at_k: float
) -> dict[str, Any]:
    slope = series.slope_per_mpa
    described = {"value": slope.value, "standard_uncertainty": slope.standard_uncertainty}
    content = {"against": "pressure", "temperature_k": at_k, "pressures_mpa": list(pressures_mpa)}
    content |= {"slope_per_mpa": described | {"interval_95": list(slope.interval())}}
    return content | {"is_real": series.is_real, "p_value": series.p_value, "flags": list(series.flags)}


def _published_as_object(each: "BesideLiterature", runs: "Sequence[OverviewRun]") -> dict[str, Any]:
    ratios = {str(run.id): ratio for run, ratio in zip(runs, each.ratios, strict=True)}
    return vars(each.published) | {"is_literature": True, "ratio_of_run": ratios}
