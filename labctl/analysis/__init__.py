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
    from labctl.analysis.drt import RelaxationTimes
    from labctl.analysis.fixture import compensate, lead_resistance
    from labctl.analysis.global_fit import GlobalFit, fit_globally
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
    "KramersKronig": "kramers_kronig",
    "RelaxationTimes": "drt",
    "Resistance": "resistance",
    "Spectrum": "spectrum",
    "TemperatureLaw": "temperature_law",
    "TwoSegmentFit": "two_segments",
    "VTFFit": "vtf",
    "compensate": "fixture",
    "fit_arrhenius": "arrhenius",
    "fit_circuit": "circuit_fit",
    "fit_circuits": "circuit_fit",
    "fit_globally": "global_fit",
    "fit_temperature_law": "temperature_law",
    "fit_two_segments": "two_segments",
    "fit_vtf": "vtf",
    "ionic_resistance": "resistance",
    "ionic_resistance_series": "resistance_series",
    "lead_resistance": "fixture",
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
    "KramersKronig",
    "RelaxationTimes",
    "Resistance",
    "Spectrum",
    "TemperatureLaw",
    "TwoSegmentFit",
    "VTFFit",
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
    "ionic_resistance",
    "ionic_resistance_series",
    "kramers_kronig",
    "lead_resistance",
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
