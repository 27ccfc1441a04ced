"""Distributions of relaxation times of the spectra of a run, made when it ends or is derived again.

They are not made after each spectrum, since one takes about 60 ms, and of a run of more than 300 spectra not
when it ends, where the next job waits: `labctl fit` makes these. A distribution of the same points by the
same version of the method is taken over from an earlier analysis of the run.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from labctl.analysis import RelaxationTimes, Spectrum, drt
from labctl.derive.conductivities import finite, spectra_for_evaluation
from labctl.derive.inputs import Inputs
from labctl.derive.makers import METHOD_VERSIONS
from labctl.store import Database
from labctl.store.queries import relaxation_times

METHOD = "drt"
METHOD_VERSION = METHOD_VERSIONS["relaxation_times"]
DIGITS = 5  # of the numbers in lists

Row = dict[str, Any]


def evaluated_relaxation_times(
    db: Database, run_id: int, ids: Sequence[int], inputs: Inputs, derived_s: float, *, anew: bool = False
) -> list[Row]:
    """Return a row of `relaxation_times` for each spectrum that has a distribution.

    `anew`: take over nothing from earlier analyses.
    """
    if not ids:
        return []
    rows = []
    spectra = spectra_for_evaluation(db, ids, inputs)
    for place, spectrum_id in enumerate(ids):
        spectrum = spectra[place]
        made = {"spectrum_id": spectrum_id, "run_id": run_id, "points_hash": _hash(spectrum)}
        made |= {"method": METHOD, "method_version": METHOD_VERSION}
        found = None if anew else _taken_over(db, made)
        if found is None:
            found = _columns_of(spectrum)
        if found is not None:
            rows.append(found | made | {"derived_s": derived_s})
    return rows


def _taken_over(db: Database, made: Row) -> Row | None:
    rows = relaxation_times.same_points(db, made["spectrum_id"], made["points_hash"], made["method_version"])
    own = (*made, "id", "analysis_id", "derived_s")
    return {name: value for name, value in rows[0].items() if name not in own} if rows else None


def _columns_of(spectrum: Spectrum) -> Row | None:
    """Return the columns of a distribution; None where the spectrum has none."""
    try:
        found = drt(spectrum)
    except (ValueError, RuntimeError):  # too few points; no solution of numbers out of all proportion
        return None
    row = _row(found)
    required = ("fastest_s", "slowest_s", "series_ohm", "inductance_h", "strength", "rms")
    return row if all(row[name] is not None for name in required) else None


def _row(found: RelaxationTimes) -> Row:
    peaks = [
        {
            "time_s": _rounded(peak.time_s),
            "fastest_s": _rounded(peak.fastest_s),
            "slowest_s": _rounded(peak.slowest_s),
            "resistance_ohm": _rounded(peak.resistance_ohm.value),
            "standard_uncertainty_ohm": _rounded(peak.resistance_ohm.standard_uncertainty),
        }
        for peak in found.peaks
    ]
    return {
        "fastest_s": finite(found.tau_s[0]),
        "slowest_s": finite(found.tau_s[-1]),
        "gamma": [_rounded(value) for value in found.gamma_ohm],
        "gamma_low": [_rounded(value) for value in found.gamma_low_ohm],
        "gamma_high": [_rounded(value) for value in found.gamma_high_ohm],
        "peaks": peaks,
        "series_ohm": finite(found.series_ohm),
        "inductance_h": finite(found.inductance_h),
        "capacitance_f": finite(found.capacitance_f),
        "exponent": finite(found.exponent),
        "strength": finite(found.strength),
        "rms": finite(found.rms),
        "flags": list(found.flags),
    }


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _hash(spectrum: Spectrum) -> str:
    points = np.concatenate([spectrum.frequency_hz, spectrum.z_ohm.real, spectrum.z_ohm.imag])
    return hashlib.sha256(np.ascontiguousarray(points, dtype="<f8").tobytes()).hexdigest()
