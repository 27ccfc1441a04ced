"""Spectra made ready for the search: points that cannot be used are masked, consistency is tested."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from labctl.analysis.resistance.candidates import is_inductive
from labctl.analysis.resistance.stated import Stated, declared_for
from labctl.analysis.spectra.bad_points import Judged, all_without_bad_points
from labctl.analysis.spectra.spectrum import Spectrum

FEWEST_POINTS = 6


@dataclass(frozen=True)
class Prepared:
    """A spectrum without its bad points, highest frequency first, and the findings of the checks."""

    spectrum: Spectrum
    flags: tuple[str, ...]
    inductive: bool
    consistent_rms: float
    noise_rms: float
    cell: Stated

    @property
    def enough(self) -> bool:
        """There are points enough for a circuit."""
        return len(self.spectrum) >= FEWEST_POINTS


def prepare(spectrum: Spectrum, stated: Stated | None = None) -> Prepared:
    """Mask what cannot be used and test the rest for Kramers-Kronig consistency."""
    return prepare_all([spectrum], [stated or declared_for(spectrum, None, None, None)])[0]


def prepare_all(spectra: Sequence[Spectrum], stated: Sequence[Stated]) -> list[Prepared]:
    """`prepare` for many spectra, tested together."""
    clean = [spectrum.cleaned() for spectrum in spectra]
    enough = [i for i, one in enumerate(clean) if len(one) >= FEWEST_POINTS]
    tested = dict(zip(enough, all_without_bad_points([clean[i] for i in enough]), strict=True))
    return [
        _prepared(spectrum, clean[i], tested.get(i), of_one)
        for i, (spectrum, of_one) in enumerate(zip(spectra, stated, strict=True))
    ]


def _prepared(spectrum: Spectrum, clean: Spectrum, tested: Judged | None, stated: Stated) -> Prepared:
    masked = len(spectrum) - len(clean)
    flags = [*stated.flags]
    if masked:
        flags.append(f"{masked} of {len(spectrum)} points masked: no valid reading")
    if tested is None:
        return Prepared(
            clean,
            (*flags, "too few usable points for a resistance"),
            inductive=False,
            consistent_rms=math.nan,
            noise_rms=math.nan,
            cell=stated,
        )
    clean, test, left_out = tested
    flags += [f"point masked: {frequency:.4g} Hz does not belong to the spectrum" for frequency in left_out]
    inductive = is_inductive(clean.z_ohm.imag)
    if inductive:
        flags.append("inductive: the highest frequencies show the cables")
    noise_rms = min(test.rms, test.noise)
    return Prepared(clean, (*flags, *test.flags), inductive, test.rms, noise_rms, stated)
