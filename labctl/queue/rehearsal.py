"""The whole queue on the simulated rig in virtual time: how long, how near the limits, what would be sent.

The rig stands at the addresses of the station's own instruments, and the station's own drivers talk to it:
every message is the same as to the real instrument. Nothing is stored and nothing real is touched.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, assert_never, cast

from labctl.bench import Bench, Limits
from labctl.clock import VirtualClock
from labctl.config.own_instruments import brings_own_instruments
from labctl.config.protocol import ProcedureEntry, Protocol
from labctl.config.sample import Sample
from labctl.config.stand_ins import stand_ins_of
from labctl.config.station import Simulation, Station
from labctl.errors import ConfigurationError, LabctlError, SettlingTimeout
from labctl.measure.columns import Columns
from labctl.measure.emitted import event_of
from labctl.measure.events import (
    CheckPointMeasured,
    CurrentMeasured,
    Emitted,
    MonitorRead,
    OwnTopic,
    PointMeasured,
    PolarisationEnded,
    PolarisationStarted,
    ProgressMade,
    RowMeasured,
    SpectrumEnded,
    SpectrumStarted,
    StepStarted,
    TemperatureRead,
    ThermalStepEnded,
)
from labctl.measure.own_series import KnownBefore, Place
from labctl.measure.recording import Recording
from labctl.measure.stop import StopRequest
from labctl.measure.turns import Turn, run_in_turns
from labctl.shipped import shipped_module
from labctl.store.electrode_columns import as_columns
from labctl.units import ZERO_CELSIUS_K

RIG = "sim_instruments.rig"
ROOM_K = 295.15
COLDEST_K = 70.0
COLDER_BY_K = 30.0


@dataclass(frozen=True)
class Message:
    """One message to one instrument, at a time since the beginning of the rehearsal."""

    time_s: float
    address: str
    text: str


@dataclass(frozen=True)
class RehearsedJob:
    """A rehearsed protocol. `problem` is `""` where it finished; temperatures in K, amplitudes in V rms.

    `did_not_settle`: the problem is a temperature that the simulated oven did not hold. That says little
    about a real oven with other power and cooling.
    """

    title: str
    duration_s: float
    points: int
    highest_k: float
    highest_potential_v: float
    problem: str
    settings: tuple[Message, ...]
    limits: Limits
    did_not_settle: bool = False


@dataclass(frozen=True)
class Rehearsal:
    """A rehearsed queue."""

    jobs: tuple[RehearsedJob, ...]
    limits_touched: tuple[str, ...]

    @property
    def duration_s(self) -> float:
        """All jobs, one after the other."""
        return sum(job.duration_s for job in self.jobs)


def rehearse(
    protocols: Sequence[Protocol], station: Station, seed: int = 1, oven_k: float | None = None
) -> Rehearsal:
    """Run protocols one after the other on a simulated rig with the instruments of the station.

    Parameters
    ----------
    protocols : sequence of Protocol
    station : Station
    seed : int
        Of all chance in the rig.
    oven_k : float, optional
        Temperature of the oven at the beginning, K; room temperature by default.

    Raises
    ------
    ConfigurationError
        The station has an instrument without a simulator, or forbids a step.
    """
    for protocol in protocols:
        protocol.check_against(station)
    clock = VirtualClock()
    tape, rigs = Tape(clock), Rigs(station, seed, oven_k)
    jobs = tuple(_rehearse_job(protocol, rigs.station_for(protocol, tape), tape) for protocol in protocols)
    return Rehearsal(jobs, tuple(_touched(jobs)))


def cannot_be_rehearsed(protocol: Protocol, station: Station) -> str:
    """Return why no simulated rig can take the place of the instruments of a protocol; `""`: one can."""
    try:
        _refuse_own_instruments(protocol)
        if station.simulation is None:
            stand_ins_of(station)
    except ConfigurationError as reason:
        return str(reason)
    return ""


@dataclass
class Tape:
    """Every message written, as the wire heard it."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    messages: list[Message] = field(default_factory=list)

    def listen(self, library: Any) -> None:
        """Record every message written to any session of a VISA library."""
        write, addresses = library.write, {}

        def noting(session: Any, data: bytes) -> Any:
            opened = library.sessions[session]
            if addresses.get(session, (None, ""))[0] is not opened:
                addresses[session] = (opened, str(opened.parsed))  # costly, and the same for every message
            text = data.decode("ascii", "backslashreplace").strip()
            self.messages.append(Message(self.clock.monotonic(), addresses[session][1], text))
            return write(session, data)

        library.write = noting

    def settings_since(self, begin: int) -> tuple[Message, ...]:
        """The messages from number `begin` on that only ask for something left out."""
        return tuple(message for message in self.messages[begin:] if "?" not in message.text)


@dataclass
class _Watcher:
    """Sums up the events of a procedure for a rehearsal: points, highest temperature and potential."""

    points: int = 0
    highest_k: float = 0.0
    highest_potential_v: float = 0.0

    def emit(self, topic: str, record: Any) -> None:
        """Take an emitted record; a batch counts as one point for each of its rows."""
        if topic != "batch results":
            self.see(event_of(topic, record))
            return
        for row in Columns(()).rows(record):
            self.see(event_of("results", row))

    def see(self, event: Emitted) -> None:
        match event:
            case PointMeasured() | CurrentMeasured() | RowMeasured():
                self.points += 1
                self._at(event.get("temperature_k"))
            case TemperatureRead() | CheckPointMeasured():
                self._at(event.temperature_k)
            case SpectrumStarted():
                self._potential(abs(event.bias_v or 0.0) + math.sqrt(2) * (event.amplitude_v or 0.0))
            case PolarisationStarted():
                self._potential(abs(event.potential_v))
            case SpectrumEnded() | PolarisationEnded() | StepStarted() | ProgressMade() | OwnTopic():
                pass  # nothing to add
            case MonitorRead() | ThermalStepEnded():
                pass  # only the interlocks of a night judge it
            case _:
                assert_never(event)

    def _at(self, temperature_k: float | None) -> None:
        self.highest_k = max(self.highest_k, temperature_k or 0.0)

    def _potential(self, potential_v: float) -> None:
        self.highest_potential_v = max(self.highest_potential_v, potential_v)


def _rehearse_job(protocol: Protocol, station: Station, tape: Tape) -> RehearsedJob:
    clock = tape.clock
    watcher, begin_s, begin = _Watcher(), clock.monotonic(), len(tape.messages)
    problem, did_not_settle, limits = "", False, station.limits
    for sample in protocol.samples:
        limits = sample.within(limits)
    try:
        _refuse_own_instruments(protocol)
        with station.open(clock) as bench:
            for entry in protocol.procedures:
                if entry.cells:
                    _perform_in_turns(entry, protocol, station, bench, watcher)
                else:
                    _perform(entry, bench.within(limits), watcher)
    except LabctlError as error:
        problem, did_not_settle = str(error), isinstance(error, SettlingTimeout | _DidNotSettle)
    except Exception as error:  # noqa: BLE001 - a rehearsal is for finding mistakes of procedures too
        problem = f"{type(error).__name__}: {error}"
    duration_s = clock.monotonic() - begin_s
    seen = (watcher.points, watcher.highest_k, watcher.highest_potential_v)
    settings = tape.settings_since(begin)
    return RehearsedJob(protocol.title, duration_s, *seen, problem, settings, limits, did_not_settle)


def _refuse_own_instruments(protocol: Protocol) -> None:
    """A procedure that opens instruments itself would open the real ones."""
    for entry in protocol.procedures:
        if brings_own_instruments(entry.procedure_class):
            problem = f"{entry.reference} opens its own instruments: it cannot be rehearsed"
            raise ConfigurationError(protocol.source, f"{entry.where}use", problem)


def _perform(entry: ProcedureEntry, bench: Bench, watcher: _Watcher) -> None:
    procedure = entry.build()
    procedure.bench, procedure.emit, procedure.should_stop = bench, watcher.emit, lambda: False
    procedure.is_last = lambda: False
    try:
        procedure.startup()
        procedure.execute()
    finally:
        procedure.shutdown()
        bench.make_safe()


def _perform_in_turns(
    entry: ProcedureEntry, protocol: Protocol, station: Station, bench: Bench, watcher: _Watcher
) -> None:
    """Perform a procedure on the samples of several cells; raises the first failure of one of them."""
    unrecorded = [cast(Recording, _Unrecorded(watcher)) for _ in entry.cells]
    turns = [Turn(cell, entry, protocol, one) for cell, one in zip(entry.cells, unrecorded, strict=True)]
    for cell, outcome in zip(entry.cells, run_in_turns(turns, station, bench, StopRequest()), strict=True):
        if outcome.status == "failed":
            if outcome.error == SettlingTimeout.__name__:
                raise _DidNotSettle(f"cell {cell}: {outcome.reason}")
            raise RehearsalFailed(f"cell {cell}: {outcome.reason}")


class RehearsalFailed(LabctlError):
    """A procedure failed in a rehearsal; the text says in which cell and why."""


class _DidNotSettle(RehearsalFailed):
    """It failed because a temperature was not reached in time."""


@dataclass
class _Unrecorded:
    """Stands for the recording of a run: a rehearsal stores nothing."""

    watcher: _Watcher
    run_id: int = 0

    def begin(self, *_: object) -> int:
        """Begin no run."""
        return 0

    def emit(self, topic: str, record: Any) -> None:
        """Hand an emitted record to the watcher."""
        self.watcher.emit(topic, record)

    def event(self, level: str, kind: str, message: str, **details: Any) -> None:
        """Forget an event."""

    def keep_metadata(self, procedure: Any) -> None:
        """Forget metadata."""

    def known_of_cell(self) -> KnownBefore:
        """Return that nothing is known of the cell."""
        return KnownBefore()

    def put_in_doubt(self, places: Sequence[Place], reason: str) -> None:
        """Exclude nothing: no spectrum is stored."""

    def believe(self, places: Sequence[Place], reason: str) -> None:
        """Revoke nothing."""

    def conclude(self, status: str, reason: str) -> tuple[str, str]:
        """Return the end as it is."""
        return status, reason


class Rigs:
    """Simulated rigs in the place of a station's own, each with its oven as warm as the last one left it.

    A station with a rig of its own keeps that rig's cell; any other gets one with the sample's dimensions and
    electrodes, of a default material, in surroundings colder than the lowest temperature of the plan: a
    station that is to measure there has something that cools.
    """

    def __init__(self, station: Station, seed: int, oven_k: float | None) -> None:
        given = station.simulation
        self._station, self._seed = station, given.seed if given else seed
        self._oven_k = oven_k if given or oven_k is not None else ROOM_K
        self._build = given.build if given else shipped_module(RIG).build
        self._options = dict(given.options) if given else {"instruments": stand_ins_of(station)}
        self._rig: Any = None

    def station_for(self, protocol: Protocol, tape: "Tape") -> Station:
        """The station with the rig for one protocol, the same at every opening."""
        own = {} if self._station.simulation else self._cells_of(protocol) | _surroundings_of(protocol)
        options = self._options | own
        rigs: list[Any] = []

        def open_again(clock: VirtualClock, seed: int, **options: Any) -> Any:
            if not rigs:
                rigs.append(self._next(clock, seed, options))
                tape.listen(rigs[0].visa_library)
            return rigs[0]

        simulation = Simulation(RIG, open_again, self._seed, "virtual", options)
        return replace(self._station, simulation=simulation, speed=1.0)

    def _cells_of(self, protocol: Protocol) -> dict[str, Any]:
        """Return the cell of the sample as options of the rig, or those behind the switch of the station."""
        cells = {
            name: {"channels": list(self._station.cells[name].switch_channels), **_cell_of(sample)}
            for name, sample in protocol.in_cells.items()
            if self._station.cells[name].switch_channels
        }
        return _cell_of(protocol.sample) | ({"cells": cells} if cells else {})

    def _next(self, clock: VirtualClock, seed: int, options: dict[str, Any]) -> Any:
        before, self._rig = self._rig, self._build(clock, seed=seed, **options)
        self._rig.close = lambda: None
        warm_k = before.world.oven.sample_k if before is not None else self._oven_k
        if warm_k is not None:
            self._rig.world.oven.start_at(warm_k)
        return self._rig


def _cell_of(sample: Sample) -> dict[str, Any]:
    electrodes = as_columns({"electrodes": sample.electrodes})["electrodes"]  # the simulator knows one kind
    return {"thickness_m": sample.thickness_m, "area_m2": sample.area_m2, "electrodes": electrodes}


def _surroundings_of(protocol: Protocol) -> dict[str, Any]:
    planned_k = [step.temperature_k for step in protocol.plan() if step.temperature_k is not None]
    lowest_k = min(planned_k, default=ROOM_K)
    return {"ambient_k": ROOM_K if lowest_k > ROOM_K else max(COLDEST_K, lowest_k - COLDER_BY_K)}


def _touched(jobs: Sequence[RehearsedJob]) -> list[str]:
    """Sentences about readings within one kelvin of a limit or beyond it, and potentials within a tenth."""
    words = []
    for job in jobs:
        limits = job.limits
        if job.highest_k > limits.temperature_k[1] - 1:
            words.append(
                f"{job.title}: the sample reaches {job.highest_k - ZERO_CELSIUS_K:.1f} degC, the limit is "
                f"{limits.temperature_k[1] - ZERO_CELSIUS_K:g} degC"
            )
        if job.highest_potential_v > 0.9 * limits.potential_v:
            words.append(
                f"{job.title}: {job.highest_potential_v:.3g} V peak, the limit is {limits.potential_v:g} V"
            )
    return words
