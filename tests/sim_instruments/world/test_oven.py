import pytest

from sim_instruments.world.oven import Oven, OvenProperties


def heated(power_w: float, seconds: float, **properties) -> Oven:
    oven = Oven(295.15, OvenProperties.of({"ambient_drift_k": 0.0, **properties}))
    oven.attach(lambda sensor_k, step_s: power_w)
    oven.advance(seconds)
    return oven


def test_full_power_heats_at_about_ten_kelvin_a_minute():
    oven = heated(100.0, 600)
    assert 10 < (oven.block_k - 295.15) / 10 < 16


def test_cooling_is_slower_than_heating():
    oven = heated(100.0, 1200)
    hot_k = oven.block_k
    oven._heaters.clear()
    oven.advance(2400)
    assert hot_k - oven.block_k < 0.5 * (hot_k - 295.15)


def test_the_sample_follows_the_sensor_with_its_lag():
    oven = heated(0.0, 0)
    oven._heaters[0] = lambda sensor_k, step_s: 5.0
    oven.advance(60)
    assert oven.sensor_k > oven.sample_k
    oven.advance(6 * 3600)
    drift_k_s = 5.0 / 400 * 2.718281828 ** (-6 * 3600 * 0.1 / 400)
    assert oven.sensor_k - oven.sample_k == pytest.approx(114 * drift_k_s, abs=1e-3)


def test_temperatures_do_not_depend_on_how_often_they_are_read():
    seldom, often = heated(50.0, 0), heated(50.0, 0)
    for i in range(1, 1001):
        often.advance(i * 0.377)
    seldom.advance(377.0)
    assert seldom.sample_k == often.sample_k


def test_a_dead_heater_heats_nothing_and_a_stuck_one_does_not_stop():
    oven = heated(100.0, 0)
    oven.heater_dead = True
    oven.advance(600)
    assert oven.block_k == pytest.approx(295.15)
    oven.heater_dead, oven.heater_stuck_w = False, 100.0
    oven._heaters.clear()
    oven.advance(1200)
    assert oven.block_k > 350


@pytest.mark.parametrize(
    ("entries", "error", "named"),
    [
        ({"heat_capacity": 3}, TypeError, "heat_capacity"),
        ({"loss_w_k": "much"}, ValueError, "loss_w_k"),
        ({"loss_w_k": -1}, ValueError, "loss_w_k"),
    ],
)
def test_a_wrong_entry_is_named(entries, error, named):
    with pytest.raises(error, match=named):
        OvenProperties.of(entries)
