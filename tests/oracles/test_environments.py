"""The set-up of the environments of oracles, on made-up machines."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the set-up of oracles is for Linux")

SCRIPT = Path(__file__).parents[2] / ".ci" / "oracles"
PYTHON = """\
#!/bin/sh
case "$*" in
"-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
*"-m pip "*)
    echo "$*" >>{calls}
    case "$*" in
    *{lacking}*) echo "No matching distribution found"; exit 1 ;;
    *" download "*) tar -czf .oracles/pymeasure/pymeasure-0.16.0.tar.gz -C "$(dirname "$0")" source-0.16.0 ;;
    esac ;;
esac
"""


@pytest.fixture
def installed(tmp_path):
    """Run the script where the package index lacks one package; return its end and the calls of pip."""
    (tmp_path / ".ci").mkdir()
    script = shutil.copy(SCRIPT, tmp_path / ".ci")
    calls, python = tmp_path / "calls", tmp_path / "python"
    (tmp_path / "source-0.16.0" / "examples").mkdir(parents=True)
    (tmp_path / "source-0.16.0" / "examples" / "gui.py").touch()

    def run(*names, lacking="nothing"):
        python.write_text(PYTHON.format(calls=calls, lacking=lacking))
        python.chmod(0o755)
        calls.write_text("")
        environment = {"PATH": "/usr/bin:/bin", "PYTHON": str(python)}
        done = subprocess.run([script, *names], env=environment, capture_output=True, text=True, timeout=60)
        return done, calls.read_text().splitlines(), tmp_path / ".oracles"

    return run


def test_each_oracle_has_an_environment_of_its_own(installed):
    done, calls, environments = installed()
    assert (done.returncode, done.stderr) == (0, "")
    labmcp = {f"labmcp-{name}" for name in ("lakeshore", "julabo", "keithley-smu", "ika", "palmsens")}
    names = labmcp | {"lewis", "pymeasure"}
    assert {path.parent.name for path in environments.glob("*/.installed")} == names
    assert len(calls) == len(names)
    assert all(sum(name in call for name in names) == 1 for call in calls)


def test_an_oracle_that_the_index_lacks_is_named_and_left_out_without_an_error(installed):
    done, _, environments = installed(lacking="labmcp-julabo")
    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert line.startswith("oracle labmcp-julabo is left out, it cannot be installed here: No matching")
    assert not (environments / "labmcp-julabo").exists()
    assert (environments / "lewis" / ".installed").exists()


def test_of_pymeasure_only_its_examples_are_kept(installed):
    done, calls, environments = installed("pymeasure")
    assert (done.returncode, len(calls)) == (0, 1)
    kept = {
        str(path.relative_to(environments / "pymeasure")) for path in (environments / "pymeasure").rglob("*")
    }
    assert kept == {"examples", "examples/gui.py", ".installed"}


def test_an_oracle_that_is_installed_is_not_installed_again(installed):
    installed("lewis")
    _, calls, _ = installed("lewis")
    assert calls == []


def test_what_is_no_oracle_is_refused(installed):
    done, calls, _ = installed("numpy")
    assert (done.returncode, calls) == (2, [])
    assert "numpy is not an oracle; known are labmcp-lakeshore" in done.stderr
