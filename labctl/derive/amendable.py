"""A results file for reading that also takes amendments: `labctl.open("lab.db", write=True)`."""

import getpass
from collections.abc import Mapping
from typing import Any

from labctl.derive.amending import Request, amend, propose
from labctl.derive.moves import Move, moves
from labctl.store import Database
from labctl.units import ZERO_CELSIUS_K

RunName = int | str


class AmendableDatabase(Database):
    """A `Database` with methods that add amendments; stored rows are never changed.

    Every method that adds something returns the ids of the new amendments, takes a `reason`, and the `person`
    (default: the user of this computer).
    """

    def amend(
        self,
        run: RunName | None = None,
        *,
        sample: str | None = None,
        entry: int | None = None,
        reason: str,
        person: str = "",
        sure: bool = False,
        dry_run: bool = False,
        **values: Any,
    ) -> "list[int] | list[Move]":
        """Correct values of a sample, in one run or in all runs of the sample, and derive these runs again.

        Parameters
        ----------
        run : int or str, optional
            Id, start of the uuid, or `"last"`: this run only, with the earlier parts that it continues.
        sample : str, optional
            Name of a sample: all of its runs; with `entry` the runs of one of several entries.
        sure : bool
            Accept a change by more than a factor of ten.
        dry_run : bool
            Write nothing; return the numbers that would move.
        **values
            Keys of a `[sample]` table (`thickness_mm`, `thickness_uncertainty_mm`, `diameter_mm`,
            `diameter_uncertainty_mm`, `area_cm2`, `area_uncertainty_cm2`, `pellet_diameter_mm`,
            `pellet_diameter_uncertainty_mm`, `thickness_after_mm`, `thickness_after_uncertainty_mm`,
            `thermal_expansion_per_k`, `thermal_expansion_uncertainty_per_k`, `composition`, `cation`,
            `electrodes`, `lead_ohm`, `lead_uncertainty_ohm`, `fixture_short`, `fixture_open`, `note`), and
            `thermometer_correction_k`. `"none"` takes pellet, thickness after the run, expansion, leads,
            fixture or correction away.

        Raises
        ------
        InvalidRequest, ConfigurationError
            No such run or sample, a value that is wrong or in force already, no reason. Nothing is written.
        StoreError
            The file cannot be written. Nothing is written.
        """
        about = {"run": run, "sample": sample, "entry": entry, "values": values, "sure": sure}
        request = self._request(reason, person, about)
        if not dry_run:
            return amend(self.path, request)[0]
        told = propose(self.path, request)
        return moves(told.before, told.after)

    def note(self, run: RunName, text: str, *, person: str = "") -> list[int]:
        """Add a note to a run. Raises as `amend`."""
        return amend(self.path, self._request("note", person, {"run": run, "remark": text}))[0]

    def exclude(
        self,
        run: RunName,
        *,
        reason: str,
        spectrum: int | None = None,
        frequencies_hz: tuple[float, float] | None = None,
        temperatures_degc: tuple[float, float] | None = None,
        person: str = "",
    ) -> list[int]:
        """Exclude a spectrum by its number, a range of frequencies or of temperatures; derive the run again.

        What fulfils every given condition is excluded. It stays in the file and is drawn hollow. Raises as
        `amend`.
        """
        what: dict[str, Any] = {"spectrum": spectrum}
        if frequencies_hz is not None:
            what["frequency_min_hz"], what["frequency_max_hz"] = map(float, frequencies_hz)
        if temperatures_degc is not None:
            low_k, high_k = (degc + ZERO_CELSIUS_K for degc in temperatures_degc)
            what["temperature_min_k"], what["temperature_max_k"] = low_k, high_k
        return amend(self.path, self._request(reason, person, {"run": run, "exclusion": what}))[0]

    def revoke(self, amendment: int, *, reason: str, person: str = "") -> list[int]:
        """Revoke an amendment, which may be a revocation; derive its runs again. Raises as `amend`."""
        return amend(self.path, self._request(reason, person, {"revokes": amendment}))[0]

    def _request(self, reason: str, person: str, about: Mapping[str, Any]) -> Request:
        return Request(reason=reason, person=person or _user_name(), **about)


def _user_name() -> str:
    """Return the name of the user of this process; empty if the system does not know it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
