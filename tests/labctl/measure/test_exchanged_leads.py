"""Leads exchanged in a night of two samples: no law stands on the spectra in doubt until a person decides."""

from dataclasses import replace

import pytest

import labctl
from labctl.cli.demo_samples import files
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.derive.amending import Request, amend
from labctl.derive.in_force import amendments_of_run, in_force
from labctl.measure.cell_checks import CONTRADICTION
from labctl.measure.own_series import IN_DOUBT
from labctl.measure.run import StopRequest, run_protocol
from labctl.readmodel.stated_text import WHICH_CELL, stated_of_run
from labctl.store import Store
from sim_instruments.rig import build

QUICK = {
    "points_per_decade = 10": "points_per_decade = 3",
    "frequency_min_hz = 1.0": "frequency_min_hz = 10",
    "dwell_min = 30": "dwell_min = 2",
    "repeat_first = true": "",
}


def measure(folder, exchanged_after_h=None):
    station_text, protocol_text = files(2, 3, 1.0, 10.0, "50:95:15")
    (folder / "station.toml").write_text(station_text, encoding="utf-8")
    for old, new in QUICK.items():
        protocol_text = protocol_text.replace(old, new)
    station = read_station(folder / "station.toml")

    def built(clock, seed, **options):
        rig = build(clock, seed=seed, **options)
        if exchanged_after_h is not None:
            rig.faults.add("wrong_cell", value="A,B", after_s=3600 * exchanged_after_h)
        return rig

    station = replace(station, simulation=replace(station.simulation, build=built))
    protocol = parse_protocol(protocol_text, "night.toml")
    with Store.open(folder / "lab.db") as store, station.open() as bench:
        return [one.run_id for one in run_protocol(protocol, station, bench, store, StopRequest())]


def rows(folder, query, *values):
    with labctl.open(folder / "lab.db") as db:
        return db.rows(query, values)


def laws(folder, run_id):
    query = "SELECT n_points FROM law_fits WHERE run_id = ? AND branch = 'all' AND law = 'arrhenius'"
    return {row["n_points"] for row in rows(folder, query, run_id)}


@pytest.fixture(scope="module")
def exchanged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exchanged")
    return folder, measure(folder, exchanged_after_h=0.85)


def doubts(folder, run_id):
    with labctl.open(folder / "lab.db") as db:
        return amendments_of_run(db, run_id)


def test_spectra_of_exchanged_leads_and_those_before_them_are_excluded_with_their_reason(exchanged):
    folder, run_ids = exchanged
    for run_id in run_ids:
        found = doubts(folder, run_id)
        assert {row["new_value"]["spectrum"] for row in found} == {0, 1, 2, 3}
        assert all(row["reason"].startswith(IN_DOUBT) and row["person"] == "labctl" for row in found)
        assert laws(folder, run_id) == set()
        assert rows(folder, "SELECT 1 FROM events WHERE run_id = ? AND kind = ?", run_id, CONTRADICTION)


def test_a_person_who_revokes_the_exclusions_of_one_side_gets_its_law(exchanged):
    folder, run_ids = exchanged
    before = [row["id"] for row in doubts(folder, run_ids[0]) if row["new_value"]["spectrum"] < 2]
    for amendment_id in before:
        amend(folder / "lab.db", Request("leads were exchanged after the second", revokes=amendment_id))
    assert laws(folder, run_ids[0]) == {2}


def test_without_an_earlier_run_which_cell_it_is_is_not_stated(exchanged):
    folder, run_ids = exchanged
    with labctl.open(folder / "lab.db") as db:
        assert f"{WHICH_CELL}: not stated" in stated_of_run(db, run_ids[0], in_force(db, run_ids[0]).sample)


def test_leads_exchanged_from_the_start_are_found_by_an_earlier_run_of_the_mounts(tmp_path):
    first = measure(tmp_path)
    exchanged = measure(tmp_path, exchanged_after_h=0.0)
    assert [laws(tmp_path, run_id) for run_id in first] == [{4}] * 2
    assert [laws(tmp_path, run_id) for run_id in exchanged] == [set(), set()]
