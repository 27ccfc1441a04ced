"""Following a run gives the content of the database, in bounded steps, independent of its size."""

import sqlite3

import numpy as np
import pytest

from labctl.readmodel import long_tables
from labctl.readmodel.following import RunFollower
from labctl.readmodel.growing_polarisations import extrapolated_current
from labctl.readmodel.thinning import MOST_ROWS
from labctl.store import Database, Store
from labctl.store.analyses import Maker
from labctl.store.queries.numbered_rows import POLARISED_TEMPERATURES

SAMPLE = {"name": "film", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "reversible"}


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "lab.db") as store:
        yield store


@pytest.fixture
def begin(store):
    def begin(job_id=None, **changes):
        sample_id = store.find_or_add_sample(SAMPLE)
        return store.insert(
            "runs",
            {
                "sample_id": sample_id,
                "procedure": "any:Any",
                "status": "running",
                "started_s": 0.0,
                "job_id": job_id,
                **changes,
            },
        )

    return begin


@pytest.fixture
def follow(store):
    with Database(store.path) as database:
        yield lambda run_id: RunFollower(database, run_id)


def spectrum(store, run_id, number, points=5):
    spectrum_id = store.insert(
        "spectra", {"run_id": run_id, "number": number, "setpoint_k": 300.0, "started_s": 0.0}
    )
    for n in range(points):
        store.append("impedance_points", point(spectrum_id, n))
    return spectrum_id


def point(spectrum_id, number, **changes):
    usual = {"time_s": 1.0 * number, "frequency_hz": 10.0 ** (5 - number), "z_real_ohm": 100.0 + number}
    return {
        "spectrum_id": spectrum_id,
        "number": number,
        "z_imag_ohm": -1.0,
        "status": "ok",
        **usual,
        **changes,
    }


def polarisation(store, run_id, current_a):
    polarisation_id = store.insert(
        "polarisations", {"run_id": run_id, "number": 0, "potential_v": 0.01, "started_s": 0.0}
    )
    for n, current in enumerate(current_a):
        row = {"polarisation_id": polarisation_id, "number": n, "time_s": 1.0 * n, "elapsed_s": 1.0 * n}
        store.append("polarisation_points", row | {"current_a": float(current), "potential_v": 0.01})
    store.flush()


def read_all(follower):
    snapshot = follower.poll()
    while not snapshot.complete:
        snapshot = follower.poll()
    return snapshot


def test_points_appear_as_they_are_measured(store, begin, follow):
    run_id = begin()
    spectrum_id = spectrum(store, run_id, 0, points=3)
    store.flush()
    follower = follow(run_id)
    assert follower.poll().spectra[0].frequency_hz.size == 3
    store.append("impedance_points", point(spectrum_id, 3))
    store.flush()
    assert list(follower.poll().spectra[0].z_ohm.real) == [100, 101, 102, 103]


def test_what_is_not_stated_is_known_from_the_first_look_on(store, begin, follow):
    snapshot = follow(begin()).poll()
    assert "analyser: not stated" in snapshot.stated
    assert "geometry: not stated" in snapshot.stated


def test_a_bad_point_is_counted_and_not_drawn(store, begin, follow):
    run_id = begin()
    spectrum_id = spectrum(store, run_id, 0, points=2)
    store.append(
        "impedance_points", point(spectrum_id, 2, status="overload", z_real_ohm=None, z_imag_ohm=None)
    )
    store.flush()
    (curve,) = follow(run_id).poll().spectra
    assert (curve.frequency_hz.size, curve.bad_points) == (2, 1)


def test_nothing_new_is_the_same_snapshot(store, begin, follow):
    run_id = begin()
    spectrum(store, run_id, 0)
    store.flush()
    follower = follow(run_id)
    read_all(follower)
    assert follower.poll() is follower.poll()


def test_many_currents_are_read_in_steps_and_keep_their_spike(store, begin, follow, monkeypatch):
    monkeypatch.setattr(long_tables, "ROWS_AT_ONCE", 10_000)
    run_id, current_a = begin(), np.exp(-np.arange(35_000) / 1e4)
    current_a[23_456] = 9.0
    polarisation(store, run_id, current_a)
    follower = follow(run_id)
    first = follower.poll()
    assert (first.rows, first.complete) == (10_000, False)
    (curve,) = read_all(follower).polarisations
    assert curve.elapsed_s[-1] == 34_999
    assert curve.elapsed_s.size <= MOST_ROWS
    assert curve.current_a.max() == 9.0
    assert curve.elapsed_s[curve.current_a.argmax()] == 23_456
    assert (np.diff(curve.elapsed_s) >= 0).all()


def test_points_that_are_thinned_or_without_a_temperature_never_become_rows_of_python(
    store, begin, follow, monkeypatch
):
    monkeypatch.setattr(long_tables, "SHOWN_ROWS", 100)
    run_id = begin()
    polarisation(store, run_id, np.exp(-np.arange(20_000) / 1e4))
    rows, read = 0, Database.rows

    def counted(database, *arguments):
        nonlocal rows
        found = read(database, *arguments)
        rows += len(found)
        return found

    follower = follow(run_id)
    monkeypatch.setattr(Database, "rows", counted)
    assert read_all(follower).rows == 20_000
    assert rows < 1000


def test_the_temperature_during_a_long_polarisation_keeps_its_extremes(store, begin, follow, monkeypatch):
    monkeypatch.setattr(long_tables, "ROWS_AT_ONCE", 600)
    monkeypatch.setattr(long_tables, "SHOWN_ROWS", 200)
    run_id = begin()
    for polarisation_id in (1, 2):
        about = {"run_id": run_id, "number": polarisation_id, "potential_v": 0.01, "started_s": 0.0}
        store.insert("polarisations", about | {"setpoint_k": 300.0 + polarisation_id})
        for n in range(3000):
            row = {"polarisation_id": polarisation_id, "number": n, "elapsed_s": 1.0 * n, "potential_v": 0.01}
            row |= {"current_a": 1e-6, "time_s": 3000.0 * polarisation_id + n}
            kelvin = None if n % 2 else 400.0 if n == 1234 else 300.0 + polarisation_id
            store.append("polarisation_points", row | {"temperature_k": kelvin})
    store.flush()
    follower = follow(run_id)
    curve = read_all(follower).temperature
    assert [*curve.time_s[curve.temperature_k == 400.0]] == [4234.0, 7234.0]
    assert 200 < curve.time_s.size < 1000
    assert {*curve.setpoint_k[curve.time_s < 6000]} == {301.0}
    assert {*curve.setpoint_k[curve.time_s >= 6000]} == {302.0}
    assert follower.poll() is follower.poll()
    table = long_tables.LongTable(follower._db, POLARISED_TEMPERATURES)
    while not (table.poll([1, 2]) and table.complete):
        assert (np.diff(table.columns()[0]) >= 0).all()


def test_a_current_marked_as_bad_is_no_current(store, begin, follow):
    run_id = begin()
    polarisation(store, run_id, np.full(30, 1e-6))
    for n in range(30, 40):
        row = {
            "polarisation_id": 1,
            "number": n,
            "time_s": 1.0 * n,
            "elapsed_s": 1.0 * n,
            "potential_v": 0.01,
        }
        store.append("polarisation_points", row | {"current_a": 0.1, "status": "overload"})
    store.flush()
    (curve,) = read_all(follow(run_id)).polarisations
    assert np.isnan(curve.current_a[30:]).all()
    assert np.nanmax(curve.current_a) == 1e-6


def test_a_continued_run_is_drawn_whole(store, begin, follow):
    store.insert("jobs", {"uuid": "j", "protocol_text": "", "created_s": 0.0})
    first = begin(job_id=1)
    spectrum(store, first, 0)
    store.update("runs", first, {"status": "interrupted", "reason": "killed"})
    second = begin(job_id=1)
    spectrum(store, second, 0)
    store.flush()
    assert len(follow(second).poll().spectra) == 2


def test_a_relaxation_is_extrapolated_to_its_end():
    time_s = np.arange(1.0, 400.0)
    rng = np.random.default_rng(5)
    current_a = 1e-6 * (1 + 2 * np.exp(-time_s / 150)) * (1 + 1e-3 * rng.standard_normal(time_s.size))
    steady = extrapolated_current(time_s, current_a)
    assert steady is not None
    assert steady.low_a < 1e-6 < steady.high_a


def test_noise_alone_is_extrapolated_to_nothing_wrong():
    assert extrapolated_current(np.arange(3.0), np.ones(3)) is None


def test_rows_of_own_columns_become_columns(store, begin, follow):
    run_id = begin()
    for n in range(4):
        store.append(
            "records", {"run_id": run_id, "number": n, "time_s": 0.0, "data": {"B (T)": n / 2, "who": "x"}}
        )
    store.flush()
    records = follow(run_id).poll().records
    assert list(records["B (T)"]) == [0, 0.5, 1, 1.5]
    assert np.isnan(records["who"]).all()


def test_a_set_point_is_not_shown_as_the_temperature_of_a_spectrum(store, begin, follow):
    run_id = begin()
    spectrum(store, run_id, 0)
    measured = spectrum(store, run_id, 1, points=0)
    for n, kelvin in enumerate((301.0, None, 303.0)):
        store.append("impedance_points", point(measured, n, temperature_k=kelvin))
    store.flush()
    first, second = read_all(follow(run_id)).spectra
    assert (first.setpoint_k, first.temperature_k) == (300.0, None)
    assert second.temperature_k == 302.0


class Counting(sqlite3.Connection):
    """Counts the instructions of SQLite: what is read, whatever the computer."""

    instructions = 0

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        super().set_progress_handler(self.count, 5)

    def count(self):
        Counting.instructions += 5
        return 0

    def set_progress_handler(self, progress_handler, n):
        """Keep the handler that counts."""


def measured(store, run_id, number):
    """A finished spectrum with its derived rows."""
    spectrum_id = spectrum(store, run_id, number)
    store.flush()
    store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 1.0})
    made = {"spectrum_id": spectrum_id, "method": "any", "method_version": "1", "derived_s": 1.0}
    resistance = {"quantity": "total", "resistance_ohm": 1.0, "circuit": "", "flags": []}
    store.replace_derived("resistances", {"spectrum_id": spectrum_id}, [made | resistance])
    conductivity = {"run_id": run_id, "temperature_k": 300.0, "conductivity_s_m": 1.0 + number, "flags": []}
    conductivity |= {"total_resistance_ohm": 1.0}
    store.replace_derived("conductivities", {"spectrum_id": spectrum_id}, [made | conductivity])


def test_a_look_at_a_long_run_reads_as_little_as_at_a_short_one(store, begin, monkeypatch):
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **o: connect(*a, **{"factory": Counting, **o}))
    run_id = begin()
    looks = []
    with Database(store.path) as database:
        follower = RunFollower(database, run_id)
        for number in range(0, 240, 2):
            measured(store, run_id, number)
            if number % 40 == 38:
                read_all(follower)
                measured(store, run_id, number + 1)
                before = Counting.instructions
                snapshot = read_all(follower)
                assert follower.poll() is snapshot
                looks.append(Counting.instructions - before)
                assert [row["conductivity_s_m"] for row in snapshot.conductivities][-1] == number + 2.0
    assert looks[-1] < 1.1 * looks[0]


def test_a_conductivity_that_is_derived_again_is_shown_once_and_one_that_is_lost_no_more(
    store, begin, follow
):
    run_id = begin()
    for number in range(3):
        measured(store, run_id, number)
    follower = follow(run_id)
    ids = [row["spectrum_id"] for row in read_all(follower).conductivities]
    made = {"method": "any", "method_version": "2", "derived_s": 2.0, "run_id": run_id, "flags": []}
    again = {
        **made,
        "spectrum_id": ids[1],
        "temperature_k": 300.0,
        "conductivity_s_m": 7.0,
        "total_resistance_ohm": 1,
    }
    store.replace_derived("conductivities", {"spectrum_id": ids[1]}, [again])
    assert [row["conductivity_s_m"] for row in read_all(follower).conductivities] == [1.0, 7.0, 3.0]
    store.update("runs", run_id, {"status": "finished", "ended_s": 3.0})
    kept = [row for row in read_all(follower).conductivities if row["spectrum_id"] != ids[1]]
    rows = [{name: row[name] for name in again} for row in kept]
    analysis = store.record_analysis(run_id, Maker(4.0), {"conductivities": rows})
    snapshot = read_all(follower)
    assert [row["conductivity_s_m"] for row in snapshot.conductivities] == [1.0, 3.0]
    assert snapshot.analysis["id"] == analysis


def test_when_another_analysis_is_chosen_its_rows_are_shown_in_place_of_all_others(store, begin, follow):
    run_id = begin()
    for number in range(2):
        measured(store, run_id, number)
    store.update("runs", run_id, {"status": "finished", "ended_s": 3.0})
    follower = follow(run_id)
    first = read_all(follower)
    row = {"run_id": run_id, "spectrum_id": first.spectra[0].id, "temperature_k": 300.0, "flags": []}
    row |= {"conductivity_s_m": 9.0, "total_resistance_ohm": 1.0}
    row |= {"method": "any", "method_version": "1", "derived_s": 1.0}
    store.record_analysis(run_id, Maker(4.0), {"conductivities": [row]})
    other = read_all(follower)
    assert [one["conductivity_s_m"] for one in other.conductivities] == [9.0]
    assert [one.resistance for one in other.spectra] == [None, None]
    store.choose_analysis(run_id, first.analysis["id"], 5.0)
    back = read_all(follower)
    assert back.conductivities == first.conductivities
    assert [one.resistance for one in back.spectra] == [one.resistance for one in first.spectra]


def test_an_amendment_reaches_a_run_that_is_followed_and_excluded_points_are_marked(store, begin, follow):
    run_id = begin()
    spectrum(store, run_id, 0)
    spectrum(store, run_id, 1)
    store.flush()
    follower = follow(run_id)
    before = follower.poll()
    assert [curve.out.sum() for curve in before.spectra] == [0, 0]
    about = {"time_s": 1.0, "reason": "measured again"}
    new = {"thickness_m": 2e-3, "thickness_u_m": 0.0}
    store.insert("amendments", about | {"uuid": "a", "sample_id": 1, "field": "thickness", "new_value": new})
    excluded = {"spectrum": 1, "frequency_min_hz": 900.0, "frequency_max_hz": 11000.0}
    row = about | {"uuid": "b", "run_id": run_id, "field": "exclusion", "new_value": excluded}
    last = store.insert("amendments", row)
    follower.poll()
    after = follower.poll()
    assert after.sample["thickness_m"] == 2e-3
    assert [row["uuid"] for row in after.amendments] == ["a", "b"]
    assert [list(curve.frequency_hz[curve.out]) for curve in after.spectra] == [[], [1e4, 1e3]]
    revocation = about | {"uuid": "c", "run_id": run_id, "field": "exclusion", "revokes": last}
    store.insert("amendments", revocation)
    follower.poll()
    assert [curve.out.sum() for curve in follower.poll().spectra] == [0, 0]


def distribution(run_id, spectrum_id, gamma=(1.0, 2.0, 1.0), **changes):
    peak = {"time_s": 1e-3, "fastest_s": 1e-4, "slowest_s": 1e-2, "resistance_ohm": 5.0}
    peak["standard_uncertainty_ohm"] = 0.1
    row = {"run_id": run_id, "spectrum_id": spectrum_id, "fastest_s": 1e-4, "slowest_s": 1e-2}
    row |= {"gamma": list(gamma), "gamma_low": [0.0, 1.0, 0.0], "gamma_high": [2.0, 3.0, 2.0]}
    row |= {"peaks": [peak], "series_ohm": 0.0, "inductance_h": 0.0, "strength": 1e-3, "rms": 1e-3}
    row |= {"points_hash": "0", "method": "any", "method_version": "1", "derived_s": 1.0}
    return row | changes


def test_relaxation_times_of_the_current_analysis_are_shown(store, begin, follow):
    run_id = begin()
    measured(store, run_id, 0)
    store.update("runs", run_id, {"status": "finished", "ended_s": 3.0})
    follower = follow(run_id)
    (before,) = read_all(follower).spectra
    assert before.relaxation is None
    store.record_analysis(run_id, Maker(4.0), {"relaxation_times": [distribution(run_id, before.id)]})
    relaxation = read_all(follower).spectra[0].relaxation
    np.testing.assert_allclose(relaxation.tau_s, [1e-4, 1e-3, 1e-2])
    assert list(relaxation.gamma_ohm) == [1.0, 2.0, 1.0]
    assert list(relaxation.high_ohm) == [2.0, 3.0, 2.0]
    assert relaxation.peaks[0]["resistance_ohm"] == 5.0
    store.record_analysis(run_id, Maker(5.0), {"relaxation_times": []})
    assert read_all(follower).spectra[0].relaxation is None


def test_relaxation_times_that_cannot_be_read_are_not_shown(store, begin, follow):
    run_id = begin()
    measured(store, run_id, 0)
    store.update("runs", run_id, {"status": "finished", "ended_s": 3.0})
    row = distribution(run_id, 1, gamma=(1.0, 2.0))
    store.record_analysis(run_id, Maker(4.0), {"relaxation_times": [row]})
    assert read_all(follow(run_id)).spectra[0].relaxation is None


def test_a_spike_of_one_record_in_many_is_shown_in_any_column(store, begin, follow, monkeypatch):
    monkeypatch.setattr(long_tables, "ROWS_AT_ONCE", 10_000)
    run_id = begin()
    for number in range(30_000):
        data = {
            "x": float(number),
            "y": 99.0 if number == 12_345 else 0.0,
            "z": -9.0 if number == 54 else 1.0,
        }
        store.append("records", {"run_id": run_id, "number": number, "time_s": 1.0 * number, "data": data})
    store.flush()
    snapshot = read_all(follow(run_id))
    assert (snapshot.records["y"].max(), snapshot.records["z"].min()) == (99.0, -9.0)
    assert (snapshot.records["x"][0], snapshot.records["x"][-1]) == (0.0, 29_999.0)
    assert snapshot.records["x"].size <= 12_000
    assert snapshot.thinned == {"records"}


def test_a_temperature_log_that_grows_keeps_its_past_and_says_that_it_is_thinned(store, begin, follow):
    run_id = begin()
    follower = follow(run_id)
    for stretch in range(20):
        for number in range(4000 * stretch, 4000 * (stretch + 1)):
            row = {"run_id": run_id, "number": number, "time_s": 5.0 * number, "phase": "hold"}
            store.append("temperature_log", row | {"temperature_k": 300.0 + number % 7, "setpoint_k": 300.0})
        store.flush()
        snapshot = read_all(follower)
    curve = snapshot.temperature
    assert (curve.time_s < 200_000).sum() > 1000
    assert curve.time_s.size <= MOST_ROWS
    assert not np.isnan(curve.temperature_k).any()
    assert snapshot.thinned_in_words == "thinned, extremes kept: temperature"


def test_the_temperature_is_read_during_spectra_too(store, begin, follow):
    run_id = begin()
    row = {"run_id": run_id, "number": 0, "time_s": 0.0, "temperature_k": 300.0, "setpoint_k": 300.0}
    store.append("temperature_log", row | {"phase": "dwell"})
    measured = store.insert("spectra", {"run_id": run_id, "number": 0, "setpoint_k": 300.0, "started_s": 5.0})
    for number, kelvin in enumerate((300.1, 300.2)):
        store.append("impedance_points", point(measured, number, temperature_k=kelvin, time_s=10.0 + number))
    store.flush()
    assert [*read_all(follow(run_id)).temperature.temperature_k] == [300.0, 300.1, 300.2]


def test_a_run_that_dwells_says_for_how_long(store, begin, follow):
    run_id = begin(parameters={"dwell_min": 30.0, "band_k": 0.5})
    for number, phase in enumerate(("approach", "dwell", "dwell")):
        row = {"run_id": run_id, "number": number, "time_s": 60.0 * number, "setpoint_k": 300.0}
        store.append("temperature_log", row | {"temperature_k": 300.0, "phase": phase})
    store.flush()
    assert read_all(follow(run_id)).settling == "dwell: 29 min 00 s of 30 min 00 s left"
