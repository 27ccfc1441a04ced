"""Services that keep a supervisor running: a user unit of systemd, or a task of Windows' task scheduler.

systemd notices a dead or frozen supervisor: within `WATCHDOG_S` of its last good look it is ended and started
again. The task scheduler looks once a minute, and only whether it runs. The Windows part has not been tried.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from labctl.errors import ConfigurationError, LabctlError
from labctl.plain_text import on_one_line

WATCHDOG_S = 8
RESTART_AFTER_S = 1
LOG_OUT_ENDS_IT = (
    "lingering is off: a log-out ends the supervisor; an administrator can switch it on with "
    "`loginctl enable-linger {user}`"
)
Call = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]

UNIT = """[Unit]
Description=labctl supervisor of {station_name}
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
WorkingDirectory={folder}
ExecStart={command}
WatchdogSec={watchdog_s}
# a frozen process does not obey SIGABRT
WatchdogSignal=SIGKILL
Restart=always
RestartSec={restart_s}
# it waits while another supervisor has the station
TimeoutStartSec=infinity
# a runner that this supervisor started goes on when the supervisor ends
KillMode=process

[Install]
WantedBy=default.target
"""

TASK = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <Repetition><Interval>PT1M</Interval><StopAtDurationEnd>false</StopAtDurationEnd></Repetition>
    </LogonTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure>
  </Settings>
  <Actions>
    <Exec>
      <Command>{program}</Command>
      <Arguments>{arguments}</Arguments>
      <WorkingDirectory>{folder}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""


@dataclass(frozen=True)
class Kept:
    """The supervisor that a service keeps: of which station, into which results file.

    Parameters
    ----------
    station_name : str
    station, db : Path
        Absolute.
    trusted : tuple of Path
        Folders with Python files that the runner may execute too.
    """

    station_name: str
    station: Path
    db: Path
    trusted: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """Name of the unit or task."""
        return "labctl-supervisor-" + re.sub(r"[^A-Za-z0-9_.]+", "_", self.station_name)

    @property
    def arguments(self) -> list[str]:
        """The command line, after the interpreter."""
        options = ["--station", _one_line(self.station), "--db", _one_line(self.db), "--restart-runner"]
        trusted = [word for folder in self.trusted for word in ("--trust", _one_line(folder))]
        return ["-m", "labctl", "supervisor", *options, *trusted]


class SystemdUser:
    """User units of systemd.

    Parameters
    ----------
    call : callable
        Runs a command and returns what it printed.
    """

    def __init__(self, call: "Call | None" = None) -> None:
        self._call = call or _call

    def path(self, kept: Kept) -> Path:
        """Return where the unit is written."""
        configuration = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        return configuration / "systemd" / "user" / f"{kept.name}.service"

    def text(self, kept: Kept) -> str:
        """Return the unit."""
        return UNIT.format(
            station_name=on_one_line(" ".join(kept.station_name.split())).replace("%", "%%"),
            folder=str(kept.station.parent).replace("%", "%%"),
            command=" ".join(_quoted(word) for word in [sys.executable, *kept.arguments]),
            watchdog_s=WATCHDOG_S,
            restart_s=RESTART_AFTER_S,
        )

    def install(self, kept: Kept) -> list[str]:
        """Write, enable and start the unit; return a description of the steps taken.

        Raises
        ------
        LabctlError
            systemd does not take it.
        """
        path = self.path(kept)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text(kept), encoding="utf-8")
        self._must(["daemon-reload"])
        self._must(["enable", "--now", path.name])
        if not self._lingers():
            self._call(["loginctl", "enable-linger"])
        return [f"{path} written, enabled and started", self._lingering_in_words()]

    def uninstall(self, kept: Kept) -> list[str]:
        """Stop and remove the unit; return a description of the steps taken."""
        path = self.path(kept)
        if not path.exists():
            return [f"there is no {path}"]
        self._must(["disable", "--now", path.name])
        path.unlink()
        self._must(["daemon-reload"])
        return [f"{path} stopped and removed; lingering was left as it is"]

    def status(self, kept: Kept) -> tuple[bool, list[str]]:
        """Return whether the unit keeps a supervisor now, and the same in words."""
        path = self.path(kept)
        if not path.exists():
            return False, [f"not installed: there is no {path}"]
        enabled, active = (
            self._user([word, path.name]).stdout.strip() for word in ("is-enabled", "is-active")
        )
        words = [f"{path}: {enabled or 'not known'}, {active or 'not known'}", self._lingering_in_words()]
        return enabled == "enabled" and active == "active", words

    def _lingers(self) -> bool:
        shown = self._call(["loginctl", "show-user", _user_name(), "--property=Linger"])
        return shown.stdout.strip() == "Linger=yes"

    def _lingering_in_words(self) -> str:
        if self._lingers():
            return "lingering is on: the supervisor goes on after a log-out"
        return LOG_OUT_ENDS_IT.format(user=_user_name())

    def _user(self, arguments: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        return self._call(["systemctl", "--user", *arguments])

    def _must(self, arguments: Sequence[str]) -> None:
        done = self._user(arguments)
        if done.returncode:
            words = " ".join(["systemctl --user", *arguments])
            raise LabctlError(f"{words}: {done.stderr.strip() or f'exit code {done.returncode}'}")


class WindowsTask:
    """Tasks of Windows' task scheduler. Not tried.

    Parameters
    ----------
    call : callable
        Runs a command and returns what it printed.
    """

    def __init__(self, call: "Call | None" = None) -> None:
        self._call = call or _call

    def path(self, kept: Kept) -> Path:
        """Return where the task is written for `schtasks`."""
        return kept.db.with_suffix(".supervisor-task.xml")

    def text(self, kept: Kept) -> str:
        """Return the task."""
        return TASK.format(
            program=escape(sys.executable),
            arguments=escape(subprocess.list2cmdline([*kept.arguments, "--kept"])),
            folder=escape(str(kept.station.parent)),
        )

    def install(self, kept: Kept) -> list[str]:
        """Write, register and start the task; return a description of the steps taken.

        Raises
        ------
        LabctlError
            The task scheduler does not take it.
        """
        path = self.path(kept)
        path.write_text(self.text(kept), encoding="utf-16")
        self._must(["/create", "/f", "/tn", kept.name, "/xml", str(path)])
        self._must(["/run", "/tn", kept.name])
        return [
            f"task {kept.name} registered and started",
            "this has not been tried on Windows: end the supervisor once in the task manager and look",
            "the task scheduler looks once a minute: if all processes die together, outputs stay on for up "
            "to 75 s; a log-out ends the supervisor",
        ]

    def uninstall(self, kept: Kept) -> list[str]:
        """Remove the task; return a description of the steps taken."""
        self._must(["/end", "/tn", kept.name])
        self._must(["/delete", "/f", "/tn", kept.name])
        self.path(kept).unlink(missing_ok=True)
        return [f"task {kept.name} removed"]

    def status(self, kept: Kept) -> tuple[bool, list[str]]:
        """Return whether the task is registered, and the task scheduler's lines about it."""
        done = self._call(["schtasks", "/query", "/tn", kept.name])
        return done.returncode == 0, [done.stdout.strip() or f"not installed: no task {kept.name}"]

    def _must(self, arguments: Sequence[str]) -> None:
        done = self._call(["schtasks", *arguments])
        if done.returncode:
            raise LabctlError(f"schtasks {' '.join(arguments)}: {done.stderr.strip()}")


def service_manager(call: "Call | None" = None) -> SystemdUser | WindowsTask:
    """Return the service manager of this system."""
    return WindowsTask(call) if sys.platform == "win32" else SystemdUser(call)


def _quoted(word: str) -> str:
    """One word of `ExecStart`, which unescapes, and replaces `%` and `$`."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _one_line(path: Path) -> str:
    """Return a path that cannot add a line to a unit; raises ConfigurationError for any other."""
    if on_one_line(path) != str(path):
        problem = "has a control character in its name; a service cannot be told of it"
        raise ConfigurationError(on_one_line(path), "", problem)
    return str(path)


def _user_name() -> str:
    import getpass

    return getpass.getuser()


def _call(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        problem = "not found here; keep `labctl supervisor --kept` running by another service manager"
        raise ConfigurationError(command[0], "", problem) from error
