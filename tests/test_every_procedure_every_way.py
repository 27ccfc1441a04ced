"""Each shipped procedure measures by `labctl run`, by the queue's runner and from a script."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

import labctl
import labctl.cli
from labctl.clock import VirtualClock
from labctl.config.protocol import read_protocol
from labctl.config.station import read_station
from labctl.measure.procedure_facts import reference_of
from labctl.measure.stop import StopRequest
from labctl.queue.jobs import Jobs
from labctl.queue.runner import Runner
from labctl.store.transactions import WriteConnection
from procedures.catalogue import PROCEDURES
from procedures.condition_series import ConditionSeries
from procedures.dc_polarisation import DCPolarisation

SAMPLE = """\
name = "film"
thickness_mm = 0.1
area_cm2 = 1.0
electrodes = "{electrodes}"
cation = "Li+"
"""
FREQUENCIES = {"frequencies_hz": [1e6, 1e5, 1e4, 1e3, 1e2, 10.0, 1.0]}
SETTLED = {"temperatures_degc": [30.0], "dwell_min": 0.0, "band_k": 10.0, "slope_k_min": 10.0}
HOLD = {"rest_min": 0.1, "hold_min_min": 0.1, "steady_percent": 10.0, "samples_per_decade": 20}
PARAMETERS = {
    "TemperatureSteppedEIS": {**FREQUENCIES, **SETTLED},
    "BruceVincent": {**FREQUENCIES, **SETTLED, **HOLD, "hold_max_min": 1.0},
    "EIS": FREQUENCIES,
    "ConditionSeries": {
        **FREQUENCIES,
        **SETTLED,
        "condition": "flow_ml_min",
        "conditions": [20.0, 50.0],
        "condition_tolerance": 1.0,
        "condition_dwell_min": 0.1,
    },
    "TemperatureRampEIS": {**FREQUENCIES, "start_degc": 30.0, "end_degc": 31.0, "ramp_k_min": 5.0},
    "EquilibrationWatch": {**FREQUENCIES, **SETTLED, "spectra_at_most": 2, "interval_min": 1.0},
    "DCPolarisation": {**FREQUENCIES, **SETTLED, **HOLD, "hold_max_min": [1.0], "potentials_v": [0.05]},
    "HebbWagner": {
        **FREQUENCIES,
        **SETTLED,
        **HOLD,
        "hold_max_min": [1.0],
        "potentials_v": [-0.05, 0.05, 0.1],
    },
    "ElectromotiveForce": {**SETTLED, "window_min": 0.5, "wait_max_min": 2.0, "interval_s": 5.0},
    "Electrolysis": {**SETTLED, "rest_min": 0.1, "charge_c": 2e-6, "parts": 2, "potential_v": 0.9},
    "TemperatureHold": {"temperature_degc": 30.0, "hold_min": 1.0, "band_k": 10.0},
    "OpenCircuit": {"duration_min": 0.5, "interval_s": 5.0},
}
TABLES = {  # a table with rows of its measurement
    "BruceVincent": "polarisation_points",
    "DCPolarisation": "polarisation_points",
    "HebbWagner": "polarisation_points",
    "ElectromotiveForce": "records",
    "Electrolysis": "polarisation_points",
    "TemperatureHold": "temperature_log",
    "OpenCircuit": "records",
}

GAS = """
[instruments.gas]
driver = "drivers.alicat:AlicatMC"
address = "ASRL7::INSTR"
roles = ["atmosphere"]
settings = { flow_unit = "NCCM", full_scale = 100.0 }

[simulation]
[simulation.options.instruments]
"ASRL7::INSTR" = "alicat"
"GPIB0::12::INSTR" = "lakeshore336"
"GPIB0::6::INSTR" = "solartron1287"
"GPIB0::4::INSTR" = "solartron1260"
"""  # beside oven, potentiostat and analyser, for the series over a gas flow
SHOWN = {
    "BruceVincent": "rho+ (Bruce-Vincent) = ",
    "DCPolarisation": "t_el (Hebb-Wagner) = ",
    "HebbWagner": "t_el (Hebb-Wagner) = ",
}


@dataclass(frozen=True)
class Place:
    """A folder with a station, a protocol and a sample."""

    folder: Path
    procedure: type

    @property
    def db(self):
        return self.folder / "lab.db"


@pytest.fixture(params=PROCEDURES, ids=lambda procedure: procedure.__name__)
def place(request, tmp_path, cell_station_text):
    procedure = request.param
    lines = [f"{name} = {value!r}" for name, value in PARAMETERS[procedure.__name__].items()]
    sample = SAMPLE.format(electrodes="blocking" if issubclass(procedure, DCPolarisation) else "reversible")
    protocol = f'[sample]\n{sample}\n[[procedure]]\nuse = "{reference_of(procedure)}"\n' + "\n".join(lines)
    if procedure is ConditionSeries:
        cell_station_text = cell_station_text.replace("[simulation]\n", GAS)
    (tmp_path / "station.toml").write_text(cell_station_text, encoding="utf-8")
    (tmp_path / "protocol.toml").write_text(protocol, encoding="utf-8")
    (tmp_path / "sample.toml").write_text(sample, encoding="utf-8")
    return Place(tmp_path, procedure)


def by_labctl_run(place):
    names = {"--station": "station.toml", "--db": "lab.db"}
    options = [word for option, name in names.items() for word in (option, str(place.folder / name))]
    done = CliRunner().invoke(labctl.cli.app, ["run", str(place.folder / "protocol.toml"), *options])
    assert done.exit_code == 0, (done.output, done.exception)
    assert "run 1: finished" in done.output
    assert SHOWN.get(place.procedure.__name__, "") in done.output


def by_the_runner(place):
    station, clock = read_station(place.folder / "station.toml"), VirtualClock()
    with WriteConnection(place.db) as connection:
        jobs = Jobs(connection, clock)
        job_id = jobs.add(read_protocol(place.folder / "protocol.toml"))
        Runner(station, place.db, StopRequest(), clock=clock, until_empty=True).run()
        job = jobs.get(job_id)
    assert job.state == "finished", job.reason


def from_a_script(place):
    parameters = PARAMETERS[place.procedure.__name__]
    with labctl.bench(
        place.folder / "station.toml", database=place.db, sample=place.folder / "sample.toml"
    ) as bench:
        bench.run(place.procedure, **parameters)


@pytest.mark.parametrize("measure", [by_labctl_run, by_the_runner, from_a_script])
def test_a_shipped_procedure_measures_and_its_run_is_finished(place, measure):
    measure(place)
    with labctl.open(place.db) as db:
        run = db.run()
        assert run["status"] == "finished", run["reason"]
        table = TABLES.get(place.procedure.__name__, "impedance_points")
        assert db.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"] > 1
        assert db.rows("SELECT * FROM events WHERE kind = 'evaluation failed'") == []
