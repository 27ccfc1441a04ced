"""pyqtgraph, whose types a checker can only guess at, and guesses wrong."""

from typing import Any

import pyqtgraph

pg: Any = pyqtgraph
