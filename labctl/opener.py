"""Makes the module `labctl.bench` callable; see docs/decisions/0006-labctl-bench.md.

`labctl.bench` stands below `labctl.scripting` and does not import it. Both sides meet here:
`labctl/__init__.py` registers the function that opens a bench, and the module `labctl.bench` calls it.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any


class CallableModule(ModuleType):
    """A module that opens a bench when it is called."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Open a bench; arguments and result as in `labctl.scripting.open_bench`."""
        return _registered[-1](*arguments, **options)


_registered: list[Callable[..., Any]] = []


def register(open_bench: Callable[..., Any]) -> None:
    """Register the function that a call of `labctl.bench` reaches."""
    _registered.append(open_bench)
