"""Temperatures read with the points of spectra and polarisations: the temperature log has none then."""

from labctl.store.queries.source import Row, Rows

Place = tuple[int, int]
Tables = tuple[str, str, str]
SPECTRA: Tables = ("spectra", "impedance_points", "spectrum_id")
POLARISATIONS: Tables = ("polarisations", "polarisation_points", "polarisation_id")


def after(db: Rows, tables: Tables, run_id: int, place: Place, most: int) -> list[Row]:
    """Time, temperature and set point of the points of a run behind a place, at most so many.

    A place is the number of a spectrum or polarisation in the run and the number of a point in it; each row
    has its own as `parent` and `number`. They come in the order of their places.
    """
    parents, points, key = tables
    query = f"""SELECT s.number AS parent, p.number, p.time_s, p.temperature_k, s.setpoint_k
                FROM {parents} s JOIN {points} p ON p.{key} = s.id
                WHERE s.run_id = ? AND s.number >= ? AND (s.number > ? OR p.number > ?)
                ORDER BY s.number, p.number LIMIT ?"""
    return db.rows(query, (run_id, place[0], place[0], place[1], most))
