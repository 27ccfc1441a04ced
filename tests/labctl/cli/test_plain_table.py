"""Long lists in columns of the terminal's width."""

import pytest

from labctl.cli.plain_table import print_columns


@pytest.fixture
def printed(capsys, monkeypatch):
    def show(headings, rows, columns=80):
        monkeypatch.setenv("COLUMNS", str(columns))
        print_columns(headings, rows)
        return capsys.readouterr().out.splitlines()

    return show


def test_columns_are_as_wide_as_their_longest_cell(printed):
    assert printed(("run", "sample"), [("1", "pellet 1"), ("12", "p")]) == [
        "run  sample",
        "---  --------",
        "1    pellet 1",
        "12   p",
    ]


def test_a_narrow_terminal_wraps_the_longest_cells_and_loses_nothing(printed):
    lines = printed(("run", "why"), [("1", "the oven did not reach its set point")], columns=24)
    assert all(len(line) <= 24 for line in lines)
    assert " ".join(line[5:] for line in lines[2:]) == "the oven did not reach its set point"


def test_a_list_without_rows_has_its_headings(printed):
    assert printed(("run", "sample"), []) == ["run  sample", "---  ------"]


def test_a_cell_commands_no_terminal_and_begins_no_line(printed):
    lines = printed(("name",), [("a\x1b[2J\nb",)])
    assert len(lines) == 3
    assert "\x1b" not in lines[2]
