import pytest

from labctl.config.first_again import growth_of, is_cheap
from procedures.eis import EIS
from procedures.temperature_stepped_eis import TemperatureSteppedEIS

MANY = {"temperatures_degc": [float(t) for t in range(40, 90)], "dwell_min": 30}
FEW = {"temperatures_degc": [30.0, 60.0], "dwell_min": 30}


def test_a_long_series_gets_its_first_temperature_again_and_a_short_one_does_not():
    assert is_cheap(TemperatureSteppedEIS, MANY)
    assert not is_cheap(TemperatureSteppedEIS, FEW)
    assert growth_of(TemperatureSteppedEIS, FEW) > 0.1


@pytest.mark.parametrize(
    ("procedure", "parameters"),
    [
        (TemperatureSteppedEIS, MANY | {"return_down": True}),
        (TemperatureSteppedEIS, {"temperatures_degc": [30.0]}),
        (TemperatureSteppedEIS, {"temperatures_degc": []}),
        (EIS, {}),
    ],
)
def test_nothing_is_added_where_there_is_nothing_to_repeat(procedure, parameters):
    assert growth_of(procedure, parameters) is None
    assert not is_cheap(procedure, parameters)
