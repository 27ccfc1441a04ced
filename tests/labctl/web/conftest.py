"""A results file with a run that has ended and one that goes on, served in this process."""

import asyncio
import math

import numpy as np
import pytest

from labctl.analysis import parse_circuit
from labctl.derive import derive_run
from labctl.store import Store

NAME = '<script>alert("1")</script> pellet'
FREQUENCY_HZ = np.logspace(6, 1, 16)


def write_run(store, kelvins, status):
    sample = {"name": NAME, "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
    about = {"sample_id": store.find_or_add_sample(sample), "procedure": "p:P", "started_s": 1.0}
    run_id = store.insert("runs", about)
    circuit = parse_circuit("p(R1,CPE1)-CPE2")
    for number, kelvin in enumerate(kelvins):
        about = {"run_id": run_id, "number": number, "started_s": 1.0, "setpoint_k": kelvin}
        spectrum_id = store.insert("spectra", about)
        r1 = 1e-4 * math.exp(0.6 / 8.617e-5 / kelvin)
        z_ohm = circuit.impedance([r1, (1e-10 * r1) ** 0.95 / r1, 0.95, 1e-6, 0.9], FREQUENCY_HZ)
        for place, (f, z) in enumerate(zip(FREQUENCY_HZ, z_ohm, strict=True)):
            point = {"spectrum_id": spectrum_id, "number": place, "time_s": 1.0, "frequency_hz": float(f)}
            point |= {"z_real_ohm": float(z.real), "z_imag_ohm": float(z.imag), "temperature_k": kelvin}
            store.append("impedance_points", point)
        store.flush()
        store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 2.0})
    derive_run(store, run_id, 3.0)
    if status != "running":
        store.update("runs", run_id, {"status": status, "ended_s": 4.0})


@pytest.fixture(scope="session")
def measured(tmp_path_factory):
    path = tmp_path_factory.mktemp("web") / "lab.db"
    with Store.open(path) as store:
        write_run(store, (310.0, 350.0), "finished")
        write_run(store, (320.0,), "running")
    return path


@pytest.fixture(autouse=True)
def packages_of_the_web():
    """Skip where a package of the extra is missing."""
    for name in ("datasette", "httpx"):
        pytest.importorskip(name, reason=f"{name} is not installed")


@pytest.fixture
def lab(measured, tmp_path):
    """A copy of the results file."""
    path = tmp_path / "lab.db"
    path.write_bytes(measured.read_bytes())
    return path


@pytest.fixture
def ask():
    """Ask an ASGI application once; return the answer of httpx."""
    httpx = pytest.importorskip("httpx", reason="httpx is not installed")

    def send(app, method, path, **about):
        async def asked():
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8001") as client:
                return await client.request(method, path, **about)

        return asyncio.run(asked())

    return send


@pytest.fixture
def site_of_lab(lab):
    """Make the application of a site over the file."""
    from labctl.web.gate import Rules
    from labctl.web.pages import Rig
    from labctl.web.serving import datasette_of
    from labctl.web.site import Site

    closed = []

    def make(rules=None, safe_token=""):
        rig = Rig(lab, lambda station: 3.0, bool(safe_token))
        site = Site(rig, rules or Rules(), safe_token)
        served = datasette_of(site)
        closed.append((served, site))
        return served.app()

    yield make
    for served, site in closed:
        site.close()
        for database in served.databases.values():
            database.close()
        if served.executor is not None:
            served.executor.shutdown()


@pytest.fixture
def get(site_of_lab, ask):
    """Ask the site for a page."""
    app = site_of_lab()
    return lambda path, **about: ask(app, "GET", path, **about)
