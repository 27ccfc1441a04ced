import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.plain_text import (
    has_control_characters,
    local_time,
    on_one_line,
    printable,
    shortened,
    shown,
    spreadsheet_cell,
    utc_time,
)


def test_control_characters_are_shown_as_escapes_and_ordinary_text_stays():
    assert printable("σ(25 °C) of Mg(BH4)2\n\tpellet 7") == "σ(25 °C) of Mg(BH4)2\n\tpellet 7"
    assert printable("a\x1b[2Jb\x00c\rd\x9be") == r"a\x1b[2Jb\x00c\x0dd\x9be"
    assert printable("x\u202etxt.exe\ud800") == r"x\u202etxt.exe\ud800"


@given(st.text(st.characters()))
def test_nothing_that_moves_a_cursor_is_left(text):
    found = printable(text)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", found)
    assert has_control_characters(text) == (found != text)
    assert len(on_one_line(text).splitlines()) <= 1
    found.encode()


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", " =1", "\t=1", "=HYPERLINK(1)", "＝1"]
)
def test_a_text_cell_is_no_formula(text):
    assert str(spreadsheet_cell(text)).startswith("'")


@pytest.mark.parametrize("value", ["pellet 7", "-1.5", "+2e-3", "", "a=b", 3, -0.5, None])
def test_other_cells_stay_as_they_are(value):
    assert spreadsheet_cell(value) == value


def test_a_value_in_a_message_is_short_however_large_it_is():
    assert shown("pellet") == "'pellet'"
    assert shown(10**5000) == "a whole number of about 5001 digits"
    assert shown([10**5000]) == "a list too large to show"
    assert len(shown("x" * 10**6)) < 200
    assert shown("\x1b") == r"'\x1b'"
    assert len(shortened("x" * 10**6)) <= 2000


@pytest.mark.parametrize("time_s", [1e18, -1e18, math.nan, math.inf, "now", None, 1e300])
def test_a_number_that_is_no_time_is_called_so(time_s):
    assert local_time(time_s) == utc_time(time_s) == "no date"
