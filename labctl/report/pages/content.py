"""Everything that a report shows of one run, read once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from labctl.derive.in_force import in_force
from labctl.readmodel.analysis_text import sample_of_analysis
from labctl.readmodel.carriers import Carriers, carriers_of_run
from labctl.readmodel.check_point_text import check_points_in_words
from labctl.readmodel.recorded_checks import checked_instruments
from labctl.readmodel.snapshot import RunSnapshot
from labctl.readmodel.unreadable import or_as_unreadable
from labctl.readmodel.whole_run import whole_run, with_fits
from labctl.store import Database
from labctl.store.amendments import Exclusion
from labctl.store.cells import stated_accuracy
from labctl.store.queries import (
    check_points,
    imported_files,
    monitor_readings,
    spectra,
    temperature_log,
    thermal_steps,
    transference_numbers,
)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class RunContent:
    """One run with its parts.

    Attributes
    ----------
    run : RunSnapshot
        With the impedance of circuits.
    sample : mapping
        The sample that the numbers stand on.
    numbers : sequence of rows
        Transference numbers with the end of their polarisation.
    resistances : mapping of int to row
        The total resistance of each spectrum by its id.
    without_number : sequence of rows
        Finished spectra that gave no conductivity, with the flags that say why.
    stretches : sequence of rows
        The temperature log by set point and phase.
    monitors : sequence of rows
        Mean and range of each quantity of each monitor.
    thermal_history : sequence of rows
        Steps of temperature held before the measurement.
    carriers : Carriers
        Of the sample, by all of its runs and facts; a text that says why where they cannot be read.
    """

    run: RunSnapshot
    sample: Row
    numbers: Sequence[Row]
    resistances: Mapping[int, Row]
    without_number: Sequence[Row]
    drift: Sequence[str]
    stretches: Sequence[Row]
    monitors: Sequence[Row]
    thermal_history: Sequence[Row]
    instruments: Sequence[Row]
    accuracy: Mapping[str, Any]
    exclusions: Sequence[Exclusion]
    remarks: Sequence[str]
    imported: Sequence[Row]
    provenance: Mapping[str, Any]
    carriers: Carriers | str


def content_of(db: Database, run: int | str) -> RunContent:
    """Return the contents of the results file about a run; raises InvalidRequest without one."""
    snapshot = with_fits(whole_run(db, run))
    parts = db.part_ids(snapshot.id)
    now = in_force(db, snapshot.id)
    totals = {one.id: one.resistance for one in snapshot.spectra if one.resistance is not None}
    return RunContent(
        run=snapshot,
        sample=sample_of_analysis(dict(snapshot.analysis) if snapshot.analysis else None, now.sample),
        numbers=transference_numbers.of_parts(db, parts),
        resistances=totals,
        without_number=spectra.without_conductivity(db, parts),
        drift=check_points_in_words(db, check_points.of_parts(db, parts)),
        stretches=temperature_log.stretches(db, parts),
        monitors=monitor_readings.summary(db, parts),
        thermal_history=thermal_steps.of_parts(db, parts),
        instruments=checked_instruments(db, snapshot.id),
        accuracy=stated_accuracy(db, snapshot.id),
        exclusions=now.exclusions,
        remarks=now.remarks,
        imported=imported_files.of_run(db, snapshot.id),
        provenance=db.provenance(snapshot.id),
        carriers=or_as_unreadable(partial(carriers_of_run, db, snapshot.id), str),
    )
