"""Messages of a supervisor to its service manager: ready, working, stopping (`sd_notify` of systemd).

Datagrams on the socket that `NOTIFY_SOCKET` names. Without that variable nothing is sent.
"""

import logging
import os
import socket
from collections.abc import MutableMapping

log = logging.getLogger(__name__)


class NotifySocket:
    """The service manager's socket. The variable is removed: processes started from here are not the service.

    Parameters
    ----------
    environment : mutable mapping
        Where `NOTIFY_SOCKET` is looked up and removed.
    """

    def __init__(self, environment: MutableMapping[str, str] = os.environ) -> None:
        self._address = environment.pop("NOTIFY_SOCKET", "").replace("@", "\0", 1)
        self._ready = False

    @property
    def given(self) -> bool:
        """Whether a service manager waits for messages."""
        return bool(self._address)

    def look_succeeded(self) -> None:
        """Say that the service works: after each look at the runner that did not fail, and only then."""
        self._send("WATCHDOG=1" if self._ready else "READY=1\nWATCHDOG=1")
        self._ready = True

    def ends(self) -> None:
        """Say that the service is about to end as it was asked to."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address or not hasattr(socket, "AF_UNIX"):
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
                sending.setblocking(False)
                sending.sendto(message.encode(), self._address)
        except OSError as error:
            log.warning("the service manager did not take %r: %s", message, error)


def kept_by_service(environment: MutableMapping[str, str] = os.environ) -> bool:
    """Return whether systemd started this very process as a service; asked before `NotifySocket` is made.

    A process started from a service inherits its variables, so that the number in `SYSTEMD_EXEC_PID` decides,
    where systemd is new enough (248) to write it.
    """
    started = environment.get("SYSTEMD_EXEC_PID")
    if started is None:
        return "NOTIFY_SOCKET" in environment
    return started == str(os.getpid())
