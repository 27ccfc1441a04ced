"""The examples on the pages about protocols, scripts and pymeasure procedures are executed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import labctl
from labctl.config.protocol import read_protocol
from labctl.errors import EventError
from labctl.measure.events import SpectrumStarted
from labctl.testing import STATION

HOW_TO = Path(__file__).parents[1] / "docs" / "how-to"
FILM = 'name = "film 2"\nthickness_mm = 0.1\narea_cm2 = 1.0\nelectrodes = "reversible"\ncation = "Li+"\n'


class Page:
    """A page and a folder with its files; `# name` in the first line gives the name."""

    def __init__(self, name, folder):
        self.text = (HOW_TO / name).read_text(encoding="utf-8")
        self.folder = folder
        for block in re.findall(r"```(?:python|toml)\n(.*?)```", self.text, flags=re.S):
            if named := re.match(r"# (\S+\.(?:py|toml))\n", block):
                self.write(named[1], block)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def block(self, beginning):
        """The one block of TOML that begins so."""
        blocks = re.findall(r"```toml\n(.*?)```", self.text, flags=re.S)
        (found,) = [block for block in blocks if block.startswith(beginning)]
        return found

    def commands(self):
        """Every line that begins with one of our programs, split into words."""
        lines = re.findall(r"^    ((?:labctl|python) .*)$", self.text, flags=re.M)
        return [line.split("#")[0].split() for line in lines]

    def run(self, *words, **environment):
        command = [sys.executable, *(["-m"] if words[0] == "labctl" else []), *words]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def page(tmp_path):
    def show(name, station=STATION):
        shown = Page(name, tmp_path)
        shown.write("station.toml", station)
        return shown

    return show


def test_the_protocols_shown_are_valid_and_run_in_the_stated_order(page):
    shown = page("write-a-protocol.md")
    drying = shown.write("drying.toml", shown.block('title = "drying'))
    ageing = shown.write("ageing.toml", shown.block('title = "does it age"'))
    assert [e.name for e in read_protocol(drying).procedures] == ["TemperatureHold", "TemperatureSteppedEIS"]
    names = [entry.name for entry in read_protocol(ageing).procedures]
    shown_names = re.findall(r"`(\w+(?: \d of \d)?)`", shown.text.partition("in order, with durations: ")[2])
    assert names[:4] == shown_names[:4]
    assert len(names) == 7


@pytest.mark.slow
def test_the_commands_about_protocols_work(page):
    shown = page("write-a-protocol.md")
    shown.write("ageing.toml", shown.block('title = "does it age"'))
    commands = shown.commands()
    assert [words[1] for words in commands] == ["procedures", "procedures", "check", "new", "check", "run"]
    for words in commands:
        shown.run(*words)
    with labctl.open(shown.folder / "lab.db") as db:
        assert len(db.conductivities()) == 2
    files = re.findall(r"^\| `(\w+\.\w+)` \|", shown.text, flags=re.M)
    assert files
    assert all((shown.folder / name).is_file() for name in files)


def test_the_procedure_of_typed_events_shown_measures_a_spectrum(page):
    shown = page("write-a-protocol.md")
    sample = shown.block("# samples/pellet_3.toml")
    shown.write("one.toml", f'[sample]\n{sample}\n[[procedure]]\nuse = "one_spectrum:OneSpectrum"\n')
    shown.run("labctl", "run", "one.toml", "--db", "lab.db")
    with labctl.open(shown.folder / "lab.db") as db:
        assert list(db.spectra()["status"]) == ["finished"]
        assert list(db.points(1)["frequency_hz"]) == [1e6, 1e5, 1e4, 1e3, 100.0]


def test_the_error_of_a_misspelt_field_is_the_one_shown(page):
    shown = page("write-a-protocol.md").text
    with pytest.raises(EventError) as caught:
        SpectrumStarted(amplitude_V=0.02)
    assert f"`{caught.value}`" in shown


def test_the_script_shown_measures_and_its_commands_work(page):
    shown = page("script-a-measurement.md")
    shown.write("samples/pellet_3.toml", page("write-a-protocol.md").block("# samples/pellet_3.toml"))
    (script, show) = shown.commands()
    printed = shown.run(*script[1:])
    assert "conductivity_s_m" in printed
    assert "script: finished" in shown.run(*show)


@pytest.mark.slow
def test_the_hold_shown_gives_a_transference_number(page, cell_station_text):
    shown = page("script-a-measurement.md", cell_station_text)
    shown.write("film.toml", FILM)
    shown.write(
        "first.py",
        "import labctl\n"
        "with labctl.bench('station.toml', database='lab.db', sample='film.toml') as bench:\n"
        "    bench.record(note='now the database knows the film')\n",
    )
    shown.run("first.py")
    shown.run("transference.py")
    with labctl.open(shown.folder / "lab.db") as db:
        assert len(db.transference_numbers()) == 1


def test_every_listed_method_of_the_bench_exists(page):
    from labctl.bench import FrequencyResponseAnalyzer, Potentiostat, TemperatureController
    from labctl.scripting import ScriptBench

    roles = {"oven": TemperatureController, "fra": FrequencyResponseAnalyzer, "potentiostat": Potentiostat}
    for word, inner in re.findall(r"`bench\.(\w+)(?:\.(\w+))?", page("script-a-measurement.md").text):
        assert hasattr(ScriptBench, word) or word in ScriptBench.__dataclass_fields__
        if inner and word in roles:
            assert hasattr(roles[word], inner)


METER = """\
spec: "1.1"
devices:
  meter:
    eom:
      GPIB INSTR: {q: "\\r\\n", r: "\\n"}
    dialogues:
      - {q: "*IDN?", r: "ACME,METER,7,1.0"}
      - {q: "MEAS:VOLT?", r: "+1.25E-3"}
resources:
  GPIB0::22::INSTR: {device: meter}
"""


@pytest.fixture
def drift(page):
    """The page about pymeasure procedures, with a simulated meter and a protocol of some seconds."""
    shown = page("run-a-pymeasure-procedure.md")
    shown.write("station.toml", shown.block('name = "magnet room"'))
    shown.write("samples/cell_4.toml", FILM.replace("film 2", "cell 4"))
    text = shown.block('title = "drift of cell 4"')
    shown.write("drift.toml", text.replace("points = 1000", "points = 5").replace("2.5", "0.01"))
    library = shown.write("meter.yaml", METER)
    shown.environment = {"PYVISA_LIBRARY": f"{library}@sim"}
    return shown


@pytest.mark.slow
def test_their_procedure_runs_in_the_queue_as_shown(drift):
    check, add, runner = drift.commands()
    assert "opens its own instruments" in drift.run(*check)
    drift.run(*add)
    alone = ["--until-empty", "--without-supervisor", "--no-start-supervisor"]
    drift.run(*runner, *alone, **drift.environment)
    with labctl.open(drift.folder / "lab.db") as db:
        assert db.run()["status"] == "finished", db.run()["reason"]
        assert list(db.records()["Voltage (V)"]) == [1.25e-3] * 5
        assert db.provenance()["metadata"]["meter_id"]["value"] == "ACME,METER,7,1.0"


def test_their_procedure_runs_in_a_script_as_shown(drift):
    out = drift.run("drift.py", **drift.environment)
    assert out.splitlines()[0].split() == ["finished"]
    assert "[10 rows x 2 columns]" in out or len(out.splitlines()) == 12


OPERATE = """\
import runpy, sys, time
from pymeasure.display.Qt import QtCore, QtWidgets

def operate(app):
    (window,) = [w for w in app.topLevelWidgets() if isinstance(w, QtWidgets.QMainWindow)]
    if "delay" in window.inputs.get_procedure().parameter_objects():
        window.inputs.delay.setValue(0)
    window.queue_button.click()
    while window.manager.is_running():
        app.processEvents()
        time.sleep(0.001)
    print([e.browser_item.text(3) for e in window.manager.experiments.queue])
    window.quit()
    return 0

QtWidgets.QApplication.exec = operate
runpy.run_path(sys.argv[1], run_name="__main__")
"""


@pytest.mark.slow
@pytest.mark.parametrize("script", ["window.py", "eis_window.py"])
def test_the_windows_shown_work(drift, script):
    pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)
    if script == "eis_window.py":
        drift.write("station.toml", STATION)
    drift.write("operate.py", OPERATE)
    screen = {"QT_QPA_PLATFORM": "offscreen", "QT_API": "pyside6", "PYTHONPATH": str(drift.folder)}
    out = drift.run("operate.py", script, **drift.environment, **screen)
    assert out.splitlines()[-1] == "['Finished']"
