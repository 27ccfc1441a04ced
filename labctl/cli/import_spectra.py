"""`labctl import`: spectra and polarisations measured elsewhere become runs of the results file."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.number import number_option
from labctl.cli.options import DEFAULT_DATABASE, JsonOption, PersonOption, user_name
from labctl.errors import ConfigurationError, InvalidRequest

if TYPE_CHECKING:
    from labctl.config.sample import Sample
    from labctl.report.file_reading import FileOutcome, Reading
    from labctl.report.file_temperatures import FileTemperatures
    from labctl.report.polarisation_file import PolarisationRequest

MOST_REMARKS = 5


def import_spectra(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files of spectra or polarisations, or folders; with --from-archive, runs by the start of "
            "their uuid.",
            show_default=False,
        ),
    ] = None,
    sample: Annotated[
        str,
        typer.Option(help="Name of the sample; one measured before needs no geometry.", show_default=False),
    ] = "",
    thickness_mm: Annotated[float | None, number_option("Between the electrodes.")] = None,
    thickness_u_mm: Annotated[float | None, number_option("Its standard uncertainty.")] = None,
    diameter_mm: Annotated[float | None, number_option("Of the electrodes.")] = None,
    diameter_u_mm: Annotated[float | None, number_option("Its standard uncertainty.")] = None,
    area_mm2: Annotated[float | None, number_option("Of one electrode, instead of a diameter.")] = None,
    area_u_mm2: Annotated[float | None, number_option("Its standard uncertainty.")] = None,
    pellet_diameter_mm: Annotated[
        float | None, number_option("Of the pellet, where its electrodes are smaller.")
    ] = None,
    pellet_diameter_u_mm: Annotated[float | None, number_option("Its standard uncertainty.")] = None,
    electrodes: Annotated[
        str, typer.Option(help="blocking (default), reversible, or both as blocking/reversible.")
    ] = "",
    composition: Annotated[str, typer.Option(help="Chemical formula.")] = "",
    cation: Annotated[str, typer.Option(help="The mobile ion, e.g. Li+.")] = "",
    temperatures: Annotated[
        str,
        typer.Option(
            metavar="from-name|from-file|TABLE",
            help="Temperatures: in the file names (25C, 298K), in the files, or in a table of file and "
            "temperature. The files are one run then.",
        ),
    ] = "",
    before: Annotated[
        Path | None, typer.Option(help="Of one polarisation: the spectrum just before.", show_default=False)
    ] = None,
    after: Annotated[
        Path | None,
        typer.Option(
            help="Of one polarisation: the spectrum at its end, potential held.", show_default=False
        ),
    ] = None,
    potential_mv: Annotated[
        float | None, number_option("Of one polarisation: the potential held, where its file has none.")
    ] = None,
    rest_mv: Annotated[
        float | None, number_option("Of one polarisation: the potential at rest before.")
    ] = None,
    step: Annotated[
        int | None,
        typer.Option(help="Of one polarisation: which step of its file (Ns).", show_default=False),
    ] = None,
    skip_refused: Annotated[
        bool,
        typer.Option("--skip-refused", help="Import a series also where some of its files are refused."),
    ] = False,
    from_archive: Annotated[
        str,
        typer.Option(
            metavar="FOLDER_OR_URL",
            help="Import runs of an archive: those named, those of --sample, or all.",
        ),
    ] = "",
    into: Annotated[
        Path, typer.Option("--into", "--db", help="The results file.", envvar="LABCTL_DB")
    ] = DEFAULT_DATABASE,
    person: PersonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Import spectra and polarisations measured elsewhere; derive, fit, amend and compare them as others.

    Each file is a run of its own, or with --temperatures all are one run, a series. The files are kept with
    their runs, and the same content is imported once. A file that cannot be read is named with the reason
    and leaves no trace; a series with such a file is not imported, unless --skip-refused. Exit code 1 where
    a file was refused and others imported, 2 where nothing could be imported, and nothing is written.

    A file with current against time is a polarisation, a run of its own; with --before and --after it has
    its spectra and a transference number. With --from-archive runs of an archive come, with their analyses.
    """
    if from_archive:
        _import_from_archive(from_archive, files or [], sample, into, as_json)
        return
    if not files:
        raise InvalidRequest("name the files to import, or give --from-archive FOLDER_OR_URL")
    from labctl.report.crate_import import is_crate
    from labctl.report.file_reading import files_named
    from labctl.report.file_temperatures import file_temperatures
    from labctl.report.polarisation_file import PolarisationRequest

    if any(map(is_crate, files)):
        _import_crates(files, sample, into, as_json)
        return
    if not sample:
        raise InvalidRequest("--sample is missing; give the name of the sample")
    given = {
        "thickness_mm": thickness_mm,
        "thickness_uncertainty_mm": thickness_u_mm,
        "diameter_mm": diameter_mm,
        "diameter_uncertainty_mm": diameter_u_mm,
        "area_cm2": None if area_mm2 is None else area_mm2 / 100,
        "area_uncertainty_cm2": None if area_u_mm2 is None else area_u_mm2 / 100,
        "pellet_diameter_mm": pellet_diameter_mm,
        "pellet_diameter_uncertainty_mm": pellet_diameter_u_mm,
        "electrodes": electrodes or None,
        "composition": composition or None,
        "cation": cation or None,
    }
    chosen = _sample(sample, into, {key: value for key, value in given.items() if value is not None})
    source = file_temperatures(temperatures)
    table = Path(temperatures) if source.of_table else None
    named = [path for path in files_named(_existing(files)) if table is None or not path.samefile(table)]
    stated = PolarisationRequest(before, after, _volt(potential_mv), _volt(rest_mv), step)
    if stated.made:
        _check_polarisation(stated, named, chosen)
    request = _Request(source, into, stated, chosen.electrodes, skip_refused, as_json)
    reading = _read(_existing(named), request)
    outcomes = _imported(reading, chosen, request, person or user_name())
    every = stated.with_spectra(named[0]) if stated.made else named
    order = {path: place for place, path in enumerate(every)}
    outcomes.sort(key=lambda each: order[each.path])
    if as_json:
        terminal.echo(json.dumps({"db": str(into), "files": [_as_object(each) for each in outcomes]}))
    else:
        _print(outcomes, into, bool(source.source))
    kinds = {each.outcome for each in outcomes}
    if "refused" in kinds:
        nothing = kinds == {"refused"} or "held back" in kinds or stated.made
        raise typer.Exit(2 if nothing else 1)


def _import_crates(crates: Sequence[Path], sample: str, into: Path, as_json: bool) -> None:
    """Take the runs of crates made by `labctl export`: they name their samples themselves."""
    from labctl.report.crate_import import import_crate, is_crate

    if sample or not all(map(is_crate, crates)):
        raise InvalidRequest("a crate is imported without --sample, and without files of spectra beside it")
    merged = [import_crate(crate, into) for crate in crates]
    if as_json:
        terminal.echo(json.dumps({"db": str(into), "crates": [vars(one) for one in merged]}))
    else:
        for crate, one in zip(crates, merged, strict=True):
            terminal.echo(f"{crate}: {len(one.added)} run(s) added, {len(one.known)} here already")
            for words in one.refused:
                terminal.echo(words)
    raise typer.Exit(1 if any(one.refused for one in merged) else 0)


def _import_from_archive(address: str, runs: Sequence[Path], sample: str, into: Path, as_json: bool) -> None:
    """Take runs of an archive: they name their samples themselves."""
    from labctl.archive.place import place_of
    from labctl.archive.taking_back import import_runs

    taken = import_runs(place_of(address), into, [str(run) for run in runs], sample)
    if as_json:
        terminal.echo(json.dumps({"db": str(into), "archive": vars(taken)}))
    else:
        terminal.echo(f"{into}: {len(taken.added)} run(s) added, {len(taken.known)} here already")
        if taken.derived_again:
            terminal.echo(f"{len(taken.derived_again)} run(s) derived again: amendments came or were here")
        for words in taken.refused:
            terminal.echo(words)
    raise typer.Exit(1 if taken.refused else 0)


@dataclass(frozen=True)
class _Request:
    """What is asked for beside the files and the sample."""

    temperatures: "FileTemperatures"
    into: Path
    polarisation: "PolarisationRequest"
    electrodes: str
    skip_refused: bool
    quiet: bool


def _volt(millivolt: float | None) -> float | None:
    return None if millivolt is None else millivolt / 1000


def _check_polarisation(stated: "PolarisationRequest", files: Sequence[Path], sample: "Sample") -> None:
    """InvalidRequest where the options for one polarisation do not belong together."""
    from labctl.analysis.spectra.cell import electrode_sides

    if len(files) != 1:
        raise InvalidRequest(
            "--before, --after, --potential-mv, --rest-mv and --step are of one polarisation: name one file"
        )
    _existing(stated.with_spectra(files[0]))
    blocking = "blocking" in electrode_sides(sample.electrodes)
    if stated.after is not None and stated.before is None:
        raise InvalidRequest("--after alone gives no number: give the spectrum --before too")
    if stated.before is not None and stated.after is None and not blocking:
        raise InvalidRequest(
            "between reversible electrodes a transference number needs the spectrum --after too"
        )
    if len({path.resolve() for path in stated.with_spectra(files[0])}) < len(stated.with_spectra(files[0])):
        raise InvalidRequest("the polarisation and its spectra are different files")


def _read(paths: Sequence[Path], request: _Request) -> "Reading":
    from labctl.report.file_reading import read_files

    with _progress(len(paths), "reading", request.quiet) as on_file:
        return read_files(
            paths,
            request.temperatures,
            request.into,
            on_file,
            skip_refused=request.skip_refused,
            polarisation=request.polarisation,
            electrodes=request.electrodes,
        )


def _imported(reading: "Reading", sample: "Sample", request: _Request, person: str) -> "list[FileOutcome]":
    """Write what was read; the results file is not made where there is nothing to write."""
    from labctl.report.importing import import_files
    from labctl.store import Store

    outcomes = list(reading.others)
    if reading.files:
        _warn_of_the_same_name(sample, request.into)
        source, one = request.temperatures.source, request.polarisation.made
        runs = 1 if source else len(reading.files)
        with Store.open(request.into) as store, _progress(runs, "importing", request.quiet) as on_file:
            outcomes += import_files(
                store, sample, reading.files, source, person, on_file, one_polarisation=one
            )
    return outcomes


def _existing(paths: Sequence[Path]) -> list[Path]:
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        raise InvalidRequest(f"{missing}: no such file or folder")
    if not paths:
        raise InvalidRequest("there is no file in the folders named")
    return list(paths)


def _sample(name: str, db: Path, given: Mapping[str, Any]) -> "Sample":
    """Return the sample with the keys of a `[sample]` table; without any of them, one measured before."""
    from labctl.config.sample import find_sample, parse_sample
    from labctl.config.table import Table

    if not given:
        return _measured_before(name, db, find_sample)
    if ("diameter_mm" in given) == ("area_cm2" in given):
        raise InvalidRequest("give either --diameter-mm or --area-mm2 of the electrodes")
    return parse_sample(Table("labctl import", {"name": name, **given}), db)


def _measured_before(name: str, db: Path, find: "Callable[[str, Path], Sample]") -> "Sample":
    try:
        return find(name, db)
    except ConfigurationError as error:
        hint = "; a new sample needs --thickness-mm, and --diameter-mm or --area-mm2"
        raise ConfigurationError(error.source, error.key, error.problem + hint) from error


def _warn_of_the_same_name(sample: "Sample", db: Path) -> None:
    from labctl.derive.same_sample import same_name

    found = same_name(db, sample) if db.is_file() else None
    if found is not None:
        terminal.say(f"{found.in_words()}; taken as another sample", err=True, fg="yellow")


@contextmanager
def _progress(total: int, doing: str, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Give a function that takes the name of the next file and moves a bar on, unless `quiet`."""
    if quiet or total < 2:
        yield lambda name: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from labctl.plain_text import on_one_line

    columns = (
        TextColumn(doing),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, transient=True, console=terminal.console(stderr=True)) as progress:
        task = progress.add_task("", total=total)
        begun = iter([0])

        def on_file(name: str) -> None:
            progress.update(task, advance=next(begun, 1), description=on_one_line(name))

        yield on_file


def _print(outcomes: "Sequence[FileOutcome]", into: Path, in_series: bool) -> None:
    names = [each.path.name for each in outcomes]
    for each in outcomes:
        name = each.path.name if names.count(each.path.name) == 1 else str(each.path)
        terminal.echo(f"{name}: {_in_words(each)}")
        if each.no_conductivity:
            terminal.echo(f"    no conductivity: {each.no_conductivity}")
        for remark in each.remarks[:MOST_REMARKS]:
            terminal.echo(f"    {remark}")
        if len(each.remarks) > MOST_REMARKS:
            terminal.echo(f"    and {len(each.remarks) - MOST_REMARKS} more remarks; --json has all")
    counts = {
        kind: sum(each.outcome == kind for each in outcomes) for kind in ("imported", "known", "refused")
    }
    runs = list(dict.fromkeys(each.run_id for each in outcomes if each.outcome == "imported"))
    terminal.echo(
        f"{counts['imported']} of {len(outcomes)} files imported as {len(runs)} run(s), "
        f"{counts['known']} here already, {counts['refused']} refused"
    )
    if runs:
        terminal.echo(f"see `labctl show {runs[-1]} --db {into}`")
    for line in _about_the_series(outcomes, in_series):
        terminal.echo(line)


def _about_the_series(outcomes: "Sequence[FileOutcome]", in_series: bool) -> list[str]:
    """Return what became of a series that is not one whole run."""
    held = sum(each.outcome == "held back" for each in outcomes)
    if held:
        return [
            f"nothing was imported: {held} file(s) of the series can be read, but a finished run does not "
            "take up the others later; mend the refused files, or give --skip-refused"
        ]
    new = [each.run_id for each in outcomes if each.outcome == "imported"]
    before = {each.run_id for each in outcomes if each.outcome == "known" and each.run_id} - set(new)
    if not in_series or not new or not before:
        return []
    runs = ", ".join(map(str, sorted(before)))
    return [
        f"the new files are a run of their own, {new[0]}, with a law of their own: those imported before "
        f"stay in run {runs}; for one law of all of them, import all of them into another results file"
    ]


def _in_words(each: "FileOutcome") -> str:
    if each.outcome == "imported":
        spectra = "1 spectrum" if each.spectra == 1 else f"{each.spectra} spectra"
        found = "1 polarisation" if each.polarisations else spectra
        return f"run {each.run_id}, {found}"
    words = {"known": "not imported again", "held back": "not imported"}.get(each.outcome, each.outcome)
    return f"{words}: {each.reason}"


def _as_object(each: "FileOutcome") -> dict[str, Any]:
    return vars(each) | {"path": str(each.path), "remarks": list(each.remarks)}
