"""Check points: frequencies of a long sweep measured again after it, to see whether the sample drifted."""

import json

import pytest
from typer.testing import CliRunner

import labctl
from labctl.analysis import kramers_kronig
from labctl.cli import app
from labctl.measure.run import StopRequest
from procedures.spectrum import CHECK_POINTS_SHARE
from procedures.temperature_ramp_eis import TemperatureRampEIS
from procedures.temperature_stepped_eis import TemperatureSteppedEIS

FRA = "GPIB0::4::INSTR"
STEPPED = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
LONG = "frequency_min_hz = 1e-3\npoints_per_decade = 5\n"
SHORT = "frequency_min_hz = 0.1\npoints_per_decade = 5\n"


@pytest.fixture
def sweep(cell_station, measure_cell):
    """Measure one spectrum of a blocking cell whose resistance grows with time."""

    def measure(parameters=LONG, growth_per_hour=0.0, **how):
        station = cell_station(electrodes="blocking", growth_per_hour=growth_per_hour, noise=0.001)
        return measure_cell(station, parameters, STEPPED, electrodes="blocking", **how)

    return measure


def check_points(measured):
    return measured.rows("SELECT * FROM check_points ORDER BY number")


def flags(measured):
    (row,) = measured.rows("SELECT flags FROM conductivities")
    return row["flags"]


def about_drift(measured):
    return [flag for flag in flags(measured) if "drift" in flag]


def at_check_point(number, action):
    """Call `action` when so many check points have been measured; 0: at the end of the spectrum."""
    seen = []

    def see(event):
        if event.topic == "check point":
            seen.append(event)
        ended = event.topic == "spectrum" and event.state == "finished"
        if (ended and number == 0) or (event.topic == "check point" and len(seen) == number):
            action()

    return see


def test_drift_of_a_blocking_cell_is_seen_by_check_points_and_not_by_kramers_kronig(sweep):
    measured = sweep(growth_per_hour=0.06)
    with labctl.open(measured.path) as db:
        assert kramers_kronig(db.spectrum(1)).passed
    (flag,) = about_drift(measured)
    assert flag.startswith("drifted by ")
    rows = check_points(measured)
    first = measured.rows("SELECT * FROM impedance_points ORDER BY number")[rows[0]["repeats"]]
    elapsed_h = (rows[0]["time_s"] - first["time_s"]) / 3600
    assert float(flag.split()[2]) == pytest.approx(6 * elapsed_h, abs=0.3)
    assert f"repeated at {rows[0]['frequency_hz']:.3g}, " in flag


def test_a_sample_that_does_not_change_gets_no_flag(sweep):
    measured = sweep()
    assert len(check_points(measured)) == 3
    assert about_drift(measured) == []


def test_check_points_repeat_points_of_the_valley_and_stay_outside_the_spectrum(sweep):
    measured = sweep()
    points = measured.rows("SELECT * FROM impedance_points ORDER BY number")
    planned = TemperatureSteppedEIS()
    planned.frequency_min_hz, planned.points_per_decade = 1e-3, 5
    assert len(points) == len(planned.frequencies())
    for row in check_points(measured):
        first = points[row["repeats"]]
        assert row["frequency_hz"] == first["frequency_hz"]
        assert row["z_real_ohm"] == pytest.approx(2000, rel=0.1)
        assert abs(first["z_imag_ohm"]) < 0.3 * first["z_real_ohm"]
        assert row["status"] == "ok"
    with labctl.open(measured.path) as db:
        assert len(db.spectrum(1)) == len(db.points(1)) == len(points)


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        (SHORT, 0),
        (SHORT + 'check_points = "always"\n', 1),
        (LONG + 'check_points = "off"\n', 0),
        (LONG + 'check_points = "long sweeps"\n', 3),
    ],
)
def test_a_parameter_says_which_sweeps_have_check_points(sweep, parameters, count):
    assert len(check_points(sweep(parameters))) == count


def test_check_points_take_at_most_a_twentieth_of_the_sweep_and_the_plan_counts_them(sweep):
    measured = sweep()
    (spectrum,) = measured.rows("SELECT * FROM spectra")
    took_s = check_points(measured)[-1]["time_s"] - spectrum["ended_s"]
    assert 0 < took_s <= CHECK_POINTS_SHARE * (spectrum["ended_s"] - spectrum["started_s"])
    planned = TemperatureSteppedEIS()
    planned.temperatures_degc, planned.frequency_min_hz = [30.0], 1e-3
    with_them = planned.plan()[-1]
    planned.check_points = "off"
    without = planned.plan()[-1]
    assert with_them.duration_s == pytest.approx(1.05 * without.duration_s)
    assert with_them.label == f"{without.label} and check points"


def test_a_ramp_has_no_check_points():
    assert "check_points" not in TemperatureRampEIS()._parameters


@pytest.mark.parametrize("number", [0, 1])
def test_a_timeout_at_a_check_point_leaves_the_spectrum_whole_and_is_said(sweep, number):
    rigs = []

    def before(bench, rig):
        rigs.append(rig)
        return bench

    def fail():
        rigs[0].faults.add("timeout", instrument=FRA, command="SI", count=1)

    measured = sweep(before=before, on_event=at_check_point(number, fail))
    assert measured.outcome.status == "finished"
    assert [row["status"] for row in measured.rows("SELECT status FROM spectra")] == ["finished"]
    statuses = [row["status"] for row in check_points(measured)]
    assert statuses[:number] == ["ok"] * number
    assert all(status.startswith("not measured: ") for status in statuses[number:])
    told = measured.rows("SELECT message FROM events WHERE kind = 'check points'")
    assert [row["message"].startswith("check points not measured: ") for row in told] == [True]
    not_checked = [
        flag for flag in about_drift(measured) if flag.startswith("drift during the sweep not checked")
    ]
    assert len(not_checked) == (number == 0)


@pytest.mark.parametrize("number", [0, 1])
def test_a_stop_request_ends_the_check_points_and_is_said(sweep, number):
    stop = StopRequest()
    measured = sweep(stop=stop, on_event=at_check_point(number, lambda: stop.request("enough")))
    assert [row["status"] for row in measured.rows("SELECT status FROM spectra")] == ["finished"]
    statuses = [row["status"] for row in check_points(measured)]
    assert statuses == ["ok"] * number + ["not measured: stop or skip requested"] * (3 - number)
    if number == 0:
        assert about_drift(measured) == [
            "drift during the sweep not checked: not measured: stop or skip requested"
        ]


def test_an_overload_at_the_check_points_is_kept_with_its_status(sweep, monkeypatch):
    rigs = []

    def before(bench, rig):
        rigs.append(rig)
        return bench

    def short():
        rigs[0].world.cell.shorted = True

    measured = sweep(before=before, on_event=at_check_point(0, short))
    assert [row["status"] for row in measured.rows("SELECT status FROM spectra")] == ["finished"]
    statuses = {row["status"] for row in check_points(measured)}
    assert "ok" not in statuses, statuses
    (flag,) = about_drift(measured)
    assert flag.startswith("drift during the sweep not checked: ")


def labctl_show(measured, *options):
    result = CliRunner().invoke(app, ["show", "last", "--db", str(measured.path), *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_show_prints_a_line_for_each_spectrum_with_check_points_also_without_a_flag(sweep):
    measured = sweep()
    shown = " ".join(labctl_show(measured).split())
    assert "check points of spectrum 0: changed by " in shown
    content = json.loads(labctl_show(measured, "--json"))
    assert len(content["check_points"]) == 3
    (line,) = content["drift"]
    assert line.startswith("check points of spectrum 0: changed by ")
    assert " Hz after " in line


def test_show_prints_why_check_points_gave_no_answer(sweep):
    stop = StopRequest()
    measured = sweep(stop=stop, on_event=at_check_point(0, lambda: stop.request("enough")))
    (line,) = json.loads(labctl_show(measured, "--json"))["drift"]
    assert "drift during the sweep not checked: not measured: stop or skip requested" in line
