"""`labctl web`: look at a rig from a browser."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli import terminal
from labctl.cli.options import DEFAULT_DATABASE, DEFAULT_STATION, DatabaseOption, StationOption
from labctl.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from labctl.web.gate import Rules

TOKEN, SAFE_TOKEN = "LABCTL_WEB_TOKEN", "LABCTL_WEB_SAFE_TOKEN"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


PortOption = Annotated[int, typer.Option(min=0, max=65535, help="Port; 0: any free one.")]
HostOption = Annotated[str, typer.Option(help="Address to listen on; another than 127.0.0.1 needs a token.")]
NameOption = Annotated[
    list[str] | None,
    typer.Option(help="Name under which browsers reach it, e.g. behind a proxy; repeatable."),
]
TokenOption = Annotated[
    Path | None, typer.Option(help=f"File with the token that every request needs; or {TOKEN}.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Listen on another address without asking.")]


def web(
    db: DatabaseOption = DEFAULT_DATABASE,
    station: StationOption = DEFAULT_STATION,
    port: PortOption = 8001,
    host: HostOption = "127.0.0.1",
    name: NameOption = None,
    token_file: TokenOption = None,
    safe_token_file: Annotated[
        Path | None,
        typer.Option(help=f"File with the token to make safe, which is then offered; or {SAFE_TOKEN}."),
    ] = None,
    rigs: Annotated[
        Path | None, typer.Option(help="File with a [[rig]] for each rig: show them on one page.")
    ] = None,
    yes: YesOption = False,
) -> None:
    """Show tonight, runs, samples and raw tables in a browser; nothing can be changed from there.

    It listens on this computer only. On another address every request needs a token, and answers can be
    read on the way: put a reverse proxy with TLS before it. With a token of its own, make safe is offered.
    """
    from labctl.web.pages import Rig
    from labctl.web.serving import address_of, bound, datasette_of, serve
    from labctl.web.site import Site

    rules = rules_for(host, name, token_file)
    safe_token = _token(safe_token_file, SAFE_TOKEN)
    if safe_token and safe_token == rules.token:
        raise InvalidRequest("the token to make safe is the one to look; give it one of its own")
    if rigs is not None:
        ask_before_listening(host, yes)
        _serve_group(rigs, rules, host, port)
        return
    rig = Rig(db, _silence_of(station), bool(safe_token))
    if not db.exists():
        raise InvalidRequest(f"{db}: no such file; name yours with --db")
    site = Site(rig, rules, safe_token)
    app = datasette_of(site).app()
    ask_before_listening(host, yes)
    with bound(host, port) as opened:
        site.begin()
        serve(app, opened, lambda: terminal.echo(f"{db} is shown on {address_of(opened)} (Ctrl-C ends it)"))


def _serve_group(rigs: Path, rules: "Rules", host: str, port: int) -> None:
    from labctl.web.gate import gated
    from labctl.web.group import Group, group_app, read_rigs
    from labctl.web.serving import address_of, bound, serve

    entries = read_rigs(rigs)
    with bound(host, port) as opened, Group(entries) as group:
        ready = f"{len(entries)} rigs are shown on {address_of(opened)} (Ctrl-C ends it)"
        serve(gated(group_app(group), rules), opened, lambda: terminal.echo(ready))


def _token(file: Path | None, variable: str) -> str:
    from labctl.web.serving import checked_token, token_in

    if file is not None:
        return token_in(file)
    given = os.environ.get(variable, "")
    return checked_token(given, variable) if given else ""


def rules_for(host: str, names: list[str] | None, token_file: Path | None) -> "Rules":
    """Return who may ask at an address; InvalidRequest for an open door without a token."""
    from labctl.web.gate import Rules

    rules = Rules(tuple(names or ()) + (() if host in LOOPBACK else (host,)), _token(token_file, TOKEN))
    if host not in LOOPBACK and not rules.token:
        raise InvalidRequest(
            f"--host {host}: another address needs a token; give --token-file, or set {TOKEN}"
        )
    return rules


def ask_before_listening(host: str, yes: bool) -> None:
    """Ask the person before anything but this computer can reach it."""
    if host in LOOPBACK or yes:
        return
    words = f"Everyone in the network of {host} who has the token can read the results. Listen there?"
    if not typer.confirm(words):
        raise typer.Exit(2)


def _silence_of(station: Path) -> "Callable[[str], float]":
    from labctl.cli.status import silence_of_station
    from labctl.config.night import DEFAULT_SILENCE_S

    known = silence_of_station(station)
    return lambda name: known.get(name, DEFAULT_SILENCE_S)
