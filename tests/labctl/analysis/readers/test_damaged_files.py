"""Damaged measured files: the data read are correct, and missing parts are reported."""

import re

import numpy as np
import pytest

from labctl.analysis import read_spectra

FILES = [
    "vendor_files/exampleDataAutolab.txt",
    "vendor_files/exampleDataBioLogic.mpt",
    "vendor_files/exampleDataCHInstruments.txt",
    "vendor_files/exampleDataGamry.DTA",
    "vendor_files/exampleDataParstat.txt",
    "vendor_files/exampleDataPowersuite.txt",
    "vendor_files/exampleDataVersaStudio.par",
    "vendor_files/exampleDataZPlot.z",
    "oxide_pellet_eis/s04147-140deg.txt",
    "spectra/exampleData.csv",
    "carbonate_eis/for_test_8_impedance.csv",
]
OWN = b"freq;real;imag;note\n" + b"".join(
    f"{f:.6g};{100 + 900 / (1 + f):.6g};{-7e3 / (10 + f):.6g};n{k}\n".encode()
    for k, f in enumerate(np.logspace(5, -1, 31))
)


class Damaged:
    """Lines of a file, lines of its table, and the damage applied."""

    def __init__(self, raw: bytes, rng: np.random.Generator) -> None:
        self.lines, self.rng = raw.split(b"\n"), rng
        numeric = [
            re.match(rb"[\s\d.,;eE+\-n]+$", line) is not None and bool(line.strip()) for line in self.lines
        ]
        self.stop = len(numeric) - numeric[::-1].index(True)
        self.first = self.stop
        while self.first > 0 and numeric[self.first - 1]:
            self.first -= 1
        line = self.lines[self.first]
        self.separator = next((d for d in (b"\t", b";", b",") if line.count(d) > 1), b" ")

    def a_line(self) -> int:
        return int(self.rng.integers(self.first, self.stop))

    def change_cells(self, place: int, change) -> None:
        cells = self.lines[place].split(self.separator)
        change(cells, int(self.rng.integers(len(cells))))
        self.lines[place] = self.separator.join(cells)


def a_cell_lost(file):
    file.change_cells(file.a_line(), lambda cells, k: cells.pop(k))


def a_cell_emptied(file):
    file.change_cells(file.a_line(), lambda cells, k: cells.__setitem__(k, b""))


def a_cell_more(file):
    file.change_cells(file.a_line(), lambda cells, k: cells.insert(k, b"7"))


def a_column_without_its_heading_lost(file):
    lost = int(file.rng.integers(len(file.lines[file.first].split(file.separator))))
    for place in range(file.first, file.stop):
        file.change_cells(place, lambda cells, _: cells.pop(lost))


def a_line_torn(file):
    place = file.a_line()
    line = file.lines[place]
    at = int(file.rng.integers(1, max(len(line), 2)))
    file.lines[place : place + 1] = [line[:at], line[at:]]


def two_lines_joined(file):
    place = min(file.a_line(), file.stop - 2)
    file.lines[place] = file.lines[place].rstrip(b"\r") + file.lines.pop(place + 1)


def a_hole_of_zeros(file):
    raw = bytearray(b"\n".join(file.lines))
    begin = len(b"\n".join(file.lines[: file.a_line()])) + int(file.rng.integers(1, 20))
    end = min(begin + int(file.rng.integers(1, 200)), len(raw))
    raw[begin:end] = bytes(end - begin)
    file.lines = bytes(raw).split(b"\n")


def words_between(file):
    for words in (b"#### overload", b"paused by user", b"\xff\xfe~", b"[page 2]"):
        file.lines.insert(file.a_line(), words)


def headings_again(file):
    file.lines.insert(file.a_line(), b"Frequency;Z';Z''")


def another_separator(file):
    other = file.rng.choice([b"\t", b";", b",", b"|"])
    for place in range(file.first, file.stop):
        file.lines[place] = file.lines[place].replace(file.separator, other)


def decimal_commas(file):
    for place in range(file.first, file.stop):
        file.lines[place] = file.lines[place].replace(b".", b",")


DAMAGE = [
    a_cell_lost,
    a_cell_emptied,
    a_cell_more,
    a_column_without_its_heading_lost,
    a_line_torn,
    two_lines_joined,
    a_hole_of_zeros,
    words_between,
    headings_again,
    another_separator,
    decimal_commas,
]


def points(spectra) -> set[tuple[str, str, str]]:
    z = np.concatenate([spectrum.z_ohm for spectrum in spectra])
    f = np.concatenate([spectrum.frequency_hz for spectrum in spectra])
    sound = np.isfinite(z)
    return {(f"{a:.5e}", f"{b.real:.5e}", f"{b.imag:.5e}") for a, b in zip(f[sound], z[sound], strict=True)}


def expect_no_silent_change(raw: bytes, path, damage, rounds: int) -> None:
    path.write_bytes(raw)
    whole = read_spectra(path)
    for k in range(rounds):
        file = Damaged(raw, np.random.default_rng([20269, k, len(raw)]))
        damage(file)
        path.write_bytes(b"\n".join(file.lines))
        try:
            part = read_spectra(path)
        except ValueError:
            continue
        assert points(part) <= points(whole), "a point that was never measured"
        lost = points(whole) - points(part)
        usable = all(spectrum.usable.all() for spectrum in part)
        assert not lost or not usable or set(part[0].warnings) - set(whole[0].warnings), "lost in silence"


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_refused_or_read_without_a_wrong_number(measured, tmp_path, name, damage):
    expect_no_silent_change(measured(name).read_bytes(), tmp_path / "damaged", damage, rounds=1)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_table_of_our_own_is_refused_or_read_without_a_wrong_number(tmp_path, damage):
    expect_no_silent_change(OWN, tmp_path / "damaged", damage, rounds=10)
