"""Mounts of specimens, and the runs that were measured with each."""

from labctl.store.queries.source import Result, Rows, Source


def of_name(db: Source[Result], name: str) -> Result:
    """The mount entries of all specimens of a sample's name, in the order entered."""
    query = """SELECT m.* FROM mounts m JOIN samples s ON s.id = m.sample_id
               WHERE s.name = ? ORDER BY m.id"""
    return db.rows(query, (name,))


def runs_of_mount(db: Rows, mount_id: int) -> list[int]:
    """The ids of the runs that were measured with a mount entry, oldest first."""
    query = "SELECT run_id FROM run_mounts WHERE mount_id = ? ORDER BY run_id"
    return [row["run_id"] for row in db.rows(query, (mount_id,))]


def earlier_runs_of_cell(db: Rows, run_id: int, most: int) -> list[int]:
    """The newest ended runs of the mount, cell and station of a run, oldest first; not those of its job.

    A simulated run is none of a real mount, and the other way round.
    """
    query = """SELECT r.id FROM runs own
        JOIN run_mounts om ON om.run_id = own.id JOIN mounts o ON o.id = om.mount_id
        JOIN mounts m ON m.specimen = o.specimen AND m.number = o.number
        JOIN run_mounts rm ON rm.mount_id = m.id JOIN runs r ON r.id = rm.run_id
        WHERE own.id = ? AND r.id < own.id AND r.cell = own.cell AND r.station = own.station
        AND r.clock = own.clock AND r.ended_s IS NOT NULL AND (r.job_id IS NULL OR r.job_id IS NOT own.job_id)
        ORDER BY r.id DESC LIMIT ?"""
    return sorted(row["id"] for row in db.rows(query, (run_id, most)))
