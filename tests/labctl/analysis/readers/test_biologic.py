import numpy as np
import pytest

from labctl.analysis import read_spectra, read_spectrum
from labctl.analysis.readers.biologic import mpr_parts

PAIRS = ("peis", "peis.issue_225.no_ece")
SPECTRUM = (32, 37, 38)
ROWS = [(1000.0, 1.5, 2.25), (100.0, 3.0, 4.0), (10.0, 5.0, 6.0), (1.0, 7.125, 8.0)]


@pytest.fixture
def write(tmp_path):
    def write_file(content: bytes, name: str = "measured.mpr"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write_file


def table_of_export(path) -> dict[str, np.ndarray]:
    """The columns of an EC-Lab text export, by heading."""
    lines = path.read_text(encoding="cp1252").split("\n")
    first = int(lines[1].split(":")[1])
    headings = lines[first - 1].split("\t")
    cells = [line.split("\t") for line in lines[first:] if line.strip()]
    return {
        heading: np.array([float(row[place]) for row in cells])
        for place, heading in enumerate(headings)
        if heading.strip()
    }


@pytest.mark.parametrize("name", PAIRS)
def test_every_number_of_a_binary_file_is_that_of_its_text_export(measured, name):
    (part,) = mpr_parts(measured(f"eclab_binary/{name}.mpr").read_bytes())
    headings, *lines = part.text.rstrip("\n").split("\n")
    binary = np.array([[float(cell) for cell in line.split("\t")] for line in lines]).T
    exported = table_of_export(measured(f"eclab_binary/{name}.mpt"))
    assert {"freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm", "|Z|/Ohm", "Phase(Z)/deg"} < set(headings.split("\t"))
    for heading, column in zip(headings.split("\t"), binary, strict=True):
        np.testing.assert_allclose(column, exported[heading], rtol=1.5e-7, err_msg=heading)


@pytest.mark.parametrize("name", PAIRS)
def test_the_spectrum_of_a_binary_file_is_that_of_its_text_export(measured, name):
    binary = read_spectrum(measured(f"eclab_binary/{name}.mpr"))
    text = read_spectrum(measured(f"eclab_binary/{name}.mpt"))
    np.testing.assert_allclose(binary.frequency_hz, text.frequency_hz, rtol=1.5e-7)
    np.testing.assert_allclose(binary.z_ohm, text.z_ohm, rtol=3e-7)
    assert len(binary) == 32
    assert binary.metadata["format"] == "EC-Lab binary"


def test_the_time_of_a_measurement_is_that_of_its_text_export(measured):
    assert read_spectrum(measured("eclab_binary/peis.mpr")).metadata["acquired"] == "2021-03-02 16:17:59"


@pytest.mark.parametrize("version", [2, 3, 10, 11])
def test_every_known_version_gives_the_same_spectrum(write, mpr_bytes, version):
    spectrum = read_spectrum(write(mpr_bytes.mpr(SPECTRUM, ROWS, version)))
    np.testing.assert_array_equal(spectrum.frequency_hz, [1000, 100, 10, 1])
    np.testing.assert_array_equal(spectrum.z_ohm, [1.5 - 2.25j, 3 - 4j, 5 - 6j, 7.125 - 8j])


def test_cycles_of_a_binary_file_come_apart(write, mpr_bytes):
    rows = [(f, cycle * a, cycle * b, cycle) for cycle in (1.0, 2.0, 3.0) for f, a, b in ROWS]
    sweeps = read_spectra(write(mpr_bytes.mpr((*SPECTRUM, 24), rows)))
    assert [len(sweep) for sweep in sweeps] == [4, 4, 4]
    assert [sweep.metadata["cycle"] for sweep in sweeps] == ["1", "2", "3"]
    np.testing.assert_array_equal(sweeps[2].z_ohm, 3 * sweeps[0].z_ohm)


def test_bits_of_flags_take_one_byte_however_many_they_are(mpr_bytes):
    columns = (1, 2, 3, 21, 31, 65, 4, 6, 8)
    (part,) = mpr_parts(mpr_bytes.mpr(columns, [(0.0, 0.5, 1.25), (1.0, 0.5, 1.0)]))
    assert part.text.split("\n")[:2] == ["time/s\tEwe/V\tI/mA", "0.0e+00\t5.0e-01\t1.25e+00"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (lambda mpr: mpr(SPECTRUM, ROWS)[:-5], "it is cut"),
        (lambda mpr: mpr(SPECTRUM, ROWS)[:60], "cut|unpack"),
        (lambda mpr: mpr(SPECTRUM, ROWS).replace(b"\x20\x00\x25", b"\x20\x00\xff"), "column number 255"),
        (lambda mpr: mpr(SPECTRUM, ROWS) + b"rest", "no module begins"),
        (lambda mpr: mpr(SPECTRUM, []), "no measured row"),
        (lambda mpr: mpr(SPECTRUM, ROWS)[: -len(ROWS) * 12 - 406 - 57], "0 modules of data"),
    ],
)
def test_a_damaged_binary_file_is_refused_in_words_that_say_how_to_export(write, mpr_bytes, content, why):
    with pytest.raises(ValueError, match=why) as refused:
        read_spectrum(write(content(mpr_bytes.mpr)))
    assert "measured.mpr" in str(refused.value)
    assert "no measured row" in str(refused.value) or "Export as Text" in str(refused.value)


def test_an_unknown_version_is_refused_by_its_number(write, mpr_bytes):
    unknown = mpr_bytes.mpr(SPECTRUM, ROWS)[:52] + mpr_bytes.module("VMP data", 7, b"")
    with pytest.raises(ValueError, match=r"version 7, which is not known.*Export as Text"):
        read_spectrum(write(unknown))


def test_a_binary_file_that_loses_any_byte_is_never_read_as_something_else(write, mpr_bytes):
    whole = mpr_bytes.mpr(SPECTRUM, ROWS)
    for place in range(0, len(whole), 7):
        with pytest.raises(ValueError):
            read_spectrum(write(whole[:place] + whole[place + 1 :]))
