import zipfile
from xml.sax.saxutils import escape

import numpy as np
import pytest

from labctl.analysis import read_conductivities, read_spectra, read_spectrum, read_transient
from labctl.analysis.readers import spreadsheet

SPECTRUM = [
    ["freq/Hz", "Re(Z)/Ohm", "Im(Z)/Ohm"],
    [1000, 1.5, -2.25],
    [100, 3, -4],
    [10, 5, -6.1],
    [1, 7.125, -8],
]
NOTES = [["sample", "pellet 7"], ["pressed by", "A & B"]]
_SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def xlsx_row(number, row):
    cells = []
    for place, content in enumerate(row):
        name = f"{chr(65 + place)}{number}"
        if isinstance(content, str):
            cells.append(f'<c r="{name}" t="inlineStr"><is><t>{escape(content)}</t></is></c>')
        else:
            cells.append(f'<c r="{name}"><v>{content!r}</v></c>')
    return f'<row r="{number}">{"".join(cells)}</row>'


def write_xlsx(path, sheets):
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, 1)
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        file.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{_RELS}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>",
        )
        file.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{_RELS}">'
            f"<sheets>{listed}</sheets></workbook>",
        )
        file.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships">{related}</Relationships>',
        )
        for n, rows in enumerate(sheets.values(), 1):
            content = "".join(xlsx_row(number, row) for number, row in enumerate(rows, 1))
            file.writestr(f"xl/worksheets/sheet{n}.xml", _SHEET.format(content))


def ods_cell(content):
    if isinstance(content, str):
        text = f"<text:p>{escape(content)}</text:p>"
        return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{content!r}"/>'


def write_ods(path, sheets):
    tables = "".join(
        f'<table:table table:name="{name}">'
        + "".join(f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    names = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "table", "text")
    )
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        file.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{manifest}"/>')
        file.writestr(
            "content.xml",
            f"<office:document-content{names}><office:body><office:spreadsheet>{tables}"
            "</office:spreadsheet></office:body></office:document-content>",
        )


WRITERS = {"xlsx": write_xlsx, "ods": write_ods}


@pytest.fixture(params=WRITERS)
def write(request, tmp_path):
    pytest.importorskip("python_calamine")

    def write_sheets(**sheets):
        path = tmp_path / f"measured.{request.param}"
        WRITERS[request.param](path, sheets)
        return path

    return write_sheets


def test_a_sheet_is_read_as_a_text_would_be(write):
    spectrum = read_spectrum(write(Sheet1=SPECTRUM))
    np.testing.assert_array_equal(spectrum.frequency_hz, [1000, 100, 10, 1])
    np.testing.assert_array_equal(spectrum.z_ohm, [1.5 - 2.25j, 3 - 4j, 5 - 6.1j, 7.125 - 8j])
    assert spectrum.metadata["format"] == "spreadsheet"


def test_several_sheets_are_named(write):
    other = [SPECTRUM[0], *([f, 2 * a, 2 * b] for f, a, b in SPECTRUM[1:])]
    first, second = read_spectra(write(cold=SPECTRUM, warm=other))
    assert (first.metadata["part"], second.metadata["part"]) == ("cold", "warm")
    np.testing.assert_array_equal(second.z_ohm, 2 * first.z_ohm)


def test_a_sheet_without_a_spectrum_is_named_and_not_read(write):
    (spectrum,) = read_spectra(write(notes=NOTES, data=SPECTRUM))
    assert any(warning.startswith("'notes' is not read: ") for warning in spectrum.warnings)


def test_a_spreadsheet_without_any_spectrum_is_refused_with_the_reason_of_each_sheet(write):
    with pytest.raises(ValueError, match=r"measured.*: notes: .*; more: "):
        read_spectra(write(notes=NOTES, more=NOTES))


def test_conductivities_of_a_sheet_are_read(write):
    rows = [["T (degC)", "sigma (mS/cm)"], [25, 1.5], [60, 4.25]]
    found = read_conductivities(write(notes=NOTES, data=rows))
    np.testing.assert_allclose(found.temperature_k, [298.15, 333.15])
    np.testing.assert_allclose(found.conductivity_s_m, [0.15, 0.425])
    path = write(one=rows, two=[rows[0], [25, 3.0], [60, 8.5]])
    with pytest.raises(ValueError, match="the sheets one, two: choose one with sheet="):
        read_conductivities(path)
    np.testing.assert_allclose(read_conductivities(path, sheet="two").conductivity_s_m, [0.3, 0.85])


def test_a_transient_of_a_sheet_is_read(write):
    transient = read_transient(write(data=[["time (s)", "current (uA)"], [0, 4.5], [1, 2.25]]))
    np.testing.assert_allclose(transient.current_a, [4.5e-6, 2.25e-6])


def test_a_damaged_spreadsheet_is_refused(tmp_path):
    pytest.importorskip("python_calamine")
    write_xlsx(tmp_path / "whole.xlsx", {"data": SPECTRUM})
    whole = (tmp_path / "whole.xlsx").read_bytes()
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        ValueError, match=r"cut\.xlsx: spreadsheet: it cannot be read .*save the sheet as csv"
    ):
        read_spectrum(cut)


def test_without_calamine_the_package_to_install_is_named(tmp_path, monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(spreadsheet, "import_module", absent)
    write_xlsx(tmp_path / "measured.xlsx", {"data": SPECTRUM})
    with pytest.raises(ValueError, match=r'not installed here: python -m pip install "python-calamine>='):
        read_spectrum(tmp_path / "measured.xlsx")
