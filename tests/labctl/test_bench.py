import pytest

from labctl.bench import Bench, Limits
from labctl.clock import VirtualClock
from labctl.errors import ConfigurationError, InstrumentError, LimitExceeded

LIMITS = Limits(temperature_k=(250.0, 400.0), potential_v=0.1, current_a=1e-3)


class Oven:
    name = "oven"

    def __init__(self):
        self.setpoint_k = self.ramp_rate_k_s = 0.0
        self.made_safe = 0

    temperature_k = 300.0

    def make_safe(self):
        self.made_safe += 1


class Analyser:
    name = "fra"

    def __init__(self):
        self.calls = []
        self.made_safe = 0

    def sweep(self, frequencies_hz, amplitude_v, integration_s=1.0, bias_v=0.0):
        self.calls.append((amplitude_v, bias_v))
        yield from ()

    def hold(self, potential_v, times_s, current_limit_a):
        self.calls.append((potential_v, current_limit_a))
        yield from ()

    def make_safe(self):
        self.made_safe += 1
        raise InstrumentError("fra", "VA0", "", "time-out")


def bench_of(**roles):
    return Bench(VirtualClock(), LIMITS, roles, "rig.toml")


@pytest.mark.parametrize("kelvin", [249.9, 400.1, 1e6, float("nan")])
def test_a_set_point_outside_the_limits_is_never_sent(kelvin):
    oven = Oven()
    with pytest.raises(LimitExceeded, match="temperature"):
        bench_of(oven=oven).oven.setpoint_k = kelvin
    assert oven.setpoint_k == 0.0


def test_a_set_point_inside_the_limits_reaches_the_driver():
    oven = Oven()
    bench = bench_of(oven=oven)
    bench.oven.setpoint_k = 350.0
    bench.oven.ramp_rate_k_s = 0.05
    assert (oven.setpoint_k, oven.ramp_rate_k_s) == (350.0, 0.05)
    assert bench.oven.temperature_k == 300.0


@pytest.mark.parametrize(("amplitude_v", "bias_v"), [(0.08, 0.0), (0.01, 0.09), (0.01, -0.09), (0.01, 5.0)])
def test_amplitude_and_bias_are_limited_together_at_their_peak(amplitude_v, bias_v):
    analyser = Analyser()
    with pytest.raises(LimitExceeded, match="potential"):
        bench_of(fra=analyser).fra.sweep([1.0], amplitude_v, bias_v=bias_v)
    assert analyser.calls == []


@pytest.mark.parametrize(("potential_v", "limit_a"), [(0.11, 1e-4), (-0.11, 1e-4), (0.01, 2e-3)])
def test_a_polarisation_outside_the_limits_is_refused(potential_v, limit_a):
    analyser = Analyser()
    with pytest.raises(LimitExceeded):
        bench_of(potentiostat=analyser).potentiostat.hold(potential_v, [1.0], limit_a)
    assert analyser.calls == []


def test_a_role_that_the_station_lacks_is_named():
    with pytest.raises(ConfigurationError, match=r"rig.toml: roles.fra: no instrument has this role"):
        _ = bench_of(oven=Oven()).fra


def test_the_sample_sensor_is_the_controller_unless_there_is_one_of_its_own():
    oven, sensor = Oven(), Oven()
    sensor.temperature_k = 310.0
    assert bench_of(oven=oven).thermometer.temperature_k == 300.0
    assert bench_of(oven=oven, thermometer=sensor).thermometer.temperature_k == 310.0


def test_every_instrument_is_made_safe_even_if_one_fails():
    oven, analyser = Oven(), Analyser()
    with pytest.raises(ExceptionGroup) as caught:
        bench_of(fra=analyser, oven=oven).make_safe()
    assert oven.made_safe == 1
    assert caught.group_contains(InstrumentError, match="fra")


def test_an_instrument_with_two_roles_is_made_safe_once():
    oven = Oven()
    bench_of(oven=oven, thermometer=oven).make_safe()
    assert oven.made_safe == 1
