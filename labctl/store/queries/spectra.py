"""Spectra and their points."""

from collections.abc import Sequence

from labctl.store.queries.fetching import Fetch, FetchRows, Result, Row, marks


def of_parts(fetch: Fetch[Result], parts: Sequence[int]) -> Result:
    """The spectra of the parts, in order."""
    return fetch(f"SELECT * FROM spectra WHERE run_id IN ({marks(parts)}) ORDER BY id", parts)


def with_id(rows: FetchRows, spectrum_id: int) -> list[Row]:
    """The spectrum with this id, or none."""
    return rows("SELECT * FROM spectra WHERE id = ?", (spectrum_id,))


def new_or_watched(rows: FetchRows, parts: Sequence[int], after: int, watched: Sequence[int]) -> list[Row]:
    """The spectra of the parts with an id above `after`, and the watched ones as they are now."""
    query = f"SELECT * FROM spectra WHERE run_id IN ({marks(parts)}) AND (id > ? OR id IN ({marks(watched)}))"
    return rows(query, (*parts, after, *watched))


def last_finished(rows: FetchRows, run_id: int) -> int | None:
    """Id of the last finished spectrum of a run; None where it has none."""
    query = "SELECT id FROM spectra WHERE run_id = ? AND status = 'finished' ORDER BY number DESC LIMIT 1"
    found = rows(query, (run_id,))
    return found[0]["id"] if found else None


def without_conductivity(rows: FetchRows, parts: Sequence[int]) -> list[Row]:
    """Number, set point and flags of the finished spectra of the parts that gave no conductivity."""
    query = f"""SELECT s.number AS spectrum, s.setpoint_k, r.flags FROM spectra s
                LEFT JOIN resistances r ON r.spectrum_id = s.id AND r.quantity = 'total'
                WHERE s.run_id IN ({marks(parts)}) AND s.status = 'finished'
                AND NOT EXISTS (SELECT 1 FROM conductivities c WHERE c.spectrum_id = s.id)
                ORDER BY s.id"""
    return rows(query, parts)


def points(fetch: Fetch[Result], spectrum_id: int) -> Result:
    """The points of a spectrum, bad ones included, in the order measured."""
    return fetch("SELECT * FROM impedance_points WHERE spectrum_id = ? ORDER BY number", (spectrum_id,))


def good_points(fetch: Fetch[Result], spectrum_id: int) -> Result:
    """Frequency and impedance of the points whose status is ok, in the order measured."""
    query = """SELECT frequency_hz, z_real_ohm, z_imag_ohm FROM impedance_points
               WHERE spectrum_id = ? AND status = 'ok' ORDER BY number"""
    return fetch(query, (spectrum_id,))
