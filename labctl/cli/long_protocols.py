"""A person is asked before a protocol that takes days: a time in the wrong unit is the usual cause."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli import terminal

if TYPE_CHECKING:
    from labctl.config.protocol import Protocol
    from labctl.config.station import Station

LongOption = Annotated[bool, typer.Option("--long", help="It is meant to take more than 72 h.")]


def is_at_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask_about_long(protocol: "Protocol", station: "Station", long: bool) -> None:
    """Warn that a protocol takes more than 72 h, and ask at a terminal if that is meant; `long`: it is."""
    from labctl.queue.submission import doubts_about_duration, takes_s

    for doubt in [] if long else doubts_about_duration(takes_s(protocol, station), station):
        terminal.say(f"{protocol.source}: {doubt}", err=True, fg="yellow")
        if is_at_terminal():
            typer.confirm("Go on? (--long says so beforehand)", abort=True, err=True)
