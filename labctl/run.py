"""Former name of `labctl.measure.run`, kept for programs that import it."""

from labctl.measure.run import Outcome, run_procedure, run_protocol
from labctl.measure.stop import StopRequest

__all__ = ["Outcome", "StopRequest", "run_procedure", "run_protocol"]
