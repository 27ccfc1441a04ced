"""Polarisations of a folder with the spectra that belong to them, by their names.

`cell3_before.csv`, `cell3_hold.csv` and `cell3_after.csv` are one measurement; so are `cell3_1_eis.csv`,
`cell3_2_hold.csv` and `cell3_3_eis.csv`. Names that fit two polarisations, or none, decide nothing.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from labctl.report.file_reading import FileRead

BEFORE = {"before", "pre", "initial", "start", "vorher", "vor", "avant"}
AFTER = {"after", "post", "steady", "final", "end", "nachher", "nach", "apres"}
KINDS = {
    *("eis", "geis", "peis", "impedance", "spectrum", "spec", "z"),
    *(
        "hold",
        "pol",
        "polarisation",
        "polarization",
        "dc",
        "ca",
        "chrono",
        "transient",
        "step",
        "current",
        "it",
    ),
}
"""Words that say what was measured, and not of which cell."""
_WORDS = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+")


def groups_by_name(files: Sequence[FileRead], blocking: bool) -> list[Sequence[FileRead]]:
    """Return the files of each run: a polarisation with the spectra before and after it, or a file alone.

    Parameters
    ----------
    files : sequence of FileRead
    blocking : bool
        Whether an electrode blocks ions: a polarisation with the spectrum before it alone is paired too.
    """
    spectra = [file for file in files if file.hold is None and len(file.spectra) == 1]
    found = {}
    for hold in files:
        if hold.hold is not None:
            pair = _by_word(hold, spectra) or _by_number(hold, spectra)
            if pair is not None and (pair[1] is not None or blocking):
                found[hold.path] = pair
    wanted = [one.path for pair in found.values() for one in pair if one is not None]
    sure = {
        path: pair
        for path, pair in found.items()
        if all(wanted.count(one.path) == 1 for one in pair if one is not None)
    }
    taken = {one.path for pair in sure.values() for one in pair if one is not None}
    return [_run_of(file, sure) for file in files if file.path not in taken]


Pair = tuple[FileRead, FileRead | None]


def _run_of(file: FileRead, pairs: dict[Path, Pair]) -> Sequence[FileRead]:
    before, after = pairs.get(file.path, (None, None))
    return [one for one in (before, file, after) if one is not None]


def _by_word(hold: FileRead, spectra: Sequence[FileRead]) -> Pair | None:
    """Return the spectra with the words of a polarisation and one that says before, and after."""
    cell = _cell(hold)
    before = [one for one in spectra if _cell(one) == cell and _words(one) & BEFORE]
    after = [one for one in spectra if _cell(one) == cell and _words(one) & AFTER]
    if len(before) != 1 or len(after) > 1:
        return None
    return before[0], after[0] if after else None


def _by_number(hold: FileRead, spectra: Sequence[FileRead]) -> Pair | None:
    """Return the spectra whose names have one number less, and one more, and the same words."""
    neighbours = [[one for one in spectra if _is_next(hold, one, by)] for by in (-1, 1)]
    if any(len(found) != 1 for found in neighbours):
        return None
    return neighbours[0][0], neighbours[1][0]


def _is_next(hold: FileRead, spectrum: FileRead, by: int) -> bool:
    own, other = _parts(hold), _parts(spectrum)
    if len(own) != len(other):
        return False
    differing = [(a, b) for a, b in zip(own, other, strict=True) if a != b]
    return (
        len(differing) == 1
        and all(a.isdigit() and b.isdigit() for a, b in differing)
        and (int(differing[0][1]) - int(differing[0][0]) == by)
    )


def _parts(file: FileRead) -> list[str]:
    """Return words and numbers of a name in their order, without those that say what was measured."""
    parts = _WORDS.findall(file.path.stem.casefold())
    return [str(file.path.parent), *(part for part in parts if part not in KINDS)]


def _words(file: FileRead) -> set[str]:
    return set(_parts(file))


def _cell(file: FileRead) -> list[str]:
    return [part for part in _parts(file) if part not in BEFORE | AFTER]
