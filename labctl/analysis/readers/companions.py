"""Warnings that a spectrum is not the only one of its file.

A caller that takes every spectrum of a file has no need of them. The metadata `sweep` and `tables` say the
same, so that such warnings are found by what they are made of.
"""

from collections.abc import Mapping


def one_of_sweeps(count: int) -> str:
    """Return the warning of a sweep that lies beside others in its table."""
    return f"the file holds {count} sweeps: this is one of them"


def one_of_tables(count: int) -> str:
    """Return the warning of a table that lies beside others in its session."""
    return f"the session holds {count} tables: this is one of them"


def companion_warnings(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """Return the warnings about companions that a spectrum with these metadata has; empty for none."""
    _, _, sweeps = metadata.get("sweep", "").rpartition(" of ")
    tables = metadata.get("tables", "")
    found = [one_of_tables(int(tables))] if tables else []
    return (*found, *([one_of_sweeps(int(sweeps))] if sweeps else []))
