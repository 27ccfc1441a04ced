"""Temperatures read with the points of spectra: the temperature log has none then."""

from labctl.store.queries.source import Row, Rows

Place = tuple[int, int]


def after(db: Rows, run_id: int, place: Place, most: int) -> list[Row]:
    """Time, temperature and set point of the points of spectra of a run behind a place, at most so many.

    A place is the number of a spectrum in the run and the number of a point in it; each row has its own as
    `parent` and `number`. They come in the order of their places.
    """
    query = """SELECT s.number AS parent, p.number, p.time_s, p.temperature_k, s.setpoint_k
               FROM spectra s JOIN impedance_points p ON p.spectrum_id = s.id
               WHERE s.run_id = ? AND s.number >= ? AND (s.number > ? OR p.number > ?)
               ORDER BY s.number, p.number LIMIT ?"""
    return db.rows(query, (run_id, place[0], place[0], place[1], most))
