"""Bench checks with a person: labctl reads safe quantities, the person reads the display.

1. Nothing is energised: every instrument is opened and brought to its safe state as by
   `labctl instruments check`. What needs an output is done by the person, after the instruments are released.
2. Each answer is a row of its own, committed before the next question; Ctrl-C keeps the answers given, and
   the instruments are made safe and read back.
3. A number is typed before labctl shows its own, so that it cannot be copied. A check is confirmed by the
   reply or the number alone, where it has one, otherwise by the person.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labctl.cli import terminal
from labctl.cli.number import refusal
from labctl.clock import RealClock
from labctl.command_table import BenchCheck
from labctl.config.instrument_entries import InstrumentEntry
from labctl.config.station import Station
from labctl.errors import ConfigurationError, InstrumentError
from labctl.instruments.bench_checks import checks_at
from labctl.instruments.locks import serial_identity
from labctl.readmodel.bench_check_states import CONFIRMED, DIFFERS, FAILED, code_hash, is_simulated
from labctl.store.queries.bench_checks import add_bench_check, of_driver
from labctl.store.transactions import WriteConnection
from labctl.version import __version__

YES, NO = ("y", "yes"), ("n", "no")
NOT_DONE = "Enter: not done"
QUIT = "q"
Ask = Callable[[str], str]


class Stopped(Exception):
    """The person ended the checks with `q`."""


def require_terminal() -> None:
    """Raise ConfigurationError where no person can answer: standard input is closed or no terminal."""
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        problem = "asks a person at a terminal, and standard input is none; run it in a terminal"
        raise ConfigurationError("labctl instruments check", "--at-the-bench", problem)


def asked_at_the_terminal(question: str) -> str:
    """Return one line that the person types; raises Stopped for `q`, EOFError for a closed terminal."""
    answer = input(terminal.sentence(question)).strip()
    if answer.lower() == QUIT:
        raise Stopped
    return answer


@dataclass(frozen=True)
class Visit:
    """One instrument at the bench; `key` is its serial number as reported, or as typed from its plate."""

    entry: InstrumentEntry
    identity: str
    plate: str
    simulated: bool
    code: str

    @property
    def serial(self) -> str:
        """Get maker, model and serial number that the instrument reports, `""` for none."""
        return serial_identity(self.identity)

    def is_about(self, row: Mapping[str, Any]) -> bool:
        """Return whether a record is about this instrument."""
        if self.serial:
            return row["serial"] == self.serial
        return bool(self.plate) and not row["serial"] and row["plate"] == self.plate

    @property
    def facts(self) -> dict[str, Any]:
        """Get the columns of a record about instrument and driver."""
        return {
            "instrument": self.entry.name,
            "address": self.entry.address,
            "simulated": int(self.simulated),
            "identity": self.identity,
            "serial": self.serial,
            "plate": self.plate,
            "driver": self.entry.driver,
            "driver_sha256": self.code,
            "labctl_version": __version__,
        }


@dataclass
class Session:
    """The checks of one sitting.

    Attributes
    ----------
    again : bool
        Whether confirmed checks are asked too.
    answered : int
        Rows written so far.
    left_on : dict of str, optional
        Instruments that were not read back off when they were released, with the reason; None: not yet.
    """

    station: Station
    connection: WriteConnection
    person: str
    again: bool
    ask: Ask = asked_at_the_terminal
    answered: int = 0
    left_on: dict[str, str] | None = None

    def hold(self) -> None:
        """Ask every open check: first what labctl can read, then, with the instruments released, the rest."""
        visits = self._with_instruments()
        terminal.echo("\nThe instruments are released, and everything is off. What follows needs your hands:")
        terminal.echo("do a check in another terminal (docs/bench-checks.md), or skip it with Enter.")
        for visit in visits:
            read = self._is_opened(visit.entry)
            for check in self._open_checks(visit):
                if not (read and (check.reads or check.asks)):
                    self._by_hand(visit, check)

    def _note_left(self, problems: dict[str, str]) -> None:
        """Keep what could not be read back off when the instruments were released, by name."""
        self.left_on = problems

    def _is_opened(self, entry: InstrumentEntry) -> bool:
        return bool(entry.roles) and entry in self.station.held

    def _with_instruments(self) -> list[Visit]:
        with self.station.hold("bench checks"), self.station.open(on_left=self._note_left) as bench:
            visits = [self._visit(entry, bench.drivers) for entry in self.station.instruments]
            for visit in filter(lambda visit: self._is_opened(visit.entry), visits):
                driver = bench.drivers[visit.entry.name]
                for check in self._open_checks(visit):
                    if check.reads or check.asks:
                        self._with_reading(visit, check, driver)
        return visits

    def _visit(self, entry: InstrumentEntry, drivers: Mapping[str, Any]) -> Visit:
        identity = str(drivers[entry.name].identity) if self._is_opened(entry) else ""
        terminal.echo(f"\n{entry.name}: {identity or 'not asked for its identity'}")
        question = f"serial number on the plate of {entry.name}, which it does not report (Enter: none): "
        plate = "" if serial_identity(identity) else self.ask(question)
        simulated = is_simulated(self.station, entry.address)
        return Visit(entry, identity, plate, simulated, code_hash(entry))

    def _open_checks(self, visit: Visit) -> Iterator[BenchCheck]:
        """Yield the checks that are not confirmed in their present form with the present driver."""
        rows = of_driver(self.connection, visit.entry.driver, visit.simulated)
        newest = {row["check_name"]: row for row in rows if visit.is_about(row)}
        for check in checks_at(visit.entry.driver_class, visit.entry.address):
            row = newest.get(check.name)
            if self.again or row is None or not _still_confirmed(row, check, visit.code):
                yield check

    def _with_reading(self, visit: Visit, check: BenchCheck, driver: Any) -> None:
        self._show(visit, check)
        typed = self._typed_number(check) if check.within else None
        if check.within and typed is None:
            return
        try:
            found = driver.ask(check.asks).strip() if check.asks else getattr(driver, check.reads)
        except InstrumentError as failure:
            self._record(visit, check, FAILED, str(failure))
            return
        if typed is not None:
            shown = float(found) + check.offset
            outcome = CONFIRMED if abs(typed - shown) <= check.within else DIFFERS
            self._record(visit, check, outcome, f"{typed:g} {check.unit}", f"{shown:g} {check.unit}")
        elif check.answer:
            outcome = CONFIRMED if re.fullmatch(check.answer, str(found), flags=re.DOTALL) else DIFFERS
            self._record(visit, check, outcome, "", str(found))
        else:
            terminal.echo(f"  labctl reads: {found}")
            self._as_the_person_sees_it(visit, check, str(found))

    def _typed_number(self, check: BenchCheck) -> float | None:
        """Return the number that the person reads off the instrument; None where it was not done."""
        while True:
            answer = self.ask(f"  what does {check.shown} show, in {check.unit}? ({NOT_DONE}) ")
            if not answer:
                return None
            try:
                return float(answer)
            except ValueError:
                terminal.echo(f"  {refusal(answer)}")

    def _by_hand(self, visit: Visit, check: BenchCheck) -> None:
        self._show(visit, check)
        self._as_the_person_sees_it(visit, check, "")

    def _as_the_person_sees_it(self, visit: Visit, check: BenchCheck, reading: str) -> None:
        while True:
            answer = self.ask(f"  as expected? y, n ({NOT_DONE}) ").lower()
            if not answer:
                return
            if answer in YES:
                self._record(visit, check, CONFIRMED, self.ask("  a remark (Enter: none): "), reading)
                return
            if answer in NO:
                self._record(visit, check, DIFFERS, self.ask("  what did you see? "), reading)
                return

    def _show(self, visit: Visit, check: BenchCheck) -> None:
        terminal.echo(f"\n{visit.entry.name}: {check.name}")
        terminal.echo(f"  do: {check.do}")
        terminal.echo(f"  expect: {check.expect}")

    def _record(self, visit: Visit, check: BenchCheck, outcome: str, answer: str, reading: str = "") -> None:
        row = {
            **visit.facts,
            "time_s": RealClock().time(),
            "person": self.person,
            "station": self.station.name,
            "check_name": check.name,
            "fingerprint": check.fingerprint,
            "expected": check.expect,
            "reading": reading,
            "answer": answer,
            "outcome": outcome,
        }
        with self.connection.transaction() as writing:
            add_bench_check(writing, row)
        self.answered += 1
        told = ", ".join(filter(None, (f"read {reading}" if reading else "", answer)))
        terminal.say(f"  {outcome}{f': {told}' if told else ''}", fg=_COLOURS[outcome])


_COLOURS = {CONFIRMED: "green", DIFFERS: "red", FAILED: "red"}


def _still_confirmed(row: Mapping[str, Any], check: BenchCheck, code: str) -> bool:
    same = row["fingerprint"] == check.fingerprint and row["driver_sha256"] == code
    return same and row["outcome"] == CONFIRMED


def hold_session(session: Session) -> list[str]:
    """Ask every open check; return sentences about an early end: its reason, outputs left on.

    Raises
    ------
    InstrumentError
        An instrument is absent, another one, or could not be read back off.
    StoreError
        An answer could not be written; it was not counted.
    """
    try:
        session.hold()
    except Stopped:
        ended = "ended"
    except EOFError:
        ended = "the terminal was closed"
    except KeyboardInterrupt:
        ended = "stopped"
    else:
        return []
    return [f"{ended}: {session.answered} answers are kept", *_off_in_words(session.left_on)]


def _off_in_words(left_on: Mapping[str, str] | None) -> list[str]:
    if left_on is None:
        return ["no instrument was opened"]
    problems = [f"{name} was not read back off: {problem}" for name, problem in left_on.items()]
    return problems or ["every output was read back off"]
