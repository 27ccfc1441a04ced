"""pandas, which frames need and nothing else does."""

from types import ModuleType

from labctl.errors import InvalidRequest


def pandas() -> ModuleType:
    """Return the module; raises InvalidRequest with the line to type where it is not installed."""
    try:
        import pandas as pd
    except ImportError as error:
        raise InvalidRequest(
            "frames need pandas: python -m pip install pandas; db.rows(...) gives rows without it"
        ) from error
    return pd
