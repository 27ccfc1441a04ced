"""Arrays in, frozen results out: from a spectrum to a conductivity, from conductivities to a law.

Names are loaded when they are first used. Those that share their name with their module are loaded here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from labctl.analysis.conductivity import conductivity
from labctl.analysis.drt import drt
from labctl.analysis.estimate import Estimate
from labctl.analysis.kramers_kronig import kramers_kronig
from labctl.analysis.nernst_einstein import ionicity, nernst_einstein

if TYPE_CHECKING:
    from labctl.analysis.arrhenius import ArrheniusFit, fit_arrhenius
    from labctl.analysis.circuit import Circuit, parse_circuit
    from labctl.analysis.circuit_fit import CircuitFit, fit_circuit, fit_circuits
    from labctl.analysis.design import NextTemperature, half_width, next_temperature
    from labctl.analysis.drt import RelaxationTimes
    from labctl.analysis.early_stop import EarlyStop, steady_current_known
    from labctl.analysis.fixture import compensate, lead_resistance
    from labctl.analysis.global_fit import GlobalFit, fit_globally
    from labctl.analysis.hysteresis import Hysteresis, compare_branches, heating_points
    from labctl.analysis.kramers_kronig import KramersKronig
    from labctl.analysis.polarisation import PolarisationFit, fit_polarisation
    from labctl.analysis.readers import read_spectra, read_spectrum
    from labctl.analysis.relaxation import relaxation_current_a
    from labctl.analysis.resistance import Resistance, ionic_resistance
    from labctl.analysis.resistance_series import ionic_resistance_series
    from labctl.analysis.spectrum import Spectrum
    from labctl.analysis.temperature_law import TemperatureLaw, fit_temperature_law
    from labctl.analysis.transference import (
        Transference,
        bruce_vincent,
        electronic_transference,
        wagner_ionic_transference,
    )
    from labctl.analysis.two_segments import TwoSegmentFit, fit_two_segments
    from labctl.analysis.vtf import VTFFit, fit_vtf

_HOME = {
    "ArrheniusFit": "arrhenius",
    "Circuit": "circuit",
    "CircuitFit": "circuit_fit",
    "EarlyStop": "early_stop",
    "GlobalFit": "global_fit",
    "Hysteresis": "hysteresis",
    "KramersKronig": "kramers_kronig",
    "NextTemperature": "design",
    "PolarisationFit": "polarisation",
    "RelaxationTimes": "drt",
    "Resistance": "resistance",
    "Spectrum": "spectrum",
    "TemperatureLaw": "temperature_law",
    "Transference": "transference",
    "TwoSegmentFit": "two_segments",
    "VTFFit": "vtf",
    "bruce_vincent": "transference",
    "compare_branches": "hysteresis",
    "compensate": "fixture",
    "electronic_transference": "transference",
    "fit_arrhenius": "arrhenius",
    "fit_circuit": "circuit_fit",
    "fit_circuits": "circuit_fit",
    "fit_globally": "global_fit",
    "fit_polarisation": "polarisation",
    "fit_temperature_law": "temperature_law",
    "fit_two_segments": "two_segments",
    "fit_vtf": "vtf",
    "half_width": "design",
    "heating_points": "hysteresis",
    "ionic_resistance": "resistance",
    "ionic_resistance_series": "resistance_series",
    "lead_resistance": "fixture",
    "next_temperature": "design",
    "parse_circuit": "circuit",
    "read_spectra": "readers",
    "read_spectrum": "readers",
    "relaxation_current_a": "relaxation",
    "steady_current_known": "early_stop",
    "wagner_ionic_transference": "transference",
}

__all__ = [
    "ArrheniusFit",
    "Circuit",
    "CircuitFit",
    "EarlyStop",
    "Estimate",
    "GlobalFit",
    "Hysteresis",
    "KramersKronig",
    "NextTemperature",
    "PolarisationFit",
    "RelaxationTimes",
    "Resistance",
    "Spectrum",
    "TemperatureLaw",
    "Transference",
    "TwoSegmentFit",
    "VTFFit",
    "bruce_vincent",
    "compare_branches",
    "compensate",
    "conductivity",
    "drt",
    "electronic_transference",
    "fit_arrhenius",
    "fit_circuit",
    "fit_circuits",
    "fit_globally",
    "fit_polarisation",
    "fit_temperature_law",
    "fit_two_segments",
    "fit_vtf",
    "half_width",
    "heating_points",
    "ionic_resistance",
    "ionic_resistance_series",
    "ionicity",
    "kramers_kronig",
    "lead_resistance",
    "nernst_einstein",
    "next_temperature",
    "parse_circuit",
    "read_spectra",
    "read_spectrum",
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
