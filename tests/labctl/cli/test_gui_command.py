"""Messages of `labctl gui` when no window can be opened."""

import importlib
import subprocess
import sys

import pytest

from labctl.cli import gui
from labctl.errors import ConfigurationError
from labctl.testing import STATION

WITHOUT_QT = """
import sys
sys.modules["qtpy"], sys.argv = None, ["labctl", "gui"]
from labctl.cli import main
main()
"""


def labctl_gui(folder, *arguments):
    command = [sys.executable, "-m", "labctl", "gui", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_an_unknown_scheme_is_refused_with_those_there_are(tmp_path):
    done = labctl_gui(tmp_path, "--scheme", "blue")
    assert (done.returncode, done.stdout) == (2, "")
    assert "system, light or dark" in done.stderr


def test_a_missing_station_file_is_named_and_no_database_is_made(tmp_path):
    done = labctl_gui(tmp_path, "--station", "nowhere.toml")
    assert done.returncode == 2
    assert "nowhere.toml" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_qt_the_extra_to_install_is_named(tmp_path):
    (tmp_path / "station.toml").write_text(STATION)
    command = [sys.executable, "-c", WITHOUT_QT]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "pip install -e '.[gui]'" in done.stderr


def test_a_library_of_the_computer_that_qt_lacks_is_named_with_its_package(monkeypatch):
    def no_library(name):
        raise ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")

    monkeypatch.setattr(importlib, "import_module", no_library)
    with pytest.raises(
        ConfigurationError, match=r"libEGL\.so\.1 .* is missing; on Debian: .*libegl1"
    ) as refused:
        gui._import_qt()
    assert "pip install" not in str(refused.value)
