"""Making safe on a served rig: one sick instrument delays nobody but those that share its wire."""

import os
import signal
import threading
from contextlib import suppress
from importlib import import_module

import pytest

from labctl.clock import RealClock, ScaledClock, VirtualClock
from labctl.config.station import read_station
from labctl.errors import InstrumentError, NotMadeSafe
from labctl.instruments.connection import Connection
from labctl.instruments.making_safe import Output, longest_s, make_all_safe, within_s_of
from sim_instruments.rig import build
from sim_instruments.serve import Server
from sim_instruments.stand_ins import DRIVERS, MODELS

CLOCK = RealClock()
SICK_FIRST = {"GPIB0::4::INSTR": "solartron1260", "GPIB0::12::INSTR": "lakeshore336"}
SICK = ["silent", "dripping", "flooding", "cut", "garbage"]
PROMISED_S = 5.0


class Rig:
    """A served rig whose analyser, listed first, hangs on a cable of its own."""

    def __init__(self, folder, server, cables):
        self._analyser, self._oven = server.outlets
        self._instruments = server.rig.instruments
        self.file = folder / "station.toml"
        self.file.write_text(server.station_toml("rig"))
        self.cable, self.oven_cable = cables(self.file, self._analyser.port, self._oven.port)
        self.station = read_station(self.file)

    @property
    def heater_range(self):
        return self._instruments[self._oven.address].heater_range

    @property
    def amplitude_v(self):
        return self._instruments[self._analyser.address].amplitude_v

    def energise(self):
        self._instruments[self._oven.address].set_range(1, 3)
        self._instruments[self._analyser.address].amplitude_v = 0.02


@pytest.fixture
def rig(tmp_path, cables):
    with Server({"seed": 3, "instruments": SICK_FIRST}, ScaledClock(60.0)) as server:
        yield Rig(tmp_path, server, cables)


def seconds_of(action):
    begun_s = CLOCK.monotonic()
    outcome = action()
    return CLOCK.monotonic() - begun_s, outcome


def test_a_healthy_rig_is_read_back_off(rig):
    rig.energise()
    assert rig.station.make_safe() == {}
    assert (rig.heater_range, rig.amplitude_v) == (0, 0)


@pytest.mark.parametrize("sickness", SICK)
def test_a_sick_analyser_that_is_listed_first_does_not_keep_the_heater_on(rig, sickness):
    rig.energise()
    rig.cable.become(sickness)
    took_s, problems = seconds_of(rig.station.make_safe)
    assert rig.heater_range == 0
    assert list(problems) == ["solartron1260"]
    assert took_s < PROMISED_S


@pytest.mark.parametrize("sickness", SICK)
def test_an_instrument_that_falls_ill_while_its_session_is_open_keeps_nothing_else_on(rig, sickness):
    left = []

    def measure():
        with suppress(NotMadeSafe), rig.station.open(on_left=left.append):
            rig.energise()
            rig.cable.become(sickness)
            begun.append(CLOCK.monotonic())

    begun = []
    measure()
    assert CLOCK.monotonic() - begun[0] < PROMISED_S
    assert rig.heater_range == 0
    assert [list(problems) for problems in left] == [["solartron1260"]]


@pytest.mark.parametrize("sickness", SICK)
def test_what_was_sick_is_made_safe_as_soon_as_it_is_well(rig, sickness):
    rig.energise()
    rig.cable.become(sickness)
    assert rig.station.make_safe() != {}
    rig.cable.become("well")
    took_s, problems = seconds_of(rig.station.make_safe)
    assert problems == {}
    assert rig.amplitude_v == 0
    assert took_s < PROMISED_S


def test_a_cut_cable_of_the_oven_is_never_called_safe(rig):
    with (  # noqa: PT012 - the block is what is tested
        pytest.raises(NotMadeSafe, match="lakeshore336") as caught,
        rig.station.open(),
    ):
        rig.energise()
        rig.oven_cable.become("cut")
    assert list(caught.value.problems) == ["lakeshore336"]
    assert rig.heater_range == 3
    assert rig.amplitude_v == 0


def test_after_one_that_cannot_be_opened_the_others_are_made_safe_all_the_same(rig):
    left = []
    rig.energise()
    rig.cable.become("cut")
    with pytest.raises(InstrumentError), rig.station.open(on_left=left.append):
        pass
    assert rig.heater_range == 0
    assert [list(problems) for problems in left] == [["solartron1260"]]


def test_of_every_instrument_that_cannot_be_opened_the_reason_is_its_own(rig):
    left = []
    rig.cable.become("cut")
    rig.oven_cable.become("cut")
    with pytest.raises(InstrumentError), rig.station.open(on_left=left.append):
        pass
    assert list(left[0]) == ["solartron1260", "lakeshore336"]
    assert left[0]["lakeshore336"].startswith("InstrumentError: lakeshore336: ")


class Device:
    """An instrument that notes what it is asked to do, and may wait or fail."""

    def __init__(self, name, asked, waits_for=None, fails=False):
        self.name, self._asked, self._waits_for, self._fails = name, asked, waits_for, fails

    def switch_off(self):
        self._asked.append(f"{self.name} off")

    def make_safe(self):
        self._asked.append(f"{self.name} read back")
        if self._waits_for is not None:
            self._waits_for.wait(60)
        if self._fails:
            raise InstrumentError(self.name, "", "", "still on")


def output(device, *wires, heats=False, within_s=2.0):
    return Output(device.name, lambda: device, heats=heats, wires=frozenset(wires), within_s=within_s)


@pytest.mark.parametrize("clock", [VirtualClock(), CLOCK])
def test_every_off_comes_before_the_first_read_back_and_heaters_come_first(clock):
    asked = []
    analyser, oven = Device("analyser", asked, fails=True), Device("oven", asked)
    states = make_all_safe([output(analyser, "GPIB0"), output(oven, "GPIB0", heats=True)], clock)
    assert asked == ["oven off", "analyser off", "oven read back", "analyser read back"]
    assert [name for name, state in states.items() if state.confirmed] == ["oven"]
    assert states["analyser"].problem == "InstrumentError: analyser: still on"


def test_a_thread_that_is_stuck_is_left_behind_and_its_wire_is_not_confirmed():
    asked, for_ever = [], threading.Event()
    stuck, behind = Device("stuck", asked, waits_for=for_ever), Device("behind", asked)
    other = Device("other", asked)
    outputs = [output(device, "line", within_s=0.1) for device in (stuck, behind)]
    states = make_all_safe([*outputs, output(other)], CLOCK)
    for_ever.set()
    assert [name for name, state in states.items() if state.confirmed] == ["other"]
    assert "not read back off in 0.1 s" in states["behind"].problem
    assert "behind read back" not in asked


def test_without_memory_for_a_thread_the_wires_take_turns_and_heaters_come_first(rig, monkeypatch):
    start = threading.Thread.start

    def start_or_not(thread):
        if thread.name == "labctl make safe":
            raise RuntimeError("can't start new thread")
        start(thread)

    rig.energise()
    rig.cable.become("silent")
    monkeypatch.setattr(threading.Thread, "start", start_or_not)
    asked = []
    analyser, oven = Device("analyser", asked), Device("oven", asked)
    states = make_all_safe([output(analyser), output(oven, heats=True)], CLOCK)
    assert asked == ["oven off", "oven read back", "analyser off", "analyser read back"]
    assert all(state.confirmed for state in states.values())
    assert list(rig.station.make_safe()) == ["solartron1260"]
    assert rig.heater_range == 0


def test_the_next_attempt_closes_the_session_of_a_thread_that_was_left_behind():
    asked, closed = [], threading.Event()
    stuck = Device("stuck", asked, waits_for=closed)
    sick = Output("stuck", lambda: stuck, closed.set, wires=frozenset(["line"]), within_s=0.1)
    assert not make_all_safe([sick], CLOCK)["stuck"].confirmed
    assert not closed.is_set()
    well = Device("well", asked)
    assert make_all_safe([output(well, "line")], CLOCK)["well"].confirmed
    assert closed.is_set()


def test_a_shared_wire_takes_the_sum_and_others_do_not_add_to_it():
    devices = [Device(name, []) for name in "abcd"]
    a, b, c, d = devices
    shared = [output(a, "line"), output(b, "line"), output(c, "other")]
    assert longest_s(shared) == 4.0
    assert longest_s([*shared, output(d, "line", "other")]) == 8.0
    assert longest_s([]) == 0.0


SERIAL = "ASRL1::INSTR"


@pytest.mark.parametrize("model", [model for model, (driver, _) in DRIVERS.items() if driver])
def test_every_driver_switches_off_and_reads_back_within_its_time(model):
    """Only the silences that the instrument needs take time here; the rest of its time is for the line."""
    module, _, name = DRIVERS[model][0].partition(":")
    driver_class, clock = getattr(import_module(module), name), VirtualClock()
    if not hasattr(driver_class, "make_safe"):
        assert hasattr(driver_class, "kick"), "only a watchdog has no output"
        return
    rig = build(clock, seed=1, instruments={SERIAL: model})
    silences = ("write_interval_s", "quiet_after_s", "quiet_after_opening_s")
    pace = {name: getattr(driver_class, name) for name in silences}
    settings = {**pace, **driver_class.connection_settings}
    connection = Connection("it", SERIAL, clock, rig.visa_library, **settings)
    driver = driver_class(connection, **MODELS[model].settings)
    driver.prepare()
    begun_s = clock.monotonic()
    driver.switch_off()
    driver.make_safe()
    assert clock.monotonic() - begun_s <= 0.7 * within_s_of(driver_class)
    rig.close()


@pytest.mark.skipif(os.name != "posix", reason="raises a signal of POSIX")
def test_a_signal_during_it_is_answered_in_words_and_comes_afterwards(capfd):
    asked = []

    class Interrupted(Device):
        def make_safe(self):
            os.kill(os.getpid(), signal.SIGINT)
            CLOCK.sleep(0.2)
            super().make_safe()

    device = Interrupted("oven", asked)
    with pytest.raises(KeyboardInterrupt):
        make_all_safe([output(device)], CLOCK)
    assert asked == ["oven off", "oven read back"]
    assert "SIGINT: the instruments are being made safe" in capfd.readouterr().err
