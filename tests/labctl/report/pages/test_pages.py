"""A report shows the numbers of the results file, needs nothing from elsewhere, and takes text as data."""

import json
import re
import sqlite3
import sys
from contextlib import suppress
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from types import SimpleNamespace

import pytest
from matplotlib.figure import Figure
from typer.testing import CliRunner

from labctl import __version__
from labctl.cli import app
from labctl.errors import InvalidRequest
from labctl.readmodel.formatting import with_uncertainty
from labctl.report.figures import styled
from labctl.report.pages.assembling import report_of
from labctl.report.pages.budget_section import budgets
from labctl.report.pages.content import content_of
from labctl.report.pages.document import Items, Paragraph, Picture, Report, Section, Table, text
from labctl.report.pages.flags import Flags
from labctl.report.pages.html_page import html_page
from labctl.report.pages.numbers import with_powers
from labctl.report.pages.pdf_page import pdf_page
from labctl.report.pages.remark_sections import _bad_points
from labctl.report.pages.spectra_section import spectra
from labctl.report.pages.word_page import word_page
from labctl.report.pages.words import FILE, Words
from labctl.report.pages.writing import write_report
from labctl.store import Database, Store

pytestmark = pytest.mark.xdist_group("pages")

HOSTILE = '<script>alert(1)</script>\x1b[2J\u202egpj {{ 7 * 7 }} #import "x" $x$ &amp; 样品 😀'
SHOWN = '<script>alert(1)</script>\\x1b[2J\\u202egpj {{ 7 * 7 }} #import "x" $x$ &amp; 样品 😀'


class Page(HTMLParser):
    """The numbers, texts and addresses of a page."""

    def __init__(self, content):
        super().__init__()
        self.content = content
        self.tables, self.texts, self.addresses, self.tags = {}, [], [], set()
        self._table, self._row = None, None
        self.feed(content.decode("utf-8"))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.add(tag)
        self.addresses += [found[name] for name in ("src", "href", "data", "action") if name in found]
        if tag == "table":
            self._table = self.tables.setdefault(found.get("data-name"), [])
        elif tag == "tr" and self._table is not None:
            self._row = {}
            self._table.append(self._row)
        elif tag == "td" and "data-value" in found:
            self._row[found["data-column"]] = float(found["data-value"])

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def page_of_one(measured, tmp_path_factory):
    return written(measured, tmp_path_factory.mktemp("one"), 1)


@pytest.fixture(scope="module")
def page_of_two(measured, tmp_path_factory):
    return written(measured, tmp_path_factory.mktemp("two"), 1, 2)


def written(path, folder, *runs):
    with Database(path) as db:
        write_report(db, runs, folder / "report.html")
    return Page((folder / "report.html").read_bytes())


def shown_as_json(path, run):
    result = CliRunner().invoke(app, ["show", str(run), "--db", str(path), "--json"])
    assert result.exit_code == 0
    return json.loads(result.output)


def pdf_text(content):
    pypdfium2 = pytest.importorskip("pypdfium2")
    pdf = pypdfium2.PdfDocument(content)
    return "\n".join(page.get_textpage().get_text_range() for page in pdf)


def word_text(content):
    import docx

    document = docx.Document(BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells]), document


def test_every_number_of_the_page_is_that_of_the_results_file(measured, page_of_one):
    known, found = shown_as_json(measured, 1), page_of_one.tables
    columns = ("spectrum", "temperature_k", "total_resistance_ohm", "conductivity_s_m")
    expected = [{name: row[name] for name in columns} for row in known["conductivities"]]
    assert len(expected) == 4
    assert [row for row in found["conductivities"] if row] == expected
    laws = [
        {name: described["value"]}
        for fit in known["fits"]
        for name, described in fit["parameters"].items()
        if described["value"] is not None and "standard_uncertainty" in described
    ]
    assert len(laws) >= 6
    assert [row for row in found["laws"] if row] == laws
    (preferred,) = [fit for fit in known["fits"] if fit["preferred"] and fit["branch"] == "all"]
    assert {"activation_energy": preferred["activation_energy_ev"]} in found["results"]
    assert found["settling"][1]["setpoint_k"] == pytest.approx(333.15)


def numbers_of_file(path):
    """Every number that a results file holds: of its columns, and within its JSON."""
    found = set()

    def gather(value):
        if isinstance(value, bool) or value is None:
            return
        if isinstance(value, int | float):
            found.add(float(value))
        elif isinstance(value, str) and value[:1] in "[{":
            with suppress(ValueError):
                gather(json.loads(value))
        elif isinstance(value, list | dict):
            for one in value.values() if isinstance(value, dict) else value:
                gather(one)

    with sqlite3.connect(path) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    gather(value)
    connection.close()
    return found


MEANS = {"settling"}  # tables of means over rows, with ends of ranges
FACTORS = (1.0, 0.01, 1e2, 1e3, 1e4, 1e6)
SHOWN_NUMBER = re.compile(r"\(?(-?\d+(?:\.\d+)?)(?: ± [\d.]+)?\)?(?:×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?")
DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def agrees(shown, value):
    """Return whether a printed number is that number, in one of the units of a page, to the last digit."""
    found = SHOWN_NUMBER.search(shown)
    if found is None:
        return False
    power = 10.0 ** int((found[2] or "0").translate(DIGITS))
    printed, last = float(found[1]) * power, 10.0 ** -len(found[1].partition(".")[2]) * power
    wanted = [factor * value for factor in FACTORS] + [value - 273.15]
    return any(abs(printed - one) <= 0.51 * last or (one and abs(printed / one - 1) < 1e-3) for one in wanted)


@pytest.mark.parametrize("name", ["page_of_one", "page_of_two"])
def test_every_number_of_every_table_is_one_of_the_file_and_is_printed_as_it_is(name, measured, request):
    known, page = numbers_of_file(measured), request.getfixturevalue(name)
    cells = re.findall(r'data-column="([^"]*)" data-value="([^"]*)">([^<]*)<', page.content.decode("utf-8"))
    assert len(cells) > 60
    assert [cell for cell in cells if not agrees(cell[2], float(cell[1]))] == []
    counted = 0
    for table, rows in page.tables.items():
        numbers = [value for row in rows for column, value in row.items() if column]
        if table not in MEANS:
            assert [value for value in numbers if value not in known] == [], table
            counted += len(numbers)
    assert counted > 40


def test_a_number_that_is_not_the_printed_one_is_noticed():
    assert agrees("(8.31 ± 0.12)×10⁻⁷ S/cm", 8.314e-5)
    assert agrees("60.00", 333.15)
    assert not agrees("(8.31 ± 0.12)×10⁻⁷ S/cm", 8.4e-5)
    assert not agrees("60.00", 334.15)


def test_a_page_needs_nothing_from_elsewhere(page_of_two):
    content, found = page_of_two.content, page_of_two
    assert len(found.addresses) > 10
    assert all(re.match(r"data:image/svg\+xml;base64,|#", address) for address in found.addresses)
    assert not {"script", "link", "iframe", "object", "embed", "form"} & found.tags
    assert b"default-src 'none'" in content
    assert b"url(" not in content
    assert b"@import" not in content


def test_a_page_has_every_section(page_of_one):
    titles = Words().section("titles")
    titles = {titles[key] for key in titles if key not in ("compared", "literature")}
    assert titles <= set(page_of_one.texts)


def test_no_section_of_a_measured_run_is_unreadable(page_of_two):
    assert "cannot be shown" not in page_of_two.text


def test_the_methods_name_conditions_parameters_and_versions(page_of_one):
    said = page_of_one.text
    assert "from 1 MHz to 10 Hz with 26 points per spectrum" in said
    assert "within 0.5 K of the set point for 5 min" in said
    assert f"labctl {__version__} (Python" in said
    assert "thickness 1.000 ± 0.010 mm" in said
    assert "simulated rig, not on a sample" in said
    assert "10.1016/0167-2738(86)90031-7" in said


def test_the_same_content_is_in_the_pdf_with_its_fonts(measured, page):
    content = page(measured, 1, ending="pdf")
    assert content.startswith(b"%PDF")
    said = pdf_text(content)
    (law, *_) = [fit for fit in shown_as_json(measured, 1)["fits"] if fit["preferred"]]
    assert with_uncertainty(law["activation_energy_ev"], law["standard_uncertainty_ev"]) in said
    assert "Temperature laws" in said
    assert shown_as_json(measured, 1)["run"]["uuid"] in said


def test_a_word_file_has_tables_and_figures(measured, page):
    said, document = word_text(page(measured, 1, ending="docx"))
    assert len(document.inline_shapes) == 6
    assert len(document.tables) >= 7
    assert "Temperature laws" in said


def test_several_runs_are_compared_with_the_literature_beside_them(page_of_two):
    found = page_of_two
    assert len(found.tables["compared"]) == 3
    assert len(found.tables["ratios"]) >= 3
    assert len(found.tables["literature"]) > 5
    assert "part of no fit" in found.text
    assert "other pellet (run 2)" in found.text


def test_a_failed_run_without_rows_says_what_is_missing(made, page):
    found = Page(page(made(status="failed", reason="oven lost", ended_s=2.0)))
    words = Words()
    assert "This run did not finish: failed: oven lost" in found.text
    for key in ("results", "spectra", "conductivities", "laws", "polarisation", "temperature", "budget",
                "remarks", "excluded", "amendments", "instruments"):  # fmt: skip
        assert words(f"missing.{key}") in found.text
    assert found.text.count("not stated") >= 6


@pytest.mark.parametrize("ending", ["html", "pdf", "docx"])
def test_hostile_text_is_data(made, page, ending):
    sample = {"name": HOSTILE, "composition": HOSTILE, "note": HOSTILE, "cation": HOSTILE}
    path = made({"thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"} | sample)
    with Store.open(path) as store:
        event = {"run_id": 1, "time_s": 1.0, "level": "warning", "kind": "odd", "message": HOSTILE}
        store.insert("events", event)
        store.update("runs", 1, {"status": "failed", "reason": HOSTILE, "ended_s": 2.0})
    content = page(path, ending=ending)
    if ending == "html":
        found = Page(content)
        assert "script" not in found.tags
        assert b"\x1b" not in content
        assert "\u202e" not in content.decode()
        assert SHOWN in found.text
        assert found.text.count("{{ 7 * 7 }}") >= 6
    elif ending == "docx":
        assert SHOWN in word_text(content)[0]
    else:
        said = pdf_text(content)
        assert "<script>alert(1)</script>\\x1b[2J\\u202egpj {{ 7 * 7 }}" in said
        assert '#import "x" $x$ &amp;' in said


def test_a_translation_changes_the_words_and_nothing_else(measured, page, page_of_one, tmp_path):
    german = tmp_path / "deutsch.toml"
    german.write_text(
        '[page]\nlanguage = "de"\nreport_of = "Bericht über {{ sample }}"\n'
        '[titles]\nresults = "Ergebnisse"\n',
        encoding="utf-8",
    )
    translated = page(measured, 1, words=german)
    assert b'<html lang="de">' in translated
    found = Page(translated)
    assert "Bericht über pellet" in found.text
    assert "Ergebnisse" in found.texts
    assert "Methods" in found.texts
    assert found.tables["conductivities"] == page_of_one.tables["conductivities"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ('[titles]\nresult = "x"\n', r"titles\.result is not a text"),
        ("[titles]\nresults = 3\n", r"\[titles\] must hold texts"),
        ("[titles\n", "--words"),
        ('[page]\nreport_of = "{{ sampel }}"\n', r"page\.report_of"),
        ("[page]\nreport_of = \"{{ ''.__class__.__mro__ }}\"\n", r"page\.report_of"),
    ],
)
def test_words_that_do_not_fit_are_refused(made, page, tmp_path, words, said):
    path = tmp_path / "words.toml"
    path.write_text(words, encoding="utf-8")
    with pytest.raises(InvalidRequest, match=said):
        page(made(), words=path)
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("ending", "module", "package"),
    [("html", "jinja2", "jinja2"), ("pdf", "typst", "typst"), ("docx", "docx", "python-docx")],
)
def test_a_missing_package_is_named_with_the_line_to_type(made, page, monkeypatch, ending, module, package):
    path = made()
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InvalidRequest, match=rf"{package} of .*: pip install -e '\.\[report\]'"):
        page(path, ending=ending)


@pytest.mark.parametrize(("runs", "ending"), [((1, 1), "html"), ((9,), "html"), ((1,), "odt")])
def test_a_wrong_request_writes_nothing(made, page, tmp_path, runs, ending):
    with pytest.raises(InvalidRequest):
        page(made(), *runs, ending=ending)
    assert not list(tmp_path.glob("report.*"))


def test_the_command_writes_the_report_and_prints_the_words(made, tmp_path):
    output = tmp_path / "page.html"
    done = CliRunner().invoke(app, ["report", "1", "--db", str(made()), "--output", str(output)])
    assert done.exit_code == 0
    assert output.read_bytes().startswith(b"<!DOCTYPE html>")
    printed = CliRunner().invoke(app, ["report", "last", "--print-words"])
    assert printed.output.strip() == FILE.read_text(encoding="utf-8").strip()


def test_of_very_many_flags_those_that_differ_in_numbers_only_are_one():
    few = Flags([{"flags": ["off by 1 %", "noisy"]}, {"flags": ["off by 2 %"]}])
    assert few.marks({"flags": ["off by 2 %", "noisy"]}) == "3) 2)"
    many = Flags([{"flags": [f"off by {n / 10} %", "noisy"]} for n in range(100)])
    assert many.marks({"flags": ["off by 0.7 %", "noisy"]}) == "1) 2)"
    (listed,) = many.blocks()
    assert [line.partition(" (")[0] for line in listed.lines] == ["1) off by 0.0 %", "2) noisy"]
    assert "99 more with other numbers" in listed.lines[0]


def test_budgets_are_shown_by_source_as_show_prints_them(measured, page_of_one):
    known = shown_as_json(measured, 1)
    (law,) = [fit for fit in known["fits"] if fit["preferred"] and fit["branch"] == "all"]
    expected = [
        {"standard_uncertainty": entry["standard_uncertainty"]}
        for described in law["parameters"].values()
        for entry in described.get("budget", ())
    ]
    assert len(expected) > 5
    assert [row for row in page_of_one.tables["budget"] if row] == expected
    assert len(page_of_one.tables["conductivity_budgets"]) == 5
    assert "largest source: " in page_of_one.text


def test_numbers_without_a_kept_budget_say_so(measured):
    with Database(measured) as db:
        content = content_of(db, 1)
    without = {
        name: [dict(row) | {"budget": None} for row in getattr(content.run, name)]
        for name in ("fits", "conductivities")
    }
    (said,) = budgets(replace(content, run=replace(content.run, **without)), Words())
    assert said.text == Words()("missing.budget")


@pytest.mark.parametrize("render", [html_page, pdf_page, word_page])
def test_an_empty_report_and_an_empty_table_can_be_rendered(render):
    table = Table(("a", "b"), [], "nothing yet")
    blocks = [Paragraph(""), table, Table(("", ""), [[text("a"), text("b")]], facts=True)]
    assert len(render(Report("", "", [Section("", blocks), Section("x", [])]))) > 500


def test_every_picture_of_a_section_has_a_caption(measured):
    with styled(), Database(measured) as db:
        report = report_of(db, [1, 2], Words())
    blocks = [block for section in report.sections for block in section.blocks]
    pictures = [block for block in blocks if isinstance(block, Picture)]
    assert len(pictures) == 14
    assert all(picture.caption for picture in pictures)


def test_what_is_in_no_interval_stands_beside_the_results_with_its_effects(page_of_one, page_of_two):
    said = "Not stated, and in no interval: thermometer, sensor to sample"
    assert said in page_of_one.text
    assert "if it were only" in page_of_one.text
    assert f"run 1, 2: {said}" in page_of_two.text
    effects = [row[""] for row in page_of_one.tables["unknowns"] if row]
    assert len(effects) >= 4


def test_a_run_without_a_number_claims_nothing_about_intervals(made, page):
    assert b"in no interval" not in page(made())


def test_a_table_in_word_has_all_of_its_rows():
    rows = [[text(str(number))] for number in range(300)]
    report = Report("long", "", [Section("", [Table(["number"], rows)])])
    _, document = word_text(word_page(report))
    assert len(document.tables[0].rows) == 301


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("(8.31 ± 0.12)e-07", "(8.31 ± 0.12)×10⁻⁷"),
        ("6.9e-08 to 7.4e+11", "6.9×10⁻⁸ to 7.4×10¹¹"),
        ("0.84 ± 0.01", "0.84 ± 0.01"),
        ("pellet e-07", "pellet e-07"),
    ],
)
def test_powers_of_ten_are_printed_as_in_a_paper(shown, printed):
    assert with_powers(shown) == printed


def test_a_page_that_cannot_be_written_leaves_the_old_one_and_no_part_of_a_new_one(
    made, page, tmp_path, monkeypatch
):
    page(made())
    before = (tmp_path / "report.html").read_bytes()

    def full(self, content):
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(InvalidRequest, match="No space left on device"):
        page(tmp_path / "made.db")
    assert (tmp_path / "report.html").read_bytes() == before
    assert not list(tmp_path.glob(".part-*"))


def test_circuits_are_drawn_from_stored_parameters_and_a_fit_for_drawing_is_said(measured):
    with Database(measured) as db:
        content = content_of(db, 1)
    assert "fitted again" not in caption_of("nyquist", content)
    older = tuple(
        replace(curve, resistance=dict(curve.resistance) | {"circuit_fit": None})
        for curve in content.run.spectra
    )
    said = caption_of("nyquist", replace(content, run=replace(content.run, spectra=older)))
    assert "The circuits of 4 spectra were fitted again to draw them" in said


def caption_of(name, content):
    with styled(None):
        blocks = spectra(content, Words())
    return next(block.caption for block in blocks if isinstance(block, Picture) and block.name == name)


def figure_of_mm(width_mm, height_mm):
    figure = Figure(figsize=(width_mm / 25.4, height_mm / 25.4))
    figure.add_subplot()
    return figure


def pages_of(*blocks):
    pypdfium2 = pytest.importorskip("pypdfium2")
    report = Report("title", "", [Section("section", blocks)])
    return pypdfium2.PdfDocument(pdf_page(report))


def lines(count):
    return Items([f"line {number}" for number in range(count)])


@pytest.mark.parametrize("count", [1, 2])
def test_a_figure_that_nearly_fits_below_the_text_shrinks_and_leaves_no_blank(count):
    pictures = [Picture(figure_of_mm(85, 110), "a caption", "nyquist") for _ in range(count)]
    assert len(pages_of(lines(20), *pictures)) == 1
    assert len(pages_of(lines(31), *pictures)) == 1
    assert len(pages_of(lines(45), *pictures)) == 2


def test_a_figure_gives_way_only_where_it_would_not_fit():
    def width(lines_before):
        page = pages_of(lines(lines_before), Picture(figure_of_mm(85, 110), "a caption", "nyquist"))[0]
        lines_drawn = [one.get_bounds() for one in page.get_objects(filter=[2])]  # FPDF_PAGEOBJ_PATH
        return max(right - left for left, _, right, _ in lines_drawn)

    assert width(1) == pytest.approx(width(10))
    assert width(31) < width(10) - 5


def test_many_spectra_with_bad_points_are_one_remark():
    curves = [SimpleNamespace(number=n, bad_points=n % 3 + 1) for n in range(100)]
    (line,) = _bad_points(curves)
    assert line == (
        "100 spectra between 0 and 99 have points marked as bad, which are left out: 1 to 3 in a spectrum, "
        "199 in all"
    )
    assert len(_bad_points(curves[:5])) == 5
