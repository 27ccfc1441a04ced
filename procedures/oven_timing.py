"""Assumed time of an oven between two temperatures, for plans made before it is measured.

The oven heats at a constant rate and cools passively to a room at 25 degC with one time constant (Newton's
law).
"""

import math

ROOM_K = 298.15
ASSUMED_RATE_K_S = 5 / 60
ASSUMED_COOLING_S = 3600.0
CLOSEST_K = 2.0  # to the room temperature: nearer to it, active cooling is assumed


def travel_time_s(from_k: float, to_k: float, ramp_k_s: float = 0.0) -> float:
    """Return the assumed time in s from one temperature in K to another; `ramp_k_s` 0 means no ramp."""
    at_rate_s = abs(to_k - from_k) / (ramp_k_s or ASSUMED_RATE_K_S)
    if to_k >= from_k or from_k - ROOM_K <= CLOSEST_K:
        return at_rate_s
    decay_s = ASSUMED_COOLING_S * math.log((from_k - ROOM_K) / max(to_k - ROOM_K, CLOSEST_K))
    return max(at_rate_s, decay_s)
