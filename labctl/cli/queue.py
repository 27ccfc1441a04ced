"""`labctl queue`: jobs for the runner of a station. Every command can be used during a measurement."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.long_protocols import LongOption, ask_about_long
from labctl.cli.number import number_option
from labctl.cli.options import (
    DEFAULT_DATABASE,
    DEFAULT_STATION,
    DatabaseOption,
    JsonOption,
    PersonOption,
    StationOption,
    trust_options,
    user_name,
)
from labctl.cli.same_sample import SameSampleOption, ask_about_sample, carry_out
from labctl.errors import ConfigurationError, InvalidRequest
from labctl.plain_text import local_time, shown
from labctl.typed_number import end_before_last, span

if TYPE_CHECKING:
    from labctl.config.protocol import Protocol
    from labctl.queue.heartbeat import Heartbeat
    from labctl.queue.job import Job
    from labctl.queue.jobs import Jobs
    from labctl.queue.pauses import Pause, Pauses
    from labctl.queue.requests import Requests
    from labctl.queue.submission import QueuedJob
    from labctl.store.transactions import WriteConnection

app = typer.Typer(help="Add, order, hold and cancel jobs; pause and resume the queue.", no_args_is_help=True)

MOST_ROWS = 1000
MOST_TEMPERATURES = 1000
LARGEST_PRIORITY = 1_000_000
HOTTEST_DEGC = 10_000.0
NO_FILE = "no such file; name yours with --db, or queue a first job with labctl queue add"
PriorityOption = Annotated[
    int,
    typer.Option(min=-LARGEST_PRIORITY, max=LARGEST_PRIORITY, help="A higher priority runs first."),
]
OnlyStationOption = Annotated[
    Path | None, typer.Option("--station", "-s", help="Only the station of this file.", show_default=False)
]


def _job_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        told = f"{shown(text)} is not the number of a job; `labctl queue list` shows the numbers"
        raise typer.BadParameter(told) from None


JobArgument = Annotated[
    int, typer.Argument(help="Number of the job.", show_default=False, parser=_job_number)
]


@dataclass(frozen=True)
class OpenQueue:
    """The queue of one file, for one command."""

    connection: "WriteConnection"
    jobs: "Jobs"
    requests: "Requests"
    pauses: "Pauses"


@contextmanager
def open_queue(db: Path, make: bool = False) -> Iterator[OpenQueue]:
    """Open the queue of a file; a missing file, which may be a mistyped name, is created only with `make`."""
    from labctl.queue.jobs import Jobs
    from labctl.queue.requests import Pauses, Requests
    from labctl.store.transactions import WriteConnection

    if not make and not db.exists():
        raise InvalidRequest(f"{db}: {NO_FILE}")
    with WriteConnection(db) as connection:
        yield OpenQueue(connection, Jobs(connection), Requests(connection), Pauses(connection))


@contextmanager
def look_at_queue(db: Path) -> Iterator[OpenQueue]:
    """Open the queue of a file to read it; nothing is created, migrated or written."""
    from labctl.queue.jobs import Jobs
    from labctl.queue.requests import Pauses, Requests
    from labctl.store.looking import LookConnection

    if not db.exists():
        raise InvalidRequest(f"{db}: {NO_FILE}")
    with LookConnection(db) as connection:
        yield OpenQueue(connection, Jobs(connection), Requests(connection), Pauses(connection))


@app.command()
def add(
    files: Annotated[list[Path] | None, typer.Argument(help="Protocol files.", show_default=False)] = None,
    like: Annotated[
        str,
        typer.Option(
            metavar="RUN", help="Instead of files: the procedure of this run with its exact parameters."
        ),
    ] = "",
    sample: Annotated[str, typer.Option(help="With --like: name of another sample.")] = "",
    thickness_mm: Annotated[float | None, number_option("With --sample: its thickness.", low=0)] = None,
    thickness_u_mm: Annotated[float | None, number_option("Its standard uncertainty.", low=0)] = None,
    diameter_mm: Annotated[
        float | None, number_option("With --sample: of its electrodes, if not as the run's.", low=0)
    ] = None,
    diameter_u_mm: Annotated[float | None, number_option("Its standard uncertainty.", low=0)] = None,
    station: StationOption = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
    priority: PriorityOption = 0,
    not_before: Annotated[str, typer.Option(help="22:30, '2026-11-23 06:00' or +8h.")] = "",
    deadline: Annotated[str, typer.Option(help="Latest time to begin.")] = "",
    retries: Annotated[int, typer.Option(min=0, max=100, help="Further attempts after a failed one.")] = 2,
    retry_delay_min: Annotated[
        float, number_option("Delay before each.", low=0, high=1440, show_default=True)
    ] = 1.0,
    on_failure: Annotated[
        str, typer.Option(help="skip: go on; stop: the queue waits for a person.")
    ] = "skip",
    held: Annotated[bool, typer.Option("--held", help="Hold the job until it is released.")] = False,
    no_rehearsal: Annotated[
        bool, typer.Option("--no-rehearsal", help="Begin without a rehearsal on simulated instruments.")
    ] = False,
    long: LongOption = False,
    same_sample: SameSampleOption = "",
    person: PersonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Check protocols against limits and instruments of the station and queue them, all of them or none.

    They are rehearsed on simulated instruments in the background. A job begins when its rehearsal has passed,
    or where none is possible, and is held if it fails.
    """
    from labctl.clock import RealClock
    from labctl.config.doubts import doubts_about_station
    from labctl.config.protocol import read_protocol
    from labctl.config.station import read_station
    from labctl.queue.analyser_gate import refuse_or_tell
    from labctl.queue.submission import Terms, submit

    policy = _policy(retries, retry_delay_min * 60, on_failure)
    hours = _hours(not_before, deadline)
    asked = {"priority": priority, "policy": policy, "held": held, "rehearsed": not no_rehearsal, **hours}
    terms = Terms(person=person or user_name(), **asked)
    chosen = read_station(station)
    for warning in doubts_about_station(chosen):
        terminal.say(warning, err=True, fg="yellow")
    another = (sample, thickness_mm, thickness_u_mm, diameter_mm, diameter_u_mm)
    _require_files_or_run(files or [], like, another)
    protocols = [read_protocol(file.resolve(), db) for file in files or []]
    protocols += [_like(db, like, another)] if like else []
    for protocol in protocols:
        protocol.check_against(chosen)
        for warning in [*protocol.warnings(), *_untrusted_code(protocol, station)]:
            terminal.say(f"{protocol.source}: {warning}", err=True, fg="yellow")
        ask_about_long(protocol, chosen, long)
    answers = [ask_about_sample(protocol, db, same_sample) for protocol in protocols]
    with open_queue(db, make=True) as queue:
        for warning in refuse_or_tell(queue.connection, chosen, RealClock().time()):
            terminal.say(warning, err=True, fg="yellow")
        queued = submit(queue.connection, chosen, protocols, terms)
    for protocol, how, job in zip(protocols, answers, queued, strict=True):
        carry_out(protocol, db, how, terms.person, job.id)
    _have_rehearsed(queued, protocols, station, db)
    added = [
        {"job": job.id, "title": job.title, "duration_s": _known(job.takes_s), "rehearsal": job.rehearsal}
        for job in queued
    ]
    _print_added(added, as_json)


def _require_files_or_run(files: list[Path], like: str, another: tuple[Any, ...]) -> None:
    if bool(files) == bool(like):
        raise InvalidRequest("give protocol files, or --like RUN: one of both")
    if files and any(another):
        raise InvalidRequest(
            "--sample and the size of a sample belong to --like; a protocol file has its own"
        )


def _like(db: Path, run: str, another: tuple[Any, ...]) -> "Protocol":
    """Return the protocol of an old run; properties taken over for another sample are printed."""
    from labctl.readmodel.like_run import AnotherSample, like_run
    from labctl.store import Database

    if not db.exists():
        raise InvalidRequest(f"{db}: {NO_FILE}")
    with Database(db) as database:
        run_id = database.run(run)["id"]
    with open_queue(db) as queue:
        found = like_run(queue.connection, run_id, AnotherSample(*another))
    if found.taken_over:
        terminal.echo(found.taken_over, err=True)
    return found.protocol


def _have_rehearsed(queued: "list[QueuedJob]", protocols: "list[Protocol]", station: Path, db: Path) -> None:
    """Start the rehearsal of new jobs; it may execute the code that the person named by the protocols."""
    from labctl.queue.rehearsing import start_rehearsal

    wanted = [job.id for job in queued if job.rehearsal == "wanted"]
    folders = sorted({Path(protocol.source).resolve().parent for protocol in protocols})
    if not wanted:
        return
    try:
        start_rehearsal(db, station, wanted, trust_options(folders))
    except OSError as error:
        terminal.say(f"the rehearsal cannot be started: {error}; the runner does it", err=True, fg="yellow")


def _untrusted_code(protocol: "Protocol", station: Path) -> list[str]:
    """Return a sentence if the runner of a station executes the code of a protocol only with `--trust`."""
    from labctl.config.own_code import loaded_with

    folder = Path(protocol.source).resolve().parent
    is_own = any(loaded_with(entry.procedure_class) for entry in protocol.procedures)
    if not is_own or folder == station.resolve().parent:
        return []
    return [f"its procedure lies in {folder}: the runner of {station} executes it only with --trust {folder}"]


@app.command("list")
def list_jobs(
    db: DatabaseOption = DEFAULT_DATABASE,
    everything: Annotated[bool, typer.Option("--all", help="List cleared jobs as well.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the jobs in the order they will run, with their expected end."""
    from labctl.clock import RealClock
    from labctl.queue.heartbeat import all_runners
    from labctl.queue.outlook import outlook_of_all

    with look_at_queue(db) as queue:
        jobs = queue.jobs.listed(cleared=everything)
        pauses = queue.pauses.all_in_force()
        runners = all_runners(queue.connection)
    now_s = RealClock().time()
    expected, left = outlook_of_all(jobs, now_s, runners, pauses), _left_on(runners)
    if as_json:
        rows = [_job_row(job) | _expected_row(expected.get(job.id)) for job in jobs]
        paused = [vars(pause) for pause in pauses]
        content = {"paused": next(iter(paused), None), "pauses": paused, "not_safe": left, "jobs": rows}
        terminal.echo(json.dumps(content, default=str))
        return
    _print_jobs(jobs, expected, now_s)
    for station, words in left.items():
        terminal.say(f"{station}: {words}", fg="red")
    for pause in pauses:
        terminal.say(f"paused: {pause.place} (labctl queue resume)", fg="yellow")


@app.command()
def show(job: JobArgument, db: DatabaseOption = DEFAULT_DATABASE, as_json: JsonOption = False) -> None:
    """Show one job: its protocol, its history, its runs."""
    with look_at_queue(db) as queue:
        found, history = queue.jobs.get(job), queue.jobs.history(job)
        runs = queue.jobs.runs(job)
    if as_json:
        content = {"history": history, "runs": runs, "protocol_text": found.protocol_text}
        terminal.echo(json.dumps(_job_row(found) | content))
        return
    terminal.echo(
        f"job {found.id} {found.title!r} of {found.person or 'unknown'}: {found.state} ({found.reason})"
    )
    terminal.echo(f"  {_terms(found)}")
    for row in history:
        terminal.echo(f"  {local_time(row['time_s'])}  {row['state']:11}  {row['reason']}")
    for run in runs:
        terminal.echo(f"  run {run['id']}: {run['status']} {run['reason']}")
    terminal.echo(found.protocol_text)


@app.command()
def move(
    job: JobArgument,
    place: Annotated[int, typer.Argument(min=1, help="1 = next.", show_default=False)],
    db: DatabaseOption = DEFAULT_DATABASE,
    person: PersonOption = "",
) -> None:
    """Move a waiting job to another place in the queue."""
    with open_queue(db) as queue:
        queue.jobs.move(job, place, person or user_name())
    terminal.echo(f"job {job} moved")


@app.command()
def hold(job: JobArgument, db: DatabaseOption = DEFAULT_DATABASE, person: PersonOption = "") -> None:
    """Hold a waiting job until it is released."""
    with open_queue(db) as queue:
        queue.jobs.hold(job, person or user_name())
    terminal.echo(f"job {job} held")


@app.command()
def release(job: JobArgument, db: DatabaseOption = DEFAULT_DATABASE, person: PersonOption = "") -> None:
    """Let a held job run when its turn comes."""
    with open_queue(db) as queue:
        queue.jobs.release(job, person or user_name())
    terminal.echo(f"job {job} released")


@app.command()
def cancel(
    job: JobArgument,
    now: Annotated[bool, typer.Option("--now", help="Do not wait for the point under way.")] = False,
    db: DatabaseOption = DEFAULT_DATABASE,
    person: PersonOption = "",
) -> None:
    """Cancel a job; a running one is stopped after its point and made safe, measured data is kept."""
    with open_queue(db) as queue:
        if queue.jobs.get(job).state == "running":
            queue.requests.ask(job, "cancel now" if now else "cancel", person=person or user_name())
            terminal.echo(f"job {job} is asked to stop")
            return
        queue.jobs.cancel(job, person or user_name())
    terminal.echo(f"job {job} cancelled")


@app.command()
def retry(
    job: JobArgument,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="A new job that measures all again.")
    ] = False,
    db: DatabaseOption = DEFAULT_DATABASE,
    person: PersonOption = "",
) -> None:
    """Queue a failed or cancelled job again; it continues from its last finished step."""
    with open_queue(db) as queue:
        queued = queue.jobs.retry(job, person or user_name(), from_start)
    terminal.echo(f"job {queued} queued")


@app.command("clear-finished")
def clear_finished(db: DatabaseOption = DEFAULT_DATABASE) -> None:
    """Stop listing the jobs that have ended. Nothing is deleted."""
    with open_queue(db) as queue:
        terminal.echo(f"{queue.jobs.clear_finished()} job(s) cleared")


@app.command()
def pause(
    after: Annotated[str, typer.Option(help="Where the job under way waits: point, step or job.")] = "step",
    reason: Annotated[str, typer.Option(help="Reason, shown to others.")] = "",
    station: OnlyStationOption = None,
    db: DatabaseOption = DEFAULT_DATABASE,
    person: PersonOption = "",
) -> None:
    """Start no further job; a running one waits at its temperature, at most for the station's time.

    Without --station this holds for every station that uses the file.
    """
    with open_queue(db) as queue:
        _pauses_of(queue, station).pause(after, reason, person or user_name())
    terminal.echo(f"the queue is paused after this {after}")


@app.command()
def resume(
    station: OnlyStationOption = None,
    everywhere: Annotated[bool, typer.Option("--all", help="Every station that uses the file.")] = False,
    db: DatabaseOption = DEFAULT_DATABASE,
) -> None:
    """Go on after a pause, an interlock or a power cut.

    Where several stations use the file and more than one is paused, say which: --station, or --all.
    """
    with open_queue(db) as queue:
        if station is None and not everywhere:
            _refuse_several(queue.pauses.all_in_force())
        resumed = _pauses_of(queue, station).resume()
        still = queue.pauses.all_in_force()
    terminal.echo("the queue goes on" if resumed else "the queue was not paused")
    for pause in still:
        terminal.say(f"still paused: {pause.place}", fg="yellow")


def _pauses_of(queue: OpenQueue, station: Path | None) -> "Pauses":
    from labctl.config.night import read_silence
    from labctl.queue.pauses import Pauses

    if station is None:
        return queue.pauses
    name, _ = read_silence(station)
    return Pauses(queue.connection, station=name)


def _refuse_several(pauses: "list[Pause]") -> None:
    """Refuse to end the pause of another rig by accident."""
    paused = sorted({pause.station for pause in pauses if pause.station})
    if len(paused) > 1:
        problem = f"{len(paused)} stations are paused ({', '.join(paused)}); give --station FILE, or --all"
        raise ConfigurationError("queue", "resume", problem)


@app.command()
def skip(job: JobArgument, db: DatabaseOption = DEFAULT_DATABASE, person: PersonOption = "") -> None:
    """Skip the current step of a running job and continue with the next."""
    with open_queue(db) as queue:
        _refuse_unless_running(queue, job)
        queue.requests.ask(job, "skip step", person=person or user_name())
    terminal.echo(f"job {job} is asked to leave its step")


@app.command()
def temperatures(
    job: JobArgument,
    list_degc: Annotated[
        str, typer.Argument(help="Remaining temperatures, as 60,70 or 60:100:10.", show_default=False)
    ],
    db: DatabaseOption = DEFAULT_DATABASE,
    person: PersonOption = "",
) -> None:
    """Replace the temperatures that a running job has not begun (the way back included)."""
    wanted = _temperatures(list_degc)
    with open_queue(db) as queue:
        _refuse_unless_running(queue, job)
        queue.requests.ask(job, "temperatures", {"temperatures_degc": wanted}, person or user_name())
    terminal.echo(
        f"job {job} is asked to go on with {', '.join(f'{t:g}' for t in wanted)} degC{_early_ends(list_degc)}"
    )


def _refuse_unless_running(queue: OpenQueue, job: int) -> None:
    state = queue.jobs.get(job).state
    if state != "running":
        raise ConfigurationError("queue", f"job {job}", f"is {state}; only a running job can do that")


def _temperatures(text: str) -> list[float]:
    try:
        found = [t for part in text.split(",") if part.strip() for t in _span(part)]
    except ValueError:
        found = []
    if not found or len(found) > MOST_TEMPERATURES:
        problem = f"{shown(text)} is no list of at most {MOST_TEMPERATURES} temperatures"
        raise ConfigurationError("queue", "temperatures", f"{problem}; give 60,70 or 60:100:10")
    return found


def _span(part: str) -> list[float]:
    first, *rest = [float(field) for field in part.split(":")]
    if not all(math.isfinite(number) and abs(number) < HOTTEST_DEGC for number in (first, *rest)):
        raise ValueError(part)
    if not rest:
        return [first]
    last, step = rest
    return span(first, last, step)


def _early_ends(text: str) -> str:
    """Return `; 50:115:10 ends at 110` for ranges that end before their last value."""
    ranges = [(part.strip(), [float(field) for field in part.split(":")]) for part in text.split(",")]
    ends = [(part, end_before_last(*ends)) for part, ends in ranges if len(ends) == 3]
    return "".join(f"; {part} ends at {end:g}" for part, end in ends if end is not None)


def _left_on(runners: "dict[str, Heartbeat]") -> dict[str, str]:
    """Return the outputs that were not read back off, in words, by station."""
    from labctl.config.night import DEFAULT_SILENCE_S
    from labctl.queue.heartbeat import state_of
    from labctl.readmodel.left_on_text import left_on_in_words

    words = {
        name: left_on_in_words(beat, state_of(beat, DEFAULT_SILENCE_S)) for name, beat in runners.items()
    }
    return {name: left for name, left in words.items() if left}


def _known(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) else None


def _policy(retries: int, delay_s: float, then: str) -> Any:
    from labctl.queue.job import FailurePolicy

    try:
        return FailurePolicy(retries, delay_s, then)
    except ValueError as error:
        raise ConfigurationError("labctl queue add", "--on-failure", str(error)) from error


def _hour(option: str, text: str) -> float | None:
    from labctl.clock import RealClock
    from labctl.queue.hours import parse_future_hour

    if not text:
        return None
    try:
        return parse_future_hour(text, RealClock().time())
    except ValueError as error:
        raise ConfigurationError("labctl queue add", option, str(error)) from error


def _hours(not_before: str, deadline: str) -> dict[str, float | None]:
    begin_s, end_s = _hour("--not-before", not_before), _hour("--deadline", deadline)
    if begin_s is not None and end_s is not None and end_s < begin_s:
        given = f"{local_time(end_s)} is before --not-before {local_time(begin_s)}"
        problem = f"{given}: the job could never begin"
        raise ConfigurationError("labctl queue add", "--deadline", problem)
    return {"not_before_s": begin_s, "deadline_s": end_s}


def _job_row(job: "Job") -> dict[str, Any]:
    hidden = ("protocol_text", "sample_text", "policy")
    row = {name: value for name, value in vars(job).items() if name not in hidden}
    return row | {"policy": vars(job.policy)}


def _expected_row(expectation: Any) -> dict[str, Any]:
    return {} if expectation is None else {f"expected_{k}": v for k, v in vars(expectation).items()}


def _print_added(added: list[dict[str, Any]], as_json: bool) -> None:
    from labctl.readmodel.formatting import duration

    if as_json:
        terminal.echo(json.dumps({"added": added}))
        return
    for job in added:
        takes = f"about {duration(job['duration_s'])}" if job["duration_s"] else "of unknown duration"
        then = "; its rehearsal begins in the background" if job["rehearsal"] == "wanted" else ""
        terminal.echo(f"job {job['job']} {job['title']!r} queued, {takes}{then}")


def _print_jobs(jobs: "list[Job]", expected: dict[int, Any], now_s: float) -> None:
    from rich.table import Table

    from labctl.readmodel.unreadable import or_as_unreadable

    table = Table(title=f"{len(jobs)} job(s)", title_justify="left")
    for heading in ("job", "title", "state", "person", "begins", "ends", "remarks"):
        table.add_column(heading)
    for job in jobs[:MOST_ROWS]:
        cells = partial(_job_cells, job, expected.get(job.id), now_s)
        table.add_row(*or_as_unreadable(cells, lambda why, number=job.id: (str(number), why)))
    console = terminal.console()
    console.print(table)
    if len(jobs) > MOST_ROWS:
        console.print(f"{len(jobs) - MOST_ROWS} job(s) after these are not shown; --json has all")


def _job_cells(job: "Job", expectation: Any, now_s: float) -> tuple[str, ...]:
    from labctl.queue.hours import hour_in_words

    begins = hour_in_words(expectation.begin_s, now_s) if expectation else ""
    ends = hour_in_words(expectation.end_s, now_s) if expectation else ""
    remarks = "; ".join(filter(None, (job.remark, expectation.warning if expectation else "")))
    return str(job.id), job.title, job.state, job.person, begins, ends, remarks


def _terms(job: "Job") -> str:
    """Return start conditions, duration and failure policy of a job as text."""
    from labctl.readmodel.formatting import duration

    words = [
        f"priority {job.priority}",
        f"not before {local_time(job.not_before_s)}" if job.not_before_s else "",
        f"begins until {local_time(job.deadline_s)}" if job.deadline_s else "",
        f"about {duration(job.duration_s)}" if job.duration_s else "",
        f"on failure {job.policy.retries} more attempt(s) after {duration(job.policy.delay_s)}, "
        f"then {job.policy.then}",
        f"{job.attempts} failed so far" if job.attempts else "",
        f"of {job.owner}" if job.owner else "",
        job.rehearsal_in_words,
    ]
    return "; ".join(filter(None, words))
