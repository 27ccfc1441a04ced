"""Private copies of the project, in which mutants are written and their tests run."""

import compileall
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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

    @property
    def report(self) -> Path:
        """JSON of the seconds that each test took."""
        return self.folder / "report.json"

    @property
    def entered(self) -> Path:
        """Folder of lines of test, file and first line of each function entered by a traced run."""
        return self.folder / "entered"

    @classmethod
    def make(cls, project: Project, folder: Path) -> "Copy":
        """Copy the project, compiled, into a new folder."""
        shutil.copytree(project.root, folder / "project", ignore=shutil.ignore_patterns(*LEFT_OUT))
        compileall.compile_dir(folder / "project", quiet=2)
        for name in ("tmp", "tracing", "entered"):
            (folder / name).mkdir()
        (folder / "entered").chmod(0o777)  # some tests read as another user
        shutil.copy(Path(__file__).with_name("tracing.py"), folder / "tracing" / "sitecustomize.py")
        data = project.root.parent / "shared"  # measured data, which some tests skip without
        if data.is_dir() and sys.platform != "win32":
            (folder / "shared").symlink_to(data)
        return cls(folder)

    def lines_entered(self) -> Iterator[list[str]]:
        """Yield test, file and first line of each function entered by the processes of a traced run."""
        for path in self.entered.iterdir():
            for line in path.read_text(encoding="utf-8").splitlines():
                yield line.split("\t")

    @contextmanager
    def changed(self, file: str, change: Callable[[bytes], bytes]) -> Iterator[None]:
        """Change a file for a while; its compiled form fits the old time only."""
        path = self.root / file
        source, status = path.read_bytes(), path.stat()
        path.write_bytes(change(source))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 10**10))
        try:
            yield
        finally:
            path.write_bytes(source)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

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
        job = {"copy": str(self.root), "report": str(self.report), "tests": list(tests), "chosen": chosen}
        job |= {"arguments": [*project.arguments, f"--basetemp={self.folder / 'tmp' / 'p'}"]}
        written = self.folder / "job.json"
        written.write_text(json.dumps(job), encoding="utf-8")
        command = [sys.executable, str(Path(__file__).with_name("session.py")), str(written)]
        output = self.folder / "output.txt"
        with output.open("wb") as file:
            process = subprocess.Popen(
                command,
                env=self._environment(traced),
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

    def _environment(self, traced: Path | None) -> dict[str, str]:
        own = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self.folder / "tmp"))
        own |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        own |= {"QT_QPA_PLATFORM": "offscreen", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        own["PYTHONPATH"] = str(self.root)
        if traced is not None:
            own["PYTHONPATH"] += os.pathsep + str(self.folder / "tracing")
            own |= {"MUTATION_TRACED": str(traced), "MUTATION_ENTERED": str(self.entered)}
        return os.environ | own


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
