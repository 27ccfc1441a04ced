"""`labctl gui`: the window on the rig computer."""

import os
from typing import Annotated

import typer

from labctl.cli.options import DEFAULT_DATABASE, DEFAULT_STATION, DatabaseOption, StationOption


def gui(
    station: StationOption = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
    scheme: Annotated[str, typer.Option(help="system, light or dark.")] = "system",
    start_runner: Annotated[bool, typer.Option(help="Start runner and supervisor where none runs.")] = True,
) -> None:
    """Queue, watch and control from a window. The night goes on when it is closed."""
    from labctl.errors import ConfigurationError

    if scheme not in ("system", "light", "dark"):
        raise ConfigurationError("labctl gui", "--scheme", f"is {scheme!r}; give system, light or dark")
    try:
        import pyqtgraph  # noqa: F401
        import qtpy  # noqa: F401
    except ImportError as error:
        problem = (
            f"the window needs the extra `gui` ({error}); in the folder of labctl: pip install -e '.[gui]'"
        )
        raise ConfigurationError("labctl gui", "", problem) from error
    from labctl.gui.application import run_window
    from labctl.station import read_station

    os.environ.setdefault("QT_API", "pyside6")
    raise typer.Exit(run_window(read_station(station.resolve()), db.resolve(), scheme, start_runner))
