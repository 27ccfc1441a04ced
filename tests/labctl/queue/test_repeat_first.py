"""A night with `repeat_first` that is stopped in the middle of its repetition goes on with it."""

import pytest

from labctl.config.protocol import parse_protocol
from labctl.measure import events
from labctl.measure.run import StopRequest


@pytest.fixture
def job(night, protocol_text):
    text = protocol_text.format(title="series", temperatures=[40, 50, 60]) + "repeat_first = true\n"
    text = text.replace("dwell_min = 5", "dwell_min = 40")  # the sample reaches its sensor's temperature
    return night.jobs.add(parse_protocol(text, night.path.parent / "p.toml"))


class Stopper:
    """Requests a stop at the third point of the fourth spectrum."""

    def __init__(self):
        self.stop, self.spectra, self.points = StopRequest(), 0, 0

    def __call__(self, event):
        match event:
            case events.SpectrumStarted():
                self.spectra, self.points = self.spectra + 1, 0
            case events.PointMeasured():
                self.points += 1
                if (self.spectra, self.points) == (4, 3):
                    self.stop.request("stopped by the test")


def test_a_night_stopped_in_its_repetition_resumes_there_and_compares_it(night, rig, run_night, job):
    stopper = Stopper()
    run_night(stopper.stop, on_event=stopper)
    assert night.finished_spectra() == [(job, 40.0), (job, 50.0), (job, 60.0)]
    assert not rig.heater_is_on
    run_night()
    assert night.finished_spectra() == [(job, 40.0), (job, 50.0), (job, 60.0), (job, 40.0)]
    assert night.states() == ["finished"]
    with night.read() as db:
        law = db.rows("SELECT * FROM law_fits WHERE preferred ORDER BY id")[-1]
    assert law["n_points"] == 3
    again = law["parameters"]["change_of_the_sample"]
    assert again["value"] == pytest.approx(1.0, abs=0.05)
    assert not [flag for flag in law["flags"] if "changed" in flag]
