"""`labctl check`: what a protocol would do, and how long it would take. Touches nothing."""

import json

import typer

from labctl.cli.options import DEFAULT_STATION, JsonOption, ProtocolArgument, StationOption


def check(
    protocol: ProtocolArgument, station: StationOption = DEFAULT_STATION, as_json: JsonOption = False
) -> None:
    """Parse a protocol, hold it against the station's limits, list every step with its estimated time.

    No instrument is touched. Exit code 2 and one sentence when something is wrong.
    """
    from labctl.protocol import read_protocol
    from labctl.station import read_station

    chosen_station, chosen = read_station(station), read_protocol(protocol)
    chosen.check_against(chosen_station)
    steps = chosen.plan()
    total_s = sum(step.duration_s for step in steps)
    if as_json:
        typer.echo(json.dumps({"steps": [vars(step) for step in steps], "duration_s": total_s}))
        return
    _print_plan(chosen, chosen_station, steps, total_s)


def _print_plan(protocol: object, station: object, steps: list, total_s: float) -> None:
    from rich.console import Console
    from rich.table import Table

    from labctl.cli.words import duration

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
