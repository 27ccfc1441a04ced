"""`labctl db`: maintenance of a results file."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.options import DEFAULT_DATABASE, JsonOption
from labctl.errors import InvalidRequest

app = typer.Typer(help="Check, verify, back up, vacuum or merge a results file.", no_args_is_help=True)

FileArgument = Annotated[
    Path, typer.Argument(help="The results file.", envvar="LABCTL_DB", exists=True, dir_okay=False)
]
FileOption = Annotated[
    Path, typer.Option("--db", help="The results file.", envvar="LABCTL_DB", exists=True, dir_okay=False)
]


@app.command()
def check(file: FileArgument = DEFAULT_DATABASE, as_json: JsonOption = False) -> None:
    """Look for damage, broken references, and runs that changed after their end."""
    from labctl.store.care import check as check_file

    found = check_file(file)
    content = {
        "file": str(found.path),
        "bytes": found.bytes,
        "migrations": list(found.migrations),
        "runs": found.runs,
        "running": found.running,
        "problems": list(found.problems),
    }
    summary = f"{file}: {found.bytes / 1e6:.1f} MB, {found.runs} run(s), {found.running} running"
    _answer(content, [summary, *(found.problems or ["No problem found."])], as_json)
    raise typer.Exit(1 if found.problems else 0)


@app.command()
def verify(file: FileArgument = DEFAULT_DATABASE, as_json: JsonOption = False) -> None:
    """Hash every ended run again and compare with the hash made when it ended."""
    from labctl.store.care import verify as verify_file

    runs = verify_file(file)
    content = {
        "runs": [
            {"run": run.run_id, "uuid": run.uuid, "status": run.status, "intact": run.intact,
             "recorded_hash": run.recorded_hash, "actual_hash": run.actual_hash}
            for run in runs
        ]
    }  # fmt: skip
    lines = [f"{'intact ' if run.intact else 'CHANGED'} run {run.run_id} {run.uuid}" for run in runs]
    _answer(content, lines or ["No ended run."], as_json)
    raise typer.Exit(0 if all(run.intact for run in runs) else 1)


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="File for the copy; it must not exist.")],
    file: FileOption = DEFAULT_DATABASE,
) -> None:
    """Copy the file, also while a run writes it."""
    from labctl.store.care import back_up

    if target.exists():
        raise typer.BadParameter(f"{target} exists; a backup overwrites nothing", param_hint="TARGET")
    back_up(file, target)
    terminal.echo(f"{file} copied to {target}, {target.stat().st_size / 1e6:.1f} MB, and checked.")


@app.command()
def vacuum(file: FileArgument = DEFAULT_DATABASE) -> None:
    """Free the disk space of replaced rows."""
    from labctl.store.care import vacuum as vacuum_file

    before, after = vacuum_file(file)
    terminal.echo(f"{file}: {before / 1e6:.2f} MB before, {after / 1e6:.2f} MB after.")


@app.command()
def merge(
    source: Annotated[
        Path, typer.Argument(help="The file to copy ended runs from.", exists=True, dir_okay=False)
    ],
    file: FileOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Copy the ended runs of another file into this one, each once, with what became known about them.

    Runs that stand on an amendment that came, or is here, are derived again. Amendments apply in
    the order in which they arrived: where both files amended one value, the newcomer is in force, and a line
    says so. Bench checks of instruments come too.
    """
    from labctl.store.merging import merge as merge_files

    if file.samefile(source):
        raise InvalidRequest(f"{source}: is the file to copy into; name another with --db")
    last_run, last_amendment = _last_ids(file)
    merged = merge_files(file, source)
    _derive_again(file, merged.outdated)
    content: dict[str, object] = {"added": merged.added, "known": merged.known, "refused": merged.refused}
    content["derived_again"] = merged.outdated
    content["bench_checks"] = merged.bench_checks
    summary = [f"{len(merged.added)} run(s) added, {len(merged.known)} here already."]
    if merged.outdated:
        summary.append(f"{len(merged.outdated)} run(s) derived again: amendments came or were here.")
    if merged.bench_checks:
        summary.append(f"{merged.bench_checks} bench check(s) of instruments added.")
    known = [run_id for run_id in merged.outdated if run_id <= last_run]
    content["moved"] = moved = _moved_values(file, known, last_amendment)
    _answer(content, [*summary, *_moved_in_words(moved), *merged.refused], as_json)
    raise typer.Exit(1 if merged.refused else 0)


def _last_ids(file: Path) -> tuple[int, int]:
    """Return the largest ids of a run and of an amendment; 0 without one."""
    from labctl.store import Database
    from labctl.store.queries import amendments, runs

    with Database(file) as database:
        known = [row["id"] for row in amendments.all_amendments(database)]
        return max(runs.ids_of(database, None), default=0), max(known, default=0)


def _moved_values(file: Path, run_ids: Sequence[int], last_amendment: int) -> list[dict[str, Any]]:
    """Return the values of the runs' samples that the amendments after `last_amendment` changed."""
    from labctl.derive.in_force import moved_since
    from labctl.store import Database

    with Database(file) as database:
        return [
            {"run": run_id, "value": name, "before": before, "after": after}
            for run_id in run_ids
            for name, (before, after) in moved_since(database, run_id, last_amendment).items()
        ]


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else "none" if value is None else f"{value!s:.60}"


def _moved_in_words(moved: Sequence[dict[str, Any]]) -> list[str]:
    return [
        f"run {row['run']}: {row['value']} {_short(row['before'])} -> {_short(row['after'])}, by an "
        f"amendment that came (labctl amend {row['run']} --list)"
        for row in moved
    ]


def _derive_again(file: Path, runs: tuple[int, ...]) -> None:
    from labctl.clock import RealClock
    from labctl.derive import derive_run
    from labctl.errors import StoreError
    from labctl.readmodel.unreadable import FAULTS
    from labctl.store import Store

    if not runs:
        return
    with Store.open(file) as store:
        for run_id in runs:
            try:
                derive_run(store, run_id, RealClock().time())
            except FAULTS as fault:
                problem = f"run {run_id} cannot be evaluated: {type(fault).__name__}: {fault}"
                raise StoreError(f"{file}: {problem[:300]}; `labctl fit {run_id}` tries again") from fault


def _answer(content: dict[str, Any], lines: list[str], as_json: bool) -> None:
    terminal.echo(json.dumps(content) if as_json else "\n".join(lines))
