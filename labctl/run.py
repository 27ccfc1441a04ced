"""Former name of `labctl.measure.run`, kept for programs that import it."""

from labctl.measure.run import Outcome, run_procedure, run_protocol

__all__ = ["Outcome", "run_procedure", "run_protocol"]
