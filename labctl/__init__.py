"""labctl: automated measurement and evaluation of ion transport in solid electrolytes."""

import os
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, overload

from labctl import opener, result_views, shipped
from labctl.version import __version__

if TYPE_CHECKING:
    from labctl.archive.opened import Archive
    from labctl.opened import OpenedDatabase
    from labctl.opened_to_amend import OpenedAmendableDatabase
    from labctl.scripting import open_bench as bench  # called by `labctl.bench(...)`

__all__ = ["__version__", "bench", "open", "open_archive"]


@overload
def open(
    path: str | os.PathLike[str],
    *,
    write: Literal[False] = False,
    analyses: Mapping[int, int] | None = None,
) -> "OpenedDatabase": ...
@overload
def open(
    path: str | os.PathLike[str], *, write: Literal[True], analyses: Mapping[int, int] | None = None
) -> "OpenedAmendableDatabase": ...
def open(
    path: str | os.PathLike[str], *, write: bool = False, analyses: Mapping[int, int] | None = None
) -> "OpenedDatabase | OpenedAmendableDatabase":
    """Open the results of a station for reading, also while a run writes them.

    With `write` it also takes amendments, notes and exclusions; measured rows stay as they are. `analyses`:
    ids of runs, each with the id of the analysis to read in place of its current one. `db.run("last")` and
    `db.sample("pellet 3")` are rows with frames and figures of their own: `db.run("last").plot_arrhenius()`.

    Raises
    ------
    labctl.errors.StoreError
        No such file, not a labctl database, made by a newer labctl, or damaged.
    """
    if write:
        from labctl.opened_to_amend import OpenedAmendableDatabase

        return OpenedAmendableDatabase(path, analyses=analyses)
    from labctl.opened import OpenedDatabase

    return OpenedDatabase(path, analyses=analyses)


def open_archive(address: str | os.PathLike[str] | None = None) -> "Archive":
    """Open an archive of many rigs for reading: `labctl.open_archive("archive").query("SELECT ...")`.

    `address`: a folder, or any address of fsspec; without it, that of the environment variable
    LABCTL_ARCHIVE. Needs the extra `archive`.

    Raises
    ------
    labctl.errors.InvalidRequest
        There is no archive, or the extra is not installed.
    labctl.errors.StoreError
        The archive cannot be reached.
    """
    from labctl.archive.opened import open_archive as open_it

    return open_it(address)


def _open_bench(*arguments: Any, **options: Any) -> Any:
    from labctl.scripting import open_bench

    return open_bench(*arguments, **options)


def _frame_of(result: Any) -> Any:
    from labctl.report.notebook.results import frame_of

    return frame_of(result)


def _draw(result: Any, **options: Any) -> Any:
    from labctl.report.notebook.results import draw

    return draw(result, **options)


def __getattr__(name: str) -> Any:
    """Load `labctl.bench`: the module of the bench interface; a call of it opens a bench."""
    if name == "bench":
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'labctl' has no attribute {name!r}")


opener.register(_open_bench)
result_views.register(_frame_of, _draw)
shipped.find_behind_others()
