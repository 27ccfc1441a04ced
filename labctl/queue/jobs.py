"""The queue: jobs in order, each change of state with its history, safe for several programs at once.

1. Every method is one transaction: two people at once never lose or double a job.
2. What a job cannot become (a finished one cannot be held) raises ConfigurationError and changes nothing.
3. Jobs are never deleted. `clear_finished()` only stops listing them.
4. Interrupted jobs go first, then higher priority, then position.
"""

import json
import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from labctl.clock import Clock, RealClock
from labctl.errors import ConfigurationError
from labctl.queue.job import ENDED, STARTABLE, WAITING, FailurePolicy, Job
from labctl.queue.ledger import Ledger, insert

if TYPE_CHECKING:
    from labctl.config.protocol import Protocol

ORDER = """CASE state WHEN 'running' THEN 0 WHEN 'interrupted' THEN 1 WHEN 'queued' THEN 2 WHEN 'held' THEN 2
           ELSE 3 END, CASE WHEN state IN ('queued', 'held') THEN -priority END,
           CASE WHEN state IN ('queued', 'held') THEN position END, id"""


class Jobs:
    """The jobs of one file.

    Parameters
    ----------
    ledger : Ledger
    clock : Clock, optional
        Whose time history is written in; the wall's by default.
    """

    def __init__(self, ledger: Ledger, clock: Clock | None = None) -> None:
        self._ledger, self._clock = ledger, clock or RealClock()

    def add(self, protocol: "Protocol", *, duration_s: float | None = None, **options: Any) -> int:
        """Queue one checked protocol, with the options of `add_all`; return its id once it is on disk."""
        return self.add_all([(protocol, duration_s)], **options)[0]

    def add_all(
        self,
        protocols: "Sequence[tuple[Protocol, float | None]]",
        *,
        station: str = "",
        person: str = "",
        priority: int = 0,
        not_before_s: float | None = None,
        deadline_s: float | None = None,
        policy: FailurePolicy | None = None,
        held: bool = False,
    ) -> list[int]:
        """Queue checked protocols, each with its estimate in s, behind their priority; all or none."""
        options = {
            "station": station,
            "person": person,
            "priority": priority,
            "not_before_s": not_before_s,
            "deadline_s": deadline_s,
            "failure_policy": (policy or FailurePolicy()).as_json(),
            "state": "held" if held else "queued",
        }
        rows = [_row(protocol) | options | {"duration_s": duration_s} for protocol, duration_s in protocols]
        with self._ledger.transaction() as connection:
            return [self._insert(connection, row, f"queued{_by(person)}") for row in rows]

    def listed(self, *, cleared: bool = False, states: Iterable[str] = ()) -> list[Job]:
        """Jobs in the order they will run, ended ones last; those cleared only where asked for."""
        wanted = tuple(states)
        rows = self._ledger.rows(f"SELECT * FROM jobs WHERE cleared = 0 OR ? ORDER BY {ORDER}", (cleared,))
        return [Job.of(row) for row in rows if not wanted or row["state"] in wanted]

    def get(self, job_id: int) -> Job:
        """One job; raises ConfigurationError when there is none of that number."""
        rows = self._ledger.rows("SELECT * FROM jobs WHERE id = ?", (job_id,))
        if not rows:
            raise _wrong(job_id, "there is no such job; `labctl queue list` shows those there are")
        return Job.of(rows[0])

    def history(self, job_id: int) -> list[dict[str, Any]]:
        """Every state the job came to, oldest first: time_s, state, reason."""
        self.get(job_id)
        query = "SELECT time_s, state, reason FROM job_history WHERE job_id = ? ORDER BY id"
        return self._ledger.rows(query, (job_id,))

    def move(self, job_id: int, place: int, person: str = "") -> None:
        """Put a waiting job at a place among the queued and held ones, 1 = next; beyond the end = last.

        Where it passes a job of another priority it takes a priority that fits its new place.
        """
        if place < 1:
            raise _wrong(job_id, f"place {place} is not 1 or more")
        with self._ledger.transaction() as connection:
            job = self._in_state(connection, job_id, ("queued", "held"), "moved")
            others = [other for other in _waiting(connection) if other["id"] != job_id]
            index = min(place - 1, len(others))
            priority = _fitting(job.priority, others[:index], others[index:])
            connection.execute("UPDATE jobs SET priority = ? WHERE id = ?", (priority, job_id))
            ids = [other["id"] for other in others]
            _renumber(connection, [*ids[:index], job_id, *ids[index:]])
            self._note(connection, job_id, job.state, f"moved to place {index + 1}{_by(person)}")

    def hold(self, job_id: int, person: str = "", reason: str = "") -> None:
        """Let a waiting job wait until it is released."""
        words = reason or f"held{_by(person)}"
        self._change(job_id, STARTABLE, "held", words, "held")

    def release(self, job_id: int, person: str = "") -> None:
        """Let a held job run when its turn comes."""
        self._change(job_id, ("held",), "queued", f"released{_by(person)}", "released")

    def cancel(self, job_id: int, person: str = "") -> None:
        """Take a waiting job out of the queue; a running one is cancelled by a request to the runner."""
        self._change(job_id, WAITING, "cancelled", f"cancelled{_by(person)}", "cancelled")

    def retry(self, job_id: int, person: str = "", from_start: bool = False) -> int:
        """Queue a failed or cancelled job again, from its last finished step; return the job's id.

        With `from_start` a new job is queued that measures everything again, also for a finished one.
        """
        if from_start:
            return self._copy(job_id, person)
        with self._ledger.transaction() as connection:
            self._in_state(connection, job_id, ("failed", "cancelled"), "retried")
            changes = {"attempts": 0, "not_before_s": None, "cleared": 0}
            self._come_to(connection, job_id, "queued", f"queued again{_by(person)}", **changes)
        return job_id

    def clear_finished(self) -> int:
        """Stop listing the jobs that have ended; return how many. They and their results stay."""
        marks = ", ".join("?" * len(ENDED))
        query = f"UPDATE jobs SET cleared = 1 WHERE cleared = 0 AND state IN ({marks})"
        with self._ledger.transaction() as connection:
            return connection.execute(query, ENDED).rowcount

    def claim(self, station: str) -> Job | None:
        """Make the next job that may start now the running one; None when there is none.

        A job whose deadline has passed before it began is cancelled on the way.
        """
        now_s = self._clock.time()
        with self._ledger.transaction() as connection:
            for job in _startable(connection, station):
                if job.deadline_s is not None and now_s > job.deadline_s and job.state == "queued":
                    self._come_to(
                        connection, job.id, "cancelled", "its deadline passed before it could begin"
                    )
                elif job.not_before_s is None or now_s >= job.not_before_s:
                    self._come_to(connection, job.id, "running", "claimed by the runner")
                    return job
        return None

    def next_start_s(self, station: str) -> float | None:
        """When the earliest job that waits for its hour may start; None when none waits."""
        with self._ledger.transaction() as connection:
            hours = [job.not_before_s or 0.0 for job in _startable(connection, station)]
        return min(hours, default=None)

    def end(self, job_id: int, state: str, reason: str) -> None:
        """Write how the attempt at a running job ended."""
        self._change(job_id, ("running",), state, reason, state)

    def try_again(self, job_id: int, reason: str, not_before_s: float, attempts: int) -> None:
        """Let a job whose attempt failed wait for its next attempt."""
        with self._ledger.transaction() as connection:
            self._in_state(connection, job_id, ("running",), "tried again")
            changes = {"not_before_s": not_before_s, "attempts": attempts}
            self._come_to(connection, job_id, "interrupted", reason, **changes)

    def interrupt_running(self, station: str, reason: str) -> list[int]:
        """Mark running jobs as interrupted: for whoever knows that no runner is left; return their ids."""
        query = "SELECT id FROM jobs WHERE state = 'running' AND station IN (?, '')"
        with self._ledger.transaction() as connection:
            ids = [job_id for (job_id,) in connection.execute(query, (station,)).fetchall()]
            for job_id in ids:
                self._come_to(connection, job_id, "interrupted", reason)
        return ids

    def give_up(self, station: str, since_s: float, reason: str) -> list[Job]:
        """Fail the jobs that could start and that nobody has touched since; return them."""
        query = "SELECT max(time_s) FROM job_history WHERE job_id = ?"
        given_up = []
        with self._ledger.transaction() as connection:
            for job in _startable(connection, station):
                (touched_s,) = connection.execute(query, (job.id,)).fetchone()
                if touched_s <= since_s:
                    begun = "not begun" if job.state == "queued" else "not continued"
                    self._come_to(connection, job.id, "failed", f"{begun}: {reason}")
                    given_up.append(job)
        return given_up

    def _copy(self, job_id: int, person: str) -> int:
        job = self.get(job_id)
        with self._ledger.transaction() as connection:
            columns = (
                "protocol_text, sample_text, title, source, station, priority, failure_policy, duration_s"
            )
            row = connection.execute(f"SELECT {columns} FROM jobs WHERE id = ?", (job.id,)).fetchone()
            copied = dict(zip(columns.split(", "), row, strict=True)) | {"person": person or job.person}
            return self._insert(connection, copied, f"queued as a copy of job {job_id}{_by(person)}")

    def _insert(self, connection: sqlite3.Connection, row: dict[str, Any], reason: str) -> int:
        query = "SELECT coalesce(max(position), 0) + 1 FROM jobs"
        (position,) = connection.execute(query).fetchone()
        given = {"uuid": str(uuid.uuid4()), "position": position, "created_s": self._clock.time()}
        job_id = insert(connection, "jobs", {**row, **given, "reason": reason})
        self._note(connection, job_id, row.get("state", "queued"), reason)
        return job_id

    def _change(self, job_id: int, allowed: tuple[str, ...], state: str, reason: str, verb: str) -> None:
        with self._ledger.transaction() as connection:
            self._in_state(connection, job_id, allowed, verb)
            self._come_to(connection, job_id, state, reason)

    def _in_state(
        self, connection: sqlite3.Connection, job_id: int, allowed: tuple[str, ...], verb: str
    ) -> Job:
        job = self.get(job_id)
        if job.state not in allowed:
            raise _wrong(
                job_id, f"is {job.state} and cannot be {verb} (only {' or '.join(allowed)} jobs can)"
            )
        return job

    def _come_to(
        self, connection: sqlite3.Connection, job_id: int, state: str, reason: str, **changes: Any
    ) -> None:
        changed = {"state": state, "reason": reason, **changes}
        assignments = ", ".join(f"{column} = ?" for column in changed)
        connection.execute(f"UPDATE jobs SET {assignments} WHERE id = ?", [*changed.values(), job_id])
        self._note(connection, job_id, state, reason)

    def _note(self, connection: sqlite3.Connection, job_id: int, state: str, reason: str) -> None:
        row = {"job_id": job_id, "time_s": self._clock.time(), "state": state, "reason": reason}
        insert(connection, "job_history", row)


def _wrong(job_id: int, problem: str) -> ConfigurationError:
    return ConfigurationError("queue", f"job {job_id}", problem)


def _row(protocol: "Protocol") -> dict[str, Any]:
    return {
        "protocol_text": protocol.text,
        "sample_text": json.dumps(asdict(protocol.sample)),
        "title": protocol.title,
        "source": protocol.source,
    }


def _by(person: str) -> str:
    return f" by {person}" if person else ""


def _waiting(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    query = (
        f"SELECT id, priority FROM jobs WHERE state IN ('queued', 'held') AND cleared = 0 ORDER BY {ORDER}"
    )
    return [{"id": job_id, "priority": priority} for job_id, priority in connection.execute(query)]


def _renumber(connection: sqlite3.Connection, ids: list[int]) -> None:
    connection.executemany("UPDATE jobs SET position = ? WHERE id = ?", [(n, i) for n, i in enumerate(ids)])


def _fitting(priority: int, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> int:
    """The nearest priority that sorts between the neighbours."""
    if before:
        priority = min(priority, before[-1]["priority"])
    if after:
        priority = max(priority, after[0]["priority"])
    return priority


def _startable(connection: sqlite3.Connection, station: str) -> list[Job]:
    query = f"""SELECT * FROM jobs WHERE state IN ('interrupted', 'queued') AND station IN (?, '')
                ORDER BY {ORDER}"""
    cursor = connection.execute(query, (station,))
    names = [column[0] for column in cursor.description]
    return [Job.of(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
