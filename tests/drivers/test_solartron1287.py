import math
from contextlib import closing
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.solartron1287 import RESISTOR_CODES, Solartron1287, level, limit_code, parse_reading
from labctl.errors import ConfigurationError, InstrumentError

LOGGED = "+2.07035E-03,+1.51106E-08,00,00"
NO_ERROR = ("?ER", "00")


def said(*messages):
    return [(message, None) for message in messages]


def told(*messages):
    return [pair for message in messages for pair in ((message, None), NO_ERROR)]


def reading(line):
    return [("GP1", line), ("GP0", None), NO_ERROR]


def set_up(limit="IL3", range_="RR0"):
    common = ("PO0", "BY0", "ON0", "OL0", "DG0", "RG0", "TR1", "RU1", "PX3", "PY5")
    confirmed = [(f"?{sent[:2]}", f"0{sent[2:]}") for sent in (limit, range_)]
    return [*said("CE"), *told(*common, limit, range_), *confirmed]


CELL_OFF = [*said("PW0"), NO_ERROR, *said("SW0", "PV0", "BY0", "RU0", "GP0")]
SAFE = [*CELL_OFF, ("?PW", "0"), ("?BY", "0")]
STEP = [
    *told("BY1"), *reading("+0.00000E+00,+0.00000E+00,00,00"), *told("BY0", "PV0", "PW1"), ("?PW", "1"),
    *told("PV+1.0000E-2"),
]  # fmt: skip
AT_TEN_MILLIVOLT = "+1.00010E-02,+1.51106E-06,00,00"


def test_preparing_initialises_and_leaves_the_cell_off(dialogue):
    pairs = [*said("BK4", "OS0", "OT1", "CE"), ("?VN", "1287 V2.1"), *SAFE]
    with dialogue(Solartron1287, pairs, version="1287") as cell:
        cell.prepare()


@pytest.mark.parametrize("answer", ["1286 V1.0", ""])
def test_a_version_other_than_the_required_one_is_refused(dialogue, answer):
    pairs = [*said("BK4", "OS0", "OT1", "CE"), ("?VN", answer)]
    with dialogue(Solartron1287, pairs, version="1287") as cell, pytest.raises(InstrumentError):
        cell.prepare()


def test_a_potential_step_goes_from_rest_to_the_level_and_ends_with_the_cell_off(dialogue):
    pairs = [*set_up(), *STEP, *reading(AT_TEN_MILLIVOLT), *reading(AT_TEN_MILLIVOLT), *CELL_OFF]
    with dialogue(Solartron1287, pairs) as cell, closing(cell.hold(0.01, [0, 10.0], 2e-3)) as samples:
        points = list(samples)
    assert [point.elapsed_s for point in points] == [0, 10]
    assert {point[2:] for point in points} == {(0.010001, 1.51106e-6, "ok")}


def test_the_cell_stays_polarised_until_the_iterator_is_closed(dialogue):
    pairs = [*set_up(), *STEP, *reading(AT_TEN_MILLIVOLT)]
    with dialogue(Solartron1287, pairs + CELL_OFF) as cell, closing(cell.hold(0.01, [0.0], 2e-3)) as samples:
        assert len(list(islice(samples, 1))) == 1
        assert cell.adapter._index == len(pairs)


def test_the_rest_potential_is_where_a_charged_cell_is_switched_on(dialogue):
    step = [
        *told("BY1"),
        *reading("+3.01234E+00,+0.0E+00,00,00"),
        *told("BY0", "PV+3.0123E+0", "PW1"),
        ("?PW", "1"),
        *told("PV+3.0200E+0"),
    ]
    pairs = [*set_up(), *step, *reading("+3.02000E+00,+1.0E-06,00,00"), *CELL_OFF]
    with dialogue(Solartron1287, pairs) as cell:
        (point,) = cell.hold(3.02, [0.0], 2e-3)
    assert point.status == "ok"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("+1.00000E-02,+1.99000E-03,00,00", "at the current limit of 0.002 A"),
        ("+1.00000E-02,+9.90000E-01,00,31", "current: overload of the voltmeter"),
        ("+1.00000E-02,+1.00000E-06,31,00", "potential: overload of the voltmeter"),
        ("+1.00000E-02,+1.00000E-06,00,07", "current: error 07"),
        ("+1.00000E-04,+0.00000E+00,00,00", "not at the set potential: limited or cut out"),
    ],
)
def test_limit_overload_and_cut_out_keep_the_value_and_are_in_the_status(dialogue, line, words):
    with dialogue(Solartron1287, [*set_up(), *STEP, *reading(line), *CELL_OFF]) as cell:
        (point,) = cell.hold(0.01, [0.0], 2e-3)
    assert words in point.status
    assert point.current_a == float(line.split(",")[1])


@pytest.mark.parametrize(
    "line",
    ["+1.0E-02,+1.5E-06,00", "+1.0E-02,+1.5E-06,0,00", "nan,+1.5E-06,00,00", "+1.0E-02,,00,00", "", "00"],
)
def test_a_line_that_is_no_reading_is_an_error_and_the_cell_is_off(dialogue, line):
    pairs = [*set_up(), *STEP, *said("GP1"), (None, line), *said("GP0"), *CELL_OFF]
    pairs[-len(CELL_OFF) - 3 : -len(CELL_OFF) - 1] = [("GP1", line)]
    with dialogue(Solartron1287, pairs) as cell, pytest.raises(InstrumentError, match="not a reading"):
        list(cell.hold(0.01, [0.0], 2e-3))


@pytest.mark.parametrize(("question", "answer"), [("?IL", "06"), ("?RR", "05")])
def test_a_limit_or_range_that_got_lost_is_noticed_before_the_cell_is_on(dialogue, question, answer):
    *told_before, limit, _range = set_up()
    asked = [limit] if question == "?RR" else []
    pairs = [*told_before, *asked, (question, answer), *CELL_OFF]
    with (
        dialogue(Solartron1287, pairs) as cell,
        pytest.raises(InstrumentError, match="differs from the set"),
    ):
        list(cell.hold(0.01, [0.0], 2e-3))


def test_a_cell_that_was_not_connected_is_noticed(dialogue):
    pairs = [*set_up(), *STEP[:-3], ("?PW", "0"), *CELL_OFF]
    with (
        dialogue(Solartron1287, pairs) as cell,
        pytest.raises(InstrumentError, match="set value 1"),
    ):
        list(cell.hold(0.01, [0.0], 2e-3))


def test_pending_readings_are_not_taken_for_the_next_reply(dialogue):
    late = [("GP1", AT_TEN_MILLIVOLT), ("GP0", None), ("?ER", LOGGED), (None, LOGGED), (None, "00")]
    with dialogue(Solartron1287, [*set_up(), *STEP, *late, *CELL_OFF]) as cell:
        (point,) = cell.hold(0.01, [0.0], 2e-3)
    assert point.current_a == 1.51106e-6


def test_an_error_after_switching_on_aborts_with_the_cell_off(dialogue):
    pairs = [*set_up(), *STEP[:-4], ("?ER", "12"), *CELL_OFF]
    with dialogue(Solartron1287, pairs) as cell, pytest.raises(InstrumentError, match="error 12") as refused:
        list(cell.hold(0.01, [0.0], 2e-3))
    assert refused.value.sent == "PW1"


def test_rest_is_measured_in_half_standby_with_nothing_applied(dialogue):
    pairs = [*set_up("IL0"), *told("BY1"), *reading(LOGGED), *CELL_OFF]
    with dialogue(Solartron1287, pairs) as cell:
        (point,) = cell.rest([0.0])
    assert (point.potential_v, point.current_a) == (2.07035e-3, 1.51106e-8)


@pytest.mark.parametrize(
    ("potential_v", "limit_a"), [(15, 1e-3), (math.nan, 1e-3), (0.01, 1e-6), (0.01, math.nan)]
)
def test_what_the_instrument_cannot_do_is_never_sent(dialogue, potential_v, limit_a):
    with dialogue(Solartron1287, []) as cell, pytest.raises(ValueError):
        next(cell.hold(potential_v, [0.0], limit_a))


def test_making_safe_follows_the_manuals_order_and_may_be_repeated(dialogue):
    with dialogue(Solartron1287, SAFE + SAFE) as cell:
        cell.make_safe()
        cell.make_safe()
        assert cell.adapter.connection.clear.called


def test_making_safe_is_tried_twice_and_then_breaks_off(dialogue):
    refused = [("?ER", "05") if pair == NO_ERROR else pair for pair in CELL_OFF]
    pairs = [*refused, *said("CE"), *refused, *said("BK0"), ("?PW", "1")]
    pairs += [("?BY", "0")]
    with (
        dialogue(Solartron1287, pairs) as cell,
        pytest.raises(InstrumentError, match="could not be switched off"),
    ):
        cell.make_safe()


def test_a_cell_that_stays_on_is_reported(dialogue):
    pairs = [*CELL_OFF, ("?PW", "1"), ("?BY", "0")]
    with dialogue(Solartron1287, pairs) as cell, pytest.raises(InstrumentError, match="the cell is still on"):
        cell.make_safe()


@pytest.mark.parametrize("message", ["PW0", "SW0", "PV0", "BY0", "RU0", "GP0", "?ER"])
def test_one_failing_message_does_not_keep_the_rest_from_being_sent(dialogue, broken_at, message):
    pairs = [pair for pair in CELL_OFF if pair[0] != message]
    with dialogue(Solartron1287, pairs, reads_back=False) as cell:
        broken_at(cell, message)
        with pytest.raises(InstrumentError, match="no answer"):
            cell.make_safe()


def test_no_current_is_imposed_before_the_range_map_was_verified(dialogue):
    with dialogue(Solartron1287, []) as cell, pytest.raises(ConfigurationError, match="range_map_verified"):
        cell.impose_current(1e-6)
    with dialogue(Solartron1287, told("PW0", "PO1", "PC+1.0000E-6"), range_map_verified=True) as cell:
        cell.impose_current(1e-6)


def test_a_fixed_range_is_a_decade_the_instrument_has(dialogue):
    with (
        pytest.raises(ConfigurationError, match=r"is 50; possible: 0\.1, 1\.0, 10\.0"),
        dialogue(Solartron1287, [], standard_resistor_ohm=50),
    ):
        pass
    assert {10.0**n: n + 2 for n in range(-1, 7)} == RESISTOR_CODES


def test_both_forms_of_the_reading_line_are_read():
    assert parse_reading(LOGGED)[:2] == (2.07035e-3, 1.51106e-8)
    assert parse_reading(LOGGED + ",12,30,05,50").status == "ok"


@given(st.floats(min_value=2e-6, max_value=10))
def test_the_limit_set_is_never_above_the_one_asked_for_and_less_than_a_decade_below(current_a):
    limit_a = 2e-6 * 10 ** limit_code(current_a)
    assert limit_a <= current_a * (1 + 1e-6)
    assert limit_a > current_a / 10.001 or limit_a == 2


@given(st.floats(min_value=-14.5, max_value=14.5))
def test_a_level_survives_its_way_as_text(potential_v):
    assert float(level(potential_v)) == pytest.approx(potential_v, rel=6e-5)
