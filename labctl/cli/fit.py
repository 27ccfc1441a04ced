"""`labctl fit`: derive runs again from their measured rows, with other choices or with this version."""

import json
import logging
import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli import terminal
from labctl.cli.number import number_option
from labctl.cli.options import DEFAULT_DATABASE, DatabaseOption, JsonOption, PersonOption, user_name

if TYPE_CHECKING:
    from labctl.derive.choices import Choices, Excluded
    from labctl.derive.refit import Refit, Refitted
    from labctl.store import Database, Store

log = logging.getLogger(__name__)


def fit(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]...", help="Number, start of the uuid, or `last` (default).", show_default=False
        ),
    ] = None,
    sample: Annotated[str, typer.Option(help="Every run of the samples of this name.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Every run of the file.")] = False,
    circuit: Annotated[str, typer.Option(help="The only circuit to fit, e.g. R0-p(R1,CPE1)-CPE2.")] = "",
    electrodes: Annotated[
        str, typer.Option(help="blocking, reversible or blocking/reversible, instead of the sample's.")
    ] = "",
    exclude: Annotated[
        list[str] | None,
        typer.Option(help="Leave out, e.g. 'spectrum 3', '20..30 degC', '50 Hz'; repeatable."),
    ] = None,
    form: Annotated[str, typer.Option(help="Form of the Arrhenius law: ln_sigma_t or ln_sigma.")] = "",
    frequency_min: Annotated[float | None, number_option("Fit no point below it, Hz.")] = None,
    frequency_max: Annotated[float | None, number_option("Fit no point above it, Hz.")] = None,
    leads: Annotated[
        str, typer.Option(help="Resistance of the leads, ohm, e.g. '2.5 +- 0.1', instead of the sample's.")
    ] = "",
    name: Annotated[str, typer.Option("--as", help="Name of the analysis, e.g. published.")] = "",
    workers: Annotated[
        int, typer.Option(min=0, help="Processes that fit; 0: all processors but one.", show_default=True)
    ] = 0,
    again: Annotated[
        bool, typer.Option("--again", help="With --all or --sample: derive also what is up to date.")
    ] = False,
    person: PersonOption = "",
    db: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Derive resistances, conductivities and laws of runs again, and show them.

    Measured rows are never changed, and nothing derived is deleted: each run gets a new analysis, which
    becomes its current one. `labctl analyses RUN` lists them and goes back to an earlier one.
    """
    from labctl.cli.show import show
    from labctl.clock import RealClock
    from labctl.derive.refit import Refit
    from labctl.errors import ConfigurationError
    from labctl.store import Store

    choices = _choices(circuit, electrodes, exclude or [], form, frequency_min, frequency_max, leads)
    _refuse_other_selections(runs, sample, every)
    if not db.exists():
        raise ConfigurationError(db, "", "no such file")
    with Store.open(db) as store:
        chosen = _selected(store, runs or [], sample, every)
        _refuse_unknown_spectra(store, chosen, choices)
        _refuse_empty_ranges(store, chosen, choices)
        many = bool(sample or every or len(chosen) > 1)
        count = min(workers or max(1, (os.cpu_count() or 2) - 1), len(chosen))
        refit = Refit(choices, name, person or user_name(), count, again or not (sample or every))
        results = _refit(store, chosen, refit, RealClock().time(), quiet=as_json or not many)
    if many:
        _report(results, as_json)
        return
    _raise_problems(db, results)
    if results[0].stands_beside:
        terminal.say(
            f"run {chosen[0]} is being measured: analysis {results[0].analysis_id} stands beside the "
            "provisional one, which stays current",
            err=True,
            fg="yellow",
        )
    show(str(chosen[0]), db, as_json)


def _choices(
    circuit: str,
    electrodes: str,
    exclude: Sequence[str],
    form: str,
    frequency_min_hz: float | None,
    frequency_max_hz: float | None,
    leads: str,
) -> "Choices":
    from labctl.derive.choices import Choices, leads_of

    lead_ohm, lead_u_ohm = leads_of(leads) if leads else (None, None)
    return Choices(
        circuit, electrodes, tuple(exclude), form, frequency_min_hz, frequency_max_hz, lead_ohm, lead_u_ohm
    )


def _refuse_other_selections(runs: Sequence[str] | None, sample: str, every: bool) -> None:
    from labctl.errors import InvalidRequest

    if sum(map(bool, (runs, sample, every))) > 1:
        raise InvalidRequest("give runs, or --sample, or --all")


def _selected(store: "Store", runs: Sequence[str], sample: str, every: bool) -> list[int]:
    """Return the ids of the runs, rising; raises InvalidRequest where there are none."""
    from labctl.errors import InvalidRequest
    from labctl.store.queries.runs import ids_of

    with store.read() as database:
        if not (sample or every):
            return list(dict.fromkeys(database.run(run)["id"] for run in runs or ["last"]))
        found = ids_of(database, sample or None)
    if not found:
        raise InvalidRequest(f"{store.path}: no run" + (f" of a sample named {sample!r}" if sample else ""))
    return found


def _refuse_unknown_spectra(store: "Store", run_ids: Sequence[int], choices: "Choices") -> None:
    """Raise InvalidRequest for an excluded spectrum that none of the runs has: it would change nothing."""
    from labctl.errors import InvalidRequest
    from labctl.store.queries.derivations import ids_by_number

    wanted = {one.spectrum for one in choices.excluded() if one.spectrum is not None}
    if not wanted:
        return
    with store.read() as database:
        parts = {part for run_id in run_ids for part in database.part_ids(run_id)}
        known = {number for part in parts for number in ids_by_number(database, part, "spectra")}
    if missing := sorted(wanted - known):
        has = f"numbers are {min(known)} to {max(known)}" if known else "there is none"
        raise InvalidRequest(f"--exclude: no spectrum {missing[0]} in what is fitted; {has}")


def _refuse_empty_ranges(store: "Store", run_ids: Sequence[int], choices: "Choices") -> None:
    """Raise InvalidRequest for an excluded range without a point in any run: it would change nothing."""
    from labctl.errors import InvalidRequest

    with store.read() as database:
        parts = {part for run_id in run_ids for part in database.part_ids(run_id)}
        for text, one in zip(choices.exclude, choices.excluded(), strict=True):
            if one.spectrum is None and not any(_meets(database, part, one) for part in parts):
                raise InvalidRequest(f"--exclude: no point of what is fitted lies in {text!r}")


def _meets(database: "Database", run_id: int, excluded: "Excluded") -> bool:
    from labctl.store.queries.amendments import spectra_in_range

    low_hz, high_hz = excluded.frequency_hz or (0.0, math.inf)
    rows = spectra_in_range(database, run_id, low_hz, high_hz)
    return any(row["inside"] and excluded.hits(row["number"], row["temperature_k"]) for row in rows)


def _refit(
    store: "Store", run_ids: Sequence[int], refit: "Refit", derived_s: float, quiet: bool
) -> list["Refitted"]:
    from labctl.derive.refit import refit_runs

    with _progress(len(run_ids), quiet) as done:
        return refit_runs(store, run_ids, refit, derived_s, done)


@contextmanager
def _progress(count: int, quiet: bool) -> Iterator[Callable[["Refitted"], None]]:
    """Give a function that takes each run that is done and draws a bar, unless `quiet`."""
    if quiet:
        yield lambda result: None
        return
    from rich.progress import Progress

    with Progress(console=terminal.console()) as progress:
        task = progress.add_task("fit", total=count)

        def done(result: "Refitted") -> None:
            progress.advance(task)
            if result.problem:
                progress.console.print(f"run {result.run_id}: {result.problem}", style="red", markup=False)

        yield done


def _report(results: Sequence["Refitted"], as_json: bool) -> None:
    """Print what became of the runs; exit 1 if one could not be derived."""
    made = [one for one in results if one.analysis_id is not None]
    failed = [one for one in results if one.problem]
    if as_json:
        rows = [
            {"run": one.run_id, "analysis": one.analysis_id, "problem": one.problem or None}
            for one in sorted(results, key=lambda one: one.run_id)
        ]
        terminal.echo(json.dumps({"runs": rows}))
    else:
        beside = sum(one.stands_beside for one in made)
        words = [
            f"{len(made)} run(s) derived",
            f"{beside} of them beside a provisional analysis, which stays current" if beside else "",
            f"{len(results) - len(made) - len(failed)} up to date (--again derives them too)",
            f"{len(failed)} failed" if failed else "",
        ]
        terminal.echo("; ".join(filter(None, words)))
    if failed:
        raise typer.Exit(1)


def _raise_problems(db: Path, results: Sequence["Refitted"]) -> None:
    """Raise StoreError with the rows at fault if a run could not be evaluated."""
    from labctl.errors import InvalidRequest, StoreError
    from labctl.store.care import odd_rows_of

    for one in results:
        if one.problem and one.is_request:
            raise InvalidRequest(one.problem)
        if one.problem:
            reasons = " ".join([one.problem, *odd_rows_of(db)])
            raise StoreError(f"{db}: run {one.run_id} cannot be evaluated: {reasons}")
