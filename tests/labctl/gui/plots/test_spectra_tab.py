from dataclasses import replace

import numpy as np
import pytest

from labctl.gui.plots import spectrum_html
from labctl.gui.plots.spectra_tab import MOST_AT_ONCE, SpectraTab
from labctl.gui.qt import QtCore
from labctl.readmodel.spectrum_text import title


@pytest.fixture
def tab(app, on_screen):
    return on_screen(SpectraTab())


def drawn(tab, plot=None):
    """Keys of the curves in a plot, as sets of (run, spectrum)."""
    return {key[:2] for key in (plot or tab.nyquist).curves.drawn()}


def settle(app, tab):
    for _ in range(20):
        app.processEvents()


def test_a_nyquist_plot_shows_minus_z_imag_over_z_real_on_equal_axes(tab, app, made):
    spectrum = made.spectrum()
    tab.show_runs([made.run(spectra=(spectrum,))])
    settle(app, tab)
    x, y = tab.nyquist.curves.points((1, 1, "points"))
    assert np.array_equal(x, spectrum.z_ohm.real)
    assert np.array_equal(y, -spectrum.z_ohm.imag)
    assert y.max() > 0
    across, up = tab.nyquist.vb.viewPixelSize()
    assert across == pytest.approx(up, rel=0.01)


def test_axes_stay_equal_and_everything_visible_when_the_window_changes(tab, app, made):
    tab.show_runs([made.run(spectra=(made.spectrum(),))])
    for size in ((1200, 400), (500, 900)):
        tab.resize(*size)
        settle(app, tab)
        across, up = tab.nyquist.vb.viewPixelSize()
        assert across == pytest.approx(up, rel=0.01)
        view, curves = tab.nyquist.vb.viewRect(), tab.nyquist.curves
        (left, right), (low, high) = curves.dataBounds(0), curves.dataBounds(1)
        assert view.left() <= left < right <= view.right()
        assert view.top() <= low < high <= view.bottom()


def test_a_bode_plot_shows_magnitude_and_phase_over_one_frequency_axis(tab, app, made):
    spectrum = made.spectrum()
    tab.show_runs([made.run(spectra=(spectrum,))])
    x, magnitude = tab.magnitude.curves.points((1, 1, "points"))
    assert 10**x == pytest.approx(spectrum.frequency_hz)
    assert 10**magnitude == pytest.approx(abs(spectrum.z_ohm))
    _, phase = tab.phase.curves.points((1, 1, "points"))
    assert 0 < phase.min() < phase.max() < 91
    tab.magnitude.setXRange(2, 3, padding=0)
    settle(app, tab)
    assert tab.phase.viewRange()[0] == pytest.approx([2, 3], abs=0.05)


def test_fits_are_lines_and_measured_points_symbols_in_the_colour_of_their_temperature(tab, made):
    tab.show_runs([made.run(spectra=(made.spectrum(0, 300.0), made.spectrum(1, 350.0)))])
    looks = [tab.nyquist.curves.look((1, n, part)) for n in (1, 2) for part in ("points", "fit")]
    assert [bool(look.symbol) for look in looks] == [True, False, True, False]
    assert [look.line > 0 for look in looks] == [False, True, False, True]
    assert looks[0].colour == looks[1].colour != looks[2].colour == looks[3].colour


def test_runs_over_each_other_differ_in_symbol_and_the_words_say_which_is_which(tab, made):
    tab.show_runs([made.run(number, spectra=(made.spectrum(),)) for number in (1, 2, 3)])
    symbols = {tab.nyquist.curves.look((number, 1, "points")).symbol for number in (1, 2, 3)}
    assert len(symbols) == 3
    assert "● 1 pellet\n■ 2 pellet\n○ 3 pellet" in tab._words.words()


def test_choosing_a_spectrum_shows_it_alone_with_fit_resistance_and_flags_in_words(tab, made):
    tab.show_runs([made.full_run()])
    assert drawn(tab) == {(1, 1), (1, 2), (1, 3)}
    assert "3 spectra" in tab._words.words()
    tab.choose((1, 2))
    assert drawn(tab) == {(1, 2)}
    words = tab._words.words()
    assert "no. 1, 36.85 °C" in words
    assert "R = 536 ± 11 Ω (95 %)" in words
    assert "circuit p(R1,CPE1)-CPE2" in words
    assert "arc not resolved: somewhere" in words
    tab.choose(None)
    assert len(drawn(tab)) == 3


def test_a_choice_outlives_news_and_ends_with_its_run(tab, made):
    run = made.full_run()
    tab.show_runs([run])
    tab.choose((1, 2))
    tab.show_runs([made.full_run(2), made.changed(run, spectra=(*run.snapshot.spectra, made.spectrum(3)))])
    assert drawn(tab) == {(1, 2)}
    tab.show_runs([made.full_run(2)])
    assert drawn(tab) == {(2, 1), (2, 2), (2, 3)}


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"bound": "lower", "resistance_ohm": 2.5e6}, "R > 2.5 MΩ"),
        ({"resistance_ohm": None}, "no resistance: nothing can be said"),
        ({"standard_uncertainty_ohm": None, "resistance_ohm": 1234.0}, "R = 1.234 kΩ, uncertainty not known"),
    ],
)
def test_a_resistance_that_is_no_plain_number_is_said_so(tab, made, about, words):
    spectrum = made.spectrum(resistance=made.spectrum().resistance | about, bad_points=2)
    tab.show_runs([made.run(spectra=(spectrum,))])
    tab.choose((1, 1))
    assert words in tab._words.words()
    assert "2 point(s) marked as bad are left out" in tab._words.words()


def test_the_spectrum_being_measured_is_marked_in_the_plot_and_in_words(tab, made):
    tab.show_runs([made.run(spectra=(made.spectrum(), made.running_spectrum(1, 310.0, 7)))])
    x, y = tab.nyquist.curves.points((1, 2, "now"))
    last = made.spectrum(1, 310.0).z_ohm[6]
    assert (x[0], y[0]) == (last.real, -last.imag)
    assert "no. 1, 36.85 °C, being measured: 7 points so far" in tab._words.words()
    assert (1, 1, "now") not in tab.nyquist.curves.drawn()
    assert "being measured" in tab._choice.itemText(2)


def test_in_units_of_r_every_spectrum_ends_at_one_and_those_without_a_resistance_are_counted(tab, made):
    tab.show_runs(
        [made.run(spectra=(made.spectrum(0, 300.0), made.spectrum(1, 350.0), made.running_spectrum(2)))]
    )
    tab._in_units_of_r.setChecked(True)
    for number in (1, 2):
        x, y = tab.nyquist.curves.points((1, number, "points"))
        assert x[np.argmin(abs(y[:-5]))] == pytest.approx(1.0, abs=0.01)
    assert drawn(tab) == {(1, 1), (1, 2)}
    assert "1 without a resistance, not drawn in units of R" in tab._words.words()
    assert drawn(tab, tab.magnitude) == {(1, 1), (1, 2), (1, 3)}


def test_only_what_changed_is_drawn_again(tab, made, monkeypatch):
    run = made.full_run()
    tab.show_runs([run])
    asked = []
    draw = tab.nyquist.curves.draw
    monkeypatch.setattr(tab.nyquist.curves, "draw", lambda key, *rest: (asked.append(key), draw(key, *rest)))
    spectra = (*run.snapshot.spectra[:2], made.spectrum(2, 320.0, 20))
    tab.show_runs([made.changed(run, spectra=spectra)])
    assert {key[:2] for key in asked} == {(1, 3)}


def test_many_new_spectra_are_drawn_in_several_turns_of_the_event_loop(tab, app, made):
    many = tuple(made.spectrum(n, 300.0 + n) for n in range(2 * MOST_AT_ONCE + 5))
    tab.show_runs([made.run(spectra=many)])
    assert len(drawn(tab)) == MOST_AT_ONCE
    settle(app, tab)
    assert len(drawn(tab)) == len(drawn(tab, tab.phase)) == len(many)


def test_pointing_at_a_point_tells_frequency_impedance_and_temperature(tab, app, made):
    spectrum = made.spectrum()
    tab.show_runs([made.run(spectra=(spectrum,))])
    settle(app, tab)
    x, y = tab.nyquist.curves.points((1, 1, "points"))
    found = tab.nyquist.point_at(tab.nyquist.vb.mapViewToScene(QtCore.QPointF(x[12], y[12])))
    assert found == ((1, 1, "points"), 12)
    tab.nyquist.point_out(found)
    note = tab.nyquist._note.toPlainText()
    assert note.splitlines()[0] == "14.25 kHz"
    assert note.count("Ω") == 2
    assert "26.85 °C" in note
    tab.nyquist.point_out(None)
    assert not tab.nyquist._note.isVisible()


def test_a_note_on_a_point_that_is_gone_is_not_shown(tab, made):
    tab.show_runs([made.full_run()])
    tab.nyquist.point_out(((1, 1, "points"), 3))
    assert tab.nyquist._note.isVisible()
    tab.choose((1, 2))
    assert not tab.nyquist._note.isVisible()


def test_the_exported_rows_are_those_drawn(tab, made):
    tab.show_runs([made.full_run()])
    tab.choose((1, 1))
    header, rows = tab.table()
    rows = list(rows)
    assert header[-3:] == ("frequency_hz", "z_real_ohm", "z_imag_ohm")
    assert {(row[1], row[2]) for row in rows} == {(1, "measured"), (1, "fit")}
    assert rows[0][-1] == pytest.approx(made.spectrum().z_ohm[0].imag)
    assert rows[0][-1] < 0


def test_one_temperature_needs_no_colour_key(tab, made, app):
    tab.show_runs([made.run(spectra=(made.spectrum(),))])
    assert not tab._temperatures.isVisible()
    tab.show_runs([made.full_run()])
    assert tab._temperatures.isVisible()
    app.processEvents()
    assert tab._temperatures.getAxis("right").width() > 30


@pytest.mark.parametrize(
    ("setpoint_k", "words"),
    [(333.15, "no. 0, no temperature (set to 60.00 °C)"), (None, "no. 0, no temperature")],
)
def test_a_spectrum_without_a_reading_is_not_called_by_its_set_point_alone(made, setpoint_k, words):
    assert title(made.spectrum(temperature_k=None, setpoint_k=setpoint_k)) == words


def test_excluded_points_are_drawn_hollow_and_the_note_on_each_is_its_own(tab, app, made):
    excluded = np.zeros(40, dtype=bool)
    excluded[[3, 7]] = True
    spectrum = made.spectrum(excluded=excluded)
    tab.show_runs([made.run(spectra=(spectrum,))])
    settle(app, tab)
    curves = tab.nyquist.curves
    assert curves.look((1, 1, "points")).symbol == "circle"
    assert curves.look((1, 1, "excluded")).symbol == "ring"
    x, _ = curves.points((1, 1, "excluded"))
    assert np.array_equal(x, spectrum.z_ohm.real[excluded])
    assert curves.points((1, 1, "points"))[0].size == 38
    assert tab._note((1, 1, "excluded"), 1).startswith("excluded\n83.77 kHz")
    _, rows = tab.table()
    kinds = [row[2] for row in rows]
    assert (kinds.count("measured"), kinds.count("excluded")) == (38, 2)


def test_relaxation_times_of_all_spectra_are_lines_in_their_colours(tab, made):
    tab.show_runs([made.full_run()])
    plot = tab.relaxation
    assert set(plot.curves.drawn()) == {(1, n, "gamma") for n in (1, 2, 3)}
    x, y = plot.curves.points((1, 1, "gamma"))
    expected = made.spectrum().relaxation
    assert 10**x == pytest.approx(expected.tau_s)
    assert y == pytest.approx(expected.gamma_ohm)
    assert plot.curves.look((1, 1, "gamma")).colour == tab.nyquist.curves.look((1, 1, "points")).colour


def test_a_chosen_spectrum_shows_band_and_peaks_with_their_resistances(tab, made):
    tab.show_runs([made.full_run()])
    tab.choose((1, 1))
    assert set(tab.relaxation.curves.drawn()) == {(1, 1, part) for part in ("band", "gamma", "peaks")}
    _, band = tab.relaxation.curves.points((1, 1, "band"))
    curve = made.spectrum().relaxation
    assert band == pytest.approx([*curve.low_ohm, *curve.high_ohm[::-1]])
    assert "τ 1 µs (159 kHz): 1.000 ± 0.039 kΩ" in tab._words.words()
    assert "1.000 ± 0.039 kΩ" in tab.relaxation._peak_in_words((1, 1, "peaks"), 0)


def test_relaxation_times_follow_the_scale_in_units_of_r(tab, made):
    tab.show_runs([made.run(spectra=(made.spectrum(),))])
    tab._in_units_of_r.setChecked(True)
    _, y = tab.relaxation.curves.points((1, 1, "gamma"))
    assert y.max() == pytest.approx(1.0)


def test_without_relaxation_times_the_plot_says_why(tab, made):
    tab.show_runs([made.run(spectra=(made.spectrum(relaxation=None),))])
    assert tab.relaxation.sentence == "no distribution of relaxation times"
    growing = made.run(spectra=(made.running_spectrum(),))
    running = replace(growing.snapshot, run={**growing.snapshot.run, "status": "running"})
    tab.show_runs([replace(growing, snapshot=running)])
    assert tab.relaxation.sentence == "made when the run ends"


def test_reservations_about_relaxation_times_are_told(tab, made):
    relaxation = made.relaxation(1e3, ("no valley between arcs and electrode",))
    tab.show_runs([made.run(spectra=(made.spectrum(relaxation=relaxation),))])
    tab.choose((1, 1))
    assert "no valley" in tab._words.words()


def test_spectra_of_several_runs_are_coloured_by_temperature_or_by_sample(tab, app, made):
    spectra = (made.spectrum(1, 300.0), made.spectrum(2, 350.0))
    first, second = made.run(1, spectra=spectra), made.run(2, spectra=spectra)
    tab.show_runs([first])
    assert not tab.by_sample.isVisible()
    tab.show_runs([first, second])
    assert tab.by_sample.isVisible()
    assert len({one.colour for one in tab._by_key.values()}) == 2, "one for each temperature"
    tab.by_sample.setChecked(True)
    settle(app, tab)
    coloured = {(key[0], one.colour) for key, one in tab._by_key.items()}
    assert coloured == {(1, first.colour), (2, second.colour)}
    assert first.colour != second.colour
    _, key = spectrum_html.on_all([(first, spectra[0]), (second, spectra[1])], tab.appearance, by_sample=True)
    assert f"<span style='color:{first.colour}'>●</span> {first.label}" in key
