"""`labctl fit` with choices, and `labctl analyses`: list, compare, choose, make again."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

import labctl
from labctl.analysis import parse_circuit
from labctl.cli import app
from labctl.clock import RealClock
from labctl.derive import derive_run
from labctl.errors import InvalidRequest, StoreError
from labctl.store import Store

FREQUENCY_HZ = np.logspace(6, 1, 16)
TRIES = 200


def write_run(store, sample, kelvins=(310.0, 350.0), derived=True):
    """A finished run of a pellet with a spectrum at each temperature."""
    row = {"name": sample, "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
    run_id = store.insert(
        "runs", {"sample_id": store.find_or_add_sample(row), "procedure": "p:P", "started_s": 1.0}
    )
    for number, kelvin in enumerate(kelvins):
        about = {"run_id": run_id, "number": number, "started_s": 1.0, "setpoint_k": kelvin}
        spectrum_id = store.insert("spectra", about)
        r1 = 1e-4 * np.exp(0.6 / 8.617e-5 / kelvin)
        circuit = parse_circuit("p(R1,CPE1)-CPE2")
        z_ohm = circuit.impedance([r1, (1e-10 * r1) ** 0.95 / r1, 0.95, 1e-6, 0.9], FREQUENCY_HZ)
        for place, (f, z) in enumerate(zip(FREQUENCY_HZ, z_ohm, strict=True)):
            point = {"spectrum_id": spectrum_id, "number": place, "time_s": 1.0, "frequency_hz": float(f)}
            point |= {"z_real_ohm": float(z.real), "z_imag_ohm": float(z.imag), "temperature_k": kelvin}
            store.append("impedance_points", point)
        store.flush()
        store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 2.0})
    if derived:
        derive_run(store, run_id, 3.0)
    store.update("runs", run_id, {"status": "finished", "ended_s": 4.0})
    return run_id


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    """A file with two finished runs of two samples."""
    path = tmp_path_factory.mktemp("analyses") / "lab.db"
    with Store.open(path) as store:
        write_run(store, "one")
        write_run(store, "two")
    return path


@pytest.fixture
def desk(two_runs, tmp_path):
    """Run commands on a copy of the file; return what they print."""
    path = tmp_path / "lab.db"
    path.write_bytes(two_runs.read_bytes())

    def command(*words, exit_code=0):
        done = CliRunner().invoke(app, [*words, "--db", str(path)])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == exit_code, done.output
        return done.stdout

    command.path = path
    return command


def test_a_named_fit_is_listed_shown_compared_and_taken_back(desk):
    shown = desk("fit", "1", "--leads", "50 +- 1", "--as", "published", "--person", "Ada")
    assert "analysis 3 (published)" in shown
    assert "by Ada; lead ohm 50.0, lead u ohm 1.0" in " ".join(shown.split())
    listed = json.loads(desk("analyses", "1", "--json"))
    assert [(one["id"], one["state"], one["name"]) for one in listed["analyses"]] == [
        (1, "closed", ""),
        (3, "current", "published"),
    ]
    assert [one["conductivities"] for one in listed["analyses"]] == [2, 2]
    moved = json.loads(desk("analyses", "1", "--diff", "1", "published", "--json"))["moved"]
    assert {one["number"] for one in moved} >= {"conductivity_s_m", "activation_energy_ev"}
    assert "conductivity_s_m" in desk("analyses", "1", "--diff", "1", "published")
    then = json.loads(desk("show", "1", "--analysis", "1", "--json"))
    now = json.loads(desk("show", "1", "--json"))
    assert (then["analysis"]["id"], now["analysis"]["id"]) == (1, 3)
    assert then["conductivities"] != now["conductivities"]
    assert "now shows analysis 1" in desk("analyses", "1", "--choose", "1")
    assert json.loads(desk("show", "1", "--json"))["conductivities"] == then["conductivities"]
    assert "published" in desk("analyses", "1")


def test_an_earlier_analysis_is_shown_with_the_sample_and_the_amendments_that_it_stands_on(desk):
    desk("amend", "1", "--thickness-mm", "1.1", "--reason", "caliper")
    desk("exclude", "1", "--spectrum", "1", "--reason", "lamp")
    desk("amend", "--revoke", "2", "--reason", "no lamp")
    desk("note", "1", "a crack")
    earlier, excluded, now = (
        desk("show", "1", *words) for words in (("--analysis", "1"), ("--analysis", "4"), ())
    )
    assert "thickness 1 mm" in earlier
    before, _, after = earlier.partition("in force now, but not in the numbers below:")
    assert "1  run 1, thickness: " in after
    assert "a crack" in before
    assert "the numbers below stand on amendment 2, revoked since" in excluded
    assert "thickness 1.1 mm" in now
    assert "numbers below" not in now
    content = json.loads(desk("show", "1", "--analysis", "1", "--json"))
    assert (content["sample"]["thickness_m"], content["sample_of_analysis"]["thickness_m"]) == (1.1e-3, 1e-3)


def test_a_comparison_of_analyses_names_a_spectrum_by_its_number_in_the_run(desk, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    desk("fit", "2", "--leads", "50 +- 1")
    text = desk("analyses", "2", "--diff", "2", "3")
    assert "spectrum 0" in text
    assert "spectrum 3" not in text  # the ids of the spectra of run 2 are 3 and 4


def test_a_comparison_takes_the_geometry_of_the_analysis_that_a_person_chose(desk):
    """Resistance times area follows from a conductivity only with the thickness that it was made with."""
    words = ("compare", "1", "2", "--against", "thickness", "--at-degc", "50", "--json")
    desk("amend", "2", "--thickness-mm", "1.5", "--area-u-mm2", "1", "--reason", "caliper")
    desk("amend", "1", "--area-u-mm2", "1", "--reason", "caliper")
    two = json.loads(desk(*words))
    desk("amend", "2", "--thickness-mm", "2", "--reason", "another caliper")
    assert json.loads(desk(*words)) != two
    chosen = json.loads(desk("analyses", "2", "--json"))["analyses"][1]["id"]
    desk("analyses", "2", "--choose", str(chosen))
    again = json.loads(desk(*words))
    assert again["contact_ohm_m2"]["value"] == pytest.approx(two["contact_ohm_m2"]["value"], rel=1e-9)


def test_a_merge_says_which_value_is_in_force_where_both_files_amended_it(desk, tmp_path):
    other = tmp_path / "other.db"
    other.write_bytes(desk.path.read_bytes())
    desk("amend", "2", "--thickness-mm", "1.1", "--reason", "caliper")
    done = CliRunner().invoke(
        app, ["amend", "2", "--thickness-mm", "1.2", "--reason", "screw", "--db", str(other)]
    )
    assert done.exit_code == 0, done.output
    text = desk("db", "merge", str(other))
    assert "run 2: thickness_m 0.0011 -> 0.0012, by an amendment that came (labctl amend 2 --list)" in text
    assert "an amendment that came" not in desk("db", "merge", str(other))
    assert json.loads(desk("show", "2", "--json"))["sample"]["thickness_m"] == pytest.approx(1.2e-3)


def test_the_entry_of_a_published_number_reproduces_it_and_a_changed_one_does_not(desk, monkeypatch):
    desk("fit", "1", "--exclude", "100 Hz", "--form", "ln_sigma", "--as", "published")
    desk("fit", "1")
    assert "is reproduced" in desk("analyses", "1", "--reproduce", "published")
    found = json.loads(desk("analyses", "1", "--reproduce", "published", "--json"))
    assert (found["reproduced"], found["differences"], found["remark"]) == (True, [], "")
    monkeypatch.setattr("labctl.derive.laws.ROOM_TEMPERATURE_K", 300.0)
    said = desk("analyses", "1", "--reproduce", "published", exit_code=1)
    assert "is not reproduced (made by labctl" in said
    assert "parameters was" in said


def test_fit_all_goes_on_where_it_was_and_says_what_it_did(desk):
    assert "0 run(s) derived; 2 up to date" in desk("fit", "--all")
    assert "2 run(s) derived" in desk("fit", "--all", "--frequency-max", "1e5")
    assert "0 run(s) derived; 2 up to date" in desk("fit", "--all", "--frequency-max", "1e5")
    found = json.loads(desk("fit", "--sample", "two", "--frequency-max", "1e5", "--again", "--json"))
    assert [(one["run"], one["problem"]) for one in found["runs"]] == [(2, None)]


def test_two_workers_make_the_same_numbers_as_one(desk):
    desk("fit", "--all", "--again", "--workers", "1", "--as", "one")
    desk("fit", "--all", "--again", "--workers", "2", "--as", "two")
    for run in ("1", "2"):
        assert json.loads(desk("analyses", run, "--diff", "one", "two", "--json"))["moved"] == []
        assert "is reproduced" in desk("analyses", run, "--reproduce", "two")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fit", "1", "--circuit", "R0-("), "circuit"),
        (("fit", "1", "--electrodes", "gold"), "electrodes 'gold' is not known"),
        (("fit", "1", "--exclude", "the bad one"), "cannot read what to exclude"),
        (("fit", "1", "--exclude", "spectrum 77"), "no spectrum 77 in what is fitted; numbers are 0 to 1"),
        (("fit", "1", "--exclude", "900 degC"), "no point of what is fitted lies in '900 degC'"),
        (("fit", "1", "--exclude", "1e9 .. 2e9 Hz"), "no point of what is fitted lies in"),
        (("fit", "1", "--form", "log"), "form 'log' is not known"),
        (("fit", "1", "--leads", "some"), "cannot read the leads"),
        (("fit", "1", "--frequency-min", "100", "--frequency-max", "10"), "no frequency is above"),
        (("fit", "1", "--frequency-min", "1e9"), "no spectrum gives a number; nothing was written"),
        (("fit", "1", "--all"), "give runs, or --sample, or --all"),
        (("fit", "--sample", "three"), "no run of a sample named 'three'"),
        (("analyses", "1", "--choose", "nothing"), "has no analysis"),
        (("analyses", "1", "--diff", "1", "99"), "has no analysis"),
        (("show", "1", "--analysis", "99"), "has no analysis"),
        (("analyses", "1", "--choose", "1", "--reproduce", "1"), "give one of"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_request_that_makes_no_sense_is_refused_and_changes_nothing(desk, words, said):
    before = json.loads(desk("analyses", "1", "--json"))
    with pytest.raises(InvalidRequest, match=said):
        desk(*words)
    assert json.loads(desk("analyses", "1", "--json")) == before


def test_a_name_is_given_once_in_a_run(desk):
    desk("fit", "1", "--as", "published")
    with pytest.raises(InvalidRequest, match="has an analysis 'published' already"):
        desk("fit", "1", "--as", "published", "--form", "ln_sigma")


def test_a_run_that_cannot_be_derived_leaves_the_others_and_ends_in_a_sentence(desk, monkeypatch):
    from labctl.derive import refit

    real = refit.evaluated

    def evaluated(db, run_id, *about):
        if run_id == 1:
            raise TypeError("text for a number")
        return real(db, run_id, *about)

    monkeypatch.setattr(refit, "evaluated", evaluated)
    found = json.loads(desk("fit", "--all", "--again", "--json", exit_code=1))
    assert [one["problem"] for one in found["runs"]] == ["TypeError: text for a number", None]
    with pytest.raises(StoreError, match="run 1 cannot be evaluated: TypeError"):
        desk("fit", "1")


def test_a_refit_that_is_killed_leaves_whole_analyses_only_and_goes_on(tmp_path):
    """Killed as soon as the first run of eight is done: at an arbitrary place of the next."""
    path = tmp_path / "lab.db"
    with Store.open(path) as store:
        for number in range(8):
            write_run(store, f"sample {number}", derived=False)
    words = [sys.executable, "-m", "labctl", "fit", "--all", "--workers", "1", "--db", str(path)]
    killed = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with labctl.open(path) as db:
        for _ in range(TRIES):
            if db.rows("SELECT count(*) AS n FROM analyses")[0]["n"]:
                break
            RealClock().sleep(0.05)
    os.kill(killed.pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    killed.wait()
    with labctl.open(path) as db:
        whole = db.rows("SELECT run_id, closed_s FROM analyses")
        counted = db.rows("SELECT run_id, count(*) AS n FROM conductivities GROUP BY run_id")
    assert len(whole) >= 1
    assert all(one["closed_s"] is not None for one in whole)
    assert counted == [{"run_id": one["run_id"], "n": 2} for one in whole]
    done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", check=True)
    assert f"{8 - len(whole)} run(s) derived; {len(whole)} up to date" in done.stdout
