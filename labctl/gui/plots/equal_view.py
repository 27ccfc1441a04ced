"""A view with equal scales of x and y that shows all curves, the lowest at the bottom."""

from labctl.gui.plots.marking_view import MarkingView

Range = tuple[float, float]
MARGIN = 0.04


class EqualView(MarkingView):
    """Equal scales. `window` (x range, y range) is shown if given, else all curves."""

    def __init__(self) -> None:
        super().__init__()
        self.setAspectLocked(True)
        self.window: tuple[Range, Range] | None = None

    def updateAutoRange(self) -> None:  # noqa: N802
        """Fit all curves; spare room goes to both sides and to the top."""
        wanted = self.window or self._bounds()
        width, height = self.width(), self.height()
        if not any(self.state["autoRange"]) or wanted is None or min(width, height) < 2:
            return
        (left, right), (bottom, top) = wanted
        scale = (1 + 2 * MARGIN) * max((right - left) / width, (top - bottom) / height)
        if scale <= 0:
            scale = max(abs(right), abs(top), 1e-9) / width
        middle, lowest = (left + right) / 2, bottom - MARGIN * scale * height
        across = (middle - scale * width / 2, middle + scale * width / 2)
        self.setRange(
            xRange=across, yRange=(lowest, lowest + scale * height), padding=0, disableAutoRange=False
        )
        self._autoRangeNeedsUpdate = False

    def _bounds(self) -> tuple[Range, Range] | None:
        across, up = self.childrenBounds()
        if across is None or up is None:
            return None
        return (across[0], across[1]), (up[0], up[1])
