"""New runners in the place of those that died."""

from labctl.clock import VirtualClock
from labctl.queue.restarts import MOST_PER_HOUR, TRY_AGAIN_S, Restarts


def test_a_runner_that_could_not_be_started_stays_due_and_counts_as_no_death():
    clock, tries, told = VirtualClock(), [], []

    def start():
        tries.append(clock.monotonic())
        if len(tries) <= MOST_PER_HOUR:
            raise PermissionError("lab.runner.log")

    restarts = Restarts(start, clock, lambda *event: told.append(event))
    restarts.due = True
    while restarts.due:
        restarts.start_if_due()
        clock.sleep(TRY_AGAIN_S / 4)
    assert len(tries) == MOST_PER_HOUR + 1
    assert tries[1] - tries[0] == TRY_AGAIN_S
    assert told == []


def test_none_is_started_that_is_not_due():
    started = []
    Restarts(lambda: started.append(1), VirtualClock(), lambda *event: None).start_if_due()
    assert started == []
