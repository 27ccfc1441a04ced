"""Make safe without the results file, when it cannot be used at all."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from labctl.config.station import Station
from labctl.errors import ConfigurationError, StoreError
from labctl.queue.station_lock import rescue_lock

log = logging.getLogger(__name__)


@contextmanager
def safe_without_file(station: Station, make_safe: Callable[[], dict[str, str]]) -> Iterator[None]:
    """Make every instrument safe where a StoreError ends the block and no runner holds the station.

    A runner that was killed may have left a heater on, and the file that records it is locked.
    """
    try:
        yield
    except StoreError as error:
        log.error("%s: making every instrument safe without it", error)
        try:
            with rescue_lock(station):
                failures = make_safe()
        except ConfigurationError as held:
            log.error("nothing was touched: %s", held)
        else:
            words = "; ".join(f"NOT SAFE: {name}: {failure}" for name, failure in failures.items())
            log.error(words or "every instrument was made safe")
        raise
