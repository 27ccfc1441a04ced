"""Tests of all tabs."""

import csv
import sys
from dataclasses import replace

import numpy as np
import pytest

from labctl.gui.plots.shown import Appearance
from labctl.gui.plots.tabs import TABS, make_tabs
from labctl.gui.qt import QtGui, QtWidgets

every_tab = pytest.mark.parametrize("make", TABS, ids=lambda tab: tab.name)


def sentences(tab):
    """All text in the middle of a tab or beside it."""
    known = [*vars(tab).values(), *getattr(tab, "plots", ())]
    plots = [value.sentence for value in known if hasattr(value, "sentence")]
    return " ".join(plots + [label.text() for label in tab.findChildren(QtWidgets.QLabel)])


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_the_tabs_come_in_their_order(app):
    names = [tab.name for tab in make_tabs()]
    measured = ["Spectra", "Conductivity", "Temperature", "Polarisation", "Records"]
    assert names == [*measured, "Table", "Log", "Image", "Rows"]


@every_tab
def test_with_nothing_to_show_it_says_so(make, on_screen, made):
    tab = on_screen(make())
    assert "no " in sentences(tab)
    tab.show_runs([made.run()])
    assert "no " in sentences(tab)
    tab.show_runs([made.full_run()])
    assert not any(value.sentence for value in vars(tab).values() if hasattr(value, "sentence"))


@every_tab
def test_it_draws_only_when_there_is_news_and_somebody_looks(make, on_screen, made, monkeypatch, app):
    tab = make()
    drawn = []
    draw = tab.draw
    monkeypatch.setattr(tab, "draw", lambda: (drawn.append(1), draw()))
    run, other = (made.changed(made.full_run(number), fits=()) for number in (1, 2))
    tab.show_runs([run])
    tab.show_runs([run, other])
    assert drawn == []
    on_screen(tab)
    assert drawn == [1]
    tab.show_runs([replace(run), *tab.runs[1:]])
    assert drawn == [1]
    tab.show_runs([replace(run, colour="#123456"), *tab.runs[1:]])
    tab.show_runs([])
    assert drawn == [1, 1, 1]
    tab.hide()
    tab.show_runs([run])
    assert drawn == [1, 1, 1]
    tab.show()
    assert drawn == [1, 1, 1, 1]


@every_tab
def test_it_shows_three_runs_dark_and_light_and_then_none(make, on_screen, made, app):
    tab = on_screen(make())
    tab.show_runs([made.full_run(number) for number in (1, 2, 3)])
    for dark in (True, False):
        tab.set_appearance(Appearance(dark))
        app.processEvents()
    tab.show_runs([])
    app.processEvents()
    assert "no " in sentences(tab)


@every_tab
def test_its_data_are_exported_under_the_names_of_the_database(make, tmp_path, made, app):
    tab, path = make(), tmp_path / "data.csv"
    tab.show_runs([made.full_run(), made.full_run(2)])
    tab.export_data(path)
    header, *rows = rows_of(path)
    assert header[0] == "run_id"
    assert {row[0] for row in rows} == {"1", "2"}
    assert all(len(row) == len(header) for row in rows)
    assert [file.name for file in tmp_path.iterdir()] == ["data.csv"]


@every_tab
@pytest.mark.parametrize("ending", ["png", "svg"])
def test_its_picture_is_exported(make, ending, tmp_path, on_screen, made, app):
    tab, path = make(), tmp_path / f"picture.{ending}"
    on_screen(tab).show_runs([made.full_run()])
    tab.export_picture(path)
    image = QtGui.QImage(str(path)) if ending == "png" else None
    if image is not None:
        assert image.width() > 600
        colours = {image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}
        assert len(colours) > 3
    else:
        assert "<text" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("make", TABS[:5], ids=lambda tab: tab.name)
def test_a_picture_is_for_paper_also_from_a_dark_window(make, tmp_path, on_screen, made, app):
    tab = on_screen(make())
    tab.set_appearance(Appearance(dark=True))
    tab.show_runs([made.full_run()])
    tab.export_picture(tmp_path / "picture.png")
    image = QtGui.QImage(str(tmp_path / "picture.png"))
    assert image.pixelColor(4, 4).lightness() > 240
    assert tab.appearance.dark


@every_tab
def test_values_that_are_missing_do_no_harm(make, on_screen, made, app, tmp_path):
    nan = np.full(3, np.nan)
    spectrum = made.spectrum(
        temperature_k=None, setpoint_k=None, z_ohm=nan * 1j, frequency_hz=np.array([1.0, 10.0, 100.0])
    )
    row = made.conductivity(1, 300.0, standard_uncertainty_s_m=None, relative_uncertainty_resistance=None)
    tab = on_screen(make())
    log = made.temperature()
    run = made.run(
        spectra=(spectrum, made.running_spectrum(1, points=0)),
        conductivities=(row, row | {"temperature_k": None}),
        polarisations=(
            made.polarisation(setpoint_k=None, current_a=np.full(50, np.nan), steady=None),
            made.polarisation(1, 0),
        ),
        temperature=replace(
            log, temperature_k=log.temperature_k * np.nan, setpoint_k=log.setpoint_k * np.nan
        ),
        transference_numbers=(made.transference(value=None, low_95=None, temperature_k=None),),
        records={"x": nan, "y": nan},
    )
    tab.show_runs([run])
    app.processEvents()
    tab.export_data(tmp_path / "data.csv")
    assert len(rows_of(tmp_path / "data.csv")) >= 1


@every_tab
def test_drawing_again_and_again_loses_no_reference(make, on_screen, made, app):
    """A Qt binding with this fault made the interpreter abort after some hundred repaints."""
    tab = on_screen(make())
    run = made.full_run()

    def draw_again():
        for count in range(10):
            event = made.event(10 + count)
            tab.show_runs([made.changed(run, spectra=run.snapshot.spectra[: 1 + count % 3], events=(event,))])
            app.processEvents()

    draw_again()
    before = sys.getrefcount(None)
    draw_again()
    assert sys.getrefcount(None) > before - 50
