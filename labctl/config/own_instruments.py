"""Detection of procedures that open their own instruments instead of using the bench."""

from types import CodeType, FunctionType
from typing import Any

from pymeasure.experiment import Procedure


def brings_own_instruments(procedure_class: type) -> bool:
    """Return whether a procedure's class does not refer to a bench, so was not written for labctl.

    Such a class declares neither `bench: Bench` nor `roles_needed`, and none of its methods uses `bench`.
    """
    written = [kind for kind in procedure_class.__mro__ if kind not in Procedure.__mro__]
    return not any(_speaks_of_bench(kind) for kind in written)


def _speaks_of_bench(kind: type) -> bool:
    members = vars(kind)
    if "roles_needed" in members or "bench" in members or "bench" in members.get("__annotations__", {}):
        return True
    return any(_uses(getattr(member, "fget", member), "bench") for member in members.values())


def _uses(member: Any, name: str) -> bool:
    function = getattr(member, "__func__", member)
    return isinstance(function, FunctionType) and name in _names(function.__code__)


def _names(code: CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return {*code.co_names}.union(*map(_names, inner))
