"""What is stated and what is not, beside the numbers of the window."""

from labctl.gui.plots.shown import Appearance
from labctl.gui.plots.stated_html import stated_html, unknowns_html
from labctl.readmodel.snapshot import RunSnapshot

SAMPLE = {"name": "pellet", "thickness_m": 1e-3, "thickness_u_m": 0.0, "area_m2": 5e-5, "area_u_m2": 0.0}
ROWS = ({"temperature_k": 330.0, "conductivity_s_m": 1e-3, "total_resistance_ohm": 2e4},)
STATED = ("thermometer: not stated", "analyser: 0.1 %, 0.1 deg (page <3>)", "geometry: not stated")


def snapshot(**changes):
    return RunSnapshot({"id": 1}, SAMPLE, **({"stated": STATED, "conductivities": ROWS} | changes))


def test_what_is_stated_is_shown_as_text_and_what_is_not_as_a_warning():
    known, missing = stated_html(snapshot(), Appearance())
    assert known == "<p>analyser: 0.1 %, 0.1 deg (page &lt;3&gt;)</p>"
    assert "not stated, and in no interval: thermometer, geometry" in missing
    assert Appearance().warning in missing


def test_where_all_is_stated_there_is_no_warning():
    assert stated_html(snapshot(stated=STATED[1:2]), Appearance()) == [
        "<p>analyser: 0.1 %, 0.1 deg (page &lt;3&gt;)</p>"
    ]
    assert unknowns_html(snapshot(stated=STATED[1:2])) == []


def test_the_largest_unknowns_follow_the_numbers():
    (html,) = unknowns_html(snapshot())
    assert "thickness, if it were only 0.02 mm: sigma ± 2 %" in html
    assert html.index("area") < html.index("thickness")


def test_a_row_that_cannot_be_read_says_so():
    (html,) = unknowns_html(snapshot(conductivities=({"temperature_k": "hot"},)))
    assert "largest unknowns cannot be shown" in html
