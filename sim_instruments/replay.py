"""A cell that replays measured spectra.

A file holds frequency, real and imaginary part per line: whitespace or comma separated numbers under a
header (Novocontrol's `Freq.[Hz] Zs'[ohm] Zs''[ohm]`, or csv with named columns). The temperature is a
column of the file or part of its name: `s04147-140deg.txt`, `x_25.5C.csv`, `run-20degC.txt` is 20 degC,
`run_-20degC.txt` is -20 degC. Between the measured points ln Z is linear in 1/T and in ln f. Beyond the
measured frequencies the spectrum is extrapolated as a constant-phase element with the last phase; beyond the
measured temperatures with the outermost slope in 1/T, with the phase limited to 90 degrees.
"""

import cmath
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ZERO_CELSIUS_K = 273.15

_SUFFIXES = (".txt", ".csv", ".dat", ".tsv")
_IN_NAME = re.compile(
    r"(?<!\d)(?P<sign>(?<![A-Za-z0-9])-)?(?P<value>\d+(?:\.\d+)?)\s?(?P<unit>degc|deg|°c|c|k)(?![a-z])",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"[,;\t]\s*|\s+")


@dataclass(frozen=True)
class MeasuredSpectrum:
    """One spectrum: frequency rising, Hz, shape (n,); ln Z with the phase unwrapped, shape (n,) complex."""

    temperature_k: float
    ln_frequency: NDArray[np.float64]
    ln_z: NDArray[np.complex128]

    @classmethod
    def of(cls, temperature_k: float, rows: Sequence[tuple[float, float, float]]) -> "MeasuredSpectrum":
        """Sort rows of frequency_hz, z_real_ohm, z_imag_ohm."""
        frequency, real, imag = np.array(sorted(rows)).T
        z_ohm = real + 1j * imag
        return cls(temperature_k, np.log(frequency), np.log(np.abs(z_ohm)) + 1j * np.unwrap(np.angle(z_ohm)))

    def ln_z_at(self, frequency_hz: float) -> complex:
        """Linear in ln f; a constant-phase element, ln Z = const + (2 phase / pi) ln f, beyond the ends."""
        ln_f = math.log(frequency_hz)
        nearest = min(max(ln_f, self.ln_frequency[0]), self.ln_frequency[-1])
        inside = _linear(self.ln_frequency, self.ln_z, nearest)
        return inside + (ln_f - nearest) * 2 * inside.imag / math.pi


class ReplayedCell:
    """A cell that replays measured spectra; `temperatures_k` are the measured temperatures, rising."""

    def __init__(self, spectra: Sequence[MeasuredSpectrum]) -> None:
        if not spectra:
            raise ValueError("replay: no spectrum was found")
        self.spectra = sorted(spectra, key=lambda spectrum: spectrum.temperature_k)
        self.temperatures_k = tuple(spectrum.temperature_k for spectrum in self.spectra)
        self._inverse_k = np.array([1 / t for t in self.temperatures_k])[::-1]

    def impedance_ohm(self, frequency_hz: float, temperature_k: float, age_s: float = 0.0) -> complex:
        """Impedance in ohm; independent of the age."""
        if len(self.spectra) == 1:
            return cmath.exp(self.spectra[0].ln_z_at(frequency_hz))
        low = _segment(self._inverse_k, 1 / temperature_k)
        hot, cold = self.spectra[-1 - low], self.spectra[-2 - low]
        share = (1 / temperature_k - 1 / hot.temperature_k) / (1 / cold.temperature_k - 1 / hot.temperature_k)
        ln_hot, ln_cold = hot.ln_z_at(frequency_hz), cold.ln_z_at(frequency_hz)
        ln_z = ln_hot + (ln_cold - ln_hot) * share
        if not 0 <= share <= 1:
            ln_z = complex(ln_z.real, min(max(ln_z.imag, -math.pi / 2), math.pi / 2))
        return cmath.exp(ln_z)

    def step_conductance_s(self, elapsed_s: float, temperature_k: float, age_s: float = 0.0) -> float:
        """Current per volt, S, after a step: Hamon's approximation, Re(1/Z) at the frequency 0.1/t.

        B. V. Hamon, Proc. IEE 99 (1952) 151 (10.1049/pi-4.1952.0016); accurate to a few per cent.
        """
        return (1 / self.impedance_ohm(0.1 / elapsed_s, temperature_k, age_s)).real


def _segment(grid: NDArray[np.float64], x: float) -> int:
    return int(min(max(np.searchsorted(grid, x) - 1, 0), len(grid) - 2))


def _linear(x_grid: NDArray[np.float64], y_grid: NDArray[np.complex128], x: float) -> complex:
    low = _segment(x_grid, x)
    share = (x - x_grid[low]) / (x_grid[low + 1] - x_grid[low])
    return complex(y_grid[low] + (y_grid[low + 1] - y_grid[low]) * share)


def read_replay(place: str | Path) -> ReplayedCell:
    """Read a file, or every spectrum file of a folder. Raises ValueError naming the invalid file and line."""
    place = Path(place)
    if not place.exists():
        raise ValueError(f"replay: {place}: there is no such file or folder")
    if place.is_file():
        return ReplayedCell(_read_file(place, temperature_needed=False))
    spectra = [s for path in _candidates(place) for s in _read_file(path, temperature_needed=True)]
    if not spectra:
        raise ValueError(f"replay: {place}: no file here has a temperature in its name or in a column")
    return ReplayedCell(spectra)


def _candidates(folder: Path) -> list[Path]:
    """Files with a temperature in their name; without any, files with a temperature column."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    named = [path for path in files if temperature_in_name(path.name) is not None]
    return named or [path for path in files if _has_temperature_column(path)]


def _has_temperature_column(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as lines:
        headers = (_header_columns(_cells(line)) for line in islice(lines, 40))
        return any(header is not None and header.temperature is not None for header in headers)


def _cells(line: str) -> list[str]:
    return _SPLIT.split(line.strip().lstrip("\ufeff"))


def temperature_in_name(name: str) -> float | None:
    """Temperature in kelvin from `140deg`, `-20degC`, `25C`, `300K` in a file name; None without one."""
    stem = name.rpartition(".")[0] or name
    every = list(_IN_NAME.finditer(stem))
    if not every:
        return None
    found = every[-1]
    value = float(found["value"]) * (-1 if found["sign"] else 1)
    return value if found["unit"].lower() == "k" else value + ZERO_CELSIUS_K


@dataclass(frozen=True)
class _Columns:
    frequency: int = 0
    real: int = 1
    imag: int = 2
    temperature: int | None = None
    to_kelvin: Callable[[float], float] = float


def _read_file(path: Path, temperature_needed: bool) -> list[MeasuredSpectrum]:
    by_temperature: dict[float, list[tuple[float, float, float]]] = {}
    columns, named_k = _Columns(), temperature_in_name(path.name)
    for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), start=1):
        cells = _cells(line)
        header = _header_columns(cells)
        if header is not None:
            columns = header
        elif _is_number(cells[0]):
            row, own_k = _row(path, number, cells, columns)
            temperature_k = own_k if own_k is not None else named_k
            by_temperature.setdefault(_known(path, temperature_k, temperature_needed), []).append(row)
        elif by_temperature and line.strip():
            raise ValueError(f"replay: {path}: line {number}: three numbers are needed, got {line.strip()!r}")
    if not by_temperature:
        raise ValueError(f"replay: {path}: no line with frequency, real and imaginary part was found")
    for temperature_k, rows in by_temperature.items():
        _check(path, temperature_k, rows)
    return [MeasuredSpectrum.of(temperature_k, rows) for temperature_k, rows in by_temperature.items()]


def _known(path: Path, temperature_k: float | None, needed: bool) -> float:
    if temperature_k is not None:
        return temperature_k
    if needed:
        raise ValueError(f"replay: {path}: no temperature in its name or in a column")
    return 298.15


def _check(path: Path, temperature_k: float, rows: list[tuple[float, float, float]]) -> None:
    frequencies = [row[0] for row in rows]
    if len(rows) < 2:
        raise ValueError(f"replay: {path}: {temperature_k:.2f} K has a single frequency; two are needed")
    if len(set(frequencies)) < len(frequencies):
        raise ValueError(f"replay: {path}: {temperature_k:.2f} K holds a frequency more than once")


def _row(
    path: Path, number: int, cells: list[str], columns: _Columns
) -> tuple[tuple[float, float, float], float | None]:
    try:
        frequency, real, imag = (float(cells[i]) for i in (columns.frequency, columns.real, columns.imag))
        temperature = None if columns.temperature is None else float(cells[columns.temperature])
    except (ValueError, IndexError):
        raise ValueError(f"replay: {path}: line {number}: three numbers are needed, got {cells!r}") from None
    if not (frequency > 0 and math.isfinite(real) and math.isfinite(imag) and abs(complex(real, imag)) > 0):
        raise ValueError(f"replay: {path}: line {number}: no impedance at a frequency: {cells!r}")
    return (frequency, real, imag), None if temperature is None else columns.to_kelvin(temperature)


def _header_columns(cells: list[str]) -> _Columns | None:
    """Column numbers, if this line names a frequency, a real and an imaginary part."""
    names = [cell.lower() for cell in cells]
    frequency = _find(names, lambda n: n.startswith("freq"))
    imag = _find(names, lambda n: "imag" in n or "''" in n or '"' in n.strip('"') or "im(" in n)
    real = _find(
        names, lambda n: ("real" in n or "'" in n or "re(" in n) and "''" not in n and "imag" not in n
    )
    if frequency is None or real is None or imag is None:
        return None
    temperature = _find(names, lambda n: n.startswith("temp"))
    in_kelvin = temperature is not None and re.search(r"(_k|\[k\]|\(k\)|/k)$", names[temperature])
    return _Columns(frequency, real, imag, temperature, float if in_kelvin else lambda c: c + ZERO_CELSIUS_K)


def _find(names: list[str], fits: Callable[[str], bool]) -> int | None:
    return next((i for i, name in enumerate(names) if fits(name)), None)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
