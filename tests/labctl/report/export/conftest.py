"""A results file with one run of three spectra, of which the last point of each is not good."""

import math

import numpy as np
import pytest

from labctl.analysis import parse_circuit
from labctl.derive.conductivities import derive_conductivities
from labctl.derive.laws import derive_fits
from labctl.store import Store

NAME = '=cmd|"/c calc"!A1 <script>alert(1)</script>\n\u202epellet 7 \U0001f9ea'
FREQUENCY_HZ = np.logspace(6, 1, 26)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "lab.db"
    rng = np.random.default_rng(1)
    sample = {"name": NAME, "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
    with Store.open(path) as store:
        about = {"sample_id": store.find_or_add_sample(sample), "procedure": "p:P", "started_s": 1.0}
        run_id = store.insert("runs", about)
        for place, kelvin in enumerate((300.0, 320.0, 340.0)):
            measure(store, run_id, place, kelvin, rng)
        store.update("runs", run_id, {"status": "finished", "ended_s": 3.0})
        derive_conductivities(store, run_id, 4.0)
        derive_fits(store, run_id, 4.0)
    return path


def measure(store, run_id, place, kelvin, rng):
    about = {"run_id": run_id, "number": place, "started_s": 1.0, "setpoint_k": kelvin}
    spectrum_id = store.insert("spectra", about)
    r1 = 1e-4 * math.exp(0.6 / 8.617e-5 / kelvin)
    circuit = parse_circuit("p(R1,CPE1)-CPE2")
    z = circuit.impedance([r1, (1e-10 * r1) ** 0.95 / r1, 0.95, 1e-6, 0.9], FREQUENCY_HZ)
    z = z * (1 + 2e-3 * (rng.standard_normal(z.size) + 1j * rng.standard_normal(z.size)))
    for i, (f, value) in enumerate(zip(FREQUENCY_HZ, z, strict=True)):
        point = {"spectrum_id": spectrum_id, "number": i, "time_s": 1.0 + i, "frequency_hz": float(f)}
        point |= {"z_real_ohm": float(value.real), "z_imag_ohm": float(value.imag), "temperature_k": kelvin}
        point |= {"status": "ok" if i < z.size - 1 else "overload"}
        store.append("impedance_points", point)
    store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 2.0})
