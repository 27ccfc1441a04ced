"""The files of a night of `labctl demo`, and its runs that did not finish."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labctl.cli import terminal

if TYPE_CHECKING:
    from labctl.config.protocol import Protocol
    from labctl.config.station import Station
    from labctl.measure.run import Outcome


def written(out: Path, texts: tuple[str, str]) -> "tuple[Station, Protocol]":
    """Write station.toml and protocol.toml into a folder; return them read and checked."""
    from labctl.config.protocol import read_protocol
    from labctl.config.station import read_station

    out.mkdir(parents=True, exist_ok=True)
    for name, text in zip(("station.toml", "protocol.toml"), texts, strict=True):
        (out / name).write_text(text, encoding="utf-8")
    station, protocol = read_station(out / "station.toml"), read_protocol(out / "protocol.toml")
    protocol.check_against(station)
    return station, protocol


def told_unfinished(outcomes: "Sequence[Outcome]") -> "list[Outcome]":
    """Say of each run that is not finished why, and return these."""
    unfinished = [outcome for outcome in outcomes if outcome.status != "finished"]
    for outcome in unfinished:
        terminal.say(f"run {outcome.run_id} {outcome.status}: {outcome.reason}", err=True, fg="red")
    return unfinished
