"""Every part of a file is read; parts that are refused are named in the warnings of the others."""

import pytest

from labctl.analysis.readers.part import Part
from labctl.analysis.readers.parts import read_each

PARTS = [Part("1", "first"), Part("2", "second"), Part("x", "third")]


def test_a_part_is_read_once_where_none_is_refused():
    seen = []

    def read(part):
        seen.append(part.name)
        return int(part.text)

    assert read_each(PARTS[:2], read) == [1, 2]
    assert seen == ["first", "second"]


def test_a_refused_part_is_named_in_the_warnings_of_the_others():
    def read(part):
        int(part.text)
        return part.warnings

    (first, second) = read_each(PARTS, read)
    assert first == second
    assert first[0].startswith("'third' is not read: invalid literal")


def test_every_part_refused_is_a_refusal_with_each_reason():
    with pytest.raises(ValueError, match="third: invalid literal"):
        read_each(PARTS[2:], lambda part: int(part.text))
