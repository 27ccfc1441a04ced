"""The tests that a mutant meets, and whether one of them fails."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from mutation.copies import Copy
from mutation.places import Mutant
from mutation.project import Project, Room


class UnmutatedTestsFail(Exception):
    """The tests of a room fail, or enter none of its functions, before anything was changed."""


@dataclass(frozen=True)
class Baseline:
    """Functions that the unmutated tests of a room entered ("": outside of any test), and their times."""

    entered: dict[str, set[tuple[str, int]]]
    durations_s: dict[str, float]

    @classmethod
    def measure(cls, project: Project, room: Room, made: Copy) -> "Baseline":
        tests = [path.relative_to(project.root).as_posix() for path in project.files(room.tests)]
        if not tests:
            raise UnmutatedTestsFail(f"{room.name}: no tests match {', '.join(room.tests)}")
        folders = {(made.root / pattern).parent for pattern in room.sources}
        for earlier in made.entered.iterdir():
            earlier.unlink()
        code, output = made.run(project, tests, traced=Path(os.path.commonpath(folders)))
        if code != 0:
            raise UnmutatedTestsFail(f"{room.name}: pytest ended with {code}\n{output[-4000:]}")
        entered: dict[str, set[tuple[str, int]]] = {}
        for test, file, first in made.lines_entered():
            place = (Path(file).relative_to(made.root).as_posix(), int(first))
            entered.setdefault(test.rpartition(" ")[0], set()).add(place)
        if not entered:
            raise UnmutatedTestsFail(f"{room.name}: its tests enter no function of {', '.join(room.sources)}")
        return cls(entered, json.loads(made.report.read_text(encoding="utf-8")))

    def tests_for(self, mutant: Mutant) -> list[str]:
        """Return the tests that may notice a mutant: those named after its file first, then the quickest."""
        reaching = list(self.durations_s)
        if mutant.function is not None and not self._enters("", mutant):
            reaching = [name for name in self.durations_s if self._enters(name, mutant)]
        mirrored = f"/test_{Path(mutant.file).stem}"

        def rank(name: str) -> tuple[bool, bool, float]:
            touches = any(file == mutant.file for file, _ in self.entered.get(name, ()))
            return mirrored not in name.partition("::")[0], not touches, self.durations_s[name]

        return sorted(reaching, key=rank)

    def _enters(self, name: str, mutant: Mutant) -> bool:
        first, last = mutant.function or (0, 0)
        places = self.entered.get(name, set())
        return any(file == mutant.file and first <= line <= last for file, line in places)


@dataclass(frozen=True)
class Verdict:
    """What became of one mutant; `how` is `test`, `deadline`, `survived` or `no test reaches it`."""

    key: str
    room: str
    killed: bool
    how: str
    tests: int
    seconds: float


def judge(project: Project, baseline: Baseline, mutant: Mutant, made: Copy) -> Verdict:
    """Run the tests of one mutant in a copy, and put the copy in order again."""
    began = time.perf_counter()
    chosen = baseline.tests_for(mutant)
    if not chosen:
        return Verdict(mutant.key, mutant.room, False, "no test reaches it", 0, 0.0)
    deadline_s = project.grace_s + 5 * sum(baseline.durations_s[name] for name in chosen)
    files = list(dict.fromkeys(name.split("::")[0] for name in chosen))
    with made.changed(mutant.file, mutant.applied):
        code, output = made.run(project, files, chosen=chosen, deadline_s=deadline_s)
    if code == 5:
        raise UnmutatedTestsFail(f"no test was collected for {mutant.key}\n{output[-2000:]}")
    how = {0: "survived", None: "deadline"}.get(code, "test")
    return Verdict(mutant.key, mutant.room, code != 0, how, len(chosen), time.perf_counter() - began)
