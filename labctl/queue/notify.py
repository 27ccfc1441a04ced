"""Messages to people: mail, chat, phone, by the service addresses of apprise. Nothing leaves by default.

Addresses hold secrets: they come from the environment (LABCTL_NOTIFY_URLS, separated by spaces) or from a
file named in the station file, one a line, and are never written to the database or a log.

A service that is slow, raises or hangs delays only its own messages, and the end of the supervisor by a
bounded time (`labctl.queue.outbox`). What it did not take is an event of kind `notification` in the file.
"""

import importlib
import logging
import os
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from labctl.clock import Clock, RealClock
from labctl.config.night import DEFAULT_SILENCE_S, NotifySettings, read_night
from labctl.config.station import Station
from labctl.errors import ConfigurationError, LabctlError, StoreError
from labctl.plain_text import on_one_line, printable
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.job import STARTABLE
from labctl.queue.jobs import Jobs
from labctl.queue.night_message import night_message
from labctl.queue.outbox import Outboxes
from labctl.queue.requests import Pauses
from labctl.store.queries.heartbeats import set_last_event
from labctl.store.queries.notifications import add_event, events_after, newest_event_id
from labctl.store.transactions import WriteConnection

log = logging.getLogger(__name__)
URLS_VARIABLE = "LABCTL_NOTIFY_URLS"
LOOK_EVERY_S = 1.0
LAST_MESSAGES_WITHIN_S = 5.0  # after this the supervisor ends without them
LAST_LOOK_WITHIN_S = 10.0  # with those messages, and a file that may be locked
HOUR_S = 3600.0
GOING_ON = ("running", *STARTABLE)
ENDS_OF_JOBS = ("job finished", "job failed", "job cancelled")


def service_urls(settings: NotifySettings, station: Station) -> list[str]:
    """Service addresses from the environment and the file; ConfigurationError for an unreadable file."""
    urls = os.environ.get(URLS_VARIABLE, "").split()
    if settings.urls_file:
        path = Path(station.source).parent / Path(settings.urls_file).expanduser()
        try:
            lines = path.read_text("utf-8").splitlines()
        except OSError as error:
            problem = f"cannot be read: {error}"
            raise ConfigurationError(station.source, "night.notify.urls_file", problem) from error
        urls += [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return urls


def apprise_services(urls: Sequence[str], station: Station) -> Any:
    """An apprise object with these services; raises ConfigurationError that does not repeat the secret."""
    try:
        apprise: Any = importlib.import_module("apprise")
    except ImportError as error:
        problem = "notifications need the extra `notify`; in the folder of labctl: pip install -e '.[notify]'"
        raise ConfigurationError(station.source, "night.notify", problem) from error
    services = apprise.Apprise()
    for number, url in enumerate(urls, start=1):
        if not services.add(url):
            kind = url.partition(":")[0]
            problem = f"address {number} ({kind}:...) is not one that apprise understands"
            raise ConfigurationError(station.source, "night.notify", problem)
    return PlainServices(services)


class PlainServices:
    """Services of apprise that take every body as plain text; a mail would be HTML otherwise."""

    def __init__(self, services: Any) -> None:
        self._services = services

    def notify(self, title: str, body: str) -> bool:
        """Send one message; return whether every service took it."""
        return bool(self._services.notify(title=title, body=body, body_format="text"))


def check_services(station: Station) -> None:
    """Raise ConfigurationError where a supervisor could not notify those whom the station names."""
    if urls := service_urls(read_night(station).notify, station):
        apprise_services(urls, station)


def send_test_message(station: Station) -> int:
    """Send one message to each configured address; return to how many.

    Raises
    ------
    ConfigurationError
        No address is given, or one is not valid.
    LabctlError
        A service did not take it.
    """
    urls = service_urls(read_night(station).notify, station)
    if not urls:
        problem = f"gives no address; give urls_file, or set {URLS_VARIABLE}"
        raise ConfigurationError(station.source, "night.notify", problem)
    services = apprise_services(urls, station)
    if not services.notify(
        title=on_one_line(f"{station.name}: test"), body="labctl would reach you like this."
    ):
        raise LabctlError("the test message could not be delivered to every address; see the lines above")
    return len(urls)


@contextmanager
def notifying(station: Station, db: Path) -> Iterator[None]:
    """Send messages about the events of the file, in a thread, while inside; without addresses, none."""
    night = read_night(station)
    urls = service_urls(night.notify, station)
    if not urls:
        yield
        return
    outboxes, over = Outboxes(_named_services(urls, station)), threading.Event()
    with ExitStack() as held:
        connection = held.enter_context(WriteConnection(db))
        messenger = Messenger(
            connection,
            station.name,
            night.notify,
            outboxes,
            silence_s=night.silence_s,
            is_busy=lambda: outboxes.busy,
            summary=lambda: night_message(Path(station.source), db, over),
        )

        def live() -> None:
            while not over.wait(LOOK_EVERY_S):
                messenger.look()
                messenger.record(outboxes.news())
            messenger.look()
            messenger.record(outboxes.close(LAST_MESSAGES_WITHIN_S))
            messenger.look()

        thread = threading.Thread(target=live, name="labctl notify", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(LAST_LOOK_WITHIN_S)
            if thread.is_alive():
                log.error("the last messages could not be sent in time")
                held.pop_all()  # the thread still uses the connection, and ends with this process


def _named_services(urls: Sequence[str], station: Station) -> list[tuple[str, Any]]:
    """One service for each address, each with a name that is not secret."""
    apprise_services(urls, station)  # an invalid address is named by its number among all
    return [
        (f"address {number} ({url.partition(':')[0]}:...)", apprise_services([url], station))
        for number, url in enumerate(urls, start=1)
    ]


class Messenger:
    """Turns events into messages, each once; of each class at most so many an hour.

    Parameters
    ----------
    services : object
        Anything with `notify(title=, body=) -> bool`.
    silence_s : float
        `silence_s` of the station's `[night]` table: only a running runner is reported as well.
    is_busy : callable
        Returns whether messages are still on their way: their events count as sent only afterwards.
    summary : callable, optional
        Returns the summary of the night, which is sent when the last job of the station has ended.
    """

    def __init__(
        self,
        connection: WriteConnection,
        station: str,
        settings: NotifySettings,
        services: Any,
        clock: Clock | None = None,
        silence_s: float = DEFAULT_SILENCE_S,
        is_busy: Callable[[], bool] = lambda: False,
        summary: Callable[[], str] | None = None,
    ) -> None:
        self._connection, self._station, self._settings = connection, station, settings
        self._is_busy, self._summary = is_busy, summary
        self._services, self._clock, self._silence_s = services, clock or RealClock(), silence_s
        self._sent_s: defaultdict[str, deque[float]] = defaultdict(deque)
        self._held_back: Counter[str] = Counter()
        self._well_s = self._clock.monotonic()
        self._last_id = self._begin_after()
        self._remembered_id: int | None = None

    def look(self) -> None:
        """Send messages about new events; an error is logged, and tried again where nothing was sent."""
        try:
            self._remember()
            jobs_ended = False
            for event in events_after(self._connection, self._last_id):
                jobs_ended |= self._tell(event) and event["kind"] in ENDS_OF_JOBS
                self._last_id = event["id"]
            if jobs_ended:
                self._sum_up()
            self._remember()
            self._all_is_well()
        except StoreError as error:
            log.warning("no news: %s", error)

    def record(self, problems: Sequence[str]) -> None:
        """Write faults of the addresses as events of the file; no message is made of these."""
        for words in problems:
            row = {"time_s": self._clock.time(), "level": "warning", "kind": "notification", "message": words}
            row |= {"station": self._station}
            try:
                with self._connection.transaction() as connection:
                    add_event(connection, row)
            except StoreError as error:
                log.warning("not recorded: %s (%s)", words, error)

    def _begin_after(self) -> int:
        """The last event that an earlier supervisor looked at, else the newest: old news stay old."""
        beat = Heartbeats(self._connection, "supervisor", self._station).read()
        if beat is not None and beat.last_event_id is not None:
            return beat.last_event_id
        return newest_event_id(self._connection)

    def _remember(self) -> None:
        """Write the last event that was sent; where this process dies before, the next one sends it."""
        if self._last_id == self._remembered_id or self._is_busy():
            return
        with self._connection.transaction() as connection:
            set_last_event(connection, self._station, self._last_id)
        self._remembered_id = self._last_id

    def _tell(self, event: dict[str, Any]) -> bool:
        """Send a message about an event; return whether it is one to tell."""
        event_class = event["kind"].partition(" ")[0]
        elsewhere = event["station"] not in (self._station, "")
        if event["run_id"] is not None or elsewhere or event_class not in self._settings.events:
            return False
        self._send(event_class, event["kind"], event["message"])
        return True

    def _sum_up(self) -> None:
        """Send the summary of the night where no job of the station runs or may still begin."""
        jobs = [job for job in Jobs(self._connection).listed() if job.is_of(self._station)]
        if self._summary is not None and jobs and not any(job.state in GOING_ON for job in jobs):
            self._send("summary", "no job is left", self._summary())

    def _all_is_well(self) -> None:
        every_s = self._settings.all_is_well_every_h * HOUR_S
        if not every_s or self._clock.monotonic() - self._well_s < every_s:
            return
        self._well_s = self._clock.monotonic()
        runner = Heartbeats(self._connection, "runner", self._station).read()
        pause = Pauses(self._connection, station=self._station).in_force()
        if runner is not None and runner.state != "dismissed" and runner.unsafe:
            self._send("well", "NOT SAFE", f"not read back off: {runner.unsafe}")
        elif pause is not None and pause.is_interlock:
            self._send("well", "the queue waits for a person", pause.reason)
        elif runner is not None and runner.lives(self._silence_s):
            self._send("well", "all is well", runner.doing or "idle")

    def _send(self, event_class: str, what: str, body: str) -> None:
        now_s, sent_s = self._clock.monotonic(), self._sent_s[event_class]
        while sent_s and now_s - sent_s[0] >= HOUR_S:
            sent_s.popleft()
        if len(sent_s) >= self._settings.most_per_hour:
            self._held_back[event_class] += 1
            return
        if held_back := self._held_back.pop(event_class, 0):
            body += f"\n({held_back} earlier message(s) held back; see `labctl status`)"
        sent_s.append(now_s)
        title = on_one_line(f"{self._station}: {what}")
        try:
            taken = self._services.notify(title=title, body=printable(body))
        except Exception as error:  # noqa: BLE001 - a service raises anything; its text may hold a secret
            log.warning("a message could not be delivered (%s): %s", type(error).__name__, title)
            return
        if not taken:
            log.warning("a message could not be delivered: %s", title)
