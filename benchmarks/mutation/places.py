"""Mutants of a source file: every change at every place that tests can be asked to notice."""

import ast
import difflib
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mutation.changes import CHANGES, Change
from mutation.project import Project


@dataclass(frozen=True)
class Mutant:
    """Bytes `start` to `end` of `file` replaced by `text`; `function` holds its first and last line."""

    room: str
    file: str
    line: int
    start: int
    end: int
    text: str
    function: tuple[int, int] | None

    @property
    def key(self) -> str:
        return f"{self.file}:{self.start}-{self.end}:{self.text}"

    def applied(self, source: bytes) -> bytes:
        return source[: self.start] + self.text.encode() + source[self.end :]


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a node that tests can be asked to notice a change of."""
    match node:
        case _ if _stays_whole(node):
            return
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from [d for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None]
            yield from _statements(node.body)
        case ast.Lambda():
            yield from [*node.args.defaults, node.body]
        case ast.ClassDef():
            yield from _statements(node.body)
        case ast.Module():
            yield from (statement for statement in node.body if not _names_a_type(statement))
        case ast.AnnAssign():
            yield from [node.value] if node.value else []
        case ast.If() if _never_here(node.test) is not None:
            yield from _statements(node.orelse if _never_here(node.test) else node.body)
        case _:
            yield from ast.iter_child_nodes(node)


def _stays_whole(node: ast.AST) -> bool:
    """Whether nothing inside is changed: text, imports, `__repr__`, `__all__`, and signals to processes."""
    match node:
        case ast.FunctionDef(name="__repr__") | ast.JoinedStr() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
    return _is_a_signal(node)


def _is_a_signal(node: ast.AST) -> bool:
    """Whether it is a call of `os.kill`, where a changed number could end another process."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "os.kill"


def _names_a_type(statement: ast.stmt) -> bool:
    """Whether it is like `Row = tuple[int, str]`: nothing runs differently when it is changed."""
    return isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Subscript)


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements up to a guard by which the rest belongs to another operating system."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If) and _never_here(statement.test) is False and _leaves(statement.body):
            return


def _leaves(body: Sequence[ast.stmt]) -> bool:
    return isinstance(body[-1], ast.Return | ast.Raise)


def _never_here(test: ast.expr) -> bool | None:
    """Whether a condition on the type checker or the operating system never holds here; None for others."""
    match ast.unparse(test).replace("'", '"'):
        case "TYPE_CHECKING" | "typing.TYPE_CHECKING":
            return True
        case 'sys.platform == "win32"' | 'os.name == "nt"':
            return sys.platform != "win32"
        case 'sys.platform != "win32"' | 'os.name != "nt"' | 'os.name == "posix"':
            return sys.platform == "win32"
    return None


Lines = tuple[int, int]


def _found(node: ast.AST, function: Lines | None) -> Iterator[tuple[Change, Lines | None]]:
    """Yield the changes of a node and of its parts, each with the lines of the function it is in."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        function = (first, node.end_lineno or node.lineno)
    if not _stays(node):
        for change in CHANGES.get(type(node), lambda _: iter(()))(node):
            yield change, function
    for child in _children(node):
        yield from _found(child, function)


def _stays(node: ast.AST) -> bool:
    """Whether the node itself stays: a condition on the platform, a signal."""
    return _is_a_signal(node) or (isinstance(node, ast.If) and _never_here(node.test) is not None)


def mutants_of(room: str, file: str, source: bytes) -> list[Mutant]:
    """List every mutant of one file, in the order of the source."""
    lines = [0]
    for line in source.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    found = {}
    for (old, new), function in _found(ast.parse(source), None):
        at: Any = old
        start, end = lines[at.lineno - 1] + at.col_offset, lines[at.end_lineno - 1] + at.end_col_offset
        mutant = Mutant(room, file, at.lineno, start, end, _written(new), function)
        found[mutant.key] = mutant
    return sorted(found.values(), key=lambda mutant: (mutant.start, mutant.end, mutant.text))


def _written(node: ast.AST) -> str:
    text = ast.unparse(node)
    simple = isinstance(node, ast.Constant | ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.stmt)
    return text if simple or (text.startswith("(") and isinstance(node, ast.Tuple)) else f"({text})"


def all_mutants(project: Project) -> list[Mutant]:
    found = []
    for room in project.rooms:
        for path in project.files(room.sources):
            found += mutants_of(room.name, path.relative_to(project.root).as_posix(), path.read_bytes())
    return found


def sample(project: Project, count: int, seed: int) -> list[Mutant]:
    """Draw `count` mutants that compile; fewer where there are not so many."""
    drawn = all_mutants(project)
    random.Random(seed).shuffle(drawn)
    chosen: list[Mutant] = []
    for mutant in drawn:
        if len(chosen) == count:
            break
        if _compiles(mutant.applied((project.root / mutant.file).read_bytes())):
            chosen.append(mutant)
    return chosen


def _compiles(source: bytes) -> bool:
    try:
        compile(source, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def diff(project: Project, mutant: Mutant) -> str:
    """Show a mutant as the lines it removes and adds, below file and line."""
    source = (project.root / mutant.file).read_bytes()
    before, after = (text.decode().splitlines() for text in (source, mutant.applied(source)))
    changed = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
    return "\n".join([f"{mutant.file}:{mutant.line}", *(f"  {line}" for line in changed)])
