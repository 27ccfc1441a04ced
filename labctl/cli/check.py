"""`labctl check`: what a protocol would do, and how long it would take. Touches nothing."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from labctl.cli.options import (
    DEFAULT_DATABASE,
    DEFAULT_STATION,
    DatabaseOption,
    JsonOption,
    ProtocolArgument,
    StationOption,
)

if TYPE_CHECKING:
    from labctl.bench import PlannedStep
    from labctl.config.protocol import Protocol


def check(
    protocol: ProtocolArgument,
    station: StationOption = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Parse a protocol, hold it against the station's limits, list every step with its estimated time.

    Times are those that the station's last runs in the database took, where there are any. No instrument is
    touched. Exit code 2 and one sentence when something is wrong.
    """
    from labctl.config.protocol import read_protocol
    from labctl.config.station import read_station

    chosen_station, chosen = read_station(station), read_protocol(protocol, db)
    chosen.check_against(chosen_station)
    steps = paced(chosen.plan(), chosen_station.name, db)
    total_s = sum(step.duration_s for step in steps)
    if as_json:
        typer.echo(json.dumps(_as_object(chosen, steps, total_s)))
        return
    _print_plan(chosen, chosen_station, steps, total_s)
    for warning in chosen.warnings():
        typer.secho(warning, fg="yellow")


def _as_object(protocol: "Protocol", steps: "list[PlannedStep]", total_s: float) -> dict[str, Any]:
    """The plan for programs; a duration that is not known is null."""
    listed = [vars(step) | {"duration_s": _known(step.duration_s)} for step in steps]
    return {"steps": listed, "duration_s": _known(total_s), "warnings": list(protocol.warnings())}


def _known(duration_s: float) -> float | None:
    return duration_s if math.isfinite(duration_s) else None


def paced(steps: "list[PlannedStep]", station: str, db: Path) -> "list[PlannedStep]":
    """The same steps with the durations that this station is known to need."""
    from labctl.queue.estimates import is_settling, measured_pace, procedure_of
    from labctl.queue.ledger import Ledger

    if not db.exists():
        return steps
    with Ledger(db) as ledger:
        pace = measured_pace(ledger, station, procedure_of)
    before: list[PlannedStep | None] = [None]
    for step in steps:
        before.append(step if is_settling(step) else before[-1])
    return [
        replace(step, duration_s=pace.duration_s(step, earlier))
        for step, earlier in zip(steps, before, strict=False)
    ]


def _print_plan(protocol: object, station: object, steps: list, total_s: float) -> None:
    from rich.console import Console
    from rich.table import Table

    from labctl.readmodel.formatting import duration

    sample = protocol.sample  # type: ignore[attr-defined]
    table = Table(title=f"{protocol.title}: {sample.name}", title_justify="left")  # type: ignore[attr-defined]
    for heading in ("", "step", "takes", "ends after"):
        table.add_column(heading, justify="left" if heading == "step" else "right")
    elapsed_s = 0.0
    for number, step in enumerate(steps, start=1):
        elapsed_s += step.duration_s
        table.add_row(str(number), step.label, duration(step.duration_s), duration(elapsed_s))
    console = Console()
    console.print(table)
    console.print(f"within the limits of {station.name}; estimated time {duration(total_s)}")  # type: ignore[attr-defined]
