"""Spectra and their points."""

from collections.abc import Sequence

from labctl.store.queries.source import Result, Row, Rows, Source, marks


def of_parts(db: Source[Result], parts: Sequence[int]) -> Result:
    """The spectra of the parts, in order."""
    return db.rows(f"SELECT * FROM spectra WHERE run_id IN ({marks(parts)}) ORDER BY id", parts)


def with_id(db: Rows, spectrum_id: int) -> list[Row]:
    """The spectrum with this id, or none."""
    return db.rows("SELECT * FROM spectra WHERE id = ?", (spectrum_id,))


def new_of_part(db: Rows, part: int, after: int) -> list[Row]:
    """The spectra of a part numbered above `after`, in order."""
    return db.rows("SELECT * FROM spectra WHERE run_id = ? AND number > ? ORDER BY number", (part, after))


def with_ids(db: Rows, ids: Sequence[int]) -> list[Row]:
    """These spectra as they are now."""
    return db.rows(f"SELECT * FROM spectra WHERE id IN ({marks(ids)})", ids) if ids else []


def last_finished(db: Rows, run_id: int) -> int | None:
    """Id of the last finished spectrum of a run; None where it has none."""
    query = "SELECT id FROM spectra WHERE run_id = ? AND status = 'finished' ORDER BY number DESC LIMIT 1"
    found = db.rows(query, (run_id,))
    return found[0]["id"] if found else None


def without_conductivity(db: Rows, parts: Sequence[int]) -> list[Row]:
    """Number, set point and flags of the finished spectra of the parts that gave no conductivity.

    A spectrum taken while a potential was held gives none and is left out.
    """
    query = f"""SELECT s.number AS spectrum, s.setpoint_k, r.flags FROM spectra s
                LEFT JOIN resistances r ON r.spectrum_id = s.id AND r.quantity = 'total'
                WHERE s.run_id IN ({marks(parts)}) AND s.status = 'finished'
                AND NOT EXISTS (SELECT 1 FROM conductivities c WHERE c.spectrum_id = s.id)
                AND NOT EXISTS (SELECT 1 FROM polarisations p WHERE p.steady_spectrum_id = s.id)
                ORDER BY s.id"""
    return db.rows(query, parts)


def not_finished(db: Rows, parts: Sequence[int]) -> list[Row]:
    """Number, set point, status and count of points of the spectra of the parts that were cut short."""
    query = f"""SELECT s.number AS spectrum, s.setpoint_k, s.status,
                (SELECT count(*) FROM impedance_points p WHERE p.spectrum_id = s.id) AS n_points
                FROM spectra s WHERE s.run_id IN ({marks(parts)})
                AND s.status NOT IN ('finished', 'running') ORDER BY s.id"""
    return db.rows(query, parts)


def points(db: Source[Result], spectrum_id: int) -> Result:
    """The points of a spectrum, bad ones included, in the order measured."""
    return db.rows("SELECT * FROM impedance_points WHERE spectrum_id = ? ORDER BY number", (spectrum_id,))


def good_points(db: Source[Result], spectrum_id: int) -> Result:
    """Frequency and impedance of the points with status ok, in the order measured."""
    query = """SELECT frequency_hz, z_real_ohm, z_imag_ohm FROM impedance_points
               WHERE spectrum_id = ? AND status = 'ok' ORDER BY number"""
    return db.rows(query, (spectrum_id,))
