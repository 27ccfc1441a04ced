import math

import numpy as np
import pytest

from labctl.analysis import Spectrum


def test_a_spectrum_keeps_what_was_measured_in_its_order():
    spectrum = Spectrum([1, 100, 10], [3 - 3j, 1 - 1j, 2 - 2j])
    assert spectrum.frequency_hz.tolist() == [1, 100, 10]
    assert spectrum.cleaned().frequency_hz.tolist() == [100, 10, 1]
    assert spectrum.cleaned().z_ohm.tolist() == [1 - 1j, 2 - 2j, 3 - 3j]


def test_a_spectrum_cannot_be_changed():
    spectrum = Spectrum([1.0], [1.0])
    with pytest.raises(ValueError, match="read-only"):
        spectrum.z_ohm[0] = 0


def test_later_changes_of_the_given_array_do_not_reach_it():
    given = np.array([1.0, 2.0])
    spectrum = Spectrum(given, [1, 1])
    given[0] = 7
    assert spectrum.frequency_hz[0] == 1


@pytest.mark.parametrize(
    ("frequency_hz", "z_ohm", "status"),
    [
        (math.nan, 1, "good"),
        (-1, 1, "good"),
        (0, 1, "good"),
        (1, complex(math.nan, 1), "good"),
        (1, math.inf, "good"),
        (1, 0, "good"),
        (1, 1, "overload"),
    ],
)
def test_points_no_analysis_may_use_are_known(frequency_hz, z_ohm, status):
    spectrum = Spectrum([frequency_hz, 5.0], [z_ohm, 2.0], [status, ""])
    assert spectrum.usable.tolist() == [False, True]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("z_ohm", ([1, 2], [1])),
        ("frequency_hz", ([[1, 2]], [[1, 2]])),
        ("frequency_hz", (["fast"], [1])),
        ("z_ohm", ([1], ["?"])),
        ("frequency_hz", (1.0, [1])),
        ("status", ([1], [1], ["good", "good"])),
    ],
)
def test_arrays_that_make_no_spectrum_are_refused_by_name(name, arguments):
    with pytest.raises(ValueError, match=name):
        Spectrum(*arguments)
