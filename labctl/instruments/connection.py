"""A VISA connection that never lets half an answer through.

pyvisa only warns when a reply ends without its terminator, and `+295.0026` cut to `+295` still parses. Here a
time-out, a truncated reply, bytes that are not text and a lost connection are each an InstrumentError that
names the instrument, the message sent and the reply; the bus is cleared before it is raised.

A serial line cannot discard an answer that is still on its way. What arrives between an answer and
the next question is discarded, and after a time-out the next question waits a while for what comes late.

Every answer has a total deadline: its time-out, counted from the beginning of the read. VISA alone does not
guarantee this. A read of pyvisa-py from a socket goes on as long as bytes keep coming, a read from a serial
line may take twice its time-out, and pyvisa starts another read, with a new time-out, whenever a chunk was
full. On a serial line and a socket bytes are therefore read one by one, each with the time that is left; a
library that does better says so by an attribute `bounds_reads`. GPIB, USB-TMC and VXI-11 transfer whole
messages with a time-out for each transfer. An answer without end is given up at `LONGEST_REPLY_BYTES`.

A socket that the instrument closed during a pause is opened again before the next message is sent. Where the
loss shows only after sending, a question is repeated once; a command never is.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from pymeasure.adapters import VISAAdapter
from pyvisa.constants import StatusCode
from pyvisa.errors import VisaIOError
from pyvisa.resources import MessageBasedResource

from labctl.clock import Clock
from labctl.errors import AnswerTimeout, InstrumentError
from labctl.instruments.sockets import is_closed_by_other_side, only_asks

LATE_ANSWERS_S = 2.0
"""How long a serial line is left alone after an answer that did not come or could not be used."""
ACKNOWLEDGED_WITHIN_S = 0.5
"""How long an acknowledgement is waited for while switching off."""
LONGEST_REPLY_BYTES = 1 << 20
"""The longest answer; E4990A traces have some 64 kB."""
PAUSE_S = 5.0
"""How long a socket is silent before its loss is taken for one that is closed when idle."""
ECHO_HINT = "the line echoes what is sent: give connection = { echo = true } in the station file"
SHOWN_BYTES = 80
"""How much of an answer that cannot be used is shown in the error."""

_ENDED = (StatusCode.success, StatusCode.success_termination_character_read)


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
    quiet_after_opening_s : float
        Silence that the instrument needs after the session was opened, also again.
    settle_s : float
        Silence after opening, for a board that resets when its port is opened.
    echo : bool
        Whether the line returns every message that is sent, as an RS-485 adapter with local echo does; it is
        read and compared.
    questions : str
        See `labctl.instruments.sockets.only_asks`.

    Attributes
    ----------
    deadline_s : float or None
        Time on the monotonic clock at which every exchange ends, set by `until()`.
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
        quiet_after_opening_s: float = 0.0,
        settle_s: float = 0.0,
        echo: bool = False,
        questions: str = "",
        **settings: Any,
    ) -> None:
        self.instrument, self.clock = instrument, clock
        self._write_interval_s, self._quiet_after_s = write_interval_s, dict(quiet_after_s or {})
        self._silent_after_opening_s = max(quiet_after_opening_s, settle_s)
        self._echo, self._questions = echo, questions
        self._quiet_until_s = self._late_until_s = self._exchanged_s = clock.monotonic()
        self._sent: bytes = b""
        self._send_again: Callable[[], None] = lambda: None
        self._after_pause = self._is_cut_off = False
        self.deadline_s: float | None = None
        self._is_urgent = self._skips_answers = False
        self.last_sent = ""
        self._opening = {"resource_name": address, "visa_library": visa_library, **settings}
        self._lost = False
        self._answer_due = False
        self._open()

    def _open(self) -> None:
        try:
            super().__init__(**self._opening | self._limited_opening())
        except Exception as error:  # without its bus a VISA library raises ValueError, or anything
            address = self._opening["resource_name"]
            raise InstrumentError(
                self.instrument, "", "", f"cannot open {address}: {_words(error)}"
            ) from error
        self._lost = False
        opened_s = self.clock.monotonic()
        self._quiet_until_s = max(self._quiet_until_s, opened_s + self._silent_after_opening_s)
        self._timeout_s = self._visa_timeout_s = self.connection.timeout / 1000

    def _limited_opening(self) -> dict[str, Any]:
        """Return how long opening may take, where there is a deadline."""
        if self.deadline_s is None:
            return {}
        return {"open_timeout": max(1, round(1000 * self._until_s(self.deadline_s)))}

    def _until_s(self, monotonic_s: float) -> float:
        """Return how many seconds of VISA are left: real ones, also where the clock is scaled."""
        return (monotonic_s - self.clock.monotonic()) / getattr(self.clock, "factor", 1.0)

    def _in_s(self, seconds: float) -> float:
        """Return the time of the clock in so many seconds of VISA."""
        return self.clock.monotonic() + seconds * getattr(self.clock, "factor", 1.0)

    @contextmanager
    def until(self, monotonic_s: float) -> Iterator[None]:
        """Let every exchange inside end at `monotonic_s` of the clock at the latest.

        What would take longer, also a silence that must be kept first, is an InstrumentError. An inner
        deadline never extends an outer one.
        """
        outer_s = self.deadline_s
        self.deadline_s = monotonic_s if outer_s is None else min(outer_s, monotonic_s)
        try:
            yield
        finally:
            self.deadline_s = outer_s

    @contextmanager
    def urgently(self) -> Iterator[None]:
        """Send messages written inside without waiting for late answers: for switching off.

        An acknowledgement is waited for at most `ACKNOWLEDGED_WITHIN_S`. After a missing one, no other
        is read inside; the messages are still sent. Late answers are waited for after the end.
        """
        self._is_urgent, self._skips_answers = True, False
        try:
            yield
        finally:
            self._is_urgent = self._skips_answers = False

    def _write(self, command: str, **kwargs: Any) -> None:
        self._get_ready()
        self.last_sent = command
        self._sent = (command + (self.connection.write_termination or "")).encode("ascii", "replace")
        self._exchange(lambda: super(Connection, self)._write(command, **kwargs), command)

    def _write_bytes(self, content: bytes, **kwargs: Any) -> None:
        self._get_ready()
        self.last_sent, self._sent = content.hex(" "), content
        self._exchange(lambda: super(Connection, self)._write_bytes(content, **kwargs), "")

    def _exchange(self, send: Callable[[], None], command: str) -> None:
        """Send the message of an exchange, once more if a socket was lost during a pause and it only asks."""
        self._send_again = lambda: self._send_once(send, command)
        self._repeated_once(self._send_again, is_answer=False)

    def _send_once(self, send: Callable[[], None], command: str) -> None:
        self._sent_in_time(send)
        if self._echo:
            self._take_echo()
        self._start_silence(command)

    def _take_echo(self) -> None:
        returned = self._received(len(self._sent), lambda status: False)
        if returned != self._sent:
            raise self.refuse(returned, "this is not the echo that connection = { echo = true } expects")

    def _repeated_once(self, exchange: Callable[[], Any], is_answer: bool = True) -> Any:
        self._is_cut_off = False
        try:
            return exchange()
        except InstrumentError as error:
            may_repeat = self._is_cut_off and self._is_socket and self._after_pause and not error.received
            if not (may_repeat and only_asks(self.last_sent, self._questions)):
                raise
        self._after_pause = False
        self._open()
        self._keep_silence()
        if is_answer:
            self._send_again()
        return exchange()

    def _sent_in_time(self, send: Callable[[], None]) -> None:
        try:
            self._wait_at_most(self._time_left_s())
            send()
            self._wait_at_most(self._timeout_s)
        except (VisaIOError, OSError) as error:
            raise self._failure(error) from error

    def _read(self, **kwargs: Any) -> str:
        more_follows = StatusCode.success_max_count_read
        return self._text(
            self._repeated_once(lambda: self._received(math.inf, lambda status: status != more_follows))
        )

    def _read_bytes(self, count: int, break_on_termchar: bool = False, **kwargs: Any) -> bytes:
        if count < 0 and not break_on_termchar:
            return self._all_that_waits()
        wanted = math.inf if count < 0 else count
        return self._repeated_once(
            lambda: self._received(wanted, lambda status: break_on_termchar and status in _ENDED)
        )

    def _received(self, count: float, is_end: Callable[[StatusCode], bool]) -> bytes:
        """Return `count` bytes, or less where a status `is_end`; the time-out holds for all of them."""
        self._check_open()
        self._answer_due = False
        if self._skips_answers:
            raise self._error("not read: an earlier acknowledgement did not come")
        allowed_s = self._time_left_s()
        end_s = self._in_s(allowed_s)
        received = bytearray()
        try:
            while len(received) < count:
                self._check_other_side(self._until_s(end_s))
                left_s = self._until_s(end_s)
                if left_s <= 0:
                    raise VisaIOError(StatusCode.error_timeout)
                self._wait_at_most(left_s, nearly=bool(received))
                status = self._receive_chunk(received, count)
                if is_end(status):
                    break
                if len(received) > LONGEST_REPLY_BYTES:
                    raise self.refuse(bytes(received), f"no end after {len(received)} bytes")
            self._wait_at_most(self._timeout_s)
        except (VisaIOError, OSError) as error:
            raise self._failure(error, allowed_s, bytes(received)) from error
        except KeyboardInterrupt:
            self.clear()  # the rest of this answer must not confirm that something is off
            raise
        self._exchanged_s, self._after_pause = self.clock.monotonic(), False
        return bytes(received)

    def _check_other_side(self, within_s: float) -> None:
        if self._is_socket and is_closed_by_other_side(self.connection, within_s):
            raise VisaIOError(StatusCode.error_connection_lost)

    def _receive_chunk(self, received: bytearray, count: float) -> StatusCode:
        size = 1 if self._comes_as_a_stream else self.connection.chunk_size
        connection = self.connection
        with connection.ignore_warning(
            StatusCode.success_device_not_present, StatusCode.success_max_count_read
        ):
            chunk, status = connection.visalib.read(connection.session, int(min(size, count - len(received))))
        received += chunk
        return status

    def _all_that_waits(self) -> bytes:
        """Return what has come, until nothing more comes or the time-out of all of it is over."""
        received = bytearray()
        end_s = self._in_s(self._time_left_s())
        while len(received) <= LONGEST_REPLY_BYTES and self.clock.monotonic() <= end_s:
            try:
                self._receive_chunk(received, len(received) + 1)
            except (VisaIOError, OSError):
                break
        return bytes(received)

    @property
    def _comes_as_a_stream(self) -> bool:
        """Whether the library may prolong a read with every byte; then bytes are read one by one."""
        bounds_reads = getattr(self.connection.visalib, "bounds_reads", False)
        return (self._is_serial or self._is_socket) and not bounds_reads

    def _time_left_s(self) -> float:
        """Return the time-out of an exchange that begins now; raises InstrumentError if it is over."""
        limits_s = [self._timeout_s]
        if self._is_urgent:
            limits_s.append(ACKNOWLEDGED_WITHIN_S)
        if self.deadline_s is not None:
            limits_s.append(self._until_s(self.deadline_s))
        if min(limits_s) <= 0:
            raise self._error("no time is left before the deadline")
        return min(limits_s)

    def _wait_at_most(self, seconds: float, nearly: bool = False) -> None:
        """Set the time-out of VISA, unless it is that already.

        `nearly` lets it be a twentieth longer: setting it reconfigures a serial port.
        """
        shortest_s = 0.95 * self._visa_timeout_s if nearly else self._visa_timeout_s - 0.001
        if shortest_s <= seconds <= self._visa_timeout_s or not math.isfinite(seconds):
            return
        self.connection.timeout = max(1, math.ceil(1000 * seconds))
        self._visa_timeout_s = seconds

    def set_timeout(self, seconds: float) -> None:
        """Let replies take up to `seconds`, also after the connection had to be opened again."""
        self._opening["timeout"] = int(1000 * seconds)
        if not self._lost:
            self.connection.timeout = self._opening["timeout"]
            self._timeout_s = self._visa_timeout_s = seconds

    def _check_open(self) -> None:
        if self._lost:
            raise self._error("the connection is closed")

    def _error(
        self, problem: str, received: bytes = b"", kind: type[InstrumentError] = InstrumentError
    ) -> InstrumentError:
        text = received[:SHOWN_BYTES].decode("ascii", "backslashreplace")
        return kind(self.instrument, self.last_sent, text, problem)

    def _text(self, raw: bytes) -> str:
        termination = (self.connection.read_termination or "").encode()
        if len(self.last_sent) > 1 and raw.startswith(self._sent) and (self._is_serial or self._is_socket):
            raise self.refuse(raw, ECHO_HINT)
        if not raw.endswith(termination):
            raise self.refuse(raw, "the reply was cut before its terminator")
        try:
            return raw[: len(raw) - len(termination)].decode("ascii")
        except UnicodeDecodeError as error:
            raise self.refuse(raw, "the reply is not text") from error

    def refuse(self, received: bytes | str, problem: str) -> InstrumentError:
        """Clear the bus and return the error that says why a reply cannot be used."""
        self._abandon_answer()
        return self._error(problem, received.encode() if isinstance(received, str) else received)

    def clear(self) -> None:
        """Discard everything under way or unread. An instrument that cannot be cleared will say so next.

        A network socket is closed, and opened again at the next message: a late answer is then lost,
        and pyvisa-py's own clear of a socket never returns once the other side has closed it.
        """
        if self._lost:
            return
        if self._is_socket:
            self.connection.close()
            self._lost = True
            return
        try:
            self.connection.clear()
        except (VisaIOError, NotImplementedError, OSError):
            self._discard_unread()

    def _abandon_answer(self) -> None:
        self.clear()
        self._skips_answers = self._is_urgent
        if self._is_serial:
            self._late_until_s = max(self._late_until_s, self.clock.monotonic() + LATE_ANSWERS_S)

    @property
    def _is_socket(self) -> bool:
        return str(self._opening["resource_name"]).upper().endswith("::SOCKET")

    @property
    def _is_serial(self) -> bool:
        return str(self._opening["resource_name"]).upper().startswith("ASRL")

    def _discard_unread(self) -> None:
        try:
            self.flush_read_buffer()
        except (VisaIOError, NotImplementedError, OSError):
            return

    def _failure(
        self, error: VisaIOError | OSError, waited_s: float = math.nan, received: bytes = b""
    ) -> InstrumentError:
        code = getattr(error, "error_code", StatusCode.error_connection_lost)
        if code == StatusCode.error_timeout:
            waited_s = self._visa_timeout_s if math.isnan(waited_s) else waited_s
            self._abandon_answer()
            return self._error(f"time-out after {waited_s:.3g} s", received, AnswerTimeout)
        self._lost = self._is_cut_off = code == StatusCode.error_connection_lost
        if self._lost:
            with suppress(VisaIOError, OSError):
                self.connection.close()
        return self._error(_words(error), received)

    def _get_ready(self) -> None:
        """Keep the silence the instrument needs; open a lost connection again, to make it safe at least."""
        self._time_left_s()
        now_s = self.clock.monotonic()
        self._after_pause, self._exchanged_s = now_s - self._exchanged_s >= PAUSE_S, now_s
        if self._after_pause and self._is_socket and not self._lost:
            self._close_if_ended()
        if self._lost:
            self._open()
        self._keep_silence()
        if self._is_serial and not self._answer_due:
            self._discard_unread()

    def _close_if_ended(self) -> None:
        """Close a socket that the other side closed: nothing was sent over it since."""
        if is_closed_by_other_side(self.connection):
            self.connection.close()
            self._lost = True

    def _keep_silence(self) -> None:
        until_s = self._quiet_until_s if self._is_urgent else max(self._quiet_until_s, self._late_until_s)
        if self.deadline_s is not None and until_s >= self.deadline_s:
            raise self._error("not sent: the line must stay silent until the deadline")
        self.clock.sleep(max(0.0, until_s - self.clock.monotonic()))

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
