import subprocess
import sys

import pytest
from typer.testing import CliRunner

from labctl.cli.new import app
from labctl.errors import ConfigurationError
from labctl.testing import STATION


def new(folder, name):
    return CliRunner().invoke(app, ["procedure", name, "--folder", str(folder)])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mine")
    assert new(folder, "AgeingWatch").exit_code == 0
    return folder


def run(folder, *words):
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False)


def test_what_is_written_passes_its_own_tests_at_once(written):
    names = {"ageing_watch.py", "test_ageing_watch.py", "ageing_watch_protocol.toml"}
    assert {path.name for path in written.iterdir() if path.is_file()} >= names
    (written / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    done = run(written, "pytest", "-q", "-p", "no:cacheprovider", ".")
    assert "4 passed" in done.stdout, done.stdout + done.stderr
    text = "".join((written / name).read_text() for name in names)
    assert "NewProcedure" not in text
    assert "new_procedure" not in text


@pytest.mark.slow
def test_the_protocol_runs_from_the_command_line(written):
    (written / "station.toml").write_text(STATION)
    checked = run(written, "labctl", "check", "ageing_watch_protocol.toml")
    assert "wait at 60 degC" in checked.stdout, checked.stderr
    done = run(written, "labctl", "run", "ageing_watch_protocol.toml", "--db", "lab.db")
    assert "run 1: finished" in done.stdout, done.stdout + done.stderr


def test_the_class_has_the_name_asked_for(tmp_path):
    assert new(tmp_path, "slow_cooling").exit_code == 0
    assert "class SlowCooling(Procedure):" in (tmp_path / "slow_cooling.py").read_text()


@pytest.mark.parametrize("name", ["2fast", "class", "json", "../up"])
def test_a_name_that_cannot_be_imported_or_hides_another_writes_nothing(tmp_path, name):
    result = new(tmp_path, name)
    assert isinstance(result.exception, ConfigurationError)
    assert str(result.exception).startswith("labctl new procedure: NAME")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "ageing_watch.py").write_text("mine")
    assert isinstance(new(tmp_path, "AgeingWatch").exception, ConfigurationError)
    assert [path.name for path in tmp_path.iterdir()] == ["ageing_watch.py"]
