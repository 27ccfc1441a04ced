import csv
import sqlite3

import pytest

from labctl.gui.plots.polarisation_tab import PolarisationTab
from labctl.gui.plots.records_tab import RecordsTab
from labctl.gui.plots.shown import ShownRun
from labctl.gui.plots.spectra_tab import SpectraTab
from labctl.gui.plots.table_tab import TableTab
from labctl.gui.plots.temperature_tab import TemperatureTab
from labctl.readmodel.following import RunFollower
from labctl.store import Database, Store

pytestmark = pytest.mark.xdist_group("export of plots")

LONG = 10_000


def test_a_database_is_never_overwritten(app, tmp_path):
    path = tmp_path / "lab.csv"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE a (b)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"lab\.csv is a database"):
        TableTab().export_data(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["lab.db", "data", "data.png"])
def test_data_go_to_csv_alone(app, tmp_path, name):
    with pytest.raises(ValueError, match=r"must end in \.csv"):
        TableTab().export_data(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_pictures_are_png_or_svg(app, tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.png or \.svg"):
        SpectraTab().export_picture(tmp_path / "picture.jpg")


@pytest.mark.parametrize("name", ["a.png", "a.svg"])
def test_a_picture_that_cannot_be_written_is_an_error(app, tmp_path, name):
    with pytest.raises(OSError):
        SpectraTab().export_picture(tmp_path / "nowhere" / name)


def test_an_export_that_fails_leaves_the_old_file(app, tmp_path, made, monkeypatch):
    tab, path = TableTab(), tmp_path / "data.csv"
    path.write_text("old", encoding="utf-8")

    def broken():
        yield (1,)
        raise OSError("disk full")

    monkeypatch.setattr(tab, "table", lambda: (("run_id",), broken()))
    with pytest.raises(OSError, match="disk full"):
        tab.export_data(path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["data.csv"]


@pytest.fixture(scope="module")
def long_run(tmp_path_factory):
    """A database with more rows of each kind than a screen shows, one of them marked as bad."""
    path = tmp_path_factory.mktemp("long") / "lab.db"
    with Store.open(path) as store:
        sample = {"name": "film", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "reversible"}
        run_id = store.insert(
            "runs", {"sample_id": store.find_or_add_sample(sample), "procedure": "a:B", "started_s": 0.0}
        )
        about = {"run_id": run_id, "number": 0, "potential_v": 0.01, "started_s": 0.0}
        polarisation_id = store.insert("polarisations", about)
        for n in range(LONG):
            row = {"run_id": run_id, "number": n, "time_s": float(n)}
            store.append("records", row | {"data": {"B (T)": n / 3, "who": "Mara"}})
            store.append("temperature_log", row | {"temperature_k": 300 + n / 3})
            current = {"number": n, "time_s": float(n), "elapsed_s": float(n), "current_a": n / 3}
            current |= {"potential_v": 0.01, "status": "overload" if n == 7 else "ok"}
            store.append("polarisation_points", current | {"polarisation_id": polarisation_id})
        store.flush()
    with Database(path) as database:
        follower = RunFollower(database, run_id)
        snapshot = follower.poll()
        while not snapshot.complete:
            snapshot = follower.poll()
        yield database, ShownRun(snapshot, "#123456", "film")


@pytest.mark.parametrize(
    ("make", "column"),
    [(TemperatureTab, "temperature_k"), (PolarisationTab, "current_a"), (RecordsTab, "B (T)")],
)
def test_every_row_is_exported_whatever_a_screen_can_show(app, tmp_path, long_run, make, column):
    database, run = long_run
    tab, path = make(), tmp_path / "data.csv"
    tab.show_runs([run])
    tab.catch_up()
    tab.export_data(path, database)
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.get("what", "measured") == "measured"]
    first = 300 if column == "temperature_k" else 0
    assert [float(row[column]) for row in rows] == [first + n / 3 for n in range(LONG)]
    if make is PolarisationTab:
        assert [n for n, row in enumerate(rows) if row["status"] != "ok"] == [7]


def test_the_steady_current_is_exported_beside_its_points(app, tmp_path, made):
    tab, path = PolarisationTab(), tmp_path / "data.csv"
    tab.show_runs([made.full_run()])
    tab.export_data(path)
    with path.open(encoding="utf-8", newline="") as file:
        steady = [row for row in csv.DictReader(file) if row["what"] == "steady current"]
    assert {(row["current_a"], row["low_95_a"], row["high_95_a"]) for row in steady} == {
        ("1e-06", "9e-07", "1.1e-06")
    }
