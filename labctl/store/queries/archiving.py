"""Queries of the process that adds ended runs to an archive."""

from typing import Any

from labctl.store.transactions import WriteConnection

_MARK = """
SELECT (SELECT count(*) FROM runs WHERE status <> 'running' AND content_hash IS NOT NULL) AS runs,
       (SELECT coalesce(max(id), 0) FROM analyses WHERE closed_s IS NOT NULL) AS analyses,
       (SELECT coalesce(max(id), 0) FROM analysis_choices) AS choices,
       (SELECT coalesce(max(id), 0) FROM amendments) AS amendments,
       (SELECT coalesce(max(id), 0) FROM facts) AS facts"""


def knowledge_mark(connection: WriteConnection) -> tuple[Any, ...]:
    """Return numbers that change with each ended run, analysis, choice, amendment and fact of a file."""
    (row,) = connection.rows(_MARK)
    return tuple(row.values())
