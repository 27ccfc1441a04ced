import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

import labctl
from labctl.cli import app
from labctl.cli.show import MOST_ROWS, _print_runs
from labctl.errors import ConfigurationError

runner = CliRunner()


def invoke(*arguments):
    """Run a command as `main()` does; return exit code and output."""
    result = runner.invoke(app, [str(a) for a in arguments])
    if isinstance(result.exception, ConfigurationError):
        return 2, str(result.exception)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture
def files(station, protocol_file, tmp_path):
    return {"station": station.source, "protocol": protocol_file, "db": tmp_path / "lab.db"}


@pytest.fixture
def measured(files):
    code, output = invoke(
        "run", files["protocol"], "--station", files["station"], "--db", files["db"], "--json"
    )
    assert code == 0, output
    return files["db"], json.loads(output)


def test_check_lists_every_step_and_touches_nothing(files):
    code, output = invoke("check", files["protocol"], "--station", files["station"])
    assert code == 0
    assert output.count("settle at") == 3
    assert output.count("spectrum at") == 3
    assert "estimated time" in output
    assert "making safe takes at most 4 s" in output
    assert not files["db"].exists()


def test_check_claims_no_limits_for_a_procedure_that_plans_no_steps(files):
    protocol = Path(files["protocol"])
    (protocol.parent / "without_a_plan.py").write_text(
        "from pymeasure.experiment import Procedure\n"
        "class WithoutAPlan(Procedure):\n"
        "    def execute(self): self.bench.oven.setpoint_k = 300\n",
        encoding="utf-8",
    )
    own = '\n[[procedure]]\nuse = "without_a_plan:WithoutAPlan"\n'
    planned = protocol.read_text(encoding="utf-8")
    protocol.write_text(planned + own, encoding="utf-8")
    _, output = invoke("check", protocol, "--station", files["station"])
    assert "planned steps within the limits of" in output
    assert "without_a_plan:WithoutAPlan has no plan()" in output
    protocol.write_text(planned.partition("[[procedure]]")[0] + own, encoding="utf-8")
    _, output = invoke("check", protocol, "--station", files["station"])
    assert "within the limits" not in output
    assert "estimated time" in output


def test_check_for_programs_gives_steps_and_duration(files):
    _, output = invoke("check", files["protocol"], "--station", files["station"], "--json")
    plan = json.loads(output)
    assert len(plan["steps"]) == 6
    assert plan["duration_s"] == pytest.approx(sum(step["duration_s"] for step in plan["steps"]))


def test_a_typo_ends_with_code_2_and_a_sentence(files):
    text = files["protocol"].read_text(encoding="utf-8")
    files["protocol"].write_text(text.replace("dwell_min", "dwel_min"), encoding="utf-8")
    code, output = invoke("run", files["protocol"], "--station", files["station"], "--db", files["db"])
    assert code == 2
    assert "did you mean 'dwell_min'?" in output
    assert not files["db"].exists()


def test_show_gives_one_object_with_run_sample_conductivities_and_fits(measured):
    db, summary = measured
    assert summary["runs"][0]["status"] == "finished"
    code, output = invoke("show", "last", "--db", db, "--json")
    assert code == 0
    content = json.loads(output)
    assert set(content) == {
        *("run", "sample", "instruments", "conductivities", "without_number", "fits", "transference_numbers"),
        *("analysis", "sample_of_analysis", "sample_as_stored", "amendments", "accuracy"),
        *("check_points", "drift", "linearity", "imported_files", "part_fits", "resistances", "not_finished"),
        *("monitors", "thermal_history", "carriers", "preflight", "which_cell"),
    }
    assert content["sample"]["name"] == content["sample_as_stored"]["name"] == "pellet"
    assert content["amendments"] == content["analysis"]["amendments"] == []
    assert len(content["conductivities"]) == 3
    for point in content["conductivities"]:
        assert {"temperature_k", "total_resistance_ohm", "conductivity_s_m"} <= set(point)
        assert point["standard_uncertainty_s_m"] > 0
        assert isinstance(point["flags"], list)
    arrhenius = next(f for f in content["fits"] if (f["law"], f["form"]) == ("arrhenius", "ln_sigma_t"))
    assert arrhenius["activation_energy_ev"] == pytest.approx(0.84, abs=0.01)
    assert arrhenius["standard_uncertainty_ev"] > 0


def test_a_long_list_of_runs_ends_with_the_newest_and_says_how_many_are_left_out(capsys):
    row = {"sample": "s", "procedure": "p:P", "status": "finished", "reason": "", "clock": "real"}
    rows = [row | {"id": number, "started_s": 0.0, "ended_s": 1.0} for number in range(1, 3 + MOST_ROWS)]
    _print_runs(rows, Path("lab.db"))
    printed = capsys.readouterr().out
    assert "2 run(s) before these are not shown; --json has all" in printed
    assert f"\n{2 + MOST_ROWS}  " in printed
    assert "\n2  " not in printed


def test_show_prints_what_a_person_reads(measured):
    db, _ = measured
    _, listing = invoke("show", "--db", db)
    assert "finished" in listing
    _, one = invoke("show", "1", "--db", db)
    assert "S/cm" in one
    assert "Arrhenius, ln(sigma T)" in one


def test_check_and_show_say_what_is_stated_of_instruments_and_geometry_and_what_is_not(measured, files):
    _, plan = invoke("check", files["protocol"], "--station", files["station"])
    _, one = invoke("show", "1", "--db", measured[0])
    for output in (plan, one):
        together = " ".join(output.split())
        assert "thermometer: not stated" in together
        assert "analyser: 0.1 %, 0.1 deg, 10 to 100000 Hz, 10 to 100000 ohm (Solartron 1260A" in together
        assert "fringe: not stated (pellet_diameter_mm)" in together


@pytest.fixture
def one_spectrum(files):
    """A run of one spectrum, of a sample with brackets in its name."""
    protocol = '[sample]\nname = "pellet [bold] [/dev/a]"\nthickness_mm = 1.0\ndiameter_mm = 10.0\n'
    protocol += (
        '[[procedure]]\nuse = "procedures.eis:EIS"\nfrequencies_hz = [1e5, 1e4, 1e3, 1e2, 10.0, 1.0]\n'
    )
    files["protocol"].write_text(protocol, encoding="utf-8")
    code, output = invoke("run", files["protocol"], "--station", files["station"], "--db", files["db"])
    assert code == 0, output
    return files["db"]


@pytest.mark.parametrize("run", [[], ["last"]])
def test_brackets_in_a_name_are_shown_as_they_are(one_spectrum, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    _, output = invoke("show", *run, "--db", one_spectrum)
    assert "pellet [bold] [/dev/a]" in output


def test_a_run_without_a_law_shows_no_heading_of_laws(one_spectrum):
    _, output = invoke("show", "last", "--db", one_spectrum)
    assert "S/cm" in output
    assert "no temperature law" in output
    assert "preferred" not in output


def test_show_of_a_run_or_file_that_is_not_there_is_a_sentence(measured, tmp_path):
    db, _ = measured
    with pytest.raises(labctl.errors.StoreError, match="no run"):
        invoke("show", "99", "--db", db)
    with pytest.raises(labctl.errors.StoreError, match=r"absent\.db"):
        invoke("show", "--db", tmp_path / "absent.db")


def test_the_program_turns_errors_into_exit_codes(files, tmp_path):
    def exit_of(*arguments):
        command = [sys.executable, "-m", "labctl", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr

    assert exit_of("show", "--db", tmp_path / "absent.db")[0] == 2
    code, message = exit_of("check", tmp_path / "absent.toml", "--station", files["station"])
    assert code == 2
    assert "absent.toml: no such file" in message
    assert exit_of("check")[0] == 2
    assert exit_of("--version")[0] == 0


@pytest.mark.parametrize("command", [c.name for c in app.registered_commands])
def test_every_command_helps(command):
    code, output = invoke(command, "--help")
    assert code == 0
    assert "Usage" in output


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM is not delivered to a handler on Windows")
@pytest.mark.parametrize("times", [1, 2])
def test_a_terminated_run_makes_safe_and_is_marked(files, times):
    """In scaled time, so that the heater is on at the signal; the rig reports its final state."""
    rig_module = files["db"].parent / "told_rig.py"
    rig_module.write_text(
        "import atexit, json, pathlib\n"
        "from sim_instruments.rig import build as _build\n"
        "def build(clock, **options):\n"
        "    rig = _build(clock, **options)\n"
        "    oven, fra = rig.instruments['GPIB0::12::INSTR'], rig.instruments['GPIB0::4::INSTR']\n"
        "    def tell():\n"
        "        state = {'range': oven.heater_range, 'amplitude': fra.amplitude_v}\n"
        "        pathlib.Path(__file__).with_name('state.json').write_text(json.dumps(state))\n"
        "    atexit.register(tell)\n"
        "    return rig\n",
        encoding="utf-8",
    )
    station = files["db"].parent / "scaled.toml"
    text = Path(files["station"]).read_text(encoding="utf-8")
    station.write_text(text + 'rig = "told_rig:build"\nclock = 100\n', encoding="utf-8")
    command = [sys.executable, "-m", "labctl", "run", str(files["protocol"]), "--station", str(station)]
    process = subprocess.Popen([*command, "--db", str(files["db"]), "-q"], stderr=subprocess.PIPE, text=True)
    wait_for_heating(files["db"])
    for _ in range(times):
        os.kill(process.pid, signal.SIGTERM)
        threading.Event().wait(0.02)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1, errors
    run = labctl.open(files["db"]).run("last")
    assert run["status"] == "aborted"
    assert run["reason"].startswith("stopped by SIGTERM")
    state = json.loads((files["db"].parent / "state.json").read_text(encoding="utf-8"))
    assert state == {"range": 0, "amplitude": 0}


def wait_for_heating(db):
    """Wait until the temperature log of the current run has a few readings."""
    for _ in range(600):
        if db.exists():
            try:
                with labctl.open(db) as database:
                    (row,) = database.rows("SELECT count(*) AS n FROM temperature_log")
                if row["n"] > 5:
                    return
            except labctl.errors.StoreError:
                pass
        threading.Event().wait(0.05)
    raise AssertionError("the run did not start")
