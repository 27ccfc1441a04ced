"""A spectrum belongs to one temperature: it is taken anew where the sample leaves its band."""

import pytest

import labctl
from labctl.clock import VirtualClock
from labctl.config.protocol import parse_protocol
from labctl.measure.run import StopRequest, run_protocol
from labctl.queue.retry import Patience, patient_bench
from labctl.store import Store
from labctl.testing import watched

FRA = "GPIB0::4::INSTR"
SAMPLE = '[sample]\nname = "pellet"\nthickness_mm = 1.0\ndiameter_mm = 10.0\n'
STEPPED = """
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [60]
frequencies_hz = [1e6, 1e5, 1e4, 1e3, 100, 10, 0.1, 0.05, 0.02]
dwell_min = 5
"""
WATCH = STEPPED.replace(
    "temperature_stepped_eis:TemperatureSteppedEIS", "equilibration_watch:EquilibrationWatch"
)
WATCH += "spectra_at_most = 2\ninterval_min = 0\nsteady_percent = 50\n"


class Night:
    """One protocol on a simulated rig in virtual time, with faults at a given point of its spectrum."""

    def __init__(self, station, path):
        self.station, self.keeper = watched(station)
        self.path, self.clock, self.retries = path, VirtualClock(), 0

    def run(self, text, at_point=None, fault=None, spectra=1):
        begun, points = [], []

        def see(event):
            if event.topic == "spectrum" and event.state == "started":
                begun.append(event)
                points.clear()
            if event.topic == "results":
                points.append(event)
                if len(points) == at_point and len(begun) <= spectra:
                    fault(self.keeper.rig)

        with Store.open(self.path) as store, self.station.open(self.clock) as bench:
            if self.retries:
                bench = patient_bench(bench, Patience(self.retries, 2.0), lambda words: None)
            protocol = parse_protocol(SAMPLE + text, "p.toml")
            (self.outcome,) = run_protocol(protocol, self.station, bench, store, StopRequest(), see)
        return self

    def rows(self, query):
        with labctl.open(self.path) as db:
            return db.rows(query)

    @property
    def spectra(self):
        return [(row["status"], row["repeat_of"]) for row in self.rows("SELECT * FROM spectra ORDER BY id")]

    def told(self, kind):
        events = self.rows("SELECT kind, message FROM events ORDER BY id")
        return [event["message"] for event in events if event["kind"] == kind]


@pytest.fixture
def one_night(station, tmp_path):
    return Night(station, tmp_path / "lab.db")


def dip(rig, kelvin=8.0):
    """The sample cools down at once, as when somebody opens the door."""
    oven = rig.world.oven
    oven.start_at(oven.sample_k - kelvin)


def test_an_undisturbed_spectrum_is_taken_once_and_carries_its_span(one_night):
    night = one_night.run(STEPPED)
    assert night.spectra == [("finished", None)]
    (row,) = night.rows("SELECT * FROM conductivities")
    assert row["temperature_min_k"] <= row["temperature_k"] <= row["temperature_max_k"]
    assert row["temperature_max_k"] - row["temperature_min_k"] < 0.5
    assert [r["band_k"] for r in night.rows("SELECT band_k FROM spectra")] == [0.5]


@pytest.mark.parametrize(("protocol", "at_point"), [(STEPPED, 4), (STEPPED, 8), (WATCH, 4)])
def test_after_a_dip_the_temperature_is_settled_again_and_the_spectrum_taken_anew(
    one_night, protocol, at_point
):
    night = one_night.run(protocol, at_point=at_point, fault=dip)
    assert night.outcome.status == "finished"
    assert night.spectra[:2] == [("aborted", None), ("finished", 1)]
    (told,) = night.told("spectrum again")
    assert "outside the band of 0.5 K about 60.00 degC: settling again, then the spectrum anew" in told
    points = night.rows("SELECT * FROM impedance_points WHERE spectrum_id = 2")
    assert all(abs(point["temperature_k"] - 333.15) <= 0.5 for point in points)
    phases = [row["phase"] for row in night.rows("SELECT phase FROM temperature_log ORDER BY number")]
    assert phases[-1] == "dwell"
    assert "approach" in phases[phases.index("dwell") :]


def test_after_an_exchange_that_was_lost_for_long_the_spectrum_is_taken_anew(one_night):
    one_night.retries = 9
    night = one_night.run(
        STEPPED,
        at_point=4,
        fault=lambda rig: rig.faults.add("timeout", instrument=FRA, command="SI", count=6),
    )
    assert night.outcome.status == "finished"
    assert night.spectra == [("aborted", None), ("finished", 1)]
    (told,) = night.told("spectrum again")
    assert told.startswith("exchanges were lost for ")


def test_one_exchange_that_was_tried_again_spoils_no_spectrum(one_night):
    one_night.retries = 3
    night = one_night.run(
        STEPPED, at_point=4, fault=lambda rig: rig.faults.add("timeout", instrument=FRA, command="SI")
    )
    assert night.spectra == [("finished", None)]


def test_a_sample_that_never_keeps_its_band_is_measured_in_the_end_and_flagged(one_night):
    night = one_night.run(STEPPED, at_point=4, fault=dip, spectra=99)
    assert night.outcome.status == "finished"
    assert [status for status, _ in night.spectra] == ["aborted", "aborted", "finished"]
    assert len(night.told("spectrum again")) == 2
    (row,) = night.rows("SELECT * FROM conductivities")
    (flag,) = [f for f in row["flags"] if "left its band of 0.5 K about 60.00 degC: " in f]
    assert flag.endswith(" degC during the spectrum")
    assert row["temperature_max_k"] - row["temperature_min_k"] > 2
    assert row["temperature_u_k"] >= (row["temperature_max_k"] - row["temperature_min_k"]) / 2


def turn_up(rig):
    rig.instruments[FRA].amplitude_v = 0.3


def test_an_amplitude_turned_at_the_analyser_is_told_and_the_spectrum_taken_anew(one_night):
    night = one_night.run(STEPPED, at_point=4, fault=turn_up)
    assert night.spectra == [("aborted", None), ("finished", 1)]
    (told,) = night.told("setting lost")
    assert told == "analyser: the amplitude at the instrument is 0.3 V instead of 0.02 V"


def test_a_single_spectrum_says_that_its_amplitude_was_another(one_night):
    eis = 'use = "procedures.eis:EIS"\nfrequencies_hz = [1e6, 1e5, 1e4, 1e3, 100]\n'
    night = one_night.run("[[procedure]]\n" + eis, at_point=2, fault=turn_up)
    assert night.spectra == [("finished", None)]
    assert night.told("setting lost") == [
        "analyser: the amplitude at the instrument is 0.3 V instead of 0.02 V"
    ]
