"""Named queries over a run that continues a cut one, beside a run of another job."""

import re
from pathlib import Path

import pytest

from labctl.errors import StoreError
from labctl.store import Store
from labctl.store.queries import (
    conductivities,
    derivations,
    derived_rows,
    events,
    law_fits,
    numbered_rows,
    point_temperatures,
    records,
    resistances,
    run_parts,
    runs,
    samples,
    spectra,
)


@pytest.fixture
def night(rig):
    """Run 1, runs 2 and 3 of a job, run 4 of no job; a spectrum each."""
    store = rig.store
    job_id = store.insert("jobs", {"uuid": "j", "protocol_text": "", "created_s": 0.0})
    store.update("runs", rig.run_id, {"status": "failed", "ended_s": 1.0})
    for job in (job_id, job_id, None):
        run = {"sample_id": rig.sample_id, "procedure": "procedures.eis:EIS", "started_s": 2.0, "job_id": job}
        run_id = store.insert("runs", run)
        store.insert("spectra", {"run_id": run_id, "number": 0, "setpoint_k": 300.0, "started_s": 2.0})
    with store.read() as db:
        yield rig, db


def test_the_parts_of_a_run_are_the_earlier_runs_of_its_job_and_itself(night):
    _, db = night
    assert [run_parts.part_ids(db, run_id) for run_id in (1, 2, 3, 4)] == [[1], [2], [2, 3], [4]]
    assert db.part_ids("last") == [4]


def test_the_parts_of_a_run_that_is_not_there_are_refused(night):
    with pytest.raises(StoreError, match="no run 99"):
        night[1].part_ids(99)


def test_rows_of_several_parts_come_in_order_and_alone(night):
    _, db = night
    assert [row["run_id"] for row in spectra.of_parts(db, [2, 3])] == [2, 3]
    assert spectra.of_parts(db, []) == []
    assert [*db.spectra(3).run_id] == [2, 3]


def test_spectra_are_new_above_a_number_of_their_part_or_are_named(night):
    _, db = night
    assert [row["id"] for row in spectra.new_of_part(db, 2, -1)] == [2]
    assert spectra.new_of_part(db, 2, 0) == []
    assert [row["id"] for row in spectra.with_ids(db, [2, 4])] == [2, 4]
    assert spectra.with_ids(db, []) == []


def test_a_finished_spectrum_without_a_conductivity_is_found_with_its_flags(night):
    rig, db = night
    assert spectra.without_conductivity(db, [2, 3]) == []
    for spectrum_id in (2, 3):
        rig.store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 9.0})
    made = {"method": "m", "method_version": "1", "derived_s": 1.0}
    silent = made | {"spectrum_id": 2, "quantity": "total", "circuit": "", "flags": ["nothing is resolved"]}
    rig.store.replace_derived("resistances", {"spectrum_id": 2}, [silent])
    rig.store.replace_derived(
        "conductivities", {"spectrum_id": 3}, [rig.conductivity(spectrum_id=3, run_id=3)]
    )
    found = [{"spectrum": 0, "setpoint_k": 300.0, "flags": ["nothing is resolved"]}]
    assert spectra.without_conductivity(db, [2, 3]) == found
    assert spectra.last_finished(db, 2) == 2
    assert spectra.last_finished(db, 4) is None


def test_conductivities_carry_the_branch_of_their_spectrum_in_rows_and_frames(night):
    rig, db = night
    rows = [rig.conductivity(spectrum_id=2, run_id=2)]
    rig.store.replace_derived("conductivities", {"spectrum_id": 2}, rows)
    (row,) = conductivities.of_parts(db, db.part_ids(3))
    assert (row["run_id"], row["branch"], row["flags"]) == (2, "isothermal", ["a reservation"])
    of_frames = [*row, "relative_uncertainty_independent", "relative_uncertainty_common"]
    assert [*db.conductivities(3).columns] == of_frames
    assert [*db.conductivities(4).columns] == of_frames
    assert conductivities.of_file(db)[0]["conductivity_s_m"] == 0.01
    assert conductivities.new_of_parts(db, [2, 3], 0) == [row]
    assert conductivities.new_of_parts(db, [2, 3], row["id"]) == []
    assert [conductivities.count_of_parts(db, parts) for parts in ([2, 3], [4])] == [1, 0]


def test_new_total_resistances_are_those_above_an_id(night):
    rig, db = night
    made = {"method": "m", "method_version": "1", "derived_s": 1.0, "circuit": "", "spectrum_id": 2}
    both = [made | {"quantity": name, "resistance_ohm": 1.0} for name in ("total", "bulk")]
    rig.store.replace_derived("resistances", {"spectrum_id": 2}, both)
    newest = resistances.newest_id(db)
    (total,) = resistances.new_totals(db, [2, 3], 0, newest)
    assert total["quantity"] == "total"
    assert resistances.new_totals(db, [2, 3], total["id"], newest) == []
    assert resistances.new_totals(db, [1, 4], 0, newest) == []
    assert len(resistances.of_parts(db, [2, 3])) == 2


def test_laws_are_those_of_the_run_or_of_its_last_part_that_has_any(night):
    rig, db = night
    law = {"run_id": 2, "branch": "all", "law": "arrhenius", "form": "ln_sigma", "preferred": 1}
    law |= {"parameters": {}, "n_points": 3, "method": "m", "method_version": "1", "derived_s": 1.0}
    before = derived_rows.newest_ids(db, 3, [2, 3])
    rig.store.replace_derived("law_fits", {"run_id": 2}, [law])
    assert [len(law_fits.of_run(db, run_id)) for run_id in (2, 3)] == [1, 0]
    assert [len(db.fits(run_id)) for run_id in (2, 3, 4)] == [1, 1, 0]
    made = {"analyses": "1"}  # the rows of run 2 begin its first analysis
    assert derived_rows.newest_ids(db, 3, [2, 3]) == before | made
    assert derived_rows.newest_ids(db, 2, [2]) == before | made | {"fits": 1}


def test_events_belong_to_parts_or_to_the_station(night):
    rig, db = night
    for run_id in (2, 3, None, 4):
        row = {"run_id": run_id, "time_s": 1.0, "level": "info", "kind": "k", "message": str(run_id)}
        rig.store.append("events", row)
    rig.store.flush()
    assert [row["message"] for row in events.newest_of_parts(db, [2, 3], 0, 10)] == ["3", "2"]
    assert [row["message"] for row in events.newest_of_parts(db, [2, 3], 0, 1)] == ["3"]
    assert [*db.events(3).message] == ["2", "3"]
    assert [row["message"] for row in events.newest_of_station(db, 1)] == ["None"]
    assert events.last_id_of_station(db) == events.newest_of_station(db, 1)[0]["id"]


def test_runs_are_listed_with_their_sample_and_counted_by_status(night):
    _, db = night
    listed = runs.with_samples(db)
    assert [(row["id"], row["sample"]) for row in listed] == [(n, "pellet 7") for n in (1, 2, 3, 4)]
    counts = {row["status"]: row["count(*)"] for row in runs.counts_by_status(db)}
    assert counts == {"failed": 1, "running": 3}
    assert [row["id"] for row in runs.of_procedure(db, "procedures.eis:EIS")] == [4, 3, 2, 1]
    assert runs.protocol_and_sample(db, 2)["name"] == "pellet 7"


def test_samples_come_newest_first_and_not_more_than_asked(night):
    rig, db = night
    rig.store.find_or_add_sample(
        {"name": "film", "thickness_m": 1e-6, "area_m2": 1e-5, "electrodes": "blocking"}
    )
    assert [row["name"] for row in samples.newest_first(db)] == ["film", "pellet 7"]
    assert [row["name"] for row in samples.newest_first(db, 1)] == ["film"]


@pytest.fixture
def temperatures(night):
    rig, db = night
    for number in range(10):
        row = {"run_id": 2, "number": number, "time_s": 1.0 * number, "phase": "hold"}
        rig.store.append(
            "temperature_log", row | {"temperature_k": 300.0 + (number % 5), "setpoint_k": 300.0}
        )
    rig.store.flush()
    return db


def test_a_long_table_is_read_by_pages(temperatures):
    assert numbered_rows.last_number(temperatures, "temperature_log", 2) == 9
    assert numbered_rows.last_number(temperatures, "temperature_log", 3) is None
    page = numbered_rows.next_page(temperatures, "temperature_log", 2, 3, 2)
    assert [row["number"] for row in page] == [4, 5]


def test_a_stretch_ends_before_its_end(temperatures):
    found = numbered_rows.stretch(temperatures, numbered_rows.TEMPERATURES, 2, 3, 5)
    assert [row["time_s"] for row in found] == [3.0, 4.0]
    assert [*found[0]] == ["number", "time_s", "temperature_k", "setpoint_k"]


def test_the_extremes_of_each_bucket_come_in_order(temperatures):
    found = numbered_rows.extremes(temperatures, numbered_rows.TEMPERATURES, 2, 0, 10, 5)
    assert sorted({(row["number"], row["temperature_k"]) for row in found}) == [
        (0, 300.0),
        (4, 304.0),
        (5, 300.0),
        (9, 304.0),
    ]


def test_buckets_begin_at_multiples_of_their_width_wherever_the_stretch_begins(temperatures):
    found = numbered_rows.extremes(temperatures, numbered_rows.TEMPERATURES, 2, 3, 9, 4)
    assert sorted({row["number"] for row in found}) == [3, 4, 5, 8]


def test_the_extremes_of_every_column_of_records_are_kept(night):
    rig, db = night
    for number, (a, b) in enumerate([(0, 5), (1, 9), (2, 5), (3, 5), (2, -1), (1, 5), (0, 5)]):
        data = {"a": a, "b": b, "text": "c"}
        rig.store.append("records", {"run_id": 2, "number": number, "time_s": 1.0, "data": data})
    rig.store.flush()
    assert [row["number"] for row in records.extremes(db, 2, 0, 7, 8)] == [0, 1, 3, 4]
    assert [row["number"] for row in records.stretch(db, 2, 2, 4)] == [2, 3]
    assert [*db.records(3).a] == [0, 1, 2, 3, 2, 1, 0]


def test_temperatures_of_points_are_read_from_a_place_on(night):
    rig, db = night
    about = {"run_id": 2, "number": 50, "setpoint_k": 300.0, "started_s": 9.0}
    measured = rig.store.insert("spectra", about)
    for number in range(3):
        row = {"spectrum_id": measured, "number": number, "time_s": 9.0 + number, "frequency_hz": 1.0}
        values = {"z_real_ohm": 1.0, "z_imag_ohm": 0.0, "temperature_k": 300.0 + number}
        rig.store.append("impedance_points", row | values)
    rig.store.flush()
    found = point_temperatures.after(db, 2, (50, 0), 10)
    assert [(row["number"], row["temperature_k"], row["setpoint_k"]) for row in found] == [
        (1, 301.0, 300.0),
        (2, 302.0, 300.0),
    ]


def test_the_parts_of_a_run_are_read_in_one_place():
    everything = sorted((Path(__file__).parents[4] / "labctl").rglob("*.py"))
    reading = re.compile(r"(FROM|JOIN)\s+run_parts\b")
    found = [path.name for path in everything if reading.search(path.read_text(encoding="utf-8"))]
    assert found == ["run_parts.py"]


def test_a_page_of_law_points_begins_where_the_one_before_ended(tmp_path):
    with Store.open(tmp_path / "lab.db") as store, store.read() as db:
        query = derivations._LAW_POINTS.format(columns=derivations._columns(db), marks="?")
        plan = [row["detail"] for row in db.rows(f"EXPLAIN QUERY PLAN {query}", (1, 500, 1000, 500))]
    assert plan[0] == "SEARCH s USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"
    assert not [step for step in plan if "B-TREE" in step]
