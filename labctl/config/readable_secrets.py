"""Files with passwords or tokens that other users of this computer can read."""

import os
import re
import stat
from pathlib import Path

from labctl.config.night import read_night
from labctl.config.station import Station

_SECRET = re.compile(
    r"""^\s*[\w.]*(password|passwd|secret|token|api_?key)\w*\s*=\s*["'][^"']  # a key of TOML
    |://[^\s/"'@:]+:[^\s/"'@]+@  # user:password@ in an address""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)


def secrets_others_can_read(station: Station) -> list[str]:
    """Return a sentence for each file of a station that holds a secret and is open to others; empty if none.

    The files are the station file and the `urls_file` of `[night.notify]`. On Windows always empty: its
    permissions are not read.
    """
    if os.name != "posix":
        return []
    files = [Path(station.source)] if _SECRET.search(station.text) else []
    if urls_file := read_night(station).notify.urls_file:
        files.append(Path(station.source).parent / Path(urls_file).expanduser())
    return [sentence for path in files if (sentence := _sentence(path))]


def _sentence(path: Path) -> str:
    try:
        mode = path.stat().st_mode
    except OSError:
        return ""
    if not mode & (stat.S_IRGRP | stat.S_IROTH):
        return ""
    who = "every user" if mode & stat.S_IROTH else "its group"
    return f"{path} holds passwords or tokens, and {who} of this computer can read it: chmod 600 {path}"
