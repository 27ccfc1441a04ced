"""`labctl summary`: what happened in the night, whether everything is off, and what to do next."""

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.options import DEFAULT_DATABASE, DEFAULT_STATION, DatabaseOption, JsonOption, StationOption
from labctl.errors import InvalidRequest
from labctl.plain_text import on_one_line

if TYPE_CHECKING:
    from labctl.queue.heartbeat import Heartbeat
    from labctl.readmodel.best_numbers import Best
    from labctl.readmodel.night_summary import JobSummary, NightSummary, RunSummary
    from labctl.readmodel.station_view import StationView

NOON_H = 12
ALL_OFF = {"ended": True, "unsafe": False}


def summary(
    since: Annotated[
        str, typer.Option(help="Begin: 18:00, '2026-11-29 18:00', 8h. Default: yesterday at noon.")
    ] = "",
    night: Annotated[bool, typer.Option("--night", help="Since yesterday at noon (the default).")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the page to this file as well.")] = None,
    station: StationOption = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Show every job and run since a moment: numbers, faults, temperatures, outputs, and what to do next.

    Numbers are those of the current analysis, ± one standard uncertainty. An output is off where that was
    read back from the instrument; a process that has ended says nothing about it.
    """
    from labctl.clock import RealClock
    from labctl.readmodel.night_text import as_plain_text, headline, night_in_words

    if since and night:
        raise InvalidRequest("--since and --night contradict each other; give one of them")
    found = summary_of(db, _begin_s(since, RealClock().time()), station)
    if html is not None:
        from labctl.report.night_page import write_page

        write_page(found, html)
    if as_json:
        terminal.echo(json.dumps(as_object(found), default=str))
        return
    terminal.echo(on_one_line(headline(found)))
    terminal.echo("numbers ± one standard uncertainty")
    terminal.echo("")
    for line in as_plain_text(night_in_words(found)).splitlines():
        terminal.echo(on_one_line(line))


def _begin_s(since: str, now_s: float) -> float:
    from labctl.queue.hours import parse_past_hour

    if not since:
        return last_noon_s(now_s)
    try:
        return parse_past_hour(since, now_s)
    except ValueError as error:
        raise InvalidRequest(f"--since: {error}") from error


def last_noon_s(now_s: float) -> float:
    """Return yesterday's local noon, s since 1970-01-01 UTC."""
    yesterday = datetime.fromtimestamp(now_s).date() - timedelta(days=1)
    return datetime(yesterday.year, yesterday.month, yesterday.day, NOON_H).timestamp()


def summary_of(db: Path, since_s: float, station: Path) -> "NightSummary":
    """Return what happened in a file since a moment; `station` names `silence_s`, where it exists."""
    from labctl.cli.status import silence_of_station
    from labctl.clock import RealClock
    from labctl.config.night import DEFAULT_SILENCE_S
    from labctl.queue.heartbeat import Heartbeats
    from labctl.queue.silence import Silences
    from labctl.readmodel.night_summary import night_summary
    from labctl.store import Database
    from labctl.store.looking import LookConnection
    from labctl.store.time_limit import TimeLimit

    if not db.exists():
        raise InvalidRequest(f"{db}: no such file; name yours with --db")
    clock, allowed_s = RealClock(), silence_of_station(station)
    silences = Silences(clock)

    def silence_s(name: str) -> float:
        return allowed_s.get(name, DEFAULT_SILENCE_S)

    with Database(db, TimeLimit()) as database, LookConnection(db) as connection:

        def silent_for_s(beat: "Heartbeat") -> float:
            read_again = Heartbeats(connection, beat.process, beat.station).read
            return silences.watched(beat, beat.allowed_silence_s(silence_s(beat.station)), read_again)

        return night_summary(database, connection, since_s, clock.time(), silence_s, silent_for_s)


def as_object(found: "NightSummary") -> dict[str, Any]:
    """Return a summary as `--json` prints it."""
    from labctl.readmodel.night_text import headline, next_steps

    return {
        "since_s": found.since_s,
        "now_s": found.now_s,
        "headline": headline(found),
        "all_off": found.is_all_off,
        "stations": [_station(found, name, view) for name, view in found.stations.items()],
        "unseen_stations": found.unseen_stations,
        "jobs": [_job(one) for one in found.jobs],
        "events": list(found.events),
        "next": list(next_steps(found)),
    }


def _station(found: "NightSummary", name: str, view: "StationView") -> dict[str, Any]:
    from labctl.readmodel.night_text import output_in_words

    return {
        "station": name,
        "runner": view.runner_state,
        "supervisor": view.supervisor_state,
        "all_off": None if found.unwatched_runs(name) else ALL_OFF.get(view.runner_state),
        "unwatched_runs": found.unwatched_runs(name),
        "in_words": output_in_words(view),
        "last_heartbeat_s": None if view.runner is None else view.runner.beat_s,
        "paused": None if view.pause is None else view.pause.words,
    }


def _job(one: "JobSummary") -> dict[str, Any]:
    job = one.job
    about = {} if job is None else {name: getattr(job, name) for name in ("title", "state", "reason")}
    report = None if one.report is None else one.report["message"]
    return {
        "job": None if job is None else job.id,
        **about,
        "report": report,
        "runs": [_run(run) for run in one.runs],
    }


def _run(run: "RunSummary") -> dict[str, Any]:
    return dict(run.run) | {
        "parts": run.parts,
        "conductivity_at_25_degc_s_m": _number(run.at_room_s_m),
        "activation_energy_ev": _number(run.energy_ev),
        "transference_number": _number(run.transference),
        "spectra": run.spectra,
        "largest_departure_k": run.departure_k,
        "highest_temperature_k": run.highest_k,
        "faults": list(run.faults),
    }


def _number(best: "Best | None") -> dict[str, Any] | None:
    return None if best is None else {k: v for k, v in asdict(best).items() if k != "run_id"}
