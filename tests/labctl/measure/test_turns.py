"""Several samples in one oven: each has its turn at a temperature before the oven moves."""

import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from labctl.config.protocol import ProcedureEntry, Protocol
from labctl.config.sample import Sample
from labctl.errors import InstrumentError, SettlingTimeout, StoreError
from labctl.instruments.limits import Limits
from labctl.measure import turns
from labctl.measure.own_series import KnownBefore
from labctl.measure.stop import StopRequest
from labctl.measure.turns import Turn, run_in_turns

LIMITS = Limits((200.0, 500.0), 1.0, 0.1)


class Instrument:
    """Anything with a name; counts how often it was made safe."""

    def __init__(self, name):
        self.name, self.safe = name, 0

    def make_safe(self):
        self.safe += 1


@dataclass
class Rig:
    """A bench of cells that notes in `told` what happens."""

    told: list = field(default_factory=list)
    limits: Limits = LIMITS
    of: str = ""
    connected_now: list = field(default_factory=list)
    open_fails: str = ""
    roles: dict = field(
        default_factory=lambda: {name: Instrument(name) for name in ("oven", "switch", "fra", "potentiostat")}
    )

    def cell(self, name):
        return Rig(self.told, of=name, connected_now=self.connected_now, roles=self.roles)

    def within(self, limits, tell):
        return self

    def tell(self, level, kind, message):
        self.told.append((kind, message))

    def make_safe(self):
        self.told.append("all safe")

    @contextmanager
    def connected(self, name):
        assert self.connected_now == [], "one cell at a time"
        self.connected_now.append(name)
        try:
            yield self.cell(name)
        finally:
            self.connected_now.clear()
        if self.open_fails == name:
            raise InstrumentError("switch", "OPEN", "1", "still closed")


class Recording:
    """Notes the events and the end of a run."""

    def __init__(self, cell, told):
        self.cell, self.told, self.run_id, self.end = cell, told, ord(cell), None

    def begin(self, *_):
        self.told.append(f"{self.cell} begins")

    def event(self, level, kind, message):
        self.told.append((self.cell, kind, message))

    def emit(self, topic, record):
        pass

    def keep_metadata(self, procedure):
        pass

    def known_of_cell(self):
        return KnownBefore()

    def conclude(self, status, reason):
        self.told.append(f"{self.cell} ends")
        return status, reason


class Series:
    """A procedure that takes turns: measures at each of its temperatures, and fails where it is told to."""

    temperatures_k = (300.0, 320.0)
    fails: BaseException | None = None
    fails_at_k = 0.0
    says = ""

    def startup(self):
        pass

    def evaluate_metadata(self):
        pass

    def shutdown(self):
        pass

    def turns(self):
        for kelvin in self.temperatures_k:
            yield kelvin
            self.measure(kelvin)

    def execute(self):
        for _ in self.turns():
            pass

    def measure(self, kelvin):
        if self.fails is not None and kelvin == self.fails_at_k:
            raise self.fails
        if self.says:
            logging.getLogger(__name__).info(self.says)
        self.bench.told.append((self.bench.of, kelvin, *self.bench.connected_now))


class WholeOnly(Series):
    """Has an `execute` of its own: it takes no turns."""

    def execute(self):
        self.measure(0.0)


def sample(name):
    return Sample(name, "", "", 1e-3, 0.0, 1e-4, 0.0, "blocking")


class Night:
    """Runs a procedure of each cell; what is set on `procedures` before is as a steered procedure."""

    def __init__(self, cells="AB", kind=Series):
        self.rig, self.stop = Rig(), StopRequest()
        self.procedures = {cell: kind() for cell in cells}
        self.in_cells = {cell: sample(f"pellet {cell}") for cell in cells}

    def run(self):
        cell_of = SimpleNamespace(holding=lambda known: known)
        station = SimpleNamespace(
            cells=dict.fromkeys(self.in_cells, cell_of), of_cell=lambda cell: SimpleNamespace(instruments=())
        )
        entries = {c: Entry(c, self.procedures[c]) for c in self.in_cells}
        protocol = Protocol("", "", "", next(iter(self.in_cells.values())), (), self.in_cells)
        turns = [
            Turn(cell, entry, replace_procedures(protocol, entries), Recording(cell, self.rig.told))
            for cell, entry in entries.items()
        ]
        outcomes = run_in_turns(turns, station, self.rig, self.stop)
        return dict(zip(self.in_cells, outcomes, strict=True))

    @property
    def measured(self):
        return [(cell, kelvin) for cell, kelvin, *_ in (t for t in self.rig.told if is_measured(t))]


def is_measured(told):
    return isinstance(told, tuple) and len(told) == 3 and isinstance(told[1], float)


def replace_procedures(protocol, entries):
    return Protocol("", "", "", protocol.sample, tuple(entries.values()), protocol.in_cells)


@dataclass(frozen=True)
class Entry(ProcedureEntry):
    """An entry that builds a procedure made before."""

    made: object = None

    def __init__(self, cell, made):
        super().__init__(f"x:{cell}", type(made), {}, "")
        object.__setattr__(self, "made", made)

    def build(self):
        return self.made

    def for_cell(self, cell, sample):
        return self


@pytest.fixture(autouse=True)
def entries_are_kept(monkeypatch):
    """`replace` of an entry keeps the procedure made before."""
    real = turns.replace
    monkeypatch.setattr(
        turns, "replace", lambda one, **more: one if isinstance(one, Entry) else real(one, **more)
    )


@pytest.fixture
def night():
    return Night()


def test_every_sample_is_measured_at_a_temperature_before_the_oven_moves(night):
    outcomes = night.run()
    assert night.measured == [("A", 300.0), ("B", 300.0), ("A", 320.0), ("B", 320.0)]
    assert {cell: one.status for cell, one in outcomes.items()} == {"A": "finished", "B": "finished"}


def test_each_is_measured_with_its_own_cell_connected_and_no_other(night):
    night.run()
    assert all(cell == connected for cell, _, connected in filter(is_measured, night.rig.told))


def test_what_a_procedure_logs_in_its_turn_is_an_event_of_its_own_run(night):
    for cell, procedure in night.procedures.items():
        procedure.says = f"arc of {cell}"
    night.run()
    said = [told for told in night.rig.told if isinstance(told, tuple) and told[1] == "procedure"]
    assert said == [(cell, "procedure", f"arc of {cell}") for cell in ("A", "B", "A", "B")]


def test_everything_is_made_safe_before_the_first_run_ends(night):
    night.run()
    told = [one for one in night.rig.told if isinstance(one, str)]
    assert told[-3:] == ["all safe", "A ends", "B ends"]


def test_the_oven_goes_to_the_nearest_temperature_that_is_wanted(night):
    night.procedures["A"].temperatures_k = (300.0, 340.0)
    night.procedures["B"].temperatures_k = (300.0, 320.0, 340.0)
    night.run()
    assert night.measured == [("A", 300.0), ("B", 300.0), ("B", 320.0), ("A", 340.0), ("B", 340.0)]


def test_a_sample_that_fails_is_left_out_and_told_and_the_others_go_on(night):
    night.procedures["A"].fails, night.procedures["A"].fails_at_k = (
        InstrumentError("fra", "", "", "open"),
        300.0,
    )
    outcomes = night.run()
    assert night.measured == [("B", 300.0), ("B", 320.0)]
    assert (outcomes["A"].status, outcomes["B"].status) == ("failed", "finished")
    left_out = [one for one in night.rig.told if one[1:2] == ("sample left out",)]
    assert left_out == [(run, "sample left out", "cell A: InstrumentError: fra: open") for run in "AB"]


def test_a_sample_that_fails_last_is_told_though_all_others_have_ended(night):
    night.procedures["B"].fails, night.procedures["B"].fails_at_k = ValueError("bad"), 320.0
    outcomes = night.run()
    assert (outcomes["A"].status, outcomes["B"].status) == ("finished", "failed")
    assert ("B", "sample left out", "cell B: ValueError: bad") in night.rig.told


def test_a_store_that_takes_no_event_ends_every_run_after_all_is_safe(night, monkeypatch):
    def full(self, level, kind, message):
        raise StoreError("the disk is full")

    monkeypatch.setattr(Recording, "event", full)
    night.procedures["A"].fails, night.procedures["A"].fails_at_k = ValueError("bad"), 300.0
    outcomes = night.run()
    assert [one.status for one in outcomes.values()] == ["failed", "failed"]
    assert [one for one in night.rig.told if isinstance(one, str)][-3:] == ["all safe", "A ends", "B ends"]


def last_check_raises(monkeypatch, failure):
    """Let the check with open channels after the last turn fail."""
    calls, normal = [], Night()
    monkeypatch.setattr(turns, "refuse_connected", lambda *given: calls.append(given))
    normal.run()
    left = list(range(len(calls)))

    def fail_at_the_last(bench, cell):
        left.pop()
        if not left:
            raise failure

    monkeypatch.setattr(turns, "refuse_connected", fail_at_the_last)


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), StoreError("the disk is full"), ValueError("bad")])
def test_whatever_happens_in_the_check_after_the_last_turn_all_is_made_safe_and_every_run_ends(
    night, monkeypatch, failure
):
    last_check_raises(monkeypatch, failure)
    monkeypatch.setattr(Recording, "event", lambda *given: (_ for _ in ()).throw(StoreError("full")))
    with pytest.raises((type(failure), StoreError)):
        night.run()
    assert [one for one in night.rig.told if isinstance(one, str)][-3:] == ["all safe", "A ends", "B ends"]


def test_after_a_request_to_stop_nothing_is_measured_with_open_channels(night, monkeypatch):
    checks = []
    monkeypatch.setattr(turns, "refuse_connected", lambda *given: checks.append(given))
    measure = night.procedures["A"].measure

    def measure_and_stop(kelvin):
        measure(kelvin)
        night.stop.request("enough")

    night.procedures["A"].measure = measure_and_stop
    night.run()
    assert len(checks) <= 1  # the one before the turn of B


def test_the_cell_that_failed_is_left_at_rest(night):
    night.procedures["A"].fails, night.procedures["A"].fails_at_k = ValueError("bad"), 300.0
    night.run()
    assert night.rig.roles["potentiostat"].safe == 1
    assert night.rig.roles["fra"].safe == 1


@pytest.mark.parametrize(
    "failure",
    [
        SettlingTimeout(300.0, 290.0, 10.0, 0.5),
        InstrumentError("oven", "", "", "silent"),
        InstrumentError("switch", "", "", "stuck"),
    ],
)
def test_what_the_samples_share_ends_them_all(night, failure):
    night.procedures["A"].fails, night.procedures["A"].fails_at_k = failure, 300.0
    outcomes = night.run()
    assert night.measured == []
    assert {one.status for one in outcomes.values()} == {"failed"}


def test_a_switch_that_does_not_open_ends_them_all(night):
    night.rig.open_fails = "A"
    outcomes = night.run()
    assert [one.status for one in outcomes.values()] == ["failed", "failed"]
    assert night.measured == []


def test_a_request_to_stop_ends_every_sample_as_aborted(night):
    measure = night.procedures["A"].measure

    def measure_and_stop(kelvin):
        measure(kelvin)
        night.stop.request("enough")

    night.procedures["A"].measure = measure_and_stop
    outcomes = night.run()
    assert night.measured == [("A", 300.0)]
    assert {(one.status, one.reason) for one in outcomes.values()} == {("aborted", "enough")}


def test_a_procedure_with_an_execute_of_its_own_is_run_whole():
    night = Night(kind=WholeOnly)
    night.run()
    assert night.measured == [("A", 0.0), ("B", 0.0)]


def test_a_sample_with_fewer_temperatures_ends_and_the_others_go_on(night):
    night.procedures["A"].temperatures_k = (300.0,)
    outcomes = night.run()
    assert night.measured == [("A", 300.0), ("B", 300.0), ("B", 320.0)]
    assert {one.status for one in outcomes.values()} == {"finished"}


@dataclass(frozen=True)
class Offer:
    """A step that a sample could measure next."""

    temperature_k: float
    gain: float
    hours: float
    settling_hours: float
    reason: str = "narrower"


class Choosing(Series):
    """Chooses its steps: `worth` is the gain at each temperature that is left."""

    chooses_steps, begins_at_k = True, 300.0
    chosen = None

    def turns(self):
        self.worth = dict(self.worth)
        while self.worth:
            self.chosen = self.proposals(300.0)[0]
            yield self.chosen.temperature_k
            self.told.append(self.chosen.reason)
            del self.worth[self.chosen.temperature_k]
            self.measure(self.chosen.temperature_k)

    def proposals(self, here_k):
        settling_h = {kelvin: 0.0 if kelvin == here_k else 1.0 for kelvin in self.worth}
        return [
            Offer(kelvin, gain, settling_h[kelvin] + 0.1, settling_h[kelvin])
            for kelvin, gain in self.worth.items()
        ]


def test_with_chosen_steps_the_oven_moves_for_what_all_samples_learn_there_per_hour():
    night = Night(kind=Choosing)
    for procedure in night.procedures.values():
        procedure.told = []
    night.procedures["A"].worth = {300.0: 0.01, 320.0: 2.0, 340.0: 2.5}
    night.procedures["B"].worth = {300.0: 0.01, 320.0: 2.0, 340.0: 0.1}
    night.run()
    assert night.measured[:2] in ([("A", 320.0), ("B", 320.0)], [("B", 320.0), ("A", 320.0)])
    assert night.measured[2] == ("A", 340.0)
    assert len(night.measured) == len(set(night.measured)) == 6
    assert "most per hour for 2 samples, of 6 steps of 2 samples" in night.procedures["A"].told[0] or (
        "most per hour for 2 samples, of 6 steps of 2 samples" in night.procedures["B"].told[0]
    )
