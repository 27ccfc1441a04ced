"""Facts about samples that other methods found."""

from labctl.store.queries.source import Result, Rows, Source


def of_name(db: Source[Result], name: str) -> Result:
    """The facts of all entries of a sample's name, revoked ones included, in the order of writing."""
    query = """SELECT f.* FROM facts f JOIN samples s ON s.id = f.sample_id
               WHERE s.name = ? ORDER BY f.id"""
    return db.rows(query, (name,))


def all_facts(db: Source[Result]) -> Result:
    """Every fact with the name of its sample, in the order of writing."""
    query = "SELECT f.*, s.name AS sample FROM facts f JOIN samples s ON s.id = f.sample_id ORDER BY f.id"
    return db.rows(query, ())


def runs_of_name(db: Rows, name: str) -> list[int]:
    """The ids of the runs of all entries of a sample's name, the newest first."""
    query = """SELECT r.id FROM runs r JOIN samples s ON s.id = r.sample_id
               WHERE s.name = ? ORDER BY r.id DESC"""
    return [row["id"] for row in db.rows(query, (name,))]
