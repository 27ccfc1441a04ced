"""The progress bar of a run: temperature, step, time left, and the results of the fits so far."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, assert_never

from labctl.bench import PlannedStep
from labctl.cli import terminal
from labctl.clock import Clock
from labctl.measure import events
from labctl.plain_text import on_one_line
from labctl.readmodel.formatting import celsius, duration, with_uncertainty
from labctl.readmodel.law_conditions import condition_key
from labctl.readmodel.transference_text import QUANTITIES

Show = Callable[[events.AnyEvent], None]


@contextmanager
def progress_display(
    clock: Clock, plan: Sequence[PlannedStep], quiet: bool, several_runs: bool = False
) -> Iterator[Show]:
    """Give a function that takes every event and draws a bar on the terminal, unless `quiet`.

    `several_runs`: samples take turns, so each line names the run that it belongs to.
    """
    if quiet:
        yield lambda event: None
        return
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.fields[temperature]:>9}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:3.0f} %"),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, transient=False, console=terminal.console()) as progress:
        task = progress.add_task("", total=1.0, temperature="", left="")
        yield _Line(clock, plan, progress, task, several_runs).show


class _Line:
    def __init__(
        self, clock: Clock, plan: Sequence[PlannedStep], progress: Any, task: Any, several_runs: bool = False
    ) -> None:
        self._several_runs = several_runs
        self._clock, self._progress, self._task = clock, progress, task
        total_s = sum(step.duration_s for step in plan)
        self._start_s, self._total_s = clock.monotonic(), total_s if math.isfinite(total_s) else 0.0
        self._last_shown_s = -1e9
        self._said: dict[int | None, set[str]] = {}

    def show(self, event: events.AnyEvent) -> None:
        match event:
            case (
                events.TemperatureRead()
                | events.PointMeasured()
                | events.CheckPointMeasured()
                | events.CurrentMeasured()
                | events.RowMeasured()
            ):
                self._at(event)
            case events.SpectrumEvaluated():
                self._evaluated(event)
            case events.PolarisationEvaluated():
                self._transference(event.transference_number)
            case events.NoteWritten():
                self._note(event)
            case events.RunEnded():
                self._end(event)
            case (
                events.SpectrumStarted()
                | events.SpectrumEnded()
                | events.PolarisationStarted()
                | events.PolarisationEnded()
            ):
                pass  # their points are displayed
            case events.MonitorRead() | events.ThermalStepEnded():
                pass  # what a person should know of them is told as a note
            case events.ProgressMade():
                self._made(event)
            case events.StepStarted() | events.OwnTopic():
                pass  # the plan gives the progress
            case _:
                assert_never(event)

    def _made(self, event: events.ProgressMade) -> None:
        """Show the progress that the procedure emits; a plan with times gives it better."""
        if event.percent is not None and not self._total_s:
            self._progress.update(self._task, completed=min(max(event.percent / 100, 0.0), 0.999))

    def _evaluated(self, event: events.SpectrumEvaluated) -> None:
        """Print the conductivity of this spectrum, its flags, and new flags of the law."""
        if event.conductivity is None:
            return
        run_id = event.conductivity.get("run_id")
        run = f"run {run_id:<3} " if self._several_runs else ""
        self._print(run + _conductivity_line(event.conductivity, event.fits))
        of_law = {flag for fit in event.fits if fit["preferred"] for flag in fit["flags"]}
        known = self._said.get(run_id, set())
        self._remark((*event.conductivity["flags"], *sorted(of_law - known)))
        self._said[run_id] = of_law

    def _transference(self, number: Mapping[str, Any] | None) -> None:
        if number is not None:
            self._print(_transference_line(number))
            self._remark(number["flags"])

    def _note(self, event: events.NoteWritten) -> None:
        if event.level != "info":
            self._print(f"{event.kind}: {event.message}", style="yellow")

    def _end(self, event: events.RunEnded) -> None:
        if event.status == "finished":
            self._progress.update(self._task, completed=1.0, left="", description="finished")

    def _remark(self, remarks: Iterable[str]) -> None:
        for remark in remarks:
            self._print(f"            {remark}", style="yellow")

    def _print(self, line: str, style: str = "") -> None:
        self._progress.console.print(line, style=style, highlight=False, markup=False)

    def _at(self, record: Mapping[str, Any]) -> None:
        elapsed_s = self._clock.monotonic() - self._start_s
        if elapsed_s - self._last_shown_s < self._total_s / 2000:
            return
        self._last_shown_s = elapsed_s
        left_s = max(0.0, self._total_s - elapsed_s)
        self._progress.update(
            self._task,
            completed=min(elapsed_s / self._total_s, 0.999) if self._total_s else None,
            temperature=_degc(record.get("temperature_k")),
            left=f"{duration(left_s)} left" if self._total_s else duration(elapsed_s),
            description=on_one_line(", ".join(filter(None, _doing(record)))),
        )


def _doing(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield set point and frequency or phase of a row, where it has them."""
    setpoint = _degc(record.get("setpoint_k"))
    yield setpoint and f"set {setpoint}"
    frequency_hz = record.get("frequency_hz")
    is_number = isinstance(frequency_hz, int | float)
    yield f"{frequency_hz:.3g} Hz" if is_number else str(record.get("phase", ""))


def _degc(temperature_k: float | None) -> str:
    return f"{celsius(temperature_k)} °C" if isinstance(temperature_k, int | float) else ""


def _conductivity_line(row: Mapping[str, Any], fits: Sequence[Mapping[str, Any]]) -> str:
    u_s_m = row["standard_uncertainty_s_m"]
    sigma = with_uncertainty(row["conductivity_s_m"] / 100, None if u_s_m is None else u_s_m / 100)
    if row["bound"]:
        sigma = f"{'<' if row['bound'] == 'upper' else '>'} {row['conductivity_s_m'] / 100:.2g}"
    of_all = [f for f in fits if f["preferred"] and f["branch"] == "all"]
    fit = of_all[0] if len({condition_key(f) for f in of_all}) == 1 else None
    law = ""
    if fit and fit["activation_energy_ev"] is not None and fit["standard_uncertainty_ev"] is not None:
        symbol = "B" if fit["law"] == "vtf" else "Ea"
        energy = with_uncertainty(fit["activation_energy_ev"], fit["standard_uncertainty_ev"])
        law = f"   so far {symbol} = {energy} eV ({fit['law']}, {fit['form']})"
    return f"{_degc(row['temperature_k']) or '? °C':>10}  {sigma} S/cm{law}"


def _transference_line(row: Mapping[str, Any]) -> str:
    """Return the line of one number; a row without a number has fewer columns."""
    value = row.get("value")
    number = "none" if value is None else with_uncertainty(value, row.get("standard_uncertainty"))
    return f"{_degc(row.get('temperature_k')) or '? °C':>10}  {QUANTITIES[row['quantity']]} = {number}"
