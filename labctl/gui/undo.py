"""Undo of the last queueing, cancelling or amendment of this window, newest first; nothing is deleted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labctl.derive.amending import Request, amend
from labctl.gui.asking import Asker
from labctl.gui.background import Background
from labctl.gui.qt import QtCore, Signal
from labctl.queue.job import WAITING, Job
from labctl.queue.jobs import Jobs
from labctl.store.transactions import WriteConnection

MOST = 50
REASON = "undone"


@dataclass(frozen=True)
class Step:
    """An action of a person in words, and the function that takes it back."""

    words: str
    take_back: Callable[[], Any]


class Undo(QtCore.QObject):
    """What can be undone.

    Signals
    -------
    changed(str), said(str), warned(str), amended()
        The next step to undo, `""` for none; the step undone; the reason of a failure; results were derived
        anew.
    """

    changed = Signal(str)
    said = Signal(str)
    warned = Signal(str)
    amended = Signal()

    def __init__(self, db: Path, asker: Asker, person: Callable[[], str], parent: QtCore.QObject) -> None:
        super().__init__(parent)
        self._db, self._asker, self._person = db, asker, person
        self._background = Background(self)
        self._steps: list[Step] = []

    def queued(self, job_ids: Sequence[int]) -> None:
        """Jobs were queued: undone, those that still wait are cancelled."""
        ids, person = list(job_ids), self._person
        words = f"queueing of job {ids[0]}" if len(ids) == 1 else f"queueing of jobs {ids[0]} to {ids[-1]}"
        self._did(
            words,
            lambda: self._ask(
                words, lambda connection: Jobs(connection).cancel_waiting(ids, person()), _cancelled_in_words
            ),
        )

    def cancelled(self, job: Job) -> None:
        """A waiting job was cancelled: undone, it waits again as before."""
        if job.state not in WAITING:
            return  # of a running one its points are kept; Retry goes on after them
        words, person = f"cancelling of job {job.id}", self._person
        self._did(
            words,
            lambda: self._ask(
                words,
                lambda connection: Jobs(connection).take_back_cancel(job, person()),
                lambda _: f"job {job.id} waits again",
            ),
        )

    def amendment(self, title: str, ids: Sequence[int]) -> None:
        """Amendments were written: undone, they are revoked and the results derived anew."""
        kept, words = list(ids), f"{title[:1].lower()}{title[1:]}"
        self._did(words, lambda: self._revoke(words, kept))

    def undo(self) -> None:
        """Undo the newest step."""
        if self._steps:
            step = self._steps.pop()
            self.changed.emit(self.next_in_words())
            step.take_back()

    def next_in_words(self) -> str:
        """Return what would be undone next; `""` for nothing."""
        return self._steps[-1].words if self._steps else ""

    def _did(self, words: str, take_back: Callable[[], Any]) -> None:
        self._steps = [*self._steps, Step(words, take_back)][-MOST:]
        self.changed.emit(words)

    def _ask(
        self, words: str, question: Callable[[WriteConnection], Any], in_words: Callable[[Any], str]
    ) -> None:
        self._asker.ask(
            question,
            lambda found: self.said.emit(f"undone: {words}; {in_words(found)}"),
            lambda why: self.warned.emit(f"{words} is not undone: {why}"),
        )

    def _revoke(self, words: str, ids: Sequence[int]) -> None:
        person = self._person()
        self._background.run(
            lambda: [amend(self._db, Request(REASON, person, revokes=one)) for one in ids],
            lambda _: (self.said.emit(f"undone: {words}; amendments revoked"), self.amended.emit()),
            lambda why: self.warned.emit(f"{words} is not undone: {why}"),
        )


def _cancelled_in_words(found: tuple[list[int], list[int]]) -> str:
    cancelled, others = found
    parts = [f"{len(cancelled)} cancelled"] if cancelled else []
    parts += [f"job {', '.join(map(str, others))} no longer waits and stays"] if others else []
    return ", ".join(parts)
