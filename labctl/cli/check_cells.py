"""`labctl check-cells`: measure the cells of a station, open or shorted, through their relays."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.options import (
    DEFAULT_DATABASE,
    DEFAULT_STATION,
    DatabaseOption,
    JsonOption,
    PersonOption,
    StationOption,
    user_name,
)
from labctl.errors import ConfigurationError

if TYPE_CHECKING:
    from labctl.config.station import Station

COMMAND = "labctl check-cells"
FREQUENCIES_HZ = (1e5, 1e4, 1e3, 100.0, 10.0, 1.0)


class Kind(StrEnum):
    """Object in place of the sample."""

    open = "open"
    short = "short"


ASKED = {
    Kind.open: "Leave cell {cell} empty, as it is for a sample, with its leads. Done?",
    Kind.short: "Put a short in place of the sample in cell {cell}. Done?",
}


def check_cells(
    station: StationOption = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
    kind: Annotated[Kind, typer.Option("--kind", help="What is in place of the sample.")] = Kind.open,
    cell: Annotated[
        list[str] | None, typer.Option("--cell", help="A cell; repeatable; all by default.")
    ] = None,
    connected: Annotated[
        bool, typer.Option("--connected", help="The cells are open or shorted already; nothing is asked.")
    ] = False,
    without_supervisor: Annotated[
        bool, typer.Option("--without-supervisor", help="Measure without a supervisor.")
    ] = False,
    person: PersonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Measure open or shorted cells through their channels once; the isolation bounds the results.

    Exit code 1: a cell could not be measured, or is not open or shorted as it should be.
    """
    from labctl.config.station import read_station

    chosen = read_station(station)
    cells = _chosen(chosen, cell)
    if not connected:
        terminal_needed()
        for name in cells:
            typer.confirm(terminal.sentence(ASKED[kind].format(cell=name)), abort=True, err=True)
    rows = _measured(chosen, cells, kind, db, person or user_name(), not without_supervisor)
    if as_json:
        terminal.echo(json.dumps({"db": str(db), "checks": rows}))
    else:
        for row in rows:
            _print(row)
    if any(row["outcome"] == "failed" for row in rows):
        raise typer.Exit(1)


def _chosen(station: "Station", names: list[str] | None) -> list[str]:
    if not station.cells:
        raise ConfigurationError(station.source, "cells", "is missing; this station names no cells")
    for name in names or ():
        if name not in station.cells:
            problem = f"{name!r} is no cell of this station; there are {', '.join(station.cells)}"
            raise ConfigurationError(COMMAND, "--cell", problem)
    without = [name for name in names or station.cells if not station.cells[name].fra]
    if without:
        raise ConfigurationError(station.source, f"cells.{without[0]}.fra", "is missing: nothing measures it")
    return list(dict.fromkeys(names or station.cells))


def terminal_needed() -> None:
    """Raise ConfigurationError without a terminal, where no question can be asked."""
    import sys

    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        problem = "is needed without a terminal, since then no question can be asked"
        raise ConfigurationError(COMMAND, "--connected", problem)


def _measured(
    station: "Station", cells: list[str], kind: Kind, db: Path, person: str, watched: bool
) -> list[dict[str, Any]]:
    """Measure the cells one after another, make safe, and write the checks."""
    from labctl.clock import RealClock
    from labctl.measure.isolation_check import measured_cell
    from labctl.queue.analyser_gate import is_simulated
    from labctl.queue.station_lock import station_lock
    from labctl.queue.under_watch import under_watch, without_watch
    from labctl.store.queries.isolation_checks import add_isolation_check
    from labctl.store.transactions import WriteConnection
    from labctl.version import __version__

    amplitude_v = station.check.amplitude_v
    with WriteConnection(db) as connection:
        with (
            station_lock(station, doing="a check of the cells"),
            under_watch(station, db, "a check of the cells", "--without-supervisor")
            if watched
            else without_watch(station, db) as on_left,
            station.open(on_left=on_left) as bench,
        ):
            found = [measured_cell(bench, name, kind, FREQUENCIES_HZ, amplitude_v) for name in cells]
        about = {"time_s": RealClock().time(), "person": person, "station": station.name}
        about |= {"simulated": int(is_simulated(station)), "labctl_version": __version__}
        rows = []
        for one in found:
            cell = station.cells[one.cell]
            rows.append(about | {"instrument": cell.fra} | one.row(amplitude_v, cell.switch_channels))
            with connection.transaction() as writing:
                add_isolation_check(writing, rows[-1])
    return rows


def _print(row: dict[str, Any]) -> None:
    from labctl.readmodel.formatting import si

    if row["problem"]:
        terminal.say(f"cell {row['cell']}, {row['kind']}: {row['problem']}", err=True, fg="red")
        return
    meaning = "isolation" if row["kind"] == Kind.open else "in series"
    terminal.say(f"cell {row['cell']}: {meaning} {si(row['resistance_ohm'], 'ohm')}", fg="green")
