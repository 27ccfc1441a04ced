"""Readings of the samples that wait in one oven while another one settles or is measured.

Each sample settles by its own thermometer. Without these readings the dwell would begin anew with the turn of
each sample; with them a sample that was steady for its dwell is measured at once.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from labctl.bench import Bench
from labctl.errors import InstrumentError
from labctl.measure.settle import EarlierReading

POLL_S = 10.0
MOST_READINGS = 20_000
TOPICS = ("temperature", "results")
"""Topics at which the sample under way shows that time has passed."""


@dataclass
class WaitingSamples:
    """The thermometers of samples by cell, and what they showed while another sample had its turn."""

    benches: Mapping[str, Bench]
    _seen: dict[str, deque[EarlierReading]] = field(init=False)
    _last_s: dict[str, float] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._seen = {cell: deque(maxlen=MOST_READINGS) for cell in self.benches}

    def beside(self, under_way: str, emit: Callable[[str, Any], None]) -> Callable[[str, Any], None]:
        """Return an `emit` of the sample under way that also reads the thermometers of the others."""

        def emit_and_look(topic: str, record: Any) -> None:
            emit(topic, record)
            if topic in TOPICS:
                self._look(under_way)

        return emit_and_look

    def taken_by(self, cell: str) -> Callable[[], list[EarlierReading]]:
        """Return what gives the readings of a sample before its turn, each once, oldest first."""

        def take() -> list[EarlierReading]:
            readings = list(self._seen[cell])
            self._seen[cell].clear()
            return readings

        return take

    def begin_anew(self) -> None:
        """Forget all readings: the oven goes to another temperature."""
        for seen in self._seen.values():
            seen.clear()

    def leave_out(self, cell: str) -> None:
        """Read the thermometer of this sample no more."""
        self._last_s[cell] = float("inf")

    def _look(self, under_way: str) -> None:
        for cell, bench in self.benches.items():
            now_s = bench.clock.monotonic()
            if cell != under_way and now_s - self._last_s.get(cell, -POLL_S) >= POLL_S:
                self._last_s[cell] = now_s
                self._read(cell, bench)

    def _read(self, cell: str, bench: Bench) -> None:
        """Keep one reading; without an answer there is none, and the sample settles in its own turn."""
        thermometer = bench.roles.get("thermometer") or bench.roles.get("oven")
        if thermometer is None:
            return
        try:
            temperature_k = thermometer.temperature_k
        except InstrumentError:
            self._seen[cell].clear()
            return
        self._seen[cell].append(EarlierReading(bench.clock.monotonic(), bench.clock.time(), temperature_k))
