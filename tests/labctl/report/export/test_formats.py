"""What `labctl export` writes is read again by other programs: the same numbers, and text as text."""

import csv
import math
import re
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import labctl
from labctl.analysis import read_spectrum
from labctl.errors import InvalidRequest
from labctl.report.export.delimited import ORIGIN, csv_text
from labctl.report.export.formats import FORMATS, export
from labctl.report.export.latex import escaped, number
from labctl.report.export.tables import named, rows_of, tables_of

OUTPUTS = {
    "csv": "csv",
    "origin": "origin.csv",
    "xlsx": "book.xlsx",
    "latex": "table.tex",
    "parquet": "parquet",
    "zplot": "zplot",
    "netcdf": "all.nc",
    "nexus": "all.nxs",
}


@pytest.fixture(scope="module")
def stored(path):
    with labctl.open(path) as db:
        points = pd.concat([db.points(n) for n in db.spectra("last")["id"]], ignore_index=True)
        return {"conductivities": db.conductivities("last"), "impedance_points": points}


@pytest.fixture
def write(path, tmp_path):
    def write(kind, output=None):
        with labctl.open(path) as db:
            export(db, [1], kind, tmp_path / (output or OUTPUTS[kind]))
        return tmp_path / (output or OUTPUTS[kind])

    return write


def same(found, stored, columns=("conductivity_s_m", "standard_uncertainty_s_m", "temperature_k")):
    for column in columns:
        assert list(found[column]) == list(stored[column])


def test_pandas_reads_the_same_numbers_from_csv(write, stored):
    folder = write("csv")
    same(pd.read_csv(folder / "conductivities.csv"), stored["conductivities"])
    points = pd.read_csv(folder / "impedance_points.csv")
    same(points, stored["impedance_points"], ("frequency_hz", "z_real_ohm", "z_imag_ohm", "status"))


def test_every_column_of_csv_has_a_meaning(write):
    folder = write("csv")
    described = {(row["table"], row["column"]): row for row in read(folder / "columns.csv")}
    for file in folder.glob("*.csv"):
        if file.name != "columns.csv":
            for column in read(file)[0]:
                assert described[(file.stem, column)]["meaning"], (file.stem, column)


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_no_cell_of_csv_is_a_formula(write):
    (sample,) = read(write("csv") / "samples.csv")
    assert sample["name"].startswith("'=cmd")


def test_a_zip_holds_what_a_folder_holds(write):
    folder, archive = write("csv"), write("csv", "all.zip")
    with zipfile.ZipFile(archive) as opened:
        assert {name: opened.read(name) for name in opened.namelist()} == {
            file.name: file.read_bytes() for file in folder.iterdir()
        }


def test_one_csv_is_the_table_of_conductivities(write, stored):
    same(pd.read_csv(write("csv", "main.csv")), stored["conductivities"])


def test_openpyxl_reads_the_same_numbers_and_no_formula(write, stored):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(write("xlsx"))
    names, units, *rows = book["conductivities"].values
    found = pd.DataFrame(rows, columns=names)["conductivity_s_m"]  # openpyxl writes 16 digits
    assert list(found) == pytest.approx(list(stored["conductivities"]["conductivity_s_m"]), rel=1e-15)
    assert dict(zip(names, units, strict=True))["conductivity_s_m"] == "S/m"
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    name = book["samples"]["A1":"Z3"]
    assert any(str(cell.value).startswith("=cmd") and cell.data_type == "s" for cell in name[2])


def test_pyarrow_reads_the_same_numbers_with_their_units(write, stored):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(write("parquet") / "conductivities.parquet")
    same(table.to_pandas(), stored["conductivities"])
    assert table.schema.field("conductivity_s_m").metadata[b"unit"] == b"S/m"


def test_xarray_reads_the_same_numbers_with_their_units(write, stored):
    xarray = pytest.importorskip("xarray")
    with xarray.open_dataset(write("netcdf"), engine="scipy", decode_times=False) as found:
        sigma = found["conductivities.conductivity_s_m"]
        assert list(sigma.values) == list(stored["conductivities"]["conductivity_s_m"])
        assert sigma.attrs["units"] == "S/m"
        assert found["samples.name"].values[0].startswith("=cmd")


def good(stored, place):
    points = stored["impedance_points"]
    one = points[points["spectrum_id"] == points["spectrum_id"].unique()[place]]
    return one[one["status"] == "ok"]


def test_impedance_py_reads_the_same_spectrum_from_zplot(write, stored):
    readers = pytest.importorskip("impedance.preprocessing", reason="impedance.py is not installed")
    for place, file in enumerate(sorted(write("zplot").iterdir())):
        frequency_hz, z_ohm = readers.readZPlot(str(file))
        points = good(stored, place)
        assert list(frequency_hz) == list(points["frequency_hz"])
        assert list(z_ohm) == list(points["z_real_ohm"] + 1j * points["z_imag_ohm"])


def test_our_own_reader_reads_the_same_spectrum_from_zplot(write, stored):
    for place, file in enumerate(sorted(write("zplot").iterdir())):
        spectrum, points = read_spectrum(file), good(stored, place)
        order = np.argsort(-spectrum.frequency_hz)
        assert list(spectrum.frequency_hz[order]) == list(points["frequency_hz"])
        assert list(spectrum.z_ohm.real[order]) == list(points["z_real_ohm"])


def test_origin_has_three_rows_of_headings_and_what_is_plotted(write, stored):
    with write("origin").open(encoding="utf-8", newline="") as file:
        names, units, _, *rows = csv.reader(file)
    assert len(names) == len(units) == len(ORIGIN)
    first, row = stored["conductivities"].iloc[0], dict(zip(names, rows[0], strict=True))
    sigma, u = first["conductivity_s_m"], first["standard_uncertainty_s_m"]
    assert float(row["1000/T"]) == 1000 / first["temperature_k"]
    assert float(row["log10 sigma"]) == pytest.approx(math.log10(sigma / 100), abs=1e-12)
    assert float(row["u(log10 sigma)"]) == pytest.approx(u / sigma / math.log(10), rel=1e-12)


def test_latex_escapes_what_people_typed(write):
    text = write("latex").read_text(encoding="utf-8")
    assert r"\textless{}script\textgreater{}" in text
    assert r"\toprule" in text
    assert number(8.31e-7, 0.12e-7) == r"(8.31 \pm 0.12) \times 10^{-7}"
    assert number(None, None) == "?"
    assert number(8.31e-7, None) == r"8.31 \times 10^{-7} \pm {?}"


def test_latex_names_what_the_uncertainty_leaves_out_and_the_form_of_the_law(write):
    text = write("latex").read_text(encoding="utf-8")
    assert "geometry" in text
    assert ": not stated." in text
    assert "ln(sigma T)" in text


def test_a_folder_with_the_files_of_another_export_is_refused(write, tmp_path):
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "transference_numbers.csv").write_text("of another run")
    with pytest.raises(InvalidRequest, match="already, not of this export"):
        write("csv")
    assert [file.name for file in (tmp_path / "csv").iterdir()] == ["transference_numbers.csv"]


def test_an_amplitude_that_is_not_known_is_said_in_zplot(write):
    text = min(write("zplot").iterdir()).read_text(encoding="utf-8")
    assert "Amplitude not known, written as 0" in text


def test_a_point_that_was_not_good_is_kept_with_its_status_and_is_in_no_spectrum(path):
    with labctl.open(path) as db:
        tables = tables_of(db, [1])
    points = rows_of(named(tables, "impedance_points"))
    assert [point["status"] for point in points].count("overload") == 3


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_is_the_same_twice(write, kind):
    first = contents(write(kind))
    assert contents(write(kind)) == first or kind == "xlsx"  # a workbook holds the time of its writing


def contents(path):
    return [p.read_bytes() for p in sorted(path.iterdir())] if path.is_dir() else [path.read_bytes()]


@pytest.mark.parametrize(
    ("kind", "output", "problem"),
    [
        ("docx", "a.docx", "'docx' is not one of csv, origin, xlsx"),
        ("xlsx", "a.csv", "does not fit xlsx, which needs .xlsx"),
        ("parquet", "a.parquet", "needs a folder"),
        ("csv", "lab.db", "does not fit csv|is a database"),
        ("netcdf", "nowhere/a.nc", "cannot be written"),
    ],
)
def test_a_request_that_is_wrong_is_refused_in_words(write, kind, output, problem):
    with pytest.raises(InvalidRequest, match=problem):
        write(kind, output)


def test_nothing_is_exported_over_a_database(path, write):
    copy = path.with_suffix(".csv")
    copy.write_bytes(path.read_bytes())
    with pytest.raises(InvalidRequest, match="is a database"), labctl.open(path) as db:
        export(db, [1], "csv", copy)


@settings(max_examples=50)
@given(st.lists(st.one_of(st.none(), st.text(), st.floats(allow_nan=False), st.integers()), min_size=1))
def test_csv_of_any_values_is_read_again_row_by_row(values):
    (row,) = csv.reader(csv_text([values]).splitlines(keepends=True))
    assert len(row) == len(values)
    for cell, value in zip(row, values, strict=True):
        if isinstance(value, float):
            assert float(cell) == value
        elif value is None:
            assert cell == ""
        elif isinstance(value, str):
            assert (
                not cell.lstrip().startswith(("=", "+", "-", "@")) or cell.startswith("'") or is_number(cell)
            )


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


@given(st.text())
def test_latex_of_any_text_has_no_command_of_it(text):
    made = escaped(text)
    words = re.sub(r"\\text[a-z]+\{\}|\\[&%$#_{}]", "", made)
    assert not re.search(r"[\\&%$#_{}~^<>\n]", words)


def test_what_is_in_no_interval_travels_with_every_format(path, tmp_path):
    with labctl.open(path) as db:
        export(db, [1], "csv", tmp_path / "csv")
        export(db, [1], "origin", tmp_path / "origin.csv")
        export(db, [1], "latex", tmp_path / "table.tex")
        export(db, [1], "zplot", tmp_path / "z")
    with (tmp_path / "csv" / "unknowns.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = list(dict.fromkeys(row["not_stated"] for row in rows))
    assert names[:2] == ["thermometer", "sensor to sample"]
    effects = {row["if_it_were_only"]: row["relative_effect_on_conductivity"] for row in rows}
    assert float(effects["thickness: 0.02 mm"]) == pytest.approx(0.02)
    assert (tmp_path / "origin.csv").read_text().count(", ".join(names)) == 3
    assert "not stated & if it were only" in (tmp_path / "table.tex").read_text()
    for spectrum in (tmp_path / "z").iterdir():
        assert f"Not stated: {', '.join(names)}" in spectrum.read_text()
