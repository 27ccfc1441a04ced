# ruff: noqa: D100, D103
from pathlib import Path

import pytest

import labctl
from labctl.config.protocol import read_protocol
from labctl.measure.run import StopRequest, run_protocol
from labctl.store import Store
from labctl.testing import watched

PROTOCOL = Path(__file__).with_name("new_procedure_protocol.toml")
OVEN, ANALYSER = "GPIB0::12::INSTR", "GPIB0::4::INSTR"


@pytest.fixture
def measure(station, tmp_path):
    """Run the protocol on the simulated rig, in virtual time; return outcome, database and instruments."""
    station, keeper = watched(station)
    protocol = read_protocol(PROTOCOL)
    protocol.check_against(station)

    def run(befall=lambda rig: None, stop=None):
        with Store.open(tmp_path / "lab.db") as store, station.open() as bench:
            befall(keeper.rig)
            (outcome,) = run_protocol(protocol, station, bench, store, stop or StopRequest())
            return outcome, labctl.open(tmp_path / "lab.db"), keeper.rig.instruments

    return run


def test_every_spectrum_is_taken_and_evaluated(measure):
    outcome, db, _ = measure()
    assert outcome.status == "finished"
    assert list(db.spectra()["status"]) == ["finished", "finished"]
    assert len(db.conductivities()) == 2
    db.close()


def test_everything_is_off_at_the_end(measure):
    _, db, instruments = measure()
    assert instruments[OVEN].heater_range == 0
    assert instruments[ANALYSER].amplitude_v == 0
    db.close()


def test_an_analyser_that_falls_silent_fails_the_run_in_words_and_safely(measure):
    outcome, db, instruments = measure(lambda rig: rig.faults.add("timeout", instrument=ANALYSER, skip=40))
    assert outcome.status == "failed"
    assert "time-out" in outcome.reason
    assert instruments[OVEN].heater_range == 0
    db.close()


def test_a_wish_to_stop_is_obeyed(measure):
    stop = StopRequest()
    stop.request("enough")
    outcome, db, _ = measure(stop=stop)
    assert (outcome.status, outcome.reason) == ("aborted", "enough")
    db.close()
