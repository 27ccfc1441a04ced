"""Overviews read a file of every older schema as it is."""

import pytest

from labctl.readmodel.across_runs import overview_runs
from labctl.store import Database, Store, migrations

NAMES = [name for name, _ in migrations.named_steps()]


@pytest.mark.parametrize("last", NAMES)
def test_a_file_of_any_schema_is_read_unmigrated(tmp_path, monkeypatch, last):
    steps = {name: step for name, step in migrations.named_steps() if name <= last}
    with monkeypatch.context() as older:
        older.setattr(migrations, "_MIGRATIONS", steps)
        Store.open(tmp_path / "lab.db").close()
    with Database(tmp_path / "lab.db") as database:
        assert overview_runs(database) == []
