"""The processes of a night: started, found, struck, and kept by a service as systemd keeps it. Linux only."""

import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from labctl.clock import RealClock
from labctl.queue.service import RESTART_AFTER_S, WATCHDOG_S

UNLIMITED = resource.RLIM_INFINITY
SCRIPT = "measure.py"
STARTED = {
    "runner": ["-m", "labctl", "runner"],
    "run": ["-m", "labctl", "run", "protocol.toml", "--quiet"],
    "script": [SCRIPT],
}
SERVICE = ["-m", "labctl", "supervisor", "--station", "station.toml", "--db", "lab.db", "--restart-runner"]
DEADLY = ("kill", "freeze", "SIGHUP", "SIGQUIT")
CLOCK = RealClock()


class Programs:
    """Every process that works in the folder of one night.

    Parameters
    ----------
    folder : Path
        Their working folder, by which they are found.
    program : str
        runner, run or script.
    """

    def __init__(self, folder: Path, program: str) -> None:
        self.folder, self._name = folder, program
        self._environment = os.environ | {
            "LABCTL_LOCK_DIR": str(folder / "locks"),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        self._environment.pop("NOTIFY_SOCKET", None)
        self.started: list[subprocess.Popen[bytes]] = []
        self.struck_s: dict[int, float] = {}
        self._limit = UNLIMITED

    def start(self, arguments: list[str], **environment: str) -> "subprocess.Popen[bytes]":
        """Start python with these arguments; its output goes to a file of the folder."""
        with (self.folder / "programs.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=self.folder,
                env=self._environment | environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def start_program(self) -> "subprocess.Popen[bytes]":
        """Start the program of the night."""
        return self.start(STARTED[self._name])

    def ask_to_stop(self) -> None:
        """Ask every program that measures to stop, as a person does."""
        for pid in self.programs():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def labctl(self, *arguments: str) -> int:
        """Run one command to its end; return its exit code."""
        return self.start(["-m", "labctl", *arguments]).wait()

    def all(self) -> dict[int, list[str]]:
        """Command lines of the living processes, by process number."""
        for process in self.started:
            process.poll()
        return dict(self._found())

    def _found(self) -> Iterator[tuple[int, list[str]]]:
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal() or int(entry.name) == os.getpid():
                continue
            with suppress(OSError):
                words = (entry / "cmdline").read_text().split("\0")
                if words != [""] and (entry / "cwd").readlink() == self.folder:
                    yield int(entry.name), words

    def programs(self) -> list[int]:
        """Processes that measure, frozen ones too."""
        return [pid for pid, words in self.all().items() if {"runner", "run", SCRIPT} & set(words[1:4])]

    def end_frozen(self, pid: int) -> None:
        """Kill a process if it is frozen."""
        with suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
                os.kill(pid, signal.SIGKILL)

    def runners(self) -> list[int]:
        """Those that work through a queue."""
        return [pid for pid, words in self.all().items() if "runner" in words[1:4]]

    def supervisors(self) -> list[int]:
        """Supervisors, the second ones too."""
        return [pid for pid, words in self.all().items() if "supervisor" in words]

    def first_supervisor(self) -> int | None:
        """The supervisor that watches the runner, by the lock of the station."""
        with suppress(OSError, ValueError, IndexError):
            told = (self.folder / "station.supervisor.lock").read_bytes()
            pid = int(told.strip(b"\0 \n").split()[1])
            return pid if pid in self.supervisors() else None
        return None

    def holders(self, file: Path) -> set[int]:
        """Processes that have a file open."""
        return {pid for pid in self.all() if file in set(_open_files(pid))}

    def strike(self, to: str, blow: str) -> bool:
        """Kill, freeze or signal the program or the first supervisor; return whether there was one."""
        number = {"kill": signal.SIGKILL, "freeze": signal.SIGSTOP}.get(blow) or signal.Signals[blow]
        pids = self.programs() if to == "program" else [self.first_supervisor()]
        for pid in pids:
            if pid is not None:
                if blow in DEADLY:
                    self.struck_s[pid] = CLOCK.monotonic()
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
        return any(pid is not None for pid in pids)

    def limit_files(self, size: int = UNLIMITED) -> None:
        """Let no file of these processes grow beyond that size in bytes, as on a full disk."""
        self._limit = size
        self.keep_limit()

    def keep_limit(self) -> None:
        """The same for processes started since."""
        for pid in self.all():
            with suppress(ProcessLookupError, PermissionError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (self._limit, UNLIMITED))

    def kill_all(self) -> list[str]:
        """Kill every process that is left; return their command lines."""
        left = self.all()
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in self.started:
            process.wait()
        return [" ".join(words[1:]).strip() for words in left.values()]


def _open_files(pid: int) -> Iterator[Path]:
    with suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                yield descriptor.readlink()


class Service:
    """Keeps a supervisor as the systemd unit of `labctl service install` does.

    It is started again a second after it ended, and killed where its last message is older than WatchdogSec.
    """

    def __init__(self, programs: Programs) -> None:
        self._programs = programs
        self._address = str(programs.folder / "notify")
        self._messages = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._messages.bind(self._address)
        self._messages.setblocking(False)
        self._process: subprocess.Popen[bytes] | None = None
        self._ended_s = -RESTART_AFTER_S
        self._heard_s: float | None = None

    def keep(self) -> None:
        """Start or kill it where that is due."""
        now_s = CLOCK.monotonic()
        with suppress(BlockingIOError):
            while self._messages.recv(4096):
                self._heard_s = now_s
        if self._process is None:
            if now_s - self._ended_s >= RESTART_AFTER_S:
                self._process = self._programs.start(SERVICE, NOTIFY_SOCKET=self._address)
                self._heard_s = None
        elif self._process.poll() is not None:
            self._process, self._ended_s = None, now_s
        elif self._heard_s is not None and now_s - self._heard_s > WATCHDOG_S:
            self._process.kill()

    def close(self) -> None:
        """Keep it no longer, and ask it to end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
        self._messages.close()
