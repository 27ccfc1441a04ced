"""The laws of a growing run are fitted at intervals that grow with it."""

import pytest

from labctl.derive import LiveLaws


def fits(laws, spectra, temperature_k=300.0):
    return [n for n in range(1, spectra + 1) if laws.are_due(temperature_k)]


def test_a_short_run_is_fitted_after_every_spectrum():
    assert fits(LiveLaws(), 50) == list(range(1, 51))


@pytest.mark.parametrize(("spectra", "points_each"), [(2000, 50), (100_000, 11)])
def test_the_fits_of_a_long_run_cost_few_points_a_spectrum(spectra, points_each):
    points = sum(fits(LiveLaws(), spectra))
    assert points / spectra == pytest.approx(points_each, rel=0.1)


def test_a_temperature_not_measured_before_is_fitted_at_once():
    laws = LiveLaws(1000)
    assert laws.are_due(300.0)
    assert not laws.are_due(300.02)
    assert laws.are_due(310.0)
    assert not laws.are_due(None)
    assert not laws.are_due(300.0)


def test_a_continued_run_counts_the_spectra_before_it():
    assert fits(LiveLaws(1000), 41) == [1, 21, 41]
