"""The parameters of a procedure as facts: key, meaning, unit, default and accepted values."""

import ast
import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labctl.measure.procedure_facts import kept_exactly
from labctl.plain_text import shown

BOOLEAN = "BooleanParameter"


@dataclass(frozen=True)
class ParameterFacts:
    """One parameter: the values that a protocol may write for its `key`.

    `default` is None where the key must be given. `minimum` and `maximum` are None where there is no limit;
    of a list, each element lies between them. `choices` is empty where any value within the limits is
    accepted.
    """

    key: str
    meaning: str
    unit: str
    default: Any
    minimum: float | None
    maximum: float | None
    choices: tuple[Any, ...]

    @property
    def accepted(self) -> str:
        """The accepted values in words; `""` where the procedure states none."""
        if self.choices:
            return ", ".join("true, false" if c is True else shown(c) for c in self.choices if c is not False)
        if self.minimum is None or self.maximum is None:
            return ""
        return f"{self.minimum:g} to {self.maximum:g}"


def parameters_of(procedure_class: type) -> list[ParameterFacts]:
    """Return the parameters of a pymeasure procedure class, in the order of the class."""
    objects: dict[str, Any] = procedure_class().parameter_objects()
    return [_facts(key, parameter) for key, parameter in objects.items()]


def summary_of(procedure_class: type) -> str:
    """Return the first paragraph of its own docstring, on one line; `""` where it has none."""
    text = inspect.cleandoc(procedure_class.__dict__.get("__doc__") or "")
    return " ".join(text.partition("\n\n")[0].split())


def _facts(key: str, parameter: Any) -> ParameterFacts:
    low, high = getattr(parameter, "minimum", None), getattr(parameter, "maximum", None)
    choices = getattr(parameter, "choices", None) or ()
    if type(parameter).__name__ == BOOLEAN:
        choices = (True, False)
    return ParameterFacts(
        key=key,
        meaning=str(parameter.name),
        unit=getattr(parameter, "units", None) or "",
        default=kept_exactly(parameter.value) if parameter.is_set() else None,
        minimum=low if isinstance(low, int | float) else None,
        maximum=high if isinstance(high, int | float) else None,
        choices=tuple(choices),
    )


def procedure_files(folder: Path) -> list[Path]:
    """Return the Python files of a folder that define a class of pymeasure's Procedure or one of labctl's.

    They are read, not executed: a class counts by the names of its bases.
    """
    return [file for file in sorted(folder.glob("*.py")) if _defines_procedure(file)]


def _defines_procedure(file: Path) -> bool:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return False
    bases = [base for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases]
    names = {ast.unparse(base).rpartition(".")[2] for base in bases}
    return bool(names & (_imported_procedures(tree) | {"Procedure"}))


def _imported_procedures(tree: ast.Module) -> set[str]:
    """Return the names that a file imports from labctl's procedures."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imports if (node.module or "").partition(".")[0] == "procedures"]
    return {alias.asname or alias.name for node in ours for alias in node.names}
