import numpy as np
import pytest

from labctl.gui.plots.conductivity_tab import LITERATURE, ConductivityTab
from labctl.gui.qt import QtCore
from labctl.readmodel.law_curve import NO_BAND_KEPT


@pytest.fixture
def tab(app, on_screen):
    return on_screen(ConductivityTab())


def show(tab, app, *runs):
    tab.show_runs(runs)
    app.processEvents()


def words(tab):
    return tab._words.words()


def test_points_stand_at_1000_by_t_and_the_logarithm_of_siemens_per_centimetre(tab, app, made):
    row = made.conductivity(1, 400.0, conductivity_s_m=1.0)
    show(tab, app, made.run(conductivities=(row,)))
    x, y = tab.plot.curves.points((1, "heating"))
    assert (x[0], y[0]) == (2.5, pytest.approx(-2.0))


def test_the_text_names_the_analysis_that_the_numbers_stand_on(tab, app, made):
    analysis = {"id": 4, "name": "published", "created_s": 0.0, "closed_s": 1.0, "person": "Ada"}
    analysis |= {"labctl_version": "0.1.0", "options": {"form": "ln_sigma"}, "amendments": [7]}
    show(tab, app, made.run(analysis=analysis))
    assert (
        "analysis 4 (published), of 1970-01-01 00:00 UTC, labctl 0.1.0, by Ada, 1 amendment in force; "
        "form ln_sigma"
    ) in words(tab)


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


def test_the_stored_law_is_drawn_whatever_the_points_beside_it_are(tab, app, made):
    run = made.full_run()
    show(tab, app, run)
    before = tab.plot.curves.points((1, "law", "arrhenius"))
    others = (*run.snapshot.conductivities, made.conductivity(99, 380.0, conductivity_s_m=1.0))
    show(tab, app, made.changed(run, conductivities=others))
    after = tab.plot.curves.points((1, "law", "arrhenius"))
    assert np.array_equal(before, after)
    assert (1, "law", "arrhenius", "band") in tab.plot.curves.drawn()


def test_a_law_of_an_older_file_has_no_band_and_says_so(tab, app, made):
    run = made.run(conductivities=made.conductivities(), fits=(made.older_fit(),))
    show(tab, app, run)
    x, y = tab.plot.curves.points((1, "law", "arrhenius"))
    points_x, points_y = tab.plot.curves.points((1, "heating"))
    assert np.interp(points_x, x[::-1], y[::-1]) == pytest.approx(points_y, abs=1e-3)
    assert (1, "law", "arrhenius", "band") not in tab.plot.curves.drawn()
    assert NO_BAND_KEPT in words(tab)


def test_a_law_that_cannot_be_drawn_is_left_out(tab, app, made):
    show(tab, app, made.run(fits=(made.older_fit(),)))
    assert tab.plot.curves.drawn() == []
    assert "Arrhenius" in words(tab)


def test_laws_of_one_branch_are_not_drawn(tab, app, made):
    show(tab, app, made.run(conductivities=made.conductivities(), fits=(made.fit(branch="heating"),)))
    assert [key for key in tab.plot.curves.drawn() if "law" in key] == []


def test_a_law_is_drawn_anew_only_when_its_rows_change(tab, app, made, monkeypatch):
    from labctl.gui.plots import conductivity_tab

    drawn = []
    whole = conductivity_tab.law_curves
    monkeypatch.setattr(conductivity_tab, "law_curves", lambda *rows: (drawn.append(1), whole(*rows))[1])
    run = made.full_run()
    show(tab, app, run)
    show(tab, app, made.changed(run, spectra=()))
    show(tab, app, made.changed(run, events=(made.event(1),)))
    assert len(drawn) == 1
    show(tab, app, made.changed(run, fits=(made.fit(energy_ev=0.6),)))
    assert len(drawn) == 2


def test_a_conductivity_without_temperature_is_named_and_not_drawn(tab, app, made):
    flag = "no temperature reading: the temperature is not known"
    rows = (made.conductivity(1, 400.0), made.conductivity(7, 400.0, temperature_k=None, flags=[flag]))
    show(tab, app, made.run(conductivities=rows))
    assert tab.plot.curves.points((1, "heating"))[0] == pytest.approx([2.5])
    assert f"spectrum 7: {flag}" in words(tab)
    assert len([row for row in tab.table()[1] if row[1] == "measured"]) == 1


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


def test_an_excluded_conductivity_is_drawn_hollow(tab, app, made):
    rows = made.conductivity(1, 300.0), made.conductivity(2, 310.0, flags=["excluded: a contact was loose"])
    show(tab, app, made.run(conductivities=rows))
    x, _ = tab.plot.curves.points((1, "excluded"))
    assert x == pytest.approx([1000 / 310.0])
    assert tab.plot.curves.look((1, "excluded")).symbol == "ring"
    assert "○ excluded" in words(tab)


def test_laws_of_bulk_and_grain_boundary_are_named_and_drawn_when_asked_for(tab, app, made):
    parts = [made.fit() | {"part": "bulk"}, made.fit() | {"part": "grain_boundary_specific"}]
    show(tab, app, made.run(conductivities=made.conductivities(), fits=(made.fit(),), part_fits=parts))
    assert "bulk: Arrhenius" in words(tab)
    assert "grain boundary, specific: Arrhenius" in words(tab)
    assert tab._of_parts.isVisibleTo(tab)
    drawn = {(1, "part", "bulk"), (1, "part", "grain_boundary_specific")}
    assert not drawn & {*tab.plot.curves.drawn()}
    tab._of_parts.setChecked(True)
    assert drawn <= {*tab.plot.curves.drawn()}
    tab._of_parts.setChecked(False)
    assert not drawn & {*tab.plot.curves.drawn()}


def test_a_run_without_laws_of_parts_does_not_offer_them(tab, app, made):
    show(tab, app, made.run(conductivities=made.conductivities(), fits=(made.fit(),)))
    assert not tab._of_parts.isVisibleTo(tab)


def with_budget(made, number, kelvin):
    of_thickness = {"source": "thickness", "change": 0.02, "type": "B", "common": True, "cause": "thickness"}
    of_fit = {"source": "fit and noise", "change": 0.01, "type": "A", "common": False}
    components = [of_thickness, of_fit | {"degrees_of_freedom": 58.0}]
    return made.conductivity(number, kelvin, budget={"components": {"conductivity": components}})


def test_the_literature_of_the_ion_is_drawn_where_it_is_asked_for_and_is_named_so(tab, app, made):
    rows = made.conductivities()
    run = made.run(conductivities=rows)
    show(tab, app, made.changed(run, sample={"name": "pellet", "cation": "Mg2+"}))
    assert LITERATURE not in tab.plot.curves.drawn()
    assert tab.literature.isVisible()
    assert "literature" not in words(tab)
    tab.literature.setChecked(True)
    assert "◇ literature: O'Donnell" in words(tab)
    x, y = tab.plot.curves.points(LITERATURE)
    near = tab._published
    assert {row.cations for row in near} >= {("Mg2+",)}
    assert x == pytest.approx([1000 / row.temperature_k for row in near])
    assert 10**y == pytest.approx([row.conductivity_s_m / 100 for row in near])
    assert tab._note(LITERATURE, 0).startswith(f"literature: row {near[0].number}, references ")
    tab.literature.setChecked(False)
    assert LITERATURE not in tab.plot.curves.drawn()


def test_without_an_ion_no_literature_is_offered(tab, app, made):
    show(tab, app, made.run(conductivities=made.conductivities()))
    assert not tab.literature.isVisible()


def test_a_click_on_a_point_shows_its_uncertainty_by_source_and_a_second_hides_it(tab, app, made):
    run = made.run(conductivities=(with_budget(made, 1, 400.0), with_budget(made, 2, 410.0)))
    show(tab, app, run)
    tab.plot.picked.emit((1, "heating"), 1)
    assert "sigma of spectrum ? at 136.85 °C" in words(tab)
    assert "thickness" in words(tab)
    tab.plot.picked.emit((1, "heating"), 1)
    assert "sigma of spectrum" not in words(tab)


def test_points_in_a_rectangle_give_their_run_and_their_temperatures(tab, app, made):
    marked, refused = [], []
    tab.temperatures_marked.connect(lambda *found: marked.append(found))
    tab.refused.connect(refused.append)
    out = made.conductivity(9, 305.0, flags=["excluded: a leak"])
    show(tab, app, made.run(conductivities=(*made.conductivities(), out)))
    x, y = tab.plot.curves.points((1, "heating"))
    tab.plot.marked.emit(QtCore.QRectF(x[2] - 1e-3, y.min() - 1, x[0] - x[2] + 2e-3, 9.0))
    assert marked == [(1, 300.0, 320.0)]
    tab.plot.marked.emit(QtCore.QRectF(0.0, 0.0, 0.1, 0.1))
    assert refused == ["no point marked; drag around points of one run"]


def test_a_rectangle_that_leaves_out_a_point_between_is_refused(tab, app, made):
    marked, refused = [], []
    tab.temperatures_marked.connect(lambda *found: marked.append(found))
    tab.refused.connect(refused.append)
    high = made.conductivity(9, 311.0, conductivity_s_m=1e6)
    show(tab, app, made.run(conductivities=(*made.conductivities(3), high)))
    x, y = tab.plot.curves.points((1, "heating"))
    low = sorted(y)[:-1]
    left, width = x.min() - 1e-3, x.max() - x.min() + 2e-3
    tab.plot.marked.emit(QtCore.QRectF(left, low[0] - 0.5, width, low[-1] - low[0] + 1.0))
    assert marked == []
    assert refused == ["1 more point(s) lie between; mark them as well, or fewer"]
