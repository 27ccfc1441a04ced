"""The progress bar of a run: temperature, step, time left, and what the fits say so far."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from labctl.bench import PlannedStep
from labctl.clock import Clock
from labctl.readmodel.formatting import celsius, duration, with_uncertainty

Show = Callable[[str, Any], None]


@contextmanager
def progress_display(clock: Clock, plan: Sequence[PlannedStep], quiet: bool) -> Iterator[Show]:
    """Give a function to be told of every topic; it draws a bar on the terminal unless `quiet`."""
    if quiet:
        yield lambda topic, record: None
        return
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.fields[temperature]:>9}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:3.0f} %"),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, transient=False) as progress:
        task = progress.add_task("", total=1.0, temperature="", left="")
        yield _Line(clock, plan, progress, task).show


class _Line:
    def __init__(self, clock: Clock, plan: Sequence[PlannedStep], progress: Any, task: Any) -> None:
        self._clock, self._progress, self._task = clock, progress, task
        total_s = sum(step.duration_s for step in plan)
        self._start_s, self._total_s = clock.monotonic(), total_s if math.isfinite(total_s) else 0.0
        self._last_shown_s = -1e9
        self._said: set[str] = set()

    def show(self, topic: str, record: Any) -> None:
        if topic in ("temperature", "results"):
            self._at(record)
        elif topic == "derived" and record["conductivity"]:
            self._progress.console.print(_conductivity_line(record), highlight=False)
            self._remark(record)
        elif topic == "event" and record["level"] != "info":
            self._progress.console.print(f"[yellow]{record['kind']}: {record['message']}[/]")
        elif topic == "end" and record["status"] == "finished":
            self._progress.update(self._task, completed=1.0, left="", description="finished")

    def _remark(self, record: dict[str, Any]) -> None:
        """Print what is to be said of this spectrum, and of the law where that is new."""
        of_law = {flag for fit in record["fits"] if fit["preferred"] for flag in fit["flags"]}
        for remark in (*record["conductivity"]["flags"], *sorted(of_law - self._said)):
            self._progress.console.print(f"            {remark}", style="yellow", highlight=False)
        self._said = of_law

    def _at(self, record: Mapping[str, Any]) -> None:
        elapsed_s = self._clock.monotonic() - self._start_s
        if elapsed_s - self._last_shown_s < self._total_s / 2000:
            return
        self._last_shown_s = elapsed_s
        left_s = max(0.0, self._total_s - elapsed_s)
        self._progress.update(
            self._task,
            completed=min(elapsed_s / self._total_s, 0.999) if self._total_s else 0.0,
            temperature=_degc(record.get("temperature_k")),
            left=f"{duration(left_s)} left" if self._total_s else duration(elapsed_s),
            description=", ".join(filter(None, _doing(record))),
        )


def _doing(record: Mapping[str, Any]) -> Iterator[str]:
    """Say what a row tells of where it was measured; a laboratory's own procedure may tell nothing."""
    setpoint = _degc(record.get("setpoint_k"))
    yield setpoint and f"set {setpoint}"
    yield f"{record['frequency_hz']:.3g} Hz" if "frequency_hz" in record else str(record.get("phase", ""))


def _degc(temperature_k: float | None) -> str:
    return f"{celsius(temperature_k)} °C" if isinstance(temperature_k, int | float) else ""


def _conductivity_line(record: dict[str, Any]) -> str:
    row = record["conductivity"]
    u_s_m = row["standard_uncertainty_s_m"]
    sigma = with_uncertainty(row["conductivity_s_m"] / 100, None if u_s_m is None else u_s_m / 100)
    if row["bound"]:
        sigma = f"{'<' if row['bound'] == 'upper' else '>'} {row['conductivity_s_m'] / 100:.2g}"
    fit = next((f for f in record["fits"] if f["preferred"] and f["branch"] == "all"), None)
    law = ""
    if fit and fit["activation_energy_ev"] is not None and fit["standard_uncertainty_ev"] is not None:
        symbol = "B" if fit["law"] == "vtf" else "Ea"
        energy = with_uncertainty(fit["activation_energy_ev"], fit["standard_uncertainty_ev"])
        law = f"   so far {symbol} = {energy} eV ({fit['law']}, {fit['form']})"
    return f"{celsius(row['temperature_k']):>7} °C  {sigma} S/cm{law}"
