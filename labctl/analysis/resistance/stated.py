"""Declarations in force for the cell of a spectrum: from arguments, a cell given, or the spectrum itself."""

import math
from dataclasses import dataclass, replace

from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.resistance.judgement import Declared, Scales
from labctl.analysis.spectra.analyser_accuracy import AnalyserAccuracy
from labctl.analysis.spectra.cell import Cell, electrode_sides
from labctl.analysis.spectra.fixture import without_declared_fixture
from labctl.analysis.spectra.spectrum import Spectrum


@dataclass(frozen=True)
class Stated:
    """Declarations about a cell, its lead, and flags where arguments contradict the spectrum's own cell."""

    declared: Declared
    lead: Estimate
    flags: tuple[str, ...]
    analyser: AnalyserAccuracy | None = None


def declared_for(
    spectrum: Spectrum,
    electrodes: str | None,
    cell: Cell | None,
    lead_ohm: Estimate | float | None,
) -> Stated:
    """Declarations in force for the cell of a spectrum; raises ValueError as `ionic_resistance` does."""
    own = without_fixture(spectrum, cell, lead_ohm).cell or Cell()
    given = cell or Cell()
    sides = None if electrodes is None else electrode_sides(electrodes)
    stated = Cell(
        electrodes=sides or given.electrodes or own.electrodes,
        thickness_m=given.thickness_m or own.thickness_m,
        area_m2=given.area_m2 or own.area_m2,
    )
    lead = next((lead for lead in (lead_ohm, given.lead_ohm, own.lead_ohm) if lead is not None), 0.0)
    flags = _contradictions(replace(stated, lead_ohm=checked_lead(lead)), own)
    if own.fixture_short is not None or own.fixture_open is not None:
        flags = (*flags, "lead: given, so the fixture that the spectrum's sample states is not taken out")
    declared = Declared(stated.electrodes or ("blocking", "blocking"), Scales.of(stated))
    return Stated(declared, checked_lead(lead), flags, given.analyser or own.analyser)


def without_fixture(spectrum: Spectrum, cell: Cell | None, lead_ohm: Estimate | float | None) -> Spectrum:
    """The spectrum without the fixture that its cell declares; with leads given, as it is."""
    if lead_ohm is not None or (cell is not None and cell.lead_ohm is not None):
        return spectrum
    return without_declared_fixture(spectrum)


def _contradictions(used: Cell, own: Cell) -> tuple[str, ...]:
    """Name the values in use that differ from the spectrum's own cell."""
    names = {"electrodes": "electrodes", "thickness_m": "thickness", "area_m2": "area", "lead_ohm": "lead"}
    flags = []
    for name, words in names.items():
        asked, stated = getattr(used, name), getattr(own, name)
        if stated is not None and _value(asked) != _value(stated):
            flags.append(
                f"{words}: {_in_words(asked)} given, the spectrum's sample states {_in_words(stated)}"
            )
    return tuple(flags)


def _value(declared: object) -> object:
    return declared.value if isinstance(declared, Estimate) else declared


def _in_words(declared: object) -> str:
    value = _value(declared)
    return "/".join(dict.fromkeys(value)) if isinstance(value, tuple) else f"{value:g}"


def checked_lead(lead_ohm: Estimate | float) -> Estimate:
    """The lead as an Estimate; ValueError when it is negative or no number."""
    lead = lead_ohm if isinstance(lead_ohm, Estimate) else Estimate(float(lead_ohm), 0.0)
    if not (lead.value >= 0 and math.isfinite(lead.value) and math.isfinite(lead.standard_uncertainty)):
        raise ValueError(f"lead_ohm must be finite and not negative, got {lead!r}")
    return lead
