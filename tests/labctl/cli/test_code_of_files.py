"""A mistake in a laboratory's own file is a mistake in the request: exit code 2 and one sentence."""

import subprocess
import sys

import pytest

STATION = """
[limits]
temperature_degc = [0, 100]
potential_v = 1
current_a = 0.01
[instruments.oven]
driver = "DRIVER"
address = "GPIB0::12::INSTR"
roles = ["oven"]
[simulation]
"""


@pytest.mark.parametrize(
    ("driver", "said"),
    [
        ("ours:Oven", "instruments.oven.driver: cannot be loaded: {folder}/ours.py ends the program"),
        ("typed:Oven", "typed.py, line 2: invalid syntax"),
        ("lacking:Oven", "lacking.py imports 'no_such', which is not installed (line 1)"),
        ("nowhere:Oven", "names the module 'nowhere', which does not exist"),
    ],
)
def test_a_driver_that_cannot_be_loaded_is_one_sentence_and_exit_code_2(tmp_path, driver, said):
    files = {"ours": "raise SystemExit(0)", "typed": "x = 1\nclass :", "lacking": "import no_such"}
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "station.toml").write_text(STATION.replace("DRIVER", driver))
    command = [sys.executable, "-m", "labctl", "instruments", "check", "station.toml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert said.format(folder=tmp_path) in done.stderr.replace("\\", "/")
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
