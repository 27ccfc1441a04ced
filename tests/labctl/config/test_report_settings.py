"""The `[report]` table of a station names folder, formats and time limit; unknown keys are refused."""

from pathlib import Path

import pytest

from labctl.config.report_settings import in_words, packages_missing, read_report, read_report_of
from labctl.config.station import read_station
from labctl.errors import ConfigurationError

STATION = """
name = "rig"
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1
[simulation]
"""


@pytest.fixture
def station(tmp_path):
    def write(table=""):
        (tmp_path / "station.toml").write_text(STATION + table)
        return read_station(tmp_path / "station.toml")

    return write


def test_without_the_table_no_report_is_made(station):
    assert read_report(station()) is None
    assert in_words(station()) == []


def test_a_relative_folder_begins_at_the_station_file(station, tmp_path):
    settings = read_report(station('[report]\nfolder = "pages"\nformats = ["pdf", "html", "pdf"]\n'))
    assert (settings.folder, settings.formats) == (tmp_path / "pages", ("pdf", "html"))
    assert settings.longest_s == 600.0


def test_name_and_table_are_read_without_loading_a_driver(tmp_path):
    text = STATION + '[instruments.oven]\ndriver = "not_there:Oven"\n[report]\nfolder = "/data"\n'
    (tmp_path / "station.toml").write_text(text)
    name, settings = read_report_of(tmp_path / "station.toml")
    assert (name, settings.folder) == ("rig", Path("/data").absolute())


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('formats = ["html"]', "report.folder: is missing"),
        ('folder = " "', "report.folder: is empty"),
        ('folder = "a"\nformats = []', r"report.formats: is \[\]"),
        ('folder = "a"\nformats = "pdf"', "report.formats: is 'pdf'"),
        ('folder = "a"\nlongest_min = 0', "report.longest_min: is 0"),
        ('folder = "a"\nformat = ["pdf"]', "report.format: "),
    ],
)
def test_a_wrong_table_is_refused_with_its_key(station, table, problem):
    with pytest.raises(ConfigurationError, match=problem):
        read_report(station(f"[report]\n{table}\n"))


def test_formats_without_their_packages_are_named(station, monkeypatch):
    chosen = station('[report]\nfolder = "pages"\nformats = ["html", "docx"]\n')
    monkeypatch.setattr("labctl.config.report_settings.find_spec", lambda name: None if name == "docx" else 1)
    (sentence,) = packages_missing(chosen)
    assert sentence.startswith("[report]: docx needs the extra `report`")


def test_a_folder_that_is_a_file_is_told(station, tmp_path):
    (tmp_path / "pages").write_text("")
    assert in_words(station('[report]\nfolder = "pages"\n'))[0].endswith("pages, which is a file")
