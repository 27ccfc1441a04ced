"""Oven with limited heater power, slow cooling, a sensor near the heater and a lagging sample.

The block follows C dT/dt = P - G (T - T_ambient); the sensor follows the block within seconds, the sample
within minutes. The equation is integrated on a fixed grid and interpolated between grid points, so the
temperatures do not depend on how often they are read.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

GRID_S = 1.0


@dataclass(frozen=True)
class OvenProperties:
    """Thermal properties of an oven."""

    heat_capacity_j_k: float = 400.0
    loss_w_k: float = 0.1
    sensor_lag_s: float = 6.0
    sample_lag_s: float = 120.0
    ambient_drift_k: float = 0.5
    ambient_period_s: float = 86400.0

    @classmethod
    def of(cls, entries: dict) -> "OvenProperties":
        """Make properties from named entries; raises TypeError or ValueError naming the invalid entry."""
        known = {field.name for field in fields(cls)}
        for key, value in entries.items():
            if key not in known:
                raise TypeError(f"oven: {key!r} is unknown; there are {sorted(known)}")
            if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
                raise ValueError(f"oven: {key}: a number not below zero is needed, got {value!r}")
        return cls(**entries)


class Oven:
    """Temperatures of block, sensor and sample in kelvin, driven by the heaters attached to it.

    `supply_is_off` is set by a watchdog: no heater then gives power, not even a stuck one.

    Faults are attributes: `heater_stuck_w` (power of a heater that ignores its controller; None without this
    fault), `heater_dead`, `restless_k` (amplitude of a disturbance that no controller can settle).
    """

    def __init__(self, ambient_k: float, properties: OvenProperties | None = None) -> None:
        self.ambient_k = ambient_k
        self.properties = properties or OvenProperties()
        self.heater_stuck_w: float | None = None
        self.heater_dead = False
        self.restless_k = 0.0
        self.supply_is_off = False
        self.heater_power_w = 0.0
        self._heaters: list[Callable[[float, float], float]] = []
        self._grid_s = 0.0
        self._now_s = 0.0
        self._before = self._after = (ambient_k, ambient_k, ambient_k)
        self._sensor_share = 1 - math.exp(-GRID_S / max(self.properties.sensor_lag_s, 1e-9))
        self._sample_share = 1 - math.exp(-GRID_S / max(self.properties.sample_lag_s, 1e-9))

    def attach(self, heater: Callable[[float, float], float]) -> None:
        """Add a heater; `heater(sensor_k, step_s)` returns its power in watts, once per grid step."""
        self._heaters.append(heater)

    def advance(self, time_s: float) -> None:
        """Integrate up to `time_s`, in seconds since the rig was built."""
        self._now_s = max(self._now_s, time_s)
        while self._grid_s < self._now_s:
            self._step()

    def start_at(self, temperature_k: float) -> None:
        """Set block, sensor and sample to one temperature, as after a long dwell."""
        self._before = self._after = (temperature_k, temperature_k, temperature_k)

    @property
    def time_s(self) -> float:
        """Time up to which it is integrated, in seconds since the rig was built."""
        return self._grid_s

    @property
    def block_k(self) -> float:
        """Temperature of the heated block."""
        return self._between(0)

    @property
    def sensor_k(self) -> float:
        """True temperature at the control sensor."""
        return self._between(1)

    @property
    def sample_k(self) -> float:
        """True temperature of the sample."""
        return self._between(2)

    def _between(self, which: int) -> float:
        share_after = 1 - (self._grid_s - self._now_s) / GRID_S
        before, after = self._before[which], self._after[which]
        return before + (after - before) * share_after

    def _step(self) -> None:
        block_k, sensor_k, sample_k = self._before = self._after
        made_of = self.properties
        self.heater_power_w = self._power_w(sensor_k)
        loss_w = made_of.loss_w_k * (block_k - self._surroundings_k())
        block_k += (self.heater_power_w - loss_w) / made_of.heat_capacity_j_k * GRID_S
        sensor_k += (block_k + self._restlessness_k() - sensor_k) * self._sensor_share
        sample_k += (block_k - sample_k) * self._sample_share
        self._after = (block_k, sensor_k, sample_k)
        self._grid_s += GRID_S

    def _power_w(self, sensor_k: float) -> float:
        asked_w = sum(heater(sensor_k, GRID_S) for heater in self._heaters)
        if self.heater_dead or self.supply_is_off:
            return 0.0
        return asked_w if self.heater_stuck_w is None else self.heater_stuck_w

    def _surroundings_k(self) -> float:
        phase = 2 * math.pi * self._grid_s / self.properties.ambient_period_s
        return self.ambient_k + self.properties.ambient_drift_k * math.sin(phase)

    def _restlessness_k(self) -> float:
        return self.restless_k * math.sin(2 * math.pi * self._grid_s / 90.0) if self.restless_k else 0.0
