import numpy as np
import pytest

from labctl.gui.plots import laws
from labctl.gui.plots.conductivity_tab import ConductivityTab
from labctl.gui.plots.laws import FITTED_TO_OTHERS, law_curves


@pytest.fixture
def tab(app, on_screen):
    return on_screen(ConductivityTab())


def show(tab, app, *runs):
    tab.show_runs(runs)
    tab.wait_for_laws()
    app.processEvents()


def words(tab):
    return tab._words.words()


def test_points_stand_at_1000_by_t_and_the_logarithm_of_siemens_per_centimetre(tab, app, made):
    row = made.conductivity(1, 400.0, conductivity_s_m=1.0)
    show(tab, app, made.run(conductivities=(row,)))
    x, y = tab.plot.curves.points((1, "heating"))
    assert (x[0], y[0]) == (2.5, pytest.approx(-2.0))


def test_bars_span_95_percent_and_never_reach_zero(tab, app, made):
    narrow = made.conductivity(1, 400.0, conductivity_s_m=1.0, standard_uncertainty_s_m=0.1)
    wide = made.conductivity(2, 410.0, conductivity_s_m=1.0, standard_uncertainty_s_m=0.9)
    none = made.conductivity(3, 420.0, standard_uncertainty_s_m=None)
    show(tab, app, made.run(conductivities=(narrow, wide, none)))
    _, ends = tab.plot.curves.points((1, "heating", "bars"))
    assert 10 ** ends[:2] * 100 == pytest.approx([1 - 0.196, 1.196], abs=1e-4)
    assert np.isfinite(ends).all()
    assert ends.size == 4


def test_bounds_are_triangles_and_cooling_has_a_symbol_of_its_own(tab, app, made):
    kinds = ({"bound": "upper"}, {"bound": "lower"}, {"branch": "cooling"}, {})
    rows = tuple(made.conductivity(n, 300.0 + n, **about) for n, about in enumerate(kinds))
    show(tab, app, made.run(conductivities=rows))
    symbols = {
        kind: tab.plot.curves.look((1, kind)).symbol for kind in ("upper", "lower", "cooling", "heating")
    }
    assert (symbols["upper"], symbols["lower"]) == ("triangle down", "triangle up")
    assert symbols["cooling"] != symbols["heating"]
    assert (1, "upper", "bars") not in tab.plot.curves.drawn()
    assert "▼ at most" in words(tab)


def test_the_preferred_law_runs_through_the_points_with_its_band_and_the_other_is_dashed(tab, app, made):
    show(tab, app, made.full_run())
    curves = tab.plot.curves
    x, y = curves.points((1, "law", "arrhenius"))
    points_x, points_y = curves.points((1, "heating"))
    assert np.interp(points_x, x[::-1], y[::-1]) == pytest.approx(points_y, abs=1e-3)
    assert (1, "law", "arrhenius", "band") in curves.drawn()
    assert curves.look((1, "law", "vtf")).dashed
    assert not curves.look((1, "law", "arrhenius")).dashed
    assert (1, "law", "vtf", "band") not in curves.drawn()


def test_the_law_is_named_with_form_and_uncertainty_and_its_flags(tab, app, made):
    run = made.run(
        conductivities=made.conductivities(), fits=(made.vtf_fit(), made.fit(flags=["outlier at 310 K"]))
    )
    show(tab, app, run)
    lines = words(tab).splitlines()
    assert "Arrhenius, ln(σT): Ea = 0.5000 ± 0.0030 eV, 6 points, preferred" in lines
    assert "outlier at 310 K" in lines
    assert any(line.startswith("VTF, T^-1/2: B = 0.480 ± 0.010 eV, T0 = 3.0 ± 1.0 K") for line in lines)


def test_a_law_that_was_fitted_to_other_points_says_so(made):
    (curve,) = law_curves(made.conductivities(), (made.fit(),))
    assert curve.remark == ""
    (other,) = law_curves(made.conductivities(), (made.fit(energy_ev=0.52),))
    assert other.remark == FITTED_TO_OTHERS


def test_a_law_that_cannot_be_drawn_is_left_out(made):
    assert law_curves(made.conductivities(1), (made.fit(),)) == ()
    assert law_curves((), (made.fit(),)) == ()


def test_laws_of_one_branch_are_not_drawn(made):
    assert law_curves(made.conductivities(), (made.fit(branch="heating"),)) == ()


def test_laws_are_fitted_again_only_when_conductivities_or_fits_change(tab, app, made, monkeypatch):
    fitted = []
    whole = laws.law_curves
    monkeypatch.setattr(laws, "law_curves", lambda *rows: (fitted.append(1), whole(*rows))[1])
    run = made.full_run()
    show(tab, app, run)
    show(tab, app, made.changed(run, spectra=()))
    show(tab, app, made.changed(run, events=(made.event(1),)))
    assert len(fitted) == 1
    more = (*run.snapshot.conductivities, made.conductivity(99, 380.0))
    show(tab, app, made.changed(run, conductivities=more))
    assert len(fitted) == 2


def test_the_old_law_stays_while_the_new_one_is_fitted(tab, app, made):
    run = made.full_run()
    show(tab, app, run)
    more = made.changed(run, conductivities=(*run.snapshot.conductivities, made.conductivity(99, 380.0)))
    tab.show_runs([more])
    assert (1, "law", "arrhenius") in tab.plot.curves.drawn()
    assert tab.plot.curves.points((1, "law", "arrhenius"))[0].min() == pytest.approx(1000 / 350)
    show(tab, app, more)
    assert tab.plot.curves.points((1, "law", "arrhenius"))[0].min() == pytest.approx(1000 / 380)


def test_pointing_at_a_point_tells_temperature_conductivity_and_flags(tab, app, made):
    rows = (made.conductivity(1, 400.0, flags=["arc not resolved"]),)
    show(tab, app, made.run(conductivities=rows))
    note = tab._note((1, "heating"), 0)
    assert note.splitlines()[0] == "126.85 °C, heating"
    assert "S/cm" in note
    assert "arc not resolved" in note


def test_the_exported_rows_are_points_and_laws_in_si(tab, app, made):
    show(tab, app, made.full_run())
    header, rows = tab.table()
    table = [dict(zip(header, row, strict=True)) for row in rows]
    measured = [row for row in table if row["what"] == "measured"]
    law = [row for row in table if row["what"] == "Arrhenius, ln(σT)"]
    assert measured[0]["conductivity_s_m"] == made.conductivity(1, 300.0)["conductivity_s_m"]
    assert measured[0]["low_95_s_m"] < measured[0]["conductivity_s_m"] < measured[0]["high_95_s_m"]
    assert len(law) > 100
    assert law[0]["low_95_s_m"] <= law[0]["conductivity_s_m"] <= law[0]["high_95_s_m"]
