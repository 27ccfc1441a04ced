"""PID controller with anti-windup, output in percent."""

from dataclasses import dataclass


@dataclass
class Pid:
    """A PID controller and its state between two steps."""

    accumulated_percent: float = 0.0
    last_error_k: float = 0.0

    def control(
        self,
        error_k: float,
        step_s: float,
        gain_percent_k: float,
        integral_per_s: float,
        derivative_s: float,
        offset_percent: float = 0.0,
        lowest_percent: float = 0.0,
    ) -> float:
        """gain (e + integral of e dt + de/dt) + offset, limited to lowest..100; the integral stops there."""
        slope_k_s = (error_k - self.last_error_k) / step_s
        self.last_error_k = error_k
        direct = gain_percent_k * (error_k + derivative_s * slope_k_s) + offset_percent
        accumulated = self.accumulated_percent + gain_percent_k * integral_per_s * error_k * step_s
        if lowest_percent < direct + accumulated < 100:
            self.accumulated_percent = accumulated
        return max(lowest_percent, min(100.0, direct + self.accumulated_percent))

    def forget(self) -> None:
        """Reset the integral."""
        self.accumulated_percent = 0.0
