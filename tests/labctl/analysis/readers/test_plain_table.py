import pytest

from labctl.analysis.readers.part import Part
from labctl.analysis.readers.plain_table import plain_table


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3,4\n",
        "a;b\n1;2\n3;4\n",
        "a\tb\n1\t2\n3\t4\n",
        "a  b\n1  2\n3  4\n",
        "# measured in May\na,b\n1,2\n3,4\n",
        "some title\n\na,b\n1,2\n3,4\n",
        'name,pellet 7\n\n"a","b"\n1,2\n3,4\n',
    ],
)
def test_headings_and_rows_are_found(text):
    table = plain_table(Part(text))
    assert table.headings == ("a", "b")
    assert table.rows == (("1", "2"), ("3", "4"))


def test_a_line_of_units_is_joined_to_its_headings():
    assert plain_table(Part("t,I\ns,mA\n1,2\n3,4\n")).headings == ("t [s]", "I [mA]")


def test_decimal_commas_are_no_separators():
    table = plain_table(Part("a;b\n1,5;2,5\n3,5;4,5\n"))
    assert table.column(1) == ("2,5", "4,5")


def test_missing_cells_at_the_end_of_a_line_are_empty():
    assert plain_table(Part("a,b,c\n1,2,3\n4,5,\n6,7,8\n")).column(2) == ("3", "", "8")


@pytest.mark.parametrize("text", ["", "one line\n", "1,2\n3,4\n", "a,b\nc,d\n"])
def test_a_text_without_headings_above_numbers_is_refused(text):
    with pytest.raises(ValueError, match="no line of headings above lines of numbers"):
        plain_table(Part(text))


def test_a_line_longer_than_its_headings_is_refused():
    with pytest.raises(ValueError, match="a line has 3 cells under 2 headings"):
        plain_table(Part("a,b\n1,2\n3,4,5\n6,7\n"))
