"""Former name of `labctl.analysis.transport.polarisation`, kept for programs that import it."""

from labctl.analysis.transport.polarisation import (
    FEWEST_SAMPLES,
    PolarisationFit,
    fit_polarisation,
    is_clearly_changing,
)

__all__ = ["FEWEST_SAMPLES", "PolarisationFit", "fit_polarisation", "is_clearly_changing"]
