"""Monitors and thermal history of a run, wherever a person looks at the run."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import labctl
from labctl.cli import app
from labctl.quantity_text import quantity_named
from labctl.readmodel.monitor_text import monitors_in_words, thermal_steps_in_words
from labctl.readmodel.whole_run import whole_run
from labctl.report.export.formats import export
from labctl.store import Store
from labctl.store.care import verify
from labctl.store.merging import merge

SAMPLE = {"name": "film", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("monitors") / "lab.db"
    with Store.open(path) as store:
        about = {"sample_id": store.find_or_add_sample(SAMPLE), "procedure": "p:P", "started_s": 1.0}
        run_id = store.insert("runs", about | {"status": "running"})
        for number, (value, status) in enumerate(
            ((30.0, "ok"), (32.0, "ok"), (None, "timed out"), (34.0, "ok"))
        ):
            quantity = "relative_humidity_percent" if value else ""
            row = {"run_id": run_id, "number": number, "time_s": 10.0 * number, "instrument": "room"}
            store.append("monitor_readings", row | {"quantity": quantity, "value": value, "status": status})
        step = {"run_id": run_id, "name": "dry", "setpoint_k": 353.15, "hold_s": 3600.0, "started_s": 1.0}
        held = {"number": 0, "settled_s": 601.0, "ended_s": 4201.0, "mean_k": 353.2, "state": "finished"}
        store.append("thermal_steps", step | held)
        never = {"number": 1, "name": "melt", "settled_s": None, "ended_s": 4501.0, "state": "failed"}
        store.append("thermal_steps", step | never | {"started_s": 4201.0})
        store.update("runs", run_id, {"status": "finished", "ended_s": 5000.0})
    return path


def test_a_curve_has_a_gap_where_the_monitor_did_not_answer(path):
    with labctl.open(path) as db:
        (curve,) = whole_run(db).monitors
    assert (curve.instrument, curve.quantity) == ("room", "relative_humidity_percent")
    np.testing.assert_array_equal(curve.time_s, [0.0, 10.0, 20.0, 30.0])
    np.testing.assert_array_equal(curve.value, [30.0, 32.0, np.nan, 34.0])


def test_show_tells_ranges_failures_and_the_thermal_history(path):
    shown = CliRunner().invoke(app, ["show", "last", "--db", str(path)]).stdout
    assert "monitor room: relative humidity 30 to 34 %, mean 32 (3 readings)" in shown
    assert "monitor room: no answer 1 time(s)" in shown
    assert "thermal step 1: dry at 80.00 °C, held 1 h 00 min of 1 h 00 min, mean 80.05 °C" in shown
    assert "thermal step 2: melt at 80.00 °C, failed: it never settled in 5 min 00 s" in shown


def test_show_as_json_holds_both(path):
    content = json.loads(CliRunner().invoke(app, ["show", "last", "--json", "--db", str(path)]).stdout)
    assert [(row["quantity"], row["readings"], row["failures"]) for row in content["monitors"]] == [
        ("", 0, 1),
        ("relative_humidity_percent", 3, 0),
    ]
    assert [row["name"] for row in content["thermal_history"]] == ["dry", "melt"]


def test_frames_give_every_reading_and_every_step(path):
    with labctl.open(path) as db:
        run = db.run("last")
        assert list(run.monitors()["status"]) == ["ok", "ok", "timed out", "ok"]
        assert list(run.thermal_history()["state"]) == ["finished", "failed"]


def test_an_export_has_both_tables_with_meanings(path, tmp_path):
    with labctl.open(path) as db:
        export(db, [1], "csv", tmp_path)
    text = "\n".join(file.read_text(encoding="utf-8") for file in tmp_path.rglob("*.csv"))
    assert "relative_humidity_percent" in text
    assert "melt" in text


def test_a_nexus_file_has_a_log_of_each_quantity(path, tmp_path):
    h5py = pytest.importorskip("h5py")
    with labctl.open(path) as db:
        export(db, [1], "nexus", tmp_path / "run.nxs")
    with h5py.File(tmp_path / "run.nxs") as file:
        sensor = file["run_1/instrument/environment/monitor_0"]
        assert sensor["measurement"][()].decode() == "relative_humidity_percent"
        assert list(sensor["value_log/value"][:]) == [30.0, 32.0, 34.0]


def test_a_run_is_merged_with_its_monitors_and_counts_as_whole(path, tmp_path):
    other = tmp_path / "other.db"
    Store.open(other).close()
    assert len(merge(other, path).added) == 1
    assert all(run.intact for run in verify(other))
    with labctl.open(other) as db:
        assert len(db.monitors()) == 4
        assert len(db.thermal_history()) == 2


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("dew_point_k", 283.15, "10 °C"),
        ("relative_humidity_percent", 31.0, "31 %"),
        ("oxygen_pa", 21.3, "21.3 Pa"),
        ("flow_m3_s", 50 / 6e7, "50 mL/min"),
        ("something", 3.0, "3"),
        ("oxygen_pa", None, "?"),
    ],
)
def test_a_quantity_is_shown_in_the_unit_of_its_name(name, value, text):
    assert quantity_named(name).text(value) == text


def test_a_quantity_without_any_value_says_so():
    row = {"instrument": "room", "quantity": "oxygen_ppm", "readings": 0, "failures": 3}
    assert monitors_in_words([row]) == ["monitor room: oxygen never had a value; 3 time(s) without a value"]


def test_a_step_that_a_person_ended_says_so():
    row = {"number": 0, "name": "anneal", "setpoint_k": 373.15, "hold_s": 3600.0, "started_s": 0.0}
    row |= {"settled_s": 100.0, "ended_s": 700.0, "mean_k": 373.1, "state": "aborted"}
    (line,) = thermal_steps_in_words([row])
    assert "held 10 min 00 s of 1 h 00 min, aborted" in line
