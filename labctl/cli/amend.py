"""`labctl amend`, `note`, `exclude`: correct a sample or a run; stored rows stay."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.options import DEFAULT_DATABASE, DatabaseOption, JsonOption, PersonOption, user_name
from labctl.errors import ConfigurationError, InvalidRequest
from labctl.typed_number import comma_readings

if TYPE_CHECKING:
    from labctl.derive.amending import Proposal, Request
    from labctl.derive.moves import Move

FIXED_WORDS = {"none"}
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept with the amendment.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show which numbers would move and by how much; write nothing.")
]
RevokeOption = Annotated[
    int | None, typer.Option("--revoke", metavar="ID", help="Revoke the amendment with this number.")
]


def _value(help_text: str) -> Any:
    return typer.Option(help=help_text, show_default=False)


def amend(
    run: Annotated[
        str, typer.Argument(help="Number, start of the uuid, or `last`: only this run.", show_default=False)
    ] = "",
    sample: Annotated[str, typer.Option(help="Name of a sample: all of its runs.")] = "",
    entry: Annotated[int | None, typer.Option(help="One of several entries of this name.")] = None,
    thickness_mm: Annotated[str | None, _value("Between the electrodes.")] = None,
    thickness_u_mm: Annotated[str | None, _value("Its standard uncertainty.")] = None,
    diameter_mm: Annotated[str | None, _value("Of the electrodes.")] = None,
    diameter_u_mm: Annotated[str | None, _value("Its standard uncertainty.")] = None,
    area_mm2: Annotated[str | None, _value("Of one electrode.")] = None,
    area_u_mm2: Annotated[str | None, _value("Its standard uncertainty.")] = None,
    pellet_diameter_mm: Annotated[
        str | None, _value("Of the pellet, where its electrodes are smaller; none: not stated.")
    ] = None,
    pellet_diameter_u_mm: Annotated[str | None, _value("Its standard uncertainty.")] = None,
    thickness_after_mm: Annotated[str | None, _value("Measured after the run; none: not measured.")] = None,
    thickness_after_u_mm: Annotated[str | None, _value("Its standard uncertainty.")] = None,
    thermal_expansion_per_k: Annotated[
        str | None, _value("Linear expansion of the sample in 1/K; none: not stated.")
    ] = None,
    thermal_expansion_u_per_k: Annotated[str | None, _value("Its standard uncertainty.")] = None,
    composition: Annotated[str | None, _value("Chemical formula.")] = None,
    cation: Annotated[str | None, _value("The mobile ion, e.g. Li+.")] = None,
    electrodes: Annotated[str | None, _value("blocking, reversible, or both as blocking/reversible.")] = None,
    lead_ohm: Annotated[str | None, _value("Resistance of the leads; none: not known.")] = None,
    lead_u_ohm: Annotated[str | None, _value("Its standard uncertainty.")] = None,
    fixture_short: Annotated[
        str | None, _value("Spectrum of the fixture shorted: a file, 'run 12', or none.")
    ] = None,
    fixture_open: Annotated[
        str | None, _value("Spectrum of the fixture left open: a file, 'run 12', or none.")
    ] = None,
    thermometer_correction_k: Annotated[
        str | None, _value("Kelvin to be added to each reading; none: no correction.")
    ] = None,
    note: Annotated[str | None, _value("The note of the sample.")] = None,
    reason: ReasonOption = "",
    revoke: RevokeOption = None,
    list_: Annotated[bool, typer.Option("--list", help="List the amendments, of RUN or all.")] = False,
    dry_run: DryRunOption = False,
    sure: Annotated[bool, typer.Option("--sure", help="Accept a change by more than ten times.")] = False,
    person: PersonOption = "",
    db: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Correct values of a sample, in one run or in all of its runs, and derive these runs again.

    Stored and measured rows are not changed: an amendment is a row of its own, with person, time, reason,
    old and new value, and can be revoked. All of it is written together, or nothing.
    """
    if list_:
        _print_list(db, run, as_json)
        return
    values = {
        "thickness_mm": _number("--thickness-mm", thickness_mm),
        "thickness_uncertainty_mm": _number("--thickness-u-mm", thickness_u_mm),
        "diameter_mm": _number("--diameter-mm", diameter_mm),
        "diameter_uncertainty_mm": _number("--diameter-u-mm", diameter_u_mm),
        "area_cm2": _number("--area-mm2", area_mm2, 0.01),
        "area_uncertainty_cm2": _number("--area-u-mm2", area_u_mm2, 0.01),
        "pellet_diameter_mm": _number("--pellet-diameter-mm", pellet_diameter_mm),
        "pellet_diameter_uncertainty_mm": _number("--pellet-diameter-u-mm", pellet_diameter_u_mm),
        "thickness_after_mm": _number("--thickness-after-mm", thickness_after_mm),
        "thickness_after_uncertainty_mm": _number("--thickness-after-u-mm", thickness_after_u_mm),
        "thermal_expansion_per_k": _number("--thermal-expansion-per-k", thermal_expansion_per_k),
        "thermal_expansion_uncertainty_per_k": _number(
            "--thermal-expansion-u-per-k", thermal_expansion_u_per_k
        ),
        "composition": composition,
        "cation": cation,
        "electrodes": electrodes,
        "lead_ohm": _number("--lead-ohm", lead_ohm),
        "lead_uncertainty_ohm": _number("--lead-u-ohm", lead_u_ohm),
        "fixture_short": _fixture(fixture_short),
        "fixture_open": _fixture(fixture_open),
        "thermometer_correction_k": _number("--thermometer-correction-k", thermometer_correction_k),
        "note": note,
    }
    about: dict[str, Any] = {"values": {key: value for key, value in values.items() if value is not None}}
    about |= {"run": run or None, "sample": sample or None, "entry": entry, "sure": sure, "revokes": revoke}
    _require_one_target(run, sample, revoke, about["values"])
    _carry_out(about, reason, person, db, dry_run, as_json)


def note(
    run: Annotated[str, typer.Argument(help="Number, start of the uuid, or `last`.", show_default=False)],
    text: Annotated[str, typer.Argument(help="The note.", show_default=False)],
    person: PersonOption = "",
    db: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Add a note to a run, with person and time; `labctl amend --revoke ID` takes it away again."""
    _carry_out({"run": run, "remark": text}, "note", person, db, False, as_json)


def exclude(
    run: Annotated[str, typer.Argument(help="Number, start of the uuid, or `last`.", show_default=False)],
    spectrum: Annotated[
        int | None, typer.Option(min=0, help="Number of a spectrum, as `show` and the window give it.")
    ] = None,
    frequencies_hz: Annotated[str, typer.Option(metavar="A:B", help="Points from A to B Hz.")] = "",
    temperatures_degc: Annotated[str, typer.Option(metavar="A:B", help="Spectra at A to B degC.")] = "",
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    person: PersonOption = "",
    db: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Exclude points of a run from its results, with a reason, and derive it again.

    What fulfils every given option is excluded: --spectrum 3 --frequencies-hz 45:55 means these frequencies
    of this spectrum. Nothing is deleted: excluded points are drawn hollow, and `labctl amend --revoke ID`
    brings them back.
    """
    from labctl.units import ZERO_CELSIUS_K

    what: dict[str, Any] = {"spectrum": spectrum}
    if frequencies_hz:
        what["frequency_min_hz"], what["frequency_max_hz"] = _pair("--frequencies-hz", frequencies_hz)
    if temperatures_degc:
        low_degc, high_degc = _pair("--temperatures-degc", temperatures_degc)
        what |= {
            "temperature_min_k": low_degc + ZERO_CELSIUS_K,
            "temperature_max_k": high_degc + ZERO_CELSIUS_K,
        }
    _carry_out({"run": run, "exclusion": what}, reason, person, db, dry_run, as_json)


def _carry_out(
    about: dict[str, Any], reason: str, person: str, db: Path, dry_run: bool, as_json: bool
) -> None:
    from labctl.derive.amending import Request, amend, propose

    if not db.exists():
        raise InvalidRequest(f"{db}: no such file; name yours with --db")
    request = Request(reason=reason, person=person or user_name(), **about)
    if dry_run:
        _print_dry_run(propose(db, request, _progress(as_json)), as_json)
        return
    ids, done = amend(db, request, _progress(as_json))
    _print_done(ids, done, request, as_json)


def _require_one_target(run: str, sample: str, revoke: int | None, values: dict[str, Any]) -> None:
    if revoke is not None:
        if run or sample or values:
            raise InvalidRequest("--revoke ID stands alone: the amendment knows its run or sample")
    elif bool(run) == bool(sample):
        raise InvalidRequest("name one of both: RUN for one run, or --sample NAME for all runs of a sample")


def _number(option: str, text: str | None, scale: float = 1.0) -> float | str | None:
    """Return the number that a person typed; `none` and an option that is not given stay as they are."""
    if text is None or text.strip().lower() in FIXED_WORDS:
        return text if text is None else text.strip().lower()
    try:
        return float(text) * scale
    except ValueError:
        right = text.strip().split(" ")[0].replace(",", ".")
        example = right if _is_number(right) else "1.05"
        unit, readings = option.rpartition("-")[2], comma_readings(text)
        fault = f"can be {' or '.join(readings)}" if readings else f"is not a number in {unit}"
        problem = f"{text!r} {fault}; write {option} {example}"
        raise ConfigurationError("labctl amend", option, problem) from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _fixture(text: str | None) -> str | None:
    """Return the name of a spectrum's file from this folder, `run 12` or `none`."""
    if text is None or text in FIXED_WORDS or text.startswith("run "):
        return text
    return str(Path(text).resolve())


def _pair(option: str, text: str) -> tuple[float, float]:
    parts = text.split(":")
    try:
        low, high = (float(part) for part in parts)
    except ValueError:
        problem = f"{text!r} is not a range; write {option} 45:55"
        raise ConfigurationError("labctl exclude", option, problem) from None
    return low, high


def _progress(quiet: bool) -> Any:
    def say(run_id: int, done: int, count: int) -> None:
        if not quiet and count > 1:
            terminal.echo(f"deriving run {run_id}, {done + 1} of {count}", err=True)

    return say


def _print_dry_run(told: "Proposal", as_json: bool) -> None:
    from labctl.readmodel.amendment_text import visible_moves

    found = visible_moves(told.before, told.after)
    if as_json:
        rows = [vars(move) | {"factor": move.factor} for move in found]
        terminal.echo(json.dumps({"amendments": told.amendments, "runs": told.runs, "moves": rows}))
        return
    _print_moves(found, told.runs)
    terminal.echo("nothing was written")


def _print_done(ids: list[int], done: "Proposal", request: "Request", as_json: bool) -> None:
    from labctl.readmodel.amendment_text import visible_moves

    if as_json:
        terminal.echo(json.dumps({"amendments": ids, "runs": done.runs}))
        return
    numbers = ", ".join(map(str, ids))
    what = "note" if request.remark else "amendment"
    terminal.echo(f"{what} {numbers} written; labctl amend --revoke {ids[-1]} takes it back")
    _print_moves(visible_moves(done.before, done.after), done.runs)


def _print_moves(found: "list[Move]", runs: tuple[int, ...]) -> None:
    from labctl.readmodel.amendment_text import moves_in_words

    for line in moves_in_words(found, runs):
        terminal.echo(line)


def _print_list(db: Path, run: str, as_json: bool) -> None:
    from labctl.readmodel.amendment_text import amendment_in_words
    from labctl.store import Database
    from labctl.store.amendments import in_force, revoked_by
    from labctl.store.queries import amendments

    with Database(db) as database:
        known = amendments.all_amendments(database)
        rows = amendments.of_run(database, database.run(run)["id"]) if run else known
    standing, revoked = {row["id"] for row in in_force(known)}, revoked_by(known)
    if as_json:
        marked = [row | {"in_force": row["id"] in standing} for row in rows]
        terminal.echo(json.dumps({"amendments": marked}))
        return
    terminal.echo(f"{len(rows)} amendment(s) in {db}")
    for row in rows:
        for line in amendment_in_words(row, revoked.get(row["id"])):
            terminal.echo(line)
