"""What holds for every driver, whatever the instrument."""

import importlib
import inspect
import math
import pkgutil
import re
from contextlib import suppress
from pathlib import Path

import pytest
from pymeasure.adapters import ProtocolAdapter

import drivers
from drivers.solartron1287 import Solartron1287
from labctl import bench
from labctl.clock import VirtualClock
from labctl.errors import InstrumentError
from labctl.instrument import Channel, Instrument
from labctl.station import read_station

PROJECT = Path(__file__).parents[2]
ROLE_OF = {
    "TemperatureController": "oven",
    "FrequencyResponseAnalyzer": "fra",
    "Potentiostat": "potentiostat",
}
VERBS = ("Control", "Get", "Measure", "Set")


def classes_of(module, base):
    found = vars(module).values()
    return [
        c for c in found if inspect.isclass(c) and issubclass(c, base) and c.__module__ == module.__name__
    ]


MODULES = [importlib.import_module(f"drivers.{info.name}") for info in pkgutil.iter_modules(drivers.__path__)]
DRIVERS = [c for module in MODULES for c in classes_of(module, Instrument) if hasattr(c, "prepare")]
CHANNELS = [c for module in MODULES for c in classes_of(module, Channel)]
every_driver = pytest.mark.parametrize("driver_class", DRIVERS, ids=lambda c: c.__name__)


def protocols_of(driver_class):
    """The roles a driver claims in its own docstring or its bases'."""
    text = "".join(
        base.__doc__ or "" for base in driver_class.__mro__ if base.__module__.startswith("drivers.")
    )
    return [name for name in ROLE_OF if f"labctl.bench.{name}`" in text]


class Silent(ProtocolAdapter):
    """Records what is sent; every read fails."""

    def __init__(self):
        super().__init__([])
        self.clock, self.sent = VirtualClock(), []

    def _write(self, command, **kwargs):
        self.sent.append(command)

    def _write_bytes(self, content, **kwargs):
        self.sent.append(content.hex(" "))

    def _read(self, **kwargs):
        raise InstrumentError("silent", str(self.sent[-1:]), "", "time-out")

    def _read_bytes(self, count, break_on_termchar=False, **kwargs):
        return self._read().encode()


class Dead(Silent):
    """Nothing can be sent either."""

    def _write(self, command, **kwargs):
        super()._write(command)
        raise InstrumentError("dead", command, "", "lost")

    def _write_bytes(self, content, **kwargs):
        super()._write_bytes(content)
        raise InstrumentError("dead", content.hex(" "), "", "lost")


class Babbling(Silent):
    """Answers everything with the same nonsense."""

    def _read(self, **kwargs):
        return "HELLO"

    def _read_bytes(self, count, break_on_termchar=False, **kwargs):
        return (b"HELLO" * (1 + abs(count)))[: max(count, 0)]


def build(driver_class, adapter):
    settings = {}
    if "partner" in inspect.signature(driver_class).parameters:
        from drivers.solartron1260 import Solartron1260

        settings = {"partner": Solartron1260(type(adapter)()), "standard_resistor_ohm": 100.0}
    return driver_class(adapter, **settings)


def test_the_catalogue_holds_every_model_under_every_role_it_claims():
    catalogue = importlib.import_module("drivers.catalogue")
    tables = {
        "TemperatureController": catalogue.TEMPERATURE_CONTROLLERS,
        "FrequencyResponseAnalyzer": catalogue.ANALYZERS,
        "Potentiostat": catalogue.POTENTIOSTATS,
    }
    families = {base for c in DRIVERS for base in c.__mro__[1:]} - {Solartron1287}
    models = [c for c in DRIVERS if c not in families]
    for role, table in tables.items():
        assert set(table) == {c for c in models if role in protocols_of(c)}


def test_there_are_drivers_of_every_role_to_be_checked():
    assert len(DRIVERS) >= 30
    assert {name for c in DRIVERS for name in protocols_of(c)} == set(ROLE_OF)


@every_driver
def test_it_says_which_role_it_has_and_has_all_its_members(driver_class):
    claimed = protocols_of(driver_class)
    assert claimed
    for name in claimed:
        protocol = getattr(bench, name)
        for member in {n for base in protocol.__mro__ for n in vars(base) if not n.startswith("_")}:
            assert hasattr(driver_class, member), member


@every_driver
def test_its_methods_take_what_the_role_says(driver_class):
    for name in protocols_of(driver_class):
        for method, of_role in inspect.getmembers(getattr(bench, name), inspect.isfunction):
            if method.startswith("_"):
                continue
            parameters = inspect.signature(getattr(driver_class, method)).parameters.values()
            wanted = inspect.signature(of_role).parameters.values()
            assert [(p.name, p.default) for p in parameters] == [(p.name, p.default) for p in wanted], method


@pytest.mark.parametrize(
    "driver_class",
    [c for c in DRIVERS if "TemperatureController" in protocols_of(c)],
    ids=lambda c: c.__name__,
)
def test_temperatures_set_points_and_rates_can_be_read_and_the_latter_two_written(driver_class):
    assert inspect.getattr_static(driver_class, "temperature_k").fset is None
    for name in ("setpoint_k", "ramp_rate_k_s"):
        member = inspect.getattr_static(driver_class, name)
        assert member.fget
        assert member.fset


@pytest.mark.parametrize("owner", [*DRIVERS, *CHANNELS], ids=lambda c: c.__name__)
def test_the_manuals_words_are_described_by_what_they_do(owner):
    for base in owner.__mro__:
        if not base.__module__.startswith("drivers."):
            continue
        for name, member in vars(base).items():
            made_by_pymeasure = (
                isinstance(member, property) and "common_base" in member.fget.__code__.co_filename
            )
            if made_by_pymeasure:
                assert member.__doc__.strip().startswith(VERBS), f"{base.__name__}.{name}"


@every_driver
def test_it_says_how_it_is_connected_and_how_fast_it_may_be_asked(driver_class):
    settings = driver_class.connection_settings
    assert settings["timeout"] > 0
    assert {"timeout", "write_termination", "read_termination", "asrl"} >= settings.keys()
    assert driver_class.write_interval_s >= 0
    assert all(seconds > driver_class.write_interval_s for seconds in driver_class.quiet_after_s.values())


@every_driver
def test_constructing_it_sends_nothing(driver_class):
    adapter = Silent()
    build(driver_class, adapter)
    assert adapter.sent == []


@every_driver
def test_another_instrument_at_its_address_is_an_instrument_error(driver_class):
    with pytest.raises(InstrumentError):
        build(driver_class, Babbling()).prepare()


@every_driver
@pytest.mark.parametrize("adapter_class", [Silent, Dead, Babbling])
def test_making_safe_never_believes_an_instrument_that_does_not_confirm(driver_class, adapter_class):
    adapter = adapter_class()
    driver = build(driver_class, adapter)
    for _ in range(2):
        with pytest.raises(InstrumentError):
            driver.make_safe()
    assert adapter.sent


@every_driver
def test_making_a_dead_instrument_safe_tries_as_much_as_making_a_silent_one(driver_class):
    dead, silent = Dead(), Silent()
    for adapter in (dead, silent):
        with suppress(InstrumentError):
            build(driver_class, adapter).make_safe()
    assert set(silent.sent) >= set(dead.sent)
    assert dead.sent[0] == silent.sent[0]


@every_driver
def test_what_is_not_a_number_is_never_sent(driver_class):
    adapter = Silent()
    driver = build(driver_class, adapter)
    attempts = {
        "oven": lambda: setattr(driver, "setpoint_k", math.nan),
        "fra": lambda: list(driver.sweep([1000.0], math.nan)),
        "potentiostat": lambda: list(driver.hold(math.nan, [0.0], 1e-3)),
    }
    for role in (ROLE_OF[name] for name in protocols_of(driver_class)):
        with pytest.raises((ValueError, InstrumentError)):
            attempts[role]()
    assert not [sent for sent in adapter.sent if "nan" in sent.lower()]


@every_driver
def test_a_station_file_can_name_it(driver_class, tmp_path):
    roles = [ROLE_OF[name] for name in protocols_of(driver_class)]
    works_with_another = "partner" in inspect.signature(driver_class).parameters
    extra = 'with = "analyser"\nsettings = { standard_resistor_ohm = 100.0 }\n' if works_with_another else ""
    text = (
        "[limits]\ntemperature_degc = [0, 100]\npotential_v = 1\ncurrent_a = 0.1\n\n[instruments.it]\n"
        f'driver = "{driver_class.__module__}:{driver_class.__name__}"\naddress = "GPIB0::1::INSTR"\n'
        f"roles = {roles}\n{extra}"
    )
    if works_with_another:
        text += (
            '[instruments.analyser]\ndriver = "drivers.solartron1260:Solartron1260"\naddress = "GPIB0::4"\n'
        )
    path = tmp_path / "station.toml"
    path.write_text(text)
    assert read_station(path).roles == set(roles)


@every_driver
def test_what_to_check_on_the_bench_is_written_down(driver_class):
    text = (PROJECT / "docs" / "bench-checks.md").read_text(encoding="utf-8")
    assert re.search(rf"`{driver_class.__name__}`", text), (
        f"{driver_class.__name__} is not in docs/bench-checks.md"
    )


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_no_driver_sleeps_or_reads_a_clock_of_its_own(module):
    source = inspect.getsource(module)
    assert not re.search(r"\btime\.(sleep|time|monotonic)|import time|from time|\.sleep\(", source)
