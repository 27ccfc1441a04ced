"""A results file with a run of one sample and a continued run of another; places that die or are shared."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

import labctl
from labctl.analysis import parse_circuit
from labctl.archive.place import Place, place_of
from labctl.config.protocol import parse_protocol
from labctl.derive import derive_run
from labctl.queue.jobs import Jobs
from labctl.store import Store
from labctl.store.transactions import WriteConnection

NEEDED = ("pyarrow", "fsspec", "duckdb")
FREQUENCY_HZ = np.logspace(6, 1, 16)
JOB = """
[sample]
name = "two"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [60]
"""


def write_run(store, sample, kelvins=(310.0, 350.0), status="finished", first=0, **about):
    """A run of a pellet with a spectrum at each temperature."""
    row = {"name": sample, "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking", "cation": "Li+"}
    row = {"sample_id": store.find_or_add_sample(row), "procedure": "p:P", "started_s": 1.0} | about
    run_id = store.insert("runs", row)
    for number, kelvin in enumerate(kelvins, first):
        row = {"run_id": run_id, "number": number, "started_s": 1.0, "setpoint_k": kelvin}
        spectrum_id = store.insert("spectra", row)
        r1 = 1e-4 * np.exp(0.6 / 8.617e-5 / kelvin)
        circuit = parse_circuit("p(R1,CPE1)-CPE2")
        z_ohm = circuit.impedance([r1, (1e-10 * r1) ** 0.95 / r1, 0.95, 1e-6, 0.9], FREQUENCY_HZ)
        for place, (f, z) in enumerate(zip(FREQUENCY_HZ, z_ohm, strict=True)):
            point = {"spectrum_id": spectrum_id, "number": place, "time_s": 1.0, "frequency_hz": float(f)}
            point |= {"z_real_ohm": float(z.real), "z_imag_ohm": float(z.imag), "temperature_k": kelvin}
            store.append("impedance_points", point)
        store.flush()
        store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 2.0})
    if status != "running":
        derive_run(store, run_id, 3.0)
        store.update("runs", run_id, {"status": status, "ended_s": 4.0})
    return run_id


@pytest.fixture(scope="session")
def measured(tmp_path_factory):
    """Run 1 of sample `one`; runs 2 and 3 of sample `two`, where 3 continues 2; run 4 of `one` goes on."""
    path = tmp_path_factory.mktemp("archive") / "lab.db"
    Store.open(path).close()
    with WriteConnection(path) as connection:
        job = Jobs(connection).add(parse_protocol(JOB, "p.toml"), station="rig")
    with Store.open(path) as store:
        write_run(store, "one", station="rig a")
        write_run(store, "two", (300.0, 320.0), "interrupted", job_id=job)
        write_run(store, "two", (340.0,), first=2, job_id=job)
        write_run(store, "one", (300.0,), "running")
    return path


@pytest.fixture(autouse=True)
def packages_of_the_archive():
    """Skip where a package of the extra is missing."""
    for name in NEEDED:
        pytest.importorskip(name, reason=f"{name} is not installed")


@pytest.fixture
def lab(measured, tmp_path):
    """A copy of the results file."""
    path = tmp_path / "lab.db"
    path.write_bytes(measured.read_bytes())
    return path


@pytest.fixture
def thicker():
    """Amend the thickness of the sample of a run: its results are derived again."""

    def amend_it(path, run_id, millimetres):
        with labctl.open(path, write=True) as db:
            db.amend(run_id, reason="measured again", person="Ada", thickness_mm=millimetres)

    return amend_it


@pytest.fixture
def place(tmp_path):
    return place_of(tmp_path / "archive")


class Killed(BaseException):
    """The process ended."""


@dataclass(frozen=True)
class InterruptedPlace(Place):
    """A place at which something happens before a step; `before_step` is given the number of each step."""

    before_step: Callable[[int], None]
    steps: list[int]

    def _step(self):
        self.steps.append(0)
        self.before_step(len(self.steps))

    def _rename(self, beside, path):
        self._step()
        super()._rename(beside, path)

    def delete(self, name):
        self._step()
        super().delete(name)


@pytest.fixture
def interrupted_at():
    """Make a place whose process is killed before its step with a number."""

    def make(place, step):
        def kill(number):
            if number == step:
                raise Killed

        return InterruptedPlace(place.address, place.system, place.root, kill, [])

    return make


@pytest.fixture
def beside():
    """Make a place where, before its step with a number, something else is done."""

    def make(place, step, other):
        def act(number):
            if number == step:
                other()

        return InterruptedPlace(place.address, place.system, place.root, act, [])

    return make


@pytest.fixture
def killed():
    return Killed
