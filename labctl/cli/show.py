"""`labctl show`: the runs of a database; one run's conductivities and fits."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.options import DEFAULT_DATABASE, DatabaseOption, JsonOption
from labctl.cli.remarks import Remarks
from labctl.cli.transference_numbers import print_transference_numbers
from labctl.plain_text import utc_time
from labctl.readmodel.analysis_text import analysis_in_words

if TYPE_CHECKING:
    from labctl.store import Database

MOST_ROWS = 1000
MOST_CUT = 5
MOST_FILES = 20
ARRHENIUS_IN_FULL = "Arrhenius  sigma T, or sigma, = A exp(-Ea / kB T)"
VTF_IN_FULL = "VTF        sigma = A T^-1/2 exp(-B / kB (T - T0))"


def show(
    run: Annotated[
        str, typer.Argument(help="Number, start of the uuid, or `last`; omit to list the runs.")
    ] = "",
    db: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
    analysis: Annotated[
        str, typer.Option(help="Name or number of another analysis than the current one.")
    ] = "",
    budget: Annotated[
        bool, typer.Option("--budget", help="Print each number's uncertainty by source, largest first.")
    ] = False,
) -> None:
    """List the runs, or show the conductivities and fits of one."""
    from labctl.store import Database
    from labctl.store.time_limit import TimeLimit

    chosen: dict[int, int] = {}
    if analysis:
        with Database(db, TimeLimit()) as database:
            row = database.analysis(run or "last", analysis)
            run, chosen = str(row["run_id"]), {row["run_id"]: row["id"]}
    with Database(db, TimeLimit(), analyses=chosen) as database:
        content: dict[str, Any] = describe(database, run) if run else {"runs": list_runs(database)}
        if run and as_json:
            content["carriers"] = _carriers(database, content["run"]["id"])
    if as_json:
        terminal.echo(json.dumps(content, default=str))
    elif run and budget:
        print_budgets(content)
    elif run:
        _print_run(content)
    else:
        _print_runs(content["runs"], db)


def _carriers(database: "Database", run_id: int) -> dict[str, Any]:
    """Return the knowledge about the carriers of a run's sample, as `labctl carriers --json` prints it."""
    from labctl.readmodel.carriers import carriers_of_run
    from labctl.readmodel.unreadable import or_as_unreadable

    return or_as_unreadable(
        lambda: carriers_of_run(database, run_id).as_dict(), lambda why: {"not_readable": why}
    )


def list_runs(database: "Database") -> list[dict[str, Any]]:
    """Return every run with its sample, oldest first."""
    from labctl.store.queries import runs

    return runs.with_samples(database)


def describe(database: "Database", run: str) -> dict[str, Any]:
    """Return one run as the object that `--json` prints: run, sample in force and all derived rows.

    `sample_of_analysis` is the sample that the derived rows stand on: another one where the sample was
    amended since. For a run that continues an interrupted run, conductivities include the earlier part.
    Each derived number has `budget`, its uncertainty by source, and `not_stated`.
    """
    from labctl.derive.budgets import CONDUCTIVITY
    from labctl.derive.in_force import amendments_of_run, in_force
    from labctl.readmodel.analysis_text import sample_of_analysis
    from labctl.readmodel.budget_text import with_lists
    from labctl.readmodel.check_point_text import check_points_in_words
    from labctl.readmodel.linearity_text import linearity_in_words
    from labctl.readmodel.recorded_checks import checked_instruments
    from labctl.readmodel.stated_text import which_cell
    from labctl.store.cells import stated_accuracy
    from labctl.store.queries import (
        analyses,
        check_points,
        conductivities,
        imported_files,
        law_fits,
        monitor_readings,
        part_laws,
        preflights,
        resistances,
        spectra,
        thermal_steps,
        transference_numbers,
    )

    row = database.run(run)
    parts = database.part_ids(row["id"])
    sample = in_force(database, row["id"]).sample
    analysis = next(iter(analyses.current(database, (row["id"],))), None)
    again = check_points.of_parts(database, parts)
    return {
        "run": row,
        "sample": sample,
        "sample_of_analysis": sample_of_analysis(analysis, sample),
        "sample_as_stored": database.sample(row["sample_id"]),
        "amendments": amendments_of_run(database, row["id"]),
        "analysis": analysis,
        "imported_files": imported_files.of_run(database, row["id"]),
        "instruments": checked_instruments(database, row["id"]),
        "accuracy": stated_accuracy(database, row["id"]),
        "which_cell": which_cell(database, row["id"]),
        "preflight": preflights.before_run(database, row["id"]),
        "conductivities": [with_lists(one, CONDUCTIVITY) for one in conductivities.of_parts(database, parts)],
        "check_points": again,
        "drift": check_points_in_words(database, again),
        "linearity": linearity_in_words(database, parts),
        "monitors": monitor_readings.summary(database, parts),
        "thermal_history": thermal_steps.of_parts(database, parts),
        "without_number": spectra.without_conductivity(database, parts),
        "not_finished": spectra.not_finished(database, parts),
        "resistances": resistances.of_parts(database, parts),
        "fits": [with_lists(one) for one in law_fits.of_run(database, row["id"])],
        "part_fits": [with_lists(one) for one in part_laws.of_run(database, row["id"])],
        "transference_numbers": [
            with_lists(one, one["quantity"]) for one in transference_numbers.of_parts(database, parts)
        ],
    }


def _print_runs(runs: list[dict[str, Any]], db: Path) -> None:
    from labctl.cli.plain_table import print_columns
    from labctl.readmodel.unreadable import or_as_unreadable

    terminal.echo(f"{len(runs)} run(s) in {db}")
    rows = [
        or_as_unreadable(partial(_run_cells, row), partial(_run_cells_instead, row["id"]))
        for row in runs[-MOST_ROWS:]
    ]
    print_columns(("run", "sample", "procedure", "status", "started (UTC)", "took"), rows)
    if len(runs) > MOST_ROWS:
        terminal.echo(f"{len(runs) - MOST_ROWS} run(s) before these are not shown; --json has all")


def _run_cells_instead(run_id: object, why: str) -> tuple[str, ...]:
    return str(run_id), why, "", "", "", ""


def _run_cells(row: dict[str, Any]) -> tuple[str, ...]:
    from labctl.readmodel.formatting import duration
    from labctl.readmodel.run_text import status_in_words

    took = duration(row["ended_s"] - row["started_s"]) if row["ended_s"] else ""
    status = status_in_words(row) + (f": {row['reason']}" if row["reason"] else "")
    started = utc_time(row["started_s"]) + (" (simulated)" if row["clock"] == "virtual" else "")
    name = row["procedure"].rpartition(":")[2]
    if row["imported_from"]:
        more = row["n_imported_files"] - 1
        name = f"{name} of {row['imported_from']}" + (f" and {more} more" if more else "")
    cell = f", cell {row['cell']}" if row["cell"] else ""
    return str(row["id"]), f"{row['sample'] or '?'}{cell}", name, status, started, took


def _cells_instead(first: object, why: str) -> tuple[str, str]:
    return str(first), why


def _print_left_out(console: Any, count: int, what: str) -> None:
    if count > MOST_ROWS:
        console.print(f"{count - MOST_ROWS} {what} are not shown; --json has all", style="italic")


def _preflight_in_words(content: dict[str, Any]) -> list[str]:
    from labctl.readmodel.formatting import duration

    found = content["preflight"]
    if not found:
        return []
    before = duration(content["run"]["started_s"] - found["time_s"])
    return [f"pre-flight {found['id']}, {before} before: {found['words']}"]


def _print_run(content: dict[str, Any]) -> None:

    from labctl.readmodel.accuracy_text import analyser_left_out
    from labctl.readmodel.recorded_checks import in_words
    from labctl.readmodel.run_text import status_in_words
    from labctl.readmodel.unreadable import or_as_unreadable

    run, sample = content["run"], content["sample_of_analysis"]
    console = terminal.console()
    status = status_in_words(run) + (f" ({run['reason']})" if run["reason"] else "")
    cell = f"  cell {run['cell']}" if run["cell"] else ""
    console.print(f"run {run['id']}  {run['uuid']}{cell}  {run['procedure']}: {status}")
    console.print(or_as_unreadable(partial(_sample_in_words, sample), f"{sample['name']}: {{}}".format))
    for line in (*_preflight_in_words(content), *_imported_in_words(content["imported_files"])):
        console.print(line, highlight=False)
    for line in _amendments_in_words(content["amendments"], _stood_on(content["analysis"])):
        console.print(line, highlight=False)
    if content["analysis"]:
        console.print(or_as_unreadable(partial(analysis_in_words, content["analysis"]), str), highlight=False)
    for instrument in content["instruments"]:
        for line in or_as_unreadable(partial(in_words, instrument), _instrument_instead):
            console.print(line, highlight=False)
    stated = partial(_stated_in_words, content, sample)
    console.print(or_as_unreadable(stated, "accuracy: {}".format), highlight=False, markup=False)
    if content["conductivities"]:
        _print_by_condition(console, content["conductivities"], sample)
        left_out = analyser_left_out(content["accuracy"], content["conductivities"])
        if left_out:
            console.print(left_out, highlight=False)
        print_fits(console, content["fits"])
        print_part_fits(console, content["part_fits"])
    else:
        console.print("no conductivity yet")
    for line in [
        *_beside_in_words(content),
        *_without_number_in_words(content["without_number"]),
        *_not_finished_in_words(content["not_finished"]),
        *content["drift"],
        *content["linearity"],
    ]:
        console.print(line, highlight=False)
    _print_unknowns(console, content, sample)
    if content["transference_numbers"]:
        print_transference_numbers(console, content["transference_numbers"])


def print_budgets(content: dict[str, Any]) -> None:
    """Print the uncertainty of each number of a run by source: preferred laws, then conductivities."""
    from labctl.readmodel.budget_text import budget_lines
    from labctl.readmodel.unreadable import or_as_unreadable

    run, points = content["run"], content["conductivities"][-MOST_ROWS:]
    laws = [*(fit for fit in content["fits"] if fit["preferred"]), *content["part_fits"]]
    numbers = content["transference_numbers"]
    terminal.echo(f"run {run['id']}: standard uncertainties by source")
    lines = partial(budget_lines, points, laws, numbers)
    for line in or_as_unreadable(lines, lambda why: [f"a budget {why}"]):
        terminal.echo(line)
    if len(content["conductivities"]) > MOST_ROWS:
        terminal.echo("conductivities before these are not shown; --json has all")


def _stated_in_words(content: dict[str, Any], sample: dict[str, Any]) -> str:
    """Return one line about the accuracy of the instruments and of the geometry."""
    return "; ".join(_stated(content, sample))


def _stated(content: dict[str, Any], sample: dict[str, Any]) -> list[str]:
    from labctl.readmodel.stated_text import stated_lines

    lines = stated_lines(content["accuracy"], {row["role"] for row in content["instruments"]}, sample)
    return [*lines, *content["which_cell"]]


def _print_unknowns(console: Any, content: dict[str, Any], sample: dict[str, Any]) -> None:
    from labctl.readmodel.unreadable import or_as_unreadable

    found = or_as_unreadable(
        partial(_unknowns_in_words, content, sample), lambda why: [f"largest unknowns {why}"]
    )
    for line in found:
        console.print(line, highlight=False, markup=False)


def _unknowns_in_words(content: dict[str, Any], sample: dict[str, Any]) -> list[str]:
    """Return what to calibrate first; empty where all is stated."""
    from labctl.readmodel.largest_unknowns import largest_unknowns, unknowns_in_words
    from labctl.readmodel.stated_text import not_stated

    names = not_stated(_stated(content, sample))
    return unknowns_in_words(largest_unknowns(names, sample, content["conductivities"], content["fits"]))


def _beside_in_words(content: dict[str, Any]) -> list[str]:
    """Return the lines about thermal history and monitors."""
    from labctl.readmodel.monitor_text import monitors_in_words, thermal_steps_in_words
    from labctl.readmodel.unreadable import or_as_unreadable

    history = partial(thermal_steps_in_words, content["thermal_history"])
    monitors = partial(monitors_in_words, content["monitors"])
    return [
        *or_as_unreadable(history, lambda why: [f"the thermal history {why}"]),
        *or_as_unreadable(monitors, lambda why: [f"monitors {why}"]),
    ]


def _instrument_instead(why: str) -> list[str]:
    return [f"an instrument {why}"]


def _sample_in_words(sample: dict[str, Any]) -> str:
    from labctl.config.fixture import in_words

    return (
        f"{sample['name']}: thickness {sample['thickness_m'] * 1e3:g} mm, "
        f"area {sample['area_m2'] * 1e4:.4g} cm², {sample['electrodes']} electrodes"
        + "".join(f"; {words}" for words in (in_words(sample),) if words)
    )


def _imported_in_words(files: list[dict[str, Any]]) -> list[str]:
    """Return a line for each file that an imported run comes from."""
    from labctl.readmodel.imported_text import imported_file_in_words
    from labctl.readmodel.unreadable import or_as_unreadable

    lines = [
        or_as_unreadable(partial(imported_file_in_words, row), lambda why: f"an imported file {why}")
        for row in files[:MOST_FILES]
    ]
    more = len(files) - MOST_FILES
    return lines + ([f"and {more} more imported files; --json has all"] if more > 0 else [])


def _stood_on(analysis: dict[str, Any] | None) -> list[int] | None:
    """Return the ids of the amendments that an analysis stands on; None where that is not known."""
    inputs = analysis["inputs"] if analysis else None
    ids = analysis["amendments"] if analysis else None
    return ids if isinstance(ids, list) and isinstance(inputs, dict) and "sample" in inputs else None


def _amendments_in_words(amendments: list[dict[str, Any]], stood_on: list[int] | None) -> list[str]:
    """Return a line for each amendment in force: what it changed, who made it and why.

    Those that the numbers below do not stand on follow apart, and so do those revoked since.
    """
    from labctl.store.amendments import REMARK

    later = [row for row in amendments if row["id"] not in (stood_on or ()) and row["field"] != REMARK]
    if stood_on is None:
        later = []
    lines = _listed("in force:", [row for row in amendments if row not in later])
    lines += _listed("in force now, but not in the numbers below:", later)
    standing = {row["id"] for row in amendments}
    gone = [str(one) for one in stood_on or () if one not in standing]
    return lines + [f"the numbers below stand on amendment {', '.join(gone)}, revoked since"] * bool(gone)


def _listed(title: str, amendments: list[dict[str, Any]]) -> list[str]:
    from labctl.readmodel.amendment_text import amendment_in_words
    from labctl.readmodel.unreadable import or_as_unreadable

    lines = [title] if amendments else []
    for row in amendments:
        lines += or_as_unreadable(partial(amendment_in_words, row), lambda why: [f"an amendment {why}"])
    return lines


def print_conductivities(console: Any, points: list[dict[str, Any]], sample: dict[str, Any]) -> None:
    """Print the shown columns of each conductivity of a sample; remarks follow, once each."""
    from rich.table import Table

    from labctl.derive.geometry import geometry_in_intervals
    from labctl.readmodel.shown_columns import CONDUCTIVITY
    from labctl.readmodel.unreadable import or_as_unreadable

    remarks = Remarks()
    geometry = or_as_unreadable(partial(geometry_in_intervals, sample), "geometry {}".format)
    table = Table(title=f"conductivity, ± one standard uncertainty ({geometry})", title_justify="left")
    for heading in ("no.", *(column.heading for column in CONDUCTIVITY), "remarks"):
        table.add_column(heading, justify="right", no_wrap=True)
    for point in points[-MOST_ROWS:]:
        unreadable = partial(_cells_instead, f"spectrum {point['spectrum_id']}")
        table.add_row(*or_as_unreadable(partial(_conductivity_cells, point, remarks), unreadable))
    console.print(table)
    _print_left_out(console, len(points), "conductivities before these")
    remarks.print(console)


def _conductivity_cells(point: dict[str, Any], remarks: Remarks) -> tuple[str, ...]:
    from labctl.readmodel.shown_columns import CONDUCTIVITY

    cells = (column.text(point) for column in CONDUCTIVITY)
    return (str(point.get("spectrum", "")), *cells, remarks.marks(point["flags"] or []))


def _print_by_condition(console: Any, points: list[dict[str, Any]], sample: dict[str, Any]) -> None:
    for words, same in _by_condition(points):
        if words:
            console.print(f"at {words} (set point):", style="bold", highlight=False)
        print_conductivities(console, same, sample)


def _by_condition(points: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the points of each condition beside the temperature, with its words; "" for none."""
    from labctl.quantity_text import quantity_named

    found: dict[str, list[dict[str, Any]]] = {}
    for point in points:
        name = point.get("condition_quantity")
        quantity = quantity_named(name) if name else None
        words = f"{quantity.words} {quantity.text(point['condition_setpoint'])}" if quantity else ""
        found.setdefault(words, []).append(point)
    return list(found.items())


def _without_number_in_words(silent: list[dict[str, Any]]) -> list[str]:
    """Return the reason for each spectrum without a conductivity."""
    from labctl.readmodel.unreadable import or_as_unreadable

    return [
        or_as_unreadable(partial(_reason_in_words, row), f"spectrum {row['spectrum']}: {{}}".format)
        for row in silent
    ]


def _reason_in_words(row: dict[str, Any]) -> str:
    from labctl.readmodel.formatting import celsius

    return (
        f"no number from spectrum {row['spectrum']}"
        + (f" at {celsius(row['setpoint_k'])} °C" if row["setpoint_k"] else "")
        + f": {'; '.join(row['flags'] or ()) or 'not evaluated'}"
    )


def _not_finished_in_words(cut: list[dict[str, Any]]) -> list[str]:
    """Return a line for each spectrum that was cut short; beyond some, how many more."""
    from labctl.readmodel.unreadable import or_as_unreadable

    lines = [
        or_as_unreadable(partial(_cut_in_words, row), f"spectrum {row['spectrum']}: {{}}".format)
        for row in cut[:MOST_CUT]
    ]
    more = len(cut) - MOST_CUT
    return lines + ([f"and {more} more spectra that were cut short; --json has all"] if more > 0 else [])


def _cut_in_words(row: dict[str, Any]) -> str:
    from labctl.readmodel.formatting import celsius

    where = f" at {celsius(row['setpoint_k'])} °C" if row["setpoint_k"] else ""
    points = "1 point" if row["n_points"] == 1 else f"{row['n_points']} points"
    return f"spectrum {row['spectrum']}{where}: {row['status']} after {points}, not evaluated"


def print_fits(console: Any, fits: list[dict[str, Any]]) -> None:
    """Print every temperature law with its form; the preferred one is marked."""
    from labctl.readmodel.budget_text import largest_unknowns
    from labctl.readmodel.law_text import for_the_thesis
    from labctl.readmodel.unreadable import or_as_unreadable

    if not fits:
        console.print("no temperature law")
        return
    remarks = Remarks()
    console.print("temperature laws, * preferred, ± one standard uncertainty", style="italic")
    for fit in fits:
        title, *lines = or_as_unreadable(partial(_fit_in_words, fit, remarks), _lines_instead)
        console.print(title, highlight=False, style="bold" if fit["preferred"] else "")
        for line in lines:
            console.print(f"     {line}", highlight=False)
    remarks.print(console)
    for line in or_as_unreadable(partial(largest_unknowns, fits), _lines_instead):
        console.print(line, highlight=False, soft_wrap=True)
    if words := or_as_unreadable(partial(for_the_thesis, fits), "the choice of a law {}".format):
        console.print(words, highlight=False, style="bold")
    for line in _laws_in_full({fit["law"] for fit in fits}):
        console.print(line, highlight=False, style="dim")


def print_part_fits(console: Any, fits: list[dict[str, Any]]) -> None:
    """Print the laws of bulk and grain boundary, where the run resolves both."""
    from labctl.readmodel.unreadable import or_as_unreadable

    if not fits:
        return
    remarks = Remarks()
    console.print("laws of the parts, ± one standard uncertainty", style="italic")
    for fit in fits:
        title, *lines = or_as_unreadable(partial(_part_fit_in_words, fit, remarks), _lines_instead)
        console.print(title, highlight=False)
        for line in lines:
            console.print(f"     {line}", highlight=False)
    remarks.print(console)


def _part_fit_in_words(fit: dict[str, Any], remarks: Remarks) -> list[str]:
    from labctl.readmodel.law_text import law_name, part_name

    marks = remarks.marks(fit["flags"] or [])
    title = f"   {part_name(fit)}: {law_name(fit)}, {fit['n_points']} points  {marks}"
    return [title.rstrip(), *_parameters_in_words(fit)]


def _laws_in_full(laws: set[str]) -> list[str]:
    return [
        *[ARRHENIUS_IN_FULL] * bool(laws & {"arrhenius", "two_segments"}),
        *[VTF_IN_FULL] * ("vtf" in laws),
    ]


def _fit_in_words(fit: dict[str, Any], remarks: Remarks) -> list[str]:
    from labctl.readmodel.law_text import law_name

    branch = "" if fit["branch"] == "all" else f" of {fit['branch']}"
    mark = "*" if fit["preferred"] else " "
    marks = remarks.marks(fit["flags"] or [])
    title = f" {mark} {law_name(fit)}, {fit['n_points']} points{branch}  {marks}"
    return [title.rstrip(), *_parameters_in_words(fit)]


def _lines_instead(why: str) -> list[str]:
    return [f"   a temperature law {why}"]


def _parameters_in_words(fit: dict[str, Any]) -> list[str]:
    from labctl.readmodel.formatting import with_uncertainty
    from labctl.readmodel.law_text import SYMBOLS

    lines = []
    for name, p in fit["parameters"].items():
        if "standard_uncertainty" not in p or p["value"] is None:
            continue
        scale, unit = (
            (0.01, "S/cm") if p["unit"] == "S/m" and name.startswith("conductivity") else (1, p["unit"])
        )
        u = None if p["standard_uncertainty"] is None else scale * p["standard_uncertainty"]
        remark = "".join(f", {flag}" for flag in p.get("flags", ()))
        lines.append(f"{SYMBOLS.get(name, name)} = {with_uncertainty(scale * p['value'], u)} {unit}{remark}")
    return lines
