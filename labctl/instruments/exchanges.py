"""Time that was lost with exchanges that failed and were tried again."""

from dataclasses import dataclass


@dataclass
class Exchanges:
    """Account of one bench, kept by the instruments that try again.

    Attributes
    ----------
    lost_s : float
        Monotonic time in s between the beginning of an exchange that failed and the answer in the end,
        summed over all exchanges.
    """

    lost_s: float = 0.0
