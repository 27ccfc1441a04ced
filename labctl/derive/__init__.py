"""From measured rows to derived rows, by the functions a later analysis calls. Idempotent.

The fit that is shown while a run goes on is the later analysis, run early.
"""

from labctl.derive.conductivities import derive_conductivities, derive_spectrum, spectra_without_number
from labctl.derive.laws import derive_fits
from labctl.derive.live_laws import LiveLaws, spectra_before
from labctl.derive.transference import derive_polarisation, derive_polarisations
from labctl.derive.whole_runs import derive_run

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
