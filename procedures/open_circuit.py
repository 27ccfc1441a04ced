"""Open-circuit potential of the cell as a function of time."""

from contextlib import closing
from typing import Any, ClassVar

from pymeasure.experiment import FloatParameter, Procedure

from labctl.bench import Bench, CurrentPoint, PlannedStep
from labctl.measure.events import CurrentMeasured


class OpenCircuit(Procedure):
    """Record the open-circuit potential; the cell is never polarised."""

    duration_min: Any = FloatParameter("Duration", units="min", minimum=0.01, maximum=100000, default=10)
    interval_s: Any = FloatParameter("Interval", units="s", minimum=0.01, maximum=3600, default=1)

    roles_needed: ClassVar[tuple[str, ...]] = ("potentiostat",)
    DATA_COLUMNS: ClassVar[list[str]] = list(CurrentPoint._fields)  # type: ignore[misc]

    bench: Bench

    def execute(self) -> None:
        """Record for the configured duration."""
        count = int(60 * self.duration_min / self.interval_s) + 1
        times_s = [i * self.interval_s for i in range(count)]
        with closing(self.bench.potentiostat.rest(times_s)) as points:
            for number, point in enumerate(points, start=1):
                self.emit("results", CurrentMeasured(**point._asdict()))
                self.emit("progress", 100 * number / count)
                if self.should_stop():
                    return

    def shutdown(self) -> None:
        """Bring every instrument into its safe state."""
        self.bench.make_safe()

    def plan(self) -> list[PlannedStep]:
        """Return the single step with its duration."""
        return [PlannedStep("open circuit", 60 * self.duration_min, interval_s=self.interval_s)]

    def get_estimates(self) -> float:
        """Return the duration in seconds, for pymeasure's window."""
        return 60 * self.duration_min
