"""Messages on their way: an address that is slow, raises or hangs disturbs nobody else."""

import threading

import pytest

from labctl.clock import VirtualClock
from labctl.queue import outbox
from labctl.queue.outbox import Outboxes


class Service:
    """Records messages; hangs while `gate` is closed, fails with `error`, or refuses."""

    def __init__(self, error=None, takes=True, hangs=False):
        self.messages, self.error, self.takes = [], error, takes
        self.gate = threading.Event()
        if not hangs:
            self.gate.set()
        self.begun = threading.Event()

    def notify(self, title, body):
        self.begun.set()
        self.gate.wait()
        if self.error is not None:
            raise self.error
        self.messages.append(body)
        return self.takes


@pytest.fixture
def hanging():
    service = Service(hangs=True)
    yield service
    service.gate.set()


def test_messages_arrive_in_order_and_an_end_waits_for_them():
    service = Service()
    boxes = Outboxes([("address 1", service)])
    for number in range(5):
        boxes.notify("t", str(number))
    assert boxes.close(60.0) == []
    assert service.messages == list("01234")


def test_an_address_that_hangs_delays_no_other_and_the_end_tells_what_it_did_not_take(hanging):
    good = Service()
    boxes = Outboxes([("address 1", hanging), ("address 2", good)])
    for number in range(3):
        assert boxes.notify("t", str(number))
    assert boxes.close(0.2) == ["3 message(s) to address 1 were not delivered"]
    assert good.messages == list("012")


def test_an_address_that_raises_is_told_once_without_the_text_of_the_error():
    service = Service(error=OSError("mailto://user:secret@host"))
    boxes = Outboxes([("address 1 (mailto:...)", service)])
    boxes.notify("t", "one")
    boxes.notify("t", "two")
    _until_idle(boxes)
    assert boxes.news() == ["address 1 (mailto:...) failed (OSError): messages to it are not delivered"]
    assert boxes.news() == []
    service.error = None
    boxes.notify("t", "three")
    _until_idle(boxes)
    assert boxes.news() == ["address 1 (mailto:...) takes messages again; 2 were not delivered"]


def test_an_address_that_refuses_a_message_is_told():
    boxes = Outboxes([("address 1", Service(takes=False))])
    boxes.notify("t", "one")
    assert boxes.close(60.0) == ["1 message(s) to address 1 were not delivered"]
    assert boxes.news() == ["address 1 did not take a message: messages to it are not delivered"]


def test_an_address_that_hangs_is_called_stuck_and_no_longer_busy(hanging):
    clock = VirtualClock()
    boxes = Outboxes([("address 1", hanging)], clock)
    boxes.notify("t", "one")
    assert hanging.begun.wait(60)
    assert boxes.busy
    assert boxes.news() == []
    clock.sleep(outbox.STUCK_AFTER_S + 1)
    assert not boxes.busy
    assert boxes.news() == ["address 1 has not answered for 120 s: messages to it are not delivered"]


def test_no_more_than_so_many_messages_wait(hanging, monkeypatch):
    monkeypatch.setattr(outbox, "MOST_WAITING", 2)
    boxes = Outboxes([("address 1", hanging)])
    boxes.notify("t", "0")
    assert hanging.begun.wait(60)
    for number in range(1, 6):
        boxes.notify("t", str(number))
    hanging.gate.set()
    assert boxes.close(60.0) == ["3 message(s) to address 1 were not delivered"]
    assert hanging.messages == list("012")


def _until_idle(boxes):
    while boxes.busy:
        threading.Event().wait(0.001)
