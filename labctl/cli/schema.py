"""`labctl schema`: the keys of station and protocol for editors, as a JSON Schema."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from labctl.cli import terminal
from labctl.errors import InvalidRequest


class File(StrEnum):
    """Kind of file."""

    STATION = "station"
    PROTOCOL = "protocol"


def schema(
    kind: Annotated[File, typer.Argument(help="Kind of file.")],
    output: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None,
) -> None:
    """Print the JSON Schema of a station or protocol file, by which an editor completes and underlines keys.

    The first line of the TOML file then names it: `#:schema ./station.schema.json`. `labctl check`
    decides, and checks more.
    """
    from labctl.config.station_schema import station_schema
    from labctl.measure.protocol_schema import protocol_schema

    made = station_schema() if kind is File.STATION else protocol_schema()
    printed = json.dumps(made, indent=2, ensure_ascii=False, default=list)
    if output is None:
        terminal.echo(printed)
        return
    try:
        output.write_text(printed + "\n", encoding="utf-8")
    except OSError as error:
        raise InvalidRequest(f"schema: {output} cannot be written: {error.strerror or error}") from error
    terminal.echo(f"{output}; first line of the TOML file: #:schema ./{output.name}")
