"""The button "Pre-flight": a real `labctl preflight` beside the window, its verdict in the form."""

import pytest

from labctl.config.station import read_station
from labctl.errors import InvalidRequest
from labctl.gui.preflighting import _answer, in_words
from labctl.store import Database
from labctl.testing import STATION


@pytest.fixture
def panel(window_of, tmp_path):
    def of(simulation=""):
        (tmp_path / "station.toml").write_text(STATION + 'clock = "virtual"\n' + simulation)
        panel = window_of(read_station(tmp_path / "station.toml")).queueing
        panel.person.setText("Ada")
        sample = {"name": "pellet", "thickness_mm": "1.0", "diameter_mm": "10.0"}
        fill(panel, sample)
        return panel

    return of


def fill(panel, sample):
    from labctl.config.protocol import parse_protocol

    lines = [f'{k} = "{v}"' if k == "name" else f"{k} = {v}" for k, v in sample.items()]
    text = "\n".join(
        [
            'title = "t"',
            "[sample]",
            *lines,
            "[[procedure]]",
            'use = "procedures.eis:EIS"',
            "amplitude_v = 0.02",
        ]
    )
    panel.load_protocol(parse_protocol(text, "p.toml"))


def flown(panel, wait):
    panel.preflight.click()
    assert not panel.preflight.isEnabled()
    wait(panel.preflight.isEnabled, "the end of the pre-flight")
    return panel.estimate.text()


def test_the_verdict_of_a_sound_rig_is_shown_and_stored(panel, wait, db, tmp_path):
    form = panel()
    said = flown(form, wait)
    assert said.startswith("pre-flight of pellet: ready")
    assert "ok: geometry: " in said
    assert form.estimate.property("refused") is False
    with Database(db) as database:
        (row,) = database.rows("SELECT * FROM preflights")
    assert (row["outcome"], row["person"]) == ("passed", "Ada")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".preflight")]


def test_a_shorted_cell_is_told_in_red(panel, wait):
    form = panel("[simulation.options.dummy]\nresistance_ohm = 0.1\ncapacitance_f = 0\n")
    said = flown(form, wait)
    assert "do not queue: " in said
    assert "FAULT: open or short: " in said
    assert form.estimate.property("refused") is True


def test_a_form_at_fault_begins_nothing(panel):
    form = panel()
    form.sample.load(form.sample.form())
    form.not_before.setText("25:99")
    form.preflight.click()
    assert form.preflight.isEnabled()
    assert "not possible" in form.estimate.text()


def test_what_the_command_refuses_is_its_sentence():
    with pytest.raises(InvalidRequest, match=r"^the station is in use$"):
        _answer("warning\nlabctl: the station is in use\n")
    with pytest.raises(InvalidRequest, match="said nothing"):
        _answer("")


def test_a_verdict_in_words_has_a_line_for_each_finding():
    found = {"sample": "p", "words": "ready; not known: oven", "findings": [["oven", "unknown", "none"]]}
    assert in_words(found) == ["pre-flight of p: ready; not known: oven", "not known: oven: none"]
