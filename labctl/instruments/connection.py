"""A VISA connection that never lets half an answer through.

pyvisa only warns when a reply ends without its terminator, and `+295.0026` cut to `+295` still parses. Here a
time-out, a truncated reply, bytes that are not text and a lost connection are each an InstrumentError that
names the instrument, the message sent and the reply; the bus is cleared before it is raised.

A serial line cannot discard an answer that is still on its way. What arrives between an answer and
the next question is discarded, and after a time-out the next question waits a while for what comes late.
"""

from collections.abc import Mapping
from typing import Any

from pymeasure.adapters import VISAAdapter
from pyvisa.constants import StatusCode
from pyvisa.errors import VisaIOError
from pyvisa.resources import MessageBasedResource

from labctl.clock import Clock
from labctl.errors import InstrumentError

LATE_ANSWERS_S = 2.0
"""How long a serial line is left alone after an answer that did not come or could not be used."""


class Connection(VISAAdapter):
    """pymeasure's VISAAdapter, strict and paced.

    Parameters
    ----------
    instrument : str
        Name used in errors.
    address : str
        VISA resource name.
    clock : Clock
        Pauses between messages are taken from it.
    visa_library : str or pyvisa.highlevel.VisaLibraryBase
        `"@py"`, `"@ivi"`, `""` (pyvisa's choice) or a library instance.
    write_interval_s : float
        Silence that the instrument needs after any message.
    quiet_after_s : Mapping[str, float]
        Longer silences, by the exact message that starts them.
    """

    connection: MessageBasedResource  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(
        self,
        instrument: str,
        address: str,
        clock: Clock,
        visa_library: Any = "",
        write_interval_s: float = 0.0,
        quiet_after_s: Mapping[str, float] | None = None,
        **settings: Any,
    ) -> None:
        self.instrument, self.clock = instrument, clock
        self._write_interval_s, self._quiet_after_s = write_interval_s, dict(quiet_after_s or {})
        self._quiet_until_s = clock.monotonic()
        self.last_sent = ""
        self._opening = {"resource_name": address, "visa_library": visa_library, **settings}
        self._lost = False
        self._answer_due = False
        self._open()

    def _open(self) -> None:
        try:
            super().__init__(**self._opening)
        except Exception as error:  # without its bus a VISA library raises ValueError, or anything
            address = self._opening["resource_name"]
            raise InstrumentError(
                self.instrument, "", "", f"cannot open {address}: {_words(error)}"
            ) from error
        self._lost = False

    def _write(self, command: str, **kwargs: Any) -> None:
        self._get_ready()
        self.last_sent = command
        try:
            super()._write(command, **kwargs)
        except (VisaIOError, OSError) as error:
            raise self._failure(error) from error
        self._start_silence(command)

    def _write_bytes(self, content: bytes, **kwargs: Any) -> None:
        self._get_ready()
        self.last_sent = content.hex(" ")
        try:
            super()._write_bytes(content, **kwargs)
        except (VisaIOError, OSError) as error:
            raise self._failure(error) from error
        self._start_silence("")

    def _read(self, **kwargs: Any) -> str:
        self._check_open()
        self._answer_due = False
        try:
            raw = self.connection.read_raw()
        except (VisaIOError, OSError) as error:
            raise self._failure(error) from error
        return self._text(raw)

    def _read_bytes(self, count: int, break_on_termchar: bool = False, **kwargs: Any) -> bytes:
        self._check_open()
        self._answer_due = False
        try:
            return super()._read_bytes(count, break_on_termchar, **kwargs)
        except (VisaIOError, OSError) as error:
            raise self._failure(error) from error

    def set_timeout(self, seconds: float) -> None:
        """Let replies take up to `seconds`, also after the connection had to be opened again."""
        self._opening["timeout"] = int(1000 * seconds)
        if not self._lost:
            self.connection.timeout = self._opening["timeout"]

    def _check_open(self) -> None:
        if self._lost:
            raise InstrumentError(self.instrument, self.last_sent, "", "the connection is closed")

    def _text(self, raw: bytes) -> str:
        termination = (self.connection.read_termination or "").encode()
        if not raw.endswith(termination):
            raise self.refuse(raw, "the reply was cut before its terminator")
        try:
            return raw[: len(raw) - len(termination)].decode("ascii")
        except UnicodeDecodeError as error:
            raise self.refuse(raw, "the reply is not text") from error

    def refuse(self, received: bytes | str, problem: str) -> InstrumentError:
        """Clear the bus and return the error that says why a reply cannot be used."""
        self._abandon_answer()
        text = received.decode("ascii", "backslashreplace") if isinstance(received, bytes) else received
        return InstrumentError(self.instrument, self.last_sent, text, problem)

    def clear(self) -> None:
        """Discard everything under way or unread. An instrument that cannot be cleared will say so next.

        A network socket is closed, and opened again at the next message: a late answer is then lost,
        and pyvisa-py's own clear of a socket never returns once the other side has closed it.
        """
        if self._is_socket:
            self.connection.close()
            self._lost = True
            return
        try:
            self.connection.clear()
        except (VisaIOError, NotImplementedError):
            self._discard_unread()

    def _abandon_answer(self) -> None:
        self.clear()
        if self._is_serial:
            self._quiet_until_s = max(self._quiet_until_s, self.clock.monotonic() + LATE_ANSWERS_S)

    @property
    def _is_socket(self) -> bool:
        return str(self._opening["resource_name"]).upper().endswith("::SOCKET")

    @property
    def _is_serial(self) -> bool:
        return str(self._opening["resource_name"]).upper().startswith("ASRL")

    def _discard_unread(self) -> None:
        try:
            self.flush_read_buffer()
        except (VisaIOError, NotImplementedError):
            return

    def _failure(self, error: VisaIOError | OSError) -> InstrumentError:
        code = getattr(error, "error_code", StatusCode.error_connection_lost)
        if code == StatusCode.error_timeout:
            waited_s = self.connection.timeout / 1000
            self._abandon_answer()
            return InstrumentError(self.instrument, self.last_sent, "", f"time-out after {waited_s:g} s")
        self._lost = code == StatusCode.error_connection_lost
        return InstrumentError(self.instrument, self.last_sent, "", _words(error))

    def _get_ready(self) -> None:
        """Keep the silence the instrument needs; open a lost connection again, to make it safe at least."""
        if self._lost:
            self._open()
        self.clock.sleep(max(0.0, self._quiet_until_s - self.clock.monotonic()))
        if self._is_serial and not self._answer_due:
            self._discard_unread()

    def _start_silence(self, command: str) -> None:
        self._answer_due = True
        silence_s = self._quiet_after_s.get(command, self._write_interval_s)
        self._quiet_until_s = self.clock.monotonic() + silence_s


def _words(error: Exception) -> str:
    """Return what went wrong in one line; of a traceback that a VISA library made part of it, the last."""
    text = " ".join(str(getattr(error, "description", "") or error).split())
    said, _, traceback = text.partition("'Traceback")
    lines = [line for line in traceback.split("\\n") if line.strip(" '")]
    return " ".join([said.strip(), *lines[-1:]])
