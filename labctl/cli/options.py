"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

StationOption = Annotated[
    Path, typer.Option("--station", "-s", help="The station file.", envvar="LABCTL_STATION")
]
DatabaseOption = Annotated[Path, typer.Option("--db", help="The results file.", envvar="LABCTL_DB")]
PersonOption = Annotated[
    str, typer.Option("--person", help="Who asks; default: the user.", envvar="LABCTL_PERSON")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]
ProtocolArgument = Annotated[Path, typer.Argument(help="The protocol file.", show_default=False)]

DEFAULT_STATION = Path("station.toml")
DEFAULT_DATABASE = Path("lab.db")


def user_name() -> str:
    """Return who uses this computer; `""` where the system does not tell."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
