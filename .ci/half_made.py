"""Check that the environment of this interpreter is whole: it has pip, and every module of its packages.

An interrupted installation leaves a package without its list of files, or without some of the files; pip
takes such a package for installed. The exit code is 0, or 1 with the reason as one line.
"""

import sys
import sysconfig
from importlib import metadata
from importlib.util import find_spec


def fault() -> str:
    """Return why the environment cannot be trusted; empty where it can."""
    if find_spec("pip") is None:
        return "it has no pip"
    for distribution in metadata.distributions(path=[sysconfig.get_path("purelib")]):
        if reason := _fault_of(distribution):
            return reason
    return ""


def _fault_of(distribution: metadata.Distribution) -> str:
    name = distribution.metadata["Name"]
    if name is None or distribution.files is None:
        return f"the installation of {name or 'a package'} was interrupted"
    for file in distribution.files:
        if file.suffix != ".pyc" and file.parts[0] != ".." and not file.locate().exists():
            return f"{name} lacks the file {file}"
    return ""


if __name__ == "__main__":
    sys.exit(fault() or 0)
