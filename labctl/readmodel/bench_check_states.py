"""Bench checks of one instrument: confirmed, different, failed or open, by its records.

The serial number in the identity decides, never the address: another instrument at the same address is not
confirmed. Where a protocol has no serial number labctl cannot recognise the instrument; the number on its
plate, which a person typed, is shown and nothing counts as confirmed. Checks on simulated instruments count
for simulated ones only. The newest answer rules.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.command_table import BenchCheck, messages_of
from labctl.config.instrument_entries import InstrumentEntry
from labctl.config.loading import code_of
from labctl.config.station import Station
from labctl.instruments.bench_checks import checks_at
from labctl.instruments.locks import is_known_by_identity, is_simulated_here, serial_identity
from labctl.plain_text import utc_time

OPEN, CONFIRMED, DIFFERS, FAILED = "open", "confirmed", "differs", "failed"
OLDER_CHECK = "by an older form of this check"
OTHER_DRIVER = "with another version of the driver"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class CheckState:
    """One bench check of an instrument.

    Attributes
    ----------
    check : BenchCheck
    state : str
        `open`, `confirmed`, `differs` or `failed`.
    row : Mapping, optional
        The newest record of it; None: there is none.
    doubt : str
        Why a record may no longer hold: another form of the check, another version of the driver.
    """

    check: BenchCheck
    state: str
    row: Row | None = None
    doubt: str = ""

    @property
    def words(self) -> str:
        """Get a sentence about it."""
        if self.row is None:
            return f"{self.check.name}: not done"
        by = f" by {self.row['person']}" if self.row["person"] else ""
        which = "this simulated instrument" if self.row["simulated"] else "this instrument"
        doubt = f", {self.doubt}" if self.doubt else ""
        when = f"on {which} on {utc_time(self.row['time_s'], '%Y-%m-%d')}{by}{doubt}"
        answer = "" if self.state == CONFIRMED else f": {self.row['answer']}"
        return f"{self.check.name}: {self.state} {when}{answer}"

    @property
    def facts(self) -> dict[str, Any]:
        """Get what `--json` prints of it."""
        row = self.row or {}
        told = {key: row.get(key) for key in ("time_s", "person", "reading", "answer", "labctl_version")}
        return {"check": self.check.name, "state": self.state, "doubt": self.doubt, **told}


@dataclass(frozen=True)
class InstrumentChecks:
    """All bench checks of one instrument, and the numbers of its messages."""

    states: tuple[CheckState, ...]
    serial: str
    plate_rows: tuple[Row, ...]
    messages: int
    with_second_source: int
    tried: int

    def having(self, state: str) -> list[CheckState]:
        """Return the checks in that state, in the order of the table."""
        return [check for check in self.states if check.state == state]

    @property
    def words(self) -> list[str]:
        """Get lines for `labctl instruments check`: counts, and what needs attention."""
        lines = [f"{self._message_words}; {self._check_words}"]
        lines += [state.words for state in self.states if state.state in (DIFFERS, FAILED) or state.doubt]
        decisive = [state.check.name for state in self.having(OPEN) if state.check.is_decisive]
        lines += [f"numbers can be wrong until it is checked: {name}" for name in decisive]
        return lines + [self._plate_words(plate) for plate in self.plates]

    @property
    def plates(self) -> tuple[str, ...]:
        """Get the serial numbers from plates on which checks were made, where none is reported."""
        return tuple(dict.fromkeys(row["plate"] for row in self.plate_rows))

    @property
    def confirmed_where_numbers_can_be_wrong(self) -> str:
        """Get the records that confirm all decisive checks, `""` where one is open or in doubt."""
        decisive = [state for state in self.states if state.check.is_decisive]
        if all(state.state == CONFIRMED and not state.doubt for state in decisive):
            return "; ".join(state.words for state in decisive)
        return ""

    @property
    def _message_words(self) -> str:
        if not self.messages:
            return "the driver declares no messages"
        alone = self.messages - self.with_second_source
        tried = f"{self.tried} tried on hardware" if self.tried else "none tried on hardware by us"
        return f"{self.messages} messages, {tried}, {alone} without a second source"

    @property
    def _check_words(self) -> str:
        counts = {state: len(self.having(state)) for state in (CONFIRMED, DIFFERS, FAILED, OPEN)}
        told = [f"{count} {state}" for state, count in counts.items() if count or state == OPEN]
        return f"bench checks: {', '.join(told)}"

    def _plate_words(self, plate: str) -> str:
        newest = {row["check_name"]: row for row in self.plate_rows if row["plate"] == plate}
        outcomes = [row["outcome"] for row in newest.values()]
        counts = ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in dict.fromkeys(outcomes))
        last = utc_time(max(row["time_s"] for row in newest.values()), "%Y-%m-%d")
        return (
            f"on the serial number {plate}, as typed from a plate: {counts}, last on {last}; its protocol "
            "does not say whether this is it"
        )

    @property
    def facts(self) -> dict[str, Any]:
        """Get what `--json` prints."""
        messages = {
            "sent": self.messages,
            "with_second_source": self.with_second_source,
            "tried_on_hardware": self.tried,
        }
        checks = [state.facts for state in self.states]
        return {"messages": messages, "bench_checks": checks, "checked_plates": list(self.plates)}


def is_simulated(station: Station, address: str) -> bool:
    """Return whether an address of a station leads to a simulated instrument."""
    if station.simulation is not None or is_simulated_here(station.visa_library):
        return True
    return not is_known_by_identity(address)


def code_hash(entry: InstrumentEntry) -> str:
    """Return the sha256 of the code of a driver; empty where a part of it is not known."""
    hashes = [file.sha256 for file in entry.code or code_of(entry.driver_class)]
    if not hashes or None in hashes:
        return ""
    return hashlib.sha256("".join(map(str, hashes)).encode()).hexdigest()


def instrument_checks(entry: InstrumentEntry, identity: str, rows: Sequence[Row]) -> InstrumentChecks:
    """Return the states of the bench checks of an instrument with that identity.

    `rows` are the records of its driver, oldest first, on real instruments or on simulated ones.
    """
    serial, code = serial_identity(identity), code_hash(entry)
    newest = {row["check_name"]: row for row in rows if serial and row["serial"] == serial}
    states = [
        _state(check, newest.get(check.name), code) for check in checks_at(entry.driver_class, entry.address)
    ]
    sent = [message for message in messages_of(entry.driver_class) if message.is_sent]
    return InstrumentChecks(
        tuple(states),
        serial,
        tuple(row for row in rows if row["plate"] and not serial),
        len(sent),
        sum(message.second_source != "-" for message in sent),
        sum(message.is_confirmed for message in sent),
    )


def _state(check: BenchCheck, row: Row | None, code: str) -> CheckState:
    if row is None:
        return CheckState(check, OPEN)
    doubt = ""
    if row["fingerprint"] != check.fingerprint:
        doubt = OLDER_CHECK
    elif row["driver_sha256"] != code:
        doubt = OTHER_DRIVER
    return CheckState(check, row["outcome"], row, doubt)
