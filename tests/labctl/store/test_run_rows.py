import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.store import Store
from labctl.store.run_rows import PAGE, GrowingColumn, RunRows

SAMPLE = {"name": "p", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "lab.db") as store:
        yield store


@pytest.fixture
def run_id(store):
    sample_id = store.find_or_add_sample(SAMPLE)
    return store.insert("runs", {"sample_id": sample_id, "procedure": "m:C", "started_s": 0.0})


def record(store, run_id, first, last):
    for number in range(first, last):
        data = {"x": float(number), "n": number}
        store.append("records", {"run_id": run_id, "number": number, "time_s": float(number), "data": data})
    store.flush()


def test_a_second_look_reads_only_what_is_new(store, run_id, monkeypatch):
    record(store, run_id, 0, 10)
    rows = RunRows(store.path, run_id, ["x", "n"])
    assert rows.read_all() == 10
    assert rows.read_all() == 0
    record(store, run_id, 10, 13)
    assert rows.read_all() == 3
    assert list(rows.column("n")) == list(range(13))
    rows.close()


def test_a_frame_of_before_is_not_changed_by_what_comes_after(store, run_id):
    record(store, run_id, 0, 3)
    rows = RunRows(store.path, run_id)
    rows.read_all()
    before = rows.frame()
    record(store, run_id, 3, 200)
    rows.read_all()
    assert list(before["n"]) == [0, 1, 2]
    assert len(rows.frame()) == len(rows) == 200
    rows.close()


def test_a_long_run_can_be_read_in_pieces(store, run_id):
    record(store, run_id, 0, PAGE + 10)
    rows = RunRows(store.path, run_id, ["x"])
    assert [rows.read(), rows.read(), rows.read()] == [PAGE, 10, 0]
    assert np.array_equal(rows.column("x"), np.arange(PAGE + 10.0))
    rows.close()


def test_reading_goes_on_after_the_file_was_closed(store, run_id):
    record(store, run_id, 0, 2)
    rows = RunRows(store.path, run_id)
    rows.read()
    rows.close()
    record(store, run_id, 2, 4)
    assert rows.read() == 2
    rows.close()


def test_points_of_spectra_and_polarisations_come_with_where_they_belong(store, run_id):
    about = {"run_id": run_id, "number": 0, "step": 2, "setpoint_k": 330.0, "started_s": 0.0}
    spectrum = store.insert("spectra", {**about, "branch": "heating"})
    polarisation = store.insert("polarisations", {**about, "potential_v": 0.01})
    for number, time_s in enumerate((1.0, 4.0)):
        point = {"spectrum_id": spectrum, "number": number, "time_s": time_s, "frequency_hz": 10.0 - number}
        store.append("impedance_points", {**point, "z_real_ohm": 5.0, "z_imag_ohm": -1.0})
    current = {"polarisation_id": polarisation, "number": 0, "time_s": 2.0, "elapsed_s": 0.5}
    store.append("polarisation_points", {**current, "potential_v": 0.01, "current_a": 1e-6})
    store.flush()
    columns = [
        "time_s",
        "spectrum",
        "polarisation",
        "step",
        "branch",
        "setpoint_k",
        "frequency_hz",
        "current_a",
    ]
    rows = RunRows(store.path, run_id, columns)
    assert rows.read_all() == 3
    frame = rows.frame()
    assert list(frame["time_s"]) == [1.0, 2.0, 4.0]
    assert list(frame["step"]) == [2, 2, 2]
    assert list(frame["branch"].fillna("")) == ["heating", "", "heating"]
    assert list(frame["frequency_hz"].fillna(0)) == [10.0, 0.0, 9.0]
    assert list(frame["current_a"].fillna(0)) == [0.0, 1e-6, 0.0]
    point = {"spectrum_id": spectrum, "number": 2, "time_s": 5.0, "frequency_hz": 8.0}
    store.append("impedance_points", {**point, "z_real_ohm": 5.0, "z_imag_ohm": -1.0})
    store.flush()
    assert rows.read_all() == 1
    rows.close()


values = st.lists(st.one_of(st.floats(allow_nan=False), st.integers(-(2**40), 2**40), st.text(max_size=3)))


@given(st.lists(values))
def test_a_growing_column_holds_every_value_in_order(pieces):
    column = GrowingColumn()
    for piece in pieces:
        column.extend(piece)
    assert list(column.values()) == [value for piece in pieces for value in piece]


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        ([[1, 2], [3]], "i"),
        ([[1], [2.5]], "f"),
        ([[None], [2.5]], "f"),
        ([[True], [False]], "b"),
        ([[True], [2.5]], "O"),
        ([[1.5], ["overload"]], "O"),
        ([[2**70]], "O"),
        ([[[1, 2], [3, 4]]], "O"),
    ],
)
def test_a_column_is_of_numbers_while_all_are(pieces, kind):
    column = GrowingColumn()
    for piece in pieces:
        column.extend(piece)
    assert column.values().dtype.kind == kind
