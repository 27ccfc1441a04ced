"""pytest with a choice of tests, timed: the process that meets one mutant.

python session.py job.json
"""

import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MEMORY_BYTES = 6 * 2**30
PYTEST = ("-x", "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist")


@dataclass
class Session:
    """Plug-in of pytest: chooses, orders and times the tests."""

    chosen: list[str] | None
    durations_s: dict[str, float] = field(default_factory=dict)

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        if self.chosen is not None:
            rank = {name: place for place, name in enumerate(self.chosen)}
            items[:] = sorted((i for i in items if i.nodeid in rank), key=lambda i: rank[i.nodeid])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.durations_s[nodeid] = -time.perf_counter()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.durations_s[nodeid] += time.perf_counter()


def run_job(job: dict[str, Any]) -> int:
    """Run the tests of one job and write how long each took; return pytest's exit code."""
    import pytest

    _limit_memory()
    os.chdir(job["copy"])
    sys.path[0] = job["copy"]
    session = Session(job["chosen"])
    code = int(pytest.main([*job["tests"], *PYTEST, *job["arguments"]], plugins=[session]))
    Path(job["report"]).write_text(json.dumps(session.durations_s), encoding="utf-8")
    return code


def _limit_memory() -> None:
    """Let a mutant that never stops filling a list fail early, and leave no core file."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(run_job(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
