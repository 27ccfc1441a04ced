"""Acknowledged rows are on disk; rows that break a rule are refused with the rule's name."""

import sqlite3
import threading

import numpy as np
import pytest

from labctl.errors import StoreError
from labctl.store import Store


def committed(path, table="impedance_points"):
    """Number of rows visible to another process."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    finally:
        connection.close()


def test_an_inserted_row_is_committed_when_its_id_comes_back(rig, path):
    assert committed(path, "spectra") == 1
    assert rig.spectrum_id == 1


def test_flush_returns_when_all_rows_are_committed_and_counted(rig, path):
    before = rig.store.acknowledged
    rig.append_points(500)
    rig.store.flush()
    assert committed(path) == 500
    assert rig.store.acknowledged == before + 500


def test_rows_are_committed_without_a_flush(rig, path):
    rig.append_points(3)
    waiting = threading.Event()
    for _ in range(200):
        if committed(path) == 3:
            break
        waiting.wait(0.05)
    assert committed(path) == 3


def test_closing_commits_what_is_left_and_may_be_repeated(path, start):
    store = Store.open(path)
    start(store).append_points(10)
    store.close()
    store.close()
    assert committed(path) == 10
    with pytest.raises(StoreError, match="closed"):
        store.flush()


def test_a_misspelt_column_is_an_error_at_once(rig):
    with pytest.raises(StoreError, match="no column 'z_reel_ohm'"):
        rig.store.append("impedance_points", rig.point(0) | {"z_reel_ohm": 1.0})


def test_a_missing_column_and_an_unknown_table_are_errors_at_once(rig):
    with pytest.raises(StoreError, match="missing frequency_hz, time_s"):
        rig.store.append("impedance_points", {"spectrum_id": 1, "number": 0})
    with pytest.raises(StoreError, match="no table 'impedance'"):
        rig.store.append("impedance", {"number": 0})


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("frequency_hz", "1 kHz", "is a str"),
        ("frequency_hz", True, "is a bool"),
        ("frequency_hz", 1 + 2j, "is a complex"),
        ("frequency_hz", None, "required"),
        ("number", 1.0, "is a float"),
        ("number", 2**63, "64 bits"),
        ("status", 3, "is a int"),
        ("status", "\ud800", "Unicode"),
        ("time_s", 2**53 + 1, "no exact"),
    ],
)
def test_a_value_that_its_column_cannot_hold_is_refused_by_name(rig, column, value, why):
    with pytest.raises(StoreError, match=f"impedance_points.{column}: .*{why}"):
        rig.store.append("impedance_points", rig.point(0, **{column: value}))


def test_numpy_scalars_land_as_the_numbers_they_are(rig):
    row = rig.point(
        0,
        number=np.int16(0),
        time_s=np.float32(1000.5),
        frequency_hz=np.float64(1e-3),
        z_real_ohm=np.int64(7),
        status=np.str_("ok"),
    )
    rig.store.append("impedance_points", row)
    rig.store.flush()
    with rig.read() as db:
        (stored,) = db.rows("SELECT * FROM impedance_points")
    assert stored == rig.point(0, time_s=1000.5, frequency_hz=1e-3, z_real_ohm=7.0)
    assert {type(stored[name]) for name in ("time_s", "frequency_hz", "z_real_ohm")} == {float}


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), np.float32("-inf")])
def test_a_point_that_claims_to_be_good_must_have_finite_values(rig, bad):
    with pytest.raises(StoreError, match=r"z_real_ohm: .*status says ok"):
        rig.store.append("impedance_points", rig.point(0, z_real_ohm=bad))


def test_in_a_bad_point_nan_is_no_value_and_infinity_keeps_its_sign(rig):
    row = rig.point(0, z_real_ohm=float("nan"), z_imag_ohm=float("-inf"), status="overload")
    rig.store.append("impedance_points", row)
    rig.store.flush()
    with rig.read() as db:
        (stored,) = db.rows("SELECT * FROM impedance_points")
    assert stored["z_real_ohm"] is None
    assert stored["z_imag_ohm"] == -np.inf


def test_only_the_uncertainty_of_a_derived_row_may_be_infinite(rig):
    where = {"spectrum_id": rig.spectrum_id}
    rig.store.replace_derived("conductivities", where, [rig.conductivity(standard_uncertainty_s_m=np.inf)])
    with pytest.raises(StoreError, match="conductivity_s_m: infinite"):
        rig.store.replace_derived("conductivities", where, [rig.conductivity(conductivity_s_m=np.inf)])
    with rig.read() as db:
        assert db.conductivities()["standard_uncertainty_s_m"].tolist() == [np.inf]


def test_a_refused_row_leaves_its_neighbours_and_is_reported_once(rig, path):
    rig.append_points(3)
    rig.store.append("impedance_points", rig.point(1, z_real_ohm=-1.0))
    rig.store.append("impedance_points", rig.point(3))
    with pytest.raises(StoreError, match=r"'number': 1.*this row exists"):
        rig.store.flush()
    rig.store.flush()
    assert committed(path) == 4


def test_an_error_of_the_writer_reaches_the_next_append(rig):
    rig.store.append("impedance_points", rig.point(0, spectrum_id=99))
    waiting = threading.Event()
    with pytest.raises(StoreError, match="FOREIGN KEY"):  # noqa: PT012  the error comes with some later row
        for number in range(200):
            rig.store.append("impedance_points", rig.point(number))
            waiting.wait(0.05)


def test_a_run_is_not_called_finished_while_a_row_was_refused(rig):
    rig.store.append("impedance_points", rig.point(0, frequency_hz=-1.0))
    with pytest.raises(StoreError, match="frequency_hz > 0"):
        rig.store.update("runs", rig.run_id, {"status": "finished", "ended_s": 1.0})
    with rig.read() as db:
        assert db.run("last")["status"] == "running"
    rig.store.update("runs", rig.run_id, {"status": "failed", "ended_s": 1.0})


def test_a_refused_insert_leaves_the_rows_before_it(rig, path):
    rig.append_points(2)
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        rig.store.insert("spectra", {"run_id": 99, "number": 0, "started_s": 0.0})
    assert committed(path) == 2


def test_identical_samples_share_a_row(rig, sample_row):
    assert rig.store.find_or_add_sample(sample_row) == rig.sample_id
    assert rig.store.find_or_add_sample(sample_row | {"note": ""}) == rig.sample_id
    thicker = rig.store.find_or_add_sample(sample_row | {"thickness_m": 2e-3})
    assert thicker != rig.sample_id
    assert rig.store.find_or_add_sample(sample_row | {"thickness_m": 2e-3}) == thicker


def test_the_end_of_a_run_ends_its_spectra_and_is_written_once(rig):
    rig.store.update("runs", rig.run_id, {"status": "aborted", "reason": "asked to", "ended_s": 9.0})
    with rig.read() as db:
        assert db.spectra()[["status", "ended_s"]].values.tolist() == [["aborted", 9.0]]
    with pytest.raises(StoreError, match="has ended"):
        rig.store.update("runs", rig.run_id, {"status": "finished"})


def test_what_was_measured_cannot_be_updated(rig):
    with pytest.raises(StoreError, match=r"runs.procedure cannot be changed"):
        rig.store.update("runs", rig.run_id, {"procedure": "other:One"})
    with pytest.raises(StoreError, match=r"impedance_points.z_real_ohm cannot be changed"):
        rig.store.update("impedance_points", 1, {"z_real_ohm": 1.0})
    with pytest.raises(StoreError, match="has no row 99"):
        rig.store.update("spectra", 99, {"status": "finished"})


def test_derived_rows_are_replaced_together_and_get_new_ids(rig):
    where = {"spectrum_id": rig.spectrum_id}
    first = rig.store.replace_derived("conductivities", where, [rig.conductivity()] * 2)
    second = rig.store.replace_derived("conductivities", where, [rig.conductivity(method_version="2")])
    assert min(second) > max(first)
    with rig.read() as db:
        assert db.conductivities()["method_version"].tolist() == ["2"]


def test_a_failed_replacement_keeps_the_old_derived_rows(rig):
    where = {"spectrum_id": rig.spectrum_id}
    rig.store.replace_derived("conductivities", where, [rig.conductivity()])
    with pytest.raises(StoreError, match="conductivity_s_m > 0"):
        rig.store.replace_derived("conductivities", where, [rig.conductivity(conductivity_s_m=-1.0)])
    with rig.read() as db:
        assert db.conductivities()["conductivity_s_m"].tolist() == [0.01]


def test_measured_tables_cannot_be_replaced(rig):
    with pytest.raises(StoreError, match="not derived"):
        rig.store.replace_derived("impedance_points", {"spectrum_id": 1}, [])
    with pytest.raises(StoreError, match="at least one column"):
        rig.store.replace_derived("conductivities", {}, [])


def test_not_a_number_is_no_value_where_none_is_allowed_and_refused_where_one_is_required(rig):
    nothing = {"relative_uncertainty_resistance": float("nan")}
    where = {"spectrum_id": rig.spectrum_id}
    rig.store.replace_derived("conductivities", where, [rig.conductivity(**nothing)])
    with rig.read() as db:
        (row,) = db.rows("SELECT relative_uncertainty_resistance FROM conductivities")
    assert row == {"relative_uncertainty_resistance": None}
    with pytest.raises(StoreError, match=r"conductivity_s_m: not a number \(NaN\), but a value is required$"):
        rig.store.replace_derived("conductivities", where, [rig.conductivity(conductivity_s_m=float("nan"))])


def test_a_point_that_claims_to_be_good_says_so_when_its_value_is_refused(rig):
    for value, words in ((float("nan"), "not a number"), (float("inf"), "infinite")):
        with pytest.raises(StoreError, match=words + ".*: the point's status says ok"):
            rig.store.append("impedance_points", rig.point(0, temperature_k=value))


def test_infinity_is_kept_as_an_uncertainty_alone(rig):
    where = {"spectrum_id": rig.spectrum_id}
    unknown = {"standard_uncertainty_s_m": float("inf"), "temperature_u_k": float("inf")}
    rig.store.replace_derived("conductivities", where, [rig.conductivity(**unknown)])
    with rig.read() as db:
        (row,) = db.rows("SELECT standard_uncertainty_s_m, temperature_u_k FROM conductivities")
    assert row == unknown
    with pytest.raises(StoreError, match=r"conductivity_s_m: infinite, but a finite value is required$"):
        rig.store.replace_derived("conductivities", where, [rig.conductivity(conductivity_s_m=float("inf"))])
