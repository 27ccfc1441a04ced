"""Input of a mutation run: rooms of a project, their sources and their tests."""

import fnmatch
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LEFT_OUT = (".*", "build", "demo", "*.egg-info", "*.db", "node_modules")
SUITE = ("-m", "not slow", "--hypothesis-seed=0")


@dataclass(frozen=True)
class Room:
    """Sources that are mutated and the tests that must notice; both as patterns relative to the project."""

    name: str
    sources: tuple[str, ...]
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Project:
    """A folder with sources and tests; `arguments` are handed to pytest, `grace_s` is added to deadlines."""

    root: Path
    rooms: tuple[Room, ...]
    arguments: tuple[str, ...] = SUITE
    grace_s: float = 20.0

    def files(self, patterns: Sequence[str]) -> list[Path]:
        return sorted({path for pattern in patterns for path in self.root.glob(pattern)})

    def digest(self) -> str:
        """Hash of every Python file of the project, the tool's own among them."""
        digest = hashlib.sha256(repr(self.arguments).encode())
        for path in sorted(self.root.rglob("*.py")):
            parts = path.relative_to(self.root).parts
            if not any(fnmatch.fnmatch(part, pattern) for part in parts for pattern in LEFT_OUT):
                digest.update("/".join(parts).encode() + path.read_bytes())
        return digest.hexdigest()
