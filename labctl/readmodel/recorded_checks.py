"""Bench checks recorded about the instruments of a run, by the serial number that an instrument reported.

The driver is not loaded: `labctl instruments check` marks checks that have another form by now.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from labctl.instruments.locks import serial_identity
from labctl.plain_text import utc_time
from labctl.store.queries.bench_checks import instruments_of_run, of_serial
from labctl.store.queries.source import Rows

Row = Mapping[str, Any]


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
    """Return one line of the confirmed checks and one of the others; no line without records."""
    checks: Sequence[Row] = instrument["bench_checks"]
    confirmed = [row for row in checks if row["outcome"] == "confirmed"]
    others = [row for row in checks if row["outcome"] != "confirmed"]
    lines = [f"confirmed on {_this(confirmed)}: {_names(confirmed)}"] if confirmed else []
    lines += [f"not as expected on {_this(others)}: {_names(others)}"] if others else []
    return [f"{instrument['role']} ({instrument['identity']}): {line}" for line in lines]


def _this(rows: Sequence[Row]) -> str:
    simulated = "simulated " if rows[-1]["simulated"] else ""
    last = max(rows, key=lambda row: row["time_s"])
    return f"this {simulated}instrument on {utc_time(last['time_s'], '%Y-%m-%d')}"


def _names(rows: Sequence[Row]) -> str:
    return ", ".join(str(row["check_name"]) for row in rows)
