"""Verdicts as JSON lines, and what they say together."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mutation.judging import Verdict
from mutation.places import Mutant, diff
from mutation.project import Project


@dataclass(frozen=True)
class Results:
    """A file: the digest of the project, then one verdict a line. A run of the same digest is continued."""

    path: Path

    def begin(self, digest: str) -> list[Verdict]:
        """Return the verdicts that stand; start a new file where sources or tests have changed."""
        if self.path.exists() and self._digest() == digest:
            return self.read()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps({"digest": digest}) + "\n", encoding="utf-8")
        return []

    def read(self) -> list[Verdict]:
        """Return the verdicts; a last line cut short by a kill is none."""
        lines = self.path.read_text(encoding="utf-8").splitlines(keepends=True)[1:]
        return [Verdict(**json.loads(line)) for line in lines if line.endswith("}\n")]

    def add(self, verdict: Verdict) -> None:
        cut = not self.path.read_bytes().endswith(b"\n")
        with self.path.open("a", encoding="utf-8") as file:
            file.write("\n" * cut + json.dumps(asdict(verdict)) + "\n")

    def _digest(self) -> str:
        first = self.path.read_text(encoding="utf-8").partition("\n")[0]
        try:
            return json.loads(first)["digest"]
        except (ValueError, KeyError):
            return ""


def share(verdicts: Sequence[Verdict]) -> str:
    """State the share killed with its Wilson 95 % interval."""
    from scipy.stats import binomtest

    if not verdicts:
        return "no mutants"
    killed, count = sum(verdict.killed for verdict in verdicts), len(verdicts)
    interval = binomtest(killed, count).proportion_ci(method="wilson")
    return (
        f"{killed} of {count} killed, {100 * killed / count:.1f} % "
        f"(95 % interval {100 * interval.low:.1f} to {100 * interval.high:.1f} %)"
    )


def report(project: Project, mutants: Sequence[Mutant], verdicts: Sequence[Verdict]) -> str:
    """Survivors as differences, then the share killed per room and overall."""
    survivors = [
        f"{diff(project, mutant)}\n  ({verdict.how}, {verdict.tests} tests)"
        for mutant, verdict in zip(mutants, verdicts, strict=True)
        if not verdict.killed
    ]
    of_rooms = {room.name: [v for v in verdicts if v.room == room.name] for room in project.rooms}
    shares = [f"{name}: {share(own)}" for name, own in (of_rooms | {"all": list(verdicts)}).items()]
    return "\n\n".join([*survivors, "\n".join(shares)])
