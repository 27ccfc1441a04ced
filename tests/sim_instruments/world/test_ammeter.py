import numpy as np
import pytest

from sim_instruments.world.ammeter import Meter

METER = Meter((2e-7, 2e-6, 2e-5, 2e-4))


def test_autoranging_takes_the_smallest_scale_that_fits():
    assert [METER.choose(i) for i in (1e-9, 1e-6, -1.5e-5, 1.0)] == [2e-7, 2e-6, 2e-5, 2e-4]


def test_readings_are_whole_steps_of_the_resolution():
    chance = np.random.default_rng(1)
    for _ in range(50):
        value = METER.read(1.234567e-6, chance).value
        assert value / 1e-11 == pytest.approx(round(value / 1e-11), abs=1e-6)


def test_an_overload_is_reported_and_clipped():
    reading = METER.read(1e-3, np.random.default_rng(1), full_scale=2e-6)
    assert reading.overloaded
    assert reading.value == pytest.approx(2.1e-6)


def test_the_noise_is_as_configured():
    chance = np.random.default_rng(1)
    values = np.array([Meter((1.0,), noise=1e-3).read(0.3, chance).value for _ in range(2000)])
    assert values.std() == pytest.approx(1e-3, rel=0.06)
