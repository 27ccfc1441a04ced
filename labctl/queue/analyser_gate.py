"""Gate before a measurement: the last checks of the analyser with its standards.

1. A station without a limit and an age in its `[check]` table is never kept waiting.
2. The newest check with each standard of the station counts. A check that failed says nothing about the
   analyser: it is not a check that passed.
3. With `otherwise` set to the second choice, a refusal becomes a warning.
"""

import math

from labctl.config.reference_check import ReferenceCheck, Standard
from labctl.config.station import Station
from labctl.errors import ConfigurationError
from labctl.instruments.locks import is_simulated_here
from labctl.store.queries.analyser_checks import newest
from labctl.store.queries.source import Row, Rows

HOW = "connect it and run `labctl check-analyser`, with the runner stopped"


def is_simulated(station: Station) -> bool:
    """Return whether the checks of a station are made on simulated instruments."""
    return station.simulation is not None or is_simulated_here(station.visa_library)


def doubts_about_analyser(connection: Rows, station: Station, now_s: float) -> list[str]:
    """Return a sentence for each standard with a last check that is too old, too far off, failed or missing.

    Parameters
    ----------
    connection : Rows
    station : Station
    now_s : float
        s since 1970-01-01 UTC.
    """
    check = station.check
    if not check.is_judged:
        return []
    found = [
        (standard, newest(connection, station.name, standard.name, is_simulated(station)))
        for standard in check.standards
    ]
    doubts = [_doubt(check, standard, row, now_s) for standard, row in found]
    return [f"analyser not checked: {doubt}; {HOW}" for doubt in doubts if doubt]


def refuse_or_tell(connection: Rows, station: Station, now_s: float) -> list[str]:
    """Return the doubts that are only warnings.

    Raises
    ------
    ConfigurationError
        There are doubts, and the station refuses to measure then.
    """
    doubts = doubts_about_analyser(connection, station, now_s)
    if doubts and station.check.refuses:
        raise ConfigurationError(station.source, "check", "; ".join(doubts))
    return doubts


def _doubt(check: ReferenceCheck, standard: Standard, row: Row | None, now_s: float) -> str:
    if row is None:
        return f"no check with {standard.words} is stored" if check.largest_age_s is not None else ""
    if row["outcome"] == "failed":
        return f"the last check with {standard.words} failed: {row['problem']}"
    age_s = now_s - row["time_s"]
    if check.largest_age_s is not None and age_s > check.largest_age_s:
        return (
            f"the last check with {standard.words} is {age_s / 3600:.1f} h old; largest_age_h is "
            f"{check.largest_age_s / 3600:g}"
        )
    return _too_far_off(check, standard, row)


def _too_far_off(check: ReferenceCheck, standard: Standard, row: Row) -> str:
    deviation, phase_rad = row["largest_deviation"], row["largest_phase_rad"]
    if check.largest_deviation is not None and deviation > check.largest_deviation:
        return (
            f"|Z| of {standard.words} was off by {100 * deviation:.3g} %; largest_deviation is "
            f"{100 * check.largest_deviation:g} %"
        )
    if check.largest_phase_rad is not None and phase_rad > check.largest_phase_rad:
        off, limit = math.degrees(phase_rad), math.degrees(check.largest_phase_rad)
        return f"the phase of {standard.words} was off by {off:.3g} degrees; largest_phase_deg is {limit:g}"
    return ""
