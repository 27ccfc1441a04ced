"""Rows that derived quantities are made from, and counts of derived rows.

A derivation reads finished spectra and polarisations only; the runs that a run continues count where the
docstring says so.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from labctl.store.queries.run_parts import part_ids
from labctl.store.queries.source import Rows, marks

LONG_S = 1e18
_OUTCOMES = """
SELECT count(*) AS finished, count(*) - count(c.id) AS silent, count(c.bound) AS bounds
FROM spectra s LEFT JOIN conductivities c ON c.spectrum_id = s.id
WHERE s.run_id = ? AND s.status = 'finished'
"""
_LAW_POINTS = """
SELECT {columns}, s.id AS spectrum_id, s.run_id AS part_id, s.number, s.branch, s.setpoint_k, s.band_k,
    s.repeat_of, s.status, s.started_s, s.ended_s, s.condition_quantity, s.condition_setpoint,
    (SELECT r.circuit FROM resistances r WHERE r.spectrum_id = s.id AND r.quantity = 'total') AS circuit
FROM spectra s LEFT JOIN conductivities c ON c.spectrum_id = s.id
WHERE +s.run_id IN ({marks}) AND (c.id IS NOT NULL OR s.status = 'finished')
    AND NOT EXISTS (SELECT 1 FROM polarisations p WHERE p.run_id = s.run_id AND p.steady_spectrum_id = s.id)
    AND s.id > ? AND s.id <= ?
ORDER BY s.id LIMIT ?
"""
_FIRST_AND_LAST = "SELECT min(id) AS first, max(id) AS last FROM spectra WHERE run_id IN ({marks})"
_PAGE = 500
_OF_CONDUCTIVITY = (
    "temperature_k",
    "temperature_min_k",
    "temperature_max_k",
    "temperature_u_k",
    "temperature_rate_k_s",
    "lag_k",
    "lag_u_k",
    "conductivity_s_m",
    "total_resistance_ohm",
    "relative_uncertainty_resistance",
    "relative_uncertainty_analyser",
    "bound",
    "flags",
)
_OF_SPECTRUM = (
    "spectrum_id",
    "part_id",
    "number",
    "branch",
    "setpoint_k",
    "band_k",
    "repeat_of",
    "status",
    "started_s",
    "ended_s",
    "condition_quantity",
    "condition_setpoint",
)
_GOOD_CURRENTS = """
SELECT * FROM polarisation_points WHERE polarisation_id = ? AND status = 'ok' ORDER BY number
"""


def spectrum_row(db: Rows, spectrum_id: int) -> dict[str, Any]:
    """Return the row of one spectrum."""
    (row,) = db.rows("SELECT * FROM spectra WHERE id = ?", (spectrum_id,))
    return row


def finished_spectra(db: Rows, run_id: int) -> list[int]:
    """Return the ids of the finished spectra of a run, in the order measured."""
    query = "SELECT id FROM spectra WHERE run_id = ? AND status = 'finished' ORDER BY number"
    return [row["id"] for row in db.rows(query, (run_id,))]


def finished_numbers(db: Rows, run_id: int, table: str) -> list[int]:
    """Return the numbers of the finished `spectra` or `polarisations` of a run, rising."""
    query = f"SELECT number FROM {table} WHERE run_id = ? AND status = 'finished' ORDER BY number"
    return [row["number"] for row in db.rows(query, (run_id,))]


def ids_by_number(db: Rows, run_id: int, table: str) -> dict[int, int]:
    """Return the ids of the `spectra` or `polarisations` of a run by their numbers."""
    query = f"SELECT number, id FROM {table} WHERE run_id = ?"
    return {row["number"]: row["id"] for row in db.rows(query, (run_id,))}


def finished_before(db: Rows, run_id: int, spectrum_id: int, most: int) -> list[int]:
    """Return the ids of the finished spectra of a run up to one of them, at most so many, in order."""
    query = """SELECT id FROM spectra WHERE run_id = ? AND status = 'finished'
               AND number <= (SELECT number FROM spectra WHERE id = ?) ORDER BY number DESC LIMIT ?"""
    return [row["id"] for row in db.rows(query, (run_id, spectrum_id, most))][::-1]


def count_finished(db: Rows, run_id: int, without: int) -> int:
    """Count the finished spectra of a run and of the runs that it continues, but for one."""
    parts = part_ids(db, run_id)
    query = f"""SELECT count(*) AS n FROM spectra
                WHERE run_id IN ({marks(parts)}) AND status = 'finished' AND id <> ?"""
    return db.rows(query, (*parts, without))[0]["n"]


def spectrum_temperatures_k(db: Rows, spectrum_id: int) -> list[float]:
    """Return the temperature readings taken at the points of a spectrum; empty without a reading."""
    query = """SELECT temperature_k FROM impedance_points
               WHERE spectrum_id = ? AND temperature_k IS NOT NULL ORDER BY number"""
    return [row["temperature_k"] for row in db.rows(query, (spectrum_id,))]


def spectrum_readings(db: Rows, spectrum_id: int) -> list[dict[str, Any]]:
    """Return `time_s`, `temperature_k`, `z_real_ohm` and `z_imag_ohm` of the good points of a spectrum."""
    query = """SELECT time_s, temperature_k, z_real_ohm, z_imag_ohm FROM impedance_points
               WHERE spectrum_id = ? AND status = 'ok' ORDER BY number"""
    return db.rows(query, (spectrum_id,))


def temperature_trace(db: Rows, run_id: int) -> list[dict[str, Any]]:
    """Return `time_s` and `temperature_k` of every reading of a run, of its log and its spectra, in time."""
    query = """SELECT time_s, temperature_k FROM temperature_log
               WHERE run_id = ? AND temperature_k IS NOT NULL
               UNION
               SELECT p.time_s, p.temperature_k FROM spectra s JOIN impedance_points p ON p.spectrum_id = s.id
               WHERE s.run_id = ? AND p.temperature_k IS NOT NULL ORDER BY 1"""
    return db.rows(query, (run_id, run_id))


def spectrum_outcomes(db: Rows, run_id: int) -> dict[str, int]:
    """Count a run's finished spectra, those without a conductivity (`silent`), those with a bound only."""
    (row,) = db.rows(_OUTCOMES, (run_id,))
    return row


def law_rows(
    db: Rows, run_id: int, own: Mapping[int, Mapping[str, Any] | None] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the conductivities of a run, and of the runs that it continues, for its temperature laws.

    Each row has those columns of `conductivities` that a law needs (NULL for a finished spectrum without
    one, but for `spectrum_id`), `part_id` (the run of its spectrum), `number`, `branch`, `setpoint_k`,
    `band_k`, `repeat_of`, `status`, `started_s`, `ended_s`, `condition_quantity` and `condition_setpoint` of
    its spectrum, and the `circuit` of its total (None for those of `own`). Spectra taken while a potential
    was held are left out. `own` gives the conductivities of the run itself, by spectrum, in the place of the
    rows of its current analysis. The budget of a stored row is `budget_text`, as stored. Rows are read by the
    page: a long run has more of them than should be in memory at once.
    """
    parts = part_ids(db, run_id)
    (known,) = db.rows(_FIRST_AND_LAST.format(marks=marks(parts)), parts)
    if known["first"] is None:
        return
    query, after = _LAW_POINTS.format(columns=_columns(db), marks=marks(parts)), known["first"] - 1
    while page := db.rows(query, (*parts, after, known["last"], _PAGE)):
        after = page[-1]["spectrum_id"]
        for row in page:
            if own is None or row["part_id"] != run_id:
                yield row
            elif row["spectrum_id"] in own:
                yield _with_own(row, own[row["spectrum_id"]])


def _columns(db: Rows) -> str:
    known = {row["name"] for row in db.rows("SELECT name FROM pragma_table_info('conductivities')", ())}
    plain = [f"c.{name}" if name in known else f"NULL AS {name}" for name in _OF_CONDUCTIVITY]
    return ", ".join([*plain, "c.budget AS budget_text" if "budget" in known else "NULL AS budget_text"])


def _with_own(point: dict[str, Any], own: Mapping[str, Any] | None) -> dict[str, Any]:
    of_spectrum = {name: point[name] for name in _OF_SPECTRUM}
    return dict.fromkeys(point) | dict(own or {}) | of_spectrum


def polarisation_row(db: Rows, polarisation_id: int) -> dict[str, Any]:
    """Return the row of one polarisation."""
    (row,) = db.rows("SELECT * FROM polarisations WHERE id = ?", (polarisation_id,))
    return row


def finished_polarisations(db: Rows, run_id: int) -> list[int]:
    """Return the ids of the finished polarisations of a run, in the order measured."""
    query = "SELECT id FROM polarisations WHERE run_id = ? AND status = 'finished' ORDER BY number"
    return [row["id"] for row in db.rows(query, (run_id,))]


def good_polarisation_points(db: Rows, polarisation_id: int) -> list[dict[str, Any]]:
    """Return the points of a polarisation that have the status ok, in the order measured."""
    return db.rows(_GOOD_CURRENTS, (polarisation_id,))


def zero_current_points(
    db: Rows, run_id: int, phase: str, after_s: float, before_s: float
) -> list[dict[str, Any]]:
    """Return elapsed_s, potential_v, current_a and time_s of good points of a phase, between two times."""
    query = """SELECT data FROM records WHERE run_id = ? AND time_s >= ? AND time_s <= ?
               AND json_extract(data, '$.phase') = ? ORDER BY number"""
    found = [row["data"] for row in db.rows(query, (run_id, after_s, before_s, phase))]
    names = ("time_s", "elapsed_s", "potential_v", "current_a")
    good = [point for point in found if point.get("status", "ok") == "ok"]
    return [{name: point[name] for name in names} for point in good if all(name in point for name in names)]


def polarisations_of_step(db: Rows, run_id: int, step: int | None) -> list[dict[str, Any]]:
    """Return the finished polarisations of a step of a run, in the order measured."""
    query = """SELECT * FROM polarisations
               WHERE run_id = ? AND step IS ? AND status = 'finished' ORDER BY number"""
    return db.rows(query, (run_id, step))


def neighbouring_times_s(db: Rows, polarisation: Mapping[str, Any]) -> tuple[float, float]:
    """Return when the polarisation before ended and when the one after began; 1e18 s away without one."""
    query = """SELECT max(CASE WHEN number < ? THEN ended_s END) AS ended_s,
                      min(CASE WHEN number > ? THEN started_s END) AS started_s
               FROM polarisations WHERE run_id = ?"""
    number = polarisation["number"]
    (row,) = db.rows(query, (number, number, polarisation["run_id"]))
    ended_s, started_s = row["ended_s"], row["started_s"]
    return (-LONG_S if ended_s is None else ended_s, LONG_S if started_s is None else started_s)
