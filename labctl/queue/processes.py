"""Other labctl processes: started so that they outlive the process that starts them, ended for certain."""

import os
import platform
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from labctl.clock import Clock
from labctl.queue.heartbeat import Heartbeat

GONE_WITHIN_S = 2.0
LOOK_AGAIN_S = 0.02


def start_labctl(
    arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None, idle: bool = False
) -> "subprocess.Popen[bytes]":
    """Start `labctl ARGUMENTS` apart from this terminal; what it prints is appended to `log`.

    `environment` is added to this process's own. `idle`: on Windows it computes only where no other program
    needs the processor; elsewhere a process lowers its priority itself.
    """
    command = [sys.executable, "-m", "labctl", *arguments]
    own = {**os.environ, **(environment or {})}
    with log.open("ab") as output:
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS
            flags |= subprocess.IDLE_PRIORITY_CLASS if idle else 0
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=own, creationflags=flags
            )
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=own, start_new_session=True
        )


def end_for_certain(beat: Heartbeat, clock: Clock) -> bool:
    """Kill the process of a heartbeat, a frozen one too; return whether it is gone.

    A process of another computer, from where the file was copied, is left alone: here another
    process has its number.
    """
    if beat.host != platform.node():
        return False
    if not beat.gone:
        kill = getattr(signal, "SIGKILL", signal.SIGTERM)  # on Windows os.kill terminates with any signal
        try:
            os.kill(beat.pid, kill)
        except OSError:
            return beat.gone
    waited_s = 0.0
    while not beat.gone and waited_s < GONE_WITHIN_S:
        clock.sleep(LOOK_AGAIN_S)
        waited_s += LOOK_AGAIN_S
    return beat.gone
