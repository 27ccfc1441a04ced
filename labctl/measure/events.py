"""Events emitted by procedures and by labctl itself: one frozen dataclass for each kind.

    self.emit("spectrum", SpectrumStarted(step=0, amplitude_v=0.02))
    self.emit("results", PointMeasured(temperature_k=333.2, **point._asdict()))
    self.emit("spectrum", SpectrumEnded(state="finished"))

1. Fields are given by name. A misspelt, missing or invalid field raises `EventError`, naming the event and
   the field, in the line that makes the event.
2. None means unknown. Where None is allowed, not-a-number becomes None.
3. An event can be read as a mapping of its known fields. pymeasure's own Results read a point as a row of
   DATA_COLUMNS.
4. Each class has one topic; `emit` refuses another. `labctl.measure.emitted` converts plain dicts on the
   same topics into events.
"""

import difflib
import math
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property, wraps
from typing import (
    Any,
    ClassVar,
    Literal,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from labctl.errors import EventError
from labctl.store.encoding import python_scalar

BEYOND_DOUBLE = 2**1024
SETTLING, COUNTED, CHECK = "settling", "counted", "check"
END_OF_STEP, NOT_SETTLED, NOT_CONNECTED = "end of step", "not settled", "not connected"
ENDS = (END_OF_STEP, NOT_SETTLED, NOT_CONNECTED)
"""Phases of a row that ends a step, where a procedure has `step_ends_with = "records"`."""
POSITIVE = frozenset({"frequency_hz", "band_k"})
NOT_NEGATIVE = frozenset({"temperature_k", "setpoint_k", "amplitude_v", "integration_s", "saved_s"})
KINDS: Mapping[type, str] = {float: "a number", int: "a whole number", str: "a text", bool: "True or False"}


@dataclass(frozen=True)
class _Check:
    """Accepted values of a field: a kind, None if `optional`, one of `choices` if there are any."""

    name: str
    kind: type
    optional: bool
    choices: tuple[str, ...] = ()

    @cached_property
    def has_rule(self) -> bool:
        """Return whether a value of the right kind can still be invalid."""
        return bool(self.choices) or self.name in NOT_NEGATIVE | POSITIVE

    def problem_with(self, value: Any) -> str:
        """Return the fault of a value of the right kind; `""` where there is none."""
        if self.choices and value not in self.choices:
            return f"is {value!r}, not one of {', '.join(self.choices)}"
        if self.name in NOT_NEGATIVE and value < 0:
            return f"is {value!r}, which is below 0"
        return f"is {value!r}, which is not above 0" if self.name in POSITIVE and value <= 0 else ""


class Event(Mapping[str, Any]):
    """Root of all events: a mapping of the fields that are known.

    Class attributes
    ----------------
    topic : str
        Topic on which it is emitted.
    names : tuple of str
        All fields.
    given, required : frozenset of str
        Fields that can be given, and fields that must be given.
    needed_when_ok : frozenset of str
        Fields that must have a value in a row with status ok.
    """

    __slots__ = ()
    topic: ClassVar[str] = ""
    names: ClassVar[tuple[str, ...]] = ()
    given: ClassVar[frozenset[str]] = frozenset()
    required: ClassVar[frozenset[str]] = frozenset()
    needed_when_ok: ClassVar[frozenset[str]] = frozenset()
    _checks: ClassVar[tuple[tuple[str, type, bool, _Check], ...]] = ()

    def __post_init__(self) -> None:
        for name, kind, has_rule, check in self._checks:
            value = getattr(self, name)
            if has_rule or type(value) is not kind or (kind is float and value - value != 0.0):
                self._check(check, value)

    def _check(self, check: _Check, value: Any) -> None:
        if value is None and check.optional:
            return
        if value is None or type(value) is not check.kind or (check.kind is float and value - value != 0.0):
            value = self._as_kept(check, value)
            object.__setattr__(self, check.name, value)
        if value is not None and check.has_rule and (problem := check.problem_with(value)):
            raise self._wrong(check.name, problem)

    def _as_kept(self, check: _Check, value: Any) -> Any:
        """Convert a value to its kind, for example a number of numpy; EventError if that is impossible."""
        try:
            value = python_scalar(value)
        except ValueError as error:
            raise self._wrong(check.name, str(error)) from error
        accepted = (int, float) if check.kind is float else check.kind
        if not isinstance(value, accepted) or (isinstance(value, bool) and check.kind is not bool):
            raise self._wrong(check.name, f"is {value!r}, not {KINDS[check.kind]}")
        if check.kind is not float or (abs(value) < BEYOND_DOUBLE and math.isfinite(value)):
            return value
        if check.optional and value != value:
            return None
        if check.optional and getattr(self, "status", "ok") != "ok":
            return value  # an overload that the status reports
        raise self._wrong(check.name, f"is {value!r}, not a finite number")

    def _wrong(self, name: str, problem: str) -> EventError:
        return EventError(type(self).__name__, name, problem)

    def __getitem__(self, name: str) -> Any:
        value = getattr(self, name) if name in self.names else None
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.names if getattr(self, name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


Made = TypeVar("Made", bound=Event)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def event(cls: type[Made]) -> type[Made]:
    """Make a frozen dataclass of keyword fields that raises `EventError` for a wrong field."""
    made: Any = dataclass(frozen=True, kw_only=True, slots=True)(cls)
    made.names = tuple(one.name for one in fields(made))
    made.given = frozenset(one.name for one in fields(made) if one.init)
    made.required = frozenset(one.name for one in fields(made) if _is_required(one))
    checks = [_check(name, get_type_hints(made)[name]) for name in made.names]
    made._checks = tuple((c.name, c.kind, c.has_rule, c) for c in checks if c is not None)
    plain = made.__init__

    @wraps(plain)
    def checked(self: Any, *positional: Any, **named: Any) -> None:
        try:
            plain(self, *positional, **named)
        except TypeError:
            if positional:
                raise EventError(made.__name__, "", "takes its fields by name") from None
            if wrong := wrong_name(made.__name__, named, made):
                raise wrong from None
            raise

    made.__init__ = checked
    return made


def wrong_name(source: str, named: Mapping[str, Any], kind: type[Event]) -> EventError | None:
    """Return the error for a name that is not a field of `kind`, or for a missing field; else None."""
    for name in named:
        if name not in kind.given:
            there = sorted(kind.given)
            near = difflib.get_close_matches(str(name), there, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(there)}"
            return EventError(source, str(name), f"is not a field of it; {hint}")
    missing = sorted(kind.required.difference(named))
    return EventError(source, missing[0], "is missing") if missing else None


def _is_required(one: Any) -> bool:
    return one.init and one.default is MISSING and one.default_factory is MISSING


def _check(name: str, hint: Any) -> _Check | None:
    """Return the check of one field, by its annotation; None if any value is accepted."""
    is_union = get_origin(hint) in (types.UnionType, Union)
    alternatives = get_args(hint) if is_union else (hint,)
    kinds = [kind for kind in alternatives if kind is not type(None)]
    optional = len(kinds) < len(alternatives)
    if get_origin(kinds[0]) is Literal:
        return _Check(name, str, optional, get_args(kinds[0]))
    return _Check(name, kinds[0], optional) if kinds[0] in KINDS else None


@event
class StepStarted(Event):
    """Step number `step`, counted from 0, of `of` steps begins; `setpoint_k` in K if it has one."""

    topic: ClassVar[str] = "step"
    step: int
    of: int
    setpoint_k: float | None = None


@event
class TemperatureRead(Event):
    """One reading of the sample's temperature while waiting for it or holding it.

    `time_s` is in s since 1970-01-01 UTC, temperatures in K; `phase` is a word such as `approach`.
    """

    topic: ClassVar[str] = "temperature"
    time_s: float
    temperature_k: float | None
    setpoint_k: float | None = None
    phase: str = ""


@event
class MonitorRead(Event):
    """One reading of an instrument that only watches, beside a temperature.

    `instrument` is its name in the station file, `quantity` ends in its unit. `status` is `ok`, or says why
    there is no value; an instrument that did not answer at all has no quantity.
    """

    topic: ClassVar[str] = "monitor"
    time_s: float
    instrument: str
    quantity: str = ""
    value: float | None = None
    status: str = "ok"


@event
class ThermalStepEnded(Event):
    """A step of the thermal history before the measurement has ended: dry, melt, anneal.

    `number` counts from 0. Times in s since 1970-01-01 UTC, temperatures in K; `settled_s` is when the hold
    began that ended it, `mean_k` the mean since then, `min_k` and `max_k` are of the whole step.
    """

    topic: ClassVar[str] = "thermal step"
    number: int
    name: str
    setpoint_k: float
    hold_s: float
    started_s: float
    settled_s: float | None
    ended_s: float
    mean_k: float | None
    min_k: float | None
    max_k: float | None
    state: Literal["finished", "aborted", "failed"]


@event
class _Placed(Event):
    """The position of a measurement in a series.

    `step` counts temperatures from 0; `setpoint_k` in K. All rows of one polarisation have the same value of
    `polarisation`. `spectrum` and `phase` are labels for the procedure's own rows.
    """

    step: int | None = None
    branch: Literal["heating", "cooling", "isothermal"] | None = None
    setpoint_k: float | None = None
    spectrum: Any = None
    polarisation: Any = None
    phase: Any = None


@event
class SpectrumStarted(_Placed):
    """A spectrum begins; `PointMeasured` up to its `SpectrumEnded` are its points.

    `amplitude_v` (rms) and `bias_v` in V, `integration_s` in s. `repeats`: it repeats the spectrum before.
    `band_k`: the largest allowed distance in K of the sample's temperature from `setpoint_k`; None: none is.
    `condition_quantity` names a condition beside the temperature, with its unit at the end, that was set to
    `condition_setpoint` and read as `condition_value`; None: none was set.
    """

    topic: ClassVar[str] = "spectrum"
    state: Literal["started"] = field(default="started", init=False)
    amplitude_v: float | None = None
    bias_v: float | None = None
    integration_s: float | None = None
    repeats: bool = False
    band_k: float | None = None
    condition_quantity: str | None = None
    condition_setpoint: float | None = None
    condition_value: float | None = None


@event
class SpectrumEnded(_Placed):
    """The spectrum under way has ended; a finished spectrum is evaluated at once."""

    topic: ClassVar[str] = "spectrum"
    state: Literal["finished", "aborted", "failed", "interrupted"]


@event
class PolarisationStarted(_Placed):
    """The cell is about to be held at `potential_v`; `CurrentMeasured` up to its end are its points.

    Potentials in V, `rest_drift_v_s` in V/s.
    """

    topic: ClassVar[str] = "polarisation"
    state: Literal["started"] = field(default="started", init=False)
    potential_v: float
    rest_potential_v: float | None = None
    rest_drift_v_s: float | None = None


@event
class PolarisationEnded(_Placed):
    """The polarisation under way has ended and the cell is off; a finished one is evaluated at once.

    `ended_by` is the reason: `steady`, `extrapolated`, `maximum time`; `saved_s` is the time saved, in s.
    """

    topic: ClassVar[str] = "polarisation"
    state: Literal["finished", "aborted", "failed", "interrupted"]
    ended_by: str | None = None
    saved_s: float | None = None


@event
class _Row(Event):
    """Fields common to all measured points: time, temperature, status, labels, extra columns.

    `time_s` is in s since 1970-01-01 UTC, `temperature_k` the sample temperature in K. `status` is `ok` or
    the problem that the instrument reports. `extra` holds columns that no table has; they are recorded beside
    the point. The other fields are labels as in `SpectrumStarted`.
    """

    topic: ClassVar[str] = "results"
    time_s: float
    temperature_k: float | None = None
    status: str = "ok"
    step: Any = None
    branch: Any = None
    setpoint_k: float | None = None
    spectrum: Any = None
    polarisation: Any = None
    phase: Any = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Event.__post_init__(self)
        if not self.status:
            raise self._wrong("status", "is empty")
        if self.status == "ok":
            for name in self.needed_when_ok:
                if getattr(self, name) is None:
                    raise self._wrong(name, "has no value although the status is ok")

    def __getitem__(self, name: str) -> Any:
        return self.extra[name] if name in self.extra else Event.__getitem__(self, name)

    def __iter__(self) -> Iterator[str]:
        yield from (name for name in Event.__iter__(self) if name != "extra")
        yield from self.extra


@event
class PointMeasured(_Row):
    """One frequency of a spectrum: Hz and ohm, `z_imag_ohm` below zero for a capacitor."""

    needed_when_ok: ClassVar[frozenset[str]] = frozenset({"z_real_ohm", "z_imag_ohm"})
    frequency_hz: float
    z_real_ohm: float | None
    z_imag_ohm: float | None


@event
class CheckPointMeasured(_Row):
    """A point of the last spectrum, which has ended, measured again: a change shows that the sample drifted.

    `repeats` is the number of the point in its spectrum, from 0. With `amplitude_v`, V rms, it was measured
    at another amplitude than the spectrum, and shows whether the response is linear. `status` is `ok`, the
    problem that the instrument reports, or the reason why it was not measured. It is not a point of a
    spectrum, and not a row of DATA_COLUMNS.
    """

    topic: ClassVar[str] = "check point"
    needed_when_ok: ClassVar[frozenset[str]] = frozenset({"z_real_ohm", "z_imag_ohm"})
    repeats: int
    frequency_hz: float
    z_real_ohm: float | None
    z_imag_ohm: float | None
    amplitude_v: float | None = None


@event
class CurrentMeasured(_Row):
    """One sample of a polarised or resting cell: V and A, `elapsed_s` in s since the step of potential."""

    needed_when_ok: ClassVar[frozenset[str]] = frozenset({"potential_v", "current_a"})
    elapsed_s: float
    potential_v: float | None
    current_a: float | None


@event
class RowMeasured(Event):
    """A row of a procedure with its own columns; as a mapping it contains these columns."""

    topic: ClassVar[str] = "results"
    values_by_column: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values_by_column[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_column)

    def __len__(self) -> int:
        return len(self.values_by_column)


@event
class ProgressMade(Event):
    """Progress in percent; None if the procedure does not know it. Procedures emit the plain number."""

    topic: ClassVar[str] = "progress"
    percent: float | None


@event
class OwnTopic(Event):
    """A record on a topic that labctl does not know; displayed, not stored.

    It can be read as the emitted mapping, or as an empty mapping.
    """

    own_topic: str
    record: Any

    def __getitem__(self, name: str) -> Any:
        return self._mapping()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._mapping())

    def __len__(self) -> int:
        return len(self._mapping())

    def _mapping(self) -> Mapping[str, Any]:
        return self.record if isinstance(self.record, Mapping) else {}


@event
class SpectrumEvaluated(Event):
    """labctl has evaluated a spectrum: its row of `conductivities` (None: no number) and the laws so far."""

    topic: ClassVar[str] = "derived"
    conductivity: Mapping[str, Any] | None
    fits: Sequence[Mapping[str, Any]]


@event
class PolarisationEvaluated(Event):
    """labctl has evaluated a polarisation: its row of `transference_numbers`; None: it has no spectra."""

    topic: ClassVar[str] = "derived"
    transference_number: Mapping[str, Any] | None


@event
class NoteWritten(Event):
    """labctl has written a row of the table `events`, for people to read."""

    topic: ClassVar[str] = "event"
    run_id: int
    time_s: float
    level: Literal["info", "warning", "error"]
    kind: str
    message: str
    details: Mapping[str, Any] | None = None


@event
class RunEnded(Event):
    """The run has ended, and its end is in the database."""

    topic: ClassVar[str] = "end"
    run_id: int
    status: str
    reason: str


Emitted = (
    StepStarted
    | TemperatureRead
    | MonitorRead
    | ThermalStepEnded
    | SpectrumStarted
    | PointMeasured
    | SpectrumEnded
    | CheckPointMeasured
    | PolarisationStarted
    | CurrentMeasured
    | PolarisationEnded
    | RowMeasured
    | ProgressMade
    | OwnTopic
)
"""Events from procedures."""

Concluded = SpectrumEvaluated | PolarisationEvaluated | NoteWritten | RunEnded
"""Events from labctl itself."""

AnyEvent = Emitted | Concluded
