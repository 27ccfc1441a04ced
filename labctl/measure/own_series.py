"""The spectra of one cell, each held against the others of its cell; contradicting ones are put in doubt.

1. A spectrum that contradicts the series of its cell is excluded: which cell was measured is not known.
   Earlier runs of the same mount in the same cell belong to that series.
2. The spectra of the run before it are excluded too: one side is wrong, and the spectra do not show which.
   If the spectrum is as expected of another cell, the spectra of that cell are excluded as well: the leads
   may be exchanged.
3. While a contradiction is open, later spectra are excluded. Two in succession that agree with the series
   close it, but not where the leads may be exchanged: the exclusions of the series are revoked, and the
   contradicting spectra stay excluded.
4. Each exclusion is an amendment, with its reason; `labctl amend --revoke` revokes it. A change of the sample
   is a contradiction as well, so a person decides.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from labctl.measure.cell_checks import CONTRADICTION, Sighting, contradiction, sighting_of
from labctl.measure.events import PointMeasured, SpectrumEnded, SpectrumStarted
from labctl.store.queries.events import RECOGNISED
from labctl.units import ZERO_CELSIUS_K

IN_DOUBT = "in doubt, which cell was measured: "
"""Begins the reason of an exclusion by these checks."""
OF_A_TURN = "after its turn "
"""Begins the rest of the reason where the switch failed: no contradiction is open by that."""
OF_THE_SERIES = " contradicts it: "
"""In the reason of a spectrum that another one contradicts: the series goes on from it."""
EXCHANGED, AS_EXPECTED_HERE = "exchanged leads?", " is as expected here"
AGREEING_TO_CLOSE = 2
LN_OF_EARLIER_RUN = math.log(3)
"""Allowed change of a conductance between two runs, beyond that within one: time has passed."""


@dataclass(frozen=True)
class Place:
    """A spectrum by its run and its number in it."""

    run_id: int
    number: int


class Ledger(Protocol):
    """The record of a run that keeps exclusions."""

    run_id: int

    def event(self, level: str, kind: str, message: str, **details: Any) -> None:
        """Record an event."""
        ...

    def put_in_doubt(self, places: Sequence[Place], reason: str) -> None:
        """Exclude spectra, with a reason."""
        ...

    def believe(self, places: Sequence[Place], reason: str) -> None:
        """Revoke the exclusions of spectra, with a reason."""
        ...


@dataclass(frozen=True)
class KnownBefore:
    """Earlier spectra of a cell when its run begins.

    Attributes
    ----------
    earlier : mapping of int to Sightings
        By run: finished spectra of earlier jobs, of the same mount in the same cell.
    of_job : sequence of (Place, Sighting)
        Spectra of the parts of this run that were measured before.
    in_doubt : mapping of Place to str
        Spectra of the parts that these checks excluded, and that are still excluded; the reason of each.
    """

    earlier: dict[int, list[Sighting]] = field(default_factory=dict)
    of_job: Sequence[tuple[Place, Sighting]] = ()
    in_doubt: Mapping[Place, str] = field(default_factory=dict)

    @property
    def series(self) -> list[tuple[Place, Sighting]]:
        """The spectra of the run that make its series: believed, or contradicted by another one."""
        return [
            (place, seen)
            for place, seen in self.of_job
            if place not in self.in_doubt or _is_of_the_series(self.in_doubt[place])
        ]

    @property
    def is_contradicted(self) -> bool:
        """Whether a contradiction is open: not by a switch that failed after a turn."""
        return not all(reason.startswith(OF_A_TURN) for reason in self.in_doubt.values())

    @property
    def may_be_exchanged(self) -> bool:
        """Whether a spectrum is as expected of another cell."""
        return any(r.endswith((EXCHANGED, AS_EXPECTED_HERE)) for r in self.in_doubt.values())


def _is_of_the_series(reason: str) -> bool:
    return OF_THE_SERIES in reason or reason.endswith(AS_EXPECTED_HERE)


@dataclass(frozen=True)
class _Seen:
    place: Place
    sighting: Sighting


class OwnSeries:
    """The spectra of one cell so far.

    Parameters
    ----------
    cell : str
    ledger : Ledger
        The record of its run.
    cells : list of OwnSeries
        The series of all cells of the night; this one is added.
    before : KnownBefore
    """

    def __init__(
        self, cell: str, ledger: Ledger, cells: "list[OwnSeries]", before: KnownBefore | None = None
    ) -> None:
        self._cell, self._ledger, self._cells = cell, ledger, cells
        before = before or KnownBefore()
        self._earlier = before.earlier
        self._known = [_Seen(place, seen) for place, seen in before.series]
        self._doubted = set(before.in_doubt)
        self._agreeing: list[_Seen] = []
        self.in_doubt = before.is_contradicted
        self._is_recognised, self._may_be_exchanged = False, before.may_be_exchanged
        self._number, self._condition = -1, None
        self._first_of_turn, self._finished = 0, set[int]()
        self._points: list[PointMeasured] = []
        cells.append(self)

    def beside(self, emit: Callable[[str, Any], None]) -> Callable[[str, Any], None]:
        """Return an `emit` that follows the spectra, and judges each before its end is recorded."""

        def follow_and_emit(topic: str, record: Any) -> None:
            self._see(record)
            emit(topic, record)

        return follow_and_emit

    def _see(self, record: Any) -> None:
        match record:
            case SpectrumStarted():
                self._points, self._number = [], self._number + 1
                quantity = record.condition_quantity
                self._condition = (quantity, record.condition_setpoint) if quantity else None
            case PointMeasured() if record.status == "ok":
                self._points.append(record)
            case SpectrumEnded() if record.state == "finished":
                self._judge(record)
            case _:
                pass

    def _judge(self, ended: SpectrumEnded) -> None:
        self._finished.add(self._number)
        place = Place(self._ledger.run_id, self._number)
        sighting = sighting_of(self._points, self._condition)
        if sighting is None:
            if self.in_doubt:
                self._doubt([place], "a contradiction before it is open")
            return
        seen = _Seen(place, sighting)
        words = self._contradiction(sighting)
        if words:
            self._open(seen, words, ended.step)
        elif self.in_doubt:
            self._agree(seen)
        else:
            self._known.append(seen)
            self._recognise(sighting)

    def begin_turn(self) -> None:
        """Note that the cell is about to be connected: a failed check afterwards concerns what follows."""
        self._first_of_turn = self._number + 1

    def doubt_turn(self, why: str) -> None:
        """Put the spectra of the last turn in doubt: the switch was not as it should be after it."""
        numbers = range(self._first_of_turn, self._number + 1)
        places = [Place(self._ledger.run_id, number) for number in numbers if number in self._finished]
        self._known = [one for one in self._known if one.place not in places]
        self._doubt(places, f"{OF_A_TURN}{why}")

    def _contradiction(self, sighting: Sighting) -> str:
        for run_id, earlier in self._earlier.items():
            if words := contradiction(earlier, sighting, LN_OF_EARLIER_RUN):
                return f"{words} (compared with run {run_id} of the same mount)"
        return contradiction([one.sighting for one in self._known], sighting)

    def _open(self, seen: _Seen, words: str, step: int | None) -> None:
        """Put a contradicting spectrum in doubt, and those that may be wrong in its place."""
        kelvin, number = seen.sighting.temperature_k, seen.place.number
        other = self._looks_like(seen.sighting)
        like = f"; it is as expected of cell {other._cell}: {EXCHANGED}" if other else ""
        message = f"cell {self._cell} at {kelvin - ZERO_CELSIUS_K:.1f} degC: {words}{like}"
        self._ledger.event("warning", CONTRADICTION, message, step=step)
        self._doubt([seen.place], f"{words}{like}")
        self._doubt([one.place for one in self._known], f"spectrum {number}{OF_THE_SERIES}{words}")
        self._agreeing, self.in_doubt = [], True
        if other is not None:
            self._may_be_exchanged = True
            other.suspect(f"spectrum {number} of cell {self._cell}{AS_EXPECTED_HERE}")

    def suspect(self, why: str) -> None:
        """Put the spectra so far in doubt: the leads of this cell and another one may be exchanged."""
        if not self._may_be_exchanged:
            self._ledger.event("warning", CONTRADICTION, f"cell {self._cell}: {why}: {EXCHANGED}")
        self._doubt([one.place for one in self._known], why)
        self._agreeing, self.in_doubt, self._may_be_exchanged = [], True, True

    def _agree(self, seen: _Seen) -> None:
        """Close an open contradiction after enough spectra that agree with the series."""
        self._agreeing.append(seen)
        is_enough = len(self._agreeing) >= AGREEING_TO_CLOSE and self._has_compared(seen.sighting)
        if self._may_be_exchanged or not is_enough:
            self._doubt([seen.place], "it agrees with its series, but a contradiction before it is open")
            return
        self._known += self._agreeing
        self._agreeing, self.in_doubt = [], False
        believed = [one.place for one in self._known if one.place in self._doubted]
        self._doubted -= set(believed)
        self._ledger.believe(believed, "the series went on as before the contradiction")

    def _has_compared(self, sighting: Sighting) -> bool:
        """Return whether something at the same condition was there to agree with."""
        known = [one.sighting for one in self._known]
        return any(_compares(seen, sighting) for seen in (known, *self._earlier.values()))

    def _recognise(self, sighting: Sighting) -> None:
        """Record once that the sample is as in earlier runs; a conductance or a capacitance must be known."""
        runs = [run_id for run_id, seen in self._earlier.items() if _compares(seen, sighting)]
        if self._is_recognised or not runs:
            return
        self._is_recognised = True
        message = f"cell {self._cell}: its spectrum is as in run {runs[-1]} of the same mount"
        self._ledger.event("info", RECOGNISED, message)

    def _doubt(self, places: Sequence[Place], reason: str) -> None:
        new = [place for place in places if place not in self._doubted]
        self._doubted |= set(new)
        if new:
            self._ledger.put_in_doubt(new, f"{IN_DOUBT}{reason}")

    def _looks_like(self, sighting: Sighting) -> "OwnSeries | None":
        """Return another cell with a series that this spectrum continues."""
        return next((cell for cell in self._cells if cell is not self and cell._expects(sighting)), None)

    def _expects(self, sighting: Sighting) -> bool:
        known = [one.sighting for one in self._known]
        return _compares(known, sighting) and not contradiction(known, sighting)


def _compares(known: Sequence[Sighting], now: Sighting) -> bool:
    return any(one.condition == now.condition for one in known)
