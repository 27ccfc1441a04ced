"""Linearity of a spectrum, from its points at twice and at half the amplitude."""

from collections.abc import Mapping, Sequence
from typing import Any

from labctl.analysis.spectra.linearity import Linearity, linearity
from labctl.store import Database
from labctl.store.queries import linearity_points


def linearity_flags(db: Database, spectrum_id: int) -> tuple[str, ...]:
    """Return the flag of a spectrum with a response that is not linear, or that could not be tested.

    Empty for a spectrum that was measured at one amplitude, and for a linear response.
    """
    rows = linearity_points.of_spectrum(db, spectrum_id)
    if not rows:
        return ()
    found = linearity_of(rows)
    if found is None:
        return (f"linearity not tested: {why_not_tested(rows)}",)
    return () if found.is_linear else (found.words,)


def linearity_of(rows: Sequence[Mapping[str, Any]]) -> Linearity | None:
    """Compare the points of one spectrum at three amplitudes; None where too few have all three."""
    amplitude_v = rows[0]["first_amplitude_v"]
    if not amplitude_v:
        return None
    double, half = (_by_place(rows, amplitude_v * factor) for factor in (2.0, 0.5))
    first = {row["repeats"]: row for row in rows if row["first_status"] == "ok"}
    places = sorted(first.keys() & double.keys() & half.keys())
    return linearity(
        [first[place]["frequency_hz"] for place in places],
        [complex(first[place]["first_real_ohm"], first[place]["first_imag_ohm"]) for place in places],
        [double[place] for place in places],
        [half[place] for place in places],
        amplitude_v,
    )


def why_not_tested(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return why points at other amplitudes could not be compared."""
    reasons = [row["status"] for row in rows if row["status"] != "ok"]
    return reasons[0] if reasons else "too few points at all three amplitudes"


def _by_place(rows: Sequence[Mapping[str, Any]], amplitude_v: float) -> dict[int, complex]:
    return {
        row["repeats"]: complex(row["z_real_ohm"], row["z_imag_ohm"])
        for row in rows
        if row["status"] == "ok" and abs(row["amplitude_v"] - amplitude_v) < 1e-6 * amplitude_v
    }
