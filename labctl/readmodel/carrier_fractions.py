"""Presumptions of Bruce-Vincent that flags of a measured number show not to hold.

A current fraction bounds no share of a carrier; its presumptions are named in the verdict all the same, since
they tell about electrodes that also serve emf and electrolysis.
"""

from collections.abc import Sequence

OTHER_POLARITY, NO_NUMBER = "other polarity: ", "no number: "
BLOCKED = "no steady current of ions was seen: the electrodes do not pass the cation, or a lead is open"
NOT_SHOWN = "that the electrodes pass the cation is not shown: its interval includes 0"
OPEN = "the circuit is open"
CHANGED = ("interphases grew", "is below R0", "bulk resistance changed", "lies outside 0 to 1")
NO_CURRENT = ("no definite sign", "opposite signs", "must flow with delta_v_v", "near 0, and neither", OPEN)


NO_ARC = "shows no interphase that can be told from the bulk"
NOT_PASSED = "the spectrum shows no electrode that passes an ion: it has no arc of one"


def broken_presumptions(flags: Sequence[str], low_95: float | None = None) -> tuple[str, ...]:
    """Return the presumptions that do not hold, once each, in the words of the flags where these say it.

    `low_95` is the lower end of the interval of the number, None without one.
    """
    plain = [flag.removeprefix(OTHER_POLARITY).removeprefix(NO_NUMBER) for flag in flags]
    blocked = [BLOCKED for flag in plain if any(words in flag for words in NO_CURRENT)]
    changed = [flag for flag in plain if any(words in flag for words in CHANGED)]
    no_arc = [NOT_PASSED for flag in plain if NO_ARC in flag]
    not_shown = [NOT_SHOWN] if low_95 is not None and low_95 <= 0 else []
    return tuple(dict.fromkeys([*blocked, *no_arc, *changed, *not_shown]))


def reason_without_number(flags: Sequence[str]) -> str:
    """Why there is no number; empty where no flag says it."""
    return next((flag.removeprefix(NO_NUMBER) for flag in flags if flag.startswith(NO_NUMBER)), "")
