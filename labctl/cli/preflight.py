"""`labctl preflight`: a minute of measurement before a protocol is queued, with a verdict in words."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.number import number_option
from labctl.cli.options import (
    DEFAULT_DATABASE,
    DEFAULT_STATION,
    DatabaseOption,
    JsonOption,
    PersonOption,
    ProtocolArgument,
    StationOption,
    user_name,
)
from labctl.errors import ConfigurationError

if TYPE_CHECKING:
    from labctl.config.protocol import Protocol
    from labctl.config.sample import Sample
    from labctl.config.station import Station
    from labctl.measure.preflight import Preflight, PreflightSettings

COMMAND = "labctl preflight"
COLOURS = {"ok": "green", "fault": "red", "unknown": "yellow"}


def preflight(
    protocol: ProtocolArgument,
    station: StationOption = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
    amplitude_mv: Annotated[
        float | None, number_option("Amplitude, mV rms; by default that of the protocol, or 10.")
    ] = None,
    oven_wait_s: Annotated[
        float, number_option("Time in which the oven has to warm by 0.2 K, s.", show_default=True)
    ] = 60.0,
    cell: Annotated[str, typer.Option(help="Cell of a station with several; by default each one.")] = "",
    without_supervisor: Annotated[
        bool, typer.Option("--without-supervisor", help="Measure without a supervisor.")
    ] = False,
    person: PersonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Look for what would spoil a night: a minute of measurement on the sample of a protocol.

    Thermometer, a short spectrum, open or shorted cell, geometry against the capacitance seen, contact,
    linearity at this amplitude, and whether the oven warms. The verdict is stored and shown by `labctl
    status`. Everything is off again at the end. Exit code 1: something is at fault.
    """
    from labctl.clock import RealClock
    from labctl.config.protocol import read_protocol
    from labctl.config.station import read_station

    chosen_station, chosen = read_station(station), read_protocol(protocol, db)
    chosen.check_against(chosen_station)
    settings = _settings(chosen_station, chosen, amplitude_mv, oven_wait_s)
    rows = []
    for name, sample in _samples(chosen, cell).items():
        begun_s = RealClock().time()
        found = _measured(chosen_station, sample, settings, db, name, not without_supervisor)
        if not as_json:
            _print(found, sample)  # before it is stored: a full disk hides no verdict
        about = {"time_s": begun_s, "person": person or user_name()}
        rows.append(_stored(chosen_station, sample, settings, found, db, about))
    if as_json:
        terminal.echo(json.dumps({"db": str(db), "preflights": rows}))
    if any(row["outcome"] == "faults" for row in rows):
        raise typer.Exit(1)


def _samples(protocol: "Protocol", cell: str) -> "dict[str, Sample]":
    """Return the samples to measure by cell, `""` where the station has one cell."""
    samples = dict(protocol.in_cells) or {"": protocol.sample}
    if not cell:
        return samples
    if cell not in protocol.in_cells:
        raise ConfigurationError(COMMAND, "--cell", f"{cell!r} is no cell of {protocol.source}")
    return {cell: samples[cell]}


def _settings(
    station: "Station", protocol: "Protocol", amplitude_mv: float | None, oven_wait_s: float
) -> "PreflightSettings":
    """Return the settings, held against limits and analyser; nothing is touched."""
    from labctl.bench import PlannedStep
    from labctl.config.possible_steps import check_possible
    from labctl.config.protocol import check_step
    from labctl.errors import BeyondInstrument, LimitExceeded
    from labctl.measure.preflight import PreflightSettings

    if "fra" not in station.roles:
        raise ConfigurationError(station.source, "instruments", "a pre-flight needs the role fra")
    if not 0 <= oven_wait_s <= 3600:
        raise ConfigurationError(COMMAND, "--oven-wait-s", "must be 0 to 3600")
    planned = [step.amplitude_v for step in protocol.plan() if step.amplitude_v]
    amplitude_v = amplitude_mv / 1000 if amplitude_mv is not None else max(planned, default=0.01)
    if not (math.isfinite(amplitude_v) and amplitude_v > 0):
        raise ConfigurationError(COMMAND, "--amplitude-mv", "must be positive")
    settings = PreflightSettings(amplitude_v=amplitude_v, oven_wait_s=oven_wait_s)
    ends = (min(settings.frequencies_hz), max(settings.frequencies_hz))
    try:
        for factor in (1.0, 2.0):
            step = PlannedStep("pre-flight", 0.0, amplitude_v=factor * amplitude_v, frequency_hz=ends)
            for sample in protocol.samples:
                check_step(step, sample.within(station.limits))
            check_possible(step, station.instruments)
    except (LimitExceeded, BeyondInstrument) as error:
        words = f"{error} (linearity is measured at twice the amplitude; --amplitude-mv gives another one)"
        raise ConfigurationError(protocol.source, "pre-flight", words) from error
    return settings


def _measured(
    station: "Station",
    sample: "Sample",
    settings: "PreflightSettings",
    db: Path,
    cell: str,
    watched: bool,
) -> "Preflight":
    """Measure, and make everything safe."""
    from labctl.measure.preflight import preflight as measured
    from labctl.queue.station_lock import station_lock
    from labctl.queue.under_watch import under_watch, without_watch
    from labctl.store import Store

    if not db.exists():
        Store.open(db).close()
    watch = (
        under_watch(station, db, "a pre-flight", "--without-supervisor")
        if watched
        else without_watch(station, db)
    )
    with (
        station_lock(station, doing="a pre-flight"),
        watch as on_left,
        station.open(on_left=on_left) as bench,
    ):
        limited = bench.within(sample.within(station.limits))
        if not cell:
            return measured(limited, sample, settings)
        with limited.connected(cell) as connected:
            return measured(connected, sample, settings)


def _stored(
    station: "Station",
    sample: "Sample",
    settings: "PreflightSettings",
    found: "Preflight",
    db: Path,
    about: dict[str, Any],
) -> dict[str, Any]:
    from labctl.queue.analyser_gate import is_simulated
    from labctl.store.queries.preflights import add_preflight
    from labctl.store.transactions import WriteConnection
    from labctl.version import __version__

    row = {
        **about,
        "station": station.name,
        "simulated": int(is_simulated(station)),
        "sample": sample.name,
        "thickness_m": sample.thickness_m,
        "area_m2": sample.area_m2,
        "amplitude_v": settings.amplitude_v,
        "outcome": found.outcome,
        "words": found.words,
        "findings": [[one.subject, one.verdict, one.words] for one in found.findings],
        "points": [
            [*(v if math.isfinite(v) else None for v in point[:3]), point.status] for point in found.points
        ],
        "labctl_version": __version__,
    }
    with WriteConnection(db) as connection, connection.transaction() as writing:
        add_preflight(writing, row)
    return row


def _print(found: "Preflight", sample: "Sample") -> None:
    terminal.echo(f"pre-flight of {sample.name}")
    for one in found.findings:
        terminal.say(f"  {one.verdict:<8} {one.subject}: {one.words}", fg=COLOURS[one.verdict])
    terminal.say(found.words, fg="red" if found.outcome == "faults" else "green")
