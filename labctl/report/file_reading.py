"""Read the files of an import before anything is written: spectra, or the current after a step of potential.

A file that cannot be read is left out, with the reason. Where the files belong together, a series or a
polarisation with its spectra, a refused file holds back the others.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from labctl.analysis import Spectrum, read_conductivities, read_spectra, read_transient
from labctl.analysis.readers.companions import companion_warnings
from labctl.analysis.readers.kinds import CONDUCTIVITIES, POLARISATION, kind_of_table
from labctl.report.file_temperatures import FileTemperatures, possible
from labctl.report.polarisation_file import NO_REQUEST, Hold, PolarisationRequest, hold_of
from labctl.report.unit_of_temperatures import kelvin_above_numbers
from labctl.store import Database
from labctl.store.queries import imported_files

LARGEST_FILE_BYTES = 48 * 2**20
OnFile = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class FileRead:
    """A file to import: content, spectra or a polarisation, and the temperature of each in kelvin.

    `numbers` are temperatures without a known unit; `notes` say how the unit was found.
    """

    path: Path
    content: bytes
    sha256: str
    spectra: Sequence[Spectrum]
    temperatures_k: Sequence[float | None]
    hold: Hold | None = None
    numbers: Sequence[float] = ()
    notes: tuple[str, ...] = ()

    @property
    def format(self) -> str:
        """Name of the program that wrote the file."""
        return self._metadata.get("format", "")

    @property
    def acquired(self) -> str:
        """When it was measured, as the file says; empty where it does not."""
        return self._metadata.get("acquired", "")

    @property
    def _metadata(self) -> Mapping[str, str]:
        return self.spectra[0].metadata if self.hold is None else self.hold.transient.metadata


@dataclass(frozen=True)
class FileOutcome:
    """Outcome for one file.

    Attributes
    ----------
    path : Path
    outcome : {"imported", "known", "refused", "held back"}
        `held back`: it can be read, and was not imported because another file of its series is refused.
    run_id : int or None
        The run that holds its spectra; None for a file that was refused or held back.
    spectra, polarisations : int
        How many were imported.
    reason : str
        Why it was not imported, or where it is already.
    no_conductivity : str
        Why a spectrum of it gave no conductivity, or the evaluation of its run failed; empty where neither.
    remarks : tuple of str
        Omissions and guesses of the reader.
    """

    path: Path
    outcome: str
    run_id: int | None = None
    spectra: int = 0
    polarisations: int = 0
    reason: str = ""
    no_conductivity: str = ""
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
    paths: Sequence[Path],
    temperatures: FileTemperatures,
    db: Path,
    on_file: OnFile = lambda name: None,
    *,
    skip_refused: bool = False,
    polarisation: PolarisationRequest = NO_REQUEST,
    electrodes: str = "blocking",
) -> Reading:
    """Read files without writing anything; `on_file` gets the name of each before it is read.

    With temperatures the files are one series. Where one of them is refused the others are held back, unless
    `skip_refused`: a finished run does not take up the missing file later. With statements about a
    `polarisation`, the one file of `paths` is that, and its spectra are read with it. Temperatures without a
    unit are decided by the resistances between `electrodes`.
    """
    if polarisation.made:
        every = polarisation.with_spectra(paths[0])
        reading = _read_each(every, temperatures, db, on_file, polarisation, paths[0])
        return _whole(_with_units(reading, electrodes))
    reading = _with_units(_read_each(paths, temperatures, db, on_file, NO_REQUEST), electrodes)
    return _held_back(reading) if temperatures.source and not skip_refused else reading


def _whole(reading: Reading) -> Reading:
    """Return the reading of a polarisation and its spectra, which are one run: all of them, or none."""
    before = next((other for other in reading.others if other.outcome == "known"), None)
    several = next((file for file in reading.files if file.hold is None and len(file.spectra) > 1), None)
    if reading.files and before is not None:
        why = f"{before.path.name}: {before.reason}; a polarisation and its spectra are one run: "
        return _refused(reading, f"{why}import them together into another results file (--into)")
    if several is not None:
        why = f"{several.path.name} has {len(several.spectra)} spectra: a file with one of them is needed"
        return _refused(reading, why)
    return _held_back(reading)


def _refused(reading: Reading, why: str) -> Reading:
    return Reading(
        others=[*reading.others, *(FileOutcome(file.path, "refused", reason=why) for file in reading.files)]
    )


def _read_each(
    paths: Sequence[Path],
    temperatures: FileTemperatures,
    db: Path,
    on_file: OnFile,
    request: PolarisationRequest,
    hold: Path | None = None,
) -> Reading:
    reading = Reading()
    with ExitStack() as opened:
        database = opened.enter_context(Database(db)) if db.is_file() else None
        for path in paths:
            on_file(path.name)
            kinds = Kinds(hold_is_required=path == hold, request=request)
            try:
                _read_one(path, temperatures, database, reading, kinds)
            except (OSError, ValueError) as error:
                reading.others.append(FileOutcome(path, "refused", reason=_in_words(path, error)))
    return reading


def _with_units(reading: Reading, electrodes: str) -> Reading:
    """Decide the unit of temperatures that have none; their files are refused where nothing decides."""
    open_ones = [file for file in reading.files if file.numbers]
    if not open_ones:
        return reading
    spectra = [spectrum for file in open_ones for spectrum in file.spectra]
    numbers = [number for file in open_ones if file.hold is None for number in file.numbers]
    try:
        above_k, why = kelvin_above_numbers(numbers, spectra, electrodes)
        decided = [_in_kelvin(file, above_k, why) if file.numbers else file for file in reading.files]
    except ValueError as error:
        return _without_unit_refused(reading, str(error))
    return Reading(decided, reading.others)


def _in_kelvin(file: FileRead, above_k: float, why: str) -> FileRead:
    kelvin = [possible(number + above_k) for number in file.numbers]
    return replace(file, temperatures_k=kelvin, numbers=(), notes=(why,))


def _without_unit_refused(reading: Reading, why: str) -> Reading:
    refused = [FileOutcome(file.path, "refused", reason=why) for file in reading.files if file.numbers]
    return Reading([file for file in reading.files if not file.numbers], [*reading.others, *refused])


def _held_back(reading: Reading) -> Reading:
    """Return the reading of a series: without files to write where one of them is refused."""
    refused = [other.path.name for other in reading.others if other.outcome == "refused"]
    if not refused:
        return reading
    more = f" and {len(refused) - 1} more files of the series are" if len(refused) > 1 else " is"
    held = [
        FileOutcome(file.path, "held back", reason=f"{refused[0]}{more} refused") for file in reading.files
    ]
    return Reading(others=[*reading.others, *held])


@dataclass(frozen=True)
class Kinds:
    """Whether a file has to be a polarisation, and the statements about it."""

    hold_is_required: bool
    request: PolarisationRequest


def _read_one(
    path: Path,
    temperatures: FileTemperatures,
    database: Database | None,
    reading: Reading,
    kinds: Kinds,
) -> None:
    content = _content(path)
    digest = hashlib.sha256(content).hexdigest()
    known = imported_files.with_hash(database, digest) if database is not None else None
    same = next((file for file in reading.files if file.sha256 == digest), None)
    if known is not None:
        reading.others.append(already(path, known["run_id"], known["name"], known["sample"]))
    elif same is not None:
        reading.others.append(FileOutcome(path, "known", reason=f"it has the content of {same.path.name}"))
    else:
        spectra, hold = _found(path, kinds)
        measured = spectra if hold is None else [hold.transient]
        numbers = temperatures.without_unit(path, measured)
        kelvin = [None] * len(numbers) if numbers else temperatures.of(path, measured)
        reading.files.append(FileRead(path, content, digest, spectra, kelvin, hold, numbers))


def _found(path: Path, kinds: Kinds) -> tuple[Sequence[Spectrum], Hold | None]:
    """Return the spectra of a file, or its polarisation."""
    if kinds.hold_is_required:
        return (), hold_of(read_transient(path, kinds.request.step), kinds.request)
    try:
        return read_spectra(path), None
    except ValueError:
        kind = kind_of_table(path)
        if kind == CONDUCTIVITIES:
            raise ValueError(_conductivities_in_words(path)) from None
        if kind != POLARISATION:
            raise
    return (), hold_of(read_transient(path), NO_REQUEST)


def _conductivities_in_words(path: Path) -> str:
    """Return the refusal of a table of conductivities, with the function that reads it."""
    read = len(read_conductivities(path))
    return (
        f"it is a table of {read} conductivities against temperature, not of spectra: nothing to be derived. "
        "In Python, labctl.analysis.read_conductivities reads it, and fit_temperature_law gives its law"
    )


def already(path: Path, run_id: int, name: str, sample: str) -> FileOutcome:
    """Return the outcome for a file with content imported before, as file `name` of a run."""
    other = "" if name == path.name else f" from {name}"
    of = f" of sample {sample}" if sample else ""
    return FileOutcome(path, "known", run_id, reason=f"it was imported before{other}, as run {run_id}{of}")


def remarks_of(file: FileRead) -> tuple[str, ...]:
    """Return the warnings of the reader, but for those that name the other sweeps of the file."""
    if file.hold is not None:
        return (*file.hold.remarks, *file.notes)
    remarks = (
        warning
        for spectrum in file.spectra
        for warning in spectrum.warnings
        if warning not in companion_warnings(spectrum.metadata)
    )
    return tuple(dict.fromkeys((*remarks, *file.notes)))


def _content(path: Path) -> bytes:
    """Return the bytes of a file; its size is checked first, since a large one would not fit into memory."""
    size = path.stat().st_size
    if size > LARGEST_FILE_BYTES:
        raise ValueError(f"it has {size / 2**20:.0f} MiB; the limit is {LARGEST_FILE_BYTES >> 20} MiB")
    return path.read_bytes()


def _inside(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _in_words(path: Path, error: OSError | ValueError) -> str:
    """Return the reason without the name of the file, which stands before it."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error).removeprefix(f"{path}: ")
