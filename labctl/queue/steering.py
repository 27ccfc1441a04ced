"""Control of a running procedure by persons: after every point it goes on, waits, skips its step or stops.

A pause holds the temperature and lasts only so long: then everything is made safe and the job waits for the
queue to be resumed, and continues from its last finished step.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, assert_never

from labctl.analysis.transport.zero_current import ZERO_AFTER, ZERO_BEFORE
from labctl.bench import PlannedStep
from labctl.clock import Clock
from labctl.config.instrument_entries import InstrumentEntry
from labctl.config.possible_steps import check_possible
from labctl.config.table import is_number
from labctl.errors import LimitExceeded
from labctl.instruments.limits import Limits
from labctl.measure import events
from labctl.measure.stop import StopRequest
from labctl.queue.job import Job
from labctl.queue.requests import Pause, Pauses, Request, Requests
from labctl.units import ZERO_CELSIUS_K

LOOK_AGAIN_S = 1.0
ABOUT_A_STEP = ("skip step", "temperatures")


class Steering(StopRequest):
    """The stop request of one job, which also obeys pauses and requests.

    Parameters
    ----------
    runner_stop : StopRequest
        Stop flag of the whole runner (signals).
    longest_pause_s : float
    """

    def __init__(
        self,
        job: Job,
        requests: Requests,
        pauses: Pauses,
        clock: Clock,
        limits: Limits,
        runner_stop: StopRequest,
        longest_pause_s: float,
    ) -> None:
        super().__init__()
        self.ends_as = "interrupted"
        self.stops_queue = ""
        self._job, self._requests, self._pauses = job, requests, pauses
        self._clock, self._limits, self._runner_stop = clock, limits, runner_stop
        self._longest_pause_s = longest_pause_s
        self._instruments: Sequence[InstrumentEntry] = ()
        self._procedure: Any = None
        self._procedure_index = 0
        self._cell: str | None = None
        self._of_cells: dict[str, Any] = {}
        self._step = 0
        self._skipping = self._under_way = False
        self._place, self._polarised = "", False
        self.on_wait: Callable[[str], None] = lambda doing: None

    def take(self, procedure: Any, index: int, cell: str | None = None) -> None:
        """Steer this procedure of the job from now on; of several samples, the one in `cell`."""
        self._procedure, self._procedure_index, self._cell = procedure, index, cell
        if cell is not None:
            self._of_cells[cell] = procedure
        self._skipping, self._place, self._polarised = False, "", False
        self._under_way = False

    def keep_within(self, limits: Limits, instruments: Sequence[InstrumentEntry] = ()) -> None:
        """Refuse new set points outside these limits, which hold for the sample of the job.

        Set points that the oven among the `instruments` cannot reach are refused as well.
        """
        self._limits, self._instruments = limits, instruments

    def see(self, event: events.AnyEvent) -> None:
        """Follow where the procedure is."""
        match event:
            case events.StepStarted():
                self._step, self._skipping = event.step, False
                self._now_at("")
            case events.PolarisationStarted() | events.PolarisationEnded():
                self._polarised = event.state == "started"
                self._now_at("step")
            case events.CurrentMeasured() if event.phase in (ZERO_BEFORE, ZERO_AFTER):
                self._now_at("")  # the cell is held, though at 0 V
            case events.PointMeasured() | events.CurrentMeasured() | events.RowMeasured():
                self._now_at("point")
            case events.SpectrumEnded():
                self._now_at("step")
            case events.SpectrumStarted() | events.TemperatureRead():
                self._now_at("")
            case (
                events.CheckPointMeasured()
                | events.MonitorRead()
                | events.ThermalStepEnded()
                | events.ProgressMade()
                | events.OwnTopic()
                | events.SpectrumEvaluated()
                | events.PolarisationEvaluated()
            ):
                pass  # the procedure is where it was
            case events.NoteWritten() | events.RunEnded():
                pass
            case _:
                assert_never(event)

    def _now_at(self, place: str) -> None:
        """Set where the run is; a pause must not leave the cell polarised."""
        self._under_way = True
        self._place = "" if self._polarised else place

    def should_skip(self) -> bool:
        """Return whether to leave the step under way and go on with the next."""
        return self._skipping

    def __call__(self) -> bool:
        """Return whether to stop; obeys new requests first, and waits while the queue is paused here."""
        self._look()
        waited_s = 0.0
        while not self.reason and (pause := self._pause_here()) is not None:
            self.on_wait(f"paused after this {self._place}{': ' + pause.reason if pause.reason else ''}")
            if waited_s >= self._longest_pause_s:
                self.request(f"paused for longer than {self._longest_pause_s / 60:g} min: made safe")
            self._clock.sleep(LOOK_AGAIN_S)
            waited_s += LOOK_AGAIN_S
            self._look()
        return bool(self.reason)

    def _look(self) -> None:
        if self._runner_stop():
            self.request(self._runner_stop.reason)
        for request in self._requests.pending(self._job.id, self._job.claims):
            if self._under_way or request.kind not in ABOUT_A_STEP:  # which step is it? wait for one
                self._obey(request)

    def _pause_here(self) -> Pause | None:
        pause = self._pauses.in_force()
        places = {"point": ("point", "step"), "step": ("step",), "job": ()}
        return pause if pause is not None and self._place in places[pause.after] else None

    def _obey(self, request: Request) -> None:
        obey = {
            "cancel": self._cancel,
            "cancel now": self._cancel,
            "stop": self._stop,
            "skip step": self._skip,
            "temperatures": self._change_temperatures,
        }[request.kind]
        try:
            details = obey(request)
        except (ValueError, LimitExceeded) as error:
            self._requests.take(request, f"refused: {error}")
        else:
            self._requests.take(request, "obeyed", details)

    def _cancel(self, request: Request) -> None:
        self.request(request.words)
        self.ends_as = request.ends_as

    def _stop(self, request: Request) -> None:
        self.request(request.words)
        self.ends_as = request.ends_as
        if request.stops_queue:
            self.stops_queue = self.reason

    def _skip(self, request: Request) -> Mapping[str, Any]:
        self._skipping = True
        cell = {} if self._cell is None else {"cell": self._cell}
        return {**request.details, **cell, "procedure": self._procedure_index, "step": self._step}

    def _change_temperatures(self, request: Request) -> Mapping[str, Any]:
        if not hasattr(self._procedure, "revise"):
            raise ValueError("this procedure has no temperatures to change")
        temperatures_degc = request.details.get("temperatures_degc")
        if not (isinstance(temperatures_degc, list) and all(map(is_number, temperatures_degc))):
            raise ValueError("it holds no list of temperatures")
        for temperature_degc in temperatures_degc:
            target_k = temperature_degc + ZERO_CELSIUS_K
            self._limits.check_temperature(target_k)
            check_possible(PlannedStep("", 0.0, temperature_k=target_k), self._instruments)
        from_step = self._step + 1
        for procedure in [one for one in self._of_cells.values() if one is not self._procedure]:
            procedure.revise(from_step, temperatures_degc)
        self._procedure.revise(from_step, temperatures_degc)
        return {**request.details, "procedure": self._procedure_index, "from_step": from_step}
