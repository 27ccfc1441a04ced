"""Rules for fitting the temperature laws of a growing run again.

A law is fitted to all points so far. Fitted after every spectrum, a run of n spectra would cost n fits of up
to n points each. So the laws follow at intervals that grow with the run; the last fit is made when it ends.
"""

from labctl.analysis.laws.temperature_series import SAME_TEMPERATURE_WITHIN_K
from labctl.store import Store
from labctl.store.queries import derivations

EACH_UNTIL = 50
LATER_SHARE = 0.02
LONG = 2000
SHARE_OF_LONG = 0.1


class LiveLaws:
    """Decides after each spectrum: always up to 50 spectra, then each time their number grew by 2 %.

    From 2000 spectra on, each time it grew by 10 %: a fit takes the longer the more points there are.
    A temperature that was not measured before is always a reason, for it may change the law.

    Parameters
    ----------
    spectra : int
        Finished spectra that the laws stand on already.
    """

    def __init__(self, spectra: int = 0) -> None:
        self._spectra = self._due_at = spectra
        self._measured: set[int] = set()

    def are_due(self, temperature_k: float | None) -> bool:
        """Count one more spectrum, measured at this temperature; return whether to fit now."""
        self._spectra += 1
        if not self._is_new(temperature_k) and self._spectra < self._due_at:
            return False
        self._due_at = self._spectra + max(1, round(self._share * self._spectra))
        return True

    @property
    def _share(self) -> float:
        """By how much the number of spectra grows until the next fit."""
        if self._spectra < EACH_UNTIL:
            return 0.0
        return LATER_SHARE if self._spectra < LONG else SHARE_OF_LONG

    def _is_new(self, temperature_k: float | None) -> bool:
        if temperature_k is None:
            return False
        place = round(temperature_k / SAME_TEMPERATURE_WITHIN_K)
        new = place not in self._measured
        self._measured.add(place)
        return new


def spectra_before(store: Store, run_id: int, spectrum_id: int) -> int:
    """Count the finished spectra of a run, and of those that it continues, without this one."""
    with store.read() as db:
        return derivations.count_finished(db, run_id, without=spectrum_id)
