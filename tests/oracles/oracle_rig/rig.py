"""A driver connected to an oracle, with the interface of a simulated rig, for tests of the contract."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyvisa.rname import to_canonical_name

from labctl.clock import RealClock, ScaledClock
from labctl.testing.adapters import RecordingConnection
from labctl.testing.trial import Candidate, Trial, named
from oracle_rig.lines import LINES, Line
from oracle_rig.modbus import ModbusRig
from oracle_rig.processes import LabmcpProcess, LewisProcess, environment
from oracle_rig.table import Oracle
from sim_instruments.wire.faults import ON_HEARING, FaultPlan

Arguments = tuple[str, str]
POLL_S = 0.02
SETTLES_WITHIN_S = 0.1
HEARD_WITHIN_S = ENDS_WITHIN_S = 10.0
TIMEOUT_MS = 1000
OF_A_PSEUDO_TERMINAL = {"data_bits": 8, "parity": 0, "flow_control": 0}


class SkippingClock(ScaledClock):
    """Real time to which sleeping is added without waiting; with `speed` it takes `1 / speed` of the time."""

    def __init__(self, speed: float) -> None:
        super().__init__(1.0)
        self._speed, self._skipped_s = speed, 0.0
        self._waiting = RealClock()

    def monotonic(self) -> float:
        return super().monotonic() + self._skipped_s

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            waited_s = seconds / self._speed if self._speed else 0.0
            self._waiting.sleep(waited_s)
            self._skipped_s += seconds - waited_s


class Labmcp:
    """A labmcp simulator, as the relay uses it."""

    _lines_end = "\n"

    def __init__(self, process: LabmcpProcess, arguments: Arguments, now_s: Callable[[], float]) -> None:
        self._process, self._now_s = process, now_s
        process.begin(*arguments)

    def hear(self, message: str) -> str | None:
        reply = self._process.hear(message, self._now_s())
        return self._lines_end.join(reply) if isinstance(reply, list) else reply

    def truth(self) -> dict[str, Any]:
        return self._process.truth(self._now_s())

    def set_at_panel(self, name: str, value: Any) -> None:
        self._process.set_at_panel(name, value)


class Labmcp2450(Labmcp):
    """With the last reading, which the simulator does not store."""

    def __init__(self, process: LabmcpProcess, arguments: Arguments, now_s: Callable[[], float]) -> None:
        super().__init__(process, arguments, now_s)
        self._stored = ""

    def hear(self, message: str) -> str | None:
        if message == ':READ? "defbuffer1"':
            reading, source = (super().hear(message + ",READ,SOUR") or "").split(",")
            self._stored = f"{reading},0.0,{source}"
            return reading
        if message == ':TRAC:DATA? 1,1,"defbuffer1",READ,REL,SOUR':
            return self._stored
        return super().hear(message)


class LewisJulabo:
    """A Julabo of lewis, as the relay uses it."""

    def __init__(self, process: LewisProcess, arguments: Arguments, now_s: Callable[[], float]) -> None:
        self._process = process
        process.hear(b"OUT_MODE_05 0")

    def hear(self, message: str) -> str | None:
        if message == "STATUS":
            return "03 REMOTE START" if self.truth()["energised"] else "02 REMOTE STOP"
        if message.startswith("OUT_SP_00 -"):
            return None
        return self._process.hear(message.encode()).decode() or None

    def truth(self) -> dict[str, Any]:
        asked = {"energised": b"IN_MODE_05", "setpoint_k": b"IN_SP_00", "temperature_k": b"IN_PV_00"}
        found = {name: float(self._process.hear(question)) for name, question in asked.items()}
        kelvin = {name: value + 273.15 for name, value in found.items() if name.endswith("_k")}
        return kelvin | {"energised": found["energised"] != 0}


class LewisLinkam:
    """A Linkam T95 of lewis, as the relay uses it; a state changes with its next cycle.

    It acknowledges with the text `b''` before the carriage return.
    """

    def __init__(self, process: LewisProcess, arguments: Arguments, now_s: Callable[[], float]) -> None:
        self._process, self._clock = process, RealClock()
        if self.truth()["energised"]:
            self._act("E")

    def hear(self, message: str) -> str | None:
        if message == "T":
            return self._process.hear(b"T").decode("latin-1")
        if message == "E" and not self.truth()["energised"]:
            return ""
        return self._act(message)

    def _act(self, message: str) -> str | None:
        try:
            return self._process.hear(message.encode()).decode("latin-1").removeprefix("b''")
        except TimeoutError:
            return None
        finally:
            self._clock.sleep(SETTLES_WITHIN_S)

    def truth(self) -> dict[str, Any]:
        status = self._process.hear(b"T")
        return {"energised": status[0] != 0x01, "temperature_k": int(status[6:10], 16) / 10 + 273.15}


VOICES: dict[str, Any] = {
    "lakeshore": Labmcp,
    "julabo": Labmcp,
    "keithley": Labmcp,
    "keithley 2450": Labmcp2450,
    "ika": Labmcp,
    "palmsens": Labmcp,
    "lewis julabo": LewisJulabo,
    "lewis linkam_t95": LewisLinkam,
}


class Processes:
    """The oracles that run; each is started once."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, ...], Any] = {}

    def of(self, oracle: Oracle) -> Any:
        """Return the process of an oracle, which must be installed."""
        is_lewis = oracle.distribution == "lewis"
        key = (oracle.distribution, *(oracle.arguments if is_lewis else ()))
        if key not in self._running:
            folder = environment(oracle.distribution)
            assert folder is not None, f"{oracle.distribution} is not installed"
            self._running[key] = (
                LewisProcess(folder, *oracle.arguments, oracle.reply_ends)
                if is_lewis
                else LabmcpProcess(folder)
            )
        return self._running[key]

    def close(self) -> None:
        """End all."""
        while self._running:
            self._running.popitem()[1].close()


RUNNING = Processes()


@dataclass(frozen=True)
class TrueState:
    """The true state of an oracle."""

    rig: "OracleRig"

    @property
    def energised(self) -> bool:
        """Whether a heater, a source or a circulator is on."""
        return self.rig.truth()["energised"]


class OracleRig:
    """One oracle at one address; `sent` has the messages of the driver, each of which the relay hears."""

    visa_library = "@py"

    def __init__(self, oracle: Oracle, clock: SkippingClock, sent: list[str], seed: int = 1) -> None:
        self.oracle, self.clock, self._sent = oracle, clock, sent
        self._heard = 0
        self.faults = FaultPlan(np.random.default_rng(seed))
        name = oracle.arguments[0]
        key = f"lewis {name}" if oracle.distribution == "lewis" else name
        voice = VOICES.get(" ".join(oracle.arguments)) or VOICES[key]
        self.voice = voice(RUNNING.of(oracle), oracle.arguments, clock.monotonic)
        self._stored: dict[tuple[str, str], str] = {}
        self._line: Line = LINES[oracle.line]()
        self.address = self._line.address
        self.instruments = {to_canonical_name(self.address): TrueState(self)}
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._relay, name=oracle.name, daemon=True)
        self._thread.start()

    def truth(self) -> dict[str, Any]:
        """Return the state of the oracle, without the wire, when it has received all messages."""
        self._wait_for_messages()
        with self._lock:
            return self.voice.truth()

    def set_at_panel(self, name: str, value: Any) -> None:
        """Change a setting at the front panel, when the oracle has received all messages."""
        self._wait_for_messages()
        with self._lock:
            self.voice.set_at_panel(name, value)

    def _wait_for_messages(self) -> None:
        gives_up_s = self.clock.monotonic() + HEARD_WITHIN_S
        end = self.oracle.ends.decode()
        due = sum(1 + message.count(end) for message in self._sent)
        while self._heard < due and self.clock.monotonic() < gives_up_s:
            self._ended.wait(POLL_S / 10)
        assert self._heard == due, f"the relay heard {self._heard} of {self._sent}"

    def reply_to(self, message: str) -> str | None:
        """Return the reply to a message, None where there is none."""
        with self._lock:
            parts = message.split(self.oracle.separator) if self.oracle.separator else [message]
            replies = [reply for part in parts if (reply := self._reply_to_one(part.strip())) is not None]
        return self.oracle.separator.join(replies) if replies else None

    def _reply_to_one(self, message: str) -> str | None:
        if re.fullmatch(self.oracle.acts, message) and self._is_refused(message):
            return None
        if message == "*RST":
            self._stored.clear()
        for gap in self.oracle.gaps:
            if change := gap.changed_by(message):
                self._stored[gap.name, change[0]] = change[1]
                return None
            if key := gap.key_asked(message):
                return self._stored.get((gap.name, key), gap.initial)
        return self.voice.hear(message)

    def _is_refused(self, message: str) -> bool:
        return self.faults.strike(ON_HEARING, "", message, self.clock.monotonic()) is not None

    def _relay(self) -> None:
        received = bytearray()
        try:
            while not self._ended.is_set():
                received += self._line.receive(POLL_S)
                while self.oracle.ends in received:
                    message, _, rest = bytes(received).partition(self.oracle.ends)
                    received[:] = rest
                    reply = self.reply_to(message.decode("latin-1"))
                    self._heard += 1
                    if reply is not None:
                        self._line.send(reply.encode("latin-1") + self.oracle.reply_ends)
        except Exception as failure:  # noqa: BLE001 - shown by close(), in the thread of the test
            self.failure = failure

    def close(self) -> None:
        """End the relay; raises the error that ended it before."""
        self._ended.set()
        self._thread.join(ENDS_WITHIN_S)
        if self._thread.is_alive():
            raise RuntimeError(f"the relay of {self.oracle.name} does not end")
        self._line.close()
        if self.failure:
            raise self.failure


@dataclass(frozen=True, eq=False)
class OracleCandidate(Candidate):
    """A driver that is connected to its oracle by pyvisa-py, on a clock that skips pauses."""

    oracle: Any = None

    @contextmanager
    def connected(self, seed: int = 1) -> Iterator[Trial]:
        """Connect to a new oracle; it is left afterwards."""
        served_here = self.oracle.distribution == "pymodbus"
        clock = SkippingClock(0.0 if served_here else RUNNING.of(self.oracle).speed)
        sent: list[str] = []
        rig = (ModbusRig if served_here else OracleRig)(self.oracle, clock, sent, seed)
        connection = None
        try:
            connection = self._connected_to(rig, clock, sent)
            yield Trial(self.driver_class(connection, **self.settings), rig, clock, sent, (connection,))  # type: ignore[arg-type]
        finally:
            if connection is not None:
                connection.connection.close()
            rig.close()

    def _connected_to(
        self, rig: OracleRig | ModbusRig, clock: SkippingClock, sent: list[str]
    ) -> RecordingConnection:
        of = self.driver_class
        settings = of.connection_settings | {"timeout": TIMEOUT_MS}
        if self.oracle.line == "pty":
            settings["asrl"] = settings["asrl"] | OF_A_PSEUDO_TERMINAL
        return RecordingConnection(
            of.__name__,
            rig.address,
            clock,
            sent=sent,
            visa_library=rig.visa_library,
            write_interval_s=of.write_interval_s,
            quiet_after_s=of.quiet_after_s,
            **settings,
        )


def candidate_of(oracle: Oracle) -> OracleCandidate:
    """Return the driver of an oracle, to be connected to it."""
    driver_class = named(oracle.driver, "oracle")
    return OracleCandidate(oracle.driver, driver_class, OracleRig, "", oracle.settings, None, oracle)
