"""`labctl carriers`: carriers of a sample by all methods, and conductors that are not excluded."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli import terminal
from labctl.cli.options import DEFAULT_DATABASE, DatabaseOption, JsonOption
from labctl.errors import InvalidRequest

if TYPE_CHECKING:
    from labctl.analysis.transport.carriers import Verdict
    from labctl.readmodel.carriers import Carriers


def carriers(
    sample: Annotated[str, typer.Argument(help="Name of the sample.", show_default=False)],
    db: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Gather what runs and facts say about the carriers of a sample.

    One line for each measurement with its interval (95 %) and its presumptions; then, for each
    temperature, the verdict, contradictions, and the conductors that are not excluded.
    """
    from labctl.readmodel.carriers import carriers_of
    from labctl.store import Database

    if not db.exists():
        raise InvalidRequest(f"{db}: no such file; name yours with --db")
    with Database(db) as database:
        found = carriers_of(database, sample)
    if as_json:
        terminal.echo(json.dumps(found.as_dict()))
        return
    for line in _lines(found):
        terminal.echo(line)


def _lines(found: "Carriers") -> list[str]:
    from labctl.readmodel.formatting import celsius

    named = f", cation {found.cation}" if found.cation else ""
    lines = [f"{found.sample}{named}: {len(found.lines)} measurement(s) about its carriers"]
    for line in found.lines:
        at = "" if line.temperature_k is None else f" at {celsius(line.temperature_k)} °C"
        lines += [f"* {line.text}{at}", f"    presumes: {line.presumes}"]
        lines += [f"    ! {flag}" for flag in line.flags]
    for kelvin, verdict in found.verdicts:
        lines.append("Verdict" + ("" if kelvin is None else f" at {celsius(kelvin)} °C"))
        lines += _verdict_lines(verdict)
    return lines


def _verdict_lines(verdict: "Verdict") -> list[str]:
    said = [f"  {statement}" for statement in verdict.statements]
    lines = said or ["  what carries the current cannot be said"]
    lines += [f"  presumption does not hold: {why}" for why in verdict.broken]
    lines += [f"  contradiction: {pair}" for pair in verdict.contradictions]
    return lines + [f"  not excluded: {conductor}" for conductor in verdict.not_excluded]
