import logging
from contextlib import closing

import pytest

from labctl.clock import RealClock, ScaledClock, VirtualClock
from labctl.config.station import read_station
from labctl.errors import ConfigurationError
from labctl.measure.stop import StopRequest
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.supervisor import Supervisor
from labctl.queue.watchdog import Kicker
from sim_instruments.serve import Server

LIMITS = "[limits]\ntemperature_degc = [0, 100]\npotential_v = 1\ncurrent_a = 0.1\n"
OVEN = """
[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "{oven}"
roles = ["oven"]
"""
WATCHDOG = """
[instruments.relay]
driver = "drivers.relay_watchdog:RelayWatchdog"
address = "{relay}"
roles = ["watchdog"]
settings = {{ period_s = 30 }}
"""


def station(folder, text, **addresses):
    path = folder / "station.toml"
    given = {"oven": "GPIB0::12::INSTR", "relay": "ASRL9::INSTR", **addresses}
    path.write_text(LIMITS + text.format(**given), encoding="utf-8")
    return read_station(path)


@pytest.fixture
def simulated(tmp_path):
    text = (
        OVEN
        + WATCHDOG
        + """
[simulation.options.instruments]
"GPIB0::12::INSTR" = "lakeshore336"
"ASRL9::INSTR" = "relay_watchdog"
"""
    )
    return station(tmp_path, text)


class Counted:
    """A watchdog whose kicks are counted, in the place of the one of the station."""

    period_s = 30.0

    def __init__(self):
        self.kicks, self.opened, self.failures = 0, 0, []

    def connect(self, clock, stack):
        self.opened += 1
        return self

    def prepare(self):
        pass

    def until(self, monotonic_s):
        return closing(self)

    def close(self):
        pass

    def kick(self):
        if self.failures:
            raise self.failures.pop()
        self.kicks += 1


@pytest.fixture
def watchdog(monkeypatch):
    counted = Counted()
    monkeypatch.setattr(
        "labctl.config.station.Station.connect_watchdog", lambda self, *given: counted.connect(*given)
    )
    return counted


def looks(kicker, clock, seconds, well=True):
    for _ in range(4 * seconds):
        kicker.kick_if(well)
        clock.sleep(0.25)


def test_it_is_kicked_several_times_in_its_period_while_all_is_well(simulated, watchdog):
    clock = VirtualClock()
    looks(Kicker(simulated, clock), clock, 60)
    assert watchdog.opened == 1
    assert watchdog.kicks == pytest.approx(8, abs=1)


def test_it_is_not_kicked_while_something_is_not_well(simulated, watchdog):
    clock = VirtualClock()
    kicker = Kicker(simulated, clock)
    looks(kicker, clock, 60, well=False)
    assert watchdog.kicks == 0
    looks(kicker, clock, 10)
    assert watchdog.kicks > 0


def test_after_any_failure_it_is_opened_and_kicked_again(simulated, watchdog, caplog):
    clock = VirtualClock()
    kicker = Kicker(simulated, clock)
    watchdog.failures = [OSError("gone"), ValueError("nonsense"), RuntimeError("worse")]
    with caplog.at_level(logging.INFO):
        looks(kicker, clock, 30)
    assert watchdog.opened == 4
    assert watchdog.kicks > 0
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_without_a_watchdog_nothing_is_opened(tmp_path, watchdog):
    clock = VirtualClock()
    looks(Kicker(station(tmp_path, OVEN), clock), clock, 10)
    assert watchdog.opened == 0


def test_a_watchdog_that_is_absent_does_not_stop_the_supervisor(tmp_path, caplog):
    text = 'visa_library = "@py"\n' + LIMITS + OVEN + WATCHDOG
    path = tmp_path / "station.toml"
    path.write_text(text.format(oven="GPIB0::12::INSTR", relay="ASRL/dev/no-such::INSTR"), encoding="utf-8")
    kicker = Kicker(read_station(path), RealClock())
    kicker.kick_if(True)
    kicker.close()
    assert "cannot open ASRL/dev/no-such::INSTR" in caplog.text


def test_a_bench_neither_opens_nor_makes_safe_a_watchdog_on_a_wire_of_its_own(simulated):
    with simulated.open() as bench:
        assert set(bench.roles) == {"oven"}
    assert simulated.own_watchdog is not None
    assert [entry.name for entry in simulated.held] == ["oven"]
    assert simulated.make_safe() == {}


def test_a_watchdog_on_the_wire_of_another_instrument_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="'oven'; the supervisor needs a wire of its own"):
        station(tmp_path, OVEN + WATCHDOG, oven="ASRL9::INSTR")


def test_an_oven_of_a_served_rig_loses_its_power_when_the_kicks_end(tmp_path):
    options = {
        "seed": 1,
        "instruments": {"GPIB0::12::INSTR": "lakeshore336", "ASRL9::INSTR": "relay_watchdog"},
    }
    clock = ScaledClock(100)
    with Server(options, clock) as server:
        path = tmp_path / "station.toml"
        path.write_text(server.station_toml(), encoding="utf-8")
        chosen = read_station(path)
        (relay,) = [model for model in server.rig.instruments.values() if hasattr(model, "has_cut")]
        assert chosen.own_watchdog is not None
        kicker = Kicker(chosen, RealClock())
        kicker.kick_if(True)
        assert within(lambda: relay.relays == {1: 1})
        kicker.kick_if(False)
        assert within(lambda: relay.has_cut)
        kicker.close()


def within(condition):
    clock = RealClock()
    end_s = clock.monotonic() + 20
    while not condition() and clock.monotonic() < end_s:
        clock.sleep(0.05)
    return condition()


def test_the_supervisor_kicks_while_nothing_is_unsafe_and_not_while_something_is(
    tmp_path, night, monkeypatch
):
    said = []
    monkeypatch.setattr(Kicker, "kick_if", lambda self, well: said.append(well))
    stop, clock, left_on = StopRequest(), VirtualClock(), {"oven": "silent"}
    chosen, runner = station(tmp_path, OVEN), Heartbeats(night.connection, "runner", "station")
    supervisor = Supervisor(chosen, night.path, stop, make_safe=lambda: left_on, clock=clock)
    with clock.participant():
        thread = clock.start_thread(supervisor.run)
        clock.sleep(5)
        assert set(said) == {True}
        runner.begin()
        runner.mark_unsafe(runner.read(), "oven: silent")
        clock.sleep(1)
        said.clear()
        clock.sleep(5)
        assert set(said) == {False}
        left_on.clear()
        clock.sleep(5)
        assert said[-1] is True
        stop.request("enough")
        with clock.released():
            thread.join(timeout=60)


def test_the_supervisor_does_not_kick_while_another_program_holds_the_instruments_of_a_dead_runner(
    tmp_path, night, monkeypatch
):
    said = []
    monkeypatch.setattr(Kicker, "kick_if", lambda self, well: said.append(well))
    stop, clock = StopRequest(), VirtualClock()
    chosen, runner = station(tmp_path, OVEN), Heartbeats(night.connection, "runner", "station")
    runner.begin()
    with night.connection.transaction() as connection:
        connection.execute("UPDATE heartbeats SET process_birth = 'of a process that has ended'")
    supervisor = Supervisor(chosen, night.path, stop, make_safe=dict, clock=clock)
    with clock.participant():
        with chosen.hold("a check of its instruments"):
            thread = clock.start_thread(supervisor.run)
            clock.sleep(2)
        assert said[-1] is False
        clock.sleep(2)
        assert said[-1] is True
        stop.request("enough")
        with clock.released():
            thread.join(timeout=60)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OVEN + WATCHDOG, "relay, on a wire of its own, kicked by the supervisor"),
        (
            OVEN.replace("lakeshore33x:LakeShore336", "julabo:JulaboPresto"),
            "inside oven, kicked by the process",
        ),
        (OVEN, "hardware watchdog: none"),
    ],
)
def test_a_station_says_which_watchdog_it_has(tmp_path, text, said):
    assert said in station(tmp_path, text).watchdog_words
