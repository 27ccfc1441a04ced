"""`labctl run`: measure a protocol now, in this process."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.long_protocols import LongOption, ask_about_long
from labctl.cli.options import (
    DEFAULT_DATABASE,
    DEFAULT_STATION,
    DatabaseOption,
    JsonOption,
    ProtocolArgument,
    StationOption,
    user_name,
)
from labctl.cli.same_sample import SameSampleOption, ask_about_sample, carry_out
from labctl.instruments.uninterrupted import say

if TYPE_CHECKING:
    from labctl.measure.run import Outcome, StopRequest


def run(
    protocol: ProtocolArgument,
    station: StationOption = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")] = False,
    without_supervisor: Annotated[
        bool, typer.Option("--without-supervisor", help="Measure without a supervisor.")
    ] = False,
    long: LongOption = False,
    same_sample: SameSampleOption = "",
) -> None:
    """Measure a protocol now and write every point to the database as it comes.

    Ctrl-C once: the point under way is finished, every instrument made safe, the run marked aborted.
    Ctrl-C twice: at once, still safe. A supervisor, another process, makes safe if this one is killed. Exit
    code 1 where something could not be read back off; the supervisor then stays and goes on trying.
    """
    from labctl.config.doubts import doubts_about_station
    from labctl.config.protocol import read_protocol
    from labctl.config.station import read_station

    chosen_station, chosen = read_station(station), read_protocol(protocol, db)
    chosen.check_against(chosen_station)
    told = _doubts_about_analyser(chosen_station, db)
    for warning in [*chosen.warnings(), *doubts_about_station(chosen_station), *told]:
        terminal.say(warning, err=True, fg="yellow")
    ask_about_long(chosen, chosen_station, long)
    carry_out(chosen, db, ask_about_sample(chosen, db, same_sample), user_name())
    watched_as = "" if without_supervisor else f"the protocol {protocol.name}"
    outcomes = measure(chosen, chosen_station, db, quiet or as_json, watched_as)
    if as_json:
        terminal.echo(json.dumps({"db": str(db), "runs": [vars(outcome) for outcome in outcomes]}))
    else:
        for outcome in outcomes:
            reason = f" ({outcome.reason})" if outcome.reason else ""
            which = outcome.run_id if chosen.in_cells else "last"
            seen_by = f"see `labctl show {which} --db {db}`"
            terminal.echo(f"run {outcome.run_id}: {outcome.status}{reason}; {seen_by}")
    if any(outcome.status != "finished" for outcome in outcomes):
        raise typer.Exit(1)


def _doubts_about_analyser(station: Any, db: Path) -> list[str]:
    """Return the sentences about the last checks of the analyser; raises ConfigurationError where refused."""
    from labctl.clock import RealClock
    from labctl.queue.analyser_gate import refuse_or_tell
    from labctl.store.transactions import WriteConnection

    if not station.check.is_judged:
        return []
    with WriteConnection(db) as connection:
        return refuse_or_tell(connection, station, RealClock().time())


def measure(protocol: Any, station: Any, db: Path, quiet: bool, watched_as: str = "") -> "list[Outcome]":
    """Lock and open the station, open the store, run the protocol with a progress display, unlock.

    `watched_as` names this program to the supervisor of real instruments; empty: no supervisor.
    """
    from labctl.cli.progress import progress_display
    from labctl.measure.run import StopRequest, run_protocol
    from labctl.queue.station_lock import station_lock
    from labctl.queue.under_watch import under_watch, without_watch
    from labctl.store import Store

    stop = StopRequest()
    with (
        polite_signals(stop),
        station_lock(station, doing=f"the protocol {protocol.title!r}"),
        Store.open(db) as store,
        under_watch(station, db, watched_as, "--without-supervisor")
        if watched_as
        else without_watch(station, db) as on_left,
        station.open(on_left=on_left) as bench,
        progress_display(bench.clock, protocol.plan(), quiet, bool(protocol.in_cells)) as on_event,
    ):
        return run_protocol(protocol, station, bench, store, stop, on_event)


@contextmanager
def polite_signals(stop: "StopRequest") -> Iterator[None]:
    """Handle signals: the first SIGINT or SIGTERM requests a stop, the second interrupts, later ones do not.

    SIGHUP ends the program at once, unless a stop was requested: the program is about to end safely then.
    """
    polite = _Polite(stop)
    numbers = [signal.SIGINT, signal.SIGTERM]
    hang_up = getattr(signal, "SIGHUP", None)
    if hang_up is not None and signal.getsignal(hang_up) is signal.SIG_DFL:
        numbers.append(hang_up)
    before = {number: signal.signal(number, polite) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def stop_signals(stop: "StopRequest") -> Iterator[None]:
    """Handle signals of a supervisor: SIGINT, SIGTERM and SIGHUP request a stop and interrupt nothing."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]

    def request(number: int, frame: FrameType | None) -> None:
        stop.request(f"stopped by {signal.Signals(number).name}")

    before = {signal.Signals[name]: signal.signal(signal.Signals[name], request) for name in names}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Polite:
    """The signal handler of a program that measures."""

    def __init__(self, stop: "StopRequest") -> None:
        self._stop, self._interrupted = stop, False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Stop, interrupt, or say that the end is near."""
        name = signal.Signals(number).name
        if name == "SIGHUP" and not self._stop():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        elif not self._stop():
            self.later(number)
        elif self._interrupted or name == "SIGHUP":
            say(f"{name}: about to end, after every output was switched off and read back")
        else:
            self._interrupted = True
            raise KeyboardInterrupt

    def later(self, number: int) -> None:
        """Ask for a stop, also for a signal that came while instruments were made safe."""
        if number != getattr(signal, "SIGHUP", None):
            self._stop.request(f"stopped by {signal.Signals(number).name}")
