import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.methodscript import (
    CurrentRanges,
    error_in,
    literal,
    log_spaced_runs,
    parse_package,
    parse_value,
    sample_script,
    spectrum_script,
    step_script,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("800000Am", 0.01), ("7FFFFF6m", -0.01), ("8000001i", 1), ("8000000a", 0), ("800000A ", 10),
        ("8000001E", 1e18),
    ],
)  # fmt: skip
def test_a_value_is_an_offset_integer_times_its_prefix(text, value):
    assert parse_value(text) == value


def test_a_value_with_all_its_digits():
    assert parse_value("DF5CB18n") == pytest.approx((0xDF5CB18 - 0x8000000) * 1e-9, rel=1e-12)


def test_not_a_number_stays_one():
    assert math.isnan(parse_value("     nan"))


@pytest.mark.parametrize("text", ["800000A", "800000Ax", "80000Amm", "800000am", "-00000Am", "", "    nan "])
def test_anything_else_is_no_value(text):
    with pytest.raises(ValueError):
        parse_value(text)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Pda8000800u;ba8000800u,10,20B", {"da": (2.048e-3, 0, None), "ba": (2.048e-3, 0, 0x0B)}),
        (
            "PdcDF5DFF4u;cc896D904m,10,287;cd82DB1A8u,10,287",
            {"dc": (99.999732, 0, None), "cc": (9885.956, 0, 0x87), "cd": (2.9946, 0, 0x87)},
        ),
        ("Pda84E63DAn;ba82AB973f,14,284", {"da": (5.13737e-3, 0, None), "ba": (2.799987e-9, 4, 0x84)}),
        (
            "Pja8000001i;da7F0BDF9u;ba7678CD7p,10,20F,40",
            {"ja": (1, 0, None), "da": (-0.999943, 0, None), "ba": (-9.990953e-6, 0, 0x0F)},
        ),
    ],
)
def test_every_package_of_the_maker_decodes(line, expected):
    package = parse_package(line)
    assert package.keys() == expected.keys()
    for kind, (value, status, range_index) in expected.items():
        assert package[kind].value == pytest.approx(value, rel=2e-6)
        assert (package[kind].status, package[kind].range_index) == (status, range_index)


@pytest.mark.parametrize(
    ("status", "doubts"),
    [
        ("10", ()),
        ("14", ("underload: too small for its range",)),
        ("12", ("overload",)),
        ("1B", ("timing not met", "overload", "overload warning")),
    ],
)
def test_status_bits_are_reported_as_text(status, doubts):
    assert parse_package(f"Pba800000Am,{status}")["ba"].doubts == doubts


@pytest.mark.parametrize(
    "line",
    ["da8000800u", "P", "Pda8000800", "Pda8000800u;", "Pda8000800u,", "Pda8000800u,3F", "Pda8000800u,1G",
     "Pda8000800u;da8000800u", "Pda8000800u,10,2", "PDA8000800u"],
)  # fmt: skip
def test_a_damaged_package_is_refused(line):
    with pytest.raises(ValueError):
        parse_package(line)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("!0032: Line 4", "error 0032, aborted: the cell was overloaded (Line 4)"),
        ("l!4001: Line 1, Col 27", "error 4001, unknown script command (Line 1, Col 27)"),
        ("Z!0006", "error 0006, not allowed now"),
        ("e!4203: Line 2, Col 3", "error 4203, argument error (Line 2, Col 3)"),
        ("!00FF", "error 00FF, not in the manual"),
        ("M0007", ""),
        ("", ""),
    ],
)
def test_errors_are_reported_as_text(line, words):
    assert error_in(line) == words


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "100m"), (200e3, "200k"), (0.01, "10m"), (-0.01, "-10m"), (60, "60"), (1, "1"), (0, "0"),
     (1e6, "1M"), (100e-6, "100u"), (1234.5, "1234500m"), (1e-9, "1n"), (0.429, "429m")],
)  # fmt: skip
def test_literals_have_no_decimal_point(value, text):
    assert literal(value) == text


@given(st.floats(min_value=1e-12, max_value=1e9))
def test_a_literal_keeps_the_value(value):
    text = literal(value)
    scale = {
        "G": 1e9,
        "M": 1e6,
        "k": 1e3,
        "m": 1e-3,
        "u": 1e-6,
        "n": 1e-9,
        "p": 1e-12,
        "f": 1e-15,
        "a": 1e-18,
    }
    number, factor = (text[:-1], scale[text[-1]]) if text[-1] in scale else (text, 1)
    assert int(number) * factor == pytest.approx(value, rel=7e-7)


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e-30, 1e30])
def test_what_cannot_be_written_is_refused(value):
    with pytest.raises(ValueError):
        literal(value)


@given(st.lists(st.floats(min_value=0.01, max_value=2e5), min_size=1, max_size=20))
def test_runs_keep_every_frequency_in_its_order(frequencies_hz):
    runs = list(log_spaced_runs(frequencies_hz))
    assert [f for run in runs for f in run] == frequencies_hz


def test_a_logarithmic_series_is_one_run_and_a_sequel_another():
    series = [1e5 * 10 ** (-n / 7) for n in range(30)]
    assert [len(run) for run in log_spaced_runs(series)] == [30]
    assert [len(run) for run in log_spaced_runs([*series, 50.0, 20.0])] == [30, 2]


def test_the_minimal_polarisation_is_the_manuals():
    ranges = CurrentRanges(1e-6, 100e-6)
    assert sample_script(0.01, 1) == (
        "var p", "var c", "meas_loop_ca p c 10m 1 1", "pck_start", "pck_add p", "pck_add c", "pck_end",
        "endloop",
    )  # fmt: skip
    step = step_script(0.01, ranges, 0.05)
    assert [line for line in step if "cell" in line] == ["cell_on"]
    assert "set_e 10m" in step
    assert step.index("set_e 10m") < step.index("cell_on") < step.index("meas_loop_ca p c 10m 50m 50m")


def test_a_spectrum_switches_the_cell_off_itself_unless_it_is_held():
    arguments = ([1e5, 1e4, 1e3], 0.01, 0.02, CurrentRanges(1e-6, 1e-3))
    script = spectrum_script(*arguments, cell_is_held=False)
    assert "meas_loop_eis f r j 10m 100k 1k 3i 20m" in script
    assert script[-2:] == ("on_finished:", "cell_off")
    assert "set_pgstat_mode 3" in script
    held = spectrum_script(*arguments, cell_is_held=True)
    assert not [line for line in held if "cell" in line or "mode" in line or "set_e" in line]


@given(st.lists(st.floats(min_value=0.01, max_value=2e5), min_size=1, max_size=40))
def test_no_line_is_too_long_for_the_instrument(frequencies_hz):
    script = spectrum_script(frequencies_hz, 0.01, -0.123456, CurrentRanges(1e-9, 0.1), cell_is_held=False)
    assert max(map(len, script)) <= 128
