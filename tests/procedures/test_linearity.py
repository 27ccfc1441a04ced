"""One spectrum a night at half and double amplitude: told, stored apart, within the limits."""

import pytest

import labctl
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.errors import ConfigurationError
from labctl.measure.run import StopRequest, run_protocol
from labctl.store import Store
from labctl.testing import STATION

PROTOCOL = """
title = "series"
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
{sample}
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [60, 80]
frequency_max_hz = 1e6
frequency_min_hz = 1
points_per_decade = 3
dwell_min = 5
amplitude_v = {amplitude_v}
{key}
"""


@pytest.fixture
def station(tmp_path):
    (tmp_path / "station.toml").write_text(STATION)
    return read_station(tmp_path / "station.toml")


def protocol(key="check_linearity = true", amplitude_v=0.02, sample=""):
    return parse_protocol(PROTOCOL.format(key=key, amplitude_v=amplitude_v, sample=sample), "p.toml")


def measure(station, path, chosen, tamper=lambda bench: None):
    with Store.open(path) as store, station.open() as bench:
        tamper(bench)
        outcomes = run_protocol(chosen, station, bench, store, StopRequest())
    assert [outcome.status for outcome in outcomes] == ["finished"]
    return labctl.open(path)


def not_linear(bench):
    """Let |Z| below 100 Hz fall with the amplitude, as an electrode does."""
    driver = bench.roles["fra"]
    sweep = driver.sweep

    def fallen(frequencies_hz, amplitude_v, *rest):
        for point in sweep(frequencies_hz, amplitude_v, *rest):
            factor = 1 - 40 * amplitude_v**2 if point.frequency_hz < 100 else 1.0
            yield point._replace(z_real_ohm=factor * point.z_real_ohm, z_imag_ohm=factor * point.z_imag_ohm)

    driver.sweep = fallen


def test_the_first_spectrum_is_measured_at_three_amplitudes_and_stays_one_spectrum(station, tmp_path):
    with measure(station, tmp_path / "a.db", protocol()) as db:
        spectra = db.rows("SELECT id FROM spectra")
        points = db.rows("SELECT * FROM linearity_points")
        assert len(spectra) == 2
        assert [p["amplitude_v"] for p in points] == [0.04] * 19 + [0.01] * 19
        assert {p["spectrum_id"] for p in points} == {spectra[0]["id"]}
        assert len(db.points(1)) == 19  # frames and exports have the spectra alone
        flags = [row["flags"] for row in db.rows("SELECT flags FROM conductivities ORDER BY id")]
    assert not [flag for of_one in flags for flag in of_one if "linear" in flag]


def test_a_response_that_depends_on_the_amplitude_is_flagged_at_its_spectrum(station, tmp_path):
    with measure(station, tmp_path / "a.db", protocol(), not_linear) as db:
        first, second = db.rows("SELECT flags FROM conductivities ORDER BY id")
    assert [flag for flag in first["flags"] if flag.startswith("not linear from 0.01 to 0.04 V")]
    assert not [flag for flag in second["flags"] if "linear" in flag]


@pytest.mark.parametrize(("amplitude_v", "sample"), [(0.9, ""), (0.2, "potential_max_v = 0.5")])
def test_a_double_amplitude_beyond_the_limits_of_station_or_sample_is_refused(station, amplitude_v, sample):
    protocol(key="", amplitude_v=amplitude_v, sample=sample).check_against(station)
    with pytest.raises(ConfigurationError, match="then at"):
        protocol(amplitude_v=amplitude_v, sample=sample).check_against(station)


def test_without_the_key_nothing_is_measured_twice(station, tmp_path):
    assert protocol(key="").plan()[1].amplitude_v == 0.02
    longer = protocol().plan()[1]
    assert longer.amplitude_v == 0.04
    assert longer.duration_s == pytest.approx(3 * protocol(key="").plan()[1].duration_s)
    with measure(station, tmp_path / "a.db", protocol(key="")) as db:
        assert not db.rows("SELECT * FROM linearity_points")
