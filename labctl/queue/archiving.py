"""Ended runs go into the archive of the station's `[archive]` table, by processes beside the night.

1. `labctl runner` starts one process of low priority, `labctl archive follow`, and starts it again where it
   ends too early. A runner waits for nothing here, and nothing here raises in it.
2. That process looks for ended runs, analyses and amendments. It adds them by a process of its own
   (`labctl archive add`), which is killed at a time limit: a share that hangs delays the archive only.
3. An archive that cannot be reached is tried again, after 10 s at first and 10 min at last. One event says
   that it is away, another that it is back. A run that is refused is one event.
4. The process ends once its runner is gone and everything was added, or could not be.
"""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from labctl.clock import Clock, RealClock
from labctl.config.archive_settings import ArchiveSettings, read_archive
from labctl.config.night import DEFAULT_SILENCE_S
from labctl.config.station import Station
from labctl.errors import ConfigurationError
from labctl.plain_text import on_one_line, shortened
from labctl.queue.child_process import ChildEnded, run_to_its_end
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.processes import start_labctl
from labctl.queue.rehearsing import ONE_CORE
from labctl.store.queries.archiving import knowledge_mark
from labctl.store.queries.notifications import add_event
from labctl.store.transactions import WriteConnection

log = logging.getLogger(__name__)
LOOK_EVERY_S = 2.0
CHILD_LOOKED_AT_EVERY_S = 10.0
FIRST_DELAY_S, LONGEST_DELAY_S = 10.0, 600.0
MOST_STARTS = 20
LONGEST_REASON = 300
Start = Callable[[], "subprocess.Popen[bytes]"]


@contextmanager
def archiving(station: Station, db: Path, start: Start | None = None) -> Iterator[None]:
    """Keep `labctl archive follow` running while inside, where the station has an `[archive]` table."""
    if not _is_wanted(station):
        yield
        return
    keeper = Keeper(start or (lambda: start_following(db, station.source)))
    over = threading.Event()

    def live() -> None:
        while not over.wait(CHILD_LOOKED_AT_EVERY_S):
            keeper.look()

    keeper.look()
    thread = threading.Thread(target=live, name="labctl archive", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(CHILD_LOOKED_AT_EVERY_S)
        keeper.look()  # what ended last is added by a process that outlives the runner


class Keeper:
    """Starts the process that follows, and starts it again where it has ended; never waits, never raises."""

    def __init__(self, start: Start) -> None:
        self._start, self._starts = start, 0
        self._child: subprocess.Popen[bytes] | None = None

    def look(self) -> None:
        """Start the process where none is at work, at most 20 times."""
        if self._starts >= MOST_STARTS or (self._child is not None and self._child.poll() is None):
            return
        self._starts += 1
        try:
            self._child = self._start()
        except OSError as error:
            log.error("nothing is added to the archive: no process could be started: %s", error)


def start_following(db: Path, station: Path | str) -> "subprocess.Popen[bytes]":
    """Start the process that adds what ends; raises OSError where it cannot be started."""
    words = ["archive", "follow", "--station", str(Path(station).resolve()), "--db", str(db.resolve())]
    return start_labctl(words, db.with_suffix(".archive.log"), ONE_CORE, idle=True)


def command_to_add(db: Path, to: str) -> list[str]:
    """Return the command that adds runs that the archive lacks."""
    return [sys.executable, "-m", "labctl", "archive", "add", str(db), "--to", to, "--json"]


def follow(
    db: Path,
    station: str,
    settings: ArchiveSettings,
    command: Sequence[str],
    clock: Clock | None = None,
    runner_lives: Callable[[], bool] | None = None,
) -> None:
    """Add what ends, until the runner of the station is gone and nothing is left that can be added.

    Parameters
    ----------
    db : Path
    station : str
        Its name.
    settings : ArchiveSettings
    command : sequence of str
        Adds everything that is not there; prints the JSON of `labctl archive add --json`.
    clock : Clock, optional
        For waiting; real time by default.
    runner_lives : callable, optional
        By default, whether the runner's heartbeat is fresh.

    Raises
    ------
    StoreError
        The results file cannot be read or written.
    """
    clock = clock or RealClock()
    with WriteConnection(db, may_create=False) as connection:
        following = _Following(connection, station, settings, command, clock)
        lives = runner_lives or following.runner_lives
        while True:
            runs_on = lives()  # asked before: what ended since then is looked at once more
            following.look()
            if not runs_on and (following.is_done or following.has_failed):
                return
            clock.sleep(LOOK_EVERY_S)


class _Following:
    """The last state that was added, and the time of the next attempt."""

    def __init__(
        self,
        connection: WriteConnection,
        station: str,
        settings: ArchiveSettings,
        command: Sequence[str],
        clock: Clock,
    ) -> None:
        self._connection, self._station, self._settings = connection, station, settings
        self._command, self._clock = command, clock
        self._added: tuple[Any, ...] | None = None
        self._due_s, self._delay_s = clock.monotonic(), FIRST_DELAY_S
        self._refused: set[str] = set()
        self.has_failed = False
        self.is_done = False

    def runner_lives(self) -> bool:
        """Whether the runner's heartbeat is fresh."""
        beat = Heartbeats(self._connection, "runner", self._station).read()
        return beat is not None and beat.lives(2 * DEFAULT_SILENCE_S)

    def look(self) -> None:
        """Add new runs, where an attempt is due."""
        mark = knowledge_mark(self._connection)
        self.is_done = mark == self._added
        if self.is_done or self._clock.monotonic() < self._due_s:
            return
        ended = run_to_its_end(self._command, self._settings.longest_s, self._clock)
        refused = _refused(ended)
        if refused is None:
            self._failed(ended)
            return
        for words in sorted(set(refused) - self._refused):
            self._tell("warning", f"not added to the archive: {words}")
        self._refused.update(refused)
        if self.has_failed:
            self._tell("info", f"the archive {self._settings.to} is reached again")
        self.has_failed, self._delay_s, self._added, self.is_done = False, FIRST_DELAY_S, mark, True

    def _failed(self, ended: ChildEnded) -> None:
        words = shortened(ended.problem, LONGEST_REASON)
        log.warning("nothing could be added: %s", on_one_line(words))
        if not self.has_failed:
            self._tell("warning", f"runs are not added to the archive now, tried again: {words}")
        self.has_failed = True
        self._due_s = self._clock.monotonic() + self._delay_s
        self._delay_s = min(2 * self._delay_s, LONGEST_DELAY_S)

    def _tell(self, level: str, message: str) -> None:
        row = {"time_s": RealClock().time(), "level": level, "kind": "archive", "message": message}
        with self._connection.transaction() as connection:
            add_event(connection, row | {"station": self._station})


def _refused(ended: ChildEnded) -> list[str] | None:
    """Return sentences about runs that were refused; None where the archive was not reached."""
    try:
        series = json.loads(ended.output)["series"]
        return [f"run {one['runs'][0]}: {one['reason']}" for one in series if one["outcome"] == "refused"]
    except (ValueError, LookupError, TypeError):
        return None


def _is_wanted(station: Station) -> bool:
    """A wrong table must not keep a night from going on; `labctl runner` refuses it before."""
    try:
        return read_archive(station) is not None
    except ConfigurationError as error:
        log.error("nothing is added to an archive: %s", error)
        return False
