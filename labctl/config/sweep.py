"""Nested sweeps over parameters of a procedure, in the text format of pymeasure's sequencer.

    - "Temperature", "[30, 45, 60]"
    -- "Amplitude", "linspace(0.01, 0.05, 5)"

A level is nested in the level above it with one hyphen less: here 15 jobs. Levels one below the other with as
many hyphens follow each other.

Rules
-----
1. Every line is understood or the file is refused; no value becomes another number. Only what a function
   computes for a parameter of whole numbers is made whole, as pymeasure does, and that is said.
2. An expression is a list of numbers as typed in a field (`30, 45, 60` or `30:90:15`), or Python with
   pymeasure's functions. Attributes, names other than these functions, and huge ranges are refused: a file
   of another person runs no code of its own.
"""

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

import numpy as np
from pymeasure.experiment import IntegerParameter
from pymeasure.experiment.sequencer import SequenceEvaluationError, SequenceHandler, SequenceItem

from labctl.typed_number import NotUnderstood, shown_number, understand_list

MOST_JOBS = 1000
MOST_VALUES = 10_000
SHOWN_VALUES = 6
HIGHEST_POWER = 400
_LINE = re.compile(r'(-+) "([^"]*)", "([^"]*)"')
_TYPED = re.compile(r"[\[\s]*[+-]?[.,]?\d[^()a-zA-Z*/]*( ?[a-zA-Zµ°Ω]+)?[\]\s]*")
_ALLOWED = (
    ast.Expression,
    ast.Tuple,
    ast.List,
    ast.ListComp,
    ast.comprehension,
    ast.Constant,
    ast.Name,
    ast.Load,
    ast.Store,
    ast.Call,
    ast.keyword,
    ast.BinOp,
    ast.UnaryOp,
    ast.operator,
    ast.unaryop,
)


class Sweep(SequenceHandler):
    """The levels of a sweep, as pymeasure's tree of levels edits them, with stricter reading."""

    def load(self, file_obj: TextIO, append: bool = False) -> None:
        """Read the levels of a file.

        Raises
        ------
        SequenceEvaluationError
            A line is not a level, or a level is missing above it. Nothing is changed.
        """
        file_obj.seek(0)
        for number, line in enumerate(file_obj, start=1):
            if line.strip() and not _LINE.fullmatch(line.strip()):
                problem = f'line {number} is not a level: write - "Parameter", "[1, 2, 3]"'
                raise SequenceEvaluationError(problem)
        super().load(file_obj, append)

    def save(self, file_obj: TextIO) -> None:
        """Write the levels so that pymeasure reads them; lists in labctl's spelling are written as lists."""
        lines = (
            f'{"-" * (level.level + 1)} "{level.parameter}", "{_as_python(level.expression)}"'
            for level in self.levels
        )
        file_obj.write("".join(f"{line}\n" for line in lines))

    @property
    def levels(self) -> Sequence[SequenceItem]:
        """All levels, from top to bottom."""
        return tuple(self._sequences)


def parameters_by_name(procedure_class: type) -> dict[str, str]:
    """Return displayed name to attribute of every parameter; the attribute where a name is used twice."""
    found = procedure_class().parameter_objects()
    names = [parameter.name for parameter in found.values()]
    return {
        parameter.name if names.count(parameter.name) == 1 else attribute: attribute
        for attribute, parameter in found.items()
    }


def combinations(sweep: Sweep, procedure_class: type) -> list[dict[str, Any]]:
    """Return the parameters of each job of a sweep, in order: attribute to value.

    Raises
    ------
    ValueError
        A parameter or an expression is wrong, or there are more than 1000 jobs.
    """
    values = {id(level): level_values(level, procedure_class) for level in sweep.levels}
    names = [str(level.parameter) for level in sweep.levels]
    attributes = {name: attribute_of(name, procedure_class) for name in names}
    if (count := _count(sweep, None, values)) > MOST_JOBS:
        raise ValueError(f"the sweep has {count} jobs; at most {MOST_JOBS} are queued at once")
    return _expand(sweep, None, values, attributes) if sweep.levels else []


def level_values(level: SequenceItem, procedure_class: type) -> list[Any]:
    """Return the values of one level as its parameter takes them; raises ValueError."""
    attribute = attribute_of(level.parameter, procedure_class)
    parameter = procedure_class().parameter_objects()[attribute]
    try:
        found = values_of(level.expression, getattr(parameter, "units", None) or "")
        computed = _is_computed(level.expression)
        return [_accepted(parameter, value, computed) for value in found]
    except (ValueError, TypeError) as problem:
        raise ValueError(f"{level.parameter}: {problem}") from problem


def attribute_of(name: str, procedure_class: type) -> str:
    """Return the attribute of a parameter given by its displayed name or its attribute; raises ValueError."""
    known = parameters_by_name(procedure_class)
    if name in known:
        return known[name]
    if name in known.values():
        return name
    problem = f"{name!r} is not a parameter of {procedure_class.__name__}; it has {', '.join(known)}"
    raise ValueError(problem)


def values_of(expression: str, unit: str = "") -> list[Any]:
    """Return the values of an expression; raises ValueError that says why it is not understood."""
    text = expression.strip()
    if not text:
        raise ValueError("no values; write for example 30, 45, 60 or linspace(0, 1, 11)")
    if _TYPED.fullmatch(text):
        return list(understand_list(text, unit).values)
    found = _evaluated(text)
    if isinstance(found, str) or not hasattr(found, "__len__"):
        raise ValueError(f"{text!r} is one value; write [{text}] for a list of one")
    return [_plain(value) for value in found]


def sweep_in_words(sweep: Sweep, procedure_class: type) -> str:
    """Return every level with its values as understood; raises ValueError."""
    return "; ".join(
        f"{'within it ' if level.level else ''}{level.parameter} {_listed(values)}"
        f"{_made_whole(level, values)}"
        for level in sweep.levels
        for values in [level_values(level, procedure_class)]
    )


def _expand(
    sweep: Sweep, parent: SequenceItem | None, values: Mapping[int, list[Any]], attributes: Mapping[str, str]
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for level in sweep.children(parent):
        inner = _expand(sweep, level, values, attributes) or [{}]
        found += [{attributes[level.parameter]: value} | one for value in values[id(level)] for one in inner]
    return found


def _count(sweep: Sweep, parent: SequenceItem | None, values: Mapping[int, list[Any]]) -> int:
    levels = sweep.children(parent)
    return sum(len(values[id(level)]) * max(1, _count(sweep, level, values)) for level in levels)


def _accepted(parameter: Any, value: Any, computed: bool) -> Any:
    """Return the value as the parameter keeps it; raises ValueError where that is another one.

    What was computed for a parameter of whole numbers is made whole.
    """
    whole = isinstance(value, float) and math.isfinite(value) and isinstance(parameter, IntegerParameter)
    if whole and (computed or value.is_integer()):
        value = int(value)
    parameter.value = value
    kept = _plain(parameter.value)
    if kept != value:
        raise ValueError(f"{value!r} would become {kept!r}")
    return kept


def _is_computed(expression: str) -> bool:
    """Return whether a function makes the values."""
    if _TYPED.fullmatch(expression.strip()):
        return False
    return any(isinstance(node, ast.Call) for node in ast.walk(ast.parse(expression.strip(), mode="eval")))


def _made_whole(level: SequenceItem, values: Sequence[Any]) -> str:
    """Say that the values of a level are not those of its expression."""
    whole = values_of(level.expression) != values if _is_computed(level.expression) else False
    return " (made whole)" if whole and all(isinstance(value, int) for value in values) else ""


def _listed(values: Sequence[Any]) -> str:
    words = [shown_number(v) if isinstance(v, float) else str(v) for v in values]
    if len(words) <= SHOWN_VALUES:
        return ", ".join(words)
    return f"{', '.join(words[: SHOWN_VALUES - 2])}, … {words[-1]} ({len(words)} values)"


def _as_python(expression: str) -> str:
    """Return an expression that pymeasure evaluates to the same values, without double quotes."""
    text = expression.strip().replace('"', "'")
    if not _TYPED.fullmatch(text):
        return text
    try:
        values = values_of(text)
    except NotUnderstood:  # a unit, or not complete yet: kept as typed
        return text
    return f"[{', '.join(map(repr, values))}]"


def _plain(value: Any) -> Any:
    """Return a value without numpy's types."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value


def _evaluated(text: str) -> Any:
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        raise ValueError(f"{text!r} is not a list: {problem}") from problem
    for node in ast.walk(tree):
        _check_node(node)
    try:
        names = {**SequenceHandler.SAFE_FUNCTIONS, **_BOUNDED}
        return eval(compile(tree, "<sweep>", "eval"), {"__builtins__": {}}, names)
    except (ArithmeticError, AttributeError, LookupError, MemoryError, NameError, TypeError) as problem:
        raise ValueError(f"{text!r} is not understood: {problem}") from problem


def _check_node(node: ast.AST) -> None:
    if not isinstance(node, _ALLOWED):
        raise ValueError(f"{type(node).__name__.lower()} is not allowed in a sweep")
    if isinstance(node, ast.Name) and node.id.startswith("_"):
        raise ValueError(f"{node.id!r} is not allowed in a sweep")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow | ast.LShift):
        power = node.right.operand if isinstance(node.right, ast.UnaryOp) else node.right
        number = power.value if isinstance(power, ast.Constant) else None
        if not isinstance(number, int | float) or abs(number) > HIGHEST_POWER:
            raise ValueError(f"a power must be a number up to {HIGHEST_POWER}")


def _bounded(count: Callable[..., float], function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that refuses to make too many values before it makes them."""

    def make(*arguments: Any, **named: Any) -> Any:
        made = count(*arguments, **named)
        if not 0 <= made <= MOST_VALUES:
            raise ValueError(f"{made:.0f} values; at most {MOST_VALUES} are allowed")
        return function(*arguments, **named)

    return make


def _steps(*arguments: Any, **named: Any) -> float:
    """Return how many values a range of start, stop and step has."""
    start, stop, step = (0, *arguments, 1) if len(arguments) == 1 else (*arguments, 1)[:3]
    start, stop, step = named.get("start", start), named.get("stop", stop), named.get("step", step)
    return max(0.0, math.ceil((stop - start) / step))


_BOUNDED = {
    "range": _bounded(_steps, range),
    "arange": _bounded(_steps, np.arange),
    "linspace": _bounded(lambda start, stop, num=50, **_: num, np.linspace),
}
