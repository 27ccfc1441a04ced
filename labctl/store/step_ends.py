"""Phases of the rows of an open cell, and those that end a step."""

SETTLING, COUNTED, CHECK = "settling", "counted", "check"
END_OF_STEP, NOT_SETTLED, NOT_CONNECTED = "end of step", "not settled", "not connected"
ENDS = (END_OF_STEP, NOT_SETTLED, NOT_CONNECTED)
"""Phases of a row that ends a step, as a procedure with `step_ends_with = "records"` emits it."""
