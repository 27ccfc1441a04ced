"""pytest with a choice of tests, traced or not: the process that meets one mutant.

python session.py job.json
"""

import json
import multiprocessing.process
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MEMORY_BYTES = 6 * 2**30
PYTEST = ("-x", "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist")


@dataclass
class Session:
    """Plug-in of pytest in the child: chooses and orders the tests, and traces which functions they enter."""

    chosen: list[str] | None
    traced: str | None
    entered: dict[str, set[tuple[str, int]]] = field(default_factory=dict)
    durations_s: dict[str, float] = field(default_factory=dict)
    launchers: set[str] = field(default_factory=set)
    running: str = ""  # outside of any test: at import

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        if self.chosen is not None:
            rank = {name: place for place, name in enumerate(self.chosen)}
            items[:] = sorted((i for i in items if i.nodeid in rank), key=lambda i: rank[i.nodeid])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.running = nodeid
        self.durations_s[nodeid] = -time.perf_counter()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.durations_s[nodeid] += time.perf_counter()
        self.running = ""

    def start(self) -> None:
        if self.traced is None:
            return
        sys.addaudithook(self._audit)
        process: Any = multiprocessing.process.BaseProcess
        process.start = self._noting(process.start)
        threading.settrace(self._trace)
        sys.settrace(self._trace)

    def _noting(self, begin: Callable[[Any], None]) -> Callable[[Any], None]:
        """Wrap `Process.start`: spawning raises no audit event."""

        def start(process: Any) -> None:
            self.launchers.add(self.running)
            begin(process)

        return start

    def _audit(self, event: str, _arguments: Any) -> None:
        if event in {"subprocess.Popen", "os.fork", "os.posix_spawn"}:
            self.launchers.add(self.running)

    def _trace(self, frame: Any, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(self.traced):
            entered = self.entered.setdefault(self.running, set())
            entered.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))


def run_job(job: dict[str, Any]) -> int:
    """Run the tests of one job; write what was traced. Called in a process of its own."""
    import pytest

    _limit_memory()
    os.chdir(job["copy"])
    sys.path[0] = job["copy"]
    sys.dont_write_bytecode = job["traced"] is None
    session = Session(job["chosen"], job["traced"])
    session.start()
    code = int(pytest.main([*job["tests"], *PYTEST, *job["arguments"]], plugins=[session]))
    sys.settrace(None)
    if session.traced is not None:
        entered = {name: sorted(places) for name, places in session.entered.items()}
        seen = {
            "entered": entered,
            "durations_s": session.durations_s,
            "launchers": sorted(session.launchers),
        }
        Path(job["report"]).write_text(json.dumps(seen), encoding="utf-8")
    return code


def _limit_memory() -> None:
    """Let a mutant that never stops filling a list fail early, and leave no core file."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(run_job(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
