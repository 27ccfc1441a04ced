"""Run one procedure on several samples in one oven: every sample has its turn before the oven moves.

1. Each sample has a run, a recording and a procedure of its own, on the bench of its cell. A procedure with
   a method `turns` yields the temperature of each step; one without is run whole, in one turn.
2. The oven goes to the nearest temperature that a sample waits for, and first to the temperature of the
   sample with most steps left: a night that was cut goes on where it was. All samples that wait for it are
   measured there, in their order, each while its cell is connected. The others' thermometers are read too.
3. A sample that fails is left out and told; the others go on. What concerns them all ends them all: the
   oven, the switch, the store, an interlock, a request to stop.
4. Before a cell is connected, and after the last one, nothing may be: the analyser measures once with every
   channel open. Where it sees a cell, or the switch cannot be opened, the spectra of the turn before it are
   put in doubt. Each spectrum is held against the series of its own cell (`labctl.measure.own_series`).
5. At the end everything is made safe, and then the runs end.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from labctl.bench import Bench
from labctl.config.protocol import ProcedureEntry, Protocol
from labctl.config.station import Station
from labctl.errors import InstrumentError, LabctlError, NotMadeSafe, SettingLost, SettlingTimeout, StoreError
from labctl.measure.cell_checks import STILL_CONNECTED, refuse_connected
from labctl.measure.one_run import Begun, Outcome, begin, conclude, ended, in_words, start
from labctl.measure.own_series import OwnSeries
from labctl.measure.procedure_log import MessageEvents, kept_by
from labctl.measure.recording import Recording
from labctl.measure.stop import StopRequest
from labctl.measure.waiting_samples import WaitingSamples

SAME_K = 0.01
LEFT_OUT = "sample left out"
"""Kind of the event that tells of a sample which does not go on, in its own run and in those that do."""
OF_ALL = (SettingLost, SettlingTimeout, NotMadeSafe, StoreError)


@dataclass
class Turn:
    """One sample's share of a procedure: its cell, the protocol of all samples, where it is recorded.

    `steer` is called as in `run_procedure`, `on_turn` with the procedure before each of its turns.
    """

    cell: str
    entry: ProcedureEntry
    protocol: Protocol
    recording: Recording
    steer: Callable[[Any], None] = lambda procedure: None
    on_turn: Callable[[Any], None] = lambda procedure: None


@dataclass
class _Sample:
    """A sample that waits for its turn, or has ended: `end` is its status and reason."""

    cell: str
    begun: Begun
    turns: Iterator[float]
    on_turn: Callable[[Any], None]
    log: MessageEvents
    has_turns: bool
    series: OwnSeries
    waits_for_k: float = math.nan
    end: tuple[str, str] | None = None
    failure: Exception | None = field(default=None, repr=False)

    def take_turn(self, bench: Bench, before: "_Sample | None") -> None:
        """Measure at the temperature that this sample waits for; `before` had the last turn."""
        with kept_by(self.log, self.begun.procedure):
            status, reason = ended(lambda: self._go_on(bench, before or self), self.begun.stop)
        if status != "finished" or math.isinf(self.waits_for_k):
            self.end = status, reason

    def _go_on(self, bench: Bench, before: "_Sample") -> None:
        try:
            self.on_turn(self.begun.procedure)
            if not math.isnan(self.waits_for_k) or not self.has_turns:
                before.confirm_left(bench, self.cell)
            self.series.begin_turn()
            with self._in_doubt_if_not_left(), bench.connected(self.cell):
                try:
                    self.waits_for_k = next(self.turns, math.inf)
                except BaseException:
                    _leave_at_rest(self.begun.bench)
                    raise
        except Exception as error:
            self.failure = error
            raise

    def confirm_left(self, bench: Bench, cell: str) -> None:
        """Raise InstrumentError if the analyser of a cell sees one; then the last turn is in doubt."""
        try:
            refuse_connected(bench, cell)
        except NotMadeSafe:
            raise
        except InstrumentError as error:
            self.series.doubt_turn(str(error))
            raise

    @contextmanager
    def _in_doubt_if_not_left(self) -> Iterator[None]:
        """Put the spectra of a turn in doubt if the switch fails in it or at its end."""
        try:
            yield
        except InstrumentError as error:
            if error.instrument == getattr(self.begun.bench.roles.get("switch"), "name", "switch"):
                self.series.doubt_turn(str(error))
            raise


def run_in_turns(turns: Sequence[Turn], station: Station, bench: Bench, stop: StopRequest) -> list[Outcome]:
    """Run one procedure on several samples; return the end of each run, in their order.

    Raises
    ------
    StoreError
        The beginning of a run could not be stored. Nothing was energised.
    """
    cells: list[OwnSeries] = []
    samples = [_begun(turn, station, bench, stop, cells) for turn in turns]
    waiting_ones = _watched_while_waiting(samples)
    here_k, last = math.nan, None
    while waiting := [sample for sample in samples if sample.end is None]:
        before_k, (here_k, there) = here_k, _next(waiting, here_k)
        if here_k != before_k:
            waiting_ones.begin_anew()
        for sample in there:
            if sample.end is None:
                sample.take_turn(bench, last)
                last = sample
                if sample.end is not None:
                    waiting_ones.leave_out(sample.cell)
                try:
                    _tell(sample, samples, bench)
                except StoreError as error:
                    _end_others(samples, ("failed", in_words(error)))
    try:
        _look_after(last, bench, stop)
    finally:  # Ctrl-C or a full disk there leaves no run without its end
        outcomes = conclude([(one.begun, *one.end) for one in samples if one.end is not None])
    return outcomes


def _look_after(last: _Sample | None, bench: Bench, stop: StopRequest) -> None:
    """Measure with every channel open after the last turn; a failure is recorded in its run."""
    if last is None or last.failure is not None or stop():
        return
    try:
        last.confirm_left(bench, last.cell)
    except LabctlError as error:
        last.begun.recording.event("error", STILL_CONNECTED, f"after cell {last.cell}: {error}")


def _begun(turn: Turn, station: Station, bench: Bench, stop: StopRequest, cells: list[OwnSeries]) -> _Sample:
    sample = station.cells[turn.cell].holding(turn.protocol.in_cells[turn.cell])
    protocol = replace(turn.protocol, sample=sample)
    entry = turn.entry.for_cell(turn.cell, sample)
    is_last = turn.entry is turn.protocol.procedures[-1]
    begun = begin(entry, protocol, station.of_cell(turn.cell), bench.cell(turn.cell), turn.recording, stop)
    begun.procedure.is_last = lambda: is_last
    log = MessageEvents(turn.recording.event)
    series = OwnSeries(turn.cell, turn.recording, cells, turn.recording.known_of_cell())
    begun.procedure.emit = series.beside(begun.procedure.emit)
    begun.procedure.is_in_doubt = lambda: series.in_doubt
    has_turns = _takes_turns(type(begun.procedure))
    return _Sample(turn.cell, begun, _turns(begun, turn.steer), turn.on_turn, log, has_turns, series)


def _watched_while_waiting(samples: Sequence[_Sample]) -> WaitingSamples:
    """Let each sample's procedure read the thermometers of the others, and know what its own showed."""
    waiting = WaitingSamples({sample.cell: sample.begun.bench for sample in samples})
    for sample in samples:
        procedure = sample.begun.procedure
        procedure.emit = waiting.beside(sample.cell, procedure.emit)
        procedure.readings_before = waiting.taken_by(sample.cell)
    return waiting


def _turns(begun: Begun, steer: Callable[[Any], None]) -> Iterator[float]:
    if not start(begun, steer):
        return
    if _takes_turns(type(begun.procedure)):
        yield from begun.procedure.turns()
    else:
        begun.procedure.execute()


def _takes_turns(procedure_class: type) -> bool:
    """Return whether `turns` is what the class executes: no later class has an `execute` of its own."""
    own = next((one for one in procedure_class.__mro__ if {"turns", "execute"} & vars(one).keys()), None)
    return own is not None and "turns" in vars(own)


def _next(waiting: Sequence[_Sample], here_k: float) -> tuple[float, list[_Sample]]:
    """Return the temperature to go to and the samples to measure there."""
    is_asked = all(
        getattr(sample.begun.procedure, "chooses_steps", False) and not math.isnan(sample.waits_for_k)
        for sample in waiting
    )
    if is_asked:
        return _most_per_hour(waiting, here_k)
    here_k = _next_k(waiting, here_k)
    return here_k, [sample for sample in waiting if _is_there(sample, here_k)]


def _most_per_hour(waiting: Sequence[_Sample], here_k: float) -> tuple[float, list[_Sample]]:
    """Return the temperature and the sample that teach most per hour, and tell its procedure.

    Samples share the time that the oven needs: a temperature is worth what it teaches of all of them, those
    left out that lower its gain per hour.
    """
    offers = [
        (offer, sample)
        for sample in waiting
        for offer in sample.begun.procedure.proposals(
            sample.begun.procedure.begins_at_k if math.isnan(here_k) else here_k
        )
    ]
    at = {round(offer.temperature_k, 3): _together(offers, offer.temperature_k) for offer, _ in offers}
    _, (best, sample), count = max(at.values(), key=lambda found: found[0])
    samples = f"{len(waiting)} sample{'s' if len(waiting) > 1 else ''}"
    others = f" for {count} samples" if count > 1 else ""
    reason = f"{best.reason}; most per hour{others}, of {len(offers)} steps of {samples}"
    sample.begun.procedure.chosen = replace(best, reason=reason)
    return best.temperature_k, [sample]


_Offer = tuple[Any, _Sample]


def _together(offers: Sequence[_Offer], temperature_k: float) -> tuple[float, _Offer, int]:
    """Return the best gain per hour at one temperature, its first sample, and how many samples share it."""
    there = [one for one in offers if abs(one[0].temperature_k - temperature_k) < SAME_K]
    there.sort(key=lambda one: one[0].gain / (one[0].hours - one[0].settling_hours), reverse=True)
    gain, hours = 0.0, max(offer.settling_hours for offer, _ in there)
    rates: list[float] = []
    for offer, _ in there:
        gain, hours = gain + offer.gain, hours + offer.hours - offer.settling_hours
        rates.append(gain / hours)
    best = max(rates)
    return best, there[0], rates.index(best) + 1


def _next_k(waiting: Sequence[_Sample], here_k: float) -> float:
    """Return the temperature to go to: the nearest; at first that of the sample with most steps left.

    NaN while a sample does not say which.
    """
    wanted = [sample.waits_for_k for sample in waiting]
    if any(map(math.isnan, wanted)):
        return math.nan
    if math.isnan(here_k):
        return max(waiting, key=_steps_left).waits_for_k
    return min(wanted, key=lambda kelvin: abs(kelvin - here_k))


def _steps_left(sample: _Sample) -> int:
    remaining = getattr(sample.begun.procedure, "remaining_steps", tuple)
    return sum(1 for _ in remaining())


def _is_there(sample: _Sample, here_k: float) -> bool:
    if math.isnan(here_k):
        return math.isnan(sample.waits_for_k)
    return abs(sample.waits_for_k - here_k) < SAME_K


def _tell(sample: _Sample, samples: Sequence[_Sample], bench: Bench) -> None:
    """Report a sample's end to its run and to those that go on; end these where it concerns them all."""
    if sample.end is None or sample.end[0] == "finished":
        return
    status, reason = sample.end
    if status == "aborted" or _concerns_all(sample.failure, bench):
        _end_others(samples, sample.end)
        return
    for told in (sample, *(other for other in samples if other.end is None)):
        told.begun.recording.event("warning", LEFT_OUT, f"cell {sample.cell}: {reason}")


def _end_others(samples: Sequence[_Sample], end: tuple[str, str]) -> None:
    for sample in samples:
        sample.end = sample.end or end


def _concerns_all(error: Exception | None, bench: Bench) -> bool:
    """Return whether a failure is of something that the samples share."""
    if error is None or isinstance(error, OF_ALL) or getattr(error, "ends_all_samples", False):
        return True
    shared = [bench.roles[role] for role in ("oven", "switch") if role in bench.roles]
    return isinstance(error, InstrumentError) and error.instrument in [device.name for device in shared]


def _leave_at_rest(bench: Bench) -> None:
    """Switch off what can polarise the cell of a bench; a failure is reported, and found again at the end."""
    for role in ("potentiostat", "fra"):
        if role in bench.roles:
            try:
                bench.roles[role].make_safe()
            except Exception as error:  # noqa: BLE001 - the other must still be tried
                bench.tell("error", "cell not at rest", f"{type(error).__name__}: {error}")
