"""`labctl check-analyser`: measure a reference resistor or a dummy cell in place of the sample."""

import json
import math
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
    from labctl.config.reference_check import Standard
    from labctl.config.station import Station
    from labctl.measure.analyser_check import Checked

COMMAND = "labctl check-analyser"


class Which(StrEnum):
    """Standards to measure."""

    resistor = "resistor"
    cell = "cell"
    all = "all"


def check_analyser(
    station: StationOption = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
    standard: Annotated[
        Which, typer.Option("--standard", help="What to connect: resistor, cell, or all that are given.")
    ] = Which.all,
    connected: Annotated[
        bool, typer.Option("--connected", help="It is connected already; nothing is asked.")
    ] = False,
    without_supervisor: Annotated[
        bool, typer.Option("--without-supervisor", help="Measure without a supervisor.")
    ] = False,
    person: PersonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Measure a standard of `[check]` through the leads of the sample; compare |Z| and phase by frequency.

    A person connects it by hand, before and after a night. The result is kept; with `largest_deviation` or
    `largest_age_h` in `[check]` it decides whether a measurement may begin. Exit code 1: a standard could not
    be measured, or is off by more than a limit.
    """
    from labctl.config.station import read_station

    chosen = read_station(station)
    standards = _chosen(chosen, standard)
    _check_possible(chosen)
    if not connected:
        _require_terminal()
    rows = []
    for one in standards:
        if not connected:
            _ask_to_connect(one)
        found, row = _measured(chosen, one, db, person or user_name(), not without_supervisor)
        rows.append(row | {"off": _off(chosen, row)})
        if not as_json:
            _print(found, rows[-1])
    if as_json:
        terminal.echo(json.dumps({"db": str(db), "checks": rows}))
    if any(row["outcome"] == "failed" or row["off"] for row in rows):
        raise typer.Exit(1)


def _chosen(station: "Station", which: Which) -> "list[Standard]":
    if not station.check.standards:
        problem = "is missing; give [check.resistor] with resistance_ohm, resistance_uncertainty_ohm, source"
        raise ConfigurationError(station.source, "check", problem)
    found = [one for one in station.check.standards if which in (Which.all, one.name)]
    if not found:
        raise ConfigurationError(station.source, f"check.{which}", "is missing; this station has no such one")
    return found


def _check_possible(station: "Station") -> None:
    """Hold amplitude and frequencies against limits and analyser; nothing is touched."""
    from labctl.bench import PlannedStep
    from labctl.config.possible_steps import check_possible
    from labctl.config.protocol import check_step
    from labctl.errors import BeyondInstrument, LimitExceeded

    check = station.check
    if "fra" not in station.roles:
        raise ConfigurationError(station.source, "check", "needs an instrument with the role fra")
    step = PlannedStep("check", 0.0, amplitude_v=check.amplitude_v, frequency_hz=check.frequency_hz)
    try:
        check_step(step, station.limits)
        check_possible(step, station.instruments)
    except (LimitExceeded, BeyondInstrument) as error:
        raise ConfigurationError(station.source, "check", str(error)) from error


def _require_terminal() -> None:
    import sys

    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        problem = "is needed without a terminal, since then no question can be asked"
        raise ConfigurationError(COMMAND, "--connected", problem)


def _ask_to_connect(standard: "Standard") -> None:
    question = f"Connect {standard.words} in place of the sample, through the same leads. Connected?"
    typer.confirm(terminal.sentence(question), abort=True, err=True)


def _measured(
    station: "Station", standard: "Standard", db: Path, person: str, watched: bool
) -> "tuple[Checked, dict[str, Any]]":
    """Measure, make safe, and write the check."""
    from labctl.clock import RealClock
    from labctl.measure.analyser_check import measured_standard
    from labctl.queue.analyser_gate import is_simulated
    from labctl.queue.station_lock import station_lock
    from labctl.queue.under_watch import under_watch, without_watch
    from labctl.store.queries.analyser_checks import add_analyser_check, runs_since_last
    from labctl.store.transactions import WriteConnection
    from labctl.version import __version__

    analyser = next(entry for entry in station.instruments if "fra" in entry.roles)
    with WriteConnection(db) as connection:
        with (
            station_lock(station, doing="a check of the analyser"),
            under_watch(station, db, "a check of the analyser", "--without-supervisor")
            if watched
            else without_watch(station, db) as on_left,
            station.open(on_left=on_left) as bench,
        ):
            found = measured_standard(bench, station.check, standard)
            identity = str(bench.roles["fra"].identity) if found.found is not None else ""
        row = {
            "time_s": RealClock().time(),
            "person": person,
            "station": station.name,
            "instrument": analyser.name,
            "simulated": int(is_simulated(station)),
            "identity": identity,
            "driver": analyser.driver,
            "labctl_version": __version__,
        } | found.row(station.check)
        with connection.transaction() as writing:
            add_analyser_check(writing, row)
        if row["outcome"] == "measured" and standard.name == "resistor":
            _tell_runs(runs_since_last(connection, station.name, analyser.name, row["time_s"]))
    return found, row


def _tell_runs(runs: list[int]) -> None:
    """Say how the runs between the last check and this one get their component."""
    if runs:
        named = " ".join(map(str, runs))
        terminal.echo(
            f"between two checks now: `labctl fit {named}` carries what they say about the analyser into the "
            "results",
            err=True,
        )


def _off(station: "Station", row: dict[str, Any]) -> bool:
    check = station.check
    limits = {"largest_deviation": check.largest_deviation, "largest_phase_rad": check.largest_phase_rad}
    return any(
        limit is not None and row[name] is not None and row[name] > limit for name, limit in limits.items()
    )


def _print(found: "Checked", row: dict[str, Any]) -> None:
    if found.problem:
        terminal.say(f"{found.standard.words}: {found.problem}", err=True, fg="red")
    if found.found is None:
        return
    terminal.echo("      Hz     |Z| ratio     phase / deg")
    for hz, ratio, phase_rad in zip(
        found.found.frequency_hz, found.found.ratio, found.found.phase_rad, strict=True
    ):
        terminal.echo(f"{hz:10.4g}  {ratio:10.5f}  {math.degrees(phase_rad):12.3f}")
    gain = found.found.gain
    terminal.say(
        f"{found.standard.words}: |Z| is {gain.value:.5f} ± {gain.standard_uncertainty:.2g} times its value, "
        f"at most {100 * found.found.largest_deviation:.3g} % and "
        f"{math.degrees(found.found.largest_phase_rad):.2g} degrees off",
        fg="red" if row["off"] or found.problem else "green",
    )
