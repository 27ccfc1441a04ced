"""Words of a filter."""

import pytest

from labctl.gui.filter import Phrases

CELLS = ("3", "pellet 30", "TemperatureSteppedEIS", "2026-11-30 13:03", "failed: no reply")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", True),
        ("pellet 30", True),
        ("pellet 3", False),
        ("pell stepped", True),
        ("PELLET failed", True),
        ("3", True),
        ("13", True),
        ("no reply", True),
        ("pellet 30 failed", True),
        ("zirconia", False),
    ],
)
def test_each_word_is_in_a_cell_and_a_number_belongs_to_the_word_before_it(text, found):
    assert Phrases(text).found_in(CELLS) is found
