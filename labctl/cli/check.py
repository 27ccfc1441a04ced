"""`labctl check`: the steps of a protocol and their durations. Touches nothing."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labctl.cli import terminal
from labctl.cli.options import (
    DEFAULT_DATABASE,
    DEFAULT_STATION,
    DatabaseOption,
    JsonOption,
    ProtocolArgument,
    StationOption,
)

if TYPE_CHECKING:
    from labctl.config.protocol import Protocol
    from labctl.config.station import Station
    from labctl.queue.submission import Forecast


def check(
    protocol: ProtocolArgument,
    station: StationOption = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Parse a protocol, hold it against limits and instruments, list every step with its estimated time.

    Times are real times, measured in the station's last runs in the database if there are any. No
    instrument is touched. Exit code 2 and a message when something is wrong.
    """
    from labctl.config.protocol import read_protocol
    from labctl.config.readable_secrets import secrets_others_can_read
    from labctl.config.report_settings import packages_missing
    from labctl.config.station import read_station

    chosen_station, chosen = read_station(station), read_protocol(protocol, db)
    about_report = packages_missing(chosen_station)
    found = _forecast(chosen, chosen_station, db)
    if as_json:
        about = {"making_safe_s": chosen_station.safe_within_s, "stated": _stated(chosen, chosen_station)}
        terminal.echo(json.dumps(_as_object(found) | about))
        return
    _print_plan(chosen, chosen_station, found)
    for warning in [*found.warnings, *secrets_others_can_read(chosen_station), *about_report]:
        terminal.say(warning, fg="yellow")


def _forecast(protocol: "Protocol", station: "Station", db: Path) -> "Forecast":
    from labctl.queue.submission import forecast
    from labctl.store.looking import LookConnection

    if not db.exists():
        return forecast(protocol, station)
    with LookConnection(db) as connection:
        return forecast(protocol, station, connection)


def _as_object(found: "Forecast") -> dict[str, Any]:
    """Return the plan for programs; an unknown duration is null."""
    steps = [vars(step) | {"duration_s": _known(step.duration_s)} for step in found.steps]
    return {"steps": steps, "duration_s": _known(found.takes_s), "warnings": list(found.warnings)}


def _known(duration_s: float) -> float | None:
    return duration_s if math.isfinite(duration_s) else None


def _print_plan(protocol: "Protocol", station: "Station", found: "Forecast") -> None:
    from rich.table import Table

    from labctl.clock import RealClock
    from labctl.queue.hours import hour_in_words
    from labctl.readmodel.formatting import duration

    table = Table(title=f"{protocol.title}: {protocol.sample.name}", title_justify="left")
    for heading in ("", "step", "takes", "ends after"):
        table.add_column(heading, justify="left" if heading == "step" else "right")
    elapsed_s = 0.0
    for number, step in enumerate(found.steps, start=1):
        elapsed_s += step.duration_s
        table.add_row(str(number), step.label, duration(step.duration_s), duration(elapsed_s))
    console = terminal.console()
    if math.isfinite(found.takes_s):
        now_s = RealClock().time()
        console.print(f"begun now, it ends {hour_in_words(now_s + found.takes_s, now_s)}")
    console.print(table)
    console.print(f"{_held(protocol, station)}estimated time {duration(found.takes_s)}")
    console.print(station.watchdog_words)
    for line in _stated(protocol, station):
        console.print(line, highlight=False, markup=False)
    if station.instruments:
        console.print(
            f"making safe takes at most {station.safe_within_s:g} s: the instruments of one wire take turns"
        )


def _stated(protocol: "Protocol", station: "Station") -> list[str]:
    """Return lines about accuracy, geometry and reports, also where an accuracy is not stated."""
    from labctl.config import report_settings
    from labctl.derive.geometry import geometry_in_words

    accuracy = station.accuracy.in_words(sorted(station.roles))
    return [*accuracy, *geometry_in_words(vars(protocol.sample)), *report_settings.in_words(station)]


def _held(protocol: "Protocol", station: "Station") -> str:
    """Return words on limits and ranges of the planned steps; empty where no procedure plans any."""
    from labctl.config.protocol import plans_steps

    planned = [plans_steps(entry.procedure_class) for entry in protocol.procedures]
    if not any(planned):
        return ""
    which = "" if all(planned) else "planned steps "
    return f"{which}within the limits of {station.name} and the declared ranges of its instruments; "
