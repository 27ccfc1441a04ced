"""Write files that were measured elsewhere as runs, and derive the runs.

1. Every file is read before anything is written (`file_reading`). A file that cannot be read is left out,
   with the reason; of a series, nothing is written then, unless `skip_refused` says that the others do.
2. Each run is written in one transaction. Its analysis follows in another; an import that was ended in
   between is derived by the next one.
3. A file is imported once: the same content is not imported again.
4. With temperatures, the files of one request are one run, a series with its temperature law; without, each
   file is a run. Files of a series that come later are another run: a finished run does not grow. A
   polarisation is a run of its own, with its spectra where they are named.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from labctl.analysis import Spectrum
from labctl.analysis.spectra.cell import electrode_sides
from labctl.clock import RealClock
from labctl.config.sample import Sample
from labctl.derive import derive_run
from labctl.errors import StoreError
from labctl.report.file_reading import FileOutcome, FileRead, OnFile, already, remarks_of
from labctl.report.pairing import groups_by_name
from labctl.report.polarisation_file import NO_NUMBER, hold_rows
from labctl.store import Store
from labctl.store.importing import PROCEDURE, AlreadyImported, ImportedRun
from labctl.store.provenance import collect_provenance
from labctl.store.queries import imported_files, spectra

Row = dict[str, Any]


def import_files(
    store: Store,
    sample: Sample,
    files: Sequence[FileRead],
    temperatures_from: str,
    person: str,
    on_file: OnFile = lambda name: None,
    *,
    one_polarisation: bool = False,
) -> list[FileOutcome]:
    """Write the files as runs and derive them; `on_file` gets the name of each file before it is written.

    `one_polarisation`: the files are a polarisation and its spectra, one run.

    Raises
    ------
    StoreError
        The results file cannot be written. Runs written before stay.
    """
    _derive_what_an_earlier_import_left(store)
    provenance = collect_provenance(operator=person)
    outcomes: list[FileOutcome] = []
    blocking = "blocking" in electrode_sides(sample.electrodes)
    groups = [files] if one_polarisation and files else runs_of(files, temperatures_from, blocking)
    for group in groups:
        on_file(group[0].path.name)
        new = _imported_run(sample, group, temperatures_from, provenance)
        try:
            outcomes += _import_run(store, new, group)
        except StoreError as error:
            raise _with_what_was_imported(error, len(outcomes), len(files)) from error
    return outcomes


def _with_what_was_imported(error: StoreError, done: int, of: int) -> StoreError:
    if not done:
        return error
    return StoreError(f"{error}; {done} of {of} files are imported, and the same command imports the others")


def runs_of(
    files: Sequence[FileRead], temperatures_from: str, blocking: bool = False
) -> list[Sequence[FileRead]]:
    """Return the files of each run: the spectra of a series together, each polarisation as a run.

    Without a series, a polarisation has the spectra that its name and theirs put beside it.
    """
    if not temperatures_from:
        return groups_by_name(files, blocking)
    spectra = [file for file in files if file.hold is None]
    return [*([spectra] if spectra else []), *([file] for file in files if file.hold is not None)]


def _import_run(store: Store, new: ImportedRun, files: Sequence[FileRead]) -> list[FileOutcome]:
    written = store.import_run(new)
    if isinstance(written, AlreadyImported):  # another import wrote one of them since the files were read
        return [
            already(file.path, written.run_id, written.name, "")
            if file.sha256 == written.sha256
            else FileOutcome(file.path, "refused", reason=f"another import wrote {written.name}: try again")
            for file in files
        ]
    failure = _derive(store, written)
    reasons = {} if failure else _reasons_without_number(store, written)
    outcomes, first = [], 0
    for file in files:
        mine = [reasons[n] for n in range(first, first + len(file.spectra)) if n in reasons]
        first += len(file.spectra)
        outcomes.append(
            FileOutcome(
                file.path,
                "imported",
                written,
                len(file.spectra),
                int(file.hold is not None),
                no_conductivity=failure or "; ".join(dict.fromkeys(mine)),
                remarks=_remarks(file, files),
            )
        )
    return outcomes


def _reasons_without_number(store: Store, run_id: int) -> dict[int, str]:
    """Return why spectra of a run gave no conductivity, by their number in it."""
    with store.read() as db:
        rows = spectra.without_conductivity(db, (run_id,))
    return {row["spectrum"]: "; ".join(row["flags"] or ()) or "not evaluated" for row in rows}


def _remarks(file: FileRead, files: Sequence[FileRead]) -> tuple[str, ...]:
    """Return the remarks of the reader, and why a polarisation without spectra has no number."""
    alone = file.hold is not None and not any(other.spectra for other in files)
    return (*remarks_of(file), *((NO_NUMBER,) if alone else ()))


def _imported_run(
    sample: Sample, files: Sequence[FileRead], temperatures_from: str, provenance: Mapping[str, Any]
) -> ImportedRun:
    """Return the rows of a run; the times of a polarisation are counted back from the time of import."""
    now_s = RealClock().time()
    began_s = now_s - max((file.hold.transient.elapsed_s[-1] for file in files if file.hold), default=0.0)
    measured = [
        _spectrum_rows(spectrum, kelvin, now_s if _is_after(file, files) else began_s)
        for file in files
        if file.hold is None
        for spectrum, kelvin in zip(file.spectra, file.temperatures_k, strict=True)
    ]
    numbers = list(range(len(measured)))
    holds = [
        hold_rows(file.hold, file.temperatures_k[0], began_s, numbers)
        for file in files
        if file.hold is not None
    ]
    run = {"procedure": PROCEDURE, "parameters": {"temperatures": temperatures_from}, "started_s": began_s}
    identities = [
        {"path": str(file.path.absolute()), "bytes": len(file.content), "sha256": file.sha256}
        for file in files
    ]
    origin = {**provenance, "imported_files": identities}
    words = f"imported from {', '.join(file.path.name for file in files[:5])}"
    words += f" and {len(files) - 5} more files" if len(files) > 5 else ""
    event = {"time_s": now_s, "level": "info", "kind": "imported", "message": words}
    rows = list(_file_rows(files, temperatures_from))
    return ImportedRun(run, vars(sample), origin, measured, rows, [event], holds, now_s)


def _is_after(file: FileRead, files: Sequence[FileRead]) -> bool:
    """Whether a file of spectra was named as measured after the polarisation of its run."""
    return any(other.hold for other in files[: files.index(file)])


def _file_rows(files: Sequence[FileRead], temperatures_from: str) -> Iterator[Row]:
    first = 0
    for file in files:
        yield {
            "name": file.path.name,
            "sha256": file.sha256,
            "bytes": len(file.content),
            "content": zlib.compress(file.content, 9),
            "format": file.format,
            "acquired": file.acquired,
            "first_spectrum": first,
            "n_spectra": len(file.spectra),
            "polarisation": None if file.hold is None else 0,
            "temperatures_from": temperatures_from,
            "remarks": list(_remarks(file, files)),
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


def _derive(store: Store, run_id: int) -> str:
    """Derive a run and return why it failed, or `""`; a failure is recorded, and the import stays."""
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
        return words
    return ""


def _derive_what_an_earlier_import_left(store: Store) -> None:
    with store.read() as db:
        left = imported_files.not_derived(db)
    for run_id in left:
        _derive(store, run_id)
