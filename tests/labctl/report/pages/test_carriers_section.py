"""The section about carriers has the lines and the verdict that `labctl carriers` prints."""

import json

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.derive.facts import Fact, keep_fact
from labctl.report.pages.carriers_section import carriers
from labctl.report.pages.content import content_of
from labctl.report.pages.document import Items, Paragraph, Table
from labctl.report.pages.words import Words
from labctl.store import Database, Store

SAMPLE = {"name": "pellet", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking", "cation": "Mg2+"}


@pytest.fixture
def file(tmp_path):
    """A file with one run of a sample of which nothing is known."""
    path = tmp_path / "lab.db"
    with Store.open(path) as store:
        sample = store.find_or_add_sample(SAMPLE)
        store.insert("runs", {"sample_id": sample, "procedure": "a:b", "started_s": 0.0})
    return path


def blocks_of(path):
    with Database(path) as db:
        return carriers(content_of(db, 1), Words())


def test_it_says_that_nothing_is_known(file):
    (block,) = blocks_of(file)
    assert isinstance(block, Paragraph)
    assert block.text == Words()("missing.carriers")


def test_it_has_each_measurement_with_what_it_presumes_and_the_verdict(file):
    keep_fact(file, "pellet", Fact("electronic-share", 1.7, "notebook 1", uncertainty=0.5))
    table, title, verdict = blocks_of(file)
    assert isinstance(table, Table)
    assert "share of electrons, fact 1 (notebook 1): 0.017" in table.rows[0][0].text
    assert table.rows[0][1].text == "as its source states"
    assert isinstance(title, Paragraph)
    assert title.text == "Verdict"
    assert isinstance(verdict, Items)
    said = " ".join(verdict.lines)
    assert "ions together carry" in said
    assert "not excluded: an anion conductor" in said


def test_show_as_json_has_what_carriers_as_json_has(file):
    keep_fact(file, "pellet", Fact("electronic-share", 1.7, "notebook 1", uncertainty=0.5))
    show, own = (
        CliRunner().invoke(app, [*command, "--json", "--db", str(file)])
        for command in (["show", "1"], ["carriers", "pellet"])
    )
    assert show.exit_code == own.exit_code == 0
    assert json.loads(show.output)["carriers"] == json.loads(own.output)
