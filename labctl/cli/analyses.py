"""`labctl analyses`: the ledger of a run. List its analyses, compare two, choose one, make one again."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.options import DEFAULT_DATABASE, DatabaseOption, JsonOption, PersonOption, user_name
from labctl.plain_text import utc_time
from labctl.readmodel.analysis_text import analysis_in_words, options_in_words, state_of

MOST_ROWS = 1000
MOST_DIFFERENCES = 20


def analyses(
    run: Annotated[str, typer.Argument(help="Number, start of the uuid, or `last`.")] = "last",
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option(help="Show which numbers two analyses (name or number) do not share.", metavar="A B"),
    ] = None,
    choose: Annotated[str, typer.Option(help="Make this analysis (name or number) the current one.")] = "",
    reproduce: Annotated[
        str, typer.Option(help="Make this analysis (name or number) again and compare it bit for bit.")
    ] = "",
    person: PersonOption = "",
    db: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
) -> None:
    """List the analyses of a run: each is one derivation of its numbers, and none is ever deleted.

    With --reproduce the exit code is 1 if a number is not the same.
    """
    from labctl.errors import InvalidRequest

    if sum(map(bool, (diff, choose, reproduce))) > 1:
        raise InvalidRequest("give one of --diff, --choose, --reproduce")
    if diff:
        _compare(db, run, diff, as_json)
    elif choose:
        _choose(db, run, choose, person, as_json)
    elif reproduce:
        _reproduce(db, run, reproduce, as_json)
    else:
        _list(db, run, as_json)


def _list(db: Path, run: str, as_json: bool) -> None:
    from labctl.store import Database
    from labctl.store.queries import analyses as queries
    from labctl.store.time_limit import TimeLimit

    with Database(db, TimeLimit()) as database:
        run_id = database.run(run)["id"]
        found = queries.of_run(database, run_id)
        counts = queries.counts(database, run_id)
        choices = queries.choices(database, run_id)
    rows = [row | {"state": state_of(row), "conductivities": counts.get(row["id"], 0)} for row in found]
    if as_json:
        terminal.echo(json.dumps({"run": run_id, "analyses": rows, "choices": choices}, default=str))
        return
    _print_analyses(run_id, rows)


def _print_analyses(run_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    from rich.table import Table

    from labctl.readmodel.unreadable import or_as_unreadable

    table = Table(title=f"run {run_id}: {len(rows)} analysis(es)", title_justify="left")
    for heading in ("analysis", "state", "name", "made (UTC)", "by", "labctl", "choices", "conductivities"):
        table.add_column(heading, no_wrap=heading in ("analysis", "state", "name"), overflow="fold")
    for row in rows[-MOST_ROWS:]:
        table.add_row(*or_as_unreadable(partial(_cells, row), lambda why: (why,)))
    terminal.console().print(table)


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    version = row["labctl_version"] or "not known"
    made, chosen = utc_time(row["created_s"]), options_in_words(row)
    return (
        str(row["id"]),
        row["state"],
        row["name"],
        made,
        row["person"],
        version,
        chosen,
        str(row["conductivities"]),
    )


def _compare(db: Path, run: str, pair: tuple[str, str], as_json: bool) -> None:
    from labctl.derive.whole_runs import moved
    from labctl.store import Database
    from labctl.store.queries import analyses as queries
    from labctl.store.queries.derivations import ids_by_number

    with Database(db) as database:
        run_id = database.run(run)["id"]
        ids = [database.analysis(run_id, name)["id"] for name in pair]
        rows = [queries.derived_rows(database, run_id, one) for one in ids]
        numbers = {
            f"{of}_id": {row_id: number for number, row_id in ids_by_number(database, run_id, table).items()}
            for of, table in (("spectrum", "spectra"), ("polarisation", "polarisations"))
        }
    found = moved(*rows)
    if as_json:
        terminal.echo(json.dumps({"run": run_id, "analyses": ids, "moved": found}, default=str))
        return
    if not found:
        terminal.echo(f"analyses {ids[0]} and {ids[1]} of run {run_id} have the same numbers")
        return
    _print_moved(ids, found, numbers)


def _print_moved(
    ids: Sequence[int], found: Sequence[Mapping[str, Any]], numbers: Mapping[str, Mapping[int, int]]
) -> None:
    """Print what moved; `numbers`: of each kind of row, id to the number that `labctl show` gives it."""
    from rich.table import Table

    table = Table(title=f"{len(found)} number(s) moved", title_justify="left")
    table.add_column("of")
    for heading in ("number", f"analysis {ids[0]}", f"analysis {ids[1]}", "ratio"):
        table.add_column(heading, no_wrap=True, overflow="fold")
    for row in found[:MOST_ROWS]:
        of = ", ".join(
            f"{name.removesuffix('_id')} {numbers.get(name, {}).get(value, value)}"
            for name, value in row["of"].items()
        )
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.6g}"
        table.add_row(of, row["number"], _value(row["before"]), _value(row["after"]), ratio)
    terminal.console().print(table)
    if len(found) > MOST_ROWS:
        terminal.echo(f"{len(found) - MOST_ROWS} more are not shown; --json has all")


def _value(value: Any) -> str:
    return "none" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _choose(db: Path, run: str, name: str, person: str, as_json: bool) -> None:
    from labctl.clock import RealClock
    from labctl.errors import ConfigurationError
    from labctl.store import Store

    if not db.exists():
        raise ConfigurationError(db, "", "no such file")
    with Store.open(db) as store:
        with store.read() as database:
            chosen = database.analysis(run, name)
        store.choose_analysis(chosen["run_id"], chosen["id"], RealClock().time(), person or user_name())
        with store.read() as database:
            row = database.analysis(chosen["run_id"])
    if as_json:
        terminal.echo(json.dumps({"run": row["run_id"], "current": row["id"]}))
    else:
        terminal.echo(f"run {row['run_id']} now shows {analysis_in_words(row)}")


def _reproduce(db: Path, run: str, name: str, as_json: bool) -> None:
    from labctl.derive.whole_runs import reproduced
    from labctl.store import Database

    with Database(db) as database:
        run_id = database.run(run)["id"]
        row = database.analysis(run_id, name)
        found = reproduced(database, run_id, row)
    same = not found.differences
    if as_json:
        described = {"run": run_id, "analysis": row["id"], "reproduced": same, **vars(found)}
        terminal.echo(json.dumps(described, default=str))
    else:
        _print_reproduction(row["id"], found.compared, found)
    if not same:
        raise typer.Exit(1)


def _print_reproduction(analysis_id: int, compared: int, found: Any) -> None:
    by = f"made by labctl {found.made_by or '(version not known)'}, again by {found.made_again_by}"
    if found.differences:
        terminal.echo(f"analysis {analysis_id} is not reproduced ({by}):")
        for line in found.differences[:MOST_DIFFERENCES]:
            terminal.echo(f"  {line}")
        if (more := len(found.differences) - MOST_DIFFERENCES) > 0:
            terminal.echo(f"  and {more} more; --json has all")
    else:
        terminal.echo(f"analysis {analysis_id} is reproduced: {compared} rows, bit for bit ({by})")
    if found.remark:
        terminal.echo(f"  {found.remark}")
