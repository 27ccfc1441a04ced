"""Any text and any number of a table is read again by programs that labctl did not write."""

import csv
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from labctl.plain_text import printable, spreadsheet_cell
from labctl.report.export.delimited import write_csv, write_origin
from labctl.report.export.netcdf import write_netcdf
from labctl.report.export.nexus import write_nexus
from labctl.report.export.parquet import write_parquet
from labctl.report.export.tables import Column, Table, text_without_nul
from labctl.report.export.workbook import write_xlsx
from labctl.report.export.zplot import write_zplot

HOSTILE = (
    "<script>alert(1)</script>",
    '=cmd|"/c calc"!A1',
    "+1-1",
    "@SUM(A1)",
    "line\nline\r\nline",
    "\u202eright to left",
    "\U0001f9ea \U0001f468\u200d\U0001f52c",
    "a\x00b\x1b[2J",
    '","x"\t;',
    "\\textbf{x} $x$ %",
)
TEXT = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30))
NUMBER = st.one_of(st.none(), st.floats(allow_nan=False))
WHOLE = st.integers(-(2**63), 2**63 - 1)
ROWS = st.lists(st.tuples(TEXT, NUMBER, WHOLE), min_size=1, max_size=4)
COLUMNS = (
    Column("name", "text", "a name"),
    Column("value_ohm", "ohm", "a number"),
    Column("count", "1", "a whole number"),
)
LARGEST_IN_16_DIGITS = 1e308  # openpyxl writes 16 digits, which lead beyond the largest double
FEW = settings(max_examples=40, deadline=None)
EVERYTHING = [(text, 1.5, 7) for text in HOSTILE]


def table(rows):
    return Table("results", COLUMNS, tuple(rows))


def columns(rows):
    texts, numbers, wholes = (list(column) for column in zip(*rows, strict=True))
    return texts, [math.nan if number is None else number for number in numbers], wholes


def same(found, expected):
    assert [one if one == one else None for one in found] == [x if x == x else None for x in expected]


@FEW
@given(ROWS)
@example(EVERYTHING)
def test_pandas_reads_any_table_from_csv(rows):
    texts, numbers, wholes = columns(rows)
    with TemporaryDirectory() as folder:
        write_csv([table(rows)], Path(folder) / "all")
        read = pd.read_csv(
            Path(folder) / "all" / "results.csv",
            keep_default_na=False,
            dtype={"name": str, "value_ohm": str, "count": "int64"},
        )
    same([float(cell) if cell else math.nan for cell in read["value_ohm"]], numbers)
    assert list(read["count"]) == wholes
    assert list(read["name"]) == [spreadsheet_cell(text) for text in texts]


@FEW
@given(ROWS)
@example(EVERYTHING)
def test_openpyxl_reads_any_table_and_finds_no_formula(rows):
    openpyxl = pytest.importorskip("openpyxl")
    texts, numbers, wholes = columns(rows)
    with TemporaryDirectory() as folder:
        write_xlsx([table(rows)], Path(folder) / "book.xlsx")
        book = openpyxl.load_workbook(Path(folder) / "book.xlsx")
        read = [[cell.value for cell in row] for row in book["results"].iter_rows(min_row=3)]
        kinds = {cell.data_type for row in book["results"].iter_rows() for cell in row}
        book.close()
    assert "f" not in kinds
    assert [row[0] or "" for row in read] == [printable(text).replace("\r", "\n") for text in texts]
    for found, number in zip((row[1] for row in read), numbers, strict=True):
        if abs(number) < LARGEST_IN_16_DIGITS or not math.isfinite(number):
            assert as_number(found) == pytest.approx(number, rel=1e-15, nan_ok=True)
    for found, whole in zip((row[2] for row in read), wholes, strict=True):
        assert int(found) == whole


def as_number(cell):
    return math.nan if cell is None else float(cell)


@FEW
@given(ROWS)
@example(EVERYTHING)
def test_pyarrow_reads_any_table_with_its_units(rows):
    parquet = pytest.importorskip("pyarrow.parquet")
    texts, numbers, wholes = columns(rows)
    with TemporaryDirectory() as folder:
        write_parquet([table(rows)], Path(folder) / "all")
        read = parquet.read_table(Path(folder) / "all" / "results.parquet")
    assert read["name"].to_pylist() == texts
    same([math.nan if one is None else one for one in read["value_ohm"].to_pylist()], numbers)
    assert read["count"].to_pylist() == wholes
    assert read.schema.field("value_ohm").metadata[b"unit"] == b"ohm"


@FEW
@given(ROWS)
@example(EVERYTHING)
def test_xarray_reads_any_table_with_its_units(rows):
    xarray = pytest.importorskip("xarray")
    texts, numbers, wholes = columns(rows)
    with TemporaryDirectory() as folder:
        write_netcdf([table(rows)], Path(folder) / "all.nc")
        with xarray.open_dataset(Path(folder) / "all.nc", engine="scipy", decode_times=False) as read:
            names = [str(one) for one in read["results.name"].values]
            same(read["results.value_ohm"].values, numbers)
            assert list(read["results.count"].values) == [float(whole) for whole in wholes]
            assert read["results.value_ohm"].attrs == {"units": "ohm", "long_name": "a number"}
    assert names == [text_without_nul(text) for text in texts]


@FEW
@given(ROWS)
@example(EVERYTHING)
def test_h5py_reads_any_table_with_its_units(rows):
    h5py = pytest.importorskip("h5py")
    texts, numbers, wholes = columns(rows)
    of_run = Table("results", (Column("run", "1", "run"), *COLUMNS), tuple((1, *row) for row in rows))
    with TemporaryDirectory() as folder:
        write_nexus([of_run], Path(folder) / "all.nxs")
        with h5py.File(Path(folder) / "all.nxs") as file:
            read = file["all_tables/results"]
            assert [one.decode() for one in read["name"][:]] == [text_without_nul(text) for text in texts]
            same(read["value_ohm"][:], numbers)
            assert list(read["count"][:]) == wholes
            assert dict(read["value_ohm"].attrs) == {"units": "ohm", "long_name": "a number"}


POINTS = st.lists(
    st.tuples(*[st.floats(1e-3, 1e7), *[st.floats(-1e12, 1e12, allow_nan=False)] * 2]),
    min_size=2,
    max_size=5,
    unique_by=lambda point: point[0],
)


@FEW
@given(TEXT, POINTS)
@example(HOSTILE[4], [(1.0, 2.0, -3.0), (10.0, 2.0, -3.0)])
def test_impedance_py_reads_any_spectrum_of_any_sample(name, points):
    readers = pytest.importorskip("impedance.preprocessing", reason="impedance.py is not installed")
    with TemporaryDirectory() as folder:
        (written,) = write_zplot(spectrum_tables(name, points), Path(folder) / "spectra")
        frequency_hz, z_ohm = readers.readZPlot(str(written))
    assert [(f, z.real, z.imag) for f, z in zip(frequency_hz, z_ohm, strict=True)] == points


def spectrum_tables(name, points):
    about = {"run": 1, "id": 4, "number": 0, "started_s": 0.0, "status": "finished"}
    about |= {"amplitude_v": 0.02, "bias_v": 0.0}
    measured = [
        {"spectrum_id": 4, "status": "ok", "excluded": "", "time_s": 1.0}
        | dict(zip(("frequency_hz", "z_real_ohm", "z_imag_ohm"), point, strict=True))
        for point in points
    ]
    return [
        of_rows("samples", [{"run": 1, "name": name}]),
        of_rows("spectra", [about]),
        of_rows("impedance_points", measured),
    ]


def of_rows(name, rows):
    named = tuple(Column(key, "", "") for key in rows[0])
    return Table(name, named, tuple(tuple(row.values()) for row in rows))


@FEW
@given(TEXT, st.floats(1e-12, 1e3), st.floats(10.0, 2000.0))
@example(HOSTILE[4], 1e-3, 300.0)
def test_origin_rows_of_any_sample_keep_their_columns(name, sigma_s_m, kelvin):
    row = {"run": 1, "spectrum_id": 4, "temperature_k": kelvin, "conductivity_s_m": sigma_s_m}
    row |= {"temperature_u_k": 0.1, "standard_uncertainty_s_m": 0.1 * sigma_s_m, "number": 0, "branch": "up"}
    row |= {"bound": None, "flags": name, "relative_uncertainty_independent": 0.1, "spectrum": 0}
    row |= {"relative_uncertainty_common": 0.0, "total_resistance_ohm": 1 / sigma_s_m}
    with TemporaryDirectory() as folder:
        (written,) = write_origin(
            [of_rows("samples", [{"run": 1, "name": name}]), of_rows("conductivities", [row])],
            Path(folder) / "origin.csv",
        )
        with written.open(encoding="utf-8", newline="") as file:
            names, _, _, cells = csv.reader(file)
    found = dict(zip(names, cells, strict=True))
    assert float(found["1000/T"]) == 1000 / kelvin
    assert float(found["log10 sigma"]) == pytest.approx(math.log10(sigma_s_m / 100), abs=1e-12)
