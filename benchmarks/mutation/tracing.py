"""Tracer that notes which functions each test enters, started as `sitecustomize` by each interpreter.

Settings come from the environment, so that processes started by a test have them too. `MUTATION_TRACED` is
the folder whose functions are noted, `MUTATION_ENTERED` the folder for a file of each process, with a line
for each test and function.
"""

import os
import sys
import threading
from contextlib import suppress
from typing import Any


class Tracer:
    """A trace function that notes calls of functions below a folder, once for each test."""

    def __init__(self, folder: str, output: str) -> None:
        self._folder = folder
        self._seen: set[tuple[str, str, int]] = set()
        # Opened now: some tests go on as a user who may not. Written line by line: some are killed.
        self._file = open(f"{output}/{os.getpid()}.txt", "a", buffering=1, encoding="utf-8")  # noqa: SIM115

    def __call__(self, frame: Any, event: str, _argument: Any) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(self._folder):
            return
        place = (os.environ.get("PYTEST_CURRENT_TEST", ""), code.co_filename, code.co_firstlineno)
        if place not in self._seen:
            self._seen.add(place)
            with suppress(OSError):  # a test that lets no file grow
                self._file.write("\t".join(map(str, place)) + "\n")


if "MUTATION_TRACED" in os.environ:
    tracer = Tracer(os.environ["MUTATION_TRACED"], os.environ["MUTATION_ENTERED"])
    threading.settrace(tracer)
    sys.settrace(tracer)
