from pathlib import Path

import pytest

from labctl.analysis import Spectrum
from labctl.errors import InvalidRequest
from labctl.report.file_temperatures import file_temperatures

SPECTRUM = Spectrum([10.0, 1.0], [1 - 1j, 2 - 2j])


def from_name(name, count=1):
    return file_temperatures("from-name").of(Path(name), [SPECTRUM] * count)


@pytest.mark.parametrize(
    ("name", "kelvin"),
    [
        ("s04147-140deg.txt", 413.15),
        ("PEIS_LPSCl_IonBlocking_-25C.txt", 248.15),
        ("pellet 7 (−20 °C).mpt", 253.15),
        ("LLZO_298K_02_PEIS_C01.mpr", 298.0),
        ("a_T25.5degC.z", 298.65),
        ("a_25,5C.z", 298.65),
        ("25C.csv", 298.15),
        ("25C_again_25C.csv", 298.15),
    ],
)
def test_a_temperature_is_read_from_a_name(name, kelvin):
    assert from_name(name) == [pytest.approx(kelvin, abs=1e-9)]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("pellet_C01.mpt", "no temperature"),
        ("run12.csv", "no temperature"),
        ("60C_dried_at_80C.csv", "2 temperatures"),
        ("a_-300C.csv", "not possible"),
        ("a_9000K.csv", "not possible"),
    ],
)
def test_a_name_without_one_temperature_is_refused(name, why):
    with pytest.raises(ValueError, match=why):
        from_name(name)


def test_without_a_source_no_temperature_is_known():
    assert file_temperatures("").of(Path("25C.csv"), [SPECTRUM]) == [None]


def test_a_file_that_names_no_temperature_is_refused_where_it_should():
    named = Spectrum([10.0, 1.0], [1 - 1j, 2 - 2j], metadata={"temperature_k": "300.5"})
    assert file_temperatures("from-file").of(Path("a"), [named]) == [300.5]
    with pytest.raises(
        ValueError, match=r"names no temperature.*`T \(degC\)`; give `--temperatures from-name`"
    ):
        file_temperatures("from-file").of(Path("a"), [named, SPECTRUM])


@pytest.fixture
def table(tmp_path):
    def write(text):
        path = tmp_path / "temperatures.csv"
        path.write_text(text, encoding="utf-8")
        return file_temperatures(str(path))

    return write


def test_a_table_gives_the_temperature_of_each_file(table):
    found = table("file,T (degC)\na.csv,25\nC:\\data\\b.csv,30.5\n")
    assert found.of(Path("x/a.csv"), [SPECTRUM] * 2) == [298.15, 298.15]
    assert found.of(Path("b.csv"), [SPECTRUM]) == [303.65]


def test_a_table_may_name_each_spectrum_of_a_file(table):
    found = table("file;sweep;T/K\na.csv;1;300\na.csv;2;310\n")
    assert found.of(Path("a.csv"), [SPECTRUM] * 2) == [300.0, 310.0]
    with pytest.raises(ValueError, match=r"does not name spectrum 3 of a\.csv.*a column `sweep`"):
        found.of(Path("a.csv"), [SPECTRUM] * 3)


def test_a_file_that_the_table_does_not_name_is_refused(table):
    with pytest.raises(ValueError, match=r"does not name c\.csv"):
        table("file,T (degC)\na.csv,25\nb.csv,30\n").of(Path("c.csv"), [SPECTRUM])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("file,T (F)\na.csv,25\nb.csv,30\n", "'F' of the column"),
        ("name of it,T (degC)\na.csv,25\nb.csv,30\n", "needs a column `file`"),
        ("file,T (degC)\na.csv,25\na.csv,30\n", "has two temperatures"),
        ("file,T (degC)\na.csv,25\nb.csv,warm\n", "not a temperature"),
        ("nothing\n", "no line of headings"),
    ],
)
def test_a_table_that_does_not_say_enough_is_a_wrong_request(table, text, why):
    with pytest.raises(InvalidRequest, match=why):
        table(text)


def test_a_source_that_is_neither_word_nor_table_is_a_wrong_request():
    with pytest.raises(InvalidRequest, match="neither from-name, from-file nor a table"):
        file_temperatures("from-nam")


def test_a_table_without_a_unit_gives_numbers_to_be_decided(table):
    found = table("file,T\na.csv,200\nb.csv,230\n")
    assert found.without_unit(Path("b.csv"), [SPECTRUM]) == [230.0]
    assert table("file,T (K)\na.csv,200\nb.csv,230\n").without_unit(Path("b.csv"), [SPECTRUM]) == []


def test_a_temperature_is_read_from_the_name_of_a_sheet():
    sheets = [Spectrum([10.0, 1.0], [1 - 1j, 2 - 2j], metadata={"part": name}) for name in ("25C", "60C")]
    assert file_temperatures("from-name").of(Path("pellet.xlsx"), sheets) == [298.15, 333.15]
    with pytest.raises(ValueError, match="its name and that of its part '60C' have 2 temperatures"):
        file_temperatures("from-name").of(Path("pellet_25C.xlsx"), sheets)
