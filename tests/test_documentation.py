"""README and docs agree with the behaviour of labctl."""

import inspect
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import labctl.cli
from labctl.clock import RealClock
from labctl.config.night import read_night
from labctl.config.protocol import parse_protocol, read_protocol
from labctl.config.station import read_station
from labctl.errors import ConfigurationError

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOUR = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.S)


@pytest.fixture
def shown(tmp_path):
    """The two files shown in the tour."""
    station, protocol = blocks(TOUR, "toml")
    (tmp_path / "station.toml").write_text(station, encoding="utf-8")
    (tmp_path / "protocol.toml").write_text(protocol, encoding="utf-8")
    return tmp_path


def test_the_files_in_the_tour_are_right(shown):
    read_protocol(shown / "protocol.toml").check_against(read_station(shown / "station.toml"))


def labctl_lines(text):
    return [line.split("#")[0].strip() for line in text.splitlines() if re.match(r" {4,6}labctl ", line)]


def test_the_commands_in_the_tour_do_what_they_say(shown):
    station = shown / "station.toml"
    station.write_text(station.read_text(encoding="utf-8") + "\n[simulation]\n", encoding="utf-8")
    commands = [line for line in labctl_lines(TOUR) if "FOLDER" not in line and " gui " not in line]
    names = ["check", "run", "show", "plot", "report", "queue", "rehearse", "runner", "status", "summary"]
    assert [line.split()[1] for line in commands] == names
    for line in commands:
        command = [sys.executable, "-m", *line.split()]
        if "runner" in command:
            command += ["--without-supervisor", "--no-start-supervisor"]  # in virtual time nobody can watch
        done = subprocess.run(command, cwd=shown, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr + done.stdout


def test_the_commands_and_the_script_in_readme_are_those_of_the_tour():
    lines = labctl_lines(README)
    assert len(lines) == 3
    assert set(lines) <= set(labctl_lines(TOUR))
    (script,) = blocks(README, "python")
    assert script in TOUR


def test_the_window_in_the_tour_opens_and_closes(shown):
    pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)
    station = shown / "station.toml"
    station.write_text(station.read_text(encoding="utf-8") + "\n[simulation]\n", encoding="utf-8")
    (line,) = [line for line in labctl_lines(TOUR) if " gui " in line]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", *line.split(), "--no-start-runner"]
    with subprocess.Popen(command, cwd=shown, env=environment, stderr=subprocess.PIPE, text=True) as window:
        clock, waited_s = RealClock(), 0.0
        while not (shown / "lab.db.window.lock").exists() and waited_s < 60 and window.poll() is None:
            clock.sleep(0.2)
            waited_s += 0.2
        clock.sleep(1.0)
        window.send_signal(signal.SIGINT)
        _, errors = window.communicate(timeout=60)
    assert window.returncode == 0, errors
    assert (shown / "lab.db").exists()


def test_the_script_and_the_test_in_the_tour_run(shown):
    station = shown / "station.toml"
    station.write_text(station.read_text(encoding="utf-8") + "\n[simulation]\n", encoding="utf-8")
    script, _, test = blocks(TOUR, "python")
    sample = '[sample]\nname = "pellet 7"\nthickness_mm = 1\ndiameter_mm = 10\n'
    (shown / "first.toml").write_text(sample + '[[procedure]]\nuse = "procedures.eis:EIS"', encoding="utf-8")
    (shown / "script.py").write_text(script, encoding="utf-8")
    (shown / "test_own.py").write_text(test, encoding="utf-8")
    for words in (
        ["labctl", "run", "first.toml", "-q"],
        ["script"],
        ["pytest", "-q", "-p", "no:cacheprovider", "test_own.py"],
    ):
        command = [sys.executable, "-m", *words]
        done = subprocess.run(command, cwd=shown, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr + done.stdout


def test_the_replay_command_in_the_tour_works(oxide_pellet, tmp_path):
    (line,) = [line for line in labctl_lines(TOUR) if "FOLDER" in line]
    words = [str(oxide_pellet.resolve()) if word == "FOLDER" else word for word in line.split()]
    command = [sys.executable, "-m", *words, "-q"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "demo" / "demo.png").stat().st_size > 10_000


@pytest.fixture
def person(tmp_path, monkeypatch):
    """Simulated user who runs labctl commands in a folder and gets exit code and output."""
    monkeypatch.chdir(tmp_path)
    for name in ("LABCTL_STATION", "LABCTL_DB"):
        monkeypatch.delenv(name, raising=False)

    def types(line):
        done = CliRunner().invoke(labctl.cli.app, line.split("#")[0].split()[1:])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.output

    return types


def test_the_first_night_goes_as_the_tutorial_says(person, tmp_path):
    page = (ROOT / "docs" / "tutorial" / "first-night.md").read_text(encoding="utf-8")
    check, run, runs, last = [line for line in labctl_lines(page) if " instruments " not in line]
    assert person("labctl demo -q --temperatures-degc 90,100,110")[0] == 0
    remark = re.search(r"`(arc not resolved: .*? at) ", page)[1]
    assert remark in person("labctl show last --db demo/demo.db")[1]
    protocol = tmp_path / "demo" / "protocol.toml"
    lines = re.search(r"Change the temperatures:\n\n((?: {4}.*\n)+)", page)[1]
    text = re.sub(r"temperatures_degc = .*", inspect.cleandoc(lines), protocol.read_text(encoding="utf-8"))
    for mistake, answer in [
        (text.replace("dwell_min = 30", "dwel_min = 20"), "dwel_min: is not known; did you mean 'dwell_min'"),
        (text.replace("40:100:20", "40:400:20"), "outside this station's limits"),
    ]:
        protocol.write_text(mistake, encoding="utf-8")
        with pytest.raises(ConfigurationError, match=answer):
            person(check)
    protocol.write_text(text, encoding="utf-8")
    assert "settle at 60 degC (cooling)" in person(check)[1]
    assert person(run + " -q")[0] == 0
    assert "finished" in person(runs)[1]
    assert "conductivity" in person(last)[1]
    (block,) = blocks(page, "python")
    exec(compile(block, "first-night.md", "exec"), {})


def test_the_protocols_of_the_page_about_transference_numbers_are_right(tmp_path, cell_station_text):
    page = (ROOT / "docs" / "how-to" / "measure-a-transference-number.md").read_text(encoding="utf-8")
    (tmp_path / "station.toml").write_text(cell_station_text, encoding="utf-8")
    ions, electrons, curve = blocks(page, "toml")
    sample = 'name = "oxide"\nthickness_mm = 1\ndiameter_mm = 10'
    for text in (ions, *(one.replace("# ...", sample) for one in (electrons, curve))):
        (tmp_path / "protocol.toml").write_text(text, encoding="utf-8")
        read_protocol(tmp_path / "protocol.toml").check_against(read_station(tmp_path / "station.toml"))


HYGROMETER = """
[instruments.hygrometer]
driver = "drivers.keithley_multimeters:Keithley2000"
address = "GPIB0::16::INSTR"
roles = ["monitor"]
"""


def test_the_choices_for_the_night_that_are_shown_are_right(shown):
    page = (ROOT / "docs" / "how-to" / "run-overnight.md").read_text(encoding="utf-8")
    station = shown / "station.toml"
    (choices,) = blocks(page, "toml")
    station.write_text(station.read_text(encoding="utf-8") + HYGROMETER + choices, encoding="utf-8")
    night = read_night(read_station(station))
    assert night.notify.all_is_well_every_h == 6
    assert night.interlocks.watched_content == "1"


def test_the_targets_in_readme_are_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^    make (\w+)", README, flags=re.M):
        assert f"\n{target}:" in makefile


def test_every_link_leads_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"


def names_of(app):
    yield from (command.name for command in app.registered_commands)
    yield from (group.name for group in app.registered_groups)


def test_every_command_is_in_the_reference():
    reference = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    for name in names_of(labctl.cli.app):
        assert f"`labctl {name}" in reference


def test_every_parameter_of_the_shipped_procedure_is_in_the_reference():
    from procedures.temperature_stepped_eis import TemperatureSteppedEIS

    reference = (ROOT / "docs" / "reference" / "protocol.md").read_text(encoding="utf-8")
    for name in TemperatureSteppedEIS()._parameters:
        assert f"`{name}`" in reference


def test_the_help_of_the_program_stays_light():
    """No package with a long import time may be loaded before a command needs it."""
    code = (
        "import sys; from typer.testing import CliRunner; from labctl.cli import app;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        "heavy = {'pymeasure', 'numpy', 'scipy', 'pandas', 'matplotlib', 'pyvisa'};"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []


def test_the_example_of_a_users_own_test_runs(pytester_folder):
    folder = pytester_folder
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


OWN_PROCEDURE = """\
from pymeasure.experiment import Procedure


class HoldAndMeasure(Procedure):
    DATA_COLUMNS = ["frequency_hz", "z_real_ohm"]

    def execute(self):
        self.bench.oven.setpoint_k = 330.0
        for point in self.bench.fra.sweep([1e5] * 10, 0.01):
            self.emit("results", point._asdict())

    def shutdown(self):
        self.bench.make_safe()
"""


@pytest.fixture
def pytester_folder(tmp_path):
    page = (ROOT / "docs" / "how-to" / "test-with-the-simulated-rig.md").read_text(encoding="utf-8")
    (tmp_path / "test_my_procedure.py").write_text(blocks(page, "python")[0], encoding="utf-8")
    (tmp_path / "my_procedure.py").write_text(OWN_PROCEDURE, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return tmp_path


def test_a_protocol_from_the_store_is_checked_as_a_file_is():
    with pytest.raises(ConfigurationError, match="job 3"):
        parse_protocol("[sample]\n", "job 3")


def test_the_worked_budget_is_the_one_that_labctl_prints(shown):
    """Numbers of type A may differ in their last digit with another numpy."""
    page = (ROOT / "docs" / "explanation" / "uncertainty.md").read_text(encoding="utf-8")
    accuracy, protocol = blocks(page, "toml")
    with (shown / "station.toml").open("a", encoding="utf-8") as station:
        station.write(accuracy)
    (shown / "protocol.toml").write_text(protocol, encoding="utf-8")
    files = ["--db", str(shown / "lab.db")]
    begun = [str(shown / "protocol.toml"), "--station", str(shown / "station.toml"), *files]
    run = CliRunner().invoke(labctl.cli.app, ["run", *begun])
    assert run.exit_code == 0, run.output
    output = CliRunner().invoke(labctl.cli.app, ["show", "last", "--budget", *files]).output
    printed = [line for line in output.splitlines() if line]
    (wanted,) = re.findall(r"```\n(Ea, .*?)```", page, flags=re.S)
    for line in wanted.splitlines():
        assert any(_alike(line, other) for other in printed), line


def _alike(line, other):
    """Equal words, numbers within 10 %, shares within 2 %."""
    words, others = line.split(), other.split()
    return len(words) == len(others) and all(map(_near, words, others))


def _near(word, other):
    try:
        if word.endswith("%"):
            return abs(int(word[:-1]) - int(other.rstrip("%"))) <= 2
        return float(word) == pytest.approx(float(other), rel=0.1)
    except ValueError:
        return word == other
