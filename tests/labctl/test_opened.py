"""Runs and samples of an opened file: rows as before, with frames and figures; what is missing raises."""

import json

import matplotlib
import matplotlib.pyplot as plt
import pytest

import labctl
from labctl.errors import InvalidRequest
from labctl.report.figures import KINDS
from labctl.store import Store

SAMPLE = {"name": "pellet", "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}


@pytest.fixture(autouse=True)
def no_screen():
    before = matplotlib.get_backend()
    matplotlib.use("Agg")
    yield
    plt.close("all")
    matplotlib.use(before)


@pytest.fixture
def path(tmp_path):
    with Store.open(tmp_path / "lab.db") as store:
        for thickness_m in (1e-3, 2e-3):
            sample_id = store.find_or_add_sample(SAMPLE | {"thickness_m": thickness_m})
            run_id = store.insert("runs", {"sample_id": sample_id, "procedure": "p:P", "started_s": 1.0})
            spectrum_id = store.insert("spectra", {"run_id": run_id, "number": 0, "started_s": 1.0})
            point = {"spectrum_id": spectrum_id, "number": 0, "time_s": 1.0, "frequency_hz": 1e3}
            store.append("impedance_points", point | {"z_real_ohm": 1.0, "z_imag_ohm": -1.0})
            store.flush()
    return tmp_path / "lab.db"


def test_a_run_is_still_its_row(path):
    with labctl.open(path) as db:
        run = db.run("last")
        assert run["procedure"] == "p:P"
        assert dict(run) == run
        assert json.loads(json.dumps(run))["id"] == run.id == 2


def test_a_run_reads_its_own_frames(path):
    with labctl.open(path) as db:
        run = db.run(1)
        assert run.spectra()["id"].tolist() == db.spectra(1)["id"].tolist() == [1]
        for name in ("resistances", "conductivities", "fits", "polarisations", "transference_numbers",
                     "relaxation_times", "temperatures", "events"):  # fmt: skip
            assert getattr(run, name)().equals(getattr(db, name)(1))


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_draws_itself_and_gives_axes(path, kind):
    with labctl.open(path) as db:
        axes = getattr(db.run("last"), f"plot_{kind}")(width_mm=100)
    assert axes.figure.get_figwidth() * 25.4 == pytest.approx(100)
    assert axes is axes.figure.axes[0]


def test_a_sample_is_found_by_its_name_and_has_its_runs(path):
    with labctl.open(path) as db:
        assert db.sample(1)["thickness_m"] == 1e-3
        newest = db.sample("pellet")
        assert newest["thickness_m"] == 2e-3
        assert [run.id for run in newest.runs()] == [2]
        assert newest.runs()[0].sample() == newest
        assert newest.plot_nyquist().get_xlabel() == "Z' / Ω"


def test_a_file_opened_to_amend_has_the_same_runs(path):
    with labctl.open(path, write=True) as db:
        assert db.run(1).id == 1
        assert hasattr(db, "amend")


@pytest.mark.parametrize(
    "ask",
    [
        lambda db: db.run(9),
        lambda db: db.sample("no such"),
        lambda db: db.sample(9),
        lambda db: db.spectra(9),
        lambda db: db.spectra("ffff"),
        lambda db: db.points(9),
        lambda db: db.polarisation_points(9),
        lambda db: db.conductivities(9),
    ],
)
def test_what_is_missing_raises_and_is_no_empty_frame(path, ask):
    with (
        labctl.open(path) as db,
        pytest.raises(InvalidRequest, match=r"no (run|sample|spectrum|polarisation)"),
    ):
        ask(db)
