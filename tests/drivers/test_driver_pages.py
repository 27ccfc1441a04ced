"""The pages about drivers are what the drivers declare, and name every shipped model and who confirmed it."""

import importlib.util
import re
from dataclasses import replace
from pathlib import Path

import pytest

from drivers import catalogue
from drivers.lakeshore33x import LakeShore335
from labctl.command_table import messages_of

ROOT = Path(__file__).parents[2]
SHIPPED = {
    *catalogue.TEMPERATURE_CONTROLLERS,
    *catalogue.ANALYZERS,
    *catalogue.POTENTIOSTATS,
    *catalogue.THERMOMETERS,
    *catalogue.SWITCHES,
    *catalogue.MONITORS,
    *catalogue.ATMOSPHERES,
    *catalogue.WATCHDOGS,
    *catalogue.PARTNERS,
}


def load_pages():
    spec = importlib.util.spec_from_file_location("driver_pages", ROOT / ".ci" / "driver_pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pages = load_pages()
FILES = dict(pages.files())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_page_is_what_the_drivers_declare(path):
    assert path.read_text(encoding="utf-8") == FILES[path], "run make driver-pages"


def test_no_page_is_left_of_a_driver_that_is_gone():
    assert set(pages.PAGES.iterdir()) == {path for path in FILES if path.parent == pages.PAGES}


@pytest.mark.parametrize("page", [pages.BENCH_CHECKS], ids=lambda path: path.name)
def test_every_shipped_model_is_named_with_who_confirmed_it(page):
    (table,) = re.findall(
        rf"{re.escape(pages.CONFIRMED_HEAD)}\n((?:\|.*\n)+)", page.read_text(encoding="utf-8")
    )
    cells = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()[1:]]
    named = [name for row in cells for name in re.findall(r"`(\w+)`", row[1])]
    assert sorted(named) == sorted(driver.__name__ for driver in SHIPPED)
    assert all(row[4] for row in cells)
    tried = {message.on_hardware for driver in SHIPPED for message in messages_of(driver)} - {""}
    assert {row[4] for row in cells} == (tried or {"nobody"})


def test_what_somebody_tried_on_hardware_is_said_with_the_name(monkeypatch):
    first, *others = LakeShore335.messages
    tried = (replace(first, on_hardware="A. Person, 2026-12-01"), *others)
    monkeypatch.setattr(LakeShore335, "messages", tried)
    assert pages.confirmed(LakeShore335) == "A. Person, 2026-12-01"
    assert "A. Person, 2026-12-01" in pages.confirmed_table("")
    assert "Tried on hardware by A. Person, 2026-12-01." in pages.page("lakeshore33x", [LakeShore335])


def test_a_page_without_its_table_is_refused():
    with pytest.raises(ValueError, match="no table that begins with"):
        pages.with_confirmed("# README\n", "")


def test_a_check_that_decides_is_bold_and_a_bar_in_a_cell_is_escaped():
    checks = [check for check in pages.checks_of_family(pages.MODELS) if check.is_decisive]
    assert checks
    assert pages.check_rows(checks[:1])[0].startswith(f"| **{checks[0].name}** |")
    assert pages.row("a|b", "") == r"| a\|b | - |"
