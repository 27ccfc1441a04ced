import threading
import time

import pytest

from labctl.clock import RealClock, ScaledClock, VirtualClock, steady


def test_a_virtual_night_passes_at_once():
    clock = VirtualClock(epoch_s=1000.0)
    clock.sleep(12 * 3600)
    assert clock.monotonic() == 43200
    assert clock.time() == 44200


def test_a_negative_sleep_does_not_turn_time_back():
    clock = VirtualClock()
    clock.sleep(5)
    clock.sleep(-3)
    assert clock.monotonic() == 5


def night_of_three_threads() -> list[tuple[float, str]]:
    clock, trace = VirtualClock(), []

    def worker(name: str, period_s: float):
        def run() -> None:
            for _ in range(20):
                clock.sleep(period_s)
                trace.append((clock.monotonic(), name))

        return run

    with clock.participant():
        threads = [clock.start_thread(worker(n, p)) for n, p in [("a", 1.0), ("b", 1.5), ("c", 3.0)]]
        clock.sleep(100)
    for thread in threads:
        thread.join(timeout=10)
    return trace


def test_several_threads_interleave_the_same_way_every_time():
    first = night_of_three_threads()
    assert len(first) == 60
    assert [t for t, _ in first] == sorted(t for t, _ in first)
    assert all(night_of_three_threads() == first for _ in range(20))


def test_waiters_of_a_clock_lock_do_not_hold_time():
    clock, trace = VirtualClock(), []
    bus = clock.lock()

    def talk(name: str):
        def run() -> None:
            for _ in range(3):
                with bus, bus:
                    clock.sleep(1.0)
                    trace.append((clock.monotonic(), name))

        return run

    with clock.participant():
        threads = [clock.start_thread(talk(n)) for n in "ab"]
        clock.sleep(50)
    for thread in threads:
        thread.join(timeout=10)
    assert [t for t, _ in trace] == [1, 2, 3, 4, 5, 6]
    assert "".join(n for _, n in trace) == "ababab"


def test_a_released_participant_lets_time_pass():
    clock, done = VirtualClock(), threading.Event()

    def sleeper() -> None:
        clock.sleep(60)
        done.set()

    with clock.participant():
        clock.start_thread(sleeper)
        with clock.released():
            assert done.wait(timeout=10)
        assert clock.monotonic() == 60


def test_a_jump_of_the_system_clock_leaves_monotonic_alone():
    clock = VirtualClock(epoch_s=0.0)
    clock.jump(-3600)
    assert clock.time() == -3600
    assert clock.monotonic() == 0


@pytest.mark.parametrize("step_s", [3600.0, -86400.0])
def test_a_steady_clock_counts_on_when_the_system_clock_is_set(step_s):
    clock = VirtualClock(epoch_s=100.0)
    seen = steady(clock)
    clock.sleep(10)
    clock.jump(step_s)
    seen.sleep(5)
    assert (seen.time(), seen.monotonic()) == (115.0, 15.0)
    assert seen.set_by_s() == step_s
    assert steady(seen) is seen


def test_a_steady_real_clock_counts_on_when_the_system_clock_is_set(monkeypatch):
    seen = steady(RealClock())
    before_s = seen.time()
    monkeypatch.setattr(time, "time", lambda: before_s - 7200.0)
    assert 0 <= seen.time() - before_s < 3600
    assert seen.set_by_s() == pytest.approx(-7200, abs=60)


def test_a_steady_clock_that_slept_goes_on_with_the_time_of_the_wall(monkeypatch):
    if not hasattr(time, "CLOCK_BOOTTIME"):
        pytest.skip("the system does not count the time asleep")
    seen, true = steady(RealClock()), time.clock_gettime
    before_s = seen.time()
    monkeypatch.setattr(time, "clock_gettime", lambda clock: true(clock) + 3600.0)
    monkeypatch.setattr(time, "time", lambda: before_s + 3600.0)
    assert seen.time() - before_s >= 3600
    assert seen.set_by_s() == pytest.approx(0, abs=60)


def test_a_scaled_clock_is_steady_already():
    clock = ScaledClock(10)
    assert steady(clock) is clock


def test_threads_share_the_virtual_time_of_a_steady_clock():
    clock = VirtualClock()
    seen, woke_s = steady(clock), []
    with seen.participant():
        thread = seen.start_thread(lambda: (seen.sleep(3), woke_s.append(clock.monotonic())))
        with seen.lock():
            seen.sleep(5)
    thread.join(timeout=10)
    assert woke_s == [3]


def test_a_scaled_clock_runs_faster_than_the_wall():
    clock, wall = ScaledClock(1000), RealClock()
    clock.sleep(2.0)
    assert clock.monotonic() >= 2.0
    assert clock.monotonic() > wall.monotonic()


@pytest.mark.parametrize("factor", [0, -1, float("nan")])
def test_a_scale_that_is_not_positive_is_refused(factor):
    with pytest.raises(ValueError, match="factor"):
        ScaledClock(factor)
