"""Network sockets that the other side closes; some controllers do this after a pause.

Of a socket of pyvisa-py this can be seen before anything is sent; pyvisa-py itself waits for its whole
time-out. NI's and Keysight's libraries hide their sockets and report the loss themselves.
"""

import re
import select
import socket
from typing import Any

SLICE_S = 0.5  # Windows does not interrupt a select by Ctrl-C
ACTS = re.compile(
    r"\*(TST|OPC|ESR)|ERR|\?ER\b|READ\?|MEAS|INIT|TRIG|EVEN|STAT\w*:(OPER|QUES)\w*\?", re.IGNORECASE
)


def is_closed_by_other_side(resource: Any, within_s: float = 0.0) -> bool:
    """Return whether the other side has closed the socket of a VISA resource.

    Parameters
    ----------
    resource : pyvisa.resources.Resource
    within_s : float
        Wait at most so long, in real seconds, for bytes or for the end of the connection.

    Returns
    -------
    bool
        False where bytes wait to be read, and where the VISA library hides its socket.
    """
    session = getattr(resource.visalib, "sessions", {}).get(resource.session)
    interface = getattr(session, "interface", None)
    if not isinstance(interface, socket.socket):
        return False
    try:
        return _is_readable(interface, within_s) and not interface.recv(1, socket.MSG_PEEK)
    except OSError:
        return True


def _is_readable(interface: socket.socket, within_s: float) -> bool:
    left_s = within_s
    while True:
        readable, _, _ = select.select([interface], [], [], max(0.0, min(left_s, SLICE_S)))
        left_s -= SLICE_S
        if readable or left_s <= 0:
            return bool(readable)


def only_asks(message: str, questions: str = "") -> bool:
    """Return whether a message may be sent twice: it asks, neither measures nor clears a register.

    `questions` is a regular expression for a protocol with questions without a question mark; frames of bytes
    are matched as hexadecimal, such as `01 03 00 01 00 01 d5 ca`.
    """
    if questions and re.fullmatch(questions, message):
        return True
    return all("?" in part and not ACTS.search(part) for part in message.split(";"))
