import subprocess
import sys

import pytest
from typer.testing import CliRunner

from labctl.cli.new import Role, app
from labctl.errors import ConfigurationError


def new(tmp_path, name, role):
    command = ["driver"] if len(app.registered_commands) > 1 else []
    return CliRunner().invoke(app, [*command, name, "--role", role, "--folder", str(tmp_path)])


@pytest.mark.parametrize("role", Role)
def test_what_is_written_passes_its_own_tests_at_once(tmp_path, role):
    made = new(tmp_path, "AcmeThing", role)
    assert made.exit_code == 0
    assert "pytest --labctl-driver acme_thing:AcmeThing --labctl-rig acme_thing_stand_in.yaml" in made.output
    assert {path.name for path in tmp_path.iterdir()} == {
        "acme_thing.py", "acme_thing_stand_in.yaml", "test_acme_thing.py", "acme_thing_station.toml",
    }  # fmt: skip
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    text = "".join(path.read_text() for path in tmp_path.glob("*acme*"))
    assert "NewInstrument" not in text
    assert "scaffold" not in text


@pytest.mark.parametrize(
    ("name", "module", "class_name"), [("acme_oven", "acme_oven", "AcmeOven"), ("X200", "x200", "X200")]
)
def test_either_way_of_writing_the_name_will_do(tmp_path, name, module, class_name):
    assert new(tmp_path, name, "potentiostat").exit_code == 0
    assert f"class {class_name}(Instrument)" in (tmp_path / f"{module}.py").read_text()


@pytest.mark.parametrize("name", ["2fast", "class", "my oven", "json", "../up", ""])
def test_a_name_that_cannot_be_imported_or_hides_another_writes_nothing(tmp_path, name):
    result = new(tmp_path, name, "potentiostat")
    assert isinstance(result.exception, ConfigurationError)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "test_acme_oven.py").write_text("mine")
    result = new(tmp_path, "AcmeOven", "temperature_controller")
    assert isinstance(result.exception, ConfigurationError)
    assert [path.name for path in tmp_path.iterdir()] == ["test_acme_oven.py"]
