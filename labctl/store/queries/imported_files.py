"""Files that were imported, and the runs that hold their spectra."""

import zlib
from typing import Any

from labctl.store.queries.source import Rows

_KNOWN = """
SELECT f.name, f.run_id, s.name AS sample FROM imported_files f
JOIN runs r ON r.id = f.run_id JOIN samples s ON s.id = r.sample_id
WHERE f.sha256 = ? ORDER BY f.id LIMIT 1
"""
_OF_RUN = """
SELECT id, number, name, sha256, bytes, format, acquired, first_spectrum, n_spectra, temperatures_from,
    remarks, polarisation
FROM imported_files WHERE run_id = ? ORDER BY number
"""
_UNDERIVED = """
SELECT DISTINCT f.run_id FROM imported_files f
WHERE NOT EXISTS (SELECT 1 FROM analyses a WHERE a.run_id = f.run_id) ORDER BY f.run_id
"""


def with_hash(db: Rows, sha256: str) -> dict[str, Any] | None:
    """Return name, run and sample of the imported file with this content; None where there is none."""
    return next(iter(db.rows(_KNOWN, (sha256,))), None)


def of_run(db: Rows, run_id: int) -> list[dict[str, Any]]:
    """Return the files of an imported run, without their content; empty for other runs."""
    return db.rows(_OF_RUN, (run_id,))


def content(db: Rows, file_id: int) -> bytes:
    """Return an imported file as it was."""
    (row,) = db.rows("SELECT content FROM imported_files WHERE id = ?", (file_id,))
    return zlib.decompress(row["content"])


def not_derived(db: Rows) -> list[int]:
    """Return the imported runs without an analysis: the program was ended between import and analysis."""
    return [row["run_id"] for row in db.rows(_UNDERIVED, ())]
