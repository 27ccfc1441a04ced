"""Arrays in, frozen results out: from a spectrum to a conductivity, from conductivities to a law."""

from labctl.analysis.estimate import Estimate

__all__ = ["Estimate"]
