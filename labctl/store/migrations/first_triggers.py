"""Triggers that protect measured rows from every program, also from those other than labctl.

A measured row is written while its run (or spectrum) is running, and never changed. An end is written once.
"""

_KEYS = {  # raw table: its key
    "samples": ("id",),
    "runs": ("id",),
    "run_provenance": ("run_id", "key"),
    "run_instruments": ("run_id", "role"),
    "spectra": ("id",),
    "impedance_points": ("spectrum_id", "number"),
    "polarisations": ("id",),
    "polarisation_points": ("polarisation_id", "number"),
    "temperature_log": ("run_id", "number"),
    "records": ("run_id", "number"),
    "events": ("id",),
    "job_history": ("id",),
}
_ENDS = {  # table that ends: columns that the end may write
    "runs": ("status", "reason", "ended_s", "content_hash"),
    "spectra": ("status", "ended_s"),
    "polarisations": ("status", "ended_s", "rest_potential_v"),
}
_PARENTS = {  # measured table: (column, table that must still be running)
    "spectra": ("run_id", "runs"),
    "polarisations": ("run_id", "runs"),
    "temperature_log": ("run_id", "runs"),
    "records": ("run_id", "runs"),
    "run_provenance": ("run_id", "runs"),
    "run_instruments": ("run_id", "runs"),
    "impedance_points": ("spectrum_id", "spectra"),
    "polarisation_points": ("polarisation_id", "polarisations"),
}


def triggers(columns_of: dict[str, list[str]]) -> list[str]:
    """The CREATE TRIGGER statements, given the columns of every table."""
    statements = [_no_delete(table) for table in _KEYS]
    statements += [_no_replace(table, keys) for table, keys in _KEYS.items()]
    for table in _KEYS:
        fixed = [column for column in columns_of[table] if column not in _ENDS.get(table, ())]
        statements.append(_no_update(table, fixed))
    statements += [_end_once(table) for table in _ENDS]
    return statements + [_sealed(table, *parent) for table, parent in _PARENTS.items()]


def _no_delete(table: str) -> str:
    return _trigger(table, "no_delete", "DELETE", "1", f"{table} is append-only: a row cannot be deleted")


def _no_replace(table: str, keys: tuple[str, ...]) -> str:
    """INSERT OR REPLACE deletes without firing a delete trigger."""
    same = " AND ".join(f"{key} = NEW.{key}" for key in keys)
    condition = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"
    return _trigger(table, "no_replace", "INSERT", condition, f"{table} is append-only: this row exists")


def _no_update(table: str, columns: list[str]) -> str:
    event = f"UPDATE OF {', '.join(columns)}"
    return _trigger(table, "no_update", event, "1", f"{table} is append-only: a row cannot be changed")


def _end_once(table: str) -> str:
    """A run gets its content hash after its end, once, and alone."""
    ended = "OLD.status <> 'running'"
    if table == "runs":
        same = "OLD.status = NEW.status AND OLD.reason = NEW.reason AND OLD.ended_s IS NEW.ended_s"
        ended += f" AND NOT (OLD.content_hash IS NULL AND NEW.content_hash IS NOT NULL AND {same})"
    return _trigger(table, "end_once", "UPDATE", ended, f"{table}: this row has ended")


def _sealed(table: str, column: str, parent: str) -> str:
    condition = f"(SELECT status FROM {parent} WHERE id = NEW.{column}) <> 'running'"
    return _trigger(table, "sealed", "INSERT", condition, f"{table}: its row in {parent} has ended")


def _trigger(table: str, name: str, event: str, condition: str, message: str) -> str:
    return (
        f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} "
        f"WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )
