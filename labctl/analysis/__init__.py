"""Arrays in, frozen results out: from a spectrum to a conductivity, from conductivities to a law.

Names are loaded when they are first used. Those that share their name with their module are loaded here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from labctl.analysis.conductivity import conductivity
from labctl.analysis.drt import drt
from labctl.analysis.estimate import Estimate
from labctl.analysis.kramers_kronig import kramers_kronig

if TYPE_CHECKING:
    from labctl.analysis.arrhenius import ArrheniusFit, fit_arrhenius
    from labctl.analysis.circuit import Circuit, parse_circuit
    from labctl.analysis.circuit_fit import CircuitFit, fit_circuit, fit_circuits
    from labctl.analysis.design import NextTemperature, half_width, next_temperature
    from labctl.analysis.drt import RelaxationTimes
    from labctl.analysis.fixture import compensate, lead_resistance
    from labctl.analysis.global_fit import GlobalFit, fit_globally
    from labctl.analysis.hysteresis import Hysteresis, compare_branches, heating_points
    from labctl.analysis.kramers_kronig import KramersKronig
    from labctl.analysis.readers import read_spectra, read_spectrum
    from labctl.analysis.resistance import Resistance, ionic_resistance
    from labctl.analysis.resistance_series import ionic_resistance_series
    from labctl.analysis.spectrum import Spectrum
    from labctl.analysis.temperature_law import TemperatureLaw, fit_temperature_law
    from labctl.analysis.two_segments import TwoSegmentFit, fit_two_segments
    from labctl.analysis.vtf import VTFFit, fit_vtf

_HOME = {
    "ArrheniusFit": "arrhenius",
    "Circuit": "circuit",
    "CircuitFit": "circuit_fit",
    "GlobalFit": "global_fit",
    "Hysteresis": "hysteresis",
    "KramersKronig": "kramers_kronig",
    "NextTemperature": "design",
    "RelaxationTimes": "drt",
    "Resistance": "resistance",
    "Spectrum": "spectrum",
    "TemperatureLaw": "temperature_law",
    "TwoSegmentFit": "two_segments",
    "VTFFit": "vtf",
    "compare_branches": "hysteresis",
    "compensate": "fixture",
    "fit_arrhenius": "arrhenius",
    "fit_circuit": "circuit_fit",
    "fit_circuits": "circuit_fit",
    "fit_globally": "global_fit",
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
}

__all__ = [
    "ArrheniusFit",
    "Circuit",
    "CircuitFit",
    "Estimate",
    "GlobalFit",
    "Hysteresis",
    "KramersKronig",
    "NextTemperature",
    "RelaxationTimes",
    "Resistance",
    "Spectrum",
    "TemperatureLaw",
    "TwoSegmentFit",
    "VTFFit",
    "compare_branches",
    "compensate",
    "conductivity",
    "drt",
    "fit_arrhenius",
    "fit_circuit",
    "fit_circuits",
    "fit_globally",
    "fit_temperature_law",
    "fit_two_segments",
    "fit_vtf",
    "half_width",
    "heating_points",
    "ionic_resistance",
    "ionic_resistance_series",
    "kramers_kronig",
    "lead_resistance",
    "next_temperature",
    "parse_circuit",
    "read_spectra",
    "read_spectrum",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
