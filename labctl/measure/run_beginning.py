"""The first rows of a run: the run itself, its sample, its instruments, and the origin of its code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import Protocol as Shape

from labctl.clock import Clock, VirtualClock
from labctl.config.loading import CodeIdentity, code_of
from labctl.config.protocol import ProcedureEntry, Protocol
from labctl.config.sample import Sample
from labctl.config.station import InstrumentEntry, Station
from labctl.measure.origin import as_read, code_of_run, code_of_station
from labctl.measure.procedure_facts import described, exact_parameters, reference_of
from labctl.store import Store
from labctl.store.cells import ACCURACY
from labctl.store.provenance import collect_provenance


class Timed(Shape):
    """Any object with a clock, normally a bench. Its time is the time of rows and events."""

    @property
    def clock(self) -> Clock:
        """The clock."""
        ...


@dataclass(frozen=True)
class RunBeginning:
    """Writes the first rows of one run; `job_id` is the job that the run belongs to."""

    store: Store
    bench: Timed
    job_id: int | None = None

    def of_protocol(self, protocol: Protocol, entry: ProcedureEntry, station: Station, procedure: Any) -> int:
        """Write a procedure of a protocol on the instruments of a station; return the run's id."""
        about = {
            "procedure": entry.reference,
            "parameters": exact_parameters(procedure),
            "station": station.name,
            "station_text": station.text,
            "protocol_text": protocol.text,
            "cell": getattr(getattr(self.bench, "of_cell", None), "name", None),
        }
        run_id = self._run(protocol.sample, about)
        self._instruments(run_id, station.instruments)
        facts = {"procedure": described(procedure), "repetition": entry.repetition}
        facts[ACCURACY] = station.accuracy.described()
        self._origin(run_id, code_of_run(station, protocol, entry), **{k: v for k, v in facts.items() if v})
        return run_id

    def alone(self, sample: Sample, procedure: Any, uuid: str) -> int:
        """Write a procedure that opens its own instruments; return the run's id."""
        about = {
            "procedure": reference_of(type(procedure)),
            "parameters": exact_parameters(procedure),
            "uuid": uuid,
            "station": getattr(self.bench, "station", ""),
        }
        run_id = self._run(sample, about)
        for role, driver in getattr(self.bench, "roles", {}).items():
            row = {"role": role, "name": driver.name, "driver": reference_of(type(driver))}
            self.store.append("run_instruments", row | {"run_id": run_id, "identity": driver.identity})
        self._origin(run_id, code_of(type(procedure)), procedure=described(procedure))
        return run_id

    def of_script(self, sample: Sample, station: Station, text: str, file: Path) -> int:
        """Write a script, with its text; return the run's id."""
        about = {"procedure": "script", "station": station.name, "station_text": station.text}
        run_id = self._run(sample, about)
        self._instruments(run_id, station.instruments)
        texts = (*as_read(file, text), *as_read(Path(station.source), station.text))
        facts = {"script_text": text, ACCURACY: station.accuracy.described()}
        self._origin(run_id, (*texts, *code_of_station(station)), **facts)
        return run_id

    def _run(self, sample: Sample, about: Mapping[str, Any]) -> int:
        row = {
            "job_id": self.job_id,
            "sample_id": self.store.find_or_add_sample(vars(sample)),
            "clock": _clock_kind(self.bench.clock),
            "status": "running",
            "started_s": self.bench.clock.time(),
        }
        run_id = self.store.insert("runs", {**row, **about})
        self.store.assign_to_mount(run_id)
        return run_id

    def _origin(self, run_id: int, code: Sequence[CodeIdentity], **facts: Any) -> None:
        files = [vars(file) for file in dict.fromkeys(code)]
        self.store.record_provenance(run_id, {**collect_provenance(code=files), **facts})

    def _instruments(self, run_id: int, entries: Sequence[InstrumentEntry]) -> None:
        """Write each instrument in each of its roles; further ones of a role get their name behind it."""
        taken: set[str] = set()
        for entry in entries:
            for role in entry.roles:
                stored_as = f"{role} {entry.name}" if role in taken else role
                taken.add(role)
                self._instrument(run_id, role, entry, stored_as)

    def _instrument(self, run_id: int, role: str, entry: InstrumentEntry, stored_as: str) -> None:
        row = {
            "run_id": run_id,
            "role": stored_as,
            "name": entry.name,
            "driver": entry.driver,
            "address": entry.address,
            "identity": getattr(self._driver(role, entry), "identity", ""),
            "settings": dict(entry.settings),
        }
        self.store.append("run_instruments", row)

    def _driver(self, role: str, entry: InstrumentEntry) -> Any:
        """Return the driver by its name; by its role on a bench that does not know names."""
        named = getattr(self.bench, "drivers", {})
        return named[entry.name] if entry.name in named else getattr(self.bench, "roles", {})[role]


def _clock_kind(clock: Clock) -> str:
    if isinstance(clock, VirtualClock):
        return "virtual"
    return "scaled" if getattr(clock, "factor", 1.0) != 1.0 else "real"
