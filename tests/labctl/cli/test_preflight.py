"""`labctl preflight`: as a person types it; the verdict is stored, shown by status, and ends with a code."""

import json

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.errors import ConfigurationError
from labctl.store import Database
from labctl.testing import STATION

PROTOCOL = """
title = "series"
[sample]
name = "pellet"
thickness_mm = {thickness_mm}
diameter_mm = 10.0
[[procedure]]
use = "procedures.eis:EIS"
frequency_max_hz = 1e5
frequency_min_hz = 100
points_per_decade = 3
amplitude_v = 0.02
"""


@pytest.fixture
def typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def type_(*words, thickness_mm=1.0, simulation=""):
        (tmp_path / "protocol.toml").write_text(PROTOCOL.format(thickness_mm=thickness_mm))
        (tmp_path / "station.toml").write_text(STATION + 'clock = "virtual"\n' + simulation)
        return CliRunner().invoke(app, ["preflight", "protocol.toml", "--db", "lab.db", *words])

    return type_


def stored():
    with Database("lab.db") as db:
        return db.rows("SELECT * FROM preflights ORDER BY id")


def test_a_sound_rig_is_ready_and_the_verdict_is_stored(typed):
    done = typed("--person", "Ada")
    assert done.exit_code == 0, (done.output, done.exception)
    assert done.output.splitlines()[0] == "pre-flight of pellet"
    assert done.output.splitlines()[-1] == "ready"
    (row,) = stored()
    assert (row["outcome"], row["person"], row["sample"], row["simulated"]) == ("passed", "Ada", "pellet", 1)
    assert row["amplitude_v"] == 0.02
    status = CliRunner().invoke(app, ["status", "--db", "lab.db"])
    assert "pre-flight of pellet" in status.output
    assert "ready" in status.output
    content = json.loads(CliRunner().invoke(app, ["status", "--db", "lab.db", "--json"]).output)
    assert content["preflights"][0]["outcome"] == "passed"


@pytest.mark.parametrize(
    ("thickness_mm", "simulation", "words"),
    [
        (10.0, "", "relative permittivity"),
        (1.0, "[simulation.options.dummy]\nresistance_ohm = 0.1\ncapacitance_f = 0\n", "shorted"),
        (1.0, "[simulation.options.dummy]\nresistance_ohm = 1e13\ncapacitance_f = 0\n", "open"),
    ],
)
def test_a_fault_ends_with_exit_code_1_and_is_kept(typed, thickness_mm, simulation, words):
    done = typed("--json", thickness_mm=thickness_mm, simulation=simulation)
    assert done.exit_code == 1, (done.output, done.exception)
    (row,) = json.loads(done.output)["preflights"]
    assert row["outcome"] == "faults"
    assert words in row["words"] or "are the leads connected" in row["words"]
    assert stored()[0]["words"] == row["words"]


def test_an_amplitude_that_the_limits_forbid_is_refused_before_anything_is_touched(typed):
    done = typed("--amplitude-mv", "1500")
    assert isinstance(done.exception, ConfigurationError)
    assert "--amplitude-mv" in str(done.exception)
    assert not stored_exists()


def stored_exists():
    from pathlib import Path

    return Path("lab.db").exists()


def test_a_preflight_is_never_changed_or_deleted(typed):
    import sqlite3
    from contextlib import closing

    typed()
    with closing(sqlite3.connect("lab.db")) as connection:
        for statement in ("DELETE FROM preflights", "UPDATE preflights SET words = ''"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)
