"""Former name of `labctl.measure.settle`, kept for programs that import it."""

from labctl.measure.settle import SettlingCriterion, settle

__all__ = ["SettlingCriterion", "settle"]
