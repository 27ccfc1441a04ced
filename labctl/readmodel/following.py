"""Follows a run in the database, by the rows that came since the last look."""

from dataclasses import replace
from typing import Any

from labctl.derive.in_force import amendments_of_run, in_force
from labctl.readmodel.growing_conductivities import Conductivities
from labctl.readmodel.growing_monitors import Monitors
from labctl.readmodel.growing_polarisations import Polarisations
from labctl.readmodel.growing_spectra import Spectra
from labctl.readmodel.long_tables import LongTable, PointTemperatures, Records
from labctl.readmodel.settling_text import why_it_waits
from labctl.readmodel.snapshot import RunSnapshot, TemperatureCurve
from labctl.readmodel.stated_text import stated_of_run
from labctl.store import Database
from labctl.store.queries import (
    amendments,
    analyses,
    derived_rows,
    events,
    law_fits,
    part_laws,
    transference_numbers,
)
from labctl.store.queries.numbered_rows import TEMPERATURES

MOST_EVENTS = 2000


class RunFollower:
    """One run with the parts it continues. Every `poll` reads a bounded number of rows.

    Raises
    ------
    StoreError
        From every method, when the file cannot be read.
    """

    def __init__(self, database: Database, run_id: int) -> None:
        self._db = database
        self.run_id = run_id
        self._parts = database.part_ids(run_id)
        run = database.run(run_id)
        sample = in_force(database, run_id).sample
        self._snapshot = RunSnapshot(
            run, sample, complete=False, stated=stated_of_run(database, run_id, sample)
        )
        self._amendment_mark = 0
        self._spectra = Spectra(database, self._parts, sample)
        self._polarisations = Polarisations(database, self._parts)
        self._temperature = LongTable(database, TEMPERATURES)
        self._point_temperatures = PointTemperatures(database, self._parts)
        self._records = Records(database, self._parts)
        self._monitors = Monitors(database, self._parts)
        self._events: list[dict[str, Any]] = []
        self._conductivities = Conductivities(database, self._parts)
        self._derived_mark: dict[str, Any] = {}

    def poll(self) -> RunSnapshot:
        """Read what came since; the same object as last time where nothing did."""
        changes: dict[str, Any] = {}
        self._poll_run(changes)
        self._poll_events(changes)
        self._poll_derived(changes)
        self._poll_amendments(changes)
        news = self._temperature.poll(self._parts), self._point_temperatures.poll()
        if any(news):
            log, points = self._temperature.columns(), self._point_temperatures.columns()
            changes["temperature"] = TemperatureCurve.of_readings(log, points)
        for name in ("spectra", "polarisations", "records", "monitors"):
            part = getattr(self, f"_{name}")
            if part.poll():
                changes[name] = part.value()
        if "polarisations" in changes and not self._snapshot.polarisations:  # the potentiostat counts now
            sample = changes.get("sample", self._snapshot.sample)
            changes["stated"] = stated_of_run(self._db, self.run_id, sample)
        if any(news) or "run" in changes or "spectra" in changes:
            words = why_it_waits(self._db, changes.get("run", self._snapshot.run))
            changes |= {"settling": words} if words != self._snapshot.settling else {}
        self._count(changes)
        if changes:
            self._snapshot = replace(self._snapshot, **changes)
        return self._snapshot

    def _poll_run(self, changes: dict[str, Any]) -> None:
        if self._snapshot.run["status"] == "running":
            run = self._db.run(self.run_id)
            if run != self._snapshot.run:
                changes["run"] = run

    def _poll_events(self, changes: dict[str, Any]) -> None:
        last = self._events[-1]["id"] if self._events else 0
        new = events.newest_of_parts(self._db, self._parts, last, MOST_EVENTS)
        if new:
            self._events = [*self._events, *reversed(new)][-MOST_EVENTS:]
            changes["events"] = tuple(self._events)

    def _poll_amendments(self, changes: dict[str, Any]) -> None:
        newest = amendments.newest_id(self._db)
        if newest == self._amendment_mark:
            return
        self._amendment_mark = newest
        now = {part: in_force(self._db, part) for part in self._parts}
        changes["sample"] = now[self.run_id].sample
        changes["stated"] = stated_of_run(self._db, self.run_id, changes["sample"])
        changes["amendments"] = tuple(amendments_of_run(self._db, self.run_id))
        self._spectra.amend(now)

    def _poll_derived(self, changes: dict[str, Any]) -> None:
        """Read the rows derived since; laws and transference numbers, which are few, all of them."""
        db, parts = self._db, self._parts
        mark = derived_rows.newest_ids(db, self.run_id, parts)
        new = {name for name in mark if mark[name] != self._derived_mark.get(name)}
        another = "analyses" in new and bool(self._derived_mark.get("analyses"))
        self._derived_mark = mark
        if "analyses" in new:
            changes["analysis"] = next(iter(analyses.current(db, (self.run_id,))), None)
        if another:
            self._read_derived_anew(new)
        ended = self._snapshot.run["status"] != "running" or "run" in changes
        if "conductivities" in new and (self._conductivities.poll(may_lack=ended) or another):
            changes["conductivities"] = self._conductivities.value()
        if "fits" in new:
            changes["fits"] = tuple(law_fits.of_run(db, self.run_id))
            changes["part_fits"] = tuple(part_laws.of_run(db, self.run_id))
        if "numbers" in new:
            changes["transference_numbers"] = tuple(transference_numbers.of_parts(db, parts))

    def _read_derived_anew(self, new: set[str]) -> None:
        """Forget the rows of an analysis that is not the current one any more; add all tables to `new`."""
        new |= {"conductivities", "fits", "numbers"}
        self._conductivities = Conductivities(self._db, self._parts)
        self._spectra.read_resistances_anew()

    def _count(self, changes: dict[str, Any]) -> None:
        read = (self._spectra, self._polarisations, self._temperature, self._records)
        rows, complete = sum(part.rows for part in read), all(part.complete for part in read)
        complete = complete and self._point_temperatures.complete and self._monitors.complete
        if rows != self._snapshot.rows or complete != self._snapshot.complete:
            changes.update(rows=rows, complete=complete)
        thinned = self._thinned()
        if thinned != self._snapshot.thinned:
            changes["thinned"] = thinned

    def _thinned(self) -> frozenset[str]:
        temperature = self._temperature.is_thinned or self._point_temperatures.is_thinned
        known = {
            "temperature": temperature,
            "polarisations": self._polarisations.is_thinned,
            "records": self._records.is_thinned,
            "monitors": self._monitors.is_thinned,
        }
        return frozenset(name for name, is_thinned in known.items() if is_thinned)
