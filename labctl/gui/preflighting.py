"""Button for a pre-flight of the protocol in the form, measured by a process of its own.

The process outlives the window: closing the window does not cut a measurement short.
"""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labctl.config.station import Station
from labctl.errors import InvalidRequest
from labctl.gui.background import Background
from labctl.gui.qt import QtWidgets, Signal
from labctl.queue.processes import start_labctl
from labctl.queue.submission import Submission

LONGEST_S = 1800.0
IDLE, BUSY = "Pre-flight", "Pre-flight runs…"
MARKS = {"ok": "ok", "fault": "FAULT", "unknown": "not known"}


class PreflightButton(QtWidgets.QPushButton):
    """Measures for a minute on the sample in the form; the verdict is stored and shown.

    Signals
    -------
    said(str), refused(str)
        The verdict with its findings; why it is not ready to be queued, or was not measured.
    """

    said = Signal(str)
    refused = Signal(str)

    def __init__(
        self,
        station: Station,
        db: Path,
        submission: Callable[[], Submission | None],
        parent: QtWidgets.QWidget | None = None,
    ) -> None:
        super().__init__(IDLE, parent)
        self._station, self._db, self._submission = station, db, submission
        self._background = Background(self)
        self.setShortcut("Ctrl+Shift+Return")
        self.setToolTip(
            "Ctrl+Shift+Return: cell, geometry, contact, amplitude, thermometer, oven in a minute"
        )
        self.clicked.connect(self.begin)

    def begin(self) -> None:
        """Begin one, unless the form is at fault, which says so itself."""
        submission = self._submission()
        if submission is None:
            return
        self.setEnabled(False)
        self.setText(BUSY)
        self._background.run(
            lambda: measured_apart(submission, self._station, self._db), self._show, self._fail
        )

    def _show(self, found: list[dict[str, Any]]) -> None:
        self._rest()
        lines = [line for one in found for line in in_words(one)]
        signal = self.refused if any(one["outcome"] == "faults" for one in found) else self.said
        signal.emit("\n".join(lines))

    def _fail(self, sentence: str) -> None:
        self._rest()
        self.refused.emit(f"no pre-flight: {sentence}")

    def _rest(self) -> None:
        self.setText(IDLE)
        self.setEnabled(True)


def in_words(preflight: dict[str, Any]) -> list[str]:
    """Return the verdict, and a line for each finding."""
    lines = [f"pre-flight of {preflight['sample']}: {preflight['words']}"]
    return lines + [
        f"{MARKS[verdict]}: {subject}: {said}" for subject, verdict, said in preflight["findings"]
    ]


def measured_apart(submission: Submission, station: Station, db: Path) -> list[dict[str, Any]]:
    """Run `labctl preflight` on the protocol of a submission; return what it stored.

    Raises
    ------
    InvalidRequest
        With the sentence of the command where it measured nothing.
    """
    beside = Path(submission.source).parent  # procedures of a laboratory are named from there
    person = ["--person", submission.person] if submission.person else []
    with tempfile.TemporaryDirectory(dir=beside, prefix=".preflight-") as folder:
        log = Path(folder) / "output.txt"
        protocol = beside / f"{Path(folder).name}.toml"
        try:
            protocol.write_text(submission.text, encoding="utf-8")
            arguments = ["preflight", str(protocol), "--station", station.source, "--db", str(db), "--json"]
            start_labctl([*arguments, *person], log).wait(LONGEST_S)
            return _answer(log.read_text(encoding="utf-8", errors="replace"))
        finally:
            protocol.unlink(missing_ok=True)


def _answer(output: str) -> list[dict[str, Any]]:
    lines = [line for line in output.splitlines() if line.strip()]
    for line in lines:
        if line.startswith("{"):
            return json.loads(line)["preflights"]
    raise InvalidRequest(lines[-1].removeprefix("labctl: ") if lines else "the command said nothing")
