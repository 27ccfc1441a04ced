"""Former name of `labctl.analysis.transport.early_stop`, kept for programs that import it."""

from labctl.analysis.transport.early_stop import EarlyStop, steady_current_known

__all__ = ["EarlyStop", "steady_current_known"]
