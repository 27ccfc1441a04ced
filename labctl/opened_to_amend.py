"""The results file that `labctl.open(path, write=True)` returns; apart from `opened`: amending loads fits."""

from labctl.derive.amendable import AmendableDatabase
from labctl.opened import OpenedDatabase


class OpenedAmendableDatabase(OpenedDatabase, AmendableDatabase):
    """An `AmendableDatabase` with runs and samples that read their own frames and draw themselves."""
