"""`labctl status`: what runs now, how warm it is, what comes next, what went wrong last."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli.options import DEFAULT_DATABASE, DatabaseOption, JsonOption

if TYPE_CHECKING:
    from labctl.queue.ledger import Ledger

SILENCE_S = 5.0
WATCH_EVERY_S = 2.0


def status(
    db: DatabaseOption = DEFAULT_DATABASE,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on showing it until Ctrl-C.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Say what the station is doing. "running" is said only of a runner that shows signs of life."""
    from labctl.clock import RealClock
    from labctl.queue.ledger import Ledger

    if not db.exists():
        from labctl.errors import StoreError

        raise StoreError(f"{db}: no such file; name yours with --db")
    clock = RealClock()
    with Ledger(db) as ledger:
        while True:
            content = describe(ledger, clock.time())
            if watch:
                _clear_screen()
            typer.echo(json.dumps(content) if as_json else "\n".join(in_words(content, clock.time())))
            if not watch:
                return
            try:
                clock.sleep(WATCH_EVERY_S)
            except KeyboardInterrupt:
                return


def _clear_screen() -> None:
    from rich.console import Console

    Console().clear()


def describe(ledger: "Ledger", now_s: float) -> dict[str, Any]:
    """Return what `--json` prints: processes, pause, jobs by state, the next job, the last warnings."""
    from labctl.queue.heartbeat import all_runners
    from labctl.queue.jobs import Jobs
    from labctl.queue.outlook import outlook_of_all
    from labctl.queue.requests import Pauses

    jobs, beats = Jobs(ledger).listed(), _heartbeats(ledger)
    expected = outlook_of_all(jobs, now_s, all_runners(ledger))
    ends = [e.end_s for e in expected.values()]
    counts: dict[str, int] = {}
    for job in jobs:
        counts[job.state] = counts.get(job.state, 0) + 1
    pause = Pauses(ledger).in_force()
    following = next((job for job in jobs if job.state in ("interrupted", "queued")), None)
    return {
        "processes": [{k: v for k, v in beat.items() if k != "beat"} for beat in beats],
        "paused": None if pause is None else pause.reason or "at a wish",
        "jobs": counts,
        "next": None if following is None else {"job": following.id, "title": following.title},
        "expected_end_s": None if not ends or None in ends else max(e for e in ends if e is not None),
        "warnings": _last_warnings(ledger),
    }


def in_words(content: dict[str, Any], now_s: float) -> list[str]:
    """Return the lines that a person reads."""
    from labctl.queue.hours import hour_in_words

    lines = [_process_line(process, now_s) for process in content["processes"]]
    if not any(process["process"] == "runner" for process in content["processes"]):
        lines.append("runner      none has run here yet (labctl runner)")
    if content["paused"]:
        lines.append(f"paused      {content['paused']} (labctl queue resume)")
    counts = ", ".join(f"{n} {state}" for state, n in content["jobs"].items()) or "none"
    lines.append(f"jobs        {counts}")
    if content["next"]:
        lines.append(f"next        job {content['next']['job']} {content['next']['title']}")
    if content["expected_end_s"] and not content["paused"]:
        lines.append(f"all done    about {hour_in_words(content['expected_end_s'], now_s)}")
    for warning in content["warnings"]:
        when = hour_in_words(warning["time_s"], now_s)
        lines.append(f"{warning['level']:11} {when}  {warning['kind']}: {warning['message']}")
    return lines


def _heartbeats(ledger: "Ledger") -> list[dict[str, Any]]:
    from labctl.queue.heartbeat import Heartbeat

    rows = ledger.rows("SELECT * FROM heartbeats ORDER BY process, station")
    found = []
    for row in rows:
        beat = Heartbeat(**row)
        alive = beat.lives(SILENCE_S)
        state = "running" if alive else "ended" if beat.state == "ended" else "NOT RUNNING"
        if beat.state == "alive" and not alive and not beat.gone:
            state = "FROZEN"
        found.append({**row, "state": state, "beat": beat})
    return found


def _process_line(process: dict[str, Any], now_s: float) -> str:
    from labctl.queue.hours import hour_in_words
    from labctl.readmodel.formatting import celsius

    head = f"{process['process']:11} {process['station']}: {process['state']}"
    if process["state"] != "running":
        return f"{head} (last sign {hour_in_words(process['beat_s'], now_s)}, pid {process['pid']})"
    parts = [process["doing"] or "idle"]
    if process["process"] == "runner" and process["temperature_k"] is not None:
        parts.append(f"{celsius(process['temperature_k'])} °C")
    if process["expected_end_s"]:
        parts.append(f"ends about {hour_in_words(process['expected_end_s'], now_s)}")
    return f"{head}, " + ", ".join(parts) if process["process"] == "runner" else head


def _last_warnings(ledger: "Ledger") -> list[dict[str, Any]]:
    query = """SELECT time_s, level, kind, message FROM events
               WHERE level <> 'info' ORDER BY id DESC LIMIT 5"""
    return ledger.rows(query)
