"""pymeasure's own Results and Worker over the database instead of CSV files.

A laboratory's unchanged procedure is recorded in SQLite, in a script or in pymeasure's own windows:

    results = SQLiteResults(procedure, "lab.db", sample="pellet 7")
    SQLiteWorker(results).measure()

1. Every row is kept as emitted: exact numbers, texts, flags. A column that does not exist is an error, and so
   is a row that cannot be stored; both fail the run.
2. The true end state of a run is in the database before the window shows it.
3. The database can be neither deleted nor overwritten through a window: `data_filename` is not a file.
"""

import logging
import sys
import threading
import traceback
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymeasure.experiment import Parameter, Procedure, Results, Worker
from pymeasure.experiment.results import CSVFormatter

from labctl.clock import Clock, RealClock, steady
from labctl.config.loading import loaded_class
from labctl.config.sample import Sample, sample_of, tell_sample
from labctl.errors import LabctlError, StoreError
from labctl.measure.recording import Recording
from labctl.store import Database, Store
from labctl.store.run_rows import RunRows

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

STATUS_OF = {
    "running": Procedure.RUNNING,
    "finished": Procedure.FINISHED,
    "aborted": Procedure.ABORTED,
    "failed": Procedure.FAILED,
    "interrupted": Procedure.FAILED,  # pymeasure has no such status; `state` has
}
STATE_OF = {Procedure.FINISHED: "finished", Procedure.ABORTED: "aborted", Procedure.FAILED: "failed"}


class SQLiteResults(Results):
    """The results of one run: written by `SQLiteWorker`, read by windows; only new rows are read each time.

    Parameters
    ----------
    procedure : pymeasure.experiment.Procedure
    database : str or path
        Created or migrated if necessary; many runs share it.
    sample : Sample, mapping or str or path
        The measured sample: see `labctl.config.sample.sample_of`.

    Attributes
    ----------
    run_id : int or None
        Id of the run in the database; None until it has begun.
    data_filename : str
        A name unique to the run, for pymeasure's lists.

    Raises
    ------
    ConfigurationError
        There is no such sample.
    StoreError
        The database cannot be used.
    """

    def __init__(
        self,
        procedure: Procedure,
        database: str | PathLike[str],
        sample: Sample | Mapping[str, Any] | str | PathLike[str],
    ) -> None:
        # Results.__init__ would open and write a CSV file
        path = Path(database)
        Store.open(path).close()
        self.sample = sample_of(sample, path)
        self._prepare(procedure, path, str(uuid.uuid4()))

    def _prepare(self, procedure: Procedure, database: Path, run_uuid: str) -> None:
        if not isinstance(procedure, Procedure):
            raise ValueError("Results require a Procedure object")
        self.procedure = procedure
        self.procedure_class = type(procedure)
        self.parameters = procedure.parameter_objects()
        self.formatter = CSVFormatter(columns=procedure.DATA_COLUMNS)
        self.database, self.uuid = database, run_uuid
        self.run_id: int | None = None
        self.refusal = ""  # why the run could not begin
        self.recording: Recording | None = None
        self.data_filename = f"{database}#{run_uuid[:13]}"
        self.data_filenames: list[str] = []  # pymeasure's own recorder then writes nothing
        self._header_count = self._metadata_count = -1
        self._reading = threading.RLock()
        self._rows: RunRows | None = None
        self._complete = False
        self._data: pd.DataFrame | None = None

    @classmethod
    def load(  # pyright: ignore[reportIncompatibleMethodOverride] - pymeasure's is static and knows no run
        cls, data_filename: str | PathLike[str], procedure_class: type | None = None, run: int | str = "last"
    ) -> "SQLiteResults":
        """Return a run of a database, with its procedure and parameters.

        Parameters
        ----------
        data_filename : str or path
            The database, or a `data_filename` of this class, which includes the run.
        procedure_class : type, optional
            The class of the procedure if it can no longer be imported by its name.
        run : int or str
            Id, beginning of the uuid, or `"last"`.

        Raises
        ------
        StoreError
            No such database or run.
        """
        path, _, named = str(data_filename).partition("#")
        with Database(path) as db:
            row = db.run(named or run)
            facts = db.provenance(row["id"])
            sample = db.sample(row["sample_id"])
        procedure = _rebuilt(row, facts, procedure_class)
        procedure.status = STATUS_OF[row["status"]]
        loaded = cls.__new__(cls)
        loaded.sample = Sample.of_row(sample)
        loaded._prepare(procedure, Path(path), row["uuid"])
        loaded.run_id = row["id"]
        return loaded

    @property
    def state(self) -> str:
        """The run's state in the database: queued, running, finished, failed, aborted or interrupted."""
        if self.rows is None:
            return "failed" if self.refusal else "queued"
        return self.rows.run()["status"]

    @property
    def reason(self) -> str:
        """The reason of this state."""
        return self.refusal if self.rows is None else self.rows.run()["reason"]

    @property
    def rows(self) -> RunRows | None:
        """The rows read so far, for a window that reads in pieces; None until the run has begun."""
        if self._rows is None and self.run_id is not None:
            self._rows = RunRows(self.database, self.run_id, self.procedure.DATA_COLUMNS)
        return self._rows

    @property
    def data(self) -> "pd.DataFrame":
        """The rows as a pandas frame; each access reads new rows only."""
        with self._reading:
            if not self._complete and (rows := self.rows) is not None:
                self._look(rows)
            return _empty(self.procedure.DATA_COLUMNS) if self._data is None else self._data

    def _look(self, rows: RunRows) -> None:
        ended = self.state != "running"
        if rows.read_all():
            self._data = rows.frame()
        if ended:
            self._complete = True
            rows.close()

    def reload(self) -> None:
        """Read everything again at the next access."""
        with self._reading:
            self.close()
            self._rows, self._data, self._complete = None, None, False

    def close(self) -> None:
        """Close the database; the next access opens it again."""
        if self._rows is not None:
            self._rows.close()

    def store_metadata(self) -> None:
        """Store the exact metadata; raises StoreError for pymeasure's own Worker, before it measures."""
        if self.recording is None:
            raise StoreError(f"{self.database}: use SQLiteWorker; pymeasure's own Worker would store nothing")
        self.recording.keep_metadata(self.procedure)

    def __del__(self) -> None:
        if hasattr(self, "_rows"):
            self.close()

    def __getstate__(self) -> Any:
        raise TypeError("SQLiteResults cannot be sent to another process; let it load the run instead")

    def __repr__(self) -> str:
        name = type(self.procedure).__name__
        return f"<{type(self).__name__}(run={self.run_id},database='{self.database}',procedure={name})>"


class SQLiteWorker(Worker):
    """pymeasure's Worker, recording the run in the database from its first row to its end.

    The run is ended in the database before any notification; a failing `shutdown()` fails the run.
    """

    results: SQLiteResults

    def __init__(self, results: SQLiteResults, *arguments: Any, **options: Any) -> None:
        super().__init__(results, *arguments, **options)
        self._done = threading.Event()

    def measure(self) -> str:
        """Start, wait for the end, return the state; each Ctrl-C asks the procedure to stop.

        pymeasure's own `join` stops the procedure after its time-out; Python's, once interrupted, treats a
        live thread as ended.
        """
        self.start()
        while not self._done.is_set():
            try:
                self._done.wait(0.2)
            except KeyboardInterrupt:
                self.stop()
        return self.results.state

    def run(self) -> None:
        """Begin the run in the database, then run the procedure as pymeasure does."""
        try:
            self._run()
        finally:
            self._done.set()

    def _run(self) -> None:
        self.procedure = self.results.procedure
        self._ends_as, self._reason = Procedure.FINISHED, ""
        try:
            self._store = Store.open(self.results.database)
        except LabctlError as error:
            self._never_began(error)
            return
        try:
            self._begin()
            super().run()
        except LabctlError as error:
            self._never_began(error)
        finally:
            self._close()

    def _begin(self) -> None:
        bench = getattr(self.procedure, "bench", None)
        recording = Recording(self._store, bench or OwnTime(steady(RealClock())))
        tell_sample(self.procedure, self.results.sample)
        self.results.run_id = recording.begin_alone(self.results.sample, self.procedure, self.results.uuid)
        self.results.recording = self._recording = recording

    def emit(self, topic: str, record: Any) -> None:
        """Store measured data; send progress and status to the window."""
        if topic not in _BY_PYMEASURE:
            self._recording.emit(topic, record)
        super().emit(topic, record)

    def handle_record(self, record: Any) -> None:
        """Store one row."""
        self._recording.emit("results", record)

    def handle_batch_record(self, record: Any) -> None:
        """Store the rows of a batch."""
        self._recording.emit("batch results", record)

    def handle_abort(self) -> None:
        """Note an interrupt; the run ends after the procedure's shutdown."""
        self._ends_as, self._reason = Procedure.ABORTED, "interrupted"

    def handle_error(self) -> None:
        """Note a failure, with its traceback; the run ends after the procedure's shutdown."""
        error = sys.exc_info()[1]
        log.exception("%s failed", type(self.procedure).__name__)
        self._ends_as, self._reason = Procedure.FAILED, f"{type(error).__name__}: {error}"
        with suppress(LabctlError):
            self._recording.event("error", "error", self._reason, traceback=traceback.format_exc())

    def shutdown(self) -> None:
        """Shut the procedure down, end the run in the database, then notify the window."""
        self._shut_down_procedure()
        if self.should_stop() and self._ends_as == Procedure.FINISHED:
            self._ends_as, self._reason = Procedure.ABORTED, "stopped by the user"
        self._end_run()
        self.update_status(self._ends_as)
        if self._ends_as == Procedure.FINISHED:
            self.emit("progress", 100.0)
        self._let_go()

    def _shut_down_procedure(self) -> None:
        try:
            self.procedure.shutdown()
        except Exception as error:
            log.exception("shutdown of %s failed", type(self.procedure).__name__)
            words = f"while shutting down: {type(error).__name__}: {error}"
            self._ends_as, self._reason = Procedure.FAILED, "; ".join(filter(None, (self._reason, words)))

    def _end_run(self) -> None:
        """End the run in the database; it fails if a row or its end cannot be stored."""
        for _ in range(2):
            try:
                self._store.flush()
                self._recording.end(STATE_OF[self._ends_as], self._reason)
            except LabctlError as error:
                log.error("run %s: %s", self.results.run_id, error)
                self._ends_as = Procedure.FAILED
                self._reason = self._reason or str(error)
            else:
                return

    def _never_began(self, error: LabctlError) -> None:
        log.error("the run cannot be recorded, nothing was measured: %s", error)
        self.results.refusal = str(error)
        self.update_status(Procedure.FAILED)
        self._let_go()
        self.stop()

    def _let_go(self) -> None:
        if self.recorder is not None:
            self.recorder.stop()
        self.monitor_queue.put(None)
        if self.context is not None and self.publisher is not None:
            self.publisher.close()
            self.context.term()

    def _close(self) -> None:
        try:
            self._store.close()
        except LabctlError as error:
            log.error("run %s: %s", self.results.run_id, error)


_BY_PYMEASURE = ("results", "batch results", "status", "progress", "error")


@dataclass(frozen=True)
class OwnTime:
    """The clock of a procedure without a bench."""

    clock: Clock


def _empty(columns: list[str]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(columns=pd.Index(columns))


def _rebuilt(row: Mapping[str, Any], facts: Mapping[str, Any], procedure_class: type | None) -> Procedure:
    """Return the procedure of a run; a stand-in with equal parameters and columns if its class is gone."""
    given = {name: value for name, value in row["parameters"].items() if value is not None}
    known = procedure_class or loaded_class(row["procedure"])
    try:
        procedure = known() if known else _stand_in(row, facts)
        procedure.set_parameters(given)
    except (ValueError, TypeError, NameError):
        procedure = _stand_in(row, facts)
        procedure.set_parameters(given)
    for name, fact in facts.get("metadata", {}).items():
        if metadata := procedure.metadata_objects().get(name):
            metadata._value, metadata.evaluated = fact["value"], True
            setattr(procedure, name, fact["value"])
    return procedure


def _stand_in(row: Mapping[str, Any], facts: Mapping[str, Any]) -> Procedure:
    about = facts.get("procedure", {"columns": [], "parameters": {}})
    known = about["parameters"]
    members: dict[str, Any] = {
        name: Parameter(known.get(name, {}).get("name", name)) for name in row["parameters"]
    }
    name = row["procedure"].rpartition(":")[2].rpartition(".")[2]
    return type(name, (Procedure,), {**members, "DATA_COLUMNS": about["columns"]})()
