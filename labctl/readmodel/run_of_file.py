"""Numbers of runs of another results file, told apart from those of the file of the window."""

from dataclasses import replace
from typing import Any

from labctl.readmodel.snapshot import RunSnapshot

APART = 1 << 40  # between the numbers of one file and of the next


class RunOfFile(int):
    """The number of a run in the file `name`: another number than any in this file, written `3 of old.db`.

    Nothing may be read from this file, and nothing amended in it, by such a number.
    """

    name: str

    def __new__(cls, number: int, name: str, place: int) -> "RunOfFile":
        """`place` counts the other files, from 1."""
        made = super().__new__(cls, place * APART + number)
        made.name = name
        return made

    def __str__(self) -> str:
        """Number in its file, and the file."""
        return f"{int(self) % APART} of {self.name}"

    __repr__ = __str__


def of_file(snapshot: RunSnapshot, name: str, place: int) -> RunSnapshot:
    """Return a run of another file with a number that names the file."""
    run: dict[str, Any] = {**snapshot.run, "id": RunOfFile(snapshot.id, name, place)}
    return replace(snapshot, run=run)


def is_of_another_file(run_id: object) -> bool:
    """Return whether a run is of another file than that of the window."""
    return isinstance(run_id, RunOfFile)
