"""Arrays in, frozen results out: from a spectrum to a conductivity, from conductivities to a law.

Names are loaded when they are first used. Those that share their name with their module are loaded here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.resistance.conductivity import conductivity
from labctl.analysis.spectra.drt import drt
from labctl.analysis.spectra.kramers_kronig import kramers_kronig
from labctl.analysis.transport.nernst_einstein import ionicity, nernst_einstein

if TYPE_CHECKING:
    from labctl.analysis.circuits.circuit import Circuit, parse_circuit
    from labctl.analysis.circuits.fit import CircuitFit, fit_circuit, fit_circuits
    from labctl.analysis.circuits.global_fit import GlobalFit, fit_globally
    from labctl.analysis.laws.arrhenius import ArrheniusFit, fit_arrhenius
    from labctl.analysis.laws.choice import TemperatureLaw, fit_temperature_law
    from labctl.analysis.laws.hysteresis import Hysteresis, compare_branches, heating_points
    from labctl.analysis.laws.next_temperature import NextTemperature, half_width, next_temperature
    from labctl.analysis.laws.two_segments import TwoSegmentFit, fit_two_segments
    from labctl.analysis.laws.vtf import VTFFit, fit_vtf
    from labctl.analysis.readers import read_spectra, read_spectrum
    from labctl.analysis.readers.conductivity_table import MeasuredConductivities, read_conductivities
    from labctl.analysis.readers.transient import Transient, read_transient
    from labctl.analysis.resistance.grain_boundary import (
        GrainBoundaryConductivity,
        grain_boundary_conductivity,
    )
    from labctl.analysis.resistance.judgement import Reading
    from labctl.analysis.resistance.series import ionic_resistance_series
    from labctl.analysis.resistance.single import Resistance, ionic_resistance, ionic_resistances
    from labctl.analysis.spectra.analyser_accuracy import AccuracyRange, AnalyserAccuracy
    from labctl.analysis.spectra.cell import Cell, electrode_sides, electrode_text
    from labctl.analysis.spectra.drt import RelaxationTimes
    from labctl.analysis.spectra.fixture import compensate, lead_resistance
    from labctl.analysis.spectra.kramers_kronig import KramersKronig
    from labctl.analysis.spectra.spectrum import Spectrum
    from labctl.analysis.transport.early_stop import EarlyStop, steady_current_known
    from labctl.analysis.transport.haven import haven_ratio
    from labctl.analysis.transport.jumps import carrier_conductivity, jump_diffusion
    from labctl.analysis.transport.polarisation import PolarisationFit, fit_polarisation
    from labctl.analysis.transport.relaxation import relaxation_current_a
    from labctl.analysis.transport.transference import (
        Transference,
        bruce_vincent,
        electronic_transference,
        wagner_ionic_transference,
    )

_HOME = {
    "AccuracyRange": "spectra.analyser_accuracy",
    "AnalyserAccuracy": "spectra.analyser_accuracy",
    "ArrheniusFit": "laws.arrhenius",
    "Cell": "spectra.cell",
    "Circuit": "circuits.circuit",
    "CircuitFit": "circuits.fit",
    "EarlyStop": "transport.early_stop",
    "GlobalFit": "circuits.global_fit",
    "GrainBoundaryConductivity": "resistance.grain_boundary",
    "Hysteresis": "laws.hysteresis",
    "KramersKronig": "spectra.kramers_kronig",
    "MeasuredConductivities": "readers.conductivity_table",
    "NextTemperature": "laws.next_temperature",
    "PolarisationFit": "transport.polarisation",
    "Reading": "resistance.judgement",
    "RelaxationTimes": "spectra.drt",
    "Resistance": "resistance.single",
    "Spectrum": "spectra.spectrum",
    "TemperatureLaw": "laws.choice",
    "Transference": "transport.transference",
    "Transient": "readers.transient",
    "TwoSegmentFit": "laws.two_segments",
    "VTFFit": "laws.vtf",
    "bruce_vincent": "transport.transference",
    "carrier_conductivity": "transport.jumps",
    "compare_branches": "laws.hysteresis",
    "compensate": "spectra.fixture",
    "electrode_sides": "spectra.cell",
    "electrode_text": "spectra.cell",
    "electronic_transference": "transport.transference",
    "fit_arrhenius": "laws.arrhenius",
    "fit_circuit": "circuits.fit",
    "fit_circuits": "circuits.fit",
    "fit_globally": "circuits.global_fit",
    "fit_polarisation": "transport.polarisation",
    "fit_temperature_law": "laws.choice",
    "fit_two_segments": "laws.two_segments",
    "fit_vtf": "laws.vtf",
    "grain_boundary_conductivity": "resistance.grain_boundary",
    "half_width": "laws.next_temperature",
    "heating_points": "laws.hysteresis",
    "ionic_resistance": "resistance.single",
    "ionic_resistance_series": "resistance.series",
    "ionic_resistances": "resistance.single",
    "haven_ratio": "transport.haven",
    "jump_diffusion": "transport.jumps",
    "lead_resistance": "spectra.fixture",
    "next_temperature": "laws.next_temperature",
    "parse_circuit": "circuits.circuit",
    "read_conductivities": "readers.conductivity_table",
    "read_spectra": "readers",
    "read_spectrum": "readers",
    "read_transient": "readers.transient",
    "relaxation_current_a": "transport.relaxation",
    "steady_current_known": "transport.early_stop",
    "wagner_ionic_transference": "transport.transference",
}

__all__ = [
    "AccuracyRange",
    "AnalyserAccuracy",
    "ArrheniusFit",
    "Cell",
    "Circuit",
    "CircuitFit",
    "EarlyStop",
    "Estimate",
    "GlobalFit",
    "GrainBoundaryConductivity",
    "Hysteresis",
    "KramersKronig",
    "MeasuredConductivities",
    "NextTemperature",
    "PolarisationFit",
    "Reading",
    "RelaxationTimes",
    "Resistance",
    "Spectrum",
    "TemperatureLaw",
    "Transference",
    "Transient",
    "TwoSegmentFit",
    "VTFFit",
    "bruce_vincent",
    "carrier_conductivity",
    "compare_branches",
    "compensate",
    "conductivity",
    "drt",
    "electrode_sides",
    "electrode_text",
    "electronic_transference",
    "fit_arrhenius",
    "fit_circuit",
    "fit_circuits",
    "fit_globally",
    "fit_polarisation",
    "fit_temperature_law",
    "fit_two_segments",
    "fit_vtf",
    "grain_boundary_conductivity",
    "half_width",
    "haven_ratio",
    "heating_points",
    "ionic_resistance",
    "ionic_resistance_series",
    "ionic_resistances",
    "ionicity",
    "jump_diffusion",
    "kramers_kronig",
    "lead_resistance",
    "nernst_einstein",
    "next_temperature",
    "parse_circuit",
    "read_conductivities",
    "read_spectra",
    "read_spectrum",
    "read_transient",
    "relaxation_current_a",
    "steady_current_known",
    "wagner_ionic_transference",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
