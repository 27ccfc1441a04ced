"""Temperature, polarisation and records."""

import numpy as np
import pytest

from labctl.gui.plots.polarisation_tab import PolarisationTab
from labctl.gui.plots.records_tab import RecordsTab
from labctl.gui.plots.temperature_tab import TemperatureTab
from labctl.readmodel.snapshot import MonitorCurve


def test_temperature_is_drawn_in_degrees_with_set_point_steps_and_the_settling_band(on_screen, made):
    tab = on_screen(TemperatureTab())
    tab.show_runs([made.run(temperature=made.temperature())])
    time_s, degc = tab.plot.curves.points((1, "temperature"))
    assert time_s[0] == 1.7e9
    assert degc[0] == pytest.approx(27.1)
    steps_x, steps_y = tab.plot.curves.points((1, "setpoint"))
    assert steps_y == pytest.approx([26.85, 26.85, 36.85, 36.85])
    assert steps_x[1] == steps_x[2] == 1.7e9 + 300
    _, band_y = tab.plot.curves.points((1, "band"))
    assert np.nanmin(band_y[:6]) == pytest.approx(26.35)
    assert np.nanmax(band_y[:6]) == pytest.approx(27.35)
    assert "run 1: 37.10 °C, set point 36.85 °C" in tab._now.text()


def test_without_a_band_or_a_set_point_there_is_none_to_draw(on_screen, made):
    tab = on_screen(TemperatureTab())
    run = made.run(temperature=made.temperature((np.nan, 300.0, np.nan)))
    run.snapshot.run["parameters"].clear()
    tab.show_runs([run])
    assert (1, "band") not in tab.plot.curves.drawn()
    _, steps = tab.plot.curves.points((1, "setpoint"))
    assert np.isfinite(steps).sum() == 2


def test_runs_of_different_days_can_start_together(on_screen, made, app):
    tab = on_screen(TemperatureTab())
    tab.show_runs([made.run(1, temperature=made.temperature()), made.run(2, temperature=made.temperature())])
    tab._since_start.setChecked(True)
    app.processEvents()
    hours, _ = tab.plot.curves.points((2, "temperature"))
    assert (hours[0], hours[-1]) == (0, pytest.approx(9 / 60))
    assert tab.plot.viewRange()[0][1] < 1
    tab._since_start.setChecked(False)
    app.processEvents()
    assert tab.plot.viewRange()[0][0] > 1e9


def test_a_current_is_drawn_with_the_band_of_the_steady_value_it_leads_to(on_screen, made):
    tab = on_screen(PolarisationTab())
    tab.show_runs(
        [made.run(polarisations=(made.polarisation(),), transference_numbers=(made.transference(),))]
    )
    _, band = tab.plot.curves.points((1, 1, "band"))
    assert (band.min(), band.max()) == (0.9e-6, 1.1e-6)
    words = tab._words.words()
    assert "steady current 1 µA (95 %: 0.9 to 1.1): not steady yet; extrapolated" in words
    assert "ρ+ (Bruce-Vincent) = 0.200 ± 0.010 (95 %: 0.18 to 0.22)" in words
    assert "residuals correlated" in words


def test_a_running_polarisation_says_how_far_it_is(on_screen, made):
    tab = on_screen(PolarisationTab())
    tab.show_runs([made.run(polarisations=(made.polarisation(status="running", steady=None),))])
    words = tab._words.words()
    assert "no. 0, 10 mV at 30.00 °C, being measured: 1.015 µA after 8 min 10 s" in words
    assert "too few points to extrapolate the steady current" in words


def test_logarithmic_time_leaves_out_time_zero_and_notes_stay_true(on_screen, made, app):
    tab = on_screen(PolarisationTab())
    tab.show_runs([made.run(polarisations=(made.polarisation(),))])
    assert tab._note((1, 1, "current"), 1).startswith("10 s")
    tab._log_time.setChecked(True)
    app.processEvents()
    x, current_a = tab.plot.curves.points((1, 1, "current"))
    assert x[0] == pytest.approx(1.0)
    assert current_a.size == 49
    assert tab._note((1, 1, "current"), 0).startswith("10 s")


def test_one_polarisation_can_be_chosen(on_screen, made):
    tab = on_screen(PolarisationTab())
    tab.show_runs([made.run(polarisations=(made.polarisation(0), made.polarisation(1)))])
    tab.choose((1, 2))
    assert {key[:2] for key in tab.plot.curves.drawn()} == {(1, 2)}
    assert {row[1] for row in tab.table()[1]} == {2}


def test_records_offer_every_column_with_numbers_of_every_run(on_screen, made):
    tab = on_screen(RecordsTab())
    first = made.run(1, records={"t": np.arange(3.0), "text": np.full(3, np.nan), "v": np.ones(3)})
    tab.show_runs([first, made.run(2, records={"t": np.arange(4.0), "i": np.ones(4), "v": np.ones(4)})])
    names = [tab._ys[0].columns.itemText(n) for n in range(tab._ys[0].columns.count())]
    assert names == ["t", "v", "i"]
    assert tab.plot.curves.drawn() == [1, 2]
    tab._ys[0].columns.setCurrentText("i")
    tab._chosen()
    assert tab.plot.curves.drawn() == [2]
    tab.show_runs([first])
    assert tab.plot.curves.drawn() == [1]


def test_records_on_a_logarithmic_axis_leave_out_what_has_no_logarithm(on_screen, made, app):
    tab = on_screen(RecordsTab())
    tab.show_runs([made.full_run()])
    tab._ys[0].logarithmic.setChecked(True)
    app.processEvents()
    _, y = tab.plot.curves.points(1)
    assert y[:3] == pytest.approx([0, 1, 2])
    assert np.isnan(y[3])
    assert tab._note_of(0, 1, 2) == "x = 2\ny = 100\n1 pellet"


def test_several_columns_are_drawn_one_below_the_other_over_the_same_x(on_screen, made, app):
    tab = on_screen(RecordsTab())
    records = {"t": np.arange(30.0), "v": np.ones(30), "i": np.arange(30.0) ** 2}
    tab.show_runs([made.run(1, records=records)])
    tab.add_plot()
    assert [column.name for column in tab._ys] == ["v", "i"]
    assert [plot.curves.points(1)[1][-1] for plot in tab.plots] == [1, 841]
    tab.plots[0].vb.setXRange(5, 9, padding=0)
    app.processEvents()
    assert tab.plots[1].vb.viewRange()[0] == pytest.approx([5, 9], abs=0.3)
    tab._ys[1].logarithmic.setChecked(True)
    app.processEvents()
    assert tab.plots[1].curves.points(1)[1][10] == pytest.approx(2)
    assert tab.plots[0].curves.points(1)[1][10] == pytest.approx(1)
    tab.remove_plot()
    tab.remove_plot()
    assert len(tab.plots) == 1
    for _ in range(9):
        tab.add_plot()
    assert len(tab.plots) == 6


def test_a_quantity_of_a_monitor_is_drawn_below_the_temperature(on_screen, made):
    tab = on_screen(TemperatureTab())
    humidity = MonitorCurve(
        "room", "relative_humidity_percent", 1.7e9 + np.arange(3.0), np.array([30, 31, np.nan])
    )
    dew_point = MonitorCurve(
        "room", "dew_point_k", 1.7e9 + np.arange(3.0), np.array([283.15, 284.15, 285.15])
    )
    tab.show_runs([made.run(temperature=made.temperature(), monitors=(dew_point, humidity))])
    assert [tab.quantities.itemText(place) for place in range(2)] == [
        "dew point / °C",
        "relative humidity / %",
    ]
    assert tab.monitor_plot.curves.points((1, "room", "dew_point_k"))[1] == pytest.approx([10, 11, 12])
    tab.quantities.setCurrentIndex(1)
    tab.quantities.activated.emit(1)
    assert tab.monitor_plot.curves.drawn() == [(1, "room", "relative_humidity_percent")]


def test_without_a_monitor_there_is_no_second_plot(on_screen, made):
    tab = on_screen(TemperatureTab())
    tab.show_runs([made.run(temperature=made.temperature())])
    assert not tab.monitor_plot.isVisible()
    assert not tab.quantities.isVisible()
