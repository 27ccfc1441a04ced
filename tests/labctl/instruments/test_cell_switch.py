import pytest

from labctl.bench import Bench, BenchCell, Limits
from labctl.clock import VirtualClock
from labctl.errors import ConfigurationError, InstrumentError
from labctl.instruments.cell_switch import CellConnected
from labctl.instruments.making_safe import Output, longest_s, make_all_safe

LIMITS = Limits(temperature_k=(250.0, 400.0), potential_v=0.1, current_a=1e-3)


class Relays:
    """A switch whose relays can be stuck; `done` is what was asked of it, in order."""

    name = "relays"

    def __init__(self, done=None):
        self.done = [] if done is None else done
        self._closed = set()
        self.stuck_closed = set()
        self.stuck_open = set()

    @property
    def closed_channels(self):
        return frozenset((self._closed - self.stuck_open) | self.stuck_closed)

    def close(self, channels):
        self.done.append(("close", tuple(channels)))
        self._closed = set(channels)

    def open_all(self):
        self.done.append(("open",))
        self._closed = set()
        if self.closed_channels:
            raise InstrumentError(self.name, "open", str(self.closed_channels), "not open")

    make_safe = open_all


class Analyser:
    name = "fra"

    def __init__(self, done):
        self.done = done

    def sweep(self, frequencies_hz, amplitude_v, integration_s=1.0, bias_v=0.0):
        self.done.append(("sweep",))
        yield from ()

    def rest(self, times_s):
        self.done.append(("rest",))
        yield from ()

    def hold(self, potential_v, times_s, current_limit_a):
        self.done.append(("hold",))
        yield from ()

    def make_safe(self):
        self.done.append(("fra off",))


class Oven:
    name = "oven"
    temperature_k = 300.0

    def __init__(self, done):
        self.done = done

    def make_safe(self):
        self.done.append(("oven off",))


class Thermometer:
    name = "thermometer"

    def make_safe(self):
        pass

    def __init__(self, temperature_k):
        self.temperature_k = temperature_k


@pytest.fixture
def relays():
    return Relays()


@pytest.fixture
def bench(relays):
    fra = Analyser(relays.done)
    cells = {
        "A": BenchCell(
            "A", {"fra": fra, "potentiostat": fra, "thermometer": Thermometer(301.0)}, ("1", "11")
        ),
        "B": BenchCell("B", {"fra": fra}, ("2",)),
        "C": BenchCell("C", {"fra": Analyser(relays.done)}),
    }
    return Bench(VirtualClock(), LIMITS, {"switch": relays, "oven": Oven(relays.done)}, "rig", cells=cells)


def test_a_cell_is_connected_for_a_block_and_all_is_open_after_it(bench, relays):
    with bench.connected("A") as cell_bench:
        assert relays.closed_channels == {"1", "11"}
        assert cell_bench.thermometer.temperature_k == 301.0
        assert cell_bench.oven.temperature_k == 300.0
    assert relays.closed_channels == frozenset()
    assert relays.done == [("close", ("1", "11")), ("open",)]


def test_a_cell_without_a_thermometer_of_its_own_has_that_of_the_oven(bench):
    assert bench.cell("B").thermometer.temperature_k == 300.0


def test_all_is_opened_after_an_error_inside_the_block(bench, relays):
    with pytest.raises(ZeroDivisionError), bench.connected("A"):
        raise ZeroDivisionError
    assert relays.closed_channels == frozenset()


@pytest.mark.parametrize(
    ("attribute", "found"), [("stuck_open", "answered 'none'"), ("stuck_closed", "answered '1, 11, 2'")]
)
def test_a_stuck_relay_is_found_before_anything_is_measured(bench, relays, attribute, found):
    setattr(relays, attribute, {"1", "11"} if attribute == "stuck_open" else {"2"})
    entered = []
    with pytest.raises(InstrumentError) as error, bench.connected("A"):
        entered.append("A")
    assert entered == []
    assert found in str(error.value)
    assert "cell A needs 1, 11 closed and no others" in str(error.value)
    assert relays.done[-1] == ("open",)


def test_a_relay_that_does_not_open_is_told_when_the_cell_is_left(bench, relays):
    with pytest.raises(InstrumentError, match="cell A cannot be disconnected"), bench.connected("A"):
        relays.stuck_closed = {"1"}


@pytest.mark.parametrize(
    "measure",
    [
        lambda bench: bench.fra.sweep([1e3], 0.01),
        lambda bench: bench.potentiostat.hold(0.01, [0.0], 1e-4),
        lambda bench: bench.potentiostat.rest([0.0]),
    ],
)
def test_the_switch_is_read_back_before_every_measurement(bench, relays, measure):
    with bench.connected("A") as cell_bench:
        list(measure(cell_bench))
        assert relays.done[1:] != []
        measured = list(relays.done)
        relays._closed = {"1"}
        with pytest.raises(InstrumentError, match="cell A needs 1, 11 closed"):
            measure(cell_bench)
        assert relays.done == measured


def test_a_cell_that_is_not_connected_cannot_be_measured(bench, relays):
    with pytest.raises(InstrumentError, match="cell B needs 2 closed"):
        bench.cell("B").fra.sweep([1e3], 0.01)
    assert relays.done == []


def test_lower_limits_of_a_cell_bench_keep_its_read_back(bench):
    lowered = bench.cell("B").within(LIMITS)
    with pytest.raises(InstrumentError, match="cell B needs 2 closed"):
        lowered.fra.sweep([1e3], 0.01)


def test_one_cell_is_connected_at_a_time(bench, relays):
    with bench.connected("A"):
        with pytest.raises(CellConnected, match="cell A is connected"), bench.connected("B"):
            pass
        assert relays.closed_channels == {"1", "11"}
    with bench.connected("B"):
        assert relays.closed_channels == {"2"}


def test_a_cell_that_is_always_connected_needs_no_switch_and_may_share_the_night(bench, relays):
    with bench.connected("A"), bench.connected("C") as cell_bench:
        list(cell_bench.fra.sweep([1e3], 0.01))
    assert relays.done == [("close", ("1", "11")), ("sweep",), ("open",)]


def test_a_cell_that_the_station_does_not_name_is_refused_with_those_it_names(bench):
    with pytest.raises(ConfigurationError, match="cells: A, B, C"):
        bench.cell("D")


def test_the_switch_opens_after_heaters_and_sources_are_off(relays):
    done = relays.done
    outputs = [
        Output("relays", lambda: relays, connects=True, wires=frozenset(["gpib"])),
        Output("fra", lambda: Analyser(done), wires=frozenset(["gpib"])),
        Output("oven", lambda: Oven(done), heats=True, wires=frozenset(["serial"])),
    ]
    states = make_all_safe(outputs, VirtualClock())
    assert done == [("oven off",), ("fra off",), ("open",)]
    assert list(states) == ["relays", "fra", "oven"]
    assert longest_s(outputs) == 4.0  # two wires at the same time, then the switch


def test_a_bench_without_outputs_opens_its_switch_last_as_well(bench, relays):
    bench.make_safe()
    assert relays.done[0] == ("oven off",)
    assert relays.done[-1] == ("open",)
    assert ("fra off",) in relays.done
