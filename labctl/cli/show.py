"""`labctl show`: the runs of a database; one run's conductivities and fits."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from labctl.cli.options import DEFAULT_DATABASE, DatabaseOption, JsonOption
from labctl.cli.remarks import Remarks
from labctl.cli.transference_numbers import print_transference_numbers, transference_numbers

CONDUCTIVITY_KEYS = (
    "temperature_k",
    "temperature_u_k",
    "total_resistance_ohm",
    "conductivity_s_m",
    "standard_uncertainty_s_m",
    "bound",
    "branch",
    "flags",
)

WITHOUT_NUMBER = """
SELECT s.number AS spectrum, s.setpoint_k, r.flags FROM spectra s
LEFT JOIN resistances r ON r.spectrum_id = s.id AND r.quantity = 'total'
WHERE s.run_id IN (SELECT part_id FROM run_parts WHERE run_id = ?) AND s.status = 'finished'
    AND NOT EXISTS (SELECT 1 FROM conductivities c WHERE c.spectrum_id = s.id)
ORDER BY s.id
"""

LAWS = {
    ("arrhenius", "ln_sigma_t"): "Arrhenius, ln(sigma T)",
    ("arrhenius", "ln_sigma"): "Arrhenius, ln(sigma)",
    ("vtf", "T^-0.5"): "VTF, T^-1/2",
    ("two_segments", "ln_sigma_t"): "two lines, ln(sigma T)",
    ("two_segments", "ln_sigma"): "two lines, ln(sigma)",
}
LAWS_IN_FULL = """\
Arrhenius  sigma T, or sigma, = A exp(-Ea / kB T)
VTF        sigma = A T^-1/2 exp(-B / kB (T - T0))
geometry shifts A and sigma(25 °C) by its own uncertainty, which is not in theirs"""
SYMBOLS = {
    "activation_energy": "Ea",
    "pseudo_activation_energy": "B",
    "vogel_temperature": "T0",
    "pre_exponential": "A",
    "activation_energy_below": "Ea below",
    "activation_energy_above": "Ea above",
    "break_temperature": "break",
    "conductivity_at_25_degc": "sigma(25 °C)",
    "pre_exponential_below": "A below",
    "pre_exponential_above": "A above",
}


def show(
    run: Annotated[
        str, typer.Argument(help="Number, start of the uuid, or `last`; nothing lists the runs.")
    ] = "",
    db: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
) -> None:
    """List the runs, or show the conductivities and fits of one."""
    import labctl

    with labctl.open(db) as database:
        content = describe(database, run) if run else {"runs": list_runs(database)}
    if as_json:
        typer.echo(json.dumps(content, default=str))
    elif run:
        _print_run(content)
    else:
        _print_runs(content["runs"], db)


def list_runs(database: Any) -> list[dict[str, Any]]:
    """Return every run with its sample, oldest first."""
    return database.rows(
        "SELECT r.id, r.uuid, s.name AS sample, r.procedure, r.status, r.reason, r.started_s, r.ended_s, "
        "r.clock FROM runs r JOIN samples s ON s.id = r.sample_id ORDER BY r.id"
    )


def describe(database: Any, run: str) -> dict[str, Any]:
    """Return one run as the object that `--json` prints: run, sample and all that was derived.

    The conductivities of a run that continues a cut one include those of the part before.
    """
    row = database.run(run)
    points = database.rows(
        "SELECT c.*, s.branch FROM conductivities c JOIN spectra s ON s.id = c.spectrum_id "
        "WHERE c.run_id IN (SELECT part_id FROM run_parts WHERE run_id = ?) ORDER BY c.spectrum_id",
        (row["id"],),
    )
    silent = database.rows(WITHOUT_NUMBER, (row["id"],))
    fits = database.rows("SELECT * FROM law_fits WHERE run_id = ? ORDER BY branch, id", (row["id"],))
    return {
        "run": row,
        "sample": database.sample(row["sample_id"]),
        "conductivities": [{key: point[key] for key in CONDUCTIVITY_KEYS} for point in points],
        "without_number": silent,
        "fits": fits,
        "transference_numbers": transference_numbers(database, row["id"]),
    }


def _print_runs(runs: list[dict[str, Any]], db: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from labctl.readmodel.formatting import duration

    table = Table(title=f"{len(runs)} run(s) in {db}", title_justify="left")
    for heading in ("run", "sample", "procedure", "status", "started (UTC)", "took"):
        table.add_column(heading)
    for row in runs:
        took = duration(row["ended_s"] - row["started_s"]) if row["ended_s"] else ""
        status = row["status"] + (f": {row['reason']}" if row["reason"] else "")
        started = _utc(row["started_s"]) + (" (simulated)" if row["clock"] == "virtual" else "")
        name = row["procedure"].rpartition(":")[2]
        table.add_row(str(row["id"]), row["sample"], name, status, started, took)
    Console().print(table)


def _utc(time_s: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M")


def _print_run(content: dict[str, Any]) -> None:
    from rich.console import Console

    from labctl.config.fixture import in_words

    run, sample = content["run"], content["sample"]
    console = Console()
    status = run["status"] + (f" ({run['reason']})" if run["reason"] else "")
    console.print(f"run {run['id']}  {run['uuid']}  {run['procedure']}: {status}")
    console.print(
        f"{sample['name']}: thickness {sample['thickness_m'] * 1e3:g} mm, "
        f"area {sample['area_m2'] * 1e4:.4g} cm², {sample['electrodes']} electrodes"
        + "".join(f"; {words}" for words in (in_words(sample),) if words)
    )
    if content["conductivities"]:
        print_conductivities(console, content["conductivities"])
        print_fits(console, content["fits"])
    else:
        console.print("no conductivity yet")
    for line in _without_number_in_words(content["without_number"]):
        console.print(line, highlight=False)
    if content["transference_numbers"]:
        print_transference_numbers(console, content["transference_numbers"])


def print_conductivities(console: Any, points: list[dict[str, Any]]) -> None:
    """Print temperature, resistance and conductivity in S/cm; remarks follow, once each."""
    from rich.table import Table

    from labctl.readmodel.formatting import celsius

    remarks = Remarks()
    table = Table(title="conductivity, ± one standard uncertainty (geometry included)", title_justify="left")
    for heading in ("T / °C", "1000 K / T", "R / ohm", "sigma / S/cm", "remarks"):
        table.add_column(heading, justify="right", no_wrap=True)
    for point in points:
        table.add_row(
            celsius(point["temperature_k"]),
            f"{1000 / point['temperature_k']:.4f}",
            f"{point['total_resistance_ohm']:.5g}",
            _conductivity_in_words(point),
            remarks.marks(point["flags"]),
        )
    console.print(table)
    remarks.print(console)


def _without_number_in_words(silent: list[dict[str, Any]]) -> list[str]:
    """Say of every spectrum that gave no conductivity why."""
    from labctl.readmodel.formatting import celsius

    return [
        f"no number from spectrum {row['spectrum']}"
        + (f" at {celsius(row['setpoint_k'])} °C" if row["setpoint_k"] else "")
        + f": {'; '.join(row['flags'] or ()) or 'not evaluated'}"
        for row in silent
    ]


def _conductivity_in_words(point: dict[str, Any]) -> str:
    from labctl.readmodel.formatting import with_uncertainty

    if point["bound"]:
        return f"{'<' if point['bound'] == 'upper' else '>'} {point['conductivity_s_m'] / 100:.2g}"
    u_s_m = point["standard_uncertainty_s_m"]
    return with_uncertainty(point["conductivity_s_m"] / 100, None if u_s_m is None else u_s_m / 100)


def print_fits(console: Any, fits: list[dict[str, Any]]) -> None:
    """Print every temperature law with its form; the preferred one is marked."""
    remarks = Remarks()
    console.print("temperature laws, * preferred, ± one standard uncertainty", style="italic")
    for fit in fits:
        law = LAWS.get((fit["law"], fit["form"]), f"{fit['law']} {fit['form']}")
        branch = "" if fit["branch"] == "all" else f" of {fit['branch']}"
        mark = "*" if fit["preferred"] else " "
        title = f" {mark} {law}, {fit['n_points']} points{branch}  {remarks.marks(fit['flags'])}"
        console.print(title.rstrip(), highlight=False, style="bold" if fit["preferred"] else "")
        for line in _parameters_in_words(fit):
            console.print(f"     {line}", highlight=False)
    remarks.print(console)
    console.print(LAWS_IN_FULL, highlight=False, style="dim")


def _parameters_in_words(fit: dict[str, Any]) -> list[str]:
    from labctl.readmodel.formatting import with_uncertainty

    lines = []
    for name, p in fit["parameters"].items():
        if "standard_uncertainty" not in p or p["value"] is None:
            continue
        scale, unit = (
            (0.01, "S/cm") if p["unit"] == "S/m" and name.startswith("conductivity") else (1, p["unit"])
        )
        u = None if p["standard_uncertainty"] is None else scale * p["standard_uncertainty"]
        remark = "".join(f", {flag}" for flag in p.get("flags", ()))
        lines.append(f"{SYMBOLS.get(name, name)} = {with_uncertainty(scale * p['value'], u)} {unit}{remark}")
    return lines
