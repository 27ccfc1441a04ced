"""The window shows what carries the current in the sample of a chosen run."""

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from qtpy import QtWidgets

from labctl.derive.facts import Fact, keep_fact
from labctl.gui.browser import Browser
from labctl.gui.carriers_dialog import CarriersDialog, CarriersOpener
from labctl.store import Store

SAMPLE = {"name": "pellet", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "lab.db"
    with Store.open(path) as store:
        sample = store.find_or_add_sample(SAMPLE)
        store.insert("runs", {"sample_id": sample, "procedure": "a:b", "started_s": 0.0})
    keep_fact(path, "pellet", Fact("electronic-share", 1.7, "notebook 1", uncertainty=0.5))
    return path


def test_the_dialog_has_the_lines_and_the_verdict(file, wait):
    window = QtWidgets.QWidget()
    opener = CarriersOpener(window, file)
    opener.open(1)
    wait(lambda: window.findChildren(CarriersDialog), "the dialog")
    (dialog,) = window.findChildren(CarriersDialog)
    text = dialog.text.toPlainText()
    assert "pellet: 1 measurement(s) about its carriers" in text
    assert "ions together carry" in text
    assert "not excluded: a proton conductor" in text
    assert dialog.text.isReadOnly()
    dialog.close()


def test_a_run_that_is_not_there_is_told(file, wait):
    window, told = QtWidgets.QWidget(), []
    opener = CarriersOpener(window, file)
    opener.warned.connect(told.append)
    opener.open(7)
    wait(lambda: told, "the reason")
    assert not window.findChildren(CarriersDialog)


def test_the_menu_of_a_run_asks_for_its_carriers(wait):
    browser, asked = Browser(), []
    browser.carriers_wanted.connect(asked.append)
    (entry,) = [one for one in browser.context.actions() if one.text().startswith("Who carries")]
    entry.trigger()
    assert asked == []  # no run is chosen
