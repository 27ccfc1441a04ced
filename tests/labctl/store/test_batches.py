import sqlite3

import pytest

from labctl.store.batches import write_rows
from labctl.store.rows import Column, Insertion


@pytest.fixture
def table():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE one (n INTEGER PRIMARY KEY, x REAL CHECK (x >= 0))")
    connection.execute("CREATE TABLE two (n INTEGER PRIMARY KEY, x REAL CHECK (x >= 0))")
    yield connection
    connection.close()


def into(name):
    return Insertion(
        name, tuple(Column(name, n, k, True, False, False) for n, k in (("n", int), ("x", float)))
    )


ONE, TWO = into("one"), into("two")


def stored(connection, name="one"):
    return [n for (n,) in connection.execute(f"SELECT n FROM {name} ORDER BY rowid")]


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 128, 200])
def test_good_rows_are_all_written_in_their_order(table, count):
    assert write_rows(table, [(ONE, (n, 1.0)) for n in range(count)]) == []
    assert stored(table) == list(range(count))


@pytest.mark.parametrize("bad", [(0,), (63,), (64,), (10, 11), (5, 70, 199), (150, 199)])
def test_a_row_that_breaks_a_rule_is_left_out_alone_and_named(table, bad):
    rows = [(ONE, (n, -1.0 if n in bad else 1.0)) for n in range(200)]
    refusals = write_rows(table, rows)
    assert [row for row, _ in refusals] == [rows[n] for n in bad]
    assert all(isinstance(error, sqlite3.IntegrityError) for _, error in refusals)
    assert stored(table) == [n for n in range(200) if n not in bad]


def test_tables_may_alternate(table):
    rows = [((ONE, TWO)[n % 2], (n, -1.0 if n == 3 else 1.0)) for n in range(10)]
    assert [row for row, _ in write_rows(table, rows)] == [rows[3]]
    assert (stored(table), stored(table, "two")) == ([0, 2, 4, 6, 8], [1, 5, 7, 9])


def test_trouble_with_the_file_is_no_fault_of_a_row(table):
    table.execute("PRAGMA query_only = ON")
    with pytest.raises(sqlite3.OperationalError):
        write_rows(table, [(ONE, (n, 1.0)) for n in range(70)])
