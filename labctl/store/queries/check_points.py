"""Points of spectra that were measured again after them, beside the first reading of each."""

from collections.abc import Sequence

from labctl.store.queries.source import Row, Rows, marks

_BOTH_READINGS = """
SELECT c.*, p.time_s AS first_s, p.z_real_ohm AS first_real_ohm, p.z_imag_ohm AS first_imag_ohm,
    p.temperature_k AS first_temperature_k, p.status AS first_status
FROM check_points c LEFT JOIN impedance_points p ON p.spectrum_id = c.spectrum_id AND p.number = c.repeats"""


def of_spectrum(db: Rows, spectrum_id: int) -> list[Row]:
    """The check points of a spectrum, each with `first_...`: its first reading in the spectrum."""
    query = f"SELECT * FROM ({_BOTH_READINGS}) WHERE spectrum_id = ? ORDER BY number"
    return db.rows(query, (spectrum_id,))


def of_parts(db: Rows, parts: Sequence[int]) -> list[Row]:
    """The same of all spectra of the parts of a run, each with `spectrum`: the number of its spectrum."""
    query = f"""SELECT s.number AS spectrum, q.* FROM spectra s
                JOIN ({_BOTH_READINGS}) q ON q.spectrum_id = s.id
                WHERE s.run_id IN ({marks(parts)}) ORDER BY s.id, q.number"""
    return db.rows(query, parts)
