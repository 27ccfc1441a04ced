"""From measured rows to derived rows, by the functions a later analysis calls. Idempotent.

The fit that is shown while a run goes on is the later analysis, run early. Names are loaded when they are
first used: a command that only reads needs no fit.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labctl.derive.conductivities import derive_conductivities, derive_spectrum, spectra_without_number
    from labctl.derive.laws import derive_fits
    from labctl.derive.live_laws import LiveLaws, spectra_before
    from labctl.derive.transference import derive_polarisation, derive_polarisations
    from labctl.derive.whole_runs import derive_run

_HOME = {
    "LiveLaws": "live_laws",
    "derive_conductivities": "conductivities",
    "derive_fits": "laws",
    "derive_polarisation": "transference",
    "derive_polarisations": "transference",
    "derive_run": "whole_runs",
    "derive_spectrum": "conductivities",
    "spectra_before": "live_laws",
    "spectra_without_number": "conductivities",
}

__all__ = [
    "LiveLaws",
    "derive_conductivities",
    "derive_fits",
    "derive_polarisation",
    "derive_polarisations",
    "derive_run",
    "derive_spectrum",
    "spectra_before",
    "spectra_without_number",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
