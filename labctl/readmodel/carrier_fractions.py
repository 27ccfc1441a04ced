"""Presumptions of Bruce-Vincent that flags of a measured number show not to hold.

A current fraction bounds no share of a carrier; its presumptions are named in the verdict all the same, since
they tell about electrodes that also serve emf and electrolysis.
"""

from collections.abc import Sequence

OTHER_POLARITY, NO_NUMBER = "other polarity: ", "no number: "
BLOCKED = "no steady current of ions was seen: the electrodes do not pass the cation, or a lead is open"
CHANGED = ("interphases grew", "is below R0", "bulk resistance changed", "lies outside 0 to 1")
NO_CURRENT = ("no definite sign", "opposite signs", "must flow with delta_v_v", "near 0, and neither")


def broken_presumptions(flags: Sequence[str]) -> tuple[str, ...]:
    """Return the presumptions that do not hold, once each, in the words of the flags where these say it."""
    plain = [flag.removeprefix(OTHER_POLARITY).removeprefix(NO_NUMBER) for flag in flags]
    blocked = [BLOCKED for flag in plain if any(words in flag for words in NO_CURRENT)]
    changed = [flag for flag in plain if any(words in flag for words in CHANGED)]
    return tuple(dict.fromkeys([*blocked, *changed]))


def reason_without_number(flags: Sequence[str]) -> str:
    """Why there is no number; empty where no flag says it."""
    return next((flag.removeprefix(NO_NUMBER) for flag in flags if flag.startswith(NO_NUMBER)), "")
