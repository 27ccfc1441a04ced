"""A drop-down list to show all entries or one."""

from collections.abc import Hashable, Sequence
from typing import Any

from labctl.gui.qt import QtWidgets, Signal


class Choice(QtWidgets.QComboBox):
    """Entries by key. The choice is kept while entries are added and removed; signal `chosen`: a change."""

    chosen = Signal()

    def __init__(self, everything: str) -> None:
        super().__init__()
        self._keys: list[Hashable] = [None]
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToContents)
        self.setAccessibleName(f"{everything}, or one")
        self.addItem(everything)
        self.currentIndexChanged.connect(lambda _: self.chosen.emit())

    @property
    def key(self) -> Any:
        """Key of the chosen entry; None for all."""
        return self._keys[max(self.currentIndex(), 0)]

    def choose(self, key: Hashable) -> None:
        """Choose the entry with this key, or all if there is none."""
        self.setCurrentIndex(self._keys.index(key) if key in self._keys else 0)

    def offer(self, entries: Sequence[tuple[str, Hashable]]) -> None:
        """Offer these entries after `all`."""
        was = self.key
        self.blockSignals(True)
        for index, (text, _) in enumerate(entries, start=1):
            if index == self.count():
                self.addItem(text)
            elif self.itemText(index) != text:
                self.setItemText(index, text)
        while self.count() > len(entries) + 1:
            self.removeItem(self.count() - 1)
        self._keys = [None, *(key for _, key in entries)]
        self.choose(was)
        self.blockSignals(False)
