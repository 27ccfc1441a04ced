"""`labctl status`: running processes, temperature, next job, last warnings."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.options import DEFAULT_DATABASE, DEFAULT_STATION, DatabaseOption, JsonOption, StationOption
from labctl.plain_text import on_one_line

if TYPE_CHECKING:
    from labctl.queue.job import Job
    from labctl.queue.silence import Silences
    from labctl.store.transactions import WriteConnection

WATCH_EVERY_S = 2.0
NOT_WATCHED = "no supervisor watches the runner of {}: if it dies, the outputs stay as they are"
STRANDED = "nothing is measured until one is started, which goes on with it"
SHOWN_AS = {
    "running": "running",
    "ended": "ended",
    "dead": "NOT RUNNING",
    "frozen": "FROZEN",
    "unsafe": "NOT SAFE",
    "dismissed": "ended, not read back off",
}


def status(
    station: StationOption = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Repeat until Ctrl-C.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the processes, queue and last warnings of a results file. "running" needs a fresh heartbeat.

    A process is FROZEN without a heartbeat for longer than `silence_s` of the station file, or 3 s for
    stations of another name or without a station file. For a supervisor the time is doubled. A heartbeat that
    seems too old, or comes from the future, is first watched for that time: a clock may have been set.
    """
    from labctl.clock import RealClock
    from labctl.queue.silence import Silences
    from labctl.store.looking import LookConnection

    if not db.exists():
        from labctl.errors import InvalidRequest

        raise InvalidRequest(f"{db}: no such file; name yours with --db")
    clock, allowed_s = RealClock(), silence_of_station(station)
    simulated = _simulated_station(station)
    silences = Silences(clock, one_look_counts_s=WATCH_EVERY_S)
    while True:
        with LookConnection(db) as connection:
            content = describe(connection, clock.time(), allowed_s, silences)
        content["unwatched"] = [name for name in _unwatched(content["processes"]) if name != simulated]
        if watch:
            _clear_screen()
        lines = [json.dumps(content, default=str)] if as_json else in_words(content, clock.time())
        terminal.echo("\n".join(map(on_one_line, lines)))
        if not watch:
            return
        try:
            clock.sleep(WATCH_EVERY_S)
        except KeyboardInterrupt:
            return


def _clear_screen() -> None:

    terminal.console().clear()


def silence_of_station(path: Path) -> dict[str, float]:
    """Return `silence_s` by the name of the station; empty without a station file."""
    from labctl.config.night import read_silence
    from labctl.errors import ConfigurationError

    if not path.exists():
        return {}
    try:
        name, silence_s = read_silence(path)
    except ConfigurationError as error:
        terminal.say(f"{error}; silence_s of this station is not known", err=True, fg="yellow")
        return {}
    return {name: silence_s}


def _simulated_station(path: Path) -> str:
    """Return the name of the station where its rig is simulated in the runner's process, else `""`."""
    from labctl.config.table import read_document
    from labctl.errors import ConfigurationError

    try:
        document = read_document(path)
        return document.text("name", path.stem) if document.has("simulation") else ""
    except ConfigurationError:
        return ""


def _unwatched(processes: list[dict[str, Any]]) -> list[str]:
    """Return the stations with a running runner and no supervisor."""
    running = [process for process in processes if process["state"] == "running"]
    watched = {process["station"] for process in running if process["process"] == "supervisor"}
    return sorted({process["station"] for process in running if process["process"] == "runner"} - watched)


def describe(
    connection: "WriteConnection", now_s: float, allowed_s: Mapping[str, float], silences: "Silences"
) -> dict[str, Any]:
    """Return what `--json` prints: processes, pause, jobs by state, the next job, the last warnings.

    `stranded` are the jobs recorded as running although their runner does not.

    `allowed_s` is `silence_s` by station, as far as it is known.
    """
    from labctl.queue.heartbeat import all_runners
    from labctl.queue.jobs import Jobs
    from labctl.queue.outlook import outlook_of_all
    from labctl.queue.requests import Pauses
    from labctl.store.queries.notifications import last_warnings
    from labctl.store.queries.preflights import newest_by_station

    jobs, processes = Jobs(connection).listed(), _processes(connection, allowed_s, silences)
    alive = {p["station"] for p in processes if p["process"] == "runner" and p["state"] == "running"}
    runners = {name: beat for name, beat in all_runners(connection).items() if name in alive}
    in_force = Pauses(connection).all_in_force()
    expected = outlook_of_all(jobs, now_s, runners, in_force)
    ends = [e.end_s for e in expected.values()]
    counts: dict[str, int] = {}
    for job in jobs:
        counts[job.state] = counts.get(job.state, 0) + 1
    pauses = [pause.place for pause in in_force]
    following = next((job for job in jobs if job.state in ("interrupted", "queued")), None)
    return {
        "processes": processes,
        "paused": next(iter(pauses), None),
        "pauses": pauses,
        "jobs": counts,
        "stranded": [job.id for job in jobs if job.state == "running" and job.rig not in alive],
        "next": None if following is None else _next(following),
        "expected_end_s": None if not ends or None in ends else max(e for e in ends if e is not None),
        "preflights": newest_by_station(connection),
        "warnings": last_warnings(connection),
    }


def _next(job: "Job") -> dict[str, Any]:
    rehearsal = "" if job.was_begun else job.rehearsal_in_words
    return {"job": job.id, "title": job.title, "rehearsal": rehearsal}


def in_words(content: dict[str, Any], now_s: float) -> list[str]:
    """Return the lines for people to read."""
    from labctl.queue.hours import hour_in_words
    from labctl.queue.keeping import NOT_KEPT
    from labctl.readmodel.unreadable import or_as_unreadable

    lines = [
        or_as_unreadable(partial(_process_line, process, now_s), f"{process['process']:11} {{}}".format)
        for process in content["processes"]
    ]
    if not any(process["process"] == "runner" for process in content["processes"]):
        lines.append("runner      none has run here yet (labctl runner)")
    if any(process["process"] == "supervisor" and _unkept(process) for process in content["processes"]):
        lines.append(f"warning     {NOT_KEPT}")
    lines += [f"warning     {NOT_WATCHED.format(station)}" for station in content["unwatched"]]
    lines += [f"paused      {pause} (labctl queue resume)" for pause in content["pauses"]]
    counts = ", ".join(f"{n} {state}" for state, n in content["jobs"].items()) or "none"
    lines.append(f"jobs        {counts}")
    lines += [f"warning     job {job} has no running runner: {STRANDED}" for job in content["stranded"]]
    if content["next"]:
        following = content["next"]
        rehearsal = f" ({following['rehearsal']})" if following["rehearsal"] else ""
        lines.append(f"next        job {following['job']} {following['title']}{rehearsal}")
    if content["expected_end_s"] and not content["paused"]:
        lines.append(f"all done    about {hour_in_words(content['expected_end_s'], now_s)}")
    for one in content["preflights"]:
        when = hour_in_words(one["time_s"], now_s)
        lines.append(f"checked     {when}  pre-flight of {one['sample']} ({one['station']}): {one['words']}")
    for warning in content["warnings"]:
        when = hour_in_words(warning["time_s"], now_s)
        lines.append(f"{warning['level']:11} {when}  {warning['kind']}: {warning['message']}")
    return lines


def _processes(
    connection: "WriteConnection", allowed_s: Mapping[str, float], silences: "Silences"
) -> list[dict[str, Any]]:
    from labctl.readmodel.unreadable import or_as_unreadable
    from labctl.store.queries.heartbeats import all_heartbeats

    return [
        or_as_unreadable(
            partial(_process, row, connection, allowed_s, silences), partial(_process_instead, row)
        )
        for row in all_heartbeats(connection)
    ]


def _process(
    row: dict[str, Any], connection: "WriteConnection", allowed_s: Mapping[str, float], silences: "Silences"
) -> dict[str, Any]:
    from labctl.config.night import DEFAULT_SILENCE_S
    from labctl.queue.heartbeat import Heartbeat, Heartbeats, left_on, state_of
    from labctl.readmodel.left_on_text import left_on_in_words

    beat = Heartbeat(**row)
    silence_s = allowed_s.get(beat.station, DEFAULT_SILENCE_S)
    read_again = Heartbeats(connection, beat.process, beat.station).read

    def silent_for_s(beat: Heartbeat) -> float:
        return silences.watched(beat, beat.allowed_silence_s(silence_s), read_again)

    state = state_of(beat, silence_s, silent_for_s)
    shown = {"state": SHOWN_AS[state], "unsafe": left_on(beat, state)}
    return vars(beat) | shown | {"unsafe_in_words": left_on_in_words(beat, state)}


def _process_instead(row: dict[str, Any], why: str) -> dict[str, Any]:
    return row | {"state": why, "unsafe_in_words": row["unsafe"]}


def _unkept(process: dict[str, Any]) -> bool:
    from labctl.queue.keeping import KEPT_BY_SERVICE

    return process["state"] == "running" and process["doing"] != KEPT_BY_SERVICE


def _process_line(process: dict[str, Any], now_s: float) -> str:
    from labctl.queue.hours import hour_in_words
    from labctl.readmodel.formatting import celsius

    head = f"{process['process']:11} {process['station']}: {process['state']}"
    if process["unsafe_in_words"]:
        head += f", {process['unsafe_in_words']}"
    if process["state"] != "running":
        return f"{head} (last heartbeat {hour_in_words(process['beat_s'], now_s)}, pid {process['pid']})"
    parts = [process["doing"] or "idle"]
    if process["percent"] is not None:
        parts.append(f"{process['percent']:.0f} % done")
    if process["process"] == "runner" and process["temperature_k"] is not None:
        parts.append(f"{celsius(process['temperature_k'])} °C")
    if process["expected_end_s"]:
        parts.append(f"ends about {hour_in_words(process['expected_end_s'], now_s)}")
    if process["process"] == "supervisor" and not process["doing"]:
        return head
    return f"{head}, " + ", ".join(parts)
