"""The ionic resistance of a spectrum, and how far to believe it.

Bad points are masked, every candidate circuit is fitted, impossible fits are ruled out, the Bayesian
information criterion with the effective number of points chooses, and the uncertainty holds the spread of
the circuits that are as good. The result is the total: the low-frequency end of the electrolyte's arcs.
"""

from collections.abc import Sequence

from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.resistance.candidate_fits import fit_candidates
from labctl.analysis.resistance.conclusion import RANGE_OHM, Candidate, Resistance, check_range, conclude
from labctl.analysis.resistance.prepared import prepare_all
from labctl.analysis.resistance.stated import declared_for, without_fixture
from labctl.analysis.spectra.cell import Cell
from labctl.analysis.spectra.spectrum import Spectrum

__all__ = ["RANGE_OHM", "Candidate", "Resistance", "ionic_resistance", "ionic_resistances"]


def ionic_resistance(
    spectrum: Spectrum,
    electrodes: str | None = None,
    *,
    cell: Cell | None = None,
    lead_ohm: Estimate | float | None = None,
    range_ohm: tuple[float, float] = RANGE_OHM,
) -> Resistance:
    """Ionic resistance of a spectrum of n points, without a person's choice.

    Declarations (electrodes, geometry, leads) come from the arguments, then from `cell`, then from the
    spectrum's own cell. An argument that contradicts the spectrum's cell is used, with a flag.

    Parameters
    ----------
    spectrum : Spectrum
    electrodes : "blocking", "reversible" or "blocking/reversible", optional
        Of both sides. Blocking (steel, gold): arcs, then a capacitive spike. Reversible (Li, Mg): arcs and
        diffusion of the interphase after them. Blocking where nothing is declared.
    cell : Cell, optional
        Its thickness and area are the scales by which an arc counts as electrolyte or interface.
    lead_ohm : Estimate or float, optional
        Resistance of the leads, from a measured short; it is taken off the total.
    range_ohm : (low, high)
        Range of the instrument; a resistance outside becomes a bound.

    Raises
    ------
    ValueError
        For an argument that makes no sense. A bad spectrum gives flags, never an error.
    """
    return ionic_resistances([spectrum], electrodes, cell=cell, lead_ohm=lead_ohm, range_ohm=range_ohm)[0]


def ionic_resistances(
    spectra: Sequence[Spectrum],
    electrodes: str | None = None,
    *,
    cell: Cell | None = None,
    lead_ohm: Estimate | float | None = None,
    range_ohm: tuple[float, float] = RANGE_OHM,
) -> tuple[Resistance, ...]:
    """Ionic resistance of each of many spectra, fitted together: faster than one after the other.

    Arguments, errors and results are as in `ionic_resistance` for each spectrum; the spectra need not be
    of one sample and do not influence each other.
    """
    check_range(range_ohm)
    declared = [declared_for(spectrum, electrodes, cell, lead_ohm) for spectrum in spectra]
    spectra = [without_fixture(spectrum, cell, lead_ohm) for spectrum in spectra]
    data = prepare_all(spectra, declared)
    fits = fit_candidates(data)
    return tuple(conclude(one, list(own.values()), range_ohm) for one, own in zip(data, fits, strict=True))
