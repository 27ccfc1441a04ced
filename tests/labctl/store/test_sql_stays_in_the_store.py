"""Only the store holds SQL: every string of the code is looked at, docstrings left out."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HOLDS_SQL = ("labctl/store/", "labctl/archive/")
NAME = r"""["'`\[]?[\w{]"""
STATEMENTS = re.compile(
    rf"""
    \bSELECT\s
    | \b(INSERT|REPLACE)(\s+OR\s+\w+)?\s+INTO\s+{NAME}
    | \bUPDATE\s+(OR\s+\w+\s+)?\S+\s+SET\b
    | \bDELETE\s+FROM\s+{NAME}
    | \bPRAGMA\s+\w
    | \b(CREATE|DROP)\s+(TEMP\w*\s+|UNIQUE\s+|VIRTUAL\s+)*(TABLE|VIEW|INDEX|TRIGGER)\b
    | \bALTER\s+TABLE\b
    | \bATTACH\s+\S+\s+AS\s+\w
    | \bCASE\s+WHEN\b .+? \bEND\b
    | \b(FROM|JOIN)\s+{NAME}\S*\s+ .*? \b(WHERE|ORDER\s+BY|GROUP\s+BY)\b
    | ^\s*(WHERE|ORDER\s+BY|GROUP\s+BY)\s
    | \bUNION\s+ALL\b
    | ^\s*BEGIN\s+(IMMEDIATE|EXCLUSIVE|DEFERRED)\b
    | ^\s*(COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b
    | \bVACUUM\b
    """,
    re.VERBOSE | re.DOTALL,
)
IN_SMALL_LETTERS = re.compile(
    r"^\s*(select\s.+?\sfrom\s|insert\s+(or\s+\w+\s+)?into\s|update\s+\w+\s+set\s|delete\s+from\s|pragma\s)",
    re.DOTALL,
)


def is_sql(text: str) -> bool:
    """Whether a string has the shape of SQL, or of a part of it."""
    return bool(STATEMENTS.search(text) or IN_SMALL_LETTERS.search(text))


def strings(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of every string that is not a docstring: as joined, `{}` for what an f-string inserts."""
    tree = ast.parse(source)
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        text = _text(node)
        if text is None:
            waiting += ast.iter_child_nodes(node)
        elif id(node) not in docstrings:
            yield node.lineno, text  # pyright: ignore[reportAttributeAccessIssue]  # _text took an expression
            waiting += _expressions_inside(node)


def _text(node: ast.AST) -> str | None:
    """The text of a string, an f-string, or a sum or product of them; None for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "{}" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod | ast.Mult):
        left, right = _text(node.left), _text(node.right)
        return None if left is None and right is None else (left or "{}") + (right or "{}")
    return None


def _expressions_inside(node: ast.AST) -> list[ast.AST]:
    """What an f-string inserts, and what stands beside a string in a sum: there may be strings in it."""
    if isinstance(node, ast.JoinedStr):
        return [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
    if isinstance(node, ast.BinOp):
        sides = [node.left, node.right]
        inside = [found for side in sides if _text(side) is not None for found in _expressions_inside(side)]
        return inside + [side for side in sides if _text(side) is None]
    return []


def sql_in(source: str) -> list[tuple[int, str]]:
    """Line and text of every SQL string of a source."""
    return [(line, text) for line, text in strings(source) if is_sql(text)]


def handed_to_sqlite(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of every string that is the first argument of a call which runs it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and (text := _text(node.args[0])) is not None:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("execute", "executemany", "executescript", "rows", "fetch", "frame", "_fetch"):
                yield node.lineno, text


def sources(*folders: str) -> list[Path]:
    """Every Python file of the folders."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert len(found) > 20
    return found


def test_no_sql_is_outside_the_store():
    found = []
    for path in sources("labctl", "drivers", "procedures"):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(HOLDS_SQL):
            continue
        for line, text in sql_in(path.read_text(encoding="utf-8")):
            found.append(f"{name}:{line}: {' '.join(text.split())[:90]}")
    assert found == []


@pytest.mark.parametrize("path", sorted((ROOT / "labctl/store").rglob("*.py")), ids=lambda path: path.name)
def test_whatever_the_store_hands_to_sqlite_would_be_found_elsewhere(path):
    handed = [line for line, text in handed_to_sqlite(path.read_text(encoding="utf-8")) if not is_sql(text)]
    assert handed == []


@pytest.mark.parametrize(
    "code",
    [
        'rows("SELECT * FROM runs")',
        "rows('''\n  SELECT r.id,\n  s.name\n  FROM runs r''')",
        'rows("SELECT id " "FROM runs " f"WHERE id = {run_id}")',
        'rows(f"SELECT {names} FROM {table}")',
        'rows("SELECT id " + "FROM runs")',
        'rows("SELECT id FROM " + table)',
        'rows("SELECT * " + rest)',
        'rows("SELECT %s FROM runs" % names)',
        "say(f\"{rows('SELECT id FROM runs')[0]} runs\")",
        'rows("select id from runs")',
        'rows("WITH newest AS (SELECT max(id) FROM runs) TABLE newest")',
        'db.execute("INSERT INTO jobs (uuid) VALUES (?)")',
        'db.execute(f"INSERT OR IGNORE INTO {table} VALUES (?)")',
        "db.execute(\"UPDATE jobs SET state = 'waiting'\")",
        'db.execute(f"UPDATE {table} SET {column} = ?")',
        'db.execute("DELETE FROM requests")',
        'db.execute("PRAGMA synchronous = NORMAL")',
        'db.execute("CREATE TABLE a (b)")',
        'db.execute("CREATE UNIQUE INDEX a ON b (c)")',
        'db.execute("BEGIN IMMEDIATE")',
        'db.execute("COMMIT")',
        'db.execute("ATTACH ? AS other")',
        "GOOD = \"CASE WHEN status = 'ok' THEN current_a END\"",
        'query += " ORDER BY id"',
        'rest = f"FROM {table} WHERE number > ?"',
        'class A:\n    def f(self):\n        "A docstring."\n        return self.rows("SELECT 1 FROM runs")',
    ],
)
def test_sql_is_found_however_it_is_written(code):
    assert sql_in(code)


@pytest.mark.parametrize(
    "code",
    [
        '"""What a SELECT ... FROM gives."""',
        'def f():\n    """SELECT id FROM runs is what this runs."""',
        'x = "Select a spectrum from the list"',
        'x = "Copy the selected lines, or all, to paste into a spreadsheet"',
        'x = "SENS:SEL FROM"',
        'x = "the update of the set point failed"',
        'x = "delete a point from the spectrum"',
        'x = "CREATE"',
    ],
)
def test_prose_is_no_sql(code):
    assert not sql_in(code)
