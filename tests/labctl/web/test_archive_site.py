"""An archive in a browser: samples, columns, one SELECT; a wrong or endless query is ended and told."""

from urllib.parse import urlencode

import pytest

from labctl.archive.adding import add_files
from labctl.archive.opened import Archive
from labctl.archive.place import place_of
from labctl.web import archive_site
from labctl.web.archive_site import ArchiveSite, archive_app
from labctl.web.gate import Rules, gated


@pytest.fixture
def get(lab, tmp_path, ask):
    pytest.importorskip("duckdb", reason="duckdb is not installed")
    add_files([lab], place_of(tmp_path / "archive"))
    with Archive(tmp_path / "archive") as archive:
        site = ArchiveSite(archive)
        app = gated(archive_app(site), Rules())
        yield lambda path, **query: ask(app, "GET", f"{path}?{urlencode(query)}" if query else path)
        site.answers.close()


def test_samples_and_columns_are_shown_as_text(get):
    body = get("/").text
    assert "pellet" in body
    assert '<script>alert("1")' not in body
    assert "ionic conductivity" in get("/columns").text


def test_a_query_is_answered(get):
    assert ">2</td>" in get("/query", sql="SELECT count(*) AS n FROM spectra").text


@pytest.mark.parametrize(
    "sql",
    ["DROP VIEW spectra", "SELECT * FROM read_text('/etc/passwd')", "SELEC", "<script>alert(1)</script>"],
)
def test_a_query_that_is_refused_says_why(get, sql):
    answer = get("/query", sql=sql)
    assert answer.status_code == 200
    assert "No answer" in answer.text
    assert "<script>" not in answer.text


def test_an_endless_query_is_ended_and_the_next_one_is_answered(get, monkeypatch):
    monkeypatch.setattr(archive_site, "LONGEST_S", 0.3)
    endless = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
    assert "No answer" in get("/query", sql=endless).text
    assert ">2</td>" in get("/query", sql="SELECT count(*) AS n FROM spectra").text


def test_many_rows_are_cut(get):
    body = get("/query", sql="SELECT * FROM range(5000)").text
    assert "The first 1000 rows." in body
    assert body.count("<tr>") == 1001


def test_another_page_is_not_there(get):
    assert get("/secret").status_code == 404
