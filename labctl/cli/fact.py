"""`labctl fact`: what other methods found about a sample, and what follows from it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.number import one_number
from labctl.cli.options import DEFAULT_DATABASE, DatabaseOption, JsonOption, PersonOption, user_name
from labctl.errors import ConfigurationError, InvalidRequest
from labctl.plain_text import utc_time

if TYPE_CHECKING:
    from labctl.derive.facts import Following


def fact(
    sample: Annotated[str, typer.Argument(help="Name of the sample.", show_default=False)],
    kind: Annotated[
        str,
        typer.Argument(
            help="diffusion (m2/s), concentration and salt (mol/l), glass-transition and melting (degC), "
            "crystallinity, electronic-share and ion-share (%), density (g/cm3), water (ppm), mass-before "
            "and mass-after (mg), emf and emf-theory (mV), activity-ratio, water-emf (mV), water-ratio, "
            "hydrogen-evolved (umol), o2-exponent, h2o-exponent, charge-passed (C), molar-mass (g/mol), "
            "and (mg) anode-side-, middle-, cathode-side-, anode-metal-, cathode-metal- before and after; "
            "omit to list.",
            show_default=False,
        ),
    ] = "",
    value: Annotated[str, typer.Argument(help="In the unit of the kind.", show_default=False)] = "",
    u: Annotated[str, typer.Option("--u", help="Its standard uncertainty, in the same unit.")] = "",
    at_degc: Annotated[str, typer.Option(help="Temperature at which it was found.")] = "",
    ion: Annotated[str, typer.Option(help="Of which ion, with its charge: Li+, Mg2+, TFSI-.")] = "",
    nucleus: Annotated[str, typer.Option(help="Nucleus that was measured, e.g. 7Li.")] = "",
    source: Annotated[str, typer.Option(help="Method, instrument, notebook or publication.")] = "",
    entry: Annotated[int | None, typer.Option(help="One of several entries of this name.")] = None,
    revoke: Annotated[
        int | None, typer.Option(metavar="ID", help="Revoke this fact; --source says why.")
    ] = None,
    person: PersonOption = "",
    db: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Keep a fact about a sample that another method found; without KIND list its facts and what follows.

    Haven ratio, T0 - Tg and loss of mass follow where their parts are known.
    """
    from labctl.derive.facts import Fact, keep_fact, revoke_fact

    if not db.exists():
        raise InvalidRequest(f"{db}: no such file; name yours with --db")
    if revoke is not None:
        written = revoke_fact(db, sample, revoke, source, person or user_name())
        terminal.echo(f"fact {revoke} revoked by fact {written}")
    elif kind:
        made = Fact(
            kind=kind,
            value=_number("VALUE", value),
            source=source,
            uncertainty=_number("--u", u) if u else None,
            temperature_degc=_number("--at-degc", at_degc) if at_degc else None,
            ion=ion,
            nucleus=nucleus,
            person=person or user_name(),
        )
        terminal.echo(f"fact {keep_fact(db, sample, made, entry)} written", err=as_json)
    _print_facts(db, sample, as_json)


def _number(name: str, text: str) -> float:
    try:
        return one_number(text)
    except ValueError as error:
        raise ConfigurationError("labctl fact", name, str(error)) from None


def _print_facts(db: Path, sample: str, as_json: bool) -> None:
    from labctl.derive.facts import facts_in_force, what_follows
    from labctl.store import Database

    with Database(db) as database:
        rows, following = facts_in_force(database, sample), what_follows(database, sample)
    if as_json:
        content = {"sample": sample, "facts": rows, "following": [vars(one) for one in following]}
        terminal.echo(json.dumps(content))
        return
    terminal.echo(f"{len(rows)} fact(s) about {sample}")
    for row in rows:
        terminal.echo(f"{row['id']}  {_fact_in_words(row)}")
    for one in following:
        terminal.echo(f"=> {_following_in_words(one)}")


def _fact_in_words(row: dict[str, Any]) -> str:
    from labctl.config.fact_kinds import BY_COLUMN
    from labctl.derive.facts import typed_value
    from labctl.readmodel.formatting import celsius, with_uncertainty

    value, u, unit = typed_value(row)
    of = "".join(f", {row['details'][name]}" for name in ("ion", "nucleus") if name in row["details"])
    at = "" if row["temperature_k"] is None else f" at {celsius(row['temperature_k'])} °C"
    about = f"{row['source']}; {row['person'] or 'unknown'}, {utc_time(row['time_s'])} UTC"
    return f"{BY_COLUMN[row['kind']].meaning}{of}{at}: {with_uncertainty(value, u)} {unit}  ({about})"


def _following_in_words(one: "Following") -> str:
    from labctl.readmodel.formatting import with_uncertainty

    return f"{one.quantity} = {with_uncertainty(one.value, one.standard_uncertainty)}  {one.words}"
