"""Correction for cables and clamps, from spectra of a short and of an open circuit in place of the sample."""

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
    """Return the spectrum that `key` of a sample names, highest frequency first; None if the key is absent.

    Raises ConfigurationError when there is no such spectrum or it has fewer than two usable points.
    """
    given = table.take(key, None, WANTED)
    if given is None:
        return None
    try:
        spectrum = _named(given, Path(str(table.source)).parent, database).cleaned()
    except (OSError, ValueError, StoreError) as error:
        raise table.error(key, f"{error}; give {WANTED}") from error
    if len(spectrum) < FEWEST_POINTS:
        raise table.error(key, f"holds {len(spectrum)} usable points; at least {FEWEST_POINTS} are needed")
    columns = (spectrum.frequency_hz, spectrum.z_ohm.real, spectrum.z_ohm.imag)
    return tuple(zip(*(column.tolist() for column in columns), strict=True))


def kept_points(value: Any) -> Points | None:
    """Return points stored in a database or a job as JSON or lists; None if there are none."""
    given = json.loads(value) if isinstance(value, str) else value
    return None if given is None else tuple((float(f), float(re), float(im)) for f, re, im in given)


def are_swapped(short: Points, open_circuit: Points) -> bool:
    """Return whether the short has the larger impedance; each is compared at its middle frequency."""
    small, large = (points[len(points) // 2] for points in (short, open_circuit))
    return abs(complex(*small[1:])) >= abs(complex(*large[1:]))


def without_fixture(measured: "Spectrum", sample: Mapping[str, Any]) -> "Spectrum":
    """Return the spectrum corrected for the fixture; unchanged if the sample has no fixture spectra."""
    from labctl.analysis import compensate

    short, open_circuit = (_spectrum(sample.get(f"fixture_{name}")) for name in ("short", "open"))
    if short is None and open_circuit is None:
        return measured
    return compensate(measured, short, open_circuit)


def lead_of(sample: Mapping[str, Any]) -> "Estimate":
    """Return the lead resistance to subtract, ohm: 0 with the short's uncertainty if a short is given."""
    from labctl.analysis import Estimate, lead_resistance

    short = _spectrum(sample.get("fixture_short"))
    if short is None:
        return Estimate(sample.get("lead_ohm") or 0.0, sample.get("lead_u_ohm") or 0.0)
    try:
        return Estimate(0.0, lead_resistance(short).standard_uncertainty)
    except ValueError:
        return Estimate(0.0, 0.0)


def in_words(sample: Mapping[str, Any]) -> str:
    """Return the correction as text, e.g. `leads of 2.5 ± 0.1 ohm taken off`; empty if there is none."""
    if (lead_ohm := sample.get("lead_ohm")) is not None:
        return f"leads of {lead_ohm:.4g} ± {sample.get('lead_u_ohm') or 0.0:.2g} ohm taken off"
    given = [name for name in ("short", "open") if sample.get(f"fixture_{name}")]
    return f"fixture taken out ({' and '.join(given)})" if given else ""


def _named(given: Any, folder: Path, database: Path | None) -> "Spectrum":
    from labctl.analysis import Spectrum, read_spectrum

    if isinstance(given, list):
        if not all(_is_point(point) for point in given):
            raise ValueError("is a list with other entries")
        return Spectrum([point[0] for point in given], [complex(point[1], point[2]) for point in given])
    if not isinstance(given, str):
        raise ValueError(f"is {given!r}")
    run = re.fullmatch(r"run\s+(\w+(?:-\w+)*)", given)
    return _measured(run[1], database) if run else read_spectrum(folder / given)


def _is_point(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(type(v) in (int, float) for v in value)


def _measured(run: str, database: Path | None) -> "Spectrum":
    """Return the last finished spectrum of a run."""
    if database is None or not database.is_file():
        raise ValueError(f"names run {run}, but there is no database to look for it")
    with Database(database) as db:
        found = last_finished(db, db.run(run)["id"])
        if found is None:
            raise ValueError(f"names run {run}, which has no finished spectrum")
        return db.spectrum(found)


def _spectrum(given: Any) -> "Spectrum | None":
    from labctl.analysis import Spectrum

    points = kept_points(given)
    return None if points is None else Spectrum([p[0] for p in points], [complex(*p[1:]) for p in points])
