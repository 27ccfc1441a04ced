"""The conductivities of a run as they are derived, each read once."""

from collections.abc import Sequence

from labctl.store import Database
from labctl.store.queries import conductivities
from labctl.store.queries.source import Row


class Conductivities:
    """The newest conductivity of each spectrum of the parts."""

    def __init__(self, database: Database, parts: Sequence[int]) -> None:
        self._db, self._parts = database, parts
        self._by_spectrum: dict[int, Row] = {}
        self._last_id = 0

    def poll(self, *, may_lack: bool) -> bool:
        """Read the rows derived since; return whether there were any.

        `may_lack`: whether a spectrum may have lost its conductivity, as by a derivation after the run.
        """
        new = self._read()
        derived_again = any(row["spectrum_id"] in self._by_spectrum for row in new)
        self._keep(new)
        if (derived_again or may_lack) and conductivities.count_of_parts(self._db, self._parts) != len(
            self._by_spectrum
        ):
            self._by_spectrum, self._last_id = {}, 0
            self._keep(self._read())
            return True
        return bool(new)

    def value(self) -> tuple[Row, ...]:
        """Every conductivity, in the order of the spectra."""
        return tuple(row for _, row in sorted(self._by_spectrum.items()))

    def _read(self) -> list[Row]:
        return conductivities.new_of_parts(self._db, self._parts, self._last_id)

    def _keep(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._by_spectrum[row["spectrum_id"]] = row
            self._last_id = max(self._last_id, row["id"])
