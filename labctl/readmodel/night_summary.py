"""The jobs and runs since a moment, with their numbers, faults and temperatures, and the outputs.

The numbers come from the current analysis of each run, as `labctl samples` and `labctl show` print them.
Whether an output is off is what was read back, and when; a process that ended says nothing about it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.queue.heartbeat import Heartbeat, all_heartbeats
from labctl.queue.job import ENDED, STARTABLE, Job
from labctl.queue.jobs import Jobs
from labctl.readmodel.across_runs import OverviewRun, overview_runs
from labctl.readmodel.best_numbers import Best, numbers_of
from labctl.readmodel.stated_text import not_stated_in_words, stated_of_run
from labctl.readmodel.station_view import StationView, read_station_view
from labctl.store import Database
from labctl.store.queries import job_reports, nights
from labctl.store.transactions import WriteConnection

MOST_EVENTS = 50
MOST_KINDS = 20
Row = Mapping[str, Any]


@dataclass(frozen=True)
class RunSummary:
    """One run, with the interrupted runs that it continues.

    Attributes
    ----------
    run : mapping
        The columns of `nights.runs_since`.
    parts : tuple of int
        Its number, after the numbers of the runs that it continues.
    at_room_s_m, energy_ev, transference : Best or None
        Conductivity at 25 degC, activation energy, transference number.
    spectra : mapping
        The columns of `nights.spectra_of`.
    departure_k : float or None
        Largest distance of a temperature from its set point during a spectrum.
    highest_k : float or None
        Highest temperature logged.
    faults : sequence of mappings
        Warnings and errors: `kind`, `level`, `count`, last `message`.
    not_stated : str
        Missing statements, which are in no interval, in words; empty without any.
    """

    run: Row
    parts: tuple[int, ...]
    at_room_s_m: Best | None
    energy_ev: Best | None
    transference: Best | None
    spectra: Row
    departure_k: float | None
    highest_k: float | None
    faults: Sequence[Row]
    not_stated: str = ""

    @property
    def has_number(self) -> bool:
        """Whether any of its numbers is known."""
        return any(one is not None for one in (self.at_room_s_m, self.energy_ev, self.transference))


@dataclass(frozen=True)
class JobSummary:
    """A job of the queue, or what was started by hand (`job` is None), with its runs.

    `report` is the last event about its report (`time_s`, `state`, `message`); None where none is wanted.
    """

    job: Job | None
    runs: Sequence[RunSummary]
    report: Row | None = None


@dataclass(frozen=True)
class NightSummary:
    """What happened from `since_s` to `now_s`, s since 1970-01-01 UTC.

    Attributes
    ----------
    stations : mapping of str to StationView
        Every station that has a heartbeat or a job here; empty where runs were only simulated.
    jobs : sequence of JobSummary
        Jobs that changed or wait, in the order of the queue; then the runs started by hand.
    events : sequence of mappings
        Warnings and errors of the stations, oldest first; the last `MOST_EVENTS`.
    """

    since_s: float
    now_s: float
    stations: Mapping[str, StationView]
    jobs: Sequence[JobSummary]
    events: Sequence[Row]

    def unwatched_runs(self, station: str) -> list[int]:
        """Numbers of the runs on real instruments that began after the last heartbeat of the runner.

        What that runner read back says nothing about them.
        """
        view = self.stations.get(station)
        seen_s = -math.inf if view is None or view.runner is None else view.runner.beat_s
        runs = (run.run for one in self.jobs for run in one.runs)
        real = (row for row in runs if row["clock"] == "real" and row["station"] == station)
        return [row["id"] for row in real if row["started_s"] > seen_s]

    @property
    def unseen_stations(self) -> list[str]:
        """Stations with runs on real instruments, but without a heartbeat or a job."""
        named = {run.run["station"] for one in self.jobs for run in one.runs if run.run["clock"] == "real"}
        return sorted(named - {""} - self.stations.keys())

    @property
    def is_all_off(self) -> bool:
        """Whether every output of every station was read back off, by its last runner, after its last run."""
        ended = all(view.runner_state == "ended" for view in self.stations.values())
        later = any(self.unwatched_runs(name) for name in self.stations)
        return bool(self.stations) and ended and not later and not self.unseen_stations


def night_summary(
    database: Database,
    connection: WriteConnection,
    since_s: float,
    now_s: float,
    silence_s: Callable[[str], float],
    silent_for_s: Callable[[Heartbeat], float] = Heartbeat.age_s,
    station: str = "",
) -> NightSummary:
    """Read what happened since a moment.

    Parameters
    ----------
    database, connection
        The same file, for runs and for the queue.
    since_s, now_s : float
        s since 1970-01-01 UTC.
    silence_s : callable
        Returns `silence_s` of a station by its name.
    silent_for_s : callable
        As for `state_of`.
    station : str, optional
        Only what belongs to this station.
    """
    rows = [row for row in nights.runs_since(database, since_s) if station in ("", row["station"])]
    overviews = {run.id: run for run in overview_runs(database)} if rows else {}
    summaries = [_run_summary(database, row, overviews) for row in _last_of_their_parts(database, rows)]
    jobs = [job for job in _jobs_since(database, connection, since_s) if station in ("", job.rig)]
    return NightSummary(
        since_s=since_s,
        now_s=now_s,
        stations={
            name: read_station_view(connection, name, now_s, silence_s(name), silent_for_s)
            for name in _stations(connection, jobs)
            if station in ("", name)
        },
        jobs=_by_job(jobs, summaries, job_reports.told_since(database, since_s)),
        events=nights.station_events_since(database, since_s, MOST_EVENTS),
    )


def _last_of_their_parts(database: Database, rows: Sequence[Row]) -> list[tuple[Row, tuple[int, ...]]]:
    """Return the runs that no later run continues, each with the numbers of its parts."""
    parts = {row["id"]: tuple(database.part_ids(row["id"])) for row in rows}
    continued = {part for run_id, ids in parts.items() for part in ids if part != run_id}
    return [(row, parts[row["id"]]) for row in rows if row["id"] not in continued]


def _run_summary(
    database: Database, found: tuple[Row, tuple[int, ...]], overviews: Mapping[int, OverviewRun]
) -> RunSummary:
    row, parts = found
    overview = overviews.get(row["id"])
    at_room, energy, transference = (None, None, None) if overview is None else numbers_of(overview)
    return RunSummary(
        run=row,
        parts=parts,
        at_room_s_m=at_room,
        energy_ev=energy,
        transference=transference,
        spectra=nights.spectra_of(database, parts),
        departure_k=nights.largest_departure_k(database, parts),
        highest_k=nights.highest_temperature_k(database, parts),
        faults=nights.faults_of(database, parts, MOST_KINDS),
        not_stated="" if overview is None else _not_stated(database, overview),
    )


def _not_stated(database: Database, run: OverviewRun) -> str:
    return not_stated_in_words(stated_of_run(database, run.id, run.sample))


def _jobs_since(database: Database, connection: WriteConnection, since_s: float) -> list[Job]:
    """Return the jobs that changed since a moment, ran, or still wait."""
    changed = set(nights.jobs_changed_since(database, since_s))
    return [
        job for job in Jobs(connection).listed(cleared=True) if job.id in changed or job.state not in ENDED
    ]


def _stations(connection: WriteConnection, jobs: Sequence[Job]) -> list[str]:
    named = {beat.station for beat in all_heartbeats(connection)} | {job.rig for job in jobs}
    return sorted(named - {""})


def _by_job(jobs: Sequence[Job], runs: Sequence[RunSummary], reports: Mapping[int, Row]) -> list[JobSummary]:
    """Return ended jobs in the order they were measured, then those that wait, then runs without a job."""
    known = {job.id for job in jobs}
    of_job = {job.id: [run for run in runs if run.run["job_id"] == job.id] for job in jobs}
    begun = sorted((job for job in jobs if of_job[job.id]), key=lambda job: of_job[job.id][0].parts[0])
    begun += [job for job in jobs if not of_job[job.id] and job.state not in STARTABLE]
    waiting = [job for job in jobs if not of_job[job.id] and job.state in STARTABLE]
    alone = [JobSummary(None, (run,)) for run in runs if run.run["job_id"] not in known]
    of_queue = (*begun, *waiting)
    return [JobSummary(job, of_job[job.id], reports.get(job.id)) for job in of_queue] + alone
