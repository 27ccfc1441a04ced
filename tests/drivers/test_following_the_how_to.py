"""The steps of docs/how-to/add-an-instrument.md for an instrument that is not shipped."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labctl.cli.new import app

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "add-an-instrument.md").read_text(encoding="utf-8")
WORDS = dict(re.findall(r"^\| `([A-Z?]+)` \| `([A-Z0-9?]+)` \|$", PAGE, flags=re.M))
CAST, MEASURED = re.findall(r"```py\n(.*?)```", PAGE, flags=re.S)
SUITE = re.search(r"^    pytest (--labctl-driver .*)$", PAGE, flags=re.M)
pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path):
    """The scaffold, edited as described on the page."""
    made = CliRunner().invoke(
        app, ["driver", "AcmeOven", "--role", "temperature_controller", "--folder", str(tmp_path)]
    )
    assert made.exit_code == 0, made.output
    for path in tmp_path.glob("*acme_oven*"):
        text = path.read_text(encoding="utf-8")
        for example, manual in WORDS.items():
            text = text.replace(example, manual)
        path.write_text(text, encoding="utf-8")
    replace(tmp_path / "acme_oven_stand_in.yaml", 'q: "PV1?", r: "{:.2f}"', 'q: "PV1?", r: "{:.2f} C"')
    driver = tmp_path / "acme_oven.py"
    replace(driver, "class AcmeOven(", CAST + "\n\nclass AcmeOven(")
    replace(driver, r"    measured_degc = .*?\n(?=    setpoint_degc)", MEASURED, pattern=True)
    return tmp_path


def replace(path, old, new, pattern=False):
    text = path.read_text(encoding="utf-8")
    found = re.search(old if pattern else re.escape(old), text, flags=re.S)
    assert found, old
    path.write_text(text[: found.start()] + new + text[found.end() :], encoding="utf-8")


def run_pytest(folder, *words):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )
    return done.returncode, done.stdout + done.stderr


def test_the_page_gives_the_words_the_code_and_the_command():
    assert len(WORDS) == 4
    assert SUITE


def test_the_driver_passes_its_own_tests_and_the_contract(folder):
    status, output = run_pytest(folder)
    assert status == 0, output
    status, output = run_pytest(folder, *SUITE[1].split())
    assert status == 0, output
    (cases,) = re.findall(r"labctl: (\d+) cases of a fault at an exchange were tried", output)
    assert int(cases) > 150


BROKEN = {
    "the last value instead of an error": (
        """        return cast(float, self.measured_degc) + ZERO_CELSIUS_K
""",
        """        try:
            self.last_k = cast(float, self.measured_degc) + ZERO_CELSIUS_K
        except InstrumentError:
            pass
        return self.last_k
""",
        {"a_reply_that_is_no_measurement"},
    ),
    "half a reply as a number": (
        """        return cast(float, self.measured_degc) + ZERO_CELSIUS_K
""",
        """        self.write("PV1?")
        reply = self.read_bytes(-1, break_on_termchar=True).decode("ascii", "ignore")
        return float(re.match(r"[0-9.]*", reply)[0] or 0) + ZERO_CELSIUS_K
""",
        {"a_reply_that_is_no_measurement"},
    ),
    "made safe without looking": (
        """        self.attempt_all(self.switch_off, self._confirm_off)
""",
        """        self.switch_off()
""",
        {"make_safe_never_believes", "make_safe_notices", "making_safe_keeps_a_deadline"},
    ),
    "the nearest set point it can do": (
        """        self.can.check_temperature(self.name, value)
        self.setpoint_degc = value - ZERO_CELSIUS_K
        if abs(self.setpoint_k - value) > RESOLUTION_K:
            raise InstrumentError(self.name, "SV1?", f"{self.setpoint_degc:g}", "set point not taken")
""",
        """        self.setpoint_degc = max(-40, min(200, value - ZERO_CELSIUS_K))
""",
        {"a_set_point_it_cannot_reach", "what_it_declares_impossible"},
    ),
    "a range that is declared and not held": (
        """        self.can.check_temperature(self.name, value)
        self.setpoint_degc = value - ZERO_CELSIUS_K
""",
        """        self.write(f"SV1 {value - ZERO_CELSIUS_K:.2f}")
""",
        {"what_it_declares_impossible", "what_is_not_a_number"},
    ),
    "a sleep of its own": (
        """        self.heating = 1
""",
        """        self.heating = 1
        time.sleep(0.001)
""",
        {"it_neither_sleeps"},
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_driver_fails_by_the_name_of_the_rule_it_breaks(folder, fault):
    right, wrong, rules = BROKEN[fault]
    driver = folder / "acme_oven.py"
    replace(driver, right, wrong)
    replace(driver, "from typing import ", "import re\nimport time\nfrom typing import ")
    if "sleep" not in fault:
        replace(driver, "import time\n", "")
    status, output = run_pytest(folder, *SUITE[1].split(), "-k", "not no_fault")
    failed = set(re.findall(r"^FAILED \S+::test_(\w+)", output, flags=re.M))
    assert status == 1, output
    assert all(any(name.startswith(rule) for name in failed) for rule in rules), output
    assert all(any(name.startswith(rule) for rule in rules) for name in failed), output
