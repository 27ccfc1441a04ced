"""A bench for scripts and notebooks: plain Python with recorded measurements and a safe exit.

    with labctl.bench("station.toml", database="lab.db", sample="samples/pellet_3.toml") as bench:
        for temperature_degc in (30, 60, 90):
            bench.bring_to(temperature_degc, dwell_min=20)
            bench.take_spectrum(frequency_max_hz=1e6, frequency_min_hz=1)

1. Every instrument is made safe when the block ends: normally, by an exception or by Ctrl-C. Signals during
   that are answered in words; an output that cannot be read back off raises NotMadeSafe.
2. With a database the block is one run with the procedure `script` and the script's text as provenance.
   Every spectrum, hold and settling is recorded at once and evaluated as in a procedure.
3. The station is locked during the block: neither a runner nor a second script can use it.
4. With a database and real instruments a supervisor, another process, watches the script. If the script is
   killed or freezes, the supervisor ends it and makes every instrument safe.
"""

import linecache
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from labctl.analysis import Spectrum
from labctl.bench import Bench
from labctl.config.protocol import check_step, plan_of
from labctl.config.sample import Sample, sample_of, tell_sample
from labctl.config.station import Station, read_station
from labctl.errors import ConfigurationError
from labctl.instruments.oven_watch import untold
from labctl.instruments.uninterrupted import uninterrupted
from labctl.measure.amplitude_watch import AmplitudeWatch
from labctl.measure.events import TemperatureRead
from labctl.measure.recorded_instruments import RECORDED, Place, thermometer_of
from labctl.measure.recording import Recording
from labctl.measure.settle import SettlingCriterion, settle
from labctl.queue.station_lock import station_lock
from labctl.queue.under_watch import OnLeft, under_watch, without_watch
from labctl.store import Store
from labctl.units import ZERO_CELSIUS_K

SampleGiven = Sample | Mapping[str, Any] | str | PathLike[str]


@dataclass(frozen=True)
class ScriptBench(Bench):
    """A bench that records its measurements.

    Attributes
    ----------
    recording : Recording or None
        The run in the database; None without a database.
    sample : Sample or None
    """

    recording: Recording | None = field(default=None, repr=False)
    sample: Sample | None = None
    _place: Place = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "_place", Place(thermometer_of(self), partial(AmplitudeWatch, self)))
        if self.recording is not None:
            for role, recorded in RECORDED.items():
                if role in self._guards:
                    self._guards[role] = recorded(self._guards[role], self._place, self.recording.emit)

    def cell(self, name: str) -> Bench:
        """Return the bench of one cell; ConfigurationError in a script that records.

        The run of a script belongs to one sample: what is measured in another cell would not be recorded.
        """
        if self.recording is not None:
            problem = "the run of a script belongs to one sample, and records nothing of a cell"
            hint = "leave the database out, or write a protocol with [[sample]] tables"
            raise ConfigurationError(self.station, f"cells.{name}", f"{problem}; {hint}")
        return super().cell(name)

    @property
    def run_id(self) -> int | None:
        """Id of the run in the database; None without a database."""
        return self.recording.run_id if self.recording else None

    def bring_to(
        self,
        temperature_degc: float,
        *,
        dwell_min: float = 30.0,
        band_k: float = 0.5,
        slope_k_min: float = 0.1,
        timeout_min: float = 240.0,
    ) -> float:
        """Set the oven and wait until the sample is steady; return its temperature in K.

        Raises
        ------
        LimitExceeded
            The station forbids the temperature. Nothing was sent.
        SettlingTimeout
            It did not become steady in `timeout_min`.
        SettingLost
            The oven does not keep its settings, although they were set again.
        """
        criterion = SettlingCriterion(band_k, slope_k_min / 60, dwell_min * 60, timeout_min * 60)
        target_k = last_k = temperature_degc + ZERO_CELSIUS_K
        self.oven.setpoint_k = target_k
        self._place.band_k = band_k
        for reading in settle(self, target_k, criterion, lambda: False):
            last_k = reading.temperature_k
            if self.recording is not None:
                self.recording.emit("temperature", TemperatureRead(**reading._asdict()))
        return last_k

    def take_spectrum(
        self,
        frequency_max_hz: float = 1e6,
        frequency_min_hz: float = 0.1,
        points_per_decade: int = 10,
        amplitude_v: float = 0.02,
        integration_s: float = 1.0,
        bias_v: float = 0.0,
    ) -> Spectrum:
        """Take one spectrum, from high to low frequency; return its good points, n of them."""
        if not 0 < frequency_min_hz < frequency_max_hz:
            raise ValueError(f"frequency_min_hz must be above 0 and below {frequency_max_hz:g} Hz")
        count = round(np.log10(frequency_max_hz / frequency_min_hz) * points_per_decade) + 1
        frequencies_hz = np.geomspace(frequency_max_hz, frequency_min_hz, max(count, 2)).tolist()
        points = list(self.fra.sweep(frequencies_hz, amplitude_v, integration_s, bias_v))
        good = [point for point in points if point.status == "ok"]
        z_ohm = np.array([complex(point.z_real_ohm, point.z_imag_ohm) for point in good])
        return Spectrum(np.array([point.frequency_hz for point in good]), z_ohm)

    def run(self, procedure_class: type, **parameters: Any) -> Any:
        """Run a procedure within this script and return it; everything is made safe after it.

        Raises
        ------
        ValueError, NameError
            A parameter is wrong or unknown. Nothing was touched.
        LimitExceeded
            The station forbids a step of its plan. Nothing was touched.
        """
        procedure = procedure_class()
        procedure.set_parameters(parameters)
        for step in plan_of(procedure):
            check_step(step, self.limits)
        emit = self.recording.emit if self.recording else lambda topic, record: None
        procedure.bench = self.within(self.limits)
        procedure.emit, procedure.should_stop, procedure.is_last = emit, lambda: False, lambda: True
        if self.sample is not None:
            tell_sample(procedure, self.sample)
        try:
            procedure.startup()
            procedure.evaluate_metadata()
            procedure.execute()
        finally:
            procedure.shutdown()
        return procedure

    def record(self, **values: Any) -> None:
        """Record a row with any columns: `bench.record(humidity_percent=31.5, remark="door open")`.

        Raises
        ------
        ConfigurationError
            The bench was opened without a database.
        """
        if self.recording is None:
            raise ConfigurationError("labctl.bench", "database", "is not given, so nothing can be recorded")
        self.recording.record(values)


def open_bench(
    station: str | PathLike[str],
    database: str | PathLike[str] | None = None,
    sample: SampleGiven | None = None,
    supervised: bool = True,
) -> AbstractContextManager[ScriptBench]:
    """Connect to the instruments of a station for the duration of a `with` block.

    Parameters
    ----------
    station : str or path
        The station file.
    database : str or path, optional
        Records all measurements of the bench; created if missing.
    sample : Sample, mapping, str or path
        The measured sample, needed with a database: a sample file, the name of a sample measured before, or
        the entries of a `[sample]` table.
    supervised : bool
        With a database and real instruments: start a supervisor if none is running. False for a debugger,
        which also stops the heartbeat of a script.

    Raises
    ------
    ConfigurationError
        A file is wrong, another program uses the station, or no supervisor could be started.
        Nothing was touched.
    StoreError
        The database cannot be used. Nothing was touched.
    InstrumentError
        An instrument is absent or is another one.
    NotMadeSafe
        An output could not be read back off, at the end or after an earlier program.
    """
    chosen, path = read_station(Path(station)), None if database is None else Path(database)
    if path is not None and sample is None:
        problem = "is missing; with a database say what is measured, as in sample='samples/pellet_3.toml'"
        raise ConfigurationError("labctl.bench", "sample", problem)
    known = None if sample is None else sample_of(sample, path or Path())
    return _opened(chosen, path, known, supervised, *_calling_script())


@contextmanager
def _opened(
    station: Station, database: Path | None, sample: Sample | None, watched: bool, text: str, file: Path
) -> Iterator[ScriptBench]:
    stack = ExitStack()
    try:
        stack.enter_context(station_lock(station, doing=f"the script {file.name}"))
        store = stack.enter_context(Store.open(database)) if database else None
        plain = stack.enter_context(station.open(on_left=_on_left(stack, station, database, watched, file)))
        recording = None
        if store is not None and sample is not None:
            recording = Recording(store, plain)
            recording.begin_script(sample, station, text, file)
        ending = Ending(plain, recording)
        stack.callback(ending.conclude)
        try:
            limits = plain.limits if sample is None else sample.within(plain.limits)
            yield ScriptBench(
                plain.clock,
                limits,
                plain.roles,
                plain.station,
                outputs=plain.outputs,
                tell=recording.event if recording else untold,
                cells=plain.cells,
                drivers=plain.drivers,
                monitors=plain.monitors,
                cell_switch=plain.cell_switch,
                recording=recording,
                sample=sample,
            )
        except BaseException as error:
            ending.take(error)
            raise
    finally:
        with uninterrupted():
            stack.close()


def _on_left(stack: ExitStack, station: Station, database: Path | None, watched: bool, file: Path) -> OnLeft:
    """Return the `on_left` of `Station.open` for the block."""
    if database is None:
        return lambda problems: None
    if watched:
        return stack.enter_context(
            under_watch(station, database, f"the script {file.name}", "supervised=False")
        )
    return stack.enter_context(without_watch(station, database))


@dataclass
class Ending:
    """The end of a block: its status and reason."""

    bench: Bench
    recording: Recording | None
    status: str = "finished"
    reason: str = ""

    def take(self, error: BaseException) -> None:
        """Set status and reason from the exception that ended the block."""
        if isinstance(error, KeyboardInterrupt):
            self.status, self.reason = "aborted", "interrupted"
        elif not isinstance(error, SystemExit) or error.code:
            self.status, self.reason = "failed", f"{type(error).__name__}: {error}"

    def conclude(self) -> None:
        """Make safe, then write the end; on exit the station makes safe again, and raises."""
        try:
            self.bench.make_safe()
        except ExceptionGroup as failures:
            words = ", ".join(map(str, failures.exceptions))
            self.status = "failed"
            self.reason = "; ".join(filter(None, (self.reason, f"while making safe: {words}")))
        finally:
            if self.recording is not None:
                self.recording.end(self.status, self.reason)


def _calling_script() -> tuple[str, Path]:
    """Return text and file of the script (or the notebook's cell) that opens the bench."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "labctl":
        frame = frame.f_back
    name = frame.f_code.co_filename
    return "".join(linecache.getlines(name, frame.f_globals)), Path(name)
