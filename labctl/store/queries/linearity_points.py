"""Points of spectra that were measured again at other amplitudes."""

from labctl.store.queries.source import Row, Rows

_BOTH_READINGS = """
SELECT l.*, s.amplitude_v AS first_amplitude_v, p.z_real_ohm AS first_real_ohm,
    p.z_imag_ohm AS first_imag_ohm, p.status AS first_status
FROM linearity_points l JOIN spectra s ON s.id = l.spectrum_id
LEFT JOIN impedance_points p ON p.spectrum_id = l.spectrum_id AND p.number = l.repeats"""


def of_spectrum(db: Rows, spectrum_id: int) -> list[Row]:
    """The points of a spectrum at other amplitudes, each with `first_...`: its reading in the spectrum."""
    query = f"SELECT * FROM ({_BOTH_READINGS}) WHERE spectrum_id = ? ORDER BY number"
    return db.rows(query, (spectrum_id,))


def spectra_with_points(db: Rows, run_id: int) -> list[Row]:
    """Id and number of the spectra of a run that have points at other amplitudes."""
    query = """SELECT DISTINCT s.id, s.number FROM spectra s JOIN linearity_points l ON l.spectrum_id = s.id
               WHERE s.run_id = ? ORDER BY s.number"""
    return db.rows(query, (run_id,))
