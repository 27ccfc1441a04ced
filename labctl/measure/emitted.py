"""Conversion of an emitted topic and record into an event.

Procedures of labctl emit events. pymeasure's procedures, and procedures written before events existed,
emit plain dicts on the same topics. Only this module converts a dict into an event.

1. A field of `spectrum`, `polarisation`, `temperature` or `step` that is misspelt, missing or invalid
   raises `EventError` that names the topic and the field.
2. A row of `results` may have columns of its own. While a spectrum is under way a row with `frequency_hz` is
   a point of it, while a polarisation is under way a row with `current_a`; other rows are kept as rows.
3. A topic that labctl does not know is passed on unchanged.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from labctl.errors import EventError
from labctl.measure.events import (
    CheckPointMeasured,
    CurrentMeasured,
    Emitted,
    Event,
    MonitorRead,
    OwnTopic,
    PointMeasured,
    PolarisationEnded,
    PolarisationStarted,
    ProgressMade,
    RowMeasured,
    SpectrumEnded,
    SpectrumStarted,
    StepStarted,
    TemperatureRead,
    ThermalStepEnded,
    wrong_name,
)

OF_ONE_KIND: Mapping[str, Any] = {
    kind.topic: kind
    for kind in (CheckPointMeasured, MonitorRead, StepStarted, TemperatureRead, ThermalStepEnded)
}
"""Topics with one kind of event each."""
Points = Sequence[type[PointMeasured] | type[CurrentMeasured]]
SIGN_OF = {PointMeasured: "frequency_hz", CurrentMeasured: "current_a"}  # column that marks a row as a point


def event_of(topic: str, record: Any, points: Points = ()) -> Emitted:
    """Return the event that a procedure has emitted.

    Parameters
    ----------
    topic : str
    record : Event, mapping or anything
        As passed to `Procedure.emit`.
    points : sequence of type
        Possible kinds of a plain row of `results`: `PointMeasured` while a spectrum is under way,
        `CurrentMeasured` while a polarisation is; the first that fits is used.

    Raises
    ------
    EventError
        A field is wrong, or the event belongs to another topic.
    """
    if isinstance(record, Event):
        return _on_its_topic(topic, record)
    match topic:
        case "results":
            return _row(record, points)
        case "spectrum":
            return _started_or_ended(topic, record, SpectrumStarted, SpectrumEnded)
        case "polarisation":
            return _started_or_ended(topic, record, PolarisationStarted, PolarisationEnded)
        case topic if topic in OF_ONE_KIND:
            return _read(topic, record, OF_ONE_KIND[topic])
        case "progress":
            return ProgressMade(percent=_percent(record))
    return OwnTopic(own_topic=topic, record=record)


def _on_its_topic(topic: str, event: Any) -> Emitted:
    if event.topic != topic:
        problem = f"belongs to the topic {event.topic!r}, not to {topic!r}"
        raise EventError(type(event).__name__, "", problem)
    return event


def _read(topic: str, record: Any, kind: Any, left_out: Collection[str] = ()) -> Any:
    """Return an event of a kind from a dict, without the fields of another kind that are `left_out`."""
    if not isinstance(record, Mapping):
        raise EventError(topic, "", f"takes a mapping of field to value, got a {type(record).__name__}")
    named = {name: value for name, value in record.items() if name in kind.given or name not in left_out}
    if wrong := wrong_name(topic, named, kind):
        raise wrong
    try:
        return kind(**named)
    except EventError as error:
        raise EventError(topic, error.field, error.problem) from None


def _started_or_ended(topic: str, record: Any, started: Any, ended: Any) -> Any:
    """Return the start or end event given by the dict's `state`; each may repeat fields of the other."""
    state = record.get("state") if isinstance(record, Mapping) else None
    kind, other = (started, ended) if state == "started" else (ended, started)
    return _read(topic, record, kind, left_out=other.names)


def _row(record: Any, points: Points) -> PointMeasured | CurrentMeasured | RowMeasured:
    for kind in points:
        if isinstance(record, Mapping) and SIGN_OF[kind] in record:
            known = kind.given - {"extra"}
            point = {name: value for name, value in record.items() if name in known}
            extra = {name: value for name, value in record.items() if name not in known}
            return _read("results", {**point, "extra": extra}, kind)
    return RowMeasured(values_by_column=record)


def _percent(record: Any) -> float | None:
    is_number = isinstance(record, int | float) and math.isfinite(record)
    return float(record) if is_number else None
