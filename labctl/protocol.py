"""protocol.toml: a sample and the procedures to run on it, checked before anything is touched."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labctl.bench import Limits, PlannedStep
from labctl.document import Table, parse_document, read_document
from labctl.errors import ConfigurationError, LimitExceeded
from labctl.naming import load_named
from labctl.sample import Sample, parse_sample
from labctl.station import Station


@dataclass(frozen=True)
class ProcedureEntry:
    """One `[[procedure]]` table: a class and the parameters as the file gives them."""

    reference: str
    procedure_class: type
    parameters: Mapping[str, Any]
    where: str

    def build(self) -> Any:
        """Return a procedure with its parameters set."""
        procedure = self.procedure_class()
        procedure.set_parameters(dict(self.parameters))
        return procedure


@dataclass(frozen=True)
class Protocol:
    """A checked protocol file."""

    title: str
    source: str
    text: str
    sample: Sample
    procedures: tuple[ProcedureEntry, ...]

    def plan(self) -> list[PlannedStep]:
        """Return every step of every procedure, in order."""
        return [step for entry in self.procedures for step in plan_of(entry.build())]

    def check_against(self, station: Station) -> None:
        """Raise ConfigurationError if the station lacks a role or forbids a step. Touches nothing."""
        for entry in self.procedures:
            procedure = entry.build()
            missing = set(getattr(procedure, "roles_needed", ())) - station.roles
            if missing:
                names = ", ".join(sorted(missing))
                problem = (
                    f"{entry.reference} needs the role {names}, which {station.source} gives to no instrument"
                )
                raise ConfigurationError(self.source, f"{entry.where}use", problem)
            self._check_limits(entry, procedure, station)

    def _check_limits(self, entry: ProcedureEntry, procedure: Any, station: Station) -> None:
        for step in plan_of(procedure):
            try:
                check_step(step, station.limits)
            except LimitExceeded as error:
                problem = f"{step.label}: {error} (from {station.source})"
                raise ConfigurationError(self.source, entry.where.rstrip("."), problem) from error


def plan_of(procedure: Any) -> list[PlannedStep]:
    """Return the steps a procedure announces; one step of unknown content where it announces none."""
    if hasattr(procedure, "plan"):
        return list(procedure.plan())
    return [PlannedStep(type(procedure).__name__, math.nan)]


def check_step(step: PlannedStep, limits: Limits) -> None:
    """Raise LimitExceeded when a planned step leaves the limits."""
    if step.temperature_k is not None:
        limits.check_temperature(step.temperature_k)
    limits.check_potential(step.potential_v, step.amplitude_v)
    limits.check_current(step.current_a)


def read_protocol(path: Path | str) -> Protocol:
    """Read and check a protocol file; raises ConfigurationError with file, key and what would be right."""
    return _protocol(read_document(path), Path(path).stem)


def parse_protocol(text: str, source: str) -> Protocol:
    """Check protocol text that is not (or no longer) a file."""
    return _protocol(parse_document(text, source), Path(source).stem)


def _protocol(document: Table, default_title: str) -> Protocol:
    protocol = Protocol(
        title=document.text("title", default_title),
        source=str(document.source),
        text=document.document_text,
        sample=parse_sample(document.table("sample")),
        procedures=tuple(_procedure(table) for table in document.tables("procedure")),
    )
    document.refuse_unknown()
    return protocol


def _procedure(table: Table) -> ProcedureEntry:
    reference = table.text("use")
    procedure_class = load_named(table, "use", reference)
    if not hasattr(procedure_class, "set_parameters"):
        raise table.error("use", f"is {reference!r}, which is not a pymeasure Procedure")
    parameters = {key: value for key, value in table.values.items() if key != "use"}
    entry = ProcedureEntry(reference, procedure_class, parameters, table.path)
    _check_parameters(entry, table)
    return entry


def _check_parameters(entry: ProcedureEntry, table: Table) -> None:
    """Set each parameter alone, so that the one at fault can be named, then check them together."""
    procedure = entry.procedure_class()
    known = list(procedure._parameters)
    for key, value in entry.parameters.items():
        if key not in known:
            raise table.unknown(key, known)
        _check_type(table, key, value, procedure._parameters[key])
        try:
            procedure.set_parameters({key: value})
        except (ValueError, TypeError) as error:
            raise table.error(key, f"is {value!r}: {error}{_allowed(procedure._parameters[key])}") from error
    missing = [name for name, parameter in procedure._parameters.items() if not parameter.is_set()]
    if missing:
        raise table.error(missing[0], f"is missing{_allowed(procedure._parameters[missing[0]])}")
    _check_together(procedure, table)


def _check_together(procedure: Any, table: Table) -> None:
    try:
        plan_of(procedure)
    except ValueError as error:
        raise table.error("", f"{error}") from error


def _check_type(table: Table, key: str, value: object, parameter: Any) -> None:
    """Refuse what pymeasure would convert in silence: numbers in quotes, true for 1, 2.5 for an integer."""
    kind = type(parameter).__name__
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    wrong = {
        "FloatParameter": not is_number,
        "IntegerParameter": not (is_number and float(value).is_integer()),  # type: ignore[arg-type]
        "BooleanParameter": not isinstance(value, bool),
    }
    if wrong.get(kind, False):
        wanted = {"FloatParameter": "a number", "IntegerParameter": "a whole number"}.get(
            kind, "true or false"
        )
        raise table.error(key, f"is {value!r}; give {wanted}{_allowed(parameter)}")


def _allowed(parameter: Any) -> str:
    """Say in words what a pymeasure parameter accepts."""
    words = []
    low, high = getattr(parameter, "minimum", None), getattr(parameter, "maximum", None)
    if low is not None and high is not None:
        words.append(f"from {low:g} to {high:g}")
    if getattr(parameter, "choices", None):
        words.append("one of " + ", ".join(map(repr, parameter.choices)))
    if getattr(parameter, "units", None):
        words.append(f"in {parameter.units}")
    return f" ({parameter.name}: {' '.join(words)})" if words else f" ({parameter.name})"
