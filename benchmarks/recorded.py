"""The results file of `make benchmarks`: every figure with its command, machine, date and commit."""

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "benchmarks" / "results"
FORMS = ("full", "short", "earlier")
"""The files of the folder. `earlier` holds what was printed before there was a results file."""
MEASURED = ("labctl", "drivers", "procedures", "sim_instruments", "benchmarks", ":!benchmarks/results")
Value = float | int | str | list[str]


@dataclass(frozen=True)
class Figure:
    """One figure: its value, what gave it, and where and when."""

    value: Value
    unit: str
    command: str
    commit: str
    date: str
    machine: str
    stands: bool = True
    """Whether pages may state it: not where a short form tried fewer cases than the study asks for."""

    @property
    def text(self) -> str:
        """The value in one cell of a table."""
        if isinstance(self.value, list):
            return f"table of {len(self.value) - 2} rows"
        value = self.value if isinstance(self.value, str) else f"{self.value:.4g}"
        return value if self.unit == "count" else f"{value} {self.unit}"


Figures = dict[str, Figure]


def read(form: str, folder: Path = FOLDER) -> Figures:
    """Return the figures of one form by name; none where it was never run."""
    path = folder / f"{form}.json"
    if not path.exists():
        return {}
    return {name: Figure(**entry) for name, entry in json.loads(path.read_text(encoding="utf-8")).items()}


def write(form: str, figures: Figures, folder: Path = FOLDER) -> None:
    """Replace the file of one form at once: a kill leaves the old one or the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{form}.json"
    text = json.dumps({name: asdict(figures[name]) for name in sorted(figures)}, indent=1, ensure_ascii=False)
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def source_of(name: str, folder: Path = FOLDER) -> Figure | None:
    """Return the recorded figure: the first of full, short and earlier that stands, else the short one."""
    found = [figures[name] for form in FORMS if name in (figures := read(form, folder))]
    return next((one for one in found if one.stands), found[0] if found else None)


def measured_commit(root: Path = ROOT) -> str:
    """Return the last commit that changed measured source, with `+` where files differ from it."""
    commit = _git(root, "log", "-1", "--format=%h", "--abbrev=12", "--", *MEASURED)
    return commit + ("+" if _git(root, "status", "--porcelain", "--", *MEASURED) else "")


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def machine() -> str:
    """Return processor, cores, memory, system and Python; no name of a host."""
    memory_gb = (
        os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9 if hasattr(os, "sysconf") else 0
    )
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory_gb:.0f} GB, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
