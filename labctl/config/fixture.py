"""What cables and clamps add to a spectrum, measured with a short or nothing in the place of the sample."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labctl.config.table import Table
from labctl.errors import StoreError
from labctl.store import Database
from labctl.store.queries.spectra import last_finished

if TYPE_CHECKING:
    from labctl.analysis import Estimate, Spectrum

Points = tuple[tuple[float, float, float], ...]  # frequency Hz, Z' ohm, Z'' ohm

WANTED = 'the name of a spectrum\'s file, "run 12" of this database, or a list of [Hz, ohm, ohm]'
FEWEST_POINTS = 2


def read_points(table: Table, key: str, database: Path | None) -> Points | None:
    """The spectrum that `key` of a sample names, highest frequency first; None where it names none.

    Raises ConfigurationError when there is no such spectrum or it has fewer than two usable points.
    """
    told = table.take(key, None, WANTED)
    if told is None:
        return None
    try:
        spectrum = _named(told, Path(str(table.source)).parent, database).cleaned()
    except (OSError, ValueError, StoreError) as error:
        raise table.error(key, f"{error}; give {WANTED}") from error
    if len(spectrum) < FEWEST_POINTS:
        raise table.error(key, f"holds {len(spectrum)} usable points; at least {FEWEST_POINTS} are needed")
    columns = (spectrum.frequency_hz, spectrum.z_ohm.real, spectrum.z_ohm.imag)
    return tuple(zip(*(column.tolist() for column in columns), strict=True))


def kept_points(value: Any) -> Points | None:
    """The same from a database or a job: JSON or lists."""
    told = json.loads(value) if isinstance(value, str) else value
    return None if told is None else tuple((float(f), float(re), float(im)) for f, re, im in told)


def are_swapped(short: Points, open_circuit: Points) -> bool:
    """Whether the short has the larger impedance where both were measured at their middle frequency."""
    small, large = (points[len(points) // 2] for points in (short, open_circuit))
    return abs(complex(*small[1:])) >= abs(complex(*large[1:]))


def without_fixture(measured: "Spectrum", sample: Mapping[str, Any]) -> "Spectrum":
    """The spectrum as the sample alone would have given it; itself where no fixture was told."""
    from labctl.analysis import compensate

    short, open_circuit = (_spectrum(sample.get(f"fixture_{name}")) for name in ("short", "open"))
    if short is None and open_circuit is None:
        return measured
    return compensate(measured, short, open_circuit)


def lead_of(sample: Mapping[str, Any]) -> "Estimate":
    """What is still to be taken off the resistance: the leads told, or the scatter of the short taken out."""
    from labctl.analysis import Estimate, lead_resistance

    short = _spectrum(sample.get("fixture_short"))
    if short is None:
        return Estimate(sample.get("lead_ohm") or 0.0, sample.get("lead_u_ohm") or 0.0)
    try:
        return Estimate(0.0, lead_resistance(short).standard_uncertainty)
    except ValueError:
        return Estimate(0.0, 0.0)


def in_words(sample: Mapping[str, Any]) -> str:
    """What is taken off, for a person: `leads 2.50 ± 0.10 ohm`, `fixture (short, open)`, or nothing."""
    if (lead_ohm := sample.get("lead_ohm")) is not None:
        return f"leads of {lead_ohm:.4g} ± {sample.get('lead_u_ohm') or 0.0:.2g} ohm taken off"
    told = [name for name in ("short", "open") if sample.get(f"fixture_{name}")]
    return f"fixture taken out ({' and '.join(told)})" if told else ""


def _named(told: Any, folder: Path, database: Path | None) -> "Spectrum":
    from labctl.analysis import Spectrum, read_spectrum

    if isinstance(told, list):
        if not all(_is_point(point) for point in told):
            raise ValueError("is a list of something else")
        return Spectrum([point[0] for point in told], [complex(point[1], point[2]) for point in told])
    if not isinstance(told, str):
        raise ValueError(f"is {told!r}")
    run = re.fullmatch(r"run\s+(\w+(?:-\w+)*)", told)
    return _measured(run[1], database) if run else read_spectrum(folder / told)


def _is_point(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(type(v) in (int, float) for v in value)


def _measured(run: str, database: Path | None) -> "Spectrum":
    """The last finished spectrum of a run."""
    if database is None or not database.is_file():
        raise ValueError(f"names run {run}, but there is no database to look for it")
    with Database(database) as db:
        found = last_finished(db, db.run(run)["id"])
        if found is None:
            raise ValueError(f"names run {run}, which has no finished spectrum")
        return db.spectrum(found)


def _spectrum(told: Any) -> "Spectrum | None":
    from labctl.analysis import Spectrum

    points = kept_points(told)
    return None if points is None else Spectrum([p[0] for p in points], [complex(*p[1:]) for p in points])
