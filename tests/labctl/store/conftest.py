"""A store with a sample, a run and a spectrum, ready for points."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labctl.store import Database, Store

SAMPLE = {
    "name": "pellet 7",
    "composition": "Li7La3Zr2O12",
    "cation": "Li+",
    "thickness_m": 1e-3,
    "thickness_u_m": 1e-5,
    "area_m2": 5e-5,
    "area_u_m2": 1e-7,
    "electrodes": "blocking",
}


@dataclass
class Rig:
    """An open store and the ids of its rows."""

    store: Store
    sample_id: int
    run_id: int
    spectrum_id: int

    def read(self) -> Database:
        return self.store.read()

    def point(self, number: int, /, **changes: Any) -> dict[str, Any]:
        row = {
            "spectrum_id": self.spectrum_id,
            "number": number,
            "time_s": 1000.0 + number,
            "frequency_hz": 1e6 / (number + 1),
            "z_real_ohm": 100.0 + number,
            "z_imag_ohm": -5.0,
            "temperature_k": 300.0,
            "status": "ok",
        }
        return row | changes

    def append_points(self, count: int) -> None:
        for number in range(count):
            self.store.append("impedance_points", self.point(number))

    def conductivity(self, **changes: Any) -> dict[str, Any]:
        row = {
            "spectrum_id": self.spectrum_id,
            "run_id": self.run_id,
            "temperature_k": 300.0,
            "temperature_u_k": 0.1,
            "total_resistance_ohm": 2000.0,
            "conductivity_s_m": 0.01,
            "standard_uncertainty_s_m": 1e-4,
            "relative_uncertainty_resistance": 0.001,
            "bound": None,
            "method": "labctl.analysis.conductivity",
            "method_version": "1",
            "flags": ["a reservation"],
            "derived_s": 2000.0,
        }
        return row | changes


def start_rig(store: Store) -> Rig:
    sample_id = store.find_or_add_sample(SAMPLE)
    run = {"sample_id": sample_id, "procedure": "procedures.eis:EIS", "started_s": 1000.0}
    run_id = store.insert("runs", run)
    spectrum = {"run_id": run_id, "number": 0, "setpoint_k": 300.0, "started_s": 1000.0}
    return Rig(store, sample_id, run_id, store.insert("spectra", spectrum))


def insert_as_an_older_labctl(path: Path, table: str, row: dict[str, Any]) -> None:
    """Write a derived row into a file of a schema without analyses."""
    values = [json.dumps(value) if isinstance(value, list | dict) else value for value in row.values()]
    sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(sql, values)


@pytest.fixture
def insert_as_before():
    return insert_as_an_older_labctl


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lab.db"


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory):
    """Made once: creating the schema is the slowest part of most tests."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    Store.open(path).close()
    return path


@pytest.fixture
def rig(path, empty_file):
    shutil.copy(empty_file, path)
    with Store.open(path) as store:
        yield start_rig(store)


@pytest.fixture
def sample_row():
    return dict(SAMPLE)


@pytest.fixture
def start():
    return start_rig


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1.5 MB."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root on Linux")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1536k", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
