"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

StationOption = Annotated[
    Path, typer.Option("--station", "-s", help="The station file.", envvar="LABCTL_STATION")
]
DatabaseOption = Annotated[Path, typer.Option("--db", help="The results file.", envvar="LABCTL_DB")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]
PersonOption = Annotated[
    str, typer.Option("--person", help="Name of the person; default: the user.", envvar="LABCTL_PERSON")
]
ProtocolArgument = Annotated[Path, typer.Argument(help="The protocol file.", show_default=False)]

DEFAULT_STATION = Path("station.toml")
DEFAULT_DATABASE = Path("lab.db")


def user_name() -> str:
    """Return the name of the user of this process; empty if the system does not know it."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
