"""The `[archive]` table: a folder beside the station file or an address, and no password."""

import pytest

from labctl.config.archive_settings import ArchiveSettings, check_archive, read_archive_of
from labctl.config.station import read_station
from labctl.errors import ConfigurationError
from labctl.testing import STATION


@pytest.fixture
def settings(tmp_path):
    def read(table):
        path = tmp_path / "station.toml"
        path.write_text(STATION + table)
        return read_archive_of(path)

    return read


def test_a_station_without_the_table_has_no_archive(settings):
    assert settings("") == ("simulated rig", None)


def test_a_relative_folder_begins_at_that_of_the_station_file(settings, tmp_path):
    assert settings('[archive]\nto = "archive"\n')[1] == ArchiveSettings(str(tmp_path / "archive"))


def test_an_address_is_kept_as_it_is(settings):
    found = settings('[archive]\nto = "s3://bucket/archive"\nlongest_min = 5\n')[1]
    assert found == ArchiveSettings("s3://bucket/archive", 300.0)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('to = ""', "is empty"),
        ("longest_min = 5", "to: is missing"),
        ("to = 5", "not a text"),
        ('to = "a"\nlongest_min = 0', "longest_min"),
        ('to = "a"\nfrom = "b"', "from"),
        ('to = "sftp://ada:secret@host/archive"', "holds a password"),
    ],
)
def test_a_wrong_table_is_refused_with_its_key(settings, table, words):
    with pytest.raises(ConfigurationError, match=words) as refused:
        settings(f"[archive]\n{table}\n")
    assert "secret" not in str(refused.value)


def test_the_station_file_may_have_the_table(tmp_path):
    path = tmp_path / "station.toml"
    path.write_text(STATION + '[archive]\nto = "archive"\n')
    assert check_archive(read_station(path)) == []
