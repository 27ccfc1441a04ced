"""Kicks the watchdogs inside the controllers of a bench, also while a point of an hour is measured.

The thread belongs to the process that holds the bench: a process that is killed, frozen or ended kicks no
more, and the controller takes the power away. In virtual time there is no thread, and drivers set no
watchdog.
"""

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from labctl.clock import Clock, VirtualClock

log = logging.getLogger(__name__)
KICKS_PER_PERIOD = 4
LOOK_EVERY_S = 0.1
CLOSED_WITHIN_S = 2.0


@contextmanager
def kicked(devices: Iterable[Any], clock: Clock) -> Iterator[None]:
    """Kick every device that has a `kick()` several times in its period while the block lasts."""
    watched = [device for device in devices if hasattr(device, "kick")]
    if not watched or isinstance(clock, VirtualClock):
        yield
        return
    ended = threading.Event()
    threads = [
        threading.Thread(target=_kick_until, args=(device, clock, ended), name="watchdog", daemon=True)
        for device in watched
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(CLOSED_WITHIN_S)


def _kick_until(device: Any, clock: Clock, ended: threading.Event) -> None:
    due_s = clock.monotonic()
    while not ended.wait(LOOK_EVERY_S):
        if clock.monotonic() < due_s:
            continue
        due_s = clock.monotonic() + device.period_s / KICKS_PER_PERIOD
        try:
            device.kick()
        except Exception as error:  # noqa: BLE001 - the next kick may succeed; if none does, it acts
            log.warning("the watchdog of %s was not kicked: %s", device.name, error)
