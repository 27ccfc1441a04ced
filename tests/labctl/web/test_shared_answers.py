"""Fifty who ask at the same time cost one answer, and an answer is not given for too long."""

import asyncio
import threading

import pytest

from labctl.clock import VirtualClock
from labctl.web.shared_answers import MOST_KEPT, SharedAnswers


@pytest.fixture
def answers():
    clock = VirtualClock()
    shared = SharedAnswers(2.0, clock)
    yield shared, clock
    shared.close()


def test_fifty_at_the_same_time_are_one_answer(answers):
    shared, _ = answers
    calls, go_on = [], threading.Event()

    def slow():
        go_on.wait(10)
        calls.append(0)
        return "page"

    async def ask_all():
        waiting = [asyncio.create_task(shared.of("tonight", slow)) for _ in range(50)]
        await asyncio.sleep(0)
        go_on.set()
        return await asyncio.gather(*waiting)

    assert asyncio.run(ask_all()) == ["page"] * 50
    assert len(calls) == 1


def test_an_answer_is_given_again_for_two_seconds_and_then_made_anew(answers):
    shared, clock = answers
    numbers = iter(range(10))

    def ask():
        return asyncio.run(shared.of("tonight", lambda: next(numbers)))

    assert (ask(), ask()) == (0, 0)
    clock.sleep(1.9)
    assert ask() == 0
    clock.sleep(0.2)
    assert ask() == 1


def test_a_fault_reaches_who_asked(answers):
    shared, _ = answers

    def fail():
        raise ValueError("no such run")

    with pytest.raises(ValueError, match="no such run"):
        asyncio.run(shared.of("run 9", fail))


def test_not_more_than_so_many_answers_are_kept(answers):
    shared, _ = answers
    for number in range(MOST_KEPT + 20):
        assert asyncio.run(shared.of(number, lambda number=number: number)) == number
    assert len(shared._answers) == MOST_KEPT


@pytest.fixture
def figures():
    clock = VirtualClock()
    shared = SharedAnswers(2.0, clock, share=0.1)
    yield shared, clock
    shared.close()


def test_what_took_long_is_kept_for_longer(figures):
    shared, clock = figures
    numbers = iter(range(10))

    def slow():
        clock.sleep(0.5)
        return next(numbers)

    def ask():
        return asyncio.run(shared.of("figure", slow))

    assert ask() == 0
    clock.sleep(4.9)
    assert ask() == 0
    clock.sleep(5.2)
    assert ask() == 1


def test_the_figure_before_is_given_while_the_next_is_drawn_but_not_for_long(figures):
    shared, clock = figures
    go_on = threading.Event()
    assert asyncio.run(shared.of("figure", lambda: "old")) == "old"
    clock.sleep(2.1)
    assert asyncio.run(shared.of("figure", lambda: go_on.wait(10) and "new")) == "old"
    clock.sleep(2.0)
    waiting = shared.begin("figure", lambda: "another")
    assert not waiting.done()
    go_on.set()
    assert waiting.result(10) == "new"


def test_a_fault_is_not_given_in_place_of_the_next_figure(figures):
    shared, clock = figures
    with pytest.raises(ZeroDivisionError):
        asyncio.run(shared.of("figure", lambda: 1 / 0))
    clock.sleep(2.1)
    assert asyncio.run(shared.of("figure", lambda: "drawn")) == "drawn"
