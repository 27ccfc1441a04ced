"""Tabs of a measured run, from its rows."""

import pytest

import labctl
from labctl.clock import VirtualClock
from labctl.config.protocol import parse_protocol
from labctl.gui.plots.shown import ShownRun, run_colour
from labctl.gui.plots.tabs import make_tabs
from labctl.measure.run import StopRequest, run_protocol
from labctl.readmodel.following import RunFollower
from labctl.readmodel.law_curve import law_curves
from labctl.store import Store

PROTOCOL = """\
[sample]
name = "pellet"
thickness_mm = 1.0
thickness_uncertainty_mm = 0.01
diameter_mm = 10.0

[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [60, 80, 100]
return_down = true
frequency_max_hz = 1e6
frequency_min_hz = 10.0
points_per_decade = 5
dwell_min = 2
"""


@pytest.fixture
def measured(station, tmp_path):
    path = tmp_path / "lab.db"
    with Store.open(path) as store, station.open(VirtualClock()) as bench:
        (outcome,) = run_protocol(
            parse_protocol(PROTOCOL, "protocol.toml"), station, bench, store, StopRequest()
        )
    assert outcome.status == "finished"
    with labctl.open(path) as db:
        follower, last = RunFollower(db, outcome.run_id), None
        while (snapshot := follower.poll()) is not last:
            last = snapshot
    return ShownRun(snapshot, run_colour(0), snapshot.title)


def test_a_simulated_run_is_seen_in_every_tab_and_its_laws_are_those_that_were_stored(
    measured, on_screen, app, tmp_path
):
    snapshot = measured.snapshot
    curves = law_curves(snapshot.fits, snapshot.conductivities)
    assert [curve.remark for curve in curves] == [""]
    assert curves[0].has_band
    assert curves[0].row["spectra"] == [point["spectrum_id"] for point in snapshot.conductivities]
    assert curves[0].row["preferred"]
    measured_k = [point["temperature_k"] for point in snapshot.conductivities]
    assert (curves[0].temperature_k[0], curves[0].temperature_k[-1]) == (min(measured_k), max(measured_k))
    for tab in make_tabs():
        on_screen(tab).show_runs([measured])
        app.processEvents()
        tab.export_data(tmp_path / f"{tab.name}.csv")
    lengths = {
        path.stem: len(path.read_text(encoding="utf-8").splitlines()) for path in tmp_path.glob("*.csv")
    }
    assert lengths["Table"] == 1 + 5
    assert lengths["Spectra"] > 1 + 5 * 26
    assert lengths["Temperature"] > 100
    assert lengths["Log"] > 2
