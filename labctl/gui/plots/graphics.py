"""pyqtgraph, typed as Any: type checkers infer wrong types for it."""

from typing import Any

import pyqtgraph

pg: Any = pyqtgraph
