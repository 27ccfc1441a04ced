import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.solartron1260 import Solartron1260, integration_time_s, number, parse_result
from labctl.errors import InstrumentError
from labctl.testing.trial import find_candidate

IDENTITY = ("*IDN?", "SCHLUMBERGER TECHNOLOGIES, 1260 IMPEDANCE ANALYZER,0,0")
EXAMPLE = "+1.0000000E+03,+1.0000E+02,-5.0000E+00,0,00"
CAPTURED = "+1.0000000E+03,-2.59E+08,-1.42E+08,0,00"


def said(*messages):
    return [(message, None) for message in messages]


FORMAT = said("OS0", "OT1", "RH0")
OFF = said("BK", "VA0", "VB0", "IA0", "IB0", "SW0", "OP2,0")
SAFE = [*OFF, ("?VA", "+0.0000E+00"), ("?VB", "+0.0000E+00")]
SET_UP = said(
    "OP1,0", "OP2,1", "OP3,0", "GT0", "SO1,3", "SO1,3", "CZ0", "VI0", "UW0", "SW0", "AU0",
    "DC1,0", "DC3,0", "RA1,0", "RA3,0", "IS1", "MS0.1", "VB0", "VA0.1",
)  # fmt: skip
CONFIRMED = [("?VA", "+1.0000E-01"), ("?VB", "+0.0000E+00"), ("?CZ", "00")]
ENDED = said("BK", "VA0", "VB0")


def test_preparing_resets_and_leaves_the_generator_at_zero(dialogue):
    with dialogue(Solartron1260, [*FORMAT, IDENTITY, *said("TT2"), *FORMAT, *SAFE]) as fra:
        fra.prepare()


@pytest.mark.parametrize(
    "identity", [IDENTITY[1], "1260 IMPEDANCE ANALYZER, SOLARTRON, 0, 0"], ids=["1260", "1260A"]
)
def test_both_makers_names_are_accepted(dialogue, identity):
    with dialogue(Solartron1260, [("*IDN?", identity)]) as fra:
        fra.check_identity("1260")


def test_a_sister_model_is_refused(dialogue):
    pairs = [*FORMAT, ("*IDN?", "1255B FREQUENCY RESPONSE ANALYZER, SOLARTRON,0,0")]
    with dialogue(Solartron1260, pairs) as fra, pytest.raises(InstrumentError, match="not a 1260"):
        fra.prepare()


def test_a_spectrum_is_set_up_measured_and_ended_at_zero(dialogue, clock):
    second = "+1.0000000E+02,+1.0000E+02,-5.0000E+01,0,00"
    pairs = [*SET_UP, *CONFIRMED, *said("FR1000"), ("SI", EXAMPLE), *said("FR100"), ("SI", second), *ENDED]
    with dialogue(Solartron1260, pairs) as fra:
        points = list(fra.sweep([1000, 100], 0.1))
    assert [point[:3] for point in points] == [(1000, 100, -5), (100, 100, -50)]
    assert {point.status for point in points} == {"ok"}
    assert points[0].time_s == clock.time()


def test_a_bias_is_on_before_the_amplitude_and_off_after_it(dialogue):
    changed = {"VB0": ("VB0.01", None), "?VB": ("?VB", "+1.0000E-02")}
    set_up = [changed.get(pair[0], pair) for pair in [*SET_UP, *CONFIRMED]]
    with dialogue(Solartron1260, [*set_up, *said("FR1000"), ("SI", EXAMPLE), *ENDED]) as fra:
        list(fra.sweep([1000], 0.1, bias_v=0.01))


def test_closing_a_spectrum_early_zeroes_the_generator(dialogue):
    with dialogue(Solartron1260, [*SET_UP, *CONFIRMED, *said("FR1000"), ("SI", EXAMPLE), *ENDED]) as fra:
        points = fra.sweep([1000, 100, 10], 0.1)
        next(points)
        points.close()


def test_a_point_flagged_by_the_instrument_keeps_its_value_and_its_flag(dialogue):
    line = "+1.0000000E+03,+1.0000E+02,-5.0000E+00,2,00"
    with dialogue(Solartron1260, [*SET_UP, *CONFIRMED, *said("FR1000"), ("SI", line), *ENDED]) as fra:
        (point,) = fra.sweep([1000], 0.1)
    assert (point.z_real_ohm, point.z_imag_ohm) == (100, -5)
    assert point.status == "error 2: overload or out of range"


@pytest.mark.parametrize(
    ("frequency_hz", "amplitude_v", "bias_v"),
    [(1e-6, 0.1, 0), (1e8, 0.1, 0), (math.inf, 0.1, 0), (1000, 4, 0), (1000, math.nan, 0), (1000, 0.1, 50)],
)
def test_what_the_instrument_cannot_do_is_never_sent(dialogue, frequency_hz, amplitude_v, bias_v):
    with dialogue(Solartron1260, []) as fra, pytest.raises(ValueError):
        list(fra.sweep([frequency_hz], amplitude_v, bias_v=bias_v))


@pytest.mark.parametrize(
    ("at", "reply"), [(0, "+0.0000E+00"), (1, "+1.0000E+00"), (2, "01")], ids=["level", "bias", "polar"]
)
def test_a_setting_that_was_lost_is_noticed_before_anything_is_measured(dialogue, at, reply):
    pairs = [*SET_UP, *CONFIRMED[:at], (CONFIRMED[at][0], reply), *ENDED]
    with (
        dialogue(Solartron1260, pairs) as fra,
        pytest.raises(InstrumentError, match="differs from the set"),
    ):
        list(fra.sweep([1000], 0.1))


@pytest.mark.parametrize("message", [sent for sent, _ in OFF])
def test_one_failing_message_does_not_keep_the_rest_from_being_sent(dialogue, broken_at, message):
    with dialogue(Solartron1260, [pair for pair in SAFE if pair[0] != message]) as fra:
        broken_at(fra, message)
        with pytest.raises(InstrumentError, match="no answer"):
            fra.make_safe()


def test_making_safe_may_be_repeated(dialogue):
    with dialogue(Solartron1260, SAFE + SAFE) as fra:
        fra.make_safe()
        fra.make_safe()


def test_making_safe_first_discards_an_unread_result(dialogue):
    with dialogue(Solartron1260, SAFE) as fra:
        fra.make_safe()
        assert fra.adapter.connection.clear.called


def test_an_amplitude_that_stays_on_is_reported(dialogue):
    pairs = [*OFF, ("?VA", "+1.0000E-01"), ("?VB", "+0.0000E+00")]
    with (
        dialogue(Solartron1260, pairs) as fra,
        pytest.raises(InstrumentError, match="amplitude_v is not zero"),
    ):
        fra.make_safe()


def test_an_instrument_without_the_prefix_form_is_not_asked(dialogue):
    with dialogue(Solartron1260, OFF, reads_back=False) as fra:
        fra.make_safe()


@pytest.fixture
def silent_to():
    """Connect to a 1260 that answers no message which matches a pattern."""
    with find_candidate("drivers.solartron1260:Solartron1260").connected() as trial:

        def connected(pattern):
            trial.rig.faults.add("timeout", command=pattern, count=math.inf)
            return trial

        yield connected


@pytest.mark.parametrize(("unanswered", "form"), [(r"^\?V", "VA?"), (r"^V.\?", "?VA")])
def test_settings_are_read_back_in_the_form_that_the_instrument_answers(silent_to, unanswered, form):
    trial = silent_to(unanswered)
    trial.driver.prepare()
    assert trial.driver.condition.startswith(f"answers {form};")
    points = trial.driver.sweep([1000.0], 0.1)
    next(points)
    assert trial.driver.amplitude_now_v == pytest.approx(0.1)
    points.close()
    trial.sent.clear()
    trial.driver.make_safe()
    assert [message for message in trial.sent if "?" in message] == [form, form.replace("VA", "VB")]


def test_an_instrument_that_answers_neither_form_measures_without_being_read_back(silent_to):
    trial = silent_to(r"\?C|\?V|V.\?")
    trial.driver.prepare()
    (point,) = trial.driver.sweep([1000.0], 0.1)
    assert point.z_real_ohm == pytest.approx(1000, rel=0.05)
    assert math.isnan(trial.driver.amplitude_now_v)
    assert "neither" in trial.driver.condition


def test_silence_to_both_forms_is_no_missing_support_unless_the_identity_is_told(silent_to):
    trial = silent_to("")
    with pytest.raises(InstrumentError, match="time-out"):
        trial.driver.make_safe()


def test_a_form_that_was_answered_once_is_expected_ever_after(silent_to):
    trial = silent_to("^V.\\?")
    trial.driver.prepare()
    silent_to("V")
    with pytest.raises(InstrumentError, match="time-out"):
        trial.driver.make_safe()


def test_an_instrument_of_unknown_form_is_made_safe_within_its_time(silent_to):
    trial = silent_to(r"\?V|V.\?")
    trial.driver.make_safe()
    assert trial.clock.monotonic() <= trial.driver.safe_within_s


def test_the_result_layouts_of_the_manual_and_of_the_bench_are_read():
    assert len(EXAMPLE) == 43
    assert parse_result(EXAMPLE) == (1000, 100, -5, 0)
    assert parse_result(CAPTURED) == (1000, -2.59e8, -1.42e8, 0)
    assert parse_result(" +1.0E+03, +1.0E+02 ,-5.0E+00,2,+1 ") == (1000, 100, -5, 2)


@given(st.floats(min_value=1e-5, max_value=3.2e7))
def test_a_number_survives_its_way_as_text(value):
    text = number(value)
    assert float(text) == pytest.approx(value, rel=1e-7)
    assert re.fullmatch(r"\d*\.?\d*(E[+-]\d)?", text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1000.0, "1000"), (0.1, "0.1"), (1e-5, "0.00001"), (1e6, "1000000"), (3.2e7, "32000000"), (0.0, "0"),
        (-0.0, "0"), (-0.5, "-0.5"), (1 / 3, "3.3333333E-1"), (1e-9, "1E-9"),
    ],
)  # fmt: skip
def test_numbers_are_plain_where_short_and_have_one_digit_exponents_where_not(value, text):
    assert number(value) == text


def test_above_10_megahertz_the_generator_gives_1_volt_at_most(dialogue):
    with (
        dialogue(Solartron1260, []) as fra,
        pytest.raises(ValueError, match=r"amplitude .* possible: 0 to 1 V above 1e\+07 Hz"),
    ):
        next(fra.sweep([1e6, 2e7], 2.0))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_never_written(value):
    with pytest.raises(ValueError):
        number(value)


@given(st.floats(min_value=1e-5, max_value=1e7), st.floats(min_value=0.01, max_value=1e4))
def test_the_instrument_integrates_whole_cycles_and_at_least_the_time_asked_for(frequency_hz, integration_s):
    duration_s = integration_time_s(frequency_hz, integration_s)
    assert duration_s >= integration_s
    assert duration_s >= 0.999 / frequency_hz


def test_the_time_out_follows_the_measurement(dialogue):
    slow = "+1.0000000E-02,+1.0000E+02,-5.0000E+00,0,00"
    with dialogue(Solartron1260, [*SET_UP, *CONFIRMED, *said("FR0.01"), ("SI", slow), *ENDED]) as fra:
        next(fra.sweep([0.01], 0.1))
        assert fra.adapter.connection.timeout >= 300_000
