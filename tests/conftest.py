import gc
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import labctl
from labctl.clock import VirtualClock
from labctl.config.protocol import parse_protocol
from labctl.config.station import Station, read_station
from labctl.measure.run import StopRequest, run_protocol
from labctl.store import Store
from labctl.testing import watched

# A busy machine is no failure: hypothesis times every example by default, and how long examples take to make.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# A shell without job control starts background jobs deaf to Ctrl-C; so would be all programs of the tests.
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of each test marked `drawn(count)` keep so many of its collected cases, others for each LABCTL_SEED."""
    if os.environ.get("LABCTL_FAULTS") == "all":
        return
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("drawn"):
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    left_out = {item for of_one in cases.values() for item in not_drawn(of_one)}
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def not_drawn(cases: list[pytest.Item]) -> list[pytest.Item]:
    """The cases of one test that are not run with this LABCTL_SEED."""
    (count,) = cases[0].get_closest_marker("drawn").args  # type: ignore[union-attr] - they were chosen by it
    first = count * (int(os.environ.get("LABCTL_SEED", "1")) - 1)
    drawn = {(first + place) % len(cases) for place in range(count)}
    return [case for place, case in enumerate(cases) if place not in drawn]


SET_UP = Path(__file__).parents[1] / ".ci" / "set-up"
FOR_WANT_OF_A_PACKAGE = ("no Qt here", *(f"{name} is not installed" for name in ("git", "Xvfb", "xdotool")))


@cache
def lacking_for_tests() -> str:
    """The sentence of the set-up about what this system lacks for the tests; empty where it lacks nothing."""
    if sys.platform != "linux":
        return ""
    environment = os.environ | {"PYTHON": sys.executable}
    command = [SET_UP, "missing"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def with_the_sentence(report):
    """A skip for want of Qt or of a program, with the command that installs it."""
    if report.skipped and isinstance(report.longrepr, tuple):
        path, line, reason = report.longrepr
        if reason.endswith(FOR_WANT_OF_A_PACKAGE) and lacking_for_tests():
            report.longrepr = (path, line, f"{reason}: {lacking_for_tests()}")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return with_the_sentence((yield))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    return with_the_sentence((yield))


def pytest_collection_finish():
    """Leave the collected tests out of later collections of garbage, which look at every object."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def own_lock_folder(tmp_path_factory):
    """Keep the locks of these tests, and of the processes that they start, from those of this computer."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LABCTL_LOCK_DIR", str(tmp_path_factory.mktemp("locks")))
        yield


SHARED_DATA = Path(__file__).parents[1] / ".." / "shared" / "data"


@pytest.fixture
def shared_data():
    """The folder of measured data beside the project."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the measured data are not beside the project (../shared/data)")
    return SHARED_DATA


PROTOCOL = """\
[sample]
name = "pellet"
thickness_mm = 1.0
thickness_uncertainty_mm = 0.01
diameter_mm = 10.0

[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [60, 80, 100]
frequency_max_hz = 1e6
frequency_min_hz = 10.0
points_per_decade = 8
dwell_min = 10
"""


@pytest.fixture
def protocol_file(tmp_path: Path) -> Path:
    path = tmp_path / "protocol.toml"
    path.write_text(PROTOCOL, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def oxide_pellet() -> Path:
    folder = SHARED_DATA / "oxide_pellet_eis"
    if not folder.is_dir():
        pytest.skip("measured spectra of the oxide pellet are not here (../shared/data/oxide_pellet_eis)")
    return folder


CELL_STATION = """\
name = "cell"

[limits]
temperature_degc = [-50, 250]
potential_v = 1.0
current_a = 0.1

[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]

[instruments.cell]
driver = "drivers.solartron_pair:Solartron1260With1287"
address = "GPIB0::6::INSTR"
roles = ["fra", "potentiostat"]
with = "analyser"
settings = {{ standard_resistor_ohm = {resistor_ohm} }}

[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"

[simulation]
"""


@pytest.fixture
def cell_station_text() -> str:
    """The station file of Lake Shore 336, Solartron 1260 and 1287, for the rig's own cell."""
    return CELL_STATION.format(resistor_ohm=1000.0)


@pytest.fixture
def cell_station(tmp_path: Path):
    """Make a station of Lake Shore 336, Solartron 1260 and 1287 with a symmetric cell of known resistance.

    The room is at 30 degC, where the cell has `ionic_ohm`; `transference_number`, `electronic_share`,
    `interphase` and other entries of the cell are keyword arguments; area 1 cm2, thickness 0.1 mm. With
    `carriers` the cell has these in place of a circuit, see `sim_instruments.rig.build`.
    """

    def make(
        *,
        ionic_ohm: float = 2000.0,
        time_constant_s: float = 400.0,
        electrodes: str = "reversible",
        resistor_ohm: float = 1000.0,
        noise: float = 0.002,
        seed: int = 1,
        carriers: dict[str, Any] | None = None,
        **cell: Any,
    ) -> Station:
        path = tmp_path / "station.toml"
        path.write_text(CELL_STATION.format(resistor_ohm=resistor_ohm), encoding="utf-8")
        station = read_station(path)
        assert station.simulation is not None
        thickness_m, area_m2 = 1e-4, 1e-4
        law = {
            "law": "arrhenius",
            "form": "ln_sigma",
            "conductivity_s_m": thickness_m / (ionic_ohm * area_m2),
            "temperature_k": 303.15,
            "activation_energy_ev": 0.5,
        }
        options = {
            "thickness_m": thickness_m,
            "area_m2": area_m2,
            "electrodes": electrodes,
            "noise_fraction": noise,
            "ambient_k": 303.15,
            "cell": {"law": law, "salt_diffusivity_m2_s": thickness_m**2 / (4 * time_constant_s), **cell},
        }
        if carriers is not None:
            options |= {"carriers": carriers, "cell": {"law": law}}
        simulation = replace(station.simulation, seed=seed, options=options)
        return replace(station, simulation=simulation)

    return make


@pytest.fixture
def measure_cell(tmp_path: Path):
    """Run one procedure on a station in virtual time; return outcome, rig and database path."""

    def measure(
        station: Station,
        parameters: str = "",
        procedure: str = "procedures.bruce_vincent:BruceVincent",
        electrodes: str = "reversible",
        cation: str = "Li+",
        before: Any = None,
        on_event: Any = None,
        stop: Any = None,
        database: str = "lab.db",
    ) -> Any:
        text = CELL_PROTOCOL.format(
            electrodes=electrodes, cation=cation, procedure=procedure, parameters=parameters
        )
        watched_station, keeper = watched(station)
        path = tmp_path / database
        with Store.open(path) as store, watched_station.open(VirtualClock()) as bench:
            rig = keeper.rig  # the check below builds another one
            bench = before(bench, rig) if before else bench
            protocol = parse_protocol(text, "protocol.toml")
            protocol.check_against(watched_station)
            outcomes = run_protocol(protocol, watched_station, bench, store, stop or StopRequest(), on_event)
            cell_on = rig.instruments["GPIB0::6::INSTR"].cell_on
        return Measured(outcomes[-1], cell_on, rig, path)

    return measure


@dataclass(frozen=True)
class Measured:
    outcome: Any
    cell_on: bool
    rig: Any
    path: Path

    def rows(self, query: str) -> list[dict[str, Any]]:
        with labctl.open(self.path) as db:
            return db.rows(query)


CELL_PROTOCOL = """\
[sample]
name = "film"
thickness_mm = 0.1
area_cm2 = 1.0
electrodes = "{electrodes}"
cation = "{cation}"

[[procedure]]
use = "{procedure}"
temperatures_degc = [30]
dwell_min = 0
{parameters}
"""
