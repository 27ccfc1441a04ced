"""Single points that cannot belong to the spectrum: mains pick-up, a range change, a glitch."""

from collections.abc import Sequence

import numpy as np

from labctl.analysis.spectra.kramers_kronig import (
    FEWEST_POINTS,
    KramersKronig,
    kramers_kronig,
    kramers_kronig_all,
)
from labctl.analysis.spectra.spectrum import Spectrum

TIMES_THE_USUAL = 8.0
SMALLEST_RESIDUAL = 0.02
MOST_MASKED = 0.1


Judged = tuple[Spectrum, KramersKronig, tuple[float, ...]]


def without_bad_points(clean: Spectrum) -> Judged:
    """Leave out the points that spoil the Kramers-Kronig test, at most a tenth of them.

    Returns the spectrum to use, its test and the frequencies left out. When leaving points out does not
    help the test to pass, all are kept.
    """
    return all_without_bad_points([clean])[0]


def all_without_bad_points(clean: Sequence[Spectrum]) -> list[Judged]:
    """`without_bad_points` for many spectra, tested together."""
    tests = kramers_kronig_all(clean)
    return [
        _reduced(one, test) if _worst(test) is not None else (one, test, ())
        for one, test in zip(clean, tests, strict=True)
    ]


def _reduced(clean: Spectrum, whole: KramersKronig) -> Judged:
    kept, test, left_out = clean, whole, []
    while (worst := _worst(test)) is not None and len(left_out) < MOST_MASKED * len(clean):
        left_out.append(float(kept.frequency_hz[worst]))
        keep = np.arange(len(kept)) != worst
        kept = kept.at(keep)
        if len(kept) < FEWEST_POINTS:
            return clean, whole, ()
        test = kramers_kronig(kept)
    if test.passed and test.rms < 0.7 * whole.rms:
        return kept, test, tuple(left_out)
    return clean, whole, ()


def _worst(test: KramersKronig) -> int | None:
    """The point furthest off, when it is far beyond the others."""
    size = np.abs(test.residuals)
    worst = int(np.argmax(size))
    usual = float(np.median(size))
    return worst if size[worst] > max(TIMES_THE_USUAL * usual, SMALLEST_RESIDUAL) else None
