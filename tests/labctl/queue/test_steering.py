"""A request about a running job is held against the limits and the instruments, and refused in words."""

from types import SimpleNamespace

import pytest

from labctl.bench import Limits
from labctl.clock import VirtualClock
from labctl.config.station import read_station
from labctl.measure.events import CurrentMeasured
from labctl.queue.requests import Request
from labctl.queue.steering import Steering

STATION = """
[limits]
temperature_degc = [-273, 3000]
potential_v = 1.0
current_a = 0.1
[instruments.stage]
driver = "drivers.linkam_t95:LinkamT95"
address = "ASRL3::INSTR"
roles = ["oven"]
"""


@pytest.fixture
def answered(tmp_path):
    """Return a function: the answer to a request for new temperatures, and those the procedure was given."""
    (tmp_path / "station.toml").write_text(STATION)

    def ask(temperatures_degc):
        answers, revised = [], []
        request = Request(1, 1, "temperatures", {"temperatures_degc": temperatures_degc}, "Ada", 0.0)
        requests = SimpleNamespace(
            pending=lambda job, claim: [] if answers else [request],
            take=lambda request, outcome, details=None: answers.append(outcome),
        )
        job, pauses = SimpleNamespace(id=1, claims=1), SimpleNamespace(in_force=lambda: None)
        limits = Limits((0.0, 2000.0), 1.0, 0.1)
        steering = Steering(job, requests, pauses, VirtualClock(), limits, lambda: False, 60.0)
        steering.keep_within(limits, read_station(tmp_path / "station.toml").instruments)
        steering.take(SimpleNamespace(revise=lambda step, degc: revised.append(degc)), 0)
        steering._under_way = True
        steering()
        return answers, revised

    return ask


def test_new_temperatures_that_the_oven_reaches_are_obeyed(answered):
    assert answered([500.0]) == (["obeyed"], [[500.0]])


def test_new_temperatures_that_the_oven_cannot_reach_are_refused(answered):
    answers, revised = answered([500.0, 650.0])
    refusal = (
        "stage (drivers.linkam_t95:LinkamT95): set point 650 degC is not possible; possible: -200 to 600 degC"
    )
    assert answers == [f"refused: {refusal}"]
    assert revised == []


@pytest.mark.parametrize(("phase", "waits"), [("rest", True), ("zero before", False), ("zero after", False)])
def test_a_pause_does_not_leave_the_cell_held_at_0_v(phase, waits):
    clock = VirtualClock()
    pauses = SimpleNamespace(in_force=lambda: SimpleNamespace(after="point", reason="", station=""))
    requests = SimpleNamespace(pending=lambda job, claim: [])
    limits = Limits((0.0, 2000.0), 1.0, 0.1)
    steering = Steering(SimpleNamespace(id=1, claims=1), requests, pauses, clock, limits, lambda: False, 60.0)
    steering.take(SimpleNamespace(), 0)
    steering.see(CurrentMeasured(time_s=0.0, elapsed_s=0.0, potential_v=0.0, current_a=0.0, phase=phase))
    before_s = clock.monotonic()
    steering()
    assert (clock.monotonic() > before_s) is waits
