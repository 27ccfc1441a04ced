"""`labctl procedures`: the procedures that a protocol may use, and their parameters."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.options import DEFAULT_STATION, JsonOption, StationOption
from labctl.errors import InvalidRequest

if TYPE_CHECKING:
    from labctl.config.offered_procedures import Offered
    from labctl.measure.parameter_facts import ParameterFacts


def procedures(
    name: Annotated[
        str, typer.Argument(help="Name, `module:Class`, or a Python file; without it all are listed.")
    ] = "",
    station: StationOption = DEFAULT_STATION,
    as_json: JsonOption = False,
) -> None:
    """List the procedures that a protocol may use, or the parameters of one: key, unit, default, range.

    Beside the shipped ones these are the procedures in Python files beside the station file, which are
    named without being executed; `labctl procedures FILE.py` executes a file and shows its procedures.
    """
    from labctl.config.offered_procedures import shipped

    if not name:
        _list(shipped(), station.resolve().parent, as_json)
        return
    chosen = _chosen(name, station.resolve().parent)
    if as_json:
        terminal.echo(json.dumps([_as_object(offered) for offered in chosen], default=str))
        return
    for offered in chosen:
        _print(offered)


def _list(shipped: "Sequence[Offered]", folder: Path, as_json: bool) -> None:
    from labctl.config.registered import GROUPS, registered
    from labctl.measure.parameter_facts import procedure_files, summary_of

    own, named = procedure_files(folder), registered(GROUPS["use"])
    if as_json:
        objects = [_as_object(offered) for offered in shipped]
        content = {"procedures": objects, "own_files": [str(f) for f in own], "registered": named}
        terminal.echo(json.dumps(content, default=str))
        return
    for offered in shipped:
        terminal.echo(f"{offered.title:22} {summary_of(offered.procedure_class)}")
    for name, references in named.items():
        terminal.echo(f"{name:22} registered by an installed package: {' and '.join(references)}")
    for file in own:
        terminal.echo(f"{file.name:22} own procedures beside the station file: labctl procedures {file.name}")
    terminal.echo("Parameters of one: labctl procedures NAME. Write one of your own: labctl new procedure")


def _chosen(name: str, folder: Path) -> "list[Offered]":
    from labctl.config.offered_procedures import Offered, in_file, shipped
    from labctl.config.registered import GROUPS, registered

    named = [offered for offered in shipped() if name.lower() in _names(offered)]
    if named:
        return named
    if name.endswith(".py"):
        return in_file(_file(name, folder))
    references = [name] if ":" in name else registered(GROUPS["use"]).get(name, ())
    if references:
        return [Offered(_loaded(reference, folder), reference, folder) for reference in references]
    raise InvalidRequest(_no_such_procedure(name, [offered.title for offered in shipped()]))


def _names(offered: "Offered") -> tuple[str, ...]:
    module = offered.reference.partition(":")[0].rpartition(".")[2]
    return offered.title.lower(), offered.reference.lower(), module


def _file(name: str, folder: Path) -> Path:
    """Return the file as named from the working folder, else from the folder of the station file."""
    return Path(name) if Path(name).exists() else folder / name


def _loaded(reference: str, folder: Path) -> type:
    from labctl.config.loading import CannotLoad, load_reference

    try:
        value = load_reference(reference, folder).value
    except CannotLoad as problem:
        raise InvalidRequest(f"procedures: {problem}") from problem
    if not hasattr(value, "set_parameters"):
        raise InvalidRequest(f"procedures: {reference} is not a pymeasure Procedure")
    return value


def _no_such_procedure(name: str, titles: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), [title.lower() for title in titles], n=1, cutoff=0.5)
    meant = "".join(f"did you mean {title}? " for title in titles if title.lower() in near)
    return f"no procedure is called {name!r}; {meant}there are {', '.join(titles)}"


def _as_object(offered: "Offered") -> dict[str, Any]:
    from labctl.measure.parameter_facts import parameters_of, summary_of

    parameters = [vars(facts) for facts in parameters_of(offered.procedure_class)]
    summary = summary_of(offered.procedure_class)
    return {"name": offered.title, "use": offered.reference, "summary": summary, "parameters": parameters}


def _print(offered: "Offered") -> None:
    from rich.table import Table

    from labctl.measure.parameter_facts import parameters_of, summary_of

    terminal.echo(f'{offered.title}: {summary_of(offered.procedure_class)}\nuse = "{offered.reference}"')
    table = Table()
    for heading in ("key", "meaning", "unit", "default", "accepted"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "key")
    for facts in parameters_of(offered.procedure_class):
        table.add_row(facts.key, facts.meaning, facts.unit, _default(facts), facts.accepted)
    terminal.console().print(table)


def _default(facts: "ParameterFacts") -> str:
    """As a protocol would write it."""
    return "must be given" if facts.default is None else json.dumps(facts.default, default=str)
