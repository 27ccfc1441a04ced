"""Environments of other programs, each made once under ~/.cache/labctl-benchmarks."""

import os
import subprocess
import venv
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "labctl-benchmarks"


def python_of(requirements: tuple[str, ...]) -> Path:
    """Return the Python of an environment with these requirements; it is made where it is absent."""
    folder = CACHE / requirements[0].replace("==", "-")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = folder / "installed"
    if not done.exists():
        print(f"installing {' '.join(requirements)} ...", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        words = [python, "-m", "pip", "install", "--quiet", "--quiet", *requirements]
        subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
        done.touch()
    return python
