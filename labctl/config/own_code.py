"""Code from a laboratory's own files: read once, identified by its content, executed only in this module.

1. A module is found by its path: `bath` is bath.py in the folder of the TOML file that names it, and
   `mylab.bath` is mylab/bath.py there. Two folders with a bath.py give two modules.
2. The files of the same folder that a file imports, directly or indirectly, belong to it. All are read
   before the first is executed. The code as read is executed, also by later imports inside a function.
3. A module is executed again when its own file, or a file that belongs to it, has changed. With
   unchanged files a module stays the same object.
4. The folder is never on sys.path: only import statements in its own files look into it. Modules of Python's
   standard library, labctl and the packages labctl requires cannot be replaced by a file of the folder.
5. A module is entered in sys.modules, for pickle and inspect, only if no other module has its name.
"""

import ast
import builtins
import hashlib
import importlib
import importlib.util
import linecache
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any
from weakref import WeakSet

from labctl.shipped import HOME, PACKAGES, is_shipped, prefer_shipped

REQUIRED = frozenset(
    {
        "matplotlib",
        "numpy",
        "pandas",
        "pint",
        "pymeasure",
        "pyqtgraph",
        "PySide6",
        "pyvisa",
        "pyvisa_py",
        "pyvisa_sim",
        "qtpy",
        "rich",
        "scipy",
        "serial",
        "sqlite_utils",
        "typer",
    }
)
NEVER_OWN = frozenset({"labctl", *sys.builtin_module_names})
NEVER_IMPORTED_FROM_A_FOLDER = NEVER_OWN | REQUIRED | sys.stdlib_module_names


@dataclass(frozen=True)
class CodeFile:
    """A Python file as it was read, under the name by which imports know it.

    A folder without `__init__.py` is a package with no content; `imports` are names that its statements use.
    """

    name: str
    path: Path
    content: bytes
    sha256: str
    is_package: bool
    imports: tuple[str, ...]


Files = Mapping[str, CodeFile]


@dataclass(frozen=True)
class Loaded:
    """A module and the files that belong to it, as they were executed."""

    module: ModuleType
    files: tuple[CodeFile, ...]


_loaded: dict[tuple[Path, str], Loaded] = {}
_own: WeakSet[ModuleType] = WeakSet()
_one_at_a_time = threading.RLock()


def own_files(folder: Path, name: str) -> Files:
    """Read the module `name` of a folder and every file of it that the module imports; empty if not found.

    Raises OSError when a file cannot be read.
    """
    found: dict[str, CodeFile] = {}
    waiting = [] if name.partition(".")[0] in NEVER_OWN else [name]
    while waiting:
        one = waiting.pop()
        if one not in found and (file := _read(folder, one)) is not None:
            found[one] = file
            waiting += [*_parents(one), *file.imports]
    return found


def load_own(folder: Path, name: str, files: Files) -> Loaded:
    """Return the module `name` of a folder as `own_files` has read it, executed if it is not yet.

    Raises the exceptions of that code.
    """
    with _one_at_a_time:
        parent, _, leaf = name.rpartition(".")
        package = load_own(folder, parent, files).module if parent else None
        wanted = _belonging_to(name, files)
        known = _loaded.get((folder, name))
        if known is None or known.files != wanted:
            known = _execute(folder, files[name], wanted)
        _enter(known.module, files[name])
        if package is not None:
            setattr(package, leaf, known.module)
        return known


def loaded_with(found: object) -> Loaded | None:
    """Return the module of a class or function, if it is from a laboratory's own file."""
    name, module_name = getattr(found, "__name__", ""), getattr(found, "__module__", "")
    for known in list(_loaded.values()):
        if known.module.__name__ == module_name and vars(known.module).get(name) is found:
            return known
    return None


def loaded_last(name: str) -> ModuleType | None:
    """Return the module of this name that was loaded last, from any folder."""
    return next((known.module for known in reversed(_loaded.values()) if known.module.__name__ == name), None)


def is_own(module: ModuleType) -> bool:
    """Return whether a module was loaded here."""
    return module in _own


def _execute(folder: Path, file: CodeFile, belonging: tuple[CodeFile, ...]) -> Loaded:
    """Execute a file; labctl executes code that is not installed only here."""
    module = importlib.util.module_from_spec(_spec(file))
    files = {one.name: one for one in belonging}
    _own.add(module)
    vars(module)["__builtins__"] = {**vars(builtins), "__import__": _import_for(folder, files)}
    _loaded.pop((folder, file.name), None)  # the last of its name is the last loaded
    loaded = _loaded[folder, file.name] = Loaded(module, belonging)
    before = sys.modules.get(file.name)
    _enter(module, file)
    linecache.checkcache(str(file.path))
    try:
        exec(compile(file.content, str(file.path), "exec", dont_inherit=True), vars(module))
    except BaseException:
        _loaded.pop((folder, file.name), None)
        _leave(module, before)
        raise
    return loaded


def _spec(file: CodeFile) -> ModuleSpec:
    searched = [str(file.path.parent)] if file.is_package else None
    if file.path.suffix == ".py":
        spec = importlib.util.spec_from_file_location(
            file.name, file.path, submodule_search_locations=searched
        )
        assert spec is not None
        return spec
    spec = ModuleSpec(file.name, None, is_package=True)
    spec.submodule_search_locations = [str(file.path)]
    return spec


# Import statements in a laboratory's own files.


def _import_for(folder: Path, files: Files) -> Callable[..., ModuleType]:
    """Return the `import` function of a file: files that belong to it come before installed modules."""

    def import_(
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        is_own_name = level > 0 or name.partition(".")[0] not in NEVER_IMPORTED_FROM_A_FOLDER
        if level:
            name = _absolute(name, level, globals or {})
        prefer_shipped(name)
        if not (is_own_name and any(one in files for one in (name, *_parents(name)))):
            return builtins.__import__(name, globals, locals, fromlist or (), 0)
        module = _module(folder, name, files)
        if not fromlist:
            return _module(folder, name.partition(".")[0], files)
        for wanted in _wanted(module, fromlist):
            if _may_be_module(module, wanted):
                _submodule(folder, name, wanted, files)
        return module

    return import_


def _absolute(name: str, level: int, globals: Mapping[str, Any]) -> str:
    package = globals.get("__package__")
    if not package:
        raise ImportError("attempted relative import with no known parent package")
    return importlib.util.resolve_name("." * level + name, str(package))


def _module(folder: Path, name: str, files: Files) -> ModuleType:
    """Return an own module, or an installed module of a package that has own modules too."""
    if name in files:
        return load_own(folder, name, files).module
    parent, _, leaf = name.rpartition(".")
    package = _module(folder, parent, files) if parent in files else None
    prefer_shipped(name)
    module = importlib.import_module(name)
    if package is not None:
        setattr(package, leaf, module)
    return module


def _wanted(module: ModuleType, fromlist: Sequence[str]) -> list[str]:
    if "*" not in fromlist:
        return list(fromlist)
    return [*(one for one in fromlist if one != "*"), *getattr(module, "__all__", [])]


def _may_be_module(package: ModuleType, leaf: str) -> bool:
    """Return whether a name is unbound in a package, or bound to an own module, which may be outdated."""
    bound = getattr(package, leaf, None)
    return not hasattr(package, leaf) or (isinstance(bound, ModuleType) and is_own(bound))


def _submodule(folder: Path, package: str, leaf: str, files: Files) -> None:
    """Bind `from package import leaf` if `leaf` is a module; otherwise the import statement raises."""
    name = f"{package}.{leaf}"
    if name in files or is_shipped(name):
        _module(folder, name, files)


# Files that belong together.


def _read(folder: Path, name: str) -> CodeFile | None:
    if folder == HOME and name.partition(".")[0] in PACKAGES:
        return None  # these files are installed
    place = folder.joinpath(*name.split("."))
    for path in (place / "__init__.py", place.parent / f"{place.name}.py"):
        if _is_there(path):
            content, is_package = path.read_bytes(), path.name == "__init__.py"
            imports = tuple(_imports(content, name if is_package else name.rpartition(".")[0]))
            return CodeFile(name, path, content, hashlib.sha256(content).hexdigest(), is_package, imports)
    if place.is_dir() and any(place.glob("*.py")):
        return CodeFile(name, place, b"", hashlib.sha256().hexdigest(), True, ())
    return None


def _is_there(path: Path) -> bool:
    """Return whether a file exists, capitals included; some file systems ignore case."""
    return path.is_file() and path.name in os.listdir(path.parent)


def _imports(content: bytes, package: str) -> Iterator[str]:
    """Yield every module name that import statements in a file may refer to."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError):
        return  # executing the file reports the error
    for node in ast.walk(tree):
        for name in _imported(node, package):
            if name.partition(".")[0] not in NEVER_IMPORTED_FROM_A_FOLDER:
                yield from (*_parents(name), name)


def _imported(node: ast.AST, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    try:
        name = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
    except ImportError:
        return []
    return [name, *(f"{name}.{alias.name}" for alias in node.names if alias.name != "*")]


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _belonging_to(name: str, files: Files) -> tuple[CodeFile, ...]:
    """Return the file of a module and all files that it imports, directly or indirectly, by name."""
    found, waiting = set(), [name]
    while waiting:
        one = waiting.pop()
        if one in files and one not in found:
            found.add(one)
            waiting += [*_parents(one), *files[one].imports]
    return tuple(files[one] for one in sorted(found))


# sys.modules.


def _enter(module: ModuleType, file: CodeFile) -> None:
    """Enter a module in sys.modules, for pickle and inspect, if no other module has its name."""
    known = sys.modules.get(file.name)
    if known is module:
        return
    is_free = not _is_elsewhere(file) if known is None else is_own(known) or _comes_from(known, file.path)
    if is_free:
        sys.modules[file.name] = module


def _leave(module: ModuleType, before: ModuleType | None) -> None:
    if sys.modules.get(module.__name__) is module:
        del sys.modules[module.__name__]
        if before is not None:
            sys.modules[module.__name__] = before


def _comes_from(module: ModuleType, path: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).resolve() == path


def _is_elsewhere(file: CodeFile) -> bool:
    """Return whether another importable module has the name of a file."""
    if is_shipped(file.name) or file.name.partition(".")[0] in sys.stdlib_module_names:
        return True
    searched: Sequence[str] | None = None
    spec = None
    for part in (*_parents(file.name), file.name):
        spec = _found(part, searched)
        if spec is None or (part != file.name and spec.submodule_search_locations is None):
            return False
        searched = spec.submodule_search_locations
    return spec is not None and spec.origin is not None and Path(spec.origin).resolve() != file.path


def _found(name: str, searched: Sequence[str] | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        spec = finder.find_spec(name, searched) if hasattr(finder, "find_spec") else None
        if spec is not None:
            return spec
    return None
