"""protocol.toml: a sample and the procedures to run on it, checked before an instrument is touched.

`[[procedure]]` tables run in the order of the file. A table with `repeat = 3` runs three times; a table that
holds `[[procedure.procedure]]` tables is a block of these. A protocol contains no computation.

One sample is a table `[sample]`. Several that share an oven are tables `[[sample]]`, each with the `cell` of
the station that it is in; every procedure measures all of them, or those that its key `cells` lists. A table
`[sample.settings]` after one replaces parameters of the procedures for this sample.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, zip_longest
from pathlib import Path
from typing import Any

from labctl.bench import Limits, PlannedStep
from labctl.config.doubts import doubts_about_parameters, doubts_about_sample
from labctl.config.loading import CodeIdentity, load_named
from labctl.config.own_instruments import brings_own_instruments
from labctl.config.possible_steps import check_possible, key_of
from labctl.config.registered import take_reference
from labctl.config.sample import Sample, parse_sample, read_sample, sample_of, tell_sample
from labctl.config.station import Station
from labctl.config.table import REQUIRED, Table, is_number, parse_document, read_document
from labctl.errors import BeyondInstrument, ConfigurationError, LimitExceeded
from labctl.plain_text import shown

MOST_PROCEDURES = 10_000
SWITCHING_S = 2.0  # one point with all channels open, connecting a cell with read-back, disconnecting it

_OfCell = tuple[str, PlannedStep]


@dataclass(frozen=True)
class ProcedureEntry:
    """One run of a `[[procedure]]` table: a class and the parameters as the file gives them.

    `repetition` is `"2 of 3"` for a repeated procedure, preceded by the repetitions of the enclosing blocks;
    `code` lists the files of code that were loaded for the class; `cells` are those measured, in this order,
    empty where the protocol names none; `of_cells` are parameters that hold for the sample of one cell.
    """

    reference: str
    procedure_class: type
    parameters: Mapping[str, Any]
    where: str
    repetition: str = ""
    sample: Sample | None = None
    code: tuple[CodeIdentity, ...] = ()
    cells: tuple[str, ...] = ()
    of_cells: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def build(self) -> Any:
        """Return a procedure with its parameters set; of several samples, the first one's."""
        procedure = self.procedure_class()
        of_first = self.of_cells.get(self.cells[0], {}) if self.cells else {}
        procedure.set_parameters({**self.parameters, **of_first})
        if self.sample is not None:
            tell_sample(procedure, self.sample)
        return procedure

    def for_cell(self, cell: str, sample: Sample) -> "ProcedureEntry":
        """Return the part of one cell, with the parameters that hold for its sample."""
        parameters = {**self.parameters, **self.of_cells.get(cell, {})}
        return replace(self, sample=sample, cells=(), parameters=parameters, of_cells={})

    @property
    def name(self) -> str:
        """Name in a list: `EIS`, or `EIS 2 of 3`."""
        return f"{self.procedure_class.__name__} {self.repetition}".strip()


@dataclass(frozen=True)
class Protocol:
    """A checked protocol file; `procedures` are all its runs in order, repeats written out.

    `in_cells` are the samples of several cells, by the name of the cell; `sample` is then the first of them.
    """

    title: str
    source: str
    text: str
    sample: Sample
    procedures: tuple[ProcedureEntry, ...]
    in_cells: Mapping[str, Sample] = field(default_factory=dict)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """All samples, in the order of the file."""
        return tuple(self.in_cells.values()) or (self.sample,)

    def of_cell(self, cell: str) -> "Protocol":
        """Return the part of this protocol that one cell's sample is measured by."""
        sample = self.in_cells[cell]
        mine = tuple(e.for_cell(cell, sample) for e in self.procedures if cell in e.cells)
        return replace(self, sample=sample, procedures=mine, in_cells={})

    def plan(self) -> list[PlannedStep]:
        """Return every step of every procedure, in order; with several procedures each step names its own."""
        several = len(self.procedures) > 1
        return [
            replace(step, label=f"{entry.name}: {step.label}") if several else step
            for entry, plan in zip(self.procedures, self.plans(), strict=True)
            for step in plan
        ]

    def plans(self) -> list[list[PlannedStep]]:
        """Return the steps of each procedure; each begins at the temperature where the one before ended."""
        plans: list[list[PlannedStep]] = []
        left_at_k = None
        for entry in self.procedures:
            procedure = entry.build()
            if left_at_k is not None:
                begin_at(procedure, left_at_k)
            plans.append(self.plan_of_all_cells(entry, procedure))
            left_at_k = last_temperature_k(plans[-1]) or left_at_k
        return plans

    def check_against(self, station: Station) -> None:
        """Raise ConfigurationError if the station cannot carry this out; no instrument is touched.

        It lacks a role or a cell, forbids a step, has an instrument that cannot do it, or a rig that refuses
        its options.
        """
        if self.in_cells:
            self._check_cells(station)
            return
        if station.cells:
            known = ", ".join(station.cells)
            problem = f'names no cell, but {station.source} has {known}; give [[sample]] with cell = "..."'
            raise ConfigurationError(self.source, "sample.cell", problem)
        for entry in self._different():
            procedure = entry.build()
            missing = set(getattr(procedure, "roles_needed", ())) - station.roles
            if missing:
                names = ", ".join(sorted(missing))
                problem = (
                    f"{entry.reference} needs the role {names}, which {station.source} gives to no instrument"
                )
                raise ConfigurationError(self.source, f"{entry.where}use", problem)
            self._check_steps(entry, procedure, station)
        station.check_simulation()

    def _check_cells(self, station: Station) -> None:
        for number, cell in enumerate(self.in_cells):
            if cell not in station.cells:
                known = ", ".join(station.cells) or "none: it has no [cells.NAME] tables"
                problem = f"is {shown(cell)}, which {station.source} does not name; its cells: {known}"
                raise ConfigurationError(self.source, f"sample[{number}].cell", problem)
            self.of_cell(cell).check_against(station.of_cell(cell))

    def plan_of_all_cells(self, entry: ProcedureEntry, procedure: Any) -> list[PlannedStep]:
        """Return the plan of a procedure; every sample is measured at each temperature before the oven moves.

        Parameters
        ----------
        entry : ProcedureEntry
        procedure : Procedure
            The temperature of one sample, where it is now; the others follow it.
        """
        if len(entry.cells) < 2:
            return plan_of(procedure)
        of_cells = [(cell, entry.for_cell(cell, self.in_cells[cell])) for cell in entry.cells]
        plans = [[(cell, step) for step in _plan_like(procedure, own)] for cell, own in of_cells]
        groups = [_settling_and_measuring(plan) for plan in plans]
        return [step for together in zip_longest(*groups, fillvalue=[]) for step in _one_group(together)]

    def warnings(self) -> tuple[str, ...]:
        """Return limitations of labctl for these procedures, and possible mistakes, one sentence each."""
        own = (
            f"{entry.reference} opens its own instruments: labctl always calls its shutdown(), but "
            "cannot check their limits, nor make them safe if that fails or this computer dies"
            for entry in self._different()
            if brings_own_instruments(entry.procedure_class)
        )
        unplanned = (
            f"{entry.reference} has no plan(): its values are not known before it runs, and nothing of it "
            "was held against limits or instruments"
            for entry in self._different()
            if not plans_steps(entry.procedure_class) and not brings_own_instruments(entry.procedure_class)
        )
        parameters = (
            given for entry in self._different() for given in (entry.parameters, *entry.of_cells.values())
        )
        doubts = (doubt for given in parameters for doubt in doubts_about_parameters(given))
        of_samples = (doubt for sample in self.samples for doubt in doubts_about_sample(sample))
        return (*own, *unplanned, *of_samples, *doubts)

    def _different(self) -> list[ProcedureEntry]:
        """Return the procedures in the order of the file, each once."""
        return list({entry.where: entry for entry in reversed(self.procedures)}.values())[::-1]

    def _check_steps(self, entry: ProcedureEntry, procedure: Any, station: Station) -> None:
        limits = self.sample.within(station.limits)
        origin = station.source if limits == station.limits else f"{station.source} and the sample"
        for step in plan_of(procedure):
            try:
                check_step(step, limits)
                check_possible(step, station.instruments)
            except LimitExceeded as error:
                problem = f"{step.label}: {error} (from {origin})"
                raise ConfigurationError(self.source, entry.where.rstrip("."), problem) from error
            except BeyondInstrument as beyond:
                key = f"{entry.where}{key_of(beyond, procedure)}".rstrip(".")
                raise ConfigurationError(self.source, key, f"{step.label}: {beyond}") from beyond


def plans_steps(procedure: Any) -> bool:
    """Return whether a procedure, or its class, says which steps it plans."""
    return hasattr(procedure, "plan")


def plan_of(procedure: Any) -> list[PlannedStep]:
    """Return the planned steps of a procedure; a single step of unknown content if it has no plan."""
    if plans_steps(procedure):
        return list(procedure.plan())
    return [PlannedStep(type(procedure).__name__, _estimate_s(procedure))]


def begin_at(procedure: Any, temperature_k: float) -> None:
    """Set the temperature at which the plan of a procedure begins, if the procedure has such an attribute."""
    if hasattr(procedure, "begins_at_k"):
        procedure.begins_at_k = temperature_k


def is_settling(step: PlannedStep) -> bool:
    """Return whether a planned step only waits for a temperature."""
    excited = step.amplitude_v or step.potential_v or step.current_a
    return step.temperature_k is not None and not excited


def _plan_like(procedure: Any, entry: ProcedureEntry) -> list[PlannedStep]:
    """Return the plan of an entry at the temperatures of another sample's procedure."""
    own = entry.build()
    for name in ("begins_at_k", "revisions"):
        if hasattr(procedure, name):
            setattr(own, name, getattr(procedure, name))
    return plan_of(own)


def _settling_and_measuring(plan: Sequence[_OfCell]) -> list[list[_OfCell]]:
    """Return the steps of one sample's plan in groups that alternately settle and measure."""
    return [list(group) for _, group in groupby(plan, key=lambda one: is_settling(one[1]))]


def _one_group(together: Sequence[Sequence[_OfCell]]) -> list[PlannedStep]:
    """Return the steps of all samples in one group: settling once and for the longest, measuring in turns."""
    if all(is_settling(step) for group in together for _, step in group):
        longest = max(together, key=lambda group: sum(step.duration_s for _, step in group))
        return [step for _, step in longest]
    return [
        replace(
            step,
            label=f"{step.label}, cell {cell}",
            duration_s=step.duration_s + (0.0 if place else SWITCHING_S),
        )
        for group in together
        for place, (cell, step) in enumerate(group)
    ]


def last_temperature_k(plan: Sequence[PlannedStep]) -> float | None:
    """Return the last temperature of a plan in K; None if the plan sets no temperature."""
    return next((step.temperature_k for step in reversed(plan) if step.temperature_k is not None), None)


def _estimate_s(procedure: Any) -> float:
    """Return the duration in s that a pymeasure procedure estimates; NaN without a usable estimate."""
    try:
        return float(procedure.get_estimates())
    except Exception:  # noqa: BLE001 - foreign code may raise anything, and this is only an estimate
        return math.nan


def check_step(step: PlannedStep, limits: Limits) -> None:
    """Raise LimitExceeded when a planned step leaves the limits."""
    if step.temperature_k is not None:
        limits.check_temperature(step.temperature_k)
    limits.check_potential(step.potential_v, step.amplitude_v)
    limits.check_current(step.current_a)


def read_protocol(path: Path | str, database: Path | None = None) -> Protocol:
    """Read and check a protocol file; raises ConfigurationError with file, key and a valid value.

    A sample given by its name, and a fixture given by its run, are looked up in `database`.
    """
    return _protocol(read_document(path), Path(path).stem, database)


def parse_protocol(
    text: str,
    source: str,
    database: Path | None = None,
    sample: Sample | None = None,
    in_cells: Mapping[str, Sample] | None = None,
) -> Protocol:
    """Check protocol text that is not, or no longer, a file.

    `sample` replaces the sample that the text names, and `in_cells` those of its cells: as they were when the
    protocol was queued.
    """
    return _protocol(parse_document(text, source), Path(source).stem, database, sample, in_cells)


def _protocol(
    document: Table,
    default_title: str,
    database: Path | None,
    sample: Sample | None = None,
    in_cells: Mapping[str, Sample] | None = None,
) -> Protocol:
    if document.has("limits") and not document.has("sample"):
        raise document.error(
            "limits", "belongs to a station; give a protocol, with [sample] and [[procedure]]"
        )
    own_settings = {}
    if _has_several(document):
        own_settings = _settings_of_cells(document)
        in_cells = _in_cells(document, database, in_cells)
    else:
        in_cells = {}
    sample = next(iter(in_cells.values())) if in_cells else _sample(document, database, sample)
    protocol = Protocol(
        title=document.text("title", default_title),
        source=str(document.source),
        text=document.document_text,
        sample=sample,
        procedures=tuple(
            _with_settings(_for_samples(entry, sample, in_cells, document), own_settings)
            for entry in _listed(document)
        ),
        in_cells=in_cells,
    )
    _refuse_unused(own_settings, protocol.procedures)
    document.refuse_unknown()
    return protocol


def _has_several(document: Table) -> bool:
    return isinstance(document.values.get("sample"), list)


def _in_cells(
    document: Table, database: Path | None, known: Mapping[str, Sample] | None
) -> dict[str, Sample]:
    """Return the samples of the `[[sample]]` tables by their cells."""
    found: dict[str, Sample] = {}
    for table in document.tables("sample"):
        cell = table.text("cell")
        if cell in found:
            raise table.error("cell", f"is {shown(cell)}, where {shown(found[cell].name)} is already")
        if table.has("settings"):
            table.table("settings")  # read by `_settings_of_cells`: no entry of the sample
        sample = parse_sample(table, database)
        if any(sample.name == other.name for other in found.values()):
            raise table.error("name", f"is {shown(sample.name)}, the name of another sample of this protocol")
        found[cell] = sample
    return {cell: (known or {}).get(cell, sample) for cell, sample in found.items()}


def _for_samples(
    entry: ProcedureEntry, sample: Sample, in_cells: Mapping[str, Sample], document: Table
) -> ProcedureEntry:
    """Return a procedure with its sample, or with the cells of the samples that it measures."""
    for cell in entry.cells:
        if cell not in in_cells:
            known = ", ".join(in_cells) or "none: its sample is in no cell"
            problem = f"names {shown(cell)}; cells of this protocol: {known}"
            raise document.error(f"{entry.where}cells", problem)
    cells = entry.cells or tuple(in_cells)
    if cells and entry.parameters.get("history"):
        problem = "is for one sample in an oven; hold it before, in a TemperatureHold of one sample"
        raise document.error(f"{entry.where}history", problem)
    return replace(entry, sample=in_cells[cells[0]] if cells else sample, cells=cells)


def _settings_of_cells(document: Table) -> dict[str, Table]:
    """Return the tables `[sample.settings]` by the cell of their sample."""
    tables = document.tables("sample")
    return {table.text("cell"): table.table("settings") for table in tables if table.has("settings")}


def _with_settings(entry: ProcedureEntry, own_settings: Mapping[str, Table]) -> ProcedureEntry:
    """Return a procedure with those parameters of it that its samples replace."""
    known = entry.procedure_class()._parameters
    of_cells: dict[str, Mapping[str, Any]] = {}
    for cell, table in own_settings.items():
        own = {key: value for key, value in table.values.items() if key in known}
        if cell in entry.cells and own:
            _refuse_shared(entry, own, table)
            _check_parameters(replace(entry, parameters={**entry.parameters, **own}), table)
            of_cells[cell] = own
    return replace(entry, of_cells=of_cells)


def _refuse_shared(entry: ProcedureEntry, own: Mapping[str, Any], table: Table) -> None:
    """Refuse a parameter of the oven: it is the same for all samples in it."""
    for key in own:
        if key in getattr(entry.procedure_class, "shared_by_samples", ()):
            raise table.error(
                key, "is the same for all samples: they share the oven; give it in [[procedure]]"
            )


def _refuse_unused(own_settings: Mapping[str, Table], entries: Sequence[ProcedureEntry]) -> None:
    """Refuse a setting that no procedure of its sample has."""
    for cell, table in own_settings.items():
        mine = [entry for entry in entries if cell in entry.cells]
        known = {key for entry in mine for key in entry.procedure_class()._parameters}
        for key in table.values:
            if key not in known:
                raise table.unknown(key, sorted(known))


def _sample(document: Table, database: Path | None, known: Sample | None) -> Sample:
    """Return the sample of a `[sample]` table, of a file beside the protocol, or by name of the database."""
    if isinstance(document.values.get("sample"), Mapping):
        table = document.table("sample")  # counts as read, also if the sample is known
        return known or parse_sample(table, database)
    wanted = "a table [sample], the name of a sample file, or the name of a sample measured before"
    named = document.take("sample", REQUIRED, wanted)
    if not isinstance(named, str):
        raise document.error("sample", f"is {shown(named)}; give {wanted}")
    if known is not None:
        return known
    if named.endswith(".toml"):
        return read_sample(Path(str(document.source)).parent / named, database)
    if database is None:
        raise document.error("sample", f"names {shown(named)}, but no database is given to look for it")
    return sample_of(named, database)


def _listed(table: Table) -> list[ProcedureEntry]:
    """Return the runs of the `[[procedure]]` tables inside this table, in order, repeats written out."""
    return [run for listed in table.tables("procedure") for run in _runs(listed)]


def _runs(table: Table) -> list[ProcedureEntry]:
    """Return the runs of one table: a procedure, or a block of them."""
    if table.has("procedure"):
        once, times = _listed(table), _times(table)
        table.refuse_unknown()
    else:
        entry = _procedure(table)
        once, times = [entry], 1 if "repeat" in entry.parameters else _times(table)
    if times * len(once) > MOST_PROCEDURES:
        raise table.error("repeat", f"makes {times * len(once)} runs; at most {MOST_PROCEDURES} are possible")
    if times == 1:
        return once
    return [_repeated(run, number, times) for number in range(1, times + 1) for run in once]


def _repeated(run: ProcedureEntry, number: int, times: int) -> ProcedureEntry:
    within = f", {run.repetition}" if run.repetition else ""
    return replace(run, repetition=f"{number} of {times}{within}")


def _times(table: Table) -> int:
    times = table.number("repeat", 1.0, minimum=1, maximum=MOST_PROCEDURES)
    if not float(times).is_integer():
        raise table.error("repeat", f"is {times!r}; give a whole number")
    return int(times)


def _procedure(table: Table) -> ProcedureEntry:
    reference = take_reference(table, "use")
    named = load_named(table, "use", reference)
    procedure_class = named.value
    if not hasattr(procedure_class, "set_parameters"):
        raise table.error("use", f"is {shown(reference)}, which is not a pymeasure Procedure")
    known = procedure_class()._parameters
    ours = {"use", *({"repeat", "cells"} - known.keys())}
    parameters = {key: value for key, value in table.values.items() if key not in ours}
    cells = _cells(table) if "cells" in ours else ()
    entry = ProcedureEntry(reference, procedure_class, parameters, table.path, code=named.code, cells=cells)
    _check_parameters(entry, table)
    return entry


def _cells(table: Table) -> tuple[str, ...]:
    wanted = 'a list of cells in quotes, e.g. ["A", "B"]; without it all samples are measured'
    given = table.take("cells", [], wanted)
    is_list = isinstance(given, list) and all(isinstance(cell, str) for cell in given)
    if not is_list or (table.has("cells") and not given) or len(set(given)) != len(given):
        raise table.error("cells", f"is {shown(given)}; give {wanted}")
    return tuple(given)


def _check_parameters(entry: ProcedureEntry, table: Table) -> None:
    """Set each parameter alone to name the one at fault, then check all together."""
    procedure = entry.procedure_class()
    known = list(procedure._parameters)
    for key, value in entry.parameters.items():
        if key not in known:
            raise table.unknown(key, known)
        _check_type(table, key, value, procedure._parameters[key])
        try:
            procedure.set_parameters({key: value})
        except (ValueError, TypeError) as error:
            problem = _out_of_range(value, procedure._parameters[key]) or f"is {shown(value)}: {error}"
            raise table.error(key, f"{problem}{_allowed(procedure._parameters[key])}") from error
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
    """Refuse values that pymeasure would convert: numbers in quotes, true for 1, 2.5 for an integer."""
    kind = type(parameter).__name__
    wrong = {
        "FloatParameter": not is_number(value),
        "IntegerParameter": not (is_number(value) and float(value).is_integer()),  # type: ignore[arg-type]
        "BooleanParameter": not isinstance(value, bool),
    }
    if wrong.get(kind, False):
        wanted = {"FloatParameter": "a number", "IntegerParameter": "a whole number"}.get(
            kind, "true or false"
        )
        raise table.error(key, f"is {shown(value)}; give {wanted}{_allowed(parameter)}")


def _out_of_range(value: object, parameter: Any) -> str:
    """Return the fault of a number that pymeasure refuses; "" where it is not the range."""
    low, high = getattr(parameter, "minimum", None), getattr(parameter, "maximum", None)
    if not is_number(value) or low is None or high is None or low <= value <= high:  # type: ignore[operator]
        return ""
    return f"is {shown(value)}, {'below' if value < low else 'above'} what is possible"  # type: ignore[operator]


def _allowed(parameter: Any) -> str:
    """Return the accepted values of a pymeasure parameter as text."""
    words = []
    low, high = getattr(parameter, "minimum", None), getattr(parameter, "maximum", None)
    if low is not None and high is not None:
        words.append(f"from {low:g} to {high:g}")
    if getattr(parameter, "choices", None):
        words.append("one of " + ", ".join(map(repr, parameter.choices)))
    if getattr(parameter, "units", None):
        words.append(f"in {parameter.units}")
    return f" ({parameter.name}: {' '.join(words)})" if words else f" ({parameter.name})"
