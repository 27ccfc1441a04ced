"""Private copies of the project, in which mutants are written and their tests run."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mutation.project import LEFT_OUT, Project


@dataclass(frozen=True)
class Copy:
    """A private copy of the project, for one worker."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "project"

    @classmethod
    def make(cls, project: Project, folder: Path) -> "Copy":
        ignore = shutil.ignore_patterns(*LEFT_OUT)
        shutil.copytree(project.root, folder / "project", ignore=ignore)
        (folder / "tmp").mkdir()
        data = project.root.parent / "shared"  # measured data, which some tests skip without
        if data.is_dir() and sys.platform != "win32":
            (folder / "shared").symlink_to(data)
        return cls(folder)

    def run(
        self,
        project: Project,
        tests: Sequence[str],
        *,
        chosen: Sequence[str] | None = None,
        traced: Path | None = None,
        deadline_s: float | None = None,
    ) -> tuple[int | None, str]:
        """Run tests of this copy; return pytest's exit code, None past the deadline, and what it printed."""
        job = {
            "copy": str(self.root),
            "tests": list(tests),
            "chosen": None if chosen is None else list(chosen),
        }
        job |= {"traced": str(traced) if traced else None, "report": str(self.folder / "report.json")}
        job |= {"arguments": [*project.arguments, f"--basetemp={self.folder / 'tmp' / 'p'}"]}
        written = self.folder / "job.json"
        written.write_text(json.dumps(job), encoding="utf-8")
        command = [sys.executable, str(Path(__file__).with_name("session.py")), str(written)]
        output = self.folder / "output.txt"
        with output.open("wb") as file:
            process = subprocess.Popen(
                command,
                env=self._environment(),
                stdout=file,
                stderr=file,
                start_new_session=sys.platform != "win32",
            )
            try:
                code = process.wait(deadline_s)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                _end(process)
        return code, output.read_text(encoding="utf-8", errors="replace")

    def _environment(self) -> dict[str, str]:
        temporary = str(self.folder / "tmp")
        own = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temporary) | {"PYTHONPATH": str(self.root)}
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        return os.environ | threads | {"QT_QPA_PLATFORM": "offscreen", "PYTHONHASHSEED": "0"} | own


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a child and what it started."""
    if sys.platform == "win32":
        if process.poll() is None:
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True)
    else:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
    process.wait()
