"""A person follows docs/how-to/extend-labctl.md: four files give a new column that is shown everywhere."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import labctl
from labctl.derive.conductivities import derive_conductivities
from labctl.store import Store

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "how-to" / "extend-labctl.md").read_text(encoding="utf-8")
SAMPLE = {"name": "pellet", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
RESISTANCE_OHM = 1000.0


def blocks(page):
    """File and text of every code block that names a file of labctl in its first line."""
    for kind, block in re.findall(r"^ +```(python|diff)\n(.*?)^ +```$", page, re.DOTALL | re.MULTILINE):
        first, text = textwrap.dedent(block).split("\n", 1)
        yield kind, first.removeprefix("# "), text


def follow(page, root):
    """Write the new files and apply the changes; return the files touched."""
    touched = []
    for kind, name, text in blocks(page):
        path = root / name
        if kind == "python":
            assert not path.exists()
            path.write_text(text, encoding="utf-8")
        else:
            path.write_text(changed(path.read_text(encoding="utf-8"), text), encoding="utf-8")
        touched.append(name)
    return touched


def changed(source, diff):
    """The source with the lines of `diff` added where its other lines stand; they must stand there once."""
    lines = diff.splitlines()
    assert any(line.startswith("+") for line in lines)
    before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
    after = "\n".join(line[1:] for line in lines)
    assert f"\n{source}".count(f"\n{before}") == 1, f"not once in the file:\n{before}"
    return source.replace(before, after, 1)


@dataclass
class Extended:
    """The extended copy of labctl, and a database that the labctl as shipped wrote."""

    root: Path
    database: Path

    def run(self, *command):
        """Run Python with the copy; return what it prints."""
        environment = os.environ | {"PYTHONPATH": str(self.root), "COLUMNS": "160", "PYTHONUTF8": "1"}
        done = subprocess.run(
            [sys.executable, *map(str, command)],
            cwd=self.root,
            env=environment,
            text=True,
            encoding="utf-8",
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def labctl(self, *words):
        return self.run("-m", "labctl", *words, "--db", self.database)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A database with one run of one spectrum, derived by the labctl as shipped."""
    path = tmp_path_factory.mktemp("measured") / "lab.db"
    frequency_hz = np.logspace(6, 0, 40)
    z_ohm = RESISTANCE_OHM / (1 + 2j * np.pi * frequency_hz * RESISTANCE_OHM * 1e-10)
    z_ohm += 1 / (2j * np.pi * frequency_hz * 1e-6)
    with Store.open(path) as store:
        run = {"sample_id": store.find_or_add_sample(SAMPLE), "procedure": "any:Any", "started_s": 0.0}
        run_id = store.insert("runs", run)
        spectrum = {"run_id": run_id, "number": 0, "setpoint_k": 300.0, "started_s": 0.0}
        spectrum_id = store.insert("spectra", spectrum)
        for number, (hz, ohm) in enumerate(zip(frequency_hz.tolist(), z_ohm.tolist(), strict=True)):
            about = {"spectrum_id": spectrum_id, "number": number, "time_s": 1.0 * number, "frequency_hz": hz}
            point = {"z_real_ohm": ohm.real, "z_imag_ohm": ohm.imag, "temperature_k": 300.0, "status": "ok"}
            store.append("impedance_points", about | point)
        store.flush()
        store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 99.0})
        assert derive_conductivities(store, run_id, 100.0) != [None]
        store.update("runs", run_id, {"status": "finished", "ended_s": 100.0})
    return path


@pytest.fixture
def extended(tmp_path, measured):
    shutil.copytree(ROOT / "labctl", tmp_path / "labctl", ignore=shutil.ignore_patterns("__pycache__"))
    follow(PAGE, tmp_path)
    shutil.copy(measured, tmp_path / "lab.db")
    return Extended(tmp_path, tmp_path / "lab.db")


def test_the_page_names_four_files():
    assert len({name for _, name, _ in blocks(PAGE)}) == 4


def test_a_column_added_as_the_page_says_is_in_show_json_frames_and_the_table_of_the_window(extended):
    extended.labctl("fit", "last")
    shown = extended.labctl("show", "last")
    heading, row = (next(line for line in shown.splitlines() if mark in line) for mark in ("G / S", "26.85"))
    place = [cell.strip() for cell in re.split("[┃│]", heading)].index("G / S")
    assert float(re.split("[┃│]", row)[place]) == pytest.approx(1 / RESISTANCE_OHM, rel=0.05)

    (point,) = json.loads(extended.labctl("show", "last", "--json"))["conductivities"]
    assert point["conductance_s"] == pytest.approx(1 / point["total_resistance_ohm"])

    script = """if True:
        import json, sys, labctl
        from labctl.readmodel.following import RunFollower
        from labctl.readmodel.shown_columns import CONDUCTIVITY
        with labctl.open(sys.argv[1]) as db:
            frame = db.conductivities()
            (row,) = RunFollower(db, db.run()["id"]).poll().conductivities
            (unit,) = db.columns().query("column_name == 'conductance_s'").unit.unique()
        table = {column.typeset_heading: column.text(row) for column in CONDUCTIVITY}
        print(json.dumps([float(frame.conductance_s[0]), table, unit]))
    """
    in_frame, in_window, unit = json.loads(extended.run("-c", script, extended.database))
    assert in_frame == point["conductance_s"]
    assert in_window["G / S"] == format(point["conductance_s"], ".4g")
    assert unit == "S"


def test_a_database_older_than_the_column_is_shown_with_an_empty_cell(extended):
    shown = extended.labctl("show", "last")
    heading, row = (next(line for line in shown.splitlines() if mark in line) for mark in ("G / S", "26.85"))
    place = [cell.strip() for cell in re.split("[┃│]", heading)].index("G / S")
    assert re.split("[┃│]", row)[place].strip() == ""
    (point,) = json.loads(extended.labctl("show", "last", "--json"))["conductivities"]
    assert point["conductance_s"] is None


def test_the_labctl_as_shipped_has_no_such_column(measured):
    with labctl.open(measured) as db:
        assert "conductance_s" not in db.conductivities().columns
        assert "branch" in db.conductivities().columns
