"""Former name of `procedures.oven_timing`, kept for programs that import it."""

from procedures.oven_timing import ASSUMED_COOLING_S, ASSUMED_RATE_K_S, CLOSEST_K, ROOM_K
from procedures.oven_timing import travel_time_s as way_s

__all__ = ["ASSUMED_COOLING_S", "ASSUMED_RATE_K_S", "CLOSEST_K", "ROOM_K", "way_s"]
