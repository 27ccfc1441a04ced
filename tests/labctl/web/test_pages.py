"""The pages show the stored numbers, no text of a person is markup, and nothing comes from elsewhere."""

import re
from html.parser import HTMLParser

import pytest

import labctl

PAGES = ("/", "/runs", "/run/1", "/run/2", "/samples", "/compare?runs=1,2", "/raw", "/raw/conductivities")


class Addresses(HTMLParser):
    """Collects what a browser would load by itself."""

    def __init__(self):
        super().__init__()
        self.loaded = []

    def handle_starttag(self, tag, attrs):
        about = dict(attrs)
        if tag in ("img", "script", "iframe", "source", "video"):
            self.loaded.append(about.get("src"))
        if tag == "link":
            self.loaded.append(about.get("href"))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_there_and_loads_nothing_from_elsewhere(get, path):
    answer = get(path)
    assert answer.status_code == 200
    found = Addresses()
    found.feed(answer.text)
    own = ("/", "http://127.0.0.1:8001/")
    assert [one for one in found.loaded if one and not one.startswith(own)] == []
    assert "url(http" not in answer.text
    assert "@import" not in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_the_name_of_a_sample_is_no_markup(get, path):
    assert '<script>alert("1")' not in get(path).text


@pytest.mark.parametrize("path", [path for path in PAGES if not path.startswith("/raw")])
def test_a_page_fits_a_phone(get, path):
    """Browsers take the width of the device, tables scroll in their own box, figures shrink."""
    body = get(path).text
    assert 'name="viewport" content="width=device-width' in body
    assert "img { max-width: 100%" in body
    assert body.count("<td>") == 0  # each cell has its heading beside it, for a screen without columns
    assert len(re.findall('<div class="wide"><table>', body)) == body.count("<table>")


def test_a_run_shows_its_stored_conductivities(get, lab):
    body = get("/run/1").text
    with labctl.open(lab) as db:
        for value in db.conductivities(1)["conductivity_s_m"]:
            assert f"{value / 100:.4g}" in body


def test_a_run_that_goes_on_renews_its_page_and_an_ended_one_does_not(get):
    assert 'http-equiv="refresh"' in get("/run/2").text
    assert 'http-equiv="refresh"' not in get("/run/1").text


@pytest.mark.parametrize(
    "path", ["/run/1/nyquist.svg", "/run/1/arrhenius.svg", "/compare/arrhenius.svg?runs=1,2,1"]
)
def test_a_figure_is_drawn(get, path):
    answer = get(path)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "<svg" in answer.text
    assert "<script" not in answer.text


def test_the_last_spectrum_is_on_the_page_of_tonight(get):
    body = get("/").text
    assert "spectrum 0 of run 2" in body
    assert 'src="/run/2/nyquist.svg"' in body


def test_raw_tables_explain_their_columns(get):
    assert "[S/m] ionic conductivity" in get("/raw/conductivities").text.replace("&#39;", "'")


def test_every_table_and_a_row_are_shown(get):
    from labctl.store.structure import newest

    shown = [f"/raw/{name}" for name in (*newest().tables, *newest().views) if not name.startswith("_")]
    for path in (*shown, "/raw/runs/1", "/raw/spectra/1", "/raw/runs?_facet=status", "/raw/spectra?run_id=1"):
        answer = get(path)
        assert (path, answer.status_code) == (path, 200)


@pytest.mark.parametrize(
    "path",
    [
        "/run/99",
        "/run/99/nyquist.svg",
        "/run/1/secret.svg",
        "/run/1'",
        "/compare",
        "/compare?runs=1;DROP%20TABLE%20runs",
        "/compare?runs=" + ",".join("1" * 40),
        "/raw/nothing",
        "/nothing",
    ],
)
def test_what_is_not_there_is_answered_in_a_sentence(get, path):
    answer = get(path)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text
    assert len(answer.text) < 500


@pytest.mark.parametrize(
    "path",
    [
        "/raw?sql=select+1",
        "/raw.json?sql=select+1",
        "/raw/runs?_where=1=1",
        "/raw.db",
        "/raw/runs.csv?_stream=1",
    ],
)
def test_sql_and_downloads_are_refused(get, path):
    assert get(path).status_code in (400, 403)


def test_a_filter_is_a_value_and_no_sql(get):
    everything = get("/raw/spectra.json?_shape=array").json()
    assert len(everything) == 3
    assert get("/raw/spectra.json?_shape=array&status=finished'+OR+'1'='1").json() == []


def test_the_state_of_the_rig_is_there_for_programs(get):
    state = get("/status.json").json()
    assert state["last"]["run_id"] == 2
    assert state["stations"] == {}


def test_looking_writes_nothing(get, lab):
    before = lab.read_bytes()
    for path in PAGES:
        get(path)
    assert lab.read_bytes() == before


def test_new_rows_are_on_the_next_page(get, lab, monkeypatch):
    from labctl.store import Store

    monkeypatch.setattr("labctl.web.site.KEPT_S", 0.0)
    assert "2 runs" in get("/runs").text
    with Store.open(lab) as store:
        about = {"sample_id": 1, "procedure": "p:P", "started_s": 5.0}
        run_id = store.insert("runs", about)
        store.update("runs", run_id, {"status": "finished", "ended_s": 6.0})
    assert get("/run/3").status_code == 200
