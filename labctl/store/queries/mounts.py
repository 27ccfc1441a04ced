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
