"""`labctl samples`, `labctl find`: samples with their best numbers, and runs by what they are."""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.across import MOST_ROWS, S_CM, not_stated_of, runs_of, unknowns_by_run
from labctl.cli.number import number_option
from labctl.cli.options import DEFAULT_DATABASE, DatabaseOption, JsonOption
from labctl.errors import InvalidRequest
from labctl.units import ZERO_CELSIUS_K

if TYPE_CHECKING:
    from labctl.readmodel.best_numbers import Best, SampleOverview
    from labctl.readmodel.finding import Found

QUANTITIES = {  # factor to the unit shown, that unit, symbol
    "conductivity_at_25_degc_s_m": (S_CM, "S/cm", "sigma(25 °C)"),
    "activation_energy_ev": (1.0, "eV", "Ea"),
}


def samples(
    name: Annotated[str, typer.Argument(help="Name of a sample; without it all are listed.")] = "",
    db: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
) -> None:
    """List every sample with its best numbers and their runs, or the mounts of one.

    The best number is the one with the smallest relative uncertainty; `r12` is its run. Simulated runs count,
    and so do runs that did not finish: below the table it says how many there are.
    """
    from labctl.readmodel.best_numbers import sample_overviews

    overviews = [o for o in sample_overviews(runs_of(db)) if name in ("", o.name)]
    if name and not overviews:
        raise InvalidRequest(f"{db}: no run of a sample {name!r} (labctl samples lists them)")
    mounts = _mounts(db, name) if name else []
    if as_json:
        listed = [_as_object(overview) for overview in overviews]
        content = {"samples": listed, "unknowns": unknowns_by_run(db, _best_runs(overviews))}
        terminal.echo(json.dumps(content | ({"specimens": mounts} if name else {}), default=str))
        return
    _print_samples(overviews)
    for line in not_stated_of(db, _best_runs(overviews[-MOST_ROWS:])):
        terminal.echo(line)
    for line in _mounts_in_words(mounts):
        terminal.echo(line)


def find(
    sample: Annotated[str, typer.Option(help="Part of the name, or a pattern with * and ?.")] = "",
    composition: Annotated[str, typer.Option(help="Part of the composition, or a pattern.")] = "",
    cation: Annotated[str, typer.Option(help="Mobile ion: Mg2+, or Mg.")] = "",
    procedure: Annotated[str, typer.Option(help="Part of the procedure's name.")] = "",
    since: Annotated[str, typer.Option(help="First day of the start: 2026-11-30.")] = "",
    until: Annotated[str, typer.Option(help="Last day of the start: 2026-11-30.")] = "",
    above: Annotated[float | None, number_option("Least conductivity, S/cm.")] = None,
    below: Annotated[float | None, number_option("Largest conductivity, S/cm.")] = None,
    at_degc: Annotated[
        float, number_option("Temperature of the conductivity.", "--at-degc", show_default=True)
    ] = 25.0,
    db: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Find runs by sample, composition, cation, procedure, day and conductivity.

    `labctl find --cation Mg2+ --above 1e-5` finds conductivities above 1e-5 S/cm at 25 degC.
    """
    from labctl.readmodel.finding import Wanted, found_among

    at_k = at_degc + ZERO_CELSIUS_K
    if not 0 < at_k < math.inf:
        raise InvalidRequest(f"--at-degc: {at_degc:g} is no temperature in degC")
    wanted = Wanted(
        sample=sample,
        composition=composition,
        cation=cation,
        procedure=procedure,
        since_s=_day_s("--since", since, 0),
        until_s=_day_s("--until", until, 1),
        above_s_m=None if above is None else above / S_CM,
        below_s_m=None if below is None else below / S_CM,
        at_k=at_k,
    )
    found = list(found_among(runs_of(db, at_k), wanted))
    if as_json:
        terminal.echo(json.dumps({"runs": [_found_as_object(each) for each in found]}, default=str))
        return
    _print_found(found, at_degc)


def _day_s(option: str, text: str, later_days: int) -> float | None:
    """Return the local midnight that begins a day, or the next one, in s since 1970-01-01 UTC."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=later_days)
        return datetime(day.year, day.month, day.day).timestamp()
    except (ValueError, OverflowError, OSError):
        raise InvalidRequest(f"{option}: {text!r} is no day; give e.g. 2026-11-30") from None


def _mounts(db: Path, name: str) -> list[dict[str, Any]]:
    from labctl.readmodel.mounts import specimens
    from labctl.store import Database

    with Database(db) as database:
        found = specimens(database, name)
    return [
        {
            "specimen": specimen.id,
            "mounts": [{"number": mount.number, "runs": list(mount.runs)} for mount in specimen.mounts],
            "over_mounts": {
                quantity: {
                    "mean": over.mean.value,
                    "standard_uncertainty": _finite(over.mean.standard_uncertainty),
                    "scatter": over.scatter,
                    "mounts": over.mounts,
                }
                for quantity, over in specimen.numbers.items()
            },
        }
        for specimen in found
    ]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _mounts_in_words(found: Sequence[dict[str, Any]]) -> list[str]:
    from labctl.readmodel.formatting import with_uncertainty

    lines = []
    for number, specimen in enumerate(found, start=1):
        for mount in specimen["mounts"]:
            listed = ", ".join(map(str, mount["runs"])) or "none"
            lines.append(f"specimen {number}, mount {mount['number']}: runs {listed}")
        for quantity, over in specimen["over_mounts"].items():
            if over["mounts"] > 1:
                scale, unit, words = QUANTITIES[quantity]
                u = over["standard_uncertainty"]
                mean = with_uncertainty(scale * over["mean"], None if u is None else scale * u)
                scatter = f"{100 * over['scatter'] / over['mean']:.2g} %"
                lines.append(
                    f"  over {over['mounts']} mounts: {words} = {mean} {unit}, scatter between them {scatter}"
                )
    if any(" over " in line and "sigma" in line for line in lines):
        lines.append("  the uncertainty of sigma over mounts is without that of the geometry")
    return lines


def _print_samples(overviews: "Sequence[SampleOverview]") -> None:
    from labctl.cli.plain_table import print_columns

    terminal.echo(f"{len(overviews)} sample(s); best numbers, rN: their run, ± one standard uncertainty")
    rows = [
        (
            overview.name,
            overview.cation,
            str(len(overview.runs)),
            _best(overview.at_room_s_m, S_CM),
            _best(overview.energy_ev),
            _best(overview.transference),
        )
        for overview in overviews[-MOST_ROWS:]
    ]
    print_columns(("sample", "ion", "runs", "sigma(25 °C) / S/cm", "Ea or B / eV", "transference"), rows)
    for line in _what_counts(overviews):
        terminal.echo(line)
    if len(overviews) > MOST_ROWS:
        terminal.echo(f"{len(overviews) - MOST_ROWS} sample(s) before these are not shown; --json has all")


def _best_runs(overviews: "Sequence[SampleOverview]") -> list[int]:
    """Return the runs of the best numbers, each once."""
    shown = (one for o in overviews for one in (o.at_room_s_m, o.energy_ev, o.transference))
    return sorted({best.run_id for best in shown if best is not None})


def _what_counts(overviews: "Sequence[SampleOverview]") -> list[str]:
    """Return how many runs are simulated or did not finish; nothing where none is."""
    count = sum(len(overview.runs) for overview in overviews)
    found = {
        "simulated": sum(overview.simulated for overview in overviews),
        "not finished": sum(overview.not_finished for overview in overviews),
    }
    return [
        f"{number} of {count} run(s) {words}; their numbers count"
        for words, number in found.items()
        if number
    ]


def _best(best: "Best | None", scale: float = 1.0) -> str:
    from labctl.readmodel.formatting import with_uncertainty

    if best is None:
        return ""
    u = best.standard_uncertainty
    words = f" {best.words}" if best.words else ""
    words += f", {best.not_stated} not stated" if best.not_stated else ""
    return f"{with_uncertainty(scale * best.value, None if u is None else scale * u)}{words} r{best.run_id}"


def _print_found(found: "Sequence[Found]", at_degc: float) -> None:
    from labctl.cli.plain_table import print_columns
    from labctl.plain_text import utc_time

    terminal.echo(f"{len(found)} run(s)")
    rows = [
        (
            str(each.run.id),
            each.run.sample["name"],
            each.run.sample["cation"],
            each.run.row["procedure"].rpartition(":")[2],
            utc_time(each.run.row["started_s"]) + _unlike_the_others(each.run.row),
            _best_of(each),
        )
        for each in found[-MOST_ROWS:]
    ]
    conductivity = f"sigma({at_degc:g} °C) / S/cm"
    print_columns(("run", "sample", "ion", "procedure", "started (UTC)", conductivity), rows)
    if len(found) > MOST_ROWS:
        terminal.echo(f"{len(found) - MOST_ROWS} run(s) before these are not shown; --json has all")


def _unlike_the_others(row: Mapping[str, Any]) -> str:
    """Return ` (simulated, failed)` for a run that is not a finished one on the real rig."""
    words = ["simulated"] * (row["clock"] == "virtual") + [row["status"]] * (row["status"] != "finished")
    return f" ({', '.join(words)})" if words else ""


def _best_of(found: "Found") -> str:
    from labctl.readmodel.best_numbers import as_best

    if found.conductivity is None:
        return ""
    return _best(as_best(found.conductivity, found.run), S_CM).rpartition(" ")[0]


def _as_object(overview: "SampleOverview") -> dict[str, Any]:
    best = {
        name: None if number is None else vars(number)
        for name, number in {
            "conductivity_at_25_degc_s_m": overview.at_room_s_m,
            "activation_energy_ev": overview.energy_ev,
            "transference_number": overview.transference,
        }.items()
    }
    about = {
        name: getattr(overview, name)
        for name in (
            *("name", "composition", "cation", "runs", "simulated", "not_finished", "specimens", "mounts"),
        )
    }
    return about | {"best": best}


def _found_as_object(found: "Found") -> dict[str, Any]:
    run, sigma = found.run, found.conductivity
    about = {
        name: run.row[name] for name in ("run_id", "run_uuid", "procedure", "status", "clock", "started_s")
    }
    about |= {name: run.sample[name] for name in ("name", "composition", "cation")}
    return about | {"conductivity": None if sigma is None else _without_nan(vars(sigma))}


def _without_nan(row: dict[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
