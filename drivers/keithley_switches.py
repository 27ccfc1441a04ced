"""Keithley 7001 (GPIB), 2700 and 2750 (GPIB, RS-232) as switches between cells and instruments.

Sources: the Model 7001 manual, section 5; the Model 2750 manual (2750-900-01), section 2; pymeasure's driver
of the 2700; public programs for the 7001. Not tried on hardware by us.

Every channel is opened and the list of closed channels read back before any is closed, and it is read back
again afterwards. The list is what the instrument believes: a welded relay is found by the spectrum of a cell
only. The reply with all channels open is taken to be `(@)`; any other reply is refused.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from drivers.declarations import keithley_switches as declared
from drivers.scpi import ScpiInstrument
from labctl.errors import ConfigurationError, InstrumentError
from labctl.instrument import Capabilities

LIST = re.compile(r"\(@ *(?P<names>[0-9!, ]*)\)")
NONE = "NONE"
MOST_CHANNELS = 99
CHANNELS_OF_CARD = {"7700": 22, "7702": 42, "7703": 32, "7705": 40, "7708": 40, "7709": 48, "7710": 20}
"""Channels of the cards of a 2700, from 1; 21 and 22 of a 7700 and 41 and 42 of a 7702 are current inputs."""


def channel_list(reply: str) -> frozenset[str]:
    """Return the channels of a reply like `(@101,102)` or `(@1!1)`; raises ValueError for any other text."""
    found = LIST.fullmatch(reply)
    if found is None:
        raise ValueError("expected a list of channels, as in (@101,102)")
    names = [name.strip() for name in found["names"].split(",")] if found["names"].strip() else []
    if not all(re.fullmatch(r"\d+(!\d+){0,2}", name) for name in names):
        raise ValueError("expected a list of channels, as in (@101,102)")
    return frozenset(names)


class ListedSwitch(ScpiInstrument):
    """A `labctl.bench.Switch` with channels in lists.

    Parameters
    ----------
    cards : sequence of str
        The cards by slot; `""` for an empty slot.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 3000,
    }
    open_message: ClassVar[str]
    close_message: ClassVar[str]
    closed_question: ClassVar[str]
    slots: ClassVar[int]
    usual_cards: ClassVar[tuple[str, ...]]

    def __init__(
        self, adapter: Any, name: str | None = None, *, cards: Sequence[str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.cards = self.usual_cards if cards is None else tuple(cards)
        self._channels = self.channels_of({"cards": self.cards})

    @classmethod
    def channels_of(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the channels that the settings of a station file give; raises ConfigurationError."""
        cards = settings.get("cards", cls.usual_cards)
        if isinstance(cards, str) or not isinstance(cards, Sequence) or len(cards) > cls.slots:
            problem = f"is {cards!r}; give a list of at most {cls.slots} cards, one for each slot"
            raise ConfigurationError(cls.__name__, "settings.cards", problem)
        return tuple(
            name for slot, card in enumerate(cards, 1) if card for name in cls.channels_of_card(slot, card)
        )

    @classmethod
    def channels_of_card(cls, slot: int, card: Any) -> list[str]:
        """Return the channels of the card of one slot; raises ConfigurationError for an unknown card."""
        raise NotImplementedError

    @classmethod
    def capabilities(cls, settings: Mapping[str, Any]) -> Capabilities:
        """Check the cards; a switch has no ranges."""
        cls.channels_of(settings)
        return Capabilities()

    # Members of `labctl.bench.Switch`.

    def prepare(self) -> None:
        """Check model and cards, open every channel and read back."""
        self.check_identity(*self.models)
        self.write("*CLS")
        self.check_cards()
        self.open_all()

    def check_cards(self) -> None:
        """Raise InstrumentError if the instrument reports other cards."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Get the names of all channels that it can close (tuple of str)."""
        return self._channels

    @property
    def closed_channels(self) -> frozenset[str]:
        """Get the closed channels, as the instrument reports them (frozenset of str)."""
        reply = self.ask(self.closed_question).strip()
        try:
            return channel_list(reply)
        except ValueError as problem:
            raise self.refuse(self.closed_question, reply, str(problem)) from problem

    def close(self, channels: Iterable[str]) -> None:
        """Open every channel, then close these; both are read back."""
        wanted = tuple(dict.fromkeys(channels))
        for channel in wanted:
            if channel not in self._channels:
                some = f"{self._channels[0]} ... {self._channels[-1]}" if self._channels else "no card"
                raise ValueError(f"{self.name}: no channel {channel!r}; its cards have {some}")
        self.open_all()
        if wanted:
            self.tell(f"{self.close_message} (@{','.join(wanted)})")
        self._confirm(wanted, "other channels are closed than were asked for")

    def open_all(self) -> None:
        """Open every channel and read back."""
        self.tell(self.open_message)
        self._confirm((), "channels are still closed")

    def switch_off(self) -> None:
        """Open every channel."""
        self.write(self.open_message)

    def make_safe(self) -> None:
        """Open every channel and read back."""
        self.clear_bus()
        self.attempt_all(self.switch_off, partial(self._confirm, (), "channels are still closed"))

    def _confirm(self, wanted: Sequence[str], problem: str) -> None:
        found = self.closed_channels
        if found != frozenset(wanted):
            raise InstrumentError(self.name, self.closed_question, ",".join(sorted(found)) or "(@)", problem)


class Keithley7001(ListedSwitch):
    """Keithley 7001 with two cards.

    A card is a number of channels (`"40"`: channels 1!1 to 1!40), or rows and columns of a matrix (`"4x10"`:
    channels 1!1!1 to 1!4!10).
    """

    models: ClassVar[tuple[str, ...]] = ("MODEL 7001",)
    open_message: ClassVar[str] = ":ROUT:OPEN ALL"
    close_message: ClassVar[str] = ":ROUT:CLOS"
    closed_question: ClassVar[str] = ":ROUT:CLOS:STAT?"
    slots: ClassVar[int] = 2
    usual_cards: ClassVar[tuple[str, ...]] = ("40", "40")

    @classmethod
    def channels_of_card(cls, slot: int, card: Any) -> list[str]:
        """Return the channels of the card of one slot; raises ConfigurationError for an unknown card."""
        found = re.fullmatch(r"(?:([1-9]\d?)x)?([1-9]\d?)", card) if isinstance(card, str) else None
        if found is None:
            problem = f'is {card!r} in slot {slot}; give channels as "40", or rows and columns as "4x10"'
            raise ConfigurationError(cls.__name__, "settings.cards", problem)
        columns = range(1, int(found[2]) + 1)
        if found[1] is None:
            return [f"{slot}!{channel}" for channel in columns]
        rows = range(1, int(found[1]) + 1)
        return [f"{slot}!{row}!{column}" for row in rows for column in columns]


class Keithley2700(ListedSwitch):
    """Keithley 2700 with two cards of the 7700 series; it multiplexes and does not measure here."""

    models: ClassVar[tuple[str, ...]] = ("MODEL 2700",)
    open_message: ClassVar[str] = ":ROUT:OPEN:ALL"
    close_message: ClassVar[str] = ":ROUT:MULT:CLOS"
    closed_question: ClassVar[str] = ":ROUT:MULT:CLOS?"
    slots: ClassVar[int] = 2
    usual_cards: ClassVar[tuple[str, ...]] = ("7700",)

    @classmethod
    def channels_of_card(cls, slot: int, card: Any) -> list[str]:
        """Return the channels of the card of one slot; raises ConfigurationError for an unknown card."""
        if card not in CHANNELS_OF_CARD:
            problem = f"is {card!r} in slot {slot}; known cards: {', '.join(CHANNELS_OF_CARD)}"
            raise ConfigurationError(cls.__name__, "settings.cards", problem)
        return [f"{slot}{channel:02d}" for channel in range(1, CHANNELS_OF_CARD[card] + 1)]

    def check_cards(self) -> None:
        """Raise InstrumentError if the instrument reports other cards."""
        reply = self.ask("*OPT?").strip()
        found = [card.strip().upper() for card in reply.split(",")]
        wanted = [(card or NONE) for card in self.cards] + [NONE] * (self.slots - len(self.cards))
        if found != wanted:
            raise self.refuse("*OPT?", reply, f"the station file says {','.join(wanted)}")


class Keithley2750(Keithley2700):
    """Keithley 2750 with five cards of the 7700 series; it multiplexes and does not measure here."""

    models: ClassVar[tuple[str, ...]] = ("MODEL 2750",)
    slots: ClassVar[int] = 5
