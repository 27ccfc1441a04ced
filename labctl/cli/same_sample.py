"""A person is asked where a sample's name was measured before with another thickness or area."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli import terminal
from labctl.cli.long_protocols import is_at_terminal

if TYPE_CHECKING:
    from labctl.config.protocol import Protocol

SameSampleOption = Annotated[
    str,
    typer.Option(
        "--same-sample",
        metavar="amend|mount|other",
        help="A name measured before with another geometry: the old one was wrong, mounted anew, or another.",
    ),
]
QUESTION = "The old value was wrong (amend), the same sample mounted anew (mount), or another sample (other)?"


def ask_about_sample(protocol: "Protocol", db: Path, given: str) -> str:
    """Ask about the sample of a protocol; return `amend`, `mount`, `other`, or empty without an answer.

    Without a terminal and without `given` it stays as it was before: another sample, and a warning.
    """
    from labctl.derive.same_sample import ANSWERS, same_name
    from labctl.errors import ConfigurationError

    if given and given not in ANSWERS:
        problem = f"{given!r} is none of {', '.join(ANSWERS)}"
        raise ConfigurationError("labctl", "--same-sample", problem)
    found = same_name(db, protocol.sample)
    if given or found is None:
        return given
    terminal.say(found.in_words(), err=True, fg="yellow")
    if is_at_terminal():
        return _asked(ANSWERS)
    terminal.say(
        "taken as another sample; say --same-sample amend, mount or other to say what it is",
        err=True,
        fg="yellow",
    )
    return ""


def carry_out(protocol: "Protocol", db: Path, how: str, person: str, job_id: int | None = None) -> None:
    """Carry out an answer about the sample of a protocol; an empty one does nothing."""
    from labctl.derive.same_sample import answer

    if how and (done := answer(db, protocol.sample, how, person=person, job_id=job_id)):
        terminal.echo(f"{protocol.sample.name}: {done}", err=True)


def _asked(answers: Sequence[str]) -> str:
    while True:
        typed = typer.prompt(QUESTION, err=True).strip().lower()
        if typed in answers:
            return typed
