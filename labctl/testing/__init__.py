"""pytest fixtures for a laboratory's own tests: a whole simulated rig in virtual time.

Installed with labctl as a pytest plugin. A test uses `rig` (instruments connected, nothing energised) or
`station` (the file that describes it); `@pytest.mark.labctl_rig(material=..., replay=..., seed=...)` chooses
the sample in the oven, with the options of `sim_instruments.rig.build`.

`pytest --labctl-driver module:Class --labctl-rig RIG` tests any driver against the contract: see
`labctl.testing.contract`, `labctl.testing.faults`, and `labctl.testing.trial` for the kinds of RIG.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from labctl.bench import Bench
from labctl.clock import Clock, VirtualClock
from labctl.config.station import Station, read_station
from labctl.errors import ConfigurationError

STATION = """\
name = "simulated rig"

[limits]
temperature_degc = [-50, 250]
potential_v = 2.0
current_a = 0.1

[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]

[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]

[simulation]
"""


@dataclass(frozen=True)
class SimulatedRig:
    """A connected bench and the true state of its simulated rig.

    Attributes
    ----------
    bench : Bench
        The bench as passed to a procedure.
    clock : Clock
        A virtual clock: a night takes seconds.
    world : object
        True state of oven and cell (`world.oven`, `world.cell`).
    faults : object
        `faults.add("timeout", instrument=..., command=...)` and the `log` of injected faults.
    instruments : dict
        Address to simulated instrument, with its true state.
    """

    bench: Bench
    clock: Clock
    world: Any
    faults: Any
    instruments: dict[str, Any]


class RigKeeper:
    """Wraps the builder of a station's rig, so that a test can access the rig."""

    def __init__(self, build: Any) -> None:
        self._build = build
        self.rig: Any = None

    def __call__(self, clock: Clock, **options: Any) -> Any:
        """Build the rig and keep it."""
        self.rig = self._build(clock, **options)
        return self.rig


def watched(station: Station) -> tuple[Station, RigKeeper]:
    """Return the station with its rig's builder wrapped: after `open()`, `keeper.rig` is the rig."""
    if station.simulation is None:
        raise ValueError(f"{station.source} is not simulated")
    keeper = RigKeeper(station.simulation.build)
    return replace(station, simulation=replace(station.simulation, build=keeper)), keeper


HERE = Path(__file__).parent
SUITE = (HERE / "contract.py", HERE / "declarations.py", HERE / "faults.py")
CANDIDATE: pytest.StashKey[Any] = pytest.StashKey()
pytest.register_assert_rewrite(
    "labctl.testing.contract", "labctl.testing.declarations", "labctl.testing.faults"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that choose the driver under test."""
    group = parser.getgroup("labctl", "labctl: test an instrument's driver against the contract")
    group.addoption("--labctl-driver", metavar="MODULE:CLASS", help="the driver")
    group.addoption(
        "--labctl-rig",
        metavar="RIG",
        default="",
        help="its stand-in: a YAML file of pyvisa-sim, a station file, or module:build",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; collect the suite if a driver is given."""
    config.addinivalue_line("markers", "labctl_rig(**options): options of the simulated rig")
    config.addinivalue_line("markers", "labctl_role(*roles): a rule for drivers of these roles")
    reference = config.getoption("--labctl-driver")
    if reference:
        config.stash[CANDIDATE] = _find(reference, config.getoption("--labctl-rig") or "")
        asked_for = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
        config.args = [*asked_for, *([] if str(HERE) in asked_for else [str(HERE)])]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Collect the suite, independent of the laboratory's naming of test files."""
    if file_path in SUITE and CANDIDATE in parent.config.stash:
        return pytest.Module.from_parent(parent, path=file_path)
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests for roles that the driver does not have."""
    others = [item for item in items if _is_of_another_role(config, item)]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


def _is_of_another_role(config: pytest.Config, item: pytest.Item) -> bool:
    marker = item.get_closest_marker("labctl_role")
    if marker is None:
        return False
    chosen = getattr(getattr(item, "callspec", None), "params", {}).get("candidate")
    chosen = chosen or config.stash.get(CANDIDATE, None)
    return chosen is not None and not set(marker.args) & set(chosen.roles)


def _find(reference: str, rig: str) -> Any:
    from labctl.testing.trial import find_candidate

    try:
        return find_candidate(reference, rig)
    except ConfigurationError as problem:
        raise pytest.UsageError(str(problem)) from problem


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print how many faults were tried."""
    reports = [report for key in ("passed", "failed") for report in terminalreporter.stats.get(key, ())]
    tried = [
        value
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "labctl_cases"
    ]
    if tried:
        terminalreporter.write_line(f"labctl: {sum(tried)} cases of a fault at an exchange were tried")


@pytest.fixture
def candidate(request: pytest.FixtureRequest) -> Any:
    """The driver under test, given by `--labctl-driver`."""
    if CANDIDATE not in request.config.stash:
        pytest.fail("say which driver: --labctl-driver module:Class --labctl-rig RIG")
    return request.config.stash[CANDIDATE]


@pytest.fixture
def station(request: pytest.FixtureRequest, tmp_path: Path) -> Station:
    """A simulated station: Lake Shore 336 and Solartron 1260."""
    marker = request.node.get_closest_marker("labctl_rig")
    options = dict(marker.kwargs) if marker else {}
    seed = options.pop("seed", 1)
    path = tmp_path / "station.toml"
    path.write_text(STATION, encoding="utf-8")
    plain = read_station(path)
    assert plain.simulation is not None
    return replace(plain, simulation=replace(plain.simulation, seed=seed, options=options))


@pytest.fixture
def rig(station: Station) -> Iterator[SimulatedRig]:
    """The instruments of `station`, connected; they are made safe after the test."""
    watched_station, keeper = watched(station)
    clock = VirtualClock()
    with watched_station.open(clock) as bench:
        truth = keeper.rig
        yield SimulatedRig(bench, clock, truth.world, truth.faults, truth.instruments)
