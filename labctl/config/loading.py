"""Objects that TOML names as `module:Name`: drivers, procedures and rigs.

A module beside the TOML file comes first and is loaded from its file as `own_code` says: by path and content.
Any other is imported as usual; drivers, procedures and rigs of labctl from where labctl itself is installed.
"""

import hashlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from labctl import shipped
from labctl.clock import RealClock
from labctl.config import own_code
from labctl.config.own_code import CodeFile
from labctl.config.table import Table
from labctl.config.trust import is_trusted, lies_in_working_folder
from labctl.plain_text import shown

STARTED_S = RealClock().time()
MACHINERY = (__file__, own_code.__file__, shipped.__file__, importlib.__file__)


class CannotLoad(Exception):
    """An object cannot be loaded by name; the message begins with a verb, as in `names 'x', which ...`."""


@dataclass(frozen=True)
class CodeIdentity:
    """A file of code as it was when it was loaded; `bytes` and `sha256` are None if not known."""

    path: str
    bytes: int | None
    sha256: str | None


@dataclass(frozen=True)
class Named:
    """The object that a reference names, and the files of code that were loaded for it."""

    value: Any
    code: tuple[CodeIdentity, ...]


def load_named(table: Table, key: str, reference: str) -> Named:
    """Load what `reference` (`module:Name`) names; a module beside the TOML file is found as well.

    Raises ConfigurationError that says which part of the name is wrong, or why its file cannot be loaded.
    """
    try:
        return load_reference(reference, Path(str(table.source)).parent)
    except CannotLoad as problem:
        raise table.error(key, str(problem)) from problem


def load_reference(reference: str, folder: Path) -> Named:
    """Load what `reference` (`module:Name`) names, from a file in `folder` or an installed module.

    Raises CannotLoad.
    """
    module_name, colon, name = reference.partition(":")
    if not (colon and name and _is_module_name(module_name)):
        raise CannotLoad(
            f"is {shown(reference)}; give module:Name, as in 'drivers.lakeshore33x:LakeShore336'"
        )
    module, code = load_module(module_name, folder)
    try:
        value = getattr(module, name)
        return Named(value, tuple(dict.fromkeys((*code, *_code_inherited(value)))))
    except AttributeError as error:
        own = (n for n, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__)
        public = ", ".join(n for n in own if not n.startswith("_")) or "nothing of its own"
        raise CannotLoad(f"names {name!r}, which {module_name} does not have; it has {public}") from error


def _is_module_name(text: str) -> bool:
    """Return whether a text can name a module: no empty part, no path, no control character."""
    return all(part and part.isprintable() and not set(part) & set("/\\") for part in text.split("."))


def load_module(name: str, folder: Path) -> tuple[ModuleType, tuple[CodeIdentity, ...]]:
    """Load a module from a file in `folder`, or an installed one; return it with its files of code.

    Raises CannotLoad.
    """
    try:
        files = own_code.own_files(folder.resolve(), name)
        if name not in files and lies_in_working_folder(name):
            raise CannotLoad(_untrusted(name, Path.cwd()))
        if name not in files:
            return _installed(name)
        if not is_trusted(folder):
            raise CannotLoad(_untrusted(name, folder))
        if (imported := _imported_already(name, files)) is not None:
            return imported, _identities(files.values())
        loaded = own_code.load_own(folder.resolve(), name, files)
        return loaded.module, _identities(loaded.files)
    except (CannotLoad, KeyboardInterrupt):
        raise
    except BaseException as error:  # foreign code may raise anything, also SystemExit
        raise CannotLoad(_in_words(error, name, folder)) from error


def _untrusted(name: str, folder: Path) -> str:
    return (
        f"names the module {name!r} in {folder.resolve()}, which is neither the folder of the station file "
        f"nor trusted; if you know that code, give --trust {folder.resolve()}"
    )


def is_installed(name: str) -> bool:
    """Return whether a top-level name belongs to an installed module, not to a file loaded here."""
    known = sys.modules.get(name)
    if known is not None:
        return not own_code.is_own(known)
    return importlib.util.find_spec(name) is not None


def loaded_class(reference: str) -> Any:
    """Return the class that `module:Class` means in this process; None if it is not loaded.

    The module loaded last from a file comes first, then other modules. A module that is not loaded yet is
    imported only if it ships with labctl: the reference may come from a results file of other people.
    """
    module_name, _, name = reference.partition(":")
    try:
        module = own_code.loaded_last(module_name) or sys.modules.get(module_name)
        if module is None and shipped.is_shipped(module_name):
            module = shipped.shipped_module(module_name)
        return getattr(module, name, None)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - foreign code may raise anything, also SystemExit
        return None


def code_of(found: Any) -> tuple[CodeIdentity, ...]:
    """Return the files of code of a class or function that is loaded already, as they were then."""
    if (loaded := own_code.loaded_with(found)) is not None:
        return _identities(loaded.files)
    module = sys.modules.get(getattr(found, "__module__", ""))
    return _as_imported(module, is_new=False) if module is not None else ()


def _code_inherited(found: Any) -> tuple[CodeIdentity, ...]:
    """Return the files of the shipped drivers or procedures in the bases of a class, itself included."""
    bases = getattr(found, "__mro__", ())
    return tuple(file for base in bases if shipped.is_shipped(base.__module__) for file in code_of(base))


def module_of(found: Any) -> ModuleType:
    """Return the module that defines a class or function."""
    loaded = own_code.loaded_with(found)
    return sys.modules[found.__module__] if loaded is None else loaded.module


def _installed(name: str) -> tuple[ModuleType, tuple[CodeIdentity, ...]]:
    is_new = name not in sys.modules
    module = shipped.shipped_module(name) if shipped.is_shipped(name) else importlib.import_module(name)
    return module, _as_imported(module, is_new)


def _imported_already(name: str, files: own_code.Files) -> ModuleType | None:
    """Return the module that a script has imported from the same files itself, if they are as they were."""
    module = sys.modules.get(name)
    if module is None or own_code.is_own(module):
        return None
    is_same = Path(str(getattr(module, "__file__", ""))).resolve() == files[name].path
    return module if is_same and all(_is_old(file.path) for file in files.values()) else None


# Identity of the loaded code.

_known: dict[Path, CodeIdentity] = {}


def _identities(files: Iterable[CodeFile]) -> tuple[CodeIdentity, ...]:
    return tuple(
        CodeIdentity(str(file.path), len(file.content), file.sha256)
        for file in files
        if file.path.suffix == ".py"
    )


def _as_imported(module: ModuleType, is_new: bool) -> tuple[CodeIdentity, ...]:
    """Return the file of an installed module as it was imported: read at once, or not changed since."""
    path = Path(str(getattr(module, "__file__", None) or "")).absolute()
    if not path.is_file():
        return ()
    if path not in _known:
        content = path.read_bytes() if is_new or _is_old(path) else None
        is_known = content is not None
        sha256 = hashlib.sha256(content).hexdigest() if is_known else None
        _known[path] = CodeIdentity(str(path), len(content) if is_known else None, sha256)
    return (_known[path],)


def _is_old(path: Path) -> bool:
    """Return whether a file is unchanged since this program began."""
    return path.stat().st_mtime < STARTED_S


# Error messages.


def _in_words(error: BaseException, name: str, folder: Path) -> str:
    if isinstance(error, SyntaxError):
        return f"cannot be loaded: {error.filename}, line {error.lineno}: {error.msg}"
    file, line = _place(error) or (name, "")
    if isinstance(error, ModuleNotFoundError):
        if file == name and error.name and f"{name}.".startswith(f"{error.name}."):
            return f"names the module {name!r}, which does not exist: neither in {folder} nor installed"
        return f"cannot be loaded: {file} imports {error.name!r}, which is not installed{line}"
    if isinstance(error, SystemExit):
        return f"cannot be loaded: {file} ends the program when it is imported (exit {error.code}){line}"
    return f"cannot be loaded: {file}: {type(error).__name__}: {error}{line}"


def _place(error: BaseException) -> tuple[str, str] | None:
    """Return file and line of the code at fault; None if no code was executed."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith("<") and frame.filename not in MACHINERY:
            return frame.filename, f" (line {frame.lineno})"
    return None
