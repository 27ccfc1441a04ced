"""Small changes to the nodes of a syntax tree, a function for each kind of node. Strings stay."""

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Any

Change = tuple[ast.AST, ast.AST]
COMPARISONS: dict[type, tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type, type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}
COUNTERPART = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "minimum": "maximum",
    "maximum": "minimum",
}
SYMMETRIC = {*COUNTERPART, "hypot", "isclose", "allclose", "isinstance", "logaddexp", "gcd"}
TEXT = (ast.JoinedStr, ast.List, ast.Tuple, ast.Set, ast.Dict)


def _altered(node: Any, **fields: Any) -> Any:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _of_compare(node: ast.Compare) -> Iterator[Change]:
    for place, operator in enumerate(node.ops):
        for other in COMPARISONS[type(operator)]:
            yield node, _altered(node, ops=[*node.ops[:place], other(), *node.ops[place + 1 :]])


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, TEXT) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))


def _of_binary(node: ast.BinOp) -> Iterator[Change]:
    if _is_text(node.left) and not isinstance(node.op, ast.Add):
        return  # "..." % values
    if type(node.op) in ARITHMETIC and not (_is_text(node.left) or _is_text(node.right)):
        yield node, _altered(node, op=ARITHMETIC[type(node.op)]())
    yield node, node.left
    if isinstance(node.op, ast.Add | ast.Mult | ast.BitOr | ast.BitAnd):
        yield node, node.right


def _of_boolean(node: ast.BoolOp) -> Iterator[Change]:
    yield node, _altered(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    for place in range(len(node.values)):
        kept = [*node.values[:place], *node.values[place + 1 :]]
        yield node, kept[0] if len(kept) == 1 else _altered(node, values=kept)


def _of_unary(node: ast.UnaryOp) -> Iterator[Change]:
    if isinstance(node.op, ast.Not | ast.USub | ast.Invert):
        yield node, node.operand


def _of_constant(node: ast.Constant) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        yield node, ast.Constant(not value)
    elif isinstance(value, int):
        yield node, ast.Constant(value + 1)
        if value > 0:
            yield node, ast.Constant(value - 1)
    elif isinstance(value, float):
        yield node, ast.Constant(2 * value if value else 1.0)
        if value:
            yield node, ast.Constant(value / 2)


def _of_call(node: ast.Call) -> Iterator[Change]:
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    if name in COUNTERPART:
        other = {"id" if isinstance(node.func, ast.Name) else "attr": COUNTERPART[name]}
        yield node, _altered(node, func=_altered(node.func, **other))
    plain = not any(isinstance(argument, ast.Starred) for argument in node.args)
    if len(node.args) == 2 and plain and name not in SYMMETRIC:
        yield node, _altered(node, args=node.args[::-1])


def _of_pair(node: ast.Tuple) -> Iterator[Change]:
    if len(node.elts) == 2 and isinstance(node.ctx, ast.Load):
        yield node, _altered(node, elts=node.elts[::-1])


def _of_condition(node: ast.If | ast.While | ast.IfExp | ast.Assert) -> Iterator[Change]:
    yield from _negated(node.test)


def _of_filter(node: ast.comprehension) -> Iterator[Change]:
    for condition in node.ifs:
        yield from _negated(condition)


def _negated(condition: ast.expr) -> Iterator[Change]:
    """Comparisons and `not` have a mutant of their own that says the same."""
    own = isinstance(condition, ast.Compare) and len(condition.ops) == 1
    if not own and not (isinstance(condition, ast.UnaryOp) and isinstance(condition.op, ast.Not)):
        yield condition, ast.UnaryOp(ast.Not(), condition)


def _of_return(node: ast.Return) -> Iterator[Change]:
    if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield node.value, ast.Constant(None)


def _of_statement(node: ast.Expr) -> Iterator[Change]:
    if isinstance(node.value, ast.Call):
        yield node, ast.Pass()


def _of_augmented(node: ast.AugAssign) -> Iterator[Change]:
    yield node, ast.Pass()
    if type(node.op) in ARITHMETIC and not _is_text(node.value):
        yield node, _altered(node, op=ARITHMETIC[type(node.op)]())


CHANGES: dict[type, Callable[[Any], Iterator[Change]]] = {
    ast.Compare: _of_compare,
    ast.BinOp: _of_binary,
    ast.BoolOp: _of_boolean,
    ast.UnaryOp: _of_unary,
    ast.Constant: _of_constant,
    ast.Call: _of_call,
    ast.Tuple: _of_pair,
    ast.If: _of_condition,
    ast.While: _of_condition,
    ast.IfExp: _of_condition,
    ast.Assert: _of_condition,
    ast.comprehension: _of_filter,
    ast.Return: _of_return,
    ast.Expr: _of_statement,
    ast.AugAssign: _of_augmented,
}
