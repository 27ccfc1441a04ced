"""Exchanges that may be repeated are retried; others are not."""

from contextlib import closing

import pytest

from labctl.bench import Bench, BenchCell, CurrentPoint, ImpedancePoint
from labctl.clock import VirtualClock
from labctl.errors import InstrumentError
from labctl.instruments.limits import Limits
from labctl.queue.retry import Patience, patient_bench

LIMITS = Limits(temperature_k=(200.0, 500.0), potential_v=1.0, current_a=0.1)


class Instrument:
    """Oven, analyser and potentiostat in one, failing on demand."""

    name, identity, ramp_rate_k_s = "all in one", "Maker,All,1,1", 0.0

    def __init__(self):
        self.done, self.failures = [], []

    def _do(self, what):
        self.done.append(what)
        if self.failures and self.failures[0] == what:
            self.failures.pop(0)
            raise InstrumentError(self.name, what, "", "no answer")

    @property
    def temperature_k(self):
        self._do("temperature?")
        return 300.0

    @property
    def setpoint_k(self):
        return 300.0

    @setpoint_k.setter
    def setpoint_k(self, value):
        self._do(f"setpoint {value:g}")

    def prepare(self):
        self._do("prepare")

    def make_safe(self):
        self._do("safe")

    def sweep(self, frequencies_hz, amplitude_v, integration_s=1.0, bias_v=0.0):
        try:
            for frequency_hz in frequencies_hz:
                self._do(f"point {frequency_hz:g}")
                yield ImpedancePoint(frequency_hz, 1.0, -1.0, 0.0)
        finally:
            self.done.append("stimulus off")

    def hold(self, potential_v, times_s, current_limit_a):
        try:
            for time_s in times_s:
                self._do(f"hold {time_s:g}")
                yield CurrentPoint(time_s, time_s, potential_v, 1e-6)
        finally:
            self.done.append("cell off")


@pytest.fixture
def instrument():
    return Instrument()


@pytest.fixture
def told():
    return []


@pytest.fixture
def bench(instrument, told):
    roles = dict.fromkeys(("oven", "fra", "potentiostat"), instrument)
    return patient_bench(Bench(VirtualClock(), LIMITS, roles), Patience(3, 2.0), told.append)


def test_one_instrument_of_three_roles_is_still_one(bench):
    assert len(bench.devices) == 1


def test_a_setting_is_written_again_before_the_question_is_repeated(bench, instrument, told):
    bench.oven.setpoint_k = 350.0
    instrument.failures = ["temperature?"]
    assert bench.thermometer.temperature_k == 300.0
    assert instrument.done == ["setpoint 350", "temperature?", "prepare", "setpoint 350", "temperature?"]
    assert told == ["all in one: no answer (sent 'temperature?', no answer); trying again (1 of 3)"]


def test_the_wait_grows_and_the_last_error_is_the_answer(bench, instrument, told):
    instrument.failures = ["temperature?"] * 4
    with pytest.raises(InstrumentError):
        _ = bench.thermometer.temperature_k
    assert bench.clock.monotonic() == 2 + 4 + 6
    assert len(told) == 3


def test_a_spectrum_goes_on_from_the_point_that_failed(bench, instrument):
    instrument.failures = ["point 10"]
    points = list(bench.fra.sweep([100.0, 10.0, 1.0], 0.01))
    assert [point.frequency_hz for point in points] == [100.0, 10.0, 1.0]
    assert [what for what in instrument.done if what.startswith("point")] == [
        "point 100",
        "point 10",
        "point 10",
        "point 1",
    ]


def test_every_point_may_be_tried_as_often(bench, instrument):
    instrument.failures = ["point 10"] * 3 + ["point 1"] * 3
    assert len(list(bench.fra.sweep([10.0, 1.0], 0.01))) == 2


def test_a_spectrum_that_is_left_early_switches_the_stimulus_off(bench, instrument):
    with closing(bench.fra.sweep([10.0, 1.0], 0.01)) as points:
        next(points)
    assert instrument.done[-1] == "stimulus off"


def test_a_polarisation_is_never_resumed(bench, instrument):
    instrument.failures = ["hold 2"]
    with pytest.raises(InstrumentError):
        list(bench.potentiostat.hold(0.01, [1.0, 2.0, 3.0], 1e-3))
    assert instrument.done == ["hold 1", "hold 2", "cell off"]


def test_while_a_cell_is_held_nothing_prepares_the_instrument_anew(bench, instrument):
    instrument.failures = ["point 1"]
    with closing(bench.potentiostat.hold(0.01, [1.0], 1e-3)) as held:
        next(held)
        with pytest.raises(InstrumentError):
            list(bench.fra.sweep([1.0], 0.01, bias_v=0.01))
    assert "prepare" not in instrument.done


def test_after_make_safe_nothing_is_energised_again_by_a_retry(bench, instrument):
    bench.oven.setpoint_k = 350.0
    bench.make_safe()
    instrument.failures = ["temperature?"]
    _ = bench.thermometer.temperature_k
    assert instrument.done.count("setpoint 350") == 1


def test_make_safe_is_tried_again_too(bench, instrument):
    instrument.failures = ["safe", "safe"]
    bench.make_safe()
    assert instrument.done == ["safe"] * 3


class Relays:
    """A switch that fails on demand."""

    name = "relays"

    def __init__(self):
        self.done, self.failures, self._closed = [], [], frozenset()

    def _do(self, what):
        self.done.append(what)
        if self.failures and self.failures[0] == what:
            self.failures.pop(0)
            raise InstrumentError(self.name, what, "", "no answer")

    @property
    def closed_channels(self):
        self._do("closed?")
        return self._closed

    def close(self, channels):
        self._do("close")
        self._closed = frozenset(channels)

    def open_all(self):
        self._do("open")
        self._closed = frozenset()

    def prepare(self):
        self._do("prepare")
        self._closed = frozenset()

    make_safe = open_all


@pytest.fixture
def cells():
    relays, analyser, words = Relays(), Instrument(), []
    one = BenchCell("A", {"fra": analyser, "potentiostat": analyser}, ("1",))
    bench = Bench(VirtualClock(), LIMITS, {"switch": relays}, "rig", cells={"A": one})
    return relays, analyser, patient_bench(bench, Patience(), words.append), words


def test_a_cell_is_connected_again_where_the_switch_did_not_answer(cells):
    relays, _, bench, words = cells
    relays.failures = ["close"]
    with bench.connected("A"):
        assert relays._closed == {"1"}
    assert relays.done == ["close", "prepare", "close", "closed?", "open"]
    assert len(words) == 1


def test_the_read_back_of_a_switch_is_asked_again_and_moves_no_relay(cells):
    relays, _, bench, _ = cells
    with bench.connected("A") as cell_bench:
        relays.done.clear()
        relays.failures = ["closed?"]
        list(cell_bench.fra.sweep([1e3], 0.01))
        assert relays.done == ["closed?", "closed?"]
        assert relays._closed == {"1"}


def test_a_point_of_a_cell_is_measured_again(cells):
    _, analyser, bench, _ = cells
    analyser.failures = ["point 100"]
    with bench.connected("A") as cell_bench:
        points = list(cell_bench.fra.sweep([1000.0, 100.0], 0.01))
    assert [point.frequency_hz for point in points] == [1000.0, 100.0]
    assert "prepare" in analyser.done


def test_the_analyser_of_a_cell_is_made_safe_with_the_bench(cells):
    relays, analyser, bench, _ = cells
    bench.make_safe()
    assert analyser.done == ["safe"]
    assert relays.done == ["open"]
