"""The state of a run in words."""

from collections.abc import Mapping
from typing import Any


def status_in_words(run: Mapping[str, Any]) -> str:
    """Return the status; of a run that has not finished, with the progress that its procedure emitted."""
    percent = run.get("percent")
    if percent is None or run["status"] == "finished":
        return run["status"]
    return (
        f"{run['status']}, {percent:.0f} %"
        if run["status"] == "running"
        else f"{run['status']} at {percent:.0f} %"
    )
