"""Look at the amplitude of an analyser during a spectrum, where its driver offers that."""

from typing import Any

from labctl.bench import Bench
from labctl.errors import InstrumentError
from labctl.instruments.oven_watch import LOOK_EVERY_S, without_retries

ACCEPTED_SHARE, ACCEPTED_V = 0.02, 1e-4


class AmplitudeWatch:
    """Reads back the amplitude at most every half minute, and at the last point.

    Parameters
    ----------
    amplitude_v : float
        Amplitude that was set, V rms.
    """

    def __init__(self, bench: Bench, amplitude_v: float) -> None:
        self._bench, self._amplitude_v = bench, amplitude_v
        self._looked_s = bench.clock.monotonic()
        driver = without_retries(bench.roles.get("fra"))
        self._driver: Any = driver if hasattr(type(driver), "amplitude_now_v") else None

    def look(self, is_last: bool = False) -> str:
        """Return and report a difference between the amplitude found and the amplitude set; `""` for none.

        A failed read-back is reported; it is no difference.
        """
        now_s = self._bench.clock.monotonic()
        if self._driver is None or not (is_last or now_s - self._looked_s >= LOOK_EVERY_S):
            return ""
        self._looked_s = now_s
        try:
            found_v = self._driver.amplitude_now_v
        except InstrumentError as error:
            self._bench.tell("warning", "retry", f"the amplitude could not be read back: {error}")
            return ""
        accepted_v = max(ACCEPTED_V, ACCEPTED_SHARE * self._amplitude_v)
        if not abs(found_v - self._amplitude_v) > accepted_v:  # NaN: not known
            return ""
        problem = f"the amplitude at the instrument is {found_v:g} V instead of {self._amplitude_v:g} V"
        self._bench.tell("warning", "setting lost", f"{self._driver.name}: {problem}")
        return problem
