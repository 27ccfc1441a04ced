"""Thermal history of a sample before its measurement: dry, melt, anneal, each held at a temperature."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from pymeasure.experiment import Parameter

from labctl.bench import ZERO_CELSIUS_K, Bench, TemperatureReading
from labctl.measure.events import ThermalStepEnded
from labctl.measure.settle import SettlingCriterion, settle

_STEP = re.compile(
    r"(?P<name>[A-Za-z][\w -]*?)\s+(?P<degc>[+-]?[\d.]+) degC (?P<hold>[\d.]+) (?P<unit>min|h)"
)
EXAMPLE = "dry 80 degC 12 h; melt 150 degC 30 min"


State = Literal["finished", "aborted", "failed"]


class ThermalStep(NamedTuple):
    """One step: its purpose, its set point in K and the time it is held once settled, in s."""

    name: str
    setpoint_k: float
    hold_s: float

    @property
    def words(self) -> str:
        """The step as a sentence names it."""
        return f"{self.name} at {self.setpoint_k - ZERO_CELSIUS_K:g} degC for {self.hold_s / 60:g} min"


def parse_history(text: str) -> list[ThermalStep]:
    """Return the steps of a text like `dry 80 degC 12 h; melt 150 degC 30 min`; ValueError for others."""
    return [_parsed(part.strip()) for part in text.split(";") if part.strip()]


def _parsed(part: str) -> ThermalStep:
    found = _STEP.fullmatch(part)
    try:
        degc, hold = (float(found[name]) for name in ("degc", "hold")) if found else (math.nan, math.nan)
    except ValueError:
        degc = hold = math.nan
    if found is None or not (-270 <= degc <= 1700 and 0 <= hold <= 1e5):
        raise ValueError(f"{part!r} is no step of a thermal history; give e.g. {EXAMPLE!r}")
    return ThermalStep(found["name"], degc + ZERO_CELSIUS_K, hold * (3600 if found["unit"] == "h" else 60))


class HistoryParameter(Parameter):
    """A thermal history as text, see `parse_history`; empty: none."""

    def convert(self, value: Any) -> str:
        """Return the text; ValueError where it is not a history."""
        text = str(value or "")
        parse_history(text)
        return text


@dataclass(frozen=True)
class Held:
    """Readings of a step, as far as it went."""

    started_s: float
    settled_s: float | None = None
    ended_s: float = math.nan
    readings_k: tuple[float, ...] = ()
    held_k: tuple[float, ...] = ()

    def after(self, reading: TemperatureReading) -> "Held":
        """Return it with one more reading; the hold begins again where the temperature left its band."""
        dwells = reading.phase == "dwell"
        settled_s = (self.settled_s if self.settled_s is not None else reading.time_s) if dwells else None
        return replace(
            self,
            settled_s=settled_s,
            ended_s=reading.time_s,
            readings_k=(*self.readings_k, reading.temperature_k),
            held_k=(*self.held_k, reading.temperature_k) if dwells else (),
        )

    def event(self, number: int, step: ThermalStep, state: State, now_s: float) -> ThermalStepEnded:
        """Return the event that records the step."""
        return ThermalStepEnded(
            number=number,
            name=step.name,
            setpoint_k=step.setpoint_k,
            hold_s=step.hold_s,
            started_s=self.started_s,
            settled_s=self.settled_s,
            ended_s=now_s,
            mean_k=sum(self.held_k) / len(self.held_k) if self.held_k else None,
            min_k=min(self.readings_k, default=None),
            max_k=max(self.readings_k, default=None),
            state=state,
        )


def hold_step(
    bench: Bench,
    number: int,
    step: ThermalStep,
    criterion: SettlingCriterion,
    should_leave: Callable[[], bool],
    emit: Callable[[str, Any], None],
) -> Iterator[TemperatureReading]:
    """Set the oven, hold the step, and yield its readings; emit `thermal step` at its end, however it ends.

    Raises what `settle` raises.
    """
    bench.tell("info", "thermal step", f"begins: {step.words}")
    bench.oven.setpoint_k = step.setpoint_k
    held = Held(bench.clock.time())
    state: State = "failed"
    try:
        for reading in settle(bench, step.setpoint_k, criterion, should_leave):
            held = held.after(reading)
            yield reading
        state = "aborted" if should_leave() else "finished"
    finally:
        emit("thermal step", held.event(number, step, state, bench.clock.time()))
