"""Import spectra that were measured elsewhere: read files, write them as runs, and derive the runs.

1. Every file is read before anything is written. A file that cannot be read is left out, with the reason.
2. Each run is written in one transaction. Its analysis follows in another; an import that was ended in
   between is derived by the next one.
3. A file is imported once: the same content is not imported again.
4. With temperatures, the files of one request are one run, a series with its temperature law; without, each
   file is a run.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from labctl.analysis import Spectrum, read_spectra
from labctl.clock import RealClock
from labctl.config.sample import Sample
from labctl.derive import derive_run
from labctl.errors import StoreError
from labctl.report.file_temperatures import FileTemperatures
from labctl.store import Database, Store
from labctl.store.importing import PROCEDURE, AlreadyImported, ImportedRun
from labctl.store.provenance import collect_provenance
from labctl.store.queries import imported_files

LARGEST_FILE_BYTES = 48 * 2**20
OnFile = Callable[[str], None]


@dataclass(frozen=True)
class FileRead:
    """A file with spectra to import: its content, spectra, and the temperature of each in kelvin."""

    path: Path
    content: bytes
    sha256: str
    spectra: Sequence[Spectrum]
    temperatures_k: Sequence[float | None]


@dataclass(frozen=True)
class FileOutcome:
    """Outcome for one file.

    Attributes
    ----------
    path : Path
    outcome : {"imported", "known", "refused"}
    run_id : int or None
        The run that holds its spectra; None for a refused file.
    spectra : int
        How many were imported.
    reason : str
        Why it was refused, or where it is already.
    remarks : tuple of str
        Omissions and guesses of the reader.
    """

    path: Path
    outcome: str
    run_id: int | None = None
    spectra: int = 0
    reason: str = ""
    remarks: tuple[str, ...] = ()


@dataclass
class Reading:
    """Files read, and the outcome for the others, before anything is written."""

    files: list[FileRead] = field(default_factory=list)
    others: list[FileOutcome] = field(default_factory=list)


def files_named(paths: Iterable[Path]) -> list[Path]:
    """Return the files named, and those in the folders named, in the order of their names, each once."""
    found: list[Path] = []
    for path in paths:
        found += _inside(path) if path.is_dir() else [path]
    return list(dict.fromkeys(found))


def read_files(
    paths: Sequence[Path], temperatures: FileTemperatures, db: Path, on_file: OnFile = lambda name: None
) -> Reading:
    """Read files without writing anything; `on_file` gets the name of each before it is read."""
    reading = Reading()
    with ExitStack() as opened:
        database = opened.enter_context(Database(db)) if db.is_file() else None
        for path in paths:
            on_file(path.name)
            try:
                _read_one(path, temperatures, database, reading)
            except (OSError, ValueError) as error:
                reading.others.append(FileOutcome(path, "refused", reason=_in_words(path, error)))
    return reading


def _read_one(
    path: Path, temperatures: FileTemperatures, database: Database | None, reading: Reading
) -> None:
    content = _content(path)
    digest = hashlib.sha256(content).hexdigest()
    known = imported_files.with_hash(database, digest) if database is not None else None
    same = next((file for file in reading.files if file.sha256 == digest), None)
    if known is not None:
        reading.others.append(_already(path, known["run_id"], known["name"], known["sample"]))
    elif same is not None:
        reading.others.append(FileOutcome(path, "known", reason=f"it has the content of {same.path.name}"))
    else:
        spectra = read_spectra(path)
        reading.files.append(FileRead(path, content, digest, spectra, temperatures.of(path, spectra)))


def import_files(
    store: Store,
    sample: Sample,
    files: Sequence[FileRead],
    temperatures_from: str,
    person: str,
    on_file: OnFile = lambda name: None,
) -> list[FileOutcome]:
    """Write the files as runs and derive them; `on_file` gets the name of each file before it is written.

    Raises
    ------
    StoreError
        The results file cannot be written. Runs written before stay.
    """
    _derive_what_an_earlier_import_left(store)
    together = bool(temperatures_from)
    provenance = collect_provenance(operator=person)
    outcomes: list[FileOutcome] = []
    for group in [list(files)] if together and files else [[file] for file in files]:
        on_file(group[0].path.name)
        new = _imported_run(sample, group, temperatures_from, provenance)
        outcomes += _import_run(store, new, group)
    return outcomes


def _import_run(store: Store, new: ImportedRun, files: Sequence[FileRead]) -> list[FileOutcome]:
    written = store.import_run(new)
    if isinstance(written, AlreadyImported):  # another import wrote one of them since the files were read
        return [
            _already(file.path, written.run_id, written.name, "")
            if file.sha256 == written.sha256
            else FileOutcome(file.path, "refused", reason=f"another import wrote {written.name}: try again")
            for file in files
        ]
    _derive(store, written)
    return [
        FileOutcome(file.path, "imported", written, len(file.spectra), remarks=_remarks(file))
        for file in files
    ]


def _imported_run(
    sample: Sample, files: Sequence[FileRead], temperatures_from: str, provenance: Mapping[str, Any]
) -> ImportedRun:
    now_s = RealClock().time()
    spectra = [
        _spectrum_rows(spectrum, kelvin, now_s)
        for file in files
        for spectrum, kelvin in zip(file.spectra, file.temperatures_k, strict=True)
    ]
    run = {"procedure": PROCEDURE, "parameters": {"temperatures": temperatures_from}, "started_s": now_s}
    identities = [
        {"path": str(file.path.absolute()), "bytes": len(file.content), "sha256": file.sha256}
        for file in files
    ]
    origin = {**provenance, "imported_files": identities}
    words = f"imported from {', '.join(file.path.name for file in files[:5])}"
    words += f" and {len(files) - 5} more files" if len(files) > 5 else ""
    event = {"time_s": now_s, "level": "info", "kind": "imported", "message": words}
    rows = list(_file_rows(files, temperatures_from))
    return ImportedRun(run, vars(sample), origin, spectra, rows, [event])


def _file_rows(files: Sequence[FileRead], temperatures_from: str) -> Iterator[dict[str, Any]]:
    first = 0
    for file in files:
        metadata = file.spectra[0].metadata
        yield {
            "name": file.path.name,
            "sha256": file.sha256,
            "bytes": len(file.content),
            "content": zlib.compress(file.content, 9),
            "format": metadata.get("format", ""),
            "acquired": metadata.get("acquired", ""),
            "first_spectrum": first,
            "n_spectra": len(file.spectra),
            "temperatures_from": temperatures_from,
            "remarks": list(_remarks(file)),
        }
        first += len(file.spectra)


def _spectrum_rows(
    spectrum: Spectrum, kelvin: float | None, now_s: float
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the rows of a spectrum and its points; the temperature is one reading, of unknown spread."""
    usable = spectrum.usable
    possible = np.isfinite(spectrum.frequency_hz) & (spectrum.frequency_hz > 0)
    points: list[dict[str, Any]] = []
    for place in np.flatnonzero(possible):
        z = complex(spectrum.z_ohm[place])
        point = {"time_s": now_s, "frequency_hz": float(spectrum.frequency_hz[place])}
        point |= {"z_real_ohm": z.real, "z_imag_ohm": z.imag, "temperature_k": None if points else kelvin}
        points.append(point | {"status": "ok" if usable[place] else _status(spectrum, int(place))})
    return {"started_s": now_s, **_bias(spectrum)}, points


def _bias(spectrum: Spectrum) -> dict[str, float]:
    """Return the potential under the excitation as a column of `spectra`, where the file states it."""
    return {"bias_v": float(spectrum.metadata["bias_v"])} if "bias_v" in spectrum.metadata else {}


def _status(spectrum: Spectrum, place: int) -> str:
    """Return the maker's word for a point that cannot be used."""
    word = spectrum.status[place].strip() if spectrum.status is not None else ""
    return word if word.lower() not in ("", "good", "ok") else "no value"


def _remarks(file: FileRead) -> tuple[str, ...]:
    """Return the warnings of the reader, but for those that name the other sweeps of the file."""
    told = (warning for spectrum in file.spectra for warning in spectrum.warnings)
    return tuple(dict.fromkeys(warning for warning in told if not warning.endswith("this is one of them")))


def _derive(store: Store, run_id: int) -> None:
    """Derive a run; a failure is recorded with it, and the import stays."""
    now_s = RealClock().time()
    try:
        derive_run(store, run_id, now_s)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - no evaluation undoes an import
        words = f"{type(error).__name__}: {error}"
        row = {"run_id": run_id, "time_s": now_s, "level": "warning", "kind": "evaluation failed"}
        store.append("events", row | {"message": words})
        store.flush()


def _derive_what_an_earlier_import_left(store: Store) -> None:
    with store.read() as db:
        left = imported_files.not_derived(db)
    for run_id in left:
        _derive(store, run_id)


def _already(path: Path, run_id: int, name: str, sample: str) -> FileOutcome:
    other = "" if name == path.name else f" from {name}"
    of = f" of sample {sample}" if sample else ""
    return FileOutcome(path, "known", run_id, reason=f"it was imported before{other}, as run {run_id}{of}")


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    if len(content) > LARGEST_FILE_BYTES:
        raise ValueError(
            f"it has {len(content) / 2**20:.0f} MiB; the limit is {LARGEST_FILE_BYTES >> 20} MiB"
        )
    return content


def _inside(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _in_words(path: Path, error: OSError | ValueError) -> str:
    """Return the reason without the name of the file, which stands before it."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error).removeprefix(f"{path}: ")
