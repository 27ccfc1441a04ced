"""`labctl gui`: the window on the rig computer."""

import importlib
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli.options import (
    DEFAULT_DATABASE,
    DEFAULT_STATION,
    DatabaseOption,
    StationOption,
    TrustOption,
    folders_of,
    trust_options,
)

if TYPE_CHECKING:
    from labctl.config.station import Station

DEBIAN = {
    "libEGL": "libegl1",
    "libGL.": "libgl1",
    "libxkbcommon": "libxkbcommon0",
    "libfontconfig": "libfontconfig1",
    "libdbus": "libdbus-1-3",
    "libxcb-cursor": "libxcb-cursor0",
}
SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def gui(
    station: StationOption = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
    scheme: Annotated[str, typer.Option(help="system, light or dark.")] = "system",
    start_runner: Annotated[bool, typer.Option(help="Start runner and supervisor if none runs.")] = True,
    trust: TrustOption = None,
) -> None:
    """Queue, watch and control from a window. Closing it does not stop the measurement.

    Python files are executed from the folder of the station file only, and from those that you trust.
    """
    from labctl.config.station import read_station
    from labctl.config.trust import trusting
    from labctl.errors import ConfigurationError

    if scheme not in ("system", "light", "dark"):
        raise ConfigurationError("labctl gui", "--scheme", f"is {scheme!r}; give system, light or dark")
    with trusting(folders_of(station, trust)):
        raise typer.Exit(
            _show(read_station(station.resolve()), db, scheme, start_runner, trust_options(trust))
        )


def _show(station: "Station", db: Path, scheme: str, start_runner: bool, options: list[str]) -> int:
    from labctl.errors import ConfigurationError

    _import_qt()
    if sys.platform == "linux" and not any(os.environ.get(name) for name in SCREENS):
        problem = f"there is no screen here: none of {', '.join(SCREENS)} is set"
        raise ConfigurationError("labctl gui", "", problem)
    from labctl.gui.application import run_window

    return run_window(station, db.resolve(), scheme, start_runner, options)


def _import_qt() -> None:
    from labctl.errors import ConfigurationError

    os.environ.setdefault("QT_API", "pyside6")  # before qtpy chooses one
    try:
        importlib.import_module("qtpy.QtWidgets")
        importlib.import_module("pyqtgraph")  # after qtpy: pyqtgraph uses the loaded binding
    except ModuleNotFoundError as error:
        problem = (
            f"the window needs the extra `gui` ({error}); in the folder of labctl: pip install -e '.[gui]'"
        )
        raise ConfigurationError("labctl gui", "", problem) from error
    except ImportError as error:
        raise ConfigurationError("labctl gui", "", _why_not_loaded(error)) from error


def _why_not_loaded(error: ImportError) -> str:
    """Return what is missing where Qt is installed and cannot be loaded."""
    library = re.search(r"(\S+\.so[.\d]*): cannot open shared object file", str(error))
    if library is None:
        return f"Qt is installed and cannot be loaded: {error}"
    package = next((name for part, name in DEBIAN.items() if library[1].startswith(part)), "")
    advice = f"; on Debian: apt-get install {package}" if package else ""
    return f"Qt is installed, and the library {library[1]} of this computer is missing{advice}"
