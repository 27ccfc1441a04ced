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
TrustOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--trust",
        metavar="FOLDER",
        help="Execute Python files of this folder too; repeatable.",
        envvar="LABCTL_TRUST",
        exists=True,
        file_okay=False,
        resolve_path=True,
    ),
]
ProtocolArgument = Annotated[Path, typer.Argument(help="The protocol file.", show_default=False)]

DEFAULT_STATION = Path("station.toml")
DEFAULT_DATABASE = Path("lab.db")


def folders_of(station: Path, trust: list[Path] | None) -> list[Path]:
    """Return the folders with Python files that may be executed: of the station file, and trusted ones."""
    return [station.resolve().parent, *(trust or [])]


def trust_options(trust: list[Path] | None) -> list[str]:
    """Return the words that hand trusted folders on to another labctl."""
    return [word for folder in trust or [] for word in ("--trust", str(folder))]


def user_name() -> str:
    """Return the name of the user of this process; empty if the system does not know it."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
