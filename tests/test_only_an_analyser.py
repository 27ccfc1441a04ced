"""A station whose only instrument is an analyser records spectra; the temperature is not known."""

import pytest
from typer.testing import CliRunner

import labctl
import labctl.cli
from labctl.clock import VirtualClock
from labctl.config.protocol import read_protocol
from labctl.config.station import read_station
from labctl.measure.stop import StopRequest
from labctl.queue.jobs import Jobs
from labctl.queue.runner import Runner
from labctl.store.transactions import WriteConnection
from procedures.eis import EIS

STATION = """\
name = "analyser alone"

[limits]
temperature_degc = [0, 100]
potential_v = 1.0
current_a = 0.1

[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]

[simulation]
"""
SAMPLE = '[sample]\nname = "pellet"\nthickness_mm = 1.0\ndiameter_mm = 10.0\n'
PROTOCOL = (
    SAMPLE + '[[procedure]]\nuse = "procedures.eis:EIS"\nfrequency_min_hz = 10\npoints_per_decade = 5\n'
)
POINTS = 26


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "station.toml").write_text(STATION, encoding="utf-8")
    (tmp_path / "protocol.toml").write_text(PROTOCOL, encoding="utf-8")
    (tmp_path / "sample.toml").write_text(SAMPLE.replace("[sample]\n", ""), encoding="utf-8")
    return tmp_path


def labctl_(folder, *words):
    done = CliRunner().invoke(labctl.cli.app, [*words, "--db", str(folder / "lab.db")])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def by_labctl_run(folder):
    labctl_(folder, "run", str(folder / "protocol.toml"), "--station", str(folder / "station.toml"))


def by_the_runner(folder):
    station, clock = read_station(folder / "station.toml"), VirtualClock()
    with WriteConnection(folder / "lab.db") as connection:
        Jobs(connection, clock).add(read_protocol(folder / "protocol.toml"))
        Runner(station, folder / "lab.db", StopRequest(), clock=clock, until_empty=True).run()


def scripted(folder):
    sample = folder / "sample.toml"
    return labctl.bench(folder / "station.toml", database=folder / "lab.db", sample=sample)


def by_take_spectrum(folder):
    with scripted(folder) as bench:
        bench.take_spectrum(1e6, 10, points_per_decade=5)


def by_a_procedure_in_a_script(folder):
    with scripted(folder) as bench:
        bench.run(EIS, frequency_min_hz=10.0, points_per_decade=5)


@pytest.mark.parametrize(
    "measure", [by_labctl_run, by_the_runner, by_take_spectrum, by_a_procedure_in_a_script]
)
def test_its_spectrum_is_recorded_without_a_temperature(folder, measure):
    measure(folder)
    with labctl.open(folder / "lab.db") as db:
        run = db.run()
        assert run["status"] == "finished", run["reason"]
        (spectrum,) = db.rows("SELECT * FROM spectra")
        assert (spectrum["status"], spectrum["setpoint_k"]) == ("finished", None)
        points = db.rows("SELECT * FROM impedance_points")
        assert len(points) == POINTS
        assert {point["temperature_k"] for point in points} == {None}
        assert {point["status"] for point in points} == {"ok"}
        assert db.rows("SELECT * FROM temperature_log") == []
        (total,) = db.rows("SELECT * FROM resistances WHERE quantity = 'total'")
        assert total["resistance_ohm"] > 0
