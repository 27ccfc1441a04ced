from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parents[1] / ".." / "shared" / "data"

PROTOCOL = """\
[sample]
name = "pellet"
thickness_mm = 1.0
thickness_uncertainty_mm = 0.01
diameter_mm = 10.0

[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [60, 80, 100]
frequency_max_hz = 1e6
frequency_min_hz = 10.0
points_per_decade = 8
dwell_min = 10
"""


@pytest.fixture
def protocol_file(tmp_path: Path) -> Path:
    path = tmp_path / "protocol.toml"
    path.write_text(PROTOCOL, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def oxide_pellet() -> Path:
    folder = SHARED_DATA / "oxide_pellet_eis"
    if not folder.is_dir():
        pytest.skip("measured spectra of the oxide pellet are not here (../shared/data/oxide_pellet_eis)")
    return folder
