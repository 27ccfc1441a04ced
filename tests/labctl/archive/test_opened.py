"""SQL over an archive: only SELECT, no other file, and the meaning of every column."""

import pytest

import labctl
from labctl.archive.adding import add_files
from labctl.errors import InvalidRequest


@pytest.fixture
def archive(lab, place):
    add_files([lab], place)
    with labctl.open_archive(place.root) as archive:
        yield archive


def test_rows_of_all_rigs_are_counted(archive):
    answer = archive.query("SELECT count(*) AS n FROM spectra")
    assert (answer.columns, answer.rows) == (("n",), [(5,)])


def test_samples_are_listed_with_their_runs(archive):
    assert archive.samples().to_dict("records") == [
        {"sample": "one", "runs": 1, "spectra": 2, "stations": "rig a"},
        {"sample": "two", "runs": 2, "spectra": 3, "stations": ""},
    ]


def test_the_best_conductivity_of_each_sample_is_found(archive, lab):
    query = (
        "SELECT sample, max(conductivity_s_m) FROM conductivities "
        "WHERE temperature_k BETWEEN 309 AND 311 GROUP BY sample"
    )
    ((sample, best),) = archive.query(query).rows
    with labctl.open(lab) as db:
        assert (sample, best) == ("one", db.conductivities(1)["conductivity_s_m"][0])


def test_a_parameter_is_a_value_and_no_sql(archive):
    query = "SELECT count(*) FROM runs WHERE sample = ?"
    assert archive.query(query, ["one"]).rows == [(1,)]
    assert archive.query(query, ["one' OR '1' = '1"]).rows == [(0,)]


@pytest.mark.parametrize(
    "sql",
    [
        "DROP VIEW spectra",
        "CREATE TABLE a (b INTEGER)",
        "INSERT INTO spectra SELECT * FROM spectra",
        "SELECT 1; SELECT 2",
        "COPY spectra TO '{folder}/stolen.csv'",
        "ATTACH '{folder}/other.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "",
    ],
)
def test_anything_but_one_select_is_refused(archive, tmp_path, sql):
    with pytest.raises(InvalidRequest, match="give one SELECT"):
        archive.query(sql.replace("{folder}", str(tmp_path)))
    assert archive.query("SELECT count(*) FROM spectra").rows == [(5,)]


@pytest.mark.parametrize("function", ["read_csv", "read_text", "read_parquet", "glob"])
def test_no_other_file_can_be_read(archive, lab, function):
    with pytest.raises(InvalidRequest):
        archive.query(f"SELECT * FROM {function}('{lab}')")


def test_sql_that_cannot_be_understood_is_refused_in_a_sentence(archive):
    with pytest.raises(InvalidRequest, match="syntax error"):
        archive.query("SELEC 1")
    with pytest.raises(InvalidRequest, match="nothing_here"):
        archive.query("SELECT * FROM nothing_here")


def test_a_folder_without_an_archive_is_refused(tmp_path):
    with pytest.raises(InvalidRequest, match="no archive"):
        labctl.open_archive(tmp_path)
    with pytest.raises(InvalidRequest, match="LABCTL_ARCHIVE"):
        labctl.open_archive("")


def test_the_variable_names_the_archive(archive, monkeypatch):
    monkeypatch.setenv("LABCTL_ARCHIVE", archive.address)
    with labctl.open_archive() as same:
        assert same.query("SELECT count(*) FROM runs").rows == [(3,)]


def test_a_query_finds_the_new_version_of_a_run_that_was_replaced_meanwhile(archive, lab, place, thicker):
    before = archive.query("SELECT max(conductivity_s_m) FROM conductivities WHERE sample = 'one'").rows
    thicker(lab, 1, 1.1)
    add_files([lab], place)
    ((after,),) = archive.query("SELECT max(conductivity_s_m) FROM conductivities WHERE sample = 'one'").rows
    assert after == pytest.approx(before[0][0] * 1.1, rel=1e-6)


def test_every_column_has_a_unit_and_a_meaning_in_sql_and_in_the_files(archive, place):
    import pyarrow.parquet as pq

    missing = archive.query("SELECT table_name, column_name FROM columns WHERE unit = '' OR meaning = ''")
    assert missing.rows == []
    file = next(name for name in place.names("conductivities") if name.endswith(".parquet"))
    field = pq.read_schema(place.path(file)).field("conductivity_s_m")
    assert field.metadata == {b"unit": b"S/m", b"meaning": b"ionic conductivity"}


def test_pandas_reads_a_table_without_labctl(archive, place):
    import pandas as pd

    frame = pd.read_parquet(place.path("conductivities"))
    assert sorted(frame["sample"]) == ["one", "one", "two", "two", "two"]
