"""`labctl carriers`: carriers of a sample by all methods, and conductors that are not excluded."""

import json
from typing import Annotated

import typer

from labctl.cli import terminal
from labctl.cli.options import DEFAULT_DATABASE, DatabaseOption, JsonOption
from labctl.errors import InvalidRequest


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
    from labctl.readmodel.carriers_text import carriers_in_words
    from labctl.store import Database

    if not db.exists():
        raise InvalidRequest(f"{db}: no such file; name yours with --db")
    with Database(db) as database:
        found = carriers_of(database, sample)
    if as_json:
        terminal.echo(json.dumps(found.as_dict()))
        return
    for line in carriers_in_words(found):
        terminal.echo(line)
