"""Distributions of relaxation times are kept with the analyses of a run."""

import shutil

import numpy as np
import pytest

from labctl.analysis import drt, parse_circuit
from labctl.derive import derive_run, derive_spectrum, whole_runs
from labctl.derive.choices import Choices
from labctl.derive.inputs import inputs_of
from labctl.derive.relaxation_times import evaluated_relaxation_times
from labctl.derive.whole_runs import reproduced
from labctl.errors import StoreError
from labctl.store import Database, Store
from labctl.store.merging import merge
from labctl.store.queries import analyses, relaxation_times

FREQUENCY_HZ = np.logspace(6, 0, 31)


def cell(bulk_ohm=1e3):
    circuit = parse_circuit("p(R1,CPE1)-CPE2")
    z = circuit.impedance([bulk_ohm, 1e-9, 0.95, 1e-5, 0.85], FREQUENCY_HZ)
    error = np.random.default_rng(7).standard_normal((2, 31)) * 2e-3
    return list(zip(FREQUENCY_HZ, z * (1 + error[0] + 1j * error[1]), strict=True))


@pytest.fixture
def book(notebook):
    """A run with a spectrum of an arc and one of too few points."""
    book = notebook()
    book.spectrum([300.0] * 31, impedances=cell())
    book.spectrum([300.0] * 3, impedances=cell()[:3])
    return book


def end(book):
    book.store.update("runs", book.run_id, {"status": "finished", "ended_s": 9.0})


def test_a_spectrum_under_way_has_none_and_a_whole_run_has_them(book):
    derive_spectrum(book.store, 1, 5.0)
    assert book.rows("relaxation_times") == []
    derive_run(book.store, book.run_id, 6.0)
    (row,) = book.rows("relaxation_times")
    assert (row["spectrum_id"], row["run_id"], row["method"]) == (1, book.run_id, "drt")
    assert len(row["gamma"]) == len(row["gamma_low"]) == len(row["gamma_high"]) > 20


def test_the_end_of_a_long_run_leaves_them_to_a_later_analysis(book, monkeypatch):
    """Two hours for 20 000 spectra, while the next job waits."""
    monkeypatch.setattr(whole_runs, "MOST_AT_THE_END", 1)
    derive_run(book.store, book.run_id, 6.0)
    assert book.rows("relaxation_times") == []
    end(book)
    derive_run(book.store, book.run_id, 7.0)
    assert len(book.rows("relaxation_times")) == 1


def test_what_is_stored_is_what_the_analysis_gives(book):
    derive_run(book.store, book.run_id, 6.0)
    (row,) = book.rows("relaxation_times")
    with book.store.read() as db:
        expected = drt(db.spectrum(1))
        frame, peaks = db.relaxation_times(), db.relaxation_peaks()
    np.testing.assert_allclose(row["gamma"], expected.gamma_ohm, rtol=1e-4)
    np.testing.assert_allclose(frame["tau_s"], expected.tau_s, rtol=1e-9)
    np.testing.assert_allclose(frame["gamma_high_ohm"], expected.gamma_high_ohm, rtol=1e-4)
    assert list(frame["number"].unique()) == [0]
    first = expected.peaks[0].resistance_ohm
    assert peaks["resistance_ohm"][0] == pytest.approx(first.value, rel=1e-4)
    assert peaks["standard_uncertainty_ohm"][0] == pytest.approx(first.standard_uncertainty, rel=1e-4)
    assert (row["exponent"], row["capacitance_f"]) == (expected.exponent, expected.capacitance_f)


def test_a_run_without_them_gives_empty_frames(book):
    with book.store.read() as db:
        assert len(db.relaxation_times()) == len(db.relaxation_peaks()) == 0
        assert "gamma_low_ohm" in db.relaxation_times()
        assert "resistance_ohm" in db.relaxation_peaks()


def test_what_stands_on_the_same_points_is_taken_over(book, monkeypatch):
    derive_run(book.store, book.run_id, 6.0)
    end(book)
    monkeypatch.setattr("labctl.derive.relaxation_times.drt", lambda spectrum: pytest.fail("made again"))
    with book.store.read() as db:
        (row,) = evaluated_relaxation_times(db, book.run_id, [1], inputs_of(db, book.run_id), 7.0)
    (kept,) = book.rows("relaxation_times")
    assert row == {name: kept[name] for name in row} | {"derived_s": 7.0}


def test_other_points_are_derived_again(book):
    derive_run(book.store, book.run_id, 6.0)
    end(book)
    with book.store.read() as db:
        fewer = inputs_of(db, book.run_id, Choices(frequency_min_hz=10.0))
        (changed,) = evaluated_relaxation_times(db, book.run_id, [1], fewer, 7.0)
    (kept,) = book.rows("relaxation_times")
    assert changed["points_hash"] != kept["points_hash"]
    assert changed["gamma"] != kept["gamma"]


def test_an_ended_run_keeps_the_rows_of_every_analysis(book):
    derive_run(book.store, book.run_id, 6.0)
    end(book)
    derive_run(book.store, book.run_id, 7.0)
    assert len(book.rows("relaxation_times")) == 1
    assert len(book.rows("all_relaxation_times")) == 2
    with pytest.raises(StoreError, match="closed"):
        book.store.replace_derived("relaxation_times", {"run_id": book.run_id}, [])


def test_they_are_made_again_bit_for_bit(book):
    derive_run(book.store, book.run_id, 6.0)
    end(book)
    with book.store.read() as db:
        (analysis,) = analyses.current(db, (book.run_id,))
        found = reproduced(db, book.run_id, analysis)
    assert found.differences == ()
    assert found.compared >= 3


def test_they_come_along_when_files_are_merged(book, tmp_path):
    derive_run(book.store, book.run_id, 6.0)
    end(book)
    path = book.store.path
    book.store.close()
    ours = tmp_path / "ours.db"
    Store.open(ours).close()
    merge(ours, path)
    with Database(ours) as here, Database(path) as there:
        assert len(here.relaxation_times()) > 20
        assert here.relaxation_times().equals(there.relaxation_times())


def test_a_file_of_an_older_labctl_can_be_merged(book, tmp_path):
    end(book)
    path, older = book.store.path, tmp_path / "older.db"
    book.store.close()
    shutil.copy(path, older)
    with Store.open(older) as store:
        store._writer.call(_as_before)
    ours = tmp_path / "ours.db"
    Store.open(ours).close()
    assert len(merge(ours, older).added) == 1
    with Database(older) as db:
        assert len(db.relaxation_times()) == 0


def _as_before(connection):
    connection.execute("DROP VIEW relaxation_times")
    connection.execute("DROP TABLE all_relaxation_times")
    connection.execute("DELETE FROM columns WHERE table_name LIKE '%relaxation_times'")
    connection.execute("DELETE FROM _sqlite_migrations WHERE name = '0015_relaxation_times'")


@pytest.mark.parametrize(
    "broken",
    [
        {"gamma": [1.0, "x"]},
        {"gamma": [1.0]},
        {"fastest_s": None},
        {"peaks": [{"time_s": 1.0}]},
        {"peaks": [dict.fromkeys(relaxation_times.PEAK, 0.0)]},
        {"peaks": {"$unreadable": "x"}},
    ],
)
def test_a_row_that_cannot_be_read_is_no_distribution(broken):
    row = {"fastest_s": 1e-6, "slowest_s": 1.0, "gamma": [1.0, 2.0], "peaks": []}
    row |= {"gamma_low": [0.0, 1.0], "gamma_high": [2.0, 3.0]}
    assert relaxation_times.is_readable(row)
    assert not relaxation_times.is_readable(row | broken)
