"""Electromotive force of a concentration or gas cell at open circuit, at one or several temperatures.

At each temperature the open cell is watched until its potential is steady, and the mean over a further time
counts. A small step of potential to either side then shows that the leads reach the cell: an open lead reads
a steady potential as well. `labctl carriers` compares with the theory, whose inputs are facts of the sample
(`activity-ratio` or `emf-theory`). Kiukkola & Wagner, J. Electrochem. Soc. 104 (1957) 379.
"""

import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pymeasure.experiment import FloatParameter, Parameter

from labctl.analysis.transport.settled_potential import drift_v_s, shows_a_connection
from labctl.bench import ZERO_CELSIUS_K, CurrentPoint, PlannedStep
from labctl.errors import InstrumentError
from labctl.measure.events import (
    CHECK,
    COUNTED,
    END_OF_STEP,
    NOT_CONNECTED,
    NOT_SETTLED,
    SETTLING,
    CurrentMeasured,
)
from labctl.measure.settle import sample_temperature_k
from procedures.parameters import FloatListParameter
from procedures.temperature_series import TemperatureSeries
from procedures.transient import even_times_s

THERMOMETER_S = 30.0
CHECK_S = 5.0


@dataclass
class OpenCell:
    """Points of the open cell so far; `window_s` is the time over which its drift is judged."""

    window_s: float
    steady_v_s: float
    time_s: list[float] = field(default_factory=list)
    potential_v: list[float] = field(default_factory=list)

    def take(self, point: CurrentPoint) -> None:
        """Add a point that the instrument does not doubt."""
        if point.status == "ok":
            self.time_s.append(point.elapsed_s)
            self.potential_v.append(point.potential_v)

    def is_steady(self) -> bool:
        """Return whether the drift over the last window, with its error, is small enough."""
        if not self.time_s or self.time_s[-1] - self.time_s[0] < self.window_s:
            return False
        return drift_v_s(self.time_s, self.potential_v, self.window_s) <= self.steady_v_s


class ElectromotiveForce(TemperatureSeries):
    """At every temperature, the potential of the open cell once it is steady."""

    temperatures_degc: Any = FloatListParameter(
        "Temperatures", units="degC", minimum=-270, maximum=1700, default=[200.0]
    )
    ion: Any = Parameter("Ion that the electrodes exchange (empty = the cation of the sample)", default="")
    window_min: Any = FloatParameter(
        "Time over which the drift is judged, and then the mean is taken",
        units="min",
        minimum=0.1,
        maximum=10000,
        default=10,
    )
    wait_max_min: Any = FloatParameter(
        "Maximum wait for a steady potential", units="min", minimum=0.2, maximum=100000, default=240
    )
    steady_v_h: Any = FloatParameter(
        "Steady when the drift is below", units="V/h", minimum=1e-6, maximum=1, default=1e-3
    )
    interval_s: Any = FloatParameter("Interval", units="s", minimum=0.1, maximum=3600, default=10)
    check_v: Any = FloatParameter(
        "Step to either side that shows the leads reach the cell (0 = none)",
        units="V",
        minimum=0,
        maximum=0.05,
        default=0.005,
    )
    current_limit_a: Any = FloatParameter(
        "Current limit of the step", units="A", minimum=1e-9, maximum=2, default=2e-3
    )
    voltmeter_u_v: Any = FloatParameter(
        "Standard uncertainty of the voltmeter (0 = as the station states)",
        units="V",
        minimum=0,
        maximum=1,
        default=0,
    )
    frequency_max_hz = frequency_min_hz = points_per_decade = frequencies_hz = None  # no spectra
    amplitude_v = integration_s = check_points = None

    roles_needed: ClassVar[tuple[str, ...]] = ("oven", "potentiostat")
    step_ends_with: ClassVar[str] = "records"
    DATA_COLUMNS: ClassVar[list[str]] = [  # type: ignore[misc]
        *("step", "branch", "phase", "setpoint_k", "temperature_k"),
        *CurrentPoint._fields,
    ]

    def measure_at(self, step: int, target_k: float, branch: str) -> None:
        """Watch the open cell of the settled oven, then check its leads."""
        about = {"step": step, "branch": branch, "setpoint_k": target_k}
        last, steady_v = self.watch_open_cell(about)
        if last is None:
            return
        place = f"{target_k - ZERO_CELSIUS_K:g} degC"
        if steady_v is None:
            self.end_step(about, last, NOT_SETTLED, f"potential not steady within its time at {place}")
        elif self.check_v and not self.is_connected(about, steady_v):
            if not self.should_leave():
                words = f"no current answers a step of potential at {place}: a lead may be open"
                self.end_step(about, last, NOT_CONNECTED, words)
        else:
            self.end_step(about, last, END_OF_STEP, "")

    def watch_open_cell(self, about: dict[str, Any]) -> tuple[CurrentPoint | None, float | None]:
        """Record the open cell; return its last good point and the mean potential.

        The mean is None where it did not get steady, the point None on a request to leave the step. Raises
        InstrumentError where the instrument doubts every point.
        """
        cell = OpenCell(60 * self.window_min, self.steady_v_h / 3600)
        begun_s, read_s, last, counted_v = math.inf, -math.inf, None, []
        with closing(self.bench.potentiostat.rest(self.times_s())) as points:
            for point in points:
                kelvin = None
                if point.elapsed_s >= read_s + THERMOMETER_S:
                    kelvin, read_s = sample_temperature_k(self.bench), point.elapsed_s
                phase = COUNTED if point.elapsed_s > begun_s else SETTLING
                row = CurrentMeasured(**about, phase=phase, temperature_k=kelvin, **point._asdict())
                self.emit("results", row)
                if self.should_leave():
                    return None, None
                cell.take(point)
                if point.status == "ok":
                    last = point
                    counted_v += [point.potential_v] if phase == COUNTED else []
                if math.isinf(begun_s) and cell.is_steady():
                    begun_s = point.elapsed_s
                if point.elapsed_s >= min(begun_s + cell.window_s, self.longest_s()):
                    break
        if last is None:
            raise InstrumentError("potentiostat", "rest", "", "not one valid potential of the open cell")
        return last, math.fsum(counted_v) / len(counted_v) if counted_v else None

    def is_connected(self, about: dict[str, Any], potential_v: float) -> bool:
        """Return whether the current follows a small step to either side; the cell is off afterwards."""
        answers = []
        for sign in (1, -1):
            step_v = potential_v + sign * self.check_v
            held = self.bench.potentiostat.hold(step_v, even_times_s(CHECK_S), self.current_limit_a)
            currents_a = []
            with closing(held) as points:
                for point in points:
                    self.emit("results", CurrentMeasured(**about, phase=CHECK, **point._asdict()))
                    currents_a += [point.current_a] if point.status == "ok" else []
                    if self.should_leave():
                        return False
            answers.append(currents_a)
        return shows_a_connection(*answers)

    def end_step(self, about: dict[str, Any], last: CurrentPoint, phase: str, missing: str) -> None:
        """Emit the row that ends a step, with the last point and the missing ones."""
        kelvin = sample_temperature_k(self.bench)
        self.emit("results", CurrentMeasured(**about, phase=phase, temperature_k=kelvin, **last._asdict()))
        if missing:
            self.emit("missing", missing)

    def longest_s(self) -> float:
        """Return the longest time with the open cell."""
        return 60 * (self.wait_max_min + self.window_min)

    def times_s(self) -> Iterator[float]:
        """Yield the times of the points."""
        for number in range(math.ceil(self.longest_s() / self.interval_s) + 1):
            yield number * self.interval_s

    def planned_at(self, target_k: float, place: str) -> Iterator[PlannedStep]:
        """Yield the open cell, at most, and the check of the leads."""
        if not self.interval_s * 5 <= 60 * self.window_min <= 60 * self.wait_max_min:
            raise ValueError("window_min must hold five intervals, and not exceed wait_max_min")
        yield PlannedStep(
            f"open circuit at {place}, at most",
            self.longest_s(),
            temperature_k=target_k,
            interval_s=self.interval_s,
        )
        if self.check_v:
            yield PlannedStep(
                f"check of the leads at {place}",
                2 * CHECK_S,
                temperature_k=target_k,
                potential_v=self.check_v,
                current_a=self.current_limit_a,
            )
