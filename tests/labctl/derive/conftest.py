"""A small database made by hand, and resistances as an analysis would have found them."""

import math
import shutil
import uuid
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import labctl
from labctl.analysis import Estimate, Resistance, parse_circuit
from labctl.derive import derive_conductivities, derive_fits
from labctl.store import Store

SAMPLE = {
    "name": "pellet",
    "thickness_m": 1e-3,
    "thickness_u_m": 1e-5,
    "area_m2": 5e-5,
    "area_u_m2": 1e-6,
    "electrodes": "blocking",
    "cation": "Li+",
}


class Notebook:
    """One run of one sample, into which rows are written."""

    def __init__(self, store: Store, sample: dict[str, Any]) -> None:
        self.store = store
        self._numbers = {"spectra": 0, "polarisations": 0}
        run = {"sample_id": store.find_or_add_sample(SAMPLE | sample), "procedure": "p:P", "started_s": 1.0}
        self.run_id = store.insert("runs", run)

    def _begin(self, table: str, row: dict[str, Any]) -> int:
        about = {"run_id": self.run_id, "number": self._numbers[table], "started_s": 1.0}
        self._numbers[table] += 1
        return self.store.insert(table, about | row)

    def spectrum(self, readings_k=(300.0, 300.0, 300.0), status="finished", impedances=None, **row) -> int:
        """Write a spectrum with a point for each temperature (None: not read); return its id."""
        row = {"setpoint_k": 300.0} | row
        spectrum_id = self._begin("spectra", row)
        for number, kelvin in enumerate(readings_k):
            frequency_hz, z_ohm = impedances[number] if impedances else (10.0 ** (6 - number), 100.0 - 5.0j)
            point = {"spectrum_id": spectrum_id, "number": number, "time_s": 1.0, "temperature_k": kelvin}
            point |= {"frequency_hz": frequency_hz, "z_real_ohm": z_ohm.real, "z_imag_ohm": z_ohm.imag}
            self.store.append("impedance_points", point)
        if status != "running":
            self.store.update("spectra", spectrum_id, {"status": status, "ended_s": 2.0})
        self.store.flush()
        return spectrum_id

    def polarisation(
        self, samples, ended=None, temperatures_k=None, clock_ahead_s=lambda elapsed_s: 0.0, **row
    ) -> int:
        """Write a hold of (elapsed s, V, A) samples; return its id."""
        polarisation_id = self._begin("polarisations", {"potential_v": 0.01, "setpoint_k": 300.0} | row)
        kelvin = temperatures_k or [300.0] * len(samples)
        for number, (elapsed_s, potential_v, current_a) in enumerate(samples):
            point = {"polarisation_id": polarisation_id, "number": number, "time_s": 1.0 + elapsed_s}
            point["time_s"] += clock_ahead_s(elapsed_s)
            point |= {"elapsed_s": elapsed_s, "potential_v": potential_v, "current_a": current_a}
            self.store.append("polarisation_points", point | {"temperature_k": kelvin[number]})
        self.store.flush()
        ended = {"status": "finished", "ended_s": 2.0} | (ended or {})
        self.store.update("polarisations", polarisation_id, ended)
        return polarisation_id

    def zero_current(self, phase, samples, at_s) -> None:
        """Write points at 0 V, (elapsed s, A), as the procedure emits them."""
        for number, (elapsed_s, current_a) in enumerate(samples):
            data = {"phase": phase, "time_s": at_s, "elapsed_s": elapsed_s, "potential_v": 0.0}
            row = {"run_id": self.run_id, "number": number, "time_s": at_s}
            self.store.append("records", row | {"data": data | {"current_a": current_a, "status": "ok"}})
        self.store.flush()

    def electronic_share(self, value, standard_uncertainty) -> None:
        """Write the fact about the sample."""
        with self.store.read() as db:
            (run,) = db.rows("SELECT sample_id FROM runs WHERE id = ?", (self.run_id,))
        row = {"sample_id": run["sample_id"], "uuid": str(uuid.uuid4()), "kind": "electronic_share_1"}
        row |= {"value": value, "standard_uncertainty": standard_uncertainty, "source": "blocking cell"}
        self.store.insert("facts", row | {"person": "", "time_s": 1.0, "details": {}})

    def rows(self, table: str) -> list[dict[str, Any]]:
        with self.store.read() as db:
            return db.rows(f"SELECT * FROM {table} ORDER BY id")


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory):
    """Made once: making the schema takes longer than most tests."""
    path = tmp_path_factory.mktemp("derive") / "empty.db"
    Store.open(path).close()
    return path


@pytest.fixture(scope="session")
def make_notebook():
    """Begin a notebook in a store that is open."""
    return Notebook


@pytest.fixture
def notebook(tmp_path, empty_file):
    """Make a notebook for a sample that differs from the usual pellet by what is given."""
    opened = []

    def make(**sample) -> Notebook:
        path = tmp_path / f"{len(opened)}.db"
        shutil.copy(empty_file, path)
        opened.append(Store.open(path))
        return Notebook(opened[-1], sample)

    yield make
    for store in opened:
        store.close()


def found(
    total_ohm: float, u_ohm: float = 1.0, interphase_ohm: Estimate | None = None, **changes
) -> Resistance:
    """A resistance as `ionic_resistance_series` gives it."""
    series = math.hypot(u_ohm, interphase_ohm.standard_uncertainty if interphase_ohm else 0.0)
    fit = SimpleNamespace(parameters={"R1": 1.0, "R2": 1.0}, sum_of=lambda names: Estimate(1.0, series))
    fields = {"arcs": (), "circuit": "p(R1,CPE1)-CPE2", "bound": None, "flags": (), "candidates": ()}
    fields |= {"intercept_ohm": math.nan, "minimum_ohm": math.nan, "fit": fit}
    return Resistance(
        total_ohm=Estimate(total_ohm, u_ohm), interphase_ohm=interphase_ohm, **(fields | changes)
    )


@pytest.fixture
def resistance():
    return found


FREQUENCY_HZ = np.logspace(6, -1, 43)
PELLET = {"name": "pellet", "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}


def impedance(temperature_k, seed):
    r1 = 1e-4 * np.exp(0.6 / 8.617e-5 / temperature_k)
    z = parse_circuit("p(R1,CPE1)-CPE2").impedance(
        [r1, (1e-10 * r1) ** 0.95 / r1, 0.95, 1e-6, 0.9], FREQUENCY_HZ
    )
    noise = np.random.default_rng(seed).standard_normal((2, FREQUENCY_HZ.size))
    return z * (1 + 2e-3 * (noise[0] + 1j * noise[1]))


class MeasuredRun:
    """A run whose spectra are written point by point, with the impedance of a pellet."""

    def __init__(self, path):
        self.path, self.number = path, 0
        self.store = Store.open(path)
        run = {"sample_id": self.store.find_or_add_sample(PELLET), "procedure": "p:P", "started_s": 1.0}
        self.run_id = self.store.insert("runs", run)

    def spectrum(self, kelvin, readings_k=None, setpoint_k=None, repeat_of=None):
        """Write a spectrum of the sample at `kelvin`; `readings_k` are what the thermometer said, in turn."""
        about = {"run_id": self.run_id, "number": self.number, "started_s": 1.0, "branch": "heating"}
        about |= {"setpoint_k": setpoint_k, "repeat_of": repeat_of}
        spectrum_id = self.store.insert("spectra", about)
        said_k = [*(readings_k or []), *[None] * FREQUENCY_HZ.size]
        z_ohm = impedance(kelvin, self.number)
        for number, (f, z, reading_k) in enumerate(zip(FREQUENCY_HZ, z_ohm, said_k, strict=False)):
            point = {"spectrum_id": spectrum_id, "number": number, "time_s": 1.0, "frequency_hz": float(f)}
            point |= {"z_real_ohm": float(z.real), "z_imag_ohm": float(z.imag), "temperature_k": reading_k}
            self.store.append("impedance_points", point)
        self.store.flush()
        self.store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 2.0})
        self.number += 1
        return spectrum_id

    def derive(self):
        derive_conductivities(self.store, self.run_id, 2.0)
        derive_fits(self.store, self.run_id, 3.0)

    def rows(self, query):
        with labctl.open(self.path) as db:
            return db.rows(query)

    def conductivities(self):
        return self.rows("SELECT * FROM conductivities ORDER BY spectrum_id")


@pytest.fixture
def run(tmp_path):
    made = MeasuredRun(tmp_path / "lab.db")
    yield made
    made.store.close()
