"""`labctl show`: the runs of a database; one run's conductivities and fits."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from labctl.cli.options import DEFAULT_DATABASE, DatabaseOption, JsonOption

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
    """Return one run as the object that `--json` prints: run, sample, conductivities, fits."""
    row = database.run(run)
    points = database.rows(
        "SELECT c.*, s.branch FROM conductivities c JOIN spectra s ON s.id = c.spectrum_id "
        "WHERE c.run_id = ? ORDER BY c.spectrum_id",
        (row["id"],),
    )
    fits = database.rows("SELECT * FROM law_fits WHERE run_id = ? ORDER BY branch, id", (row["id"],))
    return {
        "run": row,
        "sample": database.sample(row["sample_id"]),
        "conductivities": [{key: point[key] for key in CONDUCTIVITY_KEYS} for point in points],
        "fits": fits,
    }


def _print_runs(runs: list[dict[str, Any]], db: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from labctl.cli.words import duration

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

    run, sample = content["run"], content["sample"]
    console = Console()
    status = run["status"] + (f" ({run['reason']})" if run["reason"] else "")
    console.print(f"run {run['id']}  {run['uuid']}  {run['procedure']}: {status}")
    console.print(
        f"{sample['name']}: thickness {sample['thickness_m'] * 1e3:g} mm, "
        f"area {sample['area_m2'] * 1e4:.4g} cm², {sample['electrodes']} electrodes"
    )
    if not content["conductivities"]:
        console.print("no conductivity yet")
        return
    print_conductivities(console, content["conductivities"])
    print_fits(console, content["fits"])


def print_conductivities(console: Any, points: list[dict[str, Any]]) -> None:
    """Print temperature, resistance, conductivity in S/cm with standard uncertainty, and flags."""
    from rich.table import Table

    from labctl.cli.words import celsius, with_uncertainty

    table = Table(title="conductivity (± one standard uncertainty, geometry included)", title_justify="left")
    for heading in ("T / °C", "R / ohm", "sigma / S/cm", "1000/T / 1/K", "remarks"):
        table.add_column(heading, justify="left" if heading == "remarks" else "right")
    signs = {"upper": "< ", "lower": "> ", None: ""}
    for point in points:
        u_s_m = point["standard_uncertainty_s_m"]
        sigma = with_uncertainty(point["conductivity_s_m"] / 100, None if u_s_m is None else u_s_m / 100)
        if point["bound"]:
            sigma = f"{signs[point['bound']]}{point['conductivity_s_m'] / 100:.2g}"
        table.add_row(
            celsius(point["temperature_k"]),
            f"{point['total_resistance_ohm']:.5g}",
            sigma,
            f"{1000 / point['temperature_k']:.4f}",
            "; ".join(point["flags"]),
        )
    console.print(table)


def print_fits(console: Any, fits: list[dict[str, Any]]) -> None:
    """Print every temperature law with its form; the preferred one is marked."""
    from rich.table import Table

    from labctl.cli.words import with_uncertainty

    table = Table(title="temperature laws (* preferred; ± one standard uncertainty)", title_justify="left")
    for heading in ("", "branch", "law", "form", "parameters", "remarks"):
        table.add_column(heading)
    for fit in fits:
        parameters = "\n".join(
            f"{name.replace('_', ' ')} {with_uncertainty(p['value'], p['standard_uncertainty'])} {p['unit']}"
            for name, p in fit["parameters"].items()
            if "standard_uncertainty" in p and p["value"] is not None
        )
        mark = "*" if fit["preferred"] else ""
        table.add_row(mark, fit["branch"], fit["law"], fit["form"], parameters, "; ".join(fit["flags"]))
    console.print(table)
