import numpy as np
import pytest
from scipy.stats import chi2

from sim_instruments.world.noise import ImpedanceNoise, Signal, smallest_fitting

STRONG = Signal(voltage_v=0.2, current_a=5e-5, voltage_scale_v=0.3, current_scale_a=6e-5)


def repeated(noise: ImpedanceNoise, signal: Signal, averaging_s: float, count: int = 500) -> np.ndarray:
    chance = np.random.default_rng(3)
    return np.array([noise.observe(3000 - 2000j, signal, averaging_s, chance) for _ in range(count)])


@pytest.mark.parametrize("averaging_s", [0.1, 1.0, 10.0])
def test_the_noise_of_repeated_points_is_as_configured(averaging_s):
    noise = ImpedanceNoise(1e-3, 1e-5)
    deviations = repeated(noise, STRONG, averaging_s) - (3000 - 2000j)
    expected_ohm = abs(3000 - 2000j) * noise.deviation(STRONG, averaging_s)
    for component in (deviations.real, deviations.imag):
        statistic = float(((component / expected_ohm) ** 2).sum())
        assert chi2.ppf(0.001, len(component)) < statistic < chi2.ppf(0.999, len(component))
    assert noise.deviation(STRONG, 1.0) == pytest.approx(1e-3, rel=0.01)


def test_a_signal_that_fills_its_range_badly_is_noisier():
    weak = Signal(0.2, 1e-9, 0.3, 6e-6)
    assert ImpedanceNoise(1e-3, 1e-5).deviation(weak, 1.0) == pytest.approx(0.06, rel=0.01)


def test_without_noise_a_reading_is_the_truth():
    assert repeated(ImpedanceNoise(0.0, 0.0), STRONG, 1.0, 3).tolist() == [3000 - 2000j] * 3


def test_an_overload_falsifies_the_modulus():
    clipped = Signal(0.2, 1e-3, 0.3, 5e-4)
    assert clipped.overloaded
    assert clipped.clipping == pytest.approx(2.0)


def test_the_smallest_range_that_fits_is_taken():
    assert [smallest_fitting((1.0, 10.0), x) for x in (0.5, 1.0, 3.0, 99.0)] == [1.0, 1.0, 10.0, 10.0]


def test_the_analysers_repeated_points_scatter_as_configured_in_the_rig(build_rig, connect):
    rig = build_rig(noise_fraction=0.002, oven={"ambient_drift_k": 0.0}, cell={"lead_ohm": 0.0})
    port = connect(rig, "GPIB0::4::INSTR", read_termination="\r\n")
    port.write("OP2,1;SO1,3;CZ0;VA1;IS1;FR10000")
    lines = [port.query("SI").split(",") for _ in range(400)]
    z_ohm = np.array([complex(float(real), float(imag)) for _, real, imag, *_ in lines])
    true_ohm = rig.world.cell_impedance_ohm(10000.0)
    statistic = float((np.abs(z_ohm - true_ohm) ** 2).sum() / (0.002 * abs(true_ohm)) ** 2)
    assert chi2.ppf(0.001, 800) < statistic < chi2.ppf(0.999, 800)
