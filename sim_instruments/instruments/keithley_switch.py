"""Keithley 7001, 2700 and 2750 as switches: lists of channels, one relay each."""

import re

from sim_instruments.instruments.scpi import OUT_OF_RANGE, ScpiStatus
from sim_instruments.world.relays import Relays
from sim_instruments.world.world import World

CHANNELS_OF_CARD = {"7700": 22, "7708": 40, "7709": 48}


def card_channels(slot: int, card: str) -> list[str]:
    """Channels of a card of the 7700 series."""
    return [f"{slot}{channel:02d}" for channel in range(1, CHANNELS_OF_CARD[card] + 1)]


class KeithleySwitch(ScpiStatus):
    """The switch; `relays` are its relays, with their faults.

    Parameters
    ----------
    world : World
    model : "7001", "2700" or "2750"
    cards : tuple of str
        By slot: cards of the 7700 series; for a 7001 the number of channels.
    """

    def __init__(self, world: World, model: str, cards: tuple[str, ...]) -> None:
        super().__init__()
        self.world, self.model, self.cards = world, model, cards
        self.no_error = '0,"No error"'
        self.slots = {"7001": 2, "2700": 2, "2750": 5}[model]
        channels = [name for slot, card in enumerate(cards, 1) for name in self._channels(slot, card)]
        self.relays = Relays(channels, world.relays_moved)
        world.relays.append(self.relays)

    def _channels(self, slot: int, card: str) -> list[str]:
        if self.model == "7001":
            return [f"{slot}!{channel}" for channel in range(1, int(card) + 1)]
        return card_channels(slot, card)

    @property
    def energised(self) -> bool:
        """Whether a relay is closed."""
        return bool(self.relays.closed)

    def reset(self) -> None:
        """As after power-on: all open."""
        self.relays.open()

    def options(self) -> str:
        """*OPT?."""
        return ",".join([*self.cards, *["NONE"] * (self.slots - len(self.cards))])

    def open_all(self) -> None:
        """ROUT:OPEN ALL, ROUT:OPEN:ALL."""
        self.relays.open()

    def close(self, text: str) -> None:
        """ROUT:CLOS, ROUT:MULT:CLOS: of a list, all or none."""
        self.relays.close(self._listed(text))

    def open_these(self, text: str) -> None:
        """ROUT:MULT:OPEN: of a list, all or none."""
        self.relays.open(self._listed(text))

    def _listed(self, text: str) -> list[str]:
        found = re.fullmatch(r"\(@ *([\d!, :]+)\)", text.strip())
        self.require(found is not None)
        assert found is not None
        names = [name for part in found[1].split(",") for name in self._range(part.strip())]
        self.require(all(name in self.relays.channels for name in names), OUT_OF_RANGE)
        return names

    def _range(self, part: str) -> list[str]:
        first, colon, last = part.partition(":")
        channels = self.relays.channels
        if not colon:
            return [first]
        self.require(first in channels and last in channels)
        return list(channels[channels.index(first) : channels.index(last) + 1])

    def closed(self) -> str:
        """ROUT:CLOS:STAT?, ROUT:MULT:CLOS?."""
        return f"(@{','.join(self.relays.reported)})"
