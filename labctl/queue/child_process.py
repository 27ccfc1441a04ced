"""A command that is run to its end, or to a time limit, without waiting in the kernel."""

import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from labctl.clock import Clock

LOOK_EVERY_S = 0.1
GONE_WITHIN_S = 2.0


@dataclass(frozen=True)
class ChildEnded:
    """How a command ended.

    Attributes
    ----------
    code : int or None
        Exit code, negative for a signal; None: it could not be started, or took too long and was killed.
    output : str
        What it printed.
    problem : str
        The last line of its error output, or why there is none; empty after exit code 0.
    """

    code: int | None
    output: str
    problem: str


def run_to_its_end(command: Sequence[str], longest_s: float, clock: Clock) -> ChildEnded:
    """Run a command; kill it after `longest_s`."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        except OSError as error:
            return ChildEnded(None, "", f"no process could be started: {error.strerror or error}")
        if not _has_ended(process, longest_s, clock):
            return ChildEnded(None, "", f"it took longer than {longest_s / 60:g} min and was ended")
        output, code = "\n".join(_lines_of(out)), process.returncode
        if code == 0:
            return ChildEnded(0, output, "")
        ended_by = (
            f"its process was ended by signal {-code}" if code < 0 else f"its process ended with {code}"
        )
        return ChildEnded(code, output, (_lines_of(err)[-1:] or [ended_by])[0])


def _has_ended(process: "subprocess.Popen[bytes]", longest_s: float, clock: Clock) -> bool:
    """Wait for a process, and kill it at the time limit; a process stuck in the kernel is left behind."""
    end_s = clock.monotonic() + longest_s
    while process.poll() is None:
        if clock.monotonic() >= end_s:
            process.kill()
            with suppress(subprocess.TimeoutExpired):
                process.wait(GONE_WITHIN_S)
            return False
        clock.sleep(LOOK_EVERY_S)
    return True


def _lines_of(file: IO[bytes]) -> list[str]:
    file.seek(0)
    return [line.strip() for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
