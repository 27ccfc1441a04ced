import pytest

from labctl.analysis import read_spectrum
from labctl.analysis.readers.digits import odd_one_out

FIXED = [f"{10.0 - k / 10:.4e}" for k in range(20)]


@pytest.mark.parametrize("damaged", ["8.500e+00", "8.5000e+0", "8.50000e+00", "8500e+00"])
def test_a_number_with_other_digits_than_its_column_is_found(damaged):
    assert odd_one_out([*FIXED[:7], damaged, *FIXED[8:]]) == [7]


@pytest.mark.parametrize(
    "cells",
    [
        FIXED,
        [f"{1000 / (k + 7):.6g}" for k in range(20)],  # zeros at the end are left out
        [f"{k / 7:.9f}".rstrip("0") for k in range(1, 21)],
        [*FIXED[:4], "nan", "overload", "", *FIXED[7:]],
        [*FIXED[:3], "1"],
    ],
)
def test_numbers_of_a_usual_column_are_not_suspected(cells):
    assert odd_one_out(cells) == []


def test_a_line_that_lost_digits_is_named(tmp_path):
    lines = [f"{10 ** (6 - k / 3):.4e},{50 + 4 * k:.4e},{-(20 + 3 * k):.4e}" for k in range(18)]
    lines[5] = lines[5].replace("7.0000e+01", "7.000e+01")
    path = tmp_path / "lost.csv"
    path.write_text("\n".join(["freq,real,imag", *lines, ""]))
    assert read_spectrum(path).warnings == (
        "line 7: 7.000e+01 has other digits than its column: it may be damaged",
    )
