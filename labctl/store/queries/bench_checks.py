"""Queries about checks that a person made on an instrument at the bench."""

from collections.abc import Mapping
from typing import Any

from labctl.store.queries.source import Row, Rows
from labctl.store.transactions import WriteConnection


def add_bench_check(connection: WriteConnection, row: Mapping[str, Any]) -> None:
    """Insert a check with its answer."""
    connection.insert("bench_checks", row)


def of_driver(db: Rows, driver: str, simulated: bool) -> list[Row]:
    """Return every check made with a driver on real, or on simulated, instruments, oldest first."""
    query = "SELECT * FROM bench_checks WHERE driver = ? AND simulated = ? ORDER BY time_s, id"
    return db.rows(query, (driver, int(simulated)))


def of_serial(db: Rows, serial: str, driver: str) -> list[Row]:
    """Return every check made with a driver on the instrument of that serial number, oldest first."""
    query = "SELECT * FROM bench_checks WHERE serial = ? AND driver = ? ORDER BY time_s, id"
    return db.rows(query, (serial, driver))


def instruments_of_run(db: Rows, run_id: int) -> list[Row]:
    """Return role, name, driver, address and identity of the instruments of a run, by role."""
    query = """SELECT role, name, driver, address, identity FROM run_instruments
               WHERE run_id = ? ORDER BY role"""
    return db.rows(query, (run_id,))
