"""The schema in one piece is what the migrations make, one after the other."""

import sqlite3
from contextlib import closing

import pytest

from labctl.store import migrations, newest_schema
from labctl.store.log10 import add_log10


def contents(made):
    """Objects, rows of `columns`, marks and names in the ledger of a file that a function has made."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        add_log10(connection)
        made(connection)
        query = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
        described = "SELECT * FROM columns ORDER BY table_name, column_name"
        what = ("PRAGMA application_id", "PRAGMA user_version")
        found = [connection.execute(one).fetchall() for one in (query, described, *what)]
        return [*found, migrations.applied(connection)]


@pytest.fixture
def forgotten():
    newest_schema.statements.cache_clear()
    yield
    newest_schema.statements.cache_clear()


def test_the_text_is_what_the_migrations_make_now():
    text = newest_schema.text(migrations.named_steps())
    assert newest_schema.PATH.read_text(encoding="utf-8") == text, (
        "a migration was added or changed: python -m labctl.store.migrations writes the text anew"
    )


def test_a_new_file_is_as_if_every_migration_had_been_run(monkeypatch):
    at_once = contents(migrations.apply)
    monkeypatch.setattr(newest_schema, "statements", lambda newest: ())
    assert contents(migrations.apply) == at_once
    assert at_once[-1] == [name for name, _ in migrations.named_steps()]


def test_a_text_that_lacks_the_newest_migration_is_not_used(tmp_path, monkeypatch, forgotten):
    older = tmp_path / "older.sql"
    older.write_text(newest_schema.text(migrations.named_steps()[:-1]), encoding="utf-8")
    monkeypatch.setattr(newest_schema, "PATH", older)
    newest = migrations.named_steps()[-1][0]
    assert newest_schema.statements(newest) == ()
    assert contents(migrations.apply)[-1][-1] == newest


def test_a_file_that_has_tables_is_migrated_step_by_step():
    def older_then_newest(connection):
        migrations.named_steps()[0][1](connection)
        with pytest.raises(sqlite3.OperationalError, match="already exists"):
            migrations.apply(connection)

    contents(older_then_newest)
