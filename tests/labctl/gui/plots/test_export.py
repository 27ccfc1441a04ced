import sqlite3

import pytest

from labctl.gui.plots.spectra_tab import SpectraTab
from labctl.gui.plots.table_tab import TableTab


def test_a_database_is_never_overwritten(app, tmp_path):
    path = tmp_path / "lab.csv"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE a (b)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"lab\.csv is a database"):
        TableTab().export_data(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["lab.db", "data", "data.png"])
def test_data_go_to_csv_alone(app, tmp_path, name):
    with pytest.raises(ValueError, match=r"must end in \.csv"):
        TableTab().export_data(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_pictures_are_png_or_svg(app, tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.png or \.svg"):
        SpectraTab().export_picture(tmp_path / "picture.jpg")


@pytest.mark.parametrize("name", ["a.png", "a.svg"])
def test_a_picture_that_cannot_be_written_is_an_error(app, tmp_path, name):
    with pytest.raises(OSError):
        SpectraTab().export_picture(tmp_path / "nowhere" / name)


def test_an_export_that_fails_leaves_the_old_file(app, tmp_path, made, monkeypatch):
    tab, path = TableTab(), tmp_path / "data.csv"
    path.write_text("old", encoding="utf-8")

    def broken():
        yield (1,)
        raise OSError("disk full")

    monkeypatch.setattr(tab, "table", lambda: (("run_id",), broken()))
    with pytest.raises(OSError, match="disk full"):
        tab.export_data(path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["data.csv"]
