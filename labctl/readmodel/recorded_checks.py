"""Bench checks recorded about the instruments of a run, by the serial number that an instrument reported.

The driver is not loaded: `labctl instruments check` marks checks that have another form by now.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from labctl.instruments.locks import serial_identity
from labctl.plain_text import utc_time
from labctl.readmodel.bench_check_states import CONFIRMED, DIFFERS, FAILED
from labctl.store.queries.bench_checks import instruments_of_run, of_serial
from labctl.store.queries.source import Rows

Row = Mapping[str, Any]
WORDS = {CONFIRMED: "confirmed on", DIFFERS: "not as expected on", FAILED: "could not be read on"}
OUTCOMES = tuple(WORDS)


def checked_instruments(db: Rows, run_id: int) -> list[dict[str, Any]]:
    """Return the instruments of a run, each with `bench_checks`: the newest record of every check."""
    found = []
    for instrument in instruments_of_run(db, run_id):
        serial = serial_identity(str(instrument["identity"]))
        rows = of_serial(db, serial, instrument["driver"]) if serial else []
        newest = {row["check_name"]: row for row in rows}
        found.append({**instrument, "bench_checks": list(newest.values())})
    return found


def in_words(instrument: Mapping[str, Any]) -> list[str]:
    """Return a line for each outcome and day with the checks that had it; no line without records."""
    groups: dict[tuple[str, str], list[str]] = {}
    checks: Sequence[Row] = instrument["bench_checks"]
    for row in sorted(checks, key=lambda row: (OUTCOMES.index(row["outcome"]), row["time_s"])):
        groups.setdefault((row["outcome"], _where_and_when(row)), []).append(str(row["check_name"]))
    return [
        f"{instrument['role']} ({instrument['identity']}): {WORDS[outcome]} {where}: {', '.join(names)}"
        for (outcome, where), names in groups.items()
    ]


def _where_and_when(row: Row) -> str:
    simulated = "simulated " if row["simulated"] else ""
    return f"this {simulated}instrument on {utc_time(row['time_s'], '%Y-%m-%d')}"
