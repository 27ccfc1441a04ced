"""Settings that can be left at a stand-in, and states drawn from them by seed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

UNSETTABLE_EVERY, FIRST_UNSETTABLE = 12, 5
"""Of 50 states, four have a setting that the driver can only refuse: the numbers 5, 17, 29 and 41."""


class Stand(NamedTuple):
    """A stand-in: its model, which has the true state, and its end of the wire."""

    model: Any
    device: Any


Leave = Callable[[Stand, Random], object]


@dataclass(frozen=True)
class Setting:
    """Something that a person, or another program, can leave at an instrument.

    Attributes
    ----------
    words : str
        Name of the setting, for people.
    leave : callable
        Takes the stand-in and a random generator, and leaves it so.
    refusal : str
        Pattern of the error by which the driver names it, where the driver cannot settle it; "" otherwise.
    of_partner : bool
        Whether it is left at the second instrument of a pair.
    """

    words: str
    leave: Leave
    refusal: str = ""
    of_partner: bool = False


@dataclass(frozen=True)
class Panel:
    """Settings that can be left at the front panel of the instrument of one driver.

    Attributes
    ----------
    settings : tuple of Setting
    hidden : tuple of str
        Settings that no known message of the instrument shows.
    kept : tuple of str
        Settings of sensor, fixture or oven, which stay as the person has set them.
    driver_settings : dict
        Settings of the station file under which the driver is judged.
    target_degc : float
        Set point of a temperature controller.
    """

    settings: tuple[Setting, ...]
    hidden: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    driver_settings: dict[str, Any] = field(default_factory=dict)
    target_degc: float = 60.0

    @property
    def settled(self) -> tuple[Setting, ...]:
        """Settings that the driver must settle."""
        return tuple(setting for setting in self.settings if not setting.refusal)

    @property
    def unsettable(self) -> tuple[Setting, ...]:
        """Settings that the driver can only refuse by name."""
        return tuple(setting for setting in self.settings if setting.refusal)


@dataclass(frozen=True)
class State:
    """One state of the front panel: the settings left, and the seed of their values.

    With `meanwhile` they are left after the driver has prepared; any refusal is then right.
    """

    driver: str
    number: int
    seed: int
    settings: tuple[Setting, ...]
    meanwhile: bool = False

    @property
    def refusals(self) -> tuple[str, ...]:
        """Patterns of the errors by which it may be refused."""
        return tuple(setting.refusal for setting in self.settings if setting.refusal)

    @property
    def chance(self) -> Random:
        """Generator of its values, the same at each call."""
        return Random(f"{self.driver} {self.seed} {self.number} values")


def drawn(driver: str, panel: Panel, number: int, seed: int = 1) -> State:
    """Return a state: each setting that can be settled is left with a probability of one half.

    One state in `UNSETTABLE_EVERY` also has a setting that can only be refused, each of them in turn.
    """
    chance = Random(f"{driver} {seed} {number}")
    chosen = [setting for setting in panel.settled if chance.random() < 0.5]
    chance.shuffle(chosen)
    turn, place = divmod(number, UNSETTABLE_EVERY)
    if place == FIRST_UNSETTABLE and panel.unsettable:
        chosen.append(panel.unsettable[(turn + seed) % len(panel.unsettable)])
    return State(driver, number, seed, tuple(chosen))


# Ways to leave something.


def put(attribute: str, choose: Callable[[Random], Any]) -> Leave:
    """Set an attribute of the model to a random value."""
    return lambda stand, chance: setattr(stand.model, attribute, choose(chance))


def call(method: str, *choosers: Callable[[Random], Any]) -> Leave:
    """Call a method of the model with random arguments."""
    return lambda stand, chance: getattr(stand.model, method)(*(choose(chance) for choose in choosers))


def all_of(*leaves: Leave) -> Leave:
    """Leave several things, one after the other."""

    def leave(stand: Stand, chance: Random) -> None:
        for each in leaves:
            each(stand, chance)

    return leave


def sent(*templates: str, **choosers: Callable[[Random], Any]) -> Leave:
    """Send messages of another program to the instrument, with random values in their braces."""

    def leave(stand: Stand, chance: Random) -> None:
        values = {name: choose(chance) for name, choose in choosers.items()}
        for template in templates:
            stand.model.world.now()
            stand.device.hear(template.format(**values).encode())

    return leave


def one_of(*choices: Any) -> Callable[[Random], Any]:
    """Return a chooser among values."""
    return lambda chance: chance.choice(choices)


def between(low: float, high: float, digits: int = 1) -> Callable[[Random], float]:
    """Return a chooser of a number in a range."""
    return lambda chance: round(chance.uniform(low, high), digits)
